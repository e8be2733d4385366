//! Everybody who is not hand-made: staff on external ids, partners by their domain, patients by e-mail.

use serde_json::json;

use super::Clinic;
use super::book::{Book, SYSTEM};
use super::clinic::{DAY, FIRST_DAY, Spec, person};
use super::names;

/// Over how many days people joined.
const DAYS: i64 = 540;
/// Of how many generated people the identity provider knows.
const KNOWN_PEOPLE: usize = 2_000;

/// Writes `count` members.
pub fn write(book: &mut Book<'_>, clinic: &mut Clinic, count: usize) {
    let start = FIRST_DAY + 10 * DAY;
    let step = (DAYS * DAY) / i64::try_from(count.max(1)).unwrap_or(i64::MAX);
    let offset = book.dice.below(4_096) as usize;
    let mut at = start;
    for i in 0..count {
        let (given, family, local) = names::person(offset + i);
        at += step;
        let lot = book.dice.below(100);
        if lot < 30 {
            staff(book, clinic, given, family, &local, at);
        } else if lot < 42 {
            partner(book, clinic, given, family, &local, at, lot < 37);
        } else {
            patient(book, clinic, given, family, &local, at);
        }
    }
}

fn staff(book: &mut Book<'_>, clinic: &mut Clinic, given: &str, family: &str, local: &str, at: i64) {
    let email = format!("{local}@clinic.example");
    let sub = format!("okta|00u{}", book.dice.letters(17));
    let lot = book.dice.below(1_000);
    let spec = Spec {
        external: Some(&sub),
        policy: Some(clinic.staff_policy.clone()),
        admin: lot < 4,
        totp: lot % 5 < 2,
        mfa_required: lot % 10 == 2,
        ..Spec::staff(given, family, &email, at)
    };
    let member = book.member(&clinic.main, &spec, &clinic.invited_by);
    if lot % 50 == 7 {
        let admin = clinic.admin.clone();
        book.revise(&member.membership, &admin, at + 30 * DAY, |m| m["active"] = json!(false));
    }
    if clinic.people.len() < KNOWN_PEOPLE {
        clinic.people.push(person(&sub, &email, given, family));
    }
}

fn partner(
    book: &mut Book<'_>,
    clinic: &mut Clinic,
    given: &str,
    family: &str,
    local: &str,
    at: i64,
    of_partner: bool,
) {
    let domain = if of_partner { "partner.example" } else { "lab.example" };
    let email = format!("{local}@{domain}");
    book.member(&clinic.main, &Spec::staff(given, family, &email, at), &clinic.invited_by);
    if clinic.people.len() < KNOWN_PEOPLE {
        let sub = format!("{}|{}", if of_partner { "partner" } else { "lab" }, book.dice.letters(20));
        clinic.people.push(person(&sub, &email, given, family));
    }
}

fn patient(book: &mut Book<'_>, clinic: &Clinic, given: &str, family: &str, local: &str, at: i64) {
    const HOSTS: [&str; 4] = ["mail.example", "post.example", "inbox.example", "home.example"];
    let lot = book.dice.below(1_000);
    let email = format!("{local}@{}", HOSTS[(lot % 4) as usize]);
    let spec = Spec {
        password: Some(&clinic.hash),
        totp: lot % 25 == 3,
        ..Spec::patient(given, family, &email, at)
    };
    let member = book.member(&clinic.main, &spec, &clinic.invited_by);
    if lot % 100 == 13 {
        let admin = clinic.admin.clone();
        book.revise(&member.membership, &admin, at + 60 * DAY, |m| m["active"] = json!(false));
    }
    if lot % 40 == 11 {
        book.revise(&member.user, SYSTEM, at + DAY, |u| u["emailVerified"] = json!(true));
    }
}

//! The super admin's sessions of the last minutes: the operator's nightly sweep signs in once for every clinic.
//!
//! A platform in use has them, and the recordings were taken on one: the list of own sessions is full from the start.

use serde_json::json;

use super::book::{Book, SYSTEM};

/// One short of the twenty that `/auth/me` lists (platform-api §4).
const SESSIONS: usize = 19;
/// Which of them were opened by a program that names itself; its name is no browser's.
const NAMED: [usize; 5] = [0, 1, 2, 4, 7];
/// Milliseconds between two of them.
const APART: i64 = 15_000;

/// Writes them, the last one just before `now` (milliseconds since 1970).
pub fn write(book: &mut Book<'_>, super_admin: &str, now: i64) {
    let Some(member) = book.membership_of(super_admin) else { return };
    for i in 0..SESSIONS {
        let left = i64::try_from(SESSIONS - i).unwrap_or_default();
        let at = now - left * APART;
        let mut login = json!({
            "resourceType": "Login",
            "project": member["project"],
            "membership": {"reference": super::super::lookup::reference_text(&member)},
            "user": member["user"],
            "authMethod": "password",
            "authTime": super::super::clock::iso(at),
            "code": book.dice.letters(32),
            "cookie": book.dice.letters(64),
            "scope": "openid",
            "granted": true,
            "nonce": book.dice.uuid(),
            "remoteAddress": "::ffff:127.0.0.1",
        });
        if NAMED.contains(&i) {
            login["userAgent"] = json!("clinic-sweep/1.4");
        }
        book.add(None, SYSTEM, at, login);
    }
}

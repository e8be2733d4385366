//! The hand-made people: one for every way in which a sign-in breaks, and names that are hard to show.

use serde_json::{Value, json};

use super::super::caller::reference_to as reference;
use super::Clinic;
use super::book::{Book, SYSTEM};
use super::clinic::{DAY, FIRST_DAY, Member, Spec, person};

/// When the hand-made people joined.
const JOINED: i64 = FIRST_DAY + 7 * DAY;

/// Writes them; says how many members of the clinic they are.
pub fn write(book: &mut Book<'_>, clinic: &mut Clinic) -> usize {
    let mut cases = Cases { book, clinic, count: 0 };
    cases.jane();
    cases.by_external_id();
    cases.by_scope();
    cases.by_domain();
    cases.by_membership();
    cases.hard_to_show();
    cases.elsewhere();
    usize::try_from(cases.count).unwrap_or_default()
}

struct Cases<'a, 'b> {
    book: &'a mut Book<'b>,
    clinic: &'a mut Clinic,
    count: i64,
}

impl Cases<'_, '_> {
    /// The next moment at which somebody joins.
    fn at(&mut self) -> i64 {
        self.count += 1;
        JOINED + self.count * 3_600_000
    }

    fn add(&mut self, spec: &Spec<'_>) -> Member {
        self.book.member(&self.clinic.main, spec, &self.clinic.invited_by)
    }

    fn known(&mut self, sub: &str, email: &str, given: &str, family: &str) {
        self.clinic.people.push(person(sub, email, given, family));
    }

    /// A staff member by name with an address from the name and the staff policy.
    fn staff(&mut self, given: &str, family: &str, email: &str, external: Option<&str>) -> Member {
        let at = self.at();
        let policy = Some(self.clinic.staff_policy.clone());
        self.add(&Spec { external, policy, ..Spec::staff(given, family, email, at) })
    }

    fn revise(&mut self, resource: &Value, days: i64, change: impl FnOnce(&mut Value)) -> Value {
        let admin = self.clinic.admin.clone();
        self.book.revise(resource, &admin, JOINED + days * DAY, change)
    }

    /// The address at her employer changed; the platform still has the old one. Two projects, one account.
    fn jane(&mut self) {
        let jane = self.staff("Jane", "Smith", "jsmith@clinic.example", None);
        let at = JOINED + 40 * DAY;
        let spec = Spec::staff("Jane", "Smith", "jsmith@clinic.example", at);
        let harbour = self.clinic.harbour.clone();
        let profile = self.book.profile(&harbour, &spec);
        let invited_by = self.clinic.invited_by.clone();
        self.book.join(&harbour, &jane.user, &profile, &spec, &invited_by);
        self.book.revise(&jane.user, SYSTEM, JOINED + 2 * DAY, |u| u["emailVerified"] = json!(true));
        self.revise(&jane.profile, 90, |p| {
            p["qualification"] = json!([{"code": {"text": "Registered nurse"}}]);
        });
        self.known("okta|00uJANESMITH0000001", "jane.smith@clinic.example", "Jane", "Smith");
    }

    fn by_external_id(&mut self) {
        // Wiped by a full replace that left the field out; the history shows what it was.
        let omar =
            self.staff("Omar", "Haddad", "omar.haddad@clinic.example", Some("okta|00uOMARHADDAD000001"));
        self.revise(&omar.membership, 120, |m| {
            if let Some(fields) = m.as_object_mut() {
                fields.remove("externalId");
            }
        });
        self.known("okta|00uOMARHADDAD000001", "omar.haddad@clinic.example", "Omar", "Haddad");
        // A comma means OR to the platform's search: never found.
        self.staff("Li", "Wei", "li.wei@clinic.example", Some("okta|00u,LIWEI00000001"));
        self.known("okta|00u,LIWEI00000001", "li.wei@clinic.example", "Li", "Wei");
        // A backslash escapes: never found either.
        self.staff("Sara", "Lind", "sara.lind@clinic.example", Some(r"CORP\sara.lind"));
        self.known(r"CORP\sara.lind", "sara.lind@clinic.example", "Sara", "Lind");
        // Same letters, other case.
        self.staff("Greta", "Lindqvist", "greta.lindqvist@clinic.example", Some("OKTA|00UGRETA000000001"));
        self.known("okta|00uGreta000000001", "greta.lindqvist@clinic.example", "Greta", "Lindqvist");
        // The external id is on the membership of the other project.
        let tomas = self.staff("Tomás", "Rivera", "tomas.rivera@clinic.example", None);
        let harbour = self.clinic.harbour.clone();
        let at = JOINED + 60 * DAY;
        let spec = Spec {
            external: Some("okta|00uTOMASRIVERA00001"),
            ..Spec::staff("Tomás", "Rivera", "tomas.rivera@clinic.example", at)
        };
        let profile = self.book.profile(&harbour, &spec);
        let invited_by = self.clinic.invited_by.clone();
        self.book.join(&harbour, &tomas.user, &profile, &spec, &invited_by);
        self.known("okta|00uTOMASRIVERA00001", "tomas.rivera@clinic.example", "Tomás", "Rivera");
        // The legacy field on the User instead of the membership: still found.
        let at = self.at();
        let mia = self.add(&Spec {
            project_scoped: true,
            ..Spec::staff("Mia", "Rossi", "mia.rossi@clinic.example", at)
        });
        self.book.revise(&mia.user, SYSTEM, JOINED + 30 * DAY, |u| {
            u["externalId"] = json!("okta|00uMIAROSSI00000001");
        });
        self.known("okta|00uMIAROSSI00000001", "mia.rossi@clinic.example", "Mia", "Rossi");
        // An inactive membership holds the id and hides the user's own.
        let hugo =
            self.staff("Hugo", "Brandt", "hugo.brandt@clinic.example", Some("okta|00uHUGOBRANDT000001"));
        self.revise(&hugo.membership, 50, |m| m["active"] = json!(false));
        self.known("okta|00uHUGOBRANDT000001", "hugo.brandt@clinic.example", "Hugo", "Brandt");
        // No address at all, only an external id.
        let at = self.at();
        let kiosk = Spec { email: None, project_scoped: true, ..Spec::staff("Kiosk", "Ward 3", "", at) };
        self.add(&Spec { external: Some("okta|00uKIOSKWARD3000001"), ..kiosk });
        self.known("okta|00uKIOSKWARD3000001", "kiosk.ward3@clinic.example", "Kiosk", "Ward 3");
    }

    fn by_scope(&mut self) {
        // A ghost: an account of the project without membership hides the server-scoped one that has it.
        self.staff("Ada", "Novak", "ada.novak@clinic.example", None);
        let ghost = Spec {
            project_scoped: true,
            ..Spec::staff("Ada", "Novak", "ada.novak@clinic.example", JOINED + 70 * DAY)
        };
        let main = self.clinic.main.clone();
        self.book.user(&main, &ghost);
        self.known("okta|00uADANOVAK00000001", "ada.novak@clinic.example", "Ada", "Novak");
        // Two server-scoped accounts with one address, and only one of them a member.
        self.staff("Kim", "Park", "kim.park@clinic.example", None);
        let twin = Spec::staff("Kim", "Park", "kim.park@clinic.example", JOINED + 71 * DAY);
        self.book.user(&main, &twin);
        self.known("okta|00uKIMPARK000000001", "kim.park@clinic.example", "Kim", "Park");
        // An account of the project on a routed domain: routing finds server-scoped accounts only.
        let at = self.at();
        self.add(&Spec {
            project_scoped: true,
            ..Spec::staff("Vera", "Lindt", "vera.lindt@partner.example", at)
        });
        self.known("partner|VERALINDT", "vera.lindt@partner.example", "Vera", "Lindt");
    }

    fn by_domain(&mut self) {
        // Moved to the partner; the account stayed at the laboratory's domain.
        self.staff("Paul", "Moreau", "paul.moreau@lab.example", None);
        self.known("lab|PAULMOREAU", "paul.moreau@partner.example", "Paul", "Moreau");
        self.staff("Sam", "Okafor", "sam.okafor@capital.example", None);
        self.staff("Uma", "Rao", "uma.rao@bare.example", None);
        self.staff("Finn", "Aalto", "finn.aalto@broken.example", None);
        // Healthy partners of both domains.
        self.staff("Wendy", "Wu", "wendy.wu@partner.example", None);
        self.known("partner|WENDYWU", "wendy.wu@partner.example", "Wendy", "Wu");
        self.staff("Rui", "Lopes", "rui.lopes@lab.example", None);
        self.known("lab|RUILOPES", "rui.lopes@lab.example", "Rui", "Lopes");
    }

    fn by_membership(&mut self) {
        let boris =
            self.staff("Boris", "Weber", "boris.weber@clinic.example", Some("okta|00uBORISWEBER000001"));
        self.revise(&boris.membership, 80, |m| m["active"] = json!(false));
        self.known("okta|00uBORISWEBER000001", "boris.weber@clinic.example", "Boris", "Weber");
        // The policy was never there.
        let noor = self.staff("Noor", "Aziz", "noor.aziz@clinic.example", Some("okta|00uNOORAZIZ00000001"));
        let dead = format!("AccessPolicy/{}", self.book.dice.uuid());
        self.revise(&noor.membership, 81, |m| m["accessPolicy"] = json!({"reference": dead}));
        self.known("okta|00uNOORAZIZ00000001", "noor.aziz@clinic.example", "Noor", "Aziz");
        // Deleted profile: signs in, then every call fails.
        let elena =
            self.staff("Elena", "Petrova", "elena.petrova@clinic.example", Some("okta|00uELENAPETROVA0001"));
        self.book.delete(&elena.profile);
        self.known("okta|00uELENAPETROVA0001", "elena.petrova@clinic.example", "Elena", "Petrova");
        // Deleted user: the membership points to nobody.
        let viktor = self.staff("Viktor", "Halvorsen", "viktor.halvorsen@clinic.example", None);
        self.book.delete(&viktor.user);
        // Dangling user configuration: 404 at sign-in.
        let ruth = self.staff("Ruth", "Osei", "ruth.osei@clinic.example", Some("okta|00uRUTHOSEI00000001"));
        let gone = format!("UserConfiguration/{}", self.book.dice.uuid());
        self.revise(&ruth.membership, 82, |m| m["userConfiguration"] = json!({"reference": gone}));
        self.known("okta|00uRUTHOSEI00000001", "ruth.osei@clinic.example", "Ruth", "Osei");
        // IP rule: only from the ward's network.
        let at = self.at();
        let (policy, hash) = (Some(self.clinic.ward_policy.clone()), self.clinic.hash.clone());
        self.add(&Spec {
            policy,
            password: Some(&hash),
            ..Spec::staff("Igor", "Petrenko", "igor.petrenko@ops.clinic.example", at)
        });
        // A stale display: the address was changed, the membership's copy of it was not.
        let at = self.at();
        let dana = self.add(&Spec {
            project_scoped: true,
            password: Some(&hash),
            ..Spec::staff("Dana", "Reyes", "dana.reyes@post.example", at)
        });
        self.book.revise(&dana.user, SYSTEM, JOINED + 95 * DAY, |u| {
            u["email"] = json!("dana.cruz@post.example");
            u["emailVerified"] = json!(false);
        });
        // Factors: enrolled, required and missing, and by mail only.
        let at = self.at();
        self.add(&Spec {
            password: Some(&hash),
            totp: true,
            project_scoped: true,
            ..Spec::staff("Carla", "Diaz", "carla.diaz@post.example", at)
        });
        let at = self.at();
        self.add(&Spec {
            password: Some(&hash),
            mfa_required: true,
            project_scoped: true,
            ..Spec::staff("Theo", "Marsh", "theo.marsh@post.example", at)
        });
        let at = self.at();
        let email_only = self.add(&Spec {
            password: Some(&hash),
            project_scoped: true,
            ..Spec::staff("Lena", "Vogel", "lena.vogel@post.example", at)
        });
        self.book.revise(&email_only.user, SYSTEM, JOINED + 96 * DAY, |u| {
            u["mfaEnrolled"] = json!(true);
            u["mfaMethod"] = json!(["email"]);
        });
        // A second project admin, so that the first is not the last.
        let at = self.at();
        self.add(&Spec {
            admin: true,
            password: Some(&hash),
            totp: true,
            ..Spec::staff("Robin", "Okoye", "robin.okoye@ops.clinic.example", at)
        });
    }

    fn hard_to_show(&mut self) {
        let hash = self.clinic.hash.clone();
        // A terminal escape, a bidi override and a zero-width space in names that a stranger chose.
        for (given, family, email) in [
            ("Mal\u{1b}[31mory", "\u{202e}gnihtoN\u{2066}", "mallory@mail.example"),
            ("Zero\u{200b}Width", "Tab\tNewline\n", "zero.width@mail.example"),
            ("山田", "太郎", "taro.yamada@mail.example"),
            ("محمد", "العلي", "mohammed.alali@mail.example"),
            ("Zoe\u{308}", "O\u{2019}Brien-Ångström", "zoe.obrien@mail.example"),
            ("👩🏽\u{200d}⚕️", "Nurse", "emoji.nurse@mail.example"),
        ] {
            let at = self.at();
            self.add(&Spec { password: Some(&hash), ..Spec::patient(given, family, email, at) });
        }
    }

    /// Members of the other projects, who do not count for the clinic.
    fn elsewhere(&mut self) {
        let (harbour, google_only) = (self.clinic.harbour.clone(), self.clinic.google_only.clone());
        let (invited_by, hash) = (self.clinic.invited_by.clone(), self.clinic.hash.clone());
        let at = JOINED + 100 * DAY;
        for (day, given, family, local) in [
            (0, "Hedda", "Berg", "hedda.berg"),
            (1, "Noah", "Ferri", "noah.ferri"),
            (2, "Ines", "Duarte", "ines.duarte"),
        ] {
            let email = format!("{local}@harbour.example");
            let spec = Spec { password: Some(&hash), ..Spec::staff(given, family, &email, at + day * DAY) };
            self.book.member(&harbour, &spec, &invited_by);
        }
        let spec =
            Spec { password: Some(&hash), ..Spec::staff("Gustav", "Lie", "gustav.lie@practice.example", at) };
        self.book.member(&google_only, &spec, &invited_by);
        self.book.revise(&google_only.resource, &self.clinic.operator, at + DAY, |p| {
            p["features"] = json!(["google-auth-required"]);
        });
        // An open invitation of a patient.
        let open = Spec::patient("Wilma", "Strand", "wilma.strand@mail.example", at);
        let main = self.clinic.main.clone();
        self.count += 1;
        let wilma = self.book.member(&main, &open, &invited_by);
        let secret = self.book.dice.base32();
        self.book.add(
            Some(&main.id),
            SYSTEM,
            at + 5,
            json!({
                "resourceType": "UserSecurityRequest",
                "type": "invite",
                "user": reference(&wilma.user),
                "secret": secret,
            }),
        );
    }
}

//! Members by the thousand: names and addresses that repeat as in a real clinic.

use idconsole::identity::{
    Membership, MembershipId, Mfa, ProjectId, Reference, Text, User, UserId, UserScope, Version, VersionId,
};

/// The size that design.md §7 speaks of.
pub const MANY: usize = 100_000;

const GIVEN: [&str; 16] = [
    "Jane", "Ana", "Wei", "Omar", "Zoë", "Pat", "Ivan", "Aiko", "Luis", "Mira", "Tom", "Eva", "Noor", "Kofi",
    "Lena", "Raj",
];
const FAMILY: [&str; 16] = [
    "Smith", "Wu", "Müller", "Garcia", "Okafor", "Tanaka", "Novak", "Silva", "Brown", "Khan", "Rossi",
    "Berg", "Dubois", "Patel", "Kim", "Haddad",
];

/// The same members for the same number, every time.
pub fn make(count: usize) -> (Vec<Membership>, Vec<User>) {
    let project = ProjectId::new("7f8a1c52-0000-4000-8000-000000000001");
    (0..count).map(|at| member(at, &project)).unzip()
}

fn member(at: usize, project: &ProjectId) -> (Membership, User) {
    // Steps that share no factor with the lists' lengths mix the names.
    let (given, family) = (GIVEN[at * 7 % 16], FAMILY[(at * 11 + at / 16) % 16]);
    let id = |kind: u32| format!("{kind:08x}-{:04x}-4000-8000-{at:012x}", at % 0xffff);
    let email = format!("{}.{}-{at}@clinic.example", given.to_lowercase(), family.to_lowercase());
    let version = Version {
        id: VersionId::new(id(1)),
        at: jiff::Timestamp::from_second(1_760_000_000 + i64::try_from(at).unwrap()).unwrap(),
        author: None,
    };
    let user = User {
        id: UserId::new(id(2)),
        version: version.clone(),
        email: Some(Text::from(email.as_str())),
        first_name: Text::from(given),
        last_name: Text::from(family),
        email_verified: Some(!at.is_multiple_of(3)),
        scope: UserScope::Project(project.clone()),
        legacy_external_id: None,
        password_set: false,
        mfa: Mfa::default(),
    };
    let membership = Membership {
        id: MembershipId::new(id(3)),
        version,
        project: project.clone(),
        user: user.id.reference().with_display(email.as_str()),
        profile: Reference { kind: "Practitioner".into(), id: id(4).into(), display: None }
            .with_display(format!("{given} {family}")),
        active: !at.is_multiple_of(50),
        admin: at.is_multiple_of(1000),
        policy: None,
        access: Vec::new(),
        external_id: at.is_multiple_of(4).then(|| Text::from(format!("okta|00u{at}"))),
        user_name: None,
        invited_by: None,
        configuration: None,
    };
    (membership, user)
}

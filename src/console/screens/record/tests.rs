use super::*;
use crate::identity::{Membership, ProjectId, Reference, Seen, Unseen, Version, VersionId};
use crate::workflows::history::{History, moments};

fn version(n: i64, external: Option<&str>) -> Membership {
    Membership {
        id: MembershipId::new("m"),
        version: Version { id: VersionId::new("v"), at: Timestamp::from_second(n).unwrap(), author: None },
        project: ProjectId::new("p"),
        user: UserId::new("u").reference(),
        profile: Reference::parse("Practitioner/x").unwrap().with_display("Jane"),
        active: true,
        admin: false,
        policy: None,
        access: Vec::new(),
        external_id: external.map(Text::from),
        user_name: None,
        invited_by: None,
        configuration: None,
    }
}

#[test]
fn versions_become_differences_and_names_stand_for_references() {
    let history = History {
        memberships: vec![version(30, None), version(20, Some("okta|1")), version(10, None)],
        users: Seen::Unknown(Unseen::ServerScopedUser),
    };
    let told: Vec<_> = moments(&history)
        .into_iter()
        .map(|moment| (moment.at.as_second(), moment.first, moment.changes))
        .collect();
    let external = |before: Option<&str>, after: Option<&str>| {
        vec![("external id".to_owned(), before.map(Text::from), after.map(Text::from))]
    };
    assert_eq!(told[0], (30, false, external(Some("okta|1"), None)));
    assert_eq!(told[1], (20, false, external(None, Some("okta|1"))));
    assert_eq!((told[2].0, told[2].1), (10, true));
    assert!(told[2].2.contains(&("profile".to_owned(), None, Some(Text::from("Jane")))), "{:?}", told[2].2);
}

use super::of::{ProjectFacts, Sight};
use super::*;
use crate::identity::{
    Factor, Membership, Mfa, ProjectId, Reference, Role, Seen, Text, Unseen, User, UserScope, Version,
    VersionId,
};
use serde_json::json;

fn version() -> Version {
    Version { id: VersionId::new("v1"), at: jiff::Timestamp::UNIX_EPOCH, author: None }
}

fn jane() -> (Membership, User) {
    let membership = Membership {
        id: "m-jane".into(),
        version: version(),
        project: "clinic".into(),
        user: Reference::parse("User/u-jane").unwrap().with_display("stale@clinic.example"),
        profile: Reference::parse("Practitioner/p").unwrap().with_display("Jane Smith"),
        active: true,
        admin: false,
        policy: Some(Reference::parse("AccessPolicy/staff").unwrap()),
        access: Vec::new(),
        external_id: Some("okta|1".into()),
        user_name: None,
        invited_by: None,
        configuration: None,
    };
    let user = User {
        id: "u-jane".into(),
        version: version(),
        email: Some("jsmith@clinic.example".into()),
        first_name: "Jane".into(),
        last_name: "Smith".into(),
        email_verified: Some(true),
        scope: UserScope::Server,
        legacy_external_id: None,
        password_set: true,
        mfa: Mfa { required: false, enrolled: true, methods: vec![Factor::Totp] },
    };
    (membership, user)
}

fn member(change: impl FnOnce(&mut Membership, &mut User)) -> Record {
    let (mut membership, mut user) = jane();
    change(&mut membership, &mut user);
    of::member(&membership, Some(&user), seen_as(Role::SuperAdmin))
}

fn seen_as(role: Role) -> Sight<'static> {
    Sight { role, unseen: of::why_unseen(role), by_scim: None }
}

fn unseen_member() -> Record {
    of::member(&jane().0, None, seen_as(Role::ProjectAdmin))
}

fn policy(rules: serde_json::Value) -> Record {
    of::policy("staff", &[Some(json!("Staff default")), Some(rules), None, None, None])
}

fn project(settings: &[(String, serde_json::Value)]) -> Record {
    of::project(&ProjectFacts {
        id: &ProjectId::from("clinic"),
        name: &"Clinic Demo".into(),
        owner: None,
        defaults: &[],
        settings,
        features: &[],
    })
}

fn side(reach: Reach, records: Vec<Record>) -> Records<impl Iterator<Item = Result<Record, ()>>> {
    Records { reach, records: records.into_iter().map(Ok) }
}

fn compared(part: Part, before: Vec<Record>, after: Vec<Record>) -> (Vec<String>, Vec<String>) {
    compared_at(part, (Reach::All, before), (Reach::All, after))
}

fn compared_at(
    part: Part,
    before: (Reach, Vec<Record>),
    after: (Reach, Vec<Record>),
) -> (Vec<String>, Vec<String>) {
    let mut comparison = Comparison::default();
    comparison.name("AccessPolicy", &[policy(json!([]))]);
    comparison.part(part, side(before.0, before.1), side(after.0, after.1)).unwrap();
    let (changes, unknown) = comparison.finish();
    (
        changes.into_iter().map(|change| change.said).collect(),
        unknown.into_iter().map(|one| one.said).collect(),
    )
}

fn client() -> Record {
    let client = crate::identity::ClientApplication {
        id: "c".into(),
        version: version(),
        project: None,
        name: "Portal".into(),
        redirect_uris: Vec::new(),
        status: None,
        pkce_optional: false,
        provider: None,
        settings: Box::default(),
    };
    of::client(&client, &Seen::Known(Vec::new()))
}

fn route() -> crate::identity::DomainRoute {
    crate::identity::DomainRoute {
        id: "r".into(),
        version: version(),
        domain: "clinic.example".into(),
        provider: None,
        post_login: Vec::new(),
    }
}

#[test]
fn every_maker_of_records_fills_every_field_in_its_shape() {
    let made = [
        (Part::Project, project(&[("mfaRequired".to_owned(), json!(true))])),
        (Part::Members, member(|_, _| {})),
        (Part::Members, unseen_member()),
        (Part::Policies, policy(json!([{"resourceType": "Patient"}]))),
        (Part::Clients, client()),
        (Part::Routes, of::route(&route())),
        (Part::Domains, of::domain("clinic.example", &Seen::Unknown(Unseen::Failed))),
    ];
    for (part, record) in made {
        assert_eq!(record.values.len(), part.fields().len(), "{part:?}");
        // Reading checks that every value has the shape of its field.
        let read = Record::parse(part, &record.to_json(part).to_string()).unwrap();
        assert_eq!(read, record, "{part:?}");
        let all = Record::parse_all(part, &json!([record.to_json(part)]).to_string()).unwrap();
        assert_eq!(all, [record], "{part:?}");
    }
}

// issue 7 part 3: no secrets at all
#[test]
fn no_field_holds_a_secret() {
    for part in Part::ALL {
        for field in part.fields() {
            let names_one = ["secret", "password", "key", "token"].iter().any(|word| field.id.contains(word));
            let harmless = matches!(field.shape, Shape::Flag { .. })
                || ["idp_token_url", "idp_token_auth_method"].contains(&field.id);
            assert!(!names_one || harmless, "{part:?}: {}", field.id);
        }
    }
}

#[test]
fn a_difference_is_told_in_words() {
    let before = member(|_, _| {});
    let after = member(|membership, user| {
        user.email = Some("jane.smith@clinic.example".into());
        membership.external_id = None;
        membership.admin = true;
        membership.policy = Reference::parse("AccessPolicy/other");
        user.mfa.methods.push(Factor::Email);
        user.password_set = false;
    });
    let (said, unknown) = compared(Part::Members, vec![before.clone()], vec![after]);
    assert_eq!(
        said,
        [
            "Jane Smith's email changed from jsmith@clinic.example to jane.smith@clinic.example.",
            "Jane Smith's external id okta|1 was taken away.",
            "Jane Smith is project admin now.",
            "Jane Smith's access policy changed from Staff default to AccessPolicy/other.",
            "Jane Smith got the kind of second factor email.",
            "Jane Smith no longer has a password.",
        ]
    );
    assert!(unknown.is_empty());
    assert_eq!(compared(Part::Members, vec![before.clone()], vec![before]), (vec![], vec![]));
}

#[test]
fn settings_differ_one_by_one_and_lines_of_policies_come_and_go() {
    let setting = |value: bool| project(&[("mfaRequired".to_owned(), json!(value))]);
    let (said, _) = compared(Part::Project, vec![setting(false)], vec![setting(true)]);
    assert_eq!(said, ["Clinic Demo's setting mfaRequired changed from false to true."]);
    let before = policy(
        json!([{"resourceType": "Patient", "interaction": ["search", "read"]}, {"resourceType": "Device"}]),
    );
    let after = policy(
        json!([{"resourceType": "Device"}, {"resourceType": "Patient", "criteria": "Patient?active=true"}]),
    );
    let (said, _) = compared(Part::Policies, vec![before], vec![after]);
    assert_eq!(
        said,
        [
            "The access policy Staff default lost the line Patient: read, search and got the line Patient: only \
          Patient?active=true."
        ]
    );
}

#[test]
fn who_came_and_who_went_is_told_by_name() {
    let jane = member(|_, _| {});
    let (said, _) = compared(Part::Members, vec![], vec![jane.clone()]);
    assert_eq!(said, ["Jane Smith is a member now, jsmith@clinic.example."]);
    let (said, _) = compared(Part::Members, vec![jane], vec![]);
    assert_eq!(said, ["Jane Smith is no longer a member."]);
}

// design §2.3: unknown is not no
#[test]
fn what_one_side_cannot_see_is_not_compared_and_never_told_as_removed() {
    let (said, unknown) = compared(Part::Members, vec![member(|_, _| {})], vec![unseen_member()]);
    assert_eq!(said, Vec::<String>::new());
    assert!(unknown.contains(
        &"Not compared: the email of 1 member, unknown in the second (server-scoped user: only a super admin can see \
          it). That does not mean that anything was removed or added."
            .to_owned()
    ));
    let hidden = Reach::None(Unseen::SuperAdminOnly);
    let (said, unknown) = compared_at(Part::Routes, (hidden, vec![]), (hidden, vec![]));
    assert_eq!(said, Vec::<String>::new());
    assert_eq!(unknown, ["Not compared: domain routes, unknown in both (only a super admin can see it)."]);
    let some = Reach::Some(Unseen::NotLoaded);
    let (said, unknown) = compared_at(Part::Members, (Reach::All, vec![member(|_, _| {})]), (some, vec![]));
    assert_eq!(said, Vec::<String>::new());
    assert_eq!(unknown.len(), 1, "{unknown:?}");
}

// Who sees every user and not this one knows that it is gone.
#[test]
fn an_account_that_is_gone_is_a_difference_for_whoever_sees_all() {
    let gone = of::member(&jane().0, None, seen_as(Role::SuperAdmin));
    assert!(gone.values.iter().all(|value| value.known().is_some()), "{gone:?}");
    let (said, unknown) = compared(Part::Members, vec![member(|_, _| {})], vec![gone]);
    assert!(unknown.is_empty(), "{unknown:?}");
    assert!(
        said.contains(&"Jane Smith's kind of account changed from server to deleted.".to_owned()),
        "{said:?}"
    );
    assert!(
        said.contains(&"Jane Smith's email jsmith@clinic.example was taken away.".to_owned()),
        "{said:?}"
    );
    // A super admin with a narrow policy does not.
    let hidden = Sight { unseen: Some(Unseen::Policy), ..seen_as(Role::SuperAdmin) };
    let unsure = of::member(&jane().0, None, hidden);
    let (said, unknown) = compared(Part::Members, vec![member(|_, _| {})], vec![unsure]);
    assert!(said.is_empty() && !unknown.is_empty(), "{said:?} {unknown:?}");
}

// For the platform they are the same, and "no longer" would tell of something that never was.
#[test]
fn a_flag_that_was_never_set_and_one_that_is_false_do_not_differ() {
    let unset = member(|_, user| user.email_verified = None);
    let unverified = member(|_, user| user.email_verified = Some(false));
    assert_eq!(compared(Part::Members, vec![unset.clone()], vec![unverified.clone()]), (vec![], vec![]));
    // Files of before hold null.
    let mut older = unverified.to_json(Part::Members);
    older["email_verified"] = json!(null);
    assert_eq!(Record::parse(Part::Members, &older.to_string()).unwrap(), unset);
}

// Nothing tells what is hidden from what is not set.
#[test]
fn what_a_policy_hides_is_unknown_and_every_field_knows_what_hides_it() {
    let unknown = |part: Part, record: &Record, kind: &str, hiding: &[&str]| {
        let left = hidden::without(part, record.clone(), kind, hiding);
        let hidden = part.fields().iter().zip(left.values).filter(|(_, value)| value.known().is_none());
        hidden.map(|(field, _)| field.id).collect::<Vec<_>>()
    };
    let rules = policy(json!([]));
    assert_eq!(unknown(Part::Policies, &rules, "AccessPolicy", &["resource.hiddenFields"]), ["rules"]);
    assert_eq!(
        unknown(Part::Clients, &client(), "ClientApplication", &["secret", "retired"]),
        ["secret_set"]
    );
    assert_eq!(unknown(Part::Clients, &client(), "ClientApplication", &["redirectUri"]), ["redirects"]);
    assert_eq!(
        unknown(Part::Clients, &client(), "ClientApplication", &["identityProvider.usePkce"]),
        ["idp_use_pkce"]
    );
    assert_eq!(unknown(Part::Clients, &client(), "ClientApplication", &["identityProvider"]).len(), 11);
    // A name is a value like any other.
    let nameless = hidden::without(Part::Clients, client(), "ClientApplication", &["name"]);
    let read = Record::parse(Part::Clients, &nameless.to_json(Part::Clients).to_string());
    assert_eq!(read.unwrap(), nameless);
    let (said, not_compared) = compared(Part::Clients, vec![client()], vec![nameless]);
    assert!(said.is_empty(), "{said:?}");
    assert!(
        not_compared[0].contains("the name of 1 client application, unknown in the second"),
        "{not_compared:?}"
    );
    for (part, record, kind, element) in [
        (Part::Policies, policy(json!([])), "AccessPolicy", "name"),
        (Part::Routes, of::route(&route()), "DomainConfiguration", "domain"),
        (Part::Members, member(|_, _| {}), "ProjectMembership", "profile"),
        (Part::Project, project(&[]), "Project", "name"),
    ] {
        let left = hidden::without(part, record, kind, &[element]);
        assert_eq!(left.name, Seen::Unknown(Unseen::Policy), "{part:?}");
    }
    // Of two records that one is made of, each hides its own.
    let jane = member(|_, _| {});
    assert_eq!(unknown(Part::Members, &jane, "User", &["externalId", "active"]), ["user_external_id"]);
    assert_eq!(unknown(Part::Members, &jane, "ProjectMembership", &["externalId", "email"]), ["external_id"]);
    assert_eq!(unknown(Part::Clients, &client(), "ProjectMembership", &["user"]).len(), 4);
    for part in Part::ALL {
        for field in part.fields() {
            let asked = part == Part::Domains;
            assert_eq!(hidden::elements(part, field.id).1.is_empty(), asked, "{part:?} {}", field.id);
        }
    }
}

#[test]
fn several_of_one_kind_and_names_that_come_and_go_are_told_in_good_words() {
    let portal = |uris: &[&str]| {
        let mut record = client();
        record.values[2] = Seen::Known(Value::set(uris.iter().map(|uri| Text::from(*uri))));
        record
    };
    let (said, _) = compared(Part::Clients, vec![portal(&["https://a/", "https://b/"])], vec![portal(&[])]);
    assert_eq!(said, ["The client Portal lost the redirect addresses https://a/ and https://b/."]);
    let rules = |rules: serde_json::Value| {
        of::policy("staff", &[Some(json!("Staff default")), None, Some(rules), None, None])
    };
    let block = |value: &str| json!({"action": "block", "value": value});
    let (said, _) = compared(
        Part::Policies,
        vec![rules(json!([block("10.")]))],
        vec![rules(json!([block("10."), block("192.168.")]))],
    );
    assert_eq!(
        said,
        [
            "The access policy Staff default's rules about network addresses are now: block 10., block 192.168.. They \
             were: block 10.."
        ]
    );
    let nameless = Record { name: Seen::Known(Text::default()), ..client() };
    let (said, _) = compared(Part::Clients, vec![nameless.clone()], vec![client()]);
    assert_eq!(said, ["The client application c had no name and is called Portal now."]);
    let (said, _) = compared(Part::Clients, vec![client()], vec![nameless]);
    assert_eq!(said, ["The client application c was called Portal and has no name now."]);
}

#[test]
fn a_damaged_record_is_told_with_its_line_and_what_was_expected() {
    let good = serde_json::to_string_pretty(&json!([member(|_, _| {}).to_json(Part::Members)])).unwrap();
    let wrong = |from: &str, to: &str| {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good);
        let mistake = Record::parse_all(Part::Members, &text).unwrap_err();
        (mistake.line, mistake.wrong)
    };
    let line = |field: &str| good.lines().position(|line| line.contains(field)).unwrap() + 1;
    let (at, said) = wrong("\"admin\": false", "\"admin\": \"no\"");
    assert_eq!(at, line("\"admin\""));
    assert_eq!(said, "`admin` is \"no\"; expected true, false or null");
    let (at, said) = wrong("\"external_id\"", "\"externalid\"");
    assert_eq!(at, line("\"external_id\""));
    assert!(
        said.starts_with("`externalid` is no field of the members of an export; expected one of id,"),
        "{said}"
    );
    let (_, said) = wrong("    \"user_name\": null,\n", "");
    assert_eq!(said, "`user_name` is missing");
    let (_, said) = wrong("\"email\": \"jsmith@clinic.example\"", "\"email\": {\"unknown\": \"because\"}");
    assert!(said.contains("a reason that this program knows"), "{said}");
    let (at, _) = wrong("\"active\": true,", "\"active\": true");
    assert_eq!(at, line("\"active\"") + 1, "where the comma was expected");
    let (_, said) = wrong("\"m-jane\"", "\"\\u001b[31m\", \"id\": \"x\"");
    assert!(!said.contains('\u{1b}') && said.contains("twice"), "{said}");
}

#[test]
fn records_that_are_out_of_order_or_twice_are_a_mistake() {
    let record = |id: &str| {
        let mut one = member(|_, _| {});
        one.id = Text::from(id);
        one.to_json(Part::Members)
    };
    let all = |ids: &[&str]| {
        let records: Vec<_> = ids.iter().map(|id| record(id)).collect();
        Record::parse_all(Part::Members, &json!(records).to_string()).map(|all| all.len())
    };
    assert_eq!(all(&["a", "b"]), Ok(2));
    assert!(all(&["b", "a"]).unwrap_err().wrong.contains("in the order of their ids"));
    assert!(all(&["a", "a"]).unwrap_err().wrong.contains("twice"));
}

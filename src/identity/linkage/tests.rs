use rstest::rstest;

use super::*;
use crate::identity::directory::{Directory, Page};
use crate::identity::provider::Identifier;
use crate::identity::{
    Membership, MembershipId, Mfa, ProjectId, Reference, Role, Seen, Text, Unseen, User, UserId, UserScope,
    Version, VersionId,
};

fn version() -> Version {
    Version { id: VersionId::new("v1"), at: "2026-01-02T03:04:05Z".parse().unwrap(), author: None }
}

/// A member with an external id (empty for none), project-scoped unless `server`.
#[derive(Clone, Copy)]
struct M<'a>(&'a str, &'a str, &'a str);

fn directory(role: Role, server: bool, members: &[M<'_>]) -> Directory {
    let mut directory = Directory::new(role);
    let id = |n: usize| UserId::new(format!("00000000-0000-4000-8000-{n:012}"));
    let memberships: Vec<Membership> = members
        .iter()
        .enumerate()
        .map(|(n, M(name, email, external))| Membership {
            id: MembershipId::new(format!("11111111-0000-4000-8000-{n:012}")),
            version: version(),
            project: ProjectId::new("p"),
            user: id(n).reference().with_display(*email),
            profile: Reference::parse(&format!("Practitioner/22222222-0000-4000-8000-{n:012}"))
                .unwrap()
                .with_display(*name),
            active: true,
            admin: false,
            policy: None,
            access: Vec::new(),
            external_id: (!external.is_empty()).then(|| Text::from(*external)),
            user_name: None,
            invited_by: None,
            configuration: None,
        })
        .collect();
    let users: Vec<User> = members
        .iter()
        .enumerate()
        .map(|(n, M(_, email, _))| User {
            id: id(n),
            version: version(),
            email: (!email.is_empty()).then(|| Text::from(*email)),
            first_name: Text::from("F"),
            last_name: Text::from("L"),
            email_verified: None,
            scope: if server { UserScope::Server } else { UserScope::Project(ProjectId::new("p")) },
            legacy_external_id: email.starts_with("legacy").then(|| Text::from("old-id")),
            password_set: false,
            mfa: Mfa::default(),
        })
        .collect();
    directory.absorb(Page { memberships: &memberships, users: &users, names: &[] });
    directory
}

fn kinds(members: &[M<'_>]) -> Vec<(Kind, String)> {
    let survey = survey(&directory(Role::SuperAdmin, true, members), None);
    survey.findings.iter().map(|finding| (finding.kind, finding.who.name.to_string())).collect()
}

#[rstest]
#[case::twice(&[M("A", "a@x.example", "s1"), M("B", "b@x.example", "s1")], &[(Kind::SameId, "A"), (Kind::SameId, "B")])]
#[case::case_apart(&[M("A", "a@x.example", "00uA"), M("B", "b@x.example", "00ua")], &[(Kind::NearId, "A"), (Kind::NearId, "B")])]
#[case::prefix_apart(&[M("A", "a@x.example", "okta|00uA"), M("B", "b@x.example", "00uA")], &[(Kind::NearId, "A"), (Kind::NearId, "B")])]
#[case::comma(&[M("A", "a@x.example", "a,b")], &[(Kind::CannotMatch, "A")])]
#[case::backslash(&[M("A", "a@x.example", "a\\b")], &[(Kind::CannotMatch, "A")])]
#[case::blank(&[M("A", "a@x.example", " s1")], &[(Kind::Padded, "A")])]
#[case::address(&[M("A", "a@x.example", "a@x.example")], &[(Kind::LooksLikeEmail, "A")])]
#[case::legacy(&[M("A", "legacy@x.example", "")], &[(Kind::Legacy, "A")])]
#[case::nothing_wrong(&[M("A", "a@x.example", "s1"), M("B", "b@x.example", "")], &[])]
fn what_is_wrong_with_ids_is_told(#[case] members: &[M<'_>], #[case] expected: &[(Kind, &str)]) {
    let expected: Vec<_> = expected.iter().map(|(kind, name)| (*kind, (*name).to_owned())).collect();
    assert_eq!(kinds(members), expected);
}

#[test]
fn an_id_without_the_prefix_that_most_have_is_told_and_the_prefix_itself_is_not() {
    let ids = ["okta|1", "okta|2", "okta|3", "okta|4", "5"];
    let names = ["A", "B", "C", "D", "E"];
    let members: Vec<M<'_>> = names.iter().zip(ids).map(|(name, id)| M(name, "", id)).collect();
    assert_eq!(kinds(&members), [(Kind::OtherForm, "E".to_owned())]);
}

#[test]
fn staff_without_an_id_are_told_where_others_of_the_domain_have_one() {
    let members = [
        M("A", "a@clinic.example", "1"),
        M("B", "b@clinic.example", "2"),
        M("C", "c@clinic.example", ""),
        M("D", "d@other.example", ""),
        // Of a mail provider nobody is staff.
        M("E", "e@gmail.com", "3"),
        M("F", "f@gmail.com", "4"),
        M("G", "g@gmail.com", ""),
    ];
    let survey = survey(&directory(Role::SuperAdmin, true, &members), None);
    let without: Vec<_> = survey.findings.iter().map(|finding| finding.who.name.to_string()).collect();
    assert_eq!(without, ["C"]);
    assert_eq!(survey.findings[0].evidence, "2 of 3 staff of clinic.example have an external id");
    assert_eq!(survey.suspicious().len(), 1);
    assert_eq!((survey.counts.members, survey.counts.external_id, survey.counts.both), (7, 4, 4));
    assert_eq!(survey.domains[0], ("clinic.example".to_owned(), 3));
}

fn client(by: Identifier) -> ClientIdp {
    ClientIdp {
        name: "Portal".into(),
        project: Some(ProjectId::new("p")),
        host: "login.clinic.example".into(),
        browser: by,
        exchange: by,
    }
}

fn route(identifier: Seen<Identifier>) -> Idps {
    let idp = DomainIdp::Idp { host: "idp.x.example".into(), identifier };
    Idps {
        clients: Seen::Known(Vec::new()),
        domains: std::iter::once(("x.example".to_owned(), idp)).collect(),
        complete: true,
    }
}

fn works(server: bool, external: &str, idps: &Idps) -> (String, Works) {
    let directory = directory(Role::SuperAdmin, server, &[M("A", "a@x.example", external)]);
    let standing = standing(&directory.member(directory.at(0).unwrap()).unwrap(), idps);
    (standing.at, standing.works)
}

// platform-api §10.2, key consequence: a domain route knows no project.
#[test]
fn a_project_scoped_user_is_not_found_by_a_domain_route() {
    let idps = route(Seen::Known(Identifier::Email));
    assert_eq!(works(true, "", &idps).1, Works::Yes);
    assert!(matches!(works(false, "", &idps).1, Works::No(why) if why.contains("project-scoped")));
    // A client of the project opens another door.
    let bound = Idps { clients: Seen::Known(vec![client(Identifier::Email)]), ..idps };
    assert_eq!(works(false, "", &bound), ("Portal (login.clinic.example)".to_owned(), Works::Yes));
}

// platform-api §10.2 step 6.
#[test]
fn a_domain_route_by_subject_refuses_everybody() {
    assert!(matches!(works(true, "", &route(Seen::Known(Identifier::Subject))).1, Works::No(_)));
    // Settings that are not visible are no reason to say so.
    assert_eq!(works(true, "", &route(Seen::Unknown(Unseen::SuperAdminOnly))).1, Works::Yes);
}

#[test]
fn an_external_id_needs_a_client_that_goes_by_subject() {
    let by_subject = Idps { clients: Seen::Known(vec![client(Identifier::Subject)]), ..Idps::default() };
    assert_eq!(works(true, "s1", &by_subject), ("Portal (login.clinic.example)".to_owned(), Works::Yes));
    assert!(matches!(works(true, "a,b", &by_subject).1, Works::No(_)));
    let none = Idps { clients: Seen::Known(Vec::new()), complete: true, ..Idps::default() };
    assert_eq!(works(true, "s1", &none).0, "password; no client uses the external id");
    assert!(matches!(works(true, "s1", &Idps::default()).1, Works::Unknown(_)));
}

#[rstest]
#[case("okta|00uA", &[("A", true), ("B", false)])]
#[case("00ua", &[("A", false), ("B", false)])]
#[case("OKTA|00", &[("A", false)])]
#[case("nothing", &[])]
#[case(" ", &[])]
fn an_external_id_finds_its_member_exactly_then_nearly(
    #[case] wanted: &str,
    #[case] expected: &[(&str, bool)],
) {
    let members = [M("A", "", "okta|00uA"), M("B", "", "00uA "), M("C", "", "")];
    let hits = find(&directory(Role::SuperAdmin, true, &members), &Histories::new(), wanted, 50);
    let hits: Vec<_> = hits.iter().map(|hit| (hit.who.name.raw(), hit.exact)).collect();
    assert_eq!(hits, expected);
}

fn versions(ids: &[&str]) -> Vec<Membership> {
    let directory = directory(Role::SuperAdmin, true, &[M("Ann", "ann@clinic.example", "")]);
    let id = directory.member(directory.nth(0).unwrap()).unwrap().id();
    let at = |n: usize| format!("2026-01-{:02}T00:00:00Z", 20 - n).parse().unwrap();
    let of = |(n, id_then): (usize, &&str)| Membership {
        id: id.clone(),
        version: Version { at: at(n), ..version() },
        project: ProjectId::new("p"),
        user: Reference::parse("User/u").unwrap(),
        profile: Reference::parse("Practitioner/x").unwrap(),
        active: true,
        admin: false,
        policy: None,
        access: Vec::new(),
        external_id: (!id_then.is_empty()).then(|| Text::from(*id_then)),
        user_name: None,
        invited_by: None,
        configuration: None,
    };
    ids.iter().enumerate().map(of).collect()
}

// The newest version first, an empty text for none.
#[rstest]
#[case::never_another(&["a", "a"], &[], None)]
#[case::erased(&["", "", "a", "a"], &["a"], Some("a"))]
#[case::erased_twice(&["", "b", "", "a"], &["b", "a"], Some("b"))]
#[case::changed(&["c", "b", "a"], &["b", "a"], None)]
#[case::changed_and_back(&["a", "b", "a"], &["b"], None)]
#[case::one_version(&["a"], &[], None)]
#[case::none(&[], &[], None)]
fn a_history_tells_the_ids_of_before(
    #[case] history: &[&str],
    #[case] before: &[&str],
    #[case] lost: Option<&str>,
) {
    let found = former(&versions(history));
    let ids: Vec<&str> = found.iter().map(|former| former.external_id.raw()).collect();
    assert_eq!(ids, before);
    assert_eq!(erased(&found).map(|former| former.external_id.raw()), lost);
}

#[test]
fn somebody_is_found_by_an_id_of_before_and_told_as_erased_whoever_they_are() {
    let ann = directory(Role::SuperAdmin, true, &[M("Ann", "ann@post.example", ""), M("Bob", "", "okta|2")]);
    let read: Histories = [(versions(&[""])[0].id.clone(), former(&versions(&["", "okta|1"])))].into();
    let hits = find(&ann, &read, "okta|1", 50);
    assert_eq!(hits.len(), 1);
    assert_eq!((hits[0].words(), hits[0].who.name.raw()), ("had it once", "Ann"));
    assert_eq!(find(&ann, &read, "OKTA|1", 50)[0].words(), "nearly, once");
    let mut survey = survey(&ann, None);
    assert!(survey.findings.iter().all(|finding| finding.kind != Kind::Erased));
    survey.add_erased(&ann, &read);
    let lost = survey.findings.iter().find(|finding| finding.kind == Kind::Erased).unwrap();
    assert_eq!((lost.who.name.raw(), lost.restore.as_ref().unwrap().raw()), ("Ann", "okta|1"));
    // Once the id is back, what the history told is no longer wrong.
    let back = directory(Role::SuperAdmin, true, &[M("Ann", "ann@post.example", "okta|1")]);
    survey.findings.clear();
    survey.add_erased(&back, &read);
    assert!(survey.findings.is_empty());
}

#[test]
fn histories_are_read_of_those_without_an_id_first() {
    let people = [M("A", "a@clinic.example", "okta|1"), M("B", "b@clinic.example", ""), M("C", "", "")];
    let all = directory(Role::SuperAdmin, true, &people);
    let id = |n: usize| all.member(all.nth(n).unwrap()).unwrap().id();
    let by_name =
        |name: &str| (0..3).find(|n| all.member(all.nth(*n).unwrap()).unwrap().name() == name).unwrap();
    let next = worth_reading(&all, &Histories::new(), 2);
    assert!(!next.contains(&id(by_name("A"))) && next.len() == 2, "{next:?}");
    let read: Histories = next.into_iter().map(|id| (id, Vec::new())).collect();
    assert_eq!(worth_reading(&all, &read, 2), [id(by_name("A"))]);
}

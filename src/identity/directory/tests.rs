use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::identity::{Factor, Mfa, ProjectId, Version, VersionId};

fn version() -> Version {
    Version { id: VersionId::new("v1"), at: "2026-01-02T03:04:05Z".parse().unwrap(), author: None }
}

fn membership(id: &str, name: &str, stored: &str, external: Option<&str>) -> Membership {
    Membership {
        id: MembershipId::new(id),
        version: version(),
        project: ProjectId::new("p"),
        user: UserId::new(format!("u-{id}")).reference().with_display(stored),
        profile: Reference::parse(&format!("Practitioner/pr-{id}")).unwrap().with_display(name),
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

fn user(id: &str, email: &str) -> User {
    User {
        id: UserId::new(format!("u-{id}")),
        version: version(),
        email: Some(Text::from(email)),
        first_name: Text::from("F"),
        last_name: Text::from("L"),
        email_verified: Some(true),
        scope: UserScope::Project(ProjectId::new("p")),
        legacy_external_id: None,
        password_set: false,
        mfa: Mfa { required: false, enrolled: true, methods: vec![Factor::Totp] },
    }
}

fn clinic() -> Directory {
    let mut directory = Directory::new(Role::ProjectAdmin);
    let mut admin = membership("3", "Pat Admin", "pat@clinic.example", None);
    admin.admin = true;
    let mut gone = membership("4", "Zoë Müller", "zoe@partner.example", Some("a,b"));
    gone.active = false;
    gone.policy = Some(Reference::parse("AccessPolicy/x").unwrap().with_display("Partner staff"));
    directory.absorb(Page {
        memberships: &[
            membership("1", "Jane Smith", "jsmith@clinic.example", None),
            membership("2", "Janet Wu", "old@partner.example", Some("okta|00u7")),
            admin,
            gone,
        ],
        users: &[user("2", "janet@partner.example")],
        names: &[],
    });
    directory
}

fn names(directory: &Directory) -> Vec<String> {
    directory.rows().map(|row| directory.member(row).unwrap().name().into_owned()).collect()
}

#[rstest]
#[case("", &["Jane Smith", "Janet Wu", "Pat Admin", "Zoë Müller"])]
#[case("jan", &["Jane Smith", "Janet Wu"])]
#[case("SMITH jane", &["Jane Smith"])]
#[case("muller", &["Zoë Müller"])]
#[case("email:partner", &["Janet Wu", "Zoë Müller"])]
#[case("email:old@", &["Janet Wu"])]
#[case("name:partner", &[])]
#[case("ext:okta", &["Janet Wu"])]
#[case("link:external", &["Janet Wu", "Zoë Müller"])]
#[case("link:email", &["Jane Smith", "Pat Admin"])]
#[case("mfa:totp", &["Janet Wu"])]
#[case("mfa:unknown", &["Jane Smith", "Pat Admin", "Zoë Müller"])]
#[case("mfa:none", &[])]
#[case("role:admin", &["Pat Admin"])]
#[case("active:false", &["Zoë Müller"])]
#[case("domain:clinic.example", &["Jane Smith", "Pat Admin"])]
#[case("-domain:clinic.example jan", &["Janet Wu"])]
#[case("policy:staff", &["Zoë Müller"])]
#[case("finding:error", &["Zoë Müller"])]
#[case("scope:project", &["Janet Wu"])]
fn a_filter_shows_who_matches_every_word(#[case] filter: &str, #[case] expected: &[&str]) {
    let mut directory = clinic();
    directory.set_filter(filter);
    assert_eq!(names(&directory), expected);
}

#[test]
fn a_filter_that_matches_nobody_shows_who_comes_close() {
    let mut directory = clinic();
    directory.set_filter("jnesmith");
    assert_eq!((names(&directory), directory.matched()), (vec!["Jane Smith".to_owned()], Matched::Nearly));
    directory.set_filter("jnesmithqq");
    assert_eq!((names(&directory), directory.matched()), (Vec::new(), Matched::Nothing));
    directory.set_filter("jane");
    assert_eq!(directory.matched(), Matched::Exactly);
}

#[test]
fn a_stored_address_is_not_the_current_one_until_scim_tells() {
    let mut directory = clinic();
    let jane = MembershipId::new("1");
    let row = directory.find(&jane).unwrap();
    assert_eq!(directory.member(row).unwrap().email(), Email::Stored("jsmith@clinic.example".into()));
    assert!(directory.member(row).unwrap().wants_scim());

    directory.tell_email(&jane, &Text::from("jane.smith@clinic.example"));
    let member = directory.member(row).unwrap();
    assert_eq!(member.email(), Email::Current { address: "jane.smith@clinic.example".into(), fresh: true });
    assert_eq!(member.stored_email().as_deref(), Some("jsmith@clinic.example"));
    assert!(!member.wants_scim());
    // Both addresses find her.
    for filter in ["jsmith@", "jane.smith@"] {
        directory.set_filter(filter);
        assert_eq!(names(&directory), ["Jane Smith"]);
    }
}

#[test]
fn a_reload_keeps_rows_and_drops_who_left() {
    let mut directory = clinic();
    let jane = MembershipId::new("1");
    directory.tell_email(&jane, &Text::from("jane.smith@clinic.example"));
    let row = directory.find(&jane).unwrap();
    directory.begin_reload();
    assert_eq!(directory.len(), 4);
    directory.absorb(Page {
        memberships: &[membership("1", "Jane Smith", "jsmith@clinic.example", None)],
        users: &[],
        names: &[],
    });
    directory.finish_reload();
    assert_eq!(names(&directory), ["Jane Smith"]);
    assert_eq!(directory.find(&jane), Some(row));
    let member = directory.member(row).unwrap();
    let told = Email::Current { address: "jane.smith@clinic.example".into(), fresh: false };
    assert_eq!((member.email(), member.wants_scim()), (told, true));
}

#[test]
fn the_user_read_after_a_write_replaces_what_was_stored() {
    let mut directory = clinic();
    let wu = membership("2", "Janet Wu-Li", "old@partner.example", Some("okta|00u7"));
    directory.upsert(&wu, Some(&user("2", "janet.wu@partner.example")), None);
    let row = directory.find(&wu.id).unwrap();
    let member = directory.member(row).unwrap();
    assert_eq!(member.name(), "Janet Wu-Li");
    assert_eq!(directory.find_email("Janet.Wu@partner.example"), [row]);
    assert_eq!(directory.find_external_id("okta|00u7"), [row]);
    assert_eq!(directory.find_external_id("OKTA|00u7"), []);
    assert_eq!(directory.find_user(&UserId::new("u-2")), [row]);
}

#[test]
fn an_id_pasted_into_the_filter_finds_its_member() {
    let mut directory = clinic();
    let id = "28f1a3c0-0000-4000-8000-00000000abcd";
    directory.upsert(&membership(id, "Wanted", "w@x.example", None), None, None);
    for filter in [id.to_owned(), format!("ProjectMembership/{id}"), id.to_uppercase()] {
        directory.set_filter(&filter);
        assert_eq!(names(&directory), ["Wanted"], "{filter}");
    }
}

#[test]
fn sorting_puts_those_without_a_value_last_either_way() {
    let mut directory = clinic();
    directory.sort_by(Column::Policy, Direction::Ascending);
    assert_eq!(names(&directory)[0], "Zoë Müller");
    directory.sort_by(Column::Policy, Direction::Descending);
    assert_eq!(names(&directory)[0], "Zoë Müller");
    directory.sort_by(Column::Role, Direction::Ascending);
    assert_eq!(names(&directory), ["Pat Admin", "Zoë Müller", "Jane Smith", "Janet Wu"]);
}

// ── against a naive model ───────────────────────────────────────────────────

#[derive(Debug, Clone)]
enum Step {
    Absorb(Vec<Person>),
    Remove(usize),
    Filter(String),
    Sort(Column, Direction),
    Tell(usize, String),
}

#[derive(Debug, Clone)]
struct Person {
    id: usize,
    name: String,
    stored: String,
    external: Option<String>,
    active: bool,
    admin: bool,
    read: Option<String>,
}

/// What the model keeps: plain strings, looked through one by one.
#[derive(Debug, Clone)]
struct Naive {
    person: Person,
    current: Option<String>,
    was: String,
}

#[derive(Default)]
struct Model {
    people: Vec<Naive>,
    chain: Vec<(Column, Direction)>,
}

fn id_of(n: usize) -> String {
    // A third of the ids are odd ones.
    if n.is_multiple_of(3) { format!("odd.{n}") } else { format!("00000000-0000-4000-8000-{n:012x}") }
}

impl Model {
    fn absorb(&mut self, person: &Person) {
        let scim = self
            .people
            .iter()
            .find(|known| known.person.id == person.id && known.person.read.is_none())
            .and_then(|known| known.current.clone());
        self.people.retain(|known| known.person.id != person.id);
        let current = person.read.clone().or(scim);
        let address = person.stored.contains('@') || person.read.is_none();
        let was = if current.as_deref() == Some(&*person.stored) || !address {
            String::new()
        } else {
            person.stored.clone()
        };
        self.people.push(Naive { person: person.clone(), current, was });
    }

    fn tell(&mut self, id: usize, email: &str) {
        for known in
            self.people.iter_mut().filter(|known| known.person.id == id && known.person.read.is_none())
        {
            known.was =
                if known.person.stored == email { String::new() } else { known.person.stored.clone() };
            known.current = Some(email.to_owned());
        }
    }

    fn shown(&self, filter: &str) -> Vec<String> {
        let mut people: Vec<&Naive> = self.people.iter().filter(|naive| Self::holds(naive, filter)).collect();
        let key = |naive: &Naive, column: Column| -> Option<String> {
            let text = match column {
                Column::Name => fold(&naive.person.name),
                Column::Email => match naive.current.as_deref() {
                    Some(email) if !email.is_empty() => fold(email),
                    _ => fold(&naive.was),
                },
                Column::Role => if naive.person.admin { "0" } else { "1" }.to_owned(),
                Column::Active => if naive.person.active { "0" } else { "1" }.to_owned(),
                _ => unreachable!("not drawn"),
            };
            (!text.is_empty()).then_some(text)
        };
        people.sort_by(|a, b| {
            for &(column, direction) in &self.chain {
                let order = match (key(a, column), key(b, column)) {
                    (None, None) => Ordering::Equal,
                    (None, Some(_)) => Ordering::Greater,
                    (Some(_), None) => Ordering::Less,
                    (Some(a), Some(b)) if direction == Direction::Ascending => a.cmp(&b),
                    (Some(a), Some(b)) => b.cmp(&a),
                };
                if order != Ordering::Equal {
                    return order;
                }
            }
            Ordering::Equal
        });
        people.iter().map(|naive| id_of(naive.person.id)).collect()
    }

    fn holds(naive: &Naive, filter: &str) -> bool {
        filter.split_whitespace().all(|word| {
            let texts = [
                fold(&naive.person.name),
                fold(naive.current.as_deref().unwrap_or("")),
                fold(naive.person.external.as_deref().unwrap_or("")),
                fold(&naive.was),
            ];
            match word.split_once(':') {
                Some(("role", value)) => {
                    if naive.person.admin { "admin" } else { "member" }.starts_with(value)
                }
                Some(("email", value)) => texts[1].contains(&fold(value)) || texts[3].contains(&fold(value)),
                _ => texts.iter().any(|text| text.contains(&fold(word))),
            }
        })
    }
}

fn person() -> impl Strategy<Value = Person> {
    (
        0usize..24,
        "[ABab]{1,2}( [éÉéc]{1,2})?",
        "[ab]{1,2}@[xy]",
        prop::option::of("[ABk]{1,2}"),
        any::<bool>(),
        any::<bool>(),
        prop::option::of("[ab]{1,2}@[xy]"),
    )
        .prop_map(|(id, name, stored, external, active, admin, read)| Person {
            // Whether the user can be read is a property of the person, not of the moment.
            read: read.filter(|_| id % 2 == 0),
            id,
            // Ties between names are broken by ids, which the model does not know: make them all different.
            name: format!("{name} {id}"),
            stored,
            external,
            active,
            admin,
        })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => prop::collection::vec(person(), 1..6).prop_map(Step::Absorb),
        1 => (0usize..24).prop_map(Step::Remove),
        4 => "[abAe]{0,2}|[ab]{1,2} [ab@]{1,2}|email:[ab]{0,2}|role:(a|m|mem)?|role:a [ab]".prop_map(Step::Filter),
        2 => (prop::sample::select(vec![Column::Name, Column::Email, Column::Role, Column::Active]), any::<bool>())
            .prop_map(|(column, up)| Step::Sort(column, if up { Direction::Ascending } else { Direction::Descending })),
        2 => (0usize..24, "[ab]{1,2}@[xyz]").prop_map(|(id, email)| Step::Tell(id, email)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn the_directory_shows_what_a_naive_list_would(steps in prop::collection::vec(step(), 1..30)) {
        let mut directory = Directory::new(Role::ProjectAdmin);
        // The name comes last in every chain, so that there are no ties.
        let mut model = Model { people: Vec::new(), chain: vec![(Column::Name, Direction::Ascending)] };
        let mut filter = String::new();
        for step in steps {
            match step {
                Step::Absorb(people) => {
                    let memberships: Vec<_> = people.iter().map(|person| {
                        let mut membership =
                            membership(&id_of(person.id), &person.name, &person.stored, person.external.as_deref());
                        membership.active = person.active;
                        membership.admin = person.admin;
                        membership
                    }).collect();
                    let users: Vec<_> = people.iter()
                        .filter_map(|person| Some(user(&id_of(person.id), person.read.as_deref()?))).collect();
                    directory.absorb(Page { memberships: &memberships, users: &users, names: &[] });
                    for person in &people {
                        // The page's users are looked up by id: the last one of a person holds for all of it.
                        let mut person = person.clone();
                        let last = people.iter().rev().find(|other| other.id == person.id && other.read.is_some());
                        person.read = last.and_then(|last| last.read.clone());
                        model.absorb(&person);
                    }
                }
                Step::Remove(id) => {
                    let known = model.people.iter().any(|naive| naive.person.id == id);
                    prop_assert_eq!(directory.remove(&MembershipId::new(id_of(id))), known);
                    model.people.retain(|naive| naive.person.id != id);
                }
                Step::Filter(text) => {
                    directory.set_filter(&text);
                    filter = text;
                }
                Step::Sort(column, direction) => {
                    directory.sort_by(column, direction);
                    model.chain.retain(|(known, _)| *known != column);
                    model.chain.insert(0, (column, direction));
                }
                Step::Tell(id, email) => {
                    directory.tell_email(&MembershipId::new(id_of(id)), &Text::from(email.as_str()));
                    model.tell(id, &email);
                }
            }
            prop_assert_eq!(directory.len(), model.people.len());
            if directory.matched() == Matched::Nearly {
                prop_assert_eq!(model.shown(&filter), Vec::<String>::new());
            } else {
                let shown: Vec<String> =
                    directory.rows().map(|row| directory.member(row).unwrap().id().as_str().to_owned()).collect();
                let mut expected = model.shown(&filter);
                let named = model.chain.iter().any(|(column, _)| *column == Column::Name);
                if named {
                    prop_assert_eq!(shown, expected);
                } else {
                    let mut shown = shown;
                    shown.sort();
                    expected.sort();
                    prop_assert_eq!(shown, expected);
                }
            }
            for naive in &model.people {
                let id = MembershipId::new(id_of(naive.person.id));
                let row = directory.find(&id).unwrap();
                let member = directory.member(row).unwrap();
                prop_assert_eq!(member.id(), id);
                prop_assert_eq!(member.name(), naive.person.name.as_str());
                prop_assert_eq!(member.admin(), naive.person.admin);
                let current = match member.email() {
                    Email::Current { address, .. } => Some(address.into_owned()),
                    Email::Stored(_) | Email::None | Email::Unknown => None,
                };
                prop_assert_eq!(&current, &naive.current);
            }
        }
    }
}

#[test]
fn a_clone_stays_as_it_was_while_the_original_goes_on() {
    let mut original = Directory::new(Role::ProjectAdmin);
    original.upsert(&membership("a", "Ada", "ada@x.example", None), None, None);
    original.upsert(&membership("b", "Bo", "bo@x.example", None), None, None);
    let clone = original.clone();
    original.upsert(&membership("a", "Adele", "ada@x.example", Some("id")), None, None);
    original.remove(&MembershipId::new("b"));
    let name = |directory: &Directory, id: &str| {
        let row = directory.find(&MembershipId::new(id))?;
        directory.member(row).map(|member| member.name().into_owned())
    };
    assert_eq!(
        (clone.len(), name(&clone, "a").as_deref(), name(&clone, "b").as_deref()),
        (2, Some("Ada"), Some("Bo"))
    );
    assert_eq!(
        (original.len(), name(&original, "a").as_deref(), name(&original, "b")),
        (1, Some("Adele"), None)
    );
}

#[test]
fn many_addresses_are_told_in_one_walk_as_one_by_one() {
    let filled = || {
        let mut directory = Directory::new(Role::ProjectAdmin);
        for id in ["a", "b", "c"] {
            directory.upsert(&membership(id, id, &format!("{id}@old.example"), None), None, None);
        }
        directory
    };
    let told: Vec<(MembershipId, Text)> =
        [("c", "c@new.example"), ("a", "A@new.example"), ("zz", "z@new.example")]
            .map(|(id, email)| (MembershipId::new(id), Text::from(email)))
            .into();
    let (mut at_once, mut one_by_one) = (filled(), filled());
    at_once.tell_emails(told.iter().map(|(id, email)| (id, email)));
    for (id, email) in &told {
        one_by_one.tell_email(id, email);
    }
    let seen = |directory: &Directory| -> Vec<(String, bool)> {
        let members = directory.rows().filter_map(|row| directory.member(row));
        members.map(|member| (member.email_raw().to_owned(), member.wants_scim())).collect()
    };
    assert_eq!(seen(&at_once), seen(&one_by_one));
    let expected = [("A@new.example", false), ("b@old.example", true), ("c@new.example", false)];
    assert_eq!(seen(&at_once), expected.map(|(email, wants)| (email.to_owned(), wants)));
}

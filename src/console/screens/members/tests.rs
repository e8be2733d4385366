use super::*;
use crate::console::effect::MembersPage;
use crate::console::model::tests::{asked, ctx};
use crate::console::session::tests::pat;
use crate::identity::{Membership, ProjectId, Reference, UserId, Version, VersionId};

fn person(n: usize, name: &str) -> Membership {
    Membership {
        id: MembershipId::new(format!("m{n}")),
        version: Version { id: VersionId::new("1"), at: Timestamp::UNIX_EPOCH, author: None },
        project: ProjectId::new("prj1"),
        user: UserId::new(format!("u{n}")).reference().with_display(format!("{n}@clinic.example")),
        profile: Reference::parse(&format!("Practitioner/p{n}")).unwrap().with_display(name),
        active: true,
        admin: false,
        policy: None,
        access: Vec::new(),
        external_id: None,
        user_name: None,
        invited_by: None,
        configuration: None,
    }
}

fn page(names: &[&str]) -> Answer {
    let memberships = names.iter().enumerate().map(|(n, name)| person(n, name)).collect();
    Answer::Members(Box::new(MembersPage {
        memberships,
        total: Some(names.len() as u64),
        ..MembersPage::default()
    }))
}

fn loaded(names: &[&str]) -> (Members, Ctx) {
    let mut ctx = ctx(Some(pat()));
    let mut members = Members::default();
    members.entered(&mut ctx);
    assert_eq!(asked(&mut ctx), [Question::Members]);
    members.answered(Slot::Members, page(names), &mut ctx);
    members.answered(Slot::Members, Answer::MembersEnd, &mut ctx);
    (members, ctx)
}

fn name(members: &Members) -> String {
    members.current().unwrap().name().into_owned()
}

#[test]
fn entering_again_does_not_load_again() {
    let (mut members, mut ctx) = loaded(&["Jane"]);
    asked(&mut ctx);
    members.entered(&mut ctx);
    assert_eq!(asked(&mut ctx), []);
}

#[test]
fn addresses_are_asked_of_scim_only_when_everybody_is_there() {
    let mut ctx = ctx(Some(pat()));
    let mut members = Members::default();
    members.entered(&mut ctx);
    asked(&mut ctx);
    members.answered(Slot::Members, page(&["Jane", "Wu"]), &mut ctx);
    members.drawn(&mut ctx);
    assert_eq!(asked(&mut ctx), []);
    members.answered(Slot::Members, Answer::MembersEnd, &mut ctx);
    members.drawn(&mut ctx);
    assert_eq!(asked(&mut ctx), [Question::Emails(vec!["m0".into(), "m1".into()])]);
}

#[test]
fn a_refusal_of_scim_is_not_asked_again_before_a_reload() {
    let (mut members, mut ctx) = loaded(&["Jane", "Wu"]);
    members.drawn(&mut ctx);
    asked(&mut ctx);
    ctx.slots.end(Slot::Emails);
    members.answered(Slot::Emails, Answer::Failed(Failure::new("no")), &mut ctx);
    members.act(Action::Down, &mut ctx);
    members.drawn(&mut ctx);
    assert_eq!(asked(&mut ctx), []);
    members.act(Action::Reload, &mut ctx);
    members.answered(Slot::Members, page(&["Jane", "Wu"]), &mut ctx);
    members.answered(Slot::Members, Answer::MembersEnd, &mut ctx);
    members.drawn(&mut ctx);
    assert_eq!(asked(&mut ctx).len(), 2);
}

#[test]
fn whoever_is_selected_stays_so_while_others_arrive_and_while_filtering() {
    let (mut members, mut ctx) = loaded(&["Bo", "Jane", "Wu"]);
    members.act(Action::Down, &mut ctx);
    assert_eq!(name(&members), "Jane");
    members.answered(Slot::Members, page(&["Bo", "Jane", "Wu", "Aino", "Ada"]), &mut ctx);
    assert_eq!(name(&members), "Jane");
    members.act(Action::Filter, &mut ctx);
    for key in ["n", "e"] {
        members.typed(key.parse().unwrap(), &mut ctx);
    }
    assert_eq!((name(&members), members.shown()), ("Jane".to_owned(), 1));
    members.act(Action::Abandon, &mut ctx);
    assert_eq!((name(&members), members.shown()), ("Jane".to_owned(), 5));
}

#[test]
fn a_new_filter_begins_with_the_first_letter() {
    let (mut members, mut ctx) = loaded(&["Bo", "Jane"]);
    for filter in ["bo", "jane"] {
        members.act(Action::Filter, &mut ctx);
        for c in filter.chars() {
            members.typed(Key::char(c), &mut ctx);
        }
        members.act(Action::Done, &mut ctx);
    }
    assert_eq!((members.list.filter(), name(&members)), ("jane", "Jane".to_owned()));
}

#[test]
fn a_written_member_is_pending_until_it_has_been_read_back() {
    let (mut members, mut ctx) = loaded(&["Jane"]);
    asked(&mut ctx);
    let id = MembershipId::new("m0");
    members.told(&Note::Writing(Some(id.clone())), &mut ctx);
    assert!(members.waiting_since().is_some());
    members.told(&Note::Written(Some(id.clone())), &mut ctx);
    assert_eq!(asked(&mut ctx), [Question::Member(id)]);
    assert!(members.waiting_since().is_some());
    let read = crate::console::effect::MemberRead {
        membership: person(0, "Jane Smith"),
        user: None,
        name: None,
        email: Some(Text::from("jane.smith@clinic.example")),
    };
    members.answered(Slot::Member, Answer::Member(Box::new(read)), &mut ctx);
    assert_eq!((members.waiting_since(), name(&members)), (None, "Jane Smith".to_owned()));
    assert_eq!(members.current().unwrap().email_raw(), "jane.smith@clinic.example");
}

#[test]
fn a_second_question_about_members_asks_for_what_the_first_has_not_brought() {
    let (mut members, mut ctx) = loaded(&["Jane", "Noor"]);
    asked(&mut ctx);
    let id = |n: usize| MembershipId::new(format!("m{n}"));
    members.told(&Note::Rows(vec![id(0), id(1)]), &mut ctx);
    assert_eq!(asked(&mut ctx), [Question::Rows(vec![id(0), id(1)])]);
    members.told(&Note::Written(Some(id(2))), &mut ctx);
    assert_eq!(asked(&mut ctx), [Question::Rows(vec![id(0), id(1), id(2)])]);
    members.answered(Slot::Member, Answer::MemberGone(id(0)), &mut ctx);
    let after = |millis| ctx.now + jiff::SignedDuration::from_millis(millis);
    assert_eq!(members.reading_again(after(100)), None, "it flashes nothing");
    assert_eq!(members.reading_again(after(200)).as_deref(), Some("reading 2 members again"));
    // Whoever cannot be read any more keeps nothing waiting.
    members.answered(Slot::Member, Answer::MembersEnd, &mut ctx);
    assert_eq!(members.waiting_since(), None);
}

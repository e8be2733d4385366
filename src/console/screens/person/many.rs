//! What can be done with several people at once: one plan, a row for each.

use super::{Person, forms, second_factor};
use crate::console::action::{Action, Availability};
use crate::console::model::Ctx;
use crate::console::overlays::Overlay;
use crate::console::overlays::ask::{Ask, Subject};
use crate::console::overlays::plan::PlanDialog;
use crate::console::words::{count, number};
use crate::identity::{MembershipId, Role, Text};
use crate::workflows::intent::Intent;

/// Whether it can be done with so many marked people.
pub fn availability(action: Action, marked: usize) -> Availability {
    match action {
        Action::Activate
        | Action::Link
        | Action::Policy
        | Action::Access
        | Action::Admin
        | Action::MailPassword
        | Action::ResendInvitation
        | Action::RefreshDisplay
        | Action::ResetFactor
        | Action::Offboard => Availability::Ready,
        _ => {
            let are = if marked == 1 { "is" } else { "are" };
            let marked = number(marked as u64);
            Availability::because(format!("{marked} {are} marked, and this is done for one person at a time"))
        }
    }
}

/// Does it with all of them. What can be turned on and off takes away first: who is in is kept out, and only when
/// nobody is, all are let in again; the same with rights. External ids can only be cleared.
pub fn act(action: Action, people: &[Person], ctx: &mut Ctx) {
    let ids = |wanted: &dyn Fn(&Person) -> bool| {
        let wanted = people.iter().filter(|person| wanted(person));
        wanted.map(|person| person.membership.clone()).collect::<Vec<_>>()
    };
    let all = ids(&|_| true);
    let (intent, rows) = match action {
        Action::Activate => {
            let active = !people.iter().any(|person| person.active);
            let members = ids(&|person| person.active != active);
            let rows = members.len();
            (Intent::Activate { members, active }, rows)
        }
        Action::Link => {
            let members = ids(&|person| person.external_id.is_some());
            let rows = members.len();
            if rows == 0 {
                ctx.warn("link: none of the marked members has an external id to be cleared");
                return;
            }
            (Intent::Link { members, external_id: None }, rows)
        }
        Action::Admin => {
            let admin = !people.iter().any(|person| person.admin);
            let members = ids(&|person| person.admin != admin);
            let rows = members.len();
            (Intent::each(members, |member| Intent::Admin { member, admin }), rows)
        }
        Action::MailPassword | Action::ResendInvitation => {
            let invitation = action == Action::ResendInvitation;
            let rows = all.len();
            (Intent::each(all, |member| Intent::MailPassword { member, invitation }), rows)
        }
        Action::RefreshDisplay => {
            let rows = all.len();
            (Intent::each(all, |member| Intent::RefreshDisplay { member }), rows)
        }
        Action::Offboard if people.iter().all(|person| person.external_id.is_none()) => {
            let rows = all.len();
            (Intent::each(all, |member| Intent::Offboard { member, clear_external_id: false }), rows)
        }
        Action::Offboard => return ask(all, ctx, second_factor::offboard),
        Action::ResetFactor => {
            let ends = ctx.session.as_ref().is_some_and(|s| s.caller.role == Role::SuperAdmin);
            return ask(all, ctx, |subject| second_factor::reset(subject, ends));
        }
        Action::Policy => return ask(all, ctx, forms::policy),
        Action::Access => return ask(all, ctx, forms::access),
        _ => return,
    };
    plan(intent, rows, ctx);
}

/// Straight to the plan: there is nothing to ask.
pub fn plan(intent: Intent, rows: usize, ctx: &mut Ctx) {
    let plan = PlanDialog::wanted(intent, name(rows), false, ctx.now);
    ctx.open(Overlay::Plan(Box::new(plan)));
}

fn ask(members: Vec<MembershipId>, ctx: &mut Ctx, form: impl FnOnce(Subject) -> Ask) {
    let subject = Subject { name: name(members.len()), members };
    ctx.open(Overlay::Ask(Box::new(form(subject))));
}

fn name(rows: usize) -> Text {
    Text::from(count(rows as u64, "member", "members"))
}

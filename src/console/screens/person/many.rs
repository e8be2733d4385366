//! What can be done with several people at once: one plan, a row for each.

use super::{Person, forms};
use crate::console::action::{Action, Availability};
use crate::console::model::Ctx;
use crate::console::overlays::Overlay;
use crate::console::overlays::ask::Subject;
use crate::console::overlays::plan::PlanDialog;
use crate::console::words::{count, number};
use crate::identity::Text;
use crate::workflows::intent::Intent;

/// Whether it can be done with so many marked people.
pub fn availability(action: Action, marked: usize) -> Availability {
    match action {
        Action::Activate | Action::Link | Action::Policy => Availability::Ready,
        _ => {
            let are = if marked == 1 { "is" } else { "are" };
            let marked = number(marked as u64);
            Availability::because(format!("{marked} {are} marked, and this is done for one person at a time"))
        }
    }
}

/// Does it with all of them: who is in is kept out, and only when nobody is, all are let in again; external ids can
/// only be cleared.
pub fn act(action: Action, people: &[Person], ctx: &mut Ctx) {
    let ids = |wanted: &dyn Fn(&Person) -> bool| {
        people
            .iter()
            .filter(|person| wanted(person))
            .map(|person| person.membership.clone())
            .collect::<Vec<_>>()
    };
    let name = |n: usize| Text::from(count(n as u64, "member", "members"));
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
        Action::Policy => {
            let members = ids(&|_| true);
            let subject = Subject { name: name(members.len()), members };
            ctx.open(Overlay::Ask(Box::new(forms::policy(subject))));
            return;
        }
        _ => return,
    };
    let plan = PlanDialog::wanted(intent, name(rows), false, ctx.now);
    ctx.open(Overlay::Plan(Box::new(plan)));
}

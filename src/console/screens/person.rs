//! What can be done with a person, wherever one is selected: in the list, in the record, on the other screens.

use crate::console::action::{Action, Availability};
use crate::console::model::Ctx;
use crate::console::overlays::Overlay;
use crate::console::overlays::access::AccessView;
use crate::console::overlays::ask::{Ask, Subject};
use crate::console::overlays::plan::PlanDialog;
use crate::console::session::Session;
use crate::console::widgets::form::{Field, Form};
use crate::identity::capability::{Capability, check};
use crate::identity::directory::Member;
use crate::identity::linkage::Subject as Linked;
use crate::identity::{MembershipId, Text, UserId};
use crate::workflows::intent::Intent;

/// A person as a screen knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The membership.
    pub membership: MembershipId,
    /// The user; absent for clients and bots.
    pub user: Option<UserId>,
    /// The name.
    pub name: Text,
    /// Let in.
    pub active: bool,
    /// The external id.
    pub external_id: Option<Text>,
}

impl From<&Member<'_>> for Person {
    fn from(member: &Member<'_>) -> Self {
        Self {
            membership: member.id(),
            user: member.user_id(),
            name: member.name_text(),
            active: member.active(),
            external_id: member.external_id_text(),
        }
    }
}

impl From<&Linked> for Person {
    fn from(who: &Linked) -> Self {
        Self {
            membership: who.membership.clone(),
            user: who.user.clone(),
            name: who.name.clone(),
            active: who.active,
            external_id: who.external_id.clone(),
        }
    }
}

impl Person {
    fn subject(&self) -> Subject {
        Subject { name: self.name.clone(), members: vec![self.membership.clone()] }
    }

    fn is_own(&self, session: Option<&Session>) -> bool {
        session.is_some_and(|session| {
            let caller = &session.caller;
            self.membership == caller.membership || (self.user.is_some() && self.user == caller.user)
        })
    }

    /// Whether it can be done with this person.
    pub fn availability(&self, action: Action, session: Option<&Session>) -> Availability {
        match action {
            Action::EmailChange if self.user.is_none() => {
                Availability::because(format!("{} is not a person and has no login address", self.name))
            }
            Action::Activate if self.active && self.is_own(session) => {
                Availability::because("this is your own account; another admin can deactivate it")
            }
            Action::WhatTheyMay => match session.map(|session| check(&session.caller, Capability::ActAs)) {
                Some(Err(why)) => Availability::because(why),
                Some(Ok(())) | None => Availability::Ready,
            },
            Action::EmailChange | Action::Activate | Action::Link => Availability::Ready,
            _ => Availability::Hidden,
        }
    }

    /// Does it. Changing the address needs more than a person and stays with the members screen.
    pub fn act(&self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::Activate => {
                let intent = Intent::Activate { member: self.membership.clone(), active: !self.active };
                self.plan(intent, ctx);
            }
            Action::WhatTheyMay => {
                let view = AccessView::new(self.membership.clone(), self.name.clone());
                ctx.open(Overlay::Access(Box::new(view)));
            }
            Action::Link => ctx.open(Overlay::Ask(Box::new(self.link()))),
            _ => {}
        }
    }

    /// Straight to the plan: there is nothing to ask.
    fn plan(&self, intent: Intent, ctx: &mut Ctx) {
        let plan = PlanDialog::wanted(intent, self.name.clone(), false, ctx.now);
        ctx.open(Overlay::Plan(Box::new(plan)));
    }

    fn link(&self) -> Ask {
        let now = self.external_id.as_ref().map_or("", Text::raw);
        let form = Form::new(vec![
            Field::text("id", "external id", now)
                .hint("the subject at the identity provider; empty clears it"),
        ]);
        Ask::new("External id", self.subject(), form, |subject, form| {
            let member = subject.members.first().cloned().ok_or_else(|| "Nobody is selected.".to_owned())?;
            let typed = form.value("id");
            let external_id = (!typed.is_empty()).then(|| Text::from(typed));
            Ok(Intent::Link { member, external_id })
        })
        .about("The identity provider sends it as the subject; the platform compares it letter by letter.")
    }
}

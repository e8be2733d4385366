//! What can be done with a person, wherever one is selected: in the list, in the record, on the other screens.

pub mod forms;
pub mod many;
mod second_factor;

use crate::console::action::{Action, Availability};
use crate::console::model::{Ctx, Note, Whom};
use crate::console::overlays::Overlay;
use crate::console::overlays::access::AccessView;
use crate::console::overlays::ask::{Ask, Subject};
use crate::console::overlays::plan::PlanDialog;
use crate::console::session::Session;
use crate::console::widgets::form::{Field, Form};
use crate::identity::directory::Member;
use crate::identity::linkage::Subject as Linked;
use crate::identity::{MembershipId, Role, Text, UserId};
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
    /// Project admin.
    pub admin: bool,
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
            admin: member.admin(),
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
            admin: who.admin,
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
            Action::Diagnose if self.user.is_none() => {
                Availability::because(format!("{} is not a person and does not sign in", self.name))
            }
            Action::Admin if self.admin && self.is_own(session) => {
                Availability::because("this is your own account; another admin can take the rights away")
            }
            Action::Remove if self.is_own(session) => {
                Availability::because("this is your own account; another admin can remove it")
            }
            Action::SetPassword if self.is_own(session) => Availability::because(
                "this is your own account; its password is changed in the platform's web app",
            ),
            Action::MailPassword | Action::ResendInvitation | Action::SetPassword | Action::Rescope
                if self.user.is_none() =>
            {
                Availability::because(format!("{} is not a person and has no account", self.name))
            }
            Action::ResetFactor if self.is_own(session) => {
                Availability::because("this is your own account; another admin can reset your factor")
            }
            Action::ResetFactor if self.user.is_none() => {
                Availability::because(format!("{} is not a person and has no factor", self.name))
            }
            Action::Offboard if self.is_own(session) => {
                Availability::because("this is your own account; another admin can offboard it")
            }
            Action::EmailChange
            | Action::Diagnose
            | Action::Activate
            | Action::Link
            | Action::ResetFactor
            | Action::Offboard
            | Action::WhatTheyMay
            | Action::Admin
            | Action::Policy
            | Action::Access
            | Action::UserName
            | Action::MailPassword
            | Action::ResendInvitation
            | Action::SetPassword
            | Action::Rescope
            | Action::RefreshDisplay
            | Action::Remove => Availability::Ready,
            _ => Availability::Hidden,
        }
    }

    /// Does it. Changing the address needs more than a person and stays with the members screen.
    pub fn act(&self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::Activate => {
                let intent =
                    Intent::Activate { members: vec![self.membership.clone()], active: !self.active };
                self.plan(intent, ctx);
            }
            Action::ResetFactor => {
                let ends = ctx.session.as_ref().is_some_and(|s| s.caller.role == Role::SuperAdmin);
                ctx.open(Overlay::Ask(Box::new(second_factor::reset(self.subject(), ends))));
            }
            Action::Offboard if self.external_id.is_some() => {
                ctx.open(Overlay::Ask(Box::new(second_factor::offboard(self.subject()))));
            }
            Action::Offboard => {
                let member = self.membership.clone();
                self.plan(Intent::Offboard { member, clear_external_id: false }, ctx);
            }
            Action::WhatTheyMay => {
                let view = AccessView::new(self.membership.clone(), self.name.clone());
                ctx.open(Overlay::Access(Box::new(view)));
            }
            Action::Diagnose => ctx.tell(Note::Diagnose(Whom::Member(self.membership.clone()))),
            Action::Link => ctx.open(Overlay::Ask(Box::new(self.link()))),
            Action::Admin => {
                self.plan(Intent::Admin { member: self.membership.clone(), admin: !self.admin }, ctx);
            }
            Action::Policy => ctx.open(Overlay::Ask(Box::new(forms::policy(self.subject())))),
            Action::Access => ctx.open(Overlay::Ask(Box::new(forms::access(self.subject())))),
            Action::UserName => ctx.open(Overlay::Ask(Box::new(forms::user_name(self.subject())))),
            Action::MailPassword | Action::ResendInvitation => {
                let invitation = action == Action::ResendInvitation;
                self.plan(Intent::MailPassword { member: self.membership.clone(), invitation }, ctx);
            }
            Action::SetPassword => ctx.open(Overlay::Ask(Box::new(forms::password(self.subject())))),
            Action::Rescope => ctx.open(Overlay::Ask(Box::new(forms::rescope(self.subject())))),
            Action::RefreshDisplay => {
                self.plan(Intent::RefreshDisplay { member: self.membership.clone() }, ctx);
            }
            Action::Remove => self.plan(Intent::Remove { member: self.membership.clone() }, ctx),
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
            let typed = form.value("id");
            let external_id = (!typed.is_empty()).then(|| Text::from(typed));
            Ok(Intent::Link { members: subject.members.clone(), external_id })
        })
        .about("The identity provider sends it as the subject; the platform compares it letter by letter.")
    }
}

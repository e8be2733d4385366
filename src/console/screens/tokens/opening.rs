//! From what a token or a cause names to the record that it means.

use super::Tokens;
use super::claims;
use super::message::TokenEffect;
use super::page::Page;
use crate::console::effect::Effect;
use crate::console::model::{Ctx, Note};
use crate::identity::{MembershipId, Reference, SessionId};

impl Tokens {
    /// The record behind what is selected, or why there is none.
    pub(super) fn record(&self) -> Result<Reference, &'static str> {
        let held = self.current().ok_or("there is no token")?;
        match self.reading.page {
            Page::Claims => {
                let seen = held.seen.as_ref().ok_or("there is no token")?;
                let entries = claims::entries(seen);
                let item =
                    entries.get(self.reading.at()).map(|entry| entry.item).ok_or("nothing is selected")?;
                item.opens.clone().ok_or("this claim names no record of the platform")
            }
            Page::Why => {
                let why = held.why().ok_or("it is still being checked")?;
                let cause =
                    why.causes.get(self.reading.at()).ok_or("there is no cause that names a record")?;
                cause.opens.clone().ok_or("this cause names no record")
            }
            Page::Times | Page::Checks | Page::Compare | Page::Raw => {
                Err("records open from claims and causes")
            }
        }
    }

    pub(super) fn open(&mut self, ctx: &mut Ctx) {
        let Ok(record) = self.record() else { return };
        match &*record.kind {
            MembershipId::KIND => ctx.tell(Note::Show(MembershipId::new(record.id.clone()))),
            SessionId::KIND => {
                ctx.tell(Note::ShowSession(SessionId::new(record.id.clone())));
            }
            "User" | "Practitioner" | "Patient" | "RelatedPerson" => {
                let asked = self.fetch(ctx.now);
                ctx.effect(Effect::Token(TokenEffect::Find { asked, reference: record }));
            }
            _ => in_web_app(&record, None, self.hidden, ctx),
        }
    }

    pub(super) fn found(
        &mut self,
        reference: &Reference,
        found: Result<MembershipId, String>,
        ctx: &mut Ctx,
    ) {
        match found {
            Ok(member) => ctx.tell(Note::Show(member)),
            Err(why) => in_web_app(reference, Some(&why), self.hidden, ctx),
        }
    }
}

/// A record that has no screen here.
fn in_web_app(record: &Reference, why: Option<&str>, hidden: bool, ctx: &mut Ctx) {
    let name = || if hidden { record.kind.to_string() } else { record.to_string() };
    let app = ctx.session.as_ref().and_then(|session| session.web_app.clone());
    match (app, why) {
        (Some(app), None) => {
            let url = format!("{}/{}/{}", app.trim_end_matches('/'), record.kind, record.id);
            ctx.effect(Effect::OpenBrowser { url });
        }
        (_, Some(why)) => ctx.warn(format!("{}: {why}", name())),
        (None, None) => {
            ctx.warn(format!("{} has no screen here, and where the web app is, is not known", name()));
        }
    }
}

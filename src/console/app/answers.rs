//! What comes back: answers go to whoever asked, sessions begin and end.

use std::sync::Arc;

use super::App;
use crate::console::effect::{Answer, Effect, Question};
use crate::console::overlays::toast::Toast;
use crate::console::screens::Place;
use crate::console::screens::flow_lab::LabEffect;
use crate::console::screens::sign_in::SignInMsg;
use crate::console::screens::tokens::TokenEffect;
use crate::console::session::Session;
use crate::console::slot::{Home, RequestId, Slot};
use crate::identity::Platform;

impl App {
    pub(super) fn answered(
        &mut self,
        slot: Slot,
        id: RequestId,
        answer: Answer,
        last: bool,
        write: bool,
    ) -> Vec<Effect> {
        if write && last {
            self.writing = self.writing.saturating_sub(1);
        }
        if let Answer::Platform { platform, web_app } = answer {
            self.platform_is(platform, web_app);
            if last && self.slots.is_current(slot, id) {
                self.slots.end(slot);
            }
            return Vec::new();
        }
        if !self.slots.is_current(slot, id) {
            self.dirty = write || self.owed;
            return Vec::new();
        }
        if last {
            self.slots.end(slot);
        }
        if answer.ends_session() {
            self.session_is_over();
        }
        let mut ctx = self.ctx();
        match slot.home() {
            Home::Screen(place) => self.screens.get_mut(place).answered(slot, answer, &mut ctx),
            Home::App => {}
            Home::Overlay => {
                if let Some(overlay) = self.overlays.iter_mut().rev().find(|o| o.model().waits_for(slot)) {
                    overlay.model_mut().answered(slot, answer, &mut ctx);
                } else if write {
                    // The dialog is gone but what it began has ended: never silently.
                    match answer {
                        Answer::Failed(failure) => ctx.fail(failure),
                        Answer::NotApplied(outcome) => ctx.fail(outcome.failure),
                        Answer::Applied(applied) => {
                            ctx.succeeded(format!("applied; journal entry {}", applied.entry));
                        }
                        _ => {}
                    }
                }
            }
        }
        self.finish(ctx)
    }

    /// What is known of the platform now. Nobody is told: it shows where it matters.
    fn platform_is(&mut self, platform: Platform, web_app: Option<String>) {
        let Some(session) = self.session.as_mut() else { return };
        if session.platform == platform && web_app.is_none() {
            return;
        }
        let session = Arc::make_mut(session);
        session.platform = platform;
        session.web_app = session.web_app.take().or(web_app);
    }

    /// The platform has ended the session before its time: top line and keys line say so from now on.
    fn session_is_over(&mut self) {
        let now = self.now;
        if let Some(session) = self.session.as_mut().filter(|session| !session.is_over(now)) {
            let session = Arc::make_mut(session);
            session.renews = false;
            session.expires_at = Some(now);
            // Whoever asked tells it already.
            self.warned = true;
        }
    }

    pub(super) fn sign_in(&mut self, msg: SignInMsg) -> Vec<Effect> {
        match msg {
            SignInMsg::SignedIn { attempt, session, notes } => {
                if !self.screens.sign_in.is_current(attempt) {
                    return Vec::new();
                }
                self.screens.sign_in.rest();
                let effects = self.signed_in(*session);
                for words in notes {
                    self.toast(Toast::info(words, self.now));
                }
                effects
            }
            SignInMsg::SignedOut { failed } => {
                self.session = None;
                self.back_to = None;
                self.screens.forget();
                let cancelled = self.slots.clear().into_iter().map(|slot| Effect::Cancel { slot });
                let mut effects: Vec<Effect> = cancelled.collect();
                effects.push(Effect::Lab(LabEffect::Forget));
                effects.push(Effect::Token(TokenEffect::Forget));
                self.toast(match failed {
                    None => Toast::ok("signed out", self.now),
                    Some(why) => Toast::warn(format!("signed out here; {why}"), self.now).that_stays(),
                });
                effects.extend(self.go(Place::SignIn));
                effects
            }
            SignInMsg::Connections { .. }
            | SignInMsg::Step { .. }
            | SignInMsg::Note { .. }
            | SignInMsg::NextPoll { .. }
            | SignInMsg::NothingStored { .. }
            | SignInMsg::Failed { .. } => {
                let mut ctx = self.ctx();
                self.screens.sign_in.told(msg, &mut ctx);
                self.finish(ctx)
            }
        }
    }

    pub(super) fn signed_in(&mut self, session: Session) -> Vec<Effect> {
        let same = self.session.as_ref().is_some_and(|before| {
            before.connection == session.connection && before.caller.membership == session.caller.membership
        });
        let mut effects = Vec::new();
        if !same {
            self.screens.forget();
            effects.extend(self.slots.clear().into_iter().map(|slot| Effect::Cancel { slot }));
            effects.push(Effect::Lab(LabEffect::Forget));
            effects.push(Effect::Token(TokenEffect::Forget));
        }
        self.toasts.retain(|toast| toast.leaves_at().is_some());
        self.warned = false;
        let web_app = session.web_app.is_none();
        self.session = Some(Arc::new(session));
        let mut ctx = self.ctx();
        ctx.ask(Slot::Platform, Question::Platform { web_app });
        effects.extend(self.finish(ctx));
        let place = if same { self.back_to.take() } else { None };
        self.back_to = None;
        effects.extend(self.go(place.unwrap_or(Place::Members)));
        effects
    }
}

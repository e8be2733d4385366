//! Drives the flow lab: its events become messages, what the person says becomes answers. Tokens stay here, in memory.

use std::sync::{Arc, Mutex, PoisonError};

use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

use super::busy::{Busy, BusyGuard};
use super::{Envelope, World};
use crate::auth::lab::Held;
use crate::auth::lab::swap::Subject;
use crate::auth::{Answer, Deps, FlowEvent, Note};
use crate::config::Connection;
use crate::console::msg::Msg;
use crate::console::screens::flow_lab::{LabEffect, LabMsg};
use crate::console::screens::sign_in::{Attempt, Candidate, DeviceCode, Reply, Secret, Step};
use crate::console::screens::tokens::TokenMsg;
use crate::identity::Text;
use crate::identity::flow_lab::{Run, Status, StepId};
use crate::token::extract::{Extracted, Paste};
use crate::workflows::flow_lab::{Event, Lab, Report, Want, start};

/// A reply, and that it is being worked on.
type Replied = (Reply, BusyGuard);

/// What the run before left, and where its session lives.
type Kept = Arc<Mutex<Option<(Held, Connection)>>>;

/// The run under way and what the one before left.
#[derive(Debug, Default)]
pub(super) struct Labs {
    current: Option<Current>,
    kept: Kept,
}

#[derive(Debug)]
struct Current {
    attempt: Attempt,
    task: AbortHandle,
    replies: UnboundedSender<Replied>,
    stop: CancellationToken,
}

impl Labs {
    pub(super) fn perform(
        &mut self,
        effect: LabEffect,
        world: &World,
        sender: &UnboundedSender<Envelope>,
        busy: &Busy,
    ) {
        let post =
            |attempt| Post { sender: sender.clone(), busy: busy.clone(), guard: Some(busy.raise()), attempt };
        match effect {
            LabEffect::Start { attempt, want, with_held } => {
                let before = take(&self.kept);
                let want = if with_held { with(*want, before.as_ref()) } else { *want };
                self.forget_run();
                let (replies, given) = mpsc::unbounded_channel();
                let stop = CancellationToken::new();
                let work = run(
                    world.clone(),
                    post(attempt),
                    want,
                    given,
                    stop.clone(),
                    before,
                    Arc::clone(&self.kept),
                );
                let task = tokio::spawn(work).abort_handle();
                self.current = Some(Current { attempt, task, replies, stop });
            }
            LabEffect::Reply { attempt, reply } => {
                if let Some(current) = self.current.as_ref().filter(|current| current.attempt == attempt) {
                    // The run may have ended in this moment; its last event tells.
                    let _ = current.replies.send((reply, busy.raise()));
                }
            }
            LabEffect::Stop { attempt } => {
                if let Some(current) = self.current.as_ref().filter(|current| current.attempt == attempt) {
                    current.stop.cancel();
                }
            }
            LabEffect::SignOut { attempt } => {
                let (post, kept) = (post(attempt), take(&self.kept));
                let keep = Arc::clone(&self.kept);
                tokio::spawn(async move {
                    let Some((held, connection)) = kept else { return };
                    let failed =
                        held.clone().sign_out(&connection).await.err().map(|error| error.to_string());
                    let left = Held { platform: if failed.is_some() { held.platform } else { None }, ..held };
                    put(&keep, left, connection);
                    post.send(LabMsg::SignedOut { attempt, failed });
                });
            }
            LabEffect::Tokens { attempt } => post(attempt).hand_over(&self.kept),
            LabEffect::Forget => {
                self.forget_run();
                if let Some((held, connection)) = take(&self.kept) {
                    // Nobody is there any more to be told.
                    tokio::spawn(async move { drop(held.sign_out(&connection).await) });
                }
            }
        }
    }

    fn forget_run(&mut self) {
        if let Some(old) = self.current.take() {
            old.task.abort();
        }
    }
}

fn take(kept: &Kept) -> Option<(Held, Connection)> {
    kept.lock().unwrap_or_else(PoisonError::into_inner).take()
}

fn put(kept: &Kept, held: Held, connection: Connection) {
    if !held.is_empty() {
        *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some((held, connection));
    }
}

/// The exchange with the token that the run before brought.
fn with(want: Want, before: Option<&(Held, Connection)>) -> Want {
    let token = before.and_then(|(held, _)| held.idp.as_ref()).map(|tokens| tokens.access.clone());
    match (want, token) {
        (Want::Exchange { client, membership, scope, .. }, Some(token)) => Want::Exchange {
            client,
            subject: Subject::Given(crate::identity::Secret::from(token.expose_secret())),
            membership,
            scope,
        },
        (want, _) => want,
    }
}

/// The way back, and whether something is under way that is not just somebody's turn.
struct Post {
    sender: UnboundedSender<Envelope>,
    busy: Busy,
    guard: Option<BusyGuard>,
    attempt: Attempt,
}

impl Post {
    fn send(&self, msg: LabMsg) {
        // The console may have left already; then nobody needs it.
        let _ = self.sender.send(Envelope { msg: Msg::Lab(msg), guard: Some(self.busy.raise()) });
    }

    /// The tokens go to the token lab; refresh tokens stay where they are.
    fn hand_over(&self, kept: &Kept) {
        let mut tokens = Vec::new();
        if let Some((held, _)) = &*kept.lock().unwrap_or_else(PoisonError::into_inner) {
            let mut add = |from: &str, token: Option<&SecretString>| {
                tokens.extend(token.map(|token| Extracted {
                    token: crate::identity::Secret::from(token.expose_secret()),
                    from: from.to_owned(),
                }));
            };
            let platform = held.platform.as_ref().map(|signed_in| &signed_in.tokens);
            let idp = held.idp.as_ref();
            add("the platform, by the flow lab", platform.map(|tokens| &tokens.access));
            add("the identity provider, by the flow lab", idp.map(|tokens| &tokens.access));
            add("the platform, by the flow lab", platform.and_then(|tokens| tokens.id.as_ref()));
            add("the identity provider, by the flow lab", idp.and_then(|tokens| tokens.id.as_ref()));
        }
        let msg = Msg::Token(TokenMsg::Brought { asked: None, paste: Paste { tokens, ..Paste::default() } });
        // The console may have left already; then nobody needs it.
        let _ = self.sender.send(Envelope { msg, guard: Some(self.busy.raise()) });
    }

    fn step(&mut self, step: Step) {
        self.send(LabMsg::Asks { attempt: self.attempt, step });
        self.guard = None;
    }

    /// Where the run is at a step that waits for a person or another device, nothing is under way here.
    fn follow(&mut self, run: &Run) {
        let waits = |id: StepId| matches!(id, StepId::SignIn | StepId::Person | StepId::Poll);
        if run.running().is_some_and(|step| waits(step.id)) {
            self.guard = None;
        } else if self.guard.is_none() {
            self.guard = Some(self.busy.raise());
        }
    }

    fn nobody(&self, want: &Want) {
        let mut run = want.run();
        if let Some(first) = run.steps.first().map(|step| step.id) {
            run.set(first, Status::Failed, "Nobody is signed in here.", "Sign in, then try again.");
        }
        run.end(false);
        let report = Box::new(Report { run, examined: None });
        self.send(LabMsg::Done { attempt: self.attempt, report, session: false, token: false });
    }
}

async fn run(
    world: World,
    mut post: Post,
    want: Want,
    mut replies: UnboundedReceiver<Replied>,
    stop: CancellationToken,
    before: Option<(Held, Connection)>,
    kept: Kept,
) {
    if let Some((held, connection)) = before {
        // Its tokens are about to be forgotten, so its session is ended; that it did not work hurts nobody.
        drop(held.sign_out(&connection).await);
    }
    let connected = world.live.get();
    let Some((engine, connection)) =
        connected.and_then(|connected| Some((connected.engine, connected.connection?)))
    else {
        return post.nobody(&want);
    };
    let deps = Deps::new(world.clock.clone(), world.browser.clone());
    let mut lab = start(engine, (*connection).clone(), want, deps);
    let canceller = lab.canceller();
    let mut page = (String::new(), false);
    let mut open = true;
    loop {
        let event = tokio::select! {
            event = lab.next() => event,
            reply = replies.recv(), if open => {
                let Some((reply, guard)) = reply else {
                    open = false;
                    continue;
                };
                post.guard = Some(guard);
                if reply == Reply::OpenAgain {
                    // The wait goes on without any further event than that it was opened.
                    post.guard = None;
                }
                answer(&lab, reply);
                continue;
            }
            () = stop.cancelled(), if !canceller.is_cancelled() => {
                canceller.cancel();
                continue;
            }
        };
        match event {
            None => return,
            Some(Event::Run(run)) => {
                post.follow(&run);
                post.send(LabMsg::Run { attempt: post.attempt, run });
            }
            Some(Event::Flow(event)) => heard(*event, &mut page, &mut post),
            Some(Event::Done(report, held)) => {
                let (session, token) = (held.platform.is_some(), held.idp.is_some());
                put(&kept, *held, *connection);
                return post.send(LabMsg::Done { attempt: post.attempt, report, session, token });
            }
        }
    }
}

fn answer(lab: &Lab, reply: Reply) {
    lab.answer(match reply {
        Reply::Pasted(text) => Answer::Pasted(text.0),
        Reply::Factor(code) => Answer::Code(code.0),
        Reply::MailCode => Answer::MailCode,
        Reply::Membership(id) => Answer::Membership(id),
        Reply::Client(secret) => Answer::ClientSecret(secret.0),
        Reply::OpenAgain => Answer::OpenAgain,
        // No run asks for a password: that is the page's to do.
        Reply::Password { .. } => return,
    });
}

/// Something to show or to answer; the page is remembered for the waiting that follows it.
fn heard(event: FlowEvent, page: &mut (String, bool), post: &mut Post) {
    let step = match event {
        FlowEvent::OpenBrowser { url, opened } => {
            *page = (url, opened);
            return;
        }
        FlowEvent::Waiting { until } => {
            Step::Browser { url: Text::from(page.0.as_str()), until: Some(until), opened: page.1 }
        }
        FlowEvent::NeedPaste { url } => Step::Paste { url: Text::from(url), wrong: None },
        FlowEvent::ShowCode {
            user_code,
            verification_uri,
            complete,
            host,
            client,
            scope,
            expires_at,
            next_poll_at,
        } => Step::Device(DeviceCode {
            user_code,
            verification_uri,
            complete,
            expires_at,
            next_poll_at: Some(next_poll_at),
            host,
            client,
            scopes: scope,
        }),
        FlowEvent::NextPoll { at, .. } => {
            post.send(LabMsg::NextPoll { attempt: post.attempt, at });
            post.guard = None;
            return;
        }
        FlowEvent::NeedClientSecret { client } => Step::Client { client: Text::from(client), wrong: None },
        FlowEvent::NeedFactor { by_app, by_mail, email } => {
            Step::Factor { by_app, by_mail, email, wrong: None }
        }
        FlowEvent::EnrolFactor { uri, key, by_mail } => {
            Step::Enroll { uri: uri.map(Secret), key: key.map(Secret), by_mail, wrong: None }
        }
        FlowEvent::ChooseMembership(choices) => Step::Choose {
            memberships: choices
                .into_iter()
                .map(|one| Candidate { id: one.id, project: one.project, profile: one.profile })
                .collect(),
        },
        FlowEvent::Note(note @ Note::Ignored(_)) => {
            let words = note.to_string();
            post.send(LabMsg::Again { attempt: post.attempt, words });
            post.guard = None;
            return;
        }
        FlowEvent::Refused(refusal) => {
            post.send(LabMsg::Again { attempt: post.attempt, words: refusal.to_string() });
            return;
        }
        // Notes stand in the run as well; the rest does not come in one.
        FlowEvent::Note(_)
        | FlowEvent::Started { .. }
        | FlowEvent::NeedEmail
        | FlowEvent::NeedPassword { .. }
        | FlowEvent::Done(_)
        | FlowEvent::Failed(_) => return,
    };
    post.step(step);
}

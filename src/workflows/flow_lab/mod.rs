//! The flow lab: a sign-in tried for real, step by step, beside what the doctor makes of it.
//!
//! [`start`] runs what is [wanted](Want) as a task: it reads what is needed of the platform, has [`crate::auth::lab`] do the
//! work over the wire, and lets [`super::diagnose`] judge the claims. Nothing is written, and the session of whoever asks
//! is not touched; what a run leaves behind is [`Held`].

mod expect;
mod prepare;
pub mod report;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::checkup::{self, ClientChoice};
use super::diagnose::Examined;
use super::engine::Engine;
use super::refusals::Cause;
use super::remote::Trouble;
use crate::auth::lab::at_idp::Way;
use crate::auth::lab::swap::Subject;
use crate::auth::lab::{Bench, Heard, Held, Over, at_idp, by_device, swap, three_legged};
use crate::auth::{Answer, Deps, FlowEvent};
use crate::config::{Connection, Idp};
use crate::identity::flow_lab::{Kind, Run, Status, StepId};
use crate::identity::{ClientId, DomainRoute, MembershipId, ProjectId, RouteDraft, Secret, Text};

use prepare::Prepared;

/// Scopes asked of the platform, unless others are given: who it is, and no refresh token, because nothing lasts here.
pub const SCOPE: &str = "openid profile email";

/// The configuration of a test sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Config {
    /// As somebody wants it, not saved.
    Draft {
        /// The route.
        draft: Box<RouteDraft>,
        /// Its secret; asked for when it is not here.
        secret: Option<Secret>,
    },
    /// The saved route of a domain; super admins only.
    Route(Text),
    /// The identity provider of a client application.
    Client(ClientId),
}

/// What is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Want {
    /// A sign-in at an identity provider.
    Idp {
        /// With this configuration.
        config: Config,
        /// What the identity provider calls itself.
        issuer: Option<String>,
        /// How its answer comes back.
        way: Way,
        /// Whom its page should expect.
        email: Option<String>,
    },
    /// Three-legged, through the platform.
    ThreeLegged {
        /// The client application.
        client: String,
        /// The address to return to; the client's own when it is not given.
        redirect: Option<String>,
        /// Scopes.
        scope: Option<String>,
        /// Who signs in.
        email: Option<String>,
        /// The project that the page names.
        project: Option<ProjectId>,
        /// Through the platform's own page.
        by_page: bool,
        /// Nothing listens here.
        paste: bool,
    },
    /// Token exchange.
    Exchange {
        /// The client application.
        client: String,
        /// The identity provider's token.
        subject: Subject,
        /// The membership wanted.
        membership: Option<MembershipId>,
        /// Scopes.
        scope: Option<String>,
    },
    /// A code on another device.
    Device {
        /// The client application.
        client: String,
        /// Where, when the platform offers none.
        idp: Option<Idp>,
        /// Scopes.
        scope: Option<String>,
    },
}

impl Want {
    /// What it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Idp { .. } => Kind::Idp,
            Self::ThreeLegged { .. } => Kind::ThreeLegged,
            Self::Exchange { .. } => Kind::Exchange,
            Self::Device { .. } => Kind::Device,
        }
    }

    /// Its ladder.
    fn steps(&self) -> &'static [StepId] {
        match self {
            Self::Idp { way: Way::Device, .. } => &StepId::IDP_DEVICE,
            Self::Idp { .. } => &StepId::IDP,
            Self::ThreeLegged { .. } => &StepId::THREE_LEGGED,
            Self::Exchange { subject: Subject::Given(_), .. } => &StepId::EXCHANGE,
            Self::Exchange { .. } => &StepId::EXCHANGE_DEVICE,
            Self::Device { .. } => &StepId::DEVICE,
        }
    }

    /// With what, in words, before anything is read.
    fn title(&self) -> Text {
        match self {
            Self::Idp { config: Config::Draft { draft, .. }, .. } => draft.domain.clone(),
            Self::Idp { config: Config::Route(domain), .. } => domain.clone(),
            Self::Idp { config: Config::Client(client), .. } => Text::from(client.as_str()),
            Self::ThreeLegged { client, .. }
            | Self::Exchange { client, .. }
            | Self::Device { client, .. } => Text::from(client.as_str()),
        }
    }

    /// The run that has not begun.
    pub fn run(&self) -> Run {
        Run::new(self.kind(), self.title(), self.steps())
    }
}

/// What can be tried, as far as this role sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Choices {
    /// Domains with a saved route; super admins only.
    pub routes: Vec<Text>,
    /// Client applications.
    pub clients: Vec<ClientChoice>,
    /// The connection's own client.
    pub own: Option<String>,
    /// The connection's identity provider.
    pub idp: Option<Idp>,
}

/// Reads it.
pub async fn choices(engine: &Engine, connection: Option<&Connection>) -> Result<Choices, Trouble> {
    let routes = match engine.remote.domain_routes().await {
        Ok(routes) => routes.into_iter().filter(|route| route.provider.is_some()).collect(),
        Err(trouble) if matches!(trouble.cause, Cause::Forbidden | Cause::NotFound) => Vec::new(),
        Err(trouble) => return Err(trouble),
    };
    let mut routes: Vec<Text> = routes.into_iter().map(|route: DomainRoute| route.domain).collect();
    routes.sort();
    Ok(Choices {
        routes,
        clients: checkup::choices(engine).await?.clients,
        own: connection.and_then(|connection| connection.client_id.clone()),
        idp: connection.and_then(|connection| connection.idp.clone()),
    })
}

/// How a run stands, with the doctor's view beside it. Holds no secret.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The ladder.
    pub run: Run,
    /// What the doctor makes of the claims, or expected of the person.
    pub examined: Option<Box<Examined>>,
}

/// What happens. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub enum Event {
    /// The ladder has changed.
    Run(Box<Run>),
    /// Something to show or to answer, as in any sign-in; never its last events.
    Flow(Box<FlowEvent>),
    /// The end.
    Done(Box<Report>, Box<Held>),
}

/// A run at work. Dropping it stops it and closes its listener; no token stays behind.
#[derive(Debug)]
pub struct Lab {
    events: mpsc::UnboundedReceiver<Event>,
    answers: mpsc::UnboundedSender<Answer>,
    cancel: CancellationToken,
}

impl Lab {
    /// The next event; `None` after [`Event::Done`].
    pub async fn next(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// Gives an answer. One that nobody waits for is dropped.
    pub fn answer(&self, answer: Answer) {
        // Refused only when the run has ended, which its last event tells.
        let _ = self.answers.send(answer);
    }

    /// A way to answer that can be kept apart from the events.
    pub fn answers(&self) -> mpsc::UnboundedSender<Answer> {
        self.answers.clone()
    }

    /// Stops the run when cancelled.
    pub fn canceller(&self) -> CancellationToken {
        self.cancel.clone()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

/// Starts a run as a task of the current tokio runtime.
pub fn start(engine: Engine, connection: Connection, want: Want, deps: Deps) -> Lab {
    let (events, heard) = mpsc::unbounded_channel();
    let (answers, given) = mpsc::unbounded_channel();
    let cancel = CancellationToken::new();
    let lab = Lab { events: heard, answers, cancel: cancel.clone() };
    tokio::spawn(async move {
        let ear = events.clone();
        // Nobody listens only when the lab was left, which also stops it.
        let hear = move |heard| {
            drop(ear.send(match heard {
                Heard::Run(run) => Event::Run(run),
                Heard::Flow(event) => Event::Flow(event),
            }));
        };
        let run = want.run();
        let first = run.steps.first().map(|step| step.id);
        let connection = prepare::connection(connection, &want);
        let mut bench = match Bench::new(connection, deps, run.clone(), hear, given) {
            Ok(bench) => bench,
            Err(error) => {
                let mut run = run;
                if let Some(first) = first {
                    run.set(first, Status::Failed, error.to_string(), "");
                }
                run.end(false);
                let report = Report { run, examined: None };
                drop(events.send(Event::Done(Box::new(report), Box::default())));
                return;
            }
        };
        let mut left = Left::default();
        let stopped = tokio::select! {
            biased;
            () = cancel.cancelled() => true,
            _ = go(&engine, &mut bench, &want, &mut left) => false,
        };
        let mut run = bench.run();
        run.end(stopped);
        let held = if stopped { Held::default() } else { left.held };
        let report = Report { run, examined: left.examined };
        drop(events.send(Event::Done(Box::new(report), Box::new(held))));
    });
    lab
}

/// What a run leaves, as far as it got.
#[derive(Default)]
struct Left {
    held: Held,
    examined: Option<Box<Examined>>,
}

async fn go(engine: &Engine, bench: &mut Bench, want: &Want, left: &mut Left) -> Result<(), Over> {
    let prepared = prepare::prepare(engine, bench, want).await?;
    match (want, prepared) {
        (Want::Idp { config, .. }, Prepared::Idp(asked)) => {
            let brought = at_idp::sign_in(bench, &asked).await?;
            left.held.idp = Some(brought.tokens.clone());
            bench.begin(StepId::Judge, "The doctor follows the platform's procedure with these claims.");
            let examined = expect::of_claims(engine, config, &asked.provider, brought.id.as_ref()).await;
            let examined = examined.map_err(|trouble| bench.fail(StepId::Judge, trouble.to_string(), ""))?;
            expect::judge(bench, &examined);
            left.examined = Some(Box::new(examined));
            Ok(())
        }
        (Want::ThreeLegged { client, .. }, Prepared::ThreeLegged(asked)) => {
            // What cannot be read is no reason not to try.
            let expected = expect::of_person(engine, client, &asked).await.ok().flatten();
            left.examined = expected.map(Box::new);
            let ended = three_legged::sign_in(bench, &asked).await;
            if let Ok(held) = &ended {
                left.held = held.clone();
            }
            if let Some(examined) = &left.examined {
                expect::compare(bench, examined, StepId::Swap);
            }
            ended.map(|_| ())
        }
        (Want::Exchange { client, subject, membership, .. }, Prepared::Exchange(provider)) => {
            let brought = swap::subject(bench, subject, provider.as_ref()).await?;
            left.held.idp = Some(brought.tokens.clone());
            bench
                .begin(StepId::Judge, "The doctor follows the platform's procedure with what userinfo says.");
            match &brought.userinfo {
                Some(claims) => {
                    let examined = expect::of_exchange(engine, client, membership.as_ref(), claims).await;
                    match examined {
                        Ok(examined) => {
                            let said = format!(
                                "The doctor expects that the person {}.",
                                examined.diagnosis.sentence()
                            );
                            bench.done(StepId::Judge, said);
                            left.examined = Some(Box::new(examined));
                        }
                        Err(trouble) => bench.skip(StepId::Judge, trouble.to_string()),
                    }
                }
                None => bench.skip(StepId::Judge, "Without userinfo there is nothing to go by."),
            }
            let swapped = swap::exchange(bench, &brought.tokens, membership.as_ref()).await;
            if let Ok(signed_in) = &swapped {
                left.held.platform = Some(Box::new(signed_in.clone()));
            }
            if let Some(examined) = &left.examined {
                expect::compare(bench, examined, StepId::Exchange);
            }
            swapped.map(|_| ())
        }
        (Want::Device { idp, .. }, _) => {
            left.held = by_device::sign_in(bench, idp.as_ref()).await?;
            Ok(())
        }
        // `prepare` answers in kind.
        _ => Err(Over),
    }
}

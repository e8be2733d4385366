//! The desk at which a partner is brought on: everything that console and command do with a state goes through here, one
//! act at a time. An act is done on what stands on disk and kept before anything else happens, so that nothing is lost
//! whenever the program ends.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::acts::{self, FirstSignIns, NotDone};
use super::answers::{Field, NotSet};
use super::hand_over::hand_over;
use super::state::{Saved, SignedIn, State, Tested};
use super::step::StepId;
use super::store::{Broken, Entry, NotKept, Store};
use crate::config::Paths;
use crate::identity::route_test::{Outcome, RouteReport};
use crate::identity::sign_in::browser_identifier;
use crate::identity::sign_in::doctor::RouteFact;
use crate::identity::sign_in::impact::Impact;
use crate::identity::text::shown;
use crate::identity::{RouteDraft, Secret, Seen, Text};
use crate::workflows::engine::Engine;
use crate::workflows::impact;
use crate::workflows::intent::{Intent, ProviderEdit, SecretField};
use crate::workflows::remote::Trouble;
use crate::workflows::route_request;
use crate::workflows::route_test::Tester;

/// Something to be done about one partner. `Debug` shows no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Nothing: how it stands.
    Look,
    /// These answers, in order.
    Answer(Vec<(Field, String)>),
    /// On without a step.
    Skip(StepId, String),
    /// To another step.
    GoTo(StepId),
    /// The text for the partner was taken along.
    HandedOver(String),
    /// The text for the partner, into a new file.
    WriteHandOver(PathBuf),
    /// Ask the provider for its addresses.
    Discover,
    /// Every test, with the client's secret where there is one.
    Test(Option<Secret>),
    /// How a test sign-in ended.
    SignedIn(SignedIn),
    /// Whom it meets.
    Impact,
    /// Whether the route is there, and who has come in by it.
    Watch,
    /// Ask a super admin, with a new file.
    Request {
        /// Where.
        path: PathBuf,
        /// For the test that goes with it.
        secret: Option<Secret>,
        /// Why; kept as an answer too.
        why: String,
    },
    /// Look whether the route that was written is the one that was wanted.
    CheckSaved,
}

/// What an act brought besides.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// Nothing.
    Nothing,
    /// What is unusual about the provider.
    Discovered(Vec<String>),
    /// The tester's table.
    Tested(Box<RouteReport>),
    /// Whom it meets.
    Met(Box<Impact>),
    /// What was seen of the first sign-ins.
    Watched(Box<FirstSignIns>),
    /// A file was written; safe to show.
    Written(String),
}

/// An act that was done, and what stands on disk now.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// The state.
    pub state: State,
    /// What it brought.
    pub told: Told,
}

impl From<State> for Done {
    fn from(state: State) -> Self {
        Self { state, told: Told::Nothing }
    }
}

/// Why an act was not done. What was kept before is as it was.
#[derive(Debug, Error)]
pub enum Stopped {
    /// It cannot be the domain of a partner.
    #[error("{0}")]
    NoDomain(String),
    /// Nothing was begun for it.
    #[error("nothing has been begun for {0}")]
    NotBegun(String),
    /// An answer was not taken.
    #[error(transparent)]
    NotSet(#[from] NotSet),
    /// A step did not get on.
    #[error(transparent)]
    NotDone(#[from] NotDone),
    /// It cannot be kept, or what is kept cannot be read.
    #[error(transparent)]
    NotKept(#[from] NotKept),
    /// A file cannot be written.
    #[error("{path} cannot be written: {error}")]
    File {
        /// Safe to show.
        path: String,
        /// Why.
        error: io::Error,
    },
}

impl From<Broken> for Stopped {
    fn from(broken: Broken) -> Self {
        Self::NotKept(broken.into())
    }
}

impl From<Trouble> for Stopped {
    fn from(trouble: Trouble) -> Self {
        Self::NotDone(trouble.into())
    }
}

/// Everything an act needs.
#[derive(Debug, Clone)]
pub struct Desk {
    /// The platform and who asks.
    pub engine: Engine,
    /// Where states are kept.
    pub store: Store,
    /// For questions to the provider.
    pub tester: Tester,
}

impl Desk {
    /// For this platform.
    pub fn new(engine: Engine, paths: &Paths, tester: Tester) -> Self {
        let store = Store::new(paths, &tester.base);
        Self { engine, store, tester }
    }

    /// All that were begun.
    pub fn list(&self) -> io::Result<Vec<Entry>> {
        self.store.list()
    }

    /// Goes on with a domain, or begins with it.
    pub fn open(&self, typed: &str) -> Result<State, Stopped> {
        let fresh =
            State::begin(self.store.platform(), typed, self.engine.clock.now()).map_err(Stopped::NoDomain)?;
        if let Some(state) = self.store.load(fresh.domain.raw())? {
            return Ok(state);
        }
        let mut state = fresh;
        self.store.keep(&mut state)?;
        Ok(state)
    }

    /// Sets aside what is kept of a domain and begins anew; where it was put.
    pub fn start_over(&self, typed: &str) -> Result<(State, Option<PathBuf>), Stopped> {
        let now = self.engine.clock.now();
        let fresh = State::begin(self.store.platform(), typed, now).map_err(Stopped::NoDomain)?;
        let domain = fresh.domain.raw().to_owned();
        let path = self.store.path(&domain);
        let aside = self.store.set_aside(&domain, now).map_err(|error| file(&path, error))?;
        let mut state = fresh;
        self.store.keep(&mut state)?;
        Ok((state, aside))
    }

    /// Does something about a partner and keeps what came of it.
    pub async fn act(&self, domain: &str, act: Act) -> Result<Done, Stopped> {
        let Some(mut state) = self.store.load(domain)? else {
            return Err(Stopped::NotBegun(shown(domain).into_owned()));
        };
        let before = state.clone();
        let told = self.do_it(&mut state, act).await?;
        if state != before {
            // While it was done, somebody may have gone to another step; that is no answer that is overwritten.
            if let Some(there) = self.store.load(domain)? {
                let only_place =
                    State { at: before.at, revision: before.revision, ..there.clone() } == before;
                if only_place {
                    let moved = there.at != before.at;
                    state.revision = there.revision;
                    state.at = if moved { there.at } else { state.at };
                }
            }
            self.store.keep(&mut state)?;
        }
        Ok(Done { state, told })
    }

    async fn do_it(&self, state: &mut State, act: Act) -> Result<Told, Stopped> {
        let (engine, now) = (&self.engine, self.engine.clock.now());
        match act {
            Act::Look => {}
            Act::Answer(answers) => {
                // All of them or none.
                let mut next = state.clone();
                for (field, value) in answers {
                    next.set(field, &value, now)?;
                }
                *state = next;
            }
            Act::Skip(step, why) => state.skip(step, &why, now)?,
            Act::GoTo(step) => state.at = step,
            Act::HandedOver(to) => state.handed_over(&to, now),
            Act::WriteHandOver(path) => {
                if state.answers.idp.is_none() {
                    return Err(NotDone::First(state.step(StepId::Provider).words()).into());
                }
                write_new(&path, &hand_over(state)).map_err(|error| file(&path, error))?;
                let shown = shown(&path.display().to_string()).into_owned();
                state.handed_over(&shown, now);
                return Ok(Told::Written(shown));
            }
            Act::Discover => {
                let found = acts::discover(&self.tester, state).await?;
                let notes = found.notes.clone();
                acts::note_discovered(state, found, now);
                return Ok(Told::Discovered(notes));
            }
            Act::Test(secret) => {
                let report = self.test(state, secret.as_ref()).await?;
                note_tested(state, &report, engine.clock.now());
                return Ok(Told::Tested(Box::new(report)));
            }
            Act::SignedIn(signed_in) => {
                state.signed_in = Some(state.mark(StepId::SignIn, now, signed_in));
                state.changed = now;
            }
            Act::Impact => {
                let found = acts::look(engine, state).await?;
                acts::note_impact(state, &found, now);
                return Ok(Told::Met(Box::new(found)));
            }
            Act::Watch => {
                let seen = acts::watch(engine, state).await?;
                acts::note_watched(state, &seen, now);
                return Ok(Told::Watched(Box::new(seen)));
            }
            Act::Request { path, secret, why } => {
                if !why.is_empty() {
                    state.set(Field::Reason, &why, now)?;
                }
                let text = self.request(state, secret.as_ref()).await?;
                write_new(&path, &text).map_err(|error| file(&path, error))?;
                let shown = shown(&path.display().to_string()).into_owned();
                state.saved(Saved::Request { file: Text::from(shown.as_str()) }, now);
                return Ok(Told::Written(shown));
            }
            Act::CheckSaved => {
                let people = impact::people(engine, state.domain.raw()).await?;
                let there = people.present();
                if state.draft().zip(there).is_some_and(|(wanted, there)| is_same(&wanted, &there)) {
                    state.saved(Saved::Found, now);
                }
            }
        }
        Ok(Told::Nothing)
    }

    async fn test(&self, state: &State, secret: Option<&Secret>) -> Result<RouteReport, Stopped> {
        let Some(draft) = state.draft() else {
            return Err(NotDone::First(state.step(StepId::Tests).words()).into());
        };
        Ok(route_request::tested(&self.engine, &self.tester, &draft, secret).await?)
    }

    async fn request(&self, state: &State, secret: Option<&Secret>) -> Result<String, Stopped> {
        let wrong = |words: &str| Stopped::from(NotDone::First(words.to_owned()));
        let draft = state.draft().ok_or_else(|| wrong(&state.step(StepId::Save).words()))?;
        let why = state.answers.reason.as_ref().ok_or_else(|| wrong("say why it is asked for"))?;
        let request = route_request::prepare(&self.engine, &self.tester, &draft, secret, why.raw()).await?;
        Ok(request.text())
    }

    /// What writes the route, for super admins: a new one, or the one that is in place as it is wanted. The secret goes
    /// beside it.
    pub async fn save(&self, domain: &str) -> Result<Intent, Stopped> {
        let Some(state) = self.store.load(domain)? else {
            return Err(Stopped::NotBegun(shown(domain).into_owned()));
        };
        let Some(draft) = state.draft() else {
            return Err(NotDone::First(state.step(StepId::Save).words()).into());
        };
        let people = impact::people(&self.engine, state.domain.raw()).await?;
        Ok(intent(&draft, people.facts.routes.get(&people.domain)))
    }
}

/// What brings a route about, where this one is in place.
pub fn intent(draft: &RouteDraft, present: Option<&Seen<RouteFact>>) -> Intent {
    let there = match present {
        Some(Seen::Known(
            RouteFact::Idp { route: Some(route), .. } | RouteFact::None { bare: Some(route), .. },
        )) => Some(route.clone()),
        _ => None,
    };
    match there {
        None => Intent::AddRoute(Box::new(draft.clone())),
        Some(route) => Intent::EditProvider(Box::new(ProviderEdit {
            of: route.reference(),
            fields: fields(draft),
            secret: Some(SecretField::Client),
        })),
    }
}

/// True where people are sent to the same place and recognised alike.
fn is_same(wanted: &RouteDraft, there: &RouteDraft) -> bool {
    let (a, b) = (&wanted.provider, &there.provider);
    let basic = |method: &Option<Text>| method.as_ref().map_or("client_secret_basic", Text::raw).to_owned();
    wanted.domain == there.domain
        && (&a.authorize_url, &a.token_url, &a.user_info_url, &a.client_id)
            == (&b.authorize_url, &b.token_url, &b.user_info_url, &b.client_id)
        && basic(&a.token_auth_method) == basic(&b.token_auth_method)
        && browser_identifier(a) == browser_identifier(b)
}

fn fields(draft: &RouteDraft) -> Vec<crate::workflows::intent::ProviderField> {
    use crate::workflows::intent::ProviderField as F;
    let provider = &draft.provider;
    vec![
        F::AuthorizeUrl(provider.authorize_url.clone()),
        F::TokenUrl(provider.token_url.clone()),
        F::UserInfoUrl(provider.user_info_url.clone()),
        F::ClientId(provider.client_id.clone()),
        F::AuthMethod(provider.token_auth_method.clone()),
        F::BySubject(false),
    ]
}

fn note_tested(state: &mut State, report: &RouteReport, now: jiff::Timestamp) {
    let said = |outcome: Outcome| -> Vec<String> {
        let of = report.checks.iter().filter(|check| check.outcome == outcome);
        of.map(|check| shown(&check.said).into_owned()).collect()
    };
    let tested = Tested {
        outcome: report.outcome(),
        passed: report.count(Outcome::Passed),
        failed: said(Outcome::Failed),
        warned: said(Outcome::Warning),
    };
    state.tested = Some(state.mark(StepId::Tests, now, tested));
    state.changed = now;
}

fn file(path: &Path, error: io::Error) -> Stopped {
    Stopped::File { path: shown(&path.display().to_string()).into_owned(), error }
}

/// A new file that only its owner can read; one that is there is left alone.
pub fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = crate::config::create_private(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

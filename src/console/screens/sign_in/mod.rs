//! The sign-in screen: choose a connection, choose a way in, and see what the sign-in is doing.

mod draw;
mod message;
mod step;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};
use ratatui::Frame;
use ratatui::layout::Rect;

pub use message::{Attempt, SignInEffect, SignInMsg};
pub use step::{Candidate, DeviceCode, Reply, Secret, Step};

use crate::config::{Connection, Method};
use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::Effect;
use crate::console::failure::Failure;
use crate::console::key::Key;
use crate::console::model::{Ctx, Hit, Model, View};
use crate::console::overlays::Overlay;
use crate::console::overlays::confirm::ConfirmDialog;
use crate::console::overlays::connection_form::ConnectionForm;
use crate::console::session::Session;
use crate::console::widgets::input::Input;

/// What the screen is about.
#[derive(Debug)]
enum Stage {
    /// Which connection.
    Connections,
    /// Which way in.
    Methods,
    /// A sign-in is under way.
    Live {
        step: Step,
        since: Timestamp,
        fields: Vec<Field>,
        field: usize,
        row: usize,
        /// The person has answered and the flow is at work on it.
        answered: bool,
        /// What is worth knowing meanwhile.
        notes: Vec<String>,
    },
    /// It has failed.
    Failed(Failure),
}

/// A field to fill in.
#[derive(Debug)]
struct Field {
    label: &'static str,
    hint: &'static str,
    input: Input,
}

impl Field {
    fn plain(label: &'static str, hint: &'static str, text: &str) -> Self {
        Self { label, hint, input: Input::new(text) }
    }

    fn secret(label: &'static str, hint: &'static str) -> Self {
        Self { label, hint, input: Input::secret() }
    }
}

/// The sign-in screen.
#[derive(Debug)]
pub struct SignIn {
    connections: Vec<Connection>,
    wrong_file: Option<Failure>,
    loaded: bool,
    connection: usize,
    method: usize,
    stage: Stage,
    attempt: Attempt,
}

impl Default for SignIn {
    fn default() -> Self {
        Self {
            connections: Vec::new(),
            wrong_file: None,
            loaded: false,
            connection: 0,
            method: 0,
            stage: Stage::Connections,
            attempt: Attempt::default(),
        }
    }
}

impl SignIn {
    /// The connection that is selected.
    pub fn selected(&self) -> Option<&Connection> {
        self.connections.get(self.connection)
    }

    /// The ways in that the selected connection has; its own first choice is marked when it opens.
    fn methods(&self) -> Vec<Method> {
        let Some(connection) = self.selected() else { return Vec::new() };
        Method::ALL
            .into_iter()
            .filter(|method| match method {
                Method::DeviceExchange => connection.idp.is_some(),
                Method::Environment => connection.method == Method::Environment,
                Method::Browser
                | Method::Paste
                | Method::Device
                | Method::Direct
                | Method::ClientCredentials => true,
            })
            .collect()
    }

    fn choose_connection(&mut self, index: usize) {
        self.connection = index;
        let wanted = self.selected().map(|connection| connection.method);
        self.method = self.methods().iter().position(|method| Some(*method) == wanted).unwrap_or(0);
        self.stage = Stage::Methods;
    }

    /// Chooses a connection as if the person had, and continues its stored session if there is one.
    fn resume(&mut self, index: usize, ctx: &mut Ctx) {
        self.choose_connection(index);
        let Some(connection) = self.selected().cloned() else { return };
        let what = format!("Looking for a session at {}", connection.base_url.host());
        let attempt = self.begin(Step::Asking { what }, ctx);
        ctx.effect(Effect::SignIn(SignInEffect::Resume { attempt, connection: Box::new(connection) }));
    }

    fn start(&mut self, ctx: &mut Ctx) {
        let Some(connection) = self.selected().cloned() else { return };
        let Some(method) = self.methods().get(self.method).copied() else { return };
        let what = format!("Asking {} how to sign in", connection.base_url.host());
        let attempt = self.begin(Step::Asking { what }, ctx);
        ctx.effect(Effect::SignIn(SignInEffect::Start { attempt, connection: Box::new(connection), method }));
    }

    fn begin(&mut self, step: Step, ctx: &mut Ctx) -> Attempt {
        self.attempt.0 += 1;
        self.show(step, ctx.now);
        self.attempt
    }

    fn show(&mut self, step: Step, now: Timestamp) {
        let email = self.selected().and_then(|connection| connection.email.clone()).unwrap_or_default();
        // What was typed is kept when only a mistake is reported.
        let typed_email = match &mut self.stage {
            Stage::Live { step: Step::Password { .. }, fields, .. } => {
                fields.first().map(|field| field.input.text().to_owned())
            }
            _ => None,
        };
        let fields = match &step {
            Step::Paste { .. } => {
                vec![Field::secret("address", "paste what the browser's address bar ends on")]
            }
            Step::Password { email: known, .. } => {
                let known = known.as_ref().map(|known| known.raw().to_owned());
                let email = known.or(typed_email).unwrap_or(email);
                vec![Field::plain("email", "you@clinic.example", &email), Field::secret("password", "")]
            }
            Step::Factor { .. } | Step::Enroll { .. } => vec![Field::plain("code", "6 digits", "")],
            Step::Client { .. } => vec![Field::secret("secret", "the client's secret")],
            Step::Asking { .. } | Step::Browser { .. } | Step::Device(_) | Step::Choose { .. } => Vec::new(),
        };
        let field = fields.iter().position(|field| field.input.is_empty()).unwrap_or(0);
        let notes = match &mut self.stage {
            Stage::Live { notes, .. } => std::mem::take(notes),
            Stage::Connections | Stage::Methods | Stage::Failed(_) => Vec::new(),
        };
        self.stage = Stage::Live { step, since: now, fields, field, row: 0, answered: false, notes };
    }

    /// News of connections and flows. Being signed in or out is the app's to handle.
    pub(in crate::console) fn told(&mut self, msg: SignInMsg, ctx: &mut Ctx) {
        match msg {
            SignInMsg::Connections { found, meant, saved } => {
                self.connections_are(found, meant.as_deref(), saved, ctx);
            }
            SignInMsg::Step { attempt, step } if attempt == self.attempt => self.show(step, ctx.now),
            SignInMsg::Note { attempt, words } if attempt == self.attempt => {
                if let Stage::Live { notes, .. } = &mut self.stage
                    && !notes.contains(&words)
                {
                    notes.push(words);
                }
            }
            SignInMsg::NextPoll { attempt, at } if attempt == self.attempt => {
                if let Stage::Live { step: Step::Device(code), .. } = &mut self.stage {
                    code.next_poll_at = Some(at);
                }
            }
            SignInMsg::NothingStored { attempt } if attempt == self.attempt => self.stage = Stage::Methods,
            SignInMsg::Failed { attempt, failure } if attempt == self.attempt => {
                self.stage = Stage::Failed(failure);
            }
            SignInMsg::Step { .. }
            | SignInMsg::Note { .. }
            | SignInMsg::NextPoll { .. }
            | SignInMsg::NothingStored { .. }
            | SignInMsg::Failed { .. }
            | SignInMsg::SignedIn { .. }
            | SignInMsg::SignedOut { .. } => {}
        }
    }

    /// Whether this is the attempt under way.
    pub(in crate::console) fn is_current(&self, attempt: Attempt) -> bool {
        attempt == self.attempt && matches!(self.stage, Stage::Live { .. })
    }

    /// The sign-in is done; next time the ways in are shown.
    pub(in crate::console) fn rest(&mut self) {
        self.stage = if self.selected().is_some() { Stage::Methods } else { Stage::Connections };
    }

    fn connections_are(
        &mut self,
        found: Result<Vec<Connection>, Failure>,
        meant: Option<&str>,
        saved: Option<String>,
        ctx: &mut Ctx,
    ) {
        let first = !self.loaded;
        self.loaded = true;
        match found {
            Err(failure) => self.wrong_file = Some(failure),
            Ok(connections) => {
                self.wrong_file = None;
                let before = saved.clone().or_else(|| self.selected().map(|one| one.name.clone()));
                self.connections = connections;
                let at = |name: Option<&str>| {
                    self.connections.iter().position(|one| Some(one.name.as_str()) == name)
                };
                match (at(meant), at(before.as_deref())) {
                    (Some(index), _) if first => return self.resume(index, ctx),
                    (_, Some(index)) => self.connection = index,
                    _ => self.connection = self.connection.min(self.connections.len().saturating_sub(1)),
                }
                if let Some(name) = saved {
                    ctx.succeeded(format!("saved connection {name}"));
                    self.choose_connection(self.connection);
                } else if self.connections.is_empty() {
                    self.stage = Stage::Connections;
                }
            }
        }
    }

    fn reply(&mut self, ctx: &mut Ctx) {
        let attempt = self.attempt;
        let Stage::Live { step, fields, field, row, answered, since, .. } = &mut self.stage else { return };
        if *answered {
            return;
        }
        if let Some(empty) = fields.iter().position(|field| field.input.text().trim().is_empty()) {
            *field = empty;
            return;
        }
        let text = |i: usize| fields.get(i).map_or("", |field: &Field| field.input.text().trim());
        let reply = match step {
            Step::Paste { .. } => Reply::Pasted(Secret::new(text(0))),
            // A password may begin or end with a blank.
            Step::Password { .. } => Reply::Password {
                email: text(0).to_owned(),
                password: Secret::new(fields.get(1).map_or("", |field| field.input.text())),
            },
            Step::Factor { .. } | Step::Enroll { .. } => Reply::Factor(Secret::new(text(0))),
            Step::Choose { memberships } => match memberships.get(*row) {
                Some(chosen) => Reply::Membership(chosen.id.clone()),
                None => return,
            },
            Step::Client { .. } => Reply::Client(Secret::new(text(0))),
            Step::Asking { .. } | Step::Browser { .. } | Step::Device(_) => return,
        };
        *answered = true;
        *since = ctx.now;
        ctx.effect(Effect::SignIn(SignInEffect::Reply { attempt, reply }));
    }

    fn cancel(&mut self, ctx: &mut Ctx) {
        ctx.effect(Effect::SignIn(SignInEffect::Cancel { attempt: self.attempt }));
        self.attempt.0 += 1;
        self.stage = Stage::Methods;
    }

    /// The page that the browser is or should be at.
    fn page(&self) -> Option<String> {
        let Stage::Live { step, .. } = &self.stage else { return None };
        match step {
            Step::Browser { url, .. } | Step::Paste { url, .. } => Some(url.raw().to_owned()),
            Step::Device(code) => {
                Some(code.complete.as_ref().unwrap_or(&code.verification_uri).raw().to_owned())
            }
            Step::Asking { .. }
            | Step::Password { .. }
            | Step::Factor { .. }
            | Step::Enroll { .. }
            | Step::Choose { .. }
            | Step::Client { .. } => None,
        }
    }

    fn rows(&self) -> usize {
        match &self.stage {
            Stage::Connections => self.connections.len(),
            Stage::Methods => self.methods().len(),
            Stage::Live { step: Step::Choose { memberships }, .. } => memberships.len(),
            Stage::Live { .. } | Stage::Failed(_) => 0,
        }
    }

    fn row_mut(&mut self) -> &mut usize {
        match &mut self.stage {
            Stage::Connections => &mut self.connection,
            Stage::Methods | Stage::Failed(_) => &mut self.method,
            Stage::Live { row, .. } => row,
        }
    }

    fn move_by(&mut self, by: isize) {
        let last = self.rows().saturating_sub(1);
        let row = self.row_mut();
        *row = row.saturating_add_signed(by).min(last);
    }

    fn open_form(&self, replaces: Option<&Connection>, ctx: &mut Ctx) {
        let taken = self.connections.iter().map(|one| one.name.clone()).collect();
        ctx.open(Overlay::ConnectionForm(Box::new(ConnectionForm::new(replaces, taken))));
    }

    fn enter(&mut self, ctx: &mut Ctx) {
        match &self.stage {
            Stage::Connections if !self.connections.is_empty() => self.resume(self.connection, ctx),
            Stage::Methods => self.start(ctx),
            Stage::Live { .. } => self.reply(ctx),
            Stage::Failed(_) => self.stage = Stage::Methods,
            Stage::Connections => {}
        }
    }
}

impl Model for SignIn {
    fn scopes(&self) -> Vec<Scope> {
        match &self.stage {
            Stage::Live { fields, .. } if !fields.is_empty() => vec![Scope::SignIn, Scope::Form],
            Stage::Connections | Stage::Methods | Stage::Live { .. } | Stage::Failed(_) => {
                vec![Scope::SignIn, Scope::List]
            }
        }
    }

    fn entered(&mut self, ctx: &mut Ctx) {
        if !self.loaded {
            ctx.effect(Effect::SignIn(SignInEffect::LoadConnections));
        }
    }

    fn availability(&self, action: Action, session: Option<&Session>) -> Availability {
        let live = matches!(self.stage, Stage::Live { .. });
        // After a failure as well: a wrong address is put right by editing the connection.
        let choosing = !live;
        let (fields, rows) = match &self.stage {
            Stage::Live { fields, .. } => (fields.len(), self.rows()),
            Stage::Connections | Stage::Methods | Stage::Failed(_) => (0, self.rows()),
        };
        Availability::ready_if(match action {
            Action::SignInStart => rows > 0 || matches!(self.stage, Stage::Failed(_)),
            Action::SignInCancel => live,
            Action::SignInOpenAgain | Action::SignInCopy => self.page().is_some(),
            Action::SignInMailCode => self.can_mail(),
            Action::Up | Action::Down | Action::First | Action::Last => rows > 1,
            Action::NextField | Action::PreviousField => fields > 1,
            Action::Submit => fields > 0,
            Action::ConnectionAdd => choosing && self.loaded && self.wrong_file.is_none(),
            Action::ConnectionEdit | Action::ConnectionRemove => choosing && self.selected().is_some(),
            Action::ConnectionOther => matches!(self.stage, Stage::Methods | Stage::Failed(_)),
            Action::Back => match &self.stage {
                Stage::Methods | Stage::Failed(_) => true,
                // Signed in already: back to where one came from.
                Stage::Connections => session.is_some(),
                Stage::Live { .. } => false,
            },
            Action::Reload => choosing,
            _ => false,
        })
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::SignInStart => self.enter(ctx),
            Action::Submit => self.reply(ctx),
            Action::SignInCancel => self.cancel(ctx),
            Action::SignInOpenAgain => match &self.stage {
                Stage::Live { step: Step::Browser { .. }, .. } => {
                    let reply = Reply::OpenAgain;
                    ctx.effect(Effect::SignIn(SignInEffect::Reply { attempt: self.attempt, reply }));
                }
                _ => {
                    if let Some(url) = self.page() {
                        ctx.effect(Effect::OpenBrowser { url });
                    }
                }
            },
            Action::SignInCopy => {
                if let Some(url) = self.page() {
                    ctx.copy("the address", url);
                }
            }
            Action::SignInMailCode => {
                ctx.effect(Effect::SignIn(SignInEffect::Reply {
                    attempt: self.attempt,
                    reply: Reply::MailCode,
                }));
            }
            Action::Down => self.move_by(1),
            Action::Up => self.move_by(-1),
            Action::First => *self.row_mut() = 0,
            Action::Last => *self.row_mut() = self.rows().saturating_sub(1),
            Action::NextField | Action::PreviousField => {
                if let Stage::Live { fields, field, .. } = &mut self.stage {
                    let count = fields.len().max(1);
                    let by = if action == Action::NextField { 1 } else { count - 1 };
                    *field = (*field + by) % count;
                }
            }
            Action::ConnectionAdd => self.open_form(None, ctx),
            Action::ConnectionEdit => self.open_form(self.selected(), ctx),
            Action::ConnectionRemove => {
                if let Some(connection) = self.selected() {
                    let name = connection.name.clone();
                    ctx.open(Overlay::Confirm(ConfirmDialog::new(
                        format!("Remove connection {name}"),
                        format!(
                            "{name} ({}) and the session stored for it are removed from this machine. The platform is not touched.",
                            connection.base_url.host()
                        ),
                        "remove",
                        Effect::SignIn(SignInEffect::RemoveConnection { name }),
                    )));
                }
            }
            Action::ConnectionOther => self.stage = Stage::Connections,
            Action::Back => match &self.stage {
                Stage::Failed(_) => self.stage = Stage::Methods,
                Stage::Methods if ctx.session.is_none() => self.stage = Stage::Connections,
                Stage::Methods | Stage::Connections | Stage::Live { .. } => {
                    ctx.go_back();
                }
            },
            Action::Reload => ctx.effect(Effect::SignIn(SignInEffect::LoadConnections)),
            _ => {}
        }
    }

    fn takes_text(&self) -> bool {
        matches!(&self.stage, Stage::Live { fields, answered: false, .. } if !fields.is_empty())
    }

    fn typed(&mut self, key: Key, _ctx: &mut Ctx) {
        if let Stage::Live { fields, field, .. } = &mut self.stage
            && let Some(field) = fields.get_mut(*field)
        {
            field.input.typed(key);
        }
    }

    fn pasted(&mut self, text: &str, _ctx: &mut Ctx) {
        if let Stage::Live { fields, field, .. } = &mut self.stage
            && let Some(field) = fields.get_mut(*field)
        {
            field.input.pasted(text);
        }
    }

    fn clicked(&mut self, hit: Hit, ctx: &mut Ctx) {
        let rows = self.rows();
        match (hit, &mut self.stage) {
            (Hit::Part(n), Stage::Live { field, fields, .. }) => {
                *field = n.min(fields.len().saturating_sub(1));
            }
            (Hit::Row(n), _) if n < rows => {
                // The first click selects, a click on the selected row means it.
                if *self.row_mut() == n {
                    self.enter(ctx);
                } else {
                    *self.row_mut() = n;
                }
            }
            _ => {}
        }
    }

    fn scrolled(&mut self, rows: i32, _ctx: &mut Ctx) {
        self.move_by(isize::try_from(rows.signum()).unwrap_or_default());
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        match &self.stage {
            Stage::Live { step: Step::Asking { .. }, since, .. }
            | Stage::Live { answered: true, since, .. } => Some(*since),
            Stage::Connections | Stage::Methods | Stage::Live { .. } | Stage::Failed(_) => None,
        }
    }

    fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let until = match &self.stage {
            Stage::Live { step: Step::Browser { until, .. }, .. } => (*until)?,
            Stage::Live { step: Step::Device(code), .. } => code.expires_at,
            Stage::Connections | Stage::Methods | Stage::Live { .. } | Stage::Failed(_) => return None,
        };
        // The clock on the screen shows seconds.
        (until > now).then(|| now.checked_add(SignedDuration::from_secs(1)).ok()).flatten()
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        draw::draw(self, frame, area, view);
    }
}

impl SignIn {
    fn can_mail(&self) -> bool {
        let Stage::Live { step, answered: false, .. } = &self.stage else { return false };
        matches!(step, Step::Factor { by_mail: true, .. } | Step::Enroll { by_mail: true, .. })
    }
}

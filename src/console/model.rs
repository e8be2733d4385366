//! What a screen or an overlay is: a sub-model with update and draw apart.

use std::cell::RefCell;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::action::{Action, Availability, Scope};
use super::effect::{Answer, Effect, Question, SnapshotQuestion, Write};
use super::failure::Failure;
use super::glyphs::Glyphs;
use super::key::Key;
use super::keymap::Keymap;
use super::overlays::Overlay;
use super::screens::Place;
use super::session::Session;
use super::slot::{RequestId, Slot, Slots};
use super::theme::{Role, Theme};
use super::widgets::list::Layouts;
use crate::identity::linkage::{self, Histories, Idps, Survey};
use crate::identity::route_test::RouteReport;
use crate::identity::{DomainRouteId, IdentityProvider, MembershipId, Reference, SessionId, Text};
use crate::workflows::flow_lab::Config;
use crate::workflows::sheet::Kind;

/// A screen or an overlay. All of it is called by the app; nothing here waits or touches the outside.
pub trait Model: fmt::Debug {
    /// Scopes whose keys are live, innermost first; the app adds [`Scope::Global`].
    fn scopes(&self) -> Vec<Scope>;

    /// It has just become visible (again).
    fn entered(&mut self, _ctx: &mut Ctx) {}

    /// It has just been drawn: what is in view is known now and may need something. Screens only.
    fn drawn(&mut self, _ctx: &mut Ctx) {}

    /// Whether one of its own actions can be done now. Asked for actions of [`Model::scopes`] and for the global
    /// actions that mean the content (`Back`, `Reload`, `Copy`, `OpenInBrowser`). Role and read-only mode
    /// have been checked before.
    fn availability(&self, action: Action, session: Option<&Session>) -> Availability;

    /// Does it. Called only when [`Model::availability`] says ready.
    fn act(&mut self, action: Action, ctx: &mut Ctx);

    /// What an action does here, where the keys line can say it better than the action's own label.
    fn label(&self, _action: Action) -> Option<&'static str> {
        None
    }

    /// The key that stays in the keys line when not all have room: what people come here for.
    fn wanted(&self) -> Option<Action> {
        None
    }

    /// What its filter understands beside words: `field:` and what it means, for help.
    fn filter_fields(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// A text is being typed: characters and editing keys go to [`Model::typed`].
    fn takes_text(&self) -> bool {
        false
    }

    /// A key that edits text; only while [`Model::takes_text`].
    fn typed(&mut self, _key: Key, _ctx: &mut Ctx) {}

    /// Text that is pasted is wanted although none is being typed.
    fn takes_paste(&self) -> bool {
        false
    }

    /// Text pasted as a whole; only while [`Model::takes_text`] or [`Model::takes_paste`].
    fn pasted(&mut self, _text: &str, _ctx: &mut Ctx) {}

    /// A click on a region that it marked by [`View::hit`] with [`Hit::Row`] or [`Hit::Part`].
    fn clicked(&mut self, _hit: Hit, _ctx: &mut Ctx) {}

    /// The wheel, in rows; positive is down.
    fn scrolled(&mut self, _rows: i32, _ctx: &mut Ctx) {}

    /// An answer to something it asked by [`Ctx::ask`] or [`Ctx::write`]. Answers to older questions never arrive.
    fn answered(&mut self, _slot: Slot, _answer: Answer, _ctx: &mut Ctx) {}

    /// Something that another model has told, e.g. that a member was written.
    fn told(&mut self, _note: &Note, _ctx: &mut Ctx) {}

    /// For overlays: whether it waits for an answer in this slot.
    fn waits_for(&self, _slot: Slot) -> bool {
        false
    }

    /// What the status line says on its left: counts, progress.
    fn status(&self, _view: &View<'_>) -> Option<ratatui::text::Line<'static>> {
        None
    }

    /// Since when something is waited for that deserves a spinner.
    fn waiting_since(&self) -> Option<Timestamp> {
        None
    }

    /// It goes without having been closed, because the console ends or one goes elsewhere: what must not be left
    /// behind outside.
    fn left_behind(&mut self) -> Option<Effect> {
        None
    }

    /// When it will look different by time alone (a countdown). The app draws again then.
    fn next_change(&self, _now: Timestamp) -> Option<Timestamp> {
        None
    }

    /// Draws itself. For an overlay `area` is the whole screen; it chooses its own place.
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>);
}

/// What one model tells all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// A member is being written.
    Writing(Option<MembershipId>),
    /// The write is over; what stands there now has to be read.
    Written(Option<MembershipId>),
    /// Nothing was written after all.
    NotWritten(Option<MembershipId>),
    /// A screen wants to know what the members come to, with what it knows of identity providers;
    /// [`Note::Surveyed`] follows, and again whenever a member has changed.
    SurveyWanted(Option<Arc<Idps>>),
    /// What the members come to.
    Surveyed {
        /// Counts and findings.
        survey: Arc<Survey>,
        /// Members are still on their way.
        partial: bool,
    },
    /// Whose external id is this? [`Note::LookedUp`] follows.
    LookUp(String),
    /// These histories were read; findings and look-ups tell of the ids of before from then on.
    HistoriesRead(Histories),
    /// Whose history is worth reading next, at most so many? [`Note::WorthReading`] follows.
    HistoriesWanted(usize),
    /// The members whose history is worth reading next.
    WorthReading(Vec<MembershipId>),
    /// The members whose external id it is, who had it once, then those near it.
    LookedUp {
        /// What was looked for.
        wanted: String,
        /// Who.
        hits: Vec<linkage::Hit>,
    },
    /// The sign-ins of somebody are to be examined.
    Diagnose(Whom),
    /// The route of this domain is to be shown.
    ShowDomain(Text),
    /// A stored route, or what it is to become, was tested at its live identity provider.
    RouteTested(DomainRouteId, Arc<RouteReport>),
    /// A form for a route is to be opened, with what is known of it; it asks for the secret too.
    AddRoute(Box<NewRoute>),
    /// A sign-in with this configuration is to be tried in the flow lab.
    TestSignIn {
        /// With what.
        config: Box<Config>,
        /// It stands in a form, which is opened again afterwards.
        of_a_form: bool,
    },
    /// The record of this member is to be shown.
    Show(MembershipId),
    /// This session is to be shown.
    ShowSession(SessionId),
    /// Tokens are on their way to the token lab.
    ShowTokens,
    /// A partner's domain is to be brought on; without one, those that were begun are shown.
    OnboardDomain(Option<Text>),
    /// What was typed in a form of the assistant.
    Onboard(Box<super::overlays::onboard::Wanted>),
    /// A test sign-in with the route of this domain has ended.
    SignInTried {
        /// Whose.
        domain: Text,
        /// The provider let somebody in and said what the platform needs.
        worked: bool,
        /// How, as a sentence.
        said: String,
    },
    /// The members that match this filter are to be shown.
    ShowMatching(String),
    /// The members are to be loaded again.
    ReloadMembers,
    /// An export is to be written, or two are to be compared.
    Snapshot(Box<SnapshotQuestion>),
    /// A plan was put aside with this reason typed.
    PutAside {
        /// As typed.
        reason: String,
        /// Make the plan anew from what the platform holds now.
        again: bool,
    },
    /// These members were written as rows of one plan; what stands there now has to be read.
    Rows(Vec<MembershipId>),
    /// A list is to be sorted.
    Sort {
        /// Its name.
        list: &'static str,
        /// By which column.
        column: usize,
        /// Which way.
        ascending: bool,
    },
    /// Rows of a list are to be written to a file ([`Question::Save`]).
    Export {
        /// Its name.
        list: &'static str,
        /// Where to.
        path: PathBuf,
        /// As what.
        kind: Kind,
        /// Also when there is a file of that name.
        replace: bool,
    },
}

/// Whose sign-ins are to be examined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    /// This member's.
    Member(MembershipId),
    /// Whoever is found by this reference.
    Reference(Reference),
}

/// A domain that is to have a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRoute {
    /// The domain.
    pub domain: Text,
    /// Its identity provider, as far as that is known; else that of a route of the same organisation is taken over.
    pub like: Option<IdentityProvider>,
    /// A route that is there and names no identity provider.
    pub bare: Option<DomainRouteId>,
    /// A sentence about why it is added.
    pub why: String,
}

/// A region of the screen that answers to a click.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hit {
    /// Does the action.
    Action(Action),
    /// Goes to the place.
    Tab(Place),
    /// A row of the model's list, counted from the first row of the data.
    Row(usize),
    /// Some other part of the model, numbered by itself.
    Part(usize),
    /// Swallows clicks, so that they do not reach what lies below.
    Nothing,
}

/// What drawing needs.
#[derive(Debug)]
pub struct View<'a> {
    /// Roles to styles.
    pub theme: &'a Theme,
    /// Signs.
    pub glyphs: &'a Glyphs,
    /// The keys, to be named in hints.
    pub keymap: &'a Keymap,
    /// The columns that somebody has chosen.
    pub layouts: &'a Layouts,
    /// The machine's time zone.
    pub zone: &'a TimeZone,
    /// The present.
    pub now: Timestamp,
    /// Who is signed in.
    pub session: Option<&'a Session>,
    /// Whether this model has the focus: false for a screen below an overlay.
    pub focused: bool,
    /// Whether a text is being typed: keys that type something mean nothing else then.
    pub typing: bool,
    pub(super) hits: &'a RefCell<Vec<(Rect, Hit)>>,
}

impl View<'_> {
    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// The style of a pane's frame: accented when the pane has the focus.
    pub fn border(&self, pane_focused: bool) -> Style {
        self.style(if self.focused && pane_focused { Role::BorderFocus } else { Role::Border })
    }

    /// Marks a region that answers to clicks; later regions lie above earlier ones.
    pub fn hit(&self, area: Rect, hit: Hit) {
        self.hits.borrow_mut().push((area, hit));
    }

    /// The key of an action as it is shown; `–` when the person took it away.
    pub fn key(&self, action: Action) -> String {
        self.key_now(action).or_else(|| self.keymap.shown(action)).unwrap_or_else(|| "–".to_owned())
    }

    /// The key of an action that works now: while a text is typed, one that types nothing.
    pub fn key_now(&self, action: Action) -> Option<String> {
        let chords = self.keymap.of(action).iter();
        let mut usable =
            chords.filter(|chord| !self.typing || chord.0.first().is_none_or(|key| key.typed().is_none()));
        usable.next().map(ToString::to_string)
    }

    /// Words of the workflows, with this terminal's sign between their parts.
    pub fn parts(&self, words: &str) -> String {
        words.replace(" · ", &format!(" {} ", self.glyphs.dot))
    }

    /// The spinner of something that began at `since`: blank until it has lasted [`super::SPINNER_AFTER`].
    pub fn spinner(&self, since: Timestamp) -> &'static str {
        let waited = self.now.duration_since(since);
        if waited < super::SPINNER_AFTER {
            return " ";
        }
        let steps = waited.as_millis() / super::SPINNER_STEP.as_millis();
        let frames = self.glyphs.spinner;
        usize::try_from(steps).ok().and_then(|n| frames.get(n % frames.len())).copied().unwrap_or(" ")
    }

    /// Places the cursor where text is typed; only the focused model may.
    pub fn cursor(&self, frame: &mut Frame<'_>, at: Position) {
        if self.focused {
            frame.set_cursor_position(at);
        }
    }
}

/// What an update may do. It is collected and carried out by the app after the model returns.
#[derive(Debug)]
pub struct Ctx {
    /// The present.
    pub now: Timestamp,
    /// Who is signed in.
    pub session: Option<Arc<Session>>,
    /// The columns that somebody has chosen.
    pub layouts: Arc<Layouts>,
    pub(super) slots: Slots,
    pub(super) effects: Vec<Effect>,
    pub(super) wishes: Vec<Wish>,
    pub(super) writes_begun: usize,
}

/// Something that only the app can do.
#[derive(Debug)]
pub(super) enum Wish {
    Go(Place),
    Return,
    Up,
    Open(Box<Overlay>),
    Close,
    Toast(super::overlays::toast::Toast),
    Act(Action),
    Tell(Note),
    Columns(&'static str, Option<Vec<String>>),
}

impl Ctx {
    /// Asks; a question that is still open in the slot is cancelled.
    pub fn ask(&mut self, slot: Slot, question: Question) -> RequestId {
        let id = self.slots.begin(slot);
        self.effects.push(Effect::Ask { slot, id, question });
        id
    }

    /// Is no longer interested in the slot's answer.
    pub fn cancel(&mut self, slot: Slot) {
        if self.slots.is_open(slot) {
            self.slots.end(slot);
            self.effects.push(Effect::Cancel { slot });
        }
    }

    /// Writes. A write is never cancelled; the answers come in the same way as to a question.
    pub fn write(&mut self, slot: Slot, write: Write) -> RequestId {
        let id = self.slots.begin(slot);
        self.writes_begun += 1;
        self.effects.push(Effect::Write { slot, id, write });
        id
    }

    /// Any other effect.
    pub fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Shows another screen.
    pub fn go(&mut self, place: Place) {
        self.wishes.push(Wish::Go(place));
    }

    /// Goes back to where one was before signing in again.
    pub fn go_back(&mut self) {
        self.wishes.push(Wish::Return);
    }

    /// Goes back to the tab from which a screen without one was reached.
    pub fn go_up(&mut self) {
        self.wishes.push(Wish::Up);
    }

    /// Lays an overlay on top.
    pub fn open(&mut self, overlay: Overlay) {
        self.wishes.push(Wish::Open(Box::new(overlay)));
    }

    /// Takes the topmost overlay away.
    pub fn close(&mut self) {
        self.wishes.push(Wish::Close);
    }

    /// Does another action, if it can be done.
    pub fn act(&mut self, action: Action) {
        self.wishes.push(Wish::Act(action));
    }

    /// Tells every screen and every open overlay.
    pub fn tell(&mut self, note: Note) {
        self.wishes.push(Wish::Tell(note));
    }

    /// Says in passing that something succeeded; leaves by itself.
    pub fn succeeded(&mut self, words: impl Into<String>) {
        self.wishes.push(Wish::Toast(super::overlays::toast::Toast::ok(words, self.now)));
    }

    /// Says something in passing; leaves by itself.
    pub fn say(&mut self, words: impl Into<String>) {
        self.wishes.push(Wish::Toast(super::overlays::toast::Toast::info(words, self.now)));
    }

    /// Says that something could not be done; leaves by itself.
    pub fn warn(&mut self, words: impl Into<String>) {
        self.wishes.push(Wish::Toast(super::overlays::toast::Toast::warn(words, self.now)));
    }

    /// Says something that must not be missed; stays until it is dismissed.
    pub fn warn_for_long(&mut self, words: impl Into<String>) {
        self.wishes.push(Wish::Toast(super::overlays::toast::Toast::warn(words, self.now).that_stays()));
    }

    /// Chooses the columns of a list from now on, and keeps them; `None` goes back to its own.
    pub fn keep_columns(&mut self, list: &'static str, columns: Option<Vec<String>>) {
        self.wishes.push(Wish::Columns(list, columns));
    }

    /// Opens the error dialog.
    pub fn fail(&mut self, failure: Failure) {
        self.open(Overlay::Error(super::overlays::error::ErrorDialog::new(failure)));
    }

    /// Copies; says so.
    pub fn copy(&mut self, what: &str, text: impl Into<String>) {
        self.effects.push(Effect::Copy { what: what.to_owned(), text: text.into() });
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A context for updates under test, at the epoch.
    pub(crate) fn ctx(session: Option<Session>) -> Ctx {
        Ctx {
            now: Timestamp::UNIX_EPOCH,
            session: session.map(Arc::new),
            layouts: Arc::default(),
            slots: Slots::default(),
            effects: Vec::new(),
            wishes: Vec::new(),
            writes_begun: 0,
        }
    }

    /// The questions that an update asked, in order.
    pub(crate) fn asked(ctx: &mut Ctx) -> Vec<Question> {
        std::mem::take(&mut ctx.effects)
            .into_iter()
            .filter_map(|effect| match effect {
                Effect::Ask { question, .. } => Some(question),
                _ => None,
            })
            .collect()
    }
}

//! The app: all state, and how a message changes it.

use std::cell::RefCell;
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyModifiers};
use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};

use super::action::{Action, Availability, Group, Scope};
use super::effect::{Answer, Effect};
use super::failure::Failure;
use super::glyphs::Glyphs;
use super::key::Key;
use super::keymap::{Keymap, Meaning};
use super::model::{Ctx, Hit, Model, View, Wish};
use super::msg::Msg;
use super::overlays::toast::Toast;
use super::overlays::{Overlay, help::Help, leaving::Leaving, palette::Palette};
use super::screens::sign_in::{SignInEffect, SignInMsg};
use super::screens::{Place, Screens};
use super::session::Session;
use super::slot::{Home, RequestId, Slot, Slots};
use super::theme::Theme;
use super::widgets::list::Layouts;
use crate::identity::Role as Power;

/// How the console looks and which keys it has.
#[derive(Debug, Clone)]
pub struct Look {
    /// Roles to styles.
    pub theme: Theme,
    /// Signs.
    pub glyphs: Glyphs,
    /// Keys.
    pub keymap: Keymap,
    /// Columns that somebody has chosen.
    pub layouts: Arc<Layouts>,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            theme: Theme::default(),
            glyphs: Glyphs::UNICODE,
            keymap: Keymap::default(),
            layouts: Arc::default(),
        }
    }
}

/// Whether the console is to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    On,
    /// Ends when the writes under way have been answered.
    Leaving,
}

/// All state of the console.
#[derive(Debug)]
pub struct App {
    look: Look,
    now: Timestamp,
    session: Option<Arc<Session>>,
    warned: bool,
    place: Place,
    /// Where signing in again returns to.
    back_to: Option<Place>,
    /// Every screen.
    pub screens: Box<Screens>,
    overlays: Vec<Overlay>,
    toasts: Vec<Toast>,
    pressed: Vec<Key>,
    slots: Slots,
    writing: usize,
    course: Course,
    dirty: bool,
    hits: RefCell<Vec<(Rect, Hit)>>,
}

impl App {
    /// The console before anything has happened.
    pub fn new(look: Look, now: Timestamp) -> Self {
        Self {
            look,
            now,
            session: None,
            warned: false,
            place: Place::SignIn,
            back_to: None,
            screens: Box::default(),
            overlays: Vec::new(),
            toasts: Vec::new(),
            pressed: Vec::new(),
            slots: Slots::default(),
            writing: 0,
            course: Course::On,
            dirty: true,
            hits: RefCell::default(),
        }
    }

    /// What to do first; called after the first frame stands on the screen.
    pub fn begin(&mut self, now: Timestamp) -> Vec<Effect> {
        self.now = now;
        let mut ctx = self.ctx();
        self.screens.get_mut(self.place).entered(&mut ctx);
        self.finish(ctx)
    }

    /// Something happened.
    pub fn update(&mut self, msg: Msg, now: Timestamp) -> Vec<Effect> {
        self.now = now;
        self.dirty = true;
        let mut effects = match msg {
            Msg::Key(key) => self.key(key),
            Msg::Pasted(text) => self.with_top(|model, ctx| {
                if model.takes_text() {
                    model.pasted(&text, ctx);
                }
            }),
            Msg::Clicked(at) => self.clicked(at),
            Msg::Scrolled(_, rows) => self.with_top(|model, ctx| model.scrolled(rows * 3, ctx)),
            Msg::Resized | Msg::Woke => Vec::new(),
            Msg::Focused(_) => {
                self.dirty = false;
                Vec::new()
            }
            Msg::Terminated => {
                self.course = Course::Leaving;
                Vec::new()
            }
            Msg::Answered { slot, id, answer, last, write } => self.answered(slot, id, answer, last, write),
            Msg::SignIn(msg) => self.sign_in(msg),
            Msg::Copied { what, failed: None } => {
                self.toast(Toast::ok(format!("copied {what}"), now));
                Vec::new()
            }
            Msg::Copied { what, failed: Some(why) } => {
                self.toast(Toast::warn(format!("could not copy {what}: {why}"), now));
                Vec::new()
            }
            Msg::Failed(failure) => {
                self.open(Overlay::Error(super::overlays::error::ErrorDialog::new(failure)))
            }
        };
        let mut ctx = self.ctx();
        self.screens.share_people(self.place, &mut ctx);
        effects.extend(self.finish(ctx));
        self.tend();
        effects
    }

    /// What time alone changes: toasts leave, the session nears its end.
    fn tend(&mut self) {
        let now = self.now;
        self.toasts.retain(|toast| toast.leaves_at().is_none_or(|at| at > now));
        let Some(session) = &self.session else { return };
        if session.ends_soon(now) && !self.warned {
            self.warned = true;
            let key = self.look.keymap.shown(Action::GoSignIn).unwrap_or_default();
            let words = if session.is_over(now) {
                format!("Your session is over. `{key}` signs in again; nothing here is lost.")
            } else {
                format!("Your session ends soon. `{key}` signs in again; nothing here is lost.")
            };
            self.toast(Toast::warn(words, now).that_stays());
        }
    }

    fn toast(&mut self, toast: Toast) {
        self.toasts.retain(|other| other.words != toast.words);
        self.toasts.push(toast);
    }

    // ── who is asked ─────────────────────────────────────────────────────────────────────────────────────

    fn top(&self) -> &dyn Model {
        self.overlays.last().map_or_else(|| self.screens.get(self.place), Overlay::model)
    }

    fn ctx(&mut self) -> Ctx {
        Ctx {
            now: self.now,
            session: self.session.clone(),
            layouts: Arc::clone(&self.look.layouts),
            slots: std::mem::take(&mut self.slots),
            effects: Vec::new(),
            wishes: Vec::new(),
            writes_begun: 0,
        }
    }

    fn with_top(&mut self, update: impl FnOnce(&mut dyn Model, &mut Ctx)) -> Vec<Effect> {
        let mut ctx = self.ctx();
        match self.overlays.last_mut() {
            Some(overlay) => update(overlay.model_mut(), &mut ctx),
            None => update(self.screens.get_mut(self.place), &mut ctx),
        }
        self.finish(ctx)
    }

    /// Takes back the slots and grants the wishes.
    fn finish(&mut self, ctx: Ctx) -> Vec<Effect> {
        self.slots = ctx.slots;
        self.writing += ctx.writes_begun;
        let mut effects = ctx.effects;
        for wish in ctx.wishes {
            effects.extend(match wish {
                Wish::Go(place) => self.go(place),
                Wish::Return => {
                    let place = self.back_to.take().unwrap_or(Place::Members);
                    if self.session.is_some() { self.go(place) } else { Vec::new() }
                }
                Wish::Open(overlay) => self.open(*overlay),
                Wish::Close => {
                    if let Some(Overlay::Leaving(_)) = self.overlays.pop() {
                        self.course = Course::On;
                    }
                    Vec::new()
                }
                Wish::Toast(toast) => {
                    self.toast(toast);
                    Vec::new()
                }
                Wish::Act(action) => self.act(action),
                Wish::Tell(note) => self.tell(&note),
                Wish::Columns(list, columns) => self.keep_columns(list, columns),
            });
        }
        effects
    }

    fn tell(&mut self, note: &super::model::Note) -> Vec<Effect> {
        let mut ctx = self.ctx();
        for place in Place::ALL {
            self.screens.get_mut(*place).told(note, &mut ctx);
        }
        for overlay in &mut self.overlays {
            overlay.model_mut().told(note, &mut ctx);
        }
        self.finish(ctx)
    }

    fn keep_columns(&mut self, list: &'static str, columns: Option<Vec<String>>) -> Vec<Effect> {
        let layouts = Arc::make_mut(&mut self.look.layouts);
        match &columns {
            Some(columns) => layouts.insert(list.to_owned(), columns.clone()),
            None => layouts.remove(list),
        };
        vec![Effect::KeepColumns { list, columns }]
    }

    fn open(&mut self, overlay: Overlay) -> Vec<Effect> {
        self.overlays.push(overlay);
        self.with_top(|model, ctx| model.entered(ctx))
    }

    fn go(&mut self, place: Place) -> Vec<Effect> {
        self.overlays.clear();
        self.place = place;
        self.with_top(|model, ctx| model.entered(ctx))
    }

    // ── input ────────────────────────────────────────────────────────────────────────────────────────────

    /// The scopes whose keys are live, innermost first.
    pub fn scopes(&self) -> Vec<Scope> {
        let mut scopes = self.top().scopes();
        scopes.push(Scope::Global);
        scopes
    }

    fn key(&mut self, key: Key) -> Vec<Effect> {
        let typing = self.top().takes_text();
        if typing && self.pressed.is_empty() && edits_text(key) {
            return self.with_top(|model, ctx| model.typed(key, ctx));
        }
        let scopes = self.scopes();
        let guarded = typing || !self.overlays.is_empty();
        self.pressed.push(key);
        let meaning = {
            // In a dialog or while typing, only such global keys work that nobody types by accident.
            let skip = |action: Action| {
                (guarded && action.row().scope == Scope::Global && !reaches_through(action, key))
                    || self.availability(action) == Availability::Hidden
            };
            self.look.keymap.meaning(&scopes, &self.pressed, skip)
        };
        match meaning {
            Meaning::Prefix => Vec::new(),
            Meaning::Action(action) => {
                self.pressed.clear();
                self.act(action)
            }
            Meaning::Nothing => {
                let begun = self.pressed.len() > 1;
                self.pressed.clear();
                if begun {
                    // A chord that leads nowhere is dropped; its last key still counts for itself.
                    return self.key(key);
                }
                Vec::new()
            }
        }
    }

    fn clicked(&mut self, at: Position) -> Vec<Effect> {
        let hit = self.hits.borrow().iter().rev().find(|(area, _)| area.contains(at)).map(|(_, hit)| *hit);
        match hit {
            Some(Hit::Action(action)) => self.act(action),
            Some(Hit::Tab(place)) if self.overlays.is_empty() => self.go(place),
            Some(hit @ (Hit::Row(_) | Hit::Part(_))) => self.with_top(|model, ctx| model.clicked(hit, ctx)),
            Some(Hit::Tab(_) | Hit::Nothing) | None => {
                self.dirty = false;
                Vec::new()
            }
        }
    }

    // ── actions ──────────────────────────────────────────────────────────────────────────────────────────

    /// Whether an action can be done now: the one function that dispatch, keys line, help and palette ask.
    pub fn availability(&self, action: Action) -> Availability {
        let own = match action {
            Action::Quit | Action::Help | Action::Palette | Action::Redraw | Action::Suspend => {
                Availability::Ready
            }
            Action::NextTab | Action::PreviousTab => Availability::ready_if(self.session.is_some()),
            _ if Place::reached_by(action).is_some() => Availability::ready_if(self.session.is_some()),
            Action::GoSignIn => Availability::ready_if(
                self.place != Place::SignIn
                    && (self.overlays.is_empty()
                        || self.top().availability(action, None) == Availability::Ready),
            ),
            Action::SignOut if self.writing > 0 => Availability::because("a write is under way"),
            Action::SignOut => Availability::ready_if(self.session.is_some() && self.place != Place::SignIn),
            Action::OwnFactor => match &self.session {
                Some(session) if session.caller.user.is_none() => Availability::because(
                    "you are signed in as a client application, which has no second factor; sign in as a person",
                ),
                session => Availability::ready_if(
                    session.is_some() && self.overlays.is_empty() && self.place != Place::SignIn,
                ),
            },
            _ => self.top().availability(action, self.session.as_deref()),
        };
        if own == Availability::Hidden {
            return own;
        }
        let flags = action.row().flags;
        let Some(session) = &self.session else { return own };
        if flags.writes && session.read_only {
            return Availability::because(format!("{} is read-only; nothing is written", session.connection));
        }
        if flags.admin && session.caller.role == Power::Member {
            return Availability::because(format!(
                "only a project admin may; you are {} of {}",
                session.caller.role.words(),
                session.caller.project_name
            ));
        }
        own
    }

    /// Does an action if it can be done; says why not otherwise.
    pub fn act(&mut self, action: Action) -> Vec<Effect> {
        match self.availability(action) {
            Availability::Hidden => return Vec::new(),
            Availability::Disabled(why) => {
                self.toast(Toast::warn(format!("{}: {why}", action.row().label), self.now));
                return Vec::new();
            }
            Availability::Ready => {}
        }
        match action {
            Action::Quit => self.quit(),
            Action::Help => {
                let scopes = self.scopes();
                let fields = self.top().filter_fields();
                let help = Help::new(self.title(), &scopes, fields, |action| self.availability(action));
                self.open(Overlay::Help(help))
            }
            Action::Palette => {
                let offers: Vec<_> = self
                    .scopes()
                    .into_iter()
                    .flat_map(|scope| super::action::TABLE.iter().filter(move |row| row.scope == scope))
                    .map(|row| (row.action, self.availability(row.action)))
                    .collect();
                self.open(Overlay::Palette(Box::new(Palette::new(offers))))
            }
            Action::OwnFactor => self.open(Overlay::OwnFactor(Box::default())),
            Action::Redraw => vec![Effect::Redraw],
            Action::Suspend => vec![Effect::Suspend],
            Action::NextTab => self.go(self.neighbour(1)),
            Action::PreviousTab => self.go(self.neighbour(-1)),
            Action::GoSignIn => {
                self.back_to = Some(self.place);
                self.go(Place::SignIn)
            }
            Action::SignOut => vec![Effect::SignIn(SignInEffect::SignOut)],
            Action::Back if self.dismiss_toast() => Vec::new(),
            _ => match Place::reached_by(action) {
                Some(place) => self.go(place),
                None => self.with_top(|model, ctx| model.act(action, ctx)),
            },
        }
    }

    /// The newest lasting toast goes first when somebody presses the key for back.
    fn dismiss_toast(&mut self) -> bool {
        let lasting = self.toasts.iter().rposition(|toast| toast.leaves_at().is_none());
        lasting.map(|i| self.toasts.remove(i)).is_some()
    }

    fn title(&self) -> &'static str {
        self.place.title()
    }

    fn neighbour(&self, by: isize) -> Place {
        let tabs = Place::TABS;
        let at = tabs.iter().position(|place| *place == self.place).unwrap_or(0);
        tabs[(at + tabs.len()).saturating_add_signed(by) % tabs.len()]
    }

    fn quit(&mut self) -> Vec<Effect> {
        self.course = Course::Leaving;
        if self.writing > 0 && !matches!(self.overlays.last(), Some(Overlay::Leaving(_))) {
            return self.open(Overlay::Leaving(Leaving::new(self.now)));
        }
        Vec::new()
    }

    // ── answers ──────────────────────────────────────────────────────────────────────────────────────────

    fn answered(
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
        if !self.slots.is_current(slot, id) {
            self.dirty = write;
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

    fn sign_in(&mut self, msg: SignInMsg) -> Vec<Effect> {
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

    fn signed_in(&mut self, session: Session) -> Vec<Effect> {
        let same = self.session.as_ref().is_some_and(|before| {
            before.connection == session.connection && before.caller.membership == session.caller.membership
        });
        let mut effects = Vec::new();
        if !same {
            self.screens.forget();
            effects.extend(self.slots.clear().into_iter().map(|slot| Effect::Cancel { slot }));
        }
        self.toasts.retain(|toast| toast.leaves_at().is_some());
        self.warned = false;
        self.session = Some(Arc::new(session));
        let place = if same { self.back_to.take() } else { None };
        self.back_to = None;
        effects.extend(self.go(place.unwrap_or(Place::Members)));
        effects
    }

    // ── what the loop asks ───────────────────────────────────────────────────────────────────────────────

    /// Whether the loop is to end.
    pub fn is_finished(&self) -> bool {
        self.course == Course::Leaving && self.writing == 0
    }

    /// Whether the screen is out of date; asking resets it.
    pub fn take_dirty(&mut self) -> bool {
        std::mem::replace(&mut self.dirty, false)
    }

    /// The picture stands: what has come into view may need something.
    pub fn drawn(&mut self, now: Timestamp) -> Vec<Effect> {
        self.now = now;
        let mut ctx = self.ctx();
        self.screens.get_mut(self.place).drawn(&mut ctx);
        self.finish(ctx)
    }

    /// When the screen will look different by time alone. `None`: never, so the loop sleeps until something happens.
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let models = self.overlays.iter().map(Overlay::model).chain([self.screens.get(self.place)]);
        let mut changes: Vec<Timestamp> = Vec::new();
        for model in models {
            changes.extend(model.next_change(now));
            changes.extend(model.waiting_since().and_then(|since| {
                let waited = now.duration_since(since);
                let next = if waited < super::SPINNER_AFTER {
                    super::SPINNER_AFTER - waited
                } else {
                    super::SPINNER_STEP
                };
                now.checked_add(next).ok()
            }));
        }
        changes.extend(self.toasts.iter().filter_map(Toast::leaves_at));
        changes.extend(self.session.as_ref().and_then(|session| session.next_change(now)));
        changes.into_iter().min()
    }

    /// Where one is.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Who is signed in.
    pub fn session(&self) -> Option<&Session> {
        self.session.as_deref()
    }

    /// Keys pressed so far of a chord.
    pub(super) fn pressed(&self) -> &[Key] {
        &self.pressed
    }

    pub(super) fn look(&self) -> &Look {
        &self.look
    }

    pub(super) fn overlays(&self) -> &[Overlay] {
        &self.overlays
    }

    pub(super) fn newest_toast(&self) -> Option<&Toast> {
        self.toasts.last()
    }

    pub(super) fn top_model(&self) -> &dyn Model {
        self.top()
    }

    /// Says something that went wrong before the loop began, such as a mistake in a theme file.
    pub fn begin_with(&mut self, failure: Failure) {
        self.overlays.push(Overlay::Error(super::overlays::error::ErrorDialog::new(failure)));
    }

    /// Draws everything. `now` is read once for the whole frame.
    pub fn draw(&self, frame: &mut Frame<'_>, now: Timestamp) {
        let hits = RefCell::new(std::mem::take(&mut *self.hits.borrow_mut()));
        hits.borrow_mut().clear();
        let view = View {
            theme: &self.look.theme,
            glyphs: &self.look.glyphs,
            keymap: &self.look.keymap,
            layouts: &self.look.layouts,
            now,
            session: self.session.as_deref(),
            focused: self.overlays.is_empty(),
            typing: self.top().takes_text(),
            hits: &hits,
        };
        super::chrome::draw(self, frame, &view);
        self.hits.replace(hits.into_inner());
    }
}

/// Keys that edit a line of text and are not looked up while one is being typed.
fn edits_text(key: Key) -> bool {
    match (key.code, key.modifiers) {
        (KeyCode::Char(_), KeyModifiers::NONE)
        | (
            KeyCode::Backspace
            | KeyCode::Delete
            | KeyCode::Left
            | KeyCode::Right
            | KeyCode::Home
            | KeyCode::End,
            _,
        ) => true,
        (KeyCode::Char(c), KeyModifiers::CONTROL) => matches!(c, 'a' | 'e' | 'w' | 'u' | 'k' | 'h'),
        (KeyCode::Char(c), KeyModifiers::ALT) => matches!(c, 'b' | 'f' | 'd'),
        _ => false,
    }
}

/// Global keys that work even in a dialog: those of the console itself that type nothing.
fn reaches_through(action: Action, key: Key) -> bool {
    action.row().group == Group::Console
        && action != Action::Palette
        && action != Action::Help
        && key.typed().is_none()
}

#[cfg(test)]
mod tests;

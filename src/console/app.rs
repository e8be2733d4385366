//! The app: all state, and how a message changes it.

mod actions;
mod answers;
mod frame;
mod input;

use std::cell::RefCell;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::layout::Rect;

use super::action::Action;
use super::effect::Effect;
use super::glyphs::Glyphs;
use super::key::Key;
use super::keymap::Keymap;
use super::model::{Ctx, Hit, Model, Wish};
use super::msg::Msg;
use super::overlays::Overlay;
use super::overlays::toast::Toast;
use super::screens::{Place, Screens};
use super::session::Session;
use super::slot::Slots;
use super::theme::Theme;
use super::widgets::list::Layouts;

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
    /// The machine's time zone.
    pub zone: TimeZone,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            theme: Theme::default(),
            glyphs: Glyphs::UNICODE,
            keymap: Keymap::default(),
            layouts: Arc::default(),
            zone: crate::ports::local_zone(),
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
    /// The tab from which a screen without one was reached.
    came_from: Option<Place>,
    /// Every screen.
    pub screens: Box<Screens>,
    overlays: Vec<Overlay>,
    toasts: Vec<Toast>,
    pressed: Vec<Key>,
    slots: Slots,
    writing: usize,
    course: Course,
    dirty: bool,
    /// A frame was owed already when the message came that is being handled.
    owed: bool,
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
            came_from: None,
            screens: Box::default(),
            overlays: Vec::new(),
            toasts: Vec::new(),
            pressed: Vec::new(),
            slots: Slots::default(),
            writing: 0,
            course: Course::On,
            dirty: true,
            owed: true,
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
        self.owed = self.dirty;
        self.dirty = true;
        let mut effects = match msg {
            Msg::Key(key) => self.key(key),
            Msg::Pasted(text) => self.with_top(|model, ctx| {
                if model.takes_text() || model.takes_paste() {
                    model.pasted(&text, ctx);
                }
            }),
            Msg::Clicked(at) => self.clicked(at),
            Msg::Scrolled(_, rows) => self.with_top(|model, ctx| model.scrolled(rows * 3, ctx)),
            Msg::Resized | Msg::Woke => Vec::new(),
            Msg::Focused(_) => {
                self.dirty = self.owed;
                Vec::new()
            }
            Msg::Terminated => {
                self.course = Course::Leaving;
                Vec::new()
            }
            Msg::Answered { slot, id, answer, last, write } => self.answered(slot, id, answer, last, write),
            Msg::SignIn(msg) => self.sign_in(msg),
            Msg::Lab(msg) => {
                let mut ctx = self.ctx();
                self.screens.flow_lab.heard(msg, &mut ctx);
                self.finish(ctx)
            }
            Msg::Token(msg) => {
                // What is seen on that screen alone changes no other.
                if msg.is_quiet() && self.place != Place::Tokens {
                    self.dirty = self.owed;
                }
                let mut ctx = self.ctx();
                self.screens.tokens.heard(msg, &mut ctx);
                self.finish(ctx)
            }
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
        if self.course == Course::Leaving {
            effects.extend(self.left_behind());
        }
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
                    let from = self.came_from;
                    let effects = if self.session.is_some() { self.go(place) } else { Vec::new() };
                    self.came_from = from;
                    effects
                }
                Wish::Up => self.go(self.came_from.unwrap_or(Place::Overview)),
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
        use super::model::Note;
        if matches!(note, Note::Diagnose(_) | Note::TestSignIn { .. } | Note::ShowTokens) {
            self.back_to = Some(self.place);
        }
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
        let mut effects = self.left_behind();
        self.overlays.clear();
        let is_tab = |place: Place| Place::TABS.contains(&place);
        if is_tab(self.place) && !is_tab(place) && place != Place::SignIn {
            self.came_from = Some(self.place);
        }
        self.place = place;
        effects.extend(self.with_top(|model, ctx| model.entered(ctx)));
        effects
    }

    /// What overlays that are not closed one by one would leave behind outside, such as a secret in the clipboard.
    fn left_behind(&mut self) -> Vec<Effect> {
        self.overlays.iter_mut().filter_map(|overlay| overlay.model_mut().left_behind()).collect()
    }
}

#[cfg(test)]
mod tests;

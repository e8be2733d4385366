//! What the loop asks: whether to go on, when to draw, and the picture.

use std::cell::RefCell;

use jiff::Timestamp;
use ratatui::Frame;

use super::{App, Course, Look};
use crate::console::effect::Effect;
use crate::console::failure::Failure;
use crate::console::key::Key;
use crate::console::model::{Model, View};
use crate::console::overlays::Overlay;
use crate::console::overlays::error::ErrorDialog;
use crate::console::overlays::toast::Toast;
use crate::console::screens::Place;
use crate::console::session::Session;

impl App {
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
                let next = if waited < crate::console::SPINNER_AFTER {
                    crate::console::SPINNER_AFTER - waited
                } else {
                    crate::console::SPINNER_STEP
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
    pub(in crate::console) fn pressed(&self) -> &[Key] {
        &self.pressed
    }

    pub(in crate::console) fn look(&self) -> &Look {
        &self.look
    }

    pub(in crate::console) fn overlays(&self) -> &[Overlay] {
        &self.overlays
    }

    pub(in crate::console) fn newest_toast(&self) -> Option<&Toast> {
        self.toasts.last()
    }

    pub(in crate::console) fn top_model(&self) -> &dyn Model {
        self.top()
    }

    /// Says something that went wrong before the loop began, such as a mistake in a theme file.
    pub fn begin_with(&mut self, failure: Failure) {
        self.overlays.push(Overlay::Error(ErrorDialog::new(failure)));
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
            zone: &self.look.zone,
            now,
            session: self.session.as_deref(),
            focused: self.overlays.is_empty(),
            typing: self.top().takes_text(),
            hits: &hits,
        };
        crate::console::chrome::draw(self, frame, &view);
        self.hits.replace(hits.into_inner());
    }
}

//! Leaving while a write is under way: it is waited for, visibly.

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

use crate::console::action::{Action, Availability, Scope};
use crate::console::model::{Ctx, Model, View};
use crate::console::session::Session;
use crate::console::theme::Role;
use crate::console::widgets::dialog;

/// Says that leaving waits.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaving {
    since: Timestamp,
}

impl Leaving {
    /// Begins to wait.
    pub fn new(since: Timestamp) -> Self {
        Self { since }
    }
}

impl Model for Leaving {
    fn scopes(&self) -> Vec<Scope> {
        vec![Scope::Dialog]
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        Availability::ready_if(action == Action::Close)
    }

    fn act(&mut self, _action: Action, ctx: &mut Ctx) {
        ctx.close();
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        Some(self.since)
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let place = dialog::centred(area, 58, 7);
        let title = Line::styled("Finishing a write", view.style(Role::Title));
        let inner = dialog::frame(frame, place, title, Role::Warn, view);
        let words = Line::from(vec![
            Span::styled(format!("{} ", view.spinner(self.since)), view.style(Role::Pending)),
            Span::styled(
                "A write is under way and is not cut off half way. idconsole leaves as soon as the platform has answered.",
                view.style(Role::Text),
            ),
        ]);
        let body = Rect { height: inner.height.saturating_sub(2), ..inner };
        frame.render_widget(Paragraph::new(words).wrap(Wrap { trim: false }), body);
        let last = Rect { y: inner.bottom().saturating_sub(1), height: 1, ..inner };
        dialog::keys(frame, last, &[(Action::Close, "stay")], view);
    }
}

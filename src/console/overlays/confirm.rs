//! A question with one yes: what will happen, and a key that does it.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::Effect;
use crate::console::model::{Ctx, Model, View};
use crate::console::session::Session;
use crate::console::theme::Role;
use crate::console::widgets::dialog;

/// Asks before something is destroyed. What yes does is an effect, as plain data.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfirmDialog {
    title: String,
    words: String,
    yes: &'static str,
    effect: Effect,
}

impl ConfirmDialog {
    /// `words` say what will happen, in plain sentences; `yes` is the word at the key.
    pub fn new(
        title: impl Into<String>,
        words: impl Into<String>,
        yes: &'static str,
        effect: Effect,
    ) -> Self {
        Self { title: title.into(), words: words.into(), yes, effect }
    }
}

impl Model for ConfirmDialog {
    fn scopes(&self) -> Vec<Scope> {
        vec![Scope::Dialog]
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        Availability::ready_if(matches!(action, Action::Confirm | Action::Close))
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        if action == Action::Confirm {
            ctx.effect(self.effect.clone());
        }
        ctx.close();
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let width = 64.min(area.width.saturating_sub(4));
        let text = Paragraph::new(Span::styled(self.words.clone(), view.style(Role::Text)))
            .wrap(Wrap { trim: true });
        let height = u16::try_from(text.line_count(width.saturating_sub(4)) + 4).unwrap_or(area.height);
        let place = dialog::centred(area, width, height);
        let title = Line::styled(self.title.clone(), view.style(Role::Title));
        let inner = dialog::frame(frame, place, title, Role::Warn, view);
        frame.render_widget(text, Rect { height: inner.height.saturating_sub(2), ..inner });
        let last = Rect { y: inner.bottom().saturating_sub(1), height: 1, ..inner };
        dialog::keys(frame, last, &[(Action::Confirm, self.yes), (Action::Close, "cancel")], view);
    }
}

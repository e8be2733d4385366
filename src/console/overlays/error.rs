//! The error dialog: what happened, why, what to do next, and the request id for the platform's operator.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

use crate::console::action::{Action, Availability, Scope};
use crate::console::failure::Failure;
use crate::console::model::{Ctx, Model, View};
use crate::console::session::Session;
use crate::console::theme::Role;
use crate::console::widgets::dialog;

/// A failure that deserves to be read.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorDialog {
    failure: Failure,
}

impl ErrorDialog {
    /// Tells a failure.
    pub fn new(failure: Failure) -> Self {
        Self { failure }
    }

    fn lines(&self, view: &View<'_>) -> Vec<Line<'static>> {
        let mut lines = vec![Line::styled(self.failure.what.clone(), view.style(Role::Title))];
        for (words, role) in [(&self.failure.why, Role::Text), (&self.failure.next, Role::Text)] {
            if !words.is_empty() {
                lines.push(Line::default());
                lines.push(Line::styled(words.clone(), view.style(role)));
            }
        }
        if let Some(id) = &self.failure.request_id {
            lines.push(Line::default());
            lines.push(Line::from(vec![
                Span::styled("request  ", view.style(Role::Muted)),
                Span::styled(id.clone(), view.style(Role::Muted)),
            ]));
        }
        lines
    }
}

impl Model for ErrorDialog {
    fn scopes(&self) -> Vec<Scope> {
        vec![Scope::Dialog]
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        Availability::ready_if(match action {
            Action::Close | Action::Confirm | Action::DialogCopy => true,
            Action::GoSignIn => self.failure.signed_out,
            _ => false,
        })
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::DialogCopy => {
                let id =
                    self.failure.request_id.as_ref().map(|id| format!(" (request {id})")).unwrap_or_default();
                ctx.copy("the error", format!("{}{id}", self.failure));
            }
            Action::Confirm if self.failure.signed_out => {
                ctx.close();
                ctx.act(Action::GoSignIn);
            }
            _ => ctx.close(),
        }
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let width = 72.min(area.width.saturating_sub(4));
        let text = Paragraph::new(self.lines(view)).wrap(Wrap { trim: false });
        let wanted = text.line_count(width.saturating_sub(4));
        let height = u16::try_from(wanted + 4).unwrap_or(u16::MAX).min(area.height);
        let place = dialog::centred(area, width, height);
        let title = Line::from(vec![
            Span::styled(format!("{} ", view.glyphs.failed), view.style(Role::Danger)),
            Span::styled("Could not be done", view.style(Role::Title)),
        ]);
        let inner = dialog::frame(frame, place, title, Role::Danger, view);
        let body = Rect { height: inner.height.saturating_sub(2), ..inner };
        frame.render_widget(text, body);
        let last = Rect { y: inner.bottom().saturating_sub(1), height: 1, ..inner };
        let keys: &[(Action, &str)] = if self.failure.signed_out {
            &[(Action::Confirm, "sign in again"), (Action::DialogCopy, "copy"), (Action::Close, "close")]
        } else {
            &[(Action::DialogCopy, "copy"), (Action::Close, "close")]
        };
        dialog::keys(frame, last, keys, view);
    }
}

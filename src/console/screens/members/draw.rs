//! Drawing the members: list and detail.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

use super::{Load, Members, columns, detail};
use crate::console::action::Action;
use crate::console::model::View;
use crate::console::theme::Role;
use crate::console::widgets::pane::{Panes, pane};
use crate::console::words::number;
use crate::identity::directory::Matched;

const FILTER_HINT: &str = "name, email, external id, or mfa:none -domain:x.example active:false …";

impl Members {
    pub(super) fn draw_list(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let panes = Panes::of(area, self.current().is_some());
        let inner = pane(
            frame,
            panes.list,
            Line::styled("Members", view.style(Role::Title)),
            self.count(view),
            view.focused,
            view,
        );
        let inner = self.list.draw_filter(frame, inner, FILTER_HINT, view);
        match &self.directory {
            Some(directory) if directory.shown() > 0 => {
                let row = |line: usize| {
                    directory.at(line).and_then(|row| directory.member(row)).map_or_else(
                        Default::default,
                        |member| {
                            let pending = (!self.pending.is_empty())
                                .then(|| self.pending.iter().find(|(id, _)| *id == member.id()))
                                .flatten()
                                .map(|(_, since)| view.spinner(*since));
                            columns::row(&member, pending, view)
                        },
                    )
                };
                self.list.draw_rows(frame, inner, directory, &self.widths, &row, view);
            }
            _ => self.draw_nothing(frame, inner, view),
        }
        if let Some(place) = panes.detail {
            self.draw_detail(frame, place, view);
        }
    }

    /// `1 204 of 100 312 · filter: jane`
    fn count(&self, view: &View<'_>) -> Line<'static> {
        let Some(directory) = &self.directory else { return Line::default() };
        let all = number(directory.len() as u64);
        let muted = view.style(Role::Muted);
        match directory.matched() {
            Matched::All => Line::styled(all, muted),
            Matched::Exactly => Line::styled(format!("{} of {all}", number(directory.shown() as u64)), muted),
            Matched::Nearly => Line::from(vec![
                Span::styled(view.parts("nobody exactly · "), view.style(Role::Warn)),
                Span::styled(format!("{} close", number(directory.shown() as u64)), muted),
            ]),
            Matched::Nothing => Line::styled(format!("0 of {all}"), muted),
        }
    }

    fn draw_nothing(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let muted = view.style(Role::Muted);
        let mut lines = vec![Line::default()];
        match &self.load {
            Load::Failed(failure) => {
                lines.push(Line::from(vec![
                    Span::styled(format!("{} ", view.glyphs.failed), view.style(Role::Danger)),
                    Span::styled(failure.what.clone(), view.style(Role::Title)),
                ]));
                for more in [&failure.why, &failure.next] {
                    if !more.is_empty() {
                        lines.push(Line::styled(more.clone(), view.style(Role::Text)));
                    }
                }
                lines.push(Line::default());
                let mut keys = vec![(Action::Reload, "tries again")];
                if failure.signed_out {
                    keys.insert(0, (Action::GoSignIn, "signs in again"));
                }
                lines.push(hint(&keys, view));
            }
            Load::Under { .. } => {}
            Load::Ready | Load::Idle if self.list.filter().is_empty() => {
                lines.push(Line::styled("This project has no members that are people.", muted));
            }
            Load::Ready | Load::Idle => {
                let filter = crate::identity::text::shown(self.list.filter()).into_owned();
                lines.push(Line::from(vec![
                    Span::styled("No member matches ", muted),
                    Span::styled(filter, view.style(Role::Text)),
                    Span::styled(".", muted),
                ]));
                let clear = if self.list.is_filtering() { Action::Abandon } else { Action::Back };
                lines.push(hint(&[(clear, "clears the filter")], view));
            }
        }
        frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), area);
    }

    fn draw_detail(&self, frame: &mut Frame<'_>, place: Rect, view: &View<'_>) {
        let Some(member) = self.current() else { return };
        let name = match &*member.name() {
            "" => Line::styled("no name", view.style(Role::Muted)),
            name => Line::styled(name.to_owned(), view.style(Role::Title)),
        };
        let inner = pane(frame, place, name, Line::default(), false, view);
        let lines = detail::lines(&member, usize::from(inner.width), view);
        self.list.detail.draw(frame, inner, &lines, view);
    }
}

/// `R tries again`, with the key as the person has it.
pub(in crate::console) fn hint(keys: &[(Action, &str)], view: &View<'_>) -> Line<'static> {
    let mut spans = Vec::new();
    for (i, (action, words)) in keys.iter().enumerate() {
        if i > 0 {
            spans.push(Span::raw("   "));
        }
        spans.push(Span::styled(view.key(*action), view.style(Role::Key)));
        spans.push(Span::styled(format!(" {words}"), view.style(Role::Muted)));
    }
    Line::from(spans)
}

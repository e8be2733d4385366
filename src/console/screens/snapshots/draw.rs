//! Drawing what is different between two snapshots.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Wrap};
use unicode_width::UnicodeWidthStr as _;

use super::rows::{Difference, What};
use super::{Snapshots, Written};
use crate::console::action::Action;
use crate::console::model::View;
use crate::console::overlays::snapshot::Purpose;
use crate::console::screens::members::hint;
use crate::console::theme::Role;
use crate::console::widgets::fields::Fields;
use crate::console::widgets::list::{Record as _, Source as _};
use crate::console::widgets::pane::{Panes, pane};
use crate::console::widgets::table::Row;
use crate::console::words::number;
use crate::identity::snapshot::{How, Part, Reach};

/// What is in an export, and what is not.
fn exported(written: &Written) -> Fields {
    let mut fields = Fields::new();
    fields.heading(format!("Exported {} to {}", written.manifest.project_name, written.folder));
    for part in Part::ALL {
        let reach = written.manifest.reach(part);
        let records = written.manifest.parts.get(&part).map(|state| number(state.records));
        let title = part.title().to_lowercase();
        match (reach, records) {
            (Reach::All, Some(records)) => fields.add(title, records),
            (Reach::Some(_), Some(records)) => fields.add(title, format!("{records}, {}", reach.words())),
            _ => fields.dim(title, reach.words()),
        };
    }
    fields
}

const FILTER_HINT: &str = "name, address, field, or part:members change:email …";

impl Snapshots {
    pub(super) fn draw_screen(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let panes = Panes::of(area, self.current().is_some() && self.compared.value().is_some());
        if self.open && !panes.beside {
            self.draw_difference(frame, area, true, view);
            return;
        }
        let title = Line::styled("Differences", view.style(Role::Title));
        let remark = Line::styled(self.remark(view), view.style(Role::Muted));
        let inner = pane(frame, panes.list, title, remark, view.focused && !self.open, view);
        let inner = self.list.draw_filter(frame, inner, FILTER_HINT, view);
        if self.compared.value().is_some() && self.rows.shown() > 0 {
            self.draw_table(frame, inner, view);
        } else {
            self.draw_nothing(frame, inner, view);
        }
        if let Some(place) = panes.detail {
            self.draw_difference(frame, place, self.open, view);
        }
    }

    fn remark(&self, view: &View<'_>) -> String {
        let Some(told) = self.compared.value() else { return String::new() };
        let mut words = number(told.differences as u64);
        if told.hidden > 0 {
            words = format!("{words} · {} not compared", number(told.hidden as u64));
        }
        view.parts(&words)
    }

    fn draw_table(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let row = |line: usize| {
            let Some(one) = self.rows.at(line) else { return Row::default() };
            let role = match &one.what {
                What::Changed(_) => Role::Text,
                What::Hidden(_) => Role::Muted,
            };
            Row::default()
                .cell(one.part().title().to_owned(), Role::Muted)
                .cell(one.whom(), role)
                .cell(one.change(), role)
        };
        let mut content = vec![0u16; Difference::COLUMNS.len()];
        for line in 0..self.rows.shown().min(500) {
            for (width, cell) in content.iter_mut().zip(&row(line).cells) {
                *width = (*width).max(cell.words.width().min(200) as u16);
            }
        }
        self.list.draw_rows(frame, area, &self.rows, &content, &row, view);
    }

    fn draw_nothing(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let muted = view.style(Role::Muted);
        let mut lines = vec![Line::default()];
        match (self.compared.error(), self.compared.value()) {
            (Some(failure), None) => {
                lines.push(Line::styled(failure.what.clone(), view.style(Role::Title)));
                let more = format!("{} {}", failure.why, failure.next).trim().to_owned();
                if !more.is_empty() {
                    lines.push(Line::styled(more, view.style(Role::Text)));
                }
                lines.push(match self.doing {
                    Some(Purpose::Write) => {
                        hint(&[(Action::SnapshotWrite, "opens the form as it was typed")], view)
                    }
                    _ => hint(&[(Action::SnapshotCompare, "opens the form as it was typed")], view),
                });
            }
            (_, Some(told)) if self.list.filter().is_empty() => {
                lines.push(Line::styled(told.summary.clone(), view.style(Role::Title)));
                lines.push(Line::styled(format!("before  {}", told.before.about()), muted));
                lines.push(Line::styled(format!("after   {}", told.after.about()), muted));
            }
            (_, Some(_)) => {
                let filter = crate::identity::text::shown(self.list.filter()).into_owned();
                lines.push(Line::styled(format!("No difference matches {filter}."), muted));
                let clear = if self.list.is_filtering() { Action::Abandon } else { Action::Back };
                lines.push(hint(&[(clear, "clears the filter")], view));
            }
            (None, None) if self.compared.loading_since().is_some() => {
                lines.push(Line::styled(format!("{}{}", self.progress(), view.glyphs.ellipsis), muted));
            }
            (None, None) => {
                if let Some(written) = &self.written {
                    lines = exported(written).lines(usize::from(area.width), view);
                    lines.push(Line::default());
                }
                lines.push(Line::styled("Nothing was compared yet.", view.style(Role::Title)));
                lines.push(hint(
                    &[(Action::SnapshotWrite, "writes an export of the project to a folder")],
                    view,
                ));
                lines.push(hint(
                    &[(
                        Action::SnapshotCompare,
                        "compares two exports, or an export and the platform as it is now",
                    )],
                    view,
                ));
            }
        }
        frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), area);
    }

    fn draw_difference(&self, frame: &mut Frame<'_>, place: Rect, focused: bool, view: &View<'_>) {
        let Some(one) = self.current().filter(|_| self.compared.value().is_some()) else { return };
        let title = Line::styled(one.whom(), view.style(Role::Title));
        let remark = Line::styled(one.part().title(), view.style(Role::Muted));
        let inner = pane(frame, place, title, remark, focused && view.focused, view);
        let lines = self.facts(one).lines(usize::from(inner.width), view);
        self.list.detail.draw(frame, inner, &lines, view);
    }

    fn facts(&self, one: &Difference) -> Fields {
        let mut fields = Fields::new();
        fields.words(one.said(), Role::Text);
        fields.gap();
        match &one.what {
            What::Changed(change) => {
                let (before, after) = change.values();
                match &change.how {
                    How::Added | How::Removed => {}
                    How::Renamed { .. } | How::Field { .. } => {
                        fields.dim("before", before);
                        fields.add("after", after);
                    }
                }
                fields.dim("record", change.id.to_string());
            }
            What::Hidden(hidden) => {
                fields.dim("why", hidden.why.to_string());
                fields.dim("unknown in", hidden.side.word());
            }
        }
        if let Some(told) = self.compared.value() {
            fields.heading("Compared");
            fields.dim("before", told.before.about());
            fields.dim("after", told.after.about());
        }
        fields
    }
}

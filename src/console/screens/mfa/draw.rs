//! Drawing the MFA screen.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line as TextLine;
use ratatui::widgets::{Paragraph, Wrap};
use unicode_width::UnicodeWidthStr as _;

use super::Mfa;
use super::line::Line;
use crate::console::action::Action;
use crate::console::model::View;
use crate::console::screens::members::detail::unseen;
use crate::console::screens::members::hint;
use crate::console::theme::Role;
use crate::console::widgets::fields::Fields;
use crate::console::widgets::list::{Record as _, Source as _};
use crate::console::widgets::pane::{Panes, pane};
use crate::console::widgets::table::{Row, Signs};
use crate::console::words::number;
use crate::identity::Seen;
use crate::identity::second_factor::{Asked, RequiredBy};
use crate::workflows::factor_report::{asked, required};

const FILTER_HINT: &str = "name, email, mfa:none, asked:enrol, required:project, exempt …";

/// At most so many rows are measured.
const MEASURED: usize = 500;

impl Mfa {
    pub(super) fn draw_screen(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let panes = Panes::of(area, self.current().is_some());
        let title = TextLine::styled("MFA", view.style(Role::Title));
        let remark = TextLine::styled(self.remark(view), view.style(Role::Muted));
        let inner = pane(frame, panes.list, title, remark, view.focused, view);
        let inner = self.list.draw_filter(frame, inner, FILTER_HINT, view);
        if self.rows.shown() == 0 {
            self.draw_nothing(frame, inner, view);
        } else {
            self.draw_table(frame, inner, view);
        }
        let Some(place) = panes.detail else { return };
        let Some(line) = self.current() else { return };
        let title = TextLine::styled(line.person.name.to_string(), view.style(Role::Title));
        let inner = pane(frame, place, title, TextLine::default(), false, view);
        let lines = self.facts(line, view).lines(usize::from(inner.width), view);
        self.list.detail.draw(frame, inner, &lines, view);
    }

    /// `12 have one · 7 to enrol · 40 unknown`
    fn remark(&self, view: &View<'_>) -> String {
        if self.rows.all().is_empty() {
            return String::new();
        }
        let of = |n: usize| number(n as u64);
        let mut words = format!("{} have one · {} to enrol", of(self.tally.enrolled), of(self.tally.enrol));
        if self.tally.unknown > 0 {
            words.push_str(" · ");
            words.push_str(&of(self.tally.unknown));
            words.push_str(" unknown");
        }
        view.parts(&words)
    }

    fn draw_table(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let row = |at: usize| self.rows.at(at).map_or_else(Row::default, |line| row(line, view));
        let mut content = vec![0u16; Line::COLUMNS.len()];
        for at in 0..self.rows.shown().min(MEASURED) {
            for (width, cell) in content.iter_mut().zip(&row(at).cells) {
                *width = (*width).max(cell.words.width().min(200) as u16);
            }
        }
        self.list.draw_rows(frame, area, &self.rows, &content, &row, view);
    }

    fn draw_nothing(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let muted = view.style(Role::Muted);
        let lines = if self.loading {
            vec![TextLine::styled("The members are still being loaded.", muted)]
        } else if self.list.filter().is_empty() {
            vec![TextLine::styled("There are no members that you can see.", muted)]
        } else {
            let filter = crate::identity::text::shown(self.list.filter()).into_owned();
            let clear = if self.list.is_filtering() { Action::Abandon } else { Action::Back };
            vec![
                TextLine::styled(format!("No member matches {filter}."), muted),
                hint(&[(clear, "clears the filter")], view),
            ]
        };
        let place = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), place);
    }

    fn facts(&self, line: &Line, view: &View<'_>) -> Fields {
        let mut fields = Fields::new();
        let email = if line.email.is_empty() { "none known".to_owned() } else { line.email.to_string() };
        if line.current {
            fields.add("email", email);
        } else {
            fields.dim("email", format!("{email} ? stored copy, may be out of date"));
        }
        match &line.mfa {
            Seen::Known(mfa) if mfa.enrolled => {
                let words: Vec<&str> =
                    mfa.enrolled_methods().into_iter().map(crate::identity::Factor::words).collect();
                fields.add("enrolled", words.join(", "));
            }
            Seen::Known(_) => {
                fields.add("enrolled", "no second factor");
            }
            Seen::Unknown(why) => {
                fields.dim("enrolled", format!("unknown: {}", unseen(*why)));
            }
        }
        match &line.standing.required {
            Seen::Known(by) => fields.add("required by", by.words()),
            Seen::Unknown(why) => fields.dim("required by", format!("unknown: {}", unseen(*why))),
        };
        let asked = match line.standing.asked {
            Asked::Factor => "asks for the factor".to_owned(),
            Asked::Enrol => "asks to enrol a factor first".to_owned(),
            Asked::Nothing => "asks for nothing else".to_owned(),
            Asked::Unknown(_) => "not known what it asks for".to_owned(),
        };
        fields.add("a password", asked);
        if let Some(by) = &line.standing.exempt {
            fields.say(
                "exempt",
                vec![
                    (format!("comes by {}", by.words()), Role::Text),
                    (" and is not asked for a factor here".to_owned(), Role::Muted),
                ],
            );
        }
        if !line.person.active {
            fields.say("state", vec![("not active".to_owned(), Role::Warn)]);
        }
        self.project_facts(&mut fields, line, view);
        fields
    }

    fn project_facts(&self, fields: &mut Fields, line: &Line, view: &View<'_>) {
        let Some(rules) = self.rules.value().and_then(|rules| rules.of(&line.project)) else { return };
        match &rules.required {
            Seen::Known(true) => fields.add("project", "requires a factor of every password sign-in"),
            Seen::Known(false) => fields.dim("project", "requires no factor"),
            Seen::Unknown(why) => fields.dim("project", format!("unknown: {}", unseen(*why))),
        };
        if let Seen::Known(allowed) = &rules.allowed {
            let words: Vec<&str> = allowed.iter().map(|factor| factor.words()).collect();
            fields.dim("allowed", words.join(&format!(" {} ", view.glyphs.dot)));
        }
    }
}

fn row(line: &Line, view: &View<'_>) -> Row {
    let asked_role = match line.standing.asked {
        Asked::Factor => Role::Text,
        Asked::Enrol => Role::Warn,
        Asked::Nothing | Asked::Unknown(_) => Role::Muted,
    };
    let enrolled_role = match &line.mfa {
        Seen::Known(mfa) if mfa.enrolled => Role::Text,
        _ => Role::Muted,
    };
    let required_role = match &line.standing.required {
        Seen::Known(RequiredBy::Nobody) | Seen::Unknown(_) => Role::Muted,
        Seen::Known(_) => Role::Text,
    };
    let finding = (line.standing.asked == Asked::Enrol && line.person.active)
        .then_some((view.glyphs.warning, Role::Warn));
    let exempt = line.standing.exempt.as_ref().map_or(String::new(), |by| by.idp().to_string());
    let name = if line.person.name.is_empty() { "no name".to_owned() } else { line.person.name.to_string() };
    let signs = Signs { finding, dim: !line.person.active, ..Signs::default() };
    Row { signs, cells: Vec::with_capacity(Line::COLUMNS.len()) }
        .cell(name, Role::Text)
        .cell(line.enrolled(), enrolled_role)
        .cell(asked(&line.standing), asked_role)
        .cell(exempt, Role::Muted)
        .cell(required(&line.standing), required_role)
        .cell(line.email.to_string(), Role::Muted)
        .cell(if line.person.active { "yes" } else { "no" }, Role::Muted)
        .cell(line.reported().unknown_because().unwrap_or_default(), Role::Muted)
}

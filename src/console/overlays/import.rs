//! Many changes from a CSV file: which file, what its rows come to, and on to the plan. Nothing is sent before that.

mod rows;

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use self::rows::{one_line, row_lines};
use super::Overlay;
use super::plan::{Origin, PlanDialog};
use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::{Answer, Question};
use crate::console::key::Key;
use crate::console::model::{Ctx, Hit, Model, Note, View};
use crate::console::session::Session;
use crate::console::slot::Slot;
use crate::console::theme::Role;
use crate::console::widgets::form::{Choice, Field, Form};
use crate::console::widgets::lines::Lines;
use crate::console::widgets::scroll::Scroll;
use crate::console::widgets::shorten::wrap;
use crate::console::widgets::{dialog, progress};
use crate::console::words::{count, number};
use crate::identity::text::shown;
use crate::workflows::bulk::{ComesTo, Encoding, Preview, Previewed};

const WIDTH: u16 = 100;
/// So many rows of a kind are told in full.
const IN_FULL: usize = 300;

/// How far it is.
#[derive(Debug)]
enum Stage {
    /// The file is being typed.
    File,
    /// Its rows are being looked at: how many of how many.
    Looking { since: Timestamp, seen: usize, of: usize },
    /// What they come to.
    Looked(Arc<Preview>),
}

/// The overlay.
#[derive(Debug)]
pub struct ImportView {
    form: Form,
    stage: Stage,
    wrong: Option<String>,
    leave_out: bool,
    /// The plan is being made.
    planning: Option<Timestamp>,
    reason: String,
    scroll: Scroll,
}

impl Default for ImportView {
    fn default() -> Self {
        let form = Form::new(vec![
            Field::text("path", "file", "")
                .required("Name a CSV file.")
                .hint("in the folder you started in, or a whole path"),
            Field::choice(
                "encoding",
                "written as",
                vec![
                    Choice::new("unicode", "UTF-8, or UTF-16 with a byte order mark"),
                    Choice::new("windows-1252", "what spreadsheets on Windows write as \"CSV\""),
                ],
                Some("unicode"),
            ),
        ]);
        let (reason, scroll) = (String::new(), Scroll::default());
        Self { form, stage: Stage::File, wrong: None, leave_out: false, planning: None, reason, scroll }
    }
}

impl ImportView {
    fn path(&self) -> PathBuf {
        crate::console::words::home(self.form.value("path").trim())
    }

    fn submit(&mut self, ctx: &mut Ctx) {
        if self.form.complete() {
            self.look(ctx);
        }
    }

    fn look(&mut self, ctx: &mut Ctx) {
        self.wrong = None;
        self.stage = Stage::Looking { since: ctx.now, seen: 0, of: 0 };
        let encoding = match self.form.value("encoding") {
            "windows-1252" => Encoding::Windows1252,
            _ => Encoding::Unicode,
        };
        ctx.ask(Slot::Proposal, Question::Sheet { path: self.path(), encoding });
    }

    fn plan(&mut self, ctx: &mut Ctx) {
        let Stage::Looked(preview) = &self.stage else { return };
        let (preview, leave_out_unclear) = (Arc::clone(preview), self.leave_out);
        self.planning = Some(ctx.now);
        ctx.ask(Slot::Proposal, Question::SheetPlan { preview, leave_out_unclear });
    }

    fn back_to_file(&mut self) {
        self.stage = Stage::File;
        self.leave_out = false;
        self.planning = None;
        self.scroll = Scroll::default();
    }

    fn lines<'a>(&self, preview: &'a Preview, width: usize, view: &'a View<'_>) -> Lines<'a> {
        let counts = preview.counts();
        let dot = view.glyphs.dot;
        let words = format!(
            "{} {dot} {} to change {dot} {} already so {dot} {} unclear",
            count(preview.rows.len() as u64, "row", "rows"),
            number(counts.changes as u64),
            number(counts.already_so as u64),
            number(counts.unclear as u64),
        );
        let mut lines = vec![Line::styled(words, view.style(Role::Title))];
        let said = if counts.unclear == 0 {
            "Nothing was sent; the plan comes next."
        } else if self.leave_out {
            "The unclear rows are left out; nothing was sent."
        } else {
            "Nothing runs while a row is unclear: mend the file, or leave those rows out."
        };
        let muted = view.style(Role::Muted);
        let said = match self.planning {
            Some(since) => format!("{} The plan is being made.", view.spinner(since)),
            None => said.to_owned(),
        };
        lines.extend(wrap(&said, width).into_iter().map(|part| Line::styled(part, muted)));
        // What needs somebody stands first.
        let unclear = |row: &&Previewed| matches!(row.comes_to, ComesTo::Unclear(_));
        let changes = |row: &&Previewed| matches!(row.comes_to, ComesTo::Changes(_));
        let so = |row: &&Previewed| matches!(row.comes_to, ComesTo::AlreadySo { .. });
        let groups: [(&str, Vec<&Previewed>); 3] = [
            ("Unclear", preview.rows.iter().filter(unclear).collect()),
            ("To change", preview.rows.iter().filter(changes).collect()),
            ("Already so", preview.rows.iter().filter(so).collect()),
        ];
        let mut lines = Lines::from(lines);
        for (head, rows) in groups.into_iter().filter(|(_, rows)| !rows.is_empty()) {
            let words = format!("{head}: {}", number(rows.len() as u64));
            let mut full = vec![Line::default(), Line::styled(words, view.style(Role::Title))];
            for row in rows.iter().take(IN_FULL) {
                row_lines(&mut full, row, width, view);
            }
            lines.add(full);
            let rest = rows.len().saturating_sub(IN_FULL);
            lines.add_rows(rest, move |at| one_line(rows[IN_FULL + at], width, view));
        }
        lines
    }
}

impl Model for ImportView {
    fn scopes(&self) -> Vec<Scope> {
        match self.stage {
            Stage::File => vec![Scope::Form, Scope::Dialog],
            Stage::Looking { .. } | Stage::Looked(_) => vec![Scope::Form, Scope::Access, Scope::Dialog],
        }
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        match (&self.stage, action) {
            (Stage::File, _) => self.form.availability(action),
            (_, Action::Close | Action::AccessDown | Action::AccessUp) => Availability::Ready,
            (Stage::Looked(_), _) if self.planning.is_some() => {
                Availability::because("the plan is being made")
            }
            (Stage::Looked(preview), Action::Submit) => {
                let counts = preview.counts();
                if counts.changes == 0 {
                    Availability::because("no row changes anything")
                } else if counts.unclear > 0 && !self.leave_out {
                    Availability::because("rows are unclear; mend the file, or leave them out")
                } else {
                    Availability::Ready
                }
            }
            (Stage::Looked(preview), Action::Details) => Availability::ready_if(preview.counts().unclear > 0),
            _ => Availability::Hidden,
        }
    }

    fn label(&self, action: Action) -> Option<&'static str> {
        match action {
            Action::Submit if matches!(self.stage, Stage::Looked(_)) => Some("show plan"),
            Action::Details if self.leave_out => Some("keep unclear"),
            Action::Details => Some("leave out unclear"),
            _ => None,
        }
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match (&self.stage, action) {
            (Stage::File, Action::Submit) => self.submit(ctx),
            (Stage::File | Stage::Looked(_), Action::Close) => {
                ctx.cancel(Slot::Proposal);
                // From the rows back to the file, from there away.
                if matches!(self.stage, Stage::File) { ctx.close() } else { self.back_to_file() }
            }
            (Stage::Looking { .. }, Action::Close) => {
                ctx.cancel(Slot::Proposal);
                self.back_to_file();
            }
            (Stage::File, _) => self.form.act(action),
            (_, Action::AccessDown) => self.scroll.by(3),
            (_, Action::AccessUp) => self.scroll.by(-3),
            (_, Action::Details) => {
                self.leave_out = !self.leave_out;
                self.wrong = None;
            }
            (Stage::Looked(_), Action::Submit) => self.plan(ctx),
            _ => {}
        }
    }

    fn takes_text(&self) -> bool {
        matches!(self.stage, Stage::File) && self.form.takes_text()
    }

    fn typed(&mut self, key: Key, _ctx: &mut Ctx) {
        self.wrong = None;
        self.form.typed(key);
    }

    fn pasted(&mut self, text: &str, _ctx: &mut Ctx) {
        self.wrong = None;
        self.form.pasted(text);
    }

    fn clicked(&mut self, hit: Hit, _ctx: &mut Ctx) {
        if matches!(self.stage, Stage::File) {
            self.form.clicked(hit);
        }
    }

    fn scrolled(&mut self, rows: i32, _ctx: &mut Ctx) {
        self.scroll.by(rows as isize);
    }

    fn waits_for(&self, slot: Slot) -> bool {
        slot == Slot::Proposal && (self.planning.is_some() || matches!(self.stage, Stage::Looking { .. }))
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::Looking { since, .. } => Some(since),
            Stage::File | Stage::Looked(_) => self.planning,
        }
    }

    fn answered(&mut self, _slot: Slot, answer: Answer, ctx: &mut Ctx) {
        match answer {
            Answer::Looking { seen, of } => {
                if let Stage::Looking { seen: known, of: all, .. } = &mut self.stage {
                    (*known, *all) = (seen, of);
                }
            }
            Answer::Looked(preview) => {
                self.stage = Stage::Looked(preview);
                self.scroll = Scroll::default();
            }
            Answer::Plan(plan) => {
                self.planning = None;
                let dialog = PlanDialog::new(*plan, Origin::Form, &self.reason).of_sheet(self.path());
                ctx.open(Overlay::Plan(Box::new(dialog)));
            }
            Answer::NoPlan(why) if self.planning.is_some() => {
                self.planning = None;
                self.wrong = Some(why);
            }
            Answer::NoPlan(why) => {
                self.back_to_file();
                self.wrong = Some(why);
            }
            Answer::Failed(failure) => {
                self.back_to_file();
                self.wrong = Some(format!("{} {}", failure.what, failure.why).trim_end().to_owned());
            }
            _ => {}
        }
    }

    fn told(&mut self, note: &Note, ctx: &mut Ctx) {
        if let Note::PutAside { reason, again } = note {
            self.reason.clone_from(reason);
            if *again {
                // What was done meanwhile is so already.
                self.look(ctx);
            }
        }
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let width = WIDTH.min(area.width.saturating_sub(2));
        let room = usize::from(width.saturating_sub(4));
        let of = match &self.stage {
            Stage::Looked(preview) => preview.source.to_string(),
            Stage::File | Stage::Looking { .. } => "which file".to_owned(),
        };
        let title = format!("Import CSV {} {of}", view.glyphs.dot);
        let title = Line::styled(title, view.style(Role::Title));
        let wrong: Vec<Line<'static>> = self
            .wrong
            .iter()
            .flat_map(|wrong| wrap(&shown(wrong), room))
            .map(|part| Line::styled(part, view.style(Role::Danger)))
            .collect();
        let body: Lines<'_> = match &self.stage {
            Stage::File => {
                let words = "A header and one row a person; `idconsole bulk columns` lists the columns. Rows are looked at first, nothing is sent.";
                let muted = view.style(Role::Muted);
                let parts = wrap(words, room).into_iter().map(|part| Line::styled(part, muted));
                parts.collect::<Vec<_>>().into()
            }
            Stage::Looking { since, seen, of } => {
                let spin = Span::styled(format!("{} ", view.spinner(*since)), view.style(Role::Accent));
                let total = (*of > 0).then_some(*of as u64);
                let mut line = progress::line("looking at row", *seen as u64, total, view);
                line.spans.insert(0, spin);
                vec![line].into()
            }
            // One column is the scroll bar's.
            Stage::Looked(preview) => self.lines(preview, room.saturating_sub(1), view),
        };
        let form = if matches!(self.stage, Stage::File) {
            self.form.height(width.saturating_sub(4), view) + 1
        } else {
            0
        };
        let below = u16::try_from(wrong.len()).unwrap_or(0);
        let wanted = u16::try_from(body.len()).unwrap_or(u16::MAX).saturating_add(form + below + 4);
        let place = dialog::centred(area, width, wanted.clamp(8, area.height.max(8)));
        dialog::margin(frame, place, view);
        let inner = dialog::frame(frame, place, title, Role::BorderFocus, view);
        let fixed = (form + below + 2).min(inner.height);
        let text = Rect { height: inner.height - fixed, ..inner };
        if matches!(self.stage, Stage::Looked(_)) {
            self.scroll.draw_lines(frame, text, &body, view);
        } else {
            for (at, y) in (0..body.len()).zip(text.y..text.bottom()) {
                frame.render_widget(body.at(at), Rect { y, height: 1, ..text });
            }
        }
        let mut y = text.bottom();
        if form > 0 {
            let fields = Rect {
                y: y + 1,
                height: form.saturating_sub(1).min(inner.bottom().saturating_sub(y + 1)),
                ..inner
            };
            self.form.draw(frame, fields, view);
            y += form;
        }
        for line in wrong {
            if y + 1 < inner.bottom() {
                frame.render_widget(line, Rect { y, height: 1, ..inner });
                y += 1;
            }
        }
        let last = Rect { y: inner.bottom().saturating_sub(1), height: 1, ..inner };
        dialog::keys(frame, last, &self.keys(), view);
    }
}

impl ImportView {
    fn keys(&self) -> Vec<(Action, &'static str)> {
        match &self.stage {
            Stage::File => self.form.keys("look at it"),
            Stage::Looking { .. } => vec![(Action::Close, "stop")],
            Stage::Looked(preview) => {
                let counts = preview.counts();
                let mut keys = Vec::new();
                if self.planning.is_none() && counts.changes > 0 && (counts.unclear == 0 || self.leave_out) {
                    keys.push((Action::Submit, "show plan"));
                }
                if self.planning.is_none() && counts.unclear > 0 {
                    keys.push((
                        Action::Details,
                        if self.leave_out { "keep unclear" } else { "leave out unclear" },
                    ));
                }
                keys.extend([(Action::AccessDown, "scroll"), (Action::Close, "back")]);
                keys
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::model::tests::{asked, ctx};
    use crate::console::session::tests::pat;
    use crate::identity::Text;

    // Design 2.5: every wait is visible.
    #[test]
    fn the_making_of_a_plan_is_waited_for_and_nothing_else_is_offered() {
        let mut ctx = ctx(Some(pat()));
        let preview = Arc::new(Preview { source: Text::from("staff.csv"), rows: Vec::new() });
        let mut import = ImportView { stage: Stage::Looked(Arc::clone(&preview)), ..ImportView::default() };
        assert_eq!(import.waiting_since(), None);
        import.act(Action::Submit, &mut ctx);
        assert_eq!(asked(&mut ctx), [Question::SheetPlan { preview, leave_out_unclear: false }]);
        assert_eq!(import.waiting_since(), Some(ctx.now));
        let keys: Vec<Action> = import.keys().into_iter().map(|(action, _)| action).collect();
        assert_eq!(keys, [Action::AccessDown, Action::Close]);
        import.answered(Slot::Proposal, Answer::NoPlan("no".to_owned()), &mut ctx);
        assert_eq!((import.waiting_since(), import.wrong.as_deref()), (None, Some("no")));
        assert!(matches!(import.stage, Stage::Looked(_)), "the rows stay");
    }
}

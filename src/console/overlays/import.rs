//! Many changes from a CSV file: which file, what its rows come to, and on to the plan. Nothing is sent before that.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use super::Overlay;
use super::plan::{Origin, PlanDialog};
use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::{Answer, Question};
use crate::console::key::Key;
use crate::console::model::{Ctx, Hit, Model, Note, View};
use crate::console::session::Session;
use crate::console::slot::Slot;
use crate::console::theme::Role;
use crate::console::widgets::fields::pad;
use crate::console::widgets::form::{Choice, Field, Form};
use crate::console::widgets::lines::Lines;
use crate::console::widgets::scroll::Scroll;
use crate::console::widgets::shorten::{Cut, shorten, wrap};
use crate::console::widgets::{dialog, progress};
use crate::console::words::{count, number};
use crate::identity::text::shown;
use crate::workflows::bulk::{ComesTo, Encoding, Preview, Previewed, result};

const WIDTH: u16 = 100;
/// Widest name in front of a row.
const NAME: usize = 26;
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
    planning: bool,
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
        Self { form, stage: Stage::File, wrong: None, leave_out: false, planning: false, reason, scroll }
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
        self.planning = true;
        ctx.ask(Slot::Proposal, Question::SheetPlan { preview, leave_out_unclear });
    }

    fn back_to_file(&mut self) {
        self.stage = Stage::File;
        self.leave_out = false;
        self.planning = false;
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
        lines.extend(wrap(said, width).into_iter().map(|part| Line::styled(part, muted)));
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

/// Line and name, then what changes or is wrong.
fn told(row: &Previewed, view: &View<'_>) -> (String, String, Role) {
    let name = row.name.as_ref().filter(|name| !name.is_empty()).unwrap_or(&row.named).to_string();
    let name = shorten(&name, NAME, Cut::End, view.glyphs.ellipsis);
    let front = format!("{:>5}  {}  ", number(row.line), pad(&name, NAME));
    let (what, role) = match &row.comes_to {
        ComesTo::Changes(work) => {
            let all: Vec<String> = work.changes.iter().map(result::what).collect();
            let arrow = view.glyphs.arrow;
            (shown(&all.join("; ")).replace('→', arrow), Role::Text)
        }
        ComesTo::AlreadySo { .. } => ("nothing to do".to_owned(), Role::Muted),
        ComesTo::Unclear(problems) => {
            let all: Vec<String> = problems
                .iter()
                .map(|problem| match problem.column {
                    Some(column) => format!("{}: {}", column.heading(), shown(&problem.what)),
                    None => shown(&problem.what).into_owned(),
                })
                .collect();
            (format!("{} {}", view.glyphs.failed, all.join(" ")), Role::Danger)
        }
    };
    (front, what, role)
}

/// The same in one line, for those of very many that are not told in full.
fn one_line(row: &Previewed, width: usize, view: &View<'_>) -> Line<'static> {
    let (front, what, role) = told(row, view);
    let what = shorten(&what, width.saturating_sub(front.width()), Cut::End, view.glyphs.ellipsis);
    Line::from(vec![Span::styled(front, view.style(Role::Muted)), Span::styled(what, view.style(role))])
}

/// Line, name, what changes; what is wrong or worth a look below it.
fn row_lines(lines: &mut Vec<Line<'static>>, row: &Previewed, width: usize, view: &View<'_>) {
    let (front, what, role) = told(row, view);
    let room = width.saturating_sub(front.width()).max(8);
    let mut front = Span::styled(front, view.style(Role::Muted));
    let indent = " ".repeat(front.width());
    for part in wrap(&what, room) {
        lines.push(Line::from(vec![front, Span::styled(part, view.style(role))]));
        front = Span::raw(indent.clone());
    }
    let mut notes: Vec<(&'static str, Role, String)> = Vec::new();
    if let ComesTo::Changes(work) = &row.comes_to {
        if work.closes() {
            notes.push((view.glyphs.warning, Role::Warn, "a way to sign in closes".to_owned()));
        }
        if work.opens() {
            notes.push((view.glyphs.ok, Role::Ok, "a way to sign in opens".to_owned()));
        }
        if work.cannot_be_said() {
            let words = "whether a way to sign in opens or closes cannot be said";
            notes.push(("?", Role::Muted, words.to_owned()));
        }
    }
    notes.extend(row.notes.iter().map(|note| (view.glyphs.warning, Role::Warn, shown(note).into_owned())));
    for (glyph, role, note) in notes {
        let mut front = Span::styled(format!("{indent}{glyph} "), view.style(role));
        for part in wrap(&note, room.saturating_sub(2).max(8)) {
            lines.push(Line::from(vec![front, Span::styled(part, view.style(Role::Muted))]));
            front = Span::raw(format!("{indent}  "));
        }
    }
}

impl Model for ImportView {
    fn scopes(&self) -> Vec<Scope> {
        match self.stage {
            Stage::File => vec![Scope::Form, Scope::Dialog],
            Stage::Looking { .. } | Stage::Looked(_) => vec![Scope::Access, Scope::Dialog],
        }
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        match (&self.stage, action) {
            (Stage::File, _) => self.form.availability(action),
            (_, Action::Close | Action::AccessDown | Action::AccessUp) => Availability::Ready,
            (Stage::Looked(_), _) if self.planning => Availability::because("the plan is being made"),
            (Stage::Looked(preview), Action::AccessAsk) => {
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
            Action::AccessAsk => Some("show plan"),
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
            (_, Action::AccessAsk) => self.plan(ctx),
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
        slot == Slot::Proposal && (self.planning || matches!(self.stage, Stage::Looking { .. }))
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::Looking { since, .. } => Some(since),
            Stage::File | Stage::Looked(_) => None,
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
                self.planning = false;
                let dialog = PlanDialog::new(*plan, Origin::Form, &self.reason).of_sheet(self.path());
                ctx.open(Overlay::Plan(Box::new(dialog)));
            }
            Answer::NoPlan(why) if self.planning => {
                self.planning = false;
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
                if counts.changes > 0 && (counts.unclear == 0 || self.leave_out) {
                    keys.push((Action::AccessAsk, "show plan"));
                }
                if counts.unclear > 0 {
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

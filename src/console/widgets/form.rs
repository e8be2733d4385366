//! A form: fields under each other, what is wrong said under the field as it is typed. Shared by every dialog that
//! asks for something.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

use super::input::Input;
use crate::console::action::{Action, Availability};
use crate::console::key::Key;
use crate::console::model::{Hit, View};
use crate::console::theme::Role;

/// Columns of a label with its gap.
const LABELS: u16 = 19;

/// One thing that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What the form's value is then.
    pub value: String,
    /// What is shown; safe to show.
    pub words: String,
    /// A dim explanation behind it.
    pub help: String,
}

impl Choice {
    /// A choice that is shown as it is.
    pub fn new(value: &str, help: &str) -> Self {
        Self { value: value.to_owned(), words: value.to_owned(), help: help.to_owned() }
    }
}

/// How a field is filled in.
#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Text(Box<Input>),
    Choice { choices: Vec<Choice>, at: Option<usize> },
}

/// One field.
#[derive(Debug, Clone)]
pub struct Field {
    id: &'static str,
    label: &'static str,
    kind: Kind,
    hint: String,
    required: Vec<(Option<When>, &'static str)>,
    check: fn(&str) -> Option<String>,
    taken: Option<Taken>,
    when: Option<When>,
}

/// Values that are in use, and what is said of one.
type Taken = (Vec<String>, fn(&str) -> String);

/// Another field has one of these values.
type When = (&'static str, &'static [&'static str]);

impl Field {
    fn new(id: &'static str, label: &'static str, kind: Kind) -> Self {
        let (hint, required) = (String::new(), Vec::new());
        Self { id, label, kind, hint, required, check: |_| None, taken: None, when: None }
    }

    /// A line to type, with `text` in it.
    pub fn text(id: &'static str, label: &'static str, text: &str) -> Self {
        Self::new(id, label, Kind::Text(Box::new(Input::new(text))))
    }

    /// A line that shows dots.
    pub fn secret(id: &'static str, label: &'static str) -> Self {
        Self::new(id, label, Kind::Text(Box::new(Input::secret())))
    }

    /// One of several; `value` is chosen already when it is among them.
    pub fn choice(id: &'static str, label: &'static str, choices: Vec<Choice>, value: Option<&str>) -> Self {
        let at = value.and_then(|value| choices.iter().position(|choice| choice.value == value));
        Self::new(id, label, Kind::Choice { choices, at })
    }

    /// Yes or no.
    pub fn yes_no(id: &'static str, label: &'static str, yes: bool, help: &str) -> Self {
        let choices = vec![Choice::new("yes", help), Choice::new("no", help)];
        Self::choice(id, label, choices, Some(if yes { "yes" } else { "no" }))
    }

    /// What stands in the empty field.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: hint.into(), ..self }
    }

    /// What is said when it is left empty.
    #[must_use]
    pub fn required(mut self, complaint: &'static str) -> Self {
        self.required.push((None, complaint));
        self
    }

    /// What is said when it is left empty while another field has one of these values.
    #[must_use]
    pub fn required_when(
        mut self,
        field: &'static str,
        values: &'static [&'static str],
        complaint: &'static str,
    ) -> Self {
        self.required.push((Some((field, values)), complaint));
        self
    }

    /// What is said of a value that is taken already.
    #[must_use]
    pub fn not_among(self, taken: Vec<String>, complaint: fn(&str) -> String) -> Self {
        Self { taken: Some((taken, complaint)), ..self }
    }

    /// What is wrong with a value that is not empty, if anything.
    #[must_use]
    pub fn check(self, check: fn(&str) -> Option<String>) -> Self {
        Self { check, ..self }
    }

    /// Shown only while another field has one of these values.
    #[must_use]
    pub fn when(self, field: &'static str, values: &'static [&'static str]) -> Self {
        Self { when: Some((field, values)), ..self }
    }

    fn value(&self) -> &str {
        match &self.kind {
            Kind::Text(input) => input.text(),
            Kind::Choice { choices, at } => {
                at.and_then(|at| choices.get(at)).map_or("", |choice| choice.value.as_str())
            }
        }
    }

    fn is_blank(&self) -> bool {
        self.value().trim().is_empty()
    }

    fn wrong(&self) -> Option<String> {
        let value = self.value().trim();
        (self.check)(self.value()).or_else(|| {
            let (taken, complaint) = self.taken.as_ref()?;
            taken.iter().any(|taken| taken == value).then(|| complaint(value))
        })
    }
}

/// Fields and which one has the keys.
#[derive(Debug, Clone)]
pub struct Form {
    fields: Vec<Field>,
    focus: usize,
    /// Complaints about fields that are still empty are made only after an attempt to go on.
    tried: bool,
}

impl Form {
    /// A form with the first field in focus.
    pub fn new(fields: Vec<Field>) -> Self {
        Self { fields, focus: 0, tried: false }
    }

    /// The value of a field; empty when it is not shown now.
    pub fn value(&self, id: &str) -> &str {
        self.field(id).filter(|field| self.is_shown(field)).map_or("", Field::value)
    }

    /// The value without blanks around it; `None` when nothing was entered.
    pub fn given(&self, id: &str) -> Option<&str> {
        Some(self.value(id).trim()).filter(|value| !value.is_empty())
    }

    /// Whether a yes-or-no field says yes.
    pub fn says_yes(&self, id: &str) -> bool {
        self.value(id) == "yes"
    }

    /// Offers other choices; a value that is still among them stays.
    pub fn offer(&mut self, id: &str, offered: Vec<Choice>) {
        for field in &mut self.fields {
            if field.id != id {
                continue;
            }
            let kept = field.value().to_owned();
            let at = offered.iter().position(|choice| choice.value == kept);
            field.kind = Kind::Choice { choices: offered, at };
            return;
        }
    }

    /// Takes one of the choices of a field; false when it is not among them.
    pub fn choose(&mut self, id: &str, value: &str) -> bool {
        let field = self.fields.iter_mut().find(|field| field.id == id);
        let Some(Field { kind: Kind::Choice { choices, at }, .. }) = field else { return false };
        match choices.iter().position(|choice| choice.value == value) {
            Some(found) => {
                *at = Some(found);
                true
            }
            None => false,
        }
    }

    /// Replaces the text of a field.
    pub fn fill(&mut self, id: &str, text: &str) {
        if let Some(Field { kind: Kind::Text(input), .. }) =
            self.fields.iter_mut().find(|field| field.id == id)
        {
            input.set(text);
        }
    }

    /// Shows dots in place of a text, or no longer.
    pub fn veil(&mut self, id: &str, secret: bool) {
        let field = self.fields.iter_mut().find(|field| field.id == id);
        if let Some(Field { kind: Kind::Text(input), .. }) = field {
            input.veil(secret);
        }
    }

    /// Gives a field the keys.
    pub fn focus_on(&mut self, id: &str) {
        if let Some(at) = self.fields.iter().position(|field| field.id == id) {
            self.focus = at;
        }
    }

    /// Puts a text where nothing was typed yet.
    pub fn fill_empty(&mut self, id: &str, text: &str) {
        if self.value(id).is_empty() {
            self.fill(id, text);
        }
    }

    fn field(&self, id: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.id == id)
    }

    fn is_shown(&self, field: &Field) -> bool {
        field.when.is_none_or(|when| self.holds(when))
    }

    fn holds(&self, (other, values): When) -> bool {
        self.field(other).is_some_and(|other| self.is_shown(other) && values.contains(&other.value()))
    }

    /// What is wrong with a field, be it a gap or a mistake.
    fn wrong(&self, field: &Field) -> Option<String> {
        if !field.is_blank() {
            return field.wrong();
        }
        let needed = field.required.iter().find(|(when, _)| when.is_none_or(|when| self.holds(when)));
        needed.map(|(_, complaint)| (*complaint).to_owned())
    }

    fn shown(&self) -> Vec<usize> {
        (0..self.fields.len()).filter(|&at| self.is_shown(&self.fields[at])).collect()
    }

    /// True when everything is filled in and nothing is wrong; otherwise the first field that is not gets the keys.
    pub fn complete(&mut self) -> bool {
        self.tried = true;
        let wrong = self.shown().into_iter().find(|&at| self.wrong(&self.fields[at]).is_some());
        if let Some(at) = wrong {
            self.focus = at;
        }
        wrong.is_none()
    }

    /// The keys type text now.
    pub fn takes_text(&self) -> bool {
        self.fields.get(self.focus).is_some_and(|field| matches!(field.kind, Kind::Text(_)))
    }

    /// What a form answers for its own actions.
    pub fn availability(&self, action: Action) -> Availability {
        Availability::ready_if(match action {
            Action::NextField | Action::PreviousField => self.shown().len() > 1,
            Action::Submit | Action::Close => true,
            Action::NextChoice | Action::PreviousChoice => !self.takes_text(),
            _ => false,
        })
    }

    /// Moves the focus or changes a choice.
    pub fn act(&mut self, action: Action) {
        match action {
            Action::NextField => self.step(1),
            Action::PreviousField => self.step(-1),
            Action::NextChoice => self.cycle(1),
            Action::PreviousChoice => self.cycle(-1),
            _ => {}
        }
    }

    fn step(&mut self, by: isize) {
        let shown = self.shown();
        let at = shown.iter().position(|&at| at == self.focus).unwrap_or(0);
        if !shown.is_empty() {
            self.focus = shown[(at + shown.len()).saturating_add_signed(by) % shown.len()];
        }
    }

    fn cycle(&mut self, by: isize) {
        if let Some(Field { kind: Kind::Choice { choices, at }, .. }) = self.fields.get_mut(self.focus)
            && !choices.is_empty()
        {
            let count = choices.len();
            *at = Some(match *at {
                Some(at) => (at + count).saturating_add_signed(by) % count,
                None if by < 0 => count - 1,
                None => 0,
            });
        }
    }

    /// A key that edits the text of the field in focus.
    pub fn typed(&mut self, key: Key) {
        if let Some(Field { kind: Kind::Text(input), .. }) = self.fields.get_mut(self.focus) {
            input.typed(key);
        }
    }

    /// Text pasted into the field in focus.
    pub fn pasted(&mut self, text: &str) {
        if let Some(Field { kind: Kind::Text(input), .. }) = self.fields.get_mut(self.focus) {
            input.pasted(text);
        }
    }

    /// A click on a field: takes the focus, a second one changes a choice.
    pub fn clicked(&mut self, hit: Hit) {
        if let Hit::Part(at) = hit
            && at < self.fields.len()
        {
            if self.focus == at {
                self.cycle(1);
            }
            self.focus = at;
        }
    }

    /// Mistakes are told at once, gaps only after an attempt to go on.
    fn complaint(&self, field: &Field) -> Option<String> {
        self.wrong(field).filter(|_| self.tried || !field.is_blank())
    }

    /// Rows that it needs in this width.
    pub fn height(&self, width: u16, view: &View<'_>) -> u16 {
        let rows = self.shown().into_iter().map(|at| self.rows(at, width, view));
        u16::try_from(rows.sum::<usize>()).unwrap_or(u16::MAX)
    }

    /// Rows of one field with what is wrong with it.
    fn rows(&self, at: usize, width: u16, view: &View<'_>) -> usize {
        let complaint = self.complaint(&self.fields[at]);
        1 + complaint.map_or(0, |wrong| said(&wrong, view).line_count(width.saturating_sub(LABELS)))
    }

    /// The fields to draw: from the top, or from further down where the one in focus would not be seen.
    fn in_view(&self, area: Rect, view: &View<'_>) -> Vec<usize> {
        let shown = self.shown();
        let focus = shown.iter().position(|&at| at == self.focus).unwrap_or(0);
        let mut first = focus;
        let mut room = usize::from(area.height).saturating_sub(self.rows(self.focus, area.width, view));
        while first > 0 {
            let rows = self.rows(shown[first - 1], area.width, view);
            if rows > room {
                break;
            }
            room -= rows;
            first -= 1;
        }
        shown[first..].to_vec()
    }

    /// Draws the fields from the top of `area`.
    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let mut y = area.y;
        for at in self.in_view(area, view) {
            if y >= area.bottom() {
                break;
            }
            let field = &self.fields[at];
            let here = at == self.focus;
            let row = Rect { y, height: 1, ..area };
            let bar = if here {
                Span::styled(format!("{} ", view.glyphs.bar), view.style(Role::Accent))
            } else {
                Span::raw("  ")
            };
            let label = Span::styled(field.label, view.style(if here { Role::Title } else { Role::Muted }));
            frame.render_widget(Line::from(vec![bar, label]), row);
            let value =
                Rect { x: row.x + LABELS.min(row.width), width: row.width.saturating_sub(LABELS), ..row };
            match &field.kind {
                Kind::Text(input) => input.draw(frame, value, view, here, &field.hint),
                Kind::Choice { choices, at } => {
                    let line = match at.and_then(|at| choices.get(at)) {
                        Some(choice) => Line::from(vec![
                            Span::styled(choice.words.clone(), view.style(Role::Text)),
                            Span::styled(format!("  {}", choice.help), view.style(Role::Muted)),
                        ]),
                        None => Line::styled(field.hint.clone(), view.style(Role::Muted)),
                    };
                    frame.render_widget(line, value);
                }
            }
            view.hit(row, Hit::Part(at));
            y += 1;
            if let Some(wrong) = self.complaint(field) {
                let text = said(&wrong, view);
                let height = u16::try_from(text.line_count(value.width)).unwrap_or(1);
                let height = height.min(area.bottom().saturating_sub(y));
                frame.render_widget(text, Rect { y, height, ..value });
                y += height;
            }
        }
    }

    /// The keys of the form, for the last line of its dialog.
    pub fn keys(&self, submit: &'static str) -> Vec<(Action, &'static str)> {
        let mut keys = vec![(Action::Submit, submit)];
        if !self.takes_text() {
            keys.push((Action::NextChoice, "change"));
        }
        if self.shown().len() > 1 {
            keys.push((Action::NextField, "next"));
        }
        keys.push((Action::Close, "cancel"));
        keys
    }
}

fn said(wrong: &str, view: &View<'_>) -> Paragraph<'static> {
    Paragraph::new(Line::from(vec![
        Span::styled(format!("{} ", view.glyphs.failed), view.style(Role::Danger)),
        Span::styled(wrong.to_owned(), view.style(Role::Text)),
    ]))
    .wrap(Wrap { trim: true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::key::parse_typed;

    fn form() -> Form {
        let scope = vec![Choice::new("project", ""), Choice::new("server", "")];
        Form::new(vec![
            Field::text("name", "name", "").required("Somebody needs a name."),
            Field::choice("scope", "scope", scope, Some("project")),
            Field::text("email", "email", "")
                .when("scope", &["server"])
                .check(|email| (!email.contains('@')).then(|| "An address has an @.".to_owned())),
        ])
    }

    fn type_into(form: &mut Form, keys: &str) {
        for key in parse_typed(keys).unwrap() {
            form.typed(key);
        }
    }

    #[test]
    fn a_gap_is_told_when_going_on_and_gets_the_keys() {
        let mut form = form();
        form.act(Action::NextField);
        assert_eq!(form.complaint(&form.fields[0]), None);
        assert!(!form.complete());
        assert_eq!(form.complaint(&form.fields[0]).as_deref(), Some("Somebody needs a name."));
        type_into(&mut form, "Jane");
        assert!(form.complete());
        assert_eq!(form.given("name"), Some("Jane"));
    }

    #[test]
    fn a_field_that_is_not_shown_has_no_value_and_no_mistakes() {
        let mut form = form();
        type_into(&mut form, "Jane");
        form.act(Action::NextField);
        form.act(Action::NextChoice);
        form.act(Action::NextField);
        type_into(&mut form, "jane");
        assert_eq!(form.value("email"), "jane");
        assert!(!form.complete(), "a mistake in it is one while it is shown");
        form.act(Action::PreviousField);
        form.act(Action::PreviousChoice);
        assert_eq!(form.value("email"), "");
        assert!(form.complete());
    }

    #[test]
    fn a_choice_stays_when_others_are_offered() {
        let mut form = form();
        form.offer("scope", vec![Choice::new("other", ""), Choice::new("project", "")]);
        assert_eq!(form.value("scope"), "project");
        form.offer("scope", vec![Choice::new("other", "")]);
        assert_eq!(form.value("scope"), "");
    }
}

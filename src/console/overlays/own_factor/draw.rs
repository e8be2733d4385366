//! Drawing the own second factor, and the form for a code beside its QR code.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::OwnFactorView;
use super::code::{CodeForm, Purpose};
use crate::console::action::{Action, Availability};
use crate::console::model::{Model as _, View};
use crate::console::theme::Role;
use crate::console::widgets::fields::Fields;
use crate::console::widgets::{dialog, qr};
use crate::console::words::wrap;
use crate::identity::text::shown;
use crate::identity::{Enrolment, Factor, OwnFactor, Seen};

const WIDTH: u16 = 74;
/// Columns of the words and fields beside a QR code, and between the two.
const BESIDE: u16 = 46;
const BETWEEN: u16 = 3;
/// What the frame takes of a dialog in either direction.
const FRAME: (u16, u16) = (4, 2);
/// The margin around a dialog.
const MARGIN: u16 = 2;
/// The line of keys and the blank one above.
const KEYS: u16 = 2;

impl OwnFactorView {
    pub(super) fn draw_dialog(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        if !view.focused {
            return;
        }
        let width = WIDTH.min(area.width.saturating_sub(MARGIN));
        let room = usize::from(width.saturating_sub(FRAME.0));
        let lines = self.lines(room, view);
        let place = dialog::centred(area, width, lines.len() as u16 + KEYS + FRAME.1);
        dialog::margin(frame, place, view);
        let title = Line::styled("Your own second factor", view.style(Role::Title));
        let inner = dialog::frame(frame, place, title, Role::BorderFocus, view);
        frame.render_widget(Paragraph::new(lines), above_keys(inner));
        let offered = [
            (Action::EnrolOwnApp, "enrol an app"),
            (Action::EnrolOwnMail, "enrol mail"),
            (Action::DisableOwn, "disable"),
            (Action::Close, "close"),
        ];
        let ready = |action: Action| self.availability(action, view.session) == Availability::Ready;
        let keys: Vec<_> = offered.into_iter().filter(|(action, _)| ready(*action)).collect();
        dialog::keys(frame, last(inner), &keys, view);
    }

    fn lines(&self, room: usize, view: &View<'_>) -> Vec<Line<'static>> {
        let mut fields = Fields::new();
        match (self.own.value(), self.own.error()) {
            (Some(own), _) => facts(&mut fields, own, view),
            (None, Some(failure)) => {
                let words = [failure.what.as_str(), failure.why.as_str(), failure.next.as_str()].join(" ");
                fields.point(view.glyphs.failed, Role::Danger, words.trim_end());
            }
            (None, None) => {
                fields.words("Asking the platform how you stand", Role::Muted);
            }
        }
        fields.lines(room, view)
    }
}

fn words_of(factors: &[Factor], none: &str, view: &View<'_>) -> String {
    let words: Vec<&str> = factors.iter().map(|factor| factor.words()).collect();
    if words.is_empty() { none.to_owned() } else { words.join(&format!(" {} ", view.glyphs.dot)) }
}

fn facts(fields: &mut Fields, own: &OwnFactor, view: &View<'_>) {
    match &own.methods {
        Seen::Known(methods) => fields.add("enrolled", words_of(methods, "no second factor", view)),
        Seen::Unknown(why) => fields.add("enrolled", format!("yes, which one is unknown: {why}")),
    };
    match &own.allowed {
        Seen::Known(allowed) => fields.add("allowed", words_of(allowed, "none", view)),
        Seen::Unknown(why) => fields.dim("allowed", format!("unknown: {why}")),
    };
    fields.add("required", own.required_words());
    fields.gap();
    if own.required && !own.enrolled {
        let words = "Your next password sign-in asks you to enrol one first.";
        fields.point(view.glyphs.warning, Role::Warn, words);
    } else if own.enrolled {
        fields.words("Your next password sign-in asks you for a code.", Role::Text);
    } else {
        fields.words("Your password alone signs you in.", Role::Text);
    }
    let words = "Only password sign-ins ask for a factor; this session goes on whatever you change here.";
    fields.words(words, Role::Muted);
}

fn last(inner: Rect) -> Rect {
    Rect { y: inner.bottom().saturating_sub(1), height: 1.min(inner.height), ..inner }
}

fn above_keys(inner: Rect) -> Rect {
    Rect { height: inner.height.saturating_sub(KEYS), ..inner }
}

impl CodeForm {
    /// Nothing of it is seen behind another dialog, the key least of all.
    pub(super) fn draw_dialog(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        if !view.focused {
            return;
        }
        let most = Rect {
            width: area.width.saturating_sub(MARGIN + FRAME.0),
            height: area.height.saturating_sub(FRAME.1 + KEYS),
            ..area
        };
        let beside = Rect { width: most.width.saturating_sub(BESIDE + BETWEEN), ..most };
        let uri = self.enrolment.value().map(|enrolment| enrolment.uri.expose());
        let picture = uri.and_then(|uri| qr::fitting(uri, beside, view.glyphs.ascii));
        let size = picture.as_ref().map(|rows| qr::size(rows));
        let width = match size {
            Some((wide, _)) => most.width.min(wide + BETWEEN + BESIDE + 14),
            None => most.width.min(WIDTH - FRAME.0),
        };
        let words_width = size.map_or(width, |(wide, _)| width - wide - BETWEEN);
        let words = self.words(usize::from(words_width), size.is_some(), view);
        let form = self.form.height(words_width, view);
        let height = (words.len() as u16 + 1 + form).max(size.map_or(0, |(_, high)| high));
        let place = dialog::centred(area, width + FRAME.0, height + KEYS + FRAME.1);
        dialog::margin(frame, place, view);
        let title = Line::styled(self.title(), view.style(Role::Title));
        let inner = dialog::frame(frame, place, title, Role::BorderFocus, view);
        let mut side = above_keys(inner);
        if let (Some(rows), Some((wide, high))) = (picture, size) {
            let place = Rect { width: wide, height: high.min(side.height), ..side };
            qr::draw(frame, place, rows, view);
            side = Rect { x: side.x + wide + BETWEEN, width: side.width - wide - BETWEEN, ..side };
        }
        // The fields come first where there is not room for everything.
        let above = (words.len() as u16 + 1).min(side.height.saturating_sub(form));
        frame.render_widget(Paragraph::new(words), Rect { height: above.saturating_sub(1), ..side });
        let fields = Rect { y: side.y + above, height: side.height - above, ..side };
        self.form.draw(frame, fields, view);
        dialog::keys(frame, last(inner), &self.keys(size.is_some(), inner.width, view), view);
    }

    /// The keys that there is room for; what every form has goes first where there is not.
    fn keys(&self, drawn: bool, room: u16, view: &View<'_>) -> Vec<(Action, &'static str)> {
        let mut keys = self.form.keys("show plan");
        for (action, label) in [(Action::MailOwnCode, "mail a code"), (Action::ShowOwnKey, "the key")] {
            let shows_already = action == Action::ShowOwnKey && !drawn;
            if !shows_already && self.availability(action, view.session) == Availability::Ready {
                keys.insert(1, (action, label));
            }
        }
        for spare in [Action::NextField, Action::NextChoice] {
            if dialog::keys_width(&keys, view) > usize::from(room) {
                keys.retain(|(action, _)| *action != spare);
            }
        }
        keys
    }

    fn title(&self) -> &'static str {
        match self.purpose {
            Purpose::Enrol(Factor::Totp) => "Enrol your authenticator app",
            Purpose::Enrol(Factor::Email) => "Enrol codes by mail",
            Purpose::Disable(_) => "Disable your second factor",
        }
    }

    fn words(&self, width: usize, drawn: bool, view: &View<'_>) -> Vec<Line<'static>> {
        let mut lines: Vec<Line<'static>> = Vec::new();
        let mut say = |words: &str, role: Role| {
            lines.extend(wrap(words, width).into_iter().map(|line| Line::styled(line, view.style(role))));
        };
        if let Some(failure) = self.trouble() {
            say(&format!("{} {}", view.glyphs.failed, failure.what), Role::Danger);
            say(&failure.next, Role::Text);
        }
        match &self.purpose {
            Purpose::Enrol(Factor::Totp) => match self.enrolment.value() {
                Some(enrolment) => self.key(enrolment, drawn, &mut say, view),
                None if self.enrolment.error().is_some() => {
                    let key = view.key(Action::ShowOwnKey);
                    say(&format!("{key} asks for the key once more."), Role::Muted);
                }
                None => say("Asking the platform for the key of your app", Role::Muted),
            },
            Purpose::Enrol(Factor::Email) => {
                let caller = view.session.map(|session| &session.caller);
                let to = caller.and_then(|caller| caller.email.as_ref()).map(ToString::to_string);
                let to = to.unwrap_or_else(|| "your address".to_owned());
                let words = if self.mailed.loading_since().is_some() {
                    format!("Mailing a code to {to}")
                } else if self.mailed.value().is_some() {
                    format!("A code was mailed to {to}. It is good for a few minutes; the newest one counts.")
                } else {
                    format!("No code was mailed to {to} yet.")
                };
                say(&words, Role::Text);
            }
            Purpose::Disable(own) => {
                let words = match (own.has(Factor::Totp), own.has(Factor::Email)) {
                    (Some(false), _) => "Have a code mailed to you, then type it.",
                    (_, Some(false)) => "Type the code that your app shows now.",
                    _ => "Type the code that your app shows now, or have one mailed to you.",
                };
                say(words, Role::Text);
            }
        }
        lines
    }

    fn key(&self, enrolment: &Enrolment, drawn: bool, say: &mut dyn FnMut(&str, Role), view: &View<'_>) {
        if drawn {
            say("Scan this with your authenticator app, then type the code that it shows.", Role::Text);
        } else {
            say("Type this key into your authenticator app, then the code that it shows.", Role::Text);
        }
        say("Whoever sees it can make your codes.", Role::Muted);
        if !drawn || self.key_shown {
            match enrolment.grouped_key() {
                Some(key) => say(&format!("Key  {}", shown(key.expose())), Role::Title),
                None => say("The platform named no key.", Role::Warn),
            }
        }
        if !drawn && let Some((wide, high)) = qr::smallest(enrolment.uri.expose(), view.glyphs.ascii) {
            let wide = wide + BETWEEN + BESIDE + FRAME.0 + MARGIN;
            let high = high + FRAME.1 + KEYS;
            let words = format!("In a window of {wide} columns and {high} lines there is a QR code instead.");
            say(&words, Role::Muted);
        }
    }
}

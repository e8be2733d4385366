//! A client's secret, shown once, on demand: the one place of the console where it is on the screen (standards S2, S4).
//!
//! It is read when this opens and goes when it closes. After a minute it is veiled, for whoever has walked away.

use jiff::{SignedDuration, Timestamp};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::{Answer, ClientAnswer, ClientQuestion, Effect, Question};
use crate::console::model::{Ctx, Model, View};
use crate::console::remote::Remote;
use crate::console::session::Session;
use crate::console::slot::Slot;
use crate::console::theme::Role;
use crate::console::widgets::dialog;
use crate::console::words::wrap;
use crate::identity::{ClientId, Secret, Text};

const WIDTH: u16 = 74;

/// So long it can be read.
const SHOWN: SignedDuration = SignedDuration::from_mins(1);

/// The overlay.
#[derive(Debug)]
pub struct Reveal {
    whose: Whose,
    secret: Remote<Secret>,
    /// When it came.
    since: Option<Timestamp>,
    /// It is in the clipboard, which is emptied when this closes.
    copied: bool,
}

/// Whose secret it is.
#[derive(Debug)]
enum Whose {
    /// A client application's; it is read when this opens.
    Client(ClientId, Text),
    /// A token that is looked at.
    Token,
}

impl Reveal {
    /// Of this client; nothing is read yet.
    pub fn new(client: ClientId, name: Text) -> Self {
        Self { whose: Whose::Client(client, name), secret: Remote::Idle, since: None, copied: false }
    }

    /// A token, by the same rules.
    pub fn token(token: Secret, now: Timestamp) -> Self {
        let secret = Remote::Ready { value: token, at: now };
        Self { whose: Whose::Token, secret, since: Some(now), copied: false }
    }

    fn title(&self, view: &View<'_>) -> String {
        match &self.whose {
            Whose::Client(_, name) => format!("Secret {} {name}", view.glyphs.dot),
            Whose::Token => "The token itself".to_owned(),
        }
    }

    fn warning(&self) -> String {
        match &self.whose {
            Whose::Client(_, name) => {
                format!("Whoever has this secret signs in as {name}. It is kept nowhere here.")
            }
            Whose::Token => {
                "Whoever has this token can act with it until it ends. It is kept nowhere here.".to_owned()
            }
        }
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.since.is_some_and(|since| now.duration_since(since) >= SHOWN)
    }

    fn lines(&self, width: usize, view: &View<'_>) -> Vec<Line<'static>> {
        let said = |words: &str, role: Role| {
            let lines = wrap(words, width).into_iter();
            lines.map(|line| Line::styled(line, view.style(role))).collect::<Vec<_>>()
        };
        match (self.secret.value(), self.secret.error()) {
            (Some(secret), _) => {
                let warning = format!("{} {}", view.glyphs.warning, self.warning());
                let mut lines = said(&warning, Role::Warn);
                lines.push(Line::default());
                if self.is_over(view.now) {
                    let over = "A minute is over: it is veiled again. Close this and ask anew to see it.";
                    lines.extend(said(over, Role::Muted));
                } else {
                    // One character after the other, so that it breaks wherever it must.
                    let shown: Vec<char> = crate::identity::text::shown(secret.expose()).chars().collect();
                    let parts = shown.chunks(width.max(1)).map(|part| part.iter().collect::<String>());
                    lines.extend(parts.map(|part| Line::styled(part, view.style(Role::Title))));
                }
                lines.push(Line::default());
                let clipboard = if self.copied {
                    "It is in the clipboard. Closing this empties the clipboard."
                } else {
                    "Copied, it can be read by other programs until this closes."
                };
                lines.extend(said(clipboard, Role::Muted));
                lines
            }
            (None, Some(failure)) => {
                let mut lines = said(&format!("{} {}", view.glyphs.failed, failure.what), Role::Danger);
                lines.extend(said(&failure.next, Role::Text));
                lines
            }
            (None, None) => said("Reading the secret", Role::Muted),
        }
    }
}

impl Model for Reveal {
    fn scopes(&self) -> Vec<Scope> {
        vec![Scope::Dialog]
    }

    fn entered(&mut self, ctx: &mut Ctx) {
        if let (Whose::Client(client, _), Remote::Idle) = (&self.whose, &self.secret) {
            let question = Question::Clients(ClientQuestion::Reveal(client.clone()));
            self.secret.ask(ctx.now);
            ctx.ask(Slot::Secret, question);
        }
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        Availability::ready_if(match action {
            Action::Confirm | Action::Close => true,
            Action::DialogCopy => self.secret.value().is_some() && !self.copied,
            _ => false,
        })
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        if action == Action::DialogCopy {
            if self.is_over(ctx.now) {
                return;
            }
            if let Some(secret) = self.secret.value() {
                self.copied = true;
                ctx.effect(Effect::CopySecret(secret.clone()));
            }
            return;
        }
        if let Some(effect) = self.left_behind() {
            ctx.effect(effect);
        }
        ctx.cancel(Slot::Secret);
        ctx.close();
    }

    fn answered(&mut self, _slot: Slot, answer: Answer, ctx: &mut Ctx) {
        match answer {
            Answer::Clients(ClientAnswer::Revealed(revealed)) => {
                match &mut self.whose {
                    Whose::Client(client, name) if *client == revealed.client => *name = revealed.name,
                    Whose::Client(..) | Whose::Token => return,
                }
                self.since = Some(ctx.now);
                self.secret.answer(Ok(revealed.secret), ctx.now);
            }
            Answer::Failed(failure) => self.secret.answer(Err(failure), ctx.now),
            _ => {}
        }
    }

    fn waits_for(&self, slot: Slot) -> bool {
        slot == Slot::Secret && matches!(self.whose, Whose::Client(..))
    }

    fn left_behind(&mut self) -> Option<Effect> {
        std::mem::take(&mut self.copied).then_some(Effect::EmptyClipboard)
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        self.secret.loading_since()
    }

    fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let over = self.since?.checked_add(SHOWN).ok()?;
        (over > now).then_some(over)
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let width = WIDTH.min(area.width.saturating_sub(2));
        let lines = self.lines(usize::from(width.saturating_sub(4)), view);
        let height = lines.len() as u16 + 4;
        let place = dialog::centred(area, width, height);
        dialog::margin(frame, place, view);
        let title = self.title(view);
        let inner =
            dialog::frame(frame, place, Line::styled(title, view.style(Role::Title)), Role::Warn, view);
        for (at, line) in (0u16..).zip(lines) {
            if at + 1 < inner.height {
                frame.render_widget(line, Rect { y: inner.y + at, height: 1, ..inner });
            }
        }
        let last = Rect { y: inner.bottom().saturating_sub(1), height: 1, ..inner };
        let mut keys = Vec::new();
        if self.secret.value().is_some() && !self.copied && !self.is_over(view.now) {
            keys.push((Action::DialogCopy, "copy"));
        }
        keys.push((Action::Close, "close"));
        dialog::keys(frame, last, &keys, view);
    }
}

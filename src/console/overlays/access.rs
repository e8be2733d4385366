//! What a member may do: their policy as a table, and answers to "may they …?". It only reads.

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::{Answer, Question};
use crate::console::key::Key;
use crate::console::model::{Ctx, Model, View};
use crate::console::remote::Remote;
use crate::console::session::Session;
use crate::console::slot::Slot;
use crate::console::theme::Role;
use crate::console::widgets::dialog;
use crate::console::widgets::fields::pad;
use crate::console::widgets::input::Input;
use crate::console::widgets::scroll::Scroll;
use crate::console::words::{shorten_end, wrap};
use crate::identity::access::{Interaction, Rule};
use crate::identity::{MembershipId, Text};
use crate::workflows::access::{Access, May, Source, Wish};

const WIDTH: u16 = 96;

/// Columns of the type's name and of each interaction.
fn columns(width: usize) -> (usize, usize) {
    if width >= 66 { (26, 8) } else { (width.saturating_sub(35).clamp(8, 26), 7) }
}

/// The overlay.
#[derive(Debug)]
pub struct AccessView {
    member: MembershipId,
    name: Text,
    access: Remote<Box<Access>>,
    wish: Input,
    asked: Option<Wish>,
    asking: Option<Timestamp>,
    said: Option<Result<May, String>>,
    scroll: Scroll,
}

impl AccessView {
    /// About this member; nothing is read yet.
    pub fn new(member: MembershipId, name: Text) -> Self {
        Self {
            member,
            name,
            access: Remote::Idle,
            wish: Input::default(),
            asked: None,
            asking: None,
            said: None,
            scroll: Scroll::default(),
        }
    }

    fn ask(&mut self, ctx: &mut Ctx) {
        let Some(access) = self.access.value() else { return };
        match wish(self.wish.text()) {
            Err(why) => self.said = Some(Err(why)),
            Ok(wish) => {
                self.asking = Some(ctx.now);
                self.said = None;
                self.asked = Some(wish.clone());
                ctx.ask(Slot::May, Question::May { access: access.clone(), wish });
            }
        }
    }

    fn table(&self, width: usize, view: &View<'_>) -> Vec<Line<'static>> {
        let muted = view.style(Role::Muted);
        let Some(access) = self.access.value() else {
            let words = match self.access.error() {
                Some(failure) => format!("{} {}", view.glyphs.failed, failure.what),
                None => "Asking the platform what they may do".to_owned(),
            };
            return wrap(&words, width).into_iter().map(|line| Line::styled(line, muted)).collect();
        };
        let policy = &access.policy;
        let mut lines = Vec::new();
        if !policy.told {
            let words = "No access policy: everything of the project but what is for admins.";
            lines.push(Line::styled(words, view.style(Role::Text)));
        } else if policy.rules.is_empty() {
            lines.push(Line::styled("The policy allows nothing.", view.style(Role::Warn)));
        }
        if !policy.admin_lines {
            let words =
                format!("{} what admins of another project may is not told from here", view.glyphs.dot);
            lines.push(Line::styled(words, muted));
        }
        for from in policy.blocked_from() {
            let words = format!("{} sign-ins from {from} are refused", view.glyphs.warning);
            lines.push(Line::styled(words, view.style(Role::Warn)));
        }
        if !policy.rules.is_empty() {
            let (kind, each) = columns(width);
            let mut heading = pad("type", kind);
            for interaction in Interaction::ALL {
                heading.push_str(&pad(interaction.word(), each));
            }
            lines.push(Line::styled(heading, muted));
        }
        for rule in &policy.rules {
            lines.push(row(rule, columns(width), view));
            let joined =
                |fields: &[Text]| fields.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let mut under = Vec::new();
            under.extend(rule.criteria.as_ref().map(|criteria| format!("only {criteria}")));
            if !rule.hidden.is_empty() {
                under.push(format!("hidden {}", joined(&rule.hidden)));
            }
            if !rule.readonly.is_empty() {
                under.push(format!("kept as it is {}", joined(&rule.readonly)));
            }
            for words in under {
                for part in wrap(&words, width.saturating_sub(4)) {
                    lines.push(Line::styled(format!("    {part}"), muted));
                }
            }
        }
        lines
    }

    /// The question and what was said to it.
    fn answer(&self, width: usize, view: &View<'_>) -> Vec<Line<'static>> {
        let said = match &self.said {
            _ if self.asking.is_some() => vec![("asking on their behalf".to_owned(), Role::Muted)],
            None => vec![(
                "type read, search, create, update or delete and a type or record: read Patient/123"
                    .to_owned(),
                Role::Muted,
            )],
            Some(Err(why)) => vec![(why.clone(), Role::Danger)],
            Some(Ok(may)) => {
                let asked = self.asked.as_ref().map(Wish::words).unwrap_or_default();
                let (sign, word, role) = match may.allowed {
                    Some(true) => (view.glyphs.ok, "yes", Role::Ok),
                    Some(false) => (view.glyphs.failed, "no", Role::Danger),
                    None => (view.glyphs.warning, "it depends", Role::Warn),
                };
                let source = match may.source {
                    Source::Platform => "asked of the platform on their behalf",
                    Source::Policy => "read off the policy; trying it would write",
                };
                vec![(format!("{sign} {asked}: {word}; {}", may.why), role), (source.to_owned(), Role::Muted)]
            }
        };
        said.into_iter()
            .flat_map(|(words, role)| {
                wrap(&words, width).into_iter().map(move |part| (part, role)).collect::<Vec<_>>()
            })
            .map(|(part, role)| Line::styled(part, view.style(role)))
            .collect()
    }
}

fn wish(typed: &str) -> Result<Wish, String> {
    let (word, target) = typed.trim().split_once(' ').unwrap_or((typed.trim(), ""));
    let interaction = Interaction::ALL.into_iter().find(|one| one.word() == word.to_lowercase());
    let interaction = interaction.ok_or_else(|| {
        "Begin with read, search, create, update or delete, then a type or a record.".to_owned()
    })?;
    Wish::parse(interaction, target)
}

fn row(rule: &Rule, (room, each): (usize, usize), view: &View<'_>) -> Line<'static> {
    let kind = match rule.kind.to_string().as_str() {
        "*" => "* every ordinary type".to_owned(),
        kind => kind.to_owned(),
    };
    let kind = shorten_end(&kind, room - 1, view.glyphs.ellipsis);
    let mut spans = vec![Span::styled(pad(&kind, room), view.style(Role::Text))];
    for interaction in Interaction::ALL {
        let (sign, role) = if rule.interactions.contains(&interaction) {
            (view.glyphs.ok, Role::Text)
        } else {
            (view.glyphs.dot, Role::Muted)
        };
        spans.push(Span::styled(pad(sign, each), view.style(role)));
    }
    Line::from(spans)
}

impl Model for AccessView {
    fn scopes(&self) -> Vec<Scope> {
        vec![Scope::Access, Scope::Dialog]
    }

    fn entered(&mut self, ctx: &mut Ctx) {
        if self.access == Remote::Idle {
            self.access.ask(ctx.now);
            ctx.ask(Slot::Access, Question::Access(self.member.clone()));
        }
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        match action {
            Action::AccessAsk => {
                Availability::ready_if(self.access.value().is_some() && !self.wish.is_empty())
            }
            Action::AccessDown | Action::AccessUp | Action::Close => Availability::Ready,
            _ => Availability::Hidden,
        }
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::AccessAsk => self.ask(ctx),
            Action::AccessDown => self.scroll.by(3),
            Action::AccessUp => self.scroll.by(-3),
            _ => {
                ctx.cancel(Slot::Access);
                ctx.cancel(Slot::May);
                ctx.close();
            }
        }
    }

    fn takes_text(&self) -> bool {
        true
    }

    fn typed(&mut self, key: Key, _ctx: &mut Ctx) {
        self.wish.typed(key);
    }

    fn pasted(&mut self, text: &str, _ctx: &mut Ctx) {
        self.wish.pasted(text);
    }

    fn scrolled(&mut self, rows: i32, _ctx: &mut Ctx) {
        self.scroll.by(rows as isize);
    }

    fn waits_for(&self, slot: Slot) -> bool {
        matches!(slot, Slot::Access | Slot::May)
    }

    fn answered(&mut self, slot: Slot, answer: Answer, ctx: &mut Ctx) {
        match (slot, answer) {
            (Slot::Access, Answer::Access(access)) => self.access.answer(Ok(access), ctx.now),
            (Slot::Access, Answer::Failed(failure)) => self.access.answer(Err(failure), ctx.now),
            (Slot::May, Answer::May(may)) => {
                self.asking = None;
                self.said = Some(Ok(may));
            }
            (Slot::May, Answer::Failed(failure)) => {
                self.asking = None;
                self.said = Some(Err(failure.what));
            }
            _ => {}
        }
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        [self.access.loading_since(), self.asking].into_iter().flatten().min()
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let width = WIDTH.min(area.width.saturating_sub(2));
        let place = dialog::centred(area, width, area.height.saturating_sub(2));
        dialog::margin(frame, place, view);
        let title = format!("What they may {} {}", view.glyphs.dot, self.name);
        let title = Line::styled(title, view.style(Role::Title));
        let inner = dialog::frame(frame, place, title, Role::Info, view);
        let room = usize::from(inner.width);
        let name = if self.name.is_empty() { "somebody".to_owned() } else { self.name.to_string() };
        let banner = format!("You are looking as {name}. It only reads: nothing is written in their name.");
        let mut y = inner.y;
        for part in wrap(&banner, room) {
            frame.render_widget(Line::styled(part, view.style(Role::Info)), Rect { y, height: 1, ..inner });
            y += 1;
        }
        y += 1;
        let answer = self.answer(room, view);
        let below = answer.len() as u16 + 3;
        let height = (inner.bottom().saturating_sub(below)).saturating_sub(y);
        self.scroll.draw(frame, Rect { y, height, ..inner }, &self.table(room, view), view);
        let mut y = inner.bottom().saturating_sub(below) + 1;
        let label = "may they  ";
        let line = Rect { y, height: 1, ..inner };
        frame.render_widget(Line::styled(label, view.style(Role::Accent)), line);
        let shift = (label.len() as u16).min(inner.width);
        let input = Rect { x: line.x + shift, width: line.width - shift, ..line };
        self.wish.draw(frame, input, view, true, "read Patient/123");
        y += 1;
        for part in answer {
            if y + 1 < inner.bottom() {
                frame.render_widget(part, Rect { y, height: 1, ..inner });
            }
            y += 1;
        }
        let last = Rect { y: inner.bottom().saturating_sub(1), height: 1, ..inner };
        let keys = [(Action::AccessAsk, "ask"), (Action::AccessDown, "scroll"), (Action::Close, "close")];
        dialog::keys(frame, last, &keys, view);
    }
}

//! Keys, clicks and pasting: what each means here.

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::asking::{Asking, What};
use super::page::Page;
use super::{Tokens, claims, copied, times};
use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::Effect;
use crate::console::key::Key;
use crate::console::model::{Ctx, Hit, Model, Note, View};
use crate::console::session::Session;
use crate::console::theme::Role;
use crate::console::words::count;

/// Clicks: from here on the tokens of the list, then the views, then lines.
pub(super) const LIST: usize = 1_000;
pub(super) const VIEWS: usize = 2_000;
pub(super) const LINES: usize = 10_000;

/// Why something that shows values is not to be had.
const HIDES: &str = "values are hidden; show them first";

impl Tokens {
    /// Lines that can be selected in the view.
    fn selectable(&self) -> usize {
        let Some(held) = self.current() else { return 0 };
        match self.reading.page {
            Page::Claims => held.seen.as_ref().map_or(0, |seen| claims::entries(seen).len()),
            Page::Why => held.why().map_or(0, |why| why.causes.len()),
            Page::Times | Page::Checks | Page::Compare | Page::Raw => 0,
        }
    }

    fn moved(&mut self, by: isize) {
        let count = self.selectable();
        let at = self.reading.at();
        let to = at.saturating_add_signed(by).min(count.saturating_sub(1));
        // Past the last one there may be more to read.
        if count == 0 || (to == at && by.unsigned_abs() < 1_000) {
            self.reading.by(by);
        } else {
            self.reading.choose(to);
        }
    }

    fn in_form(&self, action: Action) -> Option<Availability> {
        let asking = self.asking.as_ref()?;
        Some(asking.form.availability(action))
    }
}

impl Model for Tokens {
    fn scopes(&self) -> Vec<Scope> {
        if self.asking.is_some() {
            vec![Scope::Form, Scope::Dialog]
        } else {
            vec![Scope::Tokens, Scope::List]
        }
    }

    fn entered(&mut self, ctx: &mut Ctx) {
        if self.current().is_some_and(|held| held.found == crate::console::remote::Remote::Idle) {
            self.judge(ctx);
        }
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        if let Some(form) = self.in_form(action) {
            return form;
        }
        let held = self.current();
        let some = held.is_some();
        match action {
            Action::TokenPaste | Action::TokenFile => Availability::Ready,
            Action::TokenOwn => match self.fetching {
                Some(_) => Availability::because("it is being fetched already"),
                None => Availability::Ready,
            },
            // What was tried names what is hidden.
            Action::TokenTried if some && self.hidden => Availability::because(HIDES),
            Action::TokenHide
            | Action::TokenTried
            | Action::TokenWhy
            | Action::TokenForget
            | Action::TokenLeft
            | Action::TokenRight
            | Action::Down
            | Action::Up
            | Action::First
            | Action::Last
            | Action::PageDown
            | Action::PageUp
            | Action::CopyJson => Availability::ready_if(some),
            Action::TokenNext | Action::TokenPrevious => Availability::ready_if(self.held.len() > 1),
            Action::TokenOpen => match self.record() {
                _ if !some => Availability::Hidden,
                Ok(_) => Availability::Ready,
                Err(why) => Availability::because(why),
            },
            Action::TokenAgree => match held.and_then(|held| held.needs()) {
                None => Availability::Hidden,
                // Nobody agrees to a host that they do not see.
                Some(_) if self.hidden => Availability::because(HIDES),
                Some(_) => Availability::Ready,
            },
            Action::TokenCompare => match held {
                None => Availability::Hidden,
                Some(held) if !held.is_signed() => {
                    Availability::because("only signed tokens can be compared by their claims")
                }
                Some(_) => Availability::Ready,
            },
            Action::TokenWatch => match held {
                None => Availability::Hidden,
                Some(held) if !held.is_signed() => {
                    Availability::because("only signed tokens say when they end")
                }
                Some(_) => Availability::Ready,
            },
            Action::TokenReveal => match held {
                None => Availability::Hidden,
                Some(held) if held.given.is_none() => Availability::because("the request carries no token"),
                Some(_) if self.hidden => Availability::because(HIDES),
                Some(_) => Availability::Ready,
            },
            Action::Reload => match held.map(|held| held.found.loading_since()) {
                None => Availability::Hidden,
                Some(Some(_)) => Availability::because("it is being checked already"),
                Some(None) => Availability::Ready,
            },
            Action::Copy => Availability::ready_if(held.is_some_and(|held| copied::can(held, &self.reading))),
            Action::Back => Availability::ready_if(self.came),
            _ => Availability::Hidden,
        }
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::Submit => self.submit(ctx),
            Action::Close => self.asking = None,
            Action::NextField | Action::PreviousField | Action::NextChoice | Action::PreviousChoice => {
                if let Some(asking) = &mut self.asking {
                    asking.form.act(action);
                }
            }
            Action::TokenPaste => self.asking = Some(Asking::token()),
            Action::TokenFile => self.asking = Some(Asking::file()),
            Action::TokenTried => self.asking = self.current().map(|held| Asking::tried(&held.tried)),
            Action::TokenOwn => {
                let asked = self.fetch(ctx.now);
                ctx.effect(Effect::Token(super::TokenEffect::Own { asked, to_compare: false }));
            }
            Action::TokenWhy => self.reading.page = Page::Why,
            Action::TokenCompare => self.compare_with_next(ctx),
            Action::TokenAgree => self.agree(ctx),
            Action::TokenWatch => self.watch(ctx),
            Action::TokenHide => self.hidden = !self.hidden,
            Action::TokenReveal => self.reveal(ctx),
            Action::TokenForget => self.forget(ctx),
            Action::TokenNext => self.step(1, ctx),
            Action::TokenPrevious => self.step(-1, ctx),
            Action::TokenOpen => self.open(ctx),
            Action::TokenLeft => self.reading.turn(-1),
            Action::TokenRight => self.reading.turn(1),
            Action::Down => self.moved(1),
            Action::Up => self.moved(-1),
            Action::First => self.moved(isize::MIN / 2),
            Action::Last => self.moved(isize::MAX / 2),
            Action::PageDown => self.reading.pages(1),
            Action::PageUp => self.reading.pages(-1),
            Action::Reload => self.judge(ctx),
            Action::Copy => self.copy(ctx),
            Action::CopyJson => self.copy_json(ctx),
            Action::Back => {
                self.came = false;
                ctx.go_back();
            }
            _ => {}
        }
    }

    fn label(&self, action: Action) -> Option<&'static str> {
        match action {
            Action::Submit => self.asking.as_ref().map(Asking::submit),
            Action::Copy => Some(match self.reading.page {
                Page::Claims => "copy claim",
                Page::Raw => "copy JSON",
                Page::Why | Page::Times | Page::Checks | Page::Compare => "copy report",
            }),
            Action::Reload => Some("check again"),
            Action::TokenHide if self.hidden => Some("show values"),
            Action::TokenWatch if self.current().is_some_and(|held| held.watch.is_some()) => {
                Some("stop watching")
            }
            Action::TokenCompare if self.reading.page == Page::Compare && self.held.len() > 2 => {
                Some("next other")
            }
            _ => None,
        }
    }

    fn takes_text(&self) -> bool {
        self.asking.as_ref().is_some_and(|asking| asking.form.takes_text())
    }

    fn takes_paste(&self) -> bool {
        true
    }

    fn typed(&mut self, key: Key, _ctx: &mut Ctx) {
        if let Some(asking) = &mut self.asking {
            asking.wrong = None;
            asking.form.typed(key);
        }
    }

    fn pasted(&mut self, text: &str, ctx: &mut Ctx) {
        match &mut self.asking {
            Some(asking) if asking.what != What::Token => {
                asking.wrong = None;
                asking.form.pasted(text);
            }
            _ => self.take(text, ctx),
        }
    }

    fn clicked(&mut self, hit: Hit, ctx: &mut Ctx) {
        let Hit::Part(spot) = hit else { return };
        if let Some(asking) = &mut self.asking {
            asking.form.clicked(hit);
            return;
        }
        if let Some(at) = spot.checked_sub(LINES) {
            // A second click opens.
            if self.reading.at() == at && self.record().is_ok() {
                self.open(ctx);
            } else {
                self.reading.choose(at);
            }
        } else if let Some(at) = spot.checked_sub(VIEWS) {
            if let Some(page) = Page::ALL.get(at) {
                self.reading.page = *page;
                self.reading.free = false;
            }
        } else if let Some(at) = spot.checked_sub(LIST)
            && let Some(number) = self.held.get(at).map(|held| held.number)
        {
            self.select(number, self.reading.page, ctx);
        }
    }

    fn scrolled(&mut self, rows: i32, _ctx: &mut Ctx) {
        self.reading.by(rows as isize);
    }

    fn told(&mut self, note: &Note, ctx: &mut Ctx) {
        self.told_note(note, ctx);
    }

    fn status(&self, view: &View<'_>) -> Option<Line<'static>> {
        let mut words = Vec::new();
        if let Some(held) = self.current()
            && let Some(event) = held.watch.as_ref().and_then(|watch| watch.last.as_ref())
            && event.is_bad()
        {
            let said = self.veil().event(event);
            return Some(Line::styled(format!("{} {said}", view.glyphs.failed), view.style(Role::Danger)));
        }
        if self.hidden {
            words.push("values are hidden".to_owned());
        }
        let watched = self.held.iter().filter(|held| held.watch.is_some()).count() as u64;
        if watched > 0 {
            words.push(format!("watching {}", count(watched, "token", "tokens")));
        }
        if words.is_empty() && self.current().is_some_and(|held| held.found.loading_since().is_some()) {
            words.push("checking".to_owned());
        }
        let words = words.join(&format!(" {} ", view.glyphs.dot));
        (!words.is_empty()).then(|| Line::from(Span::styled(words, view.style(Role::Muted))))
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        let fetching = self.fetching.map(|(_, since)| since);
        self.current().and_then(|held| held.found.loading_since()).or(fetching)
    }

    fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let ends = self.held.iter().filter_map(|held| times::next_change(held.ends()?, now));
        let shown = self.current().and_then(|held| held.seen.as_ref());
        let times = shown.into_iter().flat_map(|seen| &seen.claims).filter_map(|item| item.when);
        ends.chain(times.filter_map(|when| times::next_change(when, now))).min()
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        self.draw_screen(frame, area, view);
    }
}

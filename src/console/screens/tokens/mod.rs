//! The token lab: paste a token as it comes and read what it says, whether it is true, why it is refused, and how it
//! differs from another. It is checked as soon as it is there; nobody but its own issuer is shown it unasked.

mod asking;
mod checks;
mod claims;
mod compared;
mod copied;
mod draw;
mod held;
mod input;
mod lines;
mod message;
mod opening;
mod page;
mod taking;
#[cfg(test)]
mod tests;
mod times;
mod veil;
mod verdict;

use jiff::Timestamp;

pub use message::{Asked, Number, TokenEffect, TokenMsg};

use self::asking::Asking;
use self::held::{Held, Watched};
use self::page::{Page, Reading};
use self::veil::Veil;
use crate::console::effect::Effect;
use crate::console::failure::Failure;
use crate::console::model::{Ctx, Note};
use crate::console::overlays::Overlay;
use crate::console::overlays::confirm::ConfirmDialog;
use crate::console::overlays::reveal::Reveal;
use crate::console::remote::Remote;
use crate::console::screens::Place;
use crate::identity::Text;
use crate::workflows::token_lab::{Compared, Event, Inspection, Why, compare};

/// More are not held; the oldest goes.
const MOST: usize = 12;

/// The token lab.
#[derive(Debug, Default)]
pub struct Tokens {
    /// The newest first.
    held: Vec<Held>,
    /// The selected one.
    at: usize,
    /// The last number that was given to a token, and to a question.
    last: Number,
    asked: Number,
    reading: Reading,
    asking: Option<Asking>,
    /// What the selected one is compared with.
    other: Option<Number>,
    compared: Option<(Number, Number, Box<Compared>)>,
    /// Values are hidden while others look on.
    hidden: bool,
    /// There is a refresh token of one's own session.
    refresh: bool,
    /// Handed over from another screen, to which one returns.
    came: bool,
    /// Something that was not brought is waited for since then; an answer to anything older is dropped.
    fetching: Option<(Number, Timestamp)>,
}

impl Tokens {
    fn current(&self) -> Option<&Held> {
        self.held.get(self.at)
    }

    fn by_number(&self, number: Number) -> Option<&Held> {
        self.held.iter().find(|held| held.number == number)
    }

    fn by_number_mut(&mut self, number: Number) -> Option<&mut Held> {
        self.held.iter_mut().find(|held| held.number == number)
    }

    /// The other one of a comparison.
    fn other(&self) -> Option<&Held> {
        self.by_number(self.other?)
            .filter(|other| Some(other.number) != self.current().map(|held| held.number))
    }

    /// One's own refresh token is named beside the others, and never held.
    fn names_refresh(&self) -> bool {
        self.refresh && self.held.iter().any(|held| held.own)
    }

    /// Forgets everything, but which numbers were used: a late answer is for nobody.
    pub fn forget_all(&mut self) {
        *self = Self { last: self.last, asked: self.asked, ..Self::default() };
    }

    /// Something is fetched from now on.
    fn fetch(&mut self, now: Timestamp) -> Number {
        self.asked.0 += 1;
        self.fetching = Some((self.asked, now));
        self.asked
    }

    /// Whether an answer is still waited for, which then is over.
    fn fetched(&mut self, asked: Option<Number>) -> bool {
        let waits = asked.is_none() || asked == self.fetching.map(|(asked, _)| asked);
        if waits {
            self.fetching = None;
        }
        waits
    }

    fn veil(&self) -> Veil<'_> {
        Veil::over(self.hidden, &self.held)
    }

    /// Shows one, from the top, and has it judged.
    fn select(&mut self, number: Number, page: Page, ctx: &mut Ctx) {
        let Some(at) = self.held.iter().position(|held| held.number == number) else { return };
        self.at = at;
        self.reading.restart(page);
        if self.other == Some(number) {
            self.other = None;
        }
        self.compare();
        if self.held[at].found == Remote::Idle {
            self.judge(ctx);
        }
    }

    /// Has the selected one judged.
    fn judge(&mut self, ctx: &mut Ctx) {
        let Some(held) = self.held.get_mut(self.at) else { return };
        judge(held, &mut self.asked, ctx);
    }

    /// Goes to the next one, or the one before.
    fn step(&mut self, by: isize, ctx: &mut Ctx) {
        let count = self.held.len();
        if count == 0 {
            return;
        }
        let at = (self.at + count).saturating_add_signed(by) % count;
        let (number, page) = (self.held[at].number, self.reading.page);
        self.select(number, page, ctx);
    }

    fn forget(&mut self, ctx: &mut Ctx) {
        if self.at >= self.held.len() {
            return;
        }
        let gone = self.held.remove(self.at);
        ctx.effect(Effect::Token(TokenEffect::Drop(gone.number)));
        if self.other == Some(gone.number) {
            self.other = None;
        }
        self.at = self.at.min(self.held.len().saturating_sub(1));
        match self.held.get(self.at).map(|held| held.number) {
            Some(next) => self.select(next, self.reading.page, ctx),
            None => self.reading.restart(Page::default()),
        }
    }

    /// Puts the selected one beside another, where there is one.
    fn compare(&mut self) {
        let pair = self.current().and_then(|held| Some((held, self.other()?)));
        let made = pair.and_then(|(held, other)| {
            let (first, second) = (held.given.as_ref()?, other.given.as_ref()?);
            Some((held.number, other.number, Box::new(compare(first, second, None))))
        });
        self.compared = made;
    }

    /// Compares with another; where it is shown already, with the next one.
    fn compare_with_next(&mut self, ctx: &mut Ctx) {
        let shown = self.reading.page == Page::Compare && self.other().is_some();
        self.reading.page = Page::Compare;
        let Some(current) = self.current().map(|held| held.number) else { return };
        let others: Vec<&Held> =
            self.held.iter().filter(|held| held.number != current && held.is_signed()).collect();
        let at = self.other.and_then(|other| others.iter().position(|held| held.number == other));
        let next = match at {
            Some(at) if shown => others.get((at + 1) % others.len()),
            Some(at) => others.get(at),
            // One's own is the one that works.
            None => others.iter().find(|held| held.own).or(others.first()),
        };
        if let Some(next) = next.map(|held| held.number) {
            self.other = Some(next);
            self.compare();
        } else {
            let asked = self.fetch(ctx.now);
            ctx.effect(Effect::Token(TokenEffect::Own { asked, to_compare: true }));
        }
    }

    /// News from the outside.
    pub(in crate::console) fn heard(&mut self, msg: TokenMsg, ctx: &mut Ctx) {
        match msg {
            TokenMsg::Brought { asked, paste } => {
                if !self.fetched(asked) {
                    return;
                }
                if self.hold(paste, ctx) {
                    self.asking = None;
                } else {
                    self.complain("There is no token in it.", ctx);
                }
            }
            TokenMsg::NotBrought { asked, why } => {
                if self.fetched(Some(asked)) {
                    self.complain(&why, ctx);
                }
            }
            TokenMsg::Own { asked, tokens, refresh, to_compare } => {
                if self.fetched(asked) {
                    self.took_own(tokens, refresh, to_compare, ctx);
                }
            }
            TokenMsg::Agreed(number) => {
                // With a round of its own: it may have been judged while the dialog was open.
                if let Some(held) = self.held.iter_mut().find(|held| held.number == number) {
                    judge(held, &mut self.asked, ctx);
                }
            }
            TokenMsg::Judged { number, round, judged } => self.judged(number, round, judged, ctx.now),
            TokenMsg::Watched { number, event } => self.watched(number, &event, ctx),
            TokenMsg::NotWatched(number, why) => {
                if let Some(held) = self.by_number_mut(number) {
                    held.watch = None;
                }
                ctx.warn(why);
            }
            TokenMsg::Found { asked, reference, found } => {
                if self.fetched(Some(asked)) {
                    self.found(&reference, found, ctx);
                }
            }
        }
    }

    fn judged(&mut self, number: Number, round: Number, judged: Result<Box<Why>, Failure>, now: Timestamp) {
        // What was found out about something else that was tried is no answer.
        let Some(held) = self.by_number_mut(number).filter(|held| held.round == round) else { return };
        if let Ok(why) = &judged
            && let Some(seen) = &why.inspection
        {
            held.see(Inspection::clone(seen));
        }
        held.found.answer(judged, now);
    }

    fn watched(&mut self, number: Number, event: &Event, ctx: &mut Ctx) {
        let hidden = self.hidden;
        let Some(held) = self.held.iter_mut().find(|held| held.number == number) else { return };
        // A look that finds the same again is no news.
        if !held.happened(event) {
            return;
        }
        let what = format!("{} from {}", held.kind(), held.from());
        let said = Veil::over(hidden, [&*held]).event(event);
        match event {
            Event::Begins { .. } => ctx.say(said),
            Event::Again => ctx.succeeded(format!("{what}: {said}")),
            Event::Alive | Event::Untold { .. } => {}
            Event::EndsSoon { .. }
            | Event::Ended
            | Event::Revoked { .. }
            | Event::Refused { .. }
            | Event::KeysChanged { .. } => ctx.warn_for_long(format!("{what}: {said}")),
        }
        // What was said about it is out of date.
        if event.is_bad() || matches!(event, Event::Again | Event::KeysChanged { .. }) {
            judge(held, &mut self.asked, ctx);
        }
        if event.is_last() {
            held.watch = None;
        }
    }

    fn watch(&mut self, ctx: &mut Ctx) {
        let Some(held) = self.held.get_mut(self.at) else { return };
        let number = held.number;
        match (held.watch.take(), held.given.clone()) {
            (Some(_), _) => {
                ctx.effect(Effect::Token(TokenEffect::Unwatch(number)));
                ctx.say("It is not watched any more.");
            }
            (None, Some(given)) => {
                held.watch = Some(Watched::default());
                ctx.effect(Effect::Token(TokenEffect::Watch { number, given }));
            }
            (None, None) => {}
        }
    }

    /// Asks before a strange host is contacted.
    fn agree(&self, ctx: &mut Ctx) {
        let Some((held, needs)) = self.current().and_then(|held| Some((held, held.needs()?))) else { return };
        let words = format!(
            "{} is neither this platform nor a known identity provider. It is asked for the keys of {}, and where it offers \
             that, it is shown this token and asked whether it counts. It learns that somebody here looks at the token.",
            needs.host, needs.issuer
        );
        let effect = Effect::Token(TokenEffect::Agree { number: held.number, host: needs.host.clone() });
        let dialog = ConfirmDialog::new(
            format!("Contact {}?", Text::from(needs.host.as_str())),
            words,
            "contact it",
            effect,
        );
        ctx.open(Overlay::Confirm(dialog));
    }

    fn reveal(&self, ctx: &mut Ctx) {
        let Some(given) = self.current().and_then(|held| held.given.clone()) else { return };
        ctx.open(Overlay::Reveal(Box::new(Reveal::token(given.token, ctx.now))));
    }

    /// Enter in the form at the top.
    fn submit(&mut self, ctx: &mut Ctx) {
        let Some(asking) = &mut self.asking else { return };
        match asking.what {
            asking::What::Token => {
                let text = asking.form.value("token").to_owned();
                if !text.trim().is_empty() {
                    self.take(&text, ctx);
                }
            }
            asking::What::File => match asking.path() {
                Some(path) => {
                    asking.wrong = None;
                    let asked = self.fetch(ctx.now);
                    ctx.effect(Effect::Token(TokenEffect::Read { asked, path }));
                }
                None => asking.wrong = Some("Name a file.".to_owned()),
            },
            asking::What::Tried => {
                let Some(held) = self.held.get_mut(self.at) else { return };
                match asking.as_tried(held.tried.basic.clone()) {
                    Ok(tried) => {
                        held.tried = tried;
                        self.asking = None;
                        self.reading.restart(Page::Why);
                        self.judge(ctx);
                    }
                    Err(why) => asking.wrong = Some(why),
                }
            }
        }
    }

    fn told_note(&mut self, note: &Note, ctx: &mut Ctx) {
        if matches!(note, Note::ShowTokens) {
            self.came = true;
            ctx.go(Place::Tokens);
        }
    }
}

/// Has a token judged; what was known stays until it is.
fn judge(held: &mut Held, asked: &mut Number, ctx: &mut Ctx) {
    asked.0 += 1;
    held.round = *asked;
    held.found.ask(ctx.now);
    ctx.effect(Effect::Token(TokenEffect::Judge(held.asked())));
}

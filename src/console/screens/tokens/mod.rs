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
mod page;
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
use crate::identity::{MembershipId, Reference, SessionId, Text};
use crate::token::extract::{Extracted, Paste, extract};
use crate::workflows::token_lab::{Compared, Event, Inspection, Own, Tried, Why, compare};

/// More are not held; the oldest goes.
const MOST: usize = 12;

/// The token lab.
#[derive(Debug, Default)]
pub struct Tokens {
    /// The newest first.
    held: Vec<Held>,
    /// The selected one.
    at: usize,
    last: Number,
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
    /// The record that somebody wants to see.
    looking: Option<Reference>,
    /// Something that was not brought is waited for since then.
    fetching: Option<Timestamp>,
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

    fn veil(&self) -> Veil<'_> {
        Veil::over(self.hidden, &self.held)
    }

    /// Takes what was pasted, whatever stood around it.
    fn take(&mut self, text: &str, ctx: &mut Ctx) {
        let paste = extract(text);
        if self.hold(paste, ctx) {
            self.asking = None;
        } else {
            let why = "There is no token in it. It may stand alone, in a header, a curl command, JSON or an address.";
            self.complain(why, ctx);
        }
    }

    fn complain(&mut self, why: &str, ctx: &mut Ctx) {
        match &mut self.asking {
            Some(asking) => asking.wrong = Some(why.to_owned()),
            None => ctx.warn(why),
        }
    }

    /// Holds what is in a paste and shows the first of it; false when there is nothing.
    fn hold(&mut self, paste: Paste, ctx: &mut Ctx) -> bool {
        let tried = paste.request.as_ref().map(Tried::from).unwrap_or_default();
        let asked = paste.request.is_some();
        let brought: Vec<Number> = if paste.tokens.is_empty() && tried.basic.is_some() {
            vec![self.add(None, tried)]
        } else {
            let tokens = paste.tokens.into_iter().take(MOST);
            tokens.map(|given| self.add(Some(given), tried.clone())).collect()
        };
        let Some(first) = brought.first().copied() else { return false };
        // In their order, the newest paste in front.
        let place = |held: &Held| brought.iter().position(|number| *number == held.number);
        self.held.sort_by_key(|held| place(held).unwrap_or(MOST));
        self.make_room(ctx);
        self.select(first, if asked { Page::Why } else { Page::Claims }, ctx);
        true
    }

    /// Holds one more; one that is held already only gets what was tried.
    fn add(&mut self, given: Option<Extracted>, tried: Tried) -> Number {
        let known = self.held.iter_mut().find(|held| match (&held.given, &given) {
            (Some(held), Some(given)) => held.token == given.token,
            (None, None) => true,
            _ => false,
        });
        if let Some(held) = known {
            if tried != Tried::default() {
                held.tried = tried;
            }
            // It was pasted for a reason: it is looked at anew.
            held.found = Remote::Idle;
            return held.number;
        }
        self.last.0 += 1;
        self.held.insert(0, Held::new(self.last, given, tried));
        self.last
    }

    fn make_room(&mut self, ctx: &mut Ctx) {
        while self.held.len() > MOST {
            if let Some(gone) = self.held.pop() {
                ctx.effect(Effect::Token(TokenEffect::Drop(gone.number)));
            }
        }
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
        judge(held, ctx);
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
            self.fetching = Some(ctx.now);
            ctx.effect(Effect::Token(TokenEffect::Own { to_compare: true }));
        }
    }

    fn took_own(&mut self, tokens: Vec<(Own, Extracted)>, refresh: bool, to_compare: bool, ctx: &mut Ctx) {
        self.fetching = None;
        let shown = self.current().map(|held| held.number);
        if to_compare {
            let Some((_, access)) = tokens.into_iter().next() else { return };
            if self
                .current()
                .and_then(|held| held.given.as_ref())
                .is_some_and(|given| given.token == access.token)
            {
                ctx.say("It is your own session's access token. Paste another one to compare with.");
                return;
            }
            let number = self.add(Some(access), Tried::default());
            // Behind what is looked at: it is only there to be compared with.
            if let Some(at) = self.held.iter().position(|held| held.number == number) {
                let mut own = self.held.remove(at);
                own.own = true;
                self.held.push(own);
            }
            self.make_room(ctx);
            self.at = self.held.iter().position(|held| Some(held.number) == shown).unwrap_or(0);
            self.other = Some(number);
            self.compare();
            return;
        }
        self.refresh = refresh;
        let paste = Paste { tokens: tokens.into_iter().map(|(_, token)| token).collect(), request: None };
        let own: Vec<Extracted> = paste.tokens.clone();
        if self.hold(paste, ctx) {
            let mine = |held: &Held| {
                held.given.as_ref().is_some_and(|given| own.iter().any(|own| own.token == given.token))
            };
            self.held.iter_mut().filter(|held| mine(held)).for_each(|held| held.own = true);
        }
    }

    /// News from the outside.
    pub(in crate::console) fn heard(&mut self, msg: TokenMsg, ctx: &mut Ctx) {
        match msg {
            TokenMsg::Brought(paste) => {
                self.fetching = None;
                if self.hold(paste, ctx) {
                    self.asking = None;
                } else {
                    self.complain("There is no token in it.", ctx);
                }
            }
            TokenMsg::NotBrought(why) => {
                self.fetching = None;
                self.complain(&why, ctx);
            }
            TokenMsg::Own { tokens, refresh, to_compare } => self.took_own(tokens, refresh, to_compare, ctx),
            TokenMsg::Begun(number) => {
                if let Some(held) = self.by_number_mut(number) {
                    held.found.ask(ctx.now);
                }
            }
            TokenMsg::Judged(number, judged) => self.judged(number, judged, ctx.now),
            TokenMsg::Watched { number, event, at } => self.watched(number, &event, at, ctx),
            TokenMsg::NotWatched(number, why) => {
                if let Some(held) = self.by_number_mut(number) {
                    held.watch = None;
                }
                ctx.warn(why);
            }
            TokenMsg::Found(reference, found) => self.found(&reference, found, ctx),
        }
    }

    fn judged(&mut self, number: Number, judged: Result<Box<Why>, Failure>, now: Timestamp) {
        let Some(held) = self.by_number_mut(number) else { return };
        if let Ok(why) = &judged
            && let Some(seen) = &why.inspection
        {
            held.see(Inspection::clone(seen));
        }
        held.found.answer(judged, now);
    }

    fn watched(&mut self, number: Number, event: &Event, at: Timestamp, ctx: &mut Ctx) {
        let hidden = self.hidden;
        let Some(held) = self.by_number_mut(number) else { return };
        held.happened(event, at);
        let what = format!("{} from {}", held.kind(), held.from());
        let said = Veil::over(hidden, [&*held]).words(&event.sentence());
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
            judge(held, ctx);
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
        let effect = Effect::Token(TokenEffect::Agree { asked: held.asked(), host: needs.host.clone() });
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

    /// The record behind what is selected, or why there is none.
    fn record(&self) -> Result<Reference, &'static str> {
        let held = self.current().ok_or("there is no token")?;
        match self.reading.page {
            Page::Claims => {
                let seen = held.seen.as_ref().ok_or("there is no token")?;
                let entries = claims::entries(seen);
                let item =
                    entries.get(self.reading.at()).map(|entry| entry.item).ok_or("nothing is selected")?;
                item.opens.clone().ok_or("this claim names no record of the platform")
            }
            Page::Why => {
                let why = held.why().ok_or("it is still being checked")?;
                let cause =
                    why.causes.get(self.reading.at()).ok_or("there is no cause that names a record")?;
                cause.opens.clone().ok_or("this cause names no record")
            }
            Page::Times | Page::Checks | Page::Compare | Page::Raw => {
                Err("records open from claims and causes")
            }
        }
    }

    fn open(&mut self, ctx: &mut Ctx) {
        let Ok(record) = self.record() else { return };
        match &*record.kind {
            MembershipId::KIND => ctx.tell(Note::Show(MembershipId::new(record.id.clone()))),
            SessionId::KIND => {
                ctx.tell(Note::ShowSession(SessionId::new(record.id.clone())));
            }
            "User" | "Practitioner" | "Patient" | "RelatedPerson" => {
                self.looking = Some(record.clone());
                self.fetching = Some(ctx.now);
                ctx.effect(Effect::Token(TokenEffect::Find(record)));
            }
            _ => in_web_app(&record, None, ctx),
        }
    }

    fn found(&mut self, reference: &Reference, found: Result<MembershipId, String>, ctx: &mut Ctx) {
        self.fetching = None;
        if self.looking.take().as_ref() != Some(reference) {
            return;
        }
        match found {
            Ok(member) => ctx.tell(Note::Show(member)),
            Err(why) => in_web_app(reference, Some(&why), ctx),
        }
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
                    self.fetching = Some(ctx.now);
                    ctx.effect(Effect::Token(TokenEffect::Read(path)));
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
fn judge(held: &mut Held, ctx: &mut Ctx) {
    held.found.ask(ctx.now);
    ctx.effect(Effect::Token(TokenEffect::Judge(held.asked())));
}

/// A record that has no screen here.
fn in_web_app(record: &Reference, why: Option<&str>, ctx: &mut Ctx) {
    let app = ctx.session.as_ref().and_then(|session| session.web_app.clone());
    match (app, why) {
        (Some(app), None) => {
            let url = format!("{}/{}/{}", app.trim_end_matches('/'), record.kind, record.id);
            ctx.effect(Effect::OpenBrowser { url });
        }
        (_, Some(why)) => ctx.warn(format!("{record}: {why}")),
        (None, None) => {
            ctx.warn(format!("{record} has no screen here, and where the web app is, is not known"));
        }
    }
}

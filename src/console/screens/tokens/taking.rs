//! Taking tokens: out of a paste, a file, one's own session. Not more are held than can be looked through.

use super::held::Held;
use super::message::{Number, TokenEffect};
use super::page::Page;
use super::{MOST, Tokens};
use crate::console::effect::Effect;
use crate::console::model::Ctx;
use crate::console::remote::Remote;
use crate::console::words::count;
use crate::token::extract::{Extracted, Paste, extract};
use crate::workflows::token_lab::{Own, Tried};

impl Tokens {
    /// Takes what was pasted, whatever stood around it.
    pub(super) fn take(&mut self, text: &str, ctx: &mut Ctx) {
        let paste = extract(text);
        if self.hold(paste, ctx) {
            self.asking = None;
        } else {
            let why = "There is no token in it. It may stand alone, in a header, a curl command, JSON or an address.";
            self.complain(why, ctx);
        }
    }

    pub(super) fn complain(&mut self, why: &str, ctx: &mut Ctx) {
        match &mut self.asking {
            Some(asking) => asking.wrong = Some(why.to_owned()),
            None => ctx.warn(why),
        }
    }

    /// Holds what is in a paste and shows the first of it; false when there is nothing.
    pub(super) fn hold(&mut self, paste: Paste, ctx: &mut Ctx) -> bool {
        let tried = paste.request.as_ref().map(Tried::from).unwrap_or_default();
        let asked = paste.request.is_some();
        let found = paste.tokens.len() + paste.more;
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
        let gone = self.make_room(Some(first), MOST, ctx);
        self.select(first, if asked { Page::Why } else { Page::Claims }, ctx);
        tell_how_many(found, brought.len(), gone, ctx);
        true
    }

    /// Holds one more; one that is held already only gets what was tried.
    pub(super) fn add(&mut self, given: Option<Extracted>, tried: Tried) -> Number {
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

    /// Lets the oldest go until no more than `most` are held, those that are watched last and never the one that is
    /// shown; says how many.
    fn make_room(&mut self, shown: Option<Number>, most: usize, ctx: &mut Ctx) -> usize {
        let mut gone = 0;
        while self.held.len() > most {
            let other = |held: &Held| Some(held.number) != shown;
            let at = self.held.iter().rposition(|held| held.watch.is_none() && other(held));
            let Some(at) = at.or_else(|| self.held.iter().rposition(other)) else { break };
            let held = self.held.remove(at);
            ctx.effect(Effect::Token(TokenEffect::Drop(held.number)));
            gone += 1;
        }
        gone
    }

    pub(super) fn took_own(
        &mut self,
        tokens: Vec<(Own, Extracted)>,
        refresh: bool,
        to_compare: bool,
        ctx: &mut Ctx,
    ) {
        let shown = self.current().map(|held| held.number);
        if to_compare {
            let Some((_, access)) = tokens.into_iter().next() else {
                return ctx.warn("Your session has no access token that could be compared with.");
            };
            if self
                .current()
                .and_then(|held| held.given.as_ref())
                .is_some_and(|given| given.token == access.token)
            {
                ctx.say("It is your own session's access token. Paste another one to compare with.");
                return;
            }
            // Before it comes: it is the last, and would be the first to go.
            let known = self
                .held
                .iter()
                .any(|held| held.given.as_ref().is_some_and(|given| given.token == access.token));
            let gone = if known { 0 } else { self.make_room(shown, MOST - 1, ctx) };
            let number = self.add(Some(access), Tried::default());
            // Behind what is looked at: it is only there to be compared with.
            if let Some(at) = self.held.iter().position(|held| held.number == number) {
                let mut own = self.held.remove(at);
                own.own = true;
                self.held.push(own);
            }
            self.at = self.held.iter().position(|held| Some(held.number) == shown).unwrap_or(0);
            self.other = Some(number);
            self.compare();
            tell_how_many(1, 1, gone, ctx);
            return;
        }
        self.refresh = refresh;
        let tokens = tokens.into_iter().map(|(_, token)| token).collect();
        let paste = Paste { tokens, ..Paste::default() };
        let own: Vec<Extracted> = paste.tokens.clone();
        if self.hold(paste, ctx) {
            let mine = |held: &Held| {
                held.given.as_ref().is_some_and(|given| own.iter().any(|own| own.token == given.token))
            };
            self.held.iter_mut().filter(|held| mine(held)).for_each(|held| held.own = true);
        }
    }
}

/// Of several tokens one is shown, and not all of very many are held: that is said.
fn tell_how_many(found: usize, brought: usize, gone: usize, ctx: &mut Ctx) {
    let mut said = Vec::new();
    if found > brought {
        said.push(format!(
            "{found} tokens were found, and the first {brought} are held. The first is shown."
        ));
    } else if brought > 1 {
        said.push(format!("{brought} tokens were found. The first is shown."));
    }
    if gone > 0 {
        said.push(format!(
            "{} forgotten: {MOST} are held at most.",
            count(gone as u64, "older one was", "older ones were")
        ));
    }
    if found > brought || gone > 0 {
        ctx.warn(said.join(" "));
    } else if !said.is_empty() {
        ctx.say(said.join(" "));
    }
}

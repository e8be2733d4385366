//! L2: updates alone, with messages in and effects out.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::*;
use crate::console::action::{Action, Availability};
use crate::console::model::Model as _;
use crate::console::model::tests::ctx;
use crate::console::session::tests::pat;
use crate::identity::{MembershipId, Reference, Secret};
use crate::token::extract::{Extracted, extract};
use crate::workflows::token_lab::{Own, Tried};

fn token(id: &str, ends: i64) -> String {
    let part = |json: serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let header = part(json!({"alg": "ES384", "kid": "k1"}));
    let claims = json!({"iss": "https://api.clinic.example/", "sub": id, "scope": "openid", "iat": 0, "exp": ends,
        "refresh_secret": "hunter2"});
    format!("{header}.{}.c2VjcmV0c2ln", part(claims))
}

fn given(id: &str) -> Extracted {
    Extracted { token: Secret::from(token(id, 3_600).as_str()), from: "the paste".to_owned() }
}

fn pasted(text: &str) -> (Tokens, Ctx) {
    let (mut lab, mut ctx) = (Tokens::default(), ctx(Some(pat())));
    lab.pasted(text, &mut ctx);
    (lab, ctx)
}

fn effects(ctx: &mut Ctx) -> Vec<TokenEffect> {
    let made = std::mem::take(&mut ctx.effects).into_iter();
    made.filter_map(|effect| match effect {
        Effect::Token(effect) => Some(effect),
        _ => None,
    })
    .collect()
}

fn judged(ctx: &mut Ctx) -> Vec<Asked> {
    let asked = |effect| match effect {
        TokenEffect::Judge(asked) => Some(*asked),
        _ => None,
    };
    effects(ctx).into_iter().filter_map(asked).collect()
}

#[test]
fn a_pasted_token_is_read_and_judged_at_once() {
    let (lab, mut ctx) = pasted(&format!("Bearer {}", token("u1", 3_600)));
    assert_eq!((lab.held.len(), lab.reading.page), (1, Page::Claims));
    let asked = judged(&mut ctx);
    assert_eq!((asked.len(), asked[0].number), (1, Number(1)));
    assert_eq!(asked[0].tried, Tried::default());
    assert_eq!(lab.waiting_since(), Some(ctx.now));
}

#[test]
fn a_curl_command_is_what_was_tried_and_begins_with_the_reason() {
    let command = format!(
        "curl -X DELETE https://api.clinic.example/fhir/R4/Patient/1 -H 'authorization: bearer {}'",
        token("u1", 9)
    );
    let (lab, mut ctx) = pasted(&command);
    assert_eq!(lab.reading.page, Page::Why);
    let asked = judged(&mut ctx).remove(0);
    assert_eq!(asking::words(&asked.tried).unwrap(), "DELETE https://api.clinic.example/fhir/R4/Patient/1");
}

// S2
#[test]
fn no_token_is_told_by_what_goes_around() {
    let text = token("u1", 3_600);
    let (lab, mut ctx) = pasted(&text);
    let number = Number(1);
    let messages = [
        crate::console::Msg::Pasted(text.clone()),
        crate::console::Msg::Token(TokenMsg::Brought { asked: None, paste: extract(&text) }),
        crate::console::Msg::Token(TokenMsg::Own {
            asked: None,
            tokens: vec![(Own::Access, given("u1"))],
            refresh: true,
            to_compare: false,
        }),
    ];
    let watch = Effect::Token(TokenEffect::Watch { number, given: given("u1") });
    let agree = Effect::Token(TokenEffect::Agree { number, host: "idp.example".into() });
    let effects = std::mem::take(&mut ctx.effects);
    let told = format!("{lab:?} {messages:?} {effects:?} {watch:?} {agree:?}");
    for part in text.split('.') {
        assert!(!told.contains(part), "{told}");
    }
    assert!(!told.contains("hunter2"));
}

#[test]
fn the_same_token_is_held_once_and_of_too_many_the_oldest_goes() {
    let (mut lab, mut ctx) = pasted(&token("u1", 3_600));
    lab.pasted(&token("u1", 3_600), &mut ctx);
    assert_eq!(lab.held.len(), 1);
    assert_eq!(judged(&mut ctx).len(), 2, "judged again: it was pasted for a reason");
    for n in 0..MOST {
        lab.pasted(&token(&format!("x{n}"), 3_600), &mut ctx);
    }
    assert_eq!((lab.held.len(), lab.at), (MOST, 0));
    assert!(effects(&mut ctx).contains(&TokenEffect::Drop(Number(1))), "work on it is stopped");
}

#[test]
fn a_text_without_a_token_says_so_and_changes_nothing() {
    let (mut lab, mut ctx) = pasted("just words");
    assert!(lab.held.is_empty());
    assert_eq!(ctx.wishes.len(), 1, "it is said");
    lab.act(Action::TokenPaste, &mut ctx);
    lab.pasted("just words", &mut ctx);
    assert!(lab.asking.as_ref().unwrap().wrong.is_some());
    lab.pasted(&token("u1", 9), &mut ctx);
    assert!(lab.asking.is_none() && lab.held.len() == 1);
}

#[test]
fn what_is_pasted_into_another_form_is_not_taken_for_a_token() {
    let (mut lab, mut ctx) = pasted(&token("u1", 9));
    lab.act(Action::TokenTried, &mut ctx);
    lab.pasted("fhir/R4/Patient", &mut ctx);
    assert_eq!(lab.asking.as_ref().unwrap().form.value("what"), "fhir/R4/Patient");
    judged(&mut ctx);
    lab.act(Action::Submit, &mut ctx);
    assert_eq!(judged(&mut ctx)[0].tried.url.as_ref().unwrap().raw(), "fhir/R4/Patient");
    assert_eq!(lab.reading.page, Page::Why);
}

#[test]
fn an_idle_screen_wakes_for_nothing_and_one_with_a_token_when_its_words_change() {
    let (lab, ctx) = pasted("nothing");
    assert_eq!((lab.next_change(ctx.now), lab.waiting_since()), (None, None));
    let (lab, _) = pasted(&token("u1", 3_600));
    let next = lab.next_change(Timestamp::UNIX_EPOCH).unwrap();
    assert!(next.duration_since(Timestamp::UNIX_EPOCH) <= SignedDuration::from_secs(60));
}

#[test]
fn an_answer_about_a_forgotten_token_is_dropped() {
    let (mut lab, mut ctx) = pasted(&token("u1", 3_600));
    lab.act(Action::TokenForget, &mut ctx);
    assert!(effects(&mut ctx).contains(&TokenEffect::Drop(Number(1))));
    let judged = Err(Failure::new("late"));
    lab.heard(TokenMsg::Judged { number: Number(1), round: Number(1), judged }, &mut ctx);
    lab.heard(TokenMsg::Watched { number: Number(1), event: Event::Ended }, &mut ctx);
    assert!(lab.held.is_empty() && ctx.wishes.is_empty());
}

#[test]
fn alone_it_is_compared_with_ones_own_which_does_not_take_its_place() {
    let (mut lab, mut ctx) = pasted(&token("u1", 3_600));
    effects(&mut ctx);
    lab.act(Action::TokenCompare, &mut ctx);
    let [TokenEffect::Own { asked, to_compare: true }] = effects(&mut ctx)[..] else { panic!() };
    let tokens = vec![(Own::Access, given("u2"))];
    lab.heard(TokenMsg::Own { asked: Some(asked), tokens, refresh: true, to_compare: true }, &mut ctx);
    assert_eq!((lab.at, lab.held.len(), lab.held[1].own), (0, 2, true));
    let (first, second, compared) = lab.compared.as_ref().unwrap();
    assert_eq!((*first, *second), (Number(1), lab.held[1].number));
    assert!(!compared.meanings.is_empty());
    // One's own with one's own says nothing.
    let (mut lab, mut ctx) = pasted(&token("u2", 3_600));
    let tokens = vec![(Own::Access, given("u2"))];
    lab.heard(TokenMsg::Own { asked: None, tokens, refresh: false, to_compare: true }, &mut ctx);
    assert_eq!((lab.held.len(), ctx.wishes.len()), (1, 1));
}

#[test]
fn the_one_to_compare_with_has_its_place_among_the_most_that_are_held() {
    let (mut lab, mut ctx) = pasted(&token("x0", 3_600));
    (1..MOST).for_each(|n| lab.pasted(&token(&format!("x{n}"), 3_600), &mut ctx));
    lab.act(Action::TokenPrevious, &mut ctx);
    said(&mut ctx);
    assert_eq!(lab.at, MOST - 1, "the oldest is looked at");
    let tokens = vec![(Own::Access, given("u2"))];
    lab.heard(TokenMsg::Own { asked: None, tokens, refresh: false, to_compare: true }, &mut ctx);
    assert_eq!((lab.held.len(), lab.current().unwrap().number), (MOST, Number(1)));
    assert!(lab.other().is_some_and(|other| other.own) && lab.compared.is_some());
    assert!(said(&mut ctx).contains("1 older one was forgotten"));
}

#[test]
fn what_happens_to_a_watched_token_is_told_and_looked_at_anew() {
    let (mut lab, mut ctx) = pasted(&token("u1", 3_600));
    lab.act(Action::TokenWatch, &mut ctx);
    assert!(effects(&mut ctx).iter().any(|effect| matches!(effect, TokenEffect::Watch { .. })));
    let number = Number(1);
    let alive = TokenMsg::Watched { number, event: Event::Alive };
    assert!(alive.is_quiet());
    lab.heard(alive, &mut ctx);
    assert!(ctx.wishes.is_empty(), "nothing is said while nothing happens");
    let refused = Event::Refused { said: "It answers 401.".to_owned() };
    let refused = TokenMsg::Watched { number, event: refused };
    assert!(!refused.is_quiet());
    lab.heard(refused, &mut ctx);
    assert_eq!((ctx.wishes.len(), judged(&mut ctx).len()), (1, 1));
    assert!(lab.held[0].watch.is_some(), "it may work again");
    lab.heard(TokenMsg::Watched { number, event: Event::Ended }, &mut ctx);
    assert!(lab.held[0].watch.is_none(), "that was the last");
}

// J12
#[test]
fn a_secret_among_the_claims_is_not_copied() {
    let (mut lab, mut ctx) = pasted(&token("u1", 3_600));
    lab.act(Action::Last, &mut ctx);
    let entries = claims::entries(lab.held[0].seen.as_ref().unwrap()).len();
    let secret = claims::entries(lab.held[0].seen.as_ref().unwrap())
        .iter()
        .position(|entry| entry.item.name.raw() == "refresh_secret")
        .unwrap();
    assert_eq!(lab.reading.at(), entries - 1);
    lab.reading.choose(secret);
    effects(&mut ctx);
    lab.act(Action::Copy, &mut ctx);
    assert!(ctx.effects.is_empty() && ctx.wishes.len() == 1);
}

#[test]
fn what_cannot_be_done_says_why() {
    let (lab, _) = pasted("0123456789abcdef");
    for action in [Action::TokenWatch, Action::TokenCompare] {
        assert!(
            matches!(lab.availability(action, None), Availability::Disabled(why) if why.contains("only signed"))
        );
    }
    assert_eq!(lab.availability(Action::TokenAgree, None), Availability::Hidden);
    let (lab, _) = pasted(&token("u1", 9));
    assert!(matches!(lab.availability(Action::TokenOpen, None), Availability::Disabled(_)));
    assert!(
        matches!(lab.availability(Action::Reload, None), Availability::Disabled(why) if why.contains("already"))
    );
}

// J12: what names a value is not opened while values are hidden.
#[test]
fn nothing_that_names_a_hidden_value_can_be_opened() {
    let (mut lab, mut ctx) = pasted(&token("u1", 9));
    lab.act(Action::TokenHide, &mut ctx);
    for action in [Action::TokenTried, Action::TokenReveal] {
        let availability = lab.availability(action, None);
        assert!(
            matches!(&availability, Availability::Disabled(why) if why.contains("hidden")),
            "{action:?}: {availability:?}"
        );
    }
}

// An answer is for what was asked: not for what was tried before, not for whoever was signed in before.
#[test]
fn a_late_answer_is_not_shown_for_something_else() {
    let late = |asked: &Asked| TokenMsg::Judged {
        number: asked.number,
        round: asked.round,
        judged: Err(Failure::new("late")),
    };
    let (mut lab, mut ctx) = pasted(&token("u1", 3_600));
    let first = judged(&mut ctx).remove(0);
    lab.act(Action::TokenTried, &mut ctx);
    lab.pasted("fhir/R4/Patient", &mut ctx);
    lab.act(Action::Submit, &mut ctx);
    let second = judged(&mut ctx).remove(0);
    lab.heard(late(&first), &mut ctx);
    assert!(lab.held[0].found.error().is_none(), "it is about another address");
    lab.act(Action::TokenOwn, &mut ctx);
    let [TokenEffect::Own { asked, .. }] = effects(&mut ctx)[..] else { panic!() };
    lab.forget_all();
    lab.pasted(&token("u2", 3_600), &mut ctx);
    lab.heard(late(&second), &mut ctx);
    assert!(lab.held[0].found.error().is_none(), "it is about a token of another session");
    let tokens = vec![(Own::Access, given("u1"))];
    lab.heard(TokenMsg::Own { asked: Some(asked), tokens, refresh: false, to_compare: false }, &mut ctx);
    let why = "late".to_owned();
    lab.heard(TokenMsg::NotBrought { asked, why }, &mut ctx);
    assert_eq!((lab.held.len(), ctx.wishes.len()), (1, 0));
    let current = judged(&mut ctx).remove(0);
    lab.heard(late(&current), &mut ctx);
    assert!(lab.held[0].found.error().is_some());
}

#[test]
fn of_two_records_that_are_opened_the_second_is_shown() {
    let (mut lab, mut ctx) = pasted(&token("u1", 3_600));
    effects(&mut ctx);
    let mut open = |id: &str| {
        let reference = Reference::parse(&format!("User/{id}"));
        lab.held[0].seen.as_mut().unwrap().claims[0].opens = reference;
        lab.open(&mut ctx);
        effects(&mut ctx).remove(0)
    };
    let (first, second) = (open("u1"), open("u2"));
    let answer = |effect: TokenEffect, member: &str| {
        let TokenEffect::Find { asked, reference } = effect else { panic!("{effect:?}") };
        TokenMsg::Found { asked, reference, found: Ok(MembershipId::new(member)) }
    };
    lab.heard(answer(first, "m1"), &mut ctx);
    assert!(ctx.wishes.is_empty() && lab.fetching.is_some());
    lab.heard(answer(second, "m2"), &mut ctx);
    assert!(said(&mut ctx).contains("m2"));
    assert_eq!(lab.availability(Action::TokenOwn, None), Availability::Ready);
}

#[test]
fn what_was_agreed_to_is_judged_in_a_round_of_its_own() {
    let (mut lab, mut ctx) = pasted(&token("u1", 3_600));
    // While the dialog is open an event has it judged again.
    lab.act(Action::TokenWatch, &mut ctx);
    lab.heard(TokenMsg::Watched { number: Number(1), event: Event::Ended }, &mut ctx);
    let before = judged(&mut ctx).pop().unwrap().round;
    lab.heard(TokenMsg::Agreed(Number(1)), &mut ctx);
    let round = judged(&mut ctx).remove(0).round;
    assert!(round > before);
    lab.heard(TokenMsg::Judged { number: Number(1), round, judged: Err(Failure::new("no")) }, &mut ctx);
    assert_eq!(lab.waiting_since(), None);
    lab.heard(TokenMsg::Agreed(Number(9)), &mut ctx);
    assert!(judged(&mut ctx).is_empty(), "it was forgotten");
}

fn said(ctx: &mut Ctx) -> String {
    format!("{:?}", std::mem::take(&mut ctx.wishes))
}

#[test]
fn how_many_tokens_there_are_is_said_and_none_is_left_out_silently() {
    let all = |count: usize| -> String {
        let tokens: Vec<String> = (0..count).map(|n| token(&format!("t{n}"), 3_600)).collect();
        tokens.join("\n\n-\n")
    };
    let (mut lab, mut ctx) = pasted(&all(3));
    assert!(said(&mut ctx).contains("3 tokens were found. The first is shown."));
    lab.pasted(&all(80), &mut ctx);
    let words = said(&mut ctx);
    assert!(
        words.contains("80 tokens were found, and the first 12 are held. The first is shown."),
        "{words}"
    );
    assert_eq!(lab.held.len(), MOST);
    lab.act(Action::TokenWatch, &mut ctx);
    let watched = lab.held[0].number;
    said(&mut ctx);
    for n in 0..MOST {
        lab.pasted(&token(&format!("x{n}"), 3_600), &mut ctx);
        assert!(said(&mut ctx).contains("1 older one was forgotten: 12 are held at most."));
    }
    assert!(lab.by_number(watched).is_some(), "what is watched is let go last");
    let (mut lab, mut ctx) = pasted(&token("u1", 9));
    assert_eq!(said(&mut ctx), "[]", "of one there is nothing to say");
    let own = TokenMsg::Own { asked: None, tokens: Vec::new(), refresh: false, to_compare: true };
    lab.heard(own, &mut ctx);
    assert!(said(&mut ctx).contains("no access token"));
}

#[test]
fn a_look_that_finds_the_same_again_is_no_news() {
    let (mut lab, mut ctx) = pasted(&token("u1", 3_600));
    lab.act(Action::TokenWatch, &mut ctx);
    judged(&mut ctx);
    let number = Number(1);
    let refused = || Event::Refused { said: "It answers 401.".to_owned() };
    let untold = || Event::Untold { why: "Nobody answers.".to_owned() };
    for (event, news) in
        [(refused(), 1), (refused(), 0), (untold(), 0), (refused(), 0), (Event::Again, 1), (refused(), 1)]
    {
        lab.heard(TokenMsg::Watched { number, event: event.clone() }, &mut ctx);
        let (said, looked) = (std::mem::take(&mut ctx.wishes).len(), judged(&mut ctx).len());
        assert_eq!((said, looked), (news, news), "{event:?}");
    }
}

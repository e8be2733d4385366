//! Pictures of the token lab: text and styles. Each one was looked at.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use idconsole::auth::present::Reply;
use idconsole::console::glyphs::Glyphs;
use idconsole::console::screens::tokens::{Number, TokenMsg};
use idconsole::console::theme::Theme;
use idconsole::console::{Look, Msg};
use idconsole::identity::trace::{Exchange, Got, Sent};
use idconsole::identity::{Reference, Role, Secret, Text};
use idconsole::token::extract::Extracted;
use idconsole::token::ladder::{Holds, Rung};
use idconsole::workflows::token_lab::verify::{Step, StepId, Verified};
use idconsole::workflows::token_lab::why::{Answered, Cause, CauseId, Sure};
use idconsole::workflows::token_lab::{Own, Why, inspect};
use rstest::rstest;
use serde_json::{Value, json};
use url::Url;

use super::clinic::{Clinic, JANE, Signed};
use crate::harness::beginning;

const API: &str = "https://api.clinic.example/";

fn token(header: &Value, claims: &Value) -> String {
    let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    format!("{}.{}.c2lnbmF0dXJl", part(header), part(claims))
}

/// Jane's access token of this session, made so many seconds ago.
pub fn access(session: &str, ago: i64) -> String {
    let made = beginning().as_second() - ago;
    token(
        &json!({"alg": "ES384", "kid": "d2f07c1a-5b1e-4a52-9c8f-0c1f5a7be0aa", "typ": "JWT"}),
        &json!({
            "iss": API, "sub": "9b2c0000-0000-4000-8000-000000000000", "aud": API,
            "client_id": "7989069a-6b1f-4a55-8a35-3cc2f9f20b1c", "login_id": session,
            "username": "9b2c0000-0000-4000-8000-000000000000", "scope": "openid profile email",
            "profile": "Practitioner/ab120000-0000-4000-8000-000000000000",
            "email": "jane.smith@clinic.example", "iat": made, "exp": made + 3600,
        }),
    )
}

fn step(id: StepId, holds: Holds, said: &str, limit: Option<&'static str>) -> Step {
    Step { id, holds, said: said.to_owned(), limit }
}

fn ladder(session: Holds, member: Holds) -> Vec<Step> {
    let rung = |rung, said: &str| step(StepId::Rung(rung), Holds::Yes, said, None);
    let taken = session == Holds::Yes && member == Holds::Yes;
    vec![
        rung(Rung::Structure, "Three parts, each as it should be."),
        rung(Rung::Algorithm, "ES384, which anybody can check."),
        rung(Rung::Key, "d2f07c1a-5b1e-4a52-9c8f-0c1f5a7be0aa (EC P-384)."),
        rung(Rung::Signature, "It was made with that key, and nothing was changed since."),
        rung(Rung::Issuer, "https://api.clinic.example/; nobody in particular was expected."),
        rung(Rung::Audience, "https://api.clinic.example/; nobody in particular was expected."),
        rung(Rung::Time, "Valid for 54 min more."),
        rung(Rung::Type, "An access token: it carries a scope and a session (`login_id`)."),
        step(
            StepId::Introspection,
            session,
            if session == Holds::Yes {
                "The issuer says that it is active."
            } else {
                "The issuer says that it is not active."
            },
            Some(
                "The platform says active for tokens of members who are switched off too: it looks at the signature, the end and the session, not at the membership.",
            ),
        ),
        step(
            StepId::UserInfo,
            Holds::Yes,
            "It names the same subject, 9b2c0000-0000-4000-8000-000000000000.",
            None,
        ),
        if taken {
            step(StepId::Me, Holds::Yes, "It takes the token at `/auth/me`.", None)
        } else {
            step(
                StepId::Me,
                Holds::No,
                "It answers 401 at `/auth/me`: the session is over, or the membership is switched off.",
                None,
            )
        },
        step(
            StepId::Session,
            session,
            if session == Holds::Yes { "Its session is alive." } else { "Its session was ended." },
            None,
        ),
        step(
            StepId::Membership,
            member,
            if member == Holds::Yes {
                "Jane Smith's membership is active."
            } else {
                "Jane Smith's membership is switched off, so every request with the token is answered 401."
            },
            None,
        ),
    ]
}

fn why(token: &str, verdict: Holds, steps: Vec<Step>, causes: Vec<Cause>, status: u16) -> Why {
    let given = Extracted { token: Secret::from(token), from: "the Authorization header".to_owned() };
    let url = Url::parse("https://api.clinic.example/fhir/R4/Patient?name=smith").unwrap();
    let text = if status == 200 { "" } else { "Unauthorized" };
    let introspect = Url::parse("https://api.clinic.example/oauth2/introspect").unwrap();
    let decided = steps.iter().find(|step| step.holds == verdict).map(|step| step.id);
    let went = |method: &str, url: &Url, status| Exchange {
        sent: Sent::new(method, url),
        got: Ok(Got::new(status, &[], b"")),
        took_ms: 4,
    };
    Why {
        inspection: Some(inspect(&given, Some(API))),
        verified: Some(Verified {
            steps,
            verdict,
            decided,
            keys: Some("the keys that api.clinic.example publishes".to_owned()),
            notes: Vec::new(),
            needs: None,
            asked: Vec::new(),
            at: beginning(),
            signature_only: false,
            me: None,
            member: None,
        }),
        causes,
        answered: Some(Answered {
            request: Text::from(format!("GET {url}")),
            reply: Reply {
                status,
                text: text.into(),
                diagnostics: None,
                request_id: Some("5f0c9a1e-77aa-4c2e-8f0e-3d1c".into()),
            },
            means: if status == 200 {
                "The platform takes the token and does what is asked.".to_owned()
            } else {
                "The token is dead, or the membership behind it is switched off.".to_owned()
            },
        }),
        unknown: Vec::new(),
        asked: vec![went("POST", &introspect, 200), went("GET", &url, status)],
    }
}

/// Jane is switched off.
pub fn switched_off(token: &str) -> Why {
    let cause = Cause {
        id: CauseId::MemberInactive,
        sure: Sure::Certain,
        said: "Jane Smith's membership is switched off.".to_owned(),
        evidence: vec![
            "Her membership in Clinic Demo has `active` = false.".to_owned(),
            "Introspection calls the token active: it does not look at the membership (platform-api §3.6)."
                .to_owned(),
        ],
        next: "Switch it on again (`members activate`), or let her sign in elsewhere.".to_owned(),
        opens: Reference::parse(&format!("ProjectMembership/{JANE}")),
    };
    why(token, Holds::No, ladder(Holds::Yes, Holds::No), vec![cause], 401)
}

fn accepted(token: &str) -> Why {
    why(token, Holds::Yes, ladder(Holds::Yes, Holds::Yes), Vec::new(), 200)
}

pub fn curl(token: &str) -> Msg {
    Msg::Pasted(format!(
        "curl 'https://api.clinic.example/fhir/R4/Patient?name=smith' -H 'Authorization: Bearer {token}'"
    ))
}

pub fn judged(number: u64, why: Why) -> Msg {
    // Each was judged once, one after the other.
    let (number, judged) = (Number(number), Ok(Box::new(why)));
    Msg::Token(TokenMsg::Judged { number, round: number, judged })
}

async fn lab(width: u16, height: u16) -> Signed {
    lab_with(width, height, Look::default()).await
}

async fn lab_with(width: u16, height: u16, look: Look) -> Signed {
    let mut job = Clinic::new(Role::SuperAdmin, 30).console_with(width, height, look, |_| {}).await;
    job.console.keys("6").await;
    job
}

/// A refused token is there, and it is known why.
async fn refused(width: u16, height: u16) -> Signed {
    let mut job = lab(width, height).await;
    refuse(&mut job).await;
    job
}

async fn refuse(job: &mut Signed) {
    let token = access("5f0c0000-0000-4000-8000-00000000000a", 360);
    job.console.tell(curl(&token)).await;
    job.console.tell(judged(1, switched_off(&token))).await;
}

/// One's own beside it.
pub async fn own_too(job: &mut Signed) {
    let own = access("77aa0000-0000-4000-8000-00000000000b", 60);
    let given = Extracted { token: Secret::from(own.as_str()), from: Own::Access.words().to_owned() };
    let tokens = vec![(Own::Access, given)];
    job.console
        .tell(Msg::Token(TokenMsg::Own { asked: None, tokens, refresh: false, to_compare: true }))
        .await;
}

#[rstest]
#[case("80x24", 80, 24)]
#[case("120x40", 120, 40)]
#[case("60x16", 60, 16)]
#[case("40x12", 40, 12)]
#[tokio::test]
async fn nothing_yet(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    let mut job = lab(width, height).await;
    insta::assert_snapshot!(format!("tokens_empty_{size}"), job.console.picture());
    job.console.keys("p").await.keys("eyJhbGciOiJFUzM4NCJ9").await;
    insta::assert_snapshot!(format!("tokens_paste_{size}"), job.console.picture());
}

#[rstest]
#[case("80x24", 80, 24)]
#[case("120x40", 120, 40)]
#[case("60x16", 60, 16)]
#[tokio::test]
async fn every_view_of_a_refused_token(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    let mut job = refused(width, height).await;
    for page in ["why", "claims", "times", "checks", "compare", "raw"] {
        if page == "compare" {
            own_too(&mut job).await;
        }
        insta::assert_snapshot!(format!("tokens_{page}_{size}"), job.console.picture());
        job.console.keys("<Right>").await;
        if page == "why" {
            job.console.keys("<Down><Down><Down><Down>").await;
        }
    }
}

#[rstest]
#[case("80x24", 80, 24)]
#[case("120x40", 120, 40)]
#[tokio::test]
async fn values_are_hidden(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    let mut job = refused(width, height).await;
    job.console.keys("H").await;
    insta::assert_snapshot!(format!("tokens_hidden_why_{size}"), job.console.picture());
    job.console.keys("<Right>").await;
    insta::assert_snapshot!(format!("tokens_hidden_claims_{size}"), job.console.picture());
}

#[tokio::test]
async fn a_token_that_is_taken_and_several_in_a_list() {
    let mut job = refused(120, 40).await;
    own_too(&mut job).await;
    let own = access("77aa0000-0000-4000-8000-00000000000b", 60);
    job.console.keys("n").await;
    job.console.tell(judged(2, accepted(&own))).await;
    job.console.keys("<Right>").await;
    insta::assert_snapshot!("tokens_accepted", job.console.picture());
    job.console.resize(80, 24).await;
    insta::assert_snapshot!("tokens_accepted_80x24", job.console.picture());
}

// What nobody was agreed to be asked about is not verified, and says so.
#[rstest]
#[case("80x24", 80, 24)]
#[case("120x40", 120, 40)]
#[tokio::test]
async fn a_token_of_a_strange_issuer(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    let mut job = lab(width, height).await;
    let at = beginning().as_second();
    let strange = token(
        &json!({"alg": "RS256", "kid": "k1"}),
        &json!({"iss": "https://login.stranger.example", "sub": "00u1STRANGER", "aud": "clinic",
            "iat": at - 60, "exp": at + 240, "nonce": "n-1", "email": "j.smith@stranger.example",
            "email_verified": false, "groups": ["staff", "ward-3"], "address": {"country": "NL"}}),
    );
    job.console.tell(Msg::Pasted(strange)).await;
    insta::assert_snapshot!(format!("tokens_strange_{size}"), job.console.picture());
    job.console.keys("a").await;
    insta::assert_snapshot!(format!("tokens_agree_{size}"), job.console.picture());
    // Nobody agrees to a host that they do not see.
    job.console.keys("<Esc>Ha").await;
    let hidden = job.console.text();
    assert!(hidden.contains("values are hidden; show them first"), "{hidden}");
    assert!(!hidden.contains("stranger"), "{hidden}");
}

#[tokio::test]
async fn a_refused_token_with_plain_signs() {
    let look = Look { glyphs: Glyphs::ASCII, theme: Theme::embedded("mono").unwrap(), ..Look::default() };
    let mut job = lab_with(80, 24, look).await;
    refuse(&mut job).await;
    job.console.keys("<Right><Down>").await;
    let shown = job.console.picture();
    assert!(shown.replace('§', "").is_ascii(), "{shown}");
    insta::assert_snapshot!("tokens_ascii", shown);
}

#[tokio::test]
async fn what_was_tried_is_typed() {
    let mut job = refused(80, 24).await;
    job.console.keys("t").await;
    insta::assert_snapshot!("tokens_tried_80x24", job.console.picture());
    job.console.keys("<Ctrl-u>look at it<Enter>").await;
    insta::assert_snapshot!("tokens_tried_wrong_80x24", job.console.picture());
}

#[tokio::test]
async fn the_token_itself_in_its_dialog() {
    let mut job = refused(80, 24).await;
    job.console.keys("v").await;
    insta::assert_snapshot!("tokens_shown_80x24", job.console.picture());
}

// A stranger decides how long a claim is: every view of it is drawn, and says how much there is.
#[tokio::test]
async fn a_claim_of_most_of_a_megabyte_is_drawn_by_its_ends() {
    let mut job = lab(120, 40).await;
    let issuer = format!("https://login.stranger.example/{}/end", "x\\".repeat(100_000));
    let huge =
        token(&json!({"alg": "RS256", "kid": "k1"}), &json!({"iss": issuer, "aud": [issuer], "sub": "s"}));
    job.console.tell(Msg::Pasted(huge)).await;
    for _ in 0..6 {
        job.console.keys("<Right>").await;
    }
    job.console.keys("<Left><Left><Left><Left>").await;
    let shown = job.console.text();
    assert!(shown.contains("▌Claims") && shown.contains("/end (300034 characters)"), "{shown}");
    job.console.keys("H").await;
    let hidden = job.console.text();
    assert!(!hidden.contains("stranger") && !hidden.contains("/end"), "{hidden}");
}

// J12: what others say about a token names people and hosts too.
#[tokio::test]
async fn no_answer_and_no_error_names_anybody_while_values_are_hidden() {
    let mut job = lab(120, 44).await;
    let token = access("5f0c0000-0000-4000-8000-00000000000a", 360);
    let mut said = switched_off(&token);
    let answered = said.answered.as_mut().unwrap();
    answered.reply.text = "Forbidden for Marlowe".into();
    answered.reply.diagnostics = Some("OperationOutcomeError: Marlowe".into());
    said.asked[0].got = Err("error sending request for url (https://marlowe.example/keys)".into());
    let other = Cause {
        id: CauseId::WrongIssuer,
        said: "The request goes to marlowe.example, and the token is of the platform.".to_owned(),
        next: "Ask whoever runs marlowe.example which issuer and audience it takes.".to_owned(),
        ..said.causes[0].clone()
    };
    said.causes.push(other);
    let verified = said.verified.as_mut().unwrap();
    verified.notes = vec!["Its key set is on another host, marlowe.example.".to_owned()];
    verified.keys = Some("the keys that marlowe.example publishes".to_owned());
    for step in &mut verified.steps {
        let telling = matches!(step.id, StepId::Introspection | StepId::Session) && step.holds == Holds::Yes;
        if telling {
            step.holds = Holds::Untold;
        }
        if telling || step.id == StepId::Me {
            step.said = "It answers “Authentication error” (Marlowe).".to_owned();
        }
    }
    let first = verified.steps.iter().position(|step| step.id == StepId::Me).unwrap();
    verified.steps.swap(0, first);
    job.console.tell(curl(&token)).await;
    job.console.tell(judged(1, said)).await;
    let pages = |text: &str| text.to_lowercase().matches("marlowe").count();
    let mut shown = 0;
    for _ in 0..6 {
        shown += pages(&job.console.text());
        job.console.keys("<Right>").await;
    }
    assert!(shown > 8, "what is shown while nothing is hidden: {shown}");
    job.console.keys("H").await;
    for _ in 0..6 {
        let text = job.console.text();
        assert_eq!(pages(&text), 0, "{text}");
        job.console.keys("<Left>").await;
    }
}

//! Runs made by hand, the same each time: for pictures of the screen.

use idconsole::console::Msg;
use idconsole::console::screens::flow_lab::LabMsg;
use idconsole::console::screens::sign_in::{Attempt, DeviceCode, Step};
use idconsole::identity::flow_lab::{Claims, Kind, Run, Sort, Status, StepId, differences};
use idconsole::identity::provider::IdentityProvider;
use idconsole::identity::sign_in::doctor::{
    Attempt as Try, Claim, Facts, Flow, Reach, RouteFact, Source, UserFact, Window,
};
use idconsole::identity::trace::{Exchange, Got, Sent};
use idconsole::identity::{Mfa, Seen, Text, UserId, UserScope};
use idconsole::workflows::diagnose::Examined;
use idconsole::workflows::flow_lab::Report;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use url::Url;

const API: &str = "https://api.clinic.example/";
const IDP: &str = "https://login.partner.example";

fn url(address: &str) -> Url {
    Url::parse(address).unwrap()
}

fn json_answer(status: u16, body: &Value) -> Got {
    Got::new(status, &[("content-type", "application/json")], body.to_string().as_bytes())
}

fn exchange(sent: Sent, got: Got) -> Exchange {
    Exchange { sent, got: Ok(got), took_ms: 12 }
}

fn by_browser(address: &str) -> Exchange {
    let unseen = "The browser asks; what it gets is not seen from here.";
    Exchange { sent: Sent::new("GET", &url(address)), got: Err(Text::from(unseen)), took_ms: 0 }
}

/// The seven steps, up to the one that is asked for; the rest waits.
pub fn three_legged(done: usize) -> Run {
    let mut run = Run::new(Kind::ThreeLegged, "Clinic Portal", &StepId::THREE_LEGGED);
    let back = "http://127.0.0.1:9615/callback";
    let state = r#"{"clientId":"7989069a","scope":"openid profile email","nonce":"pVl-RUC3","codeChallenge":"ythvAJ26","codeChallengeMethod":"S256","redirectUri":"http://127.0.0.1:9615/callback","domain":"partner.example"}"#;
    let mut to_idp = url(&format!(
        "{IDP}/authorize?client_id=clinic-platform&response_type=code&scope=openid+profile+email"
    ));
    to_idp
        .query_pairs_mut()
        .append_pair("redirect_uri", &format!("{API}auth/external"))
        .append_pair("state", state);
    let said = [
        "Accepted: client Clinic Portal, back to exactly http://127.0.0.1:9615/callback, PKCE S256, state and nonce. Apps are sent on to the sign-in page at app.clinic.example.",
        "partner.example goes to login.partner.example.",
        "The person has signed in.",
        "To https://api.clinic.example/auth/external; not visible from here, it follows from step 6.",
        "It found the user; not visible from here, it follows from step 6.",
        "To http://127.0.0.1:9615/callback with a code.",
        "Signed in as Wendy Wu in Clinic Demo.",
    ];
    for (id, said) in StepId::THREE_LEGGED.into_iter().zip(said).take(done) {
        run.set(id, Status::Done, said, "");
    }
    if done < 7 {
        let at = StepId::THREE_LEGGED[done];
        let said = match at {
            StepId::Person => "Sign in at login.partner.example in your browser.",
            _ => "Redeeming the platform's code.",
        };
        run.set(at, Status::Running, said, "");
    }
    let authorize = format!(
        "{API}oauth2/authorize?response_type=code&client_id=7989069a&state=xy-XdmwJ&code_challenge=ythvAJ26&code_challenge_method=S256&redirect_uri=http%3A%2F%2F127.0.0.1%3A9615%2Fcallback&scope=openid+profile+email&nonce=pVl-RUC3"
    );
    let on = "https://app.clinic.example/oauth?response_type=code&client_id=7989069a&state=xy-XdmwJ";
    run.keep(
        StepId::Authorize,
        exchange(Sent::new("GET", &url(&authorize)), Got::new(302, &[("location", on)], b"")),
    );
    if done > 0 {
        let asked = Sent::new("POST", &url(&format!("{API}auth/method")));
        let asked = asked.json(&json!({"email": "wendy.wu@partner.example"}));
        let answer = json!({"domain": "partner.example", "authorizeUrl": format!("{IDP}/authorize?client_id=clinic-platform")});
        run.keep(StepId::Route, exchange(asked, json_answer(200, &answer)));
    }
    if done > 1 {
        run.keep(StepId::Person, by_browser(to_idp.as_str()));
    }
    if done > 5 {
        let came = Sent::new("GET", &url(&format!("{back}?login=5f0c&code=hush")));
        run.keep(StepId::PlatformReturns, exchange(came, Got::new(200, &[], b"")));
    }
    if done > 6 {
        let sent = Sent::new("POST", &url(&format!("{API}oauth2/token"))).form(&[
            ("grant_type", "authorization_code"),
            ("code", "hush"),
            ("code_verifier", "hush"),
            ("client_id", "7989069a"),
        ]);
        let answer = json!({"token_type": "Bearer", "expires_in": 3600, "scope": "openid profile email", "access_token": "hush", "id_token": "hush"});
        run.keep(StepId::Tokens, exchange(sent, json_answer(200, &answer)));
        let header = json!({"alg": "ES384", "kid": "d2f0", "typ": "JWT"});
        run.tokens.push(Claims::of(
            Sort::PlatformAccess,
            Some(&header),
            &json!({"iss": API, "sub": "9b2c71aa", "aud": API, "client_id": "7989069a", "scope": "openid profile email",
                "iat": 1_767_607_200, "exp": 1_767_610_800, "profile": "Practitioner/ab12f0"}),
        ));
        run.tokens.push(Claims::of(
            Sort::PlatformId,
            Some(&header),
            &json!({"iss": API, "sub": "9b2c71aa", "aud": "7989069a", "iat": 1_767_607_200, "exp": 1_767_610_800,
                "fhirUser": "Practitioner/ab12f0", "nonce": "pVl-RUC3", "email": "wendy.wu@partner.example"}),
        ));
        run.notes.push("As the doctor expected: the person signs in as Wendy Wu.".to_owned());
        run.end(false);
    }
    run
}

/// A test sign-in with a configuration that is not saved: its tokens are fine, the platform knows nobody by them.
pub fn test_sign_in(at: Timestamp) -> Report {
    let mut run = Run::new(Kind::Idp, "partner.example at login.partner.example", &StepId::IDP);
    let said = [
        "It calls itself https://login.partner.example and offers the device sign-in.",
        "Client clinic-platform, back to https://api.clinic.example/auth/external, scope openid profile email.",
        "The identity provider has answered.",
        "With a code that nobody has used yet, and with the state of this attempt.",
        "The identity provider took client, secret and code, and gave tokens.",
        "It is signed by login.partner.example, for this client and this attempt.",
        "It does not say the same as the ID token: email. The browser flow goes by the ID token, token exchange by userinfo.",
    ];
    for (id, said) in StepId::IDP.into_iter().zip(said) {
        run.set(id, Status::Done, said, "");
    }
    let sent = Sent::new("POST", &url(&format!("{IDP}/token")))
        .header("authorization", "Basic aHVzaDpodXNo")
        .form(&[
            ("grant_type", "authorization_code"),
            ("redirect_uri", "https://api.clinic.example/auth/external"),
            ("code", "hush"),
        ]);
    let answer =
        json!({"token_type": "Bearer", "expires_in": 3600, "access_token": "hush", "id_token": "hush"});
    run.keep(StepId::Redeem, exchange(sent, json_answer(200, &answer)));
    let mut id = Claims::of(
        Sort::IdpId,
        Some(&json!({"alg": "RS256", "kid": "k1"})),
        &json!({"iss": IDP, "sub": "00u9WENDY", "aud": "clinic-platform", "iat": 1_767_607_200, "exp": 1_767_610_800,
            "email": "w.wu@partner.example", "name": "Wendy Wu"}),
    );
    id.signature = "signed by login.partner.example".to_owned();
    let info = Claims::of(
        Sort::IdpUserinfo,
        None,
        &json!({"sub": "00u9WENDY", "email": "wendy.wu@partner.example", "name": "Wendy Wu"}),
    );
    run.differences = differences(&id, &info);
    run.tokens = vec![id, info];
    let examined = examined(at);
    let sentence = examined.diagnosis.sentence();
    run.set(
        StepId::Judge,
        Status::Failed,
        format!("Through the platform the person {sentence}."),
        "Wendy's user has another address than the identity provider sends.",
    );
    run.end(false);
    Report { run, examined: Some(Box::new(examined)) }
}

/// The same while the person is at the identity provider.
pub fn waiting(at: Timestamp) -> Run {
    let whole = test_sign_in(at).run;
    let mut run = Run::new(Kind::Idp, whole.title.clone(), &StepId::IDP);
    for step in whole.steps.iter().take(2) {
        run.set(step.id, Status::Done, step.said.clone(), "");
    }
    let said = "Sign in at login.partner.example in your browser. It ends on a page that says “Invalid state”: paste its address.";
    run.set(StepId::SignIn, Status::Running, said, "");
    run
}

fn examined(at: Timestamp) -> Examined {
    let mut attempt = Try::new(Flow::Browser);
    attempt.domain = Some("partner.example".into());
    attempt.email = Claim::from("w.wu@partner.example");
    attempt.subject = Claim::from("00u9WENDY");
    let source = Source::new(Window::Record, at);
    let mut facts = Facts::new(Reach::Everything);
    facts.emails.extend(["w.wu@partner.example".to_owned(), "wendy.wu@partner.example".to_owned()]);
    facts.users.push(UserFact {
        id: UserId::new("9b2c71aa"),
        email: Seen::Known(Some("wendy.wu@partner.example".into())),
        scope: Seen::Known(UserScope::Server),
        legacy_external_id: Seen::Known(None),
        password_set: Seen::Known(false),
        mfa: Seen::Known(Mfa::default()),
        gone: false,
        source,
    });
    let place = |path: &str| Text::from(format!("{IDP}/{path}"));
    let provider = IdentityProvider {
        authorize_url: place("authorize"),
        token_url: place("token"),
        user_info_url: place("userinfo"),
        client_id: "clinic-platform".into(),
        use_subject: None,
        identity_source: None,
        identity_mapping_mode: None,
        token_auth_method: None,
        use_pkce: None,
        user_info_mode: None,
        user_info_key_set: false,
    };
    facts.routes.insert(
        "partner.example".to_owned(),
        Seen::Known(RouteFact::Idp {
            route: None,
            provider: Seen::Known(provider),
            host: "login.partner.example".into(),
            broken: false,
            source: Source::new(Window::Given, at),
        }),
    );
    Examined::of(attempt, facts)
}

/// An exchange: what userinfo says beside the platform's token.
pub fn exchanged() -> Report {
    let mut run = Run::new(Kind::Exchange, "Ward Rota", &StepId::EXCHANGE);
    let said = [
        "It is opaque: no JWT, so only userinfo tells whose it is.",
        "It answers.",
        "The doctor expects that the person signs in as Omar Haddad.",
        "The platform gave a bearer token; it does not say of which type, which RFC 8693 §2.2.1 wants.",
        "Omar Haddad in Clinic Demo.",
    ];
    for (id, said) in StepId::EXCHANGE.into_iter().zip(said) {
        run.set(id, Status::Done, said, "");
    }
    run.tokens.push(Claims::opaque(Sort::IdpAccess));
    run.tokens.push(Claims::of(
        Sort::IdpUserinfo,
        None,
        &json!({"sub": "okta|00uOMARHADDAD000001", "email": "omar.haddad@clinic.example", "email_verified": true}),
    ));
    run.tokens.push(Claims::of(
        Sort::PlatformAccess,
        Some(&json!({"alg": "ES384"})),
        &json!({"iss": API, "sub": "28f1a3c0", "aud": API, "client_id": "c7aa", "scope": "openid profile email",
            "iat": 1_767_607_200, "exp": 1_767_610_800, "email": "omar.haddad@clinic.example"}),
    ));
    run.notes
        .push("The exchanged token names no actor: it stands for the person (impersonation).".to_owned());
    run.notes.push("As the doctor expected: the person signs in as Omar Haddad.".to_owned());
    run.end(false);
    Report { run, examined: None }
}

/// A device sign-in that waits.
pub fn device() -> Run {
    let mut run = Run::new(Kind::Device, "idconsole", &StepId::DEVICE);
    run.set(
        StepId::Discovery,
        Status::Done,
        "The platform offers none; https://login.partner.example is asked instead.",
        "",
    );
    run.set(StepId::DeviceCode, Status::Done, "Type WDJB-MJHT at login.partner.example on any device.", "");
    run.set(StepId::Poll, Status::Running, "The server asked for longer intervals; they are kept.", "");
    for (error, took) in [("authorization_pending", 0), ("slow_down", 0)] {
        let sent = Sent::new("POST", &url(&format!("{IDP}/token"))).form(&[
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", "hush"),
            ("client_id", "idconsole"),
        ]);
        let got = json_answer(400, &json!({"error": error}));
        run.keep(StepId::Poll, Exchange { sent, got: Ok(got), took_ms: took });
    }
    run
}

pub fn code(now: Timestamp) -> Step {
    Step::Device(DeviceCode {
        user_code: "WDJB-MJHT".into(),
        verification_uri: "https://login.partner.example/device".into(),
        complete: Some("https://login.partner.example/device?user_code=WDJB-MJHT".into()),
        expires_at: now + SignedDuration::from_secs(860),
        next_poll_at: Some(now + SignedDuration::from_secs(10)),
        host: "login.partner.example".to_owned(),
        client: "idconsole".to_owned(),
        scopes: "openid profile email".to_owned(),
    })
}

pub fn browser(now: Timestamp) -> Step {
    Step::Browser {
        url: Text::from(format!(
            "{IDP}/authorize?client_id=clinic-platform&state=%7B%22clientId%22%3A%227989069a"
        )),
        until: Some(now + SignedDuration::from_secs(282)),
        opened: true,
    }
}

pub fn paste() -> Step {
    Step::Paste {
        url: Text::from(format!(
            "{IDP}/authorize?client_id=clinic-platform&redirect_uri=https%3A%2F%2Fapi.clinic.example%2Fauth%2Fexternal"
        )),
        wrong: None,
    }
}

/// News of the run that was begun first.
pub fn stands(run: Run) -> Msg {
    Msg::Lab(LabMsg::Run { attempt: Attempt(1), run: Box::new(run) })
}

pub fn asks(step: Step) -> Msg {
    Msg::Lab(LabMsg::Asks { attempt: Attempt(1), step })
}

pub fn ended(report: Report, session: bool) -> Msg {
    let report = Box::new(report);
    Msg::Lab(LabMsg::Done { attempt: Attempt(1), report, session, token: true })
}

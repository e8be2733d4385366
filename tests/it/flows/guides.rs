//! What the guides say to press, pressed: each key stands in the guide, in this order, and leads where the guide says.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use idconsole::cli::guide;
use idconsole::console::Msg;
use idconsole::console::action::{Scope, TABLE};
use idconsole::console::key::Chord;
use rstest::rstest;
use serde_json::json;

use super::email_change::{email_of_jane, signed_in};
use super::onboarding::partner;
use crate::demo::demonstration;
use crate::harness::Harness;

const OLD: &str = "jsmith@clinic.example";
const NEW: &str = "jane.smith@clinic.example";

/// What is done at a key.
enum Do {
    /// These are pressed and typed.
    Keys(String),
    /// The terminal pastes this.
    Paste(String),
    /// The plan is read on with `Enter`, and applied at its end; what it wants typed is typed.
    Apply,
    /// Nothing: another test presses it.
    Nothing,
}

fn keys(written: impl Into<String>) -> Do {
    Do::Keys(written.into())
}

/// A key as the guide writes it, empty for what it says in words; what is done; what stands there then.
type Step<'a> = (&'a str, Do, &'a str);

fn text_of(name: &str) -> &'static str {
    guide::ALL.iter().find(|guide| guide.name == name).unwrap().text
}

/// Code spans that are keys, or a filter that is typed.
fn key_spans(text: &'static str) -> Vec<&'static str> {
    let spans = text.split('`').skip(1).step_by(2);
    spans.filter(|span| *span != "'" && (span.starts_with('/') || span.parse::<Chord>().is_ok())).collect()
}

/// Does the steps, whose keys are those of the guide's part about the console.
async fn follow(console: &mut Harness, name: &str, steps: Vec<Step<'_>>) {
    let part = text_of(name).split("\n## ").find_map(|part| part.strip_prefix("In the console\n"));
    let part = part.unwrap_or_else(|| panic!("{name} says nothing about the console"));
    let told: Vec<&str> = steps.iter().map(|(key, ..)| *key).filter(|key| !key.is_empty()).collect();
    assert_eq!(told, key_spans(part), "the keys of assets/guides/{name}.md");
    for (key, what, says) in steps {
        match what {
            Do::Keys(pressed) => drop(console.keys(&pressed).await),
            Do::Paste(text) => drop(console.tell(Msg::Pasted(text)).await),
            Do::Apply => apply(console).await,
            Do::Nothing => {}
        }
        let text = console.text();
        assert!(text.contains(says), "{name}, after `{key}`: no `{says}` in\n{text}");
    }
}

async fn apply(console: &mut Harness) {
    for _ in 0..8 {
        let text = console.text();
        if text.contains(": done · ") {
            return;
        }
        if let Some((_, rest)) = text.split_once("Confirm  type ") {
            let wanted = rest.split("  ").next().unwrap().trim().to_owned();
            console.keys(&wanted).await;
        }
        console.keys("<Enter>").await;
    }
    panic!("not applied:\n{}", console.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_is_repaired_as_the_guide_says() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 120, 40).await;
    let steps = vec![
        ("8", keys("8"), "Doctor"),
        ("/", keys("/"), ""),
        ("Enter", keys(format!("{NEW}<Enter>")), "is refused: User not found"),
        ("d", keys("2/jane smith<Enter>d"), "the IdP sends"),
        ("c", keys(format!("c{NEW}<Enter>")), "set the login email of Jane Smith to jane.smith@"),
        ("Left", keys("<Left>"), "after this change: "),
        ("Right", keys("<Right>"), ""),
        ("Enter", keys("<Enter>"), "Change email · Jane Smith"),
        ("Enter", keys("ticket 4711<Enter>"), "ticket 4711"),
        ("Enter", Do::Apply, "entry 1"),
        ("u", keys("u"), "Undo: change email"),
        ("9", keys("<Esc><Esc>9"), "ticket 4711"),
        ("u", keys("u"), "Undo: change email"),
        ("", keys("wrong person"), ""),
        ("", Do::Apply, ""),
        ("2", keys("<Enter>2"), OLD),
        ("/jane", keys("/<Ctrl-u>jane"), "jane"),
        ("Enter", keys(" smith<Enter>"), "Jane Smith"),
        ("e", keys("e"), "Change email · Jane Smith"),
        ("Enter", keys(format!("{NEW}<Enter>")), "recommended"),
    ];
    follow(&mut console, "repair-email", steps).await;
    assert_eq!(email_of_jane(&running), OLD);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_factor_is_reset_as_the_guide_says() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 120, 40).await;
    let steps = vec![
        ("5", keys("5"), "have one"),
        ("/", keys("/"), ""),
        ("Enter", keys("carla diaz<Enter>"), "Carla Diaz"),
        ("m", keys("m"), "Reset a factor · Carla Diaz"),
        ("Enter", keys("called back<Enter>"), "identity checked: called back"),
        ("", keys("lost phone"), "lost phone"),
        ("Enter", Do::Apply, ""),
    ];
    follow(&mut console, "reset-mfa", steps).await;
    let carla = running.state.read().find_by("User", "email", "carla.diaz@post.example").remove(0);
    assert_eq!(carla["mfaEnrolled"], json!(false));
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_kept_out_as_the_guide_says() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, true, 120, 40).await;
    let steps = vec![
        ("2", keys("2"), "Members"),
        ("/", keys("/"), ""),
        ("Enter", keys("jane smith<Enter>"), "Jane Smith"),
        ("Enter", keys("<Enter>"), "How Jane signs in"),
        ("O", keys("O"), "Offboard · Jane Smith"),
        ("", keys("left the clinic"), ""),
        ("Enter", Do::Apply, ""),
        ("", keys("<Enter>"), "not active"),
    ];
    follow(&mut console, "offboard", steps).await;
}

/// A token of an issuer that nobody here knows.
fn strange() -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let claims = r#"{"iss":"https://strange.example","sub":"1","exp":1900000000}"#;
    format!("{}.{}.c2lnbmF0dXJlb2Z0aGV0b2tlbg", part(r#"{"alg":"ES256","kid":"1"}"#), part(claims))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_looked_into_as_the_guide_says() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 120, 40).await;
    let steps = vec![
        ("6", keys("6"), "Tokens"),
        ("", Do::Paste(format!("Bearer {}", strange())), "strange.example"),
        ("Right", keys("<Right>"), "ends in "),
        ("Left", keys("<Left>"), "issuer: who made it"),
        ("w", keys("<Right><Right>w"), "It was not sent there to find out"),
        ("a", keys("a"), "Contact strange.example?"),
    ];
    follow(&mut console, "inspect-token", steps).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_is_brought_on_as_the_guide_says() {
    let running = demonstration(&[]);
    let partner = partner(&running);
    let mut console = signed_in(&running, false, 120, 40).await;
    let steps = vec![
        ("g p", keys("gp"), "No partner is being brought onto"),
        ("n", keys(format!("n{}<Enter>", partner.domain)), "Say what the partner signs in with"),
        // Another OpenID Connect provider is the last one of the choices.
        ("Enter", keys("<Enter><Left><Tab>"), ""),
        ("", Do::Paste(partner.issuer.clone()), ""),
        ("", keys("<Enter><Enter>"), "What it says about itself"),
        ("", keys("<Enter><Enter>it@clinic.example<Enter>"), "Copy the text or write it to a file"),
        ("w", keys("w"), "file"),
    ];
    follow(&mut console, "onboard-domain", steps).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_changed_as_the_guide_says() {
    let running = demonstration(&[]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("people.csv");
    std::fs::write(&file, "email,active\nnoor.aziz@clinic.example,no\nruth.osei@clinic.example,no\n")
        .unwrap();
    let mut console = signed_in(&running, false, 120, 40).await;
    let steps = vec![
        ("U", keys("U"), "Import CSV"),
        ("", keys(format!("{}<Enter>", file.display())), "2 to change"),
        ("", keys("<Enter>ticket 4711<Tab>2<Tab>"), "Bulk run"),
        ("", Do::Apply, "2 rows done and read back"),
        // The run is over before a key could hold it; `overlays::plan` presses these.
        ("p", Do::Nothing, ""),
        ("s", Do::Nothing, ""),
        ("w", keys("w"), "2 rows written to"),
    ];
    follow(&mut console, "relink-many", steps).await;
}

#[rstest]
#[case("repair-email", &[Scope::Global, Scope::List, Scope::Person, Scope::Doctor, Scope::Typing, Scope::Form, Scope::Plan, Scope::Journal])]
#[case("reset-mfa", &[Scope::Global, Scope::List, Scope::Person, Scope::Typing, Scope::Form, Scope::Plan])]
#[case("offboard", &[Scope::Global, Scope::List, Scope::Person, Scope::Typing, Scope::Members, Scope::Plan])]
#[case("inspect-token", &[Scope::Global, Scope::Tokens])]
#[case("onboard-domain", &[Scope::Global, Scope::Onboarding])]
#[case("relink-many", &[Scope::Members, Scope::Plan])]
#[case("troubleshooting", &[Scope::Person, Scope::Plan])]
#[case("connections", &[])]
#[case("security", &[])]
fn every_key_in_them_is_one_where_it_is_pressed(#[case] name: &str, #[case] scopes: &[Scope]) {
    let spans = key_spans(text_of(name));
    assert!(!spans.is_empty() || scopes.is_empty(), "{name}");
    for span in spans {
        let key = if span.starts_with('/') { "/" } else { span };
        let known = TABLE.iter().any(|row| scopes.contains(&row.scope) && row.keys.contains(&key));
        assert!(known, "{name}: `{span}` does nothing there");
    }
}

#[test]
fn every_guide_is_looked_at() {
    let source = include_str!("guides.rs");
    for guide in guide::ALL {
        assert!(source.contains(&format!("#[case(\"{}\"", guide.name)), "{}", guide.name);
        let console = guide.text.contains("## In the console\n");
        assert_eq!(console, source.contains(&format!("&mut console, \"{}\"", guide.name)), "{}", guide.name);
    }
}

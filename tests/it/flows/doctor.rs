//! The doctor by keys, over HTTP: a sign-in that fails is found, explained, repaired, and broken again by undo.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use idconsole::console::Msg;
use idconsole::demo::Running;
use rstest::rstest;

use super::email_change::{email_of_jane, says, signed_in};
use crate::demo::demonstration;
use crate::demo::provider::id_token_of;
use crate::harness::Harness;

const OLD: &str = "jsmith@clinic.example";
const NEW: &str = "jane.smith@clinic.example";

/// Presses keys and counts them. Texts (a name, a reason, an address that a plan wants typed by hand) are typed with
/// [`Counted::types`] and not counted.
struct Counted<'a> {
    console: &'a mut Harness,
    pressed: usize,
}

impl Counted<'_> {
    async fn press(&mut self, key: &str) {
        self.pressed += 1;
        self.console.keys(key).await;
    }

    async fn types(&mut self, text: &str) {
        assert!(!text.contains('<'), "that is a key: {text}");
        self.console.keys(text).await;
    }
}

/// From the fix to its plan being read back; what has to be typed is typed.
async fn apply(keys: &mut Counted<'_>, reason: &str) {
    keys.types(reason).await;
    for _ in 0..6 {
        if keys.console.text().contains("verified ") && keys.console.text().contains("entry ") {
            break;
        }
        keys.press("<Enter>").await;
        let asked = keys.console.text();
        if let Some((_, rest)) = asked.split_once("Confirm  type ") {
            let wanted = rest.split("  ").next().unwrap().trim();
            keys.types(wanted).await;
        }
    }
}

#[rstest]
#[case::by_a_project_admin_at_80_columns(false, 80, 24)]
#[case::by_a_project_admin_at_120_columns(false, 120, 40)]
#[case::by_a_super_admin_at_80_columns(true, 80, 24)]
#[case::by_a_super_admin_at_120_columns(true, 120, 40)]
#[tokio::test(flavor = "multi_thread")]
async fn jane_is_found_explained_and_repaired_in_eight_keys_and_undo_breaks_it_again(
    #[case] super_admin: bool,
    #[case] width: u16,
    #[case] height: u16,
) {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, super_admin, width, height).await;
    console.keys(&format!("8/{NEW}")).await;
    let mut keys = Counted { console: &mut console, pressed: 0 };
    keys.press("<Enter>").await;
    says(keys.console, "By the name in it, Jane Smith is taken to be meant");
    says(keys.console, "browser, Ward Rota");
    says(keys.console, "is refused: User not found");
    says(keys.console, "no user has jane.smith@");
    says(keys.console, &format!("set the login email of Jane Smith to {NEW}"));
    keys.press("<Enter>").await;
    says(keys.console, "Change email · Jane Smith");
    apply(&mut keys, "ticket 4711").await;
    assert_eq!(email_of_jane(&running), NEW);
    keys.press("<Enter>").await;
    // It has looked again by itself.
    says(keys.console, "signs in as Jane Smith");
    says(keys.console, "Nothing has to be mended");
    assert!(keys.pressed <= 8, "{} keys", keys.pressed);

    console.keys("9u").await;
    while !console.text().contains("Enter apply") {
        console.keys("<Enter>").await;
    }
    console.keys("wrong person<Enter>").await;
    assert_eq!(email_of_jane(&running), OLD);
    console.keys("<Enter>8").await;
    says(&console, "no user has jane.smith@");
    says(&console, &format!("set the login email of Jane Smith to {NEW}"));
}

/// Whoever opens a person asks what another address would come to.
#[rstest]
#[case::project_admin(false)]
#[case::super_admin(true)]
#[tokio::test(flavor = "multi_thread")]
async fn d_examines_a_member_and_esc_returns(#[case] super_admin: bool) {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, super_admin, 120, 40).await;
    console.keys("/jane smith<Enter>d").await;
    says(&console, &format!("Jane Smith · {OLD}"));
    says(&console, &format!("email {OLD}"));
    console.keys(&format!("c{NEW}<Enter>")).await;
    says(&console, &format!("email {NEW}"));
    says(&console, &format!("set the login email of Jane Smith to {NEW}"));
    console.keys("<Esc>").await;
    assert!(console.text().lines().nth(2).unwrap().contains("Members"), "{}", console.text());
}

#[rstest]
#[case::the_record("/jane smith<Enter><Enter>", "How Jane signs in")]
#[case::second_factors("5/jane smith<Enter>", "MFA")]
#[case::sessions("7", "Sessions")]
#[case::linkage("3", "Linkage")]
#[tokio::test(flavor = "multi_thread")]
async fn d_works_wherever_a_person_is_selected(#[case] keys: &str, #[case] back: &str) {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, true, 120, 40).await;
    console.keys(keys).await.keys("d").await;
    says(&console, "the IdP sends");
    says(&console, "┌ Ways");
    console.keys("<Esc>").await;
    assert!(!console.text().contains("┌ Ways"), "{}", console.text());
    says(&console, back);
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_opens_the_record_behind_it() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, true, 120, 40).await;
    console.keys(&format!("8/{NEW}<Enter><Left>")).await;
    says(&console, "server-scoped user");
    says(&console, "seen in the record, just now");
    console.keys("<Enter>").await;
    says(&console, "How Jane signs in");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_of_one_name_are_told_apart_before_anything_is_examined() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 120, 40).await;
    console.keys("8/ma<Enter>").await;
    says(&console, "Who is meant?");
    console.keys("<Down><Enter>").await;
    says(&console, "the IdP sends");
}

fn token(claims: &str) -> String {
    let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
    format!("{}.{}.c2lnbmF0dXJlb2Z0aGV0b2tlbg", part(r#"{"alg":"ES384","kid":"1"}"#), part(claims))
}

// S2
#[tokio::test(flavor = "multi_thread")]
async fn a_pasted_token_is_asked_by_its_claims_and_shown_nowhere() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 120, 40).await;
    let claims =
        format!(r#"{{"iss":"https://okta.example","sub":"okta|00uJANESMITH0000001","email":"{NEW}"}}"#);
    let token = token(&claims);
    let halves = token.split_at(30);
    console.keys("8/").await.tell(Msg::Pasted(format!("Bearer {}\n{}\n", halves.0, halves.1))).await;
    says(&console, "of https://okta.example, unverified");
    assert!(!console.text().contains("eyJ"), "{}", console.text());
    console.keys("<Enter>").await;
    says(&console, "subject okta|00uJANESMITH0000001");
    // Whoever is not asked for this sign-in anyway is not asked about a token either.
    says(
        &console,
        "from a token of https://okta.example, not verified: its issuer is not the identity provider",
    );
    says(&console, "is refused: User not found");
    console.keys("y").await;
    let report = console.clipboard.all().concat();
    assert!(report.contains("IdP sub    okta|00uJANESMITH0000001") && !report.contains("eyJ"), "{report}");
    // Typed letter by letter it is hidden, too.
    console.keys(&format!("/<Ctrl-u>{token}")).await;
    assert!(!console.text().contains("eyJ"), "{}", console.text());
    console.keys("<Enter>").await;
    says(&console, "subject okta|00uJANESMITH0000001");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_the_sign_ins_own_provider_is_verified_and_dropped() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 120, 40).await;
    let token = id_token_of(&running, NEW).await;
    console.keys("8/").await.tell(Msg::Pasted(token.clone())).await;
    says(&console, ", unverified");
    console.keys("<Enter>").await;
    says(&console, ", signed by ");
    says(&console, &format!("email {NEW}"));
    assert!(!console.text().contains("eyJ"), "{}", console.text());
    // One of somebody else's making is not what it says.
    let (head, signature) = token.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", signature.chars().rev().collect::<String>());
    console.keys("/").await.tell(Msg::Pasted(forged)).await;
    console.keys("<Enter>").await;
    says(&console, "not what it says: its signature does not fit");
}

async fn applied_with(console: &mut Harness, reason: &str) {
    while !console.text().contains("Enter apply") {
        console.keys("<Enter>").await;
    }
    console.keys(reason).await;
    let mut keys = Counted { console, pressed: 0 };
    apply(&mut keys, "").await;
    console.keys("<Enter>").await;
}

fn portal_mode(running: &Running) -> String {
    let portal = &running.facts.as_ref().unwrap().portal_client_id;
    let client = running.state.read().read("ClientApplication", portal).unwrap();
    client["identityProvider"].to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fix_of_two_changes_is_applied_one_after_the_other() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, true, 120, 40).await;
    // At the portal people are recognised by external id, and Jane has none.
    console.keys(&format!("8/{NEW}<Enter><Left><Left><Left><End><Up>")).await;
    says(&console, "Which subject the identity provider sends is not known");
    says(&console, "then let the client Clinic Portal recognise");
    let before = portal_mode(&running);
    console.keys("f").await;
    says(&console, "this is 1 of 2 changes");
    applied_with(&mut console, "ticket 4711").await;
    assert_eq!(email_of_jane(&running), NEW);
    assert_eq!(portal_mode(&running), before);
    says(&console, "1 let the client Clinic Portal recognise people by email");
    console.keys("<Enter>").await;
    applied_with(&mut console, "ticket 4711").await;
    assert_ne!(portal_mode(&running), before);
    says(&console, "Nothing has to be mended for this way");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_is_copied_as_text_and_as_json() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 120, 40).await;
    console.keys(&format!("8/{NEW}<Enter>y<Ctrl-y>")).await;
    let copied = console.clipboard.all();
    assert!(
        copied[0].contains("failed   The user is found") && copied[0].contains("fix: set the login email")
    );
    let json: serde_json::Value = serde_json::from_str(&copied[1]).unwrap();
    assert_eq!(json["outcome"]["message"], "User not found");
}

#[tokio::test(flavor = "multi_thread")]
async fn flow_and_client_are_chosen_by_hand() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 120, 40).await;
    console.keys("8/jane smith<Enter>w<Right><Right><Right><Enter>").await;
    says(&console, "exchange (older), Clinic Portal");
    assert!(!console.text().contains("browser, Clinic Portal"), "{}", console.text());
}

// A domain without a route: the form asks for the provider and its secret, and the sign-in is looked at again.
#[tokio::test(flavor = "multi_thread")]
async fn a_missing_route_is_added_from_the_doctor() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, true, 120, 44).await;
    console.keys("8/uma.rao@bare.example<Enter>").await;
    says(&console, "browser, bare.example");
    // Of the ways, the one that goes by the domain.
    console.keys("<Left><Left><Left><Down><Down>").await;
    says(&console, "give the route of bare.example its identity provider");
    console.keys("f").await;
    says(&console, "Identity provider · bare.example");
    let idp = format!("{}idp", running.base_url);
    console.keys(&format!("{idp}/authorize<Tab>{idp}/token<Tab>{idp}/userinfo<Tab>platform<Tab>")).await;
    console.keys("Quarry-lantern-7<Enter>").await;
    says(&console, "Change an identity provider · bare.example");
    super::members::apply(&mut console, "the partner has one now").await;
    console.keys("<Enter>").await;
    says(&console, "✓ browser, bare.example");
    let stored = running.state.read().find_by("DomainConfiguration", "domain", "bare.example");
    assert_eq!(stored[0]["identityProvider"]["clientSecret"], "Quarry-lantern-7");
}

//! The judge itself, against outcomes that platform-api.md and the recordings name.

use rstest::rstest;

use super::changes::change;
use super::corners::corner;
use super::oracle::{Next, Outcome, Verdict, drive};
use super::roads::{ROADS, road, start};
use super::scenario::Scenario;
use super::world::{Placed, World};

async fn judged(scenario: &Scenario) -> (Outcome, Placed) {
    let world = World::new().await;
    let placed = world.place(scenario);
    world.tighten(scenario, &placed);
    (drive(&world, scenario, &placed).await, placed)
}

/// A road with facts changed, by their names.
fn with(start: &str, changes: &[&str]) -> Scenario {
    let mut scenario = road(start);
    for name in changes {
        change(name)(&mut scenario);
    }
    scenario
}

#[tokio::test]
async fn every_road_is_open_to_a_healthy_person() {
    let world = World::new().await;
    for (i, (name, _)) in ROADS.iter().enumerate() {
        let scenario = start(i);
        let placed = world.place(&scenario);
        let outcome = drive(&world, &scenario, &placed).await;
        assert_eq!(outcome.user, Some(format!("User/{}", placed.users[0])), "{name}: {outcome:?}");
        let membership = format!("ProjectMembership/{}", placed.memberships[0][0]);
        assert_eq!((outcome.membership, outcome.next), (Some(membership), Next::None), "{name}");
    }
}

#[rstest]
// §10.2, the key consequence of domain routing.
#[case("browser by domain", &["account of the project"], 400, "User not found")]
#[case("browser by domain", &["domain typed with capitals"], 400, "Email address does not match domain")]
#[case("browser by domain", &["useSubject"], 400, "Email address does not match domain")]
#[case("browser by domain", &["route with a broken address"], 400, "Failed to construct URL for the domain")]
// Recording external-callback-client: a half-set pair.
#[case("browser by client", &["crossed pair"], 400, "Unsupported identity provider configuration")]
#[case("browser by client", &["client unknown"], 404, "Not found")]
// The challenge is looked at before the person is, on every road (§3.1).
#[case("browser by client", &["challenge without method", "newer address asserted"], 400,
    "Invalid code challenge method")]
// Recording external-callback-errors #12.
#[case("browser by client", &["foreign address to return to"], 400, "Invalid redirect URI")]
// §10.3 step 5 and the symptom table of §10.5: exchange does not look at the pair.
#[case("exchange", &["subject pair", "no address asserted"], 400, "Missing email or externalId")]
// Recording exchange-subject.
#[case("exchange by subject", &["subject in other letters"], 400, "User not found")]
#[case("exchange by subject", &["inactive"], 400, "User not found")]
#[case("exchange by subject", &["an inactive membership hides the user's own id"], 400, "User not found")]
// A number counts as an id at Google's look-up, and is no text to search for afterwards; the project is asked for first.
#[case("exchange by subject", &["gcip", "empty subject"], 400,
    "Failed to verify code - missing localId in user info response")]
#[case("exchange by subject", &["client of no project", "a list for the subject"], 400,
    "Project ID is required for external ID")]
#[case("exchange", &["Google only"], 400, "Google authentication is required")]
#[case("exchange", &["ghost in the project"], 400, "User not found")]
#[case("exchange", &["client unknown"], 400, "Invalid client")]
// Recordings login-errors and §3.1.
#[case("password with client", &["page of a foreign origin"], 400, "Invalid origin")]
#[case("password", &["account of the project"], 400, "User not found")]
#[case("password", &["no password set"], 400, "Invalid authentication method")]
#[case("password", &["wrong password", "inactive"], 400, "Email or password is invalid")]
#[case("password with client", &["other project named"], 400, "Invalid projectId")]
#[case("password", &["configuration never existed"], 404, "Not found")]
#[case("browser by client", &["address below the registered one"], 400, "Invalid redirect URI")]
#[tokio::test]
async fn who_is_refused_is_told_what_the_platform_says(
    #[case] start: &str,
    #[case] changes: &[&str],
    #[case] status: u16,
    #[case] text: &str,
) {
    let (outcome, _) = judged(&with(start, changes)).await;
    assert_eq!((outcome.verdict, outcome.status), (Verdict::Failure, status), "{outcome:?}");
    assert_eq!(outcome.message.as_deref(), Some(text));
}

#[rstest]
// §17: a client that is off, and what only a running session would notice.
#[case("browser by client", &["client off"], Some((0, 0)), Next::None)]
#[case("exchange", &["profile never existed"], Some((0, 0)), Next::None)]
// §17: a comma in the subject means OR.
#[case("exchange by subject", &["subject with a comma before hers"], Some((0, 0)), Next::None)]
// §9.7: `allow-dangerous-redirect`.
#[case("browser by client", &["address below the registered one, which the project allows"], Some((0, 0)),
    Next::None)]
// §10.1: the legacy field is still looked at.
#[case("exchange by subject", &["id on the project's user only"], Some((0, 0)), Next::None)]
// Recording exchange-email #3, and external-callback-domain #4.
#[case("exchange", &["address asserted in capitals"], Some((0, 0)), Next::None)]
#[case("browser by domain", &["address asserted in capitals"], Some((0, 0)), Next::None)]
// Recording exchange-membership-id: the first is taken; recording login-choose-profile: a page lets choose.
#[case("exchange", &["two memberships in the project"], Some((0, 0)), Next::None)]
#[case("browser by client", &["two memberships in the project"], None, Next::ChooseProfile)]
#[case("password", &["membership in both projects"], None, Next::ChooseProfile)]
#[case("password with project", &["membership in both projects"], Some((0, 0)), Next::None)]
// §3.1: only passwords are asked for a factor.
#[case("password", &["factor required by the project"], Some((0, 0)), Next::Mfa)]
#[case("password", &["enrolled by mail"], Some((0, 0)), Next::Mfa)]
#[case("browser by client", &["factor required of the user"], Some((0, 0)), Next::None)]
#[case("exchange", &["enrolled by app"], Some((0, 0)), Next::None)]
#[tokio::test]
async fn who_gets_in_is_the_person_and_the_membership_that_the_platform_chose(
    #[case] start: &str,
    #[case] changes: &[&str],
    #[case] membership: Option<(usize, usize)>,
    #[case] next: Next,
) {
    let (outcome, placed) = judged(&with(start, changes)).await;
    assert_eq!(outcome.verdict, Verdict::Success, "{outcome:?}");
    assert_eq!(outcome.user, Some(format!("User/{}", placed.users[0])));
    let membership = membership.map(|(u, m)| format!("ProjectMembership/{}", placed.memberships[u][m]));
    assert_eq!((outcome.membership, outcome.next), (membership, next));
}

/// §10.2 step 11: an address to return to is only looked at when the answer goes straight there.
#[tokio::test]
async fn a_foreign_address_to_return_to_waits_until_a_membership_is_chosen() {
    let (outcome, _) = judged(&corner("a foreign address to return to, but there is a choice")).await;
    assert_eq!((outcome.verdict, outcome.next), (Verdict::Success, Next::ChooseProfile), "{outcome:?}");
    let (outcome, _) = judged(&corner("a foreign address to return to, and nobody found")).await;
    assert_eq!(outcome.message.as_deref(), Some("User not found"));
}

/// §3.3: the fields of the legacy twin.
#[tokio::test]
async fn the_old_exchange_endpoint_takes_no_membership() {
    let (outcome, placed) = judged(&corner("the old endpoint does not look at the membership named")).await;
    assert_eq!(outcome.membership, Some(format!("ProjectMembership/{}", placed.memberships[0][0])));
}

/// §1.4: a reference to what was deleted is 410, here too.
#[tokio::test]
async fn an_external_id_of_a_deleted_account_is_gone_rather_than_not_found() {
    let (outcome, _) = judged(&corner("her account is deleted, the membership still holds the id")).await;
    assert_eq!((outcome.status, outcome.message.as_deref()), (410, Some("Gone")));
}

/// §13: the sign-in history has the attempts that got past the password but found no membership.
#[tokio::test]
async fn an_attempt_that_ends_after_the_password_leaves_its_login_behind() {
    for (changes, logins) in [(&["no membership"][..], 1), (&["no membership", "wrong password"][..], 0)] {
        let scenario = with("password", changes);
        let world = World::new().await;
        let placed = world.place(&scenario);
        let outcome = drive(&world, &scenario, &placed).await;
        assert_eq!(outcome.verdict, Verdict::Failure);
        let user = format!("User/{}", placed.users[0]);
        let left = world.running.state.read().find_by("Login", "user", &user);
        assert_eq!(left.len(), logins, "{changes:?}");
        assert!(left.iter().all(|login| login["membership"].is_null()));
    }
}

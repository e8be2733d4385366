//! Every check fails at a provider, or with a route, that is broken in that one way; and only there.

use std::collections::BTreeSet;

use idconsole::identity::route_test::{CheckId, Known, Outcome, RouteReport};
use idconsole::identity::{RouteDraft, Secret};
use idconsole::workflows::route_test::test;
use serde_json::{Value, json};

use super::idp::{Change, Fault, Idp, SECRET, Shows};
use super::{draft, known, ladder, outcome, report, tester};

/// One way of being broken.
struct Case {
    name: &'static str,
    fault: Fault,
    shows: Shows,
    change: Change,
    typed: fn(&mut RouteDraft, &str),
    secret: &'static str,
    others: &'static [&'static str],
    /// What does not pass for it, and how.
    check: CheckId,
    outcome: Outcome,
    /// Warnings that come along, because the fault is one of theirs too.
    along: &'static [CheckId],
}

const GOOD: Case = Case {
    name: "",
    fault: Fault::None,
    shows: Shows::Good,
    change: |_, _| (),
    typed: |_, _| (),
    secret: SECRET,
    others: &["other.example"],
    check: CheckId::DomainForm,
    outcome: Outcome::Failed,
    along: &[],
};

/// A change of the document and of the route alike.
fn user_info_at(document: &mut Value, address: &str) {
    document["userinfo_endpoint"] = json!(address);
}

/// A port of this machine where nothing listens.
const CLOSED: &str = "https://127.0.0.1:9/userinfo";

#[rustfmt::skip]
fn cases() -> Vec<Case> {
    use CheckId as C;
    use Outcome::{Failed, Warning};
    vec![
        // The domain; platform-api §11: all of these are saved with 201 and never match anything.
        Case { name: "capitals", typed: |d, _| d.domain = "Partner.Example".into(), check: C::DomainForm, ..GOOD },
        Case { name: "a dot at the end", typed: |d, _| d.domain = "partner.example.".into(), check: C::DomainForm, ..GOOD },
        Case { name: "a web address", typed: |d, _| d.domain = "https://partner.example".into(), check: C::DomainForm, ..GOOD },
        Case { name: "an email address", typed: |d, _| d.domain = "jane@partner.example".into(), check: C::DomainForm, ..GOOD },
        Case { name: "not a host name", typed: |d, _| d.domain = "partner".into(), check: C::DomainForm, ..GOOD },
        Case { name: "a blank before it", typed: |d, _| d.domain = " partner.example".into(), check: C::DomainForm, ..GOOD },
        Case { name: "a hidden character", typed: |d, _| d.domain = "part\u{200b}ner.example".into(), check: C::DomainInternational, ..GOOD },
        Case { name: "a false wire form", typed: |d, _| d.domain = "xn--a.example".into(), check: C::DomainInternational, ..GOOD },
        Case { name: "two written forms", typed: |d, _| d.domain = "münchen.example".into(), check: C::DomainInternational, outcome: Warning, ..GOOD },
        Case { name: "a look-alike of a routed domain", typed: |d, _| d.domain = "c0rner.example".into(), others: &["corner.example"], check: C::DomainLookAlike, ..GOOD },
        Case { name: "mixed alphabets", typed: |d, _| d.domain = "p\u{430}rtner.example".into(), check: C::DomainLookAlike, along: &[C::DomainInternational], ..GOOD },
        Case { name: "a public suffix", typed: |d, _| d.domain = "co.uk".into(), check: C::DomainSuffix, ..GOOD },
        Case { name: "a shared host", typed: |d, _| d.domain = "partner.github.io".into(), check: C::DomainSharedHost, ..GOOD },
        Case { name: "free mail", typed: |d, _| d.domain = "gmail.com".into(), check: C::DomainFreeMail, ..GOOD },
        Case { name: "below a routed domain", others: &["example.org"], typed: |d, _| d.domain = "ward.example.org".into(), check: C::DomainRelation, outcome: Warning, ..GOOD },
        Case { name: "above a routed domain", others: &["ward.partner.example"], check: C::DomainRelation, outcome: Warning, ..GOOD },
        Case { name: "somebody else's domain", others: &["partner.example"], check: C::DomainTaken, ..GOOD },
        Case { name: "a second one with capitals", others: &["Partner.Example"], check: C::DomainTwins, outcome: Warning, ..GOOD },
        // What was typed.
        Case { name: "an address that is none", typed: |d, _| d.provider.user_info_url = "idp/userinfo".into(), check: C::Addresses, ..GOOD },
        Case { name: "an endpoint on http", typed: |d, _| d.provider.user_info_url = "http://idp.example/u".into(), change: |v, _| user_info_at(v, "http://idp.example/u"), check: C::AddressesHttps, along: &[C::MetadataHost], ..GOOD },
        Case { name: "a private address", typed: |d, _| d.provider.user_info_url = "https://10.0.0.5/u".into(), change: |v, _| user_info_at(v, "https://10.0.0.5/u"), check: C::AddressesPublic, along: &[C::MetadataHost], ..GOOD },
        Case { name: "by subject", typed: |d, _| d.provider.use_subject = Some(true), check: C::Identifier, ..GOOD },
        Case { name: "a pair that does not exist", typed: |d, _| d.provider.identity_source = Some("fhir-user".into()), check: C::Identifier, ..GOOD },
        Case { name: "exchange otherwise", typed: by_email_and_subject, check: C::ExchangeIdentifier, outcome: Warning, ..GOOD },
        Case { name: "PKCE that cannot work", typed: |d, _| d.provider.use_pkce = Some(true), check: C::Pkce, ..GOOD },
        Case { name: "PKCE that protects nothing", typed: |d, _| d.provider.use_pkce = Some(true), change: |v, _| v["code_challenge_methods_supported"] = json!(["plain"]), check: C::Pkce, outcome: Warning, ..GOOD },
        Case { name: "PKCE demanded", fault: Fault::DemandsPkce, check: C::Pkce, ..GOOD },
        Case { name: "a client id with a blank", typed: |d, _| d.provider.client_id = "partner client".into(), check: C::ClientIdForm, ..GOOD },
        Case { name: "the secret as client id", typed: |d, _| d.provider.client_id = SECRET.into(), check: C::SecretPlace, ..GOOD },
        Case { name: "the secret in an address", typed: |d, base| d.provider.token_url = format!("{base}/token?client_secret=x").into(), check: C::SecretPlace, ..GOOD },
        Case { name: "an address as secret", secret: "https://idp.example/", check: C::SecretPlace, ..GOOD },
        Case { name: "an address after sign-in that never matches", typed: |d, _| d.post_login = vec!["app.clinic.example".into()], check: C::PostLogin, ..GOOD },
        // The description.
        Case { name: "no description", fault: Fault::NoDiscovery, check: C::Discovery, ..GOOD },
        Case { name: "a page instead of it", fault: Fault::DiscoveryIsAPage, check: C::DiscoveryJson, ..GOOD },
        Case { name: "JSON that says it is text", fault: Fault::DiscoveryUntyped, check: C::DiscoveryJson, outcome: Warning, ..GOOD },
        Case { name: "another issuer", change: |v, _| v["issuer"] = json!("https://evil.example"), check: C::Issuer, ..GOOD },
        Case { name: "a slash too many", change: |v, base| v["issuer"] = json!(format!("{base}/")), check: C::Issuer, ..GOOD },
        Case { name: "every tenant", change: |v, _| v["issuer"] = json!("https://login.microsoftonline.com/{tenantid}/v2.0"), check: C::Issuer, ..GOOD },
        Case { name: "keys on http", change: |v, _| v["jwks_uri"] = json!("http://idp.example/keys"), check: C::MetadataHttps, along: &[C::MetadataHost], ..GOOD },
        Case { name: "an endpoint on another host", change: |v, _| v["revocation_endpoint"] = json!("https://other.example/revoke"), check: C::MetadataHost, outcome: Warning, ..GOOD },
        Case { name: "authorize elsewhere", change: |v, _| v["authorization_endpoint"] = json!("https://other.example/a"), check: C::AuthorizeAddress, along: &[C::MetadataHost], ..GOOD },
        Case { name: "authorize at another path", change: |v, base| v["authorization_endpoint"] = json!(format!("{base}/v2/authorize")), check: C::AuthorizeAddress, outcome: Warning, ..GOOD },
        Case { name: "token elsewhere", change: |v, _| v["token_endpoint"] = json!("https://other.example/t"), check: C::TokenAddress, along: &[C::MetadataHost], ..GOOD },
        Case { name: "userinfo elsewhere", change: |v, _| user_info_at(v, "https://other.example/u"), check: C::UserInfoAddress, along: &[C::MetadataHost], ..GOOD },
        Case { name: "no codes", change: |v, _| v["response_types_supported"] = json!(["id_token"]), check: C::ResponseType, ..GOOD },
        Case { name: "codes refused", fault: Fault::TypeRefused, check: C::ResponseType, ..GOOD },
        Case { name: "codes by form", change: |v, _| v["response_modes_supported"] = json!(["form_post"]), check: C::ResponseMode, ..GOOD },
        Case { name: "no swap of codes", change: |v, _| v["grant_types_supported"] = json!(["implicit"]), check: C::GrantType, ..GOOD },
        Case { name: "no email scope", change: |v, _| v["scopes_supported"] = json!(["openid", "profile"]), check: C::Scopes, ..GOOD },
        Case { name: "no profile scope", change: |v, _| v["scopes_supported"] = json!(["openid", "email"]), check: C::Scopes, outcome: Warning, ..GOOD },
        Case { name: "a scope refused", fault: Fault::ScopeRefused, check: C::Scopes, ..GOOD },
        Case { name: "no email claim", change: |v, _| v["claims_supported"] = json!(["sub"]), check: C::Claims, outcome: Warning, ..GOOD },
        Case { name: "tokens that nobody can check", change: |v, _| v["id_token_signing_alg_values_supported"] = json!(["HS256", "none"]), check: C::SigningAlgorithms, ..GOOD },
        Case { name: "the secret by assertion only", change: |v, _| v["token_endpoint_auth_methods_supported"] = json!(["private_key_jwt"]), check: C::AuthMethod, ..GOOD },
        Case { name: "the secret in the form only", fault: Fault::SecretOnlyInForm, check: C::AuthMethod, ..GOOD },
        Case { name: "a way that the platform does not know", typed: |d, _| d.provider.token_auth_method = Some("client_secret_jwt".into()), check: C::AuthMethod, ..GOOD },
        // The connection.
        Case { name: "nothing listens", typed: |d, _| d.provider.user_info_url = CLOSED.into(), change: |v, _| user_info_at(v, CLOSED), check: C::Reachable, ..GOOD },
        Case { name: "an endless answer", fault: Fault::Huge, check: C::Reachable, ..GOOD },
        Case { name: "an expired certificate", shows: Shows::Expired, check: C::Certificate, ..GOOD },
        Case { name: "a certificate of tomorrow", shows: Shows::NotYet, check: C::Certificate, ..GOOD },
        Case { name: "a certificate of somebody else", shows: Shows::OtherName, check: C::Certificate, ..GOOD },
        Case { name: "a self-made certificate", shows: Shows::SelfSigned, check: C::Certificate, ..GOOD },
        Case { name: "a certificate that ends soon", shows: Shows::EndsSoon, check: C::CertificateDays, outcome: Warning, ..GOOD },
        Case { name: "a clock ten minutes ahead", fault: Fault::ClockAhead, check: C::Clock, ..GOOD },
        Case { name: "a clock two minutes behind", fault: Fault::ClockSlow, check: C::Clock, outcome: Warning, ..GOOD },
        // The answers.
        Case { name: "no keys", fault: Fault::KeysMissing, check: C::Keys, ..GOOD },
        Case { name: "a page instead of keys", fault: Fault::KeysArePage, check: C::Keys, ..GOOD },
        Case { name: "weak keys", fault: Fault::KeysWeak, check: C::KeyStrength, ..GOOD },
        Case { name: "private keys", fault: Fault::KeysPrivate, check: C::KeyStrength, ..GOOD },
        Case { name: "keys for encryption", fault: Fault::KeysForEncryption, check: C::KeyStrength, ..GOOD },
        Case { name: "an unknown client", fault: Fault::OtherClient, check: C::ClientKnown, ..GOOD },
        Case { name: "an address that is not registered", fault: Fault::OtherRedirect, check: C::Redirect, ..GOOD },
        Case { name: "the same without a word", fault: Fault::RefusalWithoutReason, check: C::Redirect, ..GOOD },
        Case { name: "authorize broken", fault: Fault::AuthorizeBroken, check: C::Authorize, ..GOOD },
        Case { name: "authorize missing", fault: Fault::AuthorizeMissing, check: C::Authorize, ..GOOD },
        Case { name: "the application switched off", fault: Fault::AuthorizeRefuses, check: C::Authorize, ..GOOD },
        Case { name: "token a page", fault: Fault::TokenIsPage, check: C::Token, ..GOOD },
        Case { name: "token sends elsewhere", fault: Fault::TokenRedirects, check: C::Token, ..GOOD },
        Case { name: "tokens for anybody", fault: Fault::TokenGivesAnybody, check: C::Token, ..GOOD },
        Case { name: "a wrong secret", secret: "Another-secret-1", check: C::ClientSecret, ..GOOD },
        Case { name: "a client that may not", fault: Fault::ClientMayNot, check: C::ClientSecret, ..GOOD },
        Case { name: "userinfo for anybody", fault: Fault::UserInfoOpen, check: C::UserInfo, ..GOOD },
        Case { name: "userinfo missing", fault: Fault::UserInfoMissing, check: C::UserInfo, ..GOOD },
        Case { name: "userinfo without a challenge", fault: Fault::UserInfoWithoutChallenge, check: C::UserInfo, outcome: Warning, ..GOOD },
        Case { outcome: Failed, ..GOOD },
    ]
}

fn by_email_and_subject(draft: &mut RouteDraft, _: &str) {
    draft.provider.use_subject = Some(true);
    draft.provider.identity_source = Some("email".into());
    draft.provider.identity_mapping_mode = Some("user-email".into());
}

async fn tested(case: &Case) -> RouteReport {
    let idp = Idp::start(case.shows, case.fault, case.change).await;
    let mut draft = draft(&idp.base);
    (case.typed)(&mut draft, &idp.base);
    let known: Known = known(case.others);
    test(&tester(&idp), &draft, Some(&Secret::from(case.secret)), known, &|_| ()).await.unwrap()
}

#[tokio::test]
async fn at_a_good_provider_everything_passes() {
    let report = report(Shows::Good, Fault::None, |_, _| ()).await;
    assert_eq!(report.count(Outcome::Passed), CheckId::ALL.len(), "{}", ladder(&report));
    let ids: Vec<CheckId> = report.checks.iter().map(|check| check.id).collect();
    assert_eq!(ids, CheckId::ALL);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_check_fails_at_a_provider_broken_that_way_and_only_there() {
    let mut wrong = Vec::new();
    for case in cases().iter().filter(|case| !case.name.is_empty()) {
        let report = tested(case).await;
        let mut said = Vec::new();
        for check in &report.checks {
            let expected = if check.id == case.check {
                check.outcome == case.outcome
            } else {
                match check.outcome {
                    Outcome::Passed | Outcome::Unknown => true,
                    Outcome::Warning => case.along.contains(&check.id),
                    Outcome::Failed => false,
                }
            };
            if !expected {
                said.push(format!("  {:?} {}: {}", check.id, check.outcome.words(), check.said));
            }
        }
        if !said.is_empty() {
            wrong.push(format!(
                "{} ({:?} should be {:?}):\n{}\n",
                case.name,
                case.check,
                case.outcome,
                said.join("\n")
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

#[test]
fn every_check_is_among_the_broken_ones_and_they_are_many() {
    let cases = cases();
    let covered: BTreeSet<CheckId> =
        cases.iter().filter(|case| !case.name.is_empty()).map(|case| case.check).collect();
    let missing: Vec<&CheckId> = CheckId::ALL.iter().filter(|id| !covered.contains(id)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let servers = cases.iter().filter(|case| case.fault != Fault::None || case.shows != Shows::Good).count();
    assert!(servers >= 25, "{servers}");
}

// M2: the path form of RFC 8414 as well.
#[tokio::test]
async fn the_other_place_of_a_description_is_found() {
    let report = report(Shows::Good, Fault::OnlyInsertedPath, |_, _| ()).await;
    assert_eq!(outcome(&report, CheckId::Discovery), Outcome::Passed, "{}", ladder(&report));
    assert_eq!(report.check(CheckId::Discovery).unwrap().exchanges.len(), 2);
}

/// Unknown is not no: a provider that tells only after the sign-in has told nothing.
#[tokio::test]
async fn a_page_that_everybody_gets_proves_nothing() {
    let report = report(Shows::Good, Fault::AcceptsAnything, |_, _| ()).await;
    for id in [CheckId::ClientKnown, CheckId::Redirect] {
        assert_eq!(outcome(&report, id), Outcome::Unknown, "{}", ladder(&report));
    }
    assert_eq!(outcome(&report, CheckId::Authorize), Outcome::Passed);
    assert!(report.cannot_tell(true));
}

#[tokio::test]
async fn a_provider_that_looks_at_the_code_first_says_nothing_about_the_secret() {
    let report = report(Shows::Good, Fault::CodeBeforeClient, |_, _| ()).await;
    assert_eq!(outcome(&report, CheckId::ClientSecret), Outcome::Unknown, "{}", ladder(&report));
    assert!(report.cannot_tell(true));
    assert!(!report.cannot_tell(false));
}

//! The token lab with tokens of both: verified with the keys that they publish, explained at a platform that does not
//! take them.

use std::sync::Arc;

use idconsole::auth::http::Http;
use idconsole::auth::keys::{Hosts, Keyring};
use idconsole::auth::{Tokens, start};
use idconsole::config::{BaseUrl, Method};
use idconsole::identity::{Secret, Text};
use idconsole::ports::SystemClock;
use idconsole::token::Token;
use idconsole::token::extract::Extracted;
use idconsole::token::ladder::{Holds, Rung};
use idconsole::workflows::token_lab::why::{CauseId, Outcome};
use idconsole::workflows::token_lab::{
    KeySource, Lab, StepId, Tried, Verified, Wanted, compare, inspect, introspect, verify, why,
};
use rstest::rstest;
use secrecy::{ExposeSecret as _, SecretString};

use super::waiting::patient;
use super::world::Made::{self, Authlib, OidcProvider};
use super::world::{Provider, World};
use crate::auth::support::{browser_client, end, opened};

async fn signed_in(world: &World, provider: &Provider) -> Tokens {
    let browser = world.browser();
    let mut flow = start(provider.sign_in(Method::Browser), patient());
    browser.goto(opened(&mut flow).await.as_str()).await;
    provider.allow(&browser).await;
    browser.read("idconsole has the answer").await;
    end(&mut flow).await.unwrap().tokens
}

fn given(token: &SecretString) -> Extracted {
    Extracted { token: Secret::from(token.expose_secret()), from: "the paste".into() }
}

/// A lab at the platform, where nobody is signed in and nobody else was agreed to.
fn lab(world: &World) -> Lab {
    let clock = Arc::new(SystemClock);
    Lab {
        keyring: Keyring::new(Http::new(None, true).unwrap(), clock.clone()),
        clock,
        platform: Some(BaseUrl::parse(&world.text("/platform/base_url")).unwrap()),
        engine: None,
        agreed: Hosts::none(),
    }
}

fn holds(verified: &Verified, rung: Rung) -> Holds {
    verified.step(StepId::Rung(rung)).unwrap_or_else(|| panic!("{verified:?}")).holds
}

// J3, J5, J6, J7, J10, J13
#[rstest]
#[case(OidcProvider)]
#[case(Authlib)]
#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn an_id_token_is_verified_with_the_keys_that_its_issuer_publishes(#[case] made: Made) {
    let world = World::here();
    let provider = world.provider(made);
    let tokens = signed_in(&world, &provider).await;
    let id = given(tokens.id.as_ref().unwrap());
    let lab = lab(&world);
    let wanted = Wanted {
        issuer: Some(provider.issuer.clone()),
        audience: Some("idconsole".to_owned()),
        ..Wanted::default()
    };
    let unasked = verify(&lab, &id, &wanted).await;
    assert_eq!(unasked.verdict, Holds::Untold, "{unasked:?}");
    let lab = lab.agreeing(&unasked.needs.unwrap().host);
    let verified = verify(&lab, &id, &wanted).await;
    assert_eq!(verified.verdict, Holds::Yes, "{verified:?}");
    for rung in [
        Rung::Structure,
        Rung::Algorithm,
        Rung::Key,
        Rung::Signature,
        Rung::Issuer,
        Rung::Audience,
        Rung::Time,
    ] {
        assert_eq!(holds(&verified, rung), Holds::Yes, "{verified:?}");
    }
    let elsewhere = Wanted { audience: Some("another client".to_owned()), ..wanted.clone() };
    assert_eq!(verify(&lab, &id, &elsewhere).await.verdict, Holds::No);

    let (front, signature) = id.token.expose().rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    let spoiled =
        Extracted { token: Secret::from(&*format!("{front}.{first}{}", &signature[1..])), ..id.clone() };
    let spoiled = verify(&lab, &spoiled, &wanted).await;
    assert_eq!((spoiled.verdict, holds(&spoiled, Rung::Signature)), (Holds::No, Holds::No), "{spoiled:?}");
}

// The keys may lie in a file, and then nobody is asked.
#[rstest]
#[case(OidcProvider)]
#[case(Authlib)]
#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn a_key_set_that_was_kept_verifies_as_well_and_another_ones_does_not(#[case] made: Made) {
    let world = World::here();
    let (provider, other) =
        (world.provider(made), world.provider(if made == Authlib { OidcProvider } else { Authlib }));
    let tokens = signed_in(&world, &provider).await;
    let keys = async |of: &Provider| {
        let place = of.endpoint("jwks_uri").await;
        let bytes = browser_client().get(place).send().await.unwrap().bytes().await.unwrap();
        KeySource::Given { keys: idconsole::token::KeySet::read(&bytes).unwrap(), from: "a file".to_owned() }
    };
    let id = given(tokens.id.as_ref().unwrap());
    let own = Wanted { keys: keys(&provider).await, ..Wanted::default() };
    let verified = verify(&lab(&world), &id, &own).await;
    assert_eq!(verified.verdict, Holds::Yes, "{verified:?}");
    let strange = Wanted { keys: keys(&other).await, ..Wanted::default() };
    assert_ne!(verify(&lab(&world), &id, &strange).await.verdict, Holds::Yes);
}

// platform-api §10.4
#[rstest]
#[case(OidcProvider)]
#[case(Authlib)]
#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn at_the_platform_it_is_said_that_it_is_somebody_elses_and_it_is_not_sent_there(#[case] made: Made) {
    let world = World::here();
    let provider = world.provider(made);
    let tokens = signed_in(&world, &provider).await;
    let lab = lab(&world);
    let tried = Tried { method: "GET".into(), url: Some(Text::from("auth/me")), ..Tried::default() };
    for token in [Some(&tokens.access), tokens.id.as_ref()].into_iter().flatten() {
        let said = why(&lab, Some(&given(token)), &tried, true).await;
        assert_eq!(said.outcome(), Outcome::Refused, "{said:?}");
        assert!(
            said.causes.iter().any(|cause| matches!(cause.id, CauseId::Foreign | CauseId::WrongKind)),
            "{said:?}"
        );
        assert!(said.asked.is_empty(), "{said:?}");
    }
}

// J8, J9: what each issues as an access token is recognised; whoever issued it may be asked, once that is agreed.
#[rstest]
#[case(OidcProvider)]
#[case(Authlib)]
#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn an_access_token_is_recognised_and_its_issuer_asked_only_when_agreed(#[case] made: Made) {
    let world = World::here();
    let provider = world.provider(made);
    let tokens = signed_in(&world, &provider).await;
    let access = given(&tokens.access);
    let seen = inspect(&access, None);
    assert!(matches!(seen.token, Ok(Token::Opaque { .. } | Token::Signed(_))), "{seen:?}");
    let lab = lab(&world);
    let unasked = introspect(&lab, &access, Some(&provider.issuer)).await;
    assert!(unasked.needs.is_some() && unasked.exchange.is_none(), "{unasked:?}");
    // A provider may want a client's secret for it, or offer none; it never says that a live token is dead (I1).
    let asked = introspect(&lab.agreeing(&provider.issuer), &access, Some(&provider.issuer)).await;
    assert_ne!(asked.step.holds, Holds::No, "{asked:?}");
    let id = given(tokens.id.as_ref().unwrap());
    let compared = compare(&id, &id, None);
    assert!(compared.same && compared.different().count() == 0);
    let all = format!("{seen:?}{asked:?}{compared:?}");
    assert!(!all.contains(tokens.access.expose_secret()));
}

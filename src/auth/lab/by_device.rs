//! A code on another device (RFC 8628): at the platform where it offers that, else at the identity provider.

use super::bench::{Bench, Over};
use super::held::Held;
use super::told::{Binding, of_platform, shown, userinfo, verify, who};
use crate::auth::code::finish;
use crate::auth::device;
use crate::auth::discovery::{self, discover};
use crate::config::Idp;
use crate::identity::Text;
use crate::identity::flow_lab::{Sort, StepId};
use crate::identity::provider::IdentityProvider;

/// At the platform if it advertises it (D1), else at `idp`.
pub async fn sign_in(bench: &mut Bench, idp: Option<&Idp>) -> Result<Held, Over> {
    bench.begin(StepId::Discovery, "Asking the platform whether it offers the device sign-in.");
    let base = bench.stage.request.connection.base_url.clone();
    let platform =
        discovery::platform(&bench.stage.http, &base).await.map_err(|error| bench.broke(&error))?;
    if platform.device_authorization_endpoint.is_none() {
        let Some(idp) = idp else {
            let said = "The platform offers no device sign-in (Medplum has none), and no identity provider is named.";
            return Err(bench.fail(StepId::Discovery, said, "Name one with its issuer and client id."));
        };
        return at_idp(bench, idp).await;
    }
    bench.done(StepId::Discovery, format!("{} offers the device sign-in.", base.host()));
    bench.begin(StepId::DeviceCode, "Asking for a code.");
    let client = bench.stage.request.client_id().to_owned();
    let scope = bench.stage.request.scope().to_owned();
    let tokens = device::grant(&bench.stage, &platform, &client, None, &scope)
        .await
        .map_err(|error| bench.broke(&error))?;
    bench.done(StepId::Poll, "The person agreed, and the tokens came.");
    bench.begin(StepId::Verify, "");
    of_platform(bench, &tokens, None);
    let signed_in =
        finish(&bench.stage, &platform, Some(&client), None, tokens).map_err(|error| bench.broke(&error))?;
    bench.done(StepId::Verify, "It is of this platform and for this client.");
    bench.skip(StepId::Userinfo, "The platform is asked who it is in the next step.");
    bench.begin(StepId::Who, "Asking the platform who it is.");
    let name = who(bench, &signed_in.tokens.access).await?;
    bench.done(StepId::Who, format!("{name}."));
    Ok(Held { idp: None, platform: Some(Box::new(signed_in)) })
}

async fn at_idp(bench: &mut Bench, idp: &Idp) -> Result<Held, Over> {
    let metadata = discover(&bench.stage.http, &idp.issuer).await.map_err(|error| bench.broke(&error))?;
    bench.done(
        StepId::Discovery,
        format!("The platform offers none; {} is asked instead.", Text::from(metadata.issuer.as_str())),
    );
    bench.begin(StepId::DeviceCode, "Asking for a code.");
    let tokens = device::grant(&bench.stage, &metadata, &idp.client_id, None, &idp.scope)
        .await
        .map_err(|error| bench.broke(&error))?;
    bench.done(StepId::Poll, "The person agreed, and the tokens came.");
    let provider = described(&metadata, &idp.client_id);
    bench.brought(shown(Sort::IdpAccess, &tokens.access));
    let mut id = None;
    match &tokens.id {
        Some(token) => {
            let binding = Binding {
                client_id: &idp.client_id,
                nonce: None,
                access: &tokens.access,
                metadata: Some(&metadata),
                provider: &provider,
            };
            id = Some(verify(bench, token, &binding).await?);
        }
        None => bench.skip(StepId::Verify, "No ID token came; the scope may not hold openid."),
    }
    let info = userinfo(bench, &tokens.access, &provider, id.as_ref()).await?;
    let says = |name: &str| info.as_ref().or(id.as_ref())?.get(name)?.as_str().map(Text::from);
    bench.begin(StepId::Who, "");
    match says("email").or_else(|| says("sub")) {
        Some(name) => {
            bench.done(StepId::Who, format!("{name}, at the identity provider; the platform was not asked."));
        }
        None => bench.skip(StepId::Who, "Neither the ID token nor userinfo says who it is."),
    }
    Ok(Held { idp: Some(tokens), platform: None })
}

/// A server's metadata as a configuration, for asking its userinfo.
fn described(metadata: &discovery::Metadata, client_id: &str) -> IdentityProvider {
    let address = |url: Option<&url::Url>| url.map_or_else(Text::default, |url| Text::from(url.as_str()));
    IdentityProvider {
        authorize_url: address(metadata.authorization_endpoint.as_ref()),
        token_url: address(metadata.token_endpoint.as_ref()),
        user_info_url: address(metadata.userinfo_endpoint.as_ref()),
        client_id: Text::from(client_id),
        use_subject: None,
        identity_source: None,
        identity_mapping_mode: None,
        token_auth_method: None,
        use_pkce: None,
        user_info_mode: None,
        user_info_key_set: false,
    }
}

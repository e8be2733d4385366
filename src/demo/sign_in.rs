//! Puts the sign-in side together: its state, the web app's pages and the identity provider, as one router.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use super::auth_state::{AuthState, SignIn};
use super::idp::{Provider, Seconds};
use super::pages::{self, Pages};
use super::state::Shared;
use super::{admin, auth, discovery, fhir, oauth, scim};

/// The routes of signing in, of the web app (`/app`) and of the identity provider (`/idp`) for a platform that listens
/// on `addr`.
pub fn assemble(state: &Shared, addr: SocketAddr) -> Result<(Router, Arc<Provider>), String> {
    let clock = Arc::clone(&state.clock);
    let now: Seconds = Arc::new(move || clock.now_seconds());
    let interval = state.settings.device_interval;
    let base = &state.base_url;
    let provider =
        Provider::new(format!("{base}idp"), format!("{base}auth/external"), interval, Arc::clone(&now))
            .map_err(|e| e.to_string())?;
    let provider = Arc::new(provider);
    let own = Arc::new(AuthState::new(interval).map_err(|e| e.to_string())?);
    let pages = Pages::new(
        format!("http://{addr}/"),
        base.clone(),
        own.outbound().clone(),
        Arc::clone(own.devices()),
        now,
    );
    let shared = SignIn::new(Arc::clone(state), own);
    let routes = Router::new()
        .merge(auth::routes())
        .merge(oauth::routes())
        .merge(discovery::routes())
        .merge(fhir::routes::routes())
        .merge(admin::routes())
        .merge(scim::routes())
        .with_state(shared)
        // The address that people are told ends in a slash, which nesting leaves out.
        .route("/app/", get(pages::start))
        .nest("/app", Arc::new(pages).routes())
        .nest("/idp", Arc::clone(&provider).routes());
    Ok((routes, provider))
}

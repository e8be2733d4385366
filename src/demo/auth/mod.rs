//! `/auth/*`: the interactive pieces of a sign-in, own sessions, passwords and factors (platform-api §3.1, §4, §5, §10).

pub mod body;
pub mod external;
mod login;
pub mod me;
pub mod mfa;
pub mod password;
pub mod refusal;
pub mod register;

use axum::Router;
use axum::routing::{get, post};

use super::auth_state::Shared;

/// The routes below `/auth/`.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/auth/method", post(login::method))
        .route("/auth/login", post(login::login))
        .route("/auth/login/{id}", get(login::resume))
        .route("/auth/login/", get(login::resume_nothing))
        .route("/auth/profile", post(login::profile))
        .route("/auth/scope", post(login::scope))
        .route("/auth/clientinfo/{id}", get(login::client_info))
        .route("/auth/google", post(login::google))
        .route("/auth/newuser", post(register::new_user))
        .route("/auth/newproject", post(register::new_project))
        .route("/auth/newpatient", post(register::new_patient))
        .route("/auth/me", get(me::me))
        .route("/auth/revoke", post(me::revoke))
        .route("/auth/changepassword", post(password::change))
        .route("/auth/resetpassword", post(password::reset))
        .route("/auth/setpassword", post(password::set))
        .route("/auth/verifyemail", post(password::verify_email))
        .route("/auth/mfa/status", get(mfa::status))
        .route("/auth/mfa/enroll", post(mfa::enroll))
        .route("/auth/mfa/send-email-challenge", post(mfa::send_challenge))
        .route("/auth/mfa/disable", post(mfa::disable))
        .route("/auth/mfa/login-enroll", post(mfa::login_enroll))
        .route("/auth/mfa/verify", post(mfa::verify))
        .route("/auth/mfa/send-email", post(mfa::send_login_code))
        .route("/auth/external", get(external::callback))
        .route("/auth/exchange", post(external::legacy_exchange))
        .route("/auth/preauthorize", post(external::preauthorize))
}

//! Signing in: discovery, the flows, sessions and where secrets are kept (design: signing in).
//!
//! [`start`] runs the flow that a [`SignIn`] asks for and tells what happens as [`FlowEvent`]s; the sign-in
//! screen and `idconsole login` both listen to it. Its result, [`SignedIn`], becomes a [`Session`], which hands
//! out bearer tokens, renews them once for all threads and processes, and signs out.
//!
//! | Room | What |
//! |---|---|
//! | [`discovery`] | what a server says about itself (M1–M6) |
//! | [`loopback`], [`paste`] | authorization code with PKCE (L1–L12) |
//! | [`device`], [`exchange`] | device flow (D1–D9) at the platform, or at the IdP and then token exchange (X1) |
//! | [`direct`] | email, password, factor, membership in the terminal (platform-api §3.5) |
//! | [`machine`] | client credentials; a token from the environment |
//! | [`keys`], [`signature`] | an issuer's keys over HTTP, and whether a token is signed by one (J3–J6) |
//! | [`present`] | a token under test, put to a server: introspection, userinfo, a read (I1–I3, J14) |
//! | [`lab`] | the same flows step by step, with everything that goes over the wire: the flow lab |
//! | [`probe`] | single questions to a provider under test, with what went over the wire |
//! | [`session`], [`store`], [`sign_out`] | keeping, renewing (F1) and ending a session (R1, R2) |

pub mod acting;
pub mod browser;
pub mod client;
mod code;
mod credentials;
pub mod device;
pub mod direct;
pub mod discovery;
pub mod error;
pub mod exchange;
pub mod flow;
mod grants;
pub mod http;
mod id_token;
pub mod keys;
pub mod lab;
pub mod loopback;
pub mod machine;
pub mod note;
pub mod paste;
pub mod present;
pub mod probe;
pub mod session;
pub mod sign_out;
pub mod signature;
pub mod store;
pub mod tokens;
mod web_app;

pub use acting::Acting;
pub use browser::SystemBrowser;
pub use client::{BUILT_IN_CLIENT, OWN_CLIENT_NAME, OWN_CLIENT_REDIRECTS, Redirects};
pub use discovery::Metadata;
pub use error::{AuthError, Reach, Refusal};
pub use flow::{Answer, Deps, Flow, FlowEvent, MembershipChoice, Pause, Prepared, SignIn, start};
pub use note::{Note, PollReason};
pub use session::{Renewal, Session};
pub use sign_out::SignedOut;
pub use store::{Entry, SecretStore, StoreError};
pub use tokens::{SignedIn, Tokens};

//! The flow lab's work over the wire: sign-ins step by step, every request and answer written down without its secrets.
//!
//! It runs the flows of [`super`] with a recorder on their HTTP and with other clients, redirects and configurations than
//! the connection's own. What happens is told as a [`Run`](crate::identity::flow_lab::Run); tokens stay in [`Held`], in
//! memory. The session of whoever uses the lab is never touched.
//!
//! | Room | What |
//! |---|---|
//! | [`mod@bench`] | the ladder as it grows, and who hears of it |
//! | [`at_idp`] | a sign-in at an identity provider with a configuration of the platform's |
//! | [`three_legged`] | the seven steps through the platform |
//! | [`swap`], [`by_device`] | token exchange; a code on another device |

pub mod at_idp;
mod back;
pub mod bench;
pub mod by_device;
mod held;
mod issuer;
mod pasted;
pub mod swap;
pub mod three_legged;
mod told;

pub use bench::{Bench, Heard, Over};
pub use held::Held;
pub use told::Brought;

//! The console: a terminal interface in the manner of Elm.
//!
//! One loop ([`run`]) owns all state ([`app::App`]). Messages ([`Msg`]) come in, [`app::App::update`] changes state
//! and returns [`Effect`]s as plain data, the [`runtime`] carries them out as tasks that answer with messages.
//! Drawing takes `&App`, happens only after something changed, and once for everything that came together.
//!
//! # How to add …
//!
//! **a screen**: a module in `screens/` whose type implements [`model::Model`]; a variant of [`screens::Place`] and a
//! field of [`screens::Screens`]. The compiler names what is missing ([`screens::Screens::get`] and the tab's key).
//! Its keys live in a [`action::Scope`] of its own.
//!
//! **an action**: one row in `action.rs`. Dispatch, keys line, help, palette, README and `assets/keymap.toml` follow.
//! The model of its scope answers in `availability` and `act`. `Disabled(reason)` is shown dim and says why.
//! A test refuses rows without help and keys that collide within a scope; `assets/keymap.toml` is written anew by
//! `UPDATE_ASSETS=1 cargo test --test it keymap`.
//!
//! **an overlay**: a module in `overlays/` with a [`model::Model`], a variant of [`overlays::Overlay`]. Open it by
//! `ctx.open(Overlay::X(..))`, close it by `ctx.close()`. Name [`action::Scope::Dialog`] among its scopes. To wait for
//! answers, return true from `waits_for(slot)`.
//!
//! **a question**: a variant of [`effect::Question`] and of [`effect::Answer`], an arm in `runtime/answers.rs`, and if it
//! is of a new kind a [`slot::Slot`]. Ask by `ctx.ask(slot, question)`; the answer arrives in `answered`. A new
//! question in the same slot cancels the old one, and answers to old ones never arrive. Before the last answer the
//! work may report pages or steps by `Reporter::send`.
//!
//! **a write**: the same with [`effect::Write`] and `ctx.write`. Writes are never cancelled, and leaving waits for them.
//!
//! **text**: style by role only: `view.style(Role::Muted)`. What comes from the platform is drawn through the
//! `Display` of [`crate::identity::Text`] or [`crate::identity::text::shown`], never raw.
//!
//! **time**: `ctx.now` in updates, `view.now` in drawing. Nothing ticks: say in `next_change` when time alone will
//! change the picture, in `waiting_since` that a spinner is due.

pub mod action;
pub mod app;
mod chrome;
pub mod effect;
pub mod failure;
pub mod glyphs;
pub mod key;
pub mod keymap;
pub mod lists;
pub mod mistake;
pub mod model;
pub mod msg;
mod needs;
pub mod overlays;
pub mod remote;
pub mod run;
pub mod runtime;
pub mod screens;
pub mod session;
pub mod slot;
pub mod terminal;
pub mod theme;
pub mod widgets;
pub mod words;

use jiff::SignedDuration;

pub use app::{App, Look};
pub use effect::Effect;
pub use failure::Failure;
pub use msg::Msg;
pub use remote::Remote;
pub use run::{Console, Host, Input};
pub use runtime::World;

/// A spinner appears only after this much waiting.
pub const SPINNER_AFTER: SignedDuration = SignedDuration::from_millis(150);

/// How long each frame of a spinner is shown.
pub const SPINNER_STEP: SignedDuration = SignedDuration::from_millis(120);

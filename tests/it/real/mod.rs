//! Signing in at identity providers that nobody here wrote, with a person in a real browser.
//!
//! `tests/real/run` starts them, says in a file where they are, and runs what is ignored here; without it nothing of
//! this is needed. npm's `oidc-provider` is certified and sends no `interval`; Authlib, of Python, sends `slow_down`. The
//! ids in comments are the checks of the standards that a test proves.

mod chromium;
mod command;
mod device;
mod exchange;
mod lab;
mod loopback;
mod mixed_up;
mod onboarding;
mod pages;
mod program;
mod three_legged;
mod token;
mod waiting;
mod world;

//! The flow lab against the embedded platform and its identity provider: every kind, good and failing, step by step.

mod at_idp;
mod device;
mod exchange;
mod leaks;
mod screen;
pub mod story;
pub mod support;
mod three_legged;

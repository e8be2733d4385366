//! The flow lab against the embedded platform and its identity provider: every kind, good and failing, step by step.

mod at_idp;
mod device;
mod exchange;
mod leaks;
pub mod support;
mod three_legged;

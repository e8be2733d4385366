//! The embedded platform by itself: its sign-in pages, its identity provider, the seeded tenant.

pub(crate) mod api;
pub(crate) mod browser;
mod device;
mod faults;
mod limits;
mod operations;
mod paging;
pub mod provider;
mod scim;
mod sign_in;
mod tenant;
mod visibility;

use idconsole::demo::{Options, Platform, Running, Seed, Settings};

/// A seeded platform with the settings of the demonstration, and those given.
pub(crate) fn demonstration(settings: &[&str]) -> Running {
    let mut all = vec!["allowUnsafeOutbound=true", "deviceFlow=true", "deviceInterval=0"];
    all.extend(settings);
    let settings = Settings::parse(all).unwrap();
    let seed = Some(Seed { members: 60, seed: 1 });
    Platform::start(Options { settings, seed, ..Options::default() }).unwrap()
}

//! Linkage: by what a sign-in finds each member, whether that can work, and what is wrong with external ids.
//!
//! Pure rules over a [`super::directory::Directory`] and what is seen of the identity providers. [`survey`] walks the
//! members twice, whatever their number; [`standing`] looks at one.

mod find;
mod former;
mod idps;
mod standing;
mod survey;
#[cfg(test)]
mod tests;

pub use find::{Hit, find};
pub use former::{Former, Histories, erased, former, worth_reading};
pub use idps::{ClientIdp, DomainIdp, Idps};
pub use standing::{Standing, Works, standing};
pub use survey::{Counts, Finding, Kind, Subject, Survey, survey};

//! A snapshot: the identity configuration of a project as records with fields, to be kept in files and compared.
//!
//! What a record may hold is a closed list ([`Part::fields`]), none of it a secret: of secrets it says that one is set.
//! Records are made of types that never held one ([`of`]), or read from a file, where a field that is not on the list
//! is a mistake. What the role cannot see is [`Seen::Unknown`](super::Seen) in the record, and [`Reach`] for whole parts.
//!
//! | File | What |
//! |---|---|
//! | [`record`] | parts, their fields, values |
//! | [`of`] | records from what the platform told |
//! | [`hidden`] | records without what a policy hides |
//! | [`json`] | records as JSON and back |
//! | [`manifest`] | where a snapshot comes from and how far it reaches |
//! | [`compare`] | what is different between two |
//! | [`words`] | a difference as a sentence |

pub mod compare;
pub mod hidden;
pub mod json;
pub mod manifest;
pub mod of;
pub mod record;
pub mod words;

#[cfg(test)]
mod tests;

pub use compare::{Change, Comparison, How, NotCompared, Records, Side};
pub use manifest::{Manifest, PartState, Reach};
pub use record::{Field, Part, Record, Shape, Value};

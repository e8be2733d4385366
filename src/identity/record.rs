//! Any record, as far as it was asked for.

use serde_json::Value;

use super::id::Reference;
use super::user::Version;

/// A record with the fields that were asked for, and no others: what else it holds may be secret.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Which.
    pub reference: Reference,
    /// Its version.
    pub version: Version,
    /// One for each JSON pointer, in the order they were asked for.
    pub values: Vec<Option<Value>>,
}

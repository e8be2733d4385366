//! What a person sets once for all connections.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The `[settings]` table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "the file's own words, independent of each other")]
pub struct Settings {
    /// Theme by name: an embedded one or a file in `themes/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theme: Option<String>,
    /// Connection used when none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_connection: Option<String>,
    /// Every write is refused, whatever the connection.
    #[serde(skip_serializing_if = "is_false")]
    pub read_only: bool,
    /// Mouse input.
    pub mouse: bool,
    /// Plain glyphs only.
    pub ascii: bool,
    /// Copying through the terminal by OSC 52; off unless asked for (standards S4).
    pub osc52: bool,
    /// Columns of lists, by the list's name: titles in order, hidden ones with a `-` in front.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, Vec<String>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: None,
            default_connection: None,
            read_only: false,
            mouse: true,
            ascii: false,
            osc52: false,
            columns: BTreeMap::new(),
        }
    }
}

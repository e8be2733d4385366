//! Glyphs and their ASCII stand-ins. A state always has a glyph or a word besides its colour.

use ratatui::symbols::border;

/// The signs of one alphabet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    /// Succeeded.
    pub ok: &'static str,
    /// Failed.
    pub failed: &'static str,
    /// A finding that is an error.
    pub error: &'static str,
    /// A finding that is a warning.
    pub warning: &'static str,
    /// Marked; also the sign of a live session.
    pub mark: &'static str,
    /// The bar at the selected row.
    pub bar: &'static str,
    /// Something was left out.
    pub ellipsis: &'static str,
    /// Becomes.
    pub arrow: &'static str,
    /// The filled part of a progress bar.
    pub progress: &'static str,
    /// The rest of a progress bar.
    pub rest: &'static str,
    /// Between facts of one line.
    pub dot: &'static str,
    /// Ascending.
    pub ascending: &'static str,
    /// Descending.
    pub descending: &'static str,
    /// Replaces the characters of a secret.
    pub masked: &'static str,
    /// Frames of the spinner, each shown for [`super::SPINNER_STEP`].
    pub spinner: &'static [&'static str],
    /// Frames around panes and dialogs.
    pub border: border::Set<'static>,
    /// Whether only ASCII may be used, e.g. for QR codes.
    pub ascii: bool,
}

impl Glyphs {
    /// For terminals that can show them.
    pub const UNICODE: Self = Self {
        ok: "✓",
        failed: "✗",
        error: "▲",
        warning: "△",
        mark: "●",
        bar: "▌",
        ellipsis: "…",
        arrow: "→",
        progress: "━",
        rest: "─",
        dot: "·",
        ascending: "↑",
        descending: "↓",
        masked: "•",
        spinner: &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
        border: border::PLAIN,
        ascii: false,
    };

    /// For `--ascii` and locales that are not UTF-8.
    pub const ASCII: Self = Self {
        ok: "ok",
        failed: "x",
        error: "!",
        warning: "~",
        mark: "*",
        bar: ">",
        ellipsis: "...",
        arrow: "->",
        progress: "=",
        rest: "-",
        dot: "-",
        ascending: "^",
        descending: "v",
        masked: "*",
        spinner: &["|", "/", "-", "\\"],
        border: border::Set {
            top_left: "+",
            top_right: "+",
            bottom_left: "+",
            bottom_right: "+",
            vertical_left: "|",
            vertical_right: "|",
            horizontal_top: "-",
            horizontal_bottom: "-",
        },
        ascii: true,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stand_ins_are_ascii() {
        let shown = format!("{:?}", Glyphs::ASCII);
        assert!(shown.is_ascii(), "{shown}");
    }
}

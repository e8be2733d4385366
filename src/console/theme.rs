//! Themes: roles to styles. Nothing else in the console names a colour.
//!
//! ```toml
//! base = "dark"              # optional: what this file does not name comes from there; else the default theme
//! background = "#10151c"     # optional: the terminal's own when absent
//! [roles]
//! accent = "#7cc4ff"
//! title = { fg = "#ffffff", bold = true }
//! ```

use std::collections::BTreeMap;
use std::str::FromStr;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;
use toml::Spanned;

use super::mistake::Mistake;
use crate::config::suggestion;
use crate::identity::text::shown;

macro_rules! roles {
    ($($(#[$doc:meta])* $name:ident = $id:literal;)+) => {
        /// What a piece of the screen is there for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Role { $($(#[$doc])* $name,)+ }

        impl Role {
            /// Every role.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The name in theme files.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)+ }
            }
        }
    };
}

roles! {
    /// Ordinary text.
    Text = "text";
    /// What supports: headers, labels, hints.
    Muted = "muted";
    /// The cursor bar, links, the focused thing.
    Accent = "accent";
    /// Background of the selected row.
    Selection = "selection";
    /// Frames.
    Border = "border";
    /// The frame that has the focus.
    BorderFocus = "border_focus";
    /// Right after something succeeded.
    Ok = "ok";
    /// What needs a decision.
    Warn = "warn";
    /// What breaks or destroys.
    Danger = "danger";
    /// Neutral news.
    Info = "info";
    /// A row that is being written.
    Pending = "pending";
    /// A key in the keys line and in help.
    Key = "key";
    /// The subject: a name, a title, a new value.
    Title = "title";
    /// The mark of a production connection.
    Production = "production";
}

/// The themes that come with the console.
pub const EMBEDDED: &[(&str, &str)] = &[
    ("terminal", include_str!("../../themes/terminal.toml")),
    ("dark", include_str!("../../themes/dark.toml")),
    ("light", include_str!("../../themes/light.toml")),
    ("high-contrast", include_str!("../../themes/high-contrast.toml")),
    ("mono", include_str!("../../themes/mono.toml")),
];

/// Roles mapped to styles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    name: String,
    background: Option<Color>,
    styles: Vec<Style>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    base: Option<Spanned<String>>,
    background: Option<Spanned<String>>,
    #[serde(default)]
    roles: BTreeMap<Spanned<String>, Spanned<toml::Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "the file's own words, independent of each other")]
struct FullStyle {
    fg: Option<String>,
    bg: Option<String>,
    #[serde(default)]
    bold: bool,
    #[serde(default)]
    dim: bool,
    #[serde(default)]
    italic: bool,
    #[serde(default)]
    underline: bool,
    #[serde(default)]
    reverse: bool,
}

const STYLE_KEYS: &[&str] = &["fg", "bg", "bold", "dim", "italic", "underline", "reverse"];

impl Default for Theme {
    fn default() -> Self {
        Self::embedded("terminal").unwrap_or_else(|| Self::blank("terminal"))
    }
}

impl Theme {
    fn blank(name: &str) -> Self {
        Self { name: name.to_owned(), background: None, styles: vec![Style::new(); Role::ALL.len()] }
    }

    /// One of the themes that come with the console.
    pub fn embedded(name: &str) -> Option<Self> {
        let (name, content) = EMBEDDED.iter().find(|(known, _)| *known == name)?;
        Self::over(Self::blank(name), name, &format!("themes/{name}.toml"), content).ok()
    }

    /// Reads a theme file of somebody's own. What it does not name comes from its base, else from the theme of the same
    /// name that comes with the console, else from the default one. `file` is only for the messages.
    pub fn read(name: &str, file: &str, content: &str) -> Result<Self, Mistake> {
        Self::over(Self::embedded(name).unwrap_or_default(), name, file, content)
    }

    fn over(below: Self, name: &str, file: &str, content: &str) -> Result<Self, Mistake> {
        let written: Written = toml::from_str(content).map_err(|e| Mistake::of_toml(file, content, &e))?;
        let at = |span: std::ops::Range<usize>, what: String| Mistake::at(file, content, span.start, what);
        let colour = |word: &str, span: std::ops::Range<usize>| {
            parse_colour(word).ok_or_else(|| {
                let expected = "#rrggbb, default, or one of the 16 names such as cyan or bright-black";
                at(span, format!("`{}` is not a colour; expected {expected}", shown(word)))
            })
        };
        let mut theme = match &written.base {
            None => below,
            Some(base) => Self::embedded(base.get_ref()).ok_or_else(|| {
                let meant = suggestion(base.get_ref(), &Self::names());
                at(base.span(), format!("no theme `{}`; {meant}", shown(base.get_ref())))
            })?,
        };
        name.clone_into(&mut theme.name);
        if let Some(word) = &written.background {
            theme.background = Some(colour(word.get_ref(), word.span())?);
        }
        for (id, style) in &written.roles {
            let Some(role) = Role::ALL.iter().find(|role| role.id() == id.get_ref()) else {
                let known: Vec<&str> = Role::ALL.iter().map(|role| role.id()).collect();
                let meant = suggestion(id.get_ref(), &known);
                return Err(at(id.span(), format!("`{}` is not a role; {meant}", shown(id.get_ref()))));
            };
            let span = style.span();
            theme.styles[*role as usize] = match style.get_ref() {
                toml::Value::String(word) => Style::new().fg(colour(word, span)?),
                toml::Value::Table(table) => {
                    if let Some(odd) = table.keys().find(|key| !STYLE_KEYS.contains(&key.as_str())) {
                        let meant = suggestion(odd, STYLE_KEYS);
                        return Err(at(span, format!("`{}` is no part of a style; {meant}", shown(odd))));
                    }
                    let full: FullStyle = table
                        .clone()
                        .try_into()
                        .map_err(|e: toml::de::Error| at(span.clone(), e.message().to_owned()))?;
                    let mut style = Style::new();
                    style.fg = full.fg.map(|word| colour(&word, span.clone())).transpose()?;
                    style.bg = full.bg.map(|word| colour(&word, span.clone())).transpose()?;
                    for (on, modifier) in [
                        (full.bold, Modifier::BOLD),
                        (full.dim, Modifier::DIM),
                        (full.italic, Modifier::ITALIC),
                        (full.underline, Modifier::UNDERLINED),
                        (full.reverse, Modifier::REVERSED),
                    ] {
                        if on {
                            style = style.add_modifier(modifier);
                        }
                    }
                    style
                }
                other => {
                    let expected = "a colour such as \"cyan\" or \"#7cc4ff\", or { fg, bg, bold, dim, italic, underline }";
                    return Err(at(span, format!("expected {expected}, found {}", other.type_str())));
                }
            };
        }
        Ok(theme)
    }

    /// The names of the themes that come with the console.
    pub fn names() -> Vec<&'static str> {
        EMBEDDED.iter().map(|(name, _)| *name).collect()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The style of a role; lay it over [`Theme::base`].
    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }

    /// Dark on light whatever the theme, for QR codes; reversed where there is no colour.
    pub fn paper(&self) -> Style {
        if self.style(Role::Accent).fg.is_none() {
            return Style::new().add_modifier(Modifier::REVERSED);
        }
        Style::new().fg(Color::Black).bg(Color::White)
    }

    /// What the whole screen is painted with first.
    pub fn base(&self) -> Style {
        let text = self.style(Role::Text);
        self.background.map_or(text, |colour| text.bg(colour))
    }
}

fn parse_colour(word: &str) -> Option<Color> {
    let named = matches!(
        word,
        "default"
            | "black"
            | "red"
            | "green"
            | "yellow"
            | "blue"
            | "magenta"
            | "cyan"
            | "white"
            | "bright-black"
            | "bright-red"
            | "bright-green"
            | "bright-yellow"
            | "bright-blue"
            | "bright-magenta"
            | "bright-cyan"
            | "bright-white"
    );
    match word {
        "default" => Some(Color::Reset),
        // The terminal library calls the seventh and eighth colours grey and dark grey.
        "white" => Some(Color::Gray),
        "bright-black" => Some(Color::DarkGray),
        "bright-white" => Some(Color::White),
        _ if named || (word.len() == 7 && word.starts_with('#')) => Color::from_str(word).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn luminance(colour: Color) -> f64 {
        let Color::Rgb(r, g, b) = colour else { panic!("{colour:?} is not a true colour") };
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.03928 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    }

    /// WCAG 2 contrast ratio.
    fn contrast(a: Color, b: Color) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[rstest]
    #[case("dark")]
    #[case("light")]
    #[case("high-contrast")]
    fn text_is_legible_on_the_background_and_on_the_selection(#[case] name: &str) {
        let theme = Theme::embedded(name).unwrap();
        let background = theme.background.unwrap();
        let selection = theme.style(Role::Selection).bg.unwrap();
        for role in Role::ALL {
            let style = theme.style(*role);
            let (wanted, on): (f64, Vec<Color>) = match role {
                // Never text of their own.
                Role::Border | Role::BorderFocus | Role::Selection => continue,
                Role::Production => (4.5, vec![style.bg.unwrap_or(background)]),
                Role::Text | Role::Title => (7.0, vec![background, selection]),
                _ => (4.5, vec![background, selection]),
            };
            for on in on {
                let got = contrast(style.fg.unwrap(), on);
                assert!(got >= wanted, "{name}: {} has contrast {got:.2}, wanted {wanted}", role.id());
            }
        }
    }

    #[test]
    fn every_embedded_theme_is_sound_and_names_every_role() {
        for (name, content) in EMBEDDED {
            Theme::read(name, name, content).unwrap();
            for role in Role::ALL {
                assert!(content.contains(&format!("\n{} = ", role.id())), "{name} lacks {}", role.id());
            }
        }
    }

    #[test]
    fn mono_has_no_colour_at_all_and_the_terminal_theme_only_the_sixteen() {
        let mono = Theme::embedded("mono").unwrap();
        let terminal = Theme::embedded("terminal").unwrap();
        for role in Role::ALL {
            assert_eq!((mono.style(*role).fg, mono.style(*role).bg), (None, None), "{}", role.id());
            for colour in [terminal.style(*role).fg, terminal.style(*role).bg].into_iter().flatten() {
                assert!(!matches!(colour, Color::Rgb(..) | Color::Indexed(_)), "{}", role.id());
            }
        }
    }

    #[test]
    fn a_theme_file_lays_its_roles_over_a_base() {
        let theme =
            Theme::read("mine", "mine.toml", "base = \"dark\"\n[roles]\naccent = \"#010203\"\n").unwrap();
        assert_eq!(theme.style(Role::Accent), Style::new().fg(Color::Rgb(1, 2, 3)));
        assert_eq!(theme.style(Role::Text), Theme::embedded("dark").unwrap().style(Role::Text));
    }

    #[test]
    fn a_theme_file_may_be_partial() {
        let default = Theme::default();
        let mine = Theme::read("mine", "mine.toml", "[roles]\naccent = \"bright-red\"\n").unwrap();
        assert_eq!(mine.style(Role::Accent), Style::new().fg(Color::LightRed));
        for role in Role::ALL.iter().filter(|role| **role != Role::Accent) {
            assert_eq!(mine.style(*role), default.style(*role), "{}", role.id());
        }
        // One that has the name of a theme of ours changes that one.
        let dark = Theme::read("dark", "dark.toml", "[roles]\naccent = \"#010203\"\n").unwrap();
        assert_eq!(dark.style(Role::Text), Theme::embedded("dark").unwrap().style(Role::Text));
        assert_eq!(dark.background, Theme::embedded("dark").unwrap().background);
        assert_eq!(Theme::read("mine", "mine.toml", "").unwrap().styles, default.styles);
    }

    #[rstest]
    #[case("[roles]\nacent = \"cyan\"", "mine.toml:2: `acent` is not a role; did you mean `accent`?")]
    #[case("[roles]\nsky = \"cyan\"", "mine.toml:2: `sky` is not a role; expected one of text, muted,")]
    #[case(
        "[roles]\nok = { fg = \"cyan\", blod = true }",
        "mine.toml:2: `blod` is no part of a style; did you mean `bold`?"
    )]
    #[case("[roles]\nok = { bold = 3 }", "mine.toml:2: ")]
    #[case("[roles]\n\naccent = \"cyann\"", "mine.toml:3: `cyann` is not a colour; expected #rrggbb,")]
    #[case("base = \"drak\"", "mine.toml:1: no theme `drak`; did you mean `dark`?")]
    #[case("base = \"night\"", "mine.toml:1: no theme `night`; did you mean `light`?")]
    #[case("base = \"sky\"", "mine.toml:1: no theme `sky`; expected one of terminal, dark,")]
    #[case("background = 3", "mine.toml:1: ")]
    #[case("[roles]\naccent = 4", "mine.toml:2: expected a colour")]
    fn a_mistake_names_file_line_and_what_was_expected(#[case] content: &str, #[case] said: &str) {
        let mistake = Theme::read("mine", "mine.toml", content).unwrap_err().to_string();
        assert!(mistake.starts_with(said), "{mistake}");
    }
}

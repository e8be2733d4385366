//! `idconsole guide`: the task-based guides of `assets/guides`, in the program itself, because whoever needs one may have
//! no browser at hand.

use std::io;

use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;

/// A guide: its name, and its text as Markdown.
pub struct Guide {
    /// As it is asked for.
    pub name: &'static str,
    /// The text, a heading first.
    pub text: &'static str,
}

macro_rules! guides {
    ($($name:literal),* $(,)?) => {
        &[$(Guide { name: $name, text: include_str!(concat!("../../assets/guides/", $name, ".md")) }),*]
    };
}

/// All of them, in the order in which they are listed.
pub const ALL: &[Guide] = guides![
    "repair-email",
    "reset-mfa",
    "onboard-domain",
    "inspect-token",
    "relink-many",
    "offboard",
    "connections",
    "security",
    "troubleshooting",
];

impl Guide {
    /// What it is about: its heading.
    pub fn title(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default().trim_start_matches(['#', ' '])
    }
}

/// Lists them, or writes one.
pub fn run(name: Option<&str>, io: &mut Io<'_>) -> Result<Exit, Failure> {
    match name {
        None => list(io)?,
        Some(name) => {
            let Some(guide) = ALL.iter().find(|guide| guide.name == name) else {
                let known: Vec<&str> = ALL.iter().map(|guide| guide.name).collect();
                return Err(Failure::usage(format!(
                    "There is no guide of this name. There are: {}.",
                    known.join(", ")
                )));
            };
            io.out.write_all(guide.text.as_bytes())?;
        }
    }
    Ok(Exit::Done)
}

fn list(io: &mut Io<'_>) -> io::Result<()> {
    let width = ALL.iter().map(|guide| guide.name.len()).max().unwrap_or_default();
    for guide in ALL {
        writeln!(io.out, "{:width$}  {}", guide.name, guide.title())?;
    }
    writeln!(io.out, "\nidconsole guide NAME writes one.")
}

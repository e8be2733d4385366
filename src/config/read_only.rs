//! Why nothing is written.

use std::fmt;

use super::{Connection, Settings};

/// What made a session read-only; any of them is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReadOnly {
    /// `--read-only`.
    Asked,
    /// `read_only` of `[settings]`.
    Settings,
    /// `read_only` of the connection.
    Connection,
}

impl ReadOnly {
    /// For this program's run: the flag, then the settings.
    pub fn of_run(flag: bool, settings: &Settings) -> Option<Self> {
        if flag { Some(Self::Asked) } else { settings.read_only.then_some(Self::Settings) }
    }

    /// What to do for plans to be applied, as a sentence.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Asked => "Start it without --read-only to apply plans.",
            Self::Settings => "Take read_only out of [settings] to apply plans.",
            Self::Connection => "Take read_only out of the connection to apply plans.",
        }
    }

    /// For a connection in such a run.
    pub fn of(run: Option<Self>, connection: &Connection) -> Option<Self> {
        run.or_else(|| connection.read_only.then_some(Self::Connection))
    }
}

impl fmt::Display for ReadOnly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Asked => "idconsole was started with --read-only",
            Self::Settings => "config.toml says so for every connection",
            Self::Connection => "this connection is marked so",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{BaseUrl, Method, StoreKind};

    #[test]
    fn any_of_the_three_is_enough_and_the_flag_is_told_first() {
        let url = BaseUrl::parse("api.clinic.example").unwrap();
        let mut connection = Connection::new("a", url, Method::Browser, StoreKind::Memory);
        let mut settings = Settings::default();
        let of = |flag, settings: &Settings, connection: &Connection| {
            ReadOnly::of(ReadOnly::of_run(flag, settings), connection)
        };
        assert_eq!(of(false, &settings, &connection), None);
        connection.read_only = true;
        assert_eq!(of(false, &settings, &connection), Some(ReadOnly::Connection));
        settings.read_only = true;
        assert_eq!(of(false, &settings, &connection), Some(ReadOnly::Settings));
        assert_eq!(of(true, &settings, &connection), Some(ReadOnly::Asked));
    }
}

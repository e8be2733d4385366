//! Exit codes: a promise to scripts, so they are numbered here and nowhere else.

use std::fmt::Write as _;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Done, or there was nothing to do.
    Done = 0,
    /// Something on this machine failed: a file, the terminal, idconsole itself.
    Local = 1,
    /// Usage or malformed input; nothing was sent.
    Usage = 2,
    /// Not signed in, or the session has expired.
    NotSignedIn = 3,
    /// The role or the read-only mode does not allow it.
    NotAllowed = 4,
    /// No such person, record, connection or entry.
    NotFound = 5,
    /// Several match, already in use, or somebody else changed the record.
    Conflict = 6,
    /// The platform cannot be reached, failed, or asked to slow down.
    Unreachable = 7,
    /// Done, and something is wrong with what was looked at.
    Findings = 8,
    /// Done, and the answer is that it cannot be told.
    CannotTell = 9,
    /// Some rows of a plan were written and others were not.
    Partly = 10,
}

impl Exit {
    /// Every code, in order.
    pub const ALL: [Self; 11] = [
        Self::Done,
        Self::Local,
        Self::Usage,
        Self::NotSignedIn,
        Self::NotAllowed,
        Self::NotFound,
        Self::Conflict,
        Self::Unreachable,
        Self::Findings,
        Self::CannotTell,
        Self::Partly,
    ];

    /// The number given to the shell.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// What it means, as `--help` and README say it.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Local => "something on this machine failed",
            Self::Usage => "usage or malformed input; nothing was sent",
            Self::NotSignedIn => "not signed in, or the session has expired",
            Self::NotAllowed => "not allowed",
            Self::NotFound => "not found",
            Self::Conflict => "conflict: several match, already in use, or changed by somebody else",
            Self::Unreachable => "platform unreachable, failing or limiting",
            Self::Findings => "done, with findings",
            Self::CannotTell => "done, and the answer cannot be told",
            Self::Partly => "partly done: some rows were written and others were not",
        }
    }

    /// The end of `--help`: exit codes and environment.
    pub fn help() -> String {
        let mut help = String::from("Exit codes:\n");
        for exit in Self::ALL {
            // Writing to a String cannot fail.
            let _ = writeln!(help, "  {:>2}  {}", exit.code(), exit.meaning());
        }
        help.push_str(
            "\nEnvironment:\n  \
             IDCONSOLE_BASE_URL       the platform's address\n  \
             IDCONSOLE_ACCESS_TOKEN   a token to use instead of a session\n  \
             IDCONSOLE_CLIENT_ID      the client to sign in as, instead of the connection's\n  \
             IDCONSOLE_CLIENT_SECRET  the client's secret, for login --method client\n  \
             IDCONSOLE_IDP_SECRET     a client secret at an identity provider, for domains and flow\n  \
             IDCONSOLE_PROFILE        the saved connection to use\n  \
             IDCONSOLE_CONFIG_DIR     where connections and settings are kept\n  \
             IDCONSOLE_DATA_DIR       where the journal, sessions and the log are kept\n  \
             IDCONSOLE_LOG            how much is logged: error, warn, info (default), debug\n  \
             IDCONSOLE_PLAIN          line by line instead of the console, as --plain\n  \
             NO_COLOR                 no colours",
        );
        help
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn the_codes_are_the_promised_ones() {
        let codes: Vec<u8> = Exit::ALL.iter().map(|exit| exit.code()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        assert_eq!(Exit::NotSignedIn.code(), 3);
        assert_eq!(Exit::Unreachable.code(), 7);
    }
}

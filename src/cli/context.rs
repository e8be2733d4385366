//! What every command begins with: where things are kept, what is saved, which connection is meant.

use crate::config::{self, BaseUrl, Choice, Config, Connection, Environment, NoConnection, Paths, ReadOnly};

use super::args::Shared;
use super::exit::Exit;
use super::failure::Failure;
use super::kept::Kept;
use super::plan::Signs;

/// The surroundings of one command.
#[derive(Debug)]
pub struct Context {
    /// The two folders.
    pub paths: Paths,
    /// `config.toml`.
    pub config: Config,
    /// The process's environment, with what the command line says instead.
    pub environment: Environment,
    /// Options of every command.
    pub shared: Shared,
    /// The command itself, for plans that are kept.
    pub asked: Asked,
}

/// The command as it was typed, and the plan that it is to make.
#[derive(Debug, Default)]
pub struct Asked {
    /// What was typed, without the program's name and without options that say how it is done; `None` when it cannot be
    /// written down.
    pub words: Option<Vec<String>>,
    /// Where `-` stands for itself among them, not for the value of an option.
    pub dashes: Vec<usize>,
    /// The plan out of a file that is to come out: no other is applied.
    pub replay: Option<Kept>,
}

impl Context {
    /// Reads `config.toml` and the environment.
    pub fn read(shared: &Shared) -> Result<Self, Failure> {
        let paths = Paths::discover()?;
        let config = Config::load(&paths)?;
        let mut environment = Environment::read();
        if let Some(base_url) = &shared.base_url {
            BaseUrl::parse(base_url).map_err(|wrong| {
                Failure::usage(super::journal::sentence(&format!("--base-url cannot be used: {wrong}")))
            })?;
            environment.base_url = Some(base_url.clone());
            // What is typed now counts more than what the environment says.
            environment.profile = None;
        }
        Ok(Self { paths, config, environment, shared: shared.clone(), asked: Asked::default() })
    }

    /// The connection that is meant, as it is saved, and whether it is. To reach its platform, [`Self::in_this_run`]
    /// comes before.
    pub fn connection(&self) -> Result<(Connection, bool), Failure> {
        match config::choose(&self.config, &self.environment, self.shared.profile.as_deref())? {
            Choice::One { connection, saved } => Ok((*connection, saved)),
            Choice::Ask(why @ NoConnection::None) => Err(Failure::new(Exit::NotSignedIn, why.to_string())),
            Choice::Ask(why @ NoConnection::Several(_)) => Err(Failure::usage(why.to_string())),
        }
    }

    /// A connection as it is used in this run: with what was given for the run alone. It is never saved.
    #[must_use]
    pub fn in_this_run(&self, connection: &Connection) -> Connection {
        Connection {
            read_only: self.read_only(connection).is_some(),
            extra_ca: self.shared.extra_ca.clone().or_else(|| connection.extra_ca.clone()),
            ..connection.clone()
        }
    }

    /// Why nothing is written over a connection in this run.
    pub fn read_only(&self, connection: &Connection) -> Option<ReadOnly> {
        ReadOnly::of(ReadOnly::of_run(self.shared.read_only, self.config.settings()), connection)
    }

    /// The signs to use in words.
    pub fn signs(&self) -> Signs {
        Signs::new(self.shared.ascii || self.shared.plain || self.config.settings().ascii)
    }
}

impl From<config::ConfigError> for Failure {
    fn from(error: config::ConfigError) -> Self {
        use config::ConfigError as E;
        let exit = match &error {
            E::Mistake { .. } | E::BadName(_) | E::BadVariable { .. } => Exit::Usage,
            E::Unreadable { .. } | E::Unwritable { .. } | E::NoHome => Exit::Local,
            E::NameTaken(_) => Exit::Conflict,
            E::NoSuchConnection { .. } => Exit::NotFound,
        };
        Self::new(exit, error.to_string())
    }
}

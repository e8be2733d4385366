//! The seeded clinic, served in this process, and somebody signed in to it by command.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use idconsole::demo::seed::{Facts, Seed};
use idconsole::demo::{Options, Platform, Running, Settings};

use super::{Ended, ended, idconsole};

/// A platform with the clinic, and who may sign in there.
pub struct Clinic {
    pub running: Running,
    pub facts: Facts,
}

impl Clinic {
    /// One of its own, for tests that write.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// One of its own with other settings.
    pub fn with(settings: &[&str]) -> Self {
        let seed = Some(Seed { members: 60, ..Seed::default() });
        let settings = Settings::parse(settings.iter().copied()).unwrap();
        let running = Platform::start(Options { seed, settings, ..Options::default() }).unwrap();
        let facts = running.facts.clone().expect("the clinic is seeded");
        Self { running, facts }
    }

    /// The one that all reading tests share.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Clinic> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Signs in as the project admin by email and password; the session is kept in a file under `home`.
    pub fn sign_in(&self, home: &Path) -> Ended {
        self.sign_in_as(home, &self.facts.project_admin.email, &self.facts.project_admin.password)
    }

    /// Signs in as the super admin.
    pub fn sign_in_as_super_admin(&self, home: &Path) -> Ended {
        self.sign_in_as(home, &self.facts.super_admin.email, &self.facts.super_admin.password)
    }

    /// Signs in as anybody with a password.
    pub fn sign_in_as(&self, home: &Path, email: &str, password: &str) -> Ended {
        // Sign-ins are few a minute and address at a real platform; one after the other keeps the log readable.
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _turn: MutexGuard<'_, ()> = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let mut command = idconsole(home);
        command
            .args(["login", "--base-url", &self.running.base_url, "--profile", "clinic", "--no-input"])
            .args(["--method", "direct", "--email", email, "--password-stdin", "--store", "file"])
            .write_stdin(format!("{password}\n"));
        ended(&mut command)
    }
}

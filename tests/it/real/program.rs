//! The program itself beside a person's browser: what it says is read as it comes, what it asks is answered.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdin, Command};

use super::world::World;
use crate::auth::support::BOUND;
use crate::cli::{Ended, ended, idconsole};

/// A command that runs.
pub struct Program {
    child: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStderr>>,
    said: String,
}

impl Program {
    /// Starts it with its files in `home`.
    pub fn start(home: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_idconsole"));
        command
            .env_clear()
            .env("HOME", home)
            .env("IDCONSOLE_CONFIG_DIR", home.join("config"))
            .env("IDCONSOLE_DATA_DIR", home.join("data"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { input: child.stdin.take().unwrap(), child, lines, said: String::new() }
    }

    /// The rest of the next line that begins so, apart from its indentation.
    pub async fn told(&mut self, start: &str) -> String {
        loop {
            let line =
                tokio::time::timeout(BOUND, self.lines.next_line()).await.expect("it says nothing").unwrap();
            let line = line.unwrap_or_else(|| panic!("it ended without `{start}`:\n{}", self.said));
            self.said = format!("{}{line}\n", self.said);
            if let Some(rest) = line.trim_start().strip_prefix(start) {
                return rest.to_owned();
            }
        }
    }

    /// Address and code of a device sign-in.
    pub async fn code(&mut self) -> (String, String) {
        let address = self.told("On any device, go to  ").await;
        (address, self.told("and check that it shows  ").await)
    }

    /// Answers what it asks.
    pub async fn answer(&mut self, line: &str) {
        self.input.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    /// Waits for its end.
    pub async fn end(mut self) -> Ended {
        let mut out = String::new();
        let mut stdout = self.child.stdout.take().unwrap();
        let reading = stdout.read_to_string(&mut out);
        tokio::time::timeout(BOUND + Duration::from_secs(20), reading)
            .await
            .expect("it does not end")
            .unwrap();
        while let Some(line) = self.lines.next_line().await.unwrap() {
            self.said = format!("{}{line}\n", self.said);
        }
        let code = self.child.wait().await.unwrap().code().unwrap();
        Ended { code, out, err: self.said }
    }
}

/// A folder in which the super admin of the platform is signed in.
pub fn super_admin(world: &World) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let text = |pointer: &str| world.text(&format!("/platform/{pointer}"));
    let mut command = idconsole(home.path());
    command
        .args([
            "login",
            "--base-url",
            &text("base_url"),
            "--profile",
            "root",
            "--no-input",
            "--store",
            "file",
        ])
        .args(["--method", "direct", "--email", &text("super_admin/email"), "--password-stdin"])
        .write_stdin(format!("{}\n", text("super_admin/password")));
    let signed_in = ended(&mut command);
    assert_eq!(signed_in.code, 0, "{signed_in:?}");
    home
}

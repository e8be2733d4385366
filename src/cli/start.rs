//! The start: arguments, panic hook, log; then the console or a command; error → exit code.
//!
//! The road to the console's first frame touches no network, no keyring and no database.

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap_complete::env::CompleteEnv;

use super::definitions::{self, Parsed};
use super::exit::Exit;
use super::io::{Io, Manner};
use super::{complete, panics, run};

/// The whole program.
pub fn main() -> ExitCode {
    if let Some(exit) = completed() {
        return exit;
    }
    let parsed = match definitions::parse(std::env::args_os()) {
        Ok(mut parsed) => {
            parsed.arguments.shared.plain |= wants_plain(std::env::var("IDCONSOLE_PLAIN").ok().as_deref());
            parsed
        }
        Err(error) => return told(&error),
    };
    panics::install();
    let exit = with_standard_streams(parsed);
    ExitCode::from(exit.code())
}

/// `IDCONSOLE_PLAIN` as people set variables: anything but nothing, 0 and no.
fn wants_plain(value: Option<&str>) -> bool {
    value.is_some_and(|value| !matches!(value.trim().to_lowercase().as_str(), "" | "0" | "no" | "false"))
}

/// Help and version are no errors and go to standard output; clap knows which.
fn told(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Exit::Usage.code()))
}

/// Answers a shell that asks what could be typed; `None` where none asks.
fn completed() -> Option<ExitCode> {
    std::env::var_os(complete::VARIABLE)?;
    let here = std::env::current_dir().ok();
    let asked = CompleteEnv::with_factory(definitions::command).var(complete::VARIABLE);
    match asked.try_complete(std::env::args_os(), here.as_deref()) {
        Ok(true) => Some(ExitCode::SUCCESS),
        Ok(false) => None,
        Err(error) => Some(told(&error)),
    }
}

fn with_standard_streams(parsed: Parsed) -> Exit {
    let shared = &parsed.arguments.shared;
    let (mut out, mut err) = (io::BufWriter::new(io::stdout().lock()), io::stderr());
    // Not locked: the conversation of `--plain` listens from a thread of its own.
    let mut input = io::BufReader::new(io::stdin());
    let out_is_terminal = io::stdout().is_terminal();
    let err_is_terminal = io::stderr().is_terminal();
    let mut io = Io {
        out: &mut out,
        err: &mut err,
        input: &mut input,
        out_is_terminal,
        can_ask: !shared.no_input && io::stdin().is_terminal() && err_is_terminal,
        width: out_is_terminal
            .then(|| crossterm::terminal::size().ok().map(|(columns, _)| columns.into()))
            .flatten(),
        manner: Manner {
            quiet: shared.quiet,
            // What every request says would write over it.
            live: err_is_terminal && !shared.verbose && !shared.plain && writes_over(),
            fields: shared.fields.clone(),
            read: None,
        },
    };
    let result = run::run(parsed, &mut io).and_then(|exit| Ok(io.out.flush().map(|()| exit)?));
    let _ = io.progress("");
    match result {
        Ok(exit) => exit,
        Err(failure) => {
            tracing::warn!(code = failure.exit.code(), "ended: {failure}");
            // When standard error is gone the code still tells.
            let _ = io.out.flush();
            let _ = failure.write(io.err);
            failure.exit
        }
    }
}

/// Whether the terminal takes the sequences that write over a line.
#[cfg(not(windows))]
fn writes_over() -> bool {
    std::env::var("TERM").is_ok_and(|term| term != "dumb")
}

/// Whether the terminal takes the sequences that write over a line: nothing sets TERM here, it is asked.
#[cfg(windows)]
fn writes_over() -> bool {
    crossterm::ansi_support::supports_ansi()
}

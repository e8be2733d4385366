//! The start: arguments, panic hook, log; then the console or a command; error → exit code.
//!
//! The road to the console's first frame touches no network, no keyring and no database.

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::Parser;

use super::args::Arguments;
use super::exit::Exit;
use super::io::Io;
use super::{panics, run};

/// The whole program.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(mut arguments) => {
            arguments.shared.plain |= wants_plain(std::env::var("IDCONSOLE_PLAIN").ok().as_deref());
            arguments
        }
        Err(error) => {
            // Help and version are no errors and go to standard output; clap knows which.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Exit::Usage.code()));
        }
    };
    panics::install();
    let exit = with_standard_streams(&arguments);
    ExitCode::from(exit.code())
}

/// `IDCONSOLE_PLAIN` as people set variables: anything but nothing, 0 and no.
fn wants_plain(value: Option<&str>) -> bool {
    value.is_some_and(|value| !matches!(value.trim().to_lowercase().as_str(), "" | "0" | "no" | "false"))
}

fn with_standard_streams(arguments: &Arguments) -> Exit {
    let (mut out, mut err) = (io::BufWriter::new(io::stdout().lock()), io::stderr());
    // Not locked: the conversation of `--plain` listens from a thread of its own.
    let mut input = io::BufReader::new(io::stdin());
    let out_is_terminal = io::stdout().is_terminal();
    let mut io = Io {
        out: &mut out,
        err: &mut err,
        input: &mut input,
        out_is_terminal,
        can_ask: !arguments.shared.no_input && io::stdin().is_terminal() && io::stderr().is_terminal(),
        width: out_is_terminal
            .then(|| crossterm::terminal::size().ok().map(|(columns, _)| columns.into()))
            .flatten(),
    };
    let result = run::run(arguments, &mut io).and_then(|exit| Ok(io.out.flush().map(|()| exit)?));
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

//! `idconsole mfa own|enrol|disable`: the signed-in person's own second factor (platform-api §5).

use serde_json::json;

use crate::console::widgets::qr;
use crate::identity::{Enrolment, Factor, Secret};
use crate::workflows::ApplyError;
use crate::workflows::intent::own_factor::code_problem;
use crate::workflows::intent::{Intent, plan};

use super::args::Write;
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::output::{Column, Table};
use super::session::Signed;
use super::write;

/// `mfa own`: what `/auth/me` tells, which writes nothing.
pub async fn show(signed: &Signed, context: &Context, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let caller = &signed.engine.caller;
    let Some(enrolled) = signed.engine.remote.own_factor().await? else {
        let what = "You are signed in as a client application, which has no second factor.";
        return Err(Failure::new(Exit::NotAllowed, what).next("Sign in as a person."));
    };
    let email = caller.email.as_ref().map(|email| email.raw().to_owned()).unwrap_or_default();
    let table = Table {
        columns: vec![Column::name("name"), Column::id("email"), Column::text("enrolled")],
        rows: vec![vec![caller.name.raw().to_owned(), email, if enrolled { "yes" } else { "no" }.to_owned()]],
        empty: String::new(),
    };
    let shape = json!({ "name": caller.name, "email": caller.email, "enrolled": enrolled });
    io.write_rows(context.shared.format, &table, &[shape])?;
    Ok(Exit::Done)
}

/// `mfa enrol`. The key is asked for, and shown, only where somebody sits at the terminal.
pub async fn enrol(
    signed: &Signed,
    show_key: bool,
    code_stdin: bool,
    command: &Write,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let engine = &signed.engine;
    let planned = plan(engine, &Intent::EnrolOwn).await?;
    let mut command = command.clone();
    let code = if command.dry_run {
        None
    } else if engine.read_only {
        return Err(ApplyError::ReadOnly.into());
    } else if code_stdin {
        Some(code(true, io)?)
    } else if io.can_ask {
        // A code is good for a minute: what takes longer to answer comes first.
        reason_first(&mut command, io)?;
        let enrolment = engine.remote.own_enrolment().await?;
        if enrolment.in_use {
            let what = "You have an authenticator app already; nothing was written.";
            let next = "`mfa disable --factor totp` disables it, to enrol another one.";
            return Err(Failure::new(Exit::Conflict, what).next(next));
        }
        scan(&enrolment, show_key, context.shared.ascii, io)?;
        Some(code(false, io)?)
    } else {
        return Err(Failure::usage("A QR code is scanned by somebody, and nobody is here.")
            .next("Run it in a terminal, or give --code-stdin when the key is in your app already."));
    };
    write::apply_with(engine, planned, code.as_ref(), &command, signed.production, context, io).await?;
    Ok(Exit::Done)
}

/// `mfa disable`.
pub async fn disable(
    signed: &Signed,
    factor: Option<Factor>,
    code_stdin: bool,
    command: &Write,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let engine = &signed.engine;
    let planned = plan(engine, &Intent::DisableOwn { factor }).await?;
    let mut command = command.clone();
    let code = if command.dry_run {
        None
    } else if engine.read_only {
        return Err(ApplyError::ReadOnly.into());
    } else {
        if !code_stdin {
            reason_first(&mut command, io)?;
        }
        Some(code(code_stdin, io)?)
    };
    write::apply_with(engine, planned, code.as_ref(), &command, signed.production, context, io).await?;
    Ok(Exit::Done)
}

fn reason_first(command: &mut Write, io: &mut Io<'_>) -> Result<(), Failure> {
    if command.reason.is_none() {
        command.reason = Some(io.ask("Reason, for the journal", "Give --reason TEXT.")?);
    }
    Ok(())
}

fn code(stdin: bool, io: &mut Io<'_>) -> Result<Secret, Failure> {
    let typed = if stdin {
        io.secret_line()?
    } else {
        io.ask_secret("Code that your app shows now", "Give --code-stdin.")?
    };
    let code = Secret::from(typed);
    let code = Secret::from(code.expose().split_whitespace().collect::<String>().as_str());
    match code_problem(code.expose()) {
        Some(problem) => Err(Failure::usage(format!("{problem} Nothing was written."))),
        None => Ok(code),
    }
}

/// The QR code, and the key as text where it is asked for. To the person, never to the output.
fn scan(enrolment: &Enrolment, show_key: bool, ascii: bool, io: &mut Io<'_>) -> Result<(), Failure> {
    io.note("Scan this with your authenticator app. Whoever sees it can make your codes.")?;
    match qr::lines(enrolment.uri.expose(), 2, ascii) {
        // Dark on light whatever the terminal's colours are: an inverted code is not read by every app.
        Some(rows) => {
            for row in rows {
                writeln!(io.err, "\x1b[38;5;16;48;5;231m{row}\x1b[0m")?;
            }
        }
        None => io.note("The QR code is too large to be drawn; --show-key shows the key as text.")?,
    }
    match enrolment.key().filter(|_| show_key) {
        Some(key) => writeln!(io.err, "Key: {}", crate::identity::text::shown(key.expose()))?,
        None => io.note("`--show-key` shows the key as text too.")?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(show_key: bool) -> (String, String) {
        let (mut out, mut err, mut input) = (Vec::new(), Vec::new(), &b""[..]);
        let mut io = Io {
            out: &mut out,
            err: &mut err,
            input: &mut input,
            out_is_terminal: false,
            can_ask: true,
            width: None,
        };
        let uri = "otpauth://totp/Clinic:pat%40clinic.example?secret=JBSWY3DPEHPK3PXP&issuer=Clinic";
        scan(&Enrolment { uri: Secret::from(uri), in_use: false }, show_key, false, &mut io).unwrap();
        (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    #[test]
    fn the_code_is_drawn_for_the_person_and_the_key_is_text_only_when_asked() {
        let (out, err) = scanned(false);
        assert_eq!(out, "");
        assert!(err.contains("█▀▀▀▀▀█"), "{err}");
        assert!(!err.contains("JBSWY3DP") && err.contains("--show-key"), "{err}");
        assert!(scanned(true).1.contains("Key: JBSWY3DPEHPK3PXP"));
    }
}

//! `idconsole mfa own|mail-code|enrol|disable`: the signed-in person's own second factor (platform-api §5).

use serde_json::json;

use crate::console::widgets::qr;
use crate::identity::enrolment::names;
use crate::identity::{Enrolment, Factor, Secret, Seen};
use crate::workflows::ApplyError;
use crate::workflows::intent::{Intent, plan};
use crate::workflows::own_factor::{self, NO_PERSON, bare, code_problem};

use super::args::Write;
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::output::{Column, Table};
use super::session::Signed;
use super::write;

/// `mfa own`.
pub async fn show(signed: &Signed, context: &Context, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let caller = &signed.engine.caller;
    let Some(own) = own_factor::standing(&signed.engine).await? else {
        return Err(Failure::new(Exit::NotAllowed, NO_PERSON).next("Sign in as a person."));
    };
    let email = caller.email.as_ref().map(|email| email.raw().to_owned()).unwrap_or_default();
    let allowed = own.allowed.known().map_or_else(|| "unknown".to_owned(), |allowed| names(allowed));
    let unseen = match (&own.methods, &own.allowed, &own.required_by) {
        (Seen::Unknown(why), _, _) | (_, Seen::Unknown(why), _) | (_, _, Seen::Unknown(why)) => {
            Some(why.to_string())
        }
        _ => None,
    };
    let table = Table {
        columns: vec![
            Column::name("name"),
            Column::id("email"),
            Column::text("enrolled"),
            Column::text("allowed"),
            Column::text("required"),
            Column::text("unknown because"),
        ],
        rows: vec![vec![
            caller.name.raw().to_owned(),
            email,
            own.enrolled_words(),
            allowed,
            own.required_words().to_owned(),
            unseen.clone().unwrap_or_default(),
        ]],
        empty: String::new(),
    };
    let listed = |factors: &Seen<Vec<Factor>>| -> Option<Vec<&str>> {
        factors.known().map(|factors| factors.iter().map(|factor| factor.name()).collect())
    };
    let shape = json!({
        "name": caller.name,
        "email": caller.email,
        "enrolled": own.enrolled,
        "methods": listed(&own.methods),
        "allowed": listed(&own.allowed),
        "required": own.required,
        "required_by": own.required_by.known().map(|by| by.words()),
        "unknown_because": unseen,
    });
    io.write_rows(context.shared.format, &table, &[shape])?;
    Ok(Exit::Done)
}

/// `mfa mail-code`.
pub async fn mail_code(signed: &Signed, io: &mut Io<'_>) -> Result<Exit, Failure> {
    if signed.engine.caller.user.is_none() {
        return Err(Failure::new(Exit::NotAllowed, NO_PERSON).next("Sign in as a person."));
    }
    if let Some(why) = signed.engine.read_only {
        return Err(ApplyError::ReadOnly(why).into());
    }
    mail(signed, io).await?;
    Ok(Exit::Done)
}

async fn mail(signed: &Signed, io: &mut Io<'_>) -> Result<(), Failure> {
    own_factor::mail_code(&signed.engine).await?;
    let email = signed.engine.caller.email.as_ref();
    let to = email.map_or_else(|| "your address".to_owned(), ToString::to_string);
    Ok(io.note(&format!("A code was mailed to {to}; the newest one counts."))?)
}

/// `mfa enrol`. The key is asked for, and shown, only where somebody sits at the terminal; so is a code mailed.
pub async fn enrol(
    signed: &Signed,
    factor: Factor,
    show_key: bool,
    code_stdin: bool,
    command: &Write,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let engine = &signed.engine;
    let planned = plan(engine, &Intent::EnrolOwn { factor }).await?;
    // Before a key is made or a code is mailed.
    write::as_kept(Some(&planned), engine, context, io)?;
    let mut command = command.clone();
    // What ends in a refusal asks for nothing.
    let code = if command.dry_run || engine.read_only.is_some() {
        None
    } else if code_stdin {
        Some(code(true, APP, io)?)
    } else if io.can_ask {
        // A code is good for a minute: what takes longer to answer comes first.
        reason_first(&mut command, io)?;
        match factor {
            Factor::Totp => {
                let enrolment = engine.remote.own_enrolment().await?;
                if enrolment.in_use() {
                    let what = "You have an authenticator app already; nothing was written.";
                    let next = "`mfa disable --factor totp` disables it, to enrol another one.";
                    return Err(Failure::new(Exit::Conflict, what).next(next));
                }
                scan(&enrolment, show_key, context.shared.ascii, io)?;
                Some(code(false, APP, io)?)
            }
            Factor::Email => {
                mail(signed, io).await?;
                Some(code(false, "Code that was mailed to you", io)?)
            }
        }
    } else {
        let (what, next) = match factor {
            Factor::Totp => (
                "A QR code is scanned by somebody, and nobody is here.",
                "Run it in a terminal, or give --code-stdin when the key is in your app already.",
            ),
            Factor::Email => (
                "The mailed code is typed by somebody, and nobody is here.",
                "Run it in a terminal, or `mfa mail-code` first and then give --code-stdin.",
            ),
        };
        return Err(Failure::usage(what).next(next));
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
    // Before a code is mailed.
    write::as_kept(Some(&planned), engine, context, io)?;
    let mut command = command.clone();
    let code = if command.dry_run || engine.read_only.is_some() {
        None
    } else {
        if !code_stdin {
            reason_first(&mut command, io)?;
            if mails_alone(signed).await? {
                mail(signed, io).await?;
            } else {
                io.note("`mfa mail-code` mails a code to those who have enrolled codes by mail.")?;
            }
        }
        Some(code(code_stdin, "Code of your app, or one that was mailed to you", io)?)
    };
    write::apply_with(engine, planned, code.as_ref(), &command, signed.production, context, io).await?;
    Ok(Exit::Done)
}

/// Nothing but a mailed code proves it; where nobody can be asked, none is mailed in vain.
async fn mails_alone(signed: &Signed) -> Result<bool, Failure> {
    let own = own_factor::standing(&signed.engine).await?;
    Ok(own.is_some_and(|own| own.methods == Seen::Known(vec![Factor::Email])))
}

fn reason_first(command: &mut Write, io: &mut Io<'_>) -> Result<(), Failure> {
    if command.reason.is_none() {
        command.reason = Some(io.ask("Reason, for the journal", "Give --reason TEXT.")?);
    }
    Ok(())
}

const APP: &str = "Code that your app shows now";

fn code(stdin: bool, question: &str, io: &mut Io<'_>) -> Result<Secret, Failure> {
    let typed = if stdin { io.secret_line()? } else { io.ask_secret(question, "Give --code-stdin.")? };
    let code = Secret::from(typed);
    let code = Secret::from(bare(code.expose()).as_str());
    match code_problem(code.expose()) {
        Some(problem) => Err(Failure::usage(format!("{problem} Nothing was written."))),
        None => Ok(code),
    }
}

/// The QR code, and the key as text where it is asked for. To the person, never to the output.
fn scan(enrolment: &Enrolment, show_key: bool, ascii: bool, io: &mut Io<'_>) -> Result<(), Failure> {
    io.tell("Scan this with your authenticator app. Whoever sees it can make your codes.")?;
    match qr::lines(enrolment.uri.expose(), 2, ascii) {
        // Dark on light whatever the terminal's colours are: an inverted code is not read by every app.
        Some(rows) => {
            for row in rows {
                writeln!(io.err, "\x1b[38;5;16;48;5;231m{row}\x1b[0m")?;
            }
        }
        None => io.tell("The QR code is too large to be drawn; --show-key shows the key as text.")?,
    }
    match enrolment.grouped_key().filter(|_| show_key) {
        Some(key) => writeln!(io.err, "Key: {}", crate::identity::text::shown(key.expose()))?,
        None => io.tell("`--show-key` shows the key as text too.")?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::io::Streams;

    fn scanned(show_key: bool) -> (String, String) {
        let mut streams = Streams::default();
        let mut io = Io { can_ask: true, ..streams.io() };
        let uri = "otpauth://totp/Clinic:pat%40clinic.example?secret=JBSWY3DPEHPK3PXP&issuer=Clinic";
        let enrolment =
            Enrolment { uri: Secret::from(uri), methods: Vec::new(), allowed: vec![Factor::Totp] };
        scan(&enrolment, show_key, false, &mut io).unwrap();
        (String::from_utf8(streams.out).unwrap(), String::from_utf8(streams.err).unwrap())
    }

    #[test]
    fn the_code_is_drawn_for_the_person_and_the_key_is_text_only_when_asked() {
        let (out, err) = scanned(false);
        assert_eq!(out, "");
        assert!(err.contains("█▀▀▀▀▀█"), "{err}");
        assert!(!err.contains("JBSW") && err.contains("--show-key"), "{err}");
        assert!(scanned(true).1.contains("Key: JBSW Y3DP EHPK 3PXP"));
    }
}

//! `idconsole --plain`: the console as a conversation, line by line, for screen readers and simple terminals.
//!
//! Nothing moves, nothing is coloured, nothing is drawn: questions, answers and numbered lines on one stream. What is
//! done is what the commands and the console do: the same workflows, plans, journal.

mod change;
mod connection;
mod doctor;
mod email;
mod lines;
mod sign_in;
mod talk;
mod undo;
mod voice;
mod words;

use std::io::Write;

use crate::config::Connection;
use crate::console::runtime::Beginning;

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::session::Signed;
use talk::{Said, Talk, Turn};

/// Where the conversation is held.
struct Home<'a> {
    context: &'a Context,
    /// The demonstration's connection, which is saved nowhere.
    given: Option<Connection>,
}

/// The conversation, from the first word to the last.
pub async fn run(context: &Context, beginning: Beginning, out: &mut dyn Write) -> Result<Exit, Failure> {
    let ascii = context.shared.ascii || context.config.settings().ascii || !super::console::speaks_utf8();
    let mut talk = Talk::begin(out, ascii)?;
    match Box::pin(begin_and_go_on(&mut talk, context, beginning)).await {
        Ok(()) | Err(Turn::Back | Turn::Quit) => {
            talk.say("Left idconsole.")?;
            Ok(Exit::Done)
        }
        Err(Turn::Failed(failure)) => Err(failure),
    }
}

async fn begin_and_go_on(talk: &mut Talk<'_>, context: &Context, beginning: Beginning) -> Said<()> {
    talk.say("idconsole, line by line. Identity administration for Medplum platforms.")?;
    talk.say("At every question: a question mark explains it, back goes one step back, quit leaves.")?;
    talk.say("")?;
    let given = match &beginning {
        Beginning::Given { connection, .. } => Some((**connection).clone()),
        Beginning::Meant | Beginning::Named(_) => None,
    };
    let home = Home { context, given };
    let mut signed = match sign_in::begin(talk, context, beginning).await {
        Err(Turn::Failed(failure)) => {
            failed(talk, &failure)?;
            None
        }
        other => other?,
    };
    if signed.is_some() {
        talk.say("")?;
    }
    loop {
        talk.at_the_beginning = true;
        let wanted = menu(talk, signed.as_ref()).await;
        talk.at_the_beginning = false;
        let done = match wanted? {
            Wanted::SignIn => sign_in::sign_in(talk, &home).await.map(|new| signed = Some(new)),
            wanted => Box::pin(go_on(talk, &home, &mut signed, wanted)).await,
        };
        match done {
            Ok(()) | Err(Turn::Back) => {}
            Err(Turn::Quit) => return Err(Turn::Quit),
            Err(Turn::Failed(failure)) => {
                failed(talk, &failure)?;
                if failure.exit == Exit::NotSignedIn {
                    signed = None;
                }
            }
        }
        talk.say("")?;
    }
}

fn failed(talk: &mut Talk<'_>, failure: &Failure) -> std::io::Result<()> {
    tracing::warn!(code = failure.exit.code(), "told: {failure}");
    failure.write(talk.out())
}

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    SignIn,
    Doctor,
    Email,
    Undo,
}

impl Wanted {
    const ALL: [Self; 4] = [Self::SignIn, Self::Doctor, Self::Email, Self::Undo];

    fn words(self, signed_in: bool) -> &'static str {
        match self {
            Self::SignIn if signed_in => "Sign in elsewhere, or as somebody else.",
            Self::SignIn => "Sign in.",
            Self::Doctor => "Find out why somebody cannot sign in.",
            Self::Email => "Change the email that somebody signs in with.",
            Self::Undo => "Take back a change.",
        }
    }
}

async fn menu(talk: &mut Talk<'_>, signed: Option<&Signed>) -> Said<Wanted> {
    if signed.is_none() {
        talk.say("You are not signed in.")?;
    }
    let choices: Vec<String> =
        Wanted::ALL.iter().map(|wanted| wanted.words(signed.is_some()).to_owned()).collect();
    let help = "Type the number of what you want to do. Nothing is changed before you have heard the plan, given a \
                reason and said yes. Everything else that idconsole does has a command: idconsole --help lists them.";
    let at = talk.choose("What would you like to do", &choices, None, help).await?;
    Ok(Wanted::ALL[at])
}

/// Everything but signing in needs somebody signed in; who is not signs in on the way.
async fn go_on(
    talk: &mut Talk<'_>,
    home: &Home<'_>,
    signed: &mut Option<Signed>,
    wanted: Wanted,
) -> Said<()> {
    let signed = if let Some(signed) = signed {
        signed
    } else {
        talk.say("That needs a sign-in first.")?;
        signed.insert(sign_in::sign_in(talk, home).await?)
    };
    match wanted {
        Wanted::SignIn => Ok(()),
        Wanted::Doctor => Box::pin(doctor::doctor(talk, signed)).await,
        Wanted::Email => email::change(talk, signed).await,
        Wanted::Undo => undo::undo(talk, signed).await,
    }
}

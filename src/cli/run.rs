//! From arguments to an exit code.

use super::args::{Arguments, Command, Journal, Members, Policies, Users, Write};
use super::context::{Asked, Context};
use super::definitions::{self, Parsed};
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::kept::Kept;
use super::{
    access, bulk, clients, config, connections, console, demo, doctor, domains, flow, guide, journal, links,
    logging, login, manage, members, mfa, overview, session, sessions, setup, shapes, snapshot, token, tool,
    users,
};

/// Does what was asked. Console and demo own the terminal; everything else uses only `io`.
pub fn run(parsed: Parsed, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let Parsed { arguments, path, words, dashes, .. } = parsed;
    let Arguments { shared, command } = arguments;
    if let Some(chosen) = &shared.fields {
        shapes::check_fields(&path, chosen, shared.format)?;
    }
    match &command {
        // The embedded platform has no use for anybody's settings.
        Some(Command::Demo(command)) if command.serve.is_some() => {
            return demo::serve(command, shared.format, io);
        }
        Some(Command::Demo(command)) => return demo::open(command, &shared, io),
        Some(Command::Token(command)) if command.is_offline() => return token::offline(command, &shared, io),
        Some(Command::Completions(command)) => return tool::completions(command, io),
        Some(Command::Man(command)) => return tool::man(command, io),
        Some(Command::Schema(command)) => return tool::schema(command, &shared, io),
        Some(Command::Guide { name }) => return guide::run(name.as_deref(), io),
        // Also where the settings cannot be read: it says what is wrong with them.
        Some(Command::Config(command)) => return config::run(command, &shared, io),
        _ => {}
    }
    let (command, asked) = match command {
        Some(Command::Apply(apply)) => {
            let kept = Kept::read(&apply.file, io)?;
            let command = again(&kept, &apply.write)?;
            (Some(command), Asked { replay: Some(kept), ..Asked::default() })
        }
        command => (command, Asked { words, dashes, replay: None }),
    };
    let context = Context { asked, ..Context::read(&shared)? };
    let data = context.paths.data_dir();
    let level = std::env::var("IDCONSOLE_LOG").ok();
    logging::begin(data, level.as_deref(), shared.verbose).map_err(|error| {
        Failure::new(Exit::Local, format!("The folder {} cannot be used: {error}.", data.display()))
            .next("IDCONSOLE_DATA_DIR names another one.")
    })?;
    match &command {
        None => console::open(&context, io),
        Some(command) => {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
            let result = runtime.block_on(self::asked(command, &context, io));
            runtime.shutdown_background();
            result
        }
    }
}

/// The command that makes a kept plan again, done as is said now. Nothing but a command that makes plans is taken out of
/// a file, and nothing about how it is done: a file says yes to nothing.
fn again(kept: &Kept, how: &Write) -> Result<Command, Failure> {
    let words = kept.words()?;
    let parse = |words: &[String]| {
        definitions::parse(
            std::iter::once("idconsole").chain(words.iter().map(String::as_str)).map(Into::into),
        )
    };
    let unknown = || {
        Failure::usage("The plan was made by a command that there is not; nothing was done.")
            .next("Make it again with this version of idconsole.")
    };
    let makes =
        |parsed: &Parsed| parsed.writes && parsed.path != "apply" && parsed.words.as_deref() == Some(words);
    parse(words).ok().filter(makes).ok_or_else(unknown)?;
    let mut said = words.to_vec();
    let end = said.iter().position(|word| word == "--").unwrap_or(said.len());
    said.splice(end..end, how.words());
    parse(&said).ok().and_then(|parsed| parsed.arguments.command).ok_or_else(unknown)
}

async fn asked(command: &Command, context: &Context, io: &mut Io<'_>) -> Result<Exit, Failure> {
    match command {
        Command::Login(login) => login::run(login, context, io).await,
        Command::Logout => session::logout(context, io).await,
        Command::Whoami => session::whoami(context, io).await,
        Command::Connections(command) => connections::run(command, context, io).await,
        Command::Journal(Journal::List { limit, filter }) => {
            journal::list(context, *limit, filter.as_deref(), io)
        }
        Command::Journal(Journal::Show { entry }) => journal::show(context, *entry, io),
        Command::Journal(Journal::Settle { entry }) => {
            journal::settle(&session::open(context).await?, *entry, context, io).await
        }
        Command::Journal(Journal::Undo { entry, rows, write }) => {
            let rows = rows.as_deref().map(journal::row_numbers).transpose()?;
            journal::undo(&session::open(context).await?, *entry, rows.as_ref(), write, context, io).await
        }
        Command::Journal(Journal::Resume { entry, write }) => {
            journal::resume(&session::open(context).await?, *entry, write, context, io).await
        }
        Command::Setup(command) => setup::run(&session::open(context).await?, command, context, io).await,
        Command::Members(Members::List(command)) => {
            members::list(&session::open(context).await?, command, context, io).await
        }
        Command::Members(Members::Show { person }) => {
            members::show(&session::open(context).await?, person, context, io).await
        }
        Command::Members(Members::History { person }) => {
            members::history(&session::open(context).await?, person, context, io).await
        }
        Command::Members(Members::Activate(command)) => {
            members::activate(&session::open(context).await?, command, true, context, io).await
        }
        Command::Members(Members::Deactivate(command)) => {
            members::activate(&session::open(context).await?, command, false, context, io).await
        }
        Command::Members(Members::Policies) | Command::Policies(Policies::List) => {
            manage::policies(&session::open(context).await?, context, io).await
        }
        Command::Members(Members::Invite(command)) => {
            manage::invite(&session::open(context).await?, command, context, io).await
        }
        Command::Members(command) => {
            manage::members(&session::open(context).await?, command, context, io).await
        }
        Command::Users(Users::MailPassword(command)) => {
            manage::mail_password(&session::open(context).await?, command, context, io).await
        }
        Command::Mfa(command) => mfa::run(&session::open(context).await?, command, context, io).await,
        Command::Clients(command) => clients::run(&session::open(context).await?, command, context, io).await,
        Command::Sessions(command) => {
            sessions::run(&session::open(context).await?, command, context, io).await
        }
        Command::Offboard(command) => {
            sessions::offboard(&session::open(context).await?, command, context, io).await
        }
        Command::Users(Users::SetPassword(command)) => {
            manage::set_password(&session::open(context).await?, command, context, io).await
        }
        Command::Users(Users::Rescope(command)) => {
            manage::rescope(&session::open(context).await?, command, context, io).await
        }
        Command::Bulk(command) if command.is_offline() => bulk::offline(command, context, io),
        Command::Bulk(command) => bulk::run(&session::open(context).await?, command, context, io).await,
        Command::Overview => overview::run(&session::open(context).await?, context, io).await,
        Command::Domains(command) => domains::run(&session::open(context).await?, command, context, io).await,
        Command::Doctor(command) => doctor::run(&session::open(context).await?, command, context, io).await,
        Command::Flow(command) => flow::run(&session::open(context).await?, command, context, io).await,
        Command::Access(command) => access::run(&session::open(context).await?, command, context, io).await,
        Command::Token(command) => token::run(command, context, io).await,
        Command::Export(command) => {
            snapshot::export(&session::open(context).await?, command, context, io).await
        }
        Command::Diff(command) => snapshot::diff(command, context, io).await,
        Command::Links(command) => links::run(&session::open(context).await?, command, context, io).await,
        Command::Users(Users::Show { person, check }) => {
            users::show(&session::open(context).await?, person, *check, context, io).await
        }
        Command::Users(Users::SetEmail(command)) => {
            // A malformed address is told before a session is looked for.
            crate::identity::Email::parse(&command.new_email)
                .map_err(crate::workflows::email_change::Refusal::from)?;
            users::set_email(&session::open(context).await?, command, context, io).await
        }
        // These need neither settings nor anybody signed in, and were done before.
        Command::Apply(_)
        | Command::Config(_)
        | Command::Demo(_)
        | Command::Guide { .. }
        | Command::Completions(_)
        | Command::Man(_)
        | Command::Schema(_) => Ok(Exit::Done),
    }
}

//! From arguments to an exit code.

use clap::CommandFactory;

use super::args::{Arguments, Command, Journal, Members, Users};
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::{
    access, bulk, clients, connections, console, demo, doctor, domains, flow, journal, links, logging, login,
    manage, members, mfa, overview, session, sessions, setup, token, users,
};

/// Does what was asked. Console and demo own the terminal; everything else uses only `io`.
pub fn run(arguments: &Arguments, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let shared = &arguments.shared;
    match &arguments.command {
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Arguments::command(), "idconsole", &mut script);
            io.out.write_all(&script)?;
            return Ok(Exit::Done);
        }
        // The embedded platform has no use for anybody's settings.
        Some(Command::Demo(command)) if command.serve.is_some() => {
            return demo::serve(command, shared.format, io);
        }
        Some(Command::Demo(command)) => return demo::open(command, shared),
        Some(Command::Token(command)) if command.is_offline() => return token::offline(command, shared, io),
        _ => {}
    }
    let context = Context::read(shared)?;
    let data = context.paths.data_dir();
    logging::begin(data, std::env::var("IDCONSOLE_LOG").ok().as_deref()).map_err(|error| {
        Failure::new(Exit::Local, format!("The folder {} cannot be used: {error}.", data.display()))
            .next("IDCONSOLE_DATA_DIR names another one.")
    })?;
    match &arguments.command {
        None => console::open(&context),
        Some(command) => {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
            let result = runtime.block_on(asked(command, &context, io));
            runtime.shutdown_background();
            result
        }
    }
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
        Command::Members(Members::Activate(command)) => {
            members::activate(&session::open(context).await?, command, true, context, io).await
        }
        Command::Members(Members::Deactivate(command)) => {
            members::activate(&session::open(context).await?, command, false, context, io).await
        }
        Command::Members(Members::Policies) => {
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
        Command::Demo(_) | Command::Completions { .. } => Ok(Exit::Done),
    }
}

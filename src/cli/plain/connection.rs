//! A new connection: address, name, way to sign in, and where its sessions are kept.

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::config::{BaseUrl, Config, Connection, Method, StoreKind};

use super::talk::{Question, Said, Talk};

/// The ways that a new connection can have; the one through an identity provider needs more than is asked here.
const WAYS: [Method; 5] =
    [Method::Browser, Method::Device, Method::Paste, Method::Direct, Method::ClientCredentials];

/// Asks for a connection and saves it.
pub(super) async fn add(talk: &mut Talk<'_>, context: &Context) -> Said<Connection> {
    let base_url = address(talk).await?;
    let name = name(talk, context, &base_url).await?;
    let choices: Vec<String> = WAYS.iter().map(|way| format!("{}: {}.", way.label(), way.help())).collect();
    let help = "The way that is offered first from now on. You can choose another one each time you sign in.";
    let way = WAYS[talk.choose("How do you usually sign in", &choices, Some(0), help).await?];
    let client = talk
        .ask(Question {
            words: "Client application",
            can: "its id, Enter for the platform's own command-line client",
            help: "The id of a ClientApplication of your project. idconsole setup registers one of its own. Without \
                   one, the client that comes with every platform is used, whose sessions cannot be renewed.",
        })
        .await?;
    let choices: Vec<String> =
        StoreKind::ALL.iter().map(|kind| format!("{}: {}.", kind.word(), kind.help())).collect();
    // Where a session is kept is always a person's choice (standards S2): there is no usual one.
    let help = "A session lets whoever has it do what you may do. The keyring protects it best, where the system has one.";
    let store = StoreKind::ALL[talk.choose("Where are sessions kept", &choices, None, help).await?];
    let help = "In production every change is asked about once more, and the word stands on every screen.";
    let production = talk.confirm("Is this a production platform", help).await?;
    let mut connection = Connection::new(name, base_url, way, store);
    connection.client_id = (!client.is_empty()).then_some(client);
    connection.production = production;
    connection.extra_ca.clone_from(&context.shared.extra_ca);
    let kept = connection.clone();
    Config::edit(&context.paths, |config| config.add(kept)).map_err(Failure::from)?;
    talk.say(&format!("Saved as {}.", connection.name))?;
    Ok(connection)
}

async fn address(talk: &mut Talk<'_>) -> Said<BaseUrl> {
    let question = Question {
        words: "Address of the platform",
        can: "such as api.clinic.example",
        help: "The address of the platform's API, not of its web app. https is taken for granted. Medplum's own \
               hosted platform is api.medplum.com.",
    };
    loop {
        let typed = talk.ask(question).await?;
        match BaseUrl::parse(&typed) {
            Ok(base_url) => return Ok(base_url),
            Err(wrong) => talk.say(&Failure::new(Exit::Usage, format!("{wrong}.")).to_string())?,
        }
    }
}

async fn name(talk: &mut Talk<'_>, context: &Context, base_url: &BaseUrl) -> Said<String> {
    let usual = base_url.host().replace(':', "-");
    let can = format!("letters, digits, hyphens; Enter for {usual}");
    let help = "A short name of your choice. Commands take it as --profile.";
    loop {
        let typed = talk.ask(Question { words: "Name of the connection", can: &can, help }).await?;
        let name = if typed.is_empty() { usual.clone() } else { typed };
        let mut config = Config::load(&context.paths).map_err(Failure::from)?;
        let try_it = Connection::new(name.clone(), base_url.clone(), Method::Browser, StoreKind::Memory);
        match config.add(try_it) {
            Ok(()) => return Ok(name),
            Err(wrong) => talk.say(&wrong.to_string())?,
        }
    }
}

//! `idconsole connections …`: saved connections, in `config.toml`.

use serde_json::{Value, json};

use crate::config::{BaseUrl, Config, Connection, Idp, Method, StoreKind};

use super::args::{self, AddConnection, Connections, Mark};
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::output::{Column, Table};

/// Does what was asked.
pub async fn run(command: &Connections, context: &Context, io: &mut Io<'_>) -> Result<Exit, Failure> {
    match command {
        Connections::List => list(context, io),
        Connections::Add(add) => save(add, context, io),
        Connections::Mark { name, marks } => mark(name, marks, context, io),
        Connections::Remove { name, yes } => remove(name, *yes, context, io).await,
    }
}

fn list(context: &Context, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let all = context.config.connections();
    let table = Table {
        columns: vec![
            Column::text("name"),
            Column::id("platform"),
            Column::text("sign-in"),
            Column::id("client"),
            Column::text("session kept"),
            Column::text("marks"),
        ],
        rows: all.iter().map(row).collect(),
        empty: "No connection is saved. `idconsole connections add NAME --base-url URL` saves one."
            .to_owned(),
    };
    io.write_rows(context.shared.format, &table, &all.iter().map(shape).collect::<Vec<_>>())?;
    Ok(Exit::Done)
}

fn row(connection: &Connection) -> Vec<String> {
    let marks: Vec<&str> = [(connection.production, "PRODUCTION"), (connection.read_only, "read-only")]
        .into_iter()
        .filter_map(|(holds, word)| holds.then_some(word))
        .collect();
    vec![
        connection.name.clone(),
        connection.base_url.to_string(),
        connection.method.word().to_owned(),
        connection.client_id.clone().unwrap_or_default(),
        connection.store.word().to_owned(),
        marks.join(", "),
    ]
}

/// The stable JSON shape of a connection.
pub fn shape(connection: &Connection) -> Value {
    json!({
        "name": connection.name,
        "base_url": connection.base_url,
        "method": connection.method.word(),
        "client_id": connection.client_id,
        "store": connection.store.word(),
        "production": connection.production,
        "read_only": connection.read_only,
        "idp": connection.idp.as_ref().map(|idp| json!({ "issuer": idp.issuer, "client_id": idp.client_id })),
    })
}

fn save(add: &AddConnection, context: &Context, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let Some(base_url) = context.environment.base_url.as_deref() else {
        return Err(Failure::usage("A connection needs the platform's address.")
            .next("Give --base-url URL, e.g. https://api.clinic.example/."));
    };
    let base_url = BaseUrl::parse(base_url).map_err(|wrong| Failure::usage(wrong.to_string()))?;
    let store = match add.store {
        Some(store) => store_kind(store),
        None => ask_store(io)?,
    };
    let mut connection = Connection::new(add.name.clone(), base_url, method(add.method), store);
    connection.client_id.clone_from(&add.client_id);
    connection.production = add.production;
    connection.read_only = context.shared.read_only;
    connection.extra_ca.clone_from(&context.shared.extra_ca);
    if let Some(app) = &add.web_app {
        connection.web_app = Some(BaseUrl::parse(app).map_err(|wrong| Failure::usage(wrong.to_string()))?);
    }
    if let (Some(issuer), Some(client_id)) = (&add.idp_issuer, &add.idp_client_id) {
        connection.idp = Some(Idp {
            issuer: issuer.clone(),
            client_id: client_id.clone(),
            scope: "openid profile email".to_owned(),
        });
        if connection.method == Method::Device {
            connection.method = Method::DeviceExchange;
        }
    }
    let name = connection.name.clone();
    Config::edit(
        &context.paths,
        |config| if add.replace { config.put(connection) } else { config.add(connection) },
    )?;
    io.note(&format!("Saved {name}. Sign in with `idconsole login --profile {name}`."))?;
    Ok(Exit::Done)
}

fn mark(name: &str, marks: &[Mark], context: &Context, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let connection = Config::edit(&context.paths, |config| {
        let mut connection = config.connection(name)?.clone();
        for mark in marks {
            match mark {
                Mark::Production => connection.production = true,
                Mark::NotProduction => connection.production = false,
                Mark::ReadOnly => connection.read_only = true,
                Mark::Writable => connection.read_only = false,
            }
        }
        config.put(connection.clone())?;
        Ok(connection)
    })?;
    let words = match (connection.production, connection.read_only) {
        (true, true) => "PRODUCTION and read-only",
        (true, false) => "PRODUCTION: it is named on every screen and asks once more before a write",
        (false, true) => "read-only: every write is refused",
        (false, false) => "neither production nor read-only",
    };
    io.note(&format!("{name} is {words} from now on."))?;
    Ok(Exit::Done)
}

async fn remove(name: &str, yes: bool, context: &Context, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let connection = context.config.connection(name)?.clone();
    if !yes {
        let question = format!("Remove {name} ({}) and its session on this machine?", connection.base_url);
        if !io.confirm(&question, "Give --yes.")? {
            io.note("Nothing was changed.")?;
            return Ok(Exit::Done);
        }
    }
    super::session::forget(&connection, context).await?;
    Config::edit(&context.paths, |config| config.remove(name))?;
    io.note(&format!("Removed {name}."))?;
    Ok(Exit::Done)
}

/// Where a session is kept is always a person's choice (standards S2).
pub fn ask_store(io: &mut Io<'_>) -> Result<StoreKind, Failure> {
    let choices: Vec<String> =
        StoreKind::ALL.iter().map(|kind| format!("{:<8}  {}", kind.word(), kind.help())).collect();
    let at = io.choose("Where sessions are kept", &choices, "Give --store keyring, file or memory.")?;
    Ok(StoreKind::ALL[at])
}

/// The words of the command line in those of the configuration.
pub fn method(method: args::Method) -> Method {
    match method {
        args::Method::Browser => Method::Browser,
        args::Method::Device => Method::Device,
        args::Method::Paste => Method::Paste,
        args::Method::Direct => Method::Direct,
        args::Method::Client => Method::ClientCredentials,
    }
}

/// The words of the command line in those of the configuration.
pub fn store_kind(store: args::Store) -> StoreKind {
    match store {
        args::Store::Keyring => StoreKind::Keyring,
        args::Store::File => StoreKind::File,
        args::Store::Memory => StoreKind::Memory,
    }
}

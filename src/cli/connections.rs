//! `idconsole connections …`: saved connections, in `config.toml`.

use serde_json::{Value, json};

use crate::config::{BaseUrl, Config, Connection, Idp, Method, StoreKind};

use super::args::{self, AddConnection, Connections, EditConnection};
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::output::{Column, Table};

/// Does what was asked.
pub async fn run(command: &Connections, context: &Context, io: &mut Io<'_>) -> Result<Exit, Failure> {
    match command {
        Connections::List => list(context, io),
        Connections::Show { name } => show(name, context, io),
        Connections::Add(add) => save(add, context, io),
        Connections::Edit(edit) => change(edit, context, io).await,
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
        "web_app": connection.web_app.as_ref().map(BaseUrl::as_str),
        "extra_ca": connection.extra_ca.as_ref().map(|file| file.display().to_string()),
        "idp": connection.idp.as_ref().map(|idp| json!({ "issuer": idp.issuer, "client_id": idp.client_id })),
    })
}

fn show(name: &str, context: &Context, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let connection = context.config.connection(name)?;
    let yes = |holds: bool| if holds { "yes" } else { "no" }.to_owned();
    let mut fields = vec![
        ("name", connection.name.clone()),
        ("platform", connection.base_url.to_string()),
        ("sign-in", connection.method.word().to_owned()),
        ("client", connection.client_id.clone().unwrap_or_else(|| "the platform's own".to_owned())),
        ("session kept", format!("{}, {}", connection.store.word(), connection.store.help())),
        ("production", yes(connection.production)),
        ("read-only", yes(connection.read_only)),
    ];
    if let Some(app) = &connection.web_app {
        fields.push(("web app", app.to_string()));
    }
    if let Some(file) = &connection.extra_ca {
        fields.push(("authorities", file.display().to_string()));
    }
    if let Some(idp) = &connection.idp {
        fields.push(("signs in at", format!("{}, client {}", idp.issuer, idp.client_id)));
    }
    io.write_record(context.shared.format, &fields, &shape(connection))?;
    Ok(Exit::Done)
}

/// What is named is changed. Where a session is kept is never moved: the one that is there is forgotten.
async fn change(edit: &EditConnection, context: &Context, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let address = |typed: Option<&String>| {
        typed
            .map(|typed| BaseUrl::parse(typed))
            .transpose()
            .map_err(|wrong| Failure::usage(wrong.to_string()))
    };
    let base_url = address(context.shared.base_url.as_ref())?;
    let web_app = address(edit.web_app.as_ref())?;
    // Read and written under one lock, so that what another process changes in the meantime stays.
    let (before, after) = Config::edit(&context.paths, |config| {
        let before = config.connection(&edit.name)?.clone();
        let mut after = before.clone();
        after.base_url = base_url.unwrap_or(after.base_url);
        after.web_app = web_app.or(after.web_app);
        if let Some(way) = edit.method {
            after.method = method(way);
            if after.method == Method::Device && after.idp.is_some() {
                after.method = Method::DeviceExchange;
            }
        }
        after.extra_ca = context.shared.extra_ca.clone().or(after.extra_ca);
        after.client_id = edit.client_id.clone().or(after.client_id);
        after.store = edit.store.map_or(after.store, store_kind);
        after.production = edit.production.unwrap_or(after.production);
        // --read-only marks it here as it does where one is added.
        after.read_only = edit.refuse_writes.unwrap_or(after.read_only || context.shared.read_only);
        if after != before {
            config.put(after.clone())?;
        }
        Ok((before, after))
    })?;
    if after == before {
        return Err(Failure::new(
            Exit::Conflict,
            format!("{} is so already; nothing was changed.", edit.name),
        )
        .next("`idconsole connections edit --help` names what can be changed."));
    }
    io.note(&format!("Changed {}.", edit.name))?;
    if (before.production, before.read_only) != (after.production, after.read_only) {
        let words = match (after.production, after.read_only) {
            (true, true) => "PRODUCTION and read-only",
            (true, false) => "PRODUCTION: it is named on every screen and asks once more before a write",
            (false, true) => "read-only: every write is refused",
            (false, false) => "neither production nor read-only",
        };
        io.note(&format!("{} is {words} from now on.", edit.name))?;
    }
    let elsewhere = after.base_url != before.base_url || after.client_id != before.client_id;
    if elsewhere || after.store != before.store {
        // Only now: had nothing been saved, it would still be the session of this connection.
        super::session::forget(&before, context).await?;
        io.note(&format!("Sign in again with `idconsole login --profile {}`.", edit.name))?;
    }
    Ok(Exit::Done)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::io::Streams;
    use crate::config::{Environment, Paths};

    // Another process may have written between the beginning of this one and its change.
    #[tokio::test]
    async fn what_another_process_changed_in_the_meantime_stays() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::under(folder.path());
        let url = BaseUrl::parse("api.clinic.example").unwrap();
        let saved = Connection::new("clinic", url, Method::Direct, StoreKind::Memory);
        Config::edit(&paths, |config| config.add(saved.clone())).unwrap();
        let context = Context {
            config: Config::load(&paths).unwrap(),
            environment: Environment::default(),
            shared: args::Shared::default(),
            asked: crate::cli::context::Asked::default(),
            paths,
        };
        let elsewhere = Connection { read_only: true, ..saved };
        Config::edit(&context.paths, |config| config.put(elsewhere)).unwrap();
        let edit = EditConnection {
            name: "clinic".to_owned(),
            client_id: None,
            method: None,
            store: None,
            production: Some(true),
            refuse_writes: None,
            web_app: None,
        };
        let mut streams = Streams::default();
        let mut io = streams.io();
        change(&edit, &context, &mut io).await.unwrap();
        let config = Config::load(&context.paths).unwrap();
        let now = config.connection("clinic").unwrap();
        assert!(now.production && now.read_only, "{now:?}");
    }
}

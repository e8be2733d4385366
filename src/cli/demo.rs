//! `idconsole demo`: the embedded platform, with the console on it or alone.

use std::net::SocketAddr;
use std::path::PathBuf;

use secrecy::SecretString;
use serde_json::{Value, json};

use crate::config::{BaseUrl, Config, Connection, Environment, Method, Paths, StoreKind};
use crate::console::runtime::Beginning;
use crate::demo::seed::Facts;
use crate::demo::{Options, Platform, Running, Settings, seed::Seed};

use super::args::{Demo, Shared};
use super::context::{Asked, Context};
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::output::{Format, write_json_line};

/// Starts the platform with its clinic.
pub fn start(command: &Demo) -> Result<(Running, Facts), Failure> {
    // Served alone it is what the real one is, and that has no device grant; the console may try the method on it.
    let mut settings = Settings { device_flow: command.serve.is_none(), ..Settings::default() };
    for assignment in &command.settings {
        settings
            .set(assignment)
            .map_err(|wrong| Failure::usage(super::journal::sentence(&wrong.to_string())))?;
    }
    let usual = Seed::default();
    let seed =
        Seed { members: command.members.unwrap_or(usual.members), seed: command.seed.unwrap_or(usual.seed) };
    let options = Options {
        addr: command.serve.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0))),
        settings,
        seed: Some(seed),
        ..Options::default()
    };
    let running = Platform::start(options)
        .map_err(|error| Failure::new(Exit::Local, super::journal::sentence(&error.to_string())))?;
    let facts = running.facts.clone().ok_or_else(|| Failure::new(Exit::Local, "The clinic was not made."))?;
    Ok((running, facts))
}

/// Serves until it is ended by a signal.
pub fn serve(command: &Demo, format: Format, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let (running, facts) = start(command)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // Listened for before anybody is told that it is ready, and may end it.
        let end = end()?;
        tell(&running, &facts, format, io)?;
        end.await?;
        Ok::<_, std::io::Error>(())
    })?;
    Ok(Exit::Done)
}

fn tell(running: &Running, facts: &Facts, format: Format, io: &mut Io<'_>) -> std::io::Result<()> {
    let shape = shape(running, facts);
    if format == Format::Json {
        write_json_line(io.out, &shape)?;
    } else {
        writeln!(io.out, "The embedded platform is ready.")?;
        writeln!(io.out, "  platform       {}", running.base_url)?;
        writeln!(io.out, "  sign-in pages  {}", running.app_url)?;
        for (who, account) in [("super admin", &facts.super_admin), ("project admin", &facts.project_admin)] {
            writeln!(io.out, "  {who:<13}  {}  {}", account.email, account.password)?;
        }
        writeln!(io.out, "Ctrl-C ends it; nothing is kept.")?;
    }
    io.out.flush()
}

fn shape(running: &Running, facts: &Facts) -> Value {
    json!({
        "base_url": running.base_url,
        "app_url": running.app_url,
        "project_id": facts.project_id,
        "client_id": facts.client_id,
        "super_admin": { "email": facts.super_admin.email, "password": facts.super_admin.password },
        "project_admin": { "email": facts.project_admin.email, "password": facts.project_admin.password },
    })
}

/// Ready when the system wants us to end.
fn end() -> std::io::Result<impl Future<Output = std::io::Result<()>>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        Ok(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            Ok(())
        })
    }
    #[cfg(not(unix))]
    {
        Ok(tokio::signal::ctrl_c())
    }
}

/// The console on the platform, signed in as the project admin. What it keeps goes when it ends.
pub fn open(command: &Demo, shared: &Shared, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let (running, facts) = start(command)?;
    let folder = Folder::make()?;
    let context = Context {
        paths: Paths::under(&folder.0),
        config: Config::load(&Paths::under(&folder.0))?,
        environment: Environment::default(),
        shared: shared.clone(),
        asked: Asked::default(),
    };
    super::logging::begin(context.paths.data_dir(), std::env::var("IDCONSOLE_LOG").ok().as_deref(), false)?;
    let base_url =
        BaseUrl::parse(&running.base_url).map_err(|wrong| Failure::new(Exit::Local, wrong.to_string()))?;
    let mut connection = Connection::new("demo", base_url, Method::Direct, StoreKind::Memory);
    connection.client_id = Some(facts.client_id);
    connection.project = Some(facts.project_id.as_str().into());
    connection.read_only = shared.read_only;
    let result = super::console::run(
        &context,
        Beginning::Given {
            connection: Box::new(connection),
            email: facts.project_admin.email,
            password: SecretString::from(facts.project_admin.password),
        },
        io,
    );
    drop(running);
    result
}

/// A folder of one demonstration, gone with it.
#[derive(Debug)]
struct Folder(PathBuf);

impl Folder {
    /// Under the data folder that was asked for, else among the system's temporary files.
    fn make() -> Result<Self, Failure> {
        let given = std::env::var_os("IDCONSOLE_DATA_DIR").filter(|value| !value.is_empty());
        let parent = given.map_or_else(std::env::temp_dir, PathBuf::from);
        let path = parent.join(format!("idconsole-demo-{}", uuid::Uuid::new_v4()));
        crate::config::ensure_private_folder(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Left to the system when it cannot be removed; it holds no secret.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

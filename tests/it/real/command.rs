//! `idconsole login` here, the browser on another device, and `whoami`.

use idconsole::config::{Config, Method, Paths};

use super::program::Program;
use super::world::Made::OidcProvider;
use super::world::World;
use crate::cli::run;

// D2: here the five seconds pass.
#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn the_command_shows_the_code_and_says_in_the_end_who_signed_in() {
    let (world, home) = (World::here(), tempfile::tempdir().unwrap());
    let (provider, browser) = (world.provider(OidcProvider), world.browser());
    let mut connection = world.platform(Method::DeviceExchange, &provider.exchange_client);
    connection.idp = Some(provider.idp());
    Config::edit(&Paths::under(home.path()), |config| config.put(connection)).unwrap();
    let mut login = Program::start(home.path(), &["login", "--profile", "platform"]);
    let (address, code) = login.code().await;
    provider.allow_device(&browser, &address, &code).await;
    let ended = login.end().await;
    assert!(ended.code == 0 && ended.out.contains(&provider.name), "{ended:?}");
    let again = run(home.path(), &["whoami", "--profile", "platform"]);
    assert!(again.code == 0 && again.out.contains(&provider.name), "{again:?}");
}

//! The program itself: `idconsole login` on one device, the browser on another, and `whoami`.

use std::process::Stdio;

use idconsole::config::{Config, Method, Paths};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};

use super::world::Made::OidcProvider;
use super::world::World;
use crate::cli::run;

// D2: the one test here in which the five seconds pass.
#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn the_command_shows_the_code_and_says_in_the_end_who_signed_in() {
    let (world, home) = (World::here(), tempfile::tempdir().unwrap());
    let (provider, browser) = (world.provider(OidcProvider), world.browser());
    let mut connection = world.platform(Method::DeviceExchange, &provider.exchange_client);
    connection.idp = Some(provider.idp());
    Config::edit(&Paths::under(home.path()), |config| config.put(connection)).unwrap();
    let mut child = tokio::process::Command::new(env!("CARGO_BIN_EXE_idconsole"))
        .args(["login", "--profile", "platform"])
        .env("HOME", home.path())
        .env("IDCONSOLE_CONFIG_DIR", home.path().join("config"))
        .env("IDCONSOLE_DATA_DIR", home.path().join("data"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let (mut address, mut code) = (String::new(), String::new());
    while code.is_empty() {
        let line = lines.next_line().await.unwrap().expect("it shows a code");
        if let Some(shown) = line.strip_prefix("On any device, go to  ") {
            shown.clone_into(&mut address);
        }
        if let Some(shown) = line.strip_prefix("and check that it shows  ") {
            shown.clone_into(&mut code);
        }
    }
    provider.allow_device(&browser, &address, &code).await;
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).await.unwrap();
    assert!(child.wait().await.unwrap().success());
    assert!(said.contains(&provider.name), "{said}");
    let again = run(home.path(), &["whoami", "--profile", "platform"]);
    assert!(again.code == 0 && again.out.contains(&provider.name), "{again:?}");
}

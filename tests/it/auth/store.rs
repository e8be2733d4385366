//! Where sessions are kept.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use idconsole::auth::store::{Vault, VaultError};
use idconsole::auth::{Entry, SecretStore, StoreError};
use idconsole::config::{Paths, StoreKind};
use secrecy::{ExposeSecret as _, SecretString};

use super::support::BOUND;

fn entry(connection: &str) -> Entry {
    Entry {
        issuer: "https://api.clinic.example/".into(),
        client: "app".into(),
        connection: connection.into(),
    }
}

async fn kept(store: &SecretStore, connection: &str) -> Option<String> {
    store.read(&entry(connection)).await.unwrap().map(|secret| secret.expose_secret().to_owned())
}

fn in_files() -> (tempfile::TempDir, Paths, SecretStore) {
    let folder = tempfile::tempdir().unwrap();
    let paths = Paths::under(folder.path());
    let store = SecretStore::of(StoreKind::File, &paths);
    (folder, paths, store)
}

async fn behaves(store: &SecretStore) {
    assert_eq!(kept(store, "a").await, None);
    store.write(&entry("a"), &"one".into()).await.unwrap();
    store.write(&entry("b"), &"other".into()).await.unwrap();
    store.write(&entry("a"), &"two".into()).await.unwrap();
    assert_eq!(kept(store, "a").await.as_deref(), Some("two"));
    store.delete(&entry("a")).await.unwrap();
    store.delete(&entry("a")).await.unwrap();
    assert_eq!((kept(store, "a").await, kept(store, "b").await), (None, Some("other".into())));
    assert!(!format!("{store:?}").contains("other"));
}

// S2
#[tokio::test]
async fn every_store_keeps_one_secret_per_entry() {
    let (_folder, paths, files) = in_files();
    behaves(&files).await;
    behaves(&SecretStore::of(StoreKind::Memory, &paths)).await;
    behaves(&SecretStore::keyring(Arc::new(Small::default()), BOUND)).await;
}

#[cfg(unix)]
mod on_disk {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::path::PathBuf;

    use super::*;

    fn mode(path: &std::path::Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn only_file(paths: &Paths) -> PathBuf {
        let mut found: Vec<PathBuf> =
            std::fs::read_dir(paths.secrets_dir()).unwrap().map(|one| one.unwrap().path()).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    // S2
    #[tokio::test]
    async fn a_file_is_for_this_account_alone_and_names_nobody() {
        let (_folder, paths, store) = in_files();
        store.write(&entry("clinic"), &"secret".into()).await.unwrap();
        store.write(&entry("clinic"), &"secret".into()).await.unwrap();
        let file = only_file(&paths);
        assert_eq!((mode(&file), mode(&paths.secrets_dir())), (0o600, 0o700));
        assert!(!file.to_string_lossy().contains("clinic"));
    }

    // S2
    #[tokio::test]
    async fn a_file_that_others_can_read_is_refused() {
        for lax in [0o640, 0o604, 0o620] {
            let (_folder, paths, store) = in_files();
            store.write(&entry("a"), &"secret".into()).await.unwrap();
            let file = only_file(&paths);
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(lax)).unwrap();
            let error = store.read(&entry("a")).await.unwrap_err();
            assert_eq!(error, StoreError::Lax { path: file.clone(), mode: lax, wanted: 0o600 });
            assert!(error.to_string().contains("chmod 600"), "{error}");
            // Writing replaces it, so a new sign-in mends it.
            store.write(&entry("a"), &"fresh".into()).await.unwrap();
            assert_eq!((mode(&file), kept(&store, "a").await.as_deref()), (0o600, Some("fresh")));
        }
    }

    // S2
    #[tokio::test]
    async fn a_folder_that_others_can_enter_is_refused() {
        let (_folder, paths, store) = in_files();
        store.write(&entry("a"), &"secret".into()).await.unwrap();
        std::fs::set_permissions(paths.secrets_dir(), std::fs::Permissions::from_mode(0o755)).unwrap();
        for error in [
            store.read(&entry("a")).await.unwrap_err(),
            store.write(&entry("a"), &"x".into()).await.unwrap_err(),
        ] {
            assert!(matches!(error, StoreError::Lax { mode: 0o755, .. }), "{error}");
        }
    }

    // S2
    #[tokio::test]
    async fn a_link_is_followed_neither_in_reading_nor_in_writing() {
        let (folder, paths, store) = in_files();
        store.write(&entry("a"), &"secret".into()).await.unwrap();
        let file = only_file(&paths);
        let elsewhere = folder.path().join("elsewhere");
        std::fs::write(&elsewhere, "planted").unwrap();
        std::fs::set_permissions(&elsewhere, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::remove_file(&file).unwrap();
        symlink(&elsewhere, &file).unwrap();
        assert!(matches!(store.read(&entry("a")).await, Err(StoreError::Strange { .. })));
        store.write(&entry("a"), &"fresh".into()).await.unwrap();
        assert_eq!(std::fs::read_to_string(&elsewhere).unwrap(), "planted");
        assert_eq!(kept(&store, "a").await.as_deref(), Some("fresh"));
    }

    // S2
    #[tokio::test]
    async fn a_folder_that_is_a_link_is_refused() {
        let (folder, paths, store) = in_files();
        let elsewhere = folder.path().join("elsewhere");
        std::fs::create_dir(&elsewhere).unwrap();
        std::fs::create_dir_all(paths.data_dir()).unwrap();
        symlink(&elsewhere, paths.secrets_dir()).unwrap();
        assert!(matches!(store.write(&entry("a"), &"x".into()).await, Err(StoreError::Strange { .. })));
    }

    // S2
    #[tokio::test]
    async fn a_store_that_fails_is_not_replaced_by_another() {
        let (_folder, paths, _) = in_files();
        std::fs::create_dir_all(paths.data_dir()).unwrap();
        std::fs::write(paths.secrets_dir(), "in the way").unwrap();
        let world = super::super::support::World::new();
        let mut connection = super::super::support::connection(
            "https://api.clinic.example",
            idconsole::config::Method::Environment,
        );
        connection.store = StoreKind::File;
        let mut request = idconsole::auth::SignIn::new(connection.clone());
        request.prepared.access_token = Some("token-1".into());
        let mut signed_in =
            super::super::support::end(&mut idconsole::auth::start(request, world.still())).await.unwrap();
        signed_in.method = idconsole::config::Method::Direct;
        let begun =
            idconsole::auth::Session::begin(signed_in, &connection, &paths, Arc::new(world.clock)).await;
        assert!(matches!(begun, Err(idconsole::auth::AuthError::Store(StoreError::Strange { .. }))));
    }
}

/// A keyring that takes only short secrets, as Windows does.
#[derive(Default)]
struct Small(Mutex<HashMap<String, String>>);

impl Small {
    fn accounts(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl Vault for Small {
    fn get(&self, account: &str) -> Result<Option<SecretString>, VaultError> {
        Ok(self.0.lock().unwrap().get(account).map(|secret| secret.as_str().into()))
    }

    fn set(&self, account: &str, secret: &SecretString) -> Result<(), VaultError> {
        if secret.expose_secret().encode_utf16().count() * 2 > 2560 {
            return Err(VaultError("too long".into()));
        }
        self.0.lock().unwrap().insert(account.to_owned(), secret.expose_secret().to_owned());
        Ok(())
    }

    fn delete(&self, account: &str) -> Result<(), VaultError> {
        self.0.lock().unwrap().remove(account);
        Ok(())
    }
}

// S2
#[tokio::test]
async fn a_long_secret_is_kept_in_parts_and_leaves_none_behind() {
    let vault = Arc::new(Small::default());
    let store = SecretStore::keyring(Arc::clone(&vault) as Arc<dyn Vault>, BOUND);
    let long = "é".repeat(5000);
    store.write(&entry("a"), &long.as_str().into()).await.unwrap();
    assert_eq!((kept(&store, "a").await, vault.accounts()), (Some(long), 1 + 5));
    store.write(&entry("a"), &"short".into()).await.unwrap();
    assert_eq!((kept(&store, "a").await.as_deref(), vault.accounts()), (Some("short"), 1 + 1));
    store.delete(&entry("a")).await.unwrap();
    assert_eq!(vault.accounts(), 0);
}

// S2
#[tokio::test]
async fn a_keyring_entry_with_a_lost_or_foreign_part_is_never_taken_for_a_session() {
    for harm in ["lost", "foreign"] {
        let vault = Arc::new(Small::default());
        let store = SecretStore::keyring(Arc::clone(&vault) as Arc<dyn Vault>, BOUND);
        store.write(&entry("a"), &"x".repeat(3000).into()).await.unwrap();
        {
            let mut accounts = vault.0.lock().unwrap();
            let part = accounts.keys().find(|account| account.ends_with(".1")).unwrap().clone();
            if harm == "lost" {
                accounts.remove(&part);
            } else {
                accounts.insert(part, "y".repeat(1024));
            }
        }
        assert_eq!(store.read(&entry("a")).await.unwrap_err(), StoreError::Damaged("keyring"));
        store.write(&entry("a"), &"fresh".into()).await.unwrap();
        assert_eq!(kept(&store, "a").await.as_deref(), Some("fresh"));
    }
}

/// A keyring that waits for a dialog that nobody sees.
struct Silent(Arc<(Mutex<bool>, Condvar)>);

impl Silent {
    fn hang(&self) {
        let (released, bell) = &*self.0;
        drop(bell.wait_while(released.lock().unwrap(), |released| !*released).unwrap());
    }
}

impl Vault for Silent {
    fn get(&self, _: &str) -> Result<Option<SecretString>, VaultError> {
        self.hang();
        Ok(None)
    }

    fn set(&self, _: &str, _: &SecretString) -> Result<(), VaultError> {
        self.hang();
        Ok(())
    }

    fn delete(&self, _: &str) -> Result<(), VaultError> {
        self.hang();
        Ok(())
    }
}

// S2
#[tokio::test]
async fn a_silent_keyring_is_told_and_not_waited_for() {
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let store = SecretStore::keyring(Arc::new(Silent(Arc::clone(&gate))), Duration::from_millis(1));
    let error = store.read(&entry("a")).await.unwrap_err();
    assert!(matches!(error, StoreError::KeyringSilent(_)) && error.to_string().contains("store = \"file\""));
    *gate.0.lock().unwrap() = true;
    gate.1.notify_all();
}

/// A keyring that is locked.
struct Locked;

impl Vault for Locked {
    fn get(&self, _: &str) -> Result<Option<SecretString>, VaultError> {
        Err(VaultError("locked\u{1b}[2J".into()))
    }

    fn set(&self, _: &str, _: &SecretString) -> Result<(), VaultError> {
        Err(VaultError("locked".into()))
    }

    fn delete(&self, _: &str) -> Result<(), VaultError> {
        Err(VaultError("locked".into()))
    }
}

// S2
#[tokio::test]
async fn a_locked_keyring_says_so_and_nothing_is_written_elsewhere() {
    let store = SecretStore::keyring(Arc::new(Locked), BOUND);
    assert_eq!(store.kind(), StoreKind::Keyring);
    let error = store.write(&entry("a"), &"secret".into()).await.unwrap_err().to_string();
    assert!(error.contains("locked") && error.contains("choose another store"), "{error}");
    assert!(!error.contains('\u{1b}') && !error.contains("secret\""));
}

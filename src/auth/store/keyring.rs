//! Sessions in the system's keyring, with patience that ends, and long secrets in parts.
//!
//! Some keyrings take no more than 2560 bytes per entry (Windows), and a session with its tokens is longer. A
//! head entry names the parts: their number, their generation and the digest of the whole, so that a crash
//! between two writes is noticed and never read as a session.

use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use tokio::sync::oneshot;

use super::{Entry, StoreError};

/// How long a keyring may take; it can be waiting for a dialog that nobody sees.
const PATIENCE: Duration = Duration::from_secs(5);

/// Characters per part. Windows stores UTF-16, so this is 2 KB there.
const PART: usize = 1024;

/// Most parts that are read back.
const MOST_PARTS: usize = 64;

/// Why a vault failed, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultError(pub String);

/// A keyring as such: short secrets by account. Calls may block.
pub trait Vault: Send + Sync {
    /// The secret of the account, if there is one.
    fn get(&self, account: &str) -> Result<Option<SecretString>, VaultError>;
    /// Sets the secret of the account.
    fn set(&self, account: &str, secret: &SecretString) -> Result<(), VaultError>;
    /// Removes the account; a missing one is fine.
    fn delete(&self, account: &str) -> Result<(), VaultError>;
}

/// The system's own keyring.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemVault;

const SERVICE: &str = "idconsole";

impl SystemVault {
    fn entry(account: &str) -> Result<::keyring::Entry, VaultError> {
        if let Err(why) = ::keyring::Entry::store_status() {
            return Err(VaultError(words(why)));
        }
        ::keyring::Entry::new(SERVICE, account).map_err(|error| VaultError(words(&error)))
    }
}

/// Words of a keyring's error that hold no data: two of them carry the secret itself.
fn words(error: &::keyring::Error) -> String {
    match error {
        ::keyring::Error::BadEncoding(_) | ::keyring::Error::BadDataFormat(..) => {
            "it holds something else under this name".to_owned()
        }
        other => other.to_string(),
    }
}

impl Vault for SystemVault {
    fn get(&self, account: &str) -> Result<Option<SecretString>, VaultError> {
        match Self::entry(account)?.get_password() {
            Ok(secret) => Ok(Some(secret.into())),
            Err(::keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(VaultError(words(&error))),
        }
    }

    fn set(&self, account: &str, secret: &SecretString) -> Result<(), VaultError> {
        Self::entry(account)?.set_password(secret.expose_secret()).map_err(|error| VaultError(words(&error)))
    }

    fn delete(&self, account: &str) -> Result<(), VaultError> {
        match Self::entry(account)?.delete_credential() {
            Ok(()) | Err(::keyring::Error::NoEntry) => Ok(()),
            Err(error) => Err(VaultError(words(&error))),
        }
    }
}

/// A vault with patience and parts.
#[derive(Clone)]
pub struct Keyring {
    vault: Arc<dyn Vault>,
    patience: Duration,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring")
    }
}

impl Keyring {
    pub(super) fn new(vault: Arc<dyn Vault>) -> Self {
        Self { vault, patience: PATIENCE }
    }

    pub(super) fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    pub(super) async fn read(&self, entry: &Entry) -> Result<Option<SecretString>, StoreError> {
        let account = entry.digest();
        self.call(move |vault| read(vault, &account)).await
    }

    pub(super) async fn write(&self, entry: &Entry, secret: &SecretString) -> Result<(), StoreError> {
        let (account, secret) = (entry.digest(), secret.clone());
        self.call(move |vault| write(vault, &account, &secret)).await
    }

    pub(super) async fn delete(&self, entry: &Entry) -> Result<(), StoreError> {
        let account = entry.digest();
        self.call(move |vault| delete(vault, &account)).await
    }

    /// Runs on a thread of its own: one that hangs must neither hold up the runtime nor its end.
    async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Vault) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (tell, told) = oneshot::channel();
        let vault = Arc::clone(&self.vault);
        std::thread::Builder::new()
            .name("keyring".to_owned())
            .spawn(move || {
                // Nobody waits any more when patience has ended.
                let _ = tell.send(work(vault.as_ref()));
            })
            .map_err(|error| StoreError::Keyring(error.to_string()))?;
        match tokio::time::timeout(self.patience, told).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => Err(StoreError::Keyring("its library stopped".to_owned())),
            Err(_) => Err(StoreError::KeyringSilent(self.patience)),
        }
    }
}

/// What the head entry says: `parts <count> <generation> <digest>`.
struct Head {
    count: usize,
    generation: String,
    digest: String,
}

impl Head {
    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let head = match (words.next()?, words.next()?, words.next()?, words.next()?) {
            ("parts", count, generation, digest) => Self {
                count: count.parse().ok().filter(|count| (1..=MOST_PARTS).contains(count))?,
                generation: generation.to_owned(),
                digest: digest.to_owned(),
            },
            _ => return None,
        };
        words.next().is_none().then_some(head)
    }

    fn account(&self, account: &str, part: usize) -> String {
        format!("{account}.{}.{part}", self.generation)
    }
}

fn unusable(VaultError(why): VaultError) -> StoreError {
    StoreError::Keyring(crate::identity::text::shown(&why).into_owned())
}

fn digest(secret: &str) -> String {
    Sha256::digest(secret.as_bytes()).iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn head(vault: &dyn Vault, account: &str) -> Result<Option<Head>, StoreError> {
    let Some(text) = vault.get(account).map_err(unusable)? else { return Ok(None) };
    Head::parse(text.expose_secret()).map(Some).ok_or(StoreError::Damaged("keyring"))
}

fn read(vault: &dyn Vault, account: &str) -> Result<Option<SecretString>, StoreError> {
    let Some(head) = head(vault, account)? else { return Ok(None) };
    let mut whole = String::new();
    for part in 0..head.count {
        let text = vault
            .get(&head.account(account, part))
            .map_err(unusable)?
            .ok_or(StoreError::Damaged("keyring"))?;
        whole.push_str(text.expose_secret());
    }
    if digest(&whole) != head.digest {
        return Err(StoreError::Damaged("keyring"));
    }
    Ok(Some(whole.into()))
}

fn write(vault: &dyn Vault, account: &str, secret: &SecretString) -> Result<(), StoreError> {
    // A damaged head cannot name its parts; it is overwritten all the same.
    let old = head(vault, account).or_else(|error| match error {
        StoreError::Damaged(_) => Ok(None),
        other => Err(other),
    })?;
    let characters: Vec<char> = secret.expose_secret().chars().collect();
    let parts: Vec<String> = characters.chunks(PART).map(|part| part.iter().collect()).collect();
    let new = Head {
        count: parts.len().max(1),
        generation: uuid::Uuid::new_v4().simple().to_string(),
        digest: digest(secret.expose_secret()),
    };
    if new.count > MOST_PARTS {
        return Err(StoreError::Keyring("the session is too long for it".to_owned()));
    }
    for (at, part) in parts.into_iter().enumerate() {
        vault.set(&new.account(account, at), &part.into()).map_err(unusable)?;
    }
    let text = format!("parts {} {} {}", new.count, new.generation, new.digest);
    vault.set(account, &text.into()).map_err(unusable)?;
    if let Some(old) = old {
        remove_parts(vault, account, &old)?;
    }
    Ok(())
}

fn delete(vault: &dyn Vault, account: &str) -> Result<(), StoreError> {
    let old = head(vault, account);
    vault.delete(account).map_err(unusable)?;
    match old {
        Ok(Some(old)) => remove_parts(vault, account, &old),
        Ok(None) | Err(StoreError::Damaged(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

fn remove_parts(vault: &dyn Vault, account: &str, head: &Head) -> Result<(), StoreError> {
    for part in 0..head.count {
        vault.delete(&head.account(account, part)).map_err(unusable)?;
    }
    Ok(())
}

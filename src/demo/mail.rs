//! What would have been mailed: kept in memory, or refused when the operator's mail server is broken.

use std::sync::{Mutex, PoisonError};

/// One mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The recipient's address.
    pub to: String,
    /// The subject line.
    pub subject: String,
    /// The text, links included.
    pub text: String,
}

/// The mail server did not take it; the text is what the platform passes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailRefused(pub String);

/// Everything that was mailed since the start.
#[derive(Debug, Default)]
pub struct Mailbox {
    sent: Mutex<Vec<Mail>>,
}

impl Mailbox {
    /// Keeps a mail, or refuses it when mail is set to fail.
    pub fn send(&self, fails: bool, mail: Mail) -> Result<(), MailRefused> {
        if fails {
            return Err(MailRefused("connect ECONNREFUSED 127.0.0.1:9".into()));
        }
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
        Ok(())
    }

    /// All mails, oldest first.
    pub fn all(&self) -> Vec<Mail> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Mails to one address, oldest first.
    pub fn to(&self, address: &str) -> Vec<Mail> {
        self.all().into_iter().filter(|m| m.to == address).collect()
    }
}

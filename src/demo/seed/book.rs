//! The pen of a seed: writes resources with chosen ids and times into the store, and remembers the first refusal.

use serde_json::{Value, json};

use super::super::outcome::Outcome;
use super::super::store::{Author, Store};

/// A small deterministic generator (SplitMix64): the same seed gives the same tenant on every machine.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed ^ 0x9e37_79b9_7f4a_7c15)
    }

    /// The next 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// A random-looking UUID.
    pub fn uuid(&mut self) -> String {
        let bits = (u128::from(self.next()) << 64) | u128::from(self.next());
        uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid().to_string()
    }

    /// Letters and digits, as identity providers make subjects.
    pub fn letters(&mut self, count: usize) -> String {
        const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        (0..count).map(|_| char::from(ALPHABET[self.below(62) as usize])).collect()
    }

    /// A base32 factor secret.
    pub fn base32(&mut self) -> String {
        const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        (0..32).map(|_| char::from(ALPHABET[self.below(32) as usize])).collect()
    }
}

/// The author of what the platform does by itself.
pub const SYSTEM: &str = "system";

/// Writes into a store. Times are milliseconds since 1970 and must rise per resource.
#[derive(Debug)]
pub struct Book<'a> {
    /// The dice of this book.
    pub dice: Dice,
    store: &'a mut Store,
    refused: Option<Outcome>,
}

impl<'a> Book<'a> {
    /// A book over a store.
    pub fn new(store: &'a mut Store, seed: u64) -> Self {
        Self { dice: Dice::new(seed), store, refused: None }
    }

    /// Writes a resource made at `at` by `author` (a reference, or [`SYSTEM`]); gives it back with its id.
    pub fn add(&mut self, project: Option<&str>, author: &str, at: i64, mut body: Value) -> Value {
        body["id"] = json!(self.dice.uuid());
        if let Some(project) = project {
            body["meta"] = json!({"project": project});
        }
        self.write(body, author, at)
    }

    /// Writes the next version of a resource.
    pub fn revise(
        &mut self,
        resource: &Value,
        author: &str,
        at: i64,
        change: impl FnOnce(&mut Value),
    ) -> Value {
        let mut next = resource.clone();
        change(&mut next);
        self.write(next, author, at)
    }

    fn write(&mut self, resource: Value, author: &str, at: i64) -> Value {
        let author = Author { reference: json!({"reference": author}), on_behalf_of: None };
        let kept = resource.clone();
        match self.store.write_at(resource, &author, at) {
            Ok(written) => written,
            Err(outcome) => {
                self.refused.get_or_insert(outcome);
                kept
            }
        }
    }

    /// The first membership of the person with an address.
    pub fn membership_of(&self, email: &str) -> Option<Value> {
        let user = self.store.find_by("User", "email", email).into_iter().next()?;
        let user = format!("User/{}", text(&user, "id"));
        self.store.find_by("ProjectMembership", "user", &user).into_iter().next()
    }

    /// Deletes a resource softly, now.
    pub fn delete(&mut self, resource: &Value) {
        self.store.delete(text(resource, "resourceType"), text(resource, "id"));
    }

    /// The first refusal of the store, which means that the seed contradicts the platform's rules.
    pub fn finish(self) -> Result<(), Outcome> {
        self.refused.map_or(Ok(()), Err)
    }
}

fn text<'v>(resource: &'v Value, name: &str) -> &'v str {
    resource[name].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_throws_the_same_dice() {
        let (mut a, mut b, mut c) = (Dice::new(7), Dice::new(7), Dice::new(8));
        assert_eq!(a.uuid(), b.uuid());
        assert_ne!(a.uuid(), c.uuid());
        assert!(uuid::Uuid::parse_str(&a.uuid()).is_ok());
        assert_eq!(a.letters(17).len(), 17);
    }
}

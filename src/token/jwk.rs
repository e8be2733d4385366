//! Keys to verify with: JSON Web Keys and their sets (RFC 7517, RFC 7518 §6, RFC 8037), and PEM files (J6).
//!
//! A key that does not agree with itself is not used and says why. Nothing secret of a key is kept: of a private one it
//! is remembered that it was published, of a shared one how long it is.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::json::{Node, NotAnObject, Object};
use super::roca;
use crate::identity::Text;

/// Longest key set that is read, in bytes.
pub const LARGEST_SET: usize = 1 << 20;

/// More keys than this are not read.
pub const MOST_KEYS: usize = 1_000;

/// The smallest RSA key that is trusted, in bits (RFC 7518 §3.3).
pub const SMALLEST_RSA: usize = 2_048;

/// The largest RSA key that is used, in bits; larger ones cost time and nobody needs them.
pub const LARGEST_RSA: usize = 8_192;

/// Curves of EC and OKP keys (RFC 7518 §6.2.1.1, RFC 8812, RFC 8037).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Curve {
    /// ES256.
    P256,
    /// ES384.
    P384,
    /// ES512.
    P521,
    /// ES256K.
    Secp256k1,
    /// `EdDSA`.
    Ed25519,
}

impl Curve {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "P-256" => Self::P256,
            "P-384" => Self::P384,
            "P-521" => Self::P521,
            "secp256k1" => Self::Secp256k1,
            "Ed25519" => Self::Ed25519,
            _ => return None,
        })
    }

    /// Its name in a key.
    pub fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
            Self::Secp256k1 => "secp256k1",
            Self::Ed25519 => "Ed25519",
        }
    }

    /// Bytes of a coordinate, and of each half of a signature (J10).
    pub fn bytes(self) -> usize {
        match self {
            Self::P256 | Self::Secp256k1 | Self::Ed25519 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

/// What a key is made of; public parts only.
#[derive(Clone, PartialEq, Eq)]
pub enum Material {
    /// Modulus and exponent without leading zeros.
    Rsa {
        /// Big endian.
        n: Vec<u8>,
        /// Big endian.
        e: Vec<u8>,
    },
    /// A point, uncompressed.
    Ec {
        /// On this curve.
        curve: Curve,
        /// `04 ‖ x ‖ y`.
        point: Vec<u8>,
    },
    /// Ed25519.
    Ed25519(Vec<u8>),
    /// A shared secret, not kept (J3).
    Shared {
        /// Its length.
        bits: usize,
    },
}

impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words())
    }
}

impl Material {
    /// `RSA, 2048 bits`, `EC, P-384` …
    pub fn words(&self) -> String {
        match self {
            Self::Rsa { n, .. } => format!("RSA, {} bits", bits(n)),
            Self::Ec { curve, .. } => format!("EC, {}", curve.name()),
            Self::Ed25519(_) => "OKP, Ed25519".to_owned(),
            Self::Shared { bits } => format!("shared secret, {bits} bits"),
        }
    }
}

/// A key that agrees with itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// `kid`.
    pub id: Option<Text>,
    /// `alg`: what it is meant for alone.
    pub alg: Option<Text>,
    /// `use`.
    pub used_for: Option<Text>,
    /// `key_ops`.
    pub operations: Option<Vec<Text>>,
    /// What it is made of.
    pub material: Material,
    /// Private members stand beside it: whoever published it gave it away (J6).
    pub private: bool,
    /// What is unusual about it.
    pub notes: Vec<String>,
}

/// Why a key is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadKey {
    /// Its `kid`, where it has one.
    pub id: Option<Text>,
    /// Why, after "it".
    pub why: String,
    /// It is of a kind that is not known here, which says nothing against it.
    pub strange: bool,
}

/// Words for keys that are not known here, and may be good for others.
const NOT_KNOWN: &str = "is of a kind that is not known here";
const NOT_USED: &str = "is on a curve that is not used here";

impl BadKey {
    fn new(id: Option<Text>, why: String) -> Self {
        let strange = why.starts_with(NOT_KNOWN) || why.starts_with(NOT_USED);
        Self { id, why, strange }
    }
}

/// A set of keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeySet {
    /// Those that can be used.
    pub keys: Vec<Key>,
    /// Those that cannot.
    pub bad: Vec<BadKey>,
}

/// Why a key set cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoKeys {
    /// More than [`LARGEST_SET`].
    #[error("it is {0} bytes long; key sets over 1 MiB are not read")]
    TooLong(usize),
    /// More than [`MOST_KEYS`].
    #[error("it has {0} keys; more than 1 000 are not read")]
    TooMany(usize),
    /// Not JSON.
    #[error("it {0}")]
    NotJson(NotAnObject),
    /// Neither a set nor a key.
    #[error("it is neither a key set (`keys`) nor a key (`kty`)")]
    Neither,
    /// Not a PEM of a public key or a certificate.
    #[error("it holds no public key and no certificate in PEM form")]
    NoPem,
    /// A private key.
    #[error("it holds a private key; give the public one, and treat the private one as published")]
    PrivatePem,
}

impl KeySet {
    /// A JWKS, a single JWK, or a PEM file: told apart by how it begins.
    pub fn read(bytes: &[u8]) -> Result<Self, NoKeys> {
        if bytes.len() > LARGEST_SET {
            return Err(NoKeys::TooLong(bytes.len()));
        }
        let text = String::from_utf8_lossy(bytes);
        if text.contains("-----BEGIN ") { Self::from_pem(&text) } else { Self::from_json(bytes) }
    }

    /// A JWKS (RFC 7517 §5) or a single JWK. One odd key does not spoil the others.
    pub fn from_json(bytes: &[u8]) -> Result<Self, NoKeys> {
        if bytes.len() > LARGEST_SET {
            return Err(NoKeys::TooLong(bytes.len()));
        }
        let object = Object::read(bytes).map_err(NoKeys::NotJson)?;
        let mut set = Self::default();
        match object.get("keys") {
            Some(Node::List(items)) if items.len() > MOST_KEYS => return Err(NoKeys::TooMany(items.len())),
            Some(Node::List(items)) => {
                for item in items {
                    match item {
                        Node::Object(key) => set.add(key),
                        _ => set.bad.push(BadKey::new(None, "is no object".to_owned())),
                    }
                }
            }
            _ if object.get("kty").is_some() => set.add(&object),
            _ => return Err(NoKeys::Neither),
        }
        Ok(set)
    }

    /// Public keys (`SubjectPublicKeyInfo`) and certificates of a PEM file (RFC 7468). A certificate lends its key and
    /// nothing else: who signed it and until when it is valid is not looked at.
    pub fn from_pem(text: &str) -> Result<Self, NoKeys> {
        let mut set = Self::default();
        for block in text.split("-----BEGIN ").skip(1) {
            let Some((label, rest)) = block.split_once("-----") else { continue };
            let body: String =
                rest.chars().take_while(|c| *c != '-').filter(|c| !c.is_whitespace()).collect();
            if label.ends_with("PRIVATE KEY") {
                return Err(NoKeys::PrivatePem);
            }
            let Ok(der) = STANDARD.decode(body) else { continue };
            let material = match label {
                "PUBLIC KEY" => SubjectPublicKeyInfo::from_der(&der).ok().map(|(_, info)| of_info(&info)),
                "CERTIFICATE" => X509Certificate::from_der(&der).ok().map(|(_, c)| of_info(c.public_key())),
                _ => None,
            };
            match material {
                Some(Ok(material)) => set.keys.push(Key {
                    id: None,
                    alg: None,
                    used_for: None,
                    operations: None,
                    material,
                    private: false,
                    notes: Vec::new(),
                }),
                Some(Err(why)) => set.bad.push(BadKey::new(None, why)),
                None => {}
            }
        }
        if set.keys.is_empty() && set.bad.is_empty() { Err(NoKeys::NoPem) } else { Ok(set) }
    }

    fn add(&mut self, object: &Object) {
        match Key::read(object) {
            Ok(key) => self.keys.push(key),
            Err(why) => self.bad.push(BadKey::new(object.text("kid").cloned(), why)),
        }
    }
}

impl Key {
    /// Reads a JWK and holds its members against each other (J6).
    fn read(object: &Object) -> Result<Self, String> {
        if let Some(name) = object.repeated().first() {
            return Err(format!("has the member `{name}` twice"));
        }
        let kty = object.text("kty").ok_or("has no `kty`")?;
        let (mut notes, mut private) = (Vec::new(), false);
        let material = match kty.raw() {
            "RSA" => {
                private =
                    ["d", "p", "q", "dp", "dq", "qi", "oth"].iter().any(|name| object.get(name).is_some());
                rsa(bytes_of(object, "n")?, bytes_of(object, "e")?, &mut notes)?
            }
            "EC" => {
                private = object.get("d").is_some();
                let curve = curve_of(object, |curve| curve != Curve::Ed25519)?;
                let (x, y) = (bytes_of(object, "x")?, bytes_of(object, "y")?);
                if x.len() != curve.bytes() || y.len() != curve.bytes() {
                    return Err(format!("has a coordinate that is not {} bytes long", curve.bytes()));
                }
                let point = [vec![4], x, y].concat();
                super::verify::on_curve(curve, &point).ok_or("names a point that is not on its curve")?;
                Material::Ec { curve, point }
            }
            "OKP" => {
                private = object.get("d").is_some();
                curve_of(object, |curve| curve == Curve::Ed25519)?;
                let x = bytes_of(object, "x")?;
                if x.len() != 32 {
                    return Err("has a public key that is not 32 bytes long".to_owned());
                }
                Material::Ed25519(x)
            }
            "oct" => Material::Shared { bits: bytes_of(object, "k")?.len() * 8 },
            other => return Err(format!("{NOT_KNOWN}, `{}`", Text::from(other))),
        };
        let key = Self {
            id: object.text("kid").cloned(),
            alg: text_of(object, "alg")?,
            used_for: text_of(object, "use")?,
            operations: match object.get("key_ops") {
                None => None,
                Some(Node::List(items)) => Some(
                    Node::List(items.clone())
                        .texts()
                        .ok_or("has odd `key_ops`")?
                        .into_iter()
                        .cloned()
                        .collect(),
                ),
                Some(_) => return Err("has `key_ops` that is no list".to_owned()),
            },
            material,
            private,
            notes,
        };
        key.agrees()
    }

    fn agrees(mut self) -> Result<Self, String> {
        if let Some(alg) = &self.alg
            && let Some(meant) = super::verify::Algorithm::of(alg.raw())
            && !meant.fits(&self.material)
        {
            return Err(format!("says that it is for {alg}, and is {}", self.material.words()));
        }
        if let (Some(used), Some(ops)) = (&self.used_for, &self.operations) {
            let signs = |op: &Text| matches!(op.raw(), "sign" | "verify");
            if (used.raw() == "sig") != ops.iter().any(signs) {
                return Err("has `use` and `key_ops` that contradict each other".to_owned());
            }
        }
        if self.private {
            self.notes
                .push("its private part is published with it: whoever reads the set can sign".to_owned());
        }
        Ok(self)
    }

    /// Whether it may verify signatures at all; why not.
    pub fn may_verify(&self) -> Result<(), String> {
        if let Some(used) = &self.used_for
            && used.raw() != "sig"
        {
            return Err(format!("is for `{used}`, not for signatures"));
        }
        if let Some(ops) = &self.operations
            && !ops.iter().any(|op| matches!(op.raw(), "verify" | "sign"))
        {
            return Err("is not for verifying (`key_ops`)".to_owned());
        }
        Ok(())
    }

    /// `kid`, or what it is.
    pub fn name(&self) -> String {
        self.id.as_ref().map_or_else(|| self.material.words(), ToString::to_string)
    }
}

fn text_of(object: &Object, name: &str) -> Result<Option<Text>, String> {
    match object.get(name) {
        None | Some(Node::Null) => Ok(None),
        Some(Node::Text(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("has `{name}` that is no text")),
    }
}

fn bytes_of(object: &Object, name: &str) -> Result<Vec<u8>, String> {
    let text = object.text(name).ok_or_else(|| format!("has no `{name}`"))?;
    URL_SAFE_NO_PAD.decode(text.raw()).map_err(|_| format!("has `{name}` that is not base64url"))
}

fn curve_of(object: &Object, fits: impl Fn(Curve) -> bool) -> Result<Curve, String> {
    let name = object.text("crv").ok_or("has no `crv`")?;
    Curve::of(name.raw()).filter(|curve| fits(*curve)).ok_or_else(|| format!("{NOT_USED}, `{name}`"))
}

fn rsa(n: Vec<u8>, e: Vec<u8>, notes: &mut Vec<String>) -> Result<Material, String> {
    let strip = |bytes: Vec<u8>| -> (Vec<u8>, bool) {
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        (bytes[zeros..].to_vec(), zeros > 0)
    };
    let ((n, padded_n), (e, padded_e)) = (strip(n), strip(e));
    if padded_n || padded_e {
        notes.push("its numbers begin with zeros, which they should not (RFC 7518 §2)".to_owned());
    }
    let size = bits(&n);
    if size < SMALLEST_RSA {
        return Err(format!("is an RSA key of {size} bits; {SMALLEST_RSA} are the least that is trusted"));
    }
    if size > LARGEST_RSA {
        return Err(format!("is an RSA key of {size} bits; more than {LARGEST_RSA} are not used"));
    }
    let even = |bytes: &[u8]| bytes.last().is_none_or(|last| last % 2 == 0);
    if even(&n) || even(&e) || e == [1] {
        return Err("has numbers that no RSA key can have".to_owned());
    }
    if bits(&e) > 64 {
        return Err("has an exponent over 64 bits, which only costs time".to_owned());
    }
    if roca::is_weak(&n) {
        return Err("was made by hardware whose keys can be broken (CVE-2017-15361)".to_owned());
    }
    Ok(Material::Rsa { n, e })
}

fn bits(n: &[u8]) -> usize {
    n.first().map_or(0, |first| n.len() * 8 - first.leading_zeros() as usize)
}

fn of_info(info: &SubjectPublicKeyInfo<'_>) -> Result<Material, String> {
    match info.parsed() {
        Ok(PublicKey::RSA(key)) => rsa(key.modulus.to_vec(), key.exponent.to_vec(), &mut Vec::new()),
        Ok(PublicKey::EC(point)) => {
            let named = info.algorithm.parameters.as_ref().and_then(|named| named.as_oid().ok());
            let curve = match named.map(|oid| oid.to_id_string()).as_deref() {
                Some("1.2.840.10045.3.1.7") => Curve::P256,
                Some("1.3.132.0.34") => Curve::P384,
                Some("1.3.132.0.35") => Curve::P521,
                Some("1.3.132.0.10") => Curve::Secp256k1,
                _ => return Err(NOT_USED.to_owned()),
            };
            let point = point.data().to_vec();
            super::verify::on_curve(curve, &point).ok_or("names a point that is not on its curve")?;
            Ok(Material::Ec { curve, point })
        }
        _ if info.algorithm.algorithm.to_id_string() == "1.3.101.112" => {
            let key = info.subject_public_key.data.to_vec();
            if key.len() == 32 { Ok(Material::Ed25519(key)) } else { Err("is no Ed25519 key".to_owned()) }
        }
        _ => Err(NOT_KNOWN.to_owned()),
    }
}

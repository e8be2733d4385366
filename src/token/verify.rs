//! Whether a token is signed by one of the keys that are trusted (RFC 7515 §5.2, RFC 7518 §3, RFC 8725).

use aws_lc_rs::signature::{self, ParsedPublicKey, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey};

use super::brief::brief;
use super::json::Node;
use super::jwk::{Curve, Key, KeySet, Material};
use super::jws::Jws;
use crate::identity::Text;

/// Algorithms whose signature anybody can check (J3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5.
    Rs256,
    /// RSASSA-PKCS1-v1_5.
    Rs384,
    /// RSASSA-PKCS1-v1_5.
    Rs512,
    /// RSASSA-PSS.
    Ps256,
    /// RSASSA-PSS.
    Ps384,
    /// RSASSA-PSS.
    Ps512,
    /// ECDSA on P-256.
    Es256,
    /// ECDSA on P-384.
    Es384,
    /// ECDSA on P-521.
    Es512,
    /// ECDSA on secp256k1 (RFC 8812).
    Es256k,
    /// Ed25519 (RFC 8037, RFC 9864).
    EdDsa,
}

impl Algorithm {
    /// By its name in a header.
    pub fn of(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "PS256" => Self::Ps256,
            "PS384" => Self::Ps384,
            "PS512" => Self::Ps512,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            "ES512" => Self::Es512,
            "ES256K" => Self::Es256k,
            "EdDSA" | "Ed25519" => Self::EdDsa,
            _ => return None,
        })
    }

    /// True when a key of this material can have made such a signature (RFC 8725 §3.1).
    pub fn fits(self, material: &Material) -> bool {
        match material {
            Material::Rsa { .. } => self.rsa().is_some(),
            Material::Ec { curve, .. } => self.curve() == Some(*curve),
            Material::Ed25519(_) => self == Self::EdDsa,
            Material::Shared { .. } => false,
        }
    }

    fn rsa(self) -> Option<&'static RsaParameters> {
        Some(match self {
            Self::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            Self::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
            Self::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
            Self::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
            Self::Ps384 => &signature::RSA_PSS_2048_8192_SHA384,
            Self::Ps512 => &signature::RSA_PSS_2048_8192_SHA512,
            Self::Es256 | Self::Es384 | Self::Es512 | Self::Es256k | Self::EdDsa => return None,
        })
    }

    fn curve(self) -> Option<Curve> {
        Some(match self {
            Self::Es256 => Curve::P256,
            Self::Es384 => Curve::P384,
            Self::Es512 => Curve::P521,
            Self::Es256k => Curve::Secp256k1,
            _ => return None,
        })
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signature {
    /// Signed by this key of the set.
    Good {
        /// Its place in [`KeySet::keys`].
        key: usize,
    },
    /// Not to be believed.
    Bad(Why),
    /// Cannot be said.
    Untold(Why),
}

/// Why a signature is bad or cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// No `alg`.
    #[error("it does not say how it is signed (`alg`)")]
    NoAlgorithm,
    /// `none`, in any spelling (J3).
    #[error("it says that it is not signed (`alg` {0}); anybody can write such a token")]
    Unsigned(Text),
    /// HMAC: only the two who share the secret can check it, and whoever can check can forge (J3).
    #[error(
        "{0} is made with a shared secret: whoever could check it could have written it, so it proves nothing here"
    )]
    SharedSecret(Text),
    /// HMAC while the issuer's key is a public one: the known attack (RFC 8725 §2.1).
    #[error(
        "it is signed with {0}, and there is a public key to check it with: somebody may have used that as the secret"
    )]
    Confused(Text),
    /// Not in the list.
    #[error("`{}` is not an algorithm that is trusted here", brief(.0))]
    UnknownAlgorithm(Text),
    /// `crit` (J4).
    #[error("{0}")]
    Critical(String),
    /// A name that stands twice (J2).
    #[error("its header has `{}` twice: readers disagree about which one counts", brief(.0))]
    Twice(Text),
    /// No signature at all.
    #[error("its signature is missing")]
    Missing,
    /// No key of this name (J5).
    #[error("it names the key `{}`, which is not among those that it is checked with", brief(.0))]
    NoSuchKey(Text),
    /// No key that could have made it.
    #[error("there is no key for {0} among those that it is checked with")]
    NoFittingKey(Text),
    /// The only keys that are meant cannot be used.
    #[error("the key that it names {0}")]
    BadKey(String),
    /// Of the wrong size (J10).
    #[error("its signature is {got} bytes long; {alg} has {want}")]
    Length {
        /// Which.
        alg: Text,
        /// Bytes.
        got: usize,
        /// Bytes.
        want: usize,
    },
    /// Changed, or made with another key.
    #[error("its signature does not fit: it was changed, or another key signed it")]
    Forged,
}

/// Extensions that must be understood and are: none.
const UNDERSTOOD: [&str; 0] = [];

/// Names that `crit` may not list (RFC 7515 §4.1.11).
const REGISTERED: [&str; 11] =
    ["alg", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty", "crit"];

/// Holds a token against keys. `jku`, `x5u`, `x5c` and `jwk` of its header are never looked at (J5).
pub fn verify(jws: &Jws, set: &KeySet) -> Signature {
    match alg_of(jws) {
        Ok((name, algorithm)) => against(jws, set, &name, algorithm),
        Err(Found::Bad(why)) => Signature::Bad(why),
        Err(Found::Shared(name)) => {
            let meant = |key: &&Key| jws.kid().is_none() || key.id.is_none() || key.id.as_ref() == jws.kid();
            let public =
                set.keys.iter().filter(meant).any(|key| !matches!(key.material, Material::Shared { .. }));
            if public {
                Signature::Bad(Why::Confused(name))
            } else {
                Signature::Untold(Why::SharedSecret(name))
            }
        }
        Err(Found::Unknown(name)) => Signature::Untold(Why::UnknownAlgorithm(name)),
    }
}

/// Whether a key could decide about its signature at all; what comes of it without looking at any, otherwise.
pub fn checkable(jws: &Jws) -> Result<(), Signature> {
    match alg_of(jws) {
        Ok(_) => Ok(()),
        Err(Found::Bad(why)) => Err(Signature::Bad(why)),
        Err(Found::Shared(name)) => Err(Signature::Untold(Why::SharedSecret(name))),
        Err(Found::Unknown(name)) => Err(Signature::Untold(Why::UnknownAlgorithm(name))),
    }
}

/// What the header says about the signature, before any key is looked at.
pub(super) enum Found {
    Bad(Why),
    Shared(Text),
    Unknown(Text),
}

/// The algorithm, where it is one with a public key and nothing in the header forbids to believe it.
pub(super) fn alg_of(jws: &Jws) -> Result<(Text, Algorithm), Found> {
    if let Some(name) = jws.header.repeated().first() {
        return Err(Found::Bad(Why::Twice(name.clone())));
    }
    let Some(name) = jws.alg().cloned() else { return Err(Found::Bad(Why::NoAlgorithm)) };
    if name.raw().trim().eq_ignore_ascii_case("none") {
        return Err(Found::Bad(Why::Unsigned(name)));
    }
    if let Err(why) = critical(jws) {
        return Err(Found::Bad(Why::Critical(why)));
    }
    if matches!(name.raw(), "HS256" | "HS384" | "HS512") {
        return Err(Found::Shared(name));
    }
    match Algorithm::of(name.raw()) {
        Some(algorithm) => Ok((name, algorithm)),
        None => Err(Found::Unknown(name)),
    }
}

/// J4
fn critical(jws: &Jws) -> Result<(), String> {
    let Some(crit) = jws.header.get("crit") else { return Ok(()) };
    let Node::List(items) = crit else { return Err("its `crit` is no list".to_owned()) };
    if items.is_empty() {
        return Err("its `crit` is empty, which is not allowed".to_owned());
    }
    for item in items {
        let Node::Text(name) = item else {
            return Err("its `crit` lists something that is no name".to_owned());
        };
        if REGISTERED.contains(&name.raw()) {
            return Err(format!("its `crit` lists `{}`, which is not an extension", brief(name)));
        }
        if jws.header.get(name.raw()).is_none() {
            return Err(format!("its `crit` lists `{}`, which its header does not have", brief(name)));
        }
        if !UNDERSTOOD.contains(&name.raw()) {
            return Err(format!(
                "it must not be believed by whoever does not understand `{}`, and that is not understood here",
                brief(name)
            ));
        }
    }
    Ok(())
}

fn against(jws: &Jws, set: &KeySet, name: &Text, algorithm: Algorithm) -> Signature {
    if jws.signature.is_empty() {
        return Signature::Bad(Why::Missing);
    }
    if let Some(curve) =
        algorithm.curve().or_else(|| (algorithm == Algorithm::EdDsa).then_some(Curve::Ed25519))
    {
        let (got, want) = (jws.signature.len(), curve.bytes() * 2);
        if got != want {
            return Signature::Bad(Why::Length { alg: name.clone(), got, want });
        }
    }
    // Keys without a name can be the one that is meant: a PEM file has none.
    let named = |id: Option<&Text>| jws.kid().is_none() || id.is_none() || id == jws.kid();
    let meant: Vec<(usize, &Key)> =
        set.keys.iter().enumerate().filter(|(_, key)| named(key.id.as_ref())).collect();
    let bad = set.bad.iter().find(|bad| bad.id.is_some() && bad.id.as_ref() == jws.kid());
    if meant.is_empty() {
        return match (bad, jws.kid()) {
            (Some(bad), _) if bad.strange => Signature::Untold(Why::BadKey(bad.why.clone())),
            (Some(bad), _) => Signature::Bad(Why::BadKey(bad.why.clone())),
            (None, Some(kid)) if !set.keys.is_empty() => Signature::Bad(Why::NoSuchKey(kid.clone())),
            (None, _) => Signature::Untold(Why::NoFittingKey(name.clone())),
        };
    }
    let mut barred = None;
    let mut tried = false;
    for (place, key) in meant {
        if let Err(why) = fits(key, name, algorithm) {
            barred.get_or_insert(why);
            continue;
        }
        tried = true;
        if holds(algorithm, &key.material, jws.signed.as_bytes(), &jws.signature) {
            return Signature::Good { key: place };
        }
    }
    match barred {
        _ if tried => Signature::Bad(Why::Forged),
        // Its own issuer says that this key does not do this.
        Some(why) if jws.kid().is_some() => Signature::Bad(Why::BadKey(why)),
        _ => Signature::Untold(Why::NoFittingKey(name.clone())),
    }
}

fn fits(key: &Key, name: &Text, algorithm: Algorithm) -> Result<(), String> {
    key.may_verify()?;
    let same = |alg: &Text| {
        alg == name || (algorithm == Algorithm::EdDsa && Algorithm::of(alg.raw()) == Some(algorithm))
    };
    if let Some(alg) = &key.alg
        && !same(alg)
    {
        return Err(format!("is for {alg} alone, and the token says {name}"));
    }
    if !algorithm.fits(&key.material) {
        return Err(format!("is {}, which does not go with {name}", key.material.words()));
    }
    Ok(())
}

fn holds(algorithm: Algorithm, material: &Material, message: &[u8], made: &[u8]) -> bool {
    match material {
        Material::Rsa { n, e } => algorithm.rsa().is_some_and(|parameters| {
            RsaPublicKeyComponents { n, e }.verify(parameters, message, made).is_ok()
        }),
        Material::Ec { curve, point } => {
            UnparsedPublicKey::new(ecdsa(*curve), point).verify(message, made).is_ok()
        }
        Material::Ed25519(x) => UnparsedPublicKey::new(&signature::ED25519, x).verify(message, made).is_ok(),
        Material::Shared { .. } => false,
    }
}

fn ecdsa(curve: Curve) -> &'static signature::EcdsaVerificationAlgorithm {
    match curve {
        Curve::P384 => &signature::ECDSA_P384_SHA384_FIXED,
        Curve::P521 => &signature::ECDSA_P521_SHA512_FIXED,
        Curve::Secp256k1 => &signature::ECDSA_P256K1_SHA256_FIXED,
        Curve::P256 | Curve::Ed25519 => &signature::ECDSA_P256_SHA256_FIXED,
    }
}

/// `None` when the point is not on its curve.
pub(super) fn on_curve(curve: Curve, point: &[u8]) -> Option<()> {
    ParsedPublicKey::new(ecdsa(curve), point).ok().map(|_| ())
}

//! Keys out of PEM files (J6; RFC 7468), and headers that must be understood (J4).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use idconsole::token::jwk::NoKeys;
use idconsole::token::verify::{Why, checkable, verify};
use idconsole::token::{Jws, KeySet, Signature};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};
use rstest::rstest;
use serde_json::json;

// J6
#[rstest]
#[case(&PKCS_ECDSA_P256_SHA256, Algorithm::ES256)]
#[case(&PKCS_ECDSA_P384_SHA384, Algorithm::ES384)]
#[case(&PKCS_ED25519, Algorithm::EdDSA)]
fn a_key_and_a_certificate_in_pem_check_what_they_signed(
    #[case] kind: &'static rcgen::SignatureAlgorithm,
    #[case] algorithm: Algorithm,
) {
    let (own, other) = (KeyPair::generate_for(kind).unwrap(), KeyPair::generate_for(kind).unwrap());
    let private = own.serialize_pem();
    let key = match algorithm {
        Algorithm::EdDSA => EncodingKey::from_ed_pem(private.as_bytes()),
        _ => EncodingKey::from_ec_pem(private.as_bytes()),
    };
    let token = encode(&Header::new(algorithm), &json!({"sub": "s"}), &key.unwrap()).unwrap();
    let jws = Jws::parse(&token).unwrap();
    let certificate =
        CertificateParams::new(vec!["idp.example".to_owned()]).unwrap().self_signed(&own).unwrap();
    for pem in [own.public_key_pem(), certificate.pem()] {
        let set = KeySet::read(pem.as_bytes()).unwrap();
        assert_eq!(verify(&jws, &set), Signature::Good { key: 0 }, "{pem}");
        // What stands around it means nothing, and several may stand in one file.
        let both = format!("a key\r\n{}\r\n{}", other.public_key_pem(), pem.replace('\n', "\r\n"));
        assert_eq!(verify(&jws, &KeySet::read(both.as_bytes()).unwrap()), Signature::Good { key: 1 });
    }
    let strange = KeySet::read(other.public_key_pem().as_bytes()).unwrap();
    assert_eq!(verify(&jws, &strange), Signature::Bad(Why::Forged));
    assert_eq!(KeySet::read(private.as_bytes()), Err(NoKeys::PrivatePem));
    let with_private = format!("{}{private}", own.public_key_pem());
    assert_eq!(KeySet::read(with_private.as_bytes()), Err(NoKeys::PrivatePem));
}

// J4
#[rstest]
#[case("[]", "is empty")]
#[case("\"exp\"", "is no list")]
#[case("[1]", "no name")]
#[case("[\"alg\"]", "not an extension")]
#[case("[\"ext\"]", "does not have")]
#[case("[\"x\"]", "not understood here")]
#[case("[\"x\",\"ext\"]", "not understood here")]
fn what_must_be_understood_and_is_not_is_never_believed(#[case] crit: &str, #[case] why: &str) {
    let header = URL_SAFE_NO_PAD.encode(format!("{{\"alg\":\"ES256\",\"crit\":{crit},\"x\":1}}"));
    let jws = Jws::parse(&format!("{header}.e30.AAAA")).unwrap();
    let Err(Signature::Bad(Why::Critical(said))) = checkable(&jws) else { panic!("{crit}") };
    assert!(said.contains(why), "{said}");
}

//! Why nothing came back.

use std::error::Error;
use std::io;

use rustls::{CertificateError, Error as TlsError};

use crate::identity::Text;
use crate::identity::route_test::{CertificateFault, NoReply};

/// Reads the chain of causes of a request that failed.
pub(super) fn why(error: &reqwest::Error) -> NoReply {
    if error.is_timeout() {
        return NoReply::Timeout;
    }
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(tls) = inner.downcast_ref::<TlsError>() {
            return of_tls(tls);
        }
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            match io.kind() {
                io::ErrorKind::ConnectionRefused => return NoReply::Refused,
                io::ErrorKind::TimedOut => return NoReply::Timeout,
                _ => {}
            }
        }
        // The resolver keeps its type to itself; its words are all there is.
        let words = inner.to_string().to_ascii_lowercase();
        if words.contains("dns error") || words.contains("lookup address") {
            return NoReply::Name;
        }
        // An io error hides the error it was made of from `source`, so that one is looked at first.
        cause = match inner.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(hidden) => Some(hidden as &(dyn Error + 'static)),
            None => inner.source(),
        };
    }
    NoReply::Broken
}

fn of_tls(error: &TlsError) -> NoReply {
    match error {
        TlsError::InvalidCertificate(fault) => NoReply::Certificate(of_certificate(fault)),
        TlsError::InvalidMessage(_) => NoReply::NotTls,
        TlsError::NoCertificatesPresented => {
            NoReply::Certificate(CertificateFault::Other(Text::from("none was shown")))
        }
        _ => NoReply::Broken,
    }
}

fn of_certificate(fault: &CertificateError) -> CertificateFault {
    match fault {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => CertificateFault::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            CertificateFault::NotYet
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            CertificateFault::WrongName
        }
        CertificateError::UnknownIssuer => CertificateFault::UnknownIssuer,
        other => CertificateFault::Other(Text::from(other.to_string())),
    }
}

//! The client secret of an identity provider, by every way but an argument (standards S2).

use std::path::Path;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::io::Io;
use crate::identity::Secret;
use crate::identity::route::typed;

/// How to give it without being asked.
const INSTEAD: &str = "Set IDCONSOLE_IDP_SECRET, or give --secret-file FILE.";

/// From a file, else the environment, else by asking. Checked before anything is sent.
pub(super) fn given(
    file: Option<&Path>,
    client_id: &str,
    authorize: &str,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Secret, Failure> {
    let secret = match (file, &context.environment.idp_secret) {
        (Some(file), _) => from_file(file)?,
        (None, Some(secret)) => Secret::from(secret.clone()),
        (None, None) => Secret::from(io.ask_secret("Client secret at the identity provider", INSTEAD)?),
    };
    let wrong = typed::secret(secret.expose())
        .or_else(|| typed::secret_beside(secret.expose(), client_id, authorize));
    match wrong {
        Some(wrong) => Err(Failure::usage(format!("{wrong} Nothing was written."))),
        None => Ok(secret),
    }
}

/// Without the end of the line, which editors put there.
fn from_file(file: &Path) -> Result<Secret, Failure> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Secret::from(text.trim_end_matches(['\n', '\r']))),
        Err(error) => {
            let shown = crate::identity::text::shown(&file.display().to_string()).into_owned();
            Err(Failure::usage(format!("The secret could not be read from {shown}: {error}.")))
        }
    }
}

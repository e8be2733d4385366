//! What happens when idconsole itself is at fault: one short message, and the log.

use std::io::{self, Write};
use std::panic::PanicHookInfo;

use crate::identity::text::shown;

/// Replaces the panic hook. The console gives the terminal back before this one is called
/// ([`crate::console::terminal::restore_on_panic`]).
pub fn install() {
    std::panic::set_hook(Box::new(move |info| {
        let message = message(info);
        tracing::error!("{message}");
        // Nothing is left to do when even standard error is gone.
        let _ = writeln!(io::stderr().lock(), "{message}");
    }));
}

/// What happened, where, what it means for the person. The payload is text from anywhere: made safe.
fn message(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let what = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    format!(
        "idconsole stopped at a fault of its own: {} ({place}).\n\
         A change that was under way stands in the journal with how far it came: idconsole journal list",
        shown(what)
    )
}

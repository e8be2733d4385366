//! `token watch`.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::auth::flow::TokioPause;
use crate::identity::text::shown;
use crate::workflows::token_lab::watch::{Event, Watch};

use super::super::args::token::WatchToken;
use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::io::Io;
use super::super::output::{Format, write_csv_row, write_json_line};
use super::{given, lab};

/// A line for each thing that happens, until the last, the count, or Ctrl-C. Ends with 8 when the token does not work.
pub(super) async fn run(command: &WatchToken, context: &Context, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let token = given(&command.of, context, io).await?;
    let (mut lab, _) = lab(None, context, io).await?;
    if command.yes
        && let Ok(crate::token::Token::Signed(jws)) = crate::token::Token::parse(token.token.expose())
        && let Some(issuer) = jws.claim_text("iss")
    {
        lab = lab.agreeing(issuer.raw());
    }
    let clock = Arc::clone(&lab.clock);
    let every = Duration::from_secs(command.every);
    let mut watch = Watch::new(lab, token, Arc::new(TokioPause), every).map_err(Failure::usage)?;
    let (mut looks, mut exit) = (0, Exit::Done);
    let mut before = None;
    if context.shared.format == Format::Csv {
        write_csv_row(io.out, &["at", "event", "said"], io.out_is_terminal)?;
    }
    loop {
        let event = tokio::select! {
            event = watch.next() => event,
            _ = tokio::signal::ctrl_c() => None,
        };
        let Some(event) = event else { return Ok(exit) };
        let at = clock.now();
        let said = event.sentence();
        match context.shared.format {
            Format::Json => {
                let line = json!({"at": format!("{at:.0}"), "event": event.word(), "said": said});
                write_json_line(io.out, &line)?;
            }
            // Each look is a row for programs.
            Format::Csv => {
                let at = format!("{at:.0}");
                write_csv_row(io.out, &[&at, event.word(), &said], io.out_is_terminal)?;
            }
            // For people only what is new.
            Format::Table if before.as_ref() == Some(&event) => {}
            Format::Table => {
                writeln!(io.out, "{}  {:<12}  {}", at.strftime("%H:%M:%S"), event.word(), shown(&said))?;
            }
        }
        io.out.flush()?;
        before = Some(event.clone());
        exit = match &event {
            _ if event.is_bad() => Exit::Findings,
            Event::Alive | Event::Again => Exit::Done,
            Event::Untold { .. } if exit == Exit::Done => Exit::CannotTell,
            _ => exit,
        };
        if matches!(event, Event::Alive | Event::Again | Event::Refused { .. } | Event::Untold { .. }) {
            looks += 1;
        }
        if event.is_last() || command.looks.is_some_and(|most| looks >= most) {
            return Ok(exit);
        }
    }
}

//! Waiting for the browser to come back: on this machine, or by what the person pastes.

use secrecy::SecretString;

use super::bench::Bench;
use crate::auth::code::Judged;
use crate::auth::error::AuthError;
use crate::auth::flow::{Answer, BROWSER_PATIENCE, FlowEvent};
use crate::auth::loopback::{Serving, open};
use crate::auth::note::Note;
use crate::identity::trace::{Exchange, Got, Sent};

/// How it came back.
pub(super) enum Came<T> {
    /// With a code, to this machine.
    Here(SecretString),
    /// By what was pasted.
    Pasted(T),
}

/// What is to be made of something that was pasted.
pub(super) enum Read<T> {
    /// This.
    Taken(T),
    /// It is asked for again, because of this.
    Again(&'static str),
    /// It ends the sign-in.
    Over(AuthError),
}

/// Opens `url` and waits: for the listener, if there is one, and for a paste in any case.
pub(super) async fn wait<T>(
    bench: &mut Bench,
    mut serving: Option<Serving>,
    url: &str,
    mut read: impl FnMut(&SecretString) -> Read<T>,
) -> Result<Came<T>, AuthError> {
    open(&bench.stage, url);
    let until = bench.stage.deps.after(BROWSER_PATIENCE);
    if serving.is_some() {
        bench.stage.tell(FlowEvent::Waiting { until });
    } else {
        bench.stage.tell(FlowEvent::NeedPaste { url: url.to_owned() });
    }
    let mut patience = bench.stage.deps.pause.pause(BROWSER_PATIENCE);
    let came = loop {
        let heard = async {
            match &mut serving {
                Some(serving) => serving.heard.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            heard = heard => match heard {
                Some(Judged::NotOurs(why)) => bench.stage.note(Note::Ignored(why)),
                Some(Judged::Failed(error)) => break Err(error),
                Some(Judged::Code(code)) => break Ok(Came::Here(code)),
                None => break Err(AuthError::Cancelled),
            },
            answer = bench.stage.answer() => match answer? {
                Answer::OpenAgain => open(&bench.stage, url),
                Answer::Pasted(text) => match read(&text) {
                    Read::Taken(taken) => break Ok(Came::Pasted(taken)),
                    Read::Over(error) => break Err(error),
                    Read::Again(why) => {
                        bench.stage.note(Note::Ignored(why));
                        if serving.is_none() {
                            bench.stage.tell(FlowEvent::NeedPaste { url: url.to_owned() });
                        }
                    }
                },
                _ => {}
            },
            () = &mut patience => break Err(AuthError::Expired),
        }
    };
    if let Some(serving) = &mut serving {
        serving.close().await;
    }
    came
}

/// A request that the browser made, as far as it is known. `got` is what it was answered, or why that is not seen.
pub(super) fn browser_went(bench: &Bench, address: &str, got: Result<Got, &str>) {
    let Ok(url) = url::Url::parse(address) else { return };
    let got = got.map_err(crate::identity::Text::from);
    bench.keep(Exchange { sent: Sent::new("GET", &url), got, took_ms: 0 });
}

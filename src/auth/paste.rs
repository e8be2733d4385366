//! Sign-in with a browser elsewhere: the address on which it ends is pasted back.

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::code::{Attempt, Expecting, Judged, tell_notes};
use super::discovery;
use super::error::AuthError;
use super::flow::{Answer, FlowEvent, Stage};
use super::note::Note;
use super::tokens::SignedIn;

pub(crate) async fn by_paste(stage: &mut Stage) -> Result<SignedIn, AuthError> {
    let metadata = discovery::platform(&stage.http, &stage.request.connection.base_url).await?;
    tell_notes(stage, &metadata);
    let redirects = &stage.request.redirects;
    let port = redirects.ports.first().copied().ok_or_else(|| AuthError::PortsBusy(Vec::new()))?;
    let attempt = Attempt::new(stage, metadata, redirects.address(port))?;
    let client = stage.request.client_id().to_owned();
    let scope = stage.request.scope().to_owned();
    stage.begin(stage.request.connection.base_url.host(), Some(&client), &scope);
    loop {
        stage.tell(FlowEvent::NeedPaste { url: attempt.url.clone() });
        let pasted = stage
            .ask(|answer| match answer {
                Answer::Pasted(text) => Some(text),
                _ => None,
            })
            .await?;
        match read(&pasted, &attempt.expecting) {
            Judged::Code(code) => return attempt.redeem(stage, code).await,
            Judged::Failed(error) => return Err(error),
            Judged::NotOurs(why) => stage.note(Note::Ignored(why)),
        }
    }
}

/// A whole address is held against this attempt's state. A code alone cannot be, but only the verifier and the
/// nonce of this attempt make anything of it.
pub(crate) fn read(pasted: &SecretString, expecting: &Expecting) -> Judged {
    let text = pasted.expose_secret().trim();
    if let Ok(url) = Url::parse(text) {
        return match url.query() {
            Some(query) => expecting.judge(query),
            None => Judged::NotOurs("the pasted address holds no code; copy the whole address line"),
        };
    }
    if text.contains("code=") || text.contains("error=") {
        return expecting.judge(text.trim_start_matches('?'));
    }
    if text.is_empty() || text.len() > 4096 || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Judged::NotOurs("what was pasted is neither an address nor a code");
    }
    Judged::Code(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn expecting() -> Expecting {
        Expecting::for_test("s1", "https://a.example/")
    }

    #[rstest]
    #[case("http://127.0.0.1:9615/callback?code=c1&state=s1")]
    #[case("  http://localhost:9615/?state=s1&code=c1\n")]
    #[case("?code=c1&state=s1")]
    #[case("c1")]
    fn the_address_or_the_code_alone_is_taken(#[case] pasted: &str) {
        let judged = read(&pasted.into(), &expecting());
        assert!(matches!(&judged, Judged::Code(code) if code.expose_secret() == "c1"), "{judged:?}");
    }

    // L4
    #[rstest]
    #[case("http://127.0.0.1:9615/callback?code=c1&state=s2")]
    #[case("http://127.0.0.1:9615/callback")]
    #[case("two words")]
    #[case("")]
    fn anything_else_is_asked_for_again(#[case] pasted: &str) {
        assert!(matches!(read(&pasted.into(), &expecting()), Judged::NotOurs(_)), "{pasted}");
    }
}

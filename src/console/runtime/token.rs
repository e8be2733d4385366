//! Works for the token lab: judges, reads files, hands over one's own tokens, keeps an eye. Tokens stay in memory.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::panic::AssertUnwindSafe;
use std::path::Path;

use futures::FutureExt as _;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;

use super::busy::{Busy, BusyGuard};
use super::{Connected, Envelope, World};
use crate::auth::http::Http;
use crate::auth::keys::{Hosts, Keyring};
use crate::console::failure::Failure;
use crate::console::msg::Msg;
use crate::console::screens::tokens::{Asked, Number, TokenEffect, TokenMsg};
use crate::identity::text::shown;
use crate::identity::{MembershipId, Reference, UserId};
use crate::token::extract::{Extracted, LARGEST_PASTE, Paste, extract};
use crate::workflows::token_lab::watch::QUICKEST;
use crate::workflows::token_lab::{Lab, Own, Watch, own, why};

/// What is under way, what was agreed to, and the keys that are kept.
#[derive(Debug, Default)]
pub(super) struct TokenDesk {
    judging: HashMap<Number, AbortHandle>,
    watching: HashMap<Number, AbortHandle>,
    agreed: Hosts,
    keyring: Option<Keyring>,
}

impl TokenDesk {
    pub(super) fn perform(
        &mut self,
        effect: TokenEffect,
        world: &World,
        sender: &UnboundedSender<Envelope>,
        busy: &Busy,
    ) {
        let post = || Post { sender: sender.clone(), busy: busy.clone(), guard: Some(busy.raise()) };
        match effect {
            TokenEffect::Judge(asked) => self.judge(*asked, world, post()),
            TokenEffect::Agree { number, host } => {
                self.agreed = std::mem::take(&mut self.agreed).and(&host);
                post().send(TokenMsg::Agreed(number));
            }
            TokenEffect::Own { asked, to_compare } => {
                let (world, post) = (world.clone(), post());
                tokio::spawn(async move { post.send(own_tokens(&world, asked, to_compare).await) });
            }
            TokenEffect::Read { asked, path } => {
                let post = post();
                tokio::task::spawn_blocking(move || {
                    post.send(match read(&path) {
                        Ok(paste) => TokenMsg::Brought { asked: Some(asked), paste },
                        Err(why) => TokenMsg::NotBrought { asked, why },
                    });
                });
            }
            TokenEffect::Watch { number, given } => {
                let post = Post { guard: None, ..post() };
                match self.lab(world).and_then(|lab| {
                    Watch::new(lab, given, world.pause.clone(), QUICKEST * 6).map_err(Failure::new)
                }) {
                    Ok(watch) => {
                        let task = tokio::spawn(keep_an_eye(watch, number, post));
                        replace(&mut self.watching, number, Some(task.abort_handle()));
                    }
                    Err(failure) => post.send(TokenMsg::NotWatched(number, failure.to_string())),
                }
            }
            TokenEffect::Unwatch(number) => replace(&mut self.watching, number, None),
            TokenEffect::Drop(number) => {
                replace(&mut self.watching, number, None);
                replace(&mut self.judging, number, None);
            }
            TokenEffect::Find { asked, reference } => {
                let (world, post) = (world.clone(), post());
                tokio::spawn(async move {
                    let found = find(&world, &reference).await;
                    post.send(TokenMsg::Found { asked, reference, found });
                });
            }
            TokenEffect::Forget => {
                let tasks = self.judging.drain().chain(self.watching.drain());
                tasks.for_each(|(_, task)| task.abort());
                *self = Self::default();
            }
        }
    }

    fn judge(&mut self, asked: Asked, world: &World, post: Post) {
        let (number, round) = (asked.number, asked.round);
        let lab = self.lab(world);
        let task = tokio::spawn(async move {
            let judging = async {
                let lab = lab?;
                Ok(Box::new(why(&lab, asked.given.as_ref(), &asked.tried, true).await))
            };
            let judged = AssertUnwindSafe(judging).catch_unwind().await.unwrap_or_else(|_| {
                Err(Failure::new("idconsole made a mistake of its own.")
                    .because("A part of it stopped in the middle; the log has the details."))
            });
            post.send(TokenMsg::Judged { number, round, judged });
        });
        replace(&mut self.judging, number, Some(task.abort_handle()));
    }

    /// The lab of whoever is signed in. Keys are kept between questions.
    fn lab(&mut self, world: &World) -> Result<Lab, Failure> {
        let nobody = || Failure::new("Nobody is signed in.").then("Sign in, then try again.");
        let connected = world.live.get().ok_or_else(nobody)?;
        let keyring = match &self.keyring {
            Some(keyring) => keyring.clone(),
            None => Keyring::new(http(&connected)?, world.clock.clone()),
        };
        self.keyring = Some(keyring.clone());
        Ok(Lab {
            keyring,
            clock: world.clock.clone(),
            platform: connected.connection.map(|connection| connection.base_url),
            engine: Some(connected.engine),
            agreed: self.agreed.clone(),
        })
    }
}

/// In place of the one before, which is stopped.
fn replace(tasks: &mut HashMap<Number, AbortHandle>, number: Number, task: Option<AbortHandle>) {
    let old = match task {
        Some(task) => tasks.insert(number, task),
        None => tasks.remove(&number),
    };
    if let Some(old) = old {
        old.abort();
    }
}

fn http(connected: &Connected) -> Result<Http, Failure> {
    let made = match (&connected.session, &connected.connection) {
        (Some(session), _) => return Ok(session.http().clone()),
        (None, Some(connection)) => Http::for_connection(connection),
        (None, None) => Http::new(None, false),
    };
    made.map_err(|error| Failure::new("Nobody can be asked about it.").because(error.to_string()))
}

/// The way back.
struct Post {
    sender: UnboundedSender<Envelope>,
    busy: Busy,
    #[expect(dead_code, reason = "keeps the runtime busy while the work goes on")]
    guard: Option<BusyGuard>,
}

impl Post {
    fn send(&self, msg: TokenMsg) {
        // The console may have left already; then nobody needs it.
        let _ = self.sender.send(Envelope { msg: Msg::Token(msg), guard: Some(self.busy.raise()) });
    }
}

async fn keep_an_eye(mut watch: Watch, number: Number, post: Post) {
    while let Some(event) = watch.next().await {
        post.send(TokenMsg::Watched { number, event });
    }
}

/// The session's own; renewed first when the access token is about to end.
async fn own_tokens(world: &World, asked: Number, to_compare: bool) -> TokenMsg {
    let Some(session) = world.live.session() else {
        let why = "There is no session of yours here whose tokens could be taken.".to_owned();
        return TokenMsg::NotBrought { asked, why };
    };
    // That it cannot be renewed is seen by looking at it.
    drop(session.bearer().await);
    let mut tokens = own(&session);
    if to_compare {
        tokens.retain(|(which, _)| *which == Own::Access);
    }
    TokenMsg::Own { asked: Some(asked), tokens, refresh: session.tokens().refresh.is_some(), to_compare }
}

/// The tokens of a file, or why there are none.
fn read(path: &Path) -> Result<Paste, String> {
    let name = shown(&path.display().to_string()).into_owned();
    let mut bytes = Vec::new();
    let limit = LARGEST_PASTE as u64 + 1;
    match File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes)) {
        Err(error) => Err(format!("{name} cannot be read: {error}.")),
        Ok(_) if bytes.len() > LARGEST_PASTE => {
            Err(format!("{name} is too long: more than 4 MiB are not read."))
        }
        Ok(_) => {
            let mut paste = extract(&String::from_utf8_lossy(&bytes));
            if paste.tokens.is_empty() && paste.request.is_none() {
                return Err(format!(
                    "{name} holds no token. It may stand alone, in a header, a curl command, JSON or an address."
                ));
            }
            let of = |token: Extracted| Extracted {
                from: if token.from == "the paste" { "the file".to_owned() } else { token.from },
                ..token
            };
            paste.tokens = paste.tokens.into_iter().map(of).collect();
            Ok(paste)
        }
    }
}

/// The one membership of a user or a profile.
async fn find(world: &World, reference: &Reference) -> Result<MembershipId, String> {
    let Some(connected) = world.live.get() else { return Err("nobody is signed in".to_owned()) };
    let remote = &connected.engine.remote;
    let found = if &*reference.kind == UserId::KIND {
        remote.memberships_of_user(&UserId::new(reference.id.clone())).await
    } else {
        remote.memberships_of_profile(reference).await
    };
    let found = found.map_err(|trouble| trouble.to_string())?;
    // Somebody may be in several projects; then it is about one's own.
    let mut here = found.iter().filter(|membership| membership.project == connected.engine.caller.project);
    match (&found[..], here.next(), here.next()) {
        ([one], ..) | (_, Some(one), None) => Ok(one.id.clone()),
        ([], ..) => Err("no member that you can see has it".to_owned()),
        _ => Err("several members have it".to_owned()),
    }
}

//! Ways of waiting that need no time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use idconsole::auth::{Deps, Flow, FlowEvent, Pause};
use idconsole::ports::{Browser, Clock, FixedClock, SystemClock};
use tokio::sync::Semaphore;

use crate::auth::support::{Forever, Remembering, until};

/// Every wait lasts until the test lets it end; it is remembered how long it should have lasted.
#[derive(Debug)]
pub struct Gate {
    turns: Arc<Semaphore>,
    waited: Mutex<Vec<u64>>,
}

impl Gate {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { turns: Arc::new(Semaphore::new(0)), waited: Mutex::default() })
    }

    /// One wait is over.
    pub fn open(&self) {
        self.turns.add_permits(1);
    }

    /// The waits so far, in seconds.
    pub fn waited(&self) -> Vec<u64> {
        self.waited.lock().unwrap().clone()
    }
}

impl Pause for Gate {
    fn pause(&self, time: Duration) -> BoxFuture<'static, ()> {
        self.waited.lock().unwrap().push(time.as_secs());
        let turns = Arc::clone(&self.turns);
        Box::pin(async move { turns.acquire_owned().await.unwrap().forget() })
    }
}

/// Every wait is over at once, and nothing is known of it.
#[derive(Debug)]
struct Hasty;

impl Pause for Hasty {
    fn pause(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::task::yield_now())
    }
}

fn deps(clock: impl Clock + 'static, pause: Arc<dyn Pause>) -> Deps {
    Deps { clock: Arc::new(clock), browser: Arc::new(Remembering::default()) as Arc<dyn Browser>, pause }
}

/// Waits at the gate.
pub fn at(gate: &Arc<Gate>) -> Deps {
    deps(SystemClock, Arc::clone(gate) as Arc<dyn Pause>)
}

/// The patience of this side never ends.
pub fn patient() -> Deps {
    deps(SystemClock, Arc::new(Forever))
}

/// Asks without a pause and believes that no time passes: when a code is too old, only the server can say so.
pub fn hasty() -> Deps {
    deps(FixedClock::at(SystemClock.now()), Arc::new(Hasty))
}

/// Address and code as the device shows them; the address with the code in it, where there is one.
pub async fn shown(flow: &mut Flow) -> (String, String, String) {
    until(flow, |event| match event {
        FlowEvent::ShowCode { user_code, verification_uri, complete, .. } => {
            let address = verification_uri.raw().to_owned();
            let complete = complete.as_ref().map_or_else(|| address.clone(), |uri| uri.raw().to_owned());
            Some((user_code.raw().to_owned(), address, complete))
        }
        _ => None,
    })
    .await
}

//! Every rule over every member. The members are shared with the screen, so that the walks over all of them stand in
//! a thread of their own and no key waits for them.

use std::sync::Arc;

use super::told;
use crate::console::effect::{Answer, Everybody, Swept};
use crate::console::failure::Failure;
use crate::console::runtime::{Connected, Reporter};
use crate::identity::directory::Directory;
use crate::identity::findings::{Around, sweep};
use crate::workflows::sweep::{Questions, around_telling};

fn broken() -> Answer {
    Answer::Failed(Failure::new("The members could not be looked through."))
}

pub(super) async fn answer(
    connected: &Connected,
    everybody: Everybody,
    around: Option<Arc<Around>>,
    report: &Reporter,
) -> Answer {
    let Everybody(mut directory) = everybody;
    let around = if let Some(around) = around {
        around
    } else {
        with_addresses(connected, &mut directory, report).await;
        let members = Arc::clone(&directory);
        let Ok(questions) = tokio::task::spawn_blocking(move || Questions::of(&members)).await else {
            return broken();
        };
        let read = |part| report.send(Answer::SweepRead(part));
        match around_telling(&connected.engine, &questions, read).await {
            Ok(around) => Arc::new(around),
            Err(trouble) => return Answer::Failed(told(&trouble)),
        }
    };
    let with = Arc::clone(&around);
    match tokio::task::spawn_blocking(move || sweep(&directory, &with)).await {
        Ok(sweep) => Answer::Swept(Box::new(Swept { sweep: Arc::new(sweep), around })),
        Err(_) => broken(),
    }
}

/// The present addresses that this role reads by SCIM alone. Where that is refused they stay as they were stored.
async fn with_addresses(connected: &Connected, directory: &mut Arc<Directory>, report: &Reporter) {
    let mut members = (0..directory.len()).filter_map(|line| directory.member(directory.nth(line)?));
    let wanted = members.any(|member| member.wants_scim());
    if !wanted {
        return;
    }
    match connected.roster.emails().await {
        Ok(emails) if emails.is_empty() => {}
        Ok(emails) => {
            let mut with = Directory::clone(directory);
            with.tell_emails(emails.iter().map(|(id, email)| (id, email)));
            *directory = Arc::new(with);
            report.send(Answer::Emails(emails));
        }
        Err(trouble) => tracing::warn!(%trouble, "addresses by SCIM"),
    }
}

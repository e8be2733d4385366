//! Every rule over 100 000 members, against one walk over the same members that only counts letters.

use std::time::{Duration, Instant};

use idconsole::identity::directory::Directory;
use idconsole::identity::findings;

use super::report::{line, ms, quantile, times};
use super::{MEMBERS, sweep};

const RUNS: usize = 11;

/// Prints the figure.
pub fn measure() {
    let (directory, around) = sweep::clinic(MEMBERS);
    let mut runs: Vec<(Duration, Duration)> = Vec::new();
    let mut found = 0;
    for _ in 0..RUNS {
        let began = Instant::now();
        found = findings::sweep(&directory, &around).findings.len();
        let swept = began.elapsed();
        let began = Instant::now();
        assert!(letters(&directory) > MEMBERS);
        runs.push((swept, began.elapsed()));
    }
    let of = |pick: fn(&(Duration, Duration)) -> Duration| {
        quantile(&runs.iter().map(pick).collect::<Vec<_>>(), 0.5)
    };
    let (swept, walked) = (of(|run| run.0), of(|run| run.1));
    line(
        "sweep of 100 000 members for findings, median of 11",
        &ms(swept),
        "300 ms",
        &format!(
            "{} of a walk that reads every text ({}); {found} findings",
            times(swept, walked),
            ms(walked)
        ),
    );
}

/// Reads every name, address and id once.
fn letters(directory: &Directory) -> usize {
    let members = (0..directory.len()).filter_map(|line| directory.member(directory.nth(line)?));
    members
        .map(|member| {
            member.name().chars().count()
                + member.email_raw().chars().count()
                + member.external_id_raw().len()
        })
        .sum()
}

//! The contract: every recording of the real platform, replayed against the embedded one, fresh and with the clinic in
//! it as `demo --serve` has it.

mod provider_stub;
pub(crate) mod replay;
pub(crate) mod stage;
mod template;

use std::path::PathBuf;

use rstest::rstest;

use stage::Tenant;

/// Recordings that are not replayed, each with its reason.
const SKIPPED: [(&str, &str); 0] = [];

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_embedded_platform_answers_as_recorded(
    #[files("tests/recordings/*.json")] recording: PathBuf,
    #[values(Tenant::Fresh, Tenant::Clinic)] tenant: Tenant,
) {
    let name = recording.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    if SKIPPED.iter().any(|(skipped, _)| *skipped == name) {
        return;
    }
    let differences = replay::run(&recording, tenant).await;
    assert!(
        differences.is_empty(),
        "{name}: {} differences\n{}",
        differences.len(),
        differences.iter().take(12).map(ToString::to_string).collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn every_skipped_recording_exists_and_says_why() {
    for (name, reason) in SKIPPED {
        assert!(PathBuf::from(format!("tests/recordings/{name}.json")).exists(), "{name} is no recording");
        assert!(!reason.trim().is_empty(), "{name} is skipped without a reason");
    }
    assert!(SKIPPED.len() <= 5, "at most five recordings may be skipped");
}

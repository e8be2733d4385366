//! Pictures of the snapshots screen. Each one was looked at.

use std::collections::BTreeMap;
use std::path::Path;

use idconsole::console::Look;
use idconsole::identity::snapshot::of::{self, ProjectFacts, Sight};
use idconsole::identity::snapshot::{Manifest, Part, PartState, Reach, Record, manifest};
use idconsole::identity::{Membership, ProjectId, Reference, Role, Text, Unseen, User, VersionId};
use rstest::rstest;
use serde_json::json;

use super::clinic::{Clinic, JANE, Signed};

const PROJECT: &str = "c11ac000-0000-4000-8000-000000000001";

/// Writes a folder as an export would.
fn folder(path: &Path, at: &str, parts: &[(Part, Vec<Record>)]) {
    std::fs::create_dir(path).unwrap();
    let mut states = BTreeMap::new();
    for (part, records) in parts {
        let all: Vec<_> = records.iter().map(|record| record.to_json(*part)).collect();
        let text = if part.by_line() {
            all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        } else {
            json!(all).to_string()
        };
        std::fs::write(path.join(part.file()), text).unwrap();
        states.insert(*part, PartState { records: records.len() as u64, reach: Reach::All });
    }
    let hidden = PartState { records: 0, reach: Reach::None(Unseen::SuperAdminOnly) };
    states.insert(Part::Routes, hidden);
    let whole = Manifest {
        format: manifest::FORMAT.to_owned(),
        version: manifest::VERSION,
        finished: true,
        base_url: Text::from("https://api.clinic.example/"),
        project: ProjectId::from(PROJECT),
        project_name: Text::from("Clinic Demo"),
        role: Role::ProjectAdmin,
        at: at.parse().unwrap(),
        parts: states,
    };
    std::fs::write(path.join(manifest::FILE), json!(whole).to_string()).unwrap();
}

fn person(clinic: &Clinic, id: &str) -> (Membership, User) {
    let state = clinic.0.lock().unwrap();
    let membership = state.memberships.iter().find(|one| one.id.as_str() == id).unwrap().clone();
    let user = state.users.iter().find(|user| *user.id.as_str() == *membership.user.id).unwrap().clone();
    (membership, user)
}

async fn screen(width: u16, height: u16, keys: &str) -> Signed {
    let mut job = compared(width, height, Look::default()).await;
    job.console.keys(keys).await;
    job
}

/// Two exports of a clinic, compared: one person was renamed, one came, a client lost an address.
pub async fn compared(width: u16, height: u16, look: Look) -> Signed {
    let clinic = Clinic::new(Role::ProjectAdmin, 30);
    let (jane, user) = person(&clinic, JANE);
    let sight = Sight { role: Role::SuperAdmin, unseen: None, by_scim: None };
    let before = of::member(&jane, Some(&user), sight);
    let mut renamed = (jane.clone(), user.clone());
    renamed.0.admin = true;
    renamed.0.external_id = Some("okta|00u7f3k2p9".into());
    renamed.1.email = Some("jane.smith@clinic.example".into());
    let after = of::member(&renamed.0, Some(&renamed.1), sight);
    let mut other = jane;
    other.id = "99999999-0000-4000-8000-000000000001".into();
    other.profile = Reference::parse("Practitioner/new").unwrap().with_display("Zoë Müller");
    let role = Role::ProjectAdmin;
    let unseen = Sight { role, unseen: of::why_unseen(role), by_scim: None };
    let other_after = of::member(&other, None, unseen);
    let mut client = idconsole::identity::ClientApplication {
        id: "c0000000-0000-4000-8000-000000000001".into(),
        version: idconsole::identity::Version {
            id: VersionId::new("v1"),
            at: jiff::Timestamp::UNIX_EPOCH,
            author: None,
        },
        project: None,
        name: "Clinic Portal".into(),
        redirect_uris: vec![
            "https://portal.clinic.example/callback".into(),
            "http://127.0.0.1:9615/callback".into(),
        ],
        status: None,
        pkce_optional: false,
        provider: None,
        settings: Box::default(),
    };
    let memberships = idconsole::identity::Seen::Known(Vec::new());
    let portal = of::client(&client, &memberships);
    client.redirect_uris.pop();
    let portal_after = of::client(&client, &memberships);
    let project = |required: bool| {
        of::project(&ProjectFacts {
            id: &ProjectId::from(PROJECT),
            name: &"Clinic Demo".into(),
            owner: None,
            defaults: &[],
            settings: &[("mfaRequired".to_owned(), json!(required))],
            features: &[],
        })
    };
    let mut job = clinic.console_with(width, height, look, |_| {}).await;
    let at = job.console.folder.path().to_owned();
    let parts = |project, members, clients| {
        [
            (Part::Project, vec![project]),
            (Part::Members, members),
            (Part::Policies, vec![]),
            (Part::Clients, vec![clients]),
            (Part::Domains, vec![]),
        ]
    };
    folder(&at.join("a"), "2026-01-02T09:00:00Z", &parts(project(false), vec![before], portal));
    folder(
        &at.join("b"),
        "2026-01-05T09:30:00Z",
        &parts(project(true), vec![after, other_after], portal_after),
    );
    job.console.keys("gnc").await.keys(at.join("a").to_str().unwrap()).await.keys("<Tab>").await;
    job.console.keys(at.join("b").to_str().unwrap()).await.keys("<Enter>").await;
    job
}

#[rstest]
#[case("80x24", 80, 24)]
#[case("120x40", 120, 40)]
#[case("40x12", 40, 12)]
#[case("60x16", 60, 16)]
#[tokio::test]
async fn differences(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    let job = screen(width, height, "<Down>").await;
    insta::assert_snapshot!(format!("differences_{size}"), job.console.picture());
}

#[rstest]
#[case::opened("opened", "<Down><Enter>")]
#[case::hidden("hidden", "/not compared<Enter>")]
#[case::nothing_matches("nothing_matches", "/zzz<Enter>")]
#[tokio::test]
async fn differences_in_detail(#[case] name: &str, #[case] keys: &str) {
    let job = screen(80, 24, keys).await;
    insta::assert_snapshot!(format!("differences_{name}"), job.console.picture());
}

#[rstest]
#[case::empty("empty", "gn")]
#[case::write("write", "gnw")]
#[case::compare("compare", "gnc")]
#[tokio::test]
async fn before_anything_was_compared(#[case] name: &str, #[case] keys: &str) {
    let mut job = Clinic::new(Role::SuperAdmin, 30).console(80, 24).await;
    job.console.keys(keys).await;
    insta::assert_snapshot!(format!("snapshots_{name}"), job.console.picture());
}

// What was filtered for was in the comparison before.
#[tokio::test]
async fn another_comparison_is_seen_whole() {
    let mut job = screen(80, 24, "/zzz<Enter>").await;
    assert!(job.console.text().contains("No difference matches zzz."));
    let after = job.console.folder.path().join("b");
    job.console.keys("c<Tab>").await.keys(after.to_str().unwrap()).await.keys("<Enter>").await;
    let text = job.console.text();
    assert!(text.contains("Jane Smith") && !text.contains("zzz"), "{text}");
}

#[tokio::test]
async fn an_export_says_what_is_not_in_it() {
    let mut job = Clinic::new(Role::ProjectAdmin, 30).console(120, 24).await;
    let folder = job.console.folder.path().join("x");
    job.console.keys("gnw").await.keys(folder.to_str().unwrap()).await.keys("<Enter>").await;
    let text = job.console.text();
    assert!(text.contains("Exported Clinic Demo to "), "{text}");
    for line in ["members", "domain routes"] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(text.contains("unknown: only a super admin can see it"), "{text}");
    assert!(text.contains("exported to "), "{text}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_need_not_be_typed_again() {
    let mut job = Clinic::new(Role::SuperAdmin, 30).console(120, 24).await;
    let file = job.console.folder.path().join("taken");
    std::fs::write(&file, "mine").unwrap();
    job.console.keys("gnw").await.keys(file.to_str().unwrap()).await.keys("<Enter>").await;
    job.console.keys(PROJECT).await.keys("<Enter>").await;
    let text = job.console.text();
    assert!(text.contains("taken is a file. Name a folder."), "{text}");
    assert!(text.contains("w opens the form as it was typed"), "{text}");
    job.console.keys("w").await;
    let text = job.console.text();
    assert!(text.contains("/taken") && text.contains(PROJECT), "{text}");
}

//! Many changes from a CSV file, by keys, over HTTP.

use idconsole::console::Msg;
use idconsole::console::key::parse_typed;
use idconsole::demo::Running;
use idconsole::journal::{Entry, EntryState, Filter};
use serde_json::{Value, json};

use super::bulk::yes;
use super::email_change::{says, signed_in};
use super::onboarding_pictures::picture;
use crate::demo::demonstration;
use crate::harness::Harness;

const NOOR: &str = "noor.aziz@clinic.example";
const RUTH: &str = "ruth.osei@clinic.example";
const OMAR: &str = "omar.haddad@clinic.example";

fn stored(running: &Running, email: &str) -> Value {
    let state = running.state.read();
    let user = state.find_by("User", "email", email).remove(0);
    let user = format!("User/{}", user["id"].as_str().unwrap());
    let main = format!("Project/{}", running.facts.as_ref().unwrap().project_id);
    let of = state.find_by("ProjectMembership", "user", &user);
    of.into_iter().find(|m| m["project"]["reference"] == main.as_str()).unwrap()
}

fn sheet(folder: &tempfile::TempDir, text: &str) -> String {
    let path = folder.path().join("staff.csv");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

macro_rules! sizes {
    ($console:expr, $name:literal) => {
        for (width, height) in [(120, 40), (80, 24), (40, 12)] {
            $console.resize(width, height).await;
            insta::assert_snapshot!(format!("{}_{width}x{height}", $name), picture(&$console));
        }
        $console.resize(120, 40).await;
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_looked_at_run_told_and_taken_back_by_keys() {
    let running = demonstration(&[]);
    let folder = tempfile::tempdir().unwrap();
    let path = sheet(
        &folder,
        &format!(
            "email,active,new external id\n{NOOR},no,\nnobody@clinic.example,no,\n{RUTH},no,\n{OMAR},,okta|00uOMARHADDAD000001\n"
        ),
    );
    let mut console = signed_in(&running, false, 120, 40).await;
    console.keys("U").await;
    sizes!(console, "import_file");
    console.keys(&format!("{path}<Enter>")).await;
    says(&console, "4 rows · 3 to change · 0 already so · 1 unclear");
    sizes!(console, "import_rows");
    // Nothing runs while a row is unclear.
    console.keys("<Enter>").await;
    says(&console, "rows are unclear; mend the file, or leave them out");
    console.keys("d<Enter>").await;
    says(&console, "Bulk run · 3 rows of staff.csv");
    says(&console, "1 unclear row is left out");
    yes(&mut console, "ticket 4711", 3).await;
    says(&console, "3 rows done and read back");
    assert_eq!(stored(&running, NOOR)["active"], json!(false));
    assert_eq!(stored(&running, OMAR)["externalId"], "okta|00uOMARHADDAD000001");
    sizes!(console, "import_done");
    console.keys("w").await;
    says(&console, "4 rows written to ");
    let told = std::fs::read_to_string(folder.path().join("staff-verdicts-1.csv")).unwrap();
    let words: Vec<&str> = told.lines().skip(1).map(|line| line.split(',').nth(3).unwrap()).collect();
    assert_eq!(words, ["done", "left out", "done", "done"]);
    console.keys("u").await;
    says(&console, "Undo: bulk run · 3 rows of staff.csv");
    yes(&mut console, "wrong file", 3).await;
    assert_eq!(stored(&running, NOOR)["active"], json!(true));
    assert_eq!(stored(&running, OMAR).get("externalId"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_none_is_told_and_another_one_can_be_named() {
    let running = demonstration(&[]);
    let folder = tempfile::tempdir().unwrap();
    let path = sheet(&folder, "mail,active\nx,no\n");
    let mut console = signed_in(&running, true, 100, 30).await;
    // From the linkage screen as well.
    console.keys("3U").await;
    console.keys(&format!("{path}<Enter>")).await;
    says(&console, "cannot be read as a sheet. Column A is called mail");
    std::fs::write(&path, format!("email,active\n{NOOR},yes\n")).unwrap();
    console.keys("<Enter>").await;
    says(&console, "1 row · 0 to change · 1 already so · 0 unclear");
    console.keys("<Enter>").await;
    says(&console, "no row changes anything");
    console.keys("<Esc><Esc>").await;
    assert!(!console.text().contains("Import CSV"), "{}", console.text());
}

/// Lets no request of the platform come to its end while it is closed.
struct Gate(std::sync::mpsc::Sender<()>, std::thread::JoinHandle<()>);

impl Gate {
    fn closed(running: &Running) -> Self {
        let (state, (open, opened)) = (running.state.clone(), std::sync::mpsc::channel());
        let (ready, is_ready) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let held = state.write();
            ready.send(()).unwrap();
            let _ = opened.recv();
            drop(held);
        });
        is_ready.recv().unwrap();
        Self(open, thread)
    }

    fn open(self) {
        drop(self.0);
        self.1.join().unwrap();
    }
}

/// Presses a key while something is under way.
fn press(console: &mut Harness, key: &str) {
    for key in parse_typed(key).unwrap() {
        console.console.handle(Msg::Key(key)).unwrap();
    }
    console.console.draw().unwrap();
}

/// The newest entry once it is as it is to be.
async fn until(console: &Harness, what: impl Fn(&Entry) -> bool) -> Entry {
    let journal = console.console.world().live.get().unwrap().engine.journal;
    let found = async {
        loop {
            match journal.list(&Filter { limit: Some(1), ..Filter::default() }).unwrap().pop() {
                Some(entry) if what(&entry) => return entry,
                _ => tokio::task::yield_now().await,
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), found).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_paused_gone_on_with_and_stopped_by_keys() {
    let running = demonstration(&[]);
    let folder = tempfile::tempdir().unwrap();
    let people = [
        NOOR,
        RUTH,
        OMAR,
        "jsmith@clinic.example",
        "kim.park@clinic.example",
        "carla.diaz@post.example",
        "dana.cruz@post.example",
        "theo.marsh@post.example",
        "lena.vogel@post.example",
    ];
    let rows: Vec<String> = people.iter().map(|email| format!("{email},no\n")).collect();
    let path = sheet(&folder, &format!("email,active\n{}", rows.concat()));
    let mut console = signed_in(&running, false, 120, 40).await;
    console.keys(&format!("U{path}<Enter><Enter>ticket 4711")).await;
    while console.text().contains("read on") {
        console.keys("<Enter>").await;
    }
    console.keys("<Enter>9").await;

    let gate = Gate::closed(&running);
    press(&mut console, "<Enter>");
    // Four are on their way: each waits for the platform to tell how its record stands.
    press(&mut console, "p");
    says(&console, "Paused. Nothing more goes out.");
    gate.open();
    let is_over = |entry: &Entry| entry.steps.iter().all(|step| !step.state.is_open());
    let written = |entry: &Entry| entry.steps.iter().filter(|step| step.state.is_written()).count();
    let paused = until(&console, is_over).await;
    assert!(paused.state == EntryState::Running && written(&paused) <= 4, "{paused:#?}");

    let gate = Gate::closed(&running);
    press(&mut console, "p");
    press(&mut console, "s");
    says(&console, "Stopping after the rows on their way.");
    gate.open();
    console.settle().await;
    console.console.draw().unwrap();
    says(&console, "Not tried: ");
    let stopped = until(&console, |entry| entry.state == EntryState::Partly).await;
    assert!(
        is_over(&stopped) && (written(&paused)..people.len()).contains(&written(&stopped)),
        "{stopped:#?}"
    );
    // At most four are on their way at a time.
    let off = people.iter().filter(|email| stored(&running, email)["active"] == json!(false)).count();
    assert_eq!(off, written(&stopped), "what was on its way is done to its end");
}

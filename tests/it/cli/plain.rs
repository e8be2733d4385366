//! `idconsole --plain`: conversations with the embedded platform, as somebody hears them.
//!
//! Each is kept whole, with the answers in their places. A secret that was typed stands as `(secret)`.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use idconsole::identity::text::is_hidden;
use rstest::rstest;

use super::clinic::Clinic;
use super::idconsole;

/// Far more than anything here takes.
const BOUND: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Heard {
    said: String,
    over: bool,
}

/// One conversation.
struct Talk {
    child: Child,
    heard: Arc<(Mutex<Heard>, Condvar)>,
    /// What was said before the last answer.
    taken: usize,
    transcript: String,
    secrets: Vec<String>,
}

impl Talk {
    fn begin(home: &Path, arguments: &[&str]) -> Self {
        Self::begin_with(home, arguments, &[])
    }

    fn begin_with(home: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let made = idconsole(home);
        let mut command = Command::new(made.get_program());
        command.env_clear();
        for (name, value) in made.get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        command.env("LANG", "C.UTF-8").envs(environment.iter().copied()).args(arguments);
        let (mut reader, writer) = std::io::pipe().unwrap();
        command.stdin(Stdio::piped()).stdout(writer.try_clone().unwrap()).stderr(writer);
        let child = command.spawn().unwrap();
        // The command holds the other end of the pipe; it closes with the program only when this one is gone.
        drop(command);
        let heard = Arc::new((Mutex::new(Heard::default()), Condvar::new()));
        std::thread::spawn({
            let heard = Arc::clone(&heard);
            move || {
                let mut buffer = [0; 4096];
                loop {
                    let count = reader.read(&mut buffer).unwrap_or(0);
                    let mut state = heard.0.lock().unwrap_or_else(PoisonError::into_inner);
                    state.said.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
                    state.over = count == 0;
                    heard.1.notify_all();
                    if count == 0 {
                        return;
                    }
                }
            }
        });
        Self { child, heard, taken: 0, transcript: String::new(), secrets: Vec::new() }
    }

    /// Waits until this holds; what was said since the last answer.
    #[track_caller]
    fn wait(&mut self, what: &str, wanted: impl Fn(&Heard, &str) -> bool) -> String {
        let end = Instant::now() + BOUND;
        let mut heard = self.heard.0.lock().unwrap_or_else(PoisonError::into_inner);
        while !wanted(&heard, &heard.said[self.taken..]) {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero() && !heard.over, "{what} did not come:\n{}", heard.said);
            heard = self.heard.1.wait_timeout(heard, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        let new = heard.said[self.taken..].to_owned();
        self.taken = heard.said.len();
        new
    }

    /// Waits for a question; what was said before it, and it.
    #[track_caller]
    fn question(&mut self) -> String {
        let new = self.wait("a question", |_, new| new.ends_with(": "));
        self.transcript.push_str(&new);
        new
    }

    fn send(&mut self, answer: &str) {
        let input = self.child.stdin.as_mut().unwrap();
        writeln!(input, "{answer}").unwrap();
        input.flush().unwrap();
    }

    /// Waits for a question and answers it.
    #[track_caller]
    fn answer(&mut self, answer: &str) -> &mut Self {
        self.question();
        self.transcript.push_str(answer);
        self.send(answer);
        self
    }

    #[track_caller]
    fn answers(&mut self, answers: &[&str]) -> &mut Self {
        for answer in answers {
            self.answer(answer);
        }
        self
    }

    /// Answers with something that must not stand anywhere.
    #[track_caller]
    fn secret(&mut self, secret: &str) -> &mut Self {
        self.question();
        self.transcript.push_str("(secret)");
        self.secrets.push(secret.to_owned());
        self.send(secret);
        self
    }

    /// Waits for a question, which has to be in these words, and does not answer it.
    #[track_caller]
    fn asks(&mut self, words: &str) -> &mut Self {
        let said = self.question();
        assert!(said.contains(words), "{words:?} is not asked:\n{said}");
        // To be answered it is waited for again.
        self.transcript.truncate(self.transcript.len() - said.len());
        self.taken -= said.len();
        self
    }

    /// The input ends; waits for the end. The whole conversation, without what differs from run to run.
    #[track_caller]
    fn end(&mut self) -> String {
        drop(self.child.stdin.take());
        let rest = self.wait("the end", |heard, _| heard.over);
        self.transcript.push_str(&rest);
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}\n{}", self.transcript);
        let said = self.heard.0.lock().unwrap().said.clone();
        for secret in &self.secrets {
            assert!(!said.contains(secret.as_str()), "a secret was said:\n{said}");
        }
        is_plain(&said);
        alike(&self.transcript)
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Nothing but lines of letters: no escape sequence, no carriage return, no sign that is read aloud as nonsense.
fn is_plain(said: &str) {
    let drawn = |c: char| {
        let c = u32::from(c);
        // Arrows, mathematical signs, box drawing, blocks, shapes, dingbats, braille, private use.
        matches!(c, 0x2190..=0x21ff | 0x2200..=0x22ff | 0x2500..=0x27bf | 0x2800..=0x28ff | 0xe000..=0xf8ff)
            || c == 0xb7
    };
    for line in said.lines() {
        let bad = line.chars().find(|c| is_hidden(*c) || drawn(*c));
        assert_eq!(bad, None, "{line}");
    }
}

/// What differs from run to run stands as its name.
fn alike(transcript: &str) -> String {
    let mut text = String::new();
    let mut rest = transcript;
    while let Some(at) = rest.find("localhost") {
        text.push_str(&rest[..at]);
        text.push_str("PLATFORM");
        rest = rest[at + "localhost".len()..].trim_start_matches(|c: char| ":-0123456789".contains(c));
    }
    text.push_str(rest);
    let words = text.split_inclusive([' ', '\n', '/', ',', '.', '"']).map(|word| {
        let bare = word.trim_end_matches([' ', '\n', '/', ',', '.', '"', ':']);
        let end = &word[bare.len()..];
        if uuid::Uuid::try_parse(bare).is_ok() {
            format!("ID{end}")
        } else if bare.len() > 19 && bare.ends_with('Z') && bare.parse::<jiff::Timestamp>().is_ok() {
            format!("WHEN{end}")
        } else {
            word.to_owned()
        }
    });
    words.collect()
}

fn signed_in(clinic: &Clinic, super_admin: bool) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let ended =
        if super_admin { clinic.sign_in_as_super_admin(home.path()) } else { clinic.sign_in(home.path()) };
    assert_eq!(ended.code, 0, "{ended:?}");
    home
}

#[test]
fn somebody_new_adds_a_connection_and_signs_in_with_email_and_password() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    let account = &clinic.facts.project_admin;
    let mut talk = Talk::begin(home.path(), &["--plain"]);
    talk.answers(&["?", "5", "1", "ftp://nowhere", &clinic.running.base_url, "two words", "clinic"]);
    talk.answers(&["4", "", "?", "2", "perhaps", "no"]);
    talk.answers(&[&account.email]).secret(&account.password);
    insta::assert_snapshot!(talk.end());
    let kept = std::fs::read_to_string(home.path().join("config/config.toml")).unwrap();
    assert!(kept.contains("clinic") && kept.contains("direct"), "{kept}");

    // The session is there the next time, and for commands.
    let mut talk = Talk::begin(home.path(), &["--plain"]);
    assert!(talk.end().contains("Signed in to PLATFORM as Pat Admin"));
    assert_eq!(super::run(home.path(), &["whoami"]).code, 0);
}

// Without it the platform could not be reached the next time.
#[test]
fn a_new_connection_keeps_the_authority_of_its_platform() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    let authority = home.path().join("authority.pem");
    std::fs::write(&authority, rcgen::generate_simple_self_signed(vec!["x".into()]).unwrap().cert.pem())
        .unwrap();
    let account = &clinic.facts.project_admin;
    let authority = authority.to_str().unwrap();
    let mut talk = Talk::begin(home.path(), &["--plain", "--extra-ca", authority]);
    talk.answers(&["1", &clinic.running.base_url, "clinic", "4", "", "2", "no"]);
    talk.answers(&[&account.email]).secret(&account.password);
    assert!(talk.end().contains("Signed in"));
    let kept = std::fs::read_to_string(home.path().join("config/config.toml")).unwrap();
    let kept: toml::Value = toml::from_str(&kept).unwrap();
    assert_eq!(kept["connections"]["clinic"]["extra_ca"].as_str(), Some(authority));
}

#[test]
fn nothing_is_saved_by_going_back_from_a_new_connection() {
    let home = tempfile::tempdir().unwrap();
    let mut talk = Talk::begin(home.path(), &["--plain"]);
    talk.answers(&["2", "api.clinic.example", "back"]).asks("What would you like to do");
    assert!(talk.end().contains("That needs a sign-in first."));
    assert!(!home.path().join("config/config.toml").exists());
}

#[test]
fn a_wrong_password_is_asked_for_again_and_said_nowhere() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    let account = &clinic.facts.project_admin;
    let mut talk = Talk::begin(home.path(), &["--plain", "--base-url", &clinic.running.base_url]);
    talk.answers(&["1", "1", "4", &account.email]).secret("not-the-password-1");
    talk.asks("Password of").secret(&account.password);
    let said = talk.end();
    assert!(said.contains("Email or password is invalid") && said.contains("Signed in"), "{said}");
}

// RFC 8252 §7 elsewhere: the browser is on another machine, its last address is pasted here.
#[test]
fn a_pasted_address_that_is_none_is_explained_and_one_can_go_back() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    let mut talk = Talk::begin(home.path(), &["--plain", "--base-url", &clinic.running.base_url]);
    talk.answers(&["1", "1", "3"]).asks("Paste the address on which the browser ended");
    talk.secret("http://localhost:9615/?error=access_denied");
    let said = talk.question();
    assert!(said.contains("its state is not the one of this sign-in"), "{said}");
    assert!(said.contains("Paste the address"), "it is asked for again: {said}");
    talk.send("");
    let said = talk.question();
    assert!(said.contains("Where do you want to sign in"), "back where one chooses: {said}");
    let said = talk.end();
    assert!(said.contains("/oauth2/authorize?") && said.contains("Left idconsole."), "{said}");
}

// RFC 8628: the code and the address are said; no picture.
#[test]
fn a_device_sign_in_says_the_code_and_waits() {
    let clinic = Clinic::with(&["deviceFlow=true"]);
    let home = tempfile::tempdir().unwrap();
    let mut talk = Talk::begin(home.path(), &["--plain", "--base-url", &clinic.running.base_url]);
    talk.answers(&["1", "1", "2"]);
    let said = talk.wait("the code", |_, new| new.contains("the code ends in"));
    assert!(said.contains("On any device, go to") && said.contains("and check that it shows"), "{said}");
    assert!(said.contains("Only continue if you started this sign-in just now."), "{said}");
    is_plain(&said);
}

#[test]
fn the_doctor_says_why_jane_is_refused_and_mends_it() {
    let clinic = Clinic::start();
    let home = signed_in(&clinic, false);
    let mut talk = Talk::begin(home.path(), &["--plain"]);
    talk.answers(&["2", "?", "jane.smith@clinic.example", "?", "way 9", "1"]);
    talk.answers(&["?", "", "ticket 4711", "not this", "jane.smith@clinic.example"]);
    talk.answers(&["back", "back", "4", "1", "wrong person"]);
    insta::assert_snapshot!(talk.answers(&["yes"]).end());
    assert_eq!(email(&clinic), "jsmith@clinic.example", "taken back");
}

#[test]
fn a_project_admin_changes_an_email_by_scim() {
    let clinic = Clinic::start();
    let home = signed_in(&clinic, false);
    let mut talk = Talk::begin(home.path(), &["--plain"]);
    talk.answers(&["3", "nobody at all", "jane smith", "not an address", "jane.smith@clinic.example"]);
    talk.answers(&["?", "", "ticket 4711", "jane.smith@clinic.example"]);
    insta::assert_snapshot!(talk.end());
    assert_eq!(email(&clinic), "jane.smith@clinic.example");
}

#[test]
fn a_super_admin_changes_an_email_by_the_platforms_own_operation() {
    let clinic = Clinic::start();
    let home = signed_in(&clinic, true);
    let mut talk = Talk::begin(home.path(), &["--plain"]);
    talk.answers(&["3", "jsmith@clinic.example", "jane.smith@clinic.example", "1", "no", "no"]);
    talk.answers(&["ticket 4711"]);
    insta::assert_snapshot!(talk.answers(&["jane.smith@clinic.example"]).end());
    assert_eq!(email(&clinic), "jane.smith@clinic.example");
}

#[test]
fn several_people_of_one_name_are_told_apart_before_anything_is_done() {
    let clinic = Clinic::shared();
    let home = signed_in(clinic, false);
    for action in ["2", "3"] {
        let mut talk = Talk::begin(home.path(), &["--plain"]);
        talk.answers(&[action, "a"]).asks("Who is meant");
        talk.answers(&["back", "back"]).asks("What would you like to do");
        talk.end();
    }
}

// A name is looked for and typed letter by letter: what stands in for our own signs never stands in for its letters.
#[test]
fn names_are_spoken_as_they_are() {
    let clinic = Clinic::start();
    let home = signed_in(&clinic, false);
    let mut state = clinic.running.state.write();
    let noor = state.find_by("User", "email", "noor.aziz@clinic.example").remove(0);
    let user = format!("User/{}", noor["id"].as_str().unwrap());
    for mut member in state.find_by("ProjectMembership", "user", &user) {
        member["profile"]["display"] = "Noor “Nono” O’Aziz".into();
        state.system_update(member).unwrap();
    }
    drop(state);
    let mut talk = Talk::begin(home.path(), &["--plain", "--ascii"]);
    let said = talk.answers(&["3", "noor.aziz@clinic.example"]).end();
    assert!(said.contains("Noor “Nono” O’Aziz is meant"), "{said}");
}

#[test]
fn no_is_no_and_nothing_is_written() {
    let clinic = Clinic::start();
    let home = signed_in(&clinic, false);
    let mut talk = Talk::begin(home.path(), &["--plain"]);
    talk.answers(&["3", "jane smith", "jane.smith@clinic.example", "", "", "a reason", "no"]);
    talk.answers(&["4"]);
    let said = talk.end();
    assert!(said.contains("A change needs a reason.") && said.contains("Nothing was written."), "{said}");
    assert!(said.contains("Nothing was changed over this connection"), "{said}");
    assert_eq!(email(&clinic), "jsmith@clinic.example");
}

#[rstest]
#[case::flag(&["--plain", "--read-only"], "", "", "idconsole was started with --read-only")]
#[case::setting(&["--plain"], "[settings]\nread_only = true\n", "", "config.toml says so for every connection")]
#[case::mark(&["--plain"], "", "read_only = true\n", "this connection is marked so")]
fn a_read_only_conversation_tells_the_plan_and_writes_nothing(
    #[case] arguments: &[&str],
    #[case] settings: &str,
    #[case] mark: &str,
    #[case] because: &str,
) {
    let clinic = Clinic::start();
    let home = signed_in(&clinic, false);
    let file = home.path().join("config/config.toml");
    let saved = std::fs::read_to_string(&file).unwrap();
    let (above, below) = saved.split_once("[connections.clinic]\n").unwrap();
    std::fs::write(&file, format!("{above}{settings}[connections.clinic]\n{mark}{below}")).unwrap();
    let mut talk = Talk::begin(home.path(), arguments);
    talk.answers(&["3", "jane smith", "jane.smith@clinic.example", ""]);
    talk.asks("What would you like to do");
    let said = talk.end();
    let refused = format!("This is read-only, nothing can be changed: {because}.");
    assert!(said.contains(&refused) && said.contains("The plan: change email"), "{said}");
    assert!(said.contains(&format!("nothing was written: {because}.")), "{said}");
    assert_eq!(email(&clinic), "jsmith@clinic.example");
}

#[test]
fn a_setting_holds_for_whoever_signs_in_line_by_line_and_is_not_saved_with_the_connection() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config/config.toml");
    std::fs::create_dir(home.path().join("config")).unwrap();
    std::fs::write(&file, "[settings]\nread_only = true\n").unwrap();
    let account = &clinic.facts.project_admin;
    let mut talk = Talk::begin(home.path(), &["--plain"]);
    talk.answers(&["1", &clinic.running.base_url, "clinic", "4", "", "2", "no"]);
    talk.answers(&[&account.email]).secret(&account.password);
    talk.answers(&["3", "jane smith", "jane.smith@clinic.example", ""]);
    let said = talk.end();
    assert!(said.contains("nothing was written: config.toml says so for every connection."), "{said}");
    assert_eq!(email(&clinic), "jsmith@clinic.example");
    let saved = std::fs::read_to_string(&file).unwrap();
    assert!(saved.contains("[connections.clinic]") && saved.matches("read_only").count() == 1, "{saved}");
}

#[test]
fn the_end_of_the_input_leaves_from_everywhere() {
    let clinic = Clinic::shared();
    let home = signed_in(clinic, false);
    for answers in [&[][..], &["1"], &["1", "2"], &["2"], &["3", "jane smith"]] {
        let mut talk = Talk::begin(home.path(), &["--plain"]);
        talk.answers(answers).question();
        let said = talk.end();
        assert!(said.ends_with("Left idconsole.\n"), "{answers:?}: {said}");
    }
}

#[test]
fn quit_leaves_from_everywhere_and_back_goes_one_step_back() {
    let clinic = Clinic::shared();
    let home = signed_in(clinic, false);
    let mut talk = Talk::begin(home.path(), &["--plain"]);
    talk.answers(&["back", "3", "jane smith", "back", "back", "2", "QUIT"]);
    let said = talk.wait("the end", |heard, _| heard.over);
    assert!(said.ends_with("Left idconsole.\n"), "{said}");
    assert!(talk.transcript.contains("There is nothing to go back to."), "{}", talk.transcript);
}

#[test]
fn the_demonstration_is_had_line_by_line_too() {
    let home = tempfile::tempdir().unwrap();
    let mut talk = Talk::begin_with(home.path(), &["demo", "--members", "60"], &[("IDCONSOLE_PLAIN", "1")]);
    talk.answers(&["1", "back"]).asks("What would you like to do");
    let said = talk.end();
    assert!(
        said.contains("as Pat Admin, project admin of") && said.contains("1. demo, at http://PLATFORM"),
        "{said}"
    );
    assert!(!said.contains(idconsole::demo::seed::PASSWORD), "{said}");
}

#[test]
fn letters_beyond_ascii_are_left_out_where_the_locale_has_none() {
    let clinic = Clinic::shared();
    let home = signed_in(clinic, false);
    let mut talk = Talk::begin_with(home.path(), &["--plain"], &[("LC_ALL", "C")]);
    talk.answers(&["2", "jane.smith@clinic.example"]).question();
    let said = talk.end();
    assert!(said.is_ascii(), "{:?}", said.lines().find(|line| !line.is_ascii()));
}

#[test]
fn questions_need_somebody_who_may_be_asked() {
    let home = tempfile::tempdir().unwrap();
    let ended = super::run(home.path(), &["--plain", "--no-input"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.err.contains("--no-input"), "{ended:?}");
}

fn email(clinic: &Clinic) -> String {
    let has = |address: &str| !clinic.running.state.read().find_by("User", "email", address).is_empty();
    let addresses = ["jsmith@clinic.example", "jane.smith@clinic.example"];
    let [has_old, has_new] = addresses.map(has);
    assert_ne!(has_old, has_new, "Jane has one address");
    addresses[usize::from(has_new)].to_owned()
}

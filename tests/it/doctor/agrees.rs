//! Doctor and judge, over every scenario: what the doctor says by reading is what happens when the attempt is made.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use idconsole::identity::sign_in::doctor::{
    Attempt, Claim, Flow, Outcome as Said, Pkce, Verdict as SaidVerdict,
};
use idconsole::identity::{MembershipId, ProjectId};
use idconsole::journal::Journal;
use idconsole::platform::{Client, FixedToken, Options};
use idconsole::ports::SystemClock;
use idconsole::workflows::Engine;
use idconsole::workflows::diagnose::{IdToken, examine};

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

use super::arguments::{Arguments, arguments};
use super::corners::corners;
use super::generate;
use super::oracle::{Next, Outcome, Verdict, drive};
use super::scenario::Scenario;
use super::world::World;

/// Scenarios in one platform: few enough that reading everything of a kind stays cheap.
const TOGETHER: usize = 40;

/// Who asks the doctor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    SuperAdmin,
    ProjectAdmin,
}

/// What the doctor said to one role, beside what happened.
#[derive(Debug)]
struct Answer {
    role: Role,
    scenario: String,
    words: String,
    happens: Outcome,
    /// None: cannot tell.
    says: Option<Outcome>,
    doubts: String,
    right: bool,
}

pub fn attempt(told: &Arguments) -> Attempt {
    let flow = Flow::ALL.into_iter().find(|f| f.id() == told.flow).unwrap();
    let mut attempt = Attempt::new(flow);
    attempt.typed = told.email.as_deref().map(Into::into);
    attempt.domain = told.domain.as_deref().map(Into::into);
    attempt.client = told.client.as_deref().map(Into::into);
    attempt.project = told.project.as_deref().map(ProjectId::new);
    attempt.membership = told.membership.as_deref().map(MembershipId::new);
    attempt.address = told.address.as_deref().map(Into::into);
    let claim = |text: Option<&String>| text.map_or(Claim::Absent, |text| Claim::from(text.as_str()));
    attempt.redirect = told.redirect.as_deref().map(Into::into);
    attempt.pkce = told.pkce.map_or(Pkce::Proper, |_| Pkce::NoMethod);
    attempt.email = claim(told.claim_email.as_ref().or(told.email.as_ref()));
    attempt.subject = claim(told.subject.as_ref());
    if let Some(token) = &told.id_token {
        IdToken::read(token).unwrap().claims_into(&mut attempt);
    }
    attempt
}

/// What the doctor says, in the judge's terms; `None` when it cannot tell.
pub fn as_outcome(said: &Said) -> Option<Outcome> {
    Some(Outcome {
        verdict: match said.verdict {
            SaidVerdict::Success => Verdict::Success,
            SaidVerdict::Failure => Verdict::Failure,
            SaidVerdict::Unknown => return None,
        },
        message: said.message.map(str::to_owned),
        status: said.http_status.unwrap_or_default(),
        user: said.user.as_ref().map(|user| user.reference().to_string()),
        membership: said.membership.as_ref().map(|membership| membership.reference().to_string()),
        next: match said.next.id() {
            "none" => Next::None,
            "choose-profile" => Next::ChooseProfile,
            "mfa" => Next::Mfa,
            other => panic!("{other}"),
        },
    })
}

/// A world, and a doctor for whoever asks.
pub struct Practice {
    pub world: World,
    pub operator: Engine,
    journal: Journal,
    _folder: tempfile::TempDir,
}

impl Practice {
    pub async fn open() -> Self {
        let world = World::new().await;
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path().join("journal.db"), Arc::new(SystemClock)).unwrap();
        let operator = engine(&world.running.base_url, &journal, world.operator.clone()).await;
        Self { world, operator, journal, _folder: folder }
    }

    /// Both roles ask the doctor, then the attempt is made. Nothing when the arguments cannot say it.
    async fn compare(&self, scenario: &Scenario) -> Vec<Answer> {
        let placed = self.world.place(scenario);
        let Ok(told) = arguments(scenario, &placed) else { return Vec::new() };
        let admin = self.world.administrator(&placed).await;
        self.world.tighten(scenario, &placed);
        let admin = engine(&self.world.running.base_url, &self.journal, admin).await;
        let mut said = Vec::new();
        for (role, engine) in [(Role::SuperAdmin, &self.operator), (Role::ProjectAdmin, &admin)] {
            said.push((role, ask(engine, &told).await));
        }
        let happens = drive(&self.world, scenario, &placed).await;
        let answer = |(role, (says, doubts)): (Role, (Option<Outcome>, String))| Answer {
            role,
            scenario: scenario.name.clone(),
            words: format!(
                "{} {}",
                told.words().join(" "),
                told.id_token.as_ref().map_or("", |_| "--id-token …")
            ),
            right: is_right(role, scenario, &happens, says.as_ref()),
            happens: happens.clone(),
            says,
            doubts,
        };
        said.into_iter().map(answer).collect()
    }
}

/// The doctor's means for whoever holds this token.
pub async fn engine(base: &str, journal: &Journal, token: String) -> Engine {
    let options = Options {
        timeout: Duration::from_secs(20),
        retries: 1,
        first_wait: Duration::from_millis(1),
        longest_pause: Duration::ZERO,
        ..Options::default()
    };
    let client = Client::new(base.parse().unwrap(), Arc::new(FixedToken(token.into())), options).unwrap();
    let caller = client.me().await.unwrap().caller;
    Engine {
        remote: Arc::new(client),
        journal: journal.clone(),
        caller,
        connection: "demo".to_owned(),
        clock: Arc::new(SystemClock),
        read_only: Some(idconsole::config::ReadOnly::Asked),
    }
}

/// The doctor's answer, and what it had to leave open.
async fn ask(engine: &Engine, told: &Arguments) -> (Option<Outcome>, String) {
    let examined = match examine(engine, attempt(told), &[]).await {
        Ok(examined) => examined,
        // The doctor has to say something whatever it finds; a trouble is as good as a wrong answer.
        Err(trouble) => return (Some(broken(trouble.text.raw())), String::new()),
    };
    let doubts: Vec<String> =
        examined.diagnosis.doubts.iter().map(|d| format!("{:?}: {} ({})", d.step, d.what, d.why)).collect();
    (as_outcome(&examined.diagnosis.outcome), doubts.join("; "))
}

fn broken(text: &str) -> Outcome {
    Outcome {
        verdict: Verdict::Failure,
        message: Some(format!("(the doctor breaks off: {text})")),
        status: 0,
        user: None,
        membership: None,
        next: Next::None,
    }
}

/// Is the answer of this role right? A super admin must know all of it; a project admin may not know, but what is said
/// must be so.
fn is_right(role: Role, scenario: &Scenario, happens: &Outcome, says: Option<&Outcome>) -> bool {
    match (role, says) {
        (Role::SuperAdmin, Some(says)) => says == happens,
        (Role::SuperAdmin, None) => scenario.is_undefined(),
        (Role::ProjectAdmin, None) => true,
        (Role::ProjectAdmin, Some(says)) => {
            let same = |said: &Option<String>, really: &Option<String>| said.is_none() || said == really;
            says.verdict == happens.verdict
                && same(&says.message, &happens.message)
                && same(&says.user, &happens.user)
                && same(&says.membership, &happens.membership)
                && says.next == happens.next
        }
    }
}

/// What the doctor says about many scenarios.
async fn compare(scenarios: &[Scenario]) -> Vec<Answer> {
    let mut answers = Vec::new();
    for group in scenarios.chunks(TOGETHER) {
        let practice = Practice::open().await;
        let cases = futures::stream::iter(group).map(|scenario| practice.compare(scenario));
        answers.extend(cases.buffered(4).collect::<Vec<_>>().await.into_iter().flatten());
    }
    answers
}

/// The first of each kind of wrong answer, and how many there are.
fn wrongs(answers: &[Answer]) -> String {
    let mut kinds: BTreeMap<String, Vec<&Answer>> = BTreeMap::new();
    for one in answers.iter().filter(|a| !a.right) {
        let says = one.says.as_ref().map_or_else(|| format!("unknown: {}", one.doubts), without_ids);
        let kind = format!("{:?}\n  happens {}\n  says    {says}", one.role, without_ids(&one.happens));
        kinds.entry(kind).or_default().push(one);
    }
    let mut out = String::new();
    for (kind, ones) in kinds {
        let _ = writeln!(out, "{} × {kind}", ones.len());
        for one in ones.iter().take(4) {
            let _ = writeln!(out, "    {}\n      {}", one.scenario, one.words);
        }
    }
    out
}

fn without_ids(outcome: &Outcome) -> String {
    let text = format!("{outcome:?}");
    let kind = |part: &str| part.split_once('/').map_or(part.to_owned(), |(kind, _)| kind.to_owned());
    text.split('"').map(kind).collect::<Vec<_>>().join("\"")
}

fn check(answers: &[Answer], at_least: usize) {
    let (mut asked, mut knew, mut doubts) = (0, 0, BTreeMap::<&str, usize>::new());
    for answer in answers.iter().filter(|a| a.role == Role::ProjectAdmin) {
        asked += 1;
        knew += usize::from(answer.says.is_some());
        if answer.says.is_none() {
            *doubts.entry(&answer.doubts).or_default() += 1;
        }
    }
    assert!(asked >= at_least, "only {asked} scenarios could be asked");
    let wrong = wrongs(answers);
    assert!(wrong.is_empty(), "of {asked} scenarios:\n{wrong}");
    // A doctor that never knows is never wrong either. Much depends on what a project admin cannot see: other projects,
    // domain routes, server-scoped accounts and their passwords.
    assert!(knew * 4 > asked, "a project admin is told {knew} of {asked}: {doubts:#?}");
}

/// A part of the scenarios in the ordinary run, taken evenly; all of them with `DOCTOR_ALL=1`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doctor_and_platform_agree_on_every_fact_on_every_road() {
    let all = generate::all();
    let step = if generate::thoroughly() { 1 } else { 5 };
    let some: Vec<Scenario> = all.into_iter().step_by(step).collect();
    check(&compare(&some).await, 300);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doctor_and_platform_agree_on_the_odd_rules() {
    let corners: Vec<Scenario> = corners().collect();
    check(&compare(&corners).await, 40);
}

/// A property: whatever comes together, doctor and judge agree. A counterexample is shrunk to the facts that matter.
#[test]
fn doctor_and_platform_agree_on_random_scenarios() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let cases = if generate::thoroughly() { 2_000 } else { 60 };
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let practice = Cell::new(None);
    let outcome = runner.run(&generate::any_scenario(), |scenario| {
        let (left, open) = match practice.take() {
            Some((0, _)) | None => (TOGETHER, runtime.block_on(Practice::open())),
            Some(open) => open,
        };
        let answers = runtime.block_on(open.compare(&scenario));
        practice.set(Some((left - 1, open)));
        let wrong = wrongs(&answers);
        if wrong.is_empty() { Ok(()) } else { Err(TestCaseError::fail(wrong)) }
    });
    outcome.unwrap_or_else(|why| panic!("{why}"));
}

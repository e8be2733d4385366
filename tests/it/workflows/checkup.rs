//! A check-up says of each way what the doctor says of it alone, though people are read once for most of them.

use idconsole::identity::Text;
use idconsole::identity::sign_in::doctor::{Flow, Verdict};
use idconsole::workflows::checkup::{Asked, Checkup, Said, Told, UNKNOWN_SUBJECT, check};
use idconsole::workflows::{Engine, diagnose};
use rstest::rstest;

use super::scene::Scene;

async fn ways(engine: &Engine, asked: Asked) -> Checkup {
    match check(engine, &asked).await.unwrap() {
        Told::Ways(checkup) => *checkup,
        Told::Several(people) => panic!("{people:?}"),
    }
}

fn typed(text: &str) -> Asked {
    Asked { typed: Text::from(text), ..Asked::default() }
}

#[rstest]
#[case::by_a_project_admin(false)]
#[case::by_a_super_admin(true)]
#[tokio::test(flavor = "multi_thread")]
async fn every_way_ends_as_it_does_when_it_is_examined_alone(#[case] super_admin: bool) {
    let scene = Scene::new(&[]).await;
    let engine = if super_admin { &scene.super_admin } else { &scene.project_admin };
    let claimed = |person: &str, email: &str| Asked { email: Said::Text(Text::from(email)), ..typed(person) };
    let asked = [
        typed("jane.smith@clinic.example"),
        claimed("jsmith@clinic.example", "jane.smith@clinic.example"),
        typed("omar.haddad@clinic.example"),
        typed("nobody@elsewhere.example"),
        typed("okta|00u,LIWEI00000001"),
        Asked { flow: Some(Flow::LegacyExchange), ..typed("mia.rossi@clinic.example") },
        Asked { flow: Some(Flow::Google), ..typed("tomas.rivera@clinic.example") },
        Asked { flow: Some(Flow::Browser), ..typed("hugo.brandt@clinic.example") },
    ];
    let mut examined = 0;
    for asked in asked {
        let checkup = ways(engine, asked.clone()).await;
        for way in checkup.ways {
            let alone = diagnose::examine(engine, way.examined.attempt.clone(), &way.meant).await.unwrap();
            let (one, other) = (&way.examined.diagnosis, &alone.diagnosis);
            let about = format!("{} of {asked:?}", way.label);
            assert_eq!((&one.outcome, &one.likely), (&other.outcome, &other.likely), "{about}");
            let steps = |steps: &[idconsole::identity::sign_in::doctor::Step]| {
                steps.iter().map(|step| (step.id, step.status, step.detail.clone())).collect::<Vec<_>>()
            };
            assert_eq!(steps(&one.steps), steps(&other.steps), "{about}");
            if !way.assumed && way.examined.attempt.subject.text().is_none_or(|s| s.raw() != UNKNOWN_SUBJECT)
            {
                assert_eq!(way.examined.fixes.len(), alone.fixes.len(), "{about}");
            }
            examined += 1;
        }
    }
    assert!(examined >= 30, "{examined}");
}

/// An id that was erased is the one that the identity provider still sends (platform-api §10.5).
#[tokio::test(flavor = "multi_thread")]
async fn the_id_of_before_is_taken_to_be_sent_and_restoring_it_is_offered() {
    let scene = Scene::new(&[]).await;
    let checkup = ways(&scene.project_admin, typed("omar.haddad@clinic.example")).await;
    let worst = &checkup.ways[checkup.worst()];
    assert_eq!(worst.verdict(), Verdict::Failure);
    assert_eq!(worst.examined.attempt.subject.text().unwrap().raw(), "okta|00uOMARHADDAD000001");
    assert!(worst.remedies[0].title.starts_with("restore the external id"), "{:?}", worst.remedies);
}

/// Whoever has no external id is not said to be refused for a subject that is "not sent", and nothing is offered that
/// would store a made-up one.
#[tokio::test(flavor = "multi_thread")]
async fn a_subject_that_nobody_knows_is_never_offered_to_be_stored() {
    let scene = Scene::new(&[]).await;
    let checkup = ways(&scene.super_admin, typed("jsmith@clinic.example")).await;
    let assumed: Vec<_> = checkup.ways.iter().filter(|way| way.assumed).collect();
    assert!(!assumed.is_empty());
    for way in &checkup.ways {
        for remedy in &way.remedies {
            let offered = format!("{} {:?}", remedy.title, remedy.mends);
            assert!(!offered.contains(UNKNOWN_SUBJECT), "{offered}");
            assert!(!remedy.request.contains("subject    <"), "{}", remedy.request);
        }
    }
    for way in assumed {
        assert_eq!(way.examined.diagnosis.expected().message, Some("User not found"));
        let notes = way.examined.diagnosis.notes.concat();
        assert!(notes.contains("Which subject the identity provider sends is not known"), "{notes}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_names_somebody_leads_to_the_same_member() {
    let scene = Scene::new(&[]).await;
    let engine = &scene.super_admin;
    let jane = scene.member(engine, "jsmith@clinic.example").await;
    let membership = jane.reference().to_string();
    let user = engine.remote.membership(&jane).await.unwrap().user;
    let user = format!("{}/{}", user.kind, user.id);
    for named in ["jane smith", "jane.smith@clinic.example", &membership, jane.as_str(), &user] {
        let checkup = ways(engine, typed(named)).await;
        let patient = checkup.patient.unwrap_or_else(|| panic!("{named}"));
        assert_eq!(patient.name.raw(), "Jane Smith", "{named}");
        assert_eq!(checkup.guessed.is_some(), named == "jane.smith@clinic.example", "{named}");
    }
}

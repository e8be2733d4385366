//! What rows come to, and that they are done.

use idconsole::demo::faults::{Effect, Rule};
use idconsole::identity::{Confirm, Settled};
use idconsole::workflows::apply;
use idconsole::workflows::bulk::result::Word;
use idconsole::workflows::bulk::{ComesTo, verdicts};
use idconsole::workflows::intent::{Intent, NoPlan, Why, plan};
use serde_json::json;

use super::{id, look, membership, planned, problems, run};
use crate::workflows::scene::Scene;

const JANE: &str = "jsmith@clinic.example";
const OMAR: &str = "omar.haddad@clinic.example";
const NOOR: &str = "noor.aziz@clinic.example";
const RUTH: &str = "ruth.osei@clinic.example";
const CARLA: &str = "carla.diaz@post.example";
const DANA: &str = "dana.cruz@post.example";
const HUGO: &str = "hugo.brandt@clinic.example";
const BORIS: &str = "boris.weber@clinic.example";

const HEADER: &str = "action,membership,email,external id,new email,new external id,active,admin,policy,mfa required,first name,last name,send mail\n";

fn mixed(scene: &Scene) -> String {
    let jane = id(scene, JANE);
    format!(
        "{HEADER}\
         ,{jane},,,,okta|00uJANE,,,,,,,\n\
         ,,{OMAR},,,okta|00uOMARHADDAD000001,,,,,,,\n\
         ,,,okta|00uNOORAZIZ00000001,,(none),,,,,,,\n\
         ,,{DANA},,dana.reyes@post.example,,,,,,,,no\n\
         ,,{CARLA},,,,no,,,yes,,,\n\
         ,,{HUGO},,,,yes,,(none),,,,\n\
         invite,,,,ada.byron@clinic.example,okta|00uADA,,,,,Ada,Byron,no\n\
         ,,{BORIS},,,okta|00uBORISWEBER000001,no,no,,,,,\n"
    )
}

#[tokio::test]
async fn rows_of_every_kind_are_done_by_one_run_and_each_has_its_verdict() {
    let scene = Scene::new(&[]).await;
    let sheet = mixed(&scene);
    for (admin, first) in [(&scene.project_admin, true), (&scene.super_admin, false)] {
        if first {
            let plan = planned(admin, &sheet).await;
            assert_eq!(plan.subject.raw(), "7 rows of staff.csv");
            // Factor and membership are two records, so Carla's row is two writes.
            assert_eq!(plan.changes.len(), 8, "{:#?}", plan.changes);
            let applied = apply(admin, plan, "ticket 4711", |_| {}).await.unwrap();
            let entry = admin.journal.show(applied.entry).unwrap();
            let told = verdicts(&entry);
            let words: Vec<Word> = told.iter().map(|verdict| verdict.word).collect();
            assert_eq!(words[..7], [Word::Done; 7]);
            assert_eq!(words[7], Word::AlreadySo);
            assert_eq!(told.iter().map(|verdict| verdict.line).collect::<Vec<_>>(), [2, 3, 4, 5, 6, 7, 8, 9]);
            assert!(told[6].made.as_ref().unwrap().starts_with("ProjectMembership/"), "{:?}", told[6]);
            assert_eq!(told[2].what, "external id: okta|00uNOORAZIZ00000001 → nothing");
        } else {
            // The other role sees several projects: what names one member there may be two here.
            let again =
                look(admin, &format!("membership,new external id\n{},okta|00uJANE\n", id(&scene, JANE)))
                    .await;
            assert!(matches!(again.rows[0].comes_to, ComesTo::AlreadySo { ref by } if by.is_empty()));
        }
    }
    assert_eq!(membership(&scene, JANE)["externalId"], "okta|00uJANE");
    assert_eq!(membership(&scene, NOOR).get("externalId"), None);
    assert_eq!(scene.stored("dana.reyes@post.example").len(), 1);
    assert_eq!(membership(&scene, CARLA)["active"], false);
    assert_eq!(scene.stored(CARLA)[0]["mfaRequired"], true);
    let hugo = membership(&scene, HUGO);
    assert_eq!((&hugo["active"], hugo.get("accessPolicy")), (&json!(true), None));
    assert_eq!(membership(&scene, "ada.byron@clinic.example")["externalId"], "okta|00uADA");
}

// What names somebody may be gone once the row is done: the file is still right, and nobody is guessed.
#[tokio::test]
async fn the_same_sheet_once_more_is_nothing_to_do() {
    let scene = Scene::new(&[]).await;
    let sheet = mixed(&scene);
    run(&scene.project_admin, &sheet).await;
    let again = look(&scene.project_admin, &sheet).await;
    let counts = again.counts();
    // Noor's external id is what named her, and it is nobody's now.
    assert_eq!((counts.changes, counts.already_so, counts.unclear), (0, 7, 1), "{:#?}", again.rows);
    assert_eq!(
        problems(&again.rows[2]),
        [
            "line 4, external id: Nobody that you see as project admin has the external id okta|00uNOORAZIZ00000001."
        ]
    );
    let nothing = again.plan(true).unwrap_err();
    assert!(matches!(nothing, NoPlan::Refused { why: Why::Nothing, .. }), "{nothing}");
}

#[tokio::test]
async fn rows_that_do_not_name_exactly_one_member_are_told_with_line_and_column() {
    let scene = Scene::new(&[]).await;
    let (jane, kim) = (id(&scene, JANE), "kim.park@clinic.example");
    let sheet = format!(
        "membership,user,email,external id,new email,active\n\
         ProjectMembership/nobody,,,,,no\n\
         {jane},User/other,,,,no\n\
         {jane},,{OMAR},,,no\n\
         {jane},,,okta|x,,no\n\
         ,,nobody@clinic.example,,,no\n\
         ,,{NOOR},okta|00uRUTHOSEI00000001,,no\n\
         ,,nobody@clinic.example,,{kim},no\n\
         ,,pat@,,,no\n"
    );
    let preview = look(&scene.project_admin, &sheet).await;
    let told: Vec<Vec<String>> = preview.rows.iter().map(problems).collect();
    let begins = [
        "line 2, membership: There is no membership ProjectMembership/nobody.",
        "line 3, user: The membership is of Jane Smith (",
        "line 4, email: The membership is of Jane Smith (",
        "line 5, external id: The membership is of Jane Smith (",
        "line 6, email: Nobody that you see as project admin has the address nobody@clinic.example.",
        "line 7, external id: okta|00uRUTHOSEI00000001 is Ruth Osei (",
        // Kim has the address already; whether Kim is meant is not guessed.
        "line 8, email: Nobody has it; what is to stand there is Kim Park (",
        "line 9, email: Nobody that you see",
    ];
    for (problems, begin) in told.iter().zip(begins) {
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with(begin), "{}\nnot\n{begin}", problems[0]);
    }
    let refused = preview.plan(false).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "8 of 8 rows are unclear, so nothing is done. Mend them, or have them left out."
    );
    // Hedda is in another project, and Tomás in two of them.
    let super_admin = look(&scene.super_admin, "email,active\ntomas.rivera@clinic.example,no\n").await;
    assert!(problems(&super_admin.rows[0])[0].starts_with("line 2: 2 members match: Tomás Rivera ("));
}

#[tokio::test]
async fn unclear_rows_are_left_out_only_on_demand_and_stand_in_the_result() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let sheet = format!("email,active\n{NOOR},no\nnobody@clinic.example,no\n{RUTH},perhaps\n");
    let preview = look(admin, &sheet).await;
    assert!(preview.plan(false).is_err());
    let plan = preview.plan(true).unwrap();
    assert_eq!(plan.warnings[0], "2 unclear rows are left out");
    let batch = plan.batch.clone().unwrap();
    assert!(
        matches!(&batch.rows[1].settled, Some(Settled::LeftOut { why }) if why.raw().starts_with("Nobody"))
    );
    let applied = apply(admin, plan, "", |_| {}).await.unwrap();
    let told = verdicts(&admin.journal.show(applied.entry).unwrap());
    let words: Vec<&str> = told.iter().map(|verdict| verdict.word.words()).collect();
    assert_eq!(words, ["done", "left out", "left out"]);
    assert_eq!(told[2].why, "perhaps is neither yes nor no.");
    assert_ne!(membership(&scene, RUTH)["active"], false);
}

// The second row is planned as if the first were done, goes out after it, and is taken back before it.
#[tokio::test]
async fn two_rows_for_one_record_keep_their_order() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let sheet = format!(
        "email,new external id,active\n{OMAR},okta|1,\n{NOOR},,no\n{OMAR},okta|2,no\n{OMAR},okta|2,\n"
    );
    let plan = planned(admin, &sheet).await;
    let omar: Vec<_> = plan.changes.iter().filter(|c| c.who == Some("Omar Haddad".into())).collect();
    assert_eq!(omar.len(), 2);
    assert_eq!(omar[1].fields[0].before.known().unwrap(), &Some("okta|1".into()));
    // The fourth row is so once the third is done; it is none of those that are at work.
    assert_eq!(plan.batch.as_ref().unwrap().rows[3].steps, [2]);
    assert_eq!(
        (plan.subject.raw(), &plan.confirm),
        ("3 rows of staff.csv", &Confirm::Typed { text: "3".into() })
    );
    let applied = apply(admin, plan, "", |_| {}).await.unwrap();
    assert_eq!(
        (&membership(&scene, OMAR)["externalId"], &membership(&scene, OMAR)["active"]),
        (&json!("okta|2"), &json!(false))
    );
    let back = idconsole::workflows::undo::plan_undo(admin, applied.entry).await.unwrap();
    assert!(!back.warnings.iter().any(|words| words.contains("stays as it is")), "{:?}", back.warnings);
    apply(admin, back, "", |_| {}).await.unwrap();
    let omar = membership(&scene, OMAR);
    assert_eq!((omar.get("externalId"), &omar["active"]), (None, &json!(true)));
}

// platform-api §9.2: an external id is one member's in a project. What one row frees, a later one may give.
#[tokio::test]
async fn an_external_id_goes_from_one_to_another_in_the_order_of_the_rows() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let id = "okta|00uNOORAZIZ00000001";
    let wrong = look(admin, &format!("email,new external id\n{RUTH},{id}\n{NOOR},(none)\n")).await;
    assert!(
        problems(&wrong.rows[0])[0]
            .starts_with("line 2, new external id: okta|00uNOORAZIZ00000001 is the external id of Noor Aziz")
    );
    run(admin, &format!("email,new external id\n{NOOR},(none)\n{RUTH},{id}\n")).await;
    assert_eq!(membership(&scene, RUTH)["externalId"], id);
    let twice = look(admin, &format!("email,new external id\n{JANE},okta|same\n{OMAR},okta|same\n")).await;
    assert!(problems(&twice.rows[1])[0].contains("okta|same is the external id of Jane Smith"));
}

#[tokio::test]
async fn the_own_account_and_what_is_no_person_are_no_rows() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let own = admin.caller.email.clone().unwrap();
    let preview = look(admin, &format!("email,active,admin\n{},no,\n", own.raw())).await;
    assert_eq!(
        problems(&preview.rows[0]),
        ["line 2: It is your own account, which no sheet changes; do it by itself."]
    );
    let client = look(admin, "membership,active\nClientApplication/x,no\n").await;
    assert_eq!(problems(&client.rows[0]), ["line 2, membership: ClientApplication/x is no membership."]);
}

// A row above that changes something else of somebody does not make it so.
#[tokio::test]
async fn what_is_so_today_is_told_from_what_a_row_above_makes_so() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let sheet = format!(
        "email,new external id,active\n{OMAR},okta|1,\n{OMAR},,yes\n{OMAR},okta|1,\n{OMAR},okta|1,yes\n"
    );
    let preview = look(admin, &sheet).await;
    let by: Vec<&[usize]> = preview.rows[1..]
        .iter()
        .map(|row| match &row.comes_to {
            ComesTo::AlreadySo { by } => &by[..],
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(by, [&[][..], &[0], &[0]]);
    let omar = id(&scene, OMAR);
    let forbidden = Effect::Text { status: 403, body: "Forbidden".to_owned() };
    scene.running.faults().add(Rule::on(&format!("/fhir/R4/{omar}"), forbidden).method("PATCH"));
    let failed = apply(admin, preview.plan(false).unwrap(), "", |_| {}).await.unwrap_err();
    let told = verdicts(&admin.journal.show(failed.entry().unwrap()).unwrap());
    let words: Vec<Word> = told.iter().map(|verdict| verdict.word).collect();
    assert_eq!(words, [Word::Failed, Word::AlreadySo, Word::Failed, Word::Failed]);
}

#[tokio::test]
async fn a_row_that_cannot_be_looked_at_is_told_and_the_others_go_on() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let (noor, ruth) = (id(&scene, NOOR), id(&scene, RUTH));
    let sheet = format!(
        "membership,email,active\n\
         {noor},,no\n\
         {ruth},,no\n\
         ,{OMAR},no\n"
    );
    let forbidden = Effect::Text { status: 403, body: "Forbidden".to_owned() };
    scene.running.faults().add(Rule::on(&format!("/fhir/R4/{noor}"), forbidden).method("GET"));
    scene.running.faults().add(Rule::on(&format!("/fhir/R4/{ruth}"), Effect::Broken).method("GET"));
    let preview = look(admin, &sheet).await;
    for (row, line) in [(0, 2), (1, 3)] {
        let problems = problems(&preview.rows[row]);
        assert!(problems[0].starts_with(&format!("line {line}")), "{problems:?}");
        assert!(problems[0].contains("The platform says: ") && !problems[0].ends_with(".."), "{problems:?}");
    }
    assert!(matches!(preview.rows[2].comes_to, ComesTo::Changes(_)), "{:#?}", preview.rows[2]);
}

#[tokio::test]
async fn a_member_who_is_otherwise_than_an_invitation_asks_is_not_so_already() {
    let scene = Scene::new(&[]).await;
    let header = "action,new email,first name,last name,scope,profile,patient,mfa required\n";
    let other = [
        (",,,yes", "mfa required: "),
        ("project,,,", "scope: "),
        (",Practitioner/somebody-else,,", "profile: "),
        (",,Patient/somebody,", "patient: "),
    ];
    // Whoever is an admin by now is not so already where the row says no; an empty cell leaves it open.
    let admin = scene.running.facts.clone().unwrap().project_admin.email;
    let invite = |cell: &str| format!("invite,{admin},Pat,Admin,{cell}\n");
    let told = look(
        &scene.project_admin,
        &format!("action,new email,first name,last name,admin\n{}{}", invite("no"), invite("")),
    )
    .await;
    assert!(problems(&told.rows[0])[0].contains("is a member already, as a project admin."), "{told:#?}");
    assert!(matches!(told.rows[1].comes_to, ComesTo::AlreadySo { .. }), "{:#?}", told.rows[1]);
    let rows = other.map(|(cells, _)| format!("invite,{NOOR},Noor,Aziz,{cells}\n")).concat();
    let preview = look(&scene.project_admin, &format!("{header}{rows}")).await;
    for (at, (_, column)) in other.iter().enumerate() {
        let problems = problems(&preview.rows[at]);
        assert!(problems[0].starts_with(&format!("line {}, {column}", at + 2)), "{problems:?}");
        assert!(problems[0].contains("is a member already, "), "{problems:?}");
    }
}

// A user that may not be read is not known to be server-scoped (platform-api §12).
#[tokio::test]
async fn where_a_user_exists_that_cannot_be_read_is_not_guessed() {
    let scene = Scene::new(&[]).await;
    let forbidden = idconsole::demo::faults::Effect::Text { status: 403, body: "Forbidden".to_owned() };
    scene.running.faults().add(idconsole::demo::faults::Rule::on("/fhir/R4/User/*", forbidden).method("GET"));
    let rows = ["server", "project"].map(|scope| format!("invite,{NOOR},Noor,Aziz,{scope}\n")).concat();
    let sheet = format!("action,new email,first name,last name,scope\n{rows}");
    let preview = look(&scene.project_admin, &sheet).await;
    for row in &preview.rows {
        assert!(problems(row)[0].contains("and where the user exists is not known"), "{row:#?}");
    }
}

#[tokio::test]
async fn whoever_is_a_member_already_is_not_invited_again() {
    let scene = Scene::new(&[]).await;
    let sheet = format!(
        "action,new email,new external id,first name,last name,email,active\n\
         invite,{NOOR},,Noor,Aziz,,\n\
         invite,{NOOR},okta|other,Noor,Aziz,,\n\
         invite,{HUGO},,Hugo,Brandt,,\n\
         invite,new.one@clinic.example,,New,One,,\n\
         invite,NEW.one@clinic.example,,New,Two,,\n\
         ,,,,,new.one@clinic.example,no\n"
    );
    let preview = look(&scene.project_admin, &sheet).await;
    assert!(matches!(preview.rows[0].comes_to, ComesTo::AlreadySo { .. }));
    assert!(problems(&preview.rows[1])[0].contains("is a member already, with the external id okta|00uNOOR"));
    assert!(problems(&preview.rows[2])[0].contains("is a member already, though not active"));
    assert!(matches!(preview.rows[3].comes_to, ComesTo::Changes(_)));
    assert_eq!(problems(&preview.rows[4]), ["line 6: Another row of this sheet invites them already."]);
    // Whoever is to be invited is nobody yet.
    assert!(problems(&preview.rows[5])[0].starts_with("line 7, email: Nobody"), "{:?}", preview.rows[5]);
}

#[tokio::test]
async fn the_preview_says_who_gets_in_before_and_after() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let sheet =
        format!("email,new external id,active\n{OMAR},okta|00uOMARHADDAD000001,\n{RUTH},,no\n{HUGO},,yes\n");
    let preview = look(admin, &sheet).await;
    let work = |row: usize| match &preview.rows[row].comes_to {
        ComesTo::Changes(work) => work,
        other => panic!("{other:?}"),
    };
    assert!(work(0).opens(), "{:#?}", work(0).sign_in);
    assert!(work(2).opens() && !work(2).closes());
    let plan = preview.plan(false).unwrap();
    assert!(
        plan.warnings.iter().any(|words| words.starts_with("a way to sign in opens for ")),
        "{:?}",
        plan.warnings
    );
}

// Marked rows: what is said of one person twice is done twice, in its order.
#[tokio::test]
async fn two_different_things_for_one_marked_member_are_both_done() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let member = scene.member(admin, OMAR).await;
    let id = |id: &str| Intent::Link { members: vec![member.clone()], external_id: Some(id.into()) };
    let off = Intent::Activate { members: vec![member.clone()], active: false };
    let both = plan(admin, &Intent::Each(vec![id("okta|1"), off, id("okta|2"), id("okta|1")])).await.unwrap();
    assert_eq!(both.changes.len(), 4, "{:#?}", both.changes);
    assert_eq!(both.changes[3].fields[0].before.known().unwrap(), &Some("okta|2".into()));
    apply(admin, both, "", |_| {}).await.unwrap();
    let omar = membership(&scene, OMAR);
    // What was said last stands.
    assert_eq!((&omar["externalId"], &omar["active"]), (&json!("okta|1"), &json!(false)));
    let twice = Intent::Each(vec![id("okta|3"), id("okta|3")]);
    assert_eq!(plan(admin, &twice).await.unwrap().changes.len(), 1, "the same at once is done once");
}

#[tokio::test]
async fn admin_and_policy_are_given_and_taken_by_a_sheet_that_names_users() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let user = |email: &str| membership(&scene, email)["user"]["reference"].as_str().unwrap().to_owned();
    let (noor, ruth, omar) = (user(NOOR), user(RUTH), user(OMAR));
    let header = "user,admin,policy";
    run(admin, &format!("{header}\n{noor},yes,Read only\n{ruth},,Ward network only\n{omar},yes,\n")).await;
    let policy =
        |email: &str| membership(&scene, email)["accessPolicy"]["reference"].as_str().map(str::to_owned);
    let named = |name: &str| {
        let of = scene.running.state.read().find_by("AccessPolicy", "name", name).remove(0);
        Some(format!("AccessPolicy/{}", of["id"].as_str().unwrap()))
    };
    assert_eq!((policy(NOOR), policy(RUTH)), (named("Read only"), named("Ward network only")));
    assert_eq!(
        (&membership(&scene, NOOR)["admin"], &membership(&scene, OMAR)["admin"]),
        (&json!(true), &json!(true))
    );

    run(admin, &format!("{header}\n{noor},no,(none)\n{omar},no,\n")).await;
    assert_eq!((policy(NOOR), &membership(&scene, NOOR)["admin"]), (None, &json!(false)));
    let unclear = look(admin, &format!("{header}\n{noor},,No such policy\nUser/nobody,yes,\n")).await;
    assert!(problems(&unclear.rows[0])[0].starts_with("line 2, policy: "), "{:?}", unclear.rows[0]);
    assert!(problems(&unclear.rows[1])[0].starts_with("line 3, user: Nobody"), "{:?}", unclear.rows[1]);
}

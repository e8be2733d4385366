//! Pictures of the screens over the clinic: text and styles. Each one was looked at.

use idconsole::console::theme::Theme;
use idconsole::console::{Look, glyphs::Glyphs};
use idconsole::identity::{Feature, Mfa, Platform, Role, Text, UserId};
use rstest::rstest;

use super::clinic::{Clinic, Signed};

async fn clinic(role: Role, width: u16, height: u16) -> Signed {
    Clinic::new(role, 30).console(width, height).await
}

async fn picture(role: Role, width: u16, height: u16, keys: &[&str]) -> String {
    let mut job = clinic(role, width, height).await;
    for keys in keys {
        job.console.keys(keys).await;
    }
    job.console.picture()
}

const NEW: &str = "jane.smith@clinic.example";

#[rstest]
#[case("80x24", 80, 24)]
#[case("120x40", 120, 40)]
#[case("40x12", 40, 12)]
#[case("60x16", 60, 16)]
#[tokio::test]
async fn members(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    let shown = picture(Role::ProjectAdmin, width, height, &["<Down><Down><Down><Space>"]).await;
    insta::assert_snapshot!(format!("members_{size}"), shown);
}

#[rstest]
#[case("while_typing", "/jan")]
#[case("nearly", "/jnesmith<Enter>")]
#[case("nothing", "/mfa:none jane x<Enter>")]
#[case("long_name", "/maximiliane<Enter>")]
#[case("hostile", "/il<Enter>")]
#[case("wide", "/yamada<Enter>")]
#[tokio::test]
async fn members_filtered(#[case] name: &str, #[case] keys: &str) {
    insta::assert_snapshot!(
        format!("members_filtered_{name}"),
        picture(Role::ProjectAdmin, 80, 24, &[keys]).await
    );
}

#[tokio::test]
async fn members_while_loading() {
    let clinic = Clinic::new(Role::ProjectAdmin, 30);
    clinic.0.lock().unwrap().hold_after = Some(20);
    let mut job = clinic.begun(80, 24).await;
    job.console.until("loading 20 of 42").await;
    insta::assert_snapshot!("members_while_loading", job.console.picture());
}

#[rstest]
#[case("80x24", 80, 24)]
#[case("120x40", 120, 40)]
#[tokio::test]
async fn record(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    let shown = picture(Role::ProjectAdmin, width, height, &["/jane smith<Enter><Enter>"]).await;
    insta::assert_snapshot!(format!("record_{size}"), shown);
}

#[tokio::test]
async fn record_of_somebody_with_findings_for_a_super_admin() {
    let shown = picture(Role::SuperAdmin, 120, 40, &["/aino<Enter><Enter>"]).await;
    insta::assert_snapshot!("record_findings", shown);
}

#[tokio::test]
async fn record_history_at_80_columns() {
    let shown = picture(Role::SuperAdmin, 80, 24, &["/jane smith<Enter><Enter><Right>"]).await;
    insta::assert_snapshot!("record_history_80x24", shown);
}

#[rstest]
#[case("empty", "")]
#[case("wrong", "jane.smith@clinic,example")]
#[case("ways", "jane.smith@clinic.example<Enter>")]
#[tokio::test]
async fn email_form(#[case] name: &str, #[case] keys: &str) {
    let shown = picture(Role::ProjectAdmin, 80, 24, &["/jane smith<Enter>e", keys]).await;
    insta::assert_snapshot!(format!("email_form_{name}"), shown);
}

#[rstest]
#[case("80x24", 80, 24)]
#[case("120x40", 120, 40)]
#[tokio::test]
async fn link_form(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    let keys = ["/jane smith<Enter>l", "okta|00u1"];
    insta::assert_snapshot!(
        format!("link_form_{size}"),
        picture(Role::ProjectAdmin, width, height, &keys).await
    );
}

#[tokio::test]
async fn email_form_with_choices_for_a_super_admin() {
    let keys = ["/jane smith<Enter>e", NEW, "<Enter><Up><Up>"];
    insta::assert_snapshot!("email_form_choices", picture(Role::SuperAdmin, 120, 40, &keys).await);
}

#[rstest]
#[case("80x24", 80, 24)]
#[case("120x40", 120, 40)]
#[tokio::test]
async fn plan(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    let keys = ["/jane smith<Enter>e", NEW, "<Enter><Enter>", "ticket 4711"];
    insta::assert_snapshot!(format!("plan_{size}"), picture(Role::ProjectAdmin, width, height, &keys).await);
}

#[tokio::test]
async fn plan_with_details_for_a_super_admin() {
    let keys = ["/jane smith<Enter>e", NEW, "<Enter><Enter>", "ticket 4711<Tab>d"];
    insta::assert_snapshot!("plan_details", picture(Role::SuperAdmin, 120, 40, &keys).await);
}

#[tokio::test]
async fn plan_on_production() {
    let clinic = Clinic::new(Role::SuperAdmin, 0);
    let look = Look { theme: Theme::embedded("dark").unwrap(), ..Look::default() };
    let mut job = clinic.console_with(100, 36, look, |session| session.production = true).await;
    job.console.keys("/jane smith<Enter>e").await.keys(NEW).await.keys("<Enter><Enter>why<Enter>").await;
    assert!(job.console.text().contains("apply to production"), "{}", job.console.text());
    insta::assert_snapshot!("plan_production", job.console.picture());
}

#[tokio::test]
async fn plan_applied() {
    let mut job = clinic(Role::SuperAdmin, 80, 24).await;
    job.console.keys("/jane smith<Enter>e").await.keys(NEW).await.keys("<Enter><Enter>ticket 4711").await;
    while !job.console.text().contains("entry 1") {
        job.console.keys("<Enter>").await;
    }
    insta::assert_snapshot!("plan_applied", job.console.picture());
    job.console.keys("<Enter>2").await;
    insta::assert_snapshot!("journal_80x24", job.console.picture());
    job.console.resize(120, 40).await;
    insta::assert_snapshot!("journal_120x40", job.console.picture());
    job.console.keys("u").await;
    insta::assert_snapshot!("journal_undo_plan", job.console.picture());
}

#[tokio::test]
async fn plan_that_somebody_else_overtook() {
    let mut job = clinic(Role::SuperAdmin, 80, 30).await;
    job.console.keys("/jane smith<Enter>e").await.keys(NEW).await.keys("<Enter><Enter>ticket 4711").await;
    let jane = UserId::new("9b2c0000-0000-4000-8000-000000000000");
    job.clinic.0.lock().unwrap().set_email(&jane, &Text::from("j.smith@clinic.example"), "Robin Other");
    while !job.console.text().contains("Somebody changed") {
        job.console.keys("<Enter>").await;
    }
    insta::assert_snapshot!("plan_stale", job.console.picture());
    job.console.keys("<Enter>").await;
    insta::assert_snapshot!("plan_stale_three_ways", job.console.picture());
}

#[tokio::test]
async fn journal_before_anything_was_done() {
    insta::assert_snapshot!("journal_empty", picture(Role::ProjectAdmin, 80, 24, &["9"]).await);
}

#[tokio::test]
async fn members_that_could_not_be_loaded() {
    let clinic = Clinic::new(Role::ProjectAdmin, 0);
    clinic.0.lock().unwrap().signed_out = true;
    let job = clinic.console(80, 24).await;
    insta::assert_snapshot!("members_not_loaded", job.console.picture());
}

#[tokio::test]
async fn members_with_plain_signs() {
    let look = Look { glyphs: Glyphs::ASCII, theme: Theme::embedded("mono").unwrap(), ..Look::default() };
    let mut job = Clinic::new(Role::ProjectAdmin, 0).console_with(80, 24, look, |_| {}).await;
    job.console.keys("<Down><Space>").await;
    let shown = job.console.picture();
    let ours =
        |line: &&str| line.starts_with('|') && !line.contains(['山', 'ë', 'é', 'ä']) && line.is_ascii();
    assert!(shown.lines().filter(ours).count() > 12, "{shown}");
    insta::assert_snapshot!("members_ascii", shown);
}

#[rstest]
#[case("invite_80x24", 80, 24, "i", "Nora<Tab>New<Tab>nora.new@clinic<Tab><Tab><Right><Right>")]
#[case("invite_120x40", 120, 40, "i", "Nora<Enter>")]
#[case("invite_60x16", 60, 16, "i", "Nora<Shift-Tab>")]
#[case("policy_80x24", 80, 24, "/jane smith<Enter>p", "<Enter><Right><Right>")]
#[case("access_80x24", 80, 24, "/jane smith<Enter>A", "<Tab><Tab>ward<Enter>")]
#[case("password_80x24", 80, 24, "/jane smith<Enter>P", "Quarry-lantern<Tab>Quarry<Enter>")]
#[case("scope_80x24", 80, 24, "/jane smith<Enter>v", "<Right>")]
#[tokio::test]
async fn forms_of_a_person(
    #[case] name: &str,
    #[case] width: u16,
    #[case] height: u16,
    #[case] open: &str,
    #[case] keys: &str,
) {
    let shown = picture(Role::ProjectAdmin, width, height, &[open, keys]).await;
    assert!(!shown.contains("Quarry"), "{shown}");
    insta::assert_snapshot!(format!("form_{name}"), shown);
}

#[rstest]
#[case("80x24", 80, 24)]
#[case("120x40", 120, 40)]
#[case("40x12", 40, 12)]
#[tokio::test]
async fn columns_of_a_list(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    let shown = picture(Role::ProjectAdmin, width, height, &["C<Down><Down><Space><Down><Shift-Up>s"]).await;
    insta::assert_snapshot!(format!("columns_{size}"), shown);
}

#[tokio::test]
async fn a_file_for_what_is_shown() {
    let shown = picture(Role::ProjectAdmin, 80, 24, &["<Space><Space>E"]).await;
    insta::assert_snapshot!("export", shown);
}

#[tokio::test]
async fn help_says_what_the_filter_understands() {
    // To the end of it, however long the keys have become.
    let keys = format!("?{}", "<Down>".repeat(60));
    let shown = picture(Role::ProjectAdmin, 120, 60, &[&keys]).await;
    assert!(shown.contains("what must not hold"), "{shown}");
    insta::assert_snapshot!("help_members", shown);
}

#[rstest]
#[case("80x24", 80, 24)]
#[case("120x40", 120, 40)]
#[case("40x12", 40, 12)]
#[case("60x16", 60, 16)]
#[tokio::test]
async fn mfa(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    let shown = picture(Role::ProjectAdmin, width, height, &["5<Down><Down><Space>"]).await;
    insta::assert_snapshot!(format!("mfa_{size}"), shown);
}

#[tokio::test]
async fn mfa_of_a_super_admin_with_a_filter() {
    let shown = picture(Role::SuperAdmin, 80, 24, &["5/asked:enrol<Enter>"]).await;
    insta::assert_snapshot!("mfa_filtered", shown);
}

#[rstest]
#[case("project_admin", Role::ProjectAdmin)]
#[case("super_admin", Role::SuperAdmin)]
#[tokio::test]
async fn reset_form(#[case] name: &str, #[case] role: Role) {
    let shown = picture(role, 80, 24, &["/janet<Enter>m", "<Enter>called back"]).await;
    insta::assert_snapshot!(format!("reset_form_{name}"), shown);
}

#[tokio::test]
async fn plan_of_a_reset() {
    let keys = ["/janet<Enter>m", "called back on the number on file<Enter>", "lost phone"];
    insta::assert_snapshot!("plan_reset", picture(Role::ProjectAdmin, 80, 24, &keys).await);
}

#[tokio::test]
async fn plan_of_an_offboarding() {
    let keys = ["/jane smith<Enter>O", "left the clinic"];
    insta::assert_snapshot!("plan_offboard", picture(Role::ProjectAdmin, 80, 30, &keys).await);
}

#[rstest]
#[case("80x24", Role::SuperAdmin, 80, 24)]
#[case("120x40", Role::SuperAdmin, 120, 40)]
#[case("40x12", Role::SuperAdmin, 40, 12)]
#[case("60x16", Role::SuperAdmin, 60, 16)]
#[case("own", Role::ProjectAdmin, 80, 24)]
#[tokio::test]
async fn sessions(#[case] name: &str, #[case] role: Role, #[case] width: u16, #[case] height: u16) {
    insta::assert_snapshot!(format!("sessions_{name}"), picture(role, width, height, &["7<Space>"]).await);
}

#[rstest]
#[case("80x24", 80, 24)]
#[case("120x40", 120, 40)]
#[tokio::test]
async fn plan_of_many_rows(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    let mut job = clinic(Role::SuperAdmin, width, height).await;
    job.console.keys("*l").await;
    insta::assert_snapshot!(format!("plan_rows_{size}"), job.console.picture());
}

#[rstest]
#[case("80x24", 80, 24)]
#[case("120x40", 120, 40)]
#[case("40x12", 40, 12)]
#[tokio::test]
async fn linkage(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    insta::assert_snapshot!(
        format!("linkage_{size}"),
        picture(Role::SuperAdmin, width, height, &["3", "<Down>"]).await
    );
}

#[rstest]
#[case("80x24", 80, 24)]
#[case("120x40", 120, 40)]
#[case("40x12", 40, 12)]
#[case("60x16", 60, 16)]
#[tokio::test]
async fn doctor(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    let keys = ["8/", NEW, "<Enter>"];
    insta::assert_snapshot!(
        format!("doctor_{size}"),
        picture(Role::ProjectAdmin, width, height, &keys).await
    );
}

#[rstest]
#[case("empty", &["8"])]
#[case("form", &["8/", NEW, "<Tab>", NEW])]
#[case("evidence", &["8/", NEW, "<Enter><Left>"])]
#[case("unknown", &["8/nobody@elsewhere.example<Enter>"])]
#[case("several", &["8/jan<Enter>"])]
#[case("of_a_member", &["/jane smith<Enter>d"])]
#[tokio::test]
async fn doctor_at_80_columns(#[case] name: &str, #[case] keys: &[&str]) {
    insta::assert_snapshot!(format!("doctor_{name}"), picture(Role::ProjectAdmin, 80, 24, keys).await);
}

#[tokio::test]
async fn doctor_in_ascii() {
    let look = Look { glyphs: Glyphs::ASCII, ..Look::default() };
    let mut job = Clinic::new(Role::ProjectAdmin, 30).console_with(80, 24, look, |_| {}).await;
    job.console.keys("8/").await.keys(NEW).await.keys("<Enter>").await;
    insta::assert_snapshot!("doctor_ascii", job.console.picture());
}

#[rstest]
#[case("80x24", 80, 24)]
#[case("120x40", 120, 40)]
#[case("40x12", 40, 12)]
#[case("60x16", 60, 16)]
#[tokio::test]
async fn findings(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    insta::assert_snapshot!(
        format!("findings_{size}"),
        picture(Role::SuperAdmin, width, height, &["!", "<Down><Space>"]).await
    );
}

#[tokio::test]
async fn findings_filtered_for_a_project_admin() {
    let keys = ["!/severity:warning<Enter>", "<Down>"];
    insta::assert_snapshot!("findings_filtered", picture(Role::ProjectAdmin, 80, 24, &keys).await);
    let keys = ["!/rule:nothing<Enter>"];
    insta::assert_snapshot!("findings_none_match", picture(Role::ProjectAdmin, 80, 24, &keys).await);
}

// An id of before leads to who had it: `h` reads the histories that tell.
#[rstest]
#[case("80x24", 80, 24)]
#[case("120x40", 120, 40)]
#[case("60x16", 60, 16)]
#[tokio::test]
async fn linkage_by_an_id_of_before(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    insta::assert_snapshot!(
        format!("linkage_before_{size}"),
        picture(Role::ProjectAdmin, width, height, &["3/okta|00u4711<Enter>", "h", "<Space>"]).await
    );
}

#[tokio::test]
async fn forms_of_marked_people_and_of_a_super_admin() {
    let marked = ["/jan<Enter>*", "m"];
    insta::assert_snapshot!("form_reset_marked", picture(Role::SuperAdmin, 80, 24, &marked).await);
    insta::assert_snapshot!(
        "form_invite_super_admin",
        picture(Role::SuperAdmin, 80, 24, &["i", "Nora"]).await
    );
}

#[tokio::test]
async fn linkage_looked_up() {
    insta::assert_snapshot!("linkage_looked_up", picture(Role::ProjectAdmin, 80, 24, &["3/okta|00u"]).await);
    insta::assert_snapshot!(
        "linkage_looked_up_nobody",
        picture(Role::ProjectAdmin, 80, 24, &["3/zzz<Enter>"]).await
    );
}

#[rstest]
#[case("80x24", 80, 24)]
#[case("120x40", 120, 40)]
#[case("60x16", 60, 16)]
#[tokio::test]
async fn access(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    let mut job = clinic(Role::ProjectAdmin, width, height).await;
    job.console.keys("/janet wu<Enter>V").await;
    if height > 16 {
        job.console.keys("search Login<Enter>").await;
    }
    insta::assert_snapshot!(format!("access_{size}"), job.console.picture());
}

#[rstest]
#[case("80x24", 80, 24)]
#[case("120x40", 120, 40)]
#[case("60x16", 60, 16)]
#[case("40x12", 40, 12)]
#[tokio::test]
async fn overview(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    insta::assert_snapshot!(
        format!("overview_{size}"),
        picture(Role::ProjectAdmin, width, height, &["1", "<Down>"]).await
    );
}

/// On an older platform: what it lacks stands with what the role cannot do, and the action says why it is not there.
#[rstest]
#[case("overview", 80, 24, "1<PageDown><PageDown>")]
#[case("overview", 120, 40, "1<PageDown>")]
#[case("overview", 60, 16, "1<PageDown><PageDown><PageDown><PageDown><PageDown><PageDown>")]
#[case("action", 80, 24, "m")]
#[tokio::test]
async fn older_platform(#[case] what: &str, #[case] width: u16, #[case] height: u16, #[case] keys: &str) {
    let clinic = Clinic::new(Role::ProjectAdmin, 40);
    clinic.0.lock().unwrap().about =
        Platform { version: Some("4.1.0".into()), lacks: [Feature::ResetMfa, Feature::Rescope].into() };
    let mut job = clinic.console(width, height).await;
    job.console.keys(keys).await;
    insta::assert_snapshot!(format!("older_{what}_{width}x{height}"), job.console.picture());
}

#[tokio::test]
async fn plan_without_a_reason() {
    let keys = ["/jane smith<Enter>x", "<Enter>"];
    insta::assert_snapshot!("plan_without_reason", picture(Role::ProjectAdmin, 80, 30, &keys).await);
}

#[rstest]
#[case("80x24", 80, 24)]
#[case("120x40", 120, 40)]
#[case("60x16", 60, 16)]
#[case("40x12", 40, 12)]
#[tokio::test]
async fn own_factor(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    insta::assert_snapshot!(
        format!("own_factor_{size}"),
        picture(Role::ProjectAdmin, width, height, &["5", "F"]).await
    );
}

#[rstest]
#[case("app_80x24", 80, 24, "a", "new phone<Tab>12")]
#[case("app_120x40", 120, 40, "a", "new phone<Tab>12")]
#[case("app_120x40_key", 120, 40, "a", "<Ctrl-t>")]
#[case("app_60x16", 60, 16, "a", "new phone<Tab>12")]
#[case("app_plan", 80, 24, "a", "new phone<Tab>123456<Enter>")]
#[case("mail_80x24", 80, 24, "m", "new phone")]
#[case("mail_120x40", 120, 40, "m", "new phone<Tab>123456")]
#[tokio::test]
async fn own_factor_enrolled(
    #[case] name: &str,
    #[case] width: u16,
    #[case] height: u16,
    #[case] which: &str,
    #[case] keys: &str,
) {
    let clinic = Clinic::new(Role::ProjectAdmin, 30);
    *clinic.0.lock().unwrap().pat() = Mfa { required: true, ..Mfa::default() };
    let mut job = clinic.console(width, height).await;
    job.console.keys("F").await;
    if name == "app_80x24" {
        insta::assert_snapshot!("own_factor_required", job.console.picture());
    }
    job.console.keys(which).await.keys(keys).await;
    insta::assert_snapshot!(format!("own_factor_{name}"), job.console.picture());
}

#[rstest]
#[case("80x24", 80, 24)]
#[case("60x16", 60, 16)]
#[tokio::test]
async fn own_factor_disabled(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    let shown = picture(Role::SuperAdmin, width, height, &["F", "x<Right><Right>"]).await;
    insta::assert_snapshot!(format!("own_factor_disable_{size}"), shown);
}

#[tokio::test]
async fn a_window_as_large_as_is_told_shows_the_qr_code() {
    let clinic = Clinic::new(Role::ProjectAdmin, 30);
    *clinic.0.lock().unwrap().pat() = Mfa::default();
    let mut job = clinic.console(80, 24).await;
    job.console.keys("Fa").await;
    assert!(job.console.text().contains("In a window of 102 columns and 28 lines"), "{}", job.console.text());
    for (width, height, drawn) in [(102, 28, true), (101, 28, false), (102, 27, false)] {
        job.console.resize(width, height).await;
        assert_eq!(job.console.text().contains("Scan this"), drawn, "{}", job.console.text());
    }
}

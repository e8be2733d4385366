//! Domain routes by plans: added, changed, renamed, removed and taken back, without a secret being written down
//! (platform-api §9.3, §9.4, §11; standards S2, S3).

use idconsole::demo::faults::{Effect, Rule};
use idconsole::identity::{
    Confirm, DomainRouteId, IdentityProvider, Plan, Reference, RouteDraft, Secret, Seen, Text,
};
use idconsole::workflows::intent::{Intent, NoPlan, ProviderEdit, ProviderField, SecretField, Why, plan};
use idconsole::workflows::undo::plan_undo;
use idconsole::workflows::{Applied, ApplyError, Engine, apply_with};
use rstest::rstest;
use serde_json::{Value, json};

use super::scene::Scene;

const OLD: &str = "Quarry-lantern-7";
const NEW: &str = "Harbour-thimble-9";

fn draft(domain: &str) -> RouteDraft {
    let at = |path: &str| Text::from(format!("https://idp.new.example/{path}"));
    RouteDraft {
        domain: domain.into(),
        issuer: None,
        post_login: vec!["https://portal.new.example/back".into()],
        provider: IdentityProvider {
            authorize_url: at("authorize"),
            token_url: at("token"),
            user_info_url: at("userinfo"),
            client_id: "medplum".into(),
            use_subject: None,
            identity_source: None,
            identity_mapping_mode: None,
            token_auth_method: Some("client_secret_post".into()),
            use_pkce: None,
            user_info_mode: None,
            user_info_key_set: false,
        },
    }
}

fn added(draft: RouteDraft) -> Intent {
    Intent::AddRoute(Box::new(draft))
}

fn stored(scene: &Scene, domain: &str) -> Value {
    let found = scene.running.state.read().find_by("DomainConfiguration", "domain", domain);
    found.into_iter().next().unwrap_or_default()
}

fn id(scene: &Scene, domain: &str) -> DomainRouteId {
    stored(scene, domain)["id"].as_str().unwrap_or_else(|| panic!("no {domain}")).into()
}

async fn apply(engine: &Engine, plan: Plan, secret: Option<&str>) -> Result<Applied, ApplyError> {
    apply_with(engine, plan, "ticket 4711", secret.map(Secret::from).as_ref(), |_| {}).await
}

async fn undone(engine: &Engine, applied: &Applied) {
    let back = plan_undo(engine, applied.entry).await.unwrap();
    apply(engine, back, None).await.unwrap();
}

fn is_clean(scene: &Scene, plan: &Plan) {
    let disk = scene.on_disk();
    for secret in [OLD, NEW] {
        assert!(!disk.windows(secret.len()).any(|part| part == secret.as_bytes()), "in the journal");
    }
    let shown = format!("{plan:?}");
    assert!(!shown.contains(OLD) && !shown.contains(NEW));
}

fn field<'a>(plan: &'a Plan, name: &str) -> (Option<&'a str>, Option<&'a str>) {
    let field = plan.changes[0].fields.iter().find(|field| field.field == name);
    let field = field.unwrap_or_else(|| panic!("no {name} in {plan:?}"));
    let before = match &field.before {
        Seen::Known(before) => before.as_ref().map(Text::raw),
        Seen::Unknown(_) => None,
    };
    (before, field.after.as_ref().map(Text::raw))
}

#[tokio::test]
async fn a_route_is_added_read_back_and_taken_back() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.super_admin;
    let wanted = plan(admin, &added(draft("clinic.example"))).await.unwrap();
    assert_eq!(field(&wanted, "client secret"), (None, Some("set (not shown)")));
    assert_eq!(field(&wanted, "authorize address"), (None, Some("https://idp.new.example/authorize")));
    assert!(wanted.also[0].contains("people have an address of clinic.example"), "{:?}", wanted.also);
    assert!(wanted.also.iter().any(|also| also.contains("resetting the own password")), "{:?}", wanted.also);
    assert_eq!(wanted.confirm, Confirm::Enter);
    let applied = apply(admin, wanted.clone(), Some(OLD)).await.unwrap();
    let route = stored(&scene, "clinic.example");
    assert_eq!(
        route["identityProvider"],
        json!({
            "authorizeUrl": "https://idp.new.example/authorize",
            "tokenUrl": "https://idp.new.example/token",
            "userInfoUrl": "https://idp.new.example/userinfo",
            "clientId": "medplum",
            "clientSecret": OLD,
            "tokenAuthMethod": "client_secret_post",
        })
    );
    assert_eq!(route["allowedPostLoginRedirectUrls"], json!(["https://portal.new.example/back"]));
    is_clean(&scene, &wanted);
    undone(admin, &applied).await;
    assert_eq!(stored(&scene, "clinic.example"), Value::Null);
    is_clean(&scene, &wanted);
}

type Spoil = fn(&mut RouteDraft);

// Bad input gets a clear message and no change.
#[rstest]
#[case::not_a_host_name(|d: &mut RouteDraft| d.domain = "a/b".into(), Why::Malformed, "web address")]
#[case::capitals(|d: &mut RouteDraft| d.domain = "New.example".into(), Why::Malformed, "write new.example")]
#[case::dot(|d: &mut RouteDraft| d.domain = "new.example.".into(), Why::Malformed, "dot at the end")]
#[case::web_address(|d: &mut RouteDraft| d.domain = "https://new.example".into(), Why::Malformed, "web address")]
#[case::address(|d: &mut RouteDraft| d.domain = "at@new.example".into(), Why::Malformed, "after the @")]
#[case::blank(|d: &mut RouteDraft| d.domain = "new example".into(), Why::Malformed, "space")]
#[case::free_mail(|d: &mut RouteDraft| d.domain = "gmail.com".into(), Why::Malformed, "anybody")]
#[case::suffix(|d: &mut RouteDraft| d.domain = "co.uk".into(), Why::Malformed, "public suffix")]
#[case::has_a_route(|d: &mut RouteDraft| d.domain = "partner.example".into(), Why::Conflict, "has a route of its own")]
#[case::twin(|d: &mut RouteDraft| d.domain = "capital.example".into(), Why::Conflict, "route for Capital.example")]
#[case::plain_http(|d: &mut RouteDraft| d.provider.token_url = "http://idp.new.example/t".into(), Why::Malformed, "token address: This address is not encrypted")]
#[case::no_url(|d: &mut RouteDraft| d.provider.authorize_url = "idp.new.example/a".into(), Why::Malformed, "authorize address: This is no web address")]
#[case::no_user_info(|d: &mut RouteDraft| d.provider.user_info_url = "".into(), Why::Malformed, "user info address: The address is missing")]
#[case::secret_as_client_id(|d: &mut RouteDraft| d.provider.client_id = "GOCSPX-abcdefghijklmnop".into(), Why::Malformed, "looks like a secret")]
#[case::no_client_id(|d: &mut RouteDraft| d.provider.client_id = " ".into(), Why::Malformed, "client id is missing")]
#[case::by_subject(|d: &mut RouteDraft| d.provider.use_subject = Some(true), Why::Conflict, "lets nobody in")]
#[case::half_a_pair(|d: &mut RouteDraft| d.provider.identity_source = Some("fhir-user".into()), Why::Malformed, "does not implement")]
#[case::after_sign_in(|d: &mut RouteDraft| d.post_login = vec!["portal.new.example".into()], Why::Malformed, "no web address")]
#[tokio::test]
async fn bad_input_says_what_is_wrong_and_nothing_is_written(
    #[case] spoil: Spoil,
    #[case] why: Why,
    #[case] said: &str,
) {
    let scene = Scene::new(&[]).await;
    let mut wanted = draft("new.example");
    spoil(&mut wanted);
    match plan(&scene.super_admin, &added(wanted)).await.unwrap_err() {
        NoPlan::Refused { why: got, what, .. } => {
            assert_eq!(got, why, "{what}");
            assert!(what.contains(said), "{what}");
        }
        NoPlan::Platform(trouble) => panic!("{trouble}"),
    }
}

#[tokio::test]
async fn a_look_alike_has_to_be_typed_and_a_subdomain_is_said_to_be_another_domain() {
    let scene = Scene::new(&[]).await;
    let alike = plan(&scene.super_admin, &added(draft("partner.examp1e"))).await.unwrap();
    assert_eq!(alike.confirm, Confirm::Typed { text: "partner.examp1e".into() });
    assert!(alike.warnings.iter().any(|w| w.contains("looks like partner.example")), "{:?}", alike.warnings);
    let below = plan(&scene.super_admin, &added(draft("mail.partner.example"))).await.unwrap();
    assert!(
        below.warnings.iter().any(|w| w.contains("does not hold for mail.partner.example")),
        "{:?}",
        below.warnings
    );
    assert_eq!(below.confirm, Confirm::Enter);
}

#[tokio::test]
async fn a_project_admin_is_told_who_may() {
    let scene = Scene::new(&[]).await;
    let route = id(&scene, "partner.example");
    let intents = [
        added(draft("new.example")),
        Intent::RemoveRoute { route: route.clone() },
        Intent::RenameRoute { route: route.clone(), domain: "new.example".into() },
        Intent::EditProvider(Box::new(ProviderEdit { of: route.reference(), fields: vec![], secret: None })),
    ];
    for intent in intents {
        let no = plan(&scene.project_admin, &intent).await.unwrap_err();
        assert!(matches!(&no, NoPlan::Refused { why: Why::NotAllowed, .. }), "{no}");
        assert!(no.to_string().contains("nly a super admin"), "{no}");
    }
}

fn edit(of: Reference, fields: Vec<ProviderField>, secret: Option<SecretField>) -> Intent {
    Intent::EditProvider(Box::new(ProviderEdit { of, fields, secret }))
}

#[tokio::test]
async fn fields_are_changed_and_put_back_one_by_one() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.super_admin;
    let before = stored(&scene, "partner.example");
    let of = id(&scene, "partner.example").reference();
    let fields = vec![
        ProviderField::TokenUrl("https://idp.new.example/token".into()),
        ProviderField::ClientId(before["identityProvider"]["clientId"].as_str().unwrap().into()),
        ProviderField::AuthMethod(Some("client_secret_post".into())),
        ProviderField::UsePkce(true),
        ProviderField::PostLogin(vec!["https://a.example/".into(), "https://b.example/".into()]),
    ];
    let wanted = plan(admin, &edit(of.clone(), fields.clone(), None)).await.unwrap();
    let names: Vec<&str> = wanted.changes[0].fields.iter().map(|field| field.field.as_str()).collect();
    assert_eq!(names, ["token address", "token authentication", "use PKCE", "addresses after sign-in"]);
    assert!(wanted.warnings.iter().any(|warning| warning.contains("S256")), "{:?}", wanted.warnings);
    let applied = apply(admin, wanted, None).await.unwrap();
    let now = stored(&scene, "partner.example");
    assert_eq!(now["identityProvider"]["usePkce"], true);
    assert_eq!(now["identityProvider"]["clientSecret"], before["identityProvider"]["clientSecret"]);
    let again = plan(admin, &edit(of, fields, None)).await.unwrap_err();
    assert!(matches!(again, NoPlan::Refused { why: Why::Nothing, .. }), "{again}");
    undone(admin, &applied).await;
    let back = stored(&scene, "partner.example");
    assert_eq!(back["identityProvider"], before["identityProvider"]);
    assert_eq!(back.get("allowedPostLoginRedirectUrls"), before.get("allowedPostLoginRedirectUrls"));
}

#[tokio::test]
async fn a_secret_is_replaced_and_the_old_one_comes_back() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.super_admin;
    let before = stored(&scene, "partner.example");
    let of = id(&scene, "partner.example").reference();
    let fields = vec![ProviderField::ClientId("medplum-2".into())];
    let wanted = plan(admin, &edit(of, fields, Some(SecretField::Client))).await.unwrap();
    assert_eq!(field(&wanted, "client secret"), (Some("set (not shown)"), Some("replaced (not shown)")));
    let applied = apply(admin, wanted.clone(), Some(NEW)).await.unwrap();
    let now = stored(&scene, "partner.example");
    assert_eq!(now["identityProvider"]["clientSecret"], NEW);
    assert_eq!(now["identityProvider"]["clientId"], "medplum-2");
    is_clean(&scene, &wanted);
    undone(admin, &applied).await;
    assert_eq!(stored(&scene, "partner.example")["identityProvider"], before["identityProvider"]);
    is_clean(&scene, &wanted);
}

#[tokio::test]
async fn a_domain_without_a_provider_gets_a_whole_one_or_none() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.super_admin;
    let of = id(&scene, "bare.example").reference();
    let given = draft("bare.example").provider;
    let mut fields = vec![
        ProviderField::AuthorizeUrl(given.authorize_url),
        ProviderField::TokenUrl(given.token_url),
        ProviderField::UserInfoUrl(given.user_info_url),
    ];
    let half = plan(admin, &edit(of.clone(), fields.clone(), Some(SecretField::Client))).await.unwrap_err();
    assert!(half.to_string().contains("no identity provider yet"), "{half}");
    fields.push(ProviderField::ClientId(given.client_id));
    let without = plan(admin, &edit(of.clone(), fields.clone(), None)).await.unwrap_err();
    assert!(without.to_string().contains("no identity provider yet"), "{without}");
    let wanted = plan(admin, &edit(of, fields, Some(SecretField::Client))).await.unwrap();
    let applied = apply(admin, wanted.clone(), Some(OLD)).await.unwrap();
    assert_eq!(stored(&scene, "bare.example")["identityProvider"]["clientSecret"], OLD);
    is_clean(&scene, &wanted);
    undone(admin, &applied).await;
    assert_eq!(stored(&scene, "bare.example").get("identityProvider"), None);
}

#[tokio::test]
async fn the_provider_of_a_client_application_is_changed_by_its_project_admin() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let facts = scene.running.facts.clone().unwrap();
    let of = Reference::parse(&format!("ClientApplication/{}", facts.portal_client_id)).unwrap();
    let before = scene.running.state.read().read("ClientApplication", &facts.portal_client_id).unwrap();
    let fields = vec![ProviderField::UserInfoMode(Some("gcip".into()))];
    let wanted = plan(admin, &edit(of.clone(), fields, Some(SecretField::UserInfoKey))).await.unwrap();
    assert_eq!(field(&wanted, "user info key"), (None, Some("set (not shown)")));
    let applied = apply(admin, wanted.clone(), Some(NEW)).await.unwrap();
    let now = || scene.running.state.read().read("ClientApplication", &facts.portal_client_id).unwrap();
    assert_eq!(now()["identityProvider"]["userInfoApiKey"], NEW);
    is_clean(&scene, &wanted);
    undone(admin, &applied).await;
    assert_eq!(now()["identityProvider"], before["identityProvider"]);
    let no = plan(admin, &edit(of, vec![ProviderField::PostLogin(vec![])], None)).await.unwrap_err();
    assert!(matches!(no, NoPlan::Refused { why: Why::Malformed, .. }), "{no}");
}

#[rstest]
#[case::by_subject(ProviderField::BySubject(true), Why::Conflict, "lets nobody in")]
#[case::http(ProviderField::AuthorizeUrl("http://idp.new.example".into()), Why::Malformed, "not encrypted")]
#[case::method(ProviderField::AuthMethod(Some("private_key_jwt".into())), Why::Malformed, "client_secret_basic or client_secret_post")]
#[case::mode(ProviderField::UserInfoMode(Some("saml".into())), Why::Malformed, "oidc or gcip")]
#[case::client(ProviderField::ClientId("https://idp.new.example".into()), Why::Malformed, "web address")]
#[tokio::test]
async fn a_bad_field_is_refused_before_anything_is_sent(
    #[case] bad: ProviderField,
    #[case] why: Why,
    #[case] said: &str,
) {
    let scene = Scene::new(&[]).await;
    let of = id(&scene, "partner.example").reference();
    match plan(&scene.super_admin, &edit(of, vec![bad], None)).await.unwrap_err() {
        NoPlan::Refused { why: got, what, .. } => {
            assert_eq!(got, why, "{what}");
            assert!(what.contains(said), "{what}");
        }
        NoPlan::Platform(trouble) => panic!("{trouble}"),
    }
}

#[tokio::test]
async fn a_removed_route_comes_back_as_it_was_with_its_secret() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.super_admin;
    let before = stored(&scene, "partner.example");
    let wanted = plan(admin, &Intent::RemoveRoute { route: id(&scene, "partner.example") }).await.unwrap();
    assert_eq!(wanted.confirm, Confirm::Typed { text: "partner.example".into() });
    assert_eq!(field(&wanted, "client secret"), (Some("set (not shown)"), None));
    assert!(wanted.also[0].contains("asks them for a password"), "{:?}", wanted.also);
    let applied = apply(admin, wanted, None).await.unwrap();
    assert_eq!(stored(&scene, "partner.example"), Value::Null);
    undone(admin, &applied).await;
    let back = stored(&scene, "partner.example");
    assert_eq!((&back["id"], &back["identityProvider"]), (&before["id"], &before["identityProvider"]));
}

#[tokio::test]
async fn a_domain_is_written_as_the_platform_looks_for_it_and_back() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.super_admin;
    let route = id(&scene, "Capital.example");
    for (bad, said) in
        [("Capital.example", "already"), ("capital", "no dot"), ("partner.example", "of its own")]
    {
        let no =
            plan(admin, &Intent::RenameRoute { route: route.clone(), domain: bad.into() }).await.unwrap_err();
        assert!(no.to_string().contains(said), "{no}");
    }
    let wanted = plan(admin, &Intent::RenameRoute { route, domain: "capital.example".into() }).await.unwrap();
    assert_eq!(wanted.title, "Correct the domain of a route");
    let applied = apply(admin, wanted, None).await.unwrap();
    assert_ne!(stored(&scene, "capital.example"), Value::Null);
    undone(admin, &applied).await;
    assert_ne!(stored(&scene, "Capital.example"), Value::Null);
}

// H3: what somebody else has written meanwhile is not written over.
#[tokio::test]
async fn a_route_that_somebody_changed_meanwhile_is_left_alone() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.super_admin;
    let of = id(&scene, "partner.example").reference();
    let wanted =
        plan(admin, &edit(of, vec![ProviderField::ClientId("mine".into())], Some(SecretField::Client)))
            .await
            .unwrap();
    let members =
        json!({"allowedPostLoginRedirectUrls": ["https://other.example/"]}).as_object().unwrap().clone();
    scene
        .running
        .faults()
        .add(Rule::on("*DomainConfiguration*", Effect::SomebodyWrites(members)).method("PATCH").once());
    let error = apply(admin, wanted, Some(NEW)).await.unwrap_err();
    assert!(matches!(error, ApplyError::Stale(_)), "{error}");
    let now = stored(&scene, "partner.example");
    assert_ne!(now["identityProvider"]["clientId"], "mine");
    assert_ne!(now["identityProvider"]["clientSecret"], NEW);
}

// platform-api §11: the platform refuses a domain twice, however it came to be there meanwhile.
#[rstest]
#[case("conflict", "Key (domain)=(clinic.example) already exists.", "must be unique")]
#[case("forbidden", "Forbidden", "does not let you")]
#[tokio::test]
async fn a_refusal_of_the_platform_is_told_in_words(
    #[case] id: &str,
    #[case] text: &str,
    #[case] said: &str,
) {
    let scene = Scene::new(&[]).await;
    let admin = &scene.super_admin;
    let wanted = plan(admin, &added(draft("clinic.example"))).await.unwrap();
    scene.next("POST", "*DomainConfiguration*", Effect::Refused { id: id.to_owned(), text: text.to_owned() });
    let error = apply(admin, wanted, Some(OLD)).await.unwrap_err();
    assert!(error.to_string().contains(said), "{error}");
    assert_eq!(stored(&scene, "clinic.example"), Value::Null);
}

//! Pictures of the client applications: the list, the detail, the forms, the secret. Each one was looked at.

use idconsole::identity::client::SecretVersion;
use idconsole::identity::{
    ClientApplication, ClientId, ClientSettings, IdentityProvider, Membership, ProjectId, Reference, Role,
    Secret, SecretHistory, Text, VersionId,
};
use jiff::SignedDuration;
use rstest::rstest;

use super::clinic::{Clinic, Signed, version};
use crate::harness::beginning;

const SECRET: &str = "7d1f0c4be2a94d5f8c3b6a7e9d0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b";

fn client(n: u8, name: &str, settings: ClientSettings) -> ClientApplication {
    ClientApplication {
        id: ClientId::from(format!("c0000000-0000-4000-8000-00000000000{n}").as_str()),
        version: version(u32::from(n), beginning(), "Pat Admin"),
        project: Some(ProjectId::from("c11ac000-0000-4000-8000-000000000001")),
        name: Text::from(name),
        redirect_uris: Vec::new(),
        status: None,
        pkce_optional: false,
        provider: None,
        settings: Box::new(settings),
    }
}

fn provider(source: Option<&str>, subject: Option<bool>) -> IdentityProvider {
    let at = |path: &str| Text::from(format!("https://login.okta.example/{path}"));
    IdentityProvider {
        authorize_url: at("authorize"),
        token_url: at("token"),
        user_info_url: at("userinfo"),
        client_id: "clinic".into(),
        use_subject: subject,
        identity_source: source.map(Text::from),
        identity_mapping_mode: None,
        token_auth_method: None,
        use_pkce: None,
        user_info_mode: None,
        user_info_key_set: false,
    }
}

fn membership(n: u8, client: &ClientApplication, admin: bool, policy: bool) -> Membership {
    let of = client.id.reference().with_display(client.name.raw());
    let given = Reference::parse("AccessPolicy/ac000000-0000-4000-8000-000000000001").unwrap();
    Membership {
        id: format!("e0000000-0000-4000-8000-00000000000{n}").as_str().into(),
        version: version(u32::from(n), beginning(), "system"),
        project: "c11ac000-0000-4000-8000-000000000001".into(),
        user: of.clone(),
        profile: of,
        active: true,
        admin,
        policy: policy.then(|| given.with_display("Staff default")),
        access: Vec::new(),
        external_id: None,
        user_name: None,
        invited_by: None,
        configuration: None,
    }
}

/// A clinic with clients of every kind; the secret of Ward Rota was rotated six weeks ago.
async fn screen(role: Role, width: u16, height: u16, keys: &str) -> Signed {
    let clinic = Clinic::new(role, 30);
    {
        let mut state = clinic.0.lock().unwrap();
        let secret = ClientSettings { secret_set: true, ..ClientSettings::default() };
        let mut console = client(5, "idconsole", ClientSettings::default());
        console.redirect_uris =
            ["9615", "9625", "9635"].map(|n| format!("http://127.0.0.1:{n}/callback").into()).to_vec();
        let mut rota = client(
            2,
            "Ward Rota",
            ClientSettings {
                description: Some("Who is on duty; recognises people by their e-mail".into()),
                retiring_secret_set: true,
                access_lifetime: Some("15m".into()),
                origins: vec!["https://rota.clinic.example".into()],
                ..secret.clone()
            },
        );
        rota.redirect_uris = vec!["https://rota.clinic.example/callback".into()];
        rota.provider = Some(provider(None, None));
        let mut old = client(3, "Old Portal", secret.clone());
        old.redirect_uris = vec!["https://old.clinic.example/#/cb".into()];
        old.provider = Some(provider(Some("subject"), Some(true)));
        let mut off = client(4, "Nightly report", secret);
        off.status = Some("off".into());
        state.client_memberships = vec![membership(2, &rota, false, true), membership(4, &off, true, false)];
        state.clients = vec![rota, old, off, console];
        let days = |days: i64| beginning() - SignedDuration::from_hours(24 * days);
        let of = |version: &str, at, secret, retiring| SecretVersion {
            version: VersionId::new(version),
            at,
            secret: Some(secret),
            retiring,
        };
        state.secrets = SecretHistory(vec![of("v2", days(42), 2, Some(1)), of("v1", days(400), 1, None)]);
        state.secret = Some(Secret::from(SECRET));
    }
    let mut job = clinic.console(width, height).await;
    job.console.keys("gc").await.keys(keys).await;
    job
}

#[rstest]
#[case("80x24", 80, 24)]
#[case("120x40", 120, 40)]
#[case("40x12", 40, 12)]
#[case("60x16", 60, 16)]
#[tokio::test]
async fn clients(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    let job = screen(Role::ProjectAdmin, width, height, "/rota<Enter><Esc>").await;
    insta::assert_snapshot!(format!("clients_{size}"), job.console.picture());
}

#[rstest]
#[case("all_of_it", "/rota<Enter><Esc><Enter>")]
#[case("wrong", "/old portal<Enter><Enter>")]
#[case("off", "/nightly<Enter>")]
#[case("none", "/nothing like it<Enter>")]
#[case("create", "aNight shift<Tab><Right><Tab>https://*.clinic.example")]
#[case("redirects", "/rota<Enter>r<Tab>rota.clinic.example")]
#[case("settings", "/rota<Enter>e<Right><Right><Tab><Ctrl-u>soon")]
#[case("provider", "/rota<Enter>i")]
#[tokio::test]
async fn of_clients(#[case] name: &str, #[case] keys: &str) {
    let job = screen(Role::SuperAdmin, 80, 24, keys).await;
    insta::assert_snapshot!(format!("clients_{name}"), job.console.picture());
}

// S2, S4: the one place where it is on the screen, and not for long
#[rstest]
#[case("80x24", 80, 24)]
#[case("60x16", 60, 16)]
#[tokio::test]
async fn a_secret_is_shown_for_a_minute(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    let mut job = screen(Role::ProjectAdmin, width, height, "/rota<Enter>v").await;
    insta::assert_snapshot!(format!("clients_secret_{size}"), job.console.picture());
    let all = |job: &Signed| job.console.text().split_whitespace().collect::<String>().replace('│', "");
    assert!(all(&job).contains(SECRET), "{}", job.console.text());
    job.console.keys("y").await;
    assert_eq!(job.console.clipboard.all(), [SECRET]);
    job.console.advance(SignedDuration::from_secs(61)).await;
    assert!(!all(&job).contains(&SECRET[..12]), "{}", job.console.text());
    assert!(job.console.text().contains("veiled"), "{}", job.console.text());
    job.console.keys("<Esc>").await;
    assert_eq!(job.console.clipboard.all(), [SECRET, ""], "closing empties the clipboard");
    assert!(!job.console.text().contains("veiled"));
}

// Leaving with the secret on the screen is closing it, too.
#[rstest]
#[case::by_leaving("<Ctrl-c>")]
#[case::by_being_ended("")]
#[tokio::test]
async fn a_copied_secret_does_not_outlive_its_dialog(#[case] how: &str) {
    let mut job = screen(Role::ProjectAdmin, 80, 24, "/rota<Enter>vy").await;
    assert_eq!(job.console.clipboard.all(), [SECRET]);
    match how {
        "<Ctrl-c>" => {
            job.console.keys(how).await;
            assert!(job.console.console.app.is_finished());
        }
        _ => {
            job.console.input(idconsole::console::Input::Terminate).await;
        }
    }
    assert_eq!(job.console.clipboard.all(), [SECRET, ""]);
}

#[tokio::test]
async fn what_cannot_be_done_says_why() {
    let mut job = screen(Role::ProjectAdmin, 100, 30, "/idconsole<Enter>v").await;
    assert!(job.console.text().contains("it has no secret: it is a public client"), "{}", job.console.text());
    job.console.advance(SignedDuration::from_secs(5)).await.keys("N").await;
    assert!(job.console.text().contains("it has no identity provider"), "{}", job.console.text());
    job.console.advance(SignedDuration::from_secs(5)).await.keys("D").await;
    assert!(job.console.text().contains("you are signed in through it"), "{}", job.console.text());
}

#[tokio::test]
async fn a_member_reads_and_is_told_who_may_do_more() {
    let mut job = screen(Role::Member, 100, 30, "/rota<Enter>").await;
    for key in ["a", "e", "r", "t", "v", "D"] {
        job.console.keys(key).await;
        let text = job.console.text();
        assert!(text.contains("only a project admin may create and change client"), "{key}: {text}");
        job.console.advance(SignedDuration::from_secs(5)).await;
    }
}

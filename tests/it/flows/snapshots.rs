//! Exports and what is different, by keys, over HTTP, in both roles.

use serde_json::json;

use super::email_change::{says, signed_in};
use crate::demo::demonstration;

#[tokio::test(flavor = "multi_thread")]
async fn a_project_is_exported_and_compared_with_what_it_is_now() {
    for super_admin in [false, true] {
        let running = demonstration(&[]);
        let mut console = signed_in(&running, super_admin, 120, 40).await;
        let folder = console.folder.path().join("before");
        console.keys("gn").await;
        says(&console, "Nothing was compared yet.");
        console.keys("w").await;
        says(&console, "Export the project");
        console.keys(folder.to_str().unwrap()).await;
        if super_admin {
            console.keys("<Enter>").await;
            says(&console, "You are super admin of every project");
            console.keys("Clinic Demo").await;
        }
        console.keys("<Enter>").await;
        says(&console, "exported to");
        assert!(folder.join("members.jsonl").exists() && folder.join("routes.json").exists() == super_admin);

        // Nothing has changed: said so, with what could not be compared.
        console.keys("c").await;
        says(&console, "empty: the platform as it is now");
        console.keys("<Enter>").await;
        if super_admin {
            // The account of a ghost is gone, which is known to who sees every user.
            says(&console, "No difference in anything that both can see.");
        } else {
            says(&console, " 0 · ");
            says(&console, "server-scoped user: only a super admin");
        }
        let jane = running.state.read().find_by("User", "email", "jsmith@clinic.example");
        let mut jane = jane.into_iter().next().unwrap();
        jane["email"] = json!("jane.smith@clinic.example");
        running.state.write().system_update(jane).unwrap();
        let client = running.state.read().find_by("ClientApplication", "name", "Clinic Portal");
        let mut client = client.into_iter().next().unwrap();
        client["redirectUris"] = json!(["https://portal.clinic.example/callback"]);
        running.state.write().system_update(client).unwrap();
        console.keys("c<Enter>").await;
        says(&console, "Jane Smith");
        console.keys("/change:email jane<Enter><Enter>").await;
        says(&console, "jsmith@clinic.example");
        says(&console, "jane.smith@clinic.example");
        console.keys("<Esc><Esc>/whom:portal<Enter>").await;
        says(&console, "Clinic Portal lost the redirect");
        // Another comparison is seen whole.
        console.keys("c<Enter>").await;
        says(&console, "Jane Smith");
        // A folder that is none is told, and what was compared stays.
        console.keys("c<Ctrl-u>").await.keys(console_path(&folder).as_str()).await.keys("<Enter>").await;
        says(&console, "is no export");
        console.keys("<Esc>").await;
        says(&console, "Jane Smith");
    }
}

fn console_path(folder: &std::path::Path) -> String {
    folder.parent().unwrap().join("nothing-here").display().to_string()
}

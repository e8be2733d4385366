//! What every list does, by keys: columns of one's own that are kept, marks, files.

use idconsole::console::Look;

use crate::demo::demonstration;
use crate::flows::email_change::{says, signed_in};
use crate::harness::Harness;

fn header(console: &Harness) -> String {
    console.text().lines().find(|line| line.contains("name")).unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_are_chosen_ordered_sorted_kept_and_reset() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 120, 40).await;
    let first = header(&console);
    assert!(first.contains("email") && first.contains("mfa"), "{first}");
    // Email goes, the name moves behind the link.
    console.keys("C").await;
    says(&console, "Columns · members");
    console.keys("<Space>").await;
    says(&console, "always stays");
    console.keys("<Down><Space>").await;
    says(&console, "hidden");
    console.keys("<Up><Shift-Down>>").await;
    let file = console.folder.path().join("config/config.toml");
    let kept = std::fs::read_to_string(&file).unwrap();
    assert!(kept.contains(r#"members = ["-email", "link", "name", "mfa""#), "{kept}");
    console.keys("s<Esc>").await;
    let after = header(&console);
    assert!(!after.contains("email") && after.find("link") < after.find("name"), "{after}");
    assert!(after.contains("name↑") || after.contains("name↓"), "{after}");
    // Signing out and in again forgets what the platform told, not what somebody chose.
    console.keys("Cr<Esc>").await;
    assert!(header(&console).contains("email"));
    assert!(!std::fs::read_to_string(&file).unwrap().contains("members"), "forgotten in the file as well");
}

#[tokio::test(flavor = "multi_thread")]
async fn marked_rows_are_written_to_a_private_file_that_is_not_replaced_unasked() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 80, 24).await;
    let path = console.folder.path().join("out.csv");
    console.keys("/jane<Enter>*<Esc>").await;
    says(&console, "marked");
    console.keys("E").await;
    says(&console, "that are marked");
    console.keys(&format!("<Ctrl-u>{}<Enter>", path.display())).await;
    says(&console, "rows written to");
    let written = std::fs::read_to_string(&path).unwrap();
    let mut lines = written.lines();
    assert_eq!(lines.next(), Some("name,email,link,mfa,role,kind,policy,changed"));
    assert!(lines.clone().count() == 1 && lines.all(|line| line.to_lowercase().contains("jan")), "{written}");

    console.keys("<Backspace>/hugo<Enter>E").await;
    console.keys(&format!("<Ctrl-u>{}<Enter>", path.display())).await;
    says(&console, "is there already");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), written, "not touched yet");
    console.keys("<Enter>").await;
    says(&console, "rows written to");
    assert!(std::fs::read_to_string(&path).unwrap().contains("Hugo"));

    console.keys("E<Ctrl-u>/no/such/folder/x.csv<Enter>").await;
    says(&console, "could not be written");
    console.keys("<Esc>Y").await;
    assert!(console.clipboard.all().last().unwrap().contains('\t'));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_is_opened_in_the_web_app_that_the_connection_names() {
    let running = demonstration(&[]);
    let facts = running.facts.as_ref().unwrap();
    let config = format!(
        "[connections.clinic]\nbase_url = \"{}\"\nmethod = \"direct\"\nstore = \"file\"\nproject = \"{}\"\n\
         web_app = \"https://app.clinic.example\"\n",
        running.base_url, facts.project_id
    );
    let mut console = Harness::start_now(80, 24, Look::default(), &config, |world| world);
    console.settle().await;
    let who = &facts.project_admin;
    console.keys(&format!("<Enter>{}<Tab>{}<Enter>", who.email, who.password)).await;
    console.until("signs in by").await;
    console.settle().await;
    console.keys("/jane smith<Enter>o").await;
    let opened = console.browser.all();
    assert!(
        opened.iter().any(|at| at.starts_with("https://app.clinic.example/admin/members/")),
        "{opened:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_sorted_filtered_by_field_marked_and_written_to_a_file() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, true, 120, 36).await;
    let path = console.folder.path().join("sessions.csv");
    console.keys("7").await;
    assert!(console.text().contains("used↓"), "{}", console.text());
    console.keys("s").await;
    says(&console, "user↑");
    console.keys("S").await;
    says(&console, "user↓");
    console.keys("/method:password -user:nobody<Enter>*E").await;
    says(&console, "that are marked");
    console.keys(&format!("<Ctrl-u>{}<Enter>", path.display())).await;
    says(&console, "rows written to");
    let written = std::fs::read_to_string(&path).unwrap();
    let mut lines = written.lines();
    assert_eq!(lines.next(), Some("user,method,browser,address,client,used"));
    let rows: Vec<&str> = lines.collect();
    assert!(!rows.is_empty() && rows.iter().all(|line| line.contains(",password,")), "{written}");
    let mut falling = rows.clone();
    falling.sort_unstable_by(|a, b| b.cmp(a));
    let users =
        |rows: &[&str]| rows.iter().map(|row| row.split(',').next().unwrap().to_lowercase()).collect();
    let (found, wanted): (Vec<String>, Vec<String>) = (users(&rows), users(&falling));
    assert_eq!(found, wanted, "in the order of the screen");
    // The marks are the same after reading anew.
    console.keys("R<Ctrl-y>").await;
    let copied: serde_json::Value = serde_json::from_str(console.clipboard.all().last().unwrap()).unwrap();
    assert_eq!(copied.as_array().unwrap().len(), rows.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn findings_are_sorted_filtered_by_field_marked_and_written_to_a_file() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, true, 120, 40).await;
    let path = console.folder.path().join("findings.csv");
    console.keys("3").await;
    says(&console, "finding↑");
    console.keys("s").await;
    says(&console, "name↑");
    console.keys("/finding:without-id<Enter>*E").await;
    says(&console, "that are marked");
    console.keys(&format!("<Ctrl-u>{}<Enter>", path.display())).await;
    says(&console, "rows written to");
    let written = std::fs::read_to_string(&path).unwrap();
    let mut lines = written.lines();
    assert_eq!(lines.next(), Some("finding,name,external id,email"));
    let names: Vec<String> = lines
        .map(|line| {
            line.strip_prefix("staff without id,").unwrap_or_else(|| panic!("{written}")).to_lowercase()
        })
        .collect();
    assert!(names.len() > 1 && names.is_sorted(), "{written}");
    // The marks are the same after reading anew, and go by themselves with what is no longer found.
    console.keys("R<Ctrl-y>").await;
    let copied: serde_json::Value = serde_json::from_str(console.clipboard.all().last().unwrap()).unwrap();
    assert!(copied.as_array().unwrap().iter().all(|row| row["finding"] == "without-id"), "{copied}");
    assert_eq!(copied.as_array().unwrap().len(), names.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn second_factors_are_sorted_filtered_by_field_marked_and_written_to_a_file() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, true, 120, 40).await;
    let path = console.folder.path().join("factors.csv");
    console.keys("5").await;
    says(&console, "name↑");
    console.keys("s").await;
    says(&console, "enrolled↑");
    console.keys("S/-mfa:none active:true<Enter>*E").await;
    says(&console, "enrolled↓");
    says(&console, "that are marked");
    console.keys(&format!("<Ctrl-u>{}<Enter>", path.display())).await;
    says(&console, "rows written to");
    let written = std::fs::read_to_string(&path).unwrap();
    let mut lines = written.lines();
    assert_eq!(lines.next(), Some("name,enrolled,asked for,comes by,required,email,active,unknown because"));
    let enrolled: Vec<&str> = lines.map(|line| line.split(',').nth(1).unwrap()).collect();
    assert!(enrolled.contains(&"totp") && !enrolled.contains(&"none"), "{written}");
    assert!(enrolled.is_sorted_by(|a, b| a >= b), "{written}");
    // The marks are the same after the rules were read anew; what is unknown is not "none".
    console.keys("R<Ctrl-y>").await;
    let copied: serde_json::Value = serde_json::from_str(console.clipboard.all().last().unwrap()).unwrap();
    let copied = copied.as_array().unwrap();
    assert_eq!(copied.len(), enrolled.len());
    assert!(copied.iter().all(|row| row["enrolled"] != false), "{copied:?}");
    assert!(copied.iter().all(|row| row.get("unknown_because").is_some()), "{copied:?}");
}

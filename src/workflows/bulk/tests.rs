//! Sheets as people and spreadsheets write them.

use proptest::prelude::*;

use super::*;
use crate::identity::{SignInEffect, SignInOutcome, Text};
use crate::workflows::sheet::Sheet;

fn rows(text: &str) -> Rows {
    read(text.as_bytes(), Encoding::Unicode).unwrap_or_else(|error| panic!("{error}"))
}

fn told(text: &str) -> String {
    read(text.as_bytes(), Encoding::Unicode).unwrap_err().to_string()
}

fn change(row: &Row) -> (&Who, &Wants) {
    match &row.act {
        Act::Change(who, wants) => (who, wants),
        Act::Invite(invite, _) => panic!("{invite:?}"),
    }
}

#[test]
fn separators_line_ends_and_quoted_line_feeds_are_read_and_lines_counted() {
    for text in [
        "email,new external id,note\r\na@x.example,okta|1,\"two\r\nlines\"\r\nb@x.example,(none),\r\n",
        "email;new external id;note\na@x.example;okta|1;\"two\nlines\"\nb@x.example;(none);\n",
        "email\tnew external id\tnote\na@x.example\tokta|1\t\"two\nlines\"\nb@x.example\t(NONE)\t",
    ] {
        let read = rows(text);
        let lines: Vec<u64> = read.rows.iter().map(|row| row.line).collect();
        assert_eq!(lines, [2, 4], "{text:?}");
        assert_eq!(change(&read.rows[0]).1.external_id, Wish::Set("okta|1".into()));
        assert_eq!(change(&read.rows[1]).1.external_id, Wish::Clear);
        assert!(read.rows.iter().all(|row| row.problems.is_empty()));
    }
    for end in ["\n", "\r\n", "\n\n", "\r\n\r\n", "\r", "\r\r"] {
        let many = rows(&format!("email{end}{}", format!("a@x.example{end}").repeat(5)));
        let lines: Vec<u64> = many.rows.iter().map(|row| row.line).collect();
        let each = end.replace("\r\n", "\n").len() as u64;
        assert_eq!(lines, [1, 2, 3, 4, 5].map(|n| 1 + n * each), "{end:?}");
    }
    let said = rows("sep=;\nemail;active\n\na@x.example;yes\n");
    assert_eq!(said.rows[0].line, 4, "the line that names the separator counts");
    let old = rows("sep=;\remail;active\r\ra@x.example;yes\r");
    assert_eq!((old.rows.len(), old.rows[0].line), (1, 4), "some spreadsheets end lines with a return");
}

#[test]
fn headings_are_found_however_they_are_written_and_wrong_ones_are_told_with_their_place() {
    let read = rows("Membership,NEW_EMAIL,mfa-required\nProjectMembership/a,b@x.example,TRUE\n");
    assert_eq!(read.columns, [Column::Membership, Column::NewEmail, Column::MfaRequired]);
    assert_eq!(change(&read.rows[0]).1.mfa_required, Some(true));
    let wrong = told("email,emial,Email,\nx,y,z,w\n");
    assert!(wrong.contains("Column B is called emial, which is no column."), "{wrong}");
    assert!(wrong.contains("Column C is email once more."), "{wrong}");
    assert!(wrong.contains("Column D has cells and no heading."), "{wrong}");
    assert!(told("active,policy\nyes,x\n").contains("No column says whom the rows are about"));
    assert_eq!(told("email,active\n"), "It has no rows below its header.");
    assert_eq!(told(""), "It has no rows below its header.");
}

#[test]
fn what_is_wrong_with_a_cell_is_told_with_line_and_column() {
    let read = rows(
        "email,new email,active,first name\n\
         a@x.example,no address,perhaps,\n\
         ,,yes,\n\
         b@x.example,,,Jane\n\
         c@x.example\n\
         d@x.example,,,,more\n",
    );
    let problems: Vec<String> =
        read.rows.iter().flat_map(|row| &row.problems).map(ToString::to_string).collect();
    let begins = [
        "line 2, new email: ",
        "line 2, active: perhaps is neither yes nor no.",
        "line 3: Nobody is named",
        "line 4, first name: It is for invitations only",
        "line 5: It has only 1 cell and the header 4.",
        "line 6: It has 5 cells and the header 4.",
    ];
    assert_eq!(problems.len(), begins.len(), "{problems:#?}");
    for (problem, begin) in problems.iter().zip(begins) {
        assert!(problem.starts_with(begin), "{problem}");
    }
}

#[test]
fn a_quotation_mark_that_is_never_closed_is_told_where_it_is_opened() {
    let wrong = told("email,active\na@x.example,yes\n\"b@x.example,no\nc@x.example,no\n");
    assert_eq!(wrong, "Line 3: a quotation mark is opened here and never closed.");
}

#[test]
fn an_invitation_says_what_it_lacks_and_takes_no_names_of_members() {
    let header = "action,email,new email,first name,last name,kind,scope,policy,active\n";
    let good = rows(&format!("{header}invite,,a@x.example,Ada,Byron,related-person,project,Staff,\n"));
    let Act::Invite(invite, _) = &good.rows[0].act else { panic!() };
    assert_eq!((invite.kind.name(), invite.server, invite.send_email), ("RelatedPerson", Some(false), true));
    assert!(good.rows[0].problems.is_empty());
    let bad = rows(&format!("{header}invite,a@x.example,,Ada,,nurse,,(none),no\nfire,b@x.example,,,,,,,\n"));
    let columns: Vec<Option<Column>> = bad.rows[0].problems.iter().map(|problem| problem.column).collect();
    assert_eq!(
        columns,
        [
            Some(Column::Email),
            Some(Column::Active),
            Some(Column::Policy),
            Some(Column::Kind),
            Some(Column::LastName),
            None
        ]
    );
    assert_eq!(bad.rows[1].problems[0].what, "An action is change or invite.");
}

#[test]
fn an_external_id_is_taken_letter_by_letter_and_a_formula_is_no_formula() {
    let read = rows("external id,new external id\n' =x,\" spaced \"\n'=cmd(),'+491\n");
    let (who, wants) = change(&read.rows[0]);
    assert_eq!(who.external_id, Some("' =x".into()), "a quote before a blank is a quote");
    assert_eq!(wants.external_id, Wish::Set(" spaced ".into()));
    // A spreadsheet that separates by semicolons would take this for two cells.
    let sheet = Sheet::Csv { columns: vec!["email".into()], rows: vec![vec!["a;=cmd()".into()]] };
    assert_eq!(String::from_utf8(sheet.text().unwrap()).unwrap(), "email\na;'=cmd()\n");
    let (who, wants) = change(&read.rows[1]);
    assert_eq!(
        (who.external_id.clone(), wants.external_id.clone()),
        (Some("=cmd()".into()), Wish::Set("+491".into()))
    );
}

// design §2: unknown is not no.
#[test]
fn a_sign_in_of_which_nothing_can_be_said_neither_opens_nor_closes() {
    let gets_in = SignInOutcome::SignsIn { name: "Jane".into() };
    let refused = SignInOutcome::Refused { text: "User not found".to_owned(), why: String::new() };
    let unknown = SignInOutcome::Unknown { why: "server-scoped".to_owned() };
    let of = |before: &SignInOutcome, after: &SignInOutcome| {
        let effect = SignInEffect { way: String::new(), before: before.clone(), after: after.clone() };
        let work = Work { sign_in: vec![effect], ..Work::default() };
        (work.opens(), work.closes(), work.cannot_be_said())
    };
    assert_eq!(of(&refused, &gets_in), (true, false, false));
    assert_eq!(of(&gets_in, &refused), (false, true, false));
    assert_eq!(of(&unknown, &gets_in), (false, false, true));
    assert_eq!(of(&gets_in, &unknown), (false, false, true));
    assert_eq!(of(&unknown, &unknown), (false, false, false), "as before");
}

#[test]
fn the_limits_on_cells_and_rows_hold() {
    let long = "x".repeat(1001);
    let read = rows(&format!("email,note\na@x.example,{long}\n"));
    assert!(read.rows[0].problems[0].to_string().starts_with("line 2, note: It is longer than 1000"));
    let many = format!("email\n{}", "a@x.example\n".repeat(MOST_ROWS + 1));
    assert_eq!(super::read(many.as_bytes(), Encoding::Unicode), Err(NotRead::TooMany));
}

proptest! {
    /// S1: whatever an id holds, it comes back letter by letter through a sheet.
    #[test]
    fn an_external_id_comes_back_through_a_sheet(id in "\\PC{1,20}|['=+@\t\n\r \",;-]{1,6}|\\PC{0,3}[\u{1b}\u{202e}]\\PC{0,3}") {
        prop_assume!(!id.trim().is_empty() && !id.trim().eq_ignore_ascii_case(columns::NONE));
        let sheet = Sheet::Csv {
            columns: vec!["membership".into(), "external id".into()],
            rows: vec![vec!["ProjectMembership/a".into(), id.clone()]],
        };
        let read = read(&sheet.text().unwrap(), Encoding::Unicode).unwrap();
        let (who, _) = change(&read.rows[0]);
        prop_assert_eq!(who.external_id.as_ref().map(Text::raw), Some(id.as_str()));
    }

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes, Encoding::Unicode);
        let _ = read(&bytes, Encoding::Windows1252);
    }

    #[test]
    fn any_text_below_a_header_is_answered_with_rows_that_have_their_lines(text in "[a,;\"'\r\n=\t é]{0,120}") {
        if let Ok(read) = read(format!("email,active,note\n{text}").as_bytes(), Encoding::Unicode) {
            let lines: Vec<u64> = read.rows.iter().map(|row| row.line).collect();
            prop_assert!(lines.iter().all(|line| *line >= 2) && lines.is_sorted());
        }
    }
}

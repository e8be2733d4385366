//! Every way for no answer to come, told apart; a write among them leaves doubt or not.

use std::time::Duration;

use idconsole::identity::{MembershipId, UserId};
use idconsole::platform::{Error, Kind, Options, Reach};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::{client, quick};

/// A server that reads a request, writes this much and hangs up; or says nothing for ever.
pub async fn raw(answer: Option<&'static str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                match answer {
                    Some(answer) => {
                        let _ = stream.write_all(answer.as_bytes()).await;
                    }
                    None => std::future::pending::<()>().await,
                }
            });
        }
    });
    address.to_string()
}

async fn read(base: &str) -> Error {
    let options = Options { retries: 0, timeout: Duration::from_secs(1), ..quick() };
    client(base, options).user(&UserId::from("u1")).await.unwrap_err()
}

#[tokio::test]
async fn a_name_without_an_address() {
    let error = read("https://nobody.invalid/").await;
    assert_eq!((&error.kind, error.sent), (&Kind::Unreachable(Reach::Dns), false), "{error:?}");
    assert!(error.to_string().contains("nobody.invalid"), "{error}");
}

#[tokio::test]
async fn nobody_listens() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let error = read(&format!("http://127.0.0.1:{port}/")).await;
    assert_eq!((&error.kind, error.sent), (&Kind::Unreachable(Reach::Refused), false), "{error:?}");
}

#[tokio::test]
async fn the_other_side_does_not_speak_tls() {
    let address = raw(Some("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")).await;
    let error = read(&format!("https://{address}/")).await;
    assert_eq!((&error.kind, error.sent), (&Kind::Unreachable(Reach::Tls), false), "{error:?}");
}

#[tokio::test]
async fn no_answer_in_time() {
    let address = raw(None).await;
    let error = read(&format!("http://{address}/")).await;
    assert_eq!((&error.kind, error.sent), (&Kind::Unreachable(Reach::Timeout), true), "{error:?}");
}

#[tokio::test]
async fn the_connection_breaks_before_the_answer() {
    let address = raw(Some("")).await;
    let error = read(&format!("http://{address}/")).await;
    assert_eq!((&error.kind, error.sent), (&Kind::Unreachable(Reach::Broken), true), "{error:?}");
}

#[tokio::test]
async fn the_connection_breaks_within_the_answer() {
    // Without a length the end of the connection is the end of the answer, and JSON tells that it is none.
    let heads = [
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n{\"id\"",
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{\"id\"",
    ];
    for head in heads {
        let address = raw(Some(head)).await;
        let error = read(&format!("http://{address}/")).await;
        assert_eq!((&error.kind, error.sent), (&Kind::Unreachable(Reach::Truncated), true), "{error:?}");
    }
}

// H2
#[tokio::test]
async fn a_write_whose_answer_was_lost_leaves_doubt_and_one_that_never_left_does_not() {
    let id = MembershipId::from("m1");
    let lost = client(&format!("http://{}/", raw(Some("")).await), quick());
    assert!(lost.scim_set_email(&id, "a@b.example").await.unwrap_err().leaves_doubt());
    let nowhere = client("https://nobody.invalid/", quick());
    assert!(!nowhere.scim_set_email(&id, "a@b.example").await.unwrap_err().leaves_doubt());
}

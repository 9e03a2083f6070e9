//! Text that breaks careless programs, stored and given back as it came.

use crate::bad_input::Target;
use crate::harness::Storage;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use test_kit::TestDatabase;

#[tokio::test]
async fn hostile_text_comes_back_byte_for_byte_from_sqlite() {
    comes_back_byte_for_byte(Storage::Sqlite).await;
}

#[tokio::test]
async fn hostile_text_comes_back_byte_for_byte_from_postgresql() {
    // Says so where PostgreSQL is absent on purpose.
    if TestDatabase::postgres().is_some() {
        comes_back_byte_for_byte(Storage::Postgres).await;
    }
}

/// Every text as event type and inside the information, raw JSON compared with raw JSON.
async fn comes_back_byte_for_byte(storage: Storage) {
    let target = Target::start_with(storage, &[]).await;
    let mut expected = Vec::new();
    for text in hostile() {
        let quoted = json!(text).to_string();
        let information = format!("{{{quoted}:[{quoted}, 1.50e+1, -0,\t{{}}]}}");
        let event_type =
            if text.is_empty() || text.chars().count() > 200 { "\"t\"" } else { &quoted };
        let jti = create(&target, &format!("{{{event_type} : {information}}}")).await;
        expected.push((jti, information));
    }
    for information in RAW {
        let jti = create(&target, &format!("{{\"t\":{information}}}")).await;
        expected.push((jti, (*information).to_owned()));
    }

    let mut returned = Vec::new();
    let mut acknowledged = json!([]);
    while returned.len() < expected.len() {
        let page = target.tpp.poll(&json!({"maxEvents": 100, "ack": acknowledged})).await;
        assert!(!page.sets.is_empty(), "{} of {} came", returned.len(), expected.len());
        acknowledged = page.sets.iter().map(|(jti, _)| Value::from(jti.as_str())).collect();
        returned.extend(page.sets);
    }

    for ((jti, information), (returned, set)) in expected.iter().zip(&returned) {
        assert_eq!(jti, returned, "not in the order of creation");
        let payload = URL_SAFE_NO_PAD.decode(set.split('.').nth(1).unwrap()).unwrap();
        let payload = String::from_utf8(payload).unwrap();
        assert!(payload.contains(information), "{information:?} is not in {payload:?}");
    }
    target.assert_unharmed().await;
}

async fn create(target: &Target, event: &str) -> String {
    let url = format!(
        "{}/api/openbanking/event-notifications/create-events",
        target.installation.url("identity")
    );
    let request = target
        .tpp
        .client()
        .post(url)
        .basic_auth("admin@wso2.com", Some("wso2123"))
        .header("x-wso2-client_id", target.tpp.client_id())
        .header("x-wso2-resource_id", "resource")
        .form(&[("request", STANDARD.encode(event))]);
    let response = request.send().await.unwrap();
    let status = response.status();
    let answer: Value = response.json().await.unwrap();
    assert_eq!(status, 201, "{event}: {answer}");
    answer["notificationsID"].as_str().unwrap().to_owned()
}

fn hostile() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        " ",
        "\0",
        "a\0b",
        "\u{1}\u{7f}\u{85}\u{a0}",
        "\u{feff}",
        "\u{fffe}\u{ffff}\u{10ffff}",
        "\u{202e}txt.exe\u{202c}",
        "\u{200b}\u{200d}\u{2028}\u{2029}",
        "é e\u{301} \u{212b} Å",
        "\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467} \u{1f3e6}\u{1f1ec}\u{1f1e7}",
        "田中さんにあげて下さい مرحبا שלום",
        "Z\u{351}\u{36b}\u{343}a\u{328}\u{489}l\u{337}g\u{321}o\u{322}",
        "' OR 1=1; DROP TABLE event; --",
        "\"; SELECT pg_sleep(10); --",
        "$1 ? :name %s {0} ${jndi:ldap://localhost/a} {{7*7}} <%= 7 %>",
        "<script>alert(1)</script> &amp; <!--",
        "../../../etc/passwd\\..\\",
        "\r\nSet-Cookie: a=b\r\n\r\n",
        "\\u0000 \\n \\\\ / \\/",
        "null undefined NaN Infinity true 1e999 0x1F",
        "__proto__ constructor hasOwnProperty",
        "=1+1 @SUM(1) -1",
        "%00 %0d%0a %n%n%s%x",
        "`id` $(id) ; id | id",
    ]
    .map(ToOwned::to_owned)
    .to_vec();
    texts.push("\u{1f4a9}".repeat(200));
    texts.push("e\u{301}".repeat(1_500));
    texts
}

/// Information in spellings that a program would write in another way.
const RAW: &[&str] = &[
    r#"{"a":"\u0000\u001f\u007f"}"#,
    r#"{"a":"\ud83d\ude00"}"#,
    r#"{"a":"\uD83D\uDE00 \/ \u0041"}"#,
    r#"{"\u0061":1}"#,
    r#"{"b":1,"a":2,"B":3}"#,
    r#"{"a":1.0,"b":1e2,"c":-0.0,"d":123456789012345678901234567890}"#,
    "{ \"a\" : [ 1 ,\r\n 2 ] }",
    "{}",
    "{\"\":\"\"}",
];

//! The parts that the sandbox is made of: decoding, XML, wildcards, and comparing whole.

use proptest::prelude::*;
use serde_json::json;

use crate::sandbox::call::Scope;
use crate::sandbox::enforce::{allows, matches};
use crate::sandbox::s3::Target;
use crate::sandbox::wire::{Request, form_decode};
use crate::sandbox::xml::{Element, text};
use crate::sandbox::{REGION, Sandbox, seed};

proptest! {
    #[test]
    fn text_survives_xml(value in "[^\u{0}-\u{8}\u{b}\u{c}\u{e}-\u{1f}]*") {
        let element = Element::parse(text("Name", &value).as_bytes());
        prop_assert_eq!(element.map(|e| e.text), Some(value));
    }

    #[test]
    fn form_fields_survive_encoding(name in "[A-Za-z.]{1,9}", value in "\\PC*") {
        use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
        let encoded = utf8_percent_encode(&value, NON_ALPHANUMERIC);
        let fields = form_decode(&format!("a=1&{name}={encoded}&b=2"));
        prop_assert_eq!(&fields[1], &(name, value));
    }

    #[test]
    fn no_document_upsets_the_parser(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Element::parse(&bytes);
        let headers = vec![("x-amz-content-sha256".to_owned(), "STREAMING-X".to_owned())];
        let _ = Request::new("PUT", "/b/k", headers, bytes);
    }

    #[test]
    fn pattern_matches_what_it_was_made_of(parts in proptest::collection::vec("[a-z/]{0,4}", 1..5)) {
        prop_assert!(matches(&parts.join("*"), &parts.join("xyz")));
    }
}

#[test]
fn wildcards_match_like_iam() {
    for (pattern, text, expected) in [
        ("*", "", true),
        ("s3:Get*", "s3:GetObject", true),
        ("s3:Get*", "s3:PutObject", false),
        ("a?c", "abc", true),
        ("a?c", "ac", false),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/", true),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b", false),
        ("*-role", "acme-role-x-role", true),
        ("", "x", false),
    ] {
        assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
    }
}

#[test]
fn deny_wins_and_nothing_is_allowed_by_default() {
    let policy = json!({"Statement": [
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:DELETE*", "NotResource": "arn:aws:s3:::mine/*"},
    ]});
    assert!(allows(&policy, "s3:GetObject", "arn:aws:s3:::b/k"));
    assert!(!allows(&policy, "iam:GetRole", "*"));
    assert!(!allows(&policy, "s3:DeleteObject", "arn:aws:s3:::b/k"));
    assert!(allows(&policy, "s3:DeleteObject", "arn:aws:s3:::mine/k"));
    assert!(!allows(&json!({}), "s3:GetObject", "*"));
}

#[test]
fn scope_is_read_from_header_or_presigned_url() {
    let credential = "AKID/20260101/ap-northeast-1/s3/aws4_request";
    let header = format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host");
    let headers = vec![("authorization".to_owned(), header)];
    let signed = Request::new("GET", "http://x/", headers, Vec::new());
    let uri = format!("/?X-Amz-Credential={}", credential.replace('/', "%2F"));
    let presigned = Request::new("GET", &uri, Vec::new(), Vec::new());
    let expected = Scope {
        access_key_id: "AKID".to_owned(),
        region: REGION.to_owned(),
        service: "s3".to_owned(),
    };
    assert_eq!(Scope::of(&signed).as_ref(), Some(&expected));
    assert_eq!(Scope::of(&presigned), Some(expected));
    assert_eq!(
        Scope::of(&Request::new("GET", "/", Vec::new(), Vec::new())),
        None
    );
}

#[test]
fn dotted_and_odd_hosts_name_their_bucket() {
    for (uri, bucket, key) in [
        (
            "https://my.dotted.s3.eu-west-1.amazonaws.com/k",
            "my.dotted",
            Some("k"),
        ),
        ("https://b.s3.dualstack.eu-west-1.amazonaws.com/", "b", None),
        (
            "https://b.s3.cn-north-1.amazonaws.com.cn/k/",
            "b",
            Some("k/"),
        ),
        (
            "https://s3.us-east-1.amazonaws.com/b/k//x",
            "b",
            Some("k//x"),
        ),
        ("http://127.0.0.1:1/b/a%2Fb%20c", "b", Some("a/b c")),
        ("http://localhost:1/b", "b", None),
    ] {
        let request = Request::new("GET", uri, Vec::new(), Vec::new());
        let target = Target::of(&request);
        assert_eq!(target.bucket.as_deref(), Some(bucket), "{uri}");
        assert_eq!(target.key.as_deref(), key, "{uri}");
    }
}

#[tokio::test]
async fn snapshots_of_equal_runs_are_equal() {
    let run = |name: &'static str| async move {
        let sandbox = Sandbox::jmc();
        let config = sandbox.sdk_config(REGION);
        let sns = aws_sdk_sns::Client::new(&config);
        let topic = sns.create_topic().name(name).send().await.expect("created");
        let subscribe = sns.subscribe().set_topic_arn(topic.topic_arn);
        let subscribe = subscribe.protocol("email").endpoint("a@example.com");
        subscribe.send().await.expect("subscribed");
        let s3 = aws_sdk_s3::Client::new(&config);
        let put = s3.put_object().bucket("acme-csa-data-bucket").key(name);
        put.send().await.expect("put");
        sandbox.snapshot()
    };
    assert_eq!(run("one").await, run("one").await);
    assert_ne!(run("one").await, run("two").await);
}

#[test]
fn sandboxes_share_nothing() {
    let (one, two) = (Sandbox::jmc(), Sandbox::jmc());
    one.state(|s| seed::add_bucket(s, "only-here", "123456789012", REGION));
    assert!(two.state(|s| s.bucket("only-here").is_none()));
    assert_ne!(one.snapshot(), two.snapshot());
}

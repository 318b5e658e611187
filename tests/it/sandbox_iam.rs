//! The sandbox's IAM, held to what AWS documents.

use aws_sdk_iam::Client;
use aws_sdk_iam::types::{SummaryKeyType, Tag};
use serde_json::{Value, json};

use crate::sandbox::iam::{POLICY_SIZE, ROLE_POLICY_SIZE};
use crate::sandbox::{Sandbox, seed};
use crate::sandbox_doors::{once, refusal, refused, through_both};

const ROLE: &str = "acme-jmc-app-role";
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"redshift.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

fn client(sandbox: &Sandbox) -> Client {
    Client::new(&once(&sandbox.sdk_config("ap-northeast-1")))
}

fn policy(statement: Value) -> String {
    json!({"Version": "2012-10-17", "Statement": statement}).to_string()
}

/// Returns a legal document of exactly this many characters.
fn policy_of_size(size: usize) -> String {
    let frame = |name: &str| {
        policy(json!([{"Effect": "Allow", "Action": "s3:GetObject",
                       "Resource": format!("arn:aws:s3:::{name}")}]))
    };
    let empty = frame("").len();
    frame(&"x".repeat(size - empty))
}

fn decoded(document: &str) -> String {
    percent_encoding::percent_decode_str(document)
        .decode_utf8()
        .expect("a document is text")
        .into_owned()
}

#[tokio::test]
async fn roles_are_created_with_everything() {
    through_both(|_, config| async move {
        let iam = Client::new(&config);
        let boundary = "arn:aws:iam::aws:policy/PowerUserAccess";
        let tag = Tag::builder().key("jmc:site").value("営業").build();
        let tag = tag.expect("a tag");
        let created = iam
            .create_role()
            .role_name("csa-new-role")
            .path("/jmc/sites/")
            .assume_role_policy_document(TRUST)
            .description("JMC é")
            .permissions_boundary(boundary)
            .tags(tag.clone())
            .send()
            .await
            .expect("created");
        let role = created.role().expect("a role");
        assert_eq!(
            role.arn(),
            "arn:aws:iam::123456789012:role/jmc/sites/csa-new-role"
        );
        let got = iam.get_role().role_name("csa-new-role").send().await;
        let got = got.expect("role");
        let got = got.role().expect("a role");
        assert_eq!(got.path(), "/jmc/sites/");
        assert_eq!(got.description(), Some("JMC é"));
        assert_eq!(got.tags(), [tag]);
        let shown = got
            .permissions_boundary()
            .and_then(|b| b.permissions_boundary_arn());
        assert_eq!(shown, Some(boundary));
        let trust = got.assume_role_policy_document().expect("a trust policy");
        assert!(!trust.contains('{'), "it is percent-encoded: {trust}");
        assert_eq!(decoded(trust), TRUST);

        let listed = iam.list_roles().path_prefix("/jmc/").send().await;
        let listed = listed.expect("roles");
        assert_eq!(listed.roles().len(), 1);
        assert!(listed.roles()[0].tags().is_empty());
        let tags = iam.list_role_tags().role_name("csa-new-role").send().await;
        assert_eq!(tags.expect("tags").tags().len(), 1);
        let tag = Tag::builder().key("owner").value("csa").build();
        let put = iam.tag_role().role_name("csa-new-role");
        put.tags(tag.expect("a tag")).send().await.expect("tagged");
        let tags = iam.list_role_tags().role_name("csa-new-role").send().await;
        assert_eq!(tags.expect("tags").tags().len(), 2);
        let update = iam.update_assume_role_policy().role_name("csa-new-role");
        let other = TRUST.replace("redshift.", "lambda.");
        update
            .policy_document(&other)
            .send()
            .await
            .expect("updated");
        iam.delete_role()
            .role_name("csa-new-role")
            .send()
            .await
            .expect("deleted");
    })
    .await;
}

#[tokio::test]
async fn role_rules_are_enforced() {
    let sandbox = Sandbox::jmc();
    let iam = client(&sandbox);
    let create = || {
        iam.create_role()
            .role_name("new")
            .assume_role_policy_document(TRUST)
    };
    let invalid = refused(400, "ValidationError");
    let long = "x".repeat(65);
    for name in ["bad name", "bad/name", "日本", &long] {
        let result = create().role_name(name).send().await;
        assert_eq!(refusal(result), invalid, "{name}");
    }
    for path in ["jmc/", "/jmc", "/日本/"] {
        let result = create().path(path).send().await;
        assert_eq!(refusal(result), invalid, "{path}");
    }
    let result = create().description("日本").send().await;
    assert_eq!(refusal(result), invalid);
    let result = create().role_name("ACME-JMC-APP-ROLE").send().await;
    assert_eq!(refusal(result), refused(409, "EntityAlreadyExists"));
    let result = create()
        .permissions_boundary("arn:aws:iam::aws:policy/None")
        .send();
    assert_eq!(refusal(result.await), refused(404, "NoSuchEntity"));
    let result = create()
        .permissions_boundary("PowerUserAccess")
        .send()
        .await;
    assert_eq!(refusal(result), invalid);
    let malformed = refused(400, "MalformedPolicyDocument");
    for trust in [
        "not json".to_owned(),
        policy(json!([{"Effect": "Allow", "Action": "sts:AssumeRole"}])),
        TRUST.replace("redshift.amazonaws.com", "redshift"),
        TRUST.replace("sts:AssumeRole", "s3:GetObject"),
        TRUST.replace("\"Action\"", "\"Resource\":\"*\",\"Action\""),
    ] {
        let result = create().assume_role_policy_document(&trust).send().await;
        assert_eq!(refusal(result), malformed, "{trust}");
    }
    let long = TRUST.replace(
        "Version",
        &format!("Id\":\"{}\",\"Version", "x".repeat(2048)),
    );
    let result = create().assume_role_policy_document(long).send().await;
    assert_eq!(refusal(result), refused(409, "LimitExceeded"));
    let result = iam.get_role().role_name("new").send().await;
    assert_eq!(refusal(result), refused(404, "NoSuchEntity"));
    assert!(sandbox.journal().iter().all(|e| !e.effect));
}

#[tokio::test]
async fn role_listing_is_paged_by_hundred() {
    through_both(|sandbox, config| async move {
        sandbox.state(|s| {
            for i in 0..240 {
                seed::add_role(s, &format!("team-{i:03}"), &["ec2.amazonaws.com"]);
            }
        });
        let iam = Client::new(&config);
        let first = iam.list_roles().send().await.expect("a page");
        assert_eq!((first.roles().len(), first.is_truncated()), (100, true));
        let mut pages = iam.list_roles().into_paginator().send();
        let mut names = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.expect("a page");
            names.extend(page.roles().iter().map(|r| r.role_name().to_owned()));
        }
        assert_eq!(names.len(), 252);
        let all = iam.list_roles().max_items(1000).send().await.expect("all");
        assert_eq!((all.roles().len(), all.is_truncated()), (252, false));
        let most = iam.list_roles().max_items(1001).send().await;
        assert_eq!(refusal(most), refused(400, "ValidationError"));
    })
    .await;
}

#[tokio::test]
async fn inline_policies_keep_every_character() {
    through_both(|sandbox, config| async move {
        let iam = Client::new(&config);
        let odd = "{\n\t\"Version\": \"2012-10-17\",\r\n  \"Statement\" : {\"Sid\":\"A1\",\
                   \"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"arn:aws:s3:::a+b%c&d\",\
                   \"Condition\":{\"StringLike\":{\"s3:prefix\":[\"\u{e9}\",\"\"]}}}\n}\n";
        let put = iam.put_role_policy().role_name(ROLE).policy_name("odd");
        put.policy_document(odd).send().await.expect("put");
        let get = iam.get_role_policy().role_name(ROLE).policy_name("odd");
        let got = get.send().await.expect("got");
        assert!(!got.policy_document().contains(['{', ' ', '\n']));
        assert_eq!(decoded(got.policy_document()), odd);
        assert_eq!(
            sandbox
                .state(|s| s
                    .role(ROLE)
                    .and_then(|r| r.policy("odd").map(str::to_owned)))
                .as_deref(),
            Some(odd)
        );
        let names = iam.list_role_policies().role_name(ROLE).send().await;
        let names = names.expect("names");
        let expected = ["acme-app-logs-policy", "acme-app-s3-policy", "odd"];
        assert_eq!(names.policy_names(), expected);
        let page = iam.list_role_policies().role_name(ROLE).max_items(2);
        let page = page.send().await.expect("a page");
        assert!(page.is_truncated() && page.marker().is_some());
        let delete = iam.delete_role_policy().role_name(ROLE).policy_name("odd");
        delete.clone().send().await.expect("deleted");
        assert_eq!(refusal(delete.send().await), refused(404, "NoSuchEntity"));
        let gone = iam.get_role_policy().role_name(ROLE).policy_name("odd");
        assert_eq!(refusal(gone.send().await), refused(404, "NoSuchEntity"));
    })
    .await;
}

#[tokio::test]
async fn seeded_policy_has_the_shape_of_the_manual() {
    let sandbox = Sandbox::jmc();
    for role in [ROLE, "acme-jmc-api-role"] {
        let text = sandbox.state(|s| {
            let role = s.role(role).expect("it is seeded");
            role.policy(seed::POLICY).expect("it is seeded").to_owned()
        });
        let document: Value = serde_json::from_str(&text).expect("JSON");
        let statements = document["Statement"].as_array().expect("a list");
        assert_eq!(statements.len(), 2);
        assert_eq!(
            statements[1]["Action"],
            json!(["s3:PutObject", "s3:GetObject", "s3:DeleteObject"])
        );
        assert_eq!(
            statements[0]["Resource"],
            json!([
                "arn:aws:s3:::acme-csa-data-bucket",
                "arn:aws:s3:::acme-csa-system-bucket"
            ])
        );
    }
}

#[tokio::test]
async fn malformed_policies_are_refused() {
    let sandbox = Sandbox::jmc();
    let iam = client(&sandbox);
    let put = |document: String| {
        let put = iam.put_role_policy().role_name(ROLE).policy_name("x");
        put.policy_document(document).send()
    };
    let good = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"});
    let with = |name: &str, value: Value| {
        let mut changed = good.clone();
        changed[name] = value;
        policy(json!([changed]))
    };
    let without = |name: &str| {
        let mut changed = good.clone();
        changed.as_object_mut().expect("a map").remove(name);
        policy(json!([changed]))
    };
    put(policy(good.clone())).await.expect("an object will do");
    let malformed = refused(400, "MalformedPolicyDocument");
    for document in [
        "{".to_owned(),
        "[]".to_owned(),
        policy(json!([])),
        json!({"Version": "2012-10-17"}).to_string(),
        json!({"Version": "2026-01-01", "Statement": [good]}).to_string(),
        json!({"Statement": [good], "Comment": "x"}).to_string(),
        without("Effect"),
        without("Action"),
        without("Resource"),
        with("Effect", json!("allow")),
        with("Action", json!([])),
        with("Action", json!("GetObject")),
        with("Action", json!(7)),
        with("NotAction", json!("s3:*")),
        with("Resource", json!("my-bucket")),
        with("Resource", json!("arn:amazon:s3:::my-bucket")),
        with("Resource", json!("arn:aws:s3:::")),
        with("Resource", json!([])),
        with("Principal", json!("*")),
        with("Sid", json!("no-dashes")),
        with("Comment", json!("x")),
        with("Condition", json!({"Like": {"s3:prefix": "x"}})),
        with("Condition", json!({"StringLike": {"prefix": "x"}})),
        policy(json!([
            {"Sid": "A", "Effect": "Allow", "Action": "s3:*", "Resource": "*"},
            {"Sid": "A", "Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        ])),
    ] {
        let result = put(document.clone()).await;
        assert_eq!(refusal(result), malformed, "{document}");
    }
    let japanese = with("Resource", json!("arn:aws:s3:::日本"));
    assert_eq!(
        refusal(put(japanese).await),
        refused(400, "ValidationError")
    );
}

#[tokio::test]
async fn inline_policies_of_a_role_share_one_limit() {
    through_both(|sandbox, config| async move {
        let iam = Client::new(&config);
        sandbox.state(|s| s.role(ROLE).expect("it is seeded").inline.clear());
        let put = |name: &str, document: &str| {
            let put = iam.put_role_policy().role_name(ROLE).policy_name(name);
            put.policy_document(document).send()
        };
        let half = ROLE_POLICY_SIZE / 2;
        put("one", &policy_of_size(half))
            .await
            .expect("the first half");
        put("two", &policy_of_size(half))
            .await
            .expect("the second half");
        let spaced = policy_of_size(half).replace(',', " ,\n\t ");
        put("two", &spaced).await.expect("white space is free");
        let over = put("two", &policy_of_size(half + 1)).await;
        assert_eq!(refusal(over), refused(409, "LimitExceeded"));
        let third = put("three", &policy_of_size(200)).await;
        assert_eq!(refusal(third), refused(409, "LimitExceeded"));
    })
    .await;
}

#[tokio::test]
async fn managed_policies_have_versions_and_limits() {
    through_both(|_, config| async move {
        let iam = Client::new(&config);
        let create = |size| {
            let create = iam.create_policy().policy_name("jmc-buckets");
            create.policy_document(policy_of_size(size)).send()
        };
        let over = create(POLICY_SIZE + 1).await;
        assert_eq!(refusal(over), refused(409, "LimitExceeded"));
        let created = create(POLICY_SIZE).await.expect("created");
        let arn = created
            .policy()
            .and_then(|p| p.arn())
            .expect("an ARN")
            .to_owned();
        assert_eq!(arn, "arn:aws:iam::123456789012:policy/jmc-buckets");
        let again = create(200).await;
        assert_eq!(refusal(again), refused(409, "EntityAlreadyExists"));

        let version = |document: String| {
            let version = iam.create_policy_version().policy_arn(&arn);
            version
                .set_as_default(true)
                .policy_document(document)
                .send()
        };
        for _ in 0..4 {
            version(policy_of_size(200)).await.expect("a version");
        }
        let sixth = version(policy_of_size(200)).await;
        assert_eq!(refusal(sixth), refused(409, "LimitExceeded"));
        let all = iam.list_policy_versions().policy_arn(&arn).send().await;
        let all = all.expect("versions");
        let ids: Vec<_> = all
            .versions()
            .iter()
            .filter_map(|v| v.version_id())
            .collect();
        assert_eq!(ids, ["v5", "v4", "v3", "v2", "v1"]);
        let default = iam
            .delete_policy_version()
            .policy_arn(&arn)
            .version_id("v5");
        assert_eq!(
            refusal(default.send().await),
            refused(409, "DeleteConflict")
        );
        let oldest = iam
            .delete_policy_version()
            .policy_arn(&arn)
            .version_id("v1");
        oldest.send().await.expect("deleted");
        version(policy_of_size(201)).await.expect("room again");
        let got = iam
            .get_policy()
            .policy_arn(&arn)
            .send()
            .await
            .expect("policy");
        let default = got.policy().and_then(|p| p.default_version_id());
        assert_eq!(default, Some("v6"));
        let document = iam.get_policy_version().policy_arn(&arn).version_id("v6");
        let document = document.send().await.expect("a version");
        let document = document.policy_version().and_then(|v| v.document());
        assert_eq!(decoded(document.expect("a document")), policy_of_size(201));

        let attach = iam.attach_role_policy().role_name(ROLE).policy_arn(&arn);
        attach.clone().send().await.expect("attached");
        attach.send().await.expect("attached already");
        let listed = iam
            .list_attached_role_policies()
            .role_name(ROLE)
            .send()
            .await;
        let listed = listed.expect("policies");
        let first = listed.attached_policies().first().expect("one");
        assert_eq!(first.policy_name(), Some("jmc-buckets"));
        let detach = iam.detach_role_policy().role_name(ROLE).policy_arn(&arn);
        detach.clone().send().await.expect("detached");
        assert_eq!(refusal(detach.send().await), refused(404, "NoSuchEntity"));
        let missing = "arn:aws:iam::123456789012:policy/none";
        let attach = iam.attach_role_policy().role_name(ROLE).policy_arn(missing);
        assert_eq!(refusal(attach.send().await), refused(404, "NoSuchEntity"));
    })
    .await;
}

#[tokio::test]
async fn attached_policies_are_limited() {
    let sandbox = Sandbox::jmc();
    let iam = client(&sandbox);
    for i in 0..11 {
        let create = iam.create_policy().policy_name(format!("p{i}"));
        let create = create.policy_document(policy_of_size(200)).send().await;
        create.expect("created");
        let attach = iam.attach_role_policy().role_name(ROLE);
        let arn = format!("arn:aws:iam::123456789012:policy/p{i}");
        let result = attach.policy_arn(arn).send().await;
        match i {
            10 => assert_eq!(refusal(result), refused(409, "LimitExceeded")),
            _ => drop(result.expect("attached")),
        }
    }
}

#[tokio::test]
async fn account_summary_names_the_quotas() {
    through_both(|_, config| async move {
        let iam = Client::new(&config);
        let summary = iam.get_account_summary().send().await.expect("summary");
        let map = summary.summary_map().expect("a map");
        let of = |name: &str| map.get(&SummaryKeyType::from(name)).copied();
        assert_eq!(of("RolePolicySizeQuota"), Some(10_240));
        assert_eq!(of("PolicySizeQuota"), Some(6_144));
        assert_eq!(of("AttachedPoliciesPerRoleQuota"), Some(10));
        assert_eq!(of("Roles"), Some(12));
    })
    .await;
}

#[tokio::test]
async fn new_roles_and_policies_take_some_reads_to_appear() {
    let sandbox = Sandbox::jmc();
    sandbox.state(|s| (s.role_lag, s.policy_lag) = (2, 2));
    let iam = client(&sandbox);
    let create = iam.create_role().role_name("new");
    let create = create.assume_role_policy_document(TRUST).send().await;
    create.expect("created");
    let get = || iam.get_role().role_name("new").send();
    let missing = refused(404, "NoSuchEntity");
    assert_eq!(refusal(get().await), missing);
    let listed = iam.list_roles().send().await.expect("roles");
    assert!(listed.roles().iter().all(|r| r.role_name() != "new"));
    get().await.expect("visible");

    let put = |document: String| {
        let put = iam.put_role_policy().role_name("new").policy_name("p");
        put.policy_document(document).send()
    };
    let read = || {
        iam.get_role_policy()
            .role_name("new")
            .policy_name("p")
            .send()
    };
    put(policy_of_size(200)).await.expect("put");
    assert_eq!(refusal(read().await), missing);
    assert_eq!(refusal(read().await), missing);
    read().await.expect("visible");
    put(policy_of_size(300)).await.expect("put");
    let sizes = [
        read().await.expect("old").policy_document().to_owned(),
        read().await.expect("old").policy_document().to_owned(),
        read().await.expect("new").policy_document().to_owned(),
    ]
    .map(|document| decoded(&document).len());
    assert_eq!(sizes, [200, 200, 300]);
}

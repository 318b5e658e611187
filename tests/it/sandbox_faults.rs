//! How the sandbox misbehaves on purpose, and what it permits when that is enforced.

use std::time::{Duration, Instant};

use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use serde_json::json;

use crate::sandbox::{Fault, REGION, Rule, Sandbox, Service};
use crate::sandbox_doors::{http_config, once, refusal, refused, through_both};

const DATA: &str = "acme-csa-data-bucket";

#[tokio::test]
async fn faults_have_each_services_own_words() {
    through_both(|sandbox, config| async move {
        let s3 = aws_sdk_s3::Client::new(&config);
        let iam = aws_sdk_iam::Client::new(&config);
        let sns = aws_sdk_sns::Client::new(&config);
        let serverless = aws_sdk_redshiftserverless::Client::new(&config);
        for (fault, for_s3, for_iam, for_sns, for_serverless) in [
            (
                Fault::Throttled,
                refused(503, "SlowDown"),
                refused(400, "Throttling"),
                refused(400, "Throttling"),
                refused(400, "ThrottlingException"),
            ),
            (
                Fault::Status500,
                refused(500, "InternalError"),
                refused(500, "ServiceFailure"),
                refused(500, "InternalError"),
                refused(500, "InternalServerException"),
            ),
            (
                Fault::Status503,
                refused(503, "ServiceUnavailable"),
                refused(503, "ServiceUnavailable"),
                refused(503, "ServiceUnavailable"),
                refused(503, "ServiceUnavailableException"),
            ),
            (
                Fault::AccessDenied,
                refused(403, "AccessDenied"),
                refused(403, "AccessDenied"),
                refused(403, "AuthorizationError"),
                refused(400, "AccessDeniedException"),
            ),
            (
                Fault::ExpiredToken,
                refused(400, "ExpiredToken"),
                refused(403, "ExpiredToken"),
                refused(403, "ExpiredToken"),
                refused(400, "ExpiredTokenException"),
            ),
        ] {
            sandbox.fault(Rule::any(fault).times(4));
            let put = s3.put_object().bucket(DATA).key("k").send().await;
            assert_eq!(refusal(put), for_s3);
            assert_eq!(refusal(iam.list_roles().send().await), for_iam);
            assert_eq!(refusal(sns.list_topics().send().await), for_sns);
            let get = serverless.get_namespace().namespace_name("csa-ns").send();
            assert_eq!(refusal(get.await), for_serverless);
            s3.list_buckets()
                .send()
                .await
                .expect("the rule has run out");
        }
    })
    .await;
}

#[tokio::test]
async fn rules_strike_the_nth_call_of_one_operation_on_one_resource() {
    let sandbox = Sandbox::jmc();
    let rule = Rule::on(Service::S3, "PutObject", Fault::AccessDenied);
    sandbox.fault(rule.resource("acme-csa-data-bucket/k").nth(2));
    let s3 = aws_sdk_s3::Client::new(&once(&sandbox.sdk_config(REGION)));
    let put = |key: &str| s3.put_object().bucket(DATA).key(key).send();
    put("other").await.expect("another resource");
    put("k").await.expect("the first");
    let denied = put("k").await;
    assert_eq!(refusal(denied), refused(403, "AccessDenied"));
    put("k").await.expect("the third");
    let effects: Vec<bool> = sandbox.writes().iter().map(|e| e.effect).collect();
    assert_eq!(effects, [true, true, false, true]);
}

#[tokio::test]
async fn any_refusal_can_be_a_rule() {
    let sandbox = Sandbox::jmc();
    let fault = Fault::Refused(409, "ConditionalRequestConflict");
    sandbox.fault(Rule::on(Service::S3, "PutObject", fault));
    let s3 = aws_sdk_s3::Client::new(&once(&sandbox.sdk_config(REGION)));
    let put = s3.put_object().bucket(DATA).key("k").send().await;
    assert_eq!(refusal(put), refused(409, "ConditionalRequestConflict"));
}

#[tokio::test]
async fn rule_for_writes_spares_reads() {
    let sandbox = Sandbox::jmc();
    sandbox.fault(Rule::any(Fault::AccessDenied).writes().always());
    let s3 = aws_sdk_s3::Client::new(&once(&sandbox.sdk_config(REGION)));
    s3.list_buckets().send().await.expect("a read");
    let put = s3.put_object().bucket(DATA).key("k").send().await;
    assert_eq!(refusal(put), refused(403, "AccessDenied"));
}

#[tokio::test]
async fn dropped_connections_lose_the_call_or_only_the_answer() {
    through_both(|sandbox, config| async move {
        let s3 = aws_sdk_s3::Client::new(&config);
        for (fault, kept) in [(Fault::DropBefore, false), (Fault::DropAfter, true)] {
            sandbox.fault(Rule::on(Service::S3, "PutObject", fault));
            let put = s3.put_object().bucket(DATA).key("k").send().await;
            let error = put.expect_err("there is no answer");
            assert!(error.raw_response().is_none());
            let there = sandbox.state(|s| {
                let bucket = s.bucket(DATA).expect("it is seeded");
                bucket.objects.remove("k").is_some()
            });
            assert_eq!(there, kept);
            let last = sandbox.writes().pop().expect("it is in the journal");
            assert_eq!((last.status, last.effect), (None, kept));
        }
    })
    .await;
}

#[tokio::test]
async fn real_retries_outlast_a_dropped_connection() {
    let sandbox = Sandbox::jmc();
    let retry = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    let config = sandbox.sdk_config(REGION).to_builder();
    let s3 = aws_sdk_s3::Client::new(&config.retry_config(retry).build());
    sandbox.fault(Rule::on(Service::S3, "PutObject", Fault::DropAfter));
    let put = s3
        .put_object()
        .bucket(DATA)
        .key("k")
        .if_none_match("*")
        .send();
    let result = put.await;
    assert_eq!(
        refusal(result),
        refused(412, "PreconditionFailed"),
        "the first attempt had its effect"
    );
    assert_eq!(sandbox.writes().len(), 2);
}

#[tokio::test]
async fn stalls_are_ended_by_the_clients_deadline() {
    let sandbox = Sandbox::jmc();
    let serving = sandbox.serve().await.expect("loopback has a free port");
    let timeout = TimeoutConfig::builder()
        .operation_timeout(Duration::from_millis(50))
        .build();
    for config in [sandbox.sdk_config(REGION), http_config(&serving.url)] {
        sandbox.fault(Rule::on(Service::Sts, "GetCallerIdentity", Fault::Stall));
        let builder = config.to_builder().timeout_config(timeout.clone());
        // The HTTP configuration has no clock of its own.
        let builder = builder.sleep_impl(aws_smithy_async::rt::sleep::TokioSleep::new());
        let sts = aws_sdk_sts::Client::new(&builder.build());
        let result = sts.get_caller_identity().send().await;
        let error = result.expect_err("there is no answer");
        assert!(error.raw_response().is_none());
    }
}

#[tokio::test]
async fn latency_is_per_service() {
    let sandbox = Sandbox::jmc();
    let latency = Duration::from_millis(60);
    sandbox.latency(Service::Sts, latency);
    let config = sandbox.sdk_config(REGION);
    let (sts, s3) = (
        aws_sdk_sts::Client::new(&config),
        aws_sdk_s3::Client::new(&config),
    );
    let start = Instant::now();
    s3.list_buckets().send().await.expect("at once");
    assert!(start.elapsed() < latency);
    let calls = (0..5).map(|_| sts.get_caller_identity().send());
    let start = Instant::now();
    let all = futures_util::future::join_all(calls).await;
    assert!(all.iter().all(Result::is_ok));
    assert!(start.elapsed() >= latency);
    assert!(
        start.elapsed() < latency * 4,
        "concurrent calls wait together"
    );
}

#[tokio::test]
async fn enforced_policy_decides_by_action_and_resource() {
    through_both(|sandbox, config| async move {
        let policy = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["s3:List*", "s3:PutObject"],
             "Resource": ["arn:aws:s3:::acme-csa-*", "arn:aws:s3:::acme-csa-data-bucket/*"]},
            {"Effect": "Deny", "Action": "s3:PutObject",
             "Resource": "arn:aws:s3:::acme-csa-data-bucket/secret/*"},
            {"Effect": "Allow", "Action": "redshift:ModifyClusterIamRoles", "Resource": "*"},
        ]});
        sandbox.enforce(&policy.to_string());
        let s3 = aws_sdk_s3::Client::new(&config);
        let put = |key: &str| s3.put_object().bucket(DATA).key(key).send();
        put("k").await.expect("allowed");
        s3.head_bucket()
            .bucket(DATA)
            .send()
            .await
            .expect("it is s3:ListBucket");
        let denied = refused(403, "AccessDenied");
        assert_eq!(refusal(put("secret/k").await), denied);
        let get = s3.get_object().bucket(DATA).key("k").send().await;
        assert_eq!(refusal(get), denied);
        let matched = s3.put_object().bucket(DATA).key("k").if_match("\"0\"");
        assert_eq!(refusal(matched.send().await), denied, "it reads, too");
        let head = s3.head_object().bucket(DATA).key("k").send().await;
        assert_eq!(refusal(head).0, 403);

        let iam = aws_sdk_iam::Client::new(&config);
        let get = iam.get_role().role_name("acme-jmc-app-role").send().await;
        let error = get.expect_err("not allowed").into_service_error();
        let words = error.to_string() + &format!("{:?}", error.meta());
        let named = "iam:GetRole on resource: arn:aws:iam::123456789012:role/acme-jmc-app-role";
        assert!(words.contains(named), "{words}");
        let sns = aws_sdk_sns::Client::new(&config);
        let create = sns.create_topic().name("t").send().await;
        assert_eq!(refusal(create), refused(403, "AuthorizationError"));
        let serverless = aws_sdk_redshiftserverless::Client::new(&config);
        let get = serverless.get_namespace().namespace_name("csa-ns").send();
        assert_eq!(refusal(get.await), refused(400, "AccessDeniedException"));
        let redshift = aws_sdk_redshift::Client::new(&config);
        let modify = redshift
            .modify_cluster_iam_roles()
            .cluster_identifier("csa-dwh");
        let role = "arn:aws:iam::123456789012:role/csa-existing-role";
        let modify = modify.add_iam_roles(role).send().await;
        let words = format!("{:?}", modify.expect_err("iam:PassRole is missing"));
        assert!(words.contains("iam:PassRole"), "{words}");
        let sts = aws_sdk_sts::Client::new(&config);
        sts.get_caller_identity()
            .send()
            .await
            .expect("everybody may");
    })
    .await;
}

#[tokio::test]
async fn missing_key_is_only_shown_to_who_may_list() {
    through_both(|sandbox, config| async move {
        let s3 = aws_sdk_s3::Client::new(&config);
        let get = || s3.get_object().bucket(DATA).key("none").send();
        let allow = |actions: &[&str]| {
            let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
            sandbox.enforce(&json!({"Statement": statement}).to_string());
        };
        allow(&["s3:GetObject"]);
        assert_eq!(refusal(get().await), refused(403, "AccessDenied"));
        allow(&["s3:GetObject", "s3:ListBucket"]);
        assert_eq!(refusal(get().await), refused(404, "NoSuchKey"));
    })
    .await;
}

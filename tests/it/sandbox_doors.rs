//! The two doors of the sandbox, who may enter, and what the journal keeps of it. The other
//! `sandbox_*` tests use its `through_both` to pass through each door.

use std::future::Future;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::sandbox::{ACCESS_KEY_ID, REGION, Sandbox, Service};

/// Runs a test on a fresh installation in process, and on another over HTTP.
pub async fn through_both<F: Future<Output = ()>>(test: impl Fn(Sandbox, SdkConfig) -> F) {
    let sandbox = Sandbox::jmc();
    test(sandbox.clone(), once(&sandbox.sdk_config(REGION))).await;
    let sandbox = Sandbox::jmc();
    let serving = sandbox.serve().await.expect("loopback has a free port");
    test(sandbox.clone(), http_config(&serving.url)).await;
}

/// Returns the configuration without retries, so that a refusal is seen at once.
pub fn once(config: &SdkConfig) -> SdkConfig {
    let builder = config.to_builder();
    builder.retry_config(RetryConfig::disabled()).build()
}

/// Returns the same clients for another region.
pub fn in_region(config: &SdkConfig, region: &'static str) -> SdkConfig {
    config.to_builder().region(Region::new(region)).build()
}

/// Returns the same clients for another identity.
pub fn with_key(config: &SdkConfig, access_key_id: &str) -> SdkConfig {
    let credentials = Credentials::new(access_key_id, "secret", None, None, "test");
    let provider = SharedCredentialsProvider::new(credentials);
    config.to_builder().credentials_provider(provider).build()
}

/// Returns a configuration that reaches the sandbox as the real binary does.
pub fn http_config(url: &str) -> SdkConfig {
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(url)
        .retry_config(RetryConfig::disabled())
        .build();
    with_key(&config, ACCESS_KEY_ID)
}

/// Returns the status and the error code of a refused call.
pub fn refusal<T, E>(result: Result<T, SdkError<E, HttpResponse>>) -> (u16, String)
where
    E: ProvideErrorMetadata,
{
    let error = result.err().expect("the call is refused");
    let status = error.raw_response().map_or(0, |r| r.status().as_u16());
    (status, error.code().unwrap_or_default().to_owned())
}

/// Returns what [`refusal`] does, to compare with.
pub fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// Sends bytes as they are and returns the whole answer.
async fn raw(sandbox: &Sandbox, request: &str) -> String {
    let serving = sandbox.serve().await.expect("loopback has a free port");
    let mut stream = tokio::net::TcpStream::connect(serving.address)
        .await
        .expect("the door is open");
    let sent = stream.write_all(request.as_bytes()).await;
    sent.expect("the request is sent");
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer).await;
    read.expect("the answer is read");
    String::from_utf8(answer).expect("the answer is text")
}

fn authorization(service: &str, region: &str) -> String {
    format!(
        "Authorization: AWS4-HMAC-SHA256 Credential={ACCESS_KEY_ID}/20260101/{region}/{service}\
         /aws4_request, SignedHeaders=host, Signature=00\r\n"
    )
}

#[tokio::test]
async fn caller_identity_is_the_seeded_principal() {
    through_both(|_, config| async move {
        let sts = aws_sdk_sts::Client::new(&config);
        let me = sts.get_caller_identity().send().await.expect("identity");
        assert_eq!(me.account(), Some("123456789012"));
        assert_eq!(me.arn(), Some("arn:aws:iam::123456789012:user/ops"));
    })
    .await;
}

#[tokio::test]
async fn partition_follows_the_region() {
    let sandbox = Sandbox::new();
    for (region, arn) in [
        ("cn-north-1", "arn:aws-cn:iam::123456789012:user/ops"),
        ("us-gov-west-1", "arn:aws-us-gov:iam::123456789012:user/ops"),
        ("eusc-de-east-1", "arn:aws-eusc:iam::123456789012:user/ops"),
    ] {
        let sts = aws_sdk_sts::Client::new(&sandbox.sdk_config(region));
        let me = sts.get_caller_identity().send().await.expect("identity");
        assert_eq!(me.arn(), Some(arn));
    }
}

#[tokio::test]
async fn twelve_digits_are_an_account_and_other_keys_are_unknown() {
    through_both(|_, config| async move {
        let sts = aws_sdk_sts::Client::new(&with_key(&config, "210987654321"));
        let me = sts.get_caller_identity().send().await.expect("identity");
        assert_eq!(me.account(), Some("210987654321"));

        let unknown = with_key(&config, "AKIANOBODYNOBODY0000");
        let sts = aws_sdk_sts::Client::new(&unknown);
        let result = sts.get_caller_identity().send().await;
        assert_eq!(refusal(result), refused(403, "InvalidClientTokenId"));
        let s3 = aws_sdk_s3::Client::new(&unknown);
        let result = s3.list_buckets().send().await;
        assert_eq!(refusal(result), refused(403, "InvalidAccessKeyId"));
        let serverless = aws_sdk_redshiftserverless::Client::new(&unknown);
        let result = serverless
            .get_namespace()
            .namespace_name("csa-ns")
            .send()
            .await;
        assert_eq!(refusal(result), refused(400, "UnrecognizedClientException"));
    })
    .await;
}

#[tokio::test]
async fn request_without_authorization_is_refused() {
    let answer = raw(
        &Sandbox::jmc(),
        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 24\r\n\r\n\
         Action=GetCallerIdentity",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    assert!(answer.contains("<Code>MissingAuthenticationToken</Code>"));
}

#[tokio::test]
async fn unknown_operations_are_loud() {
    through_both(|sandbox, config| async move {
        let sts = aws_sdk_sts::Client::new(&config);
        let result = sts.get_session_token().send().await;
        assert_eq!(refusal(result), refused(501, "NotImplemented"));
        let s3 = aws_sdk_s3::Client::new(&config);
        let result = s3
            .get_bucket_policy()
            .bucket("acme-csa-data-bucket")
            .send()
            .await;
        assert_eq!(refusal(result), refused(501, "NotImplemented"));
        let iam = aws_sdk_iam::Client::new(&config);
        let result = iam.list_users().send().await;
        assert_eq!(refusal(result), refused(501, "NotImplemented"));
        let sns = aws_sdk_sns::Client::new(&config);
        let result = sns.publish().topic_arn("arn:x").message("m").send().await;
        assert_eq!(refusal(result), refused(501, "NotImplemented"));
        let serverless = aws_sdk_redshiftserverless::Client::new(&config);
        let result = serverless.list_namespaces().send().await;
        assert_eq!(refusal(result), refused(501, "NotImplemented"));
        let calls: Vec<String> = sandbox.journal().iter().map(|e| e.call()).collect();
        assert_eq!(calls[1], "s3:GetBucketPolicy");
    })
    .await;
}

#[tokio::test]
async fn unknown_service_is_loud() {
    let request = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{}Content-Length: 18\r\n\r\n\
         Action=DoSomething",
        authorization("ec2", REGION)
    );
    let answer = raw(&Sandbox::jmc(), &request).await;
    assert!(answer.starts_with("HTTP/1.1 501"), "{answer}");
    assert!(answer.contains("ec2:DoSomething"));
}

#[tokio::test]
async fn virtual_host_and_path_style_address_the_same_bucket() {
    let sandbox = Sandbox::jmc();
    for (host, path) in [
        ("acme-csa-data-bucket.localhost:8000", "/"),
        ("acme-csa-data-bucket.s3.localhost:8000", "/"),
        ("acme-csa-data-bucket.s3.ap-northeast-1.amazonaws.com", "/"),
        ("acme-csa-data-bucket.s3-ap-northeast-1.amazonaws.com", "/"),
        ("s3.localhost", "/acme-csa-data-bucket"),
        ("s3.ap-northeast-1.amazonaws.com", "/acme-csa-data-bucket"),
        ("127.0.0.1:8000", "/acme%2Dcsa-data-bucket/"),
    ] {
        let request = format!(
            "HEAD {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{}\r\n",
            authorization("s3", REGION)
        );
        let answer = raw(&sandbox, &request).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{host}: {answer}");
        assert!(answer.contains("x-amz-bucket-region: ap-northeast-1"));
    }
    let all = sandbox.journal();
    assert!(all.iter().all(|e| e.resource == "acme-csa-data-bucket"));
}

#[tokio::test]
async fn chunked_framing_is_stripped() {
    let sandbox = Sandbox::jmc();
    let request = format!(
        "PUT /acme-csa-data-bucket/%E6%97%A5%E6%9C%AC HTTP/1.1\r\nHost: 127.0.0.1\r\n\
         Connection: close\r\n{}x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\n\
         Content-Encoding: aws-chunked\r\nx-amz-trailer: x-amz-checksum-crc32\r\n\
         Content-Length: 62\r\n\r\n\
         5;chunk-signature=0\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n",
        authorization("s3", REGION)
    );
    let answer = raw(&sandbox, &request).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    sandbox.state(|s| {
        let bucket = s.bucket("acme-csa-data-bucket").expect("it is seeded");
        let object = bucket.objects.get("日本").expect("the key is decoded");
        assert_eq!(object.body, b"hello");
        let (name, value) = object.checksum.as_ref().expect("the trailer is kept");
        assert_eq!(
            (name.as_str(), value.as_str()),
            ("x-amz-checksum-crc32", "NhCmhg==")
        );
    });
}

#[tokio::test]
async fn streamed_bodies_arrive_whole() {
    through_both(|sandbox, config| async move {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), vec![b'x'; 200_000]).expect("it is written");
        let body = ByteStream::from_path(file.path())
            .await
            .expect("it is read");
        let s3 = aws_sdk_s3::Client::new(&config);
        s3.put_object()
            .bucket("acme-csa-data-bucket")
            .key("large")
            .body(body)
            .send()
            .await
            .expect("put");
        let size = sandbox.state(|s| {
            let bucket = s.bucket("acme-csa-data-bucket").expect("it is seeded");
            bucket.objects["large"].body.len()
        });
        assert_eq!(size, 200_000);
    })
    .await;
}

#[tokio::test]
async fn journal_names_every_call_and_no_secret() {
    through_both(|sandbox, config| async move {
        let iam = aws_sdk_iam::Client::new(&config);
        iam.put_role_policy()
            .role_name("acme-jmc-app-role")
            .policy_name("x")
            .policy_document("{}")
            .send()
            .await
            .expect_err("the document is malformed");
        let s3 = aws_sdk_s3::Client::new(&config);
        let result = s3.head_bucket().bucket("sales-elsewhere").send().await;
        result.expect_err("it is elsewhere");
        let journal = sandbox.journal();
        assert_eq!(journal.len(), 2);
        let put = &journal[0];
        assert_eq!(put.order, 1);
        assert_eq!(put.call(), "iam:PutRolePolicy");
        assert_eq!(put.resource, "acme-jmc-app-role/x");
        assert_eq!(put.account, "123456789012");
        // IAM is signed for the one region of its partition, but not at an endpoint of our own.
        assert!(["us-east-1", REGION].contains(&put.region.as_str()));
        assert_eq!(put.status, Some(400));
        assert_eq!(put.code.as_deref(), Some("MalformedPolicyDocument"));
        assert!(put.write && !put.effect);
        assert_eq!((journal[1].status, journal[1].write), (Some(301), false));
        assert_eq!(sandbox.writes().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn journal_is_readable_over_http() {
    let sandbox = Sandbox::jmc();
    let sts = aws_sdk_sts::Client::new(&sandbox.sdk_config(REGION));
    sts.get_caller_identity().send().await.expect("identity");
    let answer = raw(
        &sandbox,
        "GET /_sandbox/journal HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains(r#""operation":"GetCallerIdentity""#));
    assert!(!answer.contains(ACCESS_KEY_ID));
    assert_eq!(sandbox.journal().len(), 1);
}

#[tokio::test]
async fn door_closes_when_dropped() {
    let sandbox = Sandbox::new();
    let serving = sandbox.serve().await.expect("loopback has a free port");
    let address = serving.address;
    drop(serving);
    for _ in 0..100 {
        if tokio::net::TcpStream::connect(address).await.is_err() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the port is still open");
}

#[tokio::test]
async fn answers_carry_a_request_id() {
    use aws_types::request_id::RequestId as _;
    through_both(|_, config| async move {
        let iam = aws_sdk_iam::Client::new(&config);
        let error = iam.get_role().role_name("nobody").send().await;
        let error = error.expect_err("there is none").into_service_error();
        assert!(error.request_id().is_some());
        let serverless = aws_sdk_redshiftserverless::Client::new(&config);
        let error = serverless.get_namespace().namespace_name("nobody").send();
        let error = error.await.expect_err("there is none").into_service_error();
        assert!(error.request_id().is_some());
        let s3 = aws_sdk_s3::Client::new(&config);
        let head = s3.head_bucket().bucket("nobody-has-this").send().await;
        let head = head.expect_err("there is none");
        let header = head
            .raw_response()
            .and_then(|r| r.headers().get("x-amz-request-id"));
        assert!(header.is_some());
    })
    .await;
}

#[test]
fn every_service_has_its_signing_name() {
    for service in Service::ALL {
        assert_eq!(Service::named(service.name()), Some(service));
    }
}

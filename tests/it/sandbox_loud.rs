//! What the sandbox does not do, it refuses: a parameter that AWS would act on is never left
//! out silently. And what belongs to another account or region is not reached.

use aws_sdk_s3::types::{ObjectOwnership, ServerSideEncryption, StorageClass};
use serde_json::json;

use crate::sandbox::seed::OTHER_ACCESS_KEY_ID;
use crate::sandbox::{OTHER_ACCOUNT, Sandbox};
use crate::sandbox_doors::{in_region, once, refusal, refused, through_both, with_key};

const DATA: &str = "acme-csa-data-bucket";
const POLICY: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"redshift.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

#[tokio::test]
async fn parameters_that_s3_would_act_on_are_refused() {
    through_both(|sandbox, config| async move {
        let s3 = aws_sdk_s3::Client::new(&config);
        let loud = refused(501, "NotImplemented");
        let put = || s3.put_object().bucket(DATA).key("k");
        let create = || s3.create_bucket().bucket("csa-new-bucket");
        let kms = ServerSideEncryption::AwsKms;
        assert_eq!(
            refusal(put().server_side_encryption(kms).send().await),
            loud
        );
        assert_eq!(
            refusal(put().storage_class(StorageClass::Glacier).send().await),
            loud
        );
        assert_eq!(refusal(put().tagging("a=1").send().await), loud);
        assert_eq!(refusal(put().cache_control("no-store").send().await), loud);
        assert_eq!(refusal(put().content_encoding("gzip").send().await), loud);
        let locked = create().object_lock_enabled_for_bucket(true).send().await;
        assert_eq!(refusal(locked), loud);
        let writer = create().object_ownership(ObjectOwnership::ObjectWriter);
        assert_eq!(refusal(writer.send().await), loud);
        let list = s3.list_objects_v2().bucket(DATA).fetch_owner(true).send();
        assert_eq!(refusal(list.await), loud);
        let get = s3.get_object().bucket(DATA).key("k");
        let ranged = get.clone().response_content_type("text/plain").send();
        assert_eq!(refusal(ranged.await), loud);
        let version = s3.delete_object().bucket(DATA).key("k").version_id("v");
        assert_eq!(refusal(version.send().await), loud);
        let whole = s3.list_objects().bucket(DATA).send().await;
        assert_eq!(refusal(whole), loud);
        let copy = s3.copy_object().bucket(DATA).key("k").copy_source("a/b");
        assert_eq!(refusal(copy.send().await), loud);
        assert!(sandbox.journal().iter().all(|entry| !entry.effect));
    })
    .await;
}

#[tokio::test]
async fn parameters_that_the_other_services_would_act_on_are_refused() {
    through_both(|sandbox, config| async move {
        let loud = refused(501, "NotImplemented");
        let iam = aws_sdk_iam::Client::new(&config);
        let attached = iam.list_attached_role_policies();
        let attached = attached.role_name("acme-jmc-app-role").path_prefix("/jmc/");
        assert_eq!(refusal(attached.send().await), loud);
        let sns = aws_sdk_sns::Client::new(&config);
        let topic = sns.create_topic().name("t").data_protection_policy("{}");
        assert_eq!(refusal(topic.send().await), loud);
        let redshift = aws_sdk_redshift::Client::new(&config);
        let tagged = redshift.describe_clusters().tag_keys("a").send().await;
        assert_eq!(refusal(tagged), loud);
        let login = redshift.get_cluster_credentials();
        let login = login.cluster_identifier("csa-dwh").db_user("u");
        assert_eq!(refusal(login.db_groups("g").send().await), loud);
        let serverless = aws_sdk_redshiftserverless::Client::new(&config);
        let update = serverless.update_namespace().namespace_name("csa-ns");
        let update = update.admin_username("admin").send().await;
        assert_eq!(refusal(update), loud);
        let login = serverless.get_credentials().custom_domain_name("d.example");
        assert_eq!(refusal(login.send().await), loud);
        let secrets = aws_sdk_secretsmanager::Client::new(&config);
        let version = secrets.get_secret_value().secret_id("s").version_id("v");
        assert_eq!(refusal(version.send().await), loud);
        assert!(sandbox.journal().iter().all(|entry| !entry.effect));
    })
    .await;
}

#[tokio::test]
async fn names_are_one_accounts_and_one_regions() {
    through_both(|sandbox, config| async move {
        let theirs = with_key(&config, OTHER_ACCESS_KEY_ID);
        let oregon = in_region(&config, "us-west-2");
        let mut arns = Vec::new();
        for config in [&config, &theirs, &oregon] {
            let sns = aws_sdk_sns::Client::new(config);
            let made = sns.create_topic().name("same").send().await.expect("made");
            arns.push(made.topic_arn.expect("an ARN"));
            let listed = sns.list_topics().send().await.expect("topics");
            assert_eq!(listed.topics().len(), 1);
        }
        assert_eq!(
            arns,
            [
                "arn:aws:sns:ap-northeast-1:123456789012:same",
                "arn:aws:sns:ap-northeast-1:210987654321:same",
                "arn:aws:sns:us-west-2:123456789012:same",
            ]
        );
        let (ours, others) = (
            aws_sdk_iam::Client::new(&config),
            aws_sdk_iam::Client::new(&theirs),
        );
        let name = "acme-jmc-app-role";
        let none = others.get_role().role_name(name).send().await;
        assert_eq!(refusal(none), refused(404, "NoSuchEntity"));
        let create = others.create_role().role_name(name);
        let made = create.assume_role_policy_document(TRUST).send().await;
        let made = made.expect("a role of the same name");
        let arn = made.role().map(|role| role.arn().to_owned());
        let expected = format!("arn:aws:iam::{OTHER_ACCOUNT}:role/{name}");
        assert_eq!(arn, Some(expected));
        let policies = ours.list_role_policies().role_name(name).send().await;
        assert_eq!(policies.expect("ours").policy_names().len(), 2);
        let redshift = aws_sdk_redshift::Client::new(&theirs);
        let describe = redshift.describe_clusters().cluster_identifier("csa-dwh");
        assert_eq!(
            refusal(describe.send().await),
            refused(404, "ClusterNotFound")
        );
        assert!(sandbox.state(|s| s.role(name).is_some()));
    })
    .await;
}

#[tokio::test]
async fn managed_policies_of_others_are_not_reached() {
    through_both(|_, config| async move {
        let ours = aws_sdk_iam::Client::new(&config);
        let theirs = aws_sdk_iam::Client::new(&with_key(&config, OTHER_ACCESS_KEY_ID));
        let made = theirs
            .create_policy()
            .policy_name("p")
            .policy_document(POLICY);
        let made = made.send().await.expect("made");
        let arn = made
            .policy()
            .and_then(|p| p.arn())
            .expect("an ARN")
            .to_owned();
        let denied = refused(403, "AccessDenied");
        let got = ours.get_policy().policy_arn(&arn).send().await;
        assert_eq!(refusal(got), denied);
        let version = ours.create_policy_version().policy_arn(&arn);
        let version = version.policy_document(POLICY).send().await;
        assert_eq!(refusal(version), denied);
        let attach = ours.attach_role_policy().role_name("acme-jmc-app-role");
        let attach = attach.policy_arn(&arn).send().await;
        assert_eq!(refusal(attach), refused(404, "NoSuchEntity"));
        let of_aws = "arn:aws:iam::aws:policy/PowerUserAccess";
        ours.get_policy()
            .policy_arn(of_aws)
            .send()
            .await
            .expect("everybody may read it");
        let deleted = ours.delete_policy().policy_arn(of_aws).send().await;
        assert_eq!(refusal(deleted), denied);
    })
    .await;
}

#[tokio::test]
async fn policies_have_the_names_versions_and_operators_that_iam_knows() {
    let sandbox = Sandbox::jmc();
    let iam = aws_sdk_iam::Client::new(&once(&sandbox.sdk_config("ap-northeast-1")));
    let put = |name: &str, document: &str| {
        let put = iam.put_role_policy().role_name("csa-existing-role");
        put.policy_name(name).policy_document(document).send()
    };
    let long = "x".repeat(129);
    for name in [&long, "a b", "a/b", "方針"] {
        let invalid = refused(400, "ValidationError");
        assert_eq!(refusal(put(name, POLICY).await), invalid, "{name}");
        let create = iam
            .create_policy()
            .policy_name(name)
            .policy_document(POLICY);
        assert_eq!(refusal(create.send().await), invalid, "{name}");
    }
    put(&long[..128], POLICY).await.expect("128 characters");
    let malformed = refused(400, "MalformedPolicyDocument");
    for old in [
        POLICY.replace("\"Version\":\"2012-10-17\",", ""),
        POLICY.replace("2012", "2008"),
    ] {
        put("old", &old).await.expect("inline it is taken");
        let create = iam.create_policy().policy_name("old").policy_document(old);
        assert_eq!(refusal(create.send().await), malformed);
    }
    for (operator, known) in [
        ("StringLike", true),
        ("StringEqualsIgnoreCaseIfExists", true),
        ("ForAnyValue:ArnNotLike", true),
        ("NumericGreaterThanEquals", true),
        ("Null", true),
        ("Bool", true),
        ("StringContains", false),
        ("ArnEqualsIgnoreCase", false),
        ("Boolean", false),
        ("ForSomeValues:StringLike", false),
        ("NullIfExists", false),
    ] {
        let document = json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:*", "Resource": "*",
            "Condition": {operator: {"aws:SourceAccount": "123456789012"}},
        }});
        let result = put("conditions", &document.to_string()).await;
        match known {
            true => drop(result.expect(operator)),
            false => assert_eq!(refusal(result), malformed, "{operator}"),
        }
    }
}

#[tokio::test]
async fn inline_policy_names_are_paged_by_hundred() {
    through_both(|sandbox, config| async move {
        sandbox.state(|s| {
            let role = s.role("csa-existing-role").expect("it is seeded");
            for i in 0..101 {
                role.set_policy(&format!("p{i:03}"), "{}");
            }
        });
        let iam = aws_sdk_iam::Client::new(&config);
        let list = iam.list_role_policies().role_name("csa-existing-role");
        let first = list.clone().send().await.expect("a page");
        assert_eq!(
            (first.policy_names().len(), first.is_truncated()),
            (100, true)
        );
        let rest = list
            .set_marker(first.marker)
            .send()
            .await
            .expect("the rest");
        assert_eq!(
            (rest.policy_names(), rest.is_truncated()),
            (&["p100".to_owned()][..], false)
        );
    })
    .await;
}

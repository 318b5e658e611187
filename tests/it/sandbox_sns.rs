//! The sandbox's SNS, held to what AWS documents.

use aws_sdk_sns::Client;
use aws_sdk_sns::types::Tag;

use crate::sandbox::Sandbox;
use crate::sandbox_doors::{in_region, once, refusal, refused, through_both};

const ARN: &str = "arn:aws:sns:ap-northeast-1:123456789012:jmc-sales-failed";

async fn create(sns: &Client) -> String {
    let created = sns.create_topic().name("jmc-sales-failed").send().await;
    let created = created.expect("created");
    created.topic_arn().expect("an ARN").to_owned()
}

#[tokio::test]
async fn topic_is_created_once_by_name() {
    through_both(|_, config| async move {
        let sns = Client::new(&config);
        assert_eq!(create(&sns).await, ARN);
        let set = sns.set_topic_attributes().topic_arn(ARN);
        let set = set
            .attribute_name("DisplayName")
            .attribute_value("JMC 通知");
        set.send().await.expect("set");
        let tag = Tag::builder().key("jmc:site").value("営業").build();
        let tag = tag.expect("a tag");
        let tagged = sns.tag_resource().resource_arn(ARN).tags(tag.clone());
        tagged.send().await.expect("tagged");
        assert_eq!(create(&sns).await, ARN, "the name alone is enough");

        let invalid = refused(400, "InvalidParameter");
        let again = || sns.create_topic().name("jmc-sales-failed");
        let result = again().attributes("DisplayName", "other").send().await;
        assert_eq!(refusal(result), invalid);
        let same = again().attributes("DisplayName", "JMC 通知").send().await;
        same.expect("nothing differs");
        let other = Tag::builder().key("jmc:site").value("other").build();
        let result = again().tags(other.expect("a tag")).send().await;
        assert_eq!(refusal(result), invalid);

        let tags = sns.list_tags_for_resource().resource_arn(ARN).send().await;
        assert_eq!(tags.expect("tags").tags(), [tag]);
        let got = sns.get_topic_attributes().topic_arn(ARN).send().await;
        let got = got.expect("attributes");
        let map = got.attributes().expect("a map");
        assert_eq!(map["DisplayName"], "JMC 通知");
        assert_eq!(map["Owner"], "123456789012");
        assert_eq!(map["SubscriptionsPending"], "0");
        assert!(map["Policy"].contains("__default_policy_ID"));
        let listed = sns.list_topics().send().await.expect("topics");
        assert_eq!(listed.topics().len(), 1);
        let delete = sns.delete_topic().topic_arn(ARN);
        delete.clone().send().await.expect("deleted");
        delete.send().await.expect("deleted already");
    })
    .await;
}

#[tokio::test]
async fn topic_rules_are_enforced() {
    let sandbox = Sandbox::jmc();
    let config = once(&sandbox.sdk_config("ap-northeast-1"));
    let sns = Client::new(&config);
    let invalid = refused(400, "InvalidParameter");
    let long = "x".repeat(257);
    for name in ["", "has space", "dot.", "日本", "x.fifo", &long] {
        let result = sns.create_topic().name(name).send().await;
        assert_eq!(refusal(result), invalid, "{name}");
    }
    let get = |arn: &str| sns.get_topic_attributes().topic_arn(arn).send();
    assert_eq!(refusal(get(ARN).await), refused(404, "NotFound"));
    assert_eq!(refusal(get("jmc-sales-failed").await), invalid);
    let elsewhere = ARN.replace("ap-northeast-1", "us-west-2");
    assert_eq!(refusal(get(&elsewhere).await), invalid);
    let foreign = ARN.replace("123456789012", "210987654321");
    assert_eq!(
        refusal(get(&foreign).await),
        refused(403, "AuthorizationError")
    );
    create(&sns).await;
    let set = sns.set_topic_attributes().topic_arn(ARN);
    let unknown = set.attribute_name("Colour").attribute_value("red").send();
    assert_eq!(refusal(unknown.await), invalid);
    let tags = sns.list_tags_for_resource().resource_arn(format!("{ARN}x"));
    assert_eq!(refusal(tags.send().await), refused(404, "ResourceNotFound"));
    let west = Client::new(&in_region(&config, "us-west-2"));
    let listed = west.list_topics().send().await.expect("topics");
    assert!(listed.topics().is_empty(), "topics belong to a region");
}

#[tokio::test]
async fn people_have_to_confirm() {
    through_both(|sandbox, config| async move {
        let sns = Client::new(&config);
        create(&sns).await;
        let subscribe = || {
            let subscribe = sns.subscribe().topic_arn(ARN);
            subscribe.protocol("email").endpoint("ops@example.com")
        };
        let plain = subscribe().send().await.expect("subscribed");
        assert_eq!(plain.subscription_arn(), Some("pending confirmation"));
        let named = subscribe().return_subscription_arn(true).send().await;
        let named = named.expect("subscribed already");
        let arn = named.subscription_arn().expect("an ARN").to_owned();
        assert!(arn.starts_with(ARN), "{arn}");

        let list = || sns.list_subscriptions_by_topic().topic_arn(ARN).send();
        let shown = list().await.expect("subscriptions");
        let shown = shown.subscriptions();
        assert_eq!(shown.len(), 1, "it is the same subscription");
        assert_eq!(shown[0].subscription_arn(), Some("PendingConfirmation"));
        assert_eq!(shown[0].endpoint(), Some("ops@example.com"));
        let get = || {
            sns.get_subscription_attributes()
                .subscription_arn(&arn)
                .send()
        };
        let got = get().await.expect("attributes");
        assert_eq!(
            got.attributes().expect("a map")["PendingConfirmation"],
            "true"
        );

        let confirm = |token: &str| {
            let confirm = sns.confirm_subscription().topic_arn(ARN).token(token);
            confirm.authenticate_on_unsubscribe("true").send()
        };
        assert_eq!(
            refusal(confirm("wrong").await),
            refused(400, "InvalidParameter")
        );
        let token = sandbox
            .confirmation_token(ARN, "ops@example.com")
            .expect("it waits for one");
        let confirmed = confirm(&token).await.expect("confirmed");
        assert_eq!(confirmed.subscription_arn(), Some(arn.as_str()));
        let shown = list().await.expect("subscriptions");
        assert_eq!(
            shown.subscriptions()[0].subscription_arn(),
            Some(arn.as_str())
        );
        let got = get().await.expect("attributes");
        let map = got.attributes().expect("a map");
        assert_eq!(map["PendingConfirmation"], "false");
        assert_eq!(map["ConfirmationWasAuthenticated"], "true");
        let unsubscribe = sns.unsubscribe().subscription_arn(&arn);
        unsubscribe.send().await.expect("unsubscribed");
        assert!(list().await.expect("none").subscriptions().is_empty());
    })
    .await;
}

#[tokio::test]
async fn confirmation_depends_on_protocol_and_account() {
    let sandbox = Sandbox::jmc();
    let sns = Client::new(&once(&sandbox.sdk_config("ap-northeast-1")));
    create(&sns).await;
    let subscribe = |protocol: &str, endpoint: &str| {
        let subscribe = sns.subscribe().topic_arn(ARN);
        subscribe.protocol(protocol).endpoint(endpoint).send()
    };
    for (protocol, endpoint, pending) in [
        ("email-json", "ops@example.com", true),
        ("https", "https://example.com/hook", true),
        ("http", "http://example.com/hook", true),
        ("sqs", "arn:aws:sqs:ap-northeast-1:123456789012:q", false),
        ("sqs", "arn:aws:sqs:ap-northeast-1:210987654321:q", true),
        (
            "lambda",
            "arn:aws:lambda:ap-northeast-1:123456789012:function:f",
            false,
        ),
        ("sms", "+819012345678", false),
    ] {
        let result = subscribe(protocol, endpoint).await.expect("subscribed");
        let waits = result.subscription_arn() == Some("pending confirmation");
        assert_eq!(waits, pending, "{protocol} {endpoint}");
    }
    for (protocol, endpoint) in [
        ("email", "nobody"),
        ("email", "a b@example.com"),
        ("https", "http://example.com"),
        ("https", "example.com"),
        ("sqs", "https://sqs.ap-northeast-1.amazonaws.com/1/q"),
        ("lambda", "f"),
        ("sms", "phone"),
        ("pigeon", "coop"),
    ] {
        let result = subscribe(protocol, endpoint).await;
        let invalid = refused(400, "InvalidParameter");
        assert_eq!(refusal(result), invalid, "{protocol} {endpoint}");
    }
    let missing = sns.subscribe().topic_arn(format!("{ARN}x"));
    let missing = missing.protocol("email").endpoint("a@example.com").send();
    assert_eq!(refusal(missing.await), refused(404, "NotFound"));
}

#[tokio::test]
async fn subscriptions_are_paged_by_hundred() {
    through_both(|_, config| async move {
        let sns = Client::new(&config);
        create(&sns).await;
        for i in 0..101 {
            let subscribe = sns.subscribe().topic_arn(ARN).protocol("email");
            let subscribe = subscribe.endpoint(format!("u{i}@example.com"));
            subscribe.send().await.expect("subscribed");
        }
        let list = sns.list_subscriptions_by_topic().topic_arn(ARN);
        let first = list.clone().send().await.expect("a page");
        assert_eq!(first.subscriptions().len(), 100);
        let token = first.next_token().expect("there is more");
        let second = list.clone().next_token(token).send().await.expect("a page");
        assert_eq!(second.subscriptions().len(), 1);
        assert_eq!(second.next_token(), None);
        let wrong = list.next_token("wrong").send().await;
        assert_eq!(refusal(wrong), refused(400, "InvalidParameter"));
    })
    .await;
}

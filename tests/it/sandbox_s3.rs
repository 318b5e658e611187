//! The sandbox's S3, held to what AWS documents.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    BucketLocationConstraint, CreateBucketConfiguration, PublicAccessBlockConfiguration, Tag,
    Tagging,
};
use aws_smithy_types::byte_stream::ByteStream;

use crate::sandbox::seed::OTHER_ACCESS_KEY_ID;
use crate::sandbox::{ACCOUNT, OTHER_ACCOUNT, Sandbox};
use crate::sandbox_doors::{in_region, refusal, refused, through_both, with_key};

const DATA: &str = "acme-csa-data-bucket";

fn located(region: &str) -> CreateBucketConfiguration {
    CreateBucketConfiguration::builder()
        .location_constraint(BucketLocationConstraint::from(region))
        .build()
}

#[tokio::test]
async fn new_bucket_is_blocked_and_untagged() {
    through_both(|_, config| async move {
        let s3 = Client::new(&config);
        let created = s3
            .create_bucket()
            .bucket("csa-jmc-test-bucket")
            .create_bucket_configuration(located("ap-northeast-1"))
            .send()
            .await
            .expect("created");
        assert_eq!(
            created.location(),
            Some("http://csa-jmc-test-bucket.s3.amazonaws.com/")
        );
        let block = s3.get_public_access_block().bucket("csa-jmc-test-bucket");
        let block = block.send().await.expect("block");
        let block = block.public_access_block_configuration().expect("it is on");
        assert_eq!(block.block_public_acls(), Some(true));
        assert_eq!(block.restrict_public_buckets(), Some(true));
        let tags = s3.get_bucket_tagging().bucket("csa-jmc-test-bucket");
        assert_eq!(refusal(tags.send().await), refused(404, "NoSuchTagSet"));
        let location = s3.get_bucket_location().bucket("csa-jmc-test-bucket");
        let location = location.send().await.expect("location");
        assert_eq!(
            location.location_constraint().map(|l| l.as_str()),
            Some("ap-northeast-1")
        );
    })
    .await;
}

#[tokio::test]
async fn location_constraint_has_to_fit_the_region() {
    through_both(|_, config| async move {
        let s3 = Client::new(&config);
        let create = |s3: &Client, constraint: Option<&str>| {
            s3.create_bucket()
                .bucket("csa-jmc-test-bucket")
                .set_create_bucket_configuration(constraint.map(located))
                .send()
        };
        let illegal = refused(400, "IllegalLocationConstraintException");
        assert_eq!(refusal(create(&s3, None).await), illegal);
        assert_eq!(refusal(create(&s3, Some("us-west-2")).await), illegal);
        let invalid = refused(400, "InvalidLocationConstraint");
        assert_eq!(refusal(create(&s3, Some("nowhere")).await), invalid);

        let virginia = Client::new(&in_region(&config, "us-east-1"));
        assert_eq!(refusal(create(&virginia, Some("us-east-1")).await), invalid);
        create(&virginia, None).await.expect("created");
        let location = virginia.get_bucket_location().bucket("csa-jmc-test-bucket");
        let location = location.send().await.expect("location");
        let name = location.location_constraint().map(|l| l.as_str());
        assert!(name.is_none_or(str::is_empty), "{name:?}");
    })
    .await;
}

#[tokio::test]
async fn bucket_that_exists_is_not_created_again() {
    through_both(|_, config| async move {
        let s3 = Client::new(&config);
        let create = |name: &str| {
            s3.create_bucket()
                .bucket(name)
                .create_bucket_configuration(located("ap-northeast-1"))
                .send()
        };
        assert_eq!(
            refusal(create(DATA).await),
            refused(409, "BucketAlreadyOwnedByYou")
        );
        assert_eq!(
            refusal(create("sales-elsewhere").await),
            refused(409, "BucketAlreadyOwnedByYou")
        );
        assert_eq!(
            refusal(create("someone-elses-bucket").await),
            refused(409, "BucketAlreadyExists")
        );
        let virginia = Client::new(&in_region(&config, "us-east-1"));
        for _ in 0..2 {
            let create = virginia.create_bucket().bucket("csa-in-virginia");
            create.send().await.expect("there it succeeds again");
        }
    })
    .await;
}

#[tokio::test]
async fn illegal_bucket_names_are_refused() {
    let sandbox = Sandbox::jmc();
    let config = sandbox.sdk_config("ap-northeast-1");
    let s3 = Client::new(&config);
    for name in [
        "Upper-Case",
        "xn--puny",
        "sthree-thing",
        "amzn-s3-demo-bucket",
        "ends-s3alias",
        "ends--ol-s3",
        "ends.mrap",
        "dots..twice",
        "-begins",
        "ends-",
        "192.168.0.1",
        "prefix-an",
        &"a".repeat(64),
    ] {
        let create = s3
            .create_bucket()
            .bucket(name)
            .create_bucket_configuration(located("ap-northeast-1"));
        let result = create.send().await;
        assert_eq!(refusal(result), refused(400, "InvalidBucketName"), "{name}");
    }
}

#[tokio::test]
async fn head_bucket_tells_existence_region_and_owner() {
    through_both(|_, config| async move {
        let s3 = Client::new(&config);
        let ours = s3.head_bucket().bucket(DATA).send().await.expect("ours");
        assert_eq!(ours.bucket_region(), Some("ap-northeast-1"));
        for (name, status, region) in [
            ("sales-elsewhere", 301, Some("us-west-2")),
            ("someone-elses-bucket", 403, Some("ap-northeast-1")),
            ("nobody-has-this", 404, None),
        ] {
            let error = s3.head_bucket().bucket(name).send().await;
            let error = error.expect_err("it is not ours");
            let response = error.raw_response().expect("an answer");
            assert_eq!(response.status().as_u16(), status, "{name}");
            assert_eq!(response.headers().get("x-amz-bucket-region"), region);
            assert_eq!(response.body().bytes(), Some(&b""[..]));
        }
        let west = Client::new(&in_region(&config, "us-west-2"));
        let there = west.head_bucket().bucket("sales-elsewhere").send().await;
        assert_eq!(there.expect("there").bucket_region(), Some("us-west-2"));
    })
    .await;
}

#[tokio::test]
async fn other_regions_bucket_redirects_every_call() {
    through_both(|_, config| async move {
        let s3 = Client::new(&config);
        let put = s3.put_object().bucket("sales-elsewhere").key("k").send();
        assert_eq!(refusal(put.await), refused(301, "PermanentRedirect"));
        let list = s3.list_objects_v2().bucket("sales-elsewhere").send();
        assert_eq!(refusal(list.await), refused(301, "PermanentRedirect"));
    })
    .await;
}

#[tokio::test]
async fn expected_owner_is_honoured_on_every_call() {
    through_both(|_, config| async move {
        let s3 = Client::new(&config);
        let denied = refused(403, "AccessDenied");
        let head = s3.head_bucket().bucket(DATA);
        let wrong = head.clone().expected_bucket_owner(OTHER_ACCOUNT);
        assert_eq!(refusal(wrong.send().await).0, 403);
        let right = head.expected_bucket_owner(ACCOUNT).send().await;
        right.expect("the owner is as expected");
        let put = s3.put_object().bucket(DATA).key("k");
        let put = put.expected_bucket_owner(OTHER_ACCOUNT).send();
        assert_eq!(refusal(put.await), denied);
        let tags = s3.get_bucket_tagging().bucket(DATA);
        let tags = tags.expected_bucket_owner(OTHER_ACCOUNT).send();
        assert_eq!(refusal(tags.await), denied);
        let block = s3.get_public_access_block().bucket(DATA);
        let block = block.expected_bucket_owner(OTHER_ACCOUNT).send();
        assert_eq!(refusal(block.await), denied);
        let delete = s3.delete_object().bucket(DATA).key("k");
        let delete = delete.expected_bucket_owner(OTHER_ACCOUNT).send();
        assert_eq!(refusal(delete.await), denied);
        let list = s3.list_objects_v2().bucket(DATA);
        let list = list.expected_bucket_owner(OTHER_ACCOUNT).send();
        assert_eq!(refusal(list.await), denied);

        let theirs = Client::new(&with_key(&config, OTHER_ACCESS_KEY_ID));
        let result = theirs.list_objects_v2().bucket(DATA).send().await;
        assert_eq!(refusal(result), denied);
    })
    .await;
}

#[tokio::test]
async fn conditional_writes_protect_what_is_there() {
    through_both(|_, config| async move {
        let s3 = Client::new(&config);
        let put = |body: &'static [u8]| {
            let put = s3.put_object().bucket(DATA).key("sql/");
            put.body(ByteStream::from_static(body))
        };
        let first = put(b"").if_none_match("*").send().await.expect("new");
        let etag = first.e_tag().expect("an ETag").to_owned();
        assert_eq!(etag, "\"d41d8cd98f00b204e9800998ecf8427e\"");
        let again = put(b"").if_none_match("*").send().await;
        assert_eq!(refusal(again), refused(412, "PreconditionFailed"));
        let stale = put(b"x").if_match("\"0\"").send().await;
        assert_eq!(refusal(stale), refused(412, "PreconditionFailed"));
        put(b"x").if_match(&etag).send().await.expect("unchanged");

        let missing = s3.put_object().bucket(DATA).key("none").if_match(&etag);
        assert_eq!(refusal(missing.send().await), refused(404, "NoSuchKey"));
        let delete = s3.delete_object().bucket(DATA).key("sql/");
        let stale = delete.clone().if_match(&etag).send().await;
        assert_eq!(refusal(stale), refused(412, "PreconditionFailed"));
        delete.clone().send().await.expect("deleted");
        delete.send().await.expect("gone already");
        let other = put(b"").if_none_match("\"0\"").send().await;
        assert_eq!(refusal(other), refused(501, "NotImplemented"));
    })
    .await;
}

#[tokio::test]
async fn objects_come_back_as_they_were_put() {
    through_both(|_, config| async move {
        let s3 = Client::new(&config);
        s3.put_object()
            .bucket(DATA)
            .key("日本 語/+&=.json")
            .content_type("application/json")
            .metadata("owner", "csa")
            .body(ByteStream::from_static(b"{}"))
            .send()
            .await
            .expect("put");
        let get = s3.get_object().bucket(DATA).key("日本 語/+&=.json");
        let got = get.send().await.expect("get");
        assert_eq!(got.content_type(), Some("application/json"));
        assert_eq!(
            got.metadata()
                .and_then(|m| m.get("owner"))
                .map(String::as_str),
            Some("csa")
        );
        let body = got.body.collect().await.expect("body").to_vec();
        assert_eq!(body, b"{}");
        let head = s3.head_object().bucket(DATA).key("日本 語/+&=.json");
        let head = head.send().await.expect("head");
        assert_eq!(head.content_length(), Some(2));
        assert!(head.e_tag().is_some() && head.last_modified().is_some());
        let missing = s3.get_object().bucket(DATA).key("none").send().await;
        assert_eq!(refusal(missing), refused(404, "NoSuchKey"));
        let missing = s3.head_object().bucket(DATA).key("none").send().await;
        assert_eq!(refusal(missing).0, 404);
        let nowhere = s3.get_object().bucket("nobody-has-this").key("k").send();
        assert_eq!(refusal(nowhere.await), refused(404, "NoSuchBucket"));
    })
    .await;
}

#[tokio::test]
async fn listings_are_paged_and_grouped() {
    through_both(|_, config| async move {
        let s3 = Client::new(&config);
        for key in ["a/1", "a/2", "b/1", "c", "d"] {
            let put = s3.put_object().bucket(DATA).key(key);
            put.send().await.expect("put");
        }
        let list = s3.list_objects_v2().bucket(DATA);
        let one = list.clone().prefix("a/").max_keys(1).send().await;
        let one = one.expect("a page");
        assert_eq!(one.contents()[0].key(), Some("a/1"));
        assert_eq!(one.is_truncated(), Some(true));
        assert!(one.contents()[0].last_modified().is_some());

        let (mut found, mut token) = (Vec::new(), None);
        loop {
            let page = list.clone().delimiter("/").max_keys(2);
            let page = page.set_continuation_token(token).send().await;
            let page = page.expect("a page");
            let folders = page.common_prefixes().iter().filter_map(|p| p.prefix());
            let keys = page.contents().iter().filter_map(|o| o.key());
            found.extend(folders.chain(keys).map(str::to_owned));
            token = page.next_continuation_token().map(str::to_owned);
            if token.is_none() {
                break;
            }
        }
        assert_eq!(found, ["a/", "b/", "c", "d"]);
        let none = list.prefix("zzz").send().await.expect("nothing");
        assert_eq!(
            (none.key_count(), none.is_truncated()),
            (Some(0), Some(false))
        );
    })
    .await;
}

#[tokio::test]
async fn tags_and_access_block_are_replaced_whole() {
    through_both(|_, config| async move {
        let s3 = Client::new(&config);
        let tag = |k: &str, v: &str| Tag::builder().key(k).value(v).build().expect("a tag");
        let tagging = |tags: Vec<Tag>| {
            let tagging = Tagging::builder().set_tag_set(Some(tags)).build();
            let put = s3.put_bucket_tagging().bucket(DATA);
            put.tagging(tagging.expect("tags")).send()
        };
        tagging(vec![tag("jmc:site", "営業")])
            .await
            .expect("tagged");
        tagging(vec![tag("owner", "csa")]).await.expect("tagged");
        let tags = s3
            .get_bucket_tagging()
            .bucket(DATA)
            .send()
            .await
            .expect("tags");
        assert_eq!(tags.tag_set(), [tag("owner", "csa")]);
        let twice = tagging(vec![tag("k", "1"), tag("k", "2")]).await;
        assert_eq!(refusal(twice), refused(400, "InvalidTag"));
        let system = tagging(vec![tag("aws:x", "1")]).await;
        assert_eq!(refusal(system), refused(400, "InvalidTag"));

        let block = PublicAccessBlockConfiguration::builder()
            .block_public_acls(true)
            .build();
        let put = s3.put_public_access_block().bucket(DATA);
        let put = put.public_access_block_configuration(block).send().await;
        put.expect("set");
        let got = s3.get_public_access_block().bucket(DATA).send().await;
        let got = got.expect("block");
        let got = got.public_access_block_configuration().expect("it is set");
        assert_eq!(got.block_public_acls(), Some(true));
        assert_eq!(got.block_public_policy(), Some(false));
    })
    .await;
}

#[tokio::test]
async fn missing_access_block_has_its_own_error() {
    let sandbox = Sandbox::jmc();
    sandbox.state(|s| {
        let bucket = s.bucket(DATA).expect("it is seeded");
        bucket.public_access_block = None;
    });
    let s3 = Client::new(&sandbox.sdk_config("ap-northeast-1"));
    let result = s3.get_public_access_block().bucket(DATA).send().await;
    let expected = refused(404, "NoSuchPublicAccessBlockConfiguration");
    assert_eq!(refusal(result), expected);
}

#[tokio::test]
async fn only_empty_buckets_are_deleted() {
    through_both(|_, config| async move {
        let s3 = Client::new(&config);
        let put = s3.put_object().bucket(DATA).key("k").send().await;
        put.expect("put");
        let delete = s3.delete_bucket().bucket(DATA);
        let full = delete.clone().send().await;
        assert_eq!(refusal(full), refused(409, "BucketNotEmpty"));
        let object = s3.delete_object().bucket(DATA).key("k").send().await;
        object.expect("deleted");
        delete.clone().send().await.expect("deleted");
        assert_eq!(refusal(delete.send().await), refused(404, "NoSuchBucket"));
    })
    .await;
}

#[tokio::test]
async fn listing_shows_our_buckets_of_every_region() {
    through_both(|_, config| async move {
        let s3 = Client::new(&config);
        let all = s3.list_buckets().send().await.expect("buckets");
        let names: Vec<_> = all.buckets().iter().filter_map(|b| b.name()).collect();
        assert_eq!(names, [DATA, "acme-csa-system-bucket", "sales-elsewhere"]);
    })
    .await;
}

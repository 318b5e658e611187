//! The operations on a bucket itself.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::super::call::Call;
use super::super::query::page;
use super::super::refusal::Refusal;
use super::super::state::{Bucket, PublicAccessBlock, State, Tags, iso8601};
use super::super::wire::{Request, Response};
use super::super::xml::{Element, el, maybe, text};
use super::{malformed_xml, names, xml};

/// Lists the caller's buckets, of every region.
pub fn list(state: &State, call: &Call, request: &Request) -> Result<Response, Refusal> {
    const PAGE: usize = 10_000;
    let size = request
        .query("max-buckets")
        .map_or(Some(PAGE), |n| n.parse().ok());
    let size = size.filter(|n| (1..=PAGE).contains(n)).ok_or_else(|| {
        let words = "The value of max-buckets must be between 1 and 10000";
        Refusal::new(400, "InvalidArgument", words)
    })?;
    let wanted = |b: &&Bucket| {
        b.account == call.account()
            && request
                .query("prefix")
                .is_none_or(|p| b.name.starts_with(p))
            && request.query("bucket-region").is_none_or(|r| b.region == r)
    };
    let all: Vec<&Bucket> = state
        .buckets
        .iter()
        .filter(|((partition, _), _)| partition == call.partition)
        .map(|(_, bucket)| bucket)
        .filter(wanted)
        .collect();
    let page = page(&all, request.query("continuation-token"), size).map_err(|_| {
        Refusal::new(
            400,
            "InvalidArgument",
            "The continuation token is incorrect",
        )
    })?;
    let shown: String = page
        .items
        .iter()
        .map(|b| {
            let inner = text("Name", &b.name)
                + &text("CreationDate", iso8601(b.created))
                + &text("BucketRegion", &b.region);
            el("Bucket", inner)
        })
        .collect();
    let owner = el("Owner", text("ID", canonical_id(call.account())));
    let next = maybe("ContinuationToken", page.next.as_deref());
    Ok(xml(
        "ListAllMyBucketsResult",
        &(owner + &el("Buckets", shown) + &next),
    ))
}

fn canonical_id(account: &str) -> String {
    format!("{account:0>64}")
}

/// Creates a bucket.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html>
pub fn create(
    state: &mut State,
    call: &Call,
    request: &Request,
    name: &str,
) -> Result<Response, Refusal> {
    let namespace = request.header("x-amz-bucket-namespace");
    if !names::is_legal(name, namespace, call) {
        let words = "The specified bucket is not valid.";
        return Err(Refusal::new(400, "InvalidBucketName", words).detail("BucketName", name));
    }
    if request.header("x-amz-acl").is_some_and(|a| a != "private") {
        let words =
            "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting";
        return Err(Refusal::new(
            400,
            "InvalidBucketAclWithObjectOwnership",
            words,
        ));
    }
    let configuration = match request.body.is_empty() {
        true => Element::default(),
        false => Element::parse(&request.body).ok_or_else(malformed_xml)?,
    };
    if configuration.child("Location").is_some() || configuration.child("Bucket").is_some() {
        return Err(Refusal::not_implemented("s3", "CreateBucket (directory)"));
    }
    let region = place(call, configuration.value("LocationConstraint"))?;
    let tags = configuration.child("Tags").map(tag_set).transpose()?;

    let id = (call.partition.to_owned(), name.to_owned());
    let location = match call.region.as_str() {
        "us-east-1" => format!("/{name}"),
        _ => format!("http://{name}.s3.amazonaws.com/"),
    };
    let done = Response::empty(200).with("location", location).with(
        "x-amz-bucket-arn",
        format!("arn:{}:s3:::{name}", call.partition),
    );
    if let Some(existing) = state.buckets.get(&id) {
        let conflict = |code, words| Refusal::new(409, code, words).detail("BucketName", name);
        let ours = existing.account == call.account();
        // Only there does creating one's own bucket again succeed (and resets its ACLs).
        let legacy = region == "us-east-1" && existing.region == region;
        return match (ours, legacy) {
            (true, true) => Ok(done),
            (true, false) => Err(conflict(
                "BucketAlreadyOwnedByYou",
                "Your previous request to create the named bucket succeeded and you already own it.",
            )),
            (false, _) => Err(conflict(
                "BucketAlreadyExists",
                "The requested bucket name is not available. The bucket namespace is shared by all \
                 users of the system. Please select a different name and try again.",
            )),
        };
    }
    let bucket = Bucket {
        name: name.to_owned(),
        account: call.account().to_owned(),
        region,
        created: OffsetDateTime::now_utc(),
        tags,
        public_access_block: Some(PublicAccessBlock::ALL),
        objects: BTreeMap::new(),
    };
    state.buckets.insert(id, bucket);
    Ok(done)
}

/// Returns the region of a new bucket, from the endpoint's and the constraint.
fn place(call: &Call, constraint: Option<&str>) -> Result<String, Refusal> {
    let illegal = |constraint: &str| {
        let words = format!(
            "The {constraint} location constraint is incompatible for the region specific \
             endpoint this request was sent to."
        );
        Refusal::new(400, "IllegalLocationConstraintException", words)
    };
    let invalid = |constraint: &str| {
        let words = "The specified location-constraint is not valid";
        Refusal::new(400, "InvalidLocationConstraint", words)
            .detail("LocationConstraint", constraint)
    };
    match (call.region.as_str(), constraint) {
        ("us-east-1", None) => Ok("us-east-1".to_owned()),
        (_, None) => Err(illegal("unspecified")),
        (_, Some(word)) if word == "us-east-1" || !names::is_region(word) => Err(invalid(word)),
        // Only the global endpoint creates buckets elsewhere.
        ("us-east-1", Some("EU")) => Ok("eu-west-1".to_owned()),
        ("us-east-1", Some(word)) => Ok(word.to_owned()),
        ("eu-west-1", Some("EU")) => Ok("eu-west-1".to_owned()),
        (region, Some(word)) if region == word => Ok(word.to_owned()),
        (_, Some(word)) => Err(illegal(word)),
    }
}

pub fn head(bucket: &Bucket) -> Response {
    Response::empty(200)
        .with("x-amz-bucket-region", &bucket.region)
        .with(
            "x-amz-bucket-arn",
            format!("{}{}", arn_prefix(bucket), bucket.name),
        )
        .with("x-amz-access-point-alias", "false")
}

fn arn_prefix(bucket: &Bucket) -> String {
    format!(
        "arn:{}:s3:::",
        super::super::call::partition_of(&bucket.region)
    )
}

/// Answers with the constraint: empty for us-east-1.
pub fn location(bucket: &Bucket) -> Response {
    let region = match bucket.region.as_str() {
        "us-east-1" => "",
        region => region,
    };
    xml("LocationConstraint", region)
}

pub fn delete(bucket: &Bucket) -> Result<(), Refusal> {
    if bucket.objects.is_empty() {
        return Ok(());
    }
    let words = "The bucket you tried to delete is not empty";
    Err(Refusal::new(409, "BucketNotEmpty", words).detail("BucketName", &bucket.name))
}

pub fn put_tagging(bucket: &mut Bucket, request: &Request) -> Result<Response, Refusal> {
    let root = Element::parse(&request.body).ok_or_else(malformed_xml)?;
    let set = root.child("TagSet").ok_or_else(malformed_xml)?;
    bucket.tags = Some(tag_set(set)?);
    Ok(Response::empty(204))
}

/// Reads a list of tags by S3's rules.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/CostAllocTagging.html>
fn tag_set(set: &Element) -> Result<Tags, Refusal> {
    const MOST: usize = 50;
    let invalid = |words: &str| Refusal::new(400, "InvalidTag", words);
    let mut tags = Tags::new();
    for tag in &set.children {
        let key = tag.value("Key").ok_or_else(malformed_xml)?;
        let value = tag.value("Value").ok_or_else(malformed_xml)?;
        if key.is_empty() || key.chars().count() > 128 || !is_tag_text(key) {
            return Err(invalid("The TagKey you have provided is invalid"));
        }
        if value.chars().count() > 256 || !is_tag_text(value) {
            return Err(invalid("The TagValue you have provided is invalid"));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(invalid("System tags cannot be added/updated by requester"));
        }
        if tags.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(invalid("Cannot provide multiple Tags with the same key"));
        }
    }
    match tags.len() > MOST {
        true => Err(Refusal::new(
            400,
            "BadRequest",
            "Bucket tag count cannot be greater than 50",
        )),
        false => Ok(tags),
    }
}

/// Letters, digits and spaces of any language, and `_ . : / = + - @`.
fn is_tag_text(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c))
}

pub fn get_tagging(bucket: &Bucket) -> Result<Response, Refusal> {
    let Some(tags) = bucket.tags.as_ref().filter(|t| !t.is_empty()) else {
        let words = "The TagSet does not exist";
        return Err(Refusal::new(404, "NoSuchTagSet", words).detail("BucketName", &bucket.name));
    };
    let all: String = tags
        .iter()
        .map(|(k, v)| el("Tag", text("Key", k) + &text("Value", v)))
        .collect();
    Ok(xml("Tagging", &el("TagSet", all)))
}

pub fn put_public_access_block(
    bucket: &mut Bucket,
    request: &Request,
) -> Result<Response, Refusal> {
    let root = Element::parse(&request.body).ok_or_else(malformed_xml)?;
    let flag = |name| match root.value(name) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(malformed_xml()),
    };
    bucket.public_access_block = Some(PublicAccessBlock {
        block_public_acls: flag("BlockPublicAcls")?,
        ignore_public_acls: flag("IgnorePublicAcls")?,
        block_public_policy: flag("BlockPublicPolicy")?,
        restrict_public_buckets: flag("RestrictPublicBuckets")?,
    });
    Ok(Response::empty(200))
}

pub fn get_public_access_block(bucket: &Bucket) -> Result<Response, Refusal> {
    let Some(block) = bucket.public_access_block else {
        let words = "The public access block configuration was not found";
        let code = "NoSuchPublicAccessBlockConfiguration";
        return Err(Refusal::new(404, code, words).detail("BucketName", &bucket.name));
    };
    let inner = [
        ("BlockPublicAcls", block.block_public_acls),
        ("IgnorePublicAcls", block.ignore_public_acls),
        ("BlockPublicPolicy", block.block_public_policy),
        ("RestrictPublicBuckets", block.restrict_public_buckets),
    ]
    .map(|(name, on)| text(name, on.to_string()))
    .concat();
    Ok(xml("PublicAccessBlockConfiguration", &inner))
}

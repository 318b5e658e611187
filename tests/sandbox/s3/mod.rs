//! S3, path-style and virtual-host style: which operation a request is, on which bucket and
//! key, and the checks that come before any operation.

mod bucket;
mod names;
mod object;

use super::call::Call;
use super::refusal::Refusal;
use super::state::{Bucket, State};
use super::wire::{Request, Response, decode};

/// The bucket and the key that a request addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    pub bucket: Option<String>,
    pub key: Option<String>,
}

impl Target {
    pub fn of(request: &Request) -> Self {
        let path = request.path.strip_prefix('/').unwrap_or(&request.path);
        let full = |text: &str| Some(decode(text)).filter(|t| !t.is_empty());
        match host_bucket(&request.host) {
            Some(bucket) => Self {
                bucket: Some(bucket),
                key: full(path),
            },
            None => {
                let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
                Self {
                    bucket: full(bucket),
                    key: full(key),
                }
            }
        }
    }
}

/// Returns the bucket that a host names: `BUCKET.s3.REGION.amazonaws.com`, `BUCKET.localhost`.
fn host_bucket(host: &str) -> Option<String> {
    if let Some(front) = host.strip_suffix(".localhost") {
        let bucket = front.strip_suffix(".s3").unwrap_or(front);
        return (bucket != "s3").then(|| bucket.to_owned());
    }
    if !host.contains(".amazonaws.") {
        return None;
    }
    let service = host.rfind(".s3.").or_else(|| host.rfind(".s3-"))?;
    Some(host[..service].to_owned())
}

/// Returns the name of the operation, known or not.
pub fn operation(request: &Request) -> String {
    let Target { bucket, key } = Target::of(request);
    let method = request.method.as_str();
    let verb = match method {
        "GET" => "Get",
        "PUT" => "Put",
        "HEAD" => "Head",
        "DELETE" => "Delete",
        _ => "Post",
    };
    let sub = request
        .query
        .iter()
        .map(|(name, _)| name.as_str())
        .find(|name| SUBRESOURCES.contains(name));
    let name = match (method, bucket.is_some(), key.is_some(), sub) {
        ("GET", false, _, _) => "ListBuckets",
        ("GET", true, false, Some("list-type")) => "ListObjectsV2",
        ("GET", true, false, Some("location")) => "GetBucketLocation",
        ("GET", true, false, None) => "ListObjects",
        ("PUT", true, false, None) => "CreateBucket",
        ("HEAD", true, false, None) => "HeadBucket",
        ("DELETE", true, false, None) => "DeleteBucket",
        ("PUT", true, true, None) if request.header("x-amz-copy-source").is_some() => "CopyObject",
        (_, true, true, None) => return format!("{verb}Object"),
        (_, _, _, Some("publicAccessBlock")) => return format!("{verb}PublicAccessBlock"),
        (_, _, keyed, Some(sub)) => {
            let (first, rest) = sub.split_at(1);
            let thing = if keyed { "Object" } else { "Bucket" };
            return format!("{verb}{thing}{}{rest}", first.to_ascii_uppercase());
        }
        _ => return format!("{verb}Bucket"),
    };
    name.to_owned()
}

/// The query parameters that make another operation of a request.
const SUBRESOURCES: &[&str] = &[
    "accelerate",
    "acl",
    "analytics",
    "attributes",
    "cors",
    "delete",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "list-type",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "partNumber",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "session",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
];

/// Returns `bucket` or `bucket/key`, for the journal.
pub fn resource(request: &Request) -> String {
    match Target::of(request) {
        Target {
            bucket: Some(bucket),
            key: Some(key),
        } => format!("{bucket}/{key}"),
        target => target.bucket.unwrap_or_default(),
    }
}

pub fn answer(state: &mut State, call: &Call, request: &Request) -> Result<Response, Refusal> {
    let target = Target::of(request);
    let name = target.bucket.unwrap_or_default();
    let key = target.key.unwrap_or_default();
    match call.operation.as_str() {
        "ListBuckets" => return bucket::list(state, call, request),
        "CreateBucket" => return bucket::create(state, call, request, &name),
        _ => {}
    }
    let known = OPERATIONS.contains(&call.operation.as_str());
    if !known {
        return Err(Refusal::not_implemented("s3", &call.operation));
    }
    let found = reach(state, call, request, &name)?;
    match call.operation.as_str() {
        "HeadBucket" => Ok(bucket::head(found)),
        "GetBucketLocation" => Ok(bucket::location(found)),
        "DeleteBucket" => {
            bucket::delete(found)?;
            let id = (call.partition.to_owned(), name);
            state.buckets.remove(&id);
            Ok(Response::empty(204))
        }
        "ListObjectsV2" => object::list(found, request),
        "PutBucketTagging" => bucket::put_tagging(found, request),
        "GetBucketTagging" => bucket::get_tagging(found),
        "DeleteBucketTagging" => {
            found.tags = None;
            Ok(Response::empty(204))
        }
        "DeletePublicAccessBlock" => {
            found.public_access_block = None;
            Ok(Response::empty(204))
        }
        "PutPublicAccessBlock" => bucket::put_public_access_block(found, request),
        "GetPublicAccessBlock" => bucket::get_public_access_block(found),
        "PutObject" => object::put(found, request, &key),
        "GetObject" | "HeadObject" => object::get(found, request, &key),
        "DeleteObject" => object::delete(found, request, &key),
        other => Err(Refusal::not_implemented("s3", other)),
    }
}

const OPERATIONS: &[&str] = &[
    "HeadBucket",
    "GetBucketLocation",
    "DeleteBucket",
    "ListObjectsV2",
    "PutBucketTagging",
    "GetBucketTagging",
    "DeleteBucketTagging",
    "DeletePublicAccessBlock",
    "PutPublicAccessBlock",
    "GetPublicAccessBlock",
    "PutObject",
    "GetObject",
    "HeadObject",
    "DeleteObject",
];

/// Finds the bucket of a request: it exists, in this region, and is the caller's and the
/// expected owner's.
fn reach<'a>(
    state: &'a mut State,
    call: &Call,
    request: &Request,
    name: &str,
) -> Result<&'a mut Bucket, Refusal> {
    let id = (call.partition.to_owned(), name.to_owned());
    let Some(found) = state.buckets.get_mut(&id) else {
        let words = "The specified bucket does not exist";
        return Err(Refusal::new(404, "NoSuchBucket", words).detail("BucketName", name));
    };
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html: the header names
    // the region in the answers 200, 301 and 403.
    if found.region != call.region {
        let words = "The bucket you are attempting to access must be addressed using the \
                     specified endpoint. Please send all future requests to this endpoint.";
        let endpoint = format!(
            "{name}.s3.{}.{}",
            found.region,
            super::call::dns_suffix(call.partition)
        );
        return Err(Refusal::new(301, "PermanentRedirect", words)
            .detail("Endpoint", endpoint)
            .detail("Bucket", name)
            .header("x-amz-bucket-region", &found.region));
    }
    let expected = request.header("x-amz-expected-bucket-owner");
    if let Some(expected) = expected
        && !(expected.len() == 12 && expected.bytes().all(|b| b.is_ascii_digit()))
    {
        let words = "The value of the expected bucket owner parameter must be an AWS Account ID";
        return Err(Refusal::new(400, "InvalidBucketOwnerAWSAccountID", words));
    }
    if found.account != call.account() || expected.is_some_and(|e| e != found.account) {
        return Err(Refusal::new(403, "AccessDenied", "Access Denied")
            .header("x-amz-bucket-region", &found.region));
    }
    Ok(found)
}

/// An answer in XML, with the declaration that S3 sends.
fn xml(root: &str, inner: &str) -> Response {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <{root} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{inner}</{root}>"
    );
    Response::new(200, "application/xml", body)
}

fn malformed_xml() -> Refusal {
    let words = "The XML you provided was not well-formed or did not validate against our \
                 published schema";
    Refusal::new(400, "MalformedXML", words)
}

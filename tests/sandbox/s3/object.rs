//! The operations on objects, with their conditions.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html>

use std::collections::BTreeSet;
use std::fmt::Write as _;

use md5::{Digest as _, Md5};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::Sha256;
use time::OffsetDateTime;

use super::super::refusal::Refusal;
use super::super::state::{Bucket, Object, http_date, iso8601};
use super::super::wire::{Request, Response};
use super::super::xml::{el, maybe, text};
use super::xml;

/// The most keys that one answer lists.
const PAGE: usize = 1000;
/// The longest key, in bytes.
const LONGEST_KEY: usize = 1024;
/// What `encoding-type=url` leaves as it is.
const URL: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/')
    .remove(b'*');

pub fn put(bucket: &mut Bucket, request: &Request, key: &str) -> Result<Response, Refusal> {
    if key.len() > LONGEST_KEY {
        return Err(Refusal::new(400, "KeyTooLongError", "Your key is too long"));
    }
    if request
        .header("x-amz-acl")
        .is_some_and(|a| a != "private" && a != "bucket-owner-full-control")
    {
        let words = "The bucket does not allow ACLs";
        return Err(Refusal::new(400, "AccessControlListNotSupported", words));
    }
    intact(request)?;
    let existing = bucket.objects.get(key);
    match request.header("if-none-match") {
        None => {}
        Some("*") if existing.is_none() => {}
        Some("*") => return Err(failed("If-None-Match")),
        Some(_) => {
            let words = "A header you provided implies functionality that is not implemented";
            return Err(
                Refusal::new(501, "NotImplemented", words).detail("Header", "If-None-Match")
            );
        }
    }
    if_match(request, existing, key)?;
    let object = Object {
        etag: format!("\"{}\"", hex(&Md5::digest(&request.body))),
        body: request.body.clone(),
        content_type: request
            .header("content-type")
            .unwrap_or("binary/octet-stream")
            .to_owned(),
        modified: OffsetDateTime::now_utc(),
        metadata: request
            .headers
            .iter()
            .filter_map(|(n, v)| Some((n.strip_prefix("x-amz-meta-")?.to_owned(), v.clone())))
            .collect(),
        checksum: request
            .headers
            .iter()
            .find(|(n, _)| CHECKSUMS.contains(&n.as_str()))
            .cloned(),
    };
    let mut response = Response::empty(200)
        .with("etag", &object.etag)
        .with("x-amz-server-side-encryption", "AES256");
    if let Some((name, value)) = &object.checksum {
        response = response
            .with(name, value)
            .with("x-amz-checksum-type", "FULL_OBJECT");
    }
    bucket.objects.insert(key.to_owned(), object);
    Ok(response)
}

const CHECKSUMS: &[&str] = &[
    "x-amz-checksum-crc32",
    "x-amz-checksum-crc32c",
    "x-amz-checksum-crc64nvme",
    "x-amz-checksum-sha1",
    "x-amz-checksum-sha256",
];

/// Checks the digests of the body that came with it.
fn intact(request: &Request) -> Result<(), Refusal> {
    let signed = request.header("x-amz-content-sha256");
    let hashed = signed.filter(|v| v.len() == 64);
    if hashed.is_some_and(|v| v != hex(&Sha256::digest(&request.body))) {
        let words = "The provided 'x-amz-content-sha256' header does not match what was computed.";
        return Err(Refusal::new(400, "XAmzContentSHA256Mismatch", words));
    }
    if request
        .header("content-md5")
        .is_some_and(|v| v != base64(&Md5::digest(&request.body)))
    {
        let words = "The Content-MD5 you specified did not match what we received.";
        return Err(Refusal::new(400, "BadDigest", words));
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        // Writing to a String does not fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn base64(bytes: &[u8]) -> String {
    aws_smithy_types::base64::encode(bytes)
}

fn failed(condition: &str) -> Refusal {
    let words = "At least one of the pre-conditions you specified did not hold";
    Refusal::new(412, "PreconditionFailed", words).detail("Condition", condition)
}

fn no_such_key(key: &str) -> Refusal {
    Refusal::new(404, "NoSuchKey", "The specified key does not exist.").detail("Key", key)
}

fn if_match(request: &Request, existing: Option<&Object>, key: &str) -> Result<(), Refusal> {
    let Some(wanted) = request.header("if-match") else {
        return Ok(());
    };
    match existing {
        None => Err(no_such_key(key)),
        Some(object) if wanted == "*" || same(wanted, &object.etag) => Ok(()),
        Some(_) => Err(failed("If-Match")),
    }
}

/// Entity tags are accepted with and without their quotation marks.
fn same(a: &str, b: &str) -> bool {
    a.trim_matches('"') == b.trim_matches('"')
}

/// Answers GetObject, and HeadObject, whose body the doors leave out.
pub fn get(bucket: &Bucket, request: &Request, key: &str) -> Result<Response, Refusal> {
    let object = bucket.objects.get(key).ok_or_else(|| no_such_key(key))?;
    if request.header("range").is_some() {
        return Err(Refusal::not_implemented("s3", "GetObject (Range)"));
    }
    if_match(request, Some(object), key)?;
    let head = request.method == "HEAD";
    let mut response = match request.header("if-none-match") {
        Some(tag) if tag == "*" || same(tag, &object.etag) => Response::empty(304),
        _ if head => Response::empty(200)
            .with("content-length", object.body.len().to_string())
            .with("content-type", &object.content_type),
        _ => {
            let mut response = Response::empty(200).with("content-type", &object.content_type);
            response.body.clone_from(&object.body);
            response
        }
    };
    response = response
        .with("etag", &object.etag)
        .with("last-modified", http_date(object.modified))
        .with("accept-ranges", "bytes")
        .with("x-amz-server-side-encryption", "AES256");
    for (name, value) in &object.metadata {
        response = response.with(&format!("x-amz-meta-{name}"), value);
    }
    let checked = request
        .header("x-amz-checksum-mode")
        .is_some_and(|m| m.eq_ignore_ascii_case("enabled"));
    match &object.checksum {
        Some((name, value)) if checked => Ok(response.with(name, value)),
        _ => Ok(response),
    }
}

/// Deletes an object; one that is not there counts as deleted, except under a condition.
pub fn delete(bucket: &mut Bucket, request: &Request, key: &str) -> Result<Response, Refusal> {
    if_match(request, bucket.objects.get(key), key)?;
    bucket.objects.remove(key);
    Ok(Response::empty(204))
}

pub fn list(bucket: &Bucket, request: &Request) -> Result<Response, Refusal> {
    let invalid = |words: &str| Refusal::new(400, "InvalidArgument", words);
    let size = match request.query("max-keys") {
        None => PAGE,
        Some(n) => n
            .parse::<usize>()
            .map_err(|_| invalid("Provided max-keys not an integer or within integer range"))?
            .min(PAGE),
    };
    let prefix = request.query("prefix").unwrap_or("");
    let delimiter = request.query("delimiter").filter(|d| !d.is_empty());
    let token = request.query("continuation-token");
    let after = match token {
        None => request.query("start-after").unwrap_or("").to_owned(),
        Some(token) => token
            .strip_prefix("after:")
            .ok_or_else(|| invalid("The continuation token provided is incorrect"))?
            .to_owned(),
    };
    let coded = request.query("encoding-type") == Some("url");
    let name = |text: &str| match coded {
        true => utf8_percent_encode(text, URL).to_string(),
        false => text.to_owned(),
    };

    let mut contents = String::new();
    let mut folders = BTreeSet::new();
    let (mut count, mut last, mut truncated) = (0, String::new(), false);
    for (key, object) in &bucket.objects {
        let Some(rest) = key.strip_prefix(prefix) else {
            continue;
        };
        let folder = delimiter
            .and_then(|d| Some(rest.find(d)? + d.len()))
            .map(|end| format!("{prefix}{}", &rest[..end]));
        // A folder that the page before ended with is not listed again.
        if *key <= after || folder.as_ref().is_some_and(|f| *f == after) {
            continue;
        }
        if folder.as_ref().is_some_and(|f| folders.contains(f)) {
            continue;
        }
        if count == size {
            truncated = size > 0;
            break;
        }
        count += 1;
        match folder {
            Some(folder) => {
                last.clone_from(&folder);
                folders.insert(folder);
            }
            None => {
                last.clone_from(key);
                contents += &el(
                    "Contents",
                    text("Key", name(key))
                        + &text("LastModified", iso8601(object.modified))
                        + &text("ETag", &object.etag)
                        + &text("Size", object.body.len().to_string())
                        + &text("StorageClass", "STANDARD"),
                );
            }
        }
    }
    let folders: String = folders
        .iter()
        .map(|f| el("CommonPrefixes", text("Prefix", name(f))))
        .collect();
    let next = truncated.then(|| format!("after:{last}"));
    let inner = text("Name", &bucket.name)
        + &text("Prefix", name(prefix))
        + &maybe("Delimiter", delimiter.map(name).as_deref())
        + &maybe(
            "StartAfter",
            request.query("start-after").map(name).as_deref(),
        )
        + &maybe("ContinuationToken", token)
        + &maybe("NextContinuationToken", next.as_deref())
        + &text("KeyCount", count.to_string())
        + &text("MaxKeys", size.to_string())
        + &maybe("EncodingType", coded.then_some("url"))
        + &text("IsTruncated", truncated.to_string())
        + &contents
        + &folders;
    Ok(xml("ListBucketResult", &inner))
}

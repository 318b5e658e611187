//! The names that S3 accepts for a new bucket, and the regions that it knows.

use super::super::call::Call;

/// Tells whether a bucket may be created by this name.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
pub fn is_legal(name: &str, namespace: Option<&str>, call: &Call) -> bool {
    const PREFIXES: [&str; 4] = ["xn--", "sthree-", "amzn-s3-demo-", "amzn_s3_demo_"];
    const SUFFIXES: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let shape = (3..=63).contains(&name.len())
        && name.chars().all(|c| plain(c) || c == '.' || c == '-')
        && name.starts_with(plain)
        && name.ends_with(plain)
        && !name.contains("..")
        && name.parse::<std::net::Ipv4Addr>().is_err();
    let reserved =
        PREFIXES.iter().any(|p| name.starts_with(p)) || SUFFIXES.iter().any(|s| name.ends_with(s));
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/gpbucketnamespaces.html
    let own = format!("-{}-{}-an", call.account(), call.region);
    let namespaced = match namespace {
        Some("account-regional") => name.ends_with(&own),
        _ => !name.ends_with("-an"),
    };
    shape && !reserved && namespaced
}

/// Tells whether a word has the form of a region, or is the old name of one.
pub fn is_region(word: &str) -> bool {
    let parts: Vec<&str> = word.split('-').collect();
    let number = parts.last().is_some_and(|n| n.parse::<u8>().is_ok());
    let letters = |p: &&str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase());
    word == "EU" || (parts.len() >= 3 && number && parts[..parts.len() - 1].iter().all(letters))
}

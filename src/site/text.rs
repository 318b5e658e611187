//! Owns the rules of those fields of the site file that stay plain text: a host, a name in a
//! certificate, tags, the names of events; and that no bucket stands twice. Whoever reads them gets what a flag would have given.

use super::names::{Invalid, plain, shortened};
use super::{Bucket, Event};
use crate::messages::{Text, names as msg};
use crate::redshift::Address;
use serde::de::{Deserialize, Deserializer, Error, IntoDeserializer};
use std::collections::{BTreeMap, BTreeSet};

/// Reads a host name alone. A password in its place is refused and not repeated.
fn bare_host(value: &str) -> Result<String, Text> {
    let address = Address::parse(value)?;
    let alone = value
        .trim()
        .trim_matches(['[', ']'])
        .trim_end_matches('.')
        .eq_ignore_ascii_case(&address.host);
    if alone {
        Ok(address.host)
    } else {
        Err(msg::bare_host(shortened(value)))
    }
}

/// Reads the name that a certificate must be for.
pub fn certificate_name(value: &str) -> Result<String, Text> {
    plain(value, 253).map(|()| value.to_owned())
}

/// Checks a tag by AWS's rules:
/// <https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html>.
pub fn check_tag(key: &str, value: &str) -> Result<(), Text> {
    let sound = (1..=128).contains(&key.chars().count())
        && value.chars().count() <= 256
        && !key.to_ascii_lowercase().starts_with("aws:")
        && !key.chars().chain(value.chars()).any(char::is_control);
    if sound {
        Ok(())
    } else {
        Err(msg::tag(shortened(&format!("{key}={value}"))))
    }
}

fn refused<E: Error>(reason: Text) -> E {
    E::custom(Invalid(reason))
}

pub(crate) fn host<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    bare_host(&String::deserialize(from)?).map_err(refused)
}

pub(crate) fn some_host<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let value = Option::<String>::deserialize(from)?;
    let host = value.map(|value| bare_host(&value));
    host.transpose().map_err(refused)
}

pub(crate) fn some_certificate_name<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<String>, D::Error> {
    let value = Option::<String>::deserialize(from)?;
    let name = value.map(|value| certificate_name(&value));
    name.transpose().map_err(refused)
}

pub(crate) fn tags<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    let tags = BTreeMap::<String, String>::deserialize(from)?;
    for (key, value) in &tags {
        check_tag(key, value).map_err(refused)?;
    }
    Ok(tags)
}

pub(crate) fn some_tags<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<BTreeMap<String, String>>, D::Error> {
    tags(from).map(Some)
}

/// Reads what there is for each event. The events are read as texts first, because only those
/// stand in the path of a field that is refused.
pub(crate) fn by_event<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<BTreeMap<Event, T>>, D::Error> {
    let Some(named) = Option::<BTreeMap<String, T>>::deserialize(from)? else {
        return Ok(None);
    };
    let event = |(name, value): (String, T)| {
        let event = Event::deserialize(name.into_deserializer())?;
        Ok((event, value))
    };
    named
        .into_iter()
        .map(event)
        .collect::<Result<_, _>>()
        .map(Some)
}

/// Reads a list of buckets, each of them once: one entry can serve several kinds, and what is
/// done to the first of two is not done to the other.
pub(crate) fn buckets<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Bucket>, D::Error> {
    let buckets = Vec::<Bucket>::deserialize(from)?;
    let mut seen = BTreeSet::new();
    match buckets.iter().find(|bucket| !seen.insert(&bucket.name)) {
        Some(bucket) => Err(refused(msg::bucket_twice(&bucket.name))),
        None => Ok(buckets),
    }
}

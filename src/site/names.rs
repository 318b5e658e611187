//! Owns the names that reach AWS and the rules that they keep. A value of these
//! types is valid, whether it was typed, given by a flag or read from a file.

use crate::messages::{Lang, Text, names as msg};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

/// Why a value was refused, as the error type of parsing.
#[derive(Clone, Debug)]
pub struct Invalid(pub Text);

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.get(Lang::En))
    }
}

impl std::error::Error for Invalid {}

/// Refuses what no value may contain: nothing at all, control characters, or more than `limit` characters.
pub fn plain(value: &str, limit: usize) -> Result<(), Text> {
    if value.is_empty() {
        return Err(msg::empty());
    }
    if value.chars().any(char::is_control) {
        return Err(msg::control_character());
    }
    let length = value.chars().count();
    if length > limit {
        return Err(msg::too_long(length, limit));
    }
    Ok(())
}

/// Declares a string that is valid by construction.
macro_rules! newtype {
    ($(#[$meta:meta])* $name:ident, $parse:expr) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Returns the value.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Reads a value; the sentence of a refusal names the rule.
            pub fn parse(value: &str) -> Result<Self, Text> {
                let parse: fn(&str) -> Result<String, Text> = $parse;
                parse(value.trim()).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = Invalid;
            fn try_from(value: String) -> Result<Self, Invalid> {
                Self::parse(&value).map_err(Invalid)
            }
        }

        impl FromStr for $name {
            type Err = Invalid;
            fn from_str(value: &str) -> Result<Self, Invalid> {
                Self::parse(value).map_err(Invalid)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// Checks characters and length with one rule, and returns the value.
fn checked(
    value: &str,
    lengths: std::ops::RangeInclusive<usize>,
    allowed: impl Fn(char) -> bool,
    refusal: impl FnOnce(String) -> Text,
) -> Result<String, Text> {
    plain(value, 2048)?;
    if lengths.contains(&value.chars().count()) && value.chars().all(allowed) {
        Ok(value.to_owned())
    } else {
        Err(refusal(shortened(value)))
    }
}

/// Cuts a long value for a message.
pub fn shortened(value: &str) -> String {
    if value.chars().count() <= 80 {
        return value.to_owned();
    }
    let head: String = value.chars().take(77).collect();
    format!("{head}...")
}

/// Characters of IAM names: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.
fn iam_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+=,.@_-".contains(c)
}

newtype!(
    /// A site's name as it stands in the names of AWS resources: 1 to 32 characters.
    SiteName,
    |value| {
        let first = value.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
        let name = checked(
            value,
            1..=32,
            |c| c.is_ascii_alphanumeric() || c == '-' || c == '_',
            msg::site_name,
        )?;
        if first { Ok(name) } else { Err(msg::site_name(name)) }
    }
);

newtype!(
    /// An S3 bucket's name, without `s3://`.
    ///
    /// Rules: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>.
    BucketName,
    parse_bucket
);

fn parse_bucket(value: &str) -> Result<String, Text> {
    plain(value, 2048)?;
    let shown = shortened(value);
    if value.starts_with("arn:") {
        return Err(msg::bucket_arn(shown));
    }
    // JMC's screen wants the name without `s3://` and the closing slash, and operators paste both.
    let bare = match value.strip_prefix("s3://") {
        Some(rest) => rest.strip_suffix('/').unwrap_or(rest),
        None => value,
    };
    if bare.contains('/') || bare.contains(':') {
        return Err(msg::bucket_url(shown));
    }
    let length = bare.chars().count();
    if !(3..=63).contains(&length) {
        return Err(msg::bucket_length(shown, length));
    }
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '-';
    if !bare.chars().all(inner) || !edge(bare.chars().next()) || !edge(bare.chars().last()) {
        return Err(msg::bucket_characters(shown));
    }
    if bare.contains("..") {
        return Err(msg::bucket_dots(shown));
    }
    if bare.parse::<Ipv4Addr>().is_ok()
        || (bare.split('.').count() == 4
            && bare
                .split('.')
                .all(|part| part.bytes().all(|b| b.is_ascii_digit())))
    {
        return Err(msg::bucket_address(shown));
    }
    const PREFIXES: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
    const SUFFIXES: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];
    let reserved = PREFIXES
        .iter()
        .find(|prefix| bare.starts_with(**prefix))
        .or_else(|| SUFFIXES.iter().find(|suffix| bare.ends_with(**suffix)));
    match reserved {
        Some(part) => Err(msg::bucket_reserved(shown, part)),
        None => Ok(bare.to_owned()),
    }
}

newtype!(
    /// A folder of a bucket as its marker's key: relative, with one slash at the end.
    Folder,
    |value| {
        plain(value, 512)?;
        let inner = value.strip_suffix('/').unwrap_or(value);
        let sound = !inner.contains('\\')
            && !inner.contains("s3:")
            && inner.split('/').all(|part| !matches!(part, "" | "." | ".."));
        if sound { Ok(format!("{inner}/")) } else { Err(msg::folder(shortened(value))) }
    }
);

newtype!(
    /// An IAM role's name: 1 to 64 characters.
    RoleName,
    |value| checked(value, 1..=64, iam_character, msg::role_name)
);

newtype!(
    /// An IAM policy's name: 1 to 128 characters.
    PolicyName,
    |value| checked(value, 1..=128, iam_character, msg::policy_name)
);

impl PolicyName {
    /// Names a policy of our own making. A site's name has only characters that IAM takes.
    pub fn of_site(site: &SiteName, what: &str) -> Self {
        Self(format!("jmc-{site}-{what}"))
    }
}

newtype!(
    /// An IAM path: `/`, or names between slashes.
    RolePath,
    |value| {
        let path = checked(value, 1..=512, |c| ('\u{21}'..='\u{7e}').contains(&c), msg::role_path)?;
        if path.starts_with('/') && path.ends_with('/') && !path.contains("//") {
            Ok(path)
        } else {
            Err(msg::role_path(path))
        }
    }
);

newtype!(
    /// An SNS topic's name: 1 to 256 characters; never FIFO.
    TopicName,
    |value| checked(
        value,
        1..=256,
        |c| c.is_ascii_alphanumeric() || c == '-' || c == '_',
        msg::topic_name
    )
);

newtype!(
    /// An AWS region, such as `ap-northeast-1`.
    Region,
    |value| {
        let parts: Vec<&str> = value.split('-').collect();
        let sound = parts.len() >= 3
            && parts[0].len() >= 2
            && parts[..parts.len() - 1]
                .iter()
                .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase()))
            && matches!(parts[parts.len() - 1].as_bytes(), [b'1'..=b'9'] | [b'1'..=b'9', b'0'..=b'9']);
        plain(value, 40)?;
        if sound { Ok(value.to_owned()) } else { Err(msg::region(value)) }
    }
);

newtype!(
    /// An AWS account: 12 digits.
    AccountId,
    |value| checked(value, 12..=12, |c| c.is_ascii_digit(), msg::account)
);

newtype!(
    /// The identifier of a provisioned Redshift cluster.
    ClusterId,
    |value| {
        let id = checked(
            value,
            1..=63,
            |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-',
            msg::cluster_id,
        )?;
        if id.starts_with(|c: char| c.is_ascii_lowercase()) && !id.ends_with('-') && !id.contains("--") {
            Ok(id)
        } else {
            Err(msg::cluster_id(id))
        }
    }
);

newtype!(
    /// The name of a Redshift Serverless workgroup.
    Workgroup,
    |value| checked(
        value,
        3..=64,
        |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-',
        msg::workgroup
    )
);

newtype!(
    /// The name of a database or of a database user: 1 to 127 bytes, as Redshift's identifiers.
    Identifier,
    |value| {
        plain(value, 2048)?;
        if value.len() <= 127 { Ok(value.to_owned()) } else { Err(msg::identifier(shortened(value))) }
    }
);

/// A TCP port other than 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct Port(u16);

impl Port {
    /// Redshift's own port.
    pub const REDSHIFT: Self = Self(5439);

    /// Reads a port; full-width digits are refused with the digits to type instead.
    pub fn parse(value: &str) -> Result<Self, Text> {
        let value = value.trim();
        plain(value, 2048)?;
        if let Some(ascii) = half_width(value) {
            return Err(msg::port_full_width(shortened(value), ascii));
        }
        let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
        match value.parse::<u16>() {
            Ok(port) if port > 0 && digits => Ok(Self(port)),
            _ => Err(msg::port(shortened(value))),
        }
    }

    /// Returns the number.
    pub fn get(self) -> u16 {
        self.0
    }
}

/// Returns the ASCII digits for a value written in full-width digits.
fn half_width(value: &str) -> Option<String> {
    let full = |c: char| ('\u{ff10}'..='\u{ff19}').contains(&c);
    if !value.chars().any(full) {
        return None;
    }
    let ascii = value.chars().map(|c| {
        if full(c) {
            char::from_digit(c as u32 - 0xff10, 10).unwrap_or(c)
        } else {
            c
        }
    });
    Some(ascii.collect())
}

impl TryFrom<u16> for Port {
    type Error = Invalid;
    fn try_from(value: u16) -> Result<Self, Invalid> {
        if value == 0 {
            Err(Invalid(msg::port(value)))
        } else {
            Ok(Self(value))
        }
    }
}

impl From<Port> for u16 {
    fn from(port: Port) -> Self {
        port.0
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn code<T: fmt::Debug>(result: Result<T, Text>) -> &'static str {
        result.unwrap_err().code().unwrap()
    }

    #[test]
    fn bucket_names_are_saved_bare() {
        for typed in [
            "sales-data",
            "s3://sales-data",
            "s3://sales-data/",
            " sales-data ",
        ] {
            assert_eq!(BucketName::parse(typed).unwrap().as_str(), "sales-data");
        }
    }

    #[test]
    fn illegal_bucket_names_are_refused_by_their_rule() {
        for (name, expected) in [
            ("", "JMC-VALUE-EMPTY"),
            ("ab", "JMC-S3-NAME-LENGTH"),
            (&"a".repeat(64), "JMC-S3-NAME-LENGTH"),
            (&"a".repeat(300), "JMC-S3-NAME-LENGTH"),
            ("Sales", "JMC-S3-NAME-CHARACTERS"),
            ("-sales", "JMC-S3-NAME-CHARACTERS"),
            ("sales_data", "JMC-S3-NAME-CHARACTERS"),
            ("売上データ", "JMC-S3-NAME-CHARACTERS"),
            ("sa..les", "JMC-S3-NAME-DOTS"),
            ("192.168.5.4", "JMC-S3-NAME-ADDRESS"),
            ("999.168.5.4", "JMC-S3-NAME-ADDRESS"),
            ("xn--sales", "JMC-S3-NAME-RESERVED"),
            ("sales-s3alias", "JMC-S3-NAME-RESERVED"),
            ("sales--x-s3", "JMC-S3-NAME-RESERVED"),
            ("s3://sales/folder", "JMC-S3-NAME-URL"),
            ("sales/s3://sales", "JMC-S3-NAME-URL"),
            ("s3://s3://sales", "JMC-S3-NAME-URL"),
            ("arn:aws:s3:::sales", "JMC-S3-NAME-ARN"),
            ("sal\u{7}es", "JMC-VALUE-CONTROL"),
        ] {
            assert_eq!(code(BucketName::parse(name)), expected, "{name}");
        }
    }

    #[test]
    fn ports_are_ascii_numbers() {
        assert_eq!(Port::parse(" 5439 ").unwrap(), Port::REDSHIFT);
        for (typed, expected) in [
            ("０", "JMC-PORT-FULL-WIDTH"),
            ("５４３９", "JMC-PORT-FULL-WIDTH"),
            ("0", "JMC-PORT"),
            ("65536", "JMC-PORT"),
            ("+5439", "JMC-PORT"),
            ("", "JMC-VALUE-EMPTY"),
        ] {
            assert_eq!(code(Port::parse(typed)), expected, "{typed}");
        }
    }

    #[test]
    fn folders_become_the_key_of_their_marker() {
        assert_eq!(Folder::parse("import").unwrap().as_str(), "import/");
        assert_eq!(Folder::parse("取込/日次/").unwrap().as_str(), "取込/日次/");
        for typed in ["/import", "a//b", "..", "a/./b", "a\\b", "s3://a"] {
            assert_eq!(code(Folder::parse(typed)), "JMC-S3-FOLDER", "{typed}");
        }
    }

    #[test]
    fn regions_have_their_form() {
        for region in [
            "ap-northeast-1",
            "cn-north-1",
            "us-gov-west-1",
            "eusc-de-east-1",
        ] {
            assert_eq!(Region::parse(region).unwrap().as_str(), region);
        }
        for typed in ["tokyo", "ap-northeast", "AP-NORTHEAST-1", "ap-northeast-1a"] {
            assert_eq!(code(Region::parse(typed)), "JMC-REGION-NAME", "{typed}");
        }
    }
}

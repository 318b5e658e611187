//! Owns the ARNs that an operator gives or a plan needs, and the notification
//! endpoints that may be ARNs.

use super::names::{
    AccountId, Invalid, PolicyName, Region, RoleName, RolePath, TopicName, plain, shortened,
};
use crate::messages::{Text, names as msg};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The parts of `arn:partition:service:region:account:resource`.
pub(super) struct Parts<'a> {
    partition: &'a str,
    pub(super) service: &'a str,
    pub(super) region: &'a str,
    pub(super) account: &'a str,
    pub(super) resource: &'a str,
}

pub(super) fn split(value: &str) -> Option<Parts<'_>> {
    let mut parts = value.splitn(6, ':');
    let (arn, partition) = (parts.next()?, parts.next()?);
    let found = Parts {
        partition,
        service: parts.next()?,
        region: parts.next()?,
        account: parts.next()?,
        resource: parts.next()?,
    };
    let sound = arn == "arn"
        && partition.starts_with("aws")
        && partition
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b == b'-');
    sound.then_some(found)
}

/// Implements reading, showing and saving through `parse` and `Display`.
macro_rules! as_string {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = Invalid;
            fn try_from(value: String) -> Result<Self, Invalid> {
                Self::parse(&value).map_err(Invalid)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    };
}

/// The ARN of an IAM role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoleArn {
    /// The partition, such as `aws` or `aws-cn`.
    pub partition: String,
    /// The account that owns the role.
    pub account: AccountId,
    /// The role's path.
    pub path: RolePath,
    /// The role's name.
    pub name: RoleName,
}

impl RoleArn {
    /// The form that a message shows.
    pub const FORM: &str = "arn:aws:iam::123456789012:role/NAME";

    /// Reads an ARN.
    pub fn parse(value: &str) -> Result<Self, Text> {
        plain(value, 2048)?;
        let refuse = || msg::arn(shortened(value), Self::FORM);
        let parts = split(value).ok_or_else(refuse)?;
        let rest = parts.resource.strip_prefix("role/").ok_or_else(refuse)?;
        if parts.service != "iam" || !parts.region.is_empty() {
            return Err(refuse());
        }
        let (path, name) = rest.rsplit_once('/').unwrap_or(("", rest));
        let path = if path.is_empty() {
            "/".to_owned()
        } else {
            format!("/{path}/")
        };
        Ok(Self {
            partition: parts.partition.to_owned(),
            account: AccountId::parse(parts.account).map_err(|_| refuse())?,
            path: RolePath::parse(&path).map_err(|_| refuse())?,
            name: RoleName::parse(name).map_err(|_| refuse())?,
        })
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "arn:{}:iam::{}:role{}{}",
            self.partition, self.account, self.path, self.name
        )
    }
}
as_string!(RoleArn);

/// The ARN of a managed policy: a permissions boundary, or the home of a site's grants.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PolicyArn(String);

impl PolicyArn {
    /// The form that a message shows.
    pub const FORM: &str = "arn:aws:iam::123456789012:policy/NAME";

    /// Reads an ARN; policies of AWS itself have the account `aws`.
    pub fn parse(value: &str) -> Result<Self, Text> {
        plain(value, 2048)?;
        let sound = split(value).is_some_and(|parts| {
            parts.service == "iam"
                && parts.region.is_empty()
                && (parts.account == "aws" || AccountId::parse(parts.account).is_ok())
                && parts
                    .resource
                    .strip_prefix("policy/")
                    .is_some_and(|name| !name.is_empty())
        });
        if sound {
            Ok(Self(value.to_owned()))
        } else {
            Err(msg::arn(shortened(value), Self::FORM))
        }
    }

    /// Names a policy of an account, without a path.
    pub fn of(partition: &str, account: &AccountId, name: &PolicyName) -> Self {
        Self(format!("arn:{partition}:iam::{account}:policy/{name}"))
    }

    /// Returns the partition.
    pub fn partition(&self) -> &str {
        self.0.split(':').nth(1).unwrap_or_default()
    }
}

impl fmt::Display for PolicyArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
as_string!(PolicyArn);

/// The ARN of an SNS topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TopicArn {
    /// The partition.
    pub partition: String,
    /// The topic's region.
    pub region: Region,
    /// The account that owns the topic.
    pub account: AccountId,
    /// The topic's name.
    pub name: TopicName,
}

impl TopicArn {
    /// The form that a message shows.
    pub const FORM: &str = "arn:aws:sns:REGION:123456789012:NAME";

    /// Reads an ARN.
    pub fn parse(value: &str) -> Result<Self, Text> {
        plain(value, 2048)?;
        let refuse = || msg::arn(shortened(value), Self::FORM);
        let parts = split(value).ok_or_else(refuse)?;
        if parts.service != "sns" {
            return Err(refuse());
        }
        Ok(Self {
            partition: parts.partition.to_owned(),
            region: Region::parse(parts.region).map_err(|_| refuse())?,
            account: AccountId::parse(parts.account).map_err(|_| refuse())?,
            name: TopicName::parse(parts.resource).map_err(|_| refuse())?,
        })
    }
}

impl fmt::Display for TopicArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "arn:{}:sns:{}:{}:{}",
            self.partition, self.region, self.account, self.name
        )
    }
}
as_string!(TopicArn);

/// A role as an operator gives it: by name or by ARN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum RoleRef {
    /// A name in the caller's account.
    Name(RoleName),
    /// A full ARN.
    Arn(RoleArn),
}

impl RoleRef {
    /// Reads a name or an ARN.
    pub fn parse(value: &str) -> Result<Self, Text> {
        let value = value.trim();
        if value.starts_with("arn:") {
            RoleArn::parse(value).map(Self::Arn)
        } else {
            RoleName::parse(value).map(Self::Name)
        }
    }

    /// Returns the role's name.
    pub fn name(&self) -> &RoleName {
        match self {
            Self::Name(name) => name,
            Self::Arn(arn) => &arn.name,
        }
    }
}

impl fmt::Display for RoleRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::Arn(arn) => arn.fmt(f),
        }
    }
}
as_string!(RoleRef);

/// A topic as an operator gives it: a name to create, or an ARN to adopt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum TopicRef {
    /// A topic of this site, created where it is missing.
    Name(TopicName),
    /// A topic that exists and stays as it is but for its subscriptions.
    Arn(TopicArn),
}

impl TopicRef {
    /// Reads a name or an ARN.
    pub fn parse(value: &str) -> Result<Self, Text> {
        let value = value.trim();
        if value.starts_with("arn:") {
            TopicArn::parse(value).map(Self::Arn)
        } else {
            TopicName::parse(value).map(Self::Name)
        }
    }
}

impl fmt::Display for TopicRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::Arn(arn) => arn.fmt(f),
        }
    }
}
as_string!(TopicRef);

/// How SNS delivers to an endpoint.
///
/// Source: <https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html>.
const PROTOCOLS: [&str; 8] = [
    "email",
    "email-json",
    "sms",
    "http",
    "https",
    "sqs",
    "lambda",
    "firehose",
];

/// A subscription of a topic: protocol and endpoint, shown as `email:ops@example.com`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Subscription {
    /// The protocol as SNS spells it.
    pub protocol: String,
    /// The endpoint.
    pub endpoint: String,
}

impl Subscription {
    /// Reads `protocol:endpoint`; a URL, an ARN or a mail address tells its protocol itself.
    pub fn parse(value: &str) -> Result<Self, Text> {
        let value = value.trim();
        plain(value, 2048)?;
        let refuse = || msg::subscription_form(shortened(value));
        let (protocol, endpoint) = if let Some(parts) = split(value) {
            (parts.service, value)
        } else if !value.contains(':') && is_mail_address(value) {
            ("email", value)
        } else {
            let (protocol, rest) = value.split_once(':').ok_or_else(refuse)?;
            if rest.starts_with("//") {
                (protocol, value)
            } else {
                (protocol, rest)
            }
        };
        if !PROTOCOLS.contains(&protocol) {
            return Err(refuse());
        }
        let endpoint = endpoint.trim();
        let sound = match protocol {
            "email" | "email-json" => is_mail_address(endpoint),
            "sms" => endpoint.strip_prefix('+').is_some_and(|digits| {
                (8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
            }),
            "http" | "https" => endpoint
                .strip_prefix(protocol)
                .and_then(|rest| rest.strip_prefix("://"))
                .is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace)),
            _ => split(endpoint)
                .is_some_and(|parts| parts.service == protocol && !parts.resource.is_empty()),
        };
        if !sound {
            return Err(msg::subscription_endpoint(protocol, shortened(endpoint)));
        }
        Ok(Self {
            protocol: protocol.to_owned(),
            endpoint: endpoint.to_owned(),
        })
    }
}

fn is_mail_address(value: &str) -> bool {
    let Some((local, domain)) = value.split_once('@') else {
        return false;
    };
    !local.is_empty()
        && domain.contains('.')
        && domain.split('.').all(|label| !label.is_empty())
        && !value.contains(char::is_whitespace)
        && !domain.contains('@')
}

impl fmt::Display for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.protocol, self.endpoint)
    }
}
as_string!(Subscription);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn arns_read_back_as_written() {
        for arn in [
            "arn:aws:iam::123456789012:role/acme-jmc-app-role",
            "arn:aws-cn:iam::123456789012:role/service/deep/name",
        ] {
            assert_eq!(RoleArn::parse(arn).unwrap().to_string(), arn);
        }
        let topic = "arn:aws:sns:ap-northeast-1:123456789012:jmc-sales-failure";
        assert_eq!(TopicArn::parse(topic).unwrap().to_string(), topic);
    }

    #[test]
    fn malformed_arns_are_refused() {
        for arn in [
            "arn:aws:iam::12345:role/x",
            "arn:aws:iam::123456789012:user/x",
            "arn:aws:iam:us-east-1:123456789012:role/x",
            "arn:gcp:iam::123456789012:role/x",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam",
        ] {
            assert_eq!(
                RoleArn::parse(arn).unwrap_err().code(),
                Some("JMC-ARN"),
                "{arn}"
            );
        }
        for arn in [
            "arn:aws:sns:ap-northeast-1:123456789012:jobs.fifo",
            "arn:aws:sqs:ap-northeast-1:123456789012:jobs",
            "arn:aws:sns:tokyo:123456789012:jobs",
        ] {
            assert_eq!(
                TopicArn::parse(arn).unwrap_err().code(),
                Some("JMC-ARN"),
                "{arn}"
            );
        }
    }

    #[test]
    fn subscriptions_know_their_protocol() {
        for (typed, protocol, endpoint) in [
            ("email:ops@example.com", "email", "ops@example.com"),
            ("ops@example.com", "email", "ops@example.com"),
            (
                "email-json:ops@example.co.jp",
                "email-json",
                "ops@example.co.jp",
            ),
            ("sms:+819012345678", "sms", "+819012345678"),
            (
                "https://hooks.example.com/x",
                "https",
                "https://hooks.example.com/x",
            ),
            (
                "https:https://hooks.example.com/x",
                "https",
                "https://hooks.example.com/x",
            ),
            (
                "arn:aws:sqs:ap-northeast-1:123456789012:jobs",
                "sqs",
                "arn:aws:sqs:ap-northeast-1:123456789012:jobs",
            ),
            (
                "lambda:arn:aws:lambda:ap-northeast-1:123456789012:function:f",
                "lambda",
                "arn:aws:lambda:ap-northeast-1:123456789012:function:f",
            ),
        ] {
            let read = Subscription::parse(typed).unwrap();
            assert_eq!(
                (read.protocol.as_str(), read.endpoint.as_str()),
                (protocol, endpoint)
            );
            assert_eq!(Subscription::parse(&read.to_string()).unwrap(), read);
        }
        for typed in ["ops", "fax:1", "email:ops", "email:a b@c.d", "sms:0901234"] {
            assert!(Subscription::parse(typed).is_err(), "{typed}");
        }
    }
}

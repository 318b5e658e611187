//! Owns the ARN of a secret of AWS Secrets Manager: what the site file says of a
//! password that is kept there. What is in the secret is not its business.

use super::arn::split;
use super::names::{AccountId, Invalid, Region, plain};
use crate::messages::{Text, login as say};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The ARN of a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretArn {
    text: String,
    /// The region that the secret is in, which need not be the warehouse's.
    pub region: Region,
}

impl SecretArn {
    /// The form that a message shows.
    pub const FORM: &str = "arn:aws:secretsmanager:REGION:123456789012:secret:NAME-AbCdEf";

    /// Reads an ARN.
    pub fn parse(value: &str) -> Result<Self, Text> {
        let value = value.trim();
        plain(value, 2048)?;
        // Not the value: somebody may have given the password itself.
        let refuse = || say::secret_arn(Self::FORM);
        let parts = split(value).ok_or_else(refuse)?;
        let name = parts.resource.strip_prefix("secret:").unwrap_or_default();
        // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
        let sound = parts.service == "secretsmanager"
            && AccountId::parse(parts.account).is_ok()
            && !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"/_+=.@-".contains(&b));
        if !sound {
            return Err(refuse());
        }
        Ok(Self {
            region: Region::parse(parts.region).map_err(|_| refuse())?,
            text: value.to_owned(),
        })
    }

    /// Returns the ARN.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for SecretArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for SecretArn {
    type Error = Invalid;
    fn try_from(value: String) -> Result<Self, Invalid> {
        Self::parse(&value).map_err(Invalid)
    }
}

impl From<SecretArn> for String {
    fn from(value: SecretArn) -> Self {
        value.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_arn_of_a_secret_is_one() {
        let arn = "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:jmc/dwh-AbCdEf";
        let secret = SecretArn::parse(arn).expect("an ARN");
        assert_eq!(secret.region.as_str(), "cn-north-1");
        assert_eq!(secret.to_string(), arn);
        for bad in [
            "",
            "jmc/dwh",
            "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:",
            "arn:aws:secretsmanager:ap-northeast-1:123456789012:jmc",
            "arn:aws:secretsmanager::123456789012:secret:jmc",
            "arn:aws:secretsmanager:ap-northeast-1:1234:secret:jmc",
            "arn:aws:ssm:ap-northeast-1:123456789012:secret:jmc",
            "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:jmc dwh",
        ] {
            assert!(SecretArn::parse(bad).is_err(), "{bad}");
        }
    }
}

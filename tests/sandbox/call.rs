//! Who calls what: the service, region and account of a request, from its SigV4 scope and
//! access key. It must not decide whether the call may succeed.

use std::fmt;

use super::wire::Request;

/// A service that the sandbox answers for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    S3,
    Iam,
    Sts,
    Sns,
    Redshift,
    RedshiftServerless,
    SecretsManager,
}

impl Service {
    pub const ALL: [Self; 7] = [
        Self::S3,
        Self::Iam,
        Self::Sts,
        Self::Sns,
        Self::Redshift,
        Self::RedshiftServerless,
        Self::SecretsManager,
    ];

    /// Returns the name in the signing scope.
    pub fn name(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Iam => "iam",
            Self::Sts => "sts",
            Self::Sns => "sns",
            Self::Redshift => "redshift",
            Self::RedshiftServerless => "redshift-serverless",
            Self::SecretsManager => "secretsmanager",
        }
    }

    /// Tells whether the service speaks JSON with its operation in a header.
    pub fn speaks_json(self) -> bool {
        matches!(self, Self::RedshiftServerless | Self::SecretsManager)
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The `Credential` of an `Authorization` header (or of a presigned URL).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    pub access_key_id: String,
    pub region: String,
    pub service: String,
}

impl Scope {
    /// Reads the scope of a request; the signature itself is not verified.
    pub fn of(request: &Request) -> Option<Self> {
        let credential = match request.header("authorization") {
            Some(header) => {
                let (_, rest) = header.split_once("Credential=")?;
                rest.split([',', ' ']).next()?
            }
            None => request.query("X-Amz-Credential")?,
        };
        let mut parts = credential.rsplitn(5, '/');
        if parts.next()? != "aws4_request" {
            return None;
        }
        let service = parts.next()?.to_owned();
        let region = parts.next()?.to_owned();
        parts.next()?;
        Some(Self {
            access_key_id: parts.next()?.to_owned(),
            region,
            service,
        })
    }
}

/// An identity that signs requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    pub account: String,
    /// What follows the account in the ARN: `user/ops`, `root`, `assumed-role/NAME/SESSION`.
    pub resource: String,
    pub user_id: String,
}

impl Principal {
    /// Returns the ARN in a partition.
    pub fn arn(&self, partition: &str) -> String {
        let service = match self.resource.starts_with("assumed-role/") {
            true => "sts",
            false => "iam",
        };
        format!(
            "arn:{partition}:{service}::{}:{}",
            self.account, self.resource
        )
    }
}

/// One call of one operation, as the services see it.
#[derive(Clone, Debug)]
pub struct Call {
    pub service: Service,
    pub region: String,
    pub partition: &'static str,
    pub principal: Principal,
    pub operation: String,
    pub request_id: String,
}

impl Call {
    pub fn account(&self) -> &str {
        &self.principal.account
    }

    pub fn caller(&self) -> String {
        self.principal.arn(self.partition)
    }

    /// Returns an ARN in the caller's account and region.
    pub fn arn(&self, resource: &str) -> String {
        format!(
            "arn:{}:{}:{}:{}:{resource}",
            self.partition,
            self.service,
            self.region,
            self.account()
        )
    }

    /// Returns an IAM ARN (no region) in the caller's account.
    pub fn iam_arn(&self, resource: &str) -> String {
        format!("arn:{}:iam::{}:{resource}", self.partition, self.account())
    }
}

/// Returns the partition that a region belongs to.
/// <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>
pub fn partition_of(region: &str) -> &'static str {
    const BY_PREFIX: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("eusc-", "aws-eusc"),
        ("us-isob-", "aws-iso-b"),
        ("us-isof-", "aws-iso-f"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-iso-", "aws-iso"),
    ];
    let found = BY_PREFIX.iter().find(|(p, _)| region.starts_with(p));
    found.map_or("aws", |(_, partition)| partition)
}

/// Returns the DNS suffix of a partition.
pub fn dns_suffix(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "amazonaws.com.cn",
        "aws-eusc" => "amazonaws.eu",
        "aws-iso" => "c2s.ic.gov",
        "aws-iso-b" => "sc2s.sgov.gov",
        _ => "amazonaws.com",
    }
}

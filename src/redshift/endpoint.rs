//! Owns telling from a host's name what it is. It never looks anything up and never
//! guesses: an unknown name is `Custom`.

pub use super::address::{Address, DEFAULT_PORT};

/// What a host name says about the warehouse behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// A provisioned cluster: `<cluster>.<hash>.<region>.redshift.<suffix>`.
    Provisioned {
        /// The cluster's identifier.
        cluster: String,
        /// The cluster's region.
        region: String,
    },
    /// A Redshift-managed VPC endpoint of a cluster; its name does not tell which cluster.
    ProvisionedVpcEndpoint {
        /// The cluster's region.
        region: String,
    },
    /// A Serverless workgroup: `<workgroup>.<account>.<region>.redshift-serverless.<suffix>`.
    Serverless {
        /// The workgroup's name.
        workgroup: String,
        /// The twelve digits of the account.
        account: String,
        /// The workgroup's region.
        region: String,
    },
    /// A Redshift-managed VPC endpoint of a workgroup; its name does not tell which workgroup.
    ServerlessVpcEndpoint {
        /// The twelve digits of the account.
        account: String,
        /// The workgroup's region.
        region: String,
    },
    /// An interface endpoint of AWS PrivateLink.
    PrivateLink {
        /// The endpoint's region.
        region: String,
    },
    /// Anything else: a CNAME, an address, a tunnel. What is behind it must be asked.
    Custom,
}

/// The domain of each AWS partition, and how the names of its regions begin.
/// <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>
const PARTITIONS: [(&str, &str, &[&str]); 8] = [
    ("aws-us-gov", "amazonaws.com", &["us-gov-"]),
    ("aws-cn", "amazonaws.com.cn", &["cn-"]),
    ("aws-eusc", "amazonaws.eu", &["eusc-"]),
    ("aws-iso", "c2s.ic.gov", &["us-iso-"]),
    ("aws-iso-b", "sc2s.sgov.gov", &["us-isob-"]),
    ("aws-iso-e", "cloud.adc-e.uk", &["eu-isoe-"]),
    ("aws-iso-f", "csp.hci.ic.gov", &["us-isof-", "eu-isof-"]),
    // Last: every other region of the commercial domain.
    ("aws", "amazonaws.com", &[]),
];

/// Returns the partition of a region.
pub fn partition_of(region: &str) -> &'static str {
    PARTITIONS
        .iter()
        .find(|(_, _, prefixes)| prefixes.iter().any(|prefix| region.starts_with(prefix)))
        .map_or("aws", |(name, _, _)| name)
}

impl Endpoint {
    /// Tells from its name what a host is, matching from the right.
    ///
    /// `x.redshift.amazonaws.com.evil.org` is therefore [`Endpoint::Custom`], and so is a
    /// region that does not belong to the domain's partition.
    pub fn classify(host: &str) -> Self {
        let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        PARTITIONS
            .iter()
            .filter_map(|(partition, suffix, _)| {
                let labels = host.strip_suffix(suffix)?.strip_suffix('.')?;
                Some((*partition, labels.split('.').collect::<Vec<_>>()))
            })
            .find_map(|(partition, labels)| Self::from_labels(partition, &labels))
            .unwrap_or(Self::Custom)
    }

    fn from_labels(partition: &str, labels: &[&str]) -> Option<Self> {
        let [name, owner, region, service] = labels else {
            return None;
        };
        if !is_region(region) || partition_of(region) != partition || !is_label(name) {
            return None;
        }
        let region = (*region).to_owned();
        match *service {
            "redshift" if is_alphanumeric(owner) => Some(if is_vpc_endpoint(name) {
                Self::ProvisionedVpcEndpoint { region }
            } else {
                Self::Provisioned {
                    cluster: (*name).to_owned(),
                    region,
                }
            }),
            "redshift-serverless" if is_account(owner) => {
                let account = (*owner).to_owned();
                Some(if is_vpc_endpoint(name) {
                    Self::ServerlessVpcEndpoint { account, region }
                } else {
                    Self::Serverless {
                        workgroup: (*name).to_owned(),
                        account,
                        region,
                    }
                })
            }
            "vpce" if name.starts_with("vpce-") && owner.starts_with("vpce-svc-") => {
                Some(Self::PrivateLink { region })
            }
            _ => None,
        }
    }

    /// Returns the region, where the name tells it.
    pub fn region(&self) -> Option<&str> {
        match self {
            Self::Provisioned { region, .. }
            | Self::ProvisionedVpcEndpoint { region }
            | Self::Serverless { region, .. }
            | Self::ServerlessVpcEndpoint { region, .. }
            | Self::PrivateLink { region } => Some(region),
            Self::Custom => None,
        }
    }

    /// Returns the partition, such as `aws` or `aws-cn`, where the name tells it.
    pub fn partition(&self) -> Option<&'static str> {
        self.region().map(partition_of)
    }
}

fn is_label(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn is_alphanumeric(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `ap-northeast-1`, `us-gov-west-1`, `eusc-de-east-1`: words, then a number.
fn is_region(text: &str) -> bool {
    let words: Vec<&str> = text.split('-').collect();
    let [places @ .., number] = words.as_slice() else {
        return false;
    };
    places.len() >= 2
        && places
            .iter()
            .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()))
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// `<name>-endpoint-<id>`. A cluster may be named like that too: then it is asked, never guessed.
fn is_vpc_endpoint(name: &str) -> bool {
    name.rsplit_once("-endpoint-")
        .is_some_and(|(name, id)| !name.is_empty() && is_alphanumeric(id))
}

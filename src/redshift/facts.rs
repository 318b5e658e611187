//! Owns what AWS tells about a warehouse that a connection test did not get into, and which of
//! it helps. It only reads, and what it may not read it leaves out.

use super::failure::Failure;
use super::target::{Phase, Target};
use crate::aws::Clients;
use crate::error::Exit;
use crate::messages::connection as say;
use crate::plan::diff::is_available;
use crate::site::Warehouse;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::time::Duration;

/// The failure is there already: AWS gets no longer than this to shed light on it.
const DEADLINE: Duration = Duration::from_secs(5);

/// What AWS tells about a warehouse.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Its name and region, for the hints.
    pub name: String,
    /// The region that was looked in.
    pub region: String,
    /// Whether it exists there.
    pub exists: bool,
    /// Its status, such as `available` or `paused`.
    pub status: String,
    /// The host and port of its endpoint, once it has one.
    pub endpoint: Option<(String, u16)>,
    /// The VPC it is in.
    pub vpc: Option<String>,
    /// The security groups in front of it.
    pub security_groups: Vec<String>,
    /// Whether it can be reached from outside its VPC.
    pub public: Option<bool>,
}

/// Asks AWS about a warehouse: DescribeClusters or GetWorkgroup.
///
/// Returns nothing where AWS does not say, for want of permission or of time.
pub async fn look(clients: &Clients, warehouse: &Warehouse) -> Option<Facts> {
    tokio::time::timeout(DEADLINE, async {
        match warehouse {
            Warehouse::Cluster(id) => cluster(clients, id.as_str()).await,
            Warehouse::Workgroup(name) => workgroup(clients, name.as_str()).await,
        }
    })
    .await
    .ok()
    .flatten()
}

fn nothing(clients: &Clients, name: &str) -> Facts {
    Facts {
        name: name.to_owned(),
        region: clients.region().to_owned(),
        ..Facts::default()
    }
}

fn endpoint(address: Option<String>, port: Option<i32>) -> Option<(String, u16)> {
    Some((address?, u16::try_from(port?).ok()?))
}

async fn cluster(clients: &Clients, id: &str) -> Option<Facts> {
    let facts = nothing(clients, id);
    let answer = clients.redshift.describe_clusters().cluster_identifier(id);
    let found = match answer.send().await {
        Ok(answer) => answer.clusters.unwrap_or_default().into_iter().next(),
        Err(error) => match error.code() {
            Some("ClusterNotFound" | "ClusterNotFoundFault") => None,
            _ => return None,
        },
    };
    let Some(found) = found else {
        return Some(facts);
    };
    Some(Facts {
        exists: true,
        status: found.cluster_status.unwrap_or_default(),
        endpoint: found
            .endpoint
            .and_then(|found| endpoint(found.address, found.port)),
        vpc: found.vpc_id,
        security_groups: found
            .vpc_security_groups
            .unwrap_or_default()
            .into_iter()
            .filter_map(|group| group.vpc_security_group_id)
            .collect(),
        public: found.publicly_accessible,
        ..facts
    })
}

async fn workgroup(clients: &Clients, name: &str) -> Option<Facts> {
    let facts = nothing(clients, name);
    let answer = clients.serverless.get_workgroup().workgroup_name(name);
    let found = match answer.send().await {
        Ok(answer) => answer.workgroup,
        Err(error) => match error.code() {
            Some("ResourceNotFoundException") => None,
            _ => return None,
        },
    };
    let Some(found) = found else {
        return Some(facts);
    };
    let status = found.status.as_ref().map(|status| status.as_str());
    let at = found.endpoint.as_ref();
    Some(Facts {
        exists: true,
        status: status.unwrap_or_default().to_ascii_lowercase(),
        endpoint: at.and_then(|at| endpoint(at.address.clone(), at.port)),
        vpc: at.and_then(|at| at.vpc_endpoints.as_ref()?.first()?.vpc_id.clone()),
        security_groups: found.security_group_ids.unwrap_or_default(),
        public: found.publicly_accessible,
        ..facts
    })
}

impl Failure {
    /// Says whether what AWS knows of the warehouse can bear on this failure, before it is asked.
    pub fn can_be_explained(&self) -> bool {
        // A wrong password is not explained by the network, nor is a wrong flag.
        let on_the_way = matches!(self.phase, Phase::Resolve | Phase::Connect | Phase::Tls)
            && self.error.exit_code() != Exit::Usage;
        let gone_or_busy = matches!(
            self.error.code(),
            "JMC-CONN-EOF" | "JMC-CONN-STALLED" | "JMC-CONN-STARTING" | "JMC-CONN-SERVER"
        );
        on_the_way || gone_or_busy
    }

    /// Adds to the hints what AWS tells about the warehouse, as far as it bears on this failure.
    #[must_use]
    pub fn explain(mut self, target: &Target, facts: &Facts) -> Self {
        let (name, region) = (facts.name.as_str(), facts.region.as_str());
        if !self.can_be_explained() {
            return self;
        }
        let mut hints = Vec::new();
        if !facts.exists {
            hints.push(say::aws_missing(name, region));
        } else {
            if facts.status == "paused" {
                hints.push(say::aws_paused(name));
            } else if !is_available(&facts.status) {
                hints.push(say::aws_busy(name, facts.status.as_str()));
            }
            if let Some((host, port)) = &facts.endpoint
                && (!host.eq_ignore_ascii_case(&target.host) || *port != target.port)
            {
                hints.push(say::aws_endpoint(name, format!("{host}:{port}")));
            }
            if self.phase == Phase::Connect {
                let groups = match facts.security_groups.as_slice() {
                    [] => "-".to_owned(),
                    groups => groups.join(", "),
                };
                let vpc = facts.vpc.as_deref().unwrap_or("-");
                let public = match facts.public {
                    Some(true) => say::aws_public(),
                    Some(false) => say::aws_private(),
                    None => say::aws_unknown(),
                };
                hints.push(say::aws_network(vpc, groups, public));
            }
        }
        for hint in hints {
            self.error = self.error.hint(hint);
        }
        self
    }
}

//! Owns looking: read-only calls, concurrent, that turn a site's names into
//! what is behind them. It changes nothing and judges nothing.

mod bucket;
mod quota;
mod role;
mod topic;

use super::error::{self, Call};
use super::{Caller, Clients, warehouse};
use crate::error::Error;
use crate::plan::observed::Observed;
use crate::plan::policy::Quotas;
use crate::site::names::BucketName;
use crate::site::{Event, RoleKind, Site};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures_util::future::{join, join_all, join3};
use std::collections::BTreeMap;

/// What is looked at besides a site's own resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Nothing: whether changes have arrived.
    Changes,
    /// The account's quotas, for a plan.
    Plan,
    /// What stands over the roles' inline policies, for `check`.
    Guards,
}

/// Looks on somebody's behalf: the clients, the caller, and what errors need to say.
#[derive(Clone, Copy, Debug)]
pub struct Observer<'a> {
    /// The clients of the site's region.
    pub clients: &'a Clients,
    /// Who is calling.
    pub caller: &'a Caller,
    /// The profile, for the hint of expired credentials.
    pub profile: Option<&'a str>,
}

impl<'a> Observer<'a> {
    /// Describes a failed call.
    pub fn failed<E>(&self, call: &Call, error: &SdkError<E, HttpResponse>) -> Error
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        error::failed(call, &self.caller.arn, self.profile, error)
    }

    /// Looks at everything that a site's plan depends on, and as deep as is asked.
    pub async fn observe(&self, site: &Site, depth: Depth) -> Observed {
        let buckets = join_all(site.buckets.iter().map(async |bucket| {
            (
                bucket.name.clone(),
                self.bucket(bucket, site.region.as_str()).await,
            )
        }));
        let roles =
            join_all(RoleKind::ALL.map(async |kind| (kind, self.role_of(site, kind, depth).await)));
        let topics = join_all(
            site.topics()
                .map(async |(event, topic)| (event, self.topic(site, topic).await)),
        );
        let warehouse = warehouse::observe(self, &site.redshift.warehouse);
        let quotas = async {
            match depth {
                Depth::Plan => self.quotas().await,
                Depth::Changes | Depth::Guards => Quotas::default(),
            }
        };
        let ((buckets, roles), (topics, warehouse, quotas)) =
            join(join(buckets, roles), join3(topics, warehouse, quotas)).await;
        let mut observed = Observed {
            buckets: buckets.into_iter().collect::<BTreeMap<BucketName, _>>(),
            roles: BTreeMap::new(),
            topics: topics.into_iter().collect::<BTreeMap<Event, _>>(),
            warehouse,
            homes: BTreeMap::new(),
            guards: BTreeMap::new(),
            quotas,
        };
        for (kind, seen) in roles {
            observed.roles.insert(kind, seen.state);
            observed.homes.extend(seen.home.map(|home| (kind, home)));
            observed
                .guards
                .extend(seen.guard.map(|guard| (kind, guard)));
        }
        observed
    }
}

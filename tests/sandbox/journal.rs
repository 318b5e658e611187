//! The journal of requests: what was asked, by whom, and how it ended. No bodies, no secrets.

use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::time::Instant;

use super::state::iso8601;

/// One request; written when it arrives and completed when it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The place in the order of arrival, from 1.
    pub order: u64,
    pub at: OffsetDateTime,
    /// When it came by the runtime's clock, which a test can let stand still.
    pub came: Instant,
    pub service: String,
    pub operation: String,
    /// The bucket or `bucket/key`, the role or `role/policy`, the topic, the cluster.
    pub resource: String,
    pub account: String,
    pub region: String,
    /// The HTTP status; none while under way, and when the connection was dropped.
    pub status: Option<u16>,
    /// The error code, if the call was refused.
    pub code: Option<String>,
    /// The call would change something.
    pub write: bool,
    /// The service has carried it out (a connection may drop before or after that).
    pub effect: bool,
}

impl Entry {
    /// Returns `service:Operation`.
    pub fn call(&self) -> String {
        format!("{}:{}", self.service, self.operation)
    }

    pub fn json(&self) -> Value {
        json!({
            "order": self.order,
            "at": iso8601(self.at),
            "service": self.service,
            "operation": self.operation,
            "resource": self.resource,
            "account": self.account,
            "region": self.region,
            "status": self.status,
            "code": self.code,
            "write": self.write,
            "effect": self.effect,
        })
    }
}

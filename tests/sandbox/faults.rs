//! Rules by which calls go wrong, and how long calls take. Only data and the choice of the
//! rule; the gate carries it out.

use std::collections::BTreeMap;
use std::time::Duration;

use super::call::Service;
use super::refusal::Refusal;

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Throttled,
    Status500,
    Status503,
    AccessDenied,
    ExpiredToken,
    /// Any other refusal, by status and code: a race (`409 ConditionalRequestConflict`), a
    /// cluster that turns busy (`400 InvalidClusterState`).
    Refused(u16, &'static str),
    /// The connection ends before the service has seen the call.
    DropBefore,
    /// The service has carried out the call, the answer is lost.
    DropAfter,
    /// No answer, ever, and no effect; the client's deadline has to end it.
    Stall,
    /// The effect, but no answer, ever.
    StallAfter,
}

impl Fault {
    /// Those that may happen to every call of every service.
    pub const ALL: [Self; 9] = [
        Self::Throttled,
        Self::Status500,
        Self::Status503,
        Self::AccessDenied,
        Self::ExpiredToken,
        Self::DropBefore,
        Self::DropAfter,
        Self::Stall,
        Self::StallAfter,
    ];

    /// Returns the answer of a fault that is one.
    pub fn refusal(
        self,
        service: Service,
        caller: &str,
        action: &str,
        arn: &str,
    ) -> Option<Refusal> {
        match self {
            Self::Throttled => Some(Refusal::throttled(service)),
            Self::Status500 => Some(Refusal::broken(service, 500)),
            Self::Status503 => Some(Refusal::broken(service, 503)),
            Self::AccessDenied => Some(Refusal::denied(service, caller, action, arn)),
            Self::ExpiredToken => Some(Refusal::expired(service)),
            Self::Refused(status, code) => Some(Refusal::new(
                status,
                code,
                "refused by a rule of the sandbox",
            )),
            Self::DropBefore | Self::DropAfter | Self::Stall | Self::StallAfter => None,
        }
    }
}

/// Which calls go wrong, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    service: Option<Service>,
    operation: Option<String>,
    resource: Option<String>,
    writes_only: bool,
    fault: Fault,
    /// The matching calls to spare first.
    skip: u64,
    /// How many calls go wrong after that.
    times: u64,
    seen: u64,
}

impl Rule {
    /// Returns a rule for the first call of any operation.
    pub fn any(fault: Fault) -> Self {
        Self {
            service: None,
            operation: None,
            resource: None,
            writes_only: false,
            fault,
            skip: 0,
            times: 1,
            seen: 0,
        }
    }

    /// Returns a rule for the first call of an operation.
    pub fn on(service: Service, operation: &str, fault: Fault) -> Self {
        Self {
            service: Some(service),
            operation: Some(operation.to_owned()),
            ..Self::any(fault)
        }
    }

    /// Narrows the rule to one resource, named as in the journal.
    pub fn resource(self, resource: &str) -> Self {
        Self {
            resource: Some(resource.to_owned()),
            ..self
        }
    }

    /// Narrows the rule to calls that would change something.
    pub fn writes(self) -> Self {
        Self {
            writes_only: true,
            ..self
        }
    }

    /// Moves the rule to the nth matching call, from 1.
    pub fn nth(self, n: u64) -> Self {
        Self {
            skip: n.saturating_sub(1),
            ..self
        }
    }

    /// Lets this many matching calls in a row go wrong.
    pub fn times(self, times: u64) -> Self {
        Self { times, ..self }
    }

    /// Lets every matching call go wrong.
    pub fn always(self) -> Self {
        self.times(u64::MAX)
    }

    /// Returns how many calls have gone wrong by this rule.
    pub fn struck(&self) -> u64 {
        self.seen.saturating_sub(self.skip).min(self.times)
    }

    fn matches(&self, service: Service, operation: &str, resource: &str, write: bool) -> bool {
        self.service.is_none_or(|s| s == service)
            && self.operation.as_deref().is_none_or(|o| o == operation)
            && self.resource.as_deref().is_none_or(|r| r == resource)
            && (write || !self.writes_only)
    }
}

/// The misbehaviour of a sandbox.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    pub rules: Vec<Rule>,
    pub latency: BTreeMap<Service, Duration>,
}

impl Faults {
    /// Counts a call against every rule and returns what goes wrong with it.
    pub fn strike(
        &mut self,
        service: Service,
        operation: &str,
        resource: &str,
        write: bool,
    ) -> Option<Fault> {
        let mut struck = None;
        for rule in &mut self.rules {
            if !rule.matches(service, operation, resource, write) {
                continue;
            }
            rule.seen += 1;
            let due = rule.seen > rule.skip && rule.seen - rule.skip <= rule.times;
            if due && struck.is_none() {
                struck = Some(rule.fault);
            }
        }
        struck
    }
}

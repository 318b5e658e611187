//! Owns what documents grant, by IAM's documented rules for identity policies.
//! Nothing here knows of permissions boundaries, SCPs or bucket policies.

use super::document::{Effect, Names, Policy, Statement};
use super::pattern::{self, Reach};
use super::{Access, Grant};
use crate::error::Result;
use crate::messages::{Text, policy as text};
use serde::Serialize;

/// A statement, by where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct At {
    /// The document's index among those that were looked at.
    pub policy: usize,
    /// The statement's index in its document, from 0.
    pub index: usize,
    /// Its `Sid`, if it has one.
    pub sid: Option<String>,
}

impl std::fmt::Display for At {
    /// Shows the `Sid`, or the statement's number counted from 1.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.sid {
            Some(sid) if !sid.is_empty() => write!(f, "`{sid}`"),
            _ => write!(f, "#{}", self.index + 1),
        }
    }
}

/// Whether an action is granted on a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// An unconditional statement allows all of it, and none can deny it.
    Allowed {
        /// The first statement that allows it.
        at: At,
    },
    /// Nothing allows all of it, whatever the request.
    Missing,
    /// A statement denies all of it unconditionally.
    Denied {
        /// The first statement that denies it.
        at: At,
    },
    /// It depends on the request.
    Unknown {
        /// Why.
        why: Doubt,
    },
}

/// Why a verdict cannot be given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "doubt", rename_all = "snake_case")]
pub enum Doubt {
    /// It is allowed only with a `Condition` (or a `Principal`, or a field unknown here).
    Conditional {
        /// The statement.
        at: At,
    },
    /// It is allowed only through a policy variable or a pattern that AWS does not define.
    Pattern {
        /// The statement.
        at: At,
    },
    /// It is allowed, but a conditional or partial deny may defeat it.
    MayBeDenied {
        /// The statement that may deny it.
        at: At,
    },
}

impl Doubt {
    /// Returns the reason as a clause.
    pub fn text(&self) -> Text {
        match self {
            Self::Conditional { at } => text::policy_doubt_condition(at),
            Self::Pattern { at } => text::policy_doubt_pattern(at),
            Self::MayBeDenied { at } => text::policy_doubt_deny(at),
        }
    }
}

/// The verdict on one action of a grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// The action.
    pub action: &'static str,
    /// The ARN that it is needed on.
    pub arn: String,
    /// Whether it is granted.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// A statement that defeats a grant, or may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deny {
    /// The statement.
    pub at: At,
    /// Whether it surely denies at least one of the actions, whatever the request.
    pub certain: bool,
    /// The actions of the grant that it reaches, surely or possibly.
    pub actions: Vec<&'static str>,
    /// The ARNs of the grant that it reaches.
    pub arns: Vec<String>,
}

/// Says for every action of a grant whether a role that has these documents may do it.
///
/// # Errors
/// As [`Grant::new`].
pub fn verdict(
    policies: &[&Policy],
    access: Access,
    partition: &str,
    bucket: &str,
) -> Result<Vec<Cell>> {
    let grant = Grant::new(access, partition, bucket)?;
    Ok(grant
        .pairs()
        .map(|(action, arn)| Cell {
            action,
            arn: arn.to_owned(),
            verdict: judge(policies, action, arn),
        })
        .collect())
}

impl Policy {
    /// Says whether this document alone allows an action on a resource.
    ///
    /// A resource that ends in `*` stands for everything that begins so: all must be allowed.
    pub fn allows(&self, action: &str, resource: &str) -> Verdict {
        judge(&[self], action, resource)
    }

    /// Returns the statements of this document that deny a part of the buckets' grants, or
    /// may: also conditional ones, and those with `NotAction` and `NotResource`.
    ///
    /// # Errors
    /// As [`Grant::new`].
    pub fn denies(&self, access: Access, partition: &str, buckets: &[&str]) -> Result<Vec<Deny>> {
        Ok(self.denies_of(&Grant::all(access, partition, buckets)?))
    }

    pub(super) fn denies_of(&self, grants: &[Grant]) -> Vec<Deny> {
        let mut found = Vec::new();
        for (index, statement) in self.with_effect(Effect::Deny) {
            let mut deny = Deny {
                at: self.at(0, index),
                certain: false,
                actions: Vec::new(),
                arns: Vec::new(),
            };
            for (action, arn) in grants.iter().flat_map(Grant::pairs) {
                let reach = statement.reach(action, arn);
                if reach == Reach::No {
                    continue;
                }
                deny.certain |= reach == Reach::Yes;
                if !deny.actions.contains(&action) {
                    deny.actions.push(action);
                }
                if !deny.arns.iter().any(|known| known == arn) {
                    deny.arns.push(arn.to_owned());
                }
            }
            if !deny.actions.is_empty() {
                found.push(deny);
            }
        }
        found
    }

    /// Says whether an unconditional statement allows all of it; denies are not asked.
    pub(super) fn grants(&self, action: &str, arn: &str) -> bool {
        self.with_effect(Effect::Allow)
            .any(|(_, statement)| statement.reach(action, arn) == Reach::Yes)
    }

    pub(super) fn with_effect(&self, effect: Effect) -> impl Iterator<Item = (usize, &Statement)> {
        self.statements
            .iter()
            .enumerate()
            .filter(move |(_, statement)| statement.effect == effect)
    }

    pub(super) fn at(&self, policy: usize, index: usize) -> At {
        At {
            policy,
            index,
            sid: self.statements.get(index).and_then(|s| s.sid.clone()),
        }
    }
}

/// An explicit deny wins, then any allow counts, and the default is no:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>
fn judge(policies: &[&Policy], action: &str, arn: &str) -> Verdict {
    let find = |effect: Effect, reaches: &[Reach]| {
        policies.iter().enumerate().find_map(|(number, policy)| {
            policy
                .with_effect(effect)
                .find(|(_, statement)| reaches.contains(&statement.reach(action, arn)))
                .map(|(index, statement)| (policy.at(number, index), statement.qualified))
        })
    };
    if let Some((at, _)) = find(Effect::Deny, &[Reach::Yes]) {
        return Verdict::Denied { at };
    }
    if let Some((at, _)) = find(Effect::Allow, &[Reach::Yes]) {
        return match find(Effect::Deny, &[Reach::Hint, Reach::Part, Reach::Unsure]) {
            None => Verdict::Allowed { at },
            Some((at, _)) => Verdict::Unknown {
                why: Doubt::MayBeDenied { at },
            },
        };
    }
    match find(Effect::Allow, &[Reach::Unsure]) {
        None => Verdict::Missing,
        Some((at, true)) => Verdict::Unknown {
            why: Doubt::Conditional { at },
        },
        Some((at, false)) => Verdict::Unknown {
            why: Doubt::Pattern { at },
        },
    }
}

impl Statement {
    /// Says how far the statement, whatever its effect, applies to an action on a resource.
    pub fn reach(&self, action: &str, arn: &str) -> Reach {
        let actions = self.actions.reach(|name| pattern::action(name, action));
        if actions == Reach::No {
            return Reach::No;
        }
        let reach = actions.min(self.resources.reach(|name| pattern::resource(name, arn)));
        if self.qualified {
            reach.min(Reach::Unsure)
        } else {
            reach
        }
    }
}

impl Names {
    fn reach(&self, matches: impl Fn(&str) -> Reach) -> Reach {
        let best = |names: &[String]| {
            names
                .iter()
                .map(|name| matches(name))
                .max()
                .unwrap_or(Reach::No)
        };
        match self {
            Self::Only(names) => best(names),
            // What is left when the rest is taken away.
            Self::AllBut(names) => match best(names) {
                Reach::No => Reach::Yes,
                Reach::Hint | Reach::Unsure => Reach::Unsure,
                Reach::Part => Reach::Part,
                Reach::Yes => Reach::No,
            },
            Self::Malformed => Reach::Unsure,
        }
    }
}

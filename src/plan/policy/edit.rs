//! Makes the edits that add a bucket's grant to a document or take it away, as plain data.

use super::document::{Effect, Policy, Statement};
use super::evaluate::{At, Deny};
use super::json::{Kind, Node};
use super::pattern::Reach;
use super::surgery::{self, Cuts, Style};
use super::{Access, Grant, Level};
use crate::error::Result;
use serde::Serialize;

/// What an edit does to one document. Nothing has been written anywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// The document as it was read.
    pub before: String,
    /// The document as it has to be.
    pub after: String,
    /// Whether the two differ.
    pub changed: bool,
    /// Whether no statement is left: IAM refuses such a document, the policy has to be deleted.
    pub empty: bool,
    /// What is granted by the edit.
    pub added: Vec<Change>,
    /// What is revoked by the edit.
    pub removed: Vec<Change>,
    /// The statements that deny a part of the grants, or may, by their index after the edit.
    pub denies: Vec<Deny>,
    /// After a removal: the statements that still allow a part of it and were left alone.
    pub kept: Vec<Kept>,
}

/// ARNs that come into or go from one statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Whether it is granted or revoked.
    pub sign: Sign,
    /// The actions of the statement.
    pub actions: &'static [&'static str],
    /// The ARNs, in the order of the buckets' names for a grant, of the text for a removal.
    pub arns: Vec<String>,
    /// The statement.
    pub place: Place,
}

/// The direction of a [`Change`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// `+`
    Grant,
    /// `-`
    Revoke,
}

/// Where a change happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "statement", rename_all = "snake_case")]
pub enum Place {
    /// In a statement that stays.
    Existing {
        /// The statement, by its index before the edit.
        at: At,
    },
    /// In a statement that the edit adds.
    New {
        /// Its index after the edit.
        index: usize,
    },
    /// In a statement that held nothing else and goes as a whole.
    Whole {
        /// The statement, by its index before the edit.
        at: At,
    },
}

/// A statement that was not touched although it allows, or may allow, what was to be revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// The statement, by its index after the edit.
    pub at: At,
    /// The actions of the grant that it still allows, or may.
    pub actions: Vec<&'static str>,
    /// The ARNs of the grant that it reaches, or names under other actions.
    pub arns: Vec<String>,
}

impl std::fmt::Display for Change {
    /// Shows one line an ARN: `ListBucket, GetBucketLocation  + arn:aws:s3:::x`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self
            .actions
            .iter()
            .map(|action| action.strip_prefix("s3:").unwrap_or(action))
            .collect();
        let names = names.join(", ");
        let sign = match self.sign {
            Sign::Grant => '+',
            Sign::Revoke => '-',
        };
        for (i, arn) in self.arns.iter().enumerate() {
            let newline = if i == 0 { "" } else { "\n" };
            write!(f, "{newline}{names}  {sign} {arn}")?;
        }
        Ok(())
    }
}

impl Policy {
    /// Adds what is missing of the grants of some buckets.
    ///
    /// The bucket and its objects are two levels, as in the manual. A level of which this
    /// document already allows every action unconditionally is left as it is; else its ARN is
    /// appended to the first statement that allows exactly the level's actions (of several,
    /// the first that lists only ARNs of the same level), and without such a statement a new
    /// one in the manual's shape is appended. So a statement never gets an action it did not
    /// have, and a level is always granted as a whole.
    ///
    /// The new ARNs stand in the order of the buckets' names, whatever the order of the
    /// arguments; repeating the edit changes nothing.
    ///
    /// # Errors
    /// As [`Grant::new`], and `JMC-POLICY-LATIN1` where the document has a character that IAM
    /// refuses to store.
    pub fn with_buckets(&self, access: Access, partition: &str, buckets: &[&str]) -> Result<Edit> {
        let grants = Grant::all(access, partition, buckets)?;
        let mut cuts = Cuts::default();
        let mut added = Vec::new();
        let mut new = Vec::new();
        for level in [0, 1] {
            let missing: Vec<&Level> = grants
                .iter()
                .map(|grant| grant.levels()[level])
                .filter(|level| !self.grants_level(level))
                .collect();
            let Some(actions) = missing.first().map(|level| level.actions) else {
                continue;
            };
            let arns: Vec<&str> = missing.iter().map(|level| level.arn.as_str()).collect();
            let place = match self.home(actions, level == 1) {
                Some((index, resource)) => {
                    let values: Vec<String> = arns.iter().map(|arn| format!("\"{arn}\"")).collect();
                    surgery::append(&self.text, resource, &values, "", &mut cuts);
                    Place::Existing {
                        at: self.at(0, index),
                    }
                }
                None => {
                    new.push(self.style().statement(actions, &arns));
                    Place::New {
                        index: self.statements.len() + new.len() - 1,
                    }
                }
            };
            added.push(Change {
                sign: Sign::Grant,
                actions,
                arns: arns.into_iter().map(str::to_owned).collect(),
                place,
            });
        }
        if !new.is_empty() {
            let lead = self.lead();
            surgery::append(&self.text, &self.container, &new, &lead, &mut cuts);
        }
        self.edit(cuts, added, Vec::new(), &grants, false)
    }

    /// Takes away the grants of some buckets, and nothing else.
    ///
    /// Only ARNs that are exactly the buckets' own are cut, and only from statements that
    /// allow exactly the actions of their level; a statement that held nothing else goes as a
    /// whole. Every other statement that still reaches the buckets is reported as kept.
    /// Right after [`Policy::with_buckets`] on a document that did not name the buckets, this
    /// restores that document byte for byte.
    ///
    /// # Errors
    /// As [`Policy::with_buckets`].
    pub fn without_buckets(
        &self,
        access: Access,
        partition: &str,
        buckets: &[&str],
    ) -> Result<Edit> {
        let grants = Grant::all(access, partition, buckets)?;
        let mut cuts = Cuts::default();
        let mut removed = Vec::new();
        let mut emptied = vec![false; self.statements.len()];
        for (index, statement) in self.statements.iter().enumerate() {
            let ours: Vec<&Level> = grants
                .iter()
                .flat_map(Grant::levels)
                .filter(|level| statement.grants_exactly(level.actions))
                .collect();
            let gone: Vec<bool> = statement
                .listed()
                .iter()
                .map(|name| ours.iter().any(|level| level.arn == *name))
                .collect();
            let (Some(level), true, Some(resource)) =
                (ours.first(), gone.contains(&true), &statement.resource)
            else {
                continue;
            };
            let at = self.at(0, index);
            emptied[index] = !gone.contains(&false);
            let arns = statement
                .listed()
                .iter()
                .zip(&gone)
                .filter(|(_, gone)| **gone);
            removed.push(Change {
                sign: Sign::Revoke,
                actions: level.actions,
                arns: arns.map(|(arn, _)| arn.clone()).collect(),
                place: if emptied[index] {
                    Place::Whole { at }
                } else {
                    surgery::strike(&self.text, resource, &gone, &mut cuts);
                    Place::Existing { at }
                },
            });
        }
        if emptied.contains(&true) {
            match self.container.kind {
                Kind::Array(_) => {
                    // What is inside a statement that goes needs no cut of its own: none was made.
                    surgery::strike(&self.text, &self.container, &emptied, &mut cuts);
                }
                _ => cuts.replace(self.container.span.clone(), "[]"),
            }
        }
        self.edit(cuts, Vec::new(), removed, &grants, true)
    }

    /// Writes a new document in the manual's shape, pretty-printed with four spaces.
    ///
    /// Without any bucket it has no statement, and IAM would refuse it.
    ///
    /// # Errors
    /// As [`Grant::new`].
    pub fn new_for(access: Access, partition: &str, buckets: &[&str]) -> Result<String> {
        let grants = Grant::all(access, partition, buckets)?;
        let style = Style::lines("\n", "        ", "    ");
        let statements: Vec<String> = [0, 1]
            .into_iter()
            .filter_map(|level| {
                let levels: Vec<&Level> =
                    grants.iter().map(|grant| grant.levels()[level]).collect();
                let arns: Vec<&str> = levels.iter().map(|level| level.arn.as_str()).collect();
                Some(style.statement(levels.first()?.actions, &arns))
            })
            .collect();
        let statements = statements.join(",\n        ");
        Ok(format!(
            "{{\n    \"Version\": \"2012-10-17\",\n    \"Statement\": [\n        {statements}\n    ]\n}}"
        ))
    }

    fn grants_level(&self, level: &Level) -> bool {
        level
            .actions
            .iter()
            .all(|action| self.grants(action, &level.arn))
    }

    /// Returns the statement that ARNs of a level belong to, and its `Resource`.
    fn home(&self, actions: &[&str], objects: bool) -> Option<(usize, &Node)> {
        let mut found: Vec<(usize, &Statement)> = self
            .statements
            .iter()
            .enumerate()
            .filter(|(_, s)| s.grants_exactly(actions) && !s.listed().is_empty())
            .collect();
        // A stable sort: the first of those that list this level only, else the first.
        found.sort_by_key(|(_, s)| !s.listed().iter().all(|arn| is_of_level(arn, objects)));
        let (index, statement) = found.first()?;
        Some((*index, statement.resource.as_ref()?))
    }

    /// Returns the layout for a new statement: that of the last one.
    fn style(&self) -> Style {
        self.statements
            .last()
            .and_then(|last| Style::of(&self.text, &last.node))
            .unwrap_or_else(|| {
                if self.text.contains('\n') {
                    let (newline, indent, unit) = self.guess();
                    Style::lines(newline, &format!("{indent}{unit}"), unit)
                } else {
                    Style::one_line()
                }
            })
    }

    /// Returns the white space before the first statement of a list that was empty.
    fn lead(&self) -> String {
        if self.text.contains('\n') {
            let (newline, indent, unit) = self.guess();
            format!("{newline}{indent}{unit}")
        } else {
            String::new()
        }
    }

    fn guess(&self) -> (&'static str, &str, &str) {
        let indent = surgery::indent_of(&self.text, self.container.span.start);
        let unit = if indent.is_empty() { "  " } else { indent };
        (surgery::newline_of(&self.text), indent, unit)
    }

    fn edit(
        &self,
        cuts: Cuts,
        added: Vec<Change>,
        removed: Vec<Change>,
        grants: &[Grant],
        revoking: bool,
    ) -> Result<Edit> {
        let after = cuts.apply(&self.text);
        let changed = after != self.text;
        let result = if changed {
            Self::check_characters(&after)?;
            &Self::parse(&after)?
        } else {
            self
        };
        Ok(Edit {
            before: self.text.clone(),
            changed,
            empty: result.is_empty(),
            added,
            removed,
            denies: result.denies_of(grants),
            kept: if revoking {
                result.still_reaching(grants)
            } else {
                Vec::new()
            },
            after,
        })
    }

    fn still_reaching(&self, grants: &[Grant]) -> Vec<Kept> {
        let mut found = Vec::new();
        for (index, statement) in self.with_effect(Effect::Allow) {
            let mut kept = Kept {
                at: self.at(0, index),
                actions: Vec::new(),
                arns: Vec::new(),
            };
            for (action, arn) in grants.iter().flat_map(Grant::pairs) {
                let reached = statement.reach(action, arn) != Reach::No;
                if reached && !kept.actions.contains(&action) {
                    kept.actions.push(action);
                }
                let named = statement.listed().iter().any(|listed| listed == arn);
                if (reached || named) && !kept.arns.iter().any(|known| known == arn) {
                    kept.arns.push(arn.to_owned());
                }
            }
            if !kept.arns.is_empty() {
                found.push(kept);
            }
        }
        found
    }
}

/// Says whether an ARN is that of one bucket, or of all objects of one bucket.
fn is_of_level(arn: &str, objects: bool) -> bool {
    let Some((_, name)) = arn.split_once(":s3:::") else {
        return false;
    };
    let name = match (name.strip_suffix("/*"), objects) {
        (Some(bucket), true) => bucket,
        (None, false) => name,
        _ => return false,
    };
    arn.starts_with("arn:") && !name.is_empty() && !name.contains(['*', '?', '/', '$'])
}

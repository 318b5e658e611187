//! Owns the order of a plan's steps: which may be begun, given those that are begun and done.
//! It does none of them.

use super::{Action, Plan};
use crate::site::names::RoleName;
use std::collections::{BTreeMap, BTreeSet};

/// How far a plan has come. An edit of a policy comes in two halves: its lock is taken while the
/// bucket or role that it waits for is being made, and what it holds is kept here until that is done.
#[derive(Debug)]
pub struct Order<'p, H> {
    plan: &'p Plan,
    waiting: BTreeSet<usize>,
    begun: BTreeSet<usize>,
    done: BTreeSet<usize>,
    held: BTreeMap<usize, H>,
}

impl<'p, H> Order<'p, H> {
    /// Begins a plan.
    pub fn of(plan: &'p Plan) -> Self {
        Self {
            plan,
            waiting: (0..plan.steps.len()).collect(),
            begun: BTreeSet::new(),
            done: BTreeSet::new(),
            held: BTreeMap::new(),
        }
    }

    /// Returns a step that may be begun, which it is then.
    pub fn begin(&mut self) -> Option<usize> {
        let found = self
            .waiting
            .iter()
            .copied()
            .find(|step| self.is_ready(*step));
        let step = found?;
        self.waiting.remove(&step);
        self.begun.insert(step);
        Some(step)
    }

    /// Says whether nothing is left that could still be begun or continued.
    pub fn is_all_begun(&self) -> bool {
        self.waiting.is_empty() && self.held.is_empty()
    }

    /// Notes that what others need of a step is done.
    pub fn done(&mut self, step: usize) {
        self.done.insert(step);
    }

    /// Keeps what the first half of a step has taken, until the second half may be begun.
    pub fn hold(&mut self, step: usize, held: H) {
        self.held.insert(step, held);
    }

    /// Returns the steps whose second half may be begun, with what they hold.
    pub fn continued(&mut self) -> Vec<(usize, H)> {
        let ready = self
            .held
            .keys()
            .copied()
            .filter(|step| self.is_done_for(*step));
        let ready: Vec<usize> = ready.collect();
        let taken = ready
            .into_iter()
            .filter_map(|step| self.held.remove_entry(&step));
        taken.collect()
    }

    /// Returns what is held by steps that won't be continued.
    pub fn given_up(&mut self) -> Vec<(usize, H)> {
        std::mem::take(&mut self.held).into_iter().collect()
    }

    fn is_done_for(&self, step: usize) -> bool {
        let mut needs = self.plan.steps[step].needs.iter();
        needs.all(|need| self.done.contains(need))
    }

    fn is_ready(&self, step: usize) -> bool {
        let Some(role) = self.edited(step) else {
            return self.is_done_for(step);
        };
        // A role has one lock, which a second edit would take for its own.
        let mut under_way = self.begun.difference(&self.done);
        if under_way.any(|other| self.edited(*other) == Some(role)) {
            return false;
        }
        let is_made = |need: &usize| {
            let action = &self.plan.steps[*need].action;
            // Commonly a call or two, seldom longer; then the lock is taken anew.
            let quick = matches!(
                action,
                Action::CreateBucket { .. } | Action::CreateRole { .. }
            );
            quick && self.begun.contains(need)
        };
        let mut needs = self.plan.steps[step].needs.iter();
        needs.all(|need| self.done.contains(need) || is_made(need))
    }

    /// Returns the role whose policy a step edits.
    fn edited(&self, step: usize) -> Option<&RoleName> {
        match &self.plan.steps[step].action {
            Action::EditPolicy(edit) => Some(&edit.role.name),
            _ => None,
        }
    }
}

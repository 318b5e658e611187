//! Owns the end of the pipe: apply a confirmed plan, verify, and save the site file before and after.
//! Whatever happens, it says what was done, what was not, and the command that goes on.

use super::pipe::{Pipe, edits, finished};
use crate::aws::apply::{Outcome, Report, apply};
use crate::aws::edit::Editor;
use crate::aws::lock::Guard;
use crate::aws::observe::{Depth, Observer};
use crate::error::{Error, Exit, Result};
use crate::messages::{
    Text, error as usage, file as file_say, plan as plan_say, prompt as prompt_say,
};
use crate::plan::Plan;
use crate::plan::diff::diff;
use crate::plan::observed::Observed;
use crate::report;
use crate::report::outcome;
use crate::signals::Cancel;
use crate::site::{Site, undo};
use serde_json::json;
use std::time::Duration;

impl Pipe<'_> {
    /// Applies a confirmed plan, reads back, and saves the site file before and after.
    pub(super) fn carry_out(&self, site: &Site, plan: &Plan, guard: &Guard) -> Result<Exit> {
        if edits(plan) {
            undo::prepare(self.file.path())?;
        }
        self.save(site)?;
        let cancel = self.session.applying(self.resume());
        let (report, observed) = self.apply(site, plan, guard, &cancel);
        if !report.is_done() {
            return Ok(self.unfinished(plan, &report));
        }
        let Some(observed) = observed else {
            let interrupted = Error::new(usage::interrupted())
                .exit(Exit::Interrupted)
                .hint(prompt_say::changes_not_confirmed(self.resume()));
            return Ok(self.failed(&interrupted, plan, &report));
        };
        let left = diff(site, &observed);
        if !left.is_empty() {
            let error = left
                .blockers
                .first()
                .cloned()
                .unwrap_or_else(|| Error::new(plan_say::not_verified(left.steps.len())));
            outcome::unfinished(self.ui, plan, &report);
            let error = error.hint(plan_say::resume_hint(self.resume()));
            return Ok(self.failed(&error, plan, &report));
        }
        let site = &finished(site);
        let saved = self.file.save(site);
        self.ui.result("");
        self.ui.result(self.ui.text(&plan_say::done()));
        self.record(site, &observed);
        match saved {
            Ok(true) => {}
            Ok(false) => {
                let path = self.file.path().display();
                self.ui.say(&file_say::changed_note(path));
            }
            Err(error) => {
                let error = error
                    .hint(file_say::not_saved_hint())
                    .hint(plan_say::resume_hint(self.resume()));
                return Ok(self.failed(&error, plan, &report));
            }
        }
        self.ui
            .value(&self.value("done", site, plan, Some(&report), &observed));
        Ok(Exit::Done)
    }

    /// Ends a run after all steps were carried out.
    fn failed(&self, error: &Error, plan: &Plan, report: &Report) -> Exit {
        self.ui.error(error);
        self.ended(error, plan, report)
    }

    /// Ends a run that has changed something with an error as the value of JSON mode.
    fn ended(&self, error: &Error, plan: &Plan, report: &Report) -> Exit {
        self.ui.value(&json!({
            "error": error.to_json(),
            "plan": report::plan::value(plan),
            "report": outcome::report_value(report),
            "unreleased": outcome::unreleased_value(report),
        }));
        error.exit_code()
    }

    /// Carries out the steps of a plan, and reads back what they have changed; nothing where
    /// the person asked to stop before that was done.
    fn apply(
        &self,
        site: &Site,
        plan: &Plan,
        guard: &Guard,
        cancel: &Cancel,
    ) -> (Report, Option<Observed>) {
        let ui = self.ui;
        let say = |text: &Text| ui.say(text);
        let editor = Editor {
            guard,
            run: &self.session.run,
            site: Some(self.file.path()),
            cancelled: &|| cancel.is_cancelled(),
            exact: self.exact,
            say: &say,
        };
        let total = plan.steps.len();
        let mut finished = 0;
        ui.line("");
        let mut on_step = |index: usize, outcome: &Outcome, took: Duration| {
            finished += 1;
            let what = outcome::name(ui, &plan.steps[index].action);
            let count = (finished, total);
            ui.line(&outcome::progress(ui, count, &what, outcome, took));
        };
        self.look(async |observer| {
            let verify = async || {
                tokio::select! {
                    biased;
                    () = cancel.cancelled() => None,
                    observed = verified(observer, site) => Some(observed),
                }
            };
            let partition = site.partition();
            let applying = apply(observer, &editor, partition, plan, &mut on_step, verify);
            let (report, observed) = applying.await;
            (report, observed.flatten())
        })
    }

    /// Says what was done and what was not, and the command that goes on from here.
    fn unfinished(&self, plan: &Plan, report: &Report) -> Exit {
        outcome::unfinished(self.ui, plan, report);
        let resume = plan_say::resume_hint(self.resume());
        let error = match report.failures().next() {
            Some(error) => error.clone().exit(Exit::Failed),
            None => {
                let error = Error::new(plan_say::interrupted_applying()).exit(Exit::Interrupted);
                self.ui.error(&error);
                error
            }
        };
        self.ui.say(&resume);
        self.ended(&error.hint(resume), plan, report)
    }
}

/// Reads back until AWS shows every change, within the time that it needs to spread them.
async fn verified(observer: &Observer<'_>, site: &Site) -> Observed {
    const PAUSES: [u64; 5] = [1, 2, 4, 8, 8];
    for pause in PAUSES {
        let observed = observer.observe(site, Depth::Changes).await;
        let left = diff(site, &observed);
        // A refusal does not pass by itself, nor do credentials come back.
        let refused = |error: &Error| matches!(error.code(), "JMC-AWS-DENIED" | "JMC-AWS-EXPIRED");
        if left.is_empty() || left.blockers.iter().any(refused) {
            return observed;
        }
        tokio::time::sleep(Duration::from_secs(pause)).await;
    }
    observer.observe(site, Depth::Changes).await
}

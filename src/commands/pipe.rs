//! Owns the second half of the pipe, which every changing command shares: observe,
//! plan, confirm, apply, verify, save. It asks only for the confirmation.

use super::session::Session;
use crate::aws::apply::{Outcome, Report, apply};
use crate::aws::edit::Editor;
use crate::aws::lock::{self, Guard, Shelf};
use crate::aws::observe::{Depth, Observer};
use crate::aws::{Caller, Clients};
use crate::error::{Error, Exit, Result};
use crate::messages::{
    Text, aws as msg, error as usage, file as file_say, init as say, lock as lock_say,
    plan as plan_say, prompt as prompt_say,
};
use crate::plan::diff::{diff, matrix, pending, settle};
use crate::plan::observed::Observed;
use crate::plan::{Action, Plan};
use crate::prompt::{Prompter, QuestionId};
use crate::redshift::Connected;
use crate::redshift::password::PasswordSource;
use crate::report;
use crate::report::outcome;
use crate::signals::Cancel;
use crate::site::file::SiteFile;
use crate::site::{ConnectionTest, PolicyHome, Site, undo};
use crate::ui::Ui;
use serde_json::{Value, json};
use std::time::Duration;

/// What was seen, what is to be done, and how roles are guarded meanwhile.
pub type Planned = (Observed, Plan, Guard);

/// How a command goes through the pipe.
pub struct Pipe<'a> {
    /// The command's name.
    pub command: &'static str,
    /// Where to print.
    pub ui: &'a Ui,
    /// Runtime and signals.
    pub session: &'a Session,
    /// Who is calling.
    pub caller: &'a Caller,
    /// The profile that was given, for hints and for the replay command.
    pub profile: Option<&'a str>,
    /// The clients of the site's region.
    pub clients: &'a Clients,
    /// The site file.
    pub file: &'a SiteFile,
    /// The file as it was read, if it was there.
    pub saved: Option<&'a Site>,
    /// What the connection test found, if it ran.
    pub connected: Option<&'a Connected>,
    /// `--yes`
    pub yes: bool,
    /// `--dry-run`
    pub dry_run: bool,
    /// `--no-lock`
    pub no_lock: bool,
    /// Whether a saved plan is carried out, and so no policy but the ones that it has seen.
    pub exact: bool,
}

impl Pipe<'_> {
    /// Looks at AWS on the caller's behalf.
    pub fn look<T>(&self, look: impl AsyncFnOnce(&Observer<'_>) -> T) -> T {
        let observer = Observer {
            clients: self.clients,
            caller: self.caller,
            profile: self.profile,
        };
        self.session.runtime.block_on(look(&observer))
    }

    /// Observes, records in the site what only AWS can tell, plans, and finds how the
    /// roles are guarded while their policies are written.
    fn plan(&self, site: &mut Site) -> Planned {
        self.look(async |observer| {
            let observed = observer.observe(site, Depth::Plan).await;
            settle(site, &observed);
            let mut plan = diff(site, &observed);
            let guard = match self.guard(observer, site, &plan, &observed).await {
                Ok(guard) => guard,
                Err(error) => {
                    plan.blockers.push(error);
                    Guard::None
                }
            };
            (observed, plan, guard)
        })
    }

    /// Plans and shows the plan, with a remark. Where a role's inline policies are full, the
    /// other home of the grants is offered to whoever can be asked.
    pub fn planned(
        &self,
        site: &mut Site,
        remark: Option<&Text>,
        prompter: Option<&mut dyn Prompter>,
    ) -> Result<Planned> {
        let mut planned = self.shown(site, remark);
        let full = msg::policy_full("", 0, 0).code();
        let is_full = |error: &Error| Some(error.code()) == full;
        if let Some(prompter) = prompter
            && !self.yes
            && !site.is_managed()
            && planned.1.blockers.iter().any(is_full)
        {
            self.ui.say(&say::home_offer());
            if prompter.confirm(QuestionId::PolicyHome, &say::ask_home(), false)? {
                site.policy_home = Some(PolicyHome::Managed);
                planned = self.shown(site, remark);
            }
        }
        Ok(planned)
    }

    fn shown(&self, site: &mut Site, remark: Option<&Text>) -> Planned {
        let mut planned = self.plan(site);
        planned.1.notes.extend(remark.cloned());
        report::plan::print(self.ui, site, &planned.1);
        planned
    }

    async fn guard(
        &self,
        observer: &Observer<'_>,
        site: &Site,
        plan: &Plan,
        observed: &Observed,
    ) -> Result<Guard> {
        if !edits(plan) || !plan.blockers.is_empty() {
            return Ok(Guard::None);
        }
        if self.no_lock {
            self.ui.say(&lock_say::lock_off());
            return Ok(Guard::None);
        }
        match lock::bucket_of(site, observed) {
            Some(bucket) => Ok(Guard::Bucket(Shelf::open(observer, &bucket).await?)),
            None => Err(Error::new(lock_say::lock_none()).hint(lock_say::lock_none_hint())),
        }
    }

    /// Ends a run whose plan can't be carried out.
    pub fn blocked(&self, plan: &Plan) -> Exit {
        for blocker in &plan.blockers {
            self.ui.error(blocker);
        }
        let summary = Error::new(plan_say::blocked_summary(plan.blockers.len()));
        self.ui.say(summary.text());
        self.ui.value(&json!({
            "error": summary.to_json(),
            "plan": report::plan::value(plan),
        }));
        Exit::Failed
    }

    /// Carries out a plan without blockers, as far as flags and the person allow.
    pub fn proceed(
        &self,
        site: &Site,
        plan: &Plan,
        observed: &Observed,
        guard: &Guard,
        prompter: Option<&mut dyn Prompter>,
    ) -> Result<Exit> {
        if self.dry_run {
            self.ui.result(self.ui.text(&plan_say::dry_run()));
            self.ui
                .value(&self.value("dry-run", site, plan, None, observed));
            return Ok(Exit::Done);
        }
        if plan.is_empty() {
            return self.nothing_to_do(site, plan, observed);
        }
        self.confirm(plan, prompter)?;
        self.carry_out(site, plan, guard)
    }

    fn confirm(&self, plan: &Plan, prompter: Option<&mut dyn Prompter>) -> Result<()> {
        if self.yes {
            return Ok(());
        }
        let Some(prompter) = prompter else {
            return Err(Error::usage(usage::needs_yes()).hint(usage::needs_yes_hint()));
        };
        let account = &self.caller.account;
        let question = match report::plan::counts(plan) {
            (creates, changes, 0) => say::ask_apply(account, creates, changes),
            (creates, changes, deletes) => {
                say::ask_apply_deleting(account, creates, changes, deletes)
            }
        };
        if prompter.confirm(QuestionId::Apply, &question, false)? {
            Ok(())
        } else {
            Err(Error::new(usage::declined()))
        }
    }

    fn nothing_to_do(&self, site: &Site, plan: &Plan, observed: &Observed) -> Result<Exit> {
        self.ui.result("");
        self.ui.result(self.ui.text(&plan_say::nothing_to_change()));
        let site = &finished(site);
        if self.saved != Some(site) {
            self.save(site)?;
        }
        self.record(site, observed);
        self.ui
            .value(&self.value("unchanged", site, plan, None, observed));
        Ok(Exit::Done)
    }

    /// Saves the site before anything is changed in AWS.
    fn save(&self, site: &Site) -> Result<()> {
        match self.file.save(site) {
            Err(error) if error.code() == "JMC-FILE-CHANGED" => {
                Err(error.hint(file_say::changed_hint()))
            }
            saved => saved.map(drop),
        }
    }

    /// Applies a confirmed plan, reads back, and saves the site file before and after.
    fn carry_out(&self, site: &Site, plan: &Plan, guard: &Guard) -> Result<Exit> {
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

    /// Prints what stands alone as a record: matrix, values, what is pending, and the file.
    fn record(&self, site: &Site, observed: &Observed) {
        outcome::matrix(self.ui, &matrix(site, observed));
        outcome::screens(self.ui, site);
        outcome::pending(self.ui, &pending(site, observed));
        self.ui.result("");
        self.ui.result(
            self.ui
                .text(&plan_say::site_file(self.file.path().display())),
        );
        self.ui
            .result(self.ui.text(&plan_say::replay(self.replay(site))));
        let check = self.on_this_site("check");
        self.ui.result(self.ui.text(&plan_say::next_check(check)));
    }

    /// Returns another command for this site, as this run reached it.
    fn on_this_site(&self, command: &str) -> String {
        let mut command = vec![format!("jmc-site {command}")];
        if let Some(profile) = self.profile {
            command.push(format!("--profile {}", quoted(profile)));
        }
        command.push(format!(
            "--site {}",
            quoted(&self.file.path().display().to_string())
        ));
        command.join(" ")
    }

    /// Returns the command that goes on after a run that did not finish.
    fn resume(&self) -> String {
        let mut command = vec![self.on_this_site("apply")];
        // Who was not asked this time can't be asked then either.
        if self.yes {
            command.push("--yes".to_owned());
        }
        if self.no_lock {
            command.push("--no-lock".to_owned());
        }
        command.join(" ")
    }

    /// Returns the command that does the same again without questions.
    pub fn replay(&self, site: &Site) -> String {
        let mut command = vec![self.on_this_site("init")];
        let typed = matches!(
            site.redshift.password,
            PasswordSource::Prompt | PasswordSource::Stdin
        );
        if typed && site.redshift.connection_test == ConnectionTest::Passed {
            command.push("--password-stdin".to_owned());
        }
        command.push("--no-input --yes".to_owned());
        command.join(" ")
    }

    /// Returns the result as JSON.
    pub fn value(
        &self,
        status: &str,
        site: &Site,
        plan: &Plan,
        report: Option<&Report>,
        observed: &Observed,
    ) -> Value {
        let waiting: Vec<Value> = pending(site, observed)
            .into_iter()
            .map(|(event, subscription)| json!({ "event": event, "subscription": subscription }))
            .collect();
        json!({
            "command": self.command,
            "status": status,
            "account": site.account,
            "region": site.region,
            "site_file": self.file.path().display().to_string(),
            "connection": self.connected,
            "plan": report::plan::value(plan),
            "report": report.map(outcome::report_value),
            "matrix": outcome::matrix_value(&matrix(site, observed)),
            "screens": outcome::screens_value(site),
            "pending_subscriptions": waiting,
        })
    }
}

/// Says whether a plan edits policies.
fn edits(plan: &Plan) -> bool {
    plan.steps
        .iter()
        .any(|step| matches!(step.action, Action::EditPolicy(_)))
}

/// Returns a site whose removals, and whose move back into inline policies, have been
/// carried out.
fn finished(site: &Site) -> Site {
    Site {
        removing: Vec::new(),
        policy_home: site.policy_home.filter(|_| site.is_managed()),
        ..site.clone()
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

/// Quotes an argument for a POSIX shell where it needs that.
pub fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:@%+,".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', r"'\''"))
    }
}

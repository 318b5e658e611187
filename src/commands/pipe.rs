//! Owns the second half of the pipe, which every changing command shares: observe, plan and confirm,
//! then carry out. It asks only for the confirmation.

use super::session::Session;
use crate::aws::lock::{self, Guard, Shelf};
use crate::aws::observe::{Depth, Observer};
use crate::aws::{Caller, Clients};
use crate::error::{Error, Exit, Result};
use crate::messages::{
    Text, aws as msg, error as usage, file as file_say, init as say, lock as lock_say,
    plan as plan_say,
};
use crate::plan::diff::{diff, settle};
use crate::plan::observed::Observed;
use crate::plan::{Action, Plan};
use crate::prompt::{Prompter, QuestionId};
use crate::redshift::Connected;
use crate::report;
use crate::site::file::SiteFile;
use crate::site::{PolicyHome, Site};
use crate::ui::Ui;
use serde_json::json;

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
    pub(super) fn save(&self, site: &Site) -> Result<()> {
        match self.file.save(site) {
            Err(error) if error.code() == "JMC-FILE-CHANGED" => {
                Err(error.hint(file_say::changed_hint()))
            }
            saved => saved.map(drop),
        }
    }
}

/// Says whether a plan edits policies.
pub(super) fn edits(plan: &Plan) -> bool {
    plan.steps
        .iter()
        .any(|step| matches!(step.action, Action::EditPolicy(_)))
}

/// Returns a site whose removals, and whose move back into inline policies, have been
/// carried out.
pub(super) fn finished(site: &Site) -> Site {
    Site {
        removing: Vec::new(),
        policy_home: site.policy_home.filter(|_| site.is_managed()),
        ..site.clone()
    }
}

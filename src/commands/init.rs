//! Owns `jmc-site init`: from the first question to the saved site file.

use super::session::Session;
use crate::answers::Answers;
use crate::args::{Common, Init};
use crate::aws::Caller;
use crate::aws::apply::{Outcome, Report, apply};
use crate::aws::observe::Observer;
use crate::error::{Error, Exit, Result};
use crate::messages::{error as usage, init as say, plan as plan_say};
use crate::plan::Plan;
use crate::plan::diff::{diff, matrix, pending, settle};
use crate::plan::observed::Observed;
use crate::prompt::terminal::{Look, Terminal};
use crate::prompt::{Prompter, QuestionId};
use crate::redshift::Endpoint;
use crate::redshift::password::PasswordSource;
use crate::report::outcome;
use crate::site::names::Region;
use crate::site::{Site, file};
use crate::ui::{Output, Ui};
use crate::wizard::{self, Wizard};
use crate::{Environment, report, terminal};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::io::Read;
use std::time::{Duration, SystemTime};

/// Below this, credentials are said to end soon: attaching a role can take minutes.
const SHORT: Duration = Duration::from_secs(15 * 60);

/// Runs the command.
pub fn run(init: &Init, common: &Common, ui: &Ui, environment: &Environment<'_>) -> Result<Exit> {
    let session = Session::start(common, ui, environment)?;
    let given = Answers::from_flags(init, session.region.clone())?;
    let given = match &init.answers {
        Some(path) => given.or(Answers::from_file(path)?),
        None => given,
    };
    let of_answers = given.account.clone();
    let saved = file::read(&common.site)?;
    let mut given_prompter = environment.prompter.as_ref().map(RefCell::borrow_mut);
    let mut terminal;
    let prompter: Option<&mut dyn Prompter> = if !can_ask(common, environment) {
        None
    } else if let Some(prompter) = &mut given_prompter {
        Some(&mut ***prompter)
    } else {
        terminal = Terminal::new(ui.lang, Look::from_env(|name| (environment.variable)(name)));
        Some(&mut terminal)
    };
    let defaults = saved.as_ref().map(Answers::from_site).unwrap_or_default();
    // Where nothing may be asked, what was saved is the answer.
    let (answers, defaults) = match prompter {
        Some(_) => (given, defaults),
        None => (given.or(defaults), Answers::default()),
    };

    let region = early_region(&answers, &defaults);
    let profile = profile(common, environment);
    let caller = session.caller(region.as_ref(), profile.as_deref())?;
    banner(ui, &caller, profile.as_deref(), region.as_ref());
    let of_site = saved.as_ref().map(|site| site.account.clone());
    for (file, account) in [
        (init.answers.as_ref(), of_answers),
        (Some(&common.site), of_site),
    ] {
        if let (Some(file), Some(expected)) = (file, account)
            && expected != caller.account
        {
            let text = say::other_account(file.display(), &caller.account, expected);
            return Err(Error::new(text).hint(say::other_account_hint()));
        }
    }
    let mut wizard = Wizard {
        ui,
        prompter,
        runtime: session.runtime.handle(),
        sdk: &session.sdk,
        caller: &caller,
        profile: profile.as_deref(),
        calls: session.calls.as_ref(),
        variable: &environment.variable,
        answers,
        defaults,
        password: None,
        connected: None,
        clients: None,
    };
    if init.password_stdin {
        let mut input: Box<dyn Read> = match &environment.stdin {
            Some(text) => Box::new(std::io::Cursor::new(text.clone())),
            None => Box::new(std::io::stdin()),
        };
        wizard.password = Some(crate::redshift::password::from_reader(&mut *input)?);
    }
    if wizard.can_ask() {
        if saved.is_some() {
            ui.say(&say::existing_file(common.site.display()));
        }
        if !init.yes && !wizard.confirm(QuestionId::Account, say::ask_account(), true)? {
            return Err(Error::new(usage::declined()));
        }
    }
    let run = Run {
        init,
        common,
        ui,
        session: &session,
        caller: &caller,
    };
    run.from_answers(&mut wizard, saved.as_ref())
}

fn can_ask(common: &Common, environment: &Environment<'_>) -> bool {
    common.output == Output::Human
        && environment
            .can_ask
            .unwrap_or_else(|| terminal::can_ask(common.no_input))
        && !common.no_input
}

/// Returns the profile in use, for the banner and for hints.
fn profile(common: &Common, environment: &Environment<'_>) -> Option<String> {
    let set = |name: &str| (environment.variable)(name).filter(|value| !value.is_empty());
    common.profile.clone().or_else(|| set("AWS_PROFILE"))
}

/// Returns the region for the first call: the warehouse's, where an answer tells it already.
fn early_region(answers: &Answers, defaults: &Answers) -> Option<Region> {
    let of_host = |answers: &Answers| {
        let host = answers.redshift.host.as_deref()?;
        Region::parse(Endpoint::classify(host).region()?).ok()
    };
    of_host(answers)
        .or_else(|| answers.region.clone())
        .or_else(|| of_host(defaults))
        .or_else(|| defaults.region.clone())
}

/// Says in whose name everything will happen.
fn banner(ui: &Ui, caller: &Caller, profile: Option<&str>, region: Option<&Region>) {
    ui.say(&say::title(env!("CARGO_PKG_VERSION")));
    ui.line("");
    let row = |label: crate::messages::Text, value: String| {
        ui.line(&format!("{}  {value}", crate::ui::pad(ui.text(&label), 16)));
    };
    row(say::account(), caller.account.to_string());
    let profile = profile.map(|name| ui.text(&say::profile(name)).to_owned());
    let profile = profile
        .map(|text| format!("   ({text})"))
        .unwrap_or_default();
    row(say::caller(), format!("{}{profile}", caller.arn));
    let region = region.map_or_else(
        || ui.text(&say::region_of_warehouse()).to_owned(),
        ToString::to_string,
    );
    row(say::region_label(), region);
    let left = caller.expires.map(|end| {
        end.duration_since(SystemTime::now())
            .unwrap_or(Duration::ZERO)
    });
    let expiry = match left {
        None => say::expires_never(),
        Some(left) if left < SHORT => say::expires_soon(),
        Some(left) => say::expires_in(left.as_secs() / 3600, left.as_secs() / 60 % 60),
    };
    row(say::expires(), ui.text(&expiry).to_owned());
}

/// One run, from complete answers on.
struct Run<'a> {
    init: &'a Init,
    common: &'a Common,
    ui: &'a Ui,
    session: &'a Session,
    caller: &'a Caller,
}

impl Run<'_> {
    /// Asks, plans, and carries the plan out.
    fn from_answers(&self, wizard: &mut Wizard<'_>, saved: Option<&Site>) -> Result<Exit> {
        wizard.ask_all()?;
        loop {
            if !self.init.yes {
                wizard.review()?;
            }
            let mut site = wizard::site::build(&wizard.answers, &self.caller.account)?;
            let observed = wizard.look(async |observer| observer.observe(&site).await);
            settle(&mut site, &observed);
            let plan = diff(&site, &observed);
            report::plan::print(self.ui, &site, &plan);
            if !plan.blockers.is_empty() {
                if !wizard.can_ask() || self.init.yes {
                    return Ok(self.blocked(&plan));
                }
                // In front of a person, a blocker is a reason to answer again.
                for error in &plan.blockers {
                    self.ui.error(error);
                }
                continue;
            }
            if self.init.dry_run {
                self.ui.result(self.ui.text(&plan_say::dry_run()));
                self.ui
                    .value(&self.value("dry-run", &site, &plan, None, &observed, wizard));
                return Ok(Exit::Done);
            }
            if plan.is_empty() {
                return self.nothing_to_do(&site, saved, &plan, &observed, wizard);
            }
            self.confirm(wizard, &plan)?;
            return self.carry_out(&site, &plan, wizard);
        }
    }

    /// Ends a run whose plan can't be carried out.
    fn blocked(&self, plan: &Plan) -> Exit {
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

    fn confirm(&self, wizard: &mut Wizard<'_>, plan: &Plan) -> Result<()> {
        if self.init.yes {
            return Ok(());
        }
        if !wizard.can_ask() {
            return Err(Error::usage(usage::needs_yes()).hint(usage::needs_yes_hint()));
        }
        let (creates, changes) = report::plan::counts(plan);
        let question = say::ask_apply(&self.caller.account, creates, changes);
        if wizard.confirm(QuestionId::Apply, question, false)? {
            Ok(())
        } else {
            Err(Error::new(usage::declined()))
        }
    }

    fn nothing_to_do(
        &self,
        site: &Site,
        saved: Option<&Site>,
        plan: &Plan,
        observed: &Observed,
        wizard: &Wizard<'_>,
    ) -> Result<Exit> {
        self.ui.result("");
        self.ui.result(self.ui.text(&plan_say::nothing_to_change()));
        if saved != Some(site) {
            file::write(&self.common.site, site)?;
        }
        self.record(site, observed);
        self.ui
            .value(&self.value("unchanged", site, plan, None, observed, wizard));
        Ok(Exit::Done)
    }

    /// Applies a confirmed plan, reads back, and saves the site file before and after.
    fn carry_out(&self, site: &Site, plan: &Plan, wizard: &mut Wizard<'_>) -> Result<Exit> {
        file::write(&self.common.site, site)?;
        let cancel = self.session.applying();
        let report = self.apply(site, plan, wizard, &|| cancel.is_cancelled());
        if !report.is_done() {
            return Ok(self.unfinished(site, plan, &report));
        }
        self.session.verifying();
        let observed = wizard.look(async |observer| verified(observer, site).await);
        let left = diff(site, &observed);
        file::write(&self.common.site, site)?;
        if !left.is_empty() {
            let error = left
                .blockers
                .first()
                .cloned()
                .unwrap_or_else(|| Error::new(plan_say::not_verified(left.steps.len())));
            return Err(error.hint(plan_say::resume_hint(self.replay(site))));
        }
        self.ui.result("");
        self.ui.result(self.ui.text(&plan_say::done()));
        self.record(site, &observed);
        self.ui
            .value(&self.value("done", site, plan, Some(&report), &observed, wizard));
        Ok(Exit::Done)
    }

    fn apply(
        &self,
        site: &Site,
        plan: &Plan,
        wizard: &mut Wizard<'_>,
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Report {
        let ui = self.ui;
        let total = plan.steps.len();
        let mut finished = 0;
        ui.line("");
        let mut on_step = |index: usize, end: Option<(&Outcome, Duration)>| {
            if let (Some((outcome, took)), Some(step)) = (end, plan.steps.get(index)) {
                finished += 1;
                let what = outcome::name(ui, &step.action);
                ui.line(&outcome::progress(
                    ui,
                    (finished, total),
                    &what,
                    Some(outcome),
                    took,
                ));
            }
        };
        wizard.look(async |observer| {
            apply(observer, site.partition(), plan, cancelled, &mut on_step).await
        })
    }

    /// Says what was done and what was not, and the command that goes on from here.
    fn unfinished(&self, site: &Site, plan: &Plan, report: &Report) -> Exit {
        outcome::unfinished(self.ui, plan, report);
        let resume = plan_say::resume_hint(self.replay(site));
        let error = match report.failure() {
            Some(error) => error.clone().exit(Exit::Failed),
            None => {
                let error = Error::new(plan_say::interrupted_applying()).exit(Exit::Interrupted);
                self.ui.error(&error);
                error
            }
        };
        self.ui.say(&resume);
        let error = error.hint(resume);
        self.ui.value(&json!({
            "error": error.to_json(),
            "plan": report::plan::value(plan),
            "report": outcome::report_value(report),
        }));
        error.exit_code()
    }

    /// Prints what stands alone as a record: matrix, values, what is pending, and the file.
    fn record(&self, site: &Site, observed: &Observed) {
        outcome::matrix(self.ui, &matrix(site, observed));
        outcome::screens(self.ui, site);
        outcome::pending(self.ui, &pending(site, observed));
        self.ui.result("");
        self.ui.result(
            self.ui
                .text(&plan_say::site_file(self.common.site.display())),
        );
        self.ui
            .result(self.ui.text(&plan_say::replay(self.replay(site))));
    }

    /// Returns the command that does the same again without questions.
    fn replay(&self, site: &Site) -> String {
        let mut command = vec!["jmc-site init".to_owned()];
        if let Some(profile) = &self.common.profile {
            command.push(format!("--profile {}", quoted(profile)));
        }
        command.push(format!(
            "--site {}",
            quoted(&self.common.site.display().to_string())
        ));
        let typed = matches!(
            site.redshift.password,
            PasswordSource::Prompt | PasswordSource::Stdin
        );
        if typed && site.redshift.connection_test == crate::site::ConnectionTest::Passed {
            command.push("--password-stdin".to_owned());
        }
        command.push("--no-input --yes".to_owned());
        command.join(" ")
    }

    fn value(
        &self,
        status: &str,
        site: &Site,
        plan: &Plan,
        report: Option<&Report>,
        observed: &Observed,
        wizard: &Wizard<'_>,
    ) -> Value {
        let waiting: Vec<Value> = pending(site, observed)
            .into_iter()
            .map(|(event, subscription)| json!({ "event": event, "subscription": subscription }))
            .collect();
        json!({
            "command": "init",
            "status": status,
            "account": site.account,
            "region": site.region,
            "site_file": self.common.site.display().to_string(),
            "connection": wizard.connected,
            "plan": report::plan::value(plan),
            "report": report.map(outcome::report_value),
            "matrix": outcome::matrix_value(&matrix(site, observed)),
            "screens": outcome::screens_value(site),
            "pending_subscriptions": waiting,
        })
    }
}

/// Reads back until AWS shows every change, within the time that it needs to spread them.
async fn verified(observer: &Observer<'_>, site: &Site) -> Observed {
    const PAUSES: [u64; 5] = [1, 2, 4, 8, 8];
    for pause in PAUSES {
        let observed = observer.observe(site).await;
        let left = diff(site, &observed);
        // A refusal does not pass by itself.
        let refused = |error: &Error| error.code() == "JMC-AWS-DENIED";
        if left.is_empty() || left.blockers.iter().any(refused) {
            return observed;
        }
        tokio::time::sleep(Duration::from_secs(pause)).await;
    }
    observer.observe(site).await
}

/// Quotes an argument for a POSIX shell where it needs that.
fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:@%+,".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', r"'\''"))
    }
}

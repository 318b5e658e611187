//! Owns `jmc-site init`: from the first question to the saved site file.

use super::pipe::Pipe;
use super::session::{Asking, Session, password_on_stdin, profile};
use crate::Environment;
use crate::answers::Answers;
use crate::args::{Common, Init};
use crate::aws::{Caller, Clients, find};
use crate::connection::{self, Credentials};
use crate::error::{Error, Exit, Result};
use crate::messages::{error as usage, init as say};
use crate::prompt::QuestionId;
use crate::redshift::{Endpoint, PasswordSource};
use crate::site::Site;
use crate::site::file::SiteFile;
use crate::site::names::Region;
use crate::ui::Ui;
use crate::wizard::missing::missing;
use crate::wizard::{self, Wizard};
use std::time::{Duration, SystemTime};

/// Below this, credentials are said to end soon: attaching a role can take minutes.
const SHORT: Duration = Duration::from_secs(15 * 60);

/// Runs the command.
pub fn run(init: &Init, common: &Common, ui: &Ui, environment: &Environment<'_>) -> Result<Exit> {
    let session = Session::start("init", common, ui, environment)?;
    let mut given = Answers::from_flags(init, session.region.clone())?;
    given.lock_bucket = init.lock.bucket()?;
    given.policy_home = init.home.home()?;
    let given = match &init.answers {
        Some(path) => given.or(Answers::from_file(path)?),
        None => given,
    };
    let of_answers = given.account.clone();
    let (file, saved) = SiteFile::open(&common.site)?;
    let defaults = saved.as_ref().map(Answers::from_site).unwrap_or_default();
    // What is under way, and where roles are locked and grants are kept, is not asked for.
    let mut given = given;
    given.removing.clone_from(&defaults.removing);
    given.lock_bucket = given.lock_bucket.or(defaults.lock_bucket.clone());
    given.policy_home = given.policy_home.or(defaults.policy_home);
    let mut asking = Asking::find(common, ui, environment);
    let prompter = asking.prompter();
    // Answers that can't be saved in the end are not asked for.
    if prompter.is_some() && !init.dry_run {
        file.probe()?;
    }
    // Where nothing may be asked, what was saved is the answer.
    let (answers, defaults) = match prompter {
        Some(_) => (given, defaults),
        None => (given.or(defaults), Answers::default()),
    };

    let login = if init.connection.password_stdin {
        Some(Credentials {
            source: PasswordSource::Stdin,
            user: None,
            password: password_on_stdin(environment)?,
        })
    } else {
        None
    };
    // What is missing is told before AWS is asked for anything: it needs no credentials.
    if prompter.is_none() {
        let known = |source: &PasswordSource| source.is_from_aws();
        let has_login = login.is_some()
            || answers.redshift.password.as_ref().is_some_and(known)
            || connection::local(&answers.redshift, &environment.variable)?.is_some();
        let questions = missing(&answers, has_login);
        if !questions.is_empty() {
            return Err(wizard::not_answered(&questions));
        }
    }

    let region = early_region(&answers, &defaults);
    let profile = profile(common, environment);
    // A person is asked before anything is looked for, and may make the roles meanwhile.
    let roles = [&answers.roles.ecs_task, &answers.roles.lambda].map(|known| known.role.as_ref());
    let list = prompter.is_none() && region.is_some() && roles.contains(&None);
    let look = async |clients: &Clients| match list {
        true => Some(find::list_roles(clients).await),
        false => None,
    };
    let (caller, listed_roles) = session.caller_and(region.as_ref(), profile.as_deref(), look)?;
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
        runtime: &session.runtime,
        sdk: session.sdk(region.as_ref()),
        caller: &caller,
        profile: profile.as_deref(),
        calls: session.calls.as_ref(),
        variable: &environment.variable,
        answers,
        defaults,
        login,
        listed_roles,
        connected: None,
        clients: None,
    };
    if wizard.can_ask() {
        if saved.is_some() {
            ui.say(&say::existing_file(common.site.display()));
        }
        if !init.yes && !wizard.confirm(QuestionId::Account, say::ask_account(), true)? {
            return Err(Error::new(usage::declined()));
        }
    }
    run_wizard(init, &file, &session, &mut wizard, saved.as_ref())
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

/// Asks, plans, and carries the plan out; a blocker leads a person back to the review.
fn run_wizard(
    init: &Init,
    file: &SiteFile,
    session: &Session,
    wizard: &mut Wizard<'_>,
    saved: Option<&Site>,
) -> Result<Exit> {
    wizard.ask_all()?;
    loop {
        if !init.yes {
            wizard.review()?;
        }
        let mut site = wizard::site::build(&wizard.answers, &wizard.caller.account)?;
        let clients = wizard.clients().clone();
        let connected = wizard.connected.take();
        let pipe = Pipe {
            command: "init",
            ui: wizard.ui,
            session,
            caller: wizard.caller,
            profile: wizard.profile,
            clients: &clients,
            file,
            saved,
            connected: connected.as_ref(),
            yes: init.yes,
            dry_run: init.dry_run,
            no_lock: init.lock.no_lock,
            exact: false,
        };
        let mut prompter = wizard.prompter.as_deref_mut();
        let (observed, plan, guard) =
            pipe.planned(&mut site, None, prompter.as_deref_mut().map(|p| p as _))?;
        if plan.blockers.is_empty() {
            return pipe.proceed(&site, &plan, &observed, &guard, prompter.map(|p| p as _));
        }
        wizard.answers.policy_home = site.policy_home;
        if !wizard.can_ask() || init.yes {
            return Ok(pipe.blocked(&plan));
        }
        for error in &plan.blockers {
            wizard.ui.error(error);
        }
        wizard.connected = connected;
    }
}

//! Owns what every command on an existing site begins with: the file, the caller,
//! and the proof that they belong together.

use super::pipe::Pipe;
use super::session::Session;
use crate::Environment;
use crate::args::{Common, Consent, LockArgs};
use crate::aws::{Caller, Clients};
use crate::error::{Error, Result};
use crate::messages::{file as file_msg, init as say};
use crate::prompt::Prompter;
use crate::prompt::terminal::{Look, Terminal};
use crate::site::{Site, file};
use crate::ui::{Output, Ui};
use std::cell::{RefCell, RefMut};
use std::path::{Path, PathBuf};

/// An existing site and its account.
pub struct Opened {
    /// The site as the file has it.
    pub site: Site,
    /// The file.
    pub path: PathBuf,
    /// Runtime, signals and configuration.
    pub session: Session,
    /// Who is calling.
    pub caller: Caller,
    /// The clients of the site's region.
    pub clients: Clients,
    /// The profile, for hints.
    pub profile: Option<String>,
}

impl Opened {
    /// Opens the file of `--site` and checks that the caller is in its account.
    ///
    /// Nothing but this look is asked of AWS before that: the file of one account
    /// must never be applied to another.
    pub fn open(
        command: &str,
        common: &Common,
        ui: &Ui,
        environment: &Environment<'_>,
    ) -> Result<Self> {
        let site = read(&common.site)?;
        let session = Session::start(command, common, ui, environment)?;
        Self::of(site, common.site.clone(), session, common, environment)
    }

    /// Checks that the caller is in the account of a site that was read.
    pub fn of(
        site: Site,
        path: PathBuf,
        session: Session,
        common: &Common,
        environment: &Environment<'_>,
    ) -> Result<Self> {
        if let Some(given) = session
            .region
            .as_ref()
            .filter(|given| **given != site.region)
        {
            return Err(Error::usage(say::region_conflict(given, &site.region))
                .hint(say::region_conflict_hint()));
        }
        let profile = profile(common, environment);
        let caller = session.caller(Some(&site.region), profile.as_deref())?;
        same_account(&site, &path, &caller)?;
        let clients = Clients::new(&session.sdk, Some(&site.region), session.calls.as_ref());
        Ok(Self {
            site,
            path,
            session,
            caller,
            clients,
            profile,
        })
    }

    /// Returns the pipe for a command on this site.
    pub fn pipe<'a>(
        &'a self,
        command: &'static str,
        ui: &'a Ui,
        consent: &Consent,
        lock: &LockArgs,
    ) -> Pipe<'a> {
        Pipe {
            command,
            ui,
            session: &self.session,
            caller: &self.caller,
            profile: self.profile.as_deref(),
            clients: &self.clients,
            path: &self.path,
            saved: Some(&self.site),
            connected: None,
            yes: consent.yes,
            dry_run: consent.dry_run,
            no_lock: lock.no_lock,
        }
    }
}

/// Refuses a site of another account.
pub fn same_account(site: &Site, path: &Path, caller: &Caller) -> Result<()> {
    if site.account == caller.account {
        return Ok(());
    }
    let text = say::other_account(path.display(), &caller.account, &site.account);
    Err(Error::new(text).hint(say::other_account_hint()))
}

/// Reads a site file that must exist.
pub fn read(path: &Path) -> Result<Site> {
    file::read(path)?.ok_or_else(|| {
        Error::usage(file_msg::missing(path.display())).hint(file_msg::missing_hint())
    })
}

/// Returns the profile in use, for the banner and for hints.
pub fn profile(common: &Common, environment: &Environment<'_>) -> Option<String> {
    let set = |name: &str| (environment.variable)(name).filter(|value| !value.is_empty());
    common.profile.clone().or_else(|| set("AWS_PROFILE"))
}

/// Says whether questions may be put.
pub fn can_ask(common: &Common, environment: &Environment<'_>) -> bool {
    common.output == Output::Human
        && environment
            .can_ask
            .unwrap_or_else(|| crate::terminal::can_ask(common.no_input))
        && !common.no_input
}

/// Whoever can be asked: the given prompter, the terminal, or nobody.
pub struct Asker<'e, 'p> {
    given: Option<RefMut<'e, &'p mut dyn Prompter>>,
    terminal: Option<Terminal>,
}

impl<'e, 'p> Asker<'e, 'p> {
    /// Finds out who can be asked.
    pub fn new(common: &Common, ui: &Ui, environment: &'e Environment<'p>) -> Self {
        if !can_ask(common, environment) {
            return Self {
                given: None,
                terminal: None,
            };
        }
        let given = environment.prompter.as_ref().map(RefCell::borrow_mut);
        let look = || Look::from_env(|name| (environment.variable)(name));
        let terminal = given.is_none().then(|| Terminal::new(ui.lang, look()));
        Self { given, terminal }
    }

    /// Returns who is asked.
    pub fn prompter(&mut self) -> Option<&mut dyn Prompter> {
        match (&mut self.given, &mut self.terminal) {
            (Some(given), _) => Some(&mut ***given),
            (None, Some(terminal)) => Some(terminal),
            (None, None) => None,
        }
    }
}

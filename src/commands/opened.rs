//! Owns what every command on an existing site begins with: the file, the caller,
//! and the proof that they belong together.

use super::pipe::Pipe;
use super::session::{Session, profile};
use crate::Environment;
use crate::args::{Common, Consent, LockArgs};
use crate::aws::lock::{self, Shelf};
use crate::aws::observe::{Depth, Observer};
use crate::aws::{Caller, Clients};
use crate::error::{Error, Result};
use crate::messages::{file as file_msg, init as say, lock as lock_say};
use crate::site::Site;
use crate::site::file::SiteFile;
use crate::ui::Ui;
use std::path::Path;

/// An existing site and its account.
pub struct Opened {
    /// The site as the file has it.
    pub site: Site,
    /// The file.
    pub file: SiteFile,
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
        let (file, site) = read(&common.site)?;
        let session = Session::start(command, common, ui, environment)?;
        Self::of(site, file, session, common, environment)
    }

    /// Checks that the caller is in the account of a site that was read.
    pub fn of(
        site: Site,
        file: SiteFile,
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
        same_account(&site, file.path(), &caller)?;
        let clients = session.clients(Some(&site.region));
        Ok(Self {
            site,
            file,
            session,
            caller,
            clients,
            profile,
        })
    }

    /// Returns who looks at AWS for this site.
    pub fn observer(&self) -> Observer<'_> {
        Observer {
            clients: &self.clients,
            caller: &self.caller,
            profile: self.profile.as_deref(),
        }
    }

    /// Opens the bucket to lock in: the one that is given, the site's, or the one that
    /// the roles' policies name.
    pub async fn shelf(&self, args: &LockArgs, observer: &Observer<'_>) -> Result<Shelf> {
        let bucket = match args.bucket()?.or(self.site.lock_bucket.clone()) {
            Some(bucket) => Some(bucket.to_string()),
            None => {
                let observed = observer.observe(&self.site, Depth::Changes).await;
                let found = lock::bucket_of(&self.site, &observed);
                let unread = || observed.roles.values().find_map(|role| role.as_ref().err());
                // Where the policies could not be read, that is why they name no bucket.
                if found.is_none()
                    && let Some(error) = unread()
                {
                    return Err(error.clone().hint(lock_say::lock_none_hint()));
                }
                found
            }
        };
        let none = || Error::new(lock_say::lock_none()).hint(lock_say::lock_none_hint());
        Shelf::open(observer, &bucket.ok_or_else(none)?).await
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
            file: &self.file,
            saved: Some(&self.site),
            connected: None,
            yes: consent.yes,
            dry_run: consent.dry_run,
            no_lock: lock.no_lock,
            exact: false,
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
pub fn read(path: &Path) -> Result<(SiteFile, Site)> {
    let (file, site) = SiteFile::open(path)?;
    let missing = || Error::usage(file_msg::missing(path.display())).hint(file_msg::missing_hint());
    Ok((file, site.ok_or_else(missing)?))
}

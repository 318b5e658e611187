//! Owns what every command begins with: the runtime, signals, the AWS
//! configuration and the caller.

use crate::Environment;
use crate::args::Common;
use crate::aws::verbose::Calls;
use crate::aws::{self, Access, Caller, Clients, lock};
use crate::error::{Error, Result};
use crate::messages::error as msg;
use crate::prompt::Prompter;
use crate::prompt::terminal::{Look, Terminal};
use crate::redshift::password;
use crate::secret::Secret;
use crate::signals::{Cancel, Say, Signals};
use crate::site::names::Region;
use crate::terminal;
use crate::ui::{Output, Ui};
use anyhow::Context;
use aws_config::SdkConfig;
use std::cell::{RefCell, RefMut};
use std::io::Read;
use std::sync::{Arc, OnceLock};
use time::OffsetDateTime;
use tokio::runtime::{Builder, Runtime};

/// What a command runs on.
pub struct Session {
    /// Where AWS calls and signals run; the main thread asks.
    pub runtime: Arc<Runtime>,
    /// Ctrl-C, SIGTERM and SIGHUP, where they are this run's to handle.
    pub signals: Option<Signals>,
    /// `--verbose`
    pub calls: Option<Calls>,
    /// The region that was asked for, if any.
    pub region: Option<Region>,
    /// What this run writes into its locks.
    pub run: lock::Run,
    access: Access,
    sdk: OnceLock<SdkConfig>,
}

impl Session {
    /// Starts the runtime and listens for signals.
    pub fn start(
        command: &str,
        common: &Common,
        ui: &Ui,
        environment: &Environment<'_>,
    ) -> Result<Self> {
        let region = match &common.region {
            Some(region) => Some(
                Region::parse(region)
                    .map_err(|reason| Error::usage(msg::flag("--region", reason)))?,
            ),
            None => None,
        };
        let internal =
            |error: anyhow::Error| Error::new(msg::internal(&error)).source(error.as_ref());
        let runtime = match &environment.runtime {
            Some(given) => Arc::clone(given),
            None => {
                let built = Builder::new_multi_thread()
                    .worker_threads(2)
                    .enable_all()
                    .build();
                Arc::new(built.context("no threads").map_err(internal)?)
            }
        };
        let voice = ui.clone();
        let say = move |what: Say| match what {
            Say::Note(text) => voice.say(&text),
            Say::End(error) => {
                voice.fail(&error);
            }
        };
        let signals = if environment.signals {
            let installed = Signals::install(runtime.handle(), Box::new(say));
            Some(installed.context("no signal handlers").map_err(internal)?)
        } else {
            None
        };
        let calls = common.verbose.then(|| {
            let ui = ui.clone();
            Calls::new(move |line| ui.line(line))
        });
        let access = Access {
            profile: common.profile.clone(),
            region: region.clone(),
            endpoint_url: common.endpoint_url.clone(),
        };
        let sdk = environment
            .sdk
            .clone()
            .map_or_else(OnceLock::new, OnceLock::from);
        Ok(Self {
            runtime,
            signals,
            calls,
            region,
            run: new_run(command, environment),
            access,
            sdk,
        })
    }

    /// Returns how AWS is reached, loaded when it is first needed: a connection test with a
    /// password needs nothing of AWS.
    ///
    /// A region that is known by then spares the look-up of a default one, which ends at the
    /// metadata service of a machine that may not be AWS's.
    pub fn sdk(&self, region: Option<&Region>) -> &SdkConfig {
        self.sdk.get_or_init(|| {
            let mut access = self.access.clone();
            access.region = access.region.or_else(|| region.cloned());
            self.runtime.block_on(aws::load(&access))
        })
    }

    /// Returns the clients of a region.
    pub fn clients(&self, region: Option<&Region>) -> Clients {
        Clients::new(self.sdk(region), region, self.calls.as_ref())
    }

    /// Declares that changes are made from now on, and returns what tells to stop; `resume`
    /// is the command that goes on after a run that ended by force.
    pub fn applying(&self, resume: String) -> Cancel {
        self.signals
            .as_ref()
            .map_or_else(Cancel::never, |signals| signals.applying(resume))
    }

    /// Asks AWS who is calling, in a region if one is known.
    pub fn caller(&self, region: Option<&Region>, profile: Option<&str>) -> Result<Caller> {
        self.runtime.block_on(self.clients(region).caller(profile))
    }

    /// Asks AWS who is calling, and looks at something that does not depend on it meanwhile.
    pub fn caller_and<T>(
        &self,
        region: Option<&Region>,
        profile: Option<&str>,
        meanwhile: impl AsyncFnOnce(&Clients) -> T,
    ) -> Result<(Caller, T)> {
        let clients = self.clients(region);
        let asked = clients.caller_and(profile, meanwhile(&clients));
        self.runtime.block_on(asked)
    }
}

/// Names the run: an id that no other run has, the machine and the command.
fn new_run(command: &str, environment: &Environment<'_>) -> lock::Run {
    use sha2::{Digest, Sha256};
    let host = host_name(environment);
    let time = OffsetDateTime::now_utc().unix_timestamp_nanos();
    let mut hash = Sha256::new();
    hash.update(format!("{host}/{}/{time}", std::process::id()));
    // Two runs of one process, as in tests, can begin in the same instant.
    hash.update(format!("{:?}", std::thread::current().id()));
    let id = hash
        .finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    lock::Run {
        id,
        host,
        command: command.to_owned(),
    }
}

fn host_name(environment: &Environment<'_>) -> String {
    #[cfg(unix)]
    {
        let _ = environment;
        rustix::system::uname()
            .nodename()
            .to_string_lossy()
            .into_owned()
    }
    #[cfg(not(unix))]
    {
        (environment.variable)("COMPUTERNAME").unwrap_or_default()
    }
}

/// Who is asked, if anybody.
pub struct Asking<'e, 'p> {
    given: Option<RefMut<'e, &'p mut dyn Prompter>>,
    terminal: Option<Terminal>,
}

impl<'e, 'p> Asking<'e, 'p> {
    /// Finds out whether questions may be put, and to whom.
    pub fn find(common: &Common, ui: &Ui, environment: &'e Environment<'p>) -> Self {
        let can_ask = common.output == Output::Human
            && !common.no_input
            && environment
                .can_ask
                .unwrap_or_else(|| terminal::can_ask(common.no_input));
        let given = environment.prompter.as_ref().filter(|_| can_ask);
        let given = given.map(RefCell::borrow_mut);
        let look = || Look::from_env(|name| (environment.variable)(name));
        Self {
            terminal: (can_ask && given.is_none()).then(|| Terminal::new(ui.lang, look())),
            given,
        }
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

/// Returns the profile in use, for the banner and for hints.
pub fn profile(common: &Common, environment: &Environment<'_>) -> Option<String> {
    let set = |name: &str| (environment.variable)(name).filter(|value| !value.is_empty());
    common.profile.clone().or_else(|| set("AWS_PROFILE"))
}

/// Reads the password from standard input.
pub fn password_on_stdin(environment: &Environment<'_>) -> Result<Secret> {
    let mut input: Box<dyn Read> = match &environment.stdin {
        Some(text) => Box::new(std::io::Cursor::new(text.clone())),
        None => Box::new(std::io::stdin()),
    };
    password::from_reader(&mut *input)
}

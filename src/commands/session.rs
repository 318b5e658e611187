//! Owns what every command begins with: the runtime, signals, the AWS
//! configuration and the caller.

use crate::Environment;
use crate::args::Common;
use crate::aws::verbose::Calls;
use crate::aws::{self, Access, Caller, Clients, lock};
use crate::error::{Error, Result};
use crate::messages::error as msg;
use crate::signals::{Cancel, Say, Signals};
use crate::site::names::Region;
use crate::ui::Ui;
use anyhow::Context;
use aws_config::SdkConfig;
use time::OffsetDateTime;
use tokio::runtime::{Builder, Runtime};

/// What a command runs on.
pub struct Session {
    /// Where AWS calls and signals run; the main thread asks.
    pub runtime: Runtime,
    /// Ctrl-C and SIGTERM, where they are this run's to handle.
    pub signals: Option<Signals>,
    /// How AWS is reached.
    pub sdk: SdkConfig,
    /// `--verbose`
    pub calls: Option<Calls>,
    /// The region that was asked for, if any.
    pub region: Option<Region>,
    /// What this run writes into its locks.
    pub run: lock::Run,
}

impl Session {
    /// Starts the runtime, listens for signals and loads the AWS configuration.
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
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .context("no threads")
            .map_err(internal)?;
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
        let sdk = match &environment.sdk {
            Some(sdk) => sdk.clone(),
            None => runtime.block_on(aws::load(&access)),
        };
        Ok(Self {
            runtime,
            signals,
            sdk,
            calls,
            region,
            run: new_run(command, environment),
        })
    }

    /// Declares that changes are made from now on, and returns what tells to stop.
    pub fn applying(&self) -> Cancel {
        self.signals
            .as_ref()
            .map_or_else(Cancel::never, Signals::applying)
    }

    /// Declares that the changes were made and are only read back.
    pub fn verifying(&self) {
        if let Some(signals) = &self.signals {
            signals.verifying();
        }
    }

    /// Asks AWS who is calling, in a region if one is known.
    pub fn caller(&self, region: Option<&Region>, profile: Option<&str>) -> Result<Caller> {
        let clients = Clients::new(&self.sdk, region, self.calls.as_ref());
        self.runtime.block_on(clients.caller(profile))
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

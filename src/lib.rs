//! Sets up a CSA JMC site on Amazon Redshift.
//!
//! Everything flows through one pipe:
//!
//! ```text
//! argv, environment, --answers FILE, an existing site file
//!    -> Answers      every question an Option, each value already parsed
//!    -> wizard::ask  fills the gaps (or --no-input lists every missing flag at once)
//!    -> Site         desired state, valid by construction; all that the site file stores
//!    -> observe      read-only AWS calls, concurrent -> Observed
//!    -> plan::diff   pure: Site x Observed -> Plan { actions, blockers, notes }
//!    -> confirm      (or --yes)
//!    -> apply        concurrent where the actions allow it -> Report
//!    -> verify       observe + diff again
//!    -> site file    atomic; also after a partial apply; never with a secret
//! ```

pub mod answers;
pub mod args;
pub mod aws;
pub mod check;
pub mod commands;
pub mod connection;
pub mod error;
pub mod messages;
pub mod plan;
pub mod prompt;
pub mod redshift;
pub mod report;
pub mod secret;
pub mod signals;
pub mod site;
pub mod terminal;
pub mod ui;
pub mod wizard;

use args::Command;
use error::{Error, Exit};
use messages::{Lang, error as msg};
use prompt::Prompter;
use std::cell::RefCell;
use std::ffi::OsString;
use std::sync::Arc;
use tokio::runtime::Runtime;
use ui::{Output, Ui};

/// Reads a variable of the environment.
pub type Lookup = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What the program finds around it; tests and the sandbox give their own.
pub struct Environment<'a> {
    /// Reads a variable.
    pub variable: Lookup,
    /// How AWS is reached, in place of the standard configuration.
    pub sdk: Option<aws_config::SdkConfig>,
    /// What standard input holds, in place of the process's own.
    pub stdin: Option<Vec<u8>>,
    /// Whether questions may be put, in place of looking for a terminal.
    pub can_ask: Option<bool>,
    /// Who is asked, in place of the terminal.
    pub prompter: Option<RefCell<&'a mut dyn Prompter>>,
    /// Where to print, in place of the process's streams.
    pub ui: Option<Ui>,
    /// Whether this process's signals and panics are this run's to handle.
    pub signals: bool,
    /// What AWS calls run on, in place of a runtime of the run's own: a test's clock can stand still.
    pub runtime: Option<Arc<Runtime>>,
}

impl Environment<'_> {
    /// Returns the environment of this process.
    pub fn of_process() -> Self {
        Self {
            variable: Box::new(|name| std::env::var(name).ok()),
            sdk: None,
            stdin: None,
            can_ask: None,
            prompter: None,
            ui: None,
            signals: true,
            runtime: None,
        }
    }
}

/// Runs a command line to its end and returns the exit code.
pub fn run(argv: Vec<OsString>, environment: &Environment<'_>) -> Exit {
    if environment.signals {
        secret::leave_no_core();
    }
    let variable = |name: &str| (environment.variable)(name);
    let lang = args::language(&argv, Lang::from_locale(variable));
    let output = args::output(&argv);
    let args = match args::parse(argv, lang) {
        Ok(args) => args,
        Err(error) => return misused(&error, lang, output, environment),
    };
    let lang = args.common.lang.unwrap_or(lang);
    let ui = match &environment.ui {
        Some(ui) => ui.speaking(lang, args.common.output),
        None => Ui::new(lang, args.common.output, variable),
    };
    let common = &args.common;
    let ended = match &args.command {
        Command::Init(init) => commands::init::run(init, common, &ui, environment),
        Command::AddBucket(add) => commands::buckets::add(add, common, &ui, environment),
        Command::RemoveBucket(remove) => {
            commands::buckets::remove(remove, common, &ui, environment)
        }
        Command::Plan(plan) => commands::plan::plan(plan, common, &ui, environment),
        Command::Apply(apply) => commands::plan::apply(apply, common, &ui, environment),
        Command::Check(check) => commands::check::run(check, common, &ui, environment),
        Command::Undo(undo) => commands::undo::run(undo, common, &ui, environment),
        Command::Lock(lock) => commands::lock::run(lock, common, &ui, environment),
        Command::TestConnection(test) => {
            commands::test_connection::run(test, common, &ui, environment)
        }
    };
    let exit = match ended {
        Ok(exit) => exit,
        Err(error) => {
            terminal::restore();
            ui.fail(&error)
        }
    };
    told(&ui, exit)
}

/// Fails a run whose result nobody can read, such as on a full disk.
fn told(ui: &Ui, exit: Exit) -> Exit {
    if !ui.has_lost() {
        return exit;
    }
    ui.error(&Error::new(messages::file::result_lost()));
    match exit {
        Exit::Done | Exit::Differences => Exit::Failed,
        failed => failed,
    }
}

/// Prints help or version, or says what is wrong with the arguments.
fn misused(error: &clap::Error, lang: Lang, output: Output, environment: &Environment<'_>) -> Exit {
    let ui = match &environment.ui {
        Some(ui) => ui.speaking(lang, output),
        None => Ui::new(lang, output, &environment.variable),
    };
    if !error.use_stderr() {
        let human = ui.speaking(lang, Output::Human);
        human.result(error.render().to_string().trim_end());
        return told(&human, Exit::Done);
    }
    let detail = error.render().to_string();
    let detail = detail.trim().trim_start_matches("error: ");
    ui.fail(&Error::usage(msg::usage(detail)).hint(msg::usage_hint()))
}

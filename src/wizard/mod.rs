//! Owns asking for what is not known: section by section in the order of JMC's
//! screens, each answer looked at in AWS before the next question. It changes nothing.

pub mod bucket;
mod components;
pub mod missing;
pub mod notifications;
pub mod resolve;
pub mod review;
pub mod site;
pub mod warehouse;

use crate::answers::Answers;
use crate::aws::find::ListedRoles;
use crate::aws::observe::Observer;
use crate::aws::verbose::Calls;
use crate::aws::{Caller, Clients};
use crate::connection::{Credentials, Variable};
use crate::error::{Error, Result};
use crate::messages::{Text, error as usage, init as say};
use crate::prompt::{Prompter, QuestionId};
use crate::redshift::Connected;
use crate::ui::Ui;
use aws_config::SdkConfig;
use tokio::runtime::Runtime;

/// One run of the wizard: who is asked, who is calling, and what is known so far.
pub struct Wizard<'a> {
    /// Where to print.
    pub ui: &'a Ui,
    /// Who is asked; nobody where no question may be put.
    pub prompter: Option<&'a mut dyn Prompter>,
    /// Where AWS calls run.
    pub runtime: &'a Runtime,
    /// How AWS is reached.
    pub sdk: &'a SdkConfig,
    /// Who is calling.
    pub caller: &'a Caller,
    /// The profile, for hints.
    pub profile: Option<&'a str>,
    /// `--verbose`
    pub calls: Option<&'a Calls>,
    /// The environment.
    pub variable: Variable<'a>,
    /// What is known; each section fills its part.
    pub answers: Answers,
    /// What is proposed where nothing is known.
    pub defaults: Answers,
    /// What the login is done with, once that is known.
    pub login: Option<Credentials>,
    /// The roles that can be the installation's, where they were listed already.
    pub listed_roles: Option<ListedRoles>,
    /// What the connection test found.
    pub connected: Option<Connected>,
    /// The clients of the site's region, once that is known.
    pub clients: Option<Clients>,
}

impl Wizard<'_> {
    /// Says whether questions may be put.
    pub fn can_ask(&self) -> bool {
        self.prompter.is_some()
    }

    /// Asks a person; whoever calls this has made sure that somebody is there.
    fn prompter(&mut self, id: QuestionId) -> Result<&mut dyn Prompter> {
        match &mut self.prompter {
            Some(prompter) => Ok(&mut **prompter),
            None => Err(not_answered(&[id])),
        }
    }

    /// Asks for a value until its parser takes it.
    pub fn ask<T>(
        &mut self,
        id: QuestionId,
        question: Text,
        default: Option<String>,
        parse: impl Fn(&str) -> Result<T, Text>,
    ) -> Result<T> {
        let rule = |text: &str| parse(text).map(drop);
        let answer = self
            .prompter(id)?
            .text(id, &question, default.as_deref(), &rule)?;
        parse(&answer).map_err(Error::usage)
    }

    /// Asks yes or no.
    pub fn confirm(&mut self, id: QuestionId, question: Text, default: bool) -> Result<bool> {
        self.prompter(id)?.confirm(id, &question, default)
    }

    /// Asks for one of several items.
    pub fn select(
        &mut self,
        id: QuestionId,
        question: Text,
        items: &[Text],
        default: usize,
    ) -> Result<usize> {
        self.prompter(id)?.select(id, &question, items, default)
    }

    /// Asks for any number of several items.
    pub fn select_many(
        &mut self,
        id: QuestionId,
        question: Text,
        items: &[Text],
        defaults: &[bool],
    ) -> Result<Vec<usize>> {
        self.prompter(id)?
            .select_many(id, &question, items, defaults)
    }

    /// Returns the clients of the site's region, made when they are first needed.
    pub fn clients(&mut self) -> &Clients {
        let region = self.answers.region.as_ref();
        let (sdk, calls) = (self.sdk, self.calls);
        self.clients
            .get_or_insert_with(|| Clients::new(sdk, region, calls))
    }

    /// Runs something that looks at AWS.
    pub fn look<T>(&mut self, look: impl AsyncFnOnce(&Observer<'_>) -> T) -> T {
        let (caller, profile, runtime) = (self.caller, self.profile, self.runtime);
        let clients = self.clients();
        let observer = Observer {
            clients,
            caller,
            profile,
        };
        runtime.block_on(look(&observer))
    }

    /// Asks all sections for what is not known.
    pub fn ask_all(&mut self) -> Result<()> {
        warehouse::ask(self)?;
        notifications::ask(self)?;
        components::ask(self)
    }

    /// Shows the answers and offers to answer sections again, until they are as they should be.
    pub fn review(&mut self) -> Result<()> {
        while self.can_ask() {
            match review::ask(self)? {
                review::Next::Done => break,
                review::Next::Redshift => warehouse::ask_again(self)?,
                review::Next::Notifications => notifications::ask_again(self)?,
                review::Next::Components => components::ask_again(self)?,
            }
        }
        Ok(())
    }

    /// Refuses a partition that is not the caller's.
    pub fn check_partition(&self, value: &str, partition: &str) -> Result<()> {
        if partition == self.caller.partition {
            return Ok(());
        }
        let text = crate::messages::names::arn_partition(value, partition, &self.caller.partition);
        Err(Error::usage(text).hint(say::unchanged_hint()))
    }

    /// Refuses an account that is not the caller's.
    pub fn check_account(&self, value: &str, account: &str) -> Result<()> {
        if account == self.caller.account.as_str() {
            return Ok(());
        }
        let text = crate::messages::names::arn_account(value, account, &self.caller.account);
        Err(Error::usage(text).hint(say::unchanged_hint()))
    }
}

/// Ends a run that may not ask for what is missing.
pub(crate) fn not_answered(questions: &[QuestionId]) -> Error {
    missing_answers(questions).hint(usage::missing_answers_hint())
}

/// Names what is missing by the flags.
pub(crate) fn missing_answers(questions: &[QuestionId]) -> Error {
    let flags: Vec<&str> = questions.iter().filter_map(|id| id.flag()).collect();
    Error::usage(usage::missing_answers(flags.join(" ")))
}

//! Owns `jmc-site test-connection`: one connection to the warehouse with the login of
//! the site file or the flags. It changes nothing, and asks AWS only for what it needs of it.

use super::session::{Asking, Session, password_on_stdin, profile};
use crate::Environment;
use crate::answers::Answers;
use crate::args::{Common, TestConnection};
use crate::aws::observe::Observer;
use crate::connection::{self, Credentials};
use crate::error::{Error, Exit, Result};
use crate::messages::{error as usage, file as file_say, init as say, login};
use crate::prompt::QuestionId;
use crate::redshift::address::parse_schema;
use crate::redshift::{Endpoint, PasswordSource};
use crate::report;
use crate::site::names::Region;
use crate::site::{Site, file};
use crate::ui::Ui;
use std::path::Path;

/// Runs the command.
pub fn run(
    given: &TestConnection,
    common: &Common,
    ui: &Ui,
    environment: &Environment<'_>,
) -> Result<Exit> {
    let session = Session::start("test-connection", common, ui, environment)?;
    let answers = Answers::from_connection(&given.connection, session.region.clone())?;
    let schema = given.schema.as_deref().map(parse_schema).transpose();
    let schema = schema.map_err(|reason| Error::usage(usage::flag("--schema", reason)))?;
    let site = file::read(&common.site)?;
    if site.is_none() && common.site != Path::new(crate::args::SITE_FILE) {
        return Err(Error::usage(file_say::missing(common.site.display())));
    }
    let saved = site.as_ref().map(Answers::from_site).unwrap_or_default();
    let mut answers = answers.or(saved);
    place(&mut answers)?;

    let test = Test {
        given,
        ui,
        session: &session,
        common,
        environment,
        answers: &answers,
    };
    let credentials = test.credentials()?;
    let mut target = connection::target(&answers, &credentials, &environment.variable)?;
    target.schema = schema;
    target.role = role(site.as_ref(), &answers);
    let address = format!("{}:{}/{}", target.host, target.port, target.database);
    ui.say(&login::testing(address, credentials.source.label()));
    let runtime = &session.runtime;
    let result = connection::test(ui, runtime, &target, &credentials).map_err(|failure| {
        let warehouse = answers.redshift.warehouse.as_ref();
        let clients = || session.clients(answers.region.as_ref());
        connection::explained(failure, runtime, &target, warehouse, clients)
    });
    Ok(report::connection::print(
        ui,
        &target,
        &credentials.source,
        &result,
    ))
}

/// Settles region and warehouse where the host's name tells them.
fn place(answers: &mut Answers) -> Result<()> {
    let Some(host) = &answers.redshift.host else {
        return Ok(());
    };
    let endpoint = Endpoint::classify(host);
    if let Some(region) = endpoint.region() {
        let region = Region::parse(region).map_err(Error::usage)?;
        if let Some(given) = answers.region.as_ref().filter(|given| **given != region) {
            return Err(Error::usage(say::region_conflict(given, &region))
                .hint(say::region_conflict_hint()));
        }
        answers.region = Some(region);
    }
    let known = connection::warehouse_of(&endpoint);
    answers.redshift.warehouse = known.or(answers.redshift.warehouse.take());
    Ok(())
}

/// Returns the role that the warehouse copies data with, where the site file is about this host.
fn role(site: Option<&Site>, answers: &Answers) -> Option<String> {
    let site = site.filter(|site| Some(&site.redshift.host) == answers.redshift.host.as_ref())?;
    Some(site.roles.redshift.role.to_string())
}

/// A test that is being prepared.
struct Test<'a, 'p> {
    given: &'a TestConnection,
    ui: &'a Ui,
    session: &'a Session,
    common: &'a Common,
    environment: &'a Environment<'p>,
    answers: &'a Answers,
}

impl Test<'_, '_> {
    /// Returns what the login is done with; where something is missing, all of it is named.
    fn credentials(&self) -> Result<Credentials> {
        let redshift = &self.answers.redshift;
        let source = redshift.password.as_ref();
        let mut missing = Vec::new();
        let mut need = |present: bool, question: QuestionId| {
            if !present {
                missing.push(question);
            }
        };
        need(redshift.host.is_some(), QuestionId::Host);
        need(redshift.database.is_some(), QuestionId::Database);
        let iam = source.is_some_and(PasswordSource::is_iam);
        need(iam || redshift.user.is_some(), QuestionId::User);
        if iam && redshift.host.is_some() {
            need(self.answers.region.is_some(), QuestionId::Region);
            need(redshift.warehouse.is_some(), QuestionId::Cluster);
        }
        let from_aws = source.filter(|source| source.is_from_aws());
        let stdin = source == Some(&PasswordSource::Stdin) && self.given.connection.password_stdin;
        let mut asking = Asking::find(self.common, self.ui, self.environment);
        let local = match from_aws {
            None if !stdin => connection::local(redshift, &self.environment.variable)?,
            _ => None,
        };
        let known = from_aws.is_some() || stdin || local.is_some();
        need(known || asking.prompter().is_some(), QuestionId::Password);
        if !missing.is_empty() {
            return Err(crate::wizard::missing_answers(&missing).hint(login::missing_hint()));
        }
        if let Some(source) = from_aws {
            return self.asked_of_aws(source);
        }
        if stdin {
            return Ok(Credentials {
                source: PasswordSource::Stdin,
                user: None,
                password: password_on_stdin(self.environment)?,
            });
        }
        match (local, asking.prompter()) {
            (Some(found), _) => Ok(found),
            (None, Some(prompter)) => connection::typed(prompter, self.ui),
            (None, None) => Err(crate::wizard::missing_answers(&[QuestionId::Password])),
        }
    }

    fn asked_of_aws(&self, source: &PasswordSource) -> Result<Credentials> {
        let region = self.answers.region.as_ref();
        let profile = profile(self.common, self.environment);
        let caller = self.session.caller(region, profile.as_deref())?;
        let clients = self.session.clients(region);
        let observer = Observer {
            clients: &clients,
            caller: &caller,
            profile: profile.as_deref(),
        };
        let found = connection::from_aws(&observer, &self.answers.redshift, source);
        self.session.runtime.block_on(found)
    }
}

//! Owns a connection test as an operator sees it, for every command that runs one:
//! the target and the login from the answers, a line for each phase, and what AWS
//! adds to a failure. The test itself is `redshift`'s.

use crate::answers::{Answers, RedshiftAnswers};
use crate::aws::Clients;
use crate::aws::login;
use crate::aws::observe::Observer;
use crate::error::{Error, Result};
use crate::messages::{connection as conn, init as say, plan as plan_say};
use crate::prompt::{Prompter, QuestionId};
use crate::redshift::password::{self, PasswordSource};
use crate::redshift::target::{Deadlines, dial_override};
use crate::redshift::{self, Connected, Endpoint, Facts, Failure, PhaseDone, Target, facts};
use crate::secret::Secret;
use crate::site::Warehouse;
use crate::site::names::{ClusterId, Identifier, Port, Workgroup};
use crate::ui::{Ui, cut, pad};
use aws_credential_types::provider::ProvideCredentials;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::time::timeout;

/// How long AWS credentials may take to be found for a hint; nobody has asked for it.
const CREDENTIALS: Duration = Duration::from_secs(2);

/// Reads a variable of the environment.
pub type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What a login is done with.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Where they come from.
    pub source: PasswordSource,
    /// Who logs in, where that is not the user of the answers.
    pub user: Option<String>,
    /// The password.
    pub password: Secret,
}

/// Looks for the password on this machine: environment, then `.pgpass`.
pub fn local(redshift: &RedshiftAnswers, variable: Variable<'_>) -> Result<Option<Credentials>> {
    let credentials = |source, password| Credentials {
        source,
        user: None,
        password,
    };
    if let Some(password) = password::from_env(variable)? {
        return Ok(Some(credentials(PasswordSource::Env, password)));
    }
    let (Some(host), Some(database), Some(user)) =
        (&redshift.host, &redshift.database, &redshift.user)
    else {
        return Ok(None);
    };
    let login = password::Login {
        host,
        port: redshift.port.unwrap_or(Port::REDSHIFT).get(),
        database: database.as_str(),
        user: user.as_str(),
    };
    let found = password::from_pgpass(variable, login)?;
    Ok(found.map(|password| credentials(PasswordSource::Pgpass, password)))
}

/// Asks a person for the password.
pub fn typed(prompter: &mut dyn Prompter, ui: &Ui) -> Result<Credentials> {
    loop {
        let Some(secret) = prompter.secret(QuestionId::Password, &say::ask_password())? else {
            ui.say(&say::password_needed());
            continue;
        };
        match password::check(secret) {
            Ok(password) => {
                return Ok(Credentials {
                    source: PasswordSource::Prompt,
                    user: None,
                    password,
                });
            }
            Err(error) => ui.error(&error),
        }
    }
}

/// Has AWS give the password or temporary credentials, as their source says.
///
/// The warehouse and the database must be known by now.
pub async fn from_aws(
    observer: &Observer<'_>,
    redshift: &RedshiftAnswers,
    source: &PasswordSource,
) -> Result<Credentials> {
    let need = |question| crate::wizard::not_answered(&[question]);
    let temporary = async |user: Option<&Identifier>| {
        let warehouse = redshift.warehouse.as_ref();
        let warehouse = warehouse.ok_or_else(|| need(QuestionId::Cluster))?;
        let database = redshift.database.as_ref();
        let database = database.ok_or_else(|| need(QuestionId::Database))?;
        let found = login::temporary(observer, warehouse, database, user).await?;
        Ok::<_, Error>((Some(found.user), found.password))
    };
    let (user, password) = match source {
        PasswordSource::SecretsManager(arn) => (None, login::secret(observer, arn).await?),
        PasswordSource::Iam => temporary(None).await?,
        PasswordSource::IamDbUser(user) => temporary(Some(user)).await?,
        PasswordSource::Prompt
        | PasswordSource::Stdin
        | PasswordSource::Env
        | PasswordSource::Pgpass => return Err(need(QuestionId::Password)),
    };
    Ok(Credentials {
        source: source.clone(),
        user,
        password: password::check(password)?,
    })
}

/// Returns the cluster or workgroup, where the host's name tells it.
pub fn warehouse_of(endpoint: &Endpoint) -> Option<Warehouse> {
    match endpoint {
        Endpoint::Provisioned { cluster, .. } => {
            ClusterId::parse(cluster).ok().map(Warehouse::Cluster)
        }
        Endpoint::Serverless { workgroup, .. } => {
            Workgroup::parse(workgroup).ok().map(Warehouse::Workgroup)
        }
        _ => None,
    }
}

/// Returns where the answers lead, and who logs in there.
pub fn target(
    answers: &Answers,
    credentials: &Credentials,
    variable: Variable<'_>,
) -> Result<Target> {
    let redshift = &answers.redshift;
    let text = |value: Option<&Identifier>| value.map(ToString::to_string).unwrap_or_default();
    let user = credentials.user.clone();
    let mut target = Target::new(
        redshift.host.as_deref().unwrap_or_default(),
        &text(redshift.database.as_ref()),
        &user.unwrap_or_else(|| text(redshift.user.as_ref())),
    );
    target.port = redshift.port.unwrap_or(Port::REDSHIFT).get();
    target.tls = redshift.tls.mode.unwrap_or_default();
    target.ca_file.clone_from(&redshift.tls.ca_file);
    target.server_name.clone_from(&redshift.tls.server_name);
    target.dial = dial_override(variable).map_err(Error::usage)?;
    if let Some(each) = answers.connect_timeout {
        target.deadlines = Deadlines::all(each);
    }
    Ok(target)
}

/// Runs the test with a line for each phase as it ends.
pub fn test(
    ui: &Ui,
    runtime: &Runtime,
    target: &Target,
    credentials: &Credentials,
) -> Result<Connected, Failure> {
    ui.line("");
    let result = runtime.block_on(async {
        let mut on_phase = |done: &PhaseDone| phase_line(ui, done);
        redshift::test(target, &credentials.password, &mut on_phase).await
    });
    match &result {
        Ok(_) => ui.say(&conn::connected()),
        Err(failure) => {
            let failed = say::test_failed(failure.phase.label());
            ui.line(&format!("  --  {}", ui.text(&failed)));
        }
    }
    result
}

/// Prints a finished phase: `ok  TLS           *.c9x1abcd.ap-northeast-1.reds...  41 ms`.
fn phase_line(ui: &Ui, done: &PhaseDone) {
    let label = done.phase.label();
    ui.line(&format!(
        "  {}  {}  {}  {:>5} ms",
        ui.text(&plan_say::step_ok()),
        pad(ui.text(&label), 12),
        pad(&cut(&done.detail, 44), 44),
        done.took.as_millis()
    ));
}

/// Adds to a failure what AWS tells about the warehouse, where that can help and AWS says it.
pub fn explained(
    failure: Failure,
    runtime: &Runtime,
    target: &Target,
    warehouse: Option<&Warehouse>,
    clients: impl FnOnce() -> Clients,
) -> Failure {
    let Some(warehouse) = warehouse.filter(|_| failure.can_be_explained()) else {
        return failure;
    };
    let clients = clients();
    let found: Option<Facts> = runtime.block_on(async {
        // Where there are none, the search for them ends at a metadata service that need not be there.
        let provider = clients.sdk.credentials_provider()?;
        let loaded = timeout(CREDENTIALS, provider.provide_credentials()).await;
        loaded.ok()?.ok()?;
        facts::look(&clients, warehouse).await
    });
    match found {
        Some(facts) => failure.explain(target, &facts),
        None => failure,
    }
}

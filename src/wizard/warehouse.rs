//! Owns the section 「Redshift接続」: where the warehouse is, who logs in, and the
//! live connection test.

use super::Wizard;
use crate::connection::{self, Credentials};
use crate::error::{Error, Exit, Result};
use crate::messages::{Text, init as say, login as login_say};
use crate::prompt::QuestionId;
use crate::redshift::{self, Address, Endpoint, PasswordSource};
use crate::site::names::{ClusterId, Identifier, Port, Region, SiteName, Workgroup};
use crate::site::{ConnectionTest, Warehouse};

/// Asks what is not known, then tests the connection until it passes or is given up.
pub fn ask(wizard: &mut Wizard<'_>) -> Result<()> {
    if wizard.can_ask() {
        wizard.ui.heading(&say::section_redshift());
    }
    loop {
        questions(wizard)?;
        match test(wizard)? {
            Tested::Settled => return Ok(()),
            Tested::Again => {}
            Tested::Edit => forget(wizard),
        }
    }
}

/// Asks everything again, with the answers so far as defaults.
pub fn ask_again(wizard: &mut Wizard<'_>) -> Result<()> {
    forget(wizard);
    ask(wizard)
}

/// Turns the answers of this section into defaults.
fn forget(wizard: &mut Wizard<'_>) {
    let answers = &mut wizard.answers;
    let defaults = &mut wizard.defaults;
    defaults.name = answers.name.take().or(defaults.name.take());
    let tls = answers.redshift.tls.clone();
    defaults.redshift = std::mem::take(&mut answers.redshift);
    answers.redshift.tls = tls;
    defaults.region = answers.region.take();
    wizard.clients = None;
    wizard.login = None;
    wizard.connected = None;
}

fn questions(wizard: &mut Wizard<'_>) -> Result<()> {
    if wizard.answers.name.is_none() {
        let default = wizard.defaults.name.as_ref().map(ToString::to_string);
        let name = wizard.ask(
            QuestionId::SiteName,
            say::ask_name(),
            default,
            SiteName::parse,
        )?;
        wizard.answers.name = Some(name);
    }
    if wizard.answers.redshift.host.is_none() {
        let default = wizard.defaults.redshift.host.clone();
        wizard.ui.say(&say::host_help());
        let (given, own) = (wizard.answers.region.clone(), &wizard.caller.partition);
        let own = own.clone();
        let parse = |text: &str| {
            let address = Address::parse(text)?;
            conflict(&address.host, given.as_ref(), &own).map_or(Ok(address), Err)
        };
        let address = wizard.ask(QuestionId::Host, say::ask_host(), default, parse)?;
        wizard.answers.set_address(address);
    }
    place(wizard)?;
    if wizard.answers.redshift.port.is_none() {
        let port = if wizard.can_ask() {
            let default = wizard.defaults.redshift.port.unwrap_or(Port::REDSHIFT);
            wizard.ask(
                QuestionId::Port,
                say::ask_port(),
                Some(default.to_string()),
                Port::parse,
            )?
        } else {
            Port::REDSHIFT
        };
        wizard.answers.redshift.port = Some(port);
    }
    if wizard.answers.redshift.database.is_none() {
        let default = wizard
            .defaults
            .redshift
            .database
            .as_ref()
            .map(ToString::to_string);
        let name = wizard.ask(
            QuestionId::Database,
            say::ask_database(),
            default,
            Identifier::parse,
        )?;
        wizard.answers.redshift.database = Some(name);
    }
    if wizard.answers.redshift.user.is_none() {
        let default = wizard
            .defaults
            .redshift
            .user
            .as_ref()
            .map(ToString::to_string);
        let name = wizard.ask(
            QuestionId::User,
            say::ask_user(),
            default,
            Identifier::parse,
        )?;
        wizard.answers.redshift.user = Some(name);
    }
    Ok(())
}

/// Says why a warehouse can't be where its name says that it is, if it can't.
fn conflict(host: &str, given: Option<&Region>, own: &str) -> Option<Text> {
    let endpoint = Endpoint::classify(host);
    let region = endpoint.region()?;
    if let Some(given) = given.filter(|given| given.as_str() != region) {
        return Some(say::region_conflict(given, region));
    }
    let partition = redshift::endpoint::partition_of(region);
    (partition != own).then(|| say::partition_conflict(host, partition, own))
}

/// Settles what is behind the host name: read off the name, else asked, never guessed.
fn place(wizard: &mut Wizard<'_>) -> Result<()> {
    let Some(host) = wizard.answers.redshift.host.clone() else {
        return Ok(());
    };
    let endpoint = Endpoint::classify(&host);
    if let Some(region) = endpoint.region() {
        let region = Region::parse(region).map_err(Error::usage)?;
        if let Some(given) = wizard
            .answers
            .region
            .as_ref()
            .filter(|given| **given != region)
        {
            return Err(Error::usage(say::region_conflict(given, &region))
                .hint(say::region_conflict_hint()));
        }
        wizard.answers.region = Some(region);
    }
    let known = connection::warehouse_of(&endpoint);
    if wizard.can_ask() {
        wizard.ui.say(&match (&endpoint, &wizard.answers.region) {
            (Endpoint::Provisioned { cluster, .. }, Some(region)) => {
                say::endpoint_cluster(cluster, region)
            }
            (Endpoint::Serverless { workgroup, .. }, Some(region)) => {
                say::endpoint_workgroup(workgroup, region)
            }
            (Endpoint::Custom, _) | (_, None) => say::endpoint_custom(),
            (_, Some(region)) => say::endpoint_partly(region),
        });
    }
    if known.is_some() {
        wizard.answers.redshift.warehouse = known;
    }
    if wizard.answers.region.is_none() {
        let default = wizard.defaults.region.clone().map(String::from);
        let own = wizard.caller.partition.clone();
        let parse = |text: &str| {
            let region = Region::parse(text)?;
            let partition = redshift::endpoint::partition_of(region.as_str());
            if partition == own {
                Ok(region)
            } else {
                Err(say::partition_conflict(&host, partition, &own))
            }
        };
        let region = wizard.ask(QuestionId::Region, say::ask_region(), default, parse)?;
        wizard.answers.region = Some(region);
    }
    if let Some(region) = &wizard.answers.region {
        let partition = redshift::endpoint::partition_of(region.as_str());
        if partition != wizard.caller.partition {
            let text = say::partition_conflict(&host, partition, &wizard.caller.partition);
            return Err(Error::usage(text).hint(say::other_account_hint()));
        }
    }
    if wizard.answers.redshift.warehouse.is_none() {
        let warehouse = identify(wizard, &endpoint)?;
        wizard.answers.redshift.warehouse = Some(warehouse);
    }
    Ok(())
}

fn identify(wizard: &mut Wizard<'_>, endpoint: &Endpoint) -> Result<Warehouse> {
    let serverless = match (endpoint, wizard.answers.serverless) {
        (Endpoint::ProvisionedVpcEndpoint { .. }, _) => false,
        (Endpoint::ServerlessVpcEndpoint { .. }, _) => true,
        (_, Some(serverless)) => serverless,
        _ => {
            let items = [say::kind_provisioned(), say::kind_serverless()];
            wizard.select(QuestionId::WarehouseKind, say::ask_kind(), &items, 0)? == 1
        }
    };
    let default = wizard.defaults.redshift.warehouse.clone();
    if serverless {
        let default = default.and_then(|known| match known {
            Warehouse::Workgroup(name) => Some(name.to_string()),
            Warehouse::Cluster(_) => None,
        });
        wizard
            .ask(
                QuestionId::Workgroup,
                say::ask_workgroup(),
                default,
                Workgroup::parse,
            )
            .map(Warehouse::Workgroup)
    } else {
        let default = default.and_then(|known| match known {
            Warehouse::Cluster(id) => Some(id.to_string()),
            Warehouse::Workgroup(_) => None,
        });
        wizard
            .ask(
                QuestionId::Cluster,
                say::ask_cluster(),
                default,
                ClusterId::parse,
            )
            .map(Warehouse::Cluster)
    }
}

/// Returns the source of the login where AWS has to be asked for it.
fn aws_source(wizard: &Wizard<'_>) -> Option<PasswordSource> {
    let answered = wizard.answers.redshift.password.as_ref();
    let source = answered.or(wizard.defaults.redshift.password.as_ref())?;
    source.is_from_aws().then(|| source.clone())
}

/// Looks for the password where it need not be asked for: as given, environment, `.pgpass`.
fn local(wizard: &mut Wizard<'_>) -> Result<bool> {
    if wizard.login.is_none()
        && let Some(found) = connection::local(&wizard.answers.redshift, wizard.variable)?
    {
        wizard.answers.redshift.password = Some(found.source.clone());
        wizard.login = Some(found);
    }
    Ok(wizard.login.is_some())
}

/// Returns what the login is done with, from its source or from the person.
fn login(wizard: &mut Wizard<'_>) -> Result<Credentials> {
    if let Some(source) = aws_source(wizard) {
        let redshift = wizard.answers.redshift.clone();
        let found =
            wizard.look(async |seen| connection::from_aws(seen, &redshift, &source).await)?;
        // Not kept: temporary credentials end, and a secret may have been mended since.
        wizard.answers.redshift.password = Some(source);
        return Ok(found);
    }
    local(wizard)?;
    if let Some(known) = &wizard.login {
        return Ok(known.clone());
    }
    let ui = wizard.ui;
    let typed = connection::typed(wizard.prompter(QuestionId::Password)?, ui)?;
    wizard.answers.redshift.password = Some(typed.source.clone());
    wizard.login = Some(typed.clone());
    Ok(typed)
}

/// How a test went.
enum Tested {
    /// Passed, or left out on purpose.
    Settled,
    /// To be tried again with the same answers.
    Again,
    /// To be tried again with other answers.
    Edit,
}

fn test(wizard: &mut Wizard<'_>) -> Result<Tested> {
    if wizard.answers.redshift.connection_test == Some(ConnectionTest::Skipped) {
        wizard.ui.say(&say::test_skipped());
        let defaults = &wizard.defaults.redshift.password;
        let source = &mut wizard.answers.redshift.password;
        *source = source.take().or_else(|| defaults.clone());
        source.get_or_insert(PasswordSource::Prompt);
        return Ok(Tested::Settled);
    }
    // Answering another section again does not make the connection doubtful.
    if wizard.connected.is_some() {
        return Ok(Tested::Settled);
    }
    let credentials = match login(wizard) {
        Ok(credentials) => credentials,
        Err(error) if wizard.can_ask() && aws_source(wizard).is_some() => {
            wizard.ui.error(&error);
            return after_failure(wizard);
        }
        Err(error) => return Err(error),
    };
    if wizard.can_ask() && credentials.source != PasswordSource::Prompt {
        let source = credentials.source.label();
        wizard.ui.say(&say::password_from(source));
    }
    let target = connection::target(&wizard.answers, &credentials, wizard.variable)?;
    match connection::test(wizard.ui, wizard.runtime, &target, &credentials) {
        Ok(connected) => {
            let user = wizard.answers.redshift.user.as_ref();
            if let (Some(login), Some(user)) = (&credentials.user, user) {
                wizard.ui.say(&login_say::other_user(login, user));
            }
            wizard.connected = Some(connected);
            wizard.answers.redshift.connection_test = Some(ConnectionTest::Passed);
            Ok(Tested::Settled)
        }
        Err(failure) => {
            let warehouse = wizard.answers.redshift.warehouse.clone();
            let (runtime, warehouse) = (wizard.runtime, warehouse.as_ref());
            let clients = || wizard.clients().clone();
            let failure = connection::explained(failure, runtime, &target, warehouse, clients);
            if !wizard.can_ask() {
                return Err(failure
                    .error
                    .exit(Exit::Failed)
                    .hint(say::skip_test_hint())
                    .hint(say::unchanged_hint()));
            }
            wizard.ui.error(&failure.error);
            after_failure(wizard)
        }
    }
}

fn after_failure(wizard: &mut Wizard<'_>) -> Result<Tested> {
    let items = [
        say::after_edit(),
        say::after_retry(),
        say::after_skip(),
        say::after_quit(),
    ];
    match wizard.select(
        QuestionId::AfterFailedTest,
        say::ask_after_test(),
        &items,
        0,
    )? {
        0 => Ok(Tested::Edit),
        1 => {
            // A password that was typed may have been the mistake.
            if wizard.answers.redshift.password == Some(PasswordSource::Prompt) {
                wizard.login = None;
            }
            Ok(Tested::Again)
        }
        2 => {
            wizard.answers.redshift.connection_test = Some(ConnectionTest::Skipped);
            wizard.ui.say(&say::test_skipped());
            Ok(Tested::Settled)
        }
        _ => Err(crate::signals::interruption()),
    }
}

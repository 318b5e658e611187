//! Owns what AWS gives for a login to the warehouse: a password that is kept in
//! Secrets Manager, or temporary credentials. It logs in nowhere, and shows neither.

use super::error::Call;
use super::observe::Observer;
use super::warehouse::arn;
use crate::error::{Error, Result};
use crate::messages::{aws as msg, login as say};
use crate::secret::Secret;
use crate::site::Warehouse;
use crate::site::names::Identifier;
use crate::site::secret::SecretArn;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde_json::{Map, Value};

/// Temporary credentials of the database; they end after 15 minutes.
#[derive(Clone, Debug)]
pub struct Temporary {
    /// The user to log in as, such as `IAM:ops` or `IAMR:admin`.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// Reads the password that a secret holds: the value of its JSON key `password`, or all of it.
pub async fn secret(observer: &Observer<'_>, arn: &SecretArn) -> Result<Secret> {
    let client = observer.clients.secrets_in(&arn.region);
    let answer = client
        .get_secret_value()
        .secret_id(arn.as_str())
        .send()
        .await
        .map_err(|error| match error.code() {
            Some("ResourceNotFoundException") => {
                Error::new(say::secret_missing(arn)).hint(say::secret_missing_hint())
            }
            _ => {
                let call = Call::new("secretsmanager:GetSecretValue", arn.as_str());
                observer.failed(&call, &error)
            }
        })?;
    let Some(text) = answer.secret_string else {
        return Err(Error::new(say::secret_binary(arn)).hint(say::secret_form_hint()));
    };
    password_in(Secret::new(text))
        .ok_or_else(|| Error::new(say::secret_no_password(arn)).hint(say::secret_form_hint()))
}

/// Finds the password in the text of a secret; none in a JSON object without one.
fn password_in(text: Secret) -> Option<Secret> {
    match serde_json::from_str::<Map<String, Value>>(text.expose()) {
        Ok(mut object) => match object.remove("password") {
            Some(Value::String(password)) => Some(Secret::new(password)),
            _ => None,
        },
        // Typed into the console or piped into the AWS CLI, it may end with a line break.
        Err(_) => {
            let line = text.expose();
            let line = line.strip_suffix('\n').unwrap_or(line);
            let line = line.strip_suffix('\r').unwrap_or(line);
            Some(Secret::new(line.to_owned()))
        }
    }
}

/// Asks AWS for temporary credentials: for a database user, or for the caller's own.
pub async fn temporary(
    observer: &Observer<'_>,
    warehouse: &Warehouse,
    database: &Identifier,
    user: Option<&Identifier>,
) -> Result<Temporary> {
    match (warehouse, user) {
        (Warehouse::Cluster(id), None) => with_iam(observer, id.as_str(), database).await,
        (Warehouse::Cluster(id), Some(user)) => {
            for_user(observer, id.as_str(), database, user).await
        }
        (Warehouse::Workgroup(name), None) => serverless(observer, name.as_str(), database).await,
        (Warehouse::Workgroup(_), Some(user)) => {
            Err(Error::usage(say::db_user_serverless(user)).hint(say::db_user_serverless_hint()))
        }
    }
}

fn complete(
    action: &'static str,
    user: Option<String>,
    password: Option<String>,
) -> Result<Temporary> {
    match (user, password) {
        (Some(user), Some(password)) => Ok(Temporary {
            user,
            password: Secret::new(password),
        }),
        _ => Err(Error::new(say::credentials_incomplete(action))),
    }
}

fn cluster_missing(observer: &Observer<'_>, id: &str) -> Error {
    Error::new(msg::cluster_missing(id, observer.clients.region()))
        .hint(msg::warehouse_missing_hint())
}

/// <https://docs.aws.amazon.com/redshift/latest/APIReference/API_GetClusterCredentialsWithIAM.html>
async fn with_iam(observer: &Observer<'_>, id: &str, database: &Identifier) -> Result<Temporary> {
    const ACTION: &str = "redshift:GetClusterCredentialsWithIAM";
    let request = observer.clients.redshift.get_cluster_credentials_with_iam();
    let request = request.cluster_identifier(id).db_name(database.as_str());
    match request.send().await {
        Ok(answer) => complete(ACTION, answer.db_user, answer.db_password),
        Err(error) if is_no_cluster(error.code()) => Err(cluster_missing(observer, id)),
        Err(error) => {
            let resource = arn(observer, "dbname", &format!("{id}/{database}"));
            Err(observer.failed(&Call::new(ACTION, resource), &error))
        }
    }
}

/// <https://docs.aws.amazon.com/redshift/latest/APIReference/API_GetClusterCredentials.html>
async fn for_user(
    observer: &Observer<'_>,
    id: &str,
    database: &Identifier,
    user: &Identifier,
) -> Result<Temporary> {
    const ACTION: &str = "redshift:GetClusterCredentials";
    let request = observer.clients.redshift.get_cluster_credentials();
    let request = request
        .cluster_identifier(id)
        .db_name(database.as_str())
        .db_user(user.as_str())
        .auto_create(false);
    match request.send().await {
        Ok(answer) => complete(ACTION, answer.db_user, answer.db_password),
        Err(error) if is_no_cluster(error.code()) => Err(cluster_missing(observer, id)),
        Err(error) => {
            let resource = arn(observer, "dbuser", &format!("{id}/{user}"));
            Err(observer.failed(&Call::new(ACTION, resource), &error))
        }
    }
}

fn is_no_cluster(code: Option<&str>) -> bool {
    matches!(code, Some("ClusterNotFound" | "ClusterNotFoundFault"))
}

/// <https://docs.aws.amazon.com/redshift-serverless/latest/APIReference/API_GetCredentials.html>
async fn serverless(
    observer: &Observer<'_>,
    name: &str,
    database: &Identifier,
) -> Result<Temporary> {
    const ACTION: &str = "redshift-serverless:GetCredentials";
    let request = observer.clients.serverless.get_credentials();
    let request = request.workgroup_name(name).db_name(database.as_str());
    match request.send().await {
        Ok(answer) => complete(ACTION, answer.db_user, answer.db_password),
        Err(error) if error.code() == Some("ResourceNotFoundException") => {
            let region = observer.clients.region();
            Err(Error::new(msg::workgroup_missing(name, region))
                .hint(msg::warehouse_missing_hint()))
        }
        // The ARN of a workgroup ends with an id that the name does not tell.
        Err(error) => Err(observer.failed(&Call::new(ACTION, "*"), &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_its_json_key_or_the_plain_text() {
        let found = |text: &str| {
            password_in(Secret::new(text.to_owned())).map(|found| found.expose().to_owned())
        };
        for (text, password) in [
            (r#"{"username":"jmc","password":"p\"w"}"#, "p\"w"),
            ("plain", "plain"),
            ("plain\r\n", "plain"),
            ("two\n\n", "two\n"),
            ("{not json", "{not json"),
            ("\"quoted\"", "\"quoted\""),
            ("12345", "12345"),
        ] {
            assert_eq!(found(text).as_deref(), Some(password), "{text}");
        }
        for text in ["{}", r#"{"password":5}"#, r#"{"Password":"pw"}"#] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}

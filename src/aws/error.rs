//! Owns turning a failed AWS call into an error that names the operation, the
//! resource, the principal and the request, and says what to do.

use super::CALL_DEADLINE;
use crate::error::Error;
use crate::messages::{Text, aws as msg};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use serde_json::json;

/// A call as IAM names it, and what it is about.
#[derive(Clone, Debug)]
pub struct Call {
    /// The IAM action, such as `s3:ListBucket`; it is the operation too but for S3's reads.
    pub action: &'static str,
    /// The ARN that the action is about, or `*`.
    pub resource: String,
}

impl Call {
    /// Describes a call.
    pub fn new(action: &'static str, resource: impl Into<String>) -> Self {
        Self {
            action,
            resource: resource.into(),
        }
    }
}

/// The codes with which AWS says that a permission is missing.
const DENIED: [&str; 5] = [
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "UnauthorizedOperation",
];

/// The codes with which AWS says that credentials have ended.
const EXPIRED: [&str; 4] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "TokenRefreshRequired",
];

/// The codes with which AWS says that it does not know the credentials.
const REJECTED: [&str; 6] = [
    "InvalidClientTokenId",
    "InvalidAccessKeyId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "MissingAuthenticationToken",
];

/// The codes with which AWS asks for patience.
pub const THROTTLED: [&str; 7] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "SlowDown",
    "RequestThrottled",
];

/// Returns the code that AWS gave, or the HTTP status where the answer has no body.
pub fn code<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> String {
    let status = || {
        error
            .raw_response()
            .map(|response| response.status().as_u16())
    };
    match error.code() {
        Some(code) => code.to_owned(),
        None => status().map_or_else(String::new, |status| format!("HTTP {status}")),
    }
}

/// Returns the HTTP status of the answer, if one came.
pub fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    error
        .raw_response()
        .map(|response| response.status().as_u16())
}

/// Describes a failed call for the operator.
pub fn failed<E>(
    call: &Call,
    principal: &str,
    profile: Option<&str>,
    error: &SdkError<E, HttpResponse>,
) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let code = code(error);
    let known = |codes: &[&str]| codes.contains(&code.as_str());
    let failure = match error {
        SdkError::TimeoutError(_) => Error::new(msg::timeout(call.action, CALL_DEADLINE.as_secs()))
            .hint(msg::aws_unreachable_hint()),
        SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) => {
            Error::new(msg::aws_unreachable(call.action))
                .hint(msg::aws_unreachable_hint())
                .source(error)
        }
        _ if known(&EXPIRED) => Error::new(msg::expired()).hint(sign_in_hint(profile)),
        _ if known(&REJECTED) => {
            Error::new(msg::credentials_rejected(&code)).hint(msg::credentials_hint())
        }
        _ if known(&THROTTLED) => {
            Error::new(msg::throttled(call.action)).hint(msg::throttled_hint())
        }
        _ if known(&DENIED) || (code == "HTTP 403") => {
            let needed = error.message().and_then(needed);
            let (action, resource) = needed.unwrap_or((call.action, &call.resource));
            let statement = json!({
                "Effect": "Allow",
                "Action": action,
                "Resource": resource,
            });
            Error::new(msg::denied(action, resource, principal))
                .hint(msg::denied_hint(statement))
                .hint(msg::denied_boundary_hint())
        }
        _ => Error::new(msg::failed(call.action, &call.resource, &code)),
    };
    let failure = match error.message() {
        Some(message) => failure.cause(format!("{code}: {message}")),
        None => failure,
    };
    match error.request_id() {
        Some(id) => failure.cause(format!("{} request id {id}", call.action)),
        None => failure,
    }
}

/// Reads from AWS's sentence what was missing, `... not authorized to perform: ACTION on
/// resource: ARN because ...`: a call can need more than the action of its own name, as
/// attaching a role needs iam:PassRole.
fn needed(message: &str) -> Option<(&str, &str)> {
    let (_, rest) = message.split_once(" perform: ")?;
    let (action, rest) = rest.split_once(" on resource: ")?;
    let resource = rest.split_whitespace().next()?;
    let named = action.split_once(':').is_some_and(|(service, name)| {
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        !service.is_empty() && !name.is_empty() && plain(service) && plain(name)
    });
    (named && resource.starts_with("arn:")).then_some((action, resource))
}

/// Says how to get new credentials.
pub fn sign_in_hint(profile: Option<&str>) -> Text {
    match profile {
        Some(profile) => msg::sso_hint(profile),
        None => msg::sso_hint_default(),
    }
}

/// Says whether AWS does not know the resource.
pub fn is_not_found<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    matches!(
        error.code(),
        Some("NotFound" | "NotFoundException" | "NoSuchEntity")
    ) || status(error) == Some(404)
}

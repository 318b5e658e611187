//! Errors as data, and their rendering in each protocol's own shape. It must not decide when
//! a call is refused.

use serde_json::json;

use super::call::Service;
use super::wire::Response;
use super::xml::{el, text};

/// Why a call is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    pub code: String,
    pub message: String,
    /// Further elements of the error (S3: `BucketName`, `Region`, `Condition`).
    pub details: Vec<(&'static str, String)>,
    pub headers: Vec<(&'static str, String)>,
}

impl Refusal {
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
            details: Vec::new(),
            headers: Vec::new(),
        }
    }

    pub fn detail(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.details.push((name, value.into()));
        self
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// A call that the sandbox does not know: loud, never a silent success.
    pub fn not_implemented(service: &str, operation: &str) -> Self {
        let message = format!("the sandbox does not implement {service}:{operation}");
        Self::new(501, "NotImplemented", message)
    }

    /// A call without permission, in the words of the service.
    pub fn denied(service: Service, caller: &str, action: &str, resource: &str) -> Self {
        let message = format!(
            "User: {caller} is not authorized to perform: {action} on resource: {resource} \
             because no identity-based policy allows the {action} action"
        );
        match service {
            Service::Sns => Self::new(403, "AuthorizationError", message),
            service if service.speaks_json() => Self::new(400, "AccessDeniedException", message),
            _ => Self::new(403, "AccessDenied", message),
        }
    }

    /// A call over the rate, in the words of the service.
    pub fn throttled(service: Service) -> Self {
        match service {
            Service::S3 => Self::new(503, "SlowDown", "Please reduce your request rate."),
            service if service.speaks_json() => {
                Self::new(400, "ThrottlingException", "Rate exceeded")
            }
            _ => Self::new(400, "Throttling", "Rate exceeded"),
        }
    }

    /// An expired session, in the words of the service.
    pub fn expired(service: Service) -> Self {
        let words = "The security token included in the request is expired";
        match service {
            Service::S3 => Self::new(400, "ExpiredToken", "The provided token has expired."),
            service if service.speaks_json() => Self::new(400, "ExpiredTokenException", words),
            _ => Self::new(403, "ExpiredToken", words),
        }
    }

    /// A failure inside the service: 500 or 503.
    pub fn broken(service: Service, status: u16) -> Self {
        let (code, message) = match (service, status) {
            (Service::S3, 503) => ("ServiceUnavailable", "Service is unable to handle request."),
            (Service::S3, _) => (
                "InternalError",
                "We encountered an internal error. Please try again.",
            ),
            (service, 503) if service.speaks_json() => {
                ("ServiceUnavailableException", "Unavailable")
            }
            (service, _) if service.speaks_json() => ("InternalServerException", "Internal error"),
            (Service::Sns, 500) => ("InternalError", "Internal error"),
            (_, 503) => ("ServiceUnavailable", "Service is currently unavailable"),
            (Service::Iam, _) => ("ServiceFailure", "The request processing has failed"),
            _ => ("InternalFailure", "The request processing has failed"),
        };
        Self::new(status, code, message)
    }

    /// An access key that nobody owns, in the words of the service.
    pub fn unknown_key(service: Service, key: &str) -> Self {
        let words = "The security token included in the request is invalid.";
        match service {
            Service::S3 => Self::new(
                403,
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.",
            )
            .detail("AWSAccessKeyId", key),
            service if service.speaks_json() => {
                Self::new(400, "UnrecognizedClientException", words)
            }
            _ => Self::new(403, "InvalidClientTokenId", words),
        }
    }

    /// Renders the error as `service` does; `None` is for a request without a scope.
    pub fn render(&self, service: Option<Service>, xmlns: &str, id: &str, head: bool) -> Response {
        let mut response = match service {
            _ if head => Response::empty(self.status),
            Some(Service::S3) => Response::new(self.status, "application/xml", self.s3(id)),
            Some(service) if service.speaks_json() => self.json(),
            _ => Response::xml(self.status, self.query(xmlns, id)),
        };
        for (name, value) in &self.headers {
            response = response.with(name, value);
        }
        response.code = Some(self.code.clone());
        response
    }

    fn s3(&self, id: &str) -> String {
        let details: String = self.details.iter().map(|(n, v)| text(n, v)).collect();
        let inner = format!(
            "{}{}{details}{}{}",
            text("Code", &self.code),
            text("Message", &self.message),
            text("RequestId", id),
            text("HostId", "sandbox"),
        );
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}",
            el("Error", inner)
        )
    }

    fn query(&self, xmlns: &str, id: &str) -> String {
        let kind = if self.status < 500 {
            "Sender"
        } else {
            "Receiver"
        };
        let error = el(
            "Error",
            text("Type", kind) + &text("Code", &self.code) + &text("Message", &self.message),
        );
        format!(
            "<ErrorResponse xmlns=\"{xmlns}\">{error}{}</ErrorResponse>",
            text("RequestId", id)
        )
    }

    fn json(&self) -> Response {
        let mut body = json!({"__type": self.code, "message": self.message});
        for (name, value) in &self.details {
            body[*name] = json!(value);
        }
        Response::new(self.status, "application/x-amz-json-1.1", body.to_string())
            .with("x-amzn-errortype", self.code.clone())
    }
}

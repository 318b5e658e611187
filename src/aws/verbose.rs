//! Owns `--verbose`: one line for each attempt of an AWS call, with nothing of
//! its content, so that no secret can be in it.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::FinalizerInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use std::fmt;
use std::sync::Arc;

/// Reports each attempt of a call to a printer.
#[derive(Clone)]
pub struct Calls(Arc<dyn Fn(&str) + Send + Sync>);

impl Calls {
    /// Makes a reporter.
    pub fn new(print: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(print))
    }
}

impl fmt::Debug for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Calls")
    }
}

impl Intercept for Calls {
    fn name(&self) -> &'static str {
        "Calls"
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = bag.load::<Metadata>().map_or_else(
            || "-".to_owned(),
            |metadata| format!("{} {}", metadata.service(), metadata.name()),
        );
        let response = context.response();
        let status = response.map_or_else(|| "-".to_owned(), |r| r.status().as_u16().to_string());
        let request = response.and_then(|response| {
            let headers = response.headers();
            headers
                .get("x-amzn-requestid")
                .or_else(|| headers.get("x-amz-request-id"))
        });
        (self.0)(&format!(
            "aws {operation} {status} {}",
            request.unwrap_or("-")
        ));
        Ok(())
    }
}

//! The door inside the process: the SDK's `HttpClient`, so that a test's clients answer from
//! the sandbox without a socket.

use std::fmt;
use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_types::SdkConfig;
use aws_types::region::Region;

use super::gate::{self, Outcome};
use super::wire::{Request, Response};
use super::{SECRET_ACCESS_KEY, Sandbox};

/// Returns a configuration whose clients answer from the sandbox; nothing is read from the
/// environment, a profile or the metadata service. Retries and deadlines are the SDK's own.
pub fn sdk_config(sandbox: &Sandbox, region: &str, access_key_id: &str) -> SdkConfig {
    let credentials = Credentials::new(access_key_id, SECRET_ACCESS_KEY, None, None, "sandbox");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(Door(sandbox.clone()))
        .sleep_impl(TokioSleep::new())
        .build()
}

#[derive(Clone)]
struct Door(Sandbox);

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Door")
    }
}

impl HttpClient for Door {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector {
            sandbox: self.0.clone(),
            settings: Arc::new(settings.clone()),
        })
    }
}

#[derive(Clone)]
struct Connector {
    sandbox: Sandbox,
    settings: Arc<HttpConnectorSettings>,
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self { sandbox, settings } = self.clone();
        HttpConnectorFuture::new(async move {
            let answer = async {
                let request = collect(request).await?;
                match gate::pass(&sandbox, request).await {
                    Outcome::Answer(response) => convert(response),
                    Outcome::Dropped => Err(ConnectorError::io(
                        "connection closed before message completed".into(),
                    )),
                }
            };
            match settings.read_timeout() {
                None => answer.await,
                Some(limit) => tokio::time::timeout(limit, answer)
                    .await
                    .unwrap_or_else(|elapsed| Err(ConnectorError::timeout(elapsed.into()))),
            }
        })
    }
}

async fn collect(request: HttpRequest) -> Result<Request, ConnectorError> {
    let headers = request
        .headers()
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let (method, uri) = (request.method().to_owned(), request.uri().to_owned());
    // `bytes()` is None for a streamed body: collect it as a connection would.
    let body = ByteStream::new(request.into_body())
        .collect()
        .await
        .map_err(|error| ConnectorError::user(error.into()))?;
    Ok(Request::new(&method, &uri, headers, body.to_vec()))
}

fn convert(response: Response) -> Result<HttpResponse, ConnectorError> {
    let status = StatusCode::try_from(response.status)
        .map_err(|error| ConnectorError::other(error.into(), None))?;
    let mut converted = HttpResponse::new(status, SdkBody::from(response.body));
    for (name, value) in response.headers {
        converted.headers_mut().append(name, value);
    }
    Ok(converted)
}

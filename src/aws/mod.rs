//! Owns the AWS clients, all from one `SdkConfig`, and who is calling. What the
//! calls are for is decided elsewhere.

pub mod apply;
pub mod clock;
pub mod document;
pub mod edit;
pub mod error;
pub mod find;
pub mod lock;
pub mod login;
pub mod observe;
pub mod seen;
pub mod verbose;
pub mod warehouse;
mod write;

use crate::error::{Error, Result};
use crate::messages::{Text, aws as msg};
use crate::site::RoleKind;
use crate::site::names::{AccountId, Region};
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::provider::ProvideCredentials;
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::service_config::ServiceConfigKey;
use futures_util::future::try_join;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::{Semaphore, SemaphorePermit};

/// How long one call may take, all attempts together.
pub const CALL_DEADLINE: Duration = Duration::from_secs(60);

/// How long one attempt of a call may take.
const ATTEMPT_DEADLINE: Duration = Duration::from_secs(20);

/// How many requests S3 is sent at a time, whatever the size of a site. S3 publishes no rate for what
/// is asked of buckets, and answers with `SlowDown` where it is too much. Then a request is repeated out
/// of a quota that the SDK keeps for the whole client: 500 tokens, of which a repetition costs 5. So all
/// of these can be put off at once, and none fails for that. They are few enough, too, for a system
/// that lets a process have 256 open files, as macOS does. The locks of roles, one each, don't wait for
/// a turn, and are left room.
const S3_AT_ONCE: usize = 100 - RoleKind::ALL.len();

/// How many policies IAM is asked for at a time: a role can have dozens, and the control plane of IAM,
/// one for all regions, throttles an account much earlier than S3 does.
const POLICIES_AT_ONCE: usize = 8;

/// What is called where no region is known yet: STS answers everywhere.
const FALLBACK_REGION: &str = "us-east-1";

/// How AWS is reached, from flags and the environment.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// `--profile`
    pub profile: Option<String>,
    /// `--region`
    pub region: Option<Region>,
    /// `--endpoint-url`
    pub endpoint_url: Option<String>,
}

/// Who calls AWS, and until when.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The account.
    pub account: AccountId,
    /// The caller's ARN.
    pub arn: String,
    /// The partition, from the ARN.
    pub partition: String,
    /// When the credentials end, where they do.
    pub expires: Option<SystemTime>,
}

/// The clients of one region.
#[derive(Clone, Debug)]
pub struct Clients {
    /// What all clients are made from.
    pub sdk: SdkConfig,
    /// Amazon S3.
    pub s3: aws_sdk_s3::Client,
    /// AWS Identity and Access Management.
    pub iam: aws_sdk_iam::Client,
    /// Amazon SNS.
    pub sns: aws_sdk_sns::Client,
    /// AWS Security Token Service.
    pub sts: aws_sdk_sts::Client,
    /// Amazon Redshift.
    pub redshift: aws_sdk_redshift::Client,
    /// Amazon Redshift Serverless.
    pub serverless: aws_sdk_redshiftserverless::Client,
    calls: Option<verbose::Calls>,
    s3_turns: Arc<Semaphore>,
    policy_turns: Arc<Semaphore>,
    /// What has been seen to be there.
    pub seen: Arc<seen::Seen>,
    /// What time it is at S3.
    pub clock: clock::Clock,
}

/// Loads the standard AWS configuration: flags, then `AWS_*`, then the profile.
pub async fn load(access: &Access) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::latest());
    if let Some(profile) = &access.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &access.region {
        loader = loader.region(aws_config::Region::new(region.to_string()));
    }
    if let Some(url) = &access.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    loader.timeout_config(deadlines()).load().await
}

/// The SDK has no operation deadline of its own: a stalled connection would hang for ever.
pub fn deadlines() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .operation_attempt_timeout(ATTEMPT_DEADLINE)
        .operation_timeout(CALL_DEADLINE)
        .build()
}

/// Makes the client of a service, with a line for each call where that is asked for.
macro_rules! client {
    ($service:ident, $sdk:expr, $calls:expr) => {{
        let mut config = $service::config::Builder::from($sdk);
        if let Some(calls) = $calls {
            config.push_interceptor(SharedInterceptor::new(calls.clone()));
        }
        config
    }};
}

impl Clients {
    /// Makes the clients of a region; without one, of the configuration's own or a fallback.
    pub fn new(sdk: &SdkConfig, region: Option<&Region>, calls: Option<&verbose::Calls>) -> Self {
        let region = region
            .map(|region| aws_config::Region::new(region.to_string()))
            .or_else(|| sdk.region().cloned())
            .unwrap_or(aws_config::Region::from_static(FALLBACK_REGION));
        let sdk = sdk.to_builder().region(region).build();
        let clock = clock::Clock::default();
        let s3 = client!(aws_sdk_s3, &sdk, calls)
            .force_path_style(has_own_endpoint(&sdk))
            .interceptor(clock.clone());
        Self {
            s3: aws_sdk_s3::Client::from_conf(s3.build()),
            iam: aws_sdk_iam::Client::from_conf(client!(aws_sdk_iam, &sdk, calls).build()),
            sns: aws_sdk_sns::Client::from_conf(client!(aws_sdk_sns, &sdk, calls).build()),
            sts: aws_sdk_sts::Client::from_conf(client!(aws_sdk_sts, &sdk, calls).build()),
            redshift: aws_sdk_redshift::Client::from_conf(
                client!(aws_sdk_redshift, &sdk, calls).build(),
            ),
            serverless: aws_sdk_redshiftserverless::Client::from_conf(
                client!(aws_sdk_redshiftserverless, &sdk, calls).build(),
            ),
            calls: calls.cloned(),
            s3_turns: Arc::new(Semaphore::new(S3_AT_ONCE)),
            policy_turns: Arc::new(Semaphore::new(POLICIES_AT_ONCE)),
            seen: Arc::default(),
            clock,
            sdk,
        }
    }

    /// Waits until S3 may be sent one more request, which holds what is returned while it is under way.
    /// The wait comes before the request, whose deadlines would count it otherwise.
    pub async fn s3_turn(&self) -> Option<SemaphorePermit<'_>> {
        // Nobody closes the semaphore, so that there always is a permit.
        self.s3_turns.acquire().await.ok()
    }

    /// Waits until IAM may be asked for one more policy, as [`Self::s3_turn`] does.
    pub async fn policy_turn(&self) -> Option<SemaphorePermit<'_>> {
        self.policy_turns.acquire().await.ok()
    }

    /// Returns a client of S3 for a region: the bucket of the locks may be elsewhere.
    pub fn s3_in(&self, region: &str) -> aws_sdk_s3::Client {
        if region == self.region() {
            return self.s3.clone();
        }
        let region = aws_config::Region::new(region.to_owned());
        let config = self.s3.config().to_builder().region(region).build();
        aws_sdk_s3::Client::from_conf(config)
    }

    /// Returns a client of SNS for a region: an adopted topic may be elsewhere.
    pub fn sns_in(&self, region: &Region) -> aws_sdk_sns::Client {
        if region.as_str() == self.region() {
            return self.sns.clone();
        }
        let config = client!(aws_sdk_sns, &self.sdk, &self.calls);
        let region = aws_config::Region::new(region.to_string());
        aws_sdk_sns::Client::from_conf(config.region(region).build())
    }

    /// Returns a client of Secrets Manager for a region: a secret may be anywhere, and few runs need one.
    pub fn secrets_in(&self, region: &Region) -> aws_sdk_secretsmanager::Client {
        let config = client!(aws_sdk_secretsmanager, &self.sdk, &self.calls);
        let region = aws_config::Region::new(region.to_string());
        aws_sdk_secretsmanager::Client::from_conf(config.region(region).build())
    }

    /// Returns the region of these clients.
    pub fn region(&self) -> &str {
        self.sdk.region().map_or(FALLBACK_REGION, AsRef::as_ref)
    }

    /// Asks who is calling.
    pub async fn caller(&self, profile: Option<&str>) -> Result<Caller> {
        let (caller, ()) = self.caller_and(profile, async {}).await?;
        Ok(caller)
    }

    /// Asks who is calling, and does something else meanwhile that needs only the credentials.
    pub async fn caller_and<T>(
        &self,
        profile: Option<&str>,
        meanwhile: impl Future<Output = T>,
    ) -> Result<(Caller, T)> {
        let expires = self.credentials_end(profile).await?;
        let identity = self.sts.get_caller_identity().send();
        let other = async { Ok(meanwhile.await) };
        let (identity, other) = try_join(identity, other).await.map_err(|error| {
            let call = error::Call::new("sts:GetCallerIdentity", "*");
            error::failed(&call, "-", profile, &error)
        })?;
        let arn = identity.arn().unwrap_or_default().to_owned();
        let unreadable = |_: Text| Error::new(msg::no_account(&arn));
        let caller = Caller {
            account: AccountId::parse(identity.account().unwrap_or_default())
                .map_err(unreadable)?,
            partition: arn.split(':').nth(1).unwrap_or("aws").to_owned(),
            expires,
            arn,
        };
        Ok((caller, other))
    }

    /// Loads the credentials ahead of the first call, so that their own failure is told as such.
    async fn credentials_end(&self, profile: Option<&str>) -> Result<Option<SystemTime>> {
        let none = || Error::new(msg::credentials()).hint(msg::credentials_hint());
        let provider = self.sdk.credentials_provider().ok_or_else(none)?;
        let loaded = tokio::time::timeout(ATTEMPT_DEADLINE, provider.provide_credentials()).await;
        match loaded {
            Ok(Ok(credentials)) => Ok(credentials.expiry()),
            Ok(Err(error)) => {
                let mut text = String::new();
                let mut next: Option<&dyn std::error::Error> = Some(&error);
                while let Some(error) = next {
                    text.push_str(&error.to_string().to_lowercase());
                    next = error.source();
                }
                let failure = if text.contains("expired") || text.contains("sso") {
                    Error::new(msg::expired()).hint(error::sign_in_hint(profile))
                } else {
                    none()
                };
                Err(failure.source(&error))
            }
            Err(elapsed) => Err(none().source(&elapsed)),
        }
    }
}

/// Says whether S3 has an endpoint other than AWS's: emulators and proxies want path-style addresses.
fn has_own_endpoint(sdk: &SdkConfig) -> bool {
    let key = ServiceConfigKey::builder()
        .service_id("S3")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build();
    let of_service = match (sdk.service_config(), key) {
        (Some(config), Ok(key)) => config.load_config(key).is_some(),
        _ => false,
    };
    of_service || sdk.endpoint_url().is_some()
}

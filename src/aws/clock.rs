//! Owns what time it is at S3, where locks are kept: this machine's clock, set right by the `Date` of
//! S3's answers. Operators on machines whose clocks differ would end each other's leases otherwise.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::Format;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

/// How many seconds S3's clock is ahead of this machine's.
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<AtomicI64>);

fn local() -> i64 {
    DateTime::from(SystemTime::now()).secs()
}

impl Clock {
    /// Returns the time in seconds since 1970; by this machine's clock until S3 has answered.
    pub fn now(&self) -> u64 {
        let now = local().saturating_add(self.0.load(Ordering::Relaxed));
        u64::try_from(now).unwrap_or_default()
    }
}

impl Intercept for Clock {
    fn name(&self) -> &'static str {
        "Clock"
    }

    // The answer's body, which can take long, is still to come.
    fn read_after_transmit(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let date = date.and_then(|date| DateTime::from_str(date, Format::HttpDate).ok());
        if let Some(date) = date {
            let ahead = date.secs().saturating_sub(local());
            self.0.store(ahead, Ordering::Relaxed);
        }
        Ok(())
    }
}

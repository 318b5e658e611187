//! Where this run's LocalStack answers. Starts none itself: `tests/run` does, or whoever sets the variable.

use std::io::Write as _;
use std::sync::Once;

const VARIABLE: &str = "JMC_SITE_TEST_LOCALSTACK";

/// The URL of a LocalStack to test against; `None`, said once on stderr, when this run is to do without.
///
/// # Panics
///
/// In CI without one, unless `JMC_SITE_TEST_WITHOUT` leaves it out on purpose: nothing is skipped silently there.
pub fn endpoint() -> Option<String> {
    static LEFT_OUT: Once = Once::new();
    if let Some(url) = std::env::var(VARIABLE).ok().filter(|url| !url.is_empty()) {
        return Some(url.trim_end_matches('/').to_owned());
    }
    let without = std::env::var("JMC_SITE_TEST_WITHOUT").unwrap_or_default();
    let on_purpose = without
        .split([' ', ','])
        .any(|part| matches!(part, "localstack" | "all"));
    let in_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(!in_ci || on_purpose, "{VARIABLE} is not set: run tests/run");
    LEFT_OUT.call_once(|| {
        // Not eprintln!, whose output the test harness keeps to itself while a test passes.
        let _ = writeln!(
            std::io::stderr(),
            "left out: the tests against LocalStack ({VARIABLE} is not set; tests/run starts one)"
        );
    });
    None
}

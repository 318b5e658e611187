//! What `tests/run` prepares for some tests: where it is, or that this run does without, said once and loudly.

use std::io::Write as _;
use std::sync::Once;

/// The URL of a LocalStack to test against; `None` when this run is to do without.
///
/// # Panics
///
/// In CI without one, unless `JMC_SITE_TEST_WITHOUT` leaves it out on purpose: nothing is skipped silently there.
pub fn localstack() -> Option<String> {
    static LEFT_OUT: Once = Once::new();
    let url = part("JMC_SITE_TEST_LOCALSTACK", "localstack", &LEFT_OUT)?;
    Some(url.trim_end_matches('/').to_owned())
}

/// The Python that has boto3, moto and the AWS CLI; `None` when this run is to do without.
///
/// # Panics
///
/// As [`localstack`] does.
pub fn oracle() -> Option<String> {
    static LEFT_OUT: Once = Once::new();
    part("JMC_SITE_TEST_ORACLE_PYTHON", "oracle", &LEFT_OUT)
}

fn part(variable: &str, name: &str, left_out: &Once) -> Option<String> {
    if let Some(found) = std::env::var(variable).ok().filter(|text| !text.is_empty()) {
        return Some(found);
    }
    let without = std::env::var("JMC_SITE_TEST_WITHOUT").unwrap_or_default();
    let on_purpose = without
        .split([' ', ','])
        .any(|part| part == name || part == "all");
    let in_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(!in_ci || on_purpose, "{variable} is not set: run tests/run");
    left_out.call_once(|| {
        // Not eprintln!, whose output the test harness keeps to itself while a test passes.
        let _ = writeln!(
            std::io::stderr(),
            "left out: the tests with the part {name} ({variable} is not set; tests/run prepares it)"
        );
    });
    None
}

#![no_main]

#[allow(dead_code, reason = "each target needs one of the checks")]
#[path = "../checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::answers_file(data));

//! The adapter for the SHA-256 login, byte by byte.

use crate::fuzz::{answer, challenge, framing, pass};
use jmc_site::redshift::digest::digest;
use proptest::prelude::*;

const OK: &[u8] = b"R\0\0\0\x08\0\0\0\0";
const CLEARTEXT: &[u8] = b"R\0\0\0\x08\0\0\0\x03";
const NONCE: &[u8] = b"1700000000000";
const END: &str = "unexpected end of file";

/// Worked out with Python's hashlib from the layout in AWS's own driver.
#[test]
fn the_digest_is_the_one_of_awss_drivers() {
    let hex: String = digest(b"Passw0rd", b"salt", b"server", b"1700000000000")
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(
        hex,
        "b273cf1d6e58ed081ff7b88f02b269bf9dc91dd7a2993f37fe3c47b541ab2e05"
    );
}

#[test]
fn a_challenge_is_answered_and_then_everything_passes() {
    let rest = b"S\0\0\0\x08a\0b\0Z\0\0\0\x05I and what is not a message at all \xff\xff";
    let server = [&challenge(b"salt", b"nonce"), OK, rest].concat();
    let expected = [CLEARTEXT, OK, rest].concat();
    for piece in (1..64).chain([usize::MAX]) {
        let passed = pass(&server, piece, b"Passw0rd");
        assert_eq!(passed.read, expected, "pieces of {piece}");
        assert_eq!(
            passed.received,
            answer(b"Passw0rd", b"salt", b"nonce", NONCE)
        );
        assert_eq!(passed.end, END);
    }
}

#[test]
fn the_empty_password_and_one_with_a_nul_are_sent_as_they_are() {
    for password in [&b""[..], b"\0", b"a\0b", "パスワード".as_bytes()] {
        let server = [&challenge(b"s", b"n")[..], OK].concat();
        let passed = pass(&server, 1, password);
        assert_eq!(passed.received, answer(password, b"s", b"n", NONCE));
    }
}

#[test]
fn an_error_after_the_challenge_reaches_the_client() {
    let error = b"E\0\0\0\x13SFATAL\0C28000\0\0";
    let server = [&challenge(b"s", b"n")[..], error].concat();
    let passed = pass(&server, 1, b"wrong");
    assert_eq!(passed.read, [CLEARTEXT, error].concat());
}

#[test]
fn what_is_not_a_login_is_refused_and_says_so() {
    let long = |length: u32| [b"R", &length.to_be_bytes()[..], &[0; 20]].concat();
    let rows: [(Vec<u8>, &str); 12] = [
        (long(1 << 30), "announced a message of 1073741824 bytes"),
        (long(u32::MAX), "announced a message of 4294967295 bytes"),
        (long(64 * 1024 + 1), "announced a message of 65537 bytes"),
        (long(3), "impossible length"),
        (long(4), "cut short"),
        (long(7), "cut short"),
        (b"HTTP/1.1 400".to_vec(), "not a login"),
        (b"Z\0\0\0\x05I".to_vec(), "not a login"),
        (b"R\0\0\0\x08\0\0\0\x0d".to_vec(), "cut short"),
        (
            b"R\0\0\0\x14\0\0\0\x0d\0\0\0\0\x7f\xff\xff\xff\0\0\0\0".to_vec(),
            "cut short",
        ),
        (
            b"R\0\0\0\x14\0\0\0\x0d\0\0\0\0\xff\xff\xff\xff\0\0\0\0".to_vec(),
            "cut short",
        ),
        (
            [challenge(b"s", b"n"), challenge(b"s", b"n")].concat(),
            "a second request",
        ),
    ];
    for (bytes, expected) in rows {
        let passed = pass(&bytes, usize::MAX, b"pw");
        assert!(passed.end.contains(expected), "{bytes:?}: {}", passed.end);
    }
}

#[test]
fn a_long_salt_and_nonce_are_taken_up_to_the_limit() {
    let salt = vec![7; 20_000];
    let nonce = vec![9; 40_000];
    let passed = pass(&[&challenge(&salt, &nonce)[..], OK].concat(), 1000, b"pw");
    assert_eq!(passed.received, answer(b"pw", &salt, &nonce, NONCE));
}

/// Messages of a login, valid and nearly valid, in any order.
fn messages() -> impl Strategy<Value = Vec<u8>> {
    let bytes = || proptest::collection::vec(any::<u8>(), 0..40);
    let message = |tag: u8, body: Vec<u8>| {
        let length = u32::try_from(body.len() + 4).expect("a short message");
        [&[tag][..], &length.to_be_bytes(), &body].concat()
    };
    let one = prop_oneof![
        Just(OK.to_vec()),
        Just(CLEARTEXT.to_vec()),
        Just(b"R\0\0\0\x0c\0\0\0\x05salt".to_vec()),
        (bytes(), bytes()).prop_map(|(salt, nonce)| challenge(&salt, &nonce)),
        (any::<i32>(), bytes())
            .prop_map(move |(code, body)| message(b'R', [&code.to_be_bytes()[..], &body].concat())),
        bytes().prop_map(move |body| message(b'E', body)),
        bytes().prop_map(move |body| message(b'N', body)),
        (any::<u8>(), bytes()).prop_map(move |(tag, body)| message(tag, body)),
        bytes(),
    ];
    proptest::collection::vec(one, 0..6).prop_map(|messages| messages.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_treated_alike_however_they_are_cut(
        data in proptest::collection::vec(any::<u8>(), 0..300)
    ) {
        framing(&data);
    }

    #[test]
    fn any_messages_are_treated_alike_however_they_are_cut(data in messages()) {
        framing(&data);
    }

    #[test]
    fn every_challenge_is_answered(
        password in proptest::collection::vec(any::<u8>(), 0..60),
        salt in proptest::collection::vec(any::<u8>(), 0..60),
        nonce in proptest::collection::vec(any::<u8>(), 0..60),
        piece in 1_usize..50,
    ) {
        let server = [&challenge(&salt, &nonce)[..], OK].concat();
        let passed = pass(&server, piece, &password);
        prop_assert_eq!(passed.read, [CLEARTEXT, OK].concat());
        prop_assert_eq!(passed.received, answer(&password, &salt, &nonce, NONCE));
    }
}

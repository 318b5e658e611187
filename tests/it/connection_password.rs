//! Where the password comes from: standard input, the environment, libpq's password file.

use jmc_site::error::{Error, Exit};
use jmc_site::messages::Lang;
use jmc_site::redshift::PasswordSource;
use jmc_site::redshift::password::{
    Login, VARIABLE, from_env, from_pgpass, from_reader, look_up, pgpass_path,
};
use proptest::prelude::*;
use std::path::Path;

const LOGIN: Login<'static> = Login {
    host: "h.example.com",
    port: 5439,
    database: "dev",
    user: "jmc",
};

fn stdin(bytes: &[u8]) -> Result<String, Error> {
    from_reader(&mut &*bytes).map(|secret| secret.expose().to_owned())
}

fn found(contents: &str) -> Option<String> {
    look_up(contents.as_bytes(), LOGIN)
        .map(|password| String::from_utf8(password.to_vec()).expect("text"))
}

#[test]
fn exactly_one_line_break_is_taken_off_standard_input() {
    for (input, expected) in [
        ("secret", "secret"),
        ("secret\n", "secret"),
        ("secret\r\n", "secret"),
        (" secret ", " secret "),
        (" secret \n", " secret "),
        ("パスワード\n", "パスワード"),
    ] {
        assert_eq!(stdin(input.as_bytes()).expect("a password"), expected);
    }
}

#[test]
fn what_is_no_password_is_refused_without_being_repeated() {
    let long = "x".repeat(4097);
    for (input, code) in [
        (&b""[..], "JMC-PASSWORD-EMPTY"),
        (b"\n", "JMC-PASSWORD-EMPTY"),
        (b"\r\n", "JMC-PASSWORD-EMPTY"),
        (b"canary\n\n", "JMC-PASSWORD-LINES"),
        (b"canary\r\n\r\n", "JMC-PASSWORD-LINES"),
        (b"canary\r", "JMC-PASSWORD-LINES"),
        (b"canary\nsecond", "JMC-PASSWORD-LINES"),
        (b"canary\0", "JMC-PASSWORD-LINES"),
        (b"canary\x1b[2J", "JMC-PASSWORD-LINES"),
        (b"canary\xff", "JMC-PASSWORD-STDIN"),
        (long.as_bytes(), "JMC-PASSWORD-LENGTH"),
    ] {
        let error = stdin(input).expect_err("an error");
        assert_eq!(error.code(), code, "{input:?}");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
    assert_eq!(stdin(&[b'x'; 4096]).expect("a password").len(), 4096);
    let endless = from_reader(&mut std::io::repeat(b'x')).expect_err("an error");
    assert_eq!(endless.code(), "JMC-PASSWORD-LENGTH");
    assert_eq!(endless.exit_code(), Exit::Usage);
}

#[test]
fn the_environment_is_asked_for_one_variable_only() {
    let get = |value: Option<&str>| {
        let value = value.map(str::to_owned);
        from_env(&move |name| {
            assert_eq!(name, VARIABLE);
            value.clone()
        })
        .map(|secret| secret.map(|secret| secret.expose().to_owned()))
    };
    assert_eq!(VARIABLE, "JMC_REDSHIFT_PASSWORD");
    assert_eq!(get(None).expect("nothing"), None);
    assert_eq!(get(Some("")).expect("nothing"), None);
    assert_eq!(get(Some("pw")).expect("a password").as_deref(), Some("pw"));
    assert_eq!(
        get(Some("p\nw")).expect_err("an error").code(),
        "JMC-PASSWORD-LINES"
    );
}

#[test]
fn a_source_is_saved_by_its_name_and_said_in_both_languages() {
    for (source, name, ja) in [
        (PasswordSource::Prompt, "prompt", "入力、保存しません"),
        (PasswordSource::Stdin, "stdin", "標準入力"),
        (PasswordSource::Env, "env", "環境変数 JMC_REDSHIFT_PASSWORD"),
        (PasswordSource::Pgpass, "pgpass", ".pgpass"),
    ] {
        assert_eq!(serde_json::to_value(&source).expect("JSON"), name);
        let again: PasswordSource = serde_json::from_value(name.into()).expect("a source");
        assert_eq!(again, source);
        assert_eq!(source.label().get(Lang::Ja), ja);
    }
}

#[test]
fn what_aws_has_to_be_asked_for_is_saved_by_where_it_is() {
    let arn = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:jmc-AbCdEf";
    for (json, ja) in [
        (
            serde_json::json!({"secrets-manager": arn}),
            format!("AWS Secrets Manager {arn}"),
        ),
        ("iam".into(), "AWSの一時的な認証情報".to_owned()),
        (
            serde_json::json!({"iam-db-user": "jmc"}),
            "AWSの一時的な認証情報 (jmc)".to_owned(),
        ),
    ] {
        let source: PasswordSource = serde_json::from_value(json.clone()).expect("a source");
        assert!(source.is_from_aws());
        assert_eq!(serde_json::to_value(&source).expect("JSON"), json);
        assert_eq!(source.label().get(Lang::Ja), ja);
    }
    for bad in [
        serde_json::json!({"secrets-manager": "Canary-pa55word"}),
        serde_json::json!({"iam-db-user": ""}),
        "secrets-manager".into(),
    ] {
        let error = serde_json::from_value::<PasswordSource>(bad).expect_err("no source");
        assert!(!error.to_string().contains("Canary"), "{error}");
    }
}

#[test]
fn the_password_file_is_read_by_the_rules_of_libpq() {
    for (contents, expected) in [
        ("h.example.com:5439:dev:jmc:pw", Some("pw")),
        ("h.example.com:5439:dev:jmc:pw\n", Some("pw")),
        ("h.example.com:5439:dev:jmc:pw\r\n", Some("pw")),
        ("H.Example.COM:5439:dev:jmc:pw", Some("pw")),
        ("*:*:*:*:pw", Some("pw")),
        ("*:5439:*:jmc:pw", Some("pw")),
        ("*:*:*:*:", Some("")),
        ("*:*:*:*: pw ", Some(" pw ")),
        // The first line that matches, not the best one.
        (
            "*:*:*:*:first\nh.example.com:5439:dev:jmc:second",
            Some("first"),
        ),
        ("*:*:*:other:no\n\n*:*:*:jmc:yes", Some("yes")),
        // Comments only at the very beginning of a line.
        ("#*:*:*:*:no\n*:*:*:*:yes", Some("yes")),
        (" #*:*:*:*:no\n*:*:*:*:yes", Some("yes")),
        // Escapes, in fields and in the password; the password ends at a bare colon.
        ("h.example.com:5439:dev:jmc:a\\:b\\\\c", Some("a:b\\c")),
        ("h.example.com:5439:dev:jmc:a:b", Some("a")),
        ("h.example.com:5439:dev:jmc:a\\", Some("a\\")),
        ("h\\.example.com:5439:d\\ev:jmc:pw", Some("pw")),
        // A star is a wildcard only as a whole field.
        ("h.example.com:5439:*v:jmc:pw", None),
        ("h.example.com:5439:\\*:jmc:pw", None),
        ("**:*:*:*:pw", None),
        ("", None),
        ("\n\n", None),
        ("h.example.com:5439:dev:jmc", None),
        ("h.example.com:5440:dev:jmc:pw", None),
        ("h.example.com:5439:deva:jmc:pw", None),
        ("h.example.com:5439:de:jmc:pw", None),
        ("h.example.com:5439:DEV:jmc:pw", None),
        ("h.example.com:5439:dev:jm:pw", None),
        ("::::", None),
        ("*:*:*:*", None),
        ("*:*:*:jmc\\", None),
    ] {
        assert_eq!(found(contents).as_deref(), expected, "{contents:?}");
    }
    let odd = Login {
        host: "::1",
        database: "a:b",
        user: "c\\d",
        ..LOGIN
    };
    let password = look_up(b"\\:\\:1:*:a\\:b:c\\\\d:pw", odd).expect("a password");
    assert_eq!(&password[..], b"pw");
}

#[test]
fn the_password_file_is_looked_for_where_libpq_looks() {
    let path = |pairs: &[(&str, &str)]| {
        pgpass_path(&|name| {
            let found = pairs.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    };
    assert_eq!(path(&[]), None);
    let given = path(&[("PGPASSFILE", "/x"), ("HOME", "/home/o"), ("APPDATA", "A")]);
    assert_eq!(given.as_deref(), Some(Path::new("/x")));
    let default = path(&[("PGPASSFILE", ""), ("HOME", "/home/o"), ("APPDATA", "A")]);
    if cfg!(windows) {
        assert_eq!(
            default,
            Some(Path::new("A").join("postgresql").join("pgpass.conf"))
        );
    } else {
        assert_eq!(default.as_deref(), Some(Path::new("/home/o/.pgpass")));
    }
}

fn read(path: &Path) -> Result<Option<String>, Error> {
    let path = path.to_str().expect("a path").to_owned();
    from_pgpass(&|name| (name == "PGPASSFILE").then(|| path.clone()), LOGIN)
        .map(|secret| secret.map(|secret| secret.expose().to_owned()))
}

#[cfg(unix)]
#[test]
fn a_password_file_that_others_may_access_is_refused_with_the_cure() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("pgpass");
    std::fs::write(&path, "*:*:*:*:canary").expect("a file");
    let set = |mode: u32| {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("a mode");
    };
    for mode in [0o644, 0o640, 0o604, 0o660, 0o610, 0o601, 0o620, 0o777] {
        set(mode);
        let error = read(&path).expect_err("an error");
        assert_eq!(error.code(), "JMC-PGPASS-MODE", "{mode:o}");
        for lang in [Lang::En, Lang::Ja] {
            assert!(error.text().get(lang).contains(&format!("{mode:04o}")));
            let hint = format!("chmod 600 {}", path.display());
            assert!(error.hints()[0].get(lang).contains(&hint));
        }
    }
    for mode in [0o600, 0o400, 0o700] {
        set(mode);
        assert_eq!(read(&path).expect("a password").as_deref(), Some("canary"));
    }
    assert_eq!(
        read(&directory.path().join("missing")).expect("nothing"),
        None
    );
    assert_eq!(
        read(directory.path()).expect_err("an error").code(),
        "JMC-PGPASS-READ"
    );
}

#[cfg(unix)]
#[test]
fn a_named_pipe_in_place_of_the_password_file_does_not_hang() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("pipe");
    let made = std::process::Command::new("mkfifo")
        .arg("-m600")
        .arg(&path)
        .status();
    if !made.is_ok_and(|status| status.success()) {
        crate::connection::left_out("a named pipe", "there is no mkfifo");
        return;
    }
    assert_eq!(read(&path).expect_err("an error").code(), "JMC-PGPASS-READ");
}

/// Writes a field as libpq's documentation asks for.
fn escape(field: &str) -> String {
    field.replace('\\', "\\\\").replace(':', "\\:")
}

proptest! {
    #[test]
    fn any_file_is_read_to_its_end(data in proptest::collection::vec(any::<u8>(), 0..200)) {
        crate::fuzz::pgpass(&data);
    }

    #[test]
    fn any_file_of_the_characters_of_password_files_is_too(data in "[hdu*:\\\\#5439\r\n]{0,60}") {
        crate::fuzz::pgpass(data.as_bytes());
    }

    #[test]
    fn what_was_escaped_is_found_again(
        before in "([a-z:*\\\\]{0,12}\n){0,3}",
        host in "[a-z:.\\\\]{1,10}",
        database in "[ -~]{1,10}",
        user in "[ -~]{1,10}",
        password in "[ -~]{1,20}",
        port in any::<u16>(),
    ) {
        let fields = [&host, &port.to_string(), &database, &user, &password].map(|f| escape(f));
        let login = Login { host: &host, port, database: &database, user: &user };
        // A field that is a bare star would be a wildcard; a comment starts the line.
        prop_assume!(!before.contains("*:"));
        let contents = format!("{before}{}\n", fields.join(":"));
        let found = look_up(contents.as_bytes(), login).expect("a password");
        prop_assert_eq!(&found[..], password.as_bytes());
    }
}

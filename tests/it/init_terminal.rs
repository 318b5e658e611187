//! `init` in a terminal of 80 columns, with a person who reads Japanese.

use crate::init_wizard::{assert_sales, sales_file};
use crate::pty::{Ended, Pty};
use crate::sandbox::{ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, SESSION_TOKEN};
use crate::support::{ENDPOINT, SECRETS, World};
use crate::warehouse::PASSWORD;
use std::process::Command;
use unicode_width::UnicodeWidthStr;

/// Starts `init` with both of its streams on the terminal.
fn start(world: &World) -> Pty {
    let mut program = Command::new("sh");
    program
        .args([
            "-c",
            r#"exec "$0" "$@" >&2"#,
            env!("CARGO_BIN_EXE_jmc-site"),
            "init",
        ])
        .arg("--site")
        .arg(world.site_file())
        .arg("--ca-file")
        .arg(world.ca_file())
        .env("LANG", "ja_JP.UTF-8")
        .env("HOME", world.path(""))
        .env("AWS_ENDPOINT_URL", world.url())
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID)
        .env("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY)
        .env("AWS_SESSION_TOKEN", SESSION_TOKEN)
        .env("AWS_REGION", REGION)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", world.path("no-config"))
        .env("AWS_SHARED_CREDENTIALS_FILE", world.path("no-credentials"))
        .env(
            "JMC_SITE_REDSHIFT_DIAL",
            format!("127.0.0.1:{}", world.warehouse.port()),
        );
    for name in ["LC_ALL", "LC_MESSAGES", "AWS_PROFILE", "PGPASSFILE"] {
        program.env_remove(name);
    }
    Pty::start(&program, (80, 24))
}

/// Waits for a question and answers it.
fn answer(pty: &mut Pty, question: &str, keys: &str) {
    pty.expect(question);
    pty.wait_for_no_echo();
    pty.send(&format!("{keys}\r"));
}

fn to_the_password(pty: &mut Pty) {
    answer(pty, "このアカウントで続けますか? (Y/n) ", "");
    answer(pty, "サイト名 (英数字、-、_): ", "営業");
    pty.expect("JMC-VALUE-SITE-NAME");
    answer(pty, "サイト名 (英数字、-、_): ", "sales");
    answer(pty, "Redshift接続先URL: ", ENDPOINT);
    answer(pty, "Redshift接続ユーザー名: ", "jmc");
    pty.expect("Redshift接続パスワード: ");
    pty.wait_for_no_echo();
}

fn assert_clean(ended: &Ended) {
    assert!(ended.modes_kept);
    assert!(ended.cursor_shown);
    for secret in SECRETS {
        assert!(!ended.output.contains(secret), "{secret} is shown");
    }
}

#[test]
fn the_whole_wizard_in_japanese_within_80_columns() {
    let world = World::jmc();
    let mut pty = start(&world);
    to_the_password(&mut pty);
    pty.send(&format!("{PASSWORD}\r"));
    pty.expect("接続に成功しました。");
    answer(&mut pty, "番号 (2): ", "");
    answer(&mut pty, "(2): ", "");
    answer(
        &mut pty,
        "異常終了時にソースコードを記載しますか? (y/N) ",
        "n",
    );
    answer(
        &mut pty,
        "通知用SNS Topic (ジョブ失敗時) (jmc-sales-failure): ",
        "",
    );
    answer(
        &mut pty,
        "通知先 (ジョブ失敗時、空行で終了): ",
        "email:ops@example.com",
    );
    answer(&mut pty, "通知先 (ジョブ失敗時、空行で終了): ", "");
    answer(&mut pty, "データ連携用S3バケット: ", "s3://sales-jmc-data/");
    answer(&mut pty, "データ連携用のフォルダ (空行で終了): ", "import");
    answer(&mut pty, "データ連携用のフォルダ (空行で終了): ", "export");
    answer(&mut pty, "データ連携用のフォルダ (空行で終了): ", "");
    answer(&mut pty, "構成要素(SQL)用S3バケット: ", "sales-elsewhere");
    pty.expect("JMC-S3-REGION");
    answer(&mut pty, "構成要素(SQL)用S3バケット: ", "sales-jmc-sql");
    answer(
        &mut pty,
        "構成要素(プログラム)用S3バケット: ",
        "sales-jmc-program",
    );
    answer(&mut pty, "(jmc-sales-redshift-role): ", "");
    answer(&mut pty, "番号 (1): ", "");
    answer(&mut pty, "を実行しますか? (y/N) ", "y");
    let ended = pty.end();
    assert_eq!(ended.exit, 0, "{:#?}", ended.screen);
    assert_clean(&ended);
    assert_eq!(world.saved(), sales_file(&world));
    assert_sales(&world);

    for told in [
        "? サイト名 (英数字、-、_): 営業",
        "? サイト名 (英数字、-、_): sales",
        "  クラスター csa-dwh、リージョン ap-northeast-1",
        "? Redshift接続パスワード: ********",
        "? データ連携用S3バケット: s3://sales-jmc-data/",
        "  sales-jmc-data は存在しません。新しく作成します。",
        "                          Redshift    ECSタスク   Lambda",
        "  データ連携用            ok          ok          ok",
        "  構成要素(SQL)用         -           ok          ok",
        "  構成要素(プログラム)用  -           ok          ok",
    ] {
        assert!(
            ended.screen.iter().any(|row| row == told),
            "{told:?} in {:#?}",
            ended.screen
        );
    }
    // Nothing is wrapped but errors, which are sentences, and what is copied whole.
    let copied = |row: &str| {
        ["amazona", "arn:", "email:", "/"]
            .iter()
            .any(|part| row.contains(part))
    };
    let error = |rows: &[String]| rows.iter().any(|row| row.contains("JMC-"));
    let wrapped: Vec<&String> = (0..ended.screen.len())
        .filter(|at| !error(&ended.screen[at.saturating_sub(2)..=*at]))
        .map(|at| &ended.screen[at])
        .filter(|row| row.width() >= 79 && !copied(row))
        .collect();
    assert!(wrapped.is_empty(), "{wrapped:#?}");
}

#[test]
fn ctrl_c_at_the_password_leaves_the_terminal_as_it_was_and_nothing_behind() {
    for typed in ["", "Canary"] {
        let world = World::jmc();
        let mut pty = start(&world);
        to_the_password(&mut pty);
        pty.send(typed);
        pty.send("\x03");
        let ended = pty.end();
        assert_eq!(ended.exit, 130, "{:?}", ended.screen);
        assert_clean(&ended);
        assert!(!ended.output.contains("Canary"));
        let last = ended.screen[ended.screen.len() - 2..].to_vec();
        assert_eq!(
            last,
            [
                "エラー JMC-INTERRUPTED: 中断しました。",
                "対処: AWSのリソースは変更していません。"
            ]
        );
        world.assert_untouched();
        assert!(!world.site_file().exists());
    }
}

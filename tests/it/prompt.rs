//! Asking and interrupting through a real (pseudo-)terminal.

use crate::pty::Pty;
use jmc_site::error::Error;
use jmc_site::messages::{Lang, Text};
use jmc_site::prompt::terminal::{Look, Terminal};
use jmc_site::prompt::{Prompter, QuestionId};
use jmc_site::signals::{Say, Signals};
use jmc_site::terminal::can_ask;
use std::io::Write;
use std::process::Command;
use std::time::Duration;

/// Says which question [`child`] asks.
const ASK: &str = "JMC_TEST_ASK";

const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const BACKSPACE: &str = "\x7f";

fn sentence(key: &'static str, en: &str, ja: &str) -> Text {
    Text::new(key, None, en.to_owned(), ja.to_owned())
}

/// A rule like that of a port, with a code.
fn digits(typed: &str) -> Result<(), Text> {
    if !typed.is_empty() && typed.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(());
    }
    let (en, ja) = (
        format!("`{typed}` is not a number."),
        format!("`{typed}` は数値ではありません。"),
    );
    Err(Text::new("digits", Some("JMC-TEST-DIGITS"), en, ja))
}

fn say(line: &str) {
    writeln!(std::io::stderr(), "{line}").expect("stderr");
}

fn report(error: &Error, lang: Lang) {
    say(&format!("{}: {}", error.code(), error.text().get(lang)));
    for hint in error.hints() {
        say(&format!("hint: {}", hint.get(lang)));
    }
}

/// The program that the other tests talk to.
#[test]
#[ignore = "a program, run by the tests of this module"]
fn child() {
    let Ok(ask) = std::env::var(ASK) else {
        return;
    };
    let lang = Lang::from_locale(|name| std::env::var(name).ok());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let voice = move |what| match what {
        Say::Note(text) => say(text.get(lang)),
        Say::End(error) => report(&error, lang),
    };
    let signals = Signals::install(runtime.handle(), Box::new(voice)).expect("signals");
    let mut terminal = Terminal::new(lang, Look::from_env(|name| std::env::var(name).ok()));
    say(&format!("<pid {}>", std::process::id()));
    match asked(&ask, &mut terminal, &signals) {
        Ok(answer) => say(&format!("<answer {answer}>")),
        Err(error) => {
            report(&error, lang);
            std::process::exit(error.exit_code() as i32);
        }
    }
}

fn asked(ask: &str, terminal: &mut Terminal, signals: &Signals) -> Result<String, Error> {
    let items = [
        sentence("system", "Use the system settings", "システム設定を使用"),
        sentence("own", "Use settings of this site", "このサイトの設定を使用"),
        sentence("none", "Do not notify", "通知しない"),
    ];
    let any = |_: &str| Ok(());
    Ok(match ask {
        "text" => {
            let question = sentence("name", "Site name", "サイト名");
            let answer = terminal.text(QuestionId::SiteName, &question, None, &any)?;
            format!("{answer:?}")
        }
        "port" => {
            let question = sentence("port", "Port", "ポート");
            terminal.text(QuestionId::Port, &question, Some("5439"), &digits)?
        }
        "panic" => {
            let question = sentence("port", "Port", "ポート");
            terminal.text(QuestionId::Port, &question, None, &|_| panic!("on purpose"))?
        }
        "secret" => {
            let question = sentence("password", "Password", "パスワード");
            let secret = terminal.secret(QuestionId::Password, &question)?;
            match secret {
                None => "none".to_owned(),
                Some(secret) => format!("of {} bytes", secret.expose().len()),
            }
        }
        "confirm" => {
            let question = sentence("apply", "Apply?", "実行しますか?");
            terminal
                .confirm(QuestionId::Apply, &question, false)?
                .to_string()
        }
        "select" => {
            let question = sentence("notify", "Notifications", "ジョブ実行通知");
            terminal
                .select(QuestionId::Notifications, &question, &items, 1)?
                .to_string()
        }
        "select-many" => {
            let question = sentence("events", "Events", "通知するイベント");
            let defaults = [false, true, true];
            let chosen = terminal.select_many(QuestionId::Events, &question, &items, &defaults)?;
            format!("{chosen:?}")
        }
        "nothing" => format!("{} {}", can_ask(false), can_ask(true)),
        "apply" => {
            let cancel = signals.applying("jmc-site apply".to_owned());
            say("<applying>");
            while !cancel.is_cancelled() {
                std::thread::sleep(Duration::from_millis(5));
            }
            say("<stopping>");
            std::thread::sleep(Duration::from_secs(60));
            "too late".to_owned()
        }
        _ => panic!("no question {ask}"),
    })
}

fn program(ask: &str, lang: Lang) -> Command {
    let mut program = Command::new(std::env::current_exe().expect("this program"));
    program
        .args(["prompt::child", "--exact", "--ignored", "--nocapture"])
        .env(ASK, ask)
        .env_remove("LC_ALL")
        .env_remove("LC_MESSAGES")
        .env("LANG", if lang == Lang::Ja { "ja_JP.UTF-8" } else { "C" });
    program
}

fn start(ask: &str, lang: Lang) -> Pty {
    Pty::start(&program(ask, lang), (80, 24))
}

/// Returns the lines of a screen after the one with the process id.
fn lines(screen: &[String]) -> Vec<&str> {
    screen.iter().skip(1).map(String::as_str).collect()
}

#[test]
fn ctrl_c_at_any_prompt_exits_130_and_leaves_the_terminal_as_it_was() {
    let told_en = [
        "JMC-INTERRUPTED: Interrupted.",
        "hint: Nothing was changed in AWS.",
    ];
    let told_ja = [
        "JMC-INTERRUPTED: 中断しました。",
        "hint: AWSのリソースは変更していません。",
    ];
    for (ask, en, ja) in [
        ("text", "Site name: ", "サイト名: "),
        ("secret", "Password: ", "パスワード: "),
        ("confirm", "Apply? (y/N) ", "実行しますか? (y/N) "),
        ("select", "Number (2): ", "番号 (2): "),
        ("select-many", "(2,3): ", "(2,3): "),
    ] {
        for (lang, prompt, told) in [(Lang::En, en, told_en), (Lang::Ja, ja, told_ja)] {
            for typed in ["", "ab", "営業"] {
                let mut pty = start(ask, lang);
                pty.expect(prompt);
                pty.wait_for_no_echo();
                pty.send(typed);
                pty.send(CTRL_C);
                let ended = pty.end();
                assert_eq!(ended.exit, 130, "{ask}: {:?}", ended.screen);
                assert!(ended.modes_kept, "{ask}");
                assert!(ended.cursor_shown, "{ask}");
                assert!(ended.output.contains("\x1b[?25h"), "{ask}");
                let lines = lines(&ended.screen);
                assert_eq!(lines[lines.len() - 2..], told, "{ask}: {lines:?}");
                let times = ended.output.matches("JMC-INTERRUPTED").count();
                assert_eq!(times, 1, "{ask}: {lines:?}");
            }
        }
    }
}

#[test]
fn sigterm_from_elsewhere_ends_a_prompt_like_ctrl_c() {
    for (ask, prompt) in [("text", "Site name: "), ("secret", "Password: ")] {
        let mut pty = start(ask, Lang::En);
        let pid = pty.number("<pid ", ">");
        pty.expect(prompt);
        pty.wait_for_no_echo();
        let pid = rustix::process::Pid::from_raw(pid).expect("a process id");
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("a signal");
        let ended = pty.end();
        assert_eq!(ended.exit, 130, "{ask}");
        assert!(ended.modes_kept, "{ask}");
    }
}

#[test]
fn ctrl_d_gives_up_and_is_no_answer() {
    for (ask, prompt) in [("text", "サイト名: "), ("select", "番号 (2): ")] {
        let mut pty = start(ask, Lang::Ja);
        pty.expect(prompt);
        pty.wait_for_no_echo();
        pty.send(CTRL_D);
        let ended = pty.end();
        assert_eq!(ended.exit, 130, "{ask}");
        assert!(ended.modes_kept, "{ask}");
        let lines = lines(&ended.screen);
        let told = [
            "JMC-INTERRUPTED: 中断しました。",
            "hint: AWSのリソースは変更していません。",
        ];
        assert_eq!(lines[lines.len() - 2..], told, "{lines:?}");
    }
    // Where the kernel edits the line, it takes effect with the next Enter.
    let mut pty = start("secret", Lang::Ja);
    pty.expect("パスワード: ");
    pty.wait_for_no_echo();
    pty.send(CTRL_D);
    pty.send("\r");
    let ended = pty.end();
    assert_eq!(ended.exit, 130);
    assert!(ended.modes_kept);
}

#[test]
fn the_first_ctrl_c_while_applying_asks_to_stop_and_the_second_ends_the_run() {
    let mut pty = start("apply", Lang::Ja);
    pty.expect("<applying>");
    pty.send(CTRL_C);
    // These two come from different threads, in any order.
    pty.expect_once("もう一度 Ctrl-C を押してください。");
    pty.expect_once("<stopping>");
    pty.send(CTRL_C);
    let ended = pty.end();
    assert_eq!(ended.exit, 130);
    assert!(ended.modes_kept);
    for told in [
        "hint: 変更の一部が反映されている可能性があります。",
        "次のコマンドを実行してください: jmc-site apply",
    ] {
        assert!(ended.output.contains(told), "{:?}", ended.screen);
    }
}

#[test]
fn a_panic_in_the_middle_of_a_question_leaves_the_terminal_as_it_was() {
    let mut pty = start("panic", Lang::En);
    pty.expect("Port: ");
    pty.send("1\r");
    let ended = pty.end();
    assert_ne!(ended.exit, 0);
    assert!(ended.modes_kept);
    assert!(ended.output.contains("on purpose"));
    assert!(ended.output.contains("\x1b[?25h"));
}

#[test]
fn an_invalid_answer_is_asked_again_with_the_reason_and_enter_takes_the_default() {
    let mut pty = start("port", Lang::Ja);
    pty.expect("(5439): ");
    pty.send_slowly("５４３９\r");
    pty.expect("(5439): ");
    pty.send_slowly("\r");
    let ended = pty.end();
    assert_eq!(ended.exit, 0);
    assert!(ended.modes_kept);
    assert_eq!(
        lines(&ended.screen),
        [
            "? ポート (5439): ５４３９",
            "  エラー JMC-TEST-DIGITS: `５４３９` は数値ではありません。",
            "? ポート (5439):",
            "<answer 5439>",
        ]
    );
}

#[test]
fn japanese_is_erased_by_whole_characters() {
    let mut pty = start("text", Lang::Ja);
    pty.expect("サイト名: ");
    pty.send_slowly("営業部テス");
    pty.send_slowly(&BACKSPACE.repeat(2));
    pty.send_slowly("a\r");
    let ended = pty.end();
    assert_eq!(
        lines(&ended.screen),
        ["? サイト名: 営業部a", "<answer \"営業部a\">"]
    );
}

#[test]
fn a_line_longer_than_the_terminal_is_wide_can_be_erased_and_typed_again() {
    let endpoint = "csa-dwh.c9x1abcd.ap-northeast-1.redshift.amazonaws.com:5439/dev";
    for columns in [20, 21, 22, 23] {
        let mut pty = Pty::start(&program("text", Lang::Ja), (columns, 24));
        pty.expect("サイト名: ");
        pty.wait_for_no_echo();
        // Pasted, erased to the last character, and typed once more.
        pty.send(endpoint);
        pty.send(&BACKSPACE.repeat(endpoint.len() + 3));
        pty.send("東京の営業部の売上のサイト");
        pty.send(&BACKSPACE.repeat(3));
        pty.send("\r");
        pty.expect("<answer \"東京の営業部の売上の\">");
        let ended = pty.end();
        assert_eq!(
            lines(&ended.screen)[..ended.screen.len() - 3].concat(),
            "? サイト名: 東京の営業部の売上の",
            "{columns} columns: {:?}",
            ended.output
        );
        assert!(ended.modes_kept);
    }
}

#[test]
fn a_pasted_line_shows_once() {
    let text = "abcdefg".repeat(200);
    let mut pty = start("text", Lang::En);
    pty.expect("Site name: ");
    pty.wait_for_no_echo();
    // A paste reaches the program in pieces, some of them between two reads.
    for piece in text.as_bytes().chunks(7) {
        pty.send(std::str::from_utf8(piece).expect("ASCII"));
        std::thread::sleep(Duration::from_micros(20));
    }
    pty.send("\r");
    let ended = pty.end();
    let shown = lines(&ended.screen).concat();
    assert!(
        shown == format!("? Site name: {text}<answer {text:?}>"),
        "{shown}"
    );
}

#[test]
fn ctrl_u_wipes_the_line() {
    let mut pty = start("text", Lang::En);
    pty.expect("Site name: ");
    pty.wait_for_no_echo();
    let wrong = "wrong".repeat(20);
    pty.send(&format!("{wrong}\x15sales\r"));
    let ended = pty.end();
    assert_eq!(
        lines(&ended.screen),
        ["? Site name: sales", "<answer \"sales\">"]
    );
}

#[test]
fn control_characters_are_refused_by_name() {
    let mut pty = start("text", Lang::En);
    pty.expect("Site name: ");
    pty.wait_for_no_echo();
    pty.send_slowly("a\x07b\r");
    pty.expect("(U+0007)");
    pty.expect("Site name: ");
    pty.send_slowly("ab\r");
    pty.expect("<answer \"ab\">");
    assert_eq!(pty.end().exit, 0);
}

#[test]
fn a_secret_shows_nothing_but_eight_stars() {
    let mut pty = start("secret", Lang::Ja);
    pty.expect("パスワード: ");
    pty.wait_for_no_echo();
    pty.send("Pa日本");
    pty.send(BACKSPACE);
    pty.send("\r");
    let ended = pty.end();
    assert!(ended.modes_kept);
    assert_eq!(
        lines(&ended.screen),
        ["? パスワード: ********", "<answer of 5 bytes>"]
    );

    let mut pty = start("secret", Lang::En);
    pty.expect("Password: ");
    pty.wait_for_no_echo();
    pty.send("\r");
    assert_eq!(lines(&pty.end().screen), ["? Password:", "<answer none>"]);
}

#[test]
fn choices_are_numbered_lists() {
    let mut pty = start("select-many", Lang::Ja);
    pty.expect("(2,3): ");
    pty.send_slowly("4\r");
    pty.expect("(2,3): ");
    pty.send_slowly("３、1\r");
    let ended = pty.end();
    assert_eq!(
        lines(&ended.screen),
        [
            "? 通知するイベント:",
            "  1) システム設定を使用",
            "  2) このサイトの設定を使用",
            "  3) 通知しない",
            "? 番号 (コンマ区切り、なしは 0) (2,3): 4",
            "  1 から 3 までの番号をコンマ区切りで入力してください (なしは 0)。",
            "? 番号 (コンマ区切り、なしは 0) (2,3): ３、1",
            "<answer [0, 2]>",
        ]
    );
}

#[test]
fn a_terminal_of_two_rows_or_of_no_known_size_does() {
    for size in [(80, 2), (10, 1), (0, 0)] {
        for ask in ["text", "confirm", "select", "select-many"] {
            let mut pty = Pty::start(&program(ask, Lang::En), size);
            pty.expect(if ask == "confirm" { ") " } else { ": " });
            pty.wait_for_no_echo();
            pty.send(&"日".repeat(12));
            pty.send(&BACKSPACE.repeat(12));
            pty.send(if ask == "text" { "a\r" } else { "\r" });
            pty.expect("<answer ");
            let ended = pty.end();
            assert_eq!(ended.exit, 0, "{ask} {size:?}");
            assert!(ended.modes_kept, "{ask} {size:?}");
        }
    }
}

#[test]
fn no_color_draws_without_escape_sequences() {
    for (name, mark) in [("NO_COLOR", "? "), ("ACCESSIBLE", "")] {
        let mut program = program("port", Lang::En);
        program.env(name, "1");
        let mut pty = Pty::start(&program, (80, 24));
        pty.expect("(5439): ");
        pty.send_slowly(&format!("x{BACKSPACE}y\r"));
        pty.expect("(5439): ");
        pty.send_slowly("1\r");
        let ended = pty.end();
        assert!(!ended.output.contains('\x1b'), "{:?}", ended.output);
        assert_eq!(
            lines(&ended.screen)[0],
            format!("{mark}Port (5439): y"),
            "{name}"
        );
    }
}

#[test]
fn questions_are_possible_only_when_stdin_is_the_terminal_too() {
    let mut pty = start("nothing", Lang::En);
    pty.expect("<answer true false>");
    assert_eq!(pty.end().exit, 0);

    let program = program("nothing", Lang::En);
    let mut piped = Command::new("sh");
    piped
        .args(["-c", "\"$0\" \"$@\" </dev/null"])
        .arg(program.get_program())
        .args(program.get_args());
    for (name, value) in program.get_envs() {
        piped.env(name, value.unwrap_or_default());
    }
    let mut pty = Pty::start(&piped, (80, 24));
    pty.expect("<answer false false>");
    assert_eq!(pty.end().exit, 0);
}

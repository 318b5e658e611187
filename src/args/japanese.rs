//! Owns the help of the command line in Japanese.

/// Help in Japanese, by the argument's or command's id.
pub(super) const JAPANESE: &[(&str, &str)] = &[
    (
        "jmc-site",
        "Amazon Redshiftを使用するCSA JMCのサイトを設定します",
    ),
    (
        "init",
        "最初の質問からサイトファイルの保存まで、サイトの設定をすべて行います",
    ),
    (
        "test-connection",
        "Redshiftへの接続を段階ごとにテストします",
    ),
    (
        "lang",
        "メッセージの言語: ja または en [デフォルト: LC_ALL、LC_MESSAGES、LANG に従う]",
    ),
    ("profile", "使用するAWSプロファイル"),
    (
        "region",
        "Redshiftのリージョン (ホスト名から判別できない場合)",
    ),
    ("endpoint_url", "AWSへの呼び出しをすべてこのURLに送信"),
    ("site", "サイトファイル [デフォルト: jmc-site.json]"),
    (
        "output",
        "結果の形式: human または json (英語のJSON値1つ) [デフォルト: human]",
    ),
    ("no_input", "質問せず、不足している回答をまとめて表示"),
    ("verbose", "AWSの呼び出しを1行ずつ表示"),
    (
        "answers",
        "回答をファイルから読み込む (サイトファイルも使用可)",
    ),
    ("yes", "確認せずに計画を実行"),
    ("dry_run", "計画だけを表示し、何も変更しない"),
    ("name", "サイト名 (ロール名とトピック名の一部になる)"),
    (
        "host",
        "Redshift接続先URL (ホスト、ホスト:ポート、ホスト:ポート/データベース、JDBC URL)",
    ),
    ("port", "Redshift接続ポート番号 [デフォルト: 5439]"),
    ("database", "Redshift接続データベース名"),
    ("user", "Redshift接続ユーザー名"),
    (
        "password_stdin",
        "Redshift接続パスワードを標準入力から読み込む",
    ),
    (
        "password_secret",
        "Redshift接続パスワードを取得するAWS Secrets ManagerのシークレットのARN",
    ),
    (
        "auth",
        "ログイン方法: password、または iam (AWSの一時的な認証情報) [デフォルト: password]",
    ),
    (
        "db_user",
        "一時的な認証情報を取得するデータベースユーザー [デフォルト: IAMの実行者に対応するユーザー]",
    ),
    (
        "warehouse",
        "Redshiftの種類 (ホスト名から判別できない場合): provisioned または serverless",
    ),
    ("cluster", "クラスター識別子 (ホスト名から判別できない場合)"),
    (
        "workgroup",
        "Serverlessのワークグループ名 (ホスト名から判別できない場合)",
    ),
    (
        "tls",
        "TLSの検証: verify-full、verify-ca、require、disable (ループバックのみ) [デフォルト: verify-full]",
    ),
    ("ca_file", "追加の認証局証明書のPEMファイル"),
    (
        "tls_server_name",
        "証明書に記載されている名前 (CNAME、トンネル、IPアドレスの場合)",
    ),
    (
        "connect_timeout",
        "接続テストの各段階の制限時間 (秒) [デフォルト: 名前解決 5、TCPとTLS 10、ログインと問い合わせ 30]",
    ),
    ("schema", "接続ユーザーが使用できることを確認するスキーマ"),
    (
        "skip_connection_test",
        "接続テストを省略し、サイトファイルに記録",
    ),
    (
        "notifications",
        "ジョブ実行通知: system (システム設定を使用) または site (サイト独自)",
    ),
    ("notify_on", "通知タイミング: success、failure、maintenance"),
    (
        "source_code",
        "異常終了時のソースコード記載: include または omit",
    ),
    (
        "topic",
        "通知用SNSトピック: 作成する名前、または既存のARN [デフォルト: jmc-<サイト>-<イベント>]",
    ),
    (
        "subscribe",
        "トピックの通知先 (例: failure=email:ops@example.com)",
    ),
    (
        "data_bucket",
        "データ連携用S3バケット (存在しない場合は作成)",
    ),
    ("data_folder", "データ連携用S3バケットのフォルダ"),
    ("sql_bucket", "構成要素(SQL)用S3バケット (フォルダ sql/)"),
    (
        "program_bucket",
        "構成要素(プログラム)用S3バケット (フォルダ program/python/)",
    ),
    (
        "redshift_role",
        "Redshift IAMロールの名前またはARN (存在しない場合は作成) [デフォルト: jmc-<サイト>-redshift-role]",
    ),
    ("role_path", "作成するロールのパス"),
    ("permissions_boundary", "作成するロールのアクセス許可の境界"),
    (
        "ecs_task_role",
        "ECSタスク IAMロール [デフォルト: jmc-app-role で終わるロール]",
    ),
    (
        "ecs_task_policy",
        "ECSタスク IAMロールのインラインポリシー [デフォルト: app-s3-policy で終わるポリシー]",
    ),
    (
        "lambda_role",
        "Lambda IAMロール [デフォルト: jmc-api-role で終わるロール]",
    ),
    (
        "lambda_policy",
        "Lambda IAMロールのインラインポリシー [デフォルト: app-s3-policy で終わるポリシー]",
    ),
    ("tag", "作成するリソースに付けるタグ"),
    (
        "add-bucket",
        "サイトにバケットを追加し、フォルダとアクセス権限を設定します",
    ),
    (
        "remove-bucket",
        "サイトからバケットを外します (バケットとオブジェクトは削除しません)",
    ),
    (
        "plan",
        "サイトファイルに合わせるための変更を表示します (変更がある場合の終了コードは 3)",
    ),
    (
        "apply",
        "AWSをサイトファイルに合わせます (中断後の続行にも使用します)",
    ),
    (
        "check",
        "サイトの状態を読み取り専用で確認します (問題がある場合の終了コードは 3)",
    ),
    ("undo", "直前の実行で変更したポリシーを元に戻します"),
    ("lock", "ロールのロックを表示または解放します"),
    ("show", "サイトのロールのロックを表示します"),
    ("release", "実行がすでに終了しているロックを解放します"),
    ("bucket", "対象のバケット (用途: data、sql、program)"),
    ("also", "同じバケットを必要とする別のサイトのサイトファイル"),
    ("out", "計画を apply 用に保存"),
    (
        "plan_file",
        "plan --out で保存した計画 (AWSが変わっている場合は実行しない)",
    ),
    (
        "files",
        "確認するサイトファイル [デフォルト: --site のファイル]",
    ),
    ("only", "指定したコードの結果だけを表示"),
    ("junit", "JUnit XML形式のレポートを保存"),
    ("id", "表示されたロックのID"),
    (
        "allow_unknown",
        "確認できない項目があっても終了コード 0 とする",
    ),
    (
        "policy_home",
        "アクセス権限の保存先: inline (ロールのインラインポリシー) または managed (ロールごとのカスタマー管理ポリシー) [デフォルト: inline]",
    ),
    (
        "lock_bucket",
        "ロールのロックに使用するバケット [デフォルト: ロールのポリシーにあるシステム用バケット]",
    ),
    ("no_lock", "ほかの操作者との競合を防ぐロックを使用しない"),
    ("help", "ヘルプを表示"),
    ("version", "バージョンを表示"),
];

/// Returns the help of an argument or a command in Japanese.
pub(super) fn japanese(id: &str) -> Option<&'static str> {
    JAPANESE
        .iter()
        .find(|(key, _)| *key == id)
        .map(|(_, text)| *text)
}

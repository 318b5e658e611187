//! Sentences of the wizard.

use super::catalogue;

catalogue! {
    as_is(value) { en: "{value}", ja: "{value}" }
    title(version) {
        en: "jmc-site {version}  set-up of a CSA JMC site (Amazon Redshift)",
        ja: "jmc-site {version}  CSA JMC のサイト設定 (Amazon Redshift)",
    }
    account() { en: "AWS account", ja: "AWS アカウント" }
    caller() { en: "caller", ja: "実行者" }
    profile(name) { en: "profile {name}", ja: "プロファイル {name}" }
    region_label() { en: "region", ja: "リージョン" }
    region_of_warehouse() { en: "the warehouse's", ja: "接続先のリージョンを使用" }
    expires() { en: "credentials end", ja: "認証の有効期限" }
    expires_in(hours, minutes) { en: "in {hours} h {minutes} min", ja: "あと {hours} 時間 {minutes} 分" }
    expires_soon() {
        en: "soon: get new credentials before going on, a run can take several minutes",
        ja: "まもなく切れます。実行には数分かかるため、先に認証情報を更新してください",
    }
    expires_never() { en: "never (long-term keys)", ja: "なし (長期のアクセスキー)" }
    ask_account() { en: "Go on in this account?", ja: "このアカウントで続けますか?" }
    existing_file(path) {
        en: "`{path}` is there: its values are the defaults. It is replaced only when you confirm the plan.",
        ja: "`{path}` があるため、その値を既定値として使用します。計画を確認するまで置き換えません。",
    }
    other_account(file, account, expected) ["JMC-ACCOUNT"] {
        en: "`{file}` is for account {expected}, but the caller is in account {account}.",
        ja: "`{file}` はアカウント {expected} のものですが、実行者のアカウントは {account} です。",
    }
    other_account_hint() {
        en: "Choose the right profile with --profile, or another file with --site.",
        ja: "--profile で正しいプロファイルを指定するか、--site で別のファイルを指定してください。",
    }
    region_conflict(flag, region) ["JMC-REGION"] {
        en: "The region {flag} was given, but the warehouse is in {region}.",
        ja: "リージョン {flag} が指定されていますが、接続先は {region} にあります。",
    }
    region_conflict_hint() {
        en: "The warehouse's region is the site's region; leave --region out.",
        ja: "サイトのリージョンは接続先のリージョンになります。--region を指定しないでください。",
    }
    partition_conflict(host, partition, expected) ["JMC-PARTITION"] {
        en: "`{host}` is in the partition `{partition}`, but the caller is in `{expected}`.",
        ja: "`{host}` のパーティションは `{partition}` ですが、実行者のパーティションは `{expected}` です。",
    }

    section_redshift() { en: "1/4  Redshift connection", ja: "1/4  Redshift接続" }
    section_notifications() { en: "2/4  Job notifications", ja: "2/4  ジョブ実行通知" }
    section_components() { en: "3/4  Components", ja: "3/4  構成要素設定" }
    section_review() { en: "4/4  Review", ja: "4/4  確認" }

    host_help() {
        en: "Paste the endpoint as the Redshift console shows it.",
        ja: "接続先はRedshiftコンソールの「エンドポイント」をそのまま貼り付けられます。",
    }
    ask_name() { en: "Site name (letters, digits, - and _)", ja: "サイト名 (英数字、-、_)" }
    ask_host() { en: "Redshift endpoint", ja: "Redshift接続先URL" }
    ask_port() { en: "Port", ja: "Redshift接続ポート番号" }
    ask_database() { en: "Database", ja: "Redshift接続データベース名" }
    ask_user() { en: "User", ja: "Redshift接続ユーザー名" }
    ask_password() { en: "Password", ja: "Redshift接続パスワード" }
    password_needed() { en: "A password is needed for the connection test.", ja: "接続テストにはパスワードが必要です。" }
    endpoint_cluster(cluster, region) {
        en: "  cluster {cluster}, region {region}",
        ja: "  クラスター {cluster}、リージョン {region}",
    }
    endpoint_workgroup(workgroup, region) {
        en: "  Serverless workgroup {workgroup}, region {region}",
        ja: "  Serverlessワークグループ {workgroup}、リージョン {region}",
    }
    endpoint_partly(region) {
        en: "  A VPC endpoint in {region}: its name does not tell what is behind it.",
        ja: "  {region} のVPCエンドポイントです。接続先は名前から判別できません。",
    }
    endpoint_custom() {
        en: "  A name of your own: it does not tell what is behind it.",
        ja: "  独自の名前のため、接続先を判別できません。",
    }
    ask_kind() { en: "What is behind this name?", ja: "この名前の接続先はどれですか?" }
    kind_provisioned() { en: "Provisioned cluster", ja: "プロビジョニングされたクラスター" }
    kind_serverless() { en: "Redshift Serverless", ja: "Redshift Serverless" }
    ask_cluster() { en: "Cluster identifier", ja: "クラスター識別子" }
    ask_workgroup() { en: "Workgroup", ja: "ワークグループ名" }
    ask_region() { en: "Region of the warehouse", ja: "接続先のリージョン" }
    password_from(source) { en: "  password: {source}", ja: "  パスワード: {source}" }
    test_skipped() {
        en: "The connection test is left out, as asked. The site file says so.",
        ja: "指定により接続テストを省略します。サイトファイルに記録します。",
    }
    test_failed(phase) { en: "{phase} failed", ja: "{phase} に失敗しました" }
    ask_after_test() { en: "What now?", ja: "次の操作を選択してください" }
    after_retry() { en: "Test again", ja: "もう一度テストする" }
    after_edit() { en: "Change the answers", ja: "入力を修正する" }
    after_skip() {
        en: "Go on without the test (JMC's server may reach what this machine can't)",
        ja: "テストせずに続ける (JMCサーバからだけ接続できる場合)",
    }
    after_quit() { en: "Quit", ja: "終了する" }
    unchanged_hint() { en: "Nothing was changed in AWS.", ja: "AWSでは何も変更していません。" }
    skip_test_hint() {
        en: "If only JMC's server can reach the warehouse, add --skip-connection-test.",
        ja: "JMCサーバからだけ接続できる環境では、--skip-connection-test を指定してください。",
    }

    ask_notifications() { en: "Notification settings", ja: "ジョブ実行通知の設定" }
    notifications_system() { en: "Use the system settings", ja: "システム設定を使用する" }
    notifications_site() { en: "This site's own", ja: "このサイト独自の設定を使用する" }
    ask_events() { en: "Notify on", ja: "通知タイミング" }
    event_success() { en: "job succeeded", ja: "ジョブ成功時" }
    event_failure() { en: "job failed", ja: "ジョブ失敗時" }
    event_maintenance() { en: "maintenance", ja: "メンテナンス時" }
    need_event() {
        en: "Choose at least one event, or use the system settings.",
        ja: "通知タイミングを1つ以上選択するか、システム設定を使用してください。",
    }
    ask_source_code() {
        en: "Include the source code when a job ends abnormally?",
        ja: "異常終了時にソースコードを記載しますか?",
    }
    topic_help() {
        en: "A name creates the topic; the ARN of one that is there is used as it is.",
        ja: "名前を入力するとトピックを作成します。既存のトピックはARNを入力してください。",
    }
    ask_topic(event) { en: "SNS topic ({event})", ja: "通知用SNS Topic ({event})" }
    subscription_help() {
        en: "A mail address, a URL, an ARN, or protocol:endpoint (sms:+819012345678).",
        ja: "メールアドレス、URL、ARN、または「sms:+819012345678」の形で入力します。",
    }
    ask_subscription(event) {
        en: "Notify ({event}; empty line ends)",
        ja: "通知先 ({event}、空行で終了)",
    }

    buckets_help(region) {
        en: "Buckets are made in {region}, as the warehouse (no cross-region COPY).",
        ja: "バケットは {region} に作成します (クロスリージョンCOPYは非対応)。",
    }
    ask_data_bucket() { en: "Data exchange bucket", ja: "データ連携用S3バケット" }
    ask_sql_bucket() { en: "SQL bucket", ja: "構成要素(SQL)用S3バケット" }
    ask_program_bucket() { en: "Program bucket", ja: "構成要素(プログラム)用S3バケット" }
    ask_folder() {
        en: "Folder for data exchange (empty line ends)",
        ja: "データ連携用のフォルダ (空行で終了)",
    }
    need_folder() {
        en: "Name at least one folder: JMC needs them before the first job.",
        ja: "フォルダを1つ以上入力してください。ジョブの実行前に必要です。",
    }
    bucket_new(bucket) {
        en: "  {bucket} does not exist. It will be created.",
        ja: "  {bucket} は存在しません。新しく作成します。",
    }
    bucket_there(bucket, region, content) {
        en: "  {bucket} is in this account ({region}, {content}). It will be used.",
        ja: "  {bucket} はこのアカウントにあります ({region}、{content})。これを使います。",
    }
    bucket_empty() { en: "empty", ja: "空" }
    bucket_not_empty() { en: "with objects in it", ja: "オブジェクトあり" }
    ask_redshift_role() {
        en: "Redshift IAM role (name or ARN)",
        ja: "Redshift IAMロール (名前またはARN)",
    }
    role_new(role) {
        en: "  {role} does not exist. It will be created.",
        ja: "  {role} は存在しません。新しく作成します。",
    }
    role_there(role) {
        en: "  {role} exists. It will be used.",
        ja: "  {role} は存在します。これを使います。",
    }
    ask_ecs_task_role() { en: "ECS task IAM role (name or ARN)", ja: "ECSタスク IAMロール (名前またはARN)" }
    ask_lambda_role() { en: "Lambda IAM role (name or ARN)", ja: "Lambda IAMロール (名前またはARN)" }
    ask_inline_policy(role) { en: "Inline policy of {role}", ja: "{role} のインラインポリシー" }
    role_found(label, role, policy) {
        en: "  {label}: {role} ({policy})",
        ja: "  {label}: {role} ({policy})",
    }

    ask_review() { en: "Anything to change?", ja: "修正する項目" }
    review_go_on() { en: "No, show the plan", ja: "なし (計画を表示する)" }
    review_redshift() { en: "Redshift connection", ja: "Redshift接続" }
    review_notifications() { en: "Job notifications", ja: "ジョブ実行通知" }
    review_components() { en: "Components", ja: "構成要素設定" }
    review_password(source) { en: "(password: {source})", ja: "(パスワード: {source})" }
    review_subscriptions(count) { en: "{count} subscription(s)", ja: "通知先 {count} 件" }
    ask_apply_deleting(account, creates, changes, deletes) {
        en: "Create {creates}, change {changes} and delete {deletes} in account {account}?",
        ja: "アカウント {account} で 作成 {creates} 件、変更 {changes} 件、削除 {deletes} 件を実行しますか?",
    }
    home_offer() {
        en: "The inline policies of a role are full. This site's buckets can move into a customer managed policy of each role; what else stands in the inline policies is left.",
        ja: "ロールのインラインポリシーに空きがありません。このサイトのバケットの権限は、各ロールのカスタマー管理ポリシーに移すことができます。インラインポリシーのほかの内容は変更しません。",
    }
    ask_home() {
        en: "Plan again with managed policies?",
        ja: "管理ポリシーを使用して計画し直しますか?",
    }
    ask_apply(account, creates, changes) {
        en: "Create {creates} and change {changes} in account {account}?",
        ja: "アカウント {account} で 作成 {creates} 件、変更 {changes} 件を実行しますか?",
    }
}

//! Sentences about where a login comes from, and about `test-connection`.

use super::catalogue;

catalogue! {
    source_secret(arn) { en: "AWS Secrets Manager {arn}", ja: "AWS Secrets Manager {arn}" }
    source_iam() { en: "temporary credentials of AWS", ja: "AWSの一時的な認証情報" }
    source_iam_db_user(name) {
        en: "temporary credentials of AWS for {name}",
        ja: "AWSの一時的な認証情報 ({name})",
    }
    iam_and_password() ["JMC-LOGIN-BOTH"] {
        en: "with `iam` there is no password: leave --password-stdin and --password-secret out",
        ja: "`iam` ではパスワードを使用しません。--password-stdin と --password-secret は指定しないでください",
    }
    db_user_without_iam() ["JMC-LOGIN-DB-USER"] {
        en: "goes with --auth iam only; otherwise give --user",
        ja: "--auth iam と併用する場合にのみ指定できます。それ以外では --user を指定してください",
    }
    secret_arn(form) ["JMC-SECRET-ARN"] {
        en: "not the ARN of a secret; its form is {form}",
        ja: "シークレットのARNではありません (形式: {form})",
    }

    secret_missing(arn) ["JMC-SECRET-MISSING"] {
        en: "AWS Secrets Manager has no secret `{arn}`.",
        ja: "AWS Secrets Managerにシークレット `{arn}` が存在しません。",
    }
    secret_missing_hint() {
        en: "Copy the ARN from the secret's page in the console; a secret that is scheduled for deletion counts as missing.",
        ja: "コンソールのシークレットの画面からARNをコピーしてください。削除が予定されているシークレットも使用できません。",
    }
    secret_binary(arn) ["JMC-SECRET-BINARY"] {
        en: "The secret `{arn}` is binary; a password has to be text.",
        ja: "シークレット `{arn}` はバイナリです。パスワードはテキストで保存されている必要があります。",
    }
    secret_no_password(arn) ["JMC-SECRET-PASSWORD"] {
        en: "The secret `{arn}` is a JSON object without a text under the key `password`.",
        ja: "シークレット `{arn}` のJSONに、キー `password` の文字列がありません。",
    }
    secret_form_hint() {
        en: "Keep the password as the plain text of the secret, or as its JSON key `password`, as the console does for Redshift.",
        ja: "パスワードは、シークレットのプレーンテキストとして、またはJSONのキー `password` として保存してください (コンソールでRedshift用に作成した場合は後者になります)。",
    }
    credentials_incomplete(action) ["JMC-LOGIN-INCOMPLETE"] {
        en: "AWS answered {action} without a user or a password.",
        ja: "{action} に対するAWSの応答に、ユーザーまたはパスワードが含まれていません。",
    }
    db_user_serverless(name) ["JMC-LOGIN-SERVERLESS"] {
        en: "AWS gives no temporary credentials for the database user `{name}` of a Serverless workgroup.",
        ja: "Serverlessのワークグループでは、データベースユーザー `{name}` の一時的な認証情報を取得できません。",
    }
    db_user_serverless_hint() {
        en: "Leave --db-user out: the login is then the caller's own, `IAM:...` or `IAMR:...`.",
        ja: "--db-user を指定しないでください。実行者に対応するユーザー (`IAM:...` または `IAMR:...`) でログインします。",
    }
    other_user(login, user) {
        en: "The test logged in as `{login}`. JMC will log in as `{user}`, whose password was not tried.",
        ja: "テストでは `{login}` としてログインしました。JMCが使用する `{user}` のパスワードは確認していません。",
    }

    testing(address, source) {
        en: "{address}   password: {source}",
        ja: "{address}   パスワード: {source}",
    }
    missing_hint() {
        en: "Give the flags, or the site file with --site.",
        ja: "フラグを指定するか、--site でサイトファイルを指定してください。",
    }
    fact_user() { en: "user", ja: "ユーザー" }
    fact_database() { en: "database", ja: "データベース" }
    fact_version() { en: "version", ja: "バージョン" }
    fact_not_redshift(version) {
        en: "{version} (this is not Amazon Redshift)",
        ja: "{version} (Amazon Redshiftではありません)",
    }
    fact_tls() { en: "TLS", ja: "TLS" }
    fact_tls_on(subject, issuer) {
        en: "on   {subject} (issued by {issuer})",
        ja: "有効   {subject} (発行元: {issuer})",
    }
    fact_tls_off() { en: "off", ja: "無効" }
    fact_method() { en: "login", ja: "ログイン方式" }
    fact_latency() { en: "round trip", ja: "応答時間" }
    fact_schema(schema) { en: "schema {schema}", ja: "スキーマ {schema}" }
    fact_role(role) { en: "role {role}", ja: "ロール {role}" }
    usable() { en: "may be used", ja: "使用できます" }
    unusable() { en: "may not be used", ja: "使用する権限がありません" }
    unusable_for(commands) {
        en: "may not be used for {commands}",
        ja: "{commands} で使用する権限がありません",
    }
    not_there() { en: "does not exist", ja: "存在しません" }
    unknown() { en: "can't be read", ja: "確認できません" }
    role_grant(role, user, commands) {
        en: "If JMC's jobs log in as this user, grant the role: GRANT ASSUMEROLE ON '{role}' TO {user} FOR {commands}",
        ja: "JMCのジョブがこのユーザーでログインする場合は、次のSQLで権限を付与してください: GRANT ASSUMEROLE ON '{role}' TO {user} FOR {commands}",
    }
    schema_missing(schema, database) ["JMC-CONN-SCHEMA-MISSING"] {
        en: "The login succeeded, but the database `{database}` has no schema `{schema}`.",
        ja: "ログインはできましたが、データベース `{database}` にスキーマ `{schema}` が存在しません。",
    }
    schema_missing_hint() {
        en: "Check the spelling; SVV_ALL_SCHEMAS lists the schemas of the database.",
        ja: "スキーマ名を確認してください。データベースのスキーマの一覧は SVV_ALL_SCHEMAS で確認できます。",
    }
    schema_denied(schema, user) ["JMC-CONN-SCHEMA-DENIED"] {
        en: "The login succeeded, but the user `{user}` may not use the schema `{schema}`.",
        ja: "ログインはできましたが、ユーザー `{user}` にはスキーマ `{schema}` を使用する権限がありません。",
    }
    schema_denied_hint(schema, user) {
        en: "Its owner or a superuser can grant it: GRANT USAGE ON SCHEMA {schema} TO {user}",
        ja: "スキーマの所有者またはスーパーユーザーが次のSQLで付与できます: GRANT USAGE ON SCHEMA {schema} TO {user}",
    }
}

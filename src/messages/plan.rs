//! Sentences about plans: what will be done, what was done, and how it ended.

use super::catalogue;

catalogue! {
    plan_heading(account, region) {
        en: "Changes (account {account}, {region})",
        ja: "これから行う変更 (アカウント {account}、{region})",
    }
    nothing_to_change() {
        en: "Nothing to change: AWS is as the site wants it.",
        ja: "変更はありません。AWSはサイトの設定どおりです。",
    }
    create_bucket() { en: "create bucket", ja: "バケットを作成" }
    use_bucket() { en: "use bucket", ja: "バケットを使用" }
    create_folders() { en: "create folders", ja: "フォルダを作成" }
    block_public_access() { en: "block public access", ja: "パブリックアクセスをブロック" }
    tag_bucket() { en: "tag bucket", ja: "バケットにタグを設定" }
    create_role() { en: "create IAM role", ja: "IAMロールを作成" }
    use_role() { en: "use IAM role", ja: "IAMロールを使用" }
    grant_buckets() { en: "extend IAM role", ja: "IAMロールに権限を追加" }
    revoke_buckets() { en: "restrict IAM role", ja: "IAMロールの権限を削除" }
    totals_revoking(creates, changes, deletes, revoked) {
        en: "{creates} to create, {changes} to change, {deletes} to delete. {revoked} resource ARN(s) are taken out of policies; no bucket and no object is deleted.",
        ja: "作成 {creates}、変更 {changes}、削除 {deletes}。ポリシーからリソースARNを {revoked} 個取り除きます。バケットとオブジェクトは削除しません。",
    }
    move_buckets() { en: "move access of", ja: "IAMロールの権限を移動" }
    create_managed() { en: "create managed policy of", ja: "ロールの管理ポリシーを作成" }
    delete_policy() { en: "delete inline policy of", ja: "ロールのインラインポリシーを削除" }
    delete_managed() { en: "delete managed policy of", ja: "ロールの管理ポリシーを削除" }
    attach_policy() { en: "attach managed policy", ja: "管理ポリシーをアタッチ" }
    policies_count(before, after, limit) {
        en: "{before} -> {after} managed policies (at most {limit})",
        ja: "管理ポリシー {before} -> {after} 個 (上限 {limit})",
    }
    moved(count) {
        en: "{count} resource ARN(s) move from one policy to another of the same role. The role keeps this access all the time.",
        ja: "リソースARN {count} 個を、同じロールの別のポリシーに移します。移動中もロールの権限は維持されます。",
    }
    create_policy() { en: "create inline policy", ja: "インラインポリシーを作成" }
    attach_role() { en: "attach role to", ja: "ロールを付与" }
    wait_in_sync() { en: "wait for role on", ja: "ロールの反映を待機" }
    use_warehouse() { en: "use", ja: "接続先を使用" }
    create_topic() { en: "create SNS topic", ja: "SNSトピックを作成" }
    update_topic() { en: "update SNS topic", ja: "SNSトピックを更新" }
    use_topic() { en: "use SNS topic", ja: "SNSトピックを使用" }
    subscribe() { en: "subscribe to", ja: "通知先を追加" }
    blocker() { en: "blocked", ja: "実行できません" }
    verify() { en: "verify", ja: "反映を確認" }
    size(policy, before, after, limit) {
        en: "{policy}  {before} -> {after} of {limit} characters",
        ja: "{policy}  {before} -> {after} / {limit} 文字",
    }
    roles_count(before, after, limit) {
        en: "{before} -> {after} roles (at most {limit})",
        ja: "{before} -> {after} 個 (上限 {limit})",
    }
    subscriptions_count(count) {
        en: "{count} subscription(s)",
        ja: "通知先 {count} 件",
    }
    boundary(arn) { en: "permissions boundary {arn}", ja: "アクセス許可の境界 {arn}" }
    totals(creates, changes, deletes) {
        en: "{creates} to create, {changes} to change, {deletes} to delete. No existing permission is taken away.",
        ja: "作成 {creates}、変更 {changes}、削除 {deletes}。既存の権限は1つも外れません。",
    }
    blocked_summary(count) ["JMC-PLAN-BLOCKED"] {
        en: "The plan has {count} blocker(s). Nothing was changed in AWS.",
        ja: "実行できない項目が {count} 件あります。AWSでは何も変更していません。",
    }
    bucket_dots_note(bucket) {
        en: "`{bucket}` has a dot in its name: TLS connections to it by virtual host can fail.",
        ja: "`{bucket}` の名前にドットが含まれています。仮想ホスト形式のTLS接続が失敗することがあります。",
    }
    public_access_note(bucket) {
        en: "`{bucket}` was there before and does not block all public access. It is left as it is; check its settings.",
        ja: "`{bucket}` は既存のバケットで、パブリックアクセスがすべてはブロックされていません。変更はしませんので、設定を確認してください。",
    }
    maybe_denied_note(role, policy, statement) {
        en: "Statement {statement} of `{policy}` on `{role}` may deny what the site needs, depending on the request.",
        ja: "`{role}` の `{policy}` のステートメント {statement} により、条件によってはサイトに必要な操作が拒否されることがあります。",
    }
    busy_note(warehouse, status) {
        en: "`{warehouse}` has the status `{status}`: attaching the role waits until it is available.",
        ja: "`{warehouse}` のステータスは `{status}` です。利用可能になるまで待ってからロールを付与します。",
    }
    step_ok() { en: "ok", ja: "ok" }
    step_failed() { en: "failed", ja: "失敗" }
    seconds(seconds) { en: "{seconds} s", ja: "{seconds} 秒" }
    partly_done(done, failed, left) {
        en: "Done: {done}. Failed: {failed}. Not begun: {left}.",
        ja: "完了 {done}、失敗 {failed}、未実行 {left}。",
    }
    partly_done_under_way(done, failed, under_way, left) {
        en: "Done: {done}. Failed: {failed}. Under way in AWS: {under_way}. Not begun: {left}.",
        ja: "完了 {done}、失敗 {failed}、AWSで処理中 {under_way}、未実行 {left}。",
    }
    not_begun(action) { en: "not begun: {action}", ja: "未実行: {action}" }
    under_way(action) {
        en: "AWS goes on with: {action}",
        ja: "AWSで処理中: {action}",
    }
    resume_hint(command) {
        en: "What is done stays done. When the cause is removed, continue with: {command}",
        ja: "完了した変更はそのまま残っています。原因を取り除いてから、次のコマンドで続行してください: {command}",
    }
    interrupted_applying() ["JMC-APPLY-INTERRUPTED"] {
        en: "Interrupted: the calls under way were finished, the rest was not begun.",
        ja: "中断しました。実行中だった処理は完了しましたが、残りは実行していません。",
    }
    not_verified(count) ["JMC-VERIFY"] {
        en: "Everything was carried out, but AWS does not show {count} of the changes yet.",
        ja: "すべて実行しましたが、{count} 件の変更がまだAWSで確認できません。",
    }
    dry_run() {
        en: "Dry run: nothing was changed, and no file was written.",
        ja: "ドライランのため、何も変更せず、ファイルも保存していません。",
    }
    matrix_granted() { en: "ok", ja: "ok" }
    matrix_missing() { en: "MISSING", ja: "不足" }
    matrix_none() { en: "-", ja: "-" }
    matrix_data() { en: "data exchange", ja: "データ連携用" }
    matrix_sql() { en: "SQL", ja: "構成要素(SQL)用" }
    matrix_program() { en: "program", ja: "構成要素(プログラム)用" }
    matrix_redshift() { en: "Redshift", ja: "Redshift" }
    matrix_ecs() { en: "ECS task", ja: "ECSタスク" }
    matrix_lambda() { en: "Lambda", ja: "Lambda" }
    values_heading() {
        en: "Values for JMC's screens",
        ja: "JMCの画面に入力する値",
    }
    value_host() { en: "host", ja: "Redshift接続先URL" }
    value_port() { en: "port", ja: "Redshift接続ポート番号" }
    value_database() { en: "database", ja: "Redshift接続データベース名" }
    value_user() { en: "user", ja: "Redshift接続ユーザー名" }
    value_topic(event) { en: "SNS topic ARN ({event})", ja: "通知用SNS Topic ARN ({event})" }
    listed(first, second) { en: "{first}, {second}", ja: "{first}、{second}" }
    next_check(command) { en: "Next: {command}", ja: "次は: {command}" }
    value_events() { en: "notify on", ja: "通知タイミング" }
    value_source() { en: "source code on failure", ja: "異常終了時のソースコード記載" }
    value_include() { en: "included", ja: "記載する" }
    value_omit() { en: "left out", ja: "記載しない" }
    value_system() { en: "system settings", ja: "システム設定を使用" }
    value_ec2_role() { en: "EC2 IAM role", ja: "EC2 IAMロール" }
    value_lambda_role() { en: "Lambda IAM role", ja: "Lambda IAMロール" }
    value_redshift_role() { en: "Redshift IAM role", ja: "Redshift IAMロール" }
    value_data_bucket() { en: "data exchange bucket", ja: "データ連携用S3バケット" }
    value_sql_bucket() { en: "SQL bucket", ja: "SQL用S3バケット" }
    value_program_bucket() { en: "program bucket", ja: "プログラム用S3バケット" }
    pending(event, subscription) {
        en: "Waiting for confirmation ({event}): {subscription} - the recipient must confirm within 48 hours.",
        ja: "承認待ち ({event}): {subscription} - 受信者が 48 時間以内に承認する必要があります。",
    }
    site_file(path) { en: "Site file: {path}", ja: "サイトファイル: {path}" }
    replay(command) { en: "Run it again: {command}", ja: "もう一度実行: {command}" }
    done() { en: "Done.", ja: "完了しました。" }
}

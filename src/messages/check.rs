//! Sentences of `check`, and of the commands that grow a site.

use super::catalogue;

catalogue! {
    connection() ["JMC-CHECK-CONNECTION"] { en: "connection", ja: "接続" }
    bucket() ["JMC-CHECK-BUCKET"] { en: "bucket", ja: "バケット" }
    folder() ["JMC-CHECK-FOLDER"] { en: "folder", ja: "フォルダ" }
    settings() ["JMC-CHECK-SETTINGS"] { en: "bucket settings", ja: "バケットの設定" }
    role() ["JMC-CHECK-ROLE"] { en: "IAM role", ja: "IAMロール" }
    trust() ["JMC-CHECK-TRUST"] { en: "trust policy", ja: "信頼ポリシー" }
    attached() ["JMC-CHECK-ATTACHED"] { en: "role on warehouse", ja: "ロールの付与" }
    grant() ["JMC-CHECK-GRANT"] { en: "access", ja: "アクセス権限" }
    home() ["JMC-CHECK-POLICY"] { en: "policy", ja: "ポリシー" }
    topic() ["JMC-CHECK-TOPIC"] { en: "SNS topic", ja: "SNSトピック" }
    subscription() ["JMC-CHECK-SUBSCRIPTION"] { en: "subscription", ja: "通知先" }

    state_ok() { en: "ok", ja: "ok" }
    state_missing() { en: "missing", ja: "不足" }
    state_wrong() { en: "wrong", ja: "不正" }
    state_unknown() { en: "unknown", ja: "不明" }

    connected(version) { en: "{version}", ja: "{version}" }
    not_tested() { en: "left out", ja: "省略しました" }
    no_password() {
        en: "no password was found to log in with",
        ja: "ログインに使用するパスワードが見つかりません",
    }
    password_fix() {
        en: "give --password-stdin, JMC_REDSHIFT_PASSWORD or .pgpass",
        ja: "--password-stdin、JMC_REDSHIFT_PASSWORD、.pgpass のいずれかを指定してください",
    }
    reason(code, reason) { en: "{code}: {reason}", ja: "{code}: {reason}" }
    in_region(region) { en: "ours, in {region}", ja: "このアカウント、{region}" }
    gone() { en: "does not exist", ja: "存在しません" }
    is_there() { en: "exists", ja: "存在します" }
    as_wanted() { en: "public access blocked, tags set", ja: "パブリックアクセスのブロックとタグは設定どおりです" }
    public() { en: "public access is not blocked", ja: "パブリックアクセスがブロックされていません" }
    tags_differ() { en: "tags differ", ja: "タグが設定と異なります" }
    topic_differs() { en: "display name or tags differ", ja: "表示名またはタグが設定と異なります" }
    still_granted() {
        en: "the bucket has left the site, but is still allowed",
        ja: "サイトから外したバケットですが、まだ許可されています",
    }
    not_ours() { en: "an adopted bucket: public access is not fully blocked", ja: "既存のバケットです。パブリックアクセスがすべてはブロックされていません" }
    trusted() { en: "Redshift may assume it", ja: "Redshiftで使用できます" }
    trusted_if() { en: "only under a condition", ja: "条件付きで許可されています" }
    not_trusted(service) { en: "does not allow {service}", ja: "{service} が許可されていません" }
    status(status) { en: "{status}", ja: "{status}" }
    not_attached() { en: "not attached", ja: "付与されていません" }
    granted() { en: "all actions allowed", ja: "必要な操作はすべて許可されています" }
    holds_grants() { en: "holds the site's buckets", ja: "サイトのバケットの権限があります" }
    policy_not_attached() { en: "not attached to the role", ja: "ロールにアタッチされていません" }
    lacks_grants() { en: "does not hold all buckets of the site", ja: "サイトのバケットの権限が一部ありません" }
    to_be_moved() {
        en: "still holds buckets that belong into the role's other policy",
        ja: "ロールの別のポリシーに移すべきバケットの権限が残っています",
    }
    lacks(actions) { en: "not allowed: {actions}", ja: "許可されていない操作: {actions}" }
    denied(actions) { en: "denied: {actions}", ja: "拒否されている操作: {actions}" }
    depends(actions, why) { en: "can't be told for {actions}: {why}", ja: "{actions} は判定できません: {why}" }
    outside_boundary(actions) { en: "outside the permissions boundary: {actions}", ja: "アクセス許可の境界の範囲外: {actions}" }
    confirmed() { en: "confirmed", ja: "承認済み" }
    pending() { en: "waits for confirmation", ja: "承認待ち" }
    fix_apply(command) { en: "{command}", ja: "{command}" }
    fix_confirm() {
        en: "confirm from the mail, or have it sent again: SNS console, Subscriptions, Request confirmation",
        ja: "確認メールから承認するか、SNSコンソールの「サブスクリプション」で「確認のリクエスト」を行ってください",
    }
    fix_trust(role) {
        en: "IAM console, Roles, {role}, Trust relationships, Edit trust policy",
        ja: "IAMコンソールの「ロール」で {role} の「信頼関係」から「信頼ポリシーを編集」を開いてください",
    }
    fix_deny(role) {
        en: "IAM console, Roles, {role}, Permissions: change the statement that denies it",
        ja: "IAMコンソールの「ロール」で {role} の「許可」を開き、拒否しているステートメントを変更してください",
    }
    fix_boundary(role) {
        en: "IAM console, Roles, {role}, Permissions boundary: have it allow the bucket too",
        ja: "IAMコンソールの「ロール」で {role} の「アクセス許可の境界」を開き、境界のポリシーでもバケットへのアクセスを許可してください",
    }
    fix_public(bucket) {
        en: "S3 console, {bucket}, Permissions, Block public access",
        ja: "S3コンソールで {bucket} の「アクセス許可」から「ブロックパブリックアクセス」を確認してください",
    }
    fix_read() {
        en: "give the caller the permission to read it, then check again",
        ja: "実行者に読み取り権限を付与してから、もう一度確認してください",
    }
    fix_connection() { en: "jmc-site init, section Redshift connection", ja: "jmc-site init の「Redshift接続」で修正してください" }
    heading(site, path) { en: "{site}  ({path})", ja: "{site}  ({path})" }
    summary(sites, ok, missing, wrong, unknown) {
        en: "{sites} site(s): {ok} ok, {missing} missing, {wrong} wrong, {unknown} unknown",
        ja: "{sites} サイト: 正常 {ok}、不足 {missing}、不正 {wrong}、不明 {unknown}",
    }
    only_unknown(code, codes) ["JMC-CHECK-ONLY"] {
        en: "`{code}` is not a code of check: {codes}",
        ja: "`{code}` はcheckのコードではありません: {codes}",
    }

    ask_kind() { en: "What is the bucket for?", ja: "バケットの用途" }
    ask_another() { en: "Add another bucket?", ja: "ほかのバケットも追加しますか?" }
    bucket_not_in_site(bucket, kind) ["JMC-BUCKET-ABSENT"] {
        en: "`{bucket}` is no bucket of this site ({kind}).",
        ja: "`{bucket}` はこのサイトのバケットではありません ({kind})。",
    }
    last_bucket(bucket, kind) ["JMC-BUCKET-LAST"] {
        en: "`{bucket}` is the site's only bucket for {kind}; JMC needs one.",
        ja: "`{bucket}` は用途 {kind} の唯一のバケットです。JMCには少なくとも1つ必要です。",
    }
    last_bucket_hint() {
        en: "Add the new one first: jmc-site add-bucket",
        ja: "先に新しいバケットを追加してください: jmc-site add-bucket",
    }
    needed_by(bucket, site, path) ["JMC-BUCKET-SHARED"] {
        en: "`{bucket}` is still needed by the site {site} (`{path}`) through the same roles.",
        ja: "`{bucket}` は、同じロールを使用するサイト {site} (`{path}`) でも必要です。",
    }
    other_sites_note() {
        en: "Sites whose files were not given with --also are not known here: if one of them uses these buckets, it loses its access.",
        ja: "--also で指定していないサイトの状況は確認できません。それらのサイトが同じバケットを使用している場合、アクセスできなくなります。",
    }
    plan_saved(path) { en: "Plan saved: {path}", ja: "計画を保存しました: {path}" }
    apply_saved(path) { en: "Carry exactly this out: jmc-site apply {path}", ja: "この計画を実行: jmc-site apply {path}" }
    stale() ["JMC-PLAN-STALE"] {
        en: "AWS or the site file has changed since the plan was saved. Nothing was changed.",
        ja: "計画の保存後に、AWSまたはサイトファイルが変更されています。何も変更していません。",
    }
    stale_policy(role, policy) ["JMC-PLAN-STALE-POLICY"] {
        en: "The inline policy `{policy}` of `{role}` has changed since the plan was saved. It is left as it is.",
        ja: "計画の保存後に、`{role}` のインラインポリシー `{policy}` が変更されています。変更せず、そのままにします。",
    }
    stale_hint() {
        en: "Make a new plan: jmc-site plan --out FILE",
        ja: "もう一度計画を作成してください: jmc-site plan --out ファイル",
    }
}

//! Sentences about calls to AWS.

use super::catalogue;

catalogue! {
    denied(action, resource, principal) ["JMC-AWS-DENIED"] {
        en: "`{principal}` is not allowed to do `{action}` on `{resource}`.",
        ja: "`{principal}` には `{resource}` に対する `{action}` の権限がありません。",
    }
    denied_hint(statement) {
        en: "Ask the account's administrator to add this statement to the caller's policy: {statement}",
        ja: "アカウントの管理者に、実行者のポリシーへ次のステートメントを追加するよう依頼してください: {statement}",
    }
    denied_boundary_hint() {
        en: "If the statement is there already, a permissions boundary, a service control policy or the resource's own policy denies it.",
        ja: "このステートメントがすでにある場合は、アクセス許可の境界、サービスコントロールポリシー、またはリソース側のポリシーで拒否されています。",
    }
    failed(operation, resource, code) ["JMC-AWS-FAILED"] {
        en: "{operation} for `{resource}` failed: {code}.",
        ja: "`{resource}` に対する {operation} が失敗しました: {code}",
    }
    throttled(operation) ["JMC-AWS-THROTTLED"] {
        en: "AWS still throttles {operation} after several attempts.",
        ja: "{operation} を数回試行しましたが、AWSに制限 (スロットリング) されています。",
    }
    throttled_hint() {
        en: "Wait a minute and run the same command again; what is done already is not done twice.",
        ja: "1 分ほど待ってから同じコマンドをもう一度実行してください。完了した処理が重複して行われることはありません。",
    }
    aws_unreachable(operation) ["JMC-AWS-UNREACHABLE"] {
        en: "Can't reach AWS for {operation}.",
        ja: "{operation} のためにAWSへ接続できません。",
    }
    aws_unreachable_hint() {
        en: "Check the network, the proxy (HTTPS_PROXY) and --endpoint-url, then run the same command again.",
        ja: "ネットワーク、プロキシ (HTTPS_PROXY)、--endpoint-url を確認してから、同じコマンドをもう一度実行してください。",
    }
    timeout(operation, seconds) ["JMC-AWS-TIMEOUT"] {
        en: "AWS did not answer {operation} within {seconds} seconds.",
        ja: "{operation} に対するAWSの応答が {seconds} 秒以内にありませんでした。",
    }
    credentials() ["JMC-AWS-CREDENTIALS"] {
        en: "No usable AWS credentials were found.",
        ja: "使用できるAWSの認証情報が見つかりません。",
    }
    credentials_rejected(code) ["JMC-AWS-CREDENTIALS-REJECTED"] {
        en: "AWS rejects the credentials: {code}.",
        ja: "AWSに認証情報を拒否されました: {code}",
    }
    credentials_hint() {
        en: "Choose a profile with --profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `aws sts get-caller-identity` must succeed.",
        ja: "--profile でプロファイルを指定するか、AWS_ACCESS_KEY_ID と AWS_SECRET_ACCESS_KEY を設定してください。`aws sts get-caller-identity` が成功する状態にする必要があります。",
    }
    expired() ["JMC-AWS-EXPIRED"] {
        en: "The AWS credentials have expired.",
        ja: "AWSの認証情報の有効期限が切れています。",
    }
    sso_hint(profile) {
        en: "Sign in again: aws sso login --profile {profile}",
        ja: "もう一度サインインしてください: aws sso login --profile {profile}",
    }
    sso_hint_default() {
        en: "Get new credentials (for IAM Identity Center: aws sso login), then run the same command again.",
        ja: "新しい認証情報を取得してから (IAM Identity Centerの場合: aws sso login)、同じコマンドをもう一度実行してください。",
    }
    no_account(arn) ["JMC-AWS-IDENTITY"] {
        en: "AWS named a caller that can't be read: `{arn}`.",
        ja: "AWSから返された実行者 `{arn}` を解釈できません。",
    }
    bucket_region(bucket, actual, required) ["JMC-S3-REGION"] {
        en: "`{bucket}` is in {actual}, but this site's buckets must be in {required}: JMC has no cross-region COPY.",
        ja: "`{bucket}` は {actual} にありますが、このサイトのバケットは {required} になければなりません (JMCはクロスリージョンCOPYに対応していません)。",
    }
    bucket_region_hint() {
        en: "Choose another name; a bucket can't be moved.",
        ja: "別の名前を指定してください。バケットのリージョンは変更できません。",
    }
    bucket_missing(bucket) ["JMC-S3-MISSING"] {
        en: "The bucket `{bucket}` does not exist.",
        ja: "バケット `{bucket}` が存在しません。",
    }
    bucket_foreign(bucket) ["JMC-S3-OWNER"] {
        en: "`{bucket}` belongs to another AWS account, or you may not look at it.",
        ja: "`{bucket}` は別のAWSアカウントのものか、参照する権限がありません。",
    }
    bucket_foreign_hint(account) {
        en: "Bucket names are shared by all accounts: choose another name. If the bucket is in {account}, you need s3:ListBucket on it.",
        ja: "バケット名は全アカウントで共有されています。別の名前を指定してください。アカウント {account} のバケットである場合は、s3:ListBucket の権限が必要です。",
    }
    role_missing(role) ["JMC-IAM-ROLE-MISSING"] {
        en: "The IAM role `{role}` does not exist.",
        ja: "IAMロール `{role}` が存在しません。",
    }
    role_missing_hint() {
        en: "JMC's installation creates the ECS task and Lambda roles: check the ARN on the screen 「構成要素設定」.",
        ja: "ECSタスクとLambdaのロールはJMCの構築時に作成されます。画面「構成要素設定」に記載されているARNを確認してください。",
    }
    role_none(suffix) ["JMC-IAM-ROLE-NONE"] {
        en: "No IAM role's name ends with `{suffix}`.",
        ja: "名前が `{suffix}` で終わるIAMロールがありません。",
    }
    role_several(suffix, roles) ["JMC-IAM-ROLE-SEVERAL"] {
        en: "Several IAM roles end with `{suffix}`: {roles}.",
        ja: "名前が `{suffix}` で終わるIAMロールが複数あります: {roles}",
    }
    role_flag_hint(flag) {
        en: "Name the role with {flag}.",
        ja: "{flag} でロールを指定してください。",
    }
    policy_none(role, suffix) ["JMC-IAM-POLICY-NONE"] {
        en: "The role `{role}` has no inline policy whose name ends with `{suffix}`.",
        ja: "ロール `{role}` に、名前が `{suffix}` で終わるインラインポリシーがありません。",
    }
    policy_several(role, suffix, policies) ["JMC-IAM-POLICY-SEVERAL"] {
        en: "The role `{role}` has several inline policies that end with `{suffix}`: {policies}.",
        ja: "ロール `{role}` に、名前が `{suffix}` で終わるインラインポリシーが複数あります: {policies}",
    }
    policy_missing(role, policy) ["JMC-IAM-POLICY-MISSING"] {
        en: "The role `{role}` has no inline policy `{policy}`.",
        ja: "ロール `{role}` にインラインポリシー `{policy}` がありません。",
    }
    policy_flag_hint(flag) {
        en: "Name the inline policy with {flag}; it is the one with JMC's bucket ARNs.",
        ja: "{flag} でインラインポリシーを指定してください。JMCのバケットのARNが記載されているポリシーです。",
    }
    policy_unreadable(role, policy) ["JMC-IAM-POLICY-UNREADABLE"] {
        en: "The inline policy `{policy}` of the role `{role}` can't be edited safely.",
        ja: "ロール `{role}` のインラインポリシー `{policy}` は安全に編集できません。",
    }
    policy_full(role, used, limit) ["JMC-IAM-POLICY-FULL"] {
        en: "The inline policies of `{role}` would have {used} characters; IAM allows {limit} in all.",
        ja: "`{role}` のインラインポリシーの合計が {used} 文字になります。IAMの上限は {limit} 文字です。",
    }
    policy_full_hint() {
        en: "Either remove buckets that are no longer needed (jmc-site remove-bucket), or give the same command with --policy-home managed: this site's buckets then move from the inline policies into a customer managed policy of each role.",
        ja: "不要になったバケットを外す (jmc-site remove-bucket) か、同じコマンドに --policy-home managed を付けて実行してください。このサイトのバケットの権限を、インラインポリシーから各ロールのカスタマー管理ポリシーに移します。",
    }
    managed_full(policy, used, limit) ["JMC-IAM-MANAGED-FULL"] {
        en: "The managed policy `{policy}` would have {used} characters; IAM allows {limit}.",
        ja: "管理ポリシー `{policy}` が {used} 文字になります。IAMの上限は {limit} 文字です。",
    }
    managed_full_hint() {
        en: "Remove buckets that are no longer needed (jmc-site remove-bucket), or put the further buckets into a site of their own.",
        ja: "不要になったバケットを外す (jmc-site remove-bucket) か、追加するバケットを別のサイトに分けてください。",
    }
    managed_taken(policy) ["JMC-IAM-MANAGED-TAKEN"] {
        en: "The managed policy `{policy}` exists already and does not have this site's tag.",
        ja: "管理ポリシー `{policy}` はすでに存在しますが、このサイトのタグが付いていません。",
    }
    managed_taken_hint(site) {
        en: "Look at it in the IAM console, Policies. If it is this site's, give it the tag jmc-site = {site}; else delete or rename what uses the name.",
        ja: "IAMコンソールの「ポリシー」で内容を確認してください。このサイトのものであれば、タグ jmc-site = {site} を設定してください。別のものであれば、その名前を使用しないように変更してください。",
    }
    managed_shared(policy, count) ["JMC-IAM-MANAGED-SHARED"] {
        en: "The managed policy `{policy}` would hold nothing and be deleted, but {count} other user(s), group(s) or role(s) have it.",
        ja: "管理ポリシー `{policy}` は内容がなくなるため削除する必要がありますが、ほかの {count} 個のユーザー、グループ、ロールにもアタッチされています。",
    }
    managed_shared_hint() {
        en: "Detach it from them first: IAM console, Policies, Entities attached.",
        ja: "先にデタッチしてください: IAMコンソールの「ポリシー」の「アタッチされたエンティティ」",
    }
    managed_missing(policy) ["JMC-IAM-MANAGED-MISSING"] {
        en: "The managed policy `{policy}` does not exist any more.",
        ja: "管理ポリシー `{policy}` が存在しなくなりました。",
    }
    attached_full(role, limit) ["JMC-IAM-ATTACHED-FULL"] {
        en: "The role `{role}` already has {limit} managed policies; IAM allows no more.",
        ja: "ロール `{role}` にはすでに上限の {limit} 個の管理ポリシーがアタッチされています。",
    }
    attached_full_hint() {
        en: "Detach one that is not needed, or have the quota 'Managed policies attached to an IAM role' raised in Service Quotas (jmc-site reads it if it may: iam:GetAccountSummary).",
        ja: "不要な管理ポリシーをデタッチするか、Service Quotasで「IAMロールにアタッチできる管理ポリシー」の引き上げをリクエストしてください (iam:GetAccountSummary の権限があれば、引き上げ後の値を確認します)。",
    }
    policies_full(limit) ["JMC-IAM-POLICIES-FULL"] {
        en: "The account already has {limit} customer managed policies; IAM allows no more.",
        ja: "このアカウントには、すでに上限の {limit} 個のカスタマー管理ポリシーがあります。",
    }
    policies_full_hint() {
        en: "Delete policies that are not used, or have the quota 'Customer managed policies per account' raised in Service Quotas.",
        ja: "使用していないポリシーを削除するか、Service Quotasで「アカウントあたりのカスタマー管理ポリシー」の引き上げをリクエストしてください。",
    }
    version_deleted(version, policy, limit) {
        en: "Deleted the oldest version ({version}) of `{policy}` to make room for the new one: IAM keeps {limit}.",
        ja: "新しいバージョンを作成するため、`{policy}` の最も古いバージョン ({version}) を削除しました (IAMで保持できるのは {limit} 個までです)。",
    }
    policy_deny(role, policy, statement) ["JMC-IAM-POLICY-DENY"] {
        en: "Statement {statement} of `{policy}` on the role `{role}` denies what the site needs.",
        ja: "ロール `{role}` の `{policy}` のステートメント {statement} によって、サイトに必要な操作が拒否されます。",
    }
    policy_deny_hint() {
        en: "A Deny wins over every Allow: the account's administrator has to change it first.",
        ja: "拒否 (Deny) は許可 (Allow) より優先されます。先にアカウントの管理者に変更を依頼してください。",
    }
    trust(role, service) ["JMC-IAM-TRUST"] {
        en: "The role `{role}` can't be used by Redshift: its trust policy does not allow `{service}`.",
        ja: "ロール `{role}` はRedshiftで使用できません。信頼ポリシーで `{service}` が許可されていません。",
    }
    trust_hint() {
        en: "Choose another role, or have its trust policy allow sts:AssumeRole for that service.",
        ja: "別のロールを指定するか、信頼ポリシーでそのサービスに sts:AssumeRole を許可してください。",
    }
    cluster_missing(cluster, region) ["JMC-REDSHIFT-MISSING"] {
        en: "There is no cluster `{cluster}` in {region} in this account.",
        ja: "このアカウントの {region} にクラスター `{cluster}` が存在しません。",
    }
    workgroup_missing(workgroup, region) ["JMC-REDSHIFT-WORKGROUP-MISSING"] {
        en: "There is no Serverless workgroup `{workgroup}` in {region} in this account.",
        ja: "このアカウントの {region} にServerlessのワークグループ `{workgroup}` が存在しません。",
    }
    warehouse_missing_hint() {
        en: "Check that the profile is of the warehouse's account, and the endpoint for a typing error.",
        ja: "プロファイルがRedshiftと同じアカウントのものか、エンドポイントに誤りがないかを確認してください。",
    }
    warehouse_busy(warehouse, status) ["JMC-REDSHIFT-BUSY"] {
        en: "`{warehouse}` is not available: its status is `{status}`.",
        ja: "`{warehouse}` を変更できる状態ではありません。現在のステータスは `{status}` です。",
    }
    warehouse_busy_hint() {
        en: "Wait until its status is `available`, then run the same command again.",
        ja: "ステータスが `available` になってから、同じコマンドをもう一度実行してください。",
    }
    warehouse_roles_full(warehouse, limit) ["JMC-REDSHIFT-ROLES-FULL"] {
        en: "`{warehouse}` already has {limit} IAM roles; it can't have more.",
        ja: "`{warehouse}` にはすでに上限の {limit} 個のIAMロールが付与されています。",
    }
    warehouse_roles_full_hint() {
        en: "Adopt one of its roles with --redshift-role, or remove one that is not used.",
        ja: "--redshift-role で付与済みのロールを指定するか、使用していないロールを外してください。",
    }
    in_sync_timeout(role, warehouse, seconds, status) ["JMC-REDSHIFT-IN-SYNC"] {
        en: "`{role}` is attached to `{warehouse}` but still `{status}` after {seconds} seconds.",
        ja: "`{role}` は `{warehouse}` に付与されましたが、{seconds} 秒経過してもステータスが `{status}` のままです。",
    }
    in_sync_hint() {
        en: "AWS goes on by itself. Run the same command again in a few minutes.",
        ja: "AWS側の処理は続いています。数分後に同じコマンドをもう一度実行してください。",
    }
    topic_missing(arn) ["JMC-SNS-MISSING"] {
        en: "The SNS topic `{arn}` does not exist.",
        ja: "SNSトピック `{arn}` が存在しません。",
    }
    topic_missing_hint() {
        en: "Check the ARN, or give a name instead to have the topic created.",
        ja: "ARNを確認してください。名前を指定すると、トピックを新しく作成します。",
    }
}

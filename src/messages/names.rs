//! Sentences about values that were typed or read: names, addresses, ARNs.

use super::catalogue;

catalogue! {
    empty() ["JMC-VALUE-EMPTY"] {
        en: "The value is empty.",
        ja: "値が空です。",
    }
    too_long(length, limit) ["JMC-VALUE-LENGTH"] {
        en: "The value has {length} characters; at most {limit} are allowed.",
        ja: "{length} 文字あります。{limit} 文字以内で入力してください。",
    }
    control_character() ["JMC-VALUE-CONTROL"] {
        en: "The value contains a control character. Type it again without pasting hidden characters.",
        ja: "制御文字が含まれています。目に見えない文字を含めずに入力し直してください。",
    }
    bucket_twice(name) {
        en: "the bucket `{name}` stands twice; list all its kinds in one place.",
        ja: "バケット `{name}` が2回書かれています。すべての用途を1か所にまとめてください。",
    }
    bare_host(value) {
        en: "`{value}` is not a host name alone: `port` and `database` are fields of their own.",
        ja: "`{value}` はホスト名だけではありません。`port` と `database` は別のフィールドに指定してください。",
    }
    site_name(value) ["JMC-VALUE-SITE-NAME"] {
        en: "`{value}` can't be a site name here: use 1 to 32 letters, digits, `-` or `_`, beginning with a letter or digit. It becomes part of role and topic names.",
        ja: "`{value}` はサイト名に使用できません。英字または数字で始まる、英数字、`-`、`_` の 1～32 文字で入力してください。ロール名とトピック名の一部になります。",
    }
    bucket_length(value, length) ["JMC-S3-NAME-LENGTH"] {
        en: "`{value}` has {length} characters; a bucket name has 3 to 63.",
        ja: "`{value}` は {length} 文字です。バケット名は 3～63 文字で入力してください。",
    }
    bucket_characters(value) ["JMC-S3-NAME-CHARACTERS"] {
        en: "`{value}` is not a bucket name: only lower-case letters, digits, `.` and `-` are allowed, and it begins and ends with a letter or digit.",
        ja: "`{value}` はバケット名に使用できません。英小文字、数字、`.`、`-` だけを使用し、先頭と末尾は英小文字か数字にしてください。",
    }
    bucket_dots(value) ["JMC-S3-NAME-DOTS"] {
        en: "`{value}` is not a bucket name: two dots can't stand side by side.",
        ja: "`{value}` はバケット名に使用できません。ドットを連続させることはできません。",
    }
    bucket_address(value) ["JMC-S3-NAME-ADDRESS"] {
        en: "`{value}` is not a bucket name: it looks like an IP address.",
        ja: "`{value}` はバケット名に使用できません。IPアドレスの形式になっています。",
    }
    bucket_reserved(value, part) ["JMC-S3-NAME-RESERVED"] {
        en: "`{value}` is not a bucket name: AWS reserves `{part}`.",
        ja: "`{value}` はバケット名に使用できません。`{part}` はAWSが予約しています。",
    }
    bucket_url(value) ["JMC-S3-NAME-URL"] {
        en: "`{value}` is not a bucket name: only `name`, `s3://name` and `s3://name/` are understood, without a folder.",
        ja: "`{value}` はバケット名に使用できません。`名前`、`s3://名前`、`s3://名前/` のいずれかの形式で、フォルダを含めずに入力してください。",
    }
    bucket_arn(value) ["JMC-S3-NAME-ARN"] {
        en: "`{value}` is an ARN; type the bucket name alone.",
        ja: "`{value}` はARNです。バケット名だけを入力してください。",
    }
    folder(value) ["JMC-S3-FOLDER"] {
        en: "`{value}` is not a folder: use names separated by single slashes, such as `import` or `import/daily`, without `.` or `..`.",
        ja: "`{value}` はフォルダ名に使用できません。`import` や `import/daily` のように、名前を `/` 1つで区切って入力してください。`.` と `..` は使用できません。",
    }
    role_name(value) ["JMC-IAM-ROLE-NAME"] {
        en: "`{value}` is not a role name: use 1 to 64 letters, digits or `+=,.@_-`.",
        ja: "`{value}` はロール名に使用できません。英数字と `+=,.@_-` の 1～64 文字で入力してください。",
    }
    role_path(value) ["JMC-IAM-ROLE-PATH"] {
        en: "`{value}` is not a role path: it begins and ends with `/` and has at most 512 printable ASCII characters.",
        ja: "`{value}` はロールのパスに使用できません。`/` で始まり `/` で終わる、512 文字以内のASCII文字で入力してください。",
    }
    policy_name(value) ["JMC-IAM-POLICY-NAME"] {
        en: "`{value}` is not a policy name: use 1 to 128 letters, digits or `+=,.@_-`.",
        ja: "`{value}` はポリシー名に使用できません。英数字と `+=,.@_-` の 1～128 文字で入力してください。",
    }
    arn(value, form) ["JMC-ARN"] {
        en: "`{value}` is not an ARN of the form `{form}`.",
        ja: "`{value}` は `{form}` の形式のARNではありません。",
    }
    arn_partition(value, partition, expected) ["JMC-ARN-PARTITION"] {
        en: "`{value}` is in the partition `{partition}`, but this account is in `{expected}`.",
        ja: "`{value}` のパーティションは `{partition}` ですが、このアカウントのパーティションは `{expected}` です。",
    }
    arn_account(value, account, expected) ["JMC-ARN-ACCOUNT"] {
        en: "`{value}` is in account {account}, but the caller is in {expected}.",
        ja: "`{value}` はアカウント {account} のものですが、実行者のアカウントは {expected} です。",
    }
    topic_name(value) ["JMC-SNS-TOPIC-NAME"] {
        en: "`{value}` is not a topic name: use 1 to 256 letters, digits, `-` or `_`. FIFO topics can't be used for notifications.",
        ja: "`{value}` はトピック名に使用できません。英数字、`-`、`_` の 1～256 文字で入力してください。FIFOトピックは通知に使用できません。",
    }
    subscription_form(value) ["JMC-SNS-SUBSCRIPTION"] {
        en: "`{value}` is not a subscription: write protocol and endpoint, such as `email:ops@example.com`. Protocols: email, email-json, sms, http, https, sqs, lambda, firehose.",
        ja: "`{value}` は通知先として使用できません。`email:ops@example.com` のように、プロトコルとエンドポイントを入力してください。プロトコル: email、email-json、sms、http、https、sqs、lambda、firehose。",
    }
    subscription_endpoint(protocol, endpoint) ["JMC-SNS-ENDPOINT"] {
        en: "`{endpoint}` is not an endpoint for the protocol `{protocol}`.",
        ja: "`{endpoint}` はプロトコル `{protocol}` のエンドポイントとして使用できません。",
    }
    region(value) ["JMC-REGION-NAME"] {
        en: "`{value}` is not a region such as `ap-northeast-1`.",
        ja: "`{value}` はリージョン名ではありません。`ap-northeast-1` のように入力してください。",
    }
    account(value) ["JMC-ACCOUNT-ID"] {
        en: "`{value}` is not an account ID: it has 12 digits.",
        ja: "`{value}` はアカウントIDではありません。12 桁の数字で入力してください。",
    }
    port(value) ["JMC-PORT"] {
        en: "`{value}` is not a port: use a number from 1 to 65535.",
        ja: "`{value}` はポート番号ではありません。1～65535 の数字を入力してください。",
    }
    port_full_width(value, ascii) ["JMC-PORT-FULL-WIDTH"] {
        en: "`{value}` has full-width digits; type `{ascii}`.",
        ja: "`{value}` は全角です。半角で `{ascii}` と入力してください。",
    }
    identifier(value) ["JMC-VALUE-IDENTIFIER"] {
        en: "`{value}` can't be used: at most 127 bytes, without control characters.",
        ja: "`{value}` は使用できません。制御文字を含まない 127 バイト以内で入力してください。",
    }
    cluster_id(value) ["JMC-REDSHIFT-CLUSTER-ID"] {
        en: "`{value}` is not a cluster identifier: 1 to 63 lower-case letters, digits or hyphens, beginning with a letter.",
        ja: "`{value}` はクラスター識別子ではありません。英小文字で始まる、英小文字、数字、ハイフンの 1～63 文字で入力してください。",
    }
    workgroup(value) ["JMC-REDSHIFT-WORKGROUP"] {
        en: "`{value}` is not a workgroup name: 3 to 64 lower-case letters, digits or hyphens.",
        ja: "`{value}` はワークグループ名ではありません。英小文字、数字、ハイフンの 3～64 文字で入力してください。",
    }
    choice(value, choices) ["JMC-VALUE-CHOICE"] {
        en: "`{value}` is not one of: {choices}.",
        ja: "`{value}` は選択できません。次のいずれかを入力してください: {choices}",
    }
    pair(value, form) ["JMC-VALUE-PAIR"] {
        en: "`{value}` is not of the form `{form}`.",
        ja: "`{value}` は `{form}` の形式ではありません。",
    }
    tag(value) ["JMC-VALUE-TAG"] {
        en: "`{value}` is not a tag: write KEY=VALUE, with a key of 1 to 128 and a value of up to 256 characters, not beginning with `aws:`.",
        ja: "`{value}` はタグではありません。キー=値 の形式で、キーは 1～128 文字、値は 256 文字以内で入力してください。`aws:` で始まるキーは使用できません。",
    }
}

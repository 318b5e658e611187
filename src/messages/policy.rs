//! Sentences about policy documents.

use super::catalogue;

catalogue! {
    policy_not_json(line, column) ["JMC-POLICY-JSON"] {
        en: "The policy document is not valid JSON at line {line}, column {column}.",
        ja: "ポリシードキュメントの {line} 行 {column} 列目が JSON として正しくありません。",
    }
    policy_duplicate_key(key, line, column) ["JMC-POLICY-DUPLICATE"] {
        en: "The policy document has the key `{key}` twice in one object, at line {line}, column {column}.",
        ja: "ポリシードキュメントの {line} 行 {column} 列目で、キー `{key}` が同じオブジェクトに 2 回書かれています。",
    }
    policy_not_a_policy(line, column) ["JMC-POLICY-SHAPE"] {
        en: "The document is not a policy: it needs an object whose `Statement` is an object or a list of objects (line {line}, column {column}).",
        ja: "ポリシードキュメントではありません。`Statement` にオブジェクト、またはオブジェクトの配列を持つオブジェクトが必要です（{line} 行 {column} 列目）。",
    }
    policy_not_latin1(character, line, column) ["JMC-POLICY-LATIN1"] {
        en: "The policy document contains `{character}` at line {line}, column {column}; IAM accepts only tab, line feed, carriage return and the characters U+0020 to U+00FF.",
        ja: "ポリシードキュメントの {line} 行 {column} 列目に `{character}` があります。IAM で使える文字はタブ、改行、復帰と U+0020 から U+00FF までです。",
    }
    policy_bad_bucket(bucket) ["JMC-POLICY-BUCKET"] {
        en: "`{bucket}` cannot stand in a policy as the name of one bucket.",
        ja: "`{bucket}` は 1 つのバケットの名前としてポリシーに書けません。",
    }
    policy_bad_partition(partition) ["JMC-POLICY-PARTITION"] {
        en: "`{partition}` is not the name of an AWS partition such as `aws` or `aws-cn`.",
        ja: "`{partition}` は `aws` や `aws-cn` のような AWS パーティションの名前ではありません。",
    }
    policy_doubt_condition(statement) {
        en: "statement {statement} allows it only under a condition",
        ja: "ステートメント {statement} が条件付きで許可しています",
    }
    policy_doubt_pattern(statement) {
        en: "statement {statement} allows it with a variable or a pattern whose meaning depends on the request",
        ja: "ステートメント {statement} が変数など、リクエスト次第で意味の変わる書き方で許可しています",
    }
    policy_doubt_deny(statement) {
        en: "statement {statement} may deny it, under a condition or for some of the objects",
        ja: "ステートメント {statement} が条件付きで、または一部のオブジェクトについて拒否している可能性があります",
    }
}

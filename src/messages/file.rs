//! Sentences about the site file and the answers file.

use super::catalogue;

catalogue! {
    unreadable(path) ["JMC-FILE-READ"] {
        en: "Can't read `{path}`.",
        ja: "`{path}` を読み取れません。",
    }
    missing(path) ["JMC-FILE-MISSING"] {
        en: "`{path}` does not exist.",
        ja: "`{path}` が存在しません。",
    }
    missing_hint() {
        en: "Name the site file with --site, or set the site up with jmc-site init.",
        ja: "--site でサイトファイルを指定するか、jmc-site init でサイトを設定してください。",
    }
    truncated(path, line) ["JMC-FILE-TRUNCATED"] {
        en: "`{path}` ends in the middle, at line {line}: the file is cut off.",
        ja: "`{path}` が {line} 行目の途中で終わっています。ファイルが途中で切れています。",
    }
    not_json(path, line, column) ["JMC-FILE-JSON"] {
        en: "`{path}` is not valid JSON at line {line}, column {column}.",
        ja: "`{path}` の {line} 行 {column} 列目が正しいJSONではありません。",
    }
    version(path, version, supported) ["JMC-FILE-VERSION"] {
        en: "`{path}` has version {version}; this program reads version {supported}.",
        ja: "`{path}` のバージョンは {version} です。このプログラムが読み取れるのはバージョン {supported} です。",
    }
    version_hint() {
        en: "Use the jmc-site that wrote the file, or a newer one.",
        ja: "このファイルを作成したjmc-site、またはそれより新しいものを使用してください。",
    }
    no_version(path) ["JMC-FILE-NO-VERSION"] {
        en: "`{path}` has no `version`: it is not a site file.",
        ja: "`{path}` に `version` がありません。サイトファイルではありません。",
    }
    field(path, field, reason) ["JMC-FILE-FIELD"] {
        en: "`{path}`: the field `{field}` can't be used: {reason}",
        ja: "`{path}`: フィールド `{field}` の値を使用できません: {reason}",
    }
    mend_hint() {
        en: "Correct the file or name another one; nothing was changed in AWS.",
        ja: "ファイルを修正するか、別のファイルを指定してください。AWSでは何も変更していません。",
    }
    unwritable(path) ["JMC-FILE-WRITE"] {
        en: "Can't write `{path}`.",
        ja: "`{path}` に書き込めません。",
    }
    unwritable_hint() {
        en: "Check the folder's permissions and the free space, or choose another file with --site.",
        ja: "フォルダの権限と空き容量を確認するか、--site で別のファイルを指定してください。",
    }
    changed(path) ["JMC-FILE-CHANGED"] {
        en: "`{path}` was changed by somebody else while this run was under way; it is left as it is.",
        ja: "`{path}` は実行中に他から変更されました。上書きせず、そのまま残しています。",
    }
    changed_hint() {
        en: "Nothing was changed in AWS. Run the same command again: it starts from the file as it is now.",
        ja: "AWSでは何も変更していません。同じコマンドをもう一度実行すると、現在のファイルから始めます。",
    }
    changed_note(path) {
        en: "`{path}` was changed by somebody else meanwhile; it is left as it is.",
        ja: "`{path}` はその間に他から変更されました。上書きせず、そのまま残しています。",
    }
    not_saved_hint() {
        en: "All changes were made in AWS; only the file does not say so yet.",
        ja: "AWSの変更はすべて完了しています。ファイルだけが更新されていません。",
    }
    result_lost() ["JMC-FILE-OUTPUT"] {
        en: "Standard output can't be written: the result is lost or cut off.",
        ja: "標準出力に書き込めません。結果が失われたか、途中で切れています。",
    }
}

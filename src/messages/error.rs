//! Sentences about failures that belong to no other domain.

use super::catalogue;

catalogue! {
    label() { en: "error", ja: "エラー" }
    hint() { en: "hint", ja: "対処" }
    usage(detail) ["JMC-USAGE"] {
        en: "The command can't be understood: {detail}",
        ja: "コマンドの書き方に誤りがあります: {detail}",
    }
    usage_hint() {
        en: "See jmc-site --help or jmc-site init --help.",
        ja: "jmc-site --help または jmc-site init --help を参照してください。",
    }
    flag(flag, reason) ["JMC-USAGE-VALUE"] {
        en: "{flag}: {reason}",
        ja: "{flag}: {reason}",
    }
    missing_answers(flags) ["JMC-USAGE-MISSING"] {
        en: "Answers are missing and nothing may be asked: {flags}",
        ja: "回答が不足していますが、質問できません: {flags}",
    }
    missing_answers_hint() {
        en: "Give the flags, or --answers FILE, or run without --no-input in a terminal.",
        ja: "フラグまたは --answers ファイル を指定するか、端末で --no-input を付けずに実行してください。",
    }
    needs_yes() ["JMC-USAGE-YES"] {
        en: "The plan was not carried out: nobody can be asked, and --yes was not given.",
        ja: "計画は実行していません。確認を求めることができず、--yes も指定されていません。",
    }
    needs_yes_hint() {
        en: "Look at the plan above; add --yes to carry it out, or --dry-run to see it only.",
        ja: "上の計画を確認してください。実行するには --yes を、計画の表示だけを行うには --dry-run を指定してください。",
    }
    declined() ["JMC-DECLINED"] {
        en: "Not carried out, as you answered. Nothing was changed in AWS.",
        ja: "実行しませんでした。AWSでは何も変更していません。",
    }
    internal(what) ["JMC-INTERNAL"] {
        en: "jmc-site could not start: {what}.",
        ja: "jmc-siteを開始できませんでした: {what}",
    }
    interrupted() ["JMC-INTERRUPTED"] {
        en: "Interrupted.",
        ja: "中断しました。",
    }
}

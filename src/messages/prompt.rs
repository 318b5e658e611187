//! Sentences about asking: prompts, refused answers, interruptions.

use super::catalogue;

catalogue! {
    refused(code, reason) {
        en: "Error {code}: {reason}",
        ja: "エラー {code}: {reason}",
    }
    choose_one() {
        en: "Number",
        ja: "番号",
    }
    choose_many() {
        en: "Numbers (separated by commas; 0 for none)",
        ja: "番号 (コンマ区切り、なしは 0)",
    }
    no_items() {
        en: "none",
        ja: "なし",
    }
    answer_yes_or_no() {
        en: "Enter y or n.",
        ja: "y または n を入力してください。",
    }
    answer_with_one_number(count) {
        en: "Enter one number from 1 to {count}.",
        ja: "1 から {count} までの番号を 1 つ入力してください。",
    }
    answer_with_numbers(count) {
        en: "Enter numbers from 1 to {count}, separated by commas, or 0 for none.",
        ja: "1 から {count} までの番号をコンマ区切りで入力してください (なしは 0)。",
    }
    invisible_character(code_point) {
        en: "The answer contains an invisible character ({code_point}). Enter it again without that character.",
        ja: "表示されない文字 ({code_point}) が含まれています。この文字を除いて、もう一度入力してください。",
    }
    nothing_was_changed() {
        en: "Nothing was changed in AWS.",
        ja: "AWSのリソースは変更していません。",
    }
    finishing_calls() {
        en: "Finishing the calls under way. Press Ctrl-C again to exit at once.",
        ja: "実行中の処理が完了してから終了します。すぐに終了するには、もう一度 Ctrl-C を押してください。",
    }
    some_changes_may_be_made(command) {
        en: "Some of the changes may have been made, and a role may stay locked for up to two minutes. Make the rest with: {command}",
        ja: "変更の一部が反映されている可能性があります。ロールのロックは最長2分間残ることがあります。残りの変更を行うには、次のコマンドを実行してください: {command}",
    }
    changes_not_confirmed(command) {
        en: "All changes were made, but it was not confirmed that AWS shows them. Confirm it with: {command}",
        ja: "変更はすべて行いましたが、AWSへの反映は確認していません。次のコマンドで確認してください: {command}",
    }
    no_answer() ["JMC-PROMPT-READ"] {
        en: "Could not read an answer from the terminal.",
        ja: "端末から回答を読み取れませんでした。",
    }
    unexpected_question(id) ["JMC-SCRIPT-UNEXPECTED"] {
        en: "The script has no reply to the question `{id}`.",
        ja: "質問 `{id}` への回答がスクリプトにありません。",
    }
    wrong_reply(id, reply) ["JMC-SCRIPT-KIND"] {
        en: "The reply `{reply}` does not answer the question `{id}`.",
        ja: "`{reply}` は質問 `{id}` への回答になっていません。",
    }
    unused_replies(ids) ["JMC-SCRIPT-UNUSED"] {
        en: "These questions were not asked, although the script has replies to them: {ids}.",
        ja: "スクリプトに回答がある次の質問は行われませんでした: {ids}。",
    }
}

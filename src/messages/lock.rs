//! Sentences about the locks that keep operators from overwriting each other, and
//! about putting policies back.

use super::catalogue;

catalogue! {
    lock_waiting(role, holder, host, seconds) {
        en: "`{role}` is being changed by {holder} on {host}. Waiting (its lock ends in {seconds} s at the latest).",
        ja: "`{role}` は {host} の {holder} が変更中です。完了を待っています (ロックは遅くとも {seconds} 秒後に失効します)。",
    }
    lock_held(role, holder, host, command, id) ["JMC-LOCK-HELD"] {
        en: "`{role}` is still locked by {holder} on {host} ({command}, lock {id}).",
        ja: "`{role}` は {host} の {holder} がロックしたままです ({command}、ロック {id})。",
    }
    lock_held_hint(id) {
        en: "Ask the holder. If that run is dead: jmc-site lock release --id {id}",
        ja: "ロックの所有者に確認してください。実行がすでに終了している場合: jmc-site lock release --id {id}",
    }
    lock_broken(bucket, key) ["JMC-LOCK-BROKEN"] {
        en: "The lock `{key}` in `{bucket}` can't be read.",
        ja: "`{bucket}` のロック `{key}` を読み取れません。",
    }
    lock_bucket_hint() {
        en: "Policies are locked in the system bucket of the installation while they are written; name another bucket with --lock-bucket.",
        ja: "ポリシーの書き込み中は、システム用バケットでロックします。別のバケットを使用するには --lock-bucket を指定してください。",
    }
    lock_none() ["JMC-LOCK-NONE"] {
        en: "No bucket was found in which to lock the roles against other operators.",
        ja: "ほかの操作者との競合を防ぐロック用のバケットが見つかりません。",
    }
    lock_none_hint() {
        en: "Name a bucket that every operator of this installation can write with --lock-bucket, or give --no-lock if nobody else works on these roles now.",
        ja: "全操作者が書き込めるバケットを --lock-bucket で指定してください。ほかに作業している人がいない場合は --no-lock を指定できます。",
    }
    lock_off() {
        en: "Without a lock, a change that somebody else makes to the same role at this moment can be lost. The policies are read back after a pause.",
        ja: "ロックを使用しないため、同時に行われた同じロールへの変更が失われることがあります。書き込み後、時間をおいて読み直します。",
    }
    lock_late(role) ["JMC-LOCK-LATE"] {
        en: "AWS answered too slowly: the policy of `{role}` could not be written while the role's lock was sure to hold. It is unchanged.",
        ja: "AWSの応答が遅く、`{role}` のロックが有効なうちにポリシーを書き込めませんでした。このポリシーは変更していません。",
    }
    lost_update(role, policy) ["JMC-LOCK-LOST"] {
        en: "The inline policy `{policy}` of `{role}` does not show what was written: somebody else wrote it at the same time, or IAM has not spread the change yet.",
        ja: "`{role}` のインラインポリシー `{policy}` に書き込んだ内容が反映されていません。同時に変更されたか、IAMへの反映が遅れています。",
    }
    lost_update_hint() {
        en: "Run the same command again: it adds what is missing and leaves the rest.",
        ja: "同じコマンドをもう一度実行してください。不足分だけを追加し、ほかは変更しません。",
    }
    no_locks() { en: "Nobody holds a lock.", ja: "ロックはありません。" }
    lock_line(key, holder, host, command, id) {
        en: "{key}  held by {holder} on {host} ({command}), id {id}",
        ja: "{key}  所有者 {holder}、ホスト {host} ({command})、ID {id}",
    }
    lock_ended() { en: "expired", ja: "失効" }
    lock_ends(seconds) { en: "expires in {seconds} s", ja: "あと {seconds} 秒で失効" }
    lock_released(key) { en: "Released {key}.", ja: "{key} を解放しました。" }
    lock_unknown(id) ["JMC-LOCK-UNKNOWN"] {
        en: "No lock has the id `{id}`.",
        ja: "ID `{id}` のロックはありません。",
    }

    undo_nothing(path) ["JMC-UNDO-NOTHING"] {
        en: "`{path}` holds no policy that could be put back.",
        ja: "`{path}` に、元に戻せるポリシーがありません。",
    }
    undo_heading(time, command) {
        en: "The last change of policies: {time} ({command})",
        ja: "最後に行ったポリシーの変更: {time} ({command})",
    }
    undo_line(role, policy, before, after) {
        en: "{role}  {policy}: {after} -> {before} characters",
        ja: "{role}  {policy}: {after} -> {before} 文字",
    }
    undo_deleted(role, policy, before) {
        en: "{role}  {policy}: was deleted, will be made again ({before} characters)",
        ja: "{role}  {policy}: 削除したポリシーのため作成し直します ({before} 文字)",
    }
    undo_new(role, policy) {
        en: "{role}  {policy}: was new, will be deleted",
        ja: "{role}  {policy}: 新規に作成したポリシーのため削除します",
    }
    undo_changed(role, policy) ["JMC-UNDO-CHANGED"] {
        en: "The inline policy `{policy}` of `{role}` is no longer the one that was written then. It is left as it is.",
        ja: "`{role}` のインラインポリシー `{policy}` はその後変更されています。元に戻さず、そのままにします。",
    }
    undo_changed_hint(path) {
        en: "The text from before is in {path}.",
        ja: "変更前の内容は {path} にあります。",
    }
    ask_undo(count) {
        en: "Put {count} policy document(s) back? What the site needs may be missing afterwards.",
        ja: "{count} 個のポリシーを元に戻しますか? サイトに必要な権限が不足することがあります。",
    }
    undone(count) {
        en: "{count} policy document(s) put back. The site file still describes the site: jmc-site plan shows what it would change.",
        ja: "{count} 個のポリシーを元に戻しました。サイトファイルは変更していません。差分は jmc-site plan で確認できます。",
    }
    undo_account(account, expected) ["JMC-UNDO-ACCOUNT"] {
        en: "The kept policies are of account {expected}, but the caller is in {account}.",
        ja: "保存されているポリシーはアカウント {expected} のものですが、実行者のアカウントは {account} です。",
    }
    undo_unmarked_hint(command) {
        en: "The policy was put back in AWS; only the folder does not say so yet. Then: {command}",
        ja: "ポリシーはAWSで元に戻しましたが、フォルダには記録できていません。原因を取り除いてから実行してください: {command}",
    }
}

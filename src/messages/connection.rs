//! Sentences about the connection to the warehouse and its test.

use super::catalogue;

catalogue! {
    phase_resolve() { en: "DNS", ja: "名前解決" }
    phase_connect() { en: "TCP", ja: "TCP接続" }
    phase_tls() { en: "TLS", ja: "TLS" }
    phase_login() { en: "Login", ja: "ログイン" }
    phase_query() { en: "Query", ja: "問い合わせ" }

    connected() { en: "Connected.", ja: "接続に成功しました。" }

    word_database() { en: "database", ja: "データベース名" }
    word_user() { en: "user", ja: "ユーザー名" }
    word_schema() { en: "schema", ja: "スキーマ名" }

    address_empty() ["JMC-ADDR-EMPTY"] {
        en: "The host is empty. Paste the endpoint from the Redshift console.",
        ja: "ホストが空です。Redshiftコンソールの「エンドポイント」を貼り付けてください。",
    }
    address_control() ["JMC-ADDR-CONTROL"] {
        en: "The address contains a control character, such as a tab or a line break. Type or paste it again.",
        ja: "接続先にタブや改行などの制御文字が含まれています。もう一度入力してください。",
    }
    address_password() ["JMC-ADDR-PASSWORD"] {
        en: "The address contains a password or a token. Take it out of the address: the password is asked for separately and never saved.",
        ja: "接続先にパスワードまたはトークンが含まれています。接続先から取り除いてください。パスワードは別に入力し、保存されることはありません。",
    }
    address_scheme(scheme) ["JMC-ADDR-SCHEME"] {
        en: "`{scheme}://` is not the URL of a warehouse. Give the endpoint itself, or a jdbc:redshift:// or postgresql:// URL.",
        ja: "`{scheme}://` はRedshiftの接続先URLではありません。エンドポイント、または jdbc:redshift:// か postgresql:// で始まるURLを入力してください。",
    }
    address_encoding() ["JMC-ADDR-ENCODING"] {
        en: "The URL is percent-encoded in something other than UTF-8.",
        ja: "URLのパーセントエンコーディングがUTF-8ではありません。",
    }
    address_full_width(text) ["JMC-ADDR-FULL-WIDTH"] {
        en: "`{text}` contains full-width characters. Type it in half-width (ASCII).",
        ja: "`{text}` に全角文字が含まれています。半角で入力してください。",
    }
    address_host(host) ["JMC-ADDR-HOST"] {
        en: "`{host}` is neither a host name nor an IP address.",
        ja: "`{host}` はホスト名またはIPアドレスの形式ではありません。",
    }
    address_host_long(length, limit) ["JMC-ADDR-HOST-LENGTH"] {
        en: "The host name has {length} characters; DNS allows at most {limit}.",
        ja: "ホスト名が{length}文字あります。使用できるのは{limit}文字までです。",
    }
    address_port_digits(port) ["JMC-ADDR-PORT"] {
        en: "The port `{port}` is not a number. Redshift's own port is 5439.",
        ja: "ポート `{port}` が数字ではありません。Redshiftの既定のポートは5439です。",
    }
    address_port_range(port) ["JMC-ADDR-PORT-RANGE"] {
        en: "The port {port} is outside 1 to 65535.",
        ja: "ポート {port} は1から65535の範囲にありません。",
    }
    identifier_empty(what) ["JMC-CONN-NAME-EMPTY"] {
        en: "The {what} is empty.",
        ja: "{what}が空です。",
    }
    identifier_control(what) ["JMC-CONN-NAME-CONTROL"] {
        en: "The {what} contains a control character. Type it again.",
        ja: "{what}に制御文字が含まれています。もう一度入力してください。",
    }
    identifier_long(what, length, limit) ["JMC-CONN-NAME-LENGTH"] {
        en: "The {what} has {length} bytes; Redshift allows at most {limit}.",
        ja: "{what}が{length}バイトあります。Redshiftで使用できるのは{limit}バイトまでです。",
    }
    dial_invalid(value) ["JMC-CONN-DIAL"] {
        en: "JMC_SITE_REDSHIFT_DIAL must be an address and a port, such as 127.0.0.1:15439; it is `{value}`.",
        ja: "環境変数 JMC_SITE_REDSHIFT_DIAL は 127.0.0.1:15439 のようにアドレスとポートで指定してください。現在の値: `{value}`",
    }

    // What can go wrong, in the order of the phases.

    dns(host) ["JMC-CONN-DNS"] {
        en: "The name `{host}` cannot be resolved.",
        ja: "ホスト名 `{host}` の名前解決ができませんでした。",
    }
    dns_hint_name() {
        en: "Compare it with the endpoint in the Redshift console; a deleted or renamed cluster loses its name.",
        ja: "Redshiftコンソールの「エンドポイント」と一致しているか確認してください。削除または名前変更されたクラスターの名前は解決できません。",
    }
    dns_hint_private() {
        en: "A name in a private hosted zone resolves only inside the VPC: connect the VPN, or run this inside the VPC.",
        ja: "プライベートホストゾーンの名前はVPC内でのみ解決できます。VPNに接続するか、VPC内で実行してください。",
    }
    dns_silent(host, seconds) ["JMC-CONN-DNS-SILENT"] {
        en: "The name server did not answer for `{host}` within {seconds} s.",
        ja: "ホスト名 `{host}` の名前解決が{seconds}秒以内に終わりませんでした。",
    }
    dns_silent_hint() {
        en: "Check this machine's network, VPN and DNS settings.",
        ja: "このマシンのネットワーク、VPN、DNSの設定を確認してください。",
    }
    silent(host, port, seconds) ["JMC-CONN-SILENT"] {
        en: "`{host}` did not answer on port {port} within {seconds} s.",
        ja: "`{host}` のポート {port} から{seconds}秒以内に応答がありませんでした。",
    }
    silent_hint_group(port) {
        en: "Allow port {port} from this machine's address in the inbound rules of the cluster's security group.",
        ja: "クラスターのセキュリティグループのインバウンドルールで、このマシンのIPアドレスからのポート {port} を許可してください。",
    }
    silent_hint_private() {
        en: "A cluster that is not publicly accessible answers only inside its VPC: connect the VPN, or use a bastion.",
        ja: "パブリックアクセスが無効のクラスターにはVPC内からしか接続できません。VPNに接続するか、踏み台を経由してください。",
    }
    silent_hint_paused() {
        en: "Check in the Redshift console that the cluster is available and not paused.",
        ja: "Redshiftコンソールで、クラスターのステータスが「利用可能」であること(一時停止中でないこと)を確認してください。",
    }
    refused(host, port) ["JMC-CONN-REFUSED"] {
        en: "`{host}` refused the connection on port {port}: nothing is listening there.",
        ja: "`{host}` のポート {port} への接続が拒否されました。このポートでは何も待ち受けていません。",
    }
    refused_hint_port() {
        en: "Compare the port with the endpoint in the Redshift console (5439 unless it was changed).",
        ja: "ポート番号をRedshiftコンソールの「エンドポイント」と比べてください(変更していなければ5439)。",
    }
    refused_hint_tunnel() {
        en: "If this goes through a tunnel, check that the tunnel is up.",
        ja: "トンネルを経由している場合は、トンネルが起動していることを確認してください。",
    }
    unreachable(host, port) ["JMC-CONN-UNREACHABLE"] {
        en: "There is no route to `{host}` port {port}.",
        ja: "`{host}` のポート {port} への経路がありません。",
    }
    unreachable_hint() {
        en: "Check this machine's network and VPN, and the route tables and network ACLs on the way.",
        ja: "このマシンのネットワークとVPN、経路上のルートテーブルとネットワークACLを確認してください。",
    }
    plaintext(host) ["JMC-CONN-PLAINTEXT"] {
        en: "`{host}` is not this machine, and without TLS the password would cross the network in the open.",
        ja: "`{host}` はこのマシンではありません。TLSなしではパスワードが暗号化されずにネットワークを流れます。",
    }
    plaintext_hint() {
        en: "Take --tls disable away; it is for loopback addresses only.",
        ja: "--tls disable を外してください。ループバックアドレスでのみ使用できます。",
    }
    tls_refused(host) ["JMC-CONN-TLS-REFUSED"] {
        en: "The server `{host}` does not offer TLS.",
        ja: "サーバー `{host}` はTLSに対応していません。",
    }
    tls_refused_hint() {
        en: "Every Redshift cluster offers TLS: check that host and port really lead to the cluster, not to a proxy or another database.",
        ja: "RedshiftはすべてTLSに対応しています。ホストとポートがクラスターを指していること(プロキシや別のデータベースでないこと)を確認してください。",
    }
    tls_name(expected, names) ["JMC-CONN-TLS-NAME"] {
        en: "The server's certificate is not for `{expected}`. It is for: {names}",
        ja: "サーバー証明書は `{expected}` のものではありません。証明書に記載された名前: {names}",
    }
    tls_name_hint(example) {
        en: "If you connect through a CNAME, a tunnel or an IP address, give the cluster's own name: --tls-server-name {example}",
        ja: "CNAME、トンネル、IPアドレスを経由している場合は、クラスター本来の名前を指定してください: --tls-server-name {example}",
    }
    tls_name_hint_wrong() {
        en: "Otherwise the address leads to another server: do not go on before you know why.",
        ja: "それ以外の場合は、別のサーバーに接続しています。原因が分かるまで先へ進まないでください。",
    }
    tls_issuer(issuer) ["JMC-CONN-TLS-ISSUER"] {
        en: "The server's certificate was issued by an authority that is not trusted: {issuer}",
        ja: "サーバー証明書の発行元が信頼されていません: {issuer}",
    }
    tls_issuer_hint_proxy() {
        en: "If a corporate proxy inspects TLS, give its CA certificate: --ca-file FILE",
        ja: "社内プロキシがTLSを検査している場合は、そのCA証明書を指定してください: --ca-file ファイル",
    }
    tls_issuer_hint_amazon() {
        en: "Redshift's own certificates are issued by Amazon. If this should be Redshift and no proxy is known, do not go on.",
        ja: "Redshiftの証明書はAmazonが発行します。プロキシがないはずの環境であれば、先へ進まないでください。",
    }
    tls_date(detail) ["JMC-CONN-TLS-DATE"] {
        en: "The server's certificate is not valid today: {detail}",
        ja: "サーバー証明書の有効期間外です: {detail}",
    }
    tls_date_hint() {
        en: "Check this machine's clock. If it is right, the certificate has to be renewed on the server or proxy.",
        ja: "このマシンの時計を確認してください。正しければ、サーバーまたはプロキシ側で証明書の更新が必要です。",
    }
    tls_certificate(detail) ["JMC-CONN-TLS-CERTIFICATE"] {
        en: "The server's certificate cannot be used: {detail}",
        ja: "サーバー証明書を使用できません: {detail}",
    }
    tls_handshake(host) ["JMC-CONN-TLS"] {
        en: "The TLS handshake with `{host}` failed.",
        ja: "`{host}` とのTLSハンドシェイクに失敗しました。",
    }
    tls_handshake_hint() {
        en: "Something between here and the cluster may be breaking TLS: check proxies, and that host and port are the cluster's.",
        ja: "経路上の機器がTLSを妨げている可能性があります。プロキシと、ホストとポートがクラスターのものであることを確認してください。",
    }
    tls_server_name(name) ["JMC-CONN-TLS-SERVER-NAME"] {
        en: "`{name}` cannot be the name in a certificate.",
        ja: "`{name}` は証明書の名前として使用できません。",
    }
    tls_server_name_hint() {
        en: "Give the name in the cluster's endpoint: --tls-server-name NAME",
        ja: "クラスターのエンドポイントの名前を指定してください: --tls-server-name 名前",
    }
    ca_file(path) ["JMC-CONN-CA-FILE"] {
        en: "The file `{path}` has no CA certificate that can be used.",
        ja: "ファイル `{path}` から使用できるCA証明書を読み込めませんでした。",
    }
    ca_file_hint() {
        en: "It must be readable and in PEM form (-----BEGIN CERTIFICATE-----).",
        ja: "読み取り可能なPEM形式 (-----BEGIN CERTIFICATE-----) のファイルを指定してください。",
    }
    password(user) ["JMC-CONN-PASSWORD"] {
        en: "The warehouse did not accept the user `{user}` with this password.",
        ja: "ユーザー `{user}` とこのパスワードの組み合わせでは認証されませんでした。",
    }
    password_hint_same() {
        en: "Redshift answers alike for a wrong password, an unknown user and a user with PASSWORD DISABLE: check all three.",
        ja: "パスワードの誤り、存在しないユーザー、PASSWORD DISABLE のユーザーはいずれも同じ応答になります。3点とも確認してください。",
    }
    password_hint_once() {
        en: "The password was tried once only. An administrator can set a new one with ALTER USER ... PASSWORD.",
        ja: "パスワードは1回だけ試行しました。管理者は ALTER USER ... PASSWORD で再設定できます。",
    }
    tls_required(host) ["JMC-CONN-TLS-REQUIRED"] {
        en: "The warehouse `{host}` accepts no connection without TLS.",
        ja: "`{host}` はTLSなしの接続を受け付けません。",
    }
    tls_required_hint() {
        en: "Take --tls disable away. The parameter group of the cluster has require_ssl set.",
        ja: "--tls disable を外してください。クラスターのパラメータグループで require_ssl が有効になっています。",
    }
    host_not_allowed(user, database) ["JMC-CONN-HOST"] {
        en: "The server does not let the user `{user}` into the database `{database}` from this machine.",
        ja: "サーバーは、このマシンからのユーザー `{user}` によるデータベース `{database}` への接続を許可していません。",
    }
    host_not_allowed_hint() {
        en: "Its access rules (pg_hba.conf) have no entry for this machine: check that host and port are the cluster's, or ask its administrator.",
        ja: "アクセス規則 (pg_hba.conf) にこのマシンの項目がありません。ホストとポートがクラスターのものか確認するか、管理者に依頼してください。",
    }
    login_refused(user) ["JMC-CONN-LOGIN"] {
        en: "The warehouse refused the login of the user `{user}`.",
        ja: "ユーザー `{user}` のログインが拒否されました。",
    }
    login_refused_hint() {
        en: "The reason is the server's own, below the error. Ask the administrator of the cluster about this user.",
        ja: "理由はエラーの下のサーバーの応答のとおりです。このユーザーについてクラスターの管理者に確認してください。",
    }
    database(database) ["JMC-CONN-DATABASE"] {
        en: "There is no database `{database}` in this warehouse.",
        ja: "データベース `{database}` は存在しません。",
    }
    database_hint(database) {
        en: "Check the spelling of `{database}`. The first database of a cluster is `dev` unless another name was chosen; SVV_REDSHIFT_DATABASES lists them all.",
        ja: "`{database}` のつづりを確認してください。クラスターの最初のデータベースは、変更していなければ `dev` です。一覧は SVV_REDSHIFT_DATABASES で確認できます。",
    }
    database_denied(user, database) ["JMC-CONN-DATABASE-DENIED"] {
        en: "The user `{user}` may not use the database `{database}`.",
        ja: "ユーザー `{user}` にはデータベース `{database}` を使用する権限がありません。",
    }
    database_denied_hint(user, database) {
        en: "Grant the user what the server says is missing, for example: GRANT USAGE ON DATABASE {database} TO {user}",
        ja: "サーバーの応答にある権限を付与してください。例: GRANT USAGE ON DATABASE {database} TO {user}",
    }
    limit(host) ["JMC-CONN-LIMIT"] {
        en: "The warehouse `{host}` has no free connection.",
        ja: "`{host}` の接続数が上限に達しています。",
    }
    limit_hint_number(limit) {
        en: "The limit is {limit} connections. End sessions that are not needed (STV_SESSIONS on a cluster, SYS_SESSION_HISTORY on Serverless), or try again later.",
        ja: "上限は {limit} 接続です。不要なセッションを終了するか(クラスターは STV_SESSIONS、Serverlessは SYS_SESSION_HISTORY で確認)、時間をおいて再度実行してください。",
    }
    limit_hint() {
        en: "End sessions that are not needed (STV_SESSIONS on a cluster, SYS_SESSION_HISTORY on Serverless), or try again later.",
        ja: "不要なセッションを終了するか(クラスターは STV_SESSIONS、Serverlessは SYS_SESSION_HISTORY で確認)、時間をおいて再度実行してください。",
    }
    starting(host) ["JMC-CONN-STARTING"] {
        en: "The warehouse `{host}` is starting up, shutting down or restarting.",
        ja: "`{host}` は起動中、停止中、または再起動中です。",
    }
    starting_hint() {
        en: "Wait until the Redshift console shows the cluster as available, then try again.",
        ja: "Redshiftコンソールでステータスが「利用可能」になってから、再度実行してください。",
    }
    eof(host, phase) ["JMC-CONN-EOF"] {
        en: "`{host}` closed the connection in the middle of the test (phase: {phase}).",
        ja: "テストの途中で `{host}` から接続が切断されました(フェーズ: {phase})。",
    }
    eof_hint_busy() {
        en: "A cluster does this while it is resized, patched or rebooted: check its status in the Redshift console and try again.",
        ja: "クラスターのサイズ変更、パッチ適用、再起動の間は切断されます。Redshiftコンソールでステータスを確認し、再度実行してください。",
    }
    eof_hint_middle() {
        en: "A load balancer, firewall or tunnel without a working target does it too: check what stands between here and the cluster.",
        ja: "接続先のないロードバランサー、ファイアウォール、トンネルでも起こります。経路上の機器を確認してください。",
    }
    stalled(host, phase, seconds) ["JMC-CONN-STALLED"] {
        en: "`{host}` accepted the connection and then said nothing for {seconds} s (phase: {phase}).",
        ja: "`{host}` は接続を受け付けましたが、{seconds}秒以内に応答がありませんでした(フェーズ: {phase})。",
    }
    stalled_hint_port() {
        en: "Check that host and port lead to Redshift: another service waits silently for its own protocol.",
        ja: "ホストとポートがRedshiftのものか確認してください。別のサービスに接続すると応答がないまま待たされます。",
    }
    stalled_hint_busy() {
        en: "The cluster may be overloaded, resuming or in maintenance: look at its status in the Redshift console and try again later.",
        ja: "クラスターが過負荷、再開中、またはメンテナンス中の可能性があります。Redshiftコンソールでステータスを確認し、時間をおいて再度実行してください。",
    }
    auth_method(asked) ["JMC-CONN-AUTH-METHOD"] {
        en: "The warehouse asked for a login that jmc-site does not know: {asked}.",
        ja: "jmc-siteが対応していないログイン方式を要求されました: {asked}",
    }
    auth_token() {
        en: "a token of an identity provider or IAM Identity Center (authentication code 14)",
        ja: "IDプロバイダーまたはIAM Identity Centerのトークン(認証コード14)",
    }
    auth_code(code) {
        en: "authentication code {code}",
        ja: "認証コード{code}",
    }
    auth_algorithm(algorithm) {
        en: "authentication code 13 with digest algorithm {algorithm}, where only 0 (SHA-256) is known",
        ja: "認証コード13のダイジェスト方式{algorithm}(対応しているのは0のSHA-256のみ)",
    }
    auth_sasl() {
        en: "a SASL mechanism other than SCRAM-SHA-256",
        ja: "SCRAM-SHA-256以外のSASL方式",
    }
    auth_method_hint() {
        en: "JMC logs in with a user name and a password: use a database user that has a password (CREATE USER ... PASSWORD).",
        ja: "JMCはユーザー名とパスワードでログインします。パスワードを持つデータベースユーザー (CREATE USER ... PASSWORD) を使用してください。",
    }
    cleartext(host) ["JMC-CONN-CLEARTEXT"] {
        en: "`{host}` asked for the password in the open, without TLS. It was not sent.",
        ja: "`{host}` から、TLSなしの平文でパスワードを要求されました。パスワードは送信していません。",
    }
    cleartext_hint() {
        en: "Take --tls disable away, so that the password travels inside TLS.",
        ja: "--tls disable を外し、パスワードがTLSで保護されるようにしてください。",
    }
    protocol(host, phase) ["JMC-CONN-PROTOCOL"] {
        en: "What `{host}` answered is not the protocol of Redshift (phase: {phase}).",
        ja: "`{host}` の応答がRedshiftのプロトコルと異なります(フェーズ: {phase})。",
    }
    protocol_hint() {
        en: "Another service may be listening there: check host and port against the endpoint in the Redshift console.",
        ja: "別のサービスが待ち受けている可能性があります。ホストとポートをRedshiftコンソールの「エンドポイント」と比べてください。",
    }
    server_error(host, sqlstate) ["JMC-CONN-SERVER"] {
        en: "The server `{host}` refused the connection with an error (SQLSTATE {sqlstate}).",
        ja: "サーバー `{host}` がエラーを返し、接続できませんでした (SQLSTATE {sqlstate})。",
    }
    server_error_hint() {
        en: "The server's own words are below the error. Look at the cluster's status and events in the Redshift console.",
        ja: "サーバーの応答はエラーの下に表示されています。Redshiftコンソールでクラスターのステータスとイベントを確認してください。",
    }
    query_failed(sqlstate) ["JMC-CONN-QUERY"] {
        en: "The login succeeded, but the warehouse could not answer a simple query (SQLSTATE {sqlstate}).",
        ja: "ログインはできましたが、簡単な問い合わせに失敗しました (SQLSTATE {sqlstate})。",
    }
    query_failed_hint() {
        en: "The server's own words are below the error. Try `select version()` in the query editor with the same user.",
        ja: "サーバーの応答はエラーの下に表示されています。同じユーザーでクエリエディタから `select version()` を実行してみてください。",
    }

    // What AWS tells about a warehouse that cannot be reached.

    aws_missing(name, region) {
        en: "AWS knows no `{name}` in {region}: it was deleted or renamed, or this is another account or region.",
        ja: "AWSの{region}に `{name}` は存在しません。削除または名前変更されたか、アカウントやリージョンが異なります。",
    }
    aws_paused(name) {
        en: "AWS says that `{name}` is paused. Resume it: aws redshift resume-cluster --cluster-identifier {name}",
        ja: "`{name}` は一時停止中です。次のコマンドで再開できます: aws redshift resume-cluster --cluster-identifier {name}",
    }
    aws_busy(name, status) {
        en: "AWS says that the status of `{name}` is `{status}`. Wait until it is available.",
        ja: "`{name}` の現在のステータスは `{status}` です。「利用可能」になるまでお待ちください。",
    }
    aws_endpoint(name, endpoint) {
        en: "AWS says that the endpoint of `{name}` is {endpoint}.",
        ja: "AWS上の `{name}` のエンドポイントは {endpoint} です。",
    }
    aws_network(vpc, groups, public) {
        en: "AWS says: VPC {vpc}; security groups {groups}; {public}.",
        ja: "AWS上の設定: VPC {vpc}、セキュリティグループ {groups}、{public}。",
    }
    aws_public() { en: "publicly accessible", ja: "パブリックアクセス有効" }
    aws_private() { en: "not publicly accessible", ja: "パブリックアクセス無効" }
    aws_unknown() { en: "public access unknown", ja: "パブリックアクセス不明" }

    // Where the password comes from.

    source_unknown(arn) {
        en: "it names where the password comes from, and never is the password itself: prompt, stdin, env, pgpass, iam, an object with iam-db-user, or one with secrets-manager ({arn}).",
        ja: "パスワードそのものではなく取得元を指定してください: prompt、stdin、env、pgpass、iam、iam-db-user を持つオブジェクト、または secrets-manager を持つオブジェクト ({arn})。",
    }
    source_prompt() { en: "typed, never saved", ja: "入力、保存しません" }
    source_stdin() { en: "standard input", ja: "標準入力" }
    source_env() { en: "JMC_REDSHIFT_PASSWORD", ja: "環境変数 JMC_REDSHIFT_PASSWORD" }
    source_pgpass() { en: ".pgpass", ja: ".pgpass" }
    password_unreadable() ["JMC-PASSWORD-STDIN"] {
        en: "The password could not be read from standard input.",
        ja: "標準入力からパスワードを読み込めませんでした。",
    }
    password_empty() ["JMC-PASSWORD-EMPTY"] {
        en: "The password is empty.",
        ja: "パスワードが空です。",
    }
    password_lines() ["JMC-PASSWORD-LINES"] {
        en: "The password must be a single line of text without control characters. At the end, one line break is allowed.",
        ja: "パスワードは制御文字を含まない1行で指定してください。末尾の改行は1つだけ許されます。",
    }
    password_long(limit) ["JMC-PASSWORD-LENGTH"] {
        en: "The password is longer than {limit} bytes.",
        ja: "パスワードが{limit}バイトを超えています。",
    }
    pgpass_open(path, mode) ["JMC-PGPASS-MODE"] {
        en: "The password file `{path}` can be read by others (mode {mode}), so it is not used.",
        ja: "パスワードファイル `{path}` は他のユーザーからアクセスできるため(モード {mode})、使用しません。",
    }
    pgpass_open_hint(path) {
        en: "Protect it: chmod 600 {path}",
        ja: "次のコマンドで保護してください: chmod 600 {path}",
    }
    pgpass_unreadable(path) ["JMC-PGPASS-READ"] {
        en: "The password file `{path}` cannot be read.",
        ja: "パスワードファイル `{path}` を読み込めません。",
    }
}

//! The layers, the messages, and one row for every value that cannot work.

use std::{io::Write, time::Duration};

use secrecy::{ExposeSecret, SecretString};

use super::*;

const SECRET: &str = "sixteen bytes or more";

fn env(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn with(pairs: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    Settings::from_parts(None, env(pairs))
}

/// A settings file that goes away with the test.
struct TempFile(PathBuf);

impl TempFile {
    fn new(text: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("helpline-settings-{}.toml", rand::random::<u64>()));
        std::fs::File::create(&path)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .unwrap();
        Self(path)
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn the_defaults_are_the_documented_ones() {
    let settings = Settings::default();
    assert_eq!(settings.redis.url.expose(), "redis://127.0.0.1:6379");
    assert_eq!(
        (
            settings.redis.prefix.as_str(),
            settings.redis.join_channel.as_str()
        ),
        ("helpline", "Join")
    );
    assert_eq!(settings.redis.partitions, 1);
    assert!(!settings.redis.cluster);
    assert_eq!(settings.redis.sentinel, "");
    assert_eq!(settings.redis.stream_max_bytes, 256 * 1024 * 1024);
    let records = settings.records.url.as_ref().map(SecretUrl::expose);
    assert_eq!(records, Some("sqlite:data/helpline.db"));
    assert_eq!(settings.chat_server.bind, "127.0.0.1:9000".parse().unwrap());
    assert_eq!(settings.subscriber.bind, "127.0.0.1:9001".parse().unwrap());
    assert_eq!(settings.socketio.bind, "127.0.0.1:9002".parse().unwrap());
    assert_eq!(settings.socketio.grace, Duration::ZERO);
    assert_eq!(settings.chat.idle_timeout, Duration::from_secs(120));
    assert_eq!(settings.chat.max_content_bytes, 4096);
    assert_eq!(settings.chat.join_text, "{agent} is now with you.");
    assert_eq!(settings.sockets.outbox, 256);
    assert!(settings.sockets.worker_count() >= 1);
    assert_eq!(settings.presence.grace, Duration::from_secs(3));
    assert_eq!(settings.presence.restart_grace, Duration::from_secs(15));
    assert_eq!(settings.queue.reservation, Duration::from_secs(15));
    assert!(settings.auth.is_open());
    assert_eq!(settings.auth.token_ttl, Duration::from_secs(86_400));
    assert_eq!(settings.auth.password_hash, PasswordHash::Argon2id);
    assert_eq!(settings.admin.email, "admin@helpline.local");
    assert!(settings.admin.password.is_none());
    assert_eq!(settings.http.origins(), None);
    assert!(settings.http.trusted_proxies.is_empty());
    assert_eq!(
        (
            settings.limits.messages_per_second,
            settings.limits.message_burst
        ),
        (50, 300)
    );
    assert_eq!(settings.log.format, LogFormat::Pretty);
}

#[test]
fn a_file_changes_the_defaults_and_the_environment_changes_both() {
    let file = TempFile::new(
        "[chat]\nidle_timeout = \"5m\"\njoin_timeout = \"500ms\"\n[http]\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]\n",
    );
    let vars = env(&[
        ("HELPLINE__CHAT__IDLE_TIMEOUT", "7s"),
        ("PATH", "/bin"),
        ("HELPLINE_PORT", "tcp://10.0.0.1"),
    ]);
    let settings = Settings::from_parts(Some(&file.0), vars).unwrap();
    assert_eq!(settings.chat.idle_timeout, Duration::from_secs(7));
    assert_eq!(settings.chat.join_timeout, Duration::from_millis(500));
    assert_eq!(settings.chat.leave_grace, Duration::from_secs(10));
    let proxies: Vec<String> = settings
        .http
        .trusted_proxies
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(proxies, ["10.0.0.0/8", "::1/128"]);
}

#[test]
fn every_kind_of_value_can_come_from_the_environment() {
    let settings = with(&[
        ("HELPLINE__REDIS__URL", "unix:///run/redis.sock"),
        ("HELPLINE__REDIS__PARTITIONS", "16"),
        ("HELPLINE__REDIS__STREAM_MAX_BYTES", "4096"),
        ("HELPLINE__RECORDS__URL", ""),
        ("HELPLINE__CHAT_SERVER__BIND", "[::1]:0"),
        ("HELPLINE__SOCKETIO__BIND", "[::1]:0"),
        ("HELPLINE__SOCKETIO__GRACE", "30s"),
        ("HELPLINE__SOCKETS__OUTBOX", "1"),
        ("HELPLINE__AUTH__JWT_SECRET", SECRET),
        (
            "HELPLINE__HTTP__CORS_ORIGIN",
            "https://shop.example, http://localhost:5173",
        ),
        ("HELPLINE__HTTP__TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.7"),
        ("HELPLINE__LIMITS__SOCKETS_PER_ADDRESS", "3"),
        ("HELPLINE__LOG__FORMAT", "json"),
        (
            "HELPLINE__LOG__LEVEL",
            "warn,helpline_live=debug,redis::aio=off",
        ),
    ])
    .unwrap();
    assert_eq!(settings.redis.partitions, 16);
    assert_eq!(settings.redis.stream_max_bytes, 4096);
    assert!(settings.records.url.is_none());
    assert_eq!(settings.chat_server.bind, "[::1]:0".parse().unwrap());
    assert_eq!(settings.socketio.bind, "[::1]:0".parse().unwrap());
    assert_eq!(settings.socketio.grace, Duration::from_secs(30));
    assert_eq!(
        settings
            .auth
            .jwt_secret
            .as_ref()
            .map(|secret| secret.expose_secret()),
        Some(SECRET)
    );
    assert_eq!(
        settings.http.origins(),
        Some(vec!["https://shop.example", "http://localhost:5173"])
    );
    assert_eq!(settings.http.trusted_proxies.len(), 2);
    assert_eq!(settings.limits.sockets_per_address, Some(3));
    assert_eq!(settings.log.format, LogFormat::Json);
}

#[test]
fn a_cluster_and_sentinels_are_several_servers() {
    let url = "HELPLINE__REDIS__URL";
    let cluster = "HELPLINE__REDIS__CLUSTER";
    let sentinel = "HELPLINE__REDIS__SENTINEL";
    let servers = "redis://ann:topsecret@a:6379,b:6379/0";
    let settings = with(&[(url, servers), (cluster, "true")]).unwrap();
    assert!(settings.redis.cluster);
    assert_eq!(settings.redis.url.servers().len(), 2);
    let settings = with(&[(url, "redis://a:26379,b:26379/3"), (sentinel, "main")]).unwrap();
    assert_eq!(settings.redis.sentinel, "main");
    for (variables, named, reason) in [
        (
            [(url, servers), (cluster, "true"), (sentinel, "main")],
            "redis.sentinel",
            "redis.cluster",
        ),
        (
            [
                (url, "redis://ann:topsecret@a,b/1"),
                (cluster, "true"),
                (sentinel, ""),
            ],
            "redis.url",
            "number 0",
        ),
        (
            [
                (url, "unix:///run/redis.sock"),
                (cluster, "true"),
                (sentinel, ""),
            ],
            "redis.url",
            "socket file",
        ),
        (
            [
                (url, "unix:///run/redis.sock"),
                (cluster, "false"),
                (sentinel, "main"),
            ],
            "redis.url",
            "socket file",
        ),
    ] {
        let error = with(&variables).unwrap_err().to_string();
        assert!(error.contains(named) && error.contains(reason), "{error}");
        assert!(!error.contains("topsecret"), "{error}");
    }
}

/// The variable of a key, as an operator would write it.
fn variable(key: &str) -> String {
    format!("HELPLINE__{}", key.to_uppercase().replace('.', "__"))
}

/// Setting `key` alone to `value` stops the start with a message that names `named` both ways and says why.
fn refused(key: &str, value: &str, named: &str, reason: &str) {
    let error = with(&[(&variable(key), value)])
        .expect_err(&format!("{key}={value}"))
        .to_string();
    let start = format!("setting `{named}` ({}): ", variable(named));
    assert!(error.starts_with(&start), "{key}={value}: {error}");
    assert!(error.contains(reason), "{key}={value}: {error}");
    assert!(!error.contains("topsecret"), "{key}: {error}");
}

#[test]
fn a_value_that_cannot_work_stops_the_start() {
    for (key, value, reason) in [
        ("redis.url", "http://localhost", "redis://"),
        ("redis.url", "redis://", "names no server"),
        ("redis.url", "redis://a,b", "several servers"),
        ("redis.url", "redis://a,http://b", "redis://"),
        ("redis.url", "redis://a,,b", "names no server"),
        ("redis.cluster", "perhaps", "perhaps"),
        ("redis.sentinel", "a b", "blanks"),
        ("redis.prefix", "", "1 to 64"),
        ("redis.prefix", "a{b}", "1 to 64"),
        ("redis.join_channel", "", "empty"),
        ("redis.join_channel", "a b", "blanks"),
        ("redis.partitions", "0", "between 1 and 256"),
        ("redis.partitions", "257", "between 1 and 256"),
        ("redis.partitions", "many", "many"),
        ("redis.partitions", "-1", "-1"),
        ("redis.stream_max_bytes", "4095", "less than 4096"),
        ("redis.stream_max_bytes", "1GiB", "1GiB"),
        ("records.url", "helpline.db", "sqlite:"),
        ("records.url", "sqlite:", "names no database"),
        ("records.url", "postgres://", "names no database"),
        ("records.url", "mysql://ann:topsecret@db", "sqlite:"),
        ("chat_server.bind", "localhost", "invalid socket address"),
        ("subscriber.bind", "9001", "invalid socket address"),
        ("socketio.bind", "9002", "invalid socket address"),
        ("socketio.grace", "soon", "not a duration"),
        ("socketio.grace", "2years", "365 days"),
        ("chat.idle_timeout", "0s", "between 1ms"),
        ("chat.idle_timeout", "120", "not a duration"),
        ("chat.idle_timeout", "soon", "not a duration"),
        ("chat.idle_timeout", "2years", "365 days"),
        ("chat.join_timeout", "0ms", "between 1ms"),
        ("chat.leave_grace", "0s", "between 1ms"),
        ("chat.max_content_bytes", "0", "between 1 and"),
        ("chat.max_content_bytes", "65536", "between 1 and"),
        ("pages.chat_server", "chat.example", "http:// or https://"),
        ("pages.accent", "blue", "such as #1f5fd4"),
        ("chat.max_frame_bytes", "100", "between"),
        ("sockets.ping", "0s", "between 1ms"),
        ("sockets.ping", "120s", "not shorter than sockets.silence"),
        ("sockets.silence", "0s", "between 1ms"),
        ("sockets.error_window", "0s", "between 1ms"),
        ("sockets.send_timeout", "0s", "between 1ms"),
        ("sockets.drain", "0s", "between 1ms"),
        ("sockets.outbox", "0", "between 1 and"),
        ("sockets.lease", "0s", "between 1ms"),
        ("sockets.workers", "5000", "between 0 and"),
        ("queue.reservation", "0s", "between 1ms"),
        ("auth.jwt_secret", "", "is empty"),
        ("auth.jwt_secret", "topsecret", "shorter than 16 bytes"),
        ("auth.token_ttl", "0s", "between 1ms"),
        ("auth.token_ttl", "999ms", "one second"),
        ("auth.password_hash", "md5", "none of `argon2id`"),
        ("admin.email", "admin", "not an e-mail address"),
        ("admin.email", "@", "not an e-mail address"),
        ("admin.password", "short", "shorter than 8"),
        ("http.cors_origin", "", "is empty"),
        ("http.cors_origin", "shop.example", "not an origin"),
        (
            "http.cors_origin",
            "https://shop.example/page",
            "not an origin",
        ),
        (
            "http.cors_origin",
            "https://shop.example,*",
            "not an origin",
        ),
        (
            "http.trusted_proxies",
            "10.0.0.0/8,proxy",
            "`proxy` is neither",
        ),
        ("limits.messages_per_second", "0", "between 1 and"),
        ("limits.message_burst", "0", "between 1 and"),
        ("limits.registrations_per_minute", "0", "between 1 and"),
        ("limits.sockets_per_address", "0", "between 1 and"),
        ("limits.sockets_per_address", "", "integer"),
        ("log.level", "", "not a level"),
        ("log.level", "infoo", "`infoo` is not a level"),
        ("log.level", "info,helpline_live=loud", "not a level"),
        ("log.format", "xml", "neither `pretty` nor `json`"),
    ] {
        refused(key, value, key, reason);
    }
}

#[test]
fn a_key_that_does_not_exist_stops_the_start() {
    refused(
        "redis.password",
        "topsecret",
        "redis.password",
        "no such setting",
    );
    refused("redis.url.host", "x", "redis.url", "map");
    refused("auth.jwt_secret.x", "topsecret", "auth.jwt_secret", "map");
    refused("journals.url", "x", "journals", "no such section");
    refused(
        "redis",
        "redis://:topsecret@host",
        "redis",
        "settings stand in sections",
    );
}

#[test]
fn a_text_longer_than_any_message_is_refused() {
    for key in ["join_text", "leave_text"] {
        let error = with(&[(
            &format!("HELPLINE__CHAT__{}", key.to_uppercase()),
            &"x".repeat(4097),
        )])
        .unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with(&format!("setting `chat.{key}`")),
            "{error}"
        );
    }
}

#[test]
fn a_file_that_cannot_be_used_is_named() {
    let missing = std::env::temp_dir().join("helpline-no-such-file.toml");
    let error = Settings::from_parts(Some(&missing), [])
        .unwrap_err()
        .to_string();
    assert!(error.contains("helpline-no-such-file.toml"), "{error}");

    let broken = TempFile::new("[auth]\njwt_secret = \"topsecret topsecret\nbind = 3\n");
    let error = Settings::from_parts(Some(&broken.0), [])
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("helpline-settings-") && error.contains("line 2"),
        "{error}"
    );
    assert!(!error.contains("topsecret"), "{error}");

    let unknown = TempFile::new("[chat]\nidle_timout = \"3s\"\n");
    let error = Settings::from_parts(Some(&unknown.0), [])
        .unwrap_err()
        .to_string();
    assert!(error.contains("`chat.idle_timout`"), "{error}");
}

#[test]
fn secrets_stay_out_of_debug_output() {
    let settings = with(&[
        (
            "HELPLINE__REDIS__URL",
            "redis://ann:topsecret@redis.example",
        ),
        (
            "HELPLINE__RECORDS__URL",
            "postgres://ann:topsecret@db.example/helpline",
        ),
        ("HELPLINE__AUTH__JWT_SECRET", "topsecret topsecret"),
        ("HELPLINE__ADMIN__PASSWORD", "topsecret topsecret"),
    ])
    .unwrap();
    let shown = format!("{settings:?}");
    assert!(shown.contains("redis://ann:***@redis.example"), "{shown}");
    assert!(!shown.contains("topsecret"), "{shown}");
}

#[test]
fn an_open_service_listens_on_loopback_only() {
    let mut settings = Settings::default();
    for loopback in [
        "127.0.0.1:9000",
        "127.8.0.1:0",
        "[::1]:9000",
        "[::ffff:127.0.0.1]:9000",
    ] {
        settings.check_bind(loopback.parse().unwrap()).unwrap();
    }
    for reachable in [
        "0.0.0.0:9000",
        "[::]:9000",
        "192.168.1.4:9000",
        "[2001:db8::1]:9000",
    ] {
        let error = settings
            .check_bind(reachable.parse().unwrap())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("HELPLINE__AUTH__JWT_SECRET") && error.contains(reachable),
            "{error}"
        );
    }
    settings.auth.jwt_secret = Some(SecretString::from(SECRET));
    settings
        .check_bind("0.0.0.0:9000".parse().unwrap())
        .unwrap();
}

#[test]
fn a_variable_that_is_not_text_is_named() {
    use std::os::unix::ffi::OsStringExt;
    let bad = OsString::from_vec(vec![b'a', 0xff]);
    let error = own_variable(("HELPLINE__REDIS__URL".into(), bad.clone()))
        .unwrap_err()
        .to_string();
    assert!(error.contains("HELPLINE__REDIS__URL"), "{error}");
    assert_eq!(own_variable(("OTHER".into(), bad)).unwrap(), None);
}

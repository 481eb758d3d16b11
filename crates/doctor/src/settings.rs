//! What the settings say, beyond what stops a start.

use std::{collections::BTreeSet, path::Path};

use helpline_service::settings::{Settings, SettingsError};
use secrecy::ExposeSecret;

use crate::finding::Finding;

/// What is judged here.
pub const AREA: &str = "settings";
/// As long as what the signature is made with: more adds nothing, less can be found sooner.
const GOOD_SECRET: usize = 32;
/// A random secret of hex digits has about as many different characters.
const FEW_CHARACTERS: usize = 10;

/// Settings that stop the start. The error names the key.
#[must_use]
pub fn unusable(error: &SettingsError) -> Finding {
    let mend = "correct it where it is set: the file named by HELPLINE_CONFIG, or the environment";
    Finding::wrong(AREA, error.to_string(), mend)
}

/// Judges settings that can be used; `file` is where some of them come from.
#[must_use]
pub fn judge(settings: &Settings, file: Option<&Path>) -> Vec<Finding> {
    let mut findings = vec![match file {
        Some(file) => Finding::ok(
            AREA,
            format!("can be used; from {} and the environment", file.display()),
        ),
        None => Finding::ok(AREA, "can be used; from the environment, without a file"),
    }];
    findings.extend(mode(settings));
    findings.extend(proxies(settings));
    findings.extend(pages(settings));
    findings
}

/// Who may come, and where from.
fn mode(settings: &Settings) -> Vec<Finding> {
    let binds = [
        settings.chat_server.bind,
        settings.subscriber.bind,
        settings.socketio.bind,
    ];
    let Some(secret) = &settings.auth.jwt_secret else {
        let refused = binds
            .iter()
            .find_map(|bind| settings.check_bind(*bind).err());
        return vec![match refused {
            Some(error) => Finding::wrong(
                AREA,
                error.to_string(),
                "set HELPLINE__AUTH__JWT_SECRET, for example to what `openssl rand -hex 32` says",
            ),
            None => Finding::ok(
                AREA,
                "open mode: no token is asked for, and this machine alone is served",
            ),
        }];
    };
    let secret = secret.expose_secret();
    let different = secret.chars().collect::<BTreeSet<_>>().len();
    let strength = if secret.len() < GOOD_SECRET || different < FEW_CHARACTERS {
        Finding::warn(
            AREA,
            format!(
                "token mode; auth.jwt_secret is weak: {} bytes, {different} different characters",
                secret.len()
            ),
            "take what `openssl rand -hex 32` says; everybody has to sign in again then",
        )
    } else {
        Finding::ok(AREA, "token mode; auth.jwt_secret is long enough")
    };
    let mut findings = vec![strength];
    if binds.iter().all(|bind| bind.ip().is_loopback()) {
        let found = "the services are reached from this machine alone";
        findings.push(Finding::ok(AREA, found));
    }
    findings
}

/// Whose word on a client's address is taken.
fn proxies(settings: &Settings) -> Option<Finding> {
    let trusted = &settings.http.trusted_proxies;
    if let Some(all) = trusted.iter().find(|net| net.prefix_len() == 0) {
        return Some(Finding::wrong(
            AREA,
            format!("http.trusted_proxies has {all}: any client may claim any address"),
            "name the network of the proxies alone",
        ));
    }
    let local = settings.chat_server.bind.ip().is_loopback();
    if trusted.is_empty() && !local {
        return Some(Finding::warn(
            AREA,
            "http.trusted_proxies is empty: behind a proxy all visitors would share one visitor's limits",
            "name the network of the proxies, unless there is none in front",
        ));
    }
    None
}

/// What browsers are told.
fn pages(settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    let services = [
        (
            "pages.chat_server",
            &settings.pages.chat_server,
            settings.chat_server.bind,
        ),
        (
            "pages.subscriber",
            &settings.pages.subscriber,
            settings.subscriber.bind,
        ),
    ];
    for (key, url, bind) in services {
        match url {
            None if !bind.ip().is_loopback() => findings.push(Finding::warn(
                AREA,
                format!("{key} is not set: the pages of the other host do not find this service"),
                "set it to the address that browsers use, such as https://chat.example.com",
            )),
            Some(url) if url.starts_with("http://") && !settings.auth.is_open() => {
                findings.push(Finding::warn(
                    AREA,
                    format!("{key} is not https: what people write and their tokens can be read on the way"),
                    "put a proxy with a certificate in front, and write https://",
                ));
            }
            _ => {}
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;
    use crate::finding::Level;

    fn judged(change: impl FnOnce(&mut Settings)) -> Vec<(Level, String)> {
        let mut settings = Settings::default();
        change(&mut settings);
        let findings = judge(&settings, None);
        findings
            .into_iter()
            .map(|finding| (finding.level, finding.found))
            .collect()
    }

    fn said(findings: &[(Level, String)], level: Level, text: &str) -> bool {
        findings
            .iter()
            .any(|(of, found)| *of == level && found.contains(text))
    }

    #[test]
    fn the_defaults_are_well() {
        let findings = judged(|_| {});
        assert!(
            findings.iter().all(|(level, _)| *level == Level::Ok),
            "{findings:?}"
        );
        assert!(said(&findings, Level::Ok, "open mode"));
    }

    #[test]
    fn an_open_service_that_others_reach_is_wrong() {
        let findings =
            judged(|settings| settings.subscriber.bind = "0.0.0.0:9001".parse().unwrap());
        assert!(
            said(&findings, Level::Wrong, "0.0.0.0:9001"),
            "{findings:?}"
        );
    }

    #[test]
    fn a_weak_secret_is_said_and_not_shown() {
        for secret in ["sixteen bytes ok", &"ab".repeat(30)] {
            let findings = judged(|settings| {
                settings.auth.jwt_secret = Some(SecretString::from(secret.to_owned()));
            });
            assert!(said(&findings, Level::Warn, "weak"), "{findings:?}");
            assert!(!format!("{findings:?}").contains(secret));
        }
        let strong = "0123456789abcdef0123456789abcdef";
        let findings = judged(|settings| settings.auth.jwt_secret = Some(strong.into()));
        assert!(said(&findings, Level::Ok, "token mode"), "{findings:?}");
    }

    #[test]
    fn proxies_and_pages_matter_where_others_come() {
        let public = |settings: &mut Settings| {
            settings.auth.jwt_secret = Some("0123456789abcdef0123456789abcdef".into());
            settings.chat_server.bind = "0.0.0.0:9000".parse().unwrap();
            settings.subscriber.bind = "0.0.0.0:9001".parse().unwrap();
        };
        let findings = judged(public);
        assert!(said(&findings, Level::Warn, "trusted_proxies is empty"));
        assert!(said(&findings, Level::Warn, "pages.subscriber"));
        let findings = judged(|settings| {
            public(settings);
            settings.http.trusted_proxies = vec!["0.0.0.0/0".parse().unwrap()];
            settings.pages.chat_server = Some("http://chat.example".into());
            settings.pages.subscriber = Some("https://desk.example".into());
        });
        assert!(said(&findings, Level::Wrong, "any client"));
        assert!(said(
            &findings,
            Level::Warn,
            "pages.chat_server is not https"
        ));
        assert!(!said(&findings, Level::Warn, "pages.subscriber"));
    }
}

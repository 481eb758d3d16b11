//! Whose certificates are taken, and until when.

use std::{sync::Arc, time::Duration};

use helpline_service::clock::now_micros;
use rustls::{
    ClientConfig, RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::ring,
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use super::{AREA, Site};
use crate::finding::Finding;

/// Fewer days than this leave little time to notice that renewing has stopped.
const SOON: u64 = 14;
/// Farther ahead nobody has to look.
const FAR: u64 = 400;
const DAY: u64 = 24 * 60 * 60;

/// The authorities that this machine trusts.
#[derive(Debug)]
pub struct Trust {
    pub(super) config: Arc<ClientConfig>,
    verifier: Arc<WebPkiServerVerifier>,
}

impl Trust {
    /// Those of the system, or of `SSL_CERT_FILE`.
    ///
    /// # Errors
    /// When there are none.
    pub fn of_this_machine() -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Self::new(roots)
    }

    fn new(roots: RootCertStore) -> Result<Self, String> {
        let provider = Arc::new(ring::default_provider());
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
                .build()
                .map_err(|_| "this machine trusts no authority".to_owned())?;
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_webpki_verifier(verifier.clone())
            .with_no_client_auth();
        // WebSockets are an upgrade of this.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            config: Arc::new(config),
            verifier,
        })
    }

    /// Judges a chain that was just taken.
    pub(super) fn judge(
        &self,
        site: &Site,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
    ) -> Vec<Finding> {
        let now = Duration::from_micros(u64::try_from(now_micros()).unwrap_or_default());
        let Some(days) = self.days_left(chain, name, now.as_secs()) else {
            return Vec::new();
        };
        vec![judge(site, days)]
    }

    /// For how many more days the whole chain would be taken: that a certificate is good once it has begun and until it ends makes
    /// it a search by halves. `None` when it is not good now.
    fn days_left(
        &self,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: u64,
    ) -> Option<u64> {
        let (leaf, rest) = chain.split_first()?;
        let good = |days: u64| {
            let then = UnixTime::since_unix_epoch(Duration::from_secs(now + days * DAY));
            let verified = self
                .verifier
                .verify_server_cert(leaf, rest, name, &[], then);
            verified.is_ok()
        };
        if !good(0) {
            return None;
        }
        let (mut known, mut beyond) = (0, FAR + 1);
        while beyond - known > 1 {
            let middle = known.midpoint(beyond);
            if good(middle) {
                known = middle;
            } else {
                beyond = middle;
            }
        }
        Some(known)
    }
}

fn judge(site: &Site, days: u64) -> Finding {
    match days {
        FAR.. => Finding::ok(
            AREA,
            format!("{site}: its certificate is good for more than a year"),
        ),
        SOON.. => Finding::ok(
            AREA,
            format!("{site}: its certificate is good for {days} days"),
        ),
        _ => Finding::warn(
            AREA,
            format!("{site}: its certificate is good for {days} days only"),
            "renew it, and find out why that did not happen by itself",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Level;

    /// A certificate for chat.example that is good for 90 days from this second on, and who signed it.
    const BEGINS: u64 = 1_795_271_298;
    const LEAF: &[u8] = include_bytes!("testdata/leaf.der");
    const AUTHORITY: &[u8] = include_bytes!("testdata/authority.der");

    fn trust() -> Trust {
        let mut roots = RootCertStore::empty();
        roots.add(AUTHORITY.into()).unwrap();
        Trust::new(roots).unwrap()
    }

    fn days_left(name: &'static str, now: u64) -> Option<u64> {
        let name = ServerName::try_from(name).unwrap();
        trust().days_left(&[LEAF.into()], &name, now)
    }

    #[test]
    fn days_are_counted_until_the_chain_is_not_taken_any_more() {
        assert_eq!(days_left("chat.example", BEGINS), Some(90));
        assert_eq!(days_left("chat.example", BEGINS + 80 * DAY), Some(10));
        assert_eq!(days_left("chat.example", BEGINS + 90 * DAY), Some(0));
        assert_eq!(days_left("chat.example", BEGINS + 91 * DAY), None);
        assert_eq!(days_left("other.example", BEGINS), None);
    }

    #[test]
    fn fourteen_days_are_few() {
        let site: Site = "https://chat.example".parse().unwrap();
        for (days, level) in [(13, Level::Warn), (14, Level::Ok), (FAR, Level::Ok)] {
            assert_eq!(judge(&site, days).level, level, "{days}");
        }
    }

    #[test]
    fn without_authorities_nothing_is_trusted() {
        assert!(Trust::new(RootCertStore::empty()).is_err());
    }
}

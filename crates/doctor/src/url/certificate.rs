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
        vec![match days {
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
        }]
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

//! A line to a host: TCP, and TLS where the address says so. Requests and sockets are spoken over it.

use std::{io, time::Duration};

use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;

use super::{AREA, Site, Trust};
use crate::finding::Finding;

/// How long anything that is tried through an address may take.
pub(super) const DEADLINE: Duration = Duration::from_secs(10);

/// What bytes go over, in clear or not.
pub(super) trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bytes for T {}

/// Opens a line.
pub(super) async fn dial(site: &Site, trust: Option<&Trust>) -> io::Result<Box<dyn Bytes>> {
    let tcp = TcpStream::connect((site.host.as_str(), site.port)).await?;
    tcp.set_nodelay(true)?;
    let Some(trust) = trust else {
        return Ok(Box::new(tcp));
    };
    let tls = TlsConnector::from(trust.config.clone());
    Ok(Box::new(tls.connect(name(site)?, tcp).await?))
}

/// Whether there is a line, and for how long its certificate is good.
pub(super) async fn look(site: &Site, trust: Option<&Trust>) -> Result<Vec<Finding>, Finding> {
    let trying = async {
        let tcp = TcpStream::connect((site.host.as_str(), site.port)).await;
        let tcp = tcp.map_err(|error| {
            Finding::wrong(
                AREA,
                format!("{site} cannot be reached: {error}"),
                "look at DNS, the firewall and the proxy; from this machine it has to be reachable too",
            )
        })?;
        let Some(trust) = trust else {
            return Ok(Vec::new());
        };
        let refused = |error: io::Error| {
            Finding::wrong(
                AREA,
                format!("{site} has no certificate that browsers take: {error}"),
                "renew it, or make the proxy send the whole chain; for an authority of your own set SSL_CERT_FILE here",
            )
        };
        let tls = TlsConnector::from(trust.config.clone());
        let name = name(site).map_err(refused)?;
        let tls = tls.connect(name.clone(), tcp).await.map_err(refused)?;
        let chain = tls.get_ref().1.peer_certificates().unwrap_or_default();
        Ok(trust.judge(site, chain, &name))
    };
    match timeout(DEADLINE, trying).await {
        Ok(looked) => looked,
        Err(_) => Err(Finding::wrong(
            AREA,
            format!("{site} does not answer within {} s", DEADLINE.as_secs()),
            "look at the firewall and the proxy",
        )),
    }
}

fn name(site: &Site) -> io::Result<ServerName<'static>> {
    ServerName::try_from(site.host.clone()).map_err(io::Error::other)
}

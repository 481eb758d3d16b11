//! The way from an HTTP request to a served socket.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{RETRY_AFTER, X_FORWARDED_PROTO},
    },
    rt, web,
};
use helpline_protocol::{close::Close, typed::Level};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    access::{
        Binding, Claims, ClientAddress, HELPLINE_V1, MessageRate, TokenError, offers, subprotocol,
        token_of,
    },
    application::Commons,
    http,
    metrics::SocketKind,
    socket::{Session, close, serve},
    wire::upgrade,
};

/// Who comes, as far as the request tells.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Names the socket: random, so that no other socket of the deployment has the same.
    pub socket: u64,
    /// What the client has asked to see.
    pub level: Level,
    /// The token it brings, from wherever it stands.
    pub token: Option<String>,
    /// The address it counts for.
    pub address: Option<ClientAddress>,
    /// Ends the socket when its token ends before its time; see [`Visit::bind`].
    pub ended: CancellationToken,
}

impl Visit {
    /// Reads the request.
    pub fn of(commons: &Commons, request: &HttpRequest) -> Self {
        Self {
            socket: rand::random(),
            level: match offers(request.headers(), HELPLINE_V1) {
                true => Level::OptedIn,
                false => Level::Plain,
            },
            token: token_of(request.headers(), request.query_string()),
            address: client_address(commons, request),
            ended: CancellationToken::new(),
        }
    }

    /// How fast the socket may say something.
    pub fn message_rate(&self, commons: &Commons) -> MessageRate {
        MessageRate::new(&commons.settings.limits).at(self.address, &commons.writes)
    }

    /// Binds the socket to the token that lets it in, for as long as the binding is held.
    ///
    /// # Errors
    /// The token has ended meanwhile.
    pub fn bind(&self, commons: &Commons, claims: &Claims) -> Result<Binding, TokenError> {
        commons.revocations.bind(claims, self.ended.clone())
    }
}

/// The address that a request counts for.
pub fn client_address(commons: &Commons, request: &HttpRequest) -> Option<ClientAddress> {
    let peer = request.peer_addr()?.ip();
    let trusted = &commons.settings.http.trusted_proxies;
    Some(ClientAddress::of(peer, request.headers(), trusted))
}

/// Whether the client came by https, as far as a trusted proxy says so.
pub fn came_by_https(commons: &Commons, request: &HttpRequest) -> bool {
    let scheme = request.headers().get(X_FORWARDED_PROTO);
    let scheme = scheme.and_then(|value| value.to_str().ok());
    comes_from_proxy(commons, request)
        && scheme.is_some_and(|scheme| scheme.trim().eq_ignore_ascii_case("https"))
}

/// Whether who sends the request is a proxy whose word is taken.
pub fn comes_from_proxy(commons: &Commons, request: &HttpRequest) -> bool {
    let trusted = &commons.settings.http.trusted_proxies;
    request.peer_addr().is_some_and(|peer| {
        let peer = peer.ip().to_canonical();
        trusted.iter().any(|net| net.contains(&peer))
    })
}

/// Accepts a WebSocket and serves it with the session that `open` makes.
///
/// A request that is none gets 400; while the process drains, 503. An address with too many sockets is told to
/// come back later by a close, since a browser would not see an HTTP status.
pub fn accept<S: Session + 'static>(
    commons: &Commons,
    request: &HttpRequest,
    body: web::Payload,
    kind: SocketKind,
    open: impl FnOnce() -> (S, mpsc::Receiver<S::Delivery>),
) -> HttpResponse {
    if commons.drain.begun.is_cancelled() {
        let mut response = http::failure(StatusCode::SERVICE_UNAVAILABLE, "Restarting");
        let soon = actix_web::http::header::HeaderValue::from_static("1");
        response.headers_mut().insert(RETRY_AFTER, soon);
        return response;
    }
    let max_frame = commons.settings.chat.max_frame_bytes;
    let subprotocol = subprotocol(request.headers());
    let Ok(upgraded) = upgrade(request, body, subprotocol, max_frame) else {
        return http::failure(StatusCode::BAD_REQUEST, "Expected a WebSocket upgrade");
    };
    let slot = client_address(commons, request).and_then(|from| commons.sockets.open(from));
    let Some(slot) = slot else {
        rt::spawn(close(upgraded.outgoing, upgraded.incoming, Close::Later));
        return upgraded.response;
    };
    let open_socket = commons.metrics.socket(kind);
    let (session, inbox) = open();
    let settings = commons.settings.clone();
    let drain = commons.drain.clone();
    rt::spawn(commons.socket_tasks.track_future(async move {
        serve(
            upgraded.outgoing,
            upgraded.incoming,
            session,
            inbox,
            &settings.sockets,
            drain,
        )
        .await;
        drop((open_socket, slot));
    }));
    upgraded.response
}

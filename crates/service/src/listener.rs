//! A listener and what it serves: the probes, the headers and the log line of every listener, and routes of its own.

use std::{
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use actix_cors::Cors;
use actix_web::{
    App, HttpServer,
    dev::Server,
    middleware::from_fn,
    web::{self, ServiceConfig},
};

use crate::{
    application::{Commons, StartError},
    handler::Handler,
    http, server,
    settings::Settings,
};

const MAX_CONNECTIONS: usize = 200_000;

/// An address that was taken and is not yet served.
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    /// Whether a request goes on whose client has sent everything and closed its half of the connection.
    allows_half_closed: bool,
}

impl Listener {
    /// Takes the address.
    ///
    /// # Errors
    /// These settings may not listen there, or the address cannot be had.
    pub fn bind(settings: &Settings, address: SocketAddr) -> Result<Self, StartError> {
        settings.check_bind(address)?;
        let bind_error = |error| StartError::Bind(address, error);
        let socket = server::bind(address).map_err(bind_error)?;
        Ok(Self {
            address: socket.local_addr().map_err(bind_error)?,
            socket,
            allows_half_closed: true,
        })
    }

    /// A request ends as soon as its client hangs up, for routes where a request may wait for long.
    #[must_use]
    pub fn ending_with_its_clients(mut self) -> Self {
        self.allows_half_closed = false;
        self
    }

    /// The address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves it. `cors` and `routes` are called on each worker thread, `routes` with that thread's handler.
    ///
    /// # Errors
    /// When the address cannot be served.
    pub(crate) fn serve(
        self,
        commons: &Commons,
        cors: fn(&Commons) -> Cors,
        routes: impl Fn(&mut ServiceConfig, Handler) + Clone + Send + 'static,
    ) -> Result<Server, StartError> {
        let shared = commons.clone();
        let app = move || {
            let handler = shared.handler();
            let figures = handler.clone();
            let store = shared.store.clone();
            let metrics = shared.metrics.clone();
            let refresh = move || {
                let (figures, store, metrics) = (figures.clone(), store.clone(), metrics.clone());
                async move {
                    figures.refresh_figures().await;
                    let counted = metrics.redis_reconnects.get();
                    metrics
                        .redis_reconnects
                        .inc_by(store.reconnects().saturating_sub(counted));
                }
            };
            let probes = http::probes(shared.readiness.clone(), shared.metrics.clone(), refresh);
            let origin = shared.console_origin();
            App::new()
                .app_data(web::Data::new(shared.clone()))
                .wrap(from_fn(http::security_headers))
                .wrap(cors(&shared))
                .wrap(from_fn(move |request, next| {
                    http::allow_cookies(origin.clone(), request, next)
                }))
                .wrap(from_fn(http::access_log))
                .configure(probes)
                .configure(|config| routes(config, handler.clone()))
                .default_service(web::to(http::not_found))
        };
        Ok(HttpServer::new(app)
            .workers(commons.settings.sockets.worker_count())
            .max_connections(MAX_CONNECTIONS)
            .on_connect(server::on_connect)
            // Sockets say goodbye in their own way; the server's would only keep each connection for a second more.
            .client_disconnect_timeout(Duration::ZERO)
            .h1_allow_half_closed(self.allows_half_closed)
            .disable_signals()
            .listen(self.socket)?
            .run())
    }
}

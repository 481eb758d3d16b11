//! A listener and what it serves: the probes, the headers and the log line of every listener, and routes of its own.

use std::{
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use actix_cors::Cors;
use actix_http::HttpService;
use actix_service::{IntoServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::{
    App,
    dev::{AppConfig, Extensions, Server},
    middleware::from_fn,
    web::{self, ServiceConfig},
};
use futures_util::future::ready;

use crate::{
    application::{Commons, StartError},
    connection::Connection,
    handler::Handler,
    http::{self, Intake, Origins, Refuse},
    server::{self, Accept},
    settings::Settings,
};

const MAX_CONNECTIONS: usize = 200_000;

/// An address that was taken and is not yet served.
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    /// Whether a request goes on whose client has sent everything and closed its half of the connection.
    allows_half_closed: bool,
    /// How it says that it does not take a request.
    refuse: Refuse,
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
            refuse: http::failure,
        })
    }

    /// A request ends as soon as its client hangs up, for routes where a request may wait for long.
    #[must_use]
    pub fn ending_with_its_clients(mut self) -> Self {
        self.allows_half_closed = false;
        self
    }

    /// Requests that are not taken are refused in these words.
    #[must_use]
    pub fn refusing_with(mut self, refuse: Refuse) -> Self {
        self.refuse = refuse;
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
        let (shared, refuse) = (commons.clone(), self.refuse);
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
            let intake = Intake {
                origins: Origins::of(&shared.settings),
                refuse,
            };
            App::new()
                .app_data(web::Data::new(shared.clone()))
                .wrap(cors(&shared))
                .wrap(from_fn(move |request, next| {
                    http::allow_cookies(origin.clone(), request, next)
                }))
                .wrap(from_fn(move |request, next| {
                    http::intake(intake.clone(), request, next)
                }))
                .wrap(from_fn(http::security_headers))
                .wrap(from_fn(http::access_log))
                .configure(probes)
                .configure(|config| routes(config, handler.clone()))
                .default_service(web::to(http::not_found))
        };
        let tcp = Accept::new(commons);
        let (address, allows_half_closed) = (self.address, self.allows_half_closed);
        // What `HttpServer` does, over connections of ours.
        let service = move || {
            let app = app().into_factory();
            let app = map_config(app.map_err(|error| error.error_response()), |()| {
                AppConfig::default()
            });
            let http = HttpService::build()
                // Sockets say goodbye in their own way; the server's would only keep each connection for a second more.
                .client_disconnect_timeout(Duration::ZERO)
                .h1_allow_half_closed(allows_half_closed)
                .local_addr(address)
                .on_connect_ext(|connection: &Connection, data: &mut Extensions| {
                    data.insert(connection.state());
                })
                .finish(app);
            let tcp = tcp.clone();
            fn_service(move |stream| ready(tcp.accept(stream))).and_then(http)
        };
        Ok(Server::build()
            .workers(commons.settings.sockets.worker_count())
            .max_concurrent_connections(MAX_CONNECTIONS)
            .disable_signals()
            .listen(format!("http-{address}"), self.socket, service)?
            .run())
    }
}

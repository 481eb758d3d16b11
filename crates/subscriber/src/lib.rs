//! subscriber: streams requests to agents, each what it may see, and takes their accepts and declines; and shows the staff
//! each other and everybody's chats.

mod agent;
mod board;
mod desk;
mod feed;
mod session;

use std::{net::SocketAddr, process::ExitCode};

use actix_web::web;
use helpline_doctor::{Doctor, Finding};
use helpline_service::{
    application::{self, StartError},
    settings::Settings,
};
use helpline_ui::{Pages, PublicConfig, Site};
use tokio_util::sync::CancellationToken;

use self::{board::Board, desk::Desk};

/// subscriber, with its address, not yet running.
pub struct Application(application::Application);

impl Application {
    /// Checks the settings and takes the address `subscriber.bind`.
    ///
    /// # Errors
    /// When a setting is impossible or the address cannot be had.
    pub fn build(settings: Settings) -> Result<Self, StartError> {
        let address = settings.subscriber.bind;
        application::Application::build(settings, address).map(Self)
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// Serves until `stop`, then drains.
    ///
    /// # Errors
    /// When the store turns out to be another deployment's, or the server fails.
    pub async fn run(self, stop: CancellationToken) -> Result<(), StartError> {
        let board = Board::open(self.0.commons());
        let desk = Desk::open(self.0.commons());
        let ears = board.clone();
        self.0
            .commons()
            .ready_only_if("not listening to the store yet", move || {
                ears.is_listening()
            });
        let config = PublicConfig::of(&self.0.commons().settings);
        let pages = Pages::new(Site::Subscriber, &config);
        let routes = move |config: &mut web::ServiceConfig, handler| {
            config
                .app_data(web::Data::new(handler))
                .app_data(web::Data::new(board.clone()))
                .app_data(web::Data::new(desk.clone()))
                .service(feed::open)
                .service(desk::open)
                .configure(pages.clone().routes());
        };
        self.0.run(stop, routes).await
    }
}

/// Looks at the installation, as `subscriber doctor`. Its database is chat-server's business.
pub fn doctor(doctor: Doctor) -> ExitCode {
    doctor.run(async |_| {
        let found = "not used by subscriber; chat-server doctor looks at the database";
        vec![Finding::ok("records", found)]
    })
}

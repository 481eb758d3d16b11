//! chat-server: owns chats. Visitors register here; visitors and agents talk over its sockets.

mod archive;
mod availability;
mod chat;
mod conversations;
mod doctor;
mod people;
mod register;
mod session;
mod transcripts;

use std::net::SocketAddr;

use actix_web::web;
use helpline_service::{
    application::{self, StartError},
    handler::Handler,
    hub::Hub,
    settings::Settings,
};
use helpline_ui::{Pages, PublicConfig, Site};
use tokio_util::sync::CancellationToken;

use self::conversations::{Conversations, FromRecords};
pub use self::doctor::doctor;

/// chat-server, with its address, not yet running.
pub struct Application(application::Application);

impl Application {
    /// Checks the settings and takes the address `chat_server.bind`.
    ///
    /// # Errors
    /// When a setting is impossible or the address cannot be had.
    pub fn build(settings: Settings) -> Result<Self, StartError> {
        let address = settings.chat_server.bind;
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
        let commons = self.0.commons();
        let hub = Hub::open(
            commons.store.clone(),
            commons.handler(),
            commons.metrics.clone(),
            commons.settings.sockets.outbox,
            commons.tasks.clone(),
            commons.stop.clone(),
        );
        let ears = hub.clone();
        commons.ready_only_if("not listening to the store yet", move || {
            ears.is_listening()
        });
        let people = people::open(commons).await?;
        if let Some(people) = &people {
            archive::start(commons, &people.records);
            commons.restorer.set(FromRecords(people.records.clone()));
        }
        let config = PublicConfig::of(&commons.settings);
        let pages = Pages::new(Site::ChatServer, &config);
        let routes = move |config: &mut web::ServiceConfig, handler: Handler| {
            config
                .app_data(web::Data::new(handler.clone()))
                .app_data(web::Data::new(hub.clone()))
                .service(availability::tell)
                .service(register::register)
                .service(chat::open);
            if let Some(people) = &people {
                config
                    .app_data(web::Data::new(people.clone()))
                    .configure(people::routes)
                    .configure(transcripts::routes)
                    .app_data(web::Data::new(Conversations::new(
                        handler,
                        people.records.clone(),
                    )))
                    .configure(conversations::routes)
                    .configure(livechat)
                    .service(web::scope("/livechat").configure(livechat));
            }
            config.configure(pages.clone().routes());
        };
        self.0.run(stop, routes).await
    }
}

/// The routes of contract 000, which answer at the root and under `/livechat`, with or without a slash at the end.
fn livechat(config: &mut web::ServiceConfig) {
    config
        .configure(people::livechat::routes)
        .configure(transcripts::room_routes);
}

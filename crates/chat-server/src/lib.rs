//! chat-server: owns chats. Visitors register here; visitors and agents talk over its sockets, those of Socket.IO at an address of
//! their own.

mod archive;
mod availability;
mod chat;
mod conversations;
mod doctor;
mod export;
mod people;
mod register;
mod reset_password;
mod session;
mod socketio;
mod transcripts;

use std::net::SocketAddr;

use actix_web::web;
use helpline_service::{
    application::{self, Commons, StartError},
    handler::Handler,
    hub::Hub,
    listener::Listener,
    settings::Settings,
};
use helpline_ui::{Pages, PublicConfig, Site};
use tokio_util::sync::CancellationToken;

use self::{
    conversations::{Archives, Conversations, FromRecords},
    socketio::SocketIo,
};
pub use self::{doctor::doctor, reset_password::ResetPassword};

/// chat-server, with its addresses, not yet running.
pub struct Application {
    application: application::Application,
    socketio: Listener,
}

impl Application {
    /// Checks the settings and takes the addresses `chat_server.bind` and `socketio.bind`.
    ///
    /// # Errors
    /// When a setting is impossible or an address cannot be had.
    pub fn build(settings: Settings) -> Result<Self, StartError> {
        let address = settings.chat_server.bind;
        let for_socketio = settings.socketio.bind;
        let application = application::Application::build(settings, address)?;
        Ok(Self {
            socketio: Listener::bind(&application.commons().settings, for_socketio)?
                .ending_with_its_clients()
                .refusing_with(socketio::refuse),
            application,
        })
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.application.address()
    }

    /// The address at which it listens for Socket.IO clients.
    pub fn socketio_address(&self) -> SocketAddr {
        self.socketio.address()
    }

    /// Serves until `stop`, then drains.
    ///
    /// # Errors
    /// When the store turns out to be another deployment's, or the server fails.
    pub async fn run(self, stop: CancellationToken) -> Result<(), StartError> {
        let Self {
            mut application,
            socketio,
        } = self;
        let commons = &application.commons().clone();
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
        let people = people.map(|people| (people, Archives::open(commons)));
        let for_socketio =
            SocketIo::open(commons, people.as_ref().map(|(people, _)| people.clone()));
        application.serve_also(
            socketio,
            Commons::cors_with_credentials,
            move |config, handler| {
                for_socketio.routes(config, handler);
            },
        );
        let config = PublicConfig::of(&commons.settings);
        let pages = Pages::new(Site::ChatServer, &config);
        let routes = move |config: &mut web::ServiceConfig, handler: Handler| {
            config
                .app_data(web::Data::new(handler.clone()))
                .app_data(web::Data::new(hub.clone()))
                .service(availability::tell)
                .service(register::register)
                .service(chat::open);
            if let Some((people, archives)) = &people {
                config
                    .app_data(web::Data::new(people.clone()))
                    .configure(people::routes)
                    .configure(transcripts::routes)
                    .app_data(web::Data::new(Conversations::new(
                        handler,
                        people.records.clone(),
                        archives.clone(),
                    )))
                    .configure(conversations::routes)
                    .configure(livechat)
                    .service(web::scope("/livechat").configure(livechat));
            }
            config.configure(pages.clone().routes());
        };
        application.run(stop, routes).await
    }
}

/// The routes of contract 000, which answer at the root and under `/livechat`, with or without a slash at the end.
fn livechat(config: &mut web::ServiceConfig) {
    config
        .configure(people::livechat::routes)
        .configure(transcripts::room_routes);
}

//! A service as a process: settings, telemetry, signals, exit code.

use std::process::ExitCode;

use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::{application::StartError, descriptors, settings::Settings, shutdown, telemetry};

/// Runs a service until a signal stops it. Exit code 0 after a drain, 1 if it could not start or go on.
pub fn run(
    name: &'static str,
    service: impl AsyncFnOnce(Settings, CancellationToken) -> Result<(), StartError>,
) -> ExitCode {
    let settings = match Settings::load() {
        Ok(settings) => settings,
        Err(error) => {
            telemetry::init(&Settings::default().log);
            error!(service = name, %error, "cannot start");
            return ExitCode::FAILURE;
        }
    };
    telemetry::init(&settings.log);
    match descriptors::raise() {
        Ok(open) if open >= descriptors::ENOUGH => {}
        Ok(open) => warn!(
            open,
            "few files may be open: so many sockets at most can be served"
        ),
        Err(error) => warn!(%error, "the limit of open files cannot be raised"),
    }
    let outcome = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(StartError::from)
        .and_then(|runtime| {
            // actix-web's server wants tasks that stay on one thread to have a place.
            let local = tokio::task::LocalSet::new();
            local.block_on(&runtime, async {
                let stop = shutdown::signals()?;
                info!(
                    service = name,
                    version = env!("CARGO_PKG_VERSION"),
                    "starting"
                );
                service(settings, stop).await
            })
        });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error!(service = name, %error, "cannot go on");
            ExitCode::FAILURE
        }
    }
}

//! Logging, to standard error: lines for people or one JSON object a line for machines.
//!
//! What is logged is set by `log.level` and by nothing else; `RUST_LOG` of whoever starts the service has no say.

use std::io::{IsTerminal, stderr};

use tracing::{Level, Subscriber};
use tracing_subscriber::{
    Layer, Registry,
    filter::{LevelFilter, Targets},
    fmt::{self, MakeWriter},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::settings::{LogFormat, LogSettings};

/// Starts logging as `settings` say. The first call in a process holds; later ones change nothing.
pub fn init(settings: &LogSettings) {
    let colours = stderr().is_terminal();
    // A second call is a test's second service, not an error.
    let _ = subscriber(settings, colours, stderr).try_init();
}

fn subscriber<W>(
    settings: &LogSettings,
    colours: bool,
    writer: W,
) -> impl Subscriber + Send + Sync + use<W>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = fmt::layer().with_writer(writer);
    let lines = match settings.format {
        LogFormat::Pretty => lines.with_ansi(colours).boxed(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .boxed(),
    };
    Registry::default().with(lines.with_filter(filter(&settings.level)))
}

/// Loaded settings have a level that can be read; one made by hand might not.
fn filter(level: &str) -> Targets {
    let targets = level
        .parse()
        .unwrap_or_else(|_| Targets::new().with_default(Level::INFO));
    match level.contains(HTTP) {
        true => targets,
        false => targets.with_target(HTTP, LevelFilter::OFF),
    }
}

/// It calls a request that cannot be read an error: anybody could fill the log. What of it concerns us we say ourselves. Who
/// wants to hear it names it in `log.level`.
const HTTP: &str = "actix_http";

/// Logging into memory, for tests that look at what was logged.
#[cfg(test)]
pub(crate) mod capture {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use super::*;

    /// What was logged so far; clones share it.
    #[derive(Clone, Default)]
    pub(crate) struct Page(Arc<Mutex<Vec<u8>>>);

    impl Page {
        pub(crate) fn subscriber(&self, level: &str) -> impl Subscriber + Send + Sync + use<> {
            self.formatted(level, LogFormat::Pretty)
        }

        pub(super) fn formatted(
            &self,
            level: &str,
            format: LogFormat,
        ) -> impl Subscriber + Send + Sync + use<> {
            let writer = self.clone();
            let settings = LogSettings {
                level: level.into(),
                format,
            };
            subscriber(&settings, false, move || writer.clone())
        }

        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{capture::Page, *};

    fn logged(level: &str, format: LogFormat) -> String {
        let page = Page::default();
        tracing::subscriber::with_default(page.formatted(level, format), || {
            tracing::info!(chat = "c1", "opened");
            tracing::debug!(target: "helpline_live::store", "committed");
            tracing::debug!("detail");
        });
        page.text()
    }

    #[test]
    fn json_is_one_object_a_line_with_the_fields_at_the_top() {
        let text = logged("info", LogFormat::Json);
        assert_eq!(text.lines().count(), 1, "{text}");
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (&line["level"], &line["message"], &line["chat"]),
            (&"INFO".into(), &"opened".into(), &"c1".into())
        );
    }

    #[test]
    fn levels_can_be_set_for_single_parts() {
        let text = logged("info,helpline_live=debug", LogFormat::Pretty);
        assert!(
            text.contains("opened") && text.contains("committed") && !text.contains("detail"),
            "{text}"
        );
        assert_eq!(logged("off", LogFormat::Pretty), "");
        assert!(!logged("warn", LogFormat::Pretty).contains("opened"));
    }

    #[test]
    fn it_can_be_started_many_times() {
        for format in [LogFormat::Pretty, LogFormat::Json] {
            init(&LogSettings {
                level: "error".into(),
                format,
            });
        }
    }
}

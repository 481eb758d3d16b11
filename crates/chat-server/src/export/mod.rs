//! Everything that matches, as one file and page by page: however much there is, only a page of it is in memory.

pub(crate) mod csv;

use std::{collections::VecDeque, io};

use actix_web::{HttpResponse, http::header::CONTENT_DISPOSITION, web::Bytes};
use futures_util::{Stream, stream::try_unfold};
use helpline_records::RecordsError;
use serde_json::Value;
use tracing::warn;

/// How it is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Csv,
}

impl Format {
    /// What a request asks for; JSON if it does not say. `None`: there is no such format.
    pub(crate) fn parse(name: Option<&str>) -> Option<Self> {
        match name {
            None | Some("json") => Some(Self::Json),
            Some("csv") => Some(Self::Csv),
            Some(_) => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }
}

/// What is exported.
#[allow(async_fn_in_trait, reason = "an answer is streamed on one thread")]
pub(crate) trait Source {
    type Item;

    /// The next page; empty when there is no more.
    async fn page(&mut self) -> Result<Vec<Self::Item>, RecordsError>;
    /// The first line of its CSV.
    fn headings() -> Vec<u8>;
    /// An item's lines of CSV.
    fn csv(item: &Self::Item) -> Vec<u8>;
    fn json(item: &Self::Item) -> Value;
}

/// Streams all of it as a file of this name, without its ending.
pub(crate) fn answer(source: impl Source + 'static, format: Format, name: &str) -> HttpResponse {
    let name = format!("attachment; filename=\"{name}.{}\"", format.name());
    let export = Export {
        source,
        format,
        step: Step::Begin,
        page: VecDeque::new(),
    };
    HttpResponse::Ok()
        .content_type(format.content_type())
        .insert_header((CONTENT_DISPOSITION, name))
        .streaming(pieces(export))
}

/// What is left to export.
struct Export<S: Source> {
    source: S,
    format: Format,
    step: Step,
    page: VecDeque<S::Item>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Begin,
    First,
    Further,
    Done,
}

fn pieces<S: Source>(export: Export<S>) -> impl Stream<Item = Result<Bytes, io::Error>> {
    try_unfold(export, async |mut export| {
        let piece = export.next().await?;
        Ok(piece.map(|piece| (Bytes::from(piece), export)))
    })
}

impl<S: Source> Export<S> {
    /// The next piece. A failure cuts the answer off, so that nobody takes a part for the whole.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, io::Error> {
        match self.step {
            Step::Begin => {
                self.step = Step::First;
                return Ok(Some(match self.format {
                    Format::Json => b"[".to_vec(),
                    Format::Csv => S::headings(),
                }));
            }
            Step::Done => return Ok(None),
            Step::First | Step::Further => {}
        }
        if self.page.is_empty() {
            let page = self.source.page().await;
            let page = page.inspect_err(|error| warn!(%error, "an export is cut off"));
            self.page = page.map_err(io::Error::other)?.into();
        }
        let Some(item) = self.page.pop_front() else {
            self.step = Step::Done;
            return Ok((self.format == Format::Json).then(|| b"]\n".to_vec()));
        };
        let comma = match self.step {
            Step::First => "\n",
            _ => ",\n",
        };
        self.step = Step::Further;
        Ok(Some(match self.format {
            Format::Csv => S::csv(&item),
            Format::Json => format!("{comma}{}", S::json(&item)).into_bytes(),
        }))
    }
}

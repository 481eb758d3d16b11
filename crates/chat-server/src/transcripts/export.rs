//! Everything at once, page by page: however many chats there are, only a few of them are in memory.

use std::{collections::VecDeque, io};

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header::CONTENT_DISPOSITION,
    web::{Bytes, Data},
};
use futures_util::{Stream, stream::try_unfold};
use helpline_records::{Act, Records, Transcript};
use helpline_service::handler::Handler;
use serde::Deserialize;
use tracing::warn;

use super::{
    STAFF,
    chats::narrow,
    csv,
    query::{self, Wanted},
    shape,
};
use crate::people::{People, staff::Fault};

/// How many chats are read at a time.
const PAGE: u64 = 20;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Csv,
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
        }
    }
}

/// What is left to export.
struct Export {
    records: Records,
    wanted: Wanted,
    format: Format,
    step: Step,
    page: VecDeque<Transcript>,
    first: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Begin,
    Chats,
    Done,
}

/// Gives all chats that match, as the list would show them to the caller, with what was said.
#[get("/staff/chats/export")]
pub(crate) async fn give(
    request: HttpRequest,
    people: Data<People>,
    handler: Data<Handler>,
) -> Result<HttpResponse, Fault> {
    #[derive(Deserialize)]
    struct Asked {
        format: Option<String>,
    }
    let caller = people.staff(&request, STAFF).await?;
    let asked: Asked = query::read(&request)?;
    let format = match asked.format.as_deref() {
        None | Some("json") => Format::Json,
        Some("csv") => Format::Csv,
        Some(_) => return Err(Fault::bad("Invalid format")),
    };
    let mut wanted = Wanted::of(&request)?;
    narrow(&people, &caller, &mut wanted).await?;
    let details = query::noted(&request, format.name());
    people
        .note(&caller.account, Act::ChatsExported, "chats", Some(&details))
        .await?;
    let export = Export {
        records: people.records.clone(),
        wanted,
        format,
        step: Step::Begin,
        page: VecDeque::new(),
        first: true,
    };
    let (kind, ending) = match format {
        Format::Json => ("application/json", "json"),
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
    };
    let span = span(&export.wanted, handler.now().0);
    Ok(HttpResponse::Ok()
        .content_type(kind)
        .insert_header((
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"chats-{span}.{ending}\""),
        ))
        .streaming(pieces(export)))
}

/// The days that an export is of, for its file's name: two of them are not one file in somebody's folder. Without a beginning it
/// is all there is until then.
fn span(wanted: &Wanted, now: i64) -> String {
    let day = |at: i64| shape::time(at).chars().take(10).collect::<String>();
    let to = wanted.filters.to.map_or(now, |to| to.saturating_sub(1));
    match wanted.filters.from {
        Some(from) => format!("{}-to-{}", day(from), day(to)),
        None => format!("until-{}", day(to)),
    }
}

fn pieces(export: Export) -> impl Stream<Item = Result<Bytes, io::Error>> {
    try_unfold(export, async |mut export| {
        let piece = export.next().await?;
        Ok(piece.map(|piece| (Bytes::from(piece), export)))
    })
}

impl Export {
    /// The next piece. A failure cuts the answer off, so that nobody takes a part for the whole.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, io::Error> {
        match self.step {
            Step::Begin => {
                self.step = Step::Chats;
                return Ok(Some(match self.format {
                    Format::Json => b"[".to_vec(),
                    Format::Csv => csv::headings(),
                }));
            }
            Step::Chats => {}
            Step::Done => return Ok(None),
        }
        if self.page.is_empty() {
            let before = self.wanted.before.as_ref();
            let page = self.records.export(&self.wanted.filters, before, PAGE);
            let page = page.await.inspect_err(|error| {
                warn!(%error, "an export is cut off");
            });
            self.page = page.map_err(io::Error::other)?.into();
            if let Some(last) = self.page.back() {
                self.wanted.before = Some(last.chat.cursor());
            }
        }
        let Some(transcript) = self.page.pop_front() else {
            self.step = Step::Done;
            return Ok((self.format == Format::Json).then(|| b"]\n".to_vec()));
        };
        let first = std::mem::take(&mut self.first);
        Ok(Some(match self.format {
            Format::Csv => csv::rows(&transcript),
            Format::Json => {
                let comma = if first { "\n" } else { ",\n" };
                format!("{comma}{}", shape::transcript(&transcript)).into_bytes()
            }
        }))
    }
}

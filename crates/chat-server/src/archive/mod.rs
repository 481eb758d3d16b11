//! What keeps the records in step with the chats, beside all requests: the archiver brings events there, and what is older
//! than people want to keep is forgotten.

mod archiver;
mod portion;
mod retention;

use helpline_records::Records;
use helpline_service::application::Commons;

pub(crate) use self::retention::kept_since;
use self::{archiver::Archiver, retention::Retention};

/// Starts both. They end when the process drains.
pub(crate) fn start(commons: &Commons, records: &Records) {
    if let Some(outbound) = commons.outbound() {
        let archiver = Archiver {
            handler: commons.handler(),
            records: records.clone(),
            metrics: commons.metrics.clone(),
            outbound,
        };
        let drain = commons.drain.begun.clone();
        commons.tasks.spawn(archiver.run(drain));
    }
    let retention = Retention {
        handler: commons.handler(),
        records: records.clone(),
    };
    let drain = commons.drain.begun.clone();
    commons.tasks.spawn(async move {
        drain.run_until_cancelled(retention.run()).await;
    });
}

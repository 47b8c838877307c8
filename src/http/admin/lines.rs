//! A body of lines that is sent while it is read: no more of it is in memory than is on its way.

use std::{
    error::Error,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{
    body::{BodySize, MessageBody},
    web::Bytes,
};
use tokio::{
    runtime::Handle,
    sync::mpsc,
    time::{error::Elapsed, timeout},
};

use crate::admin::{AdminError, Export};

/// The media type of lines of JSON.
pub const MEDIA: &str = "application/x-ndjson";

/// How long all of it may take: who reads slowly keeps others from it.
const WHOLE: Duration = Duration::from_secs(10 * 60);

/// The body. It ends well only where all of it was read: else the connection is broken off, so that
/// nobody takes a part for the whole.
#[derive(Debug)]
pub struct Lines(mpsc::Receiver<Option<Bytes>>);

/// Not all of it was read.
#[derive(Debug, thiserror::Error)]
#[error("the trail was not read to its end")]
pub struct Cut;

impl Lines {
    /// The lines of an export, read where the stores' connections live.
    #[must_use]
    pub fn of(export: Export, runtime: &Handle) -> Self {
        let (to, lines) = mpsc::channel(1);
        runtime.spawn(async move { log(timeout(WHOLE, send(export, &to)).await) });
        Self(lines)
    }
}

fn log(sent: Result<Result<(), AdminError>, Elapsed>) {
    let cut: Box<dyn Error + Send + Sync> = match sent {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.into(),
        Err(late) => late.into(),
    };
    tracing::error!(error = &*cut as &dyn Error, "an export was cut off");
}

/// Sends all of it. Who has gone is sent nothing more.
async fn send(mut export: Export, to: &mpsc::Sender<Option<Bytes>>) -> Result<(), AdminError> {
    while let Some(lines) = export.next().await? {
        if to.send(Some(lines.into())).await.is_err() {
            return Ok(());
        }
    }
    // Before its end is said: who asks again then finds none under way.
    drop(export);
    to.send(None).await.or(Ok(()))
}

impl MessageBody for Lines {
    type Error = Cut;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Cut>>> {
        self.get_mut().0.poll_recv(context).map(|lines| match lines {
            Some(Some(lines)) => Some(Ok(lines)),
            Some(None) => None,
            None => Some(Err(Cut)),
        })
    }
}

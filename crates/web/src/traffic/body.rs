//! A body that comes within its time, or ends as broken: whoever sends a byte now and then holds no place for long.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use tokio::time::Sleep;

use super::Patience;

/// `body`, which is waited for so long.
pub(super) fn within(body: Body, patience: Patience) -> Body {
    if body.is_end_stream() {
        return body;
    }
    Body::new(Within { body, patience, started: Instant::now(), came: 0, alarm: None })
}

struct Within {
    body: Body,
    patience: Patience,
    started: Instant,
    came: u64,
    /// Set only where one has to wait.
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Within {
    fn until(&self) -> Instant {
        let earned = self.came as f64 / f64::from(self.patience.slowest.max(1));
        self.started + Duration::from_secs(self.patience.seconds.into()) + Duration::from_secs_f64(earned)
    }
}

impl HttpBody for Within {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Poll::Ready(next) = Pin::new(&mut self.body).poll_frame(context) {
            if let Some(data) = next.as_ref().and_then(|next| next.as_ref().ok()?.data_ref()) {
                self.came += data.len() as u64;
            }
            return Poll::Ready(next);
        }
        let until = self.until().into();
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        if alarm.deadline() != until {
            alarm.as_mut().reset(until);
        }
        match alarm.as_mut().poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => {
                tracing::debug!(came = self.came, "a body that came too slowly is given up");
                Poll::Ready(Some(Err(axum::Error::new(TooSlow))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Whether a body ended for that.
pub(crate) fn is_too_slow(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source()).any(|error| error.is::<TooSlow>())
}

/// Why a body ended before its end.
#[derive(Debug)]
struct TooSlow;

impl std::fmt::Display for TooSlow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the body came too slowly")
    }
}

impl std::error::Error for TooSlow {}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;
    use tokio::sync::mpsc;

    fn fed() -> (mpsc::Sender<Bytes>, Body) {
        let (send, mut receive) = mpsc::channel::<Bytes>(1);
        struct Fed(mpsc::Receiver<Bytes>);
        impl HttpBody for Fed {
            type Data = Bytes;
            type Error = axum::Error;
            fn poll_frame(
                mut self: Pin<&mut Self>,
                context: &mut Context<'_>,
            ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
                self.0.poll_recv(context).map(|next| next.map(|bytes| Ok(Frame::data(bytes))))
            }
        }
        receive.try_recv().unwrap_err();
        (send, Body::new(Fed(receive)))
    }

    #[tokio::test]
    async fn what_comes_in_time_is_read_and_what_does_not_ends_as_broken() {
        let patience = Patience { seconds: 1, slowest: 1000 };
        let (send, body) = fed();
        let read = tokio::spawn(to_bytes(within(body, patience), 10_000));
        for _ in 0..4 {
            send.send(Bytes::from_static(&[7; 1000])).await.unwrap();
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
        drop(send);
        assert_eq!(read.await.unwrap().unwrap().len(), 4000, "longer than a second, and fast enough");
        // A byte now and then.
        let (send, body) = fed();
        let (started, read) = (Instant::now(), tokio::spawn(to_bytes(within(body, patience), 10_000)));
        while send.send(Bytes::from_static(b"x")).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
            assert!(started.elapsed() < Duration::from_secs(10), "it is given up");
        }
        assert!(read.await.unwrap().is_err());
    }
}

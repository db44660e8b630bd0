//! Where connections come in: so many at once, each for as long as it says something, with TLS of the
//! program's own where a certificate is named.

use crate::fault::Rejection;
use crate::guard::ByTls;
use crate::tls::Certificate;
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt;

/// Most connections at the same time; systems give a program 1,024 files unless told otherwise. Whoever comes
/// then waits in the system's queue.
const CONNECTIONS: usize = 800;
/// How long the head of a request may take, and how long a connection may wait for the next one.
const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// How long a connection may take to agree on its keys.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(15);
/// How long requests that are under way may take to end after the word to stop.
const END_WITHIN: Duration = Duration::from_secs(10);
/// How long to wait where the system gives no more connections.
const AGAIN: Duration = Duration::from_millis(500);

/// An address that is listened on, and who answers there.
pub(crate) struct Door {
    /// The socket.
    pub(crate) listener: TcpListener,
    /// What answers.
    pub(crate) router: Router,
    /// What it shows to whoever comes; none: plain HTTP.
    pub(crate) certificate: Option<Certificate>,
    /// How much is granted to connections.
    pub(crate) limits: Limits,
}

/// What one connection, and all of them, may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Most at the same time.
    pub(crate) connections: usize,
    /// For the head of a request, and between two requests.
    pub(crate) head: Duration,
    /// For TLS.
    pub(crate) handshake: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: CONNECTIONS, head: HEAD_WITHIN, handshake: HANDSHAKE_WITHIN }
    }
}

/// What every connection needs.
#[derive(Clone)]
struct Inside {
    router: Router,
    http: http1::Builder,
    certificate: Option<Arc<Certificate>>,
    handshake: Duration,
}

impl Door {
    /// Listens on an address, with the usual limits.
    ///
    /// # Errors
    /// One clear line why it cannot.
    pub(crate) fn new(listener: TcpListener, router: Router, certificate: Option<Certificate>) -> Self {
        Self { listener, router, certificate, limits: Limits::default() }
    }

    /// Answers until `stop` comes true; then lets what is under way end, for a while.
    pub(crate) async fn serve(self, stop: impl Future<Output = ()>) {
        let Self { listener, router, certificate, limits } = self;
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(limits.head);
        let certificate = certificate.map(Arc::new);
        let inside = Inside { router, http, certificate, handshake: limits.handshake };
        let places = Arc::new(Semaphore::new(limits.connections));
        let open = GracefulShutdown::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            let next = next(&listener, &places);
            let (stream, peer, place) = tokio::select! {
                next = next => next,
                () = &mut stop => break,
            };
            let (inside, watcher) = (inside.clone(), open.watcher());
            tokio::spawn(async move {
                inside.welcome(stream, peer, watcher).await;
                drop(place);
            });
        }
        drop(listener);
        if tokio::time::timeout(END_WITHIN, open.shutdown()).await.is_err() {
            tracing::warn!("some requests did not end in time and were cut off");
        }
    }
}

/// The next connection for which there is a place.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    loop {
        // Nobody closes the places.
        let Ok(place) = Arc::clone(places).acquire_owned().await else { continue };
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, place),
            // Who went away again while waiting is no trouble of ours.
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
            Err(error) => {
                tracing::error!(%error, "no further connection can be taken now");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

impl Inside {
    async fn welcome(self, stream: TcpStream, peer: SocketAddr, watcher: Watcher) {
        // Answers are small: waiting for more to send with them only makes people wait.
        let _ = stream.set_nodelay(true);
        let Some(certificate) = self.certificate.clone() else {
            return self.talk(stream, peer, false, watcher).await;
        };
        let agreed = certificate.acceptor().accept(stream);
        match tokio::time::timeout(self.handshake, agreed).await {
            Ok(Ok(stream)) => self.talk(stream, peer, true, watcher).await,
            // Port scanners do this all day.
            Ok(Err(error)) => tracing::debug!(%error, "no TLS was agreed on"),
            Err(_) => tracing::debug!("TLS was not agreed on in time"),
        }
    }

    async fn talk<S>(self, stream: S, peer: SocketAddr, by_tls: bool, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let router = self.router;
        let answer = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
            let mut request: Request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            if by_tls {
                request.extensions_mut().insert(ByTls);
            }
            router.clone().oneshot(request)
        });
        let talk = self.http.serve_connection(TokioIo::new(stream), answer);
        if let Err(error) = watcher.watch(talk).await {
            // A phone that lost its signal in the middle of a request, mostly.
            tracing::debug!(%error, "a connection broke off");
        }
    }
}

/// Opens the address.
///
/// # Errors
/// One clear line why it cannot be listened on.
pub(crate) async fn listen(address: &str) -> Result<(TcpListener, SocketAddr), Rejection> {
    let listener = TcpListener::bind(address).await.map_err(|error| not_listening(address, &error))?;
    let address = listener.local_addr().map_err(|error| not_listening(address, &error))?;
    Ok((listener, address))
}

fn not_listening(address: &str, error: &std::io::Error) -> Rejection {
    match error.kind() {
        ErrorKind::AddrInUse => Rejection::new(
            format!("{address} 已被别的程序占用，请换一个端口"),
            format!("{address} is in use by another program: choose another port"),
        ),
        ErrorKind::PermissionDenied => Rejection::new(
            format!("没有权限监听 {address}"),
            format!("listening on {address} is not permitted"),
        ),
        ErrorKind::InvalidInput => Rejection::new(
            format!("“{address}”不是监听地址，应像 127.0.0.1:8080"),
            format!("\"{address}\" is no address to listen on, such as 127.0.0.1:8080"),
        ),
        _ => Rejection::new(
            format!("无法监听 {address}：{error}"),
            format!("cannot listen on {address}: {error}"),
        ),
    }
}

#[cfg(test)]
mod tests;

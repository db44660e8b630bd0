use super::*;
use crate::guard;
use axum::routing::{get, post};
use std::path::PathBuf;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(10);

/// A door that is served until it is dropped.
struct Open {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    served: tokio::task::JoinHandle<()>,
}

async fn open(limits: Limits, certificate: Option<Certificate>) -> Open {
    let (listener, address) = listen("127.0.0.1:0").await.unwrap();
    let slow = || async {
        tokio::time::sleep(2 * SHORT).await;
        "slow"
    };
    let router = Router::new()
        .route("/", get(|| async { "here" }).post(|body: String| async move { body }))
        .route("/slow", post(slow))
        .layer(axum::middleware::from_fn(guard::guard));
    let door = Door { limits, ..Door::new(listener, router, certificate) };
    let (stop, stopped) = oneshot::channel();
    let served = tokio::spawn(door.serve(async move {
        let _ = stopped.await;
    }));
    Open { address, stop: Some(stop), served }
}

fn limits(connections: usize, head: Duration, handshake: Duration) -> Limits {
    Limits { connections, head, handshake }
}

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n";
const CLOSE: &[u8] = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

/// Says something, and reads until the other side closes, or for a while.
async fn say<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    what: &[u8],
    patience: Duration,
) -> Option<String> {
    stream.write_all(what).await.ok()?;
    let mut heard = Vec::new();
    let read = tokio::time::timeout(patience, stream.read_to_end(&mut heard)).await;
    read.ok().map(|_| String::from_utf8_lossy(&heard).into_owned())
}

#[tokio::test]
async fn who_says_nothing_is_not_waited_for() {
    let door = open(limits(10, SHORT, SHORT), None).await;
    // Half a head; nothing at all; a whole request, and then nothing more.
    for (said, answers) in [(&b"GET / HT"[..], false), (b"", false), (GET, true)] {
        let mut stream = TcpStream::connect(door.address).await.unwrap();
        let heard = say(&mut stream, said, LONG).await.expect("it was not closed");
        assert_eq!(heard.contains("here"), answers, "{heard}");
    }
}

#[tokio::test]
async fn so_many_are_served_at_once_and_the_next_waits_for_a_place() {
    let door = open(limits(2, LONG, LONG), None).await;
    let mut first = TcpStream::connect(door.address).await.unwrap();
    let mut second = TcpStream::connect(door.address).await.unwrap();
    // Both are at their places: they have been answered, and stay.
    for stream in [&mut first, &mut second] {
        stream.write_all(GET).await.unwrap();
        assert!(stream.read(&mut [0; 16]).await.unwrap() > 0);
    }
    let mut third = TcpStream::connect(door.address).await.unwrap();
    assert_eq!(say(&mut third, CLOSE, SHORT).await, None, "a third was served");
    drop(first);
    let mut heard = String::new();
    tokio::time::timeout(LONG, third.read_to_string(&mut heard)).await.unwrap().unwrap();
    assert!(heard.contains("here"), "{heard}");
}

#[tokio::test]
async fn what_is_under_way_is_ended_in_order() {
    let mut door = open(limits(10, LONG, LONG), None).await;
    let mut stream = TcpStream::connect(door.address).await.unwrap();
    let mut idle = TcpStream::connect(door.address).await.unwrap();
    idle.write_all(GET).await.unwrap();
    assert!(idle.read(&mut [0; 16]).await.unwrap() > 0);
    stream.write_all(b"POST /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    tokio::time::sleep(SHORT).await;
    drop(door.stop.take());
    tokio::time::sleep(SHORT / 4).await;
    assert!(!door.served.is_finished(), "it did not wait");
    let mut heard = String::new();
    tokio::time::timeout(LONG, stream.read_to_string(&mut heard)).await.unwrap().unwrap();
    assert!(heard.contains("slow"), "{heard}");
    tokio::time::timeout(SHORT, door.served).await.expect("who is idle holds nobody up").unwrap();
    assert!(TcpStream::connect(door.address).await.is_err());
}

/// A certificate for this machine in two files, and itself.
fn made(name: &str) -> (PathBuf, PathBuf, CertificateDer<'static>) {
    let dir = std::env::temp_dir().join(format!("jiangdao-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let (chain, key) = (dir.join("chain.pem"), dir.join("key.pem"));
    let certificate = renewed(&chain, &key);
    (chain, key, certificate)
}

fn renewed(chain: &std::path::Path, key: &std::path::Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(chain, made.cert.pem()).unwrap();
    std::fs::write(key, made.signing_key.serialize_pem()).unwrap();
    made.cert.der().clone()
}

async fn by_tls(address: SocketAddr, trusted: &CertificateDer<'static>) -> Result<String, std::io::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    Ok(say(&mut stream, CLOSE, LONG).await.expect("it was not closed").to_lowercase())
}

#[tokio::test]
async fn it_speaks_tls_and_shows_the_certificate_that_was_renewed() {
    let (chain, key, old) = made("tls");
    let mut certificate = Certificate::open(&chain, &key).unwrap();
    certificate.look_every(Duration::ZERO);
    let door = open(limits(10, SHORT, SHORT), Some(certificate)).await;
    let heard = by_tls(door.address, &old).await.unwrap();
    assert!(heard.contains("here") && heard.contains("strict-transport-security: max-age="), "{heard}");
    // Who does not speak it is not waited for, and answered nothing.
    let mut plain = TcpStream::connect(door.address).await.unwrap();
    assert_eq!(say(&mut plain, b"", LONG).await.as_deref(), Some(""));
    let mut plain = TcpStream::connect(door.address).await.unwrap();
    assert!(!say(&mut plain, GET, LONG).await.expect("it was not closed").contains("here"));
    // Half renewed, the one before is shown; then the new one.
    let before = std::fs::read(&key).unwrap();
    let new = renewed(&chain, &key);
    let renewed_key = std::fs::read(&key).unwrap();
    std::fs::write(&key, before).unwrap();
    by_tls(door.address, &old).await.unwrap();
    std::fs::write(&key, renewed_key).unwrap();
    by_tls(door.address, &new).await.unwrap();
    assert!(by_tls(door.address, &old).await.is_err());
    std::fs::remove_dir_all(chain.parent().unwrap()).unwrap();
}

#[test]
fn files_that_are_no_certificate_are_told_in_one_line() {
    let (chain, key, _) = made("no-tls");
    let why = |chain: &PathBuf, key: &PathBuf| Certificate::open(chain, key).err().unwrap().to_string();
    assert!(why(&key, &key).contains("a certificate (PEM) cannot be read"));
    assert!(why(&chain, &chain).contains("a private key (PEM) cannot be read"));
    assert!(why(&chain.with_extension("none"), &key).contains("chain.none"));
    let (other, other_key, _) = made("other-tls");
    assert!(why(&chain, &other_key).contains("do not belong together"));
    for file in [chain, other] {
        std::fs::remove_dir_all(file.parent().unwrap()).unwrap();
    }
}

//! TLS by the program itself: a certificate and its key in two files, read again when they are renewed.

use crate::fault::Rejection;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto::ring};

/// How often the files are looked at, at most.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// What is shown to whoever connects.
pub(crate) struct Certificate {
    files: Files,
    every: Duration,
    now: Mutex<Now>,
}

struct Files {
    chain: PathBuf,
    key: PathBuf,
}

struct Now {
    acceptor: TlsAcceptor,
    /// When the files were changed last, as far as that is known.
    changed: [Option<SystemTime>; 2],
    looked: Instant,
}

impl Certificate {
    /// Reads a certificate (with those between it and its root) and its private key, both PEM.
    ///
    /// # Errors
    /// One clear line about the file that is at fault.
    pub(crate) fn open(chain: &Path, key: &Path) -> Result<Self, Rejection> {
        let files = Files { chain: chain.to_owned(), key: key.to_owned() };
        let changed = files.changed();
        let acceptor = files.read()?;
        let now = Mutex::new(Now { acceptor, changed, looked: Instant::now() });
        Ok(Self { files, every: LOOK_EVERY, now })
    }

    /// Looks at the files this often.
    #[cfg(test)]
    pub(crate) fn look_every(&mut self, every: Duration) {
        self.every = every;
    }

    /// Agrees on keys with the certificate as it is in the files now. Files that cannot be read are those of
    /// before, until they can.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        // What is kept is whole also where a thread ended over it.
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if now.looked.elapsed() >= self.every {
            now.looked = Instant::now();
            let changed = self.files.changed();
            if changed != now.changed {
                match self.files.read() {
                    Ok(acceptor) => {
                        (now.acceptor, now.changed) = (acceptor, changed);
                        tracing::info!("the certificate was renewed");
                    }
                    Err(why) => tracing::warn!(%why, "the certificate of before is still shown"),
                }
            }
        }
        now.acceptor.clone()
    }
}

impl Files {
    fn changed(&self) -> [Option<SystemTime>; 2] {
        [&self.chain, &self.key].map(|path| std::fs::metadata(path).and_then(|file| file.modified()).ok())
    }

    fn read(&self) -> Result<TlsAcceptor, Rejection> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(&self.chain).and_then(Iterator::collect);
        let chain = chain
            .ok()
            .filter(|chain| !chain.is_empty())
            .ok_or_else(|| unreadable(&self.chain, "证书（PEM）", "a certificate (PEM)"))?;
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|_| unreadable(&self.key, "私钥（PEM）", "a private key (PEM)"))?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map(|config| config.with_no_client_auth())
            .and_then(|config| config.with_single_cert(chain, key));
        let mut config = config.map_err(|error| {
            let name = self.chain.display();
            Rejection::new(
                format!("{name}：证书与私钥不配套：{error}"),
                format!("{name}: certificate and key do not belong together: {error}"),
            )
        })?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

fn unreadable(path: &Path, zh: &str, en: &str) -> Rejection {
    let name = path.display();
    Rejection::new(format!("{name}：文件里读不到{zh}"), format!("{name}: {en} cannot be read from it"))
}

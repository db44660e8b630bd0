//! The key that rescue files are sealed to: a file of its own beside the database, so that neither
//! a copy of the database nor a backup of it opens one.

use crate::db;
use crate::fault::Fault;
use age::scrypt;
use age::secrecy::{ExposeSecret, SecretString};
use age::x25519::Identity;
use age::{DecryptError, decrypt};
use std::fmt::Display;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Its name in the data folder.
const FILE: &str = "rescue.key";
/// Under this name it is written before it is whole.
const HALF: &str = "rescue.key.new";

/// The secret key of this server.
pub struct Key(Identity);

impl Key {
    /// The key in a data folder; none before a server was started there.
    ///
    /// # Errors
    /// One clear sentence: the file is there and cannot be read.
    pub fn load(dir: &Path) -> Result<Option<Self>, Fault> {
        let path = dir.join(FILE);
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                let line =
                    text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
                let key = line.and_then(|line| line.parse().ok());
                key.map(|key| Some(Self(key))).ok_or_else(|| unusable(&path, &"age-secret-key"))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unusable(&path, &error)),
        }
    }

    /// The key in a data folder, made where there is none.
    ///
    /// # Errors
    /// One clear sentence: the file is there and cannot be read, or it cannot be written.
    pub fn load_or_make(dir: &Path) -> Result<Self, Fault> {
        if let Some(key) = Self::load(dir)? {
            return Ok(key);
        }
        // Two servers that start at once make one key.
        let _held = db::lock(dir)?;
        if let Some(key) = Self::load(dir)? {
            return Ok(key);
        }
        let key = Self(Identity::generate());
        key.keep(dir).map_err(|error| unusable(&dir.join(FILE), &error))?;
        Ok(key)
    }

    /// Whole or not at all, and on the disk before anybody is told of the public key.
    fn keep(&self, dir: &Path) -> std::io::Result<()> {
        let half = dir.join(HALF);
        match std::fs::remove_file(&half) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&half)?;
        writeln!(file, "# 讲到：打开救援文件的密钥，请备份，不要外传")?;
        writeln!(file, "# Jiangdao: opens rescue files; back it up, and show it to nobody")?;
        writeln!(file, "# public key: {}", self.public())?;
        writeln!(file, "{}", self.0.to_string().expose_secret())?;
        file.sync_all()?;
        std::fs::rename(&half, dir.join(FILE))?;
        #[cfg(unix)]
        File::open(dir)?.sync_all()?;
        Ok(())
    }

    /// The key under a passphrase, as a backup keeps it.
    ///
    /// # Errors
    /// One clear sentence: the system gave no randomness.
    pub fn under(&self, passphrase: &str) -> Result<Vec<u8>, Fault> {
        let recipient = scrypt::Recipient::new(SecretString::from(passphrase.to_owned()));
        let text = self.0.to_string();
        age::encrypt(&recipient, text.expose_secret().as_bytes()).map_err(|error| {
            Fault::new(format!("密钥不能加密：{error}"), format!("the key cannot be sealed: {error}"))
        })
    }

    /// The key that was put under a passphrase.
    ///
    /// # Errors
    /// One clear sentence: another passphrase, or a damaged file.
    pub fn from_under(sealed: &[u8], passphrase: &str) -> Result<Self, Fault> {
        let identity = scrypt::Identity::new(SecretString::from(passphrase.to_owned()));
        let key = decrypt(&identity, sealed).ok().and_then(|text| String::from_utf8(text).ok()?.parse().ok());
        key.map(Self).ok_or_else(|| {
            Fault::new(
                "口令不对，或密钥文件已损坏",
                "the passphrase is not the right one, or the file of the key is damaged",
            )
        })
    }

    /// Puts it into a data folder that has none.
    ///
    /// # Errors
    /// One clear sentence: it cannot be written.
    pub fn put(&self, dir: &Path) -> Result<(), Fault> {
        self.keep(dir).map_err(|error| unusable(&dir.join(FILE), &error))
    }

    /// The public key, as phones get it: `age1…`.
    #[must_use]
    pub fn public(&self) -> String {
        self.0.to_public().to_string()
    }

    /// What was sealed to this key.
    pub(super) fn unseal(&self, sealed: &[u8]) -> Result<Vec<u8>, DecryptError> {
        decrypt(&self.0, sealed)
    }
}

fn unusable(path: &Path, why: &dyn Display) -> Fault {
    let path = path.display();
    Fault::new(
        format!("救援文件的密钥 {path} 不能用：{why}"),
        format!("the key of rescue files, {path}, cannot be used: {why}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_read_by_its_owner_alone() {
        let dir = std::env::temp_dir().join(format!("jiangdao-key-{}", uuid::Uuid::new_v4()));
        assert!(Key::load(&dir).unwrap().is_none());
        let made = Key::load_or_make(&dir).unwrap().public();
        assert!(made.starts_with("age1"), "{made}");
        assert_eq!(Key::load_or_make(&dir).unwrap().public(), made);
        assert_eq!(Key::load(&dir).unwrap().unwrap().public(), made);
        assert!(!dir.join(HALF).exists());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(dir.join(FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        // One that is damaged is not replaced: files may be on their way that only it opens.
        std::fs::write(dir.join(FILE), "# nothing\n").unwrap();
        let fault = Key::load_or_make(&dir).err().unwrap();
        assert!(fault.en.contains("rescue.key"), "{}", fault.en);
        std::fs::remove_dir_all(&dir).unwrap();
    }
}

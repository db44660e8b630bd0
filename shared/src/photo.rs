//! A photo (照片) of a session: the fact that names it, and the file of its bytes (docs/sync.md §15).

use crate::change::{Photo, PhotoUse};
use crate::id::ChangeId;
use crate::register::Register;
use crate::session::Session;
use crate::text::Lang;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Most bytes of one file: an original kept for the bulletin.
pub const FILE_MAX_BYTES: u64 = 8 * 1024 * 1024;
/// Most bytes of a photo that is no original, as a phone makes it.
pub const PHOTO_MAX_BYTES: u64 = 300 * 1024;
/// Most bytes of one piece of an upload.
pub const CHUNK_MAX_BYTES: usize = 256 * 1024;
/// Longest caption.
pub const CAPTION_MAX_CHARS: usize = 200;

/// The name of a file: the SHA-256 of its bytes; shown as 64 hexadecimal digits in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileName([u8; 32]);

impl FileName {
    /// The name of bytes with this SHA-256.
    #[must_use]
    pub const fn of_sha256(sha256: [u8; 32]) -> Self {
        Self(sha256)
    }

    /// Reads 64 hexadecimal digits in lower case; nothing else is a name.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let small = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let bytes = text.bytes().all(small).then(|| crate::sealed::unhex(text)).flatten()?;
        bytes.try_into().ok().map(Self)
    }

    /// The SHA-256 itself.
    #[must_use]
    pub const fn sha256(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::sealed::hex(&self.0))
    }
}

/// What a file may be. Anything else is refused, whatever it says to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    Webp,
}

impl Kind {
    /// What the bytes begin like; none of what is no picture that is taken.
    #[must_use]
    pub fn sniff(head: &[u8]) -> Option<Self> {
        if head.starts_with(&[0xff, 0xd8, 0xff]) {
            return Some(Self::Jpeg);
        }
        if head.starts_with(b"\x89PNG\r\n\x1a\n") {
            return Some(Self::Png);
        }
        (head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP")).then_some(Self::Webp)
    }

    /// The media type.
    #[must_use]
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }
}

impl Photo {
    /// The file that it names; none where it is not named as it should be. The change is then kept like
    /// any other, and no file is waited for.
    #[must_use]
    pub fn file(&self) -> Option<FileName> {
        (1..=FILE_MAX_BYTES).contains(&self.len).then(|| FileName::read(&self.sha256)).flatten()
    }
}

impl PhotoUse {
    /// The word on the wire.
    #[must_use]
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Scene => "scene",
            Self::Sheet => "sheet",
        }
    }

    /// The word for people.
    #[must_use]
    pub const fn label(self, lang: Lang) -> &'static str {
        match self {
            Self::Scene => lang.pick("现场照片", "Photo of the scene"),
            Self::Sheet => lang.pick("签到表照片", "Photo of the signed sheet"),
        }
    }
}

impl Session {
    /// The photos that stand, in the common order, each with the file that it names.
    pub fn standing_photos(&self) -> impl Iterator<Item = (ChangeId, &Photo, FileName)> {
        let standing = self.photos.history().filter(|written| !written.voided);
        standing.filter_map(|written| Some((written.at.id, &written.value, written.value.file()?)))
    }
}

/// All photos of a session: a register of which everything that was not taken out stands, not the last alone.
pub type Photos = Register<Photo>;

/// A photo as the desk lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhotoItem {
    /// The change that names it.
    pub id: ChangeId,
    /// Its file.
    pub sha256: String,
    /// Bytes of the file.
    pub len: u64,
    /// What it shows.
    #[serde(rename = "use")]
    pub shows: PhotoUse,
    /// A line beneath it.
    #[serde(default)]
    pub caption: Option<String>,
    /// When it was taken, as the server stamped it, ms.
    pub at_ms: i64,
    /// Its bytes are here.
    pub here: bool,
    /// The caller may look at it: a signed sheet is for those who see names.
    pub open: bool,
}

/// The photos of a session.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PhotoList {
    /// In the order in which they were taken.
    pub items: Vec<PhotoItem>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_64_small_digits_and_nothing_else() {
        let name = "0f".repeat(32);
        assert_eq!(FileName::read(&name).map(|name| name.to_string()), Some(name.clone()));
        for other in [
            String::new(),
            name.to_uppercase(),
            name.replacen('0', "g", 1),
            name[2..].to_owned(),
            format!("{name}00"),
            "０".repeat(64),
        ] {
            assert_eq!(FileName::read(&other), None, "{other}");
        }
    }

    #[test]
    fn what_is_no_picture_is_none() {
        assert_eq!(Kind::sniff(&[0xff, 0xd8, 0xff, 0xe0, 0]), Some(Kind::Jpeg));
        assert_eq!(Kind::sniff(b"\x89PNG\r\n\x1a\n...."), Some(Kind::Png));
        assert_eq!(Kind::sniff(b"RIFF\0\0\0\0WEBPVP8 "), Some(Kind::Webp));
        for other in
            [&b""[..], b"<svg xmlns=", b"<!DOCTYPE html>", b"GIF89a", b"RIFF\0\0\0\0WAVE", b"\xff\xd8"]
        {
            assert_eq!(Kind::sniff(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_photo_that_names_no_file_waits_for_none() {
        let photo = |sha256: &str, len| Photo {
            sha256: sha256.to_owned(),
            len,
            mime: "image/jpeg".into(),
            shows: PhotoUse::Scene,
            caption: None,
        };
        assert!(photo(&"a".repeat(64), 1).file().is_some());
        for wrong in [photo("abc", 1), photo(&"a".repeat(64), 0), photo(&"a".repeat(64), FILE_MAX_BYTES + 1)]
        {
            assert_eq!(wrong.file(), None);
        }
    }
}

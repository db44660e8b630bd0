//! The part of an address behind the question mark: text to pairs and back.

/// The pairs of `a=1&b=2`, decoded. What cannot be decoded is left out.
#[must_use]
pub fn pairs(text: &str) -> Vec<(String, String)> {
    let text = text.strip_prefix('?').unwrap_or(text);
    let parts = text.split('&').filter(|part| !part.is_empty());
    parts
        .filter_map(|part| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            Some((decode(key)?, decode(value)?))
        })
        .collect()
}

/// Pairs as `a=1&b=2`; empty without any.
#[derive(Debug, Default, Clone)]
pub struct Writer(String);

impl Writer {
    /// Adds a pair.
    pub fn add(&mut self, key: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.push_str(key);
        self.0.push('=');
        encode(value, &mut self.0);
    }

    /// Adds a pair where there is a value.
    pub fn add_some(&mut self, key: &str, value: Option<&impl ToString>) {
        if let Some(value) = value {
            self.add(key, &value.to_string());
        }
    }

    /// Everything that was added, behind this path.
    #[must_use]
    pub fn after(&self, path: &str) -> String {
        if self.0.is_empty() { path.to_owned() } else { format!("{path}?{}", self.0) }
    }
}

fn encode(value: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    u8::try_from(char::from(digit).to_digit(16)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let mut out = Writer::default();
        out.add("q", "张 三&=%+?");
        out.add_some("none", None::<&u32>);
        out.add_some("page", Some(&2));
        let text = out.after("/desk");
        assert!(text.starts_with("/desk?q=%E5%BC%A0%20") && text.is_ascii());
        let read = pairs(text.split_once('?').unwrap().1);
        assert_eq!(read, [("q".to_owned(), "张 三&=%+?".to_owned()), ("page".to_owned(), "2".to_owned())]);
        assert_eq!(Writer::default().after("/desk"), "/desk");
    }

    #[test]
    fn broken_parts_spoil_only_themselves() {
        assert_eq!(
            pairs("?a=%zz&b=1&&c&d=%F0%28"),
            [("b".to_owned(), "1".to_owned()), ("c".to_owned(), String::new())]
        );
    }
}

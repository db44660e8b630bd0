//! The closing code (结束码): what a phone declared at closing, in twelve characters that can be told by
//! phone or written down (docs/sync.md, "The closing code").

use crate::id::SessionId;
use crate::session::{Activity, Declared, State, words};
use crate::text::Lang;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The characters by value: digits and capitals without I, L, O and U, which look like others.
pub const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of a code.
pub const LENGTH: usize = 12;
/// Characters shown together.
pub const GROUP: usize = 4;
/// A code that says so many check-ins says "so many or more".
pub const CHECK_INS_TOP: u32 = (1 << CHECK_IN_BITS) - 1;
/// A code that says so many responses says "so many or more".
pub const RESPONSES_TOP: u32 = (1 << RESPONSE_BITS) - 1;

const DATA: usize = 10;
const CHARACTER_BITS: u32 = 5;
const SESSION_BITS: u32 = 28;
const CHECK_IN_BITS: u32 = 12;
const RESPONSE_BITS: u32 = 10;

/// The field of 32 elements: polynomials over two elements modulo x⁵ + x² + 1.
const MODULUS: u8 = 0b10_0101;
/// A code, read as a polynomial, has these values at 2 and at 4. Were they 0, twelve zeros would
/// be a code; with these, no row of equal characters is one.
const VALUES: [u8; 2] = [19, 7];
const PLACES: [u8; 2] = [2, 4];
/// 1 / (2 + 4) in the field.
const INVERSE_OF_SUM: u8 = 14;

/// What a code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closing {
    /// [`short`] of the session.
    pub session: u32,
    /// What one phone declared, cut to what a code can say.
    pub declared: Declared,
}

/// Why a text is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// This character is in no code.
    Character(char),
    /// So many characters instead of twelve.
    Length(usize),
    /// A character is wrong, or two are swapped.
    Check,
}

crate::messages! {
    WRONG_CHARACTER = "“{}”不会出现在结束码里", "“{}” is in no closing code";
    WRONG_LENGTH = "结束码是 12 位，现在是 {} 位", "A closing code has 12 characters, this has {}";
    WRONG_CHECK = "有一位不对，或者两位颠倒了，请再核对一遍", "A character is wrong, or two are swapped: please check again";
    OR_MORE = "{} 或更多", "{} or more";
}

impl Wrong {
    /// What is wrong, in one sentence.
    #[must_use]
    pub fn says(self, lang: Lang) -> String {
        match self {
            Self::Character(character) => WRONG_CHARACTER.with(lang, &[&character.to_string()]),
            Self::Length(n) => WRONG_LENGTH.with(lang, &[&n.to_string()]),
            Self::Check => WRONG_CHECK.get(lang).to_owned(),
        }
    }
}

/// The last 28 bits of a session's id, its last seven hexadecimal digits: random in every id that
/// a phone makes.
#[must_use]
pub const fn short(session: SessionId) -> u32 {
    let [.., a, b, c, d] = *session.as_bytes();
    u32::from_be_bytes([a, b, c, d]) & ((1 << SESSION_BITS) - 1)
}

/// A declaration as far as a code can say it: above the range the highest that it can.
#[must_use]
pub fn coded(declared: Declared) -> Declared {
    Declared {
        check_ins: declared.check_ins.min(CHECK_INS_TOP),
        responses: declared.responses.min(RESPONSES_TOP),
    }
}

/// A count out of a code for people: the highest one is that many or more.
#[must_use]
pub fn count_says(count: u32, top: u32, lang: Lang) -> String {
    let count_text = count.to_string();
    if count < top { count_text } else { OR_MORE.with(lang, &[&count_text]) }
}

impl Closing {
    /// What a phone's declaration for a session says as a code.
    #[must_use]
    pub fn new(session: SessionId, declared: Declared) -> Self {
        Self { session: short(session), declared: coded(declared) }
    }

    /// Reads what somebody typed: small letters, full-width ones, blanks and hyphens are fine, and
    /// so are O for 0, I and L for 1, U for V.
    ///
    /// # Errors
    /// Why it is no code.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let typed = values(text)?;
        let Ok(code) = <[u8; LENGTH]>::try_from(typed.as_slice()) else {
            return Err(Wrong::Length(typed.len()));
        };
        if PLACES.map(|place| value_at(&code, place)) != VALUES {
            return Err(Wrong::Check);
        }
        let data = code.iter().take(DATA);
        let bits = data.fold(0_u64, |bits, value| bits << CHARACTER_BITS | u64::from(*value));
        let part = |below: u32, width: u32| {
            let cut = bits >> below & ((1 << width) - 1);
            u32::try_from(cut).unwrap_or(u32::MAX)
        };
        Ok(Self {
            session: part(CHECK_IN_BITS + RESPONSE_BITS, SESSION_BITS),
            declared: Declared {
                check_ins: part(RESPONSE_BITS, CHECK_IN_BITS),
                responses: part(0, RESPONSE_BITS),
            },
        })
    }

    /// The code without blanks, as it is sent and kept.
    #[must_use]
    pub fn code(&self) -> String {
        let bits = u64::from(self.session) << (CHECK_IN_BITS + RESPONSE_BITS)
            | u64::from(self.declared.check_ins) << RESPONSE_BITS
            | u64::from(self.declared.responses);
        let mut code = [0; LENGTH];
        for (place, value) in code.iter_mut().take(DATA).enumerate() {
            let below = CHARACTER_BITS * u32::try_from(DATA - 1 - place).unwrap_or(0);
            *value = u8::try_from(bits >> below & 31).unwrap_or(0);
        }
        // With both check characters 0, what the values at 2 and 4 still lack; the last character
        // counts once in both, the one before it 2 and 4 times.
        let lacking = [0, 1].map(|n: usize| VALUES[n] ^ value_at(&code, PLACES[n]));
        code[DATA] = times(lacking[0] ^ lacking[1], INVERSE_OF_SUM);
        code[DATA + 1] = lacking[0] ^ times(PLACES[0], code[DATA]);
        code.iter().map(|value| char::from(ALPHABET[usize::from(*value)])).collect()
    }
}

impl fmt::Display for Closing {
    /// In groups of four, as people read it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&grouped(&self.code()))
    }
}

/// A code, or the beginning of one, in groups of four.
#[must_use]
pub fn grouped(code: &str) -> String {
    let mut text = String::new();
    for (place, character) in code.chars().enumerate() {
        if place > 0 && place.is_multiple_of(GROUP) {
            text.push(' ');
        }
        text.push(character);
    }
    text
}

/// What was typed so far, as capitals of the alphabet.
///
/// # Errors
/// A character that is in no code.
pub fn typed(text: &str) -> Result<String, Wrong> {
    Ok(values(text)?.into_iter().map(|value| char::from(ALPHABET[usize::from(value)])).collect())
}

fn values(text: &str) -> Result<Vec<u8>, Wrong> {
    let spacing =
        |c: &char| c.is_whitespace() || matches!(c, '-' | '_' | '.' | '·' | '‐'..='―' | '－' | '＿');
    text.chars().filter(|c| !spacing(c)).map(|c| value_of(c).ok_or(Wrong::Character(c))).collect()
}

fn value_of(character: char) -> Option<u8> {
    // Input methods for Chinese type full-width letters, a fixed way behind the plain ones.
    let plain = match character {
        '！'..='～' => char::from_u32(u32::from(character) - u32::from('！') + u32::from('!'))?,
        other => other,
    };
    let meant = match plain.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        'U' => 'V',
        other => other,
    };
    let place = ALPHABET.iter().position(|known| char::from(*known) == meant)?;
    u8::try_from(place).ok()
}

/// The value of a polynomial, the highest power first.
fn value_at(code: &[u8; LENGTH], place: u8) -> u8 {
    code.iter().fold(0, |sum, value| times(sum, place) ^ value)
}

const fn times(mut a: u8, mut b: u8) -> u8 {
    let mut product = 0;
    while b != 0 {
        if b & 1 == 1 {
            product ^= a;
        }
        a <<= 1;
        if a & 32 != 0 {
            a ^= MODULUS;
        }
        b >>= 1;
    }
    product
}

words! {
    /// What became of a code that was typed in (状态).
    Told {
        /// The server does not know its session yet.
        Waiting = "waiting", "等场次上传", "Waiting for its session";
        /// Its declaration counts.
        Counted = "counted", "已申报，手机还没传完", "Declared, not all here yet";
        /// The phone's own closing is here and stands in its place.
        Arrived = "arrived", "手机已上传", "Arrived from the phone";
    }
}

/// `POST /api/v1/closings`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosingRequest {
    /// As it was typed.
    pub code: String,
    /// Which session is meant, where several fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
}

/// A session that a code is, or may be, about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosingSession {
    /// The session; of two that are one, the one that stands.
    pub id: SessionId,
    /// Its title.
    pub title: String,
    /// Name of the org that holds it.
    pub org_name: String,
    /// What kind of event.
    pub activity: Activity,
    /// Start, ms UTC.
    pub starts_ms: i64,
    /// Where it stands.
    pub state: State,
}

/// A code that was typed in: an item of `GET /api/v1/closings`, and the answer of the post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosingItem {
    /// The code without blanks.
    pub code: String,
    /// What it declares; the highest count of a code means that many or more.
    pub declared: Declared,
    /// What became of it.
    pub told: Told,
    /// When it was typed in, ms.
    pub at_ms: i64,
    /// Login name of who typed it in.
    pub login: String,
    /// Name of who typed it in.
    pub name: String,
    /// Its session; null while that is not known.
    pub session: Option<ClosingSession>,
}

/// `GET /api/v1/closings/{code}`: what posting it would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosingLook {
    /// The code without blanks.
    pub code: String,
    /// What it declares.
    pub declared: Declared,
    /// The sessions that it may be about: none known yet, one, or several to choose from.
    pub sessions: Vec<ClosingSession>,
    /// It was typed in before.
    pub typed: Option<ClosingItem>,
}

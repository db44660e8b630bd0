//! The way to `picture.js`, which is fetched when it is first used: photos made small, cards drawn, files
//! brought to the server.

use crate::browser;
use js_sys::{Array, Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// What the start script calls the way there.
const MODULE: &str = "jiangdaoPicture";
/// The first piece of an upload, bytes: small, as the line may be thin.
const FIRST_PIECE: u32 = 65_536;

/// A photo, painted anew: its points and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shrunk {
    /// JPEG.
    pub bytes: Vec<u8>,
    /// 64 digits.
    pub sha256: String,
    /// A small picture of it, as a `data:` address.
    pub thumb: String,
}

/// Why there is no photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unshrunk {
    /// The phone's storage is nearly full.
    Full,
    /// It is no picture that this browser can read.
    NoPicture,
    /// This browser cannot do it: no code for it, or a page without TLS.
    Impossible,
}

/// How bringing a file ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Brought {
    /// It is at the server.
    Done,
    /// Not yet: no connection, or the server asks to come again.
    Later,
    /// The server will not have it, with its code.
    Refused(String),
}

async fn call(name: &str, arguments: &Array) -> Option<JsValue> {
    let window = browser::window()?;
    let load: Function = Reflect::get(&window, &MODULE.into()).ok()?.dyn_into().ok()?;
    let loading: Promise = load.call0(&JsValue::UNDEFINED).ok()?.dyn_into().ok()?;
    let module = JsFuture::from(loading).await.ok()?;
    let function: Function = Reflect::get(&module, &name.into()).ok()?.dyn_into().ok()?;
    let answer = function.apply(&JsValue::UNDEFINED, arguments).ok()?;
    match answer.dyn_into::<Promise>() {
        Ok(promise) => JsFuture::from(promise).await.ok(),
        Err(answer) => Some(answer),
    }
}

/// Makes a photo of a file, of so many bytes at most; `original`: as large as that allows.
///
/// # Errors
/// Why there is none.
pub async fn shrink(file: &JsValue, most: u64, original: bool) -> Result<Shrunk, Unshrunk> {
    let arguments = Array::of3(file, &JsValue::from_f64(most as f64), &original.into());
    let made = call("shrink", &arguments).await.ok_or(Unshrunk::Impossible)?;
    if let Some(why) = made.as_string() {
        return Err(if why == "full" { Unshrunk::Full } else { Unshrunk::NoPicture });
    }
    let field = |name: &str| Reflect::get(&made, &name.into()).ok();
    let text = |name: &str| field(name)?.as_string();
    let bytes = field("bytes").and_then(|bytes| bytes.dyn_into::<Uint8Array>().ok());
    match (bytes, text("sha256"), text("thumb")) {
        (Some(bytes), Some(sha256), Some(thumb)) => Ok(Shrunk { bytes: bytes.to_vec(), sha256, thumb }),
        _ => Err(Unshrunk::Impossible),
    }
}

/// Draws the card for the group chat: a picture as a `data:` address. None where this browser cannot.
pub async fn card(title: &str, lines: &[String], figure: &str, caption: &str, foot: &str) -> Option<String> {
    let lines: Array = lines.iter().map(|line| JsValue::from_str(line)).collect();
    let arguments = Array::of5(&title.into(), &lines, &figure.into(), &caption.into(), &foot.into());
    call("card", &arguments).await?.as_string()
}

/// Brings a file to the server, from where it stands there. `told` hears how far it is, in bytes.
pub async fn bring(sha256: &str, bearer: &str, bytes: &[u8], told: impl Fn(u32) + 'static) -> Brought {
    let told = Closure::<dyn Fn(u32)>::new(told);
    let arguments = Array::of5(
        &sha256.into(),
        &bearer.into(),
        &Uint8Array::from(bytes),
        &FIRST_PIECE.into(),
        told.as_ref(),
    );
    let ended = call("bring", &arguments).await.and_then(|ended| ended.as_string());
    match ended.as_deref() {
        Some("done") => Brought::Done,
        // What may pass by itself, or by beginning anew.
        None
        | Some(
            "later" | "file_unnamed" | "file_wrong" | "too_many" | "busy" | "internal" | "login_expired"
            | "not_found",
        ) => Brought::Later,
        Some(code) => Brought::Refused(code.to_owned()),
    }
}

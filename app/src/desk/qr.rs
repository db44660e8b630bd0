//! A code to be scanned, drawn.

use leptos::prelude::*;
use shared::text::Msg;

use super::words::t;

/// The code of a text; nothing where the text is too long for one.
#[component]
pub fn Qr(
    /// What it says.
    text: String,
    /// What it is, for those who do not see it.
    label: Msg,
) -> impl IntoView {
    squares(&text).map(|(path, size)| {
        view! {
            <svg class="code" viewBox=format!("0 0 {size} {size}") role="img" aria-label=t(label)>
                <path d=path></path>
            </svg>
        }
    })
}

/// The dark squares of a code as one path, and its width with the quiet zone.
fn squares(text: &str) -> Option<(String, i32)> {
    use std::fmt::Write as _;
    const QUIET: i32 = 4;
    let code = qrcodegen::QrCode::encode_text(text, qrcodegen::QrCodeEcc::Medium).ok()?;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in 0..code.size() {
            if code.get_module(x, y) {
                // Writing into a text cannot fail.
                let _ = write!(path, "M{} {}h1v1h-1z", x + QUIET, y + QUIET);
            }
        }
    }
    Some((path, code.size() + 2 * QUIET))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_link_fits_a_code() {
        let url = format!("https://jiangdao.example.org/join#{}", "0123456789abcdef".repeat(4));
        let (path, size) = super::squares(&url).unwrap();
        assert!(path.starts_with("M4 4h1v1h-1z") && size >= 29 + 8, "a corner is dark: {size}");
    }
}

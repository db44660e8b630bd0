//! A code to be scanned, drawn on white whatever the theme is.

use crate::view::prelude::*;

/// The code of a text; nothing of one that is too long for any.
#[component]
pub fn QrCode<F: Fn() -> &'static str + Send + 'static>(
    /// What whoever scans it gets.
    #[prop(into)]
    text: String,
    /// What it is, for those who do not see it.
    label: F,
) -> impl IntoView {
    squares(&text).map(|(path, size)| {
        view! {
            <svg class="code" viewBox=format!("0 0 {size} {size}") role="img" aria-label=label>
                <path d=path></path>
            </svg>
        }
    })
}

/// The dark squares as one path, and the width with the quiet zone.
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
        let session = "01890a5d-ac96-774b-bcce-b302099a8057";
        for path in ["/join#".to_owned(), format!("/f/{session}#")] {
            let url = format!("https://jiangdao.example.org{path}{}", "0123456789abcdef".repeat(4));
            let (path, size) = super::squares(&url).unwrap();
            assert!(path.starts_with("M4 4h1v1h-1z") && size >= 29 + 8, "a corner is dark: {size}");
        }
    }
}

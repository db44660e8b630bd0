//! Reads the QR code in a picture.

use rqrr::PreparedImage;

/// The text of the first code in a picture that can be read. `rgba`: four bytes a pixel, row by row. None of a
/// picture that is shorter than its size says.
#[must_use]
pub fn read(width: usize, height: usize, rgba: &[u8]) -> Option<String> {
    let pixels = width.checked_mul(height)?;
    let (all, _) = rgba.as_chunks::<4>();
    let all = all.get(..pixels).filter(|all| !all.is_empty())?;
    let light = |x: usize, y: usize| {
        let [r, g, b, _] = all.get(y * width + x).copied().unwrap_or_default();
        // As eyes weigh it: green most, blue least.
        let sum = 77 * u32::from(r) + 150 * u32::from(g) + 29 * u32::from(b);
        u8::try_from(sum >> 8).unwrap_or(u8::MAX)
    };
    let mut picture = PreparedImage::prepare_from_greyscale(width, height, light);
    picture.detect_grids().iter().find_map(|grid| Some(grid.decode().ok()?.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A code of so many pixels a square in a grey room, a bit to the right.
    fn picture(text: &str, scale: usize) -> (usize, usize, Vec<u8>) {
        let code = qrcodegen::QrCode::encode_text(text, qrcodegen::QrCodeEcc::Medium).unwrap();
        let size = usize::try_from(code.size()).unwrap();
        let (width, height) = ((size + 20) * scale, (size + 12) * scale);
        let mut rgba = Vec::new();
        for y in 0..height {
            for x in 0..width {
                let (x, y) = ((x / scale) as i32 - 12, (y / scale) as i32 - 6);
                let dark = (x >= 0 && y >= 0) && code.get_module(x, y);
                let quiet = (-4..code.size() + 4).contains(&x) && (-4..code.size() + 4).contains(&y);
                let light = if dark {
                    30
                } else if quiet {
                    240
                } else {
                    150
                };
                rgba.extend([light, light, light, 255]);
            }
        }
        (width, height, rgba)
    }

    #[test]
    fn a_code_in_a_room_is_read() {
        for text in [
            "100002",
            "jiangdao:p:JC-01:A100004",
            "https://example.org/s/01890a5d-ac96-774b-bcce-b302099a8057/backfill",
        ] {
            let (width, height, rgba) = picture(text, 5);
            assert_eq!(read(width, height, &rgba).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_is_no_picture_is_read_as_nothing() {
        assert_eq!(read(0, 0, &[]), None);
        assert_eq!(read(100, 100, &[0; 400]), None, "too short");
        assert_eq!(read(usize::MAX, 2, &[]), None);
        assert_eq!(read(40, 40, &[90; 6_400]), None, "one grey");
        let noise: Vec<u8> =
            (0_u32..160 * 120 * 4).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        assert_eq!(read(160, 120, &noise), None);
    }
}

//! Pictures, encoded anew: what is kept has the points and nothing else, neither where it was taken nor what lies behind its end.

use std::io::Cursor;

use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::codecs::png::{CompressionType, FilterType, PngDecoder, PngEncoder};
use image::{DynamicImage, ImageDecoder, ImageEncoder, Limits};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Jpeg,
    Png,
}

/// Why a picture is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// More points than [`MOST_POINTS`], or more bytes for them than there is room for.
    TooLarge,
    Damaged,
}

/// The largest telephones take fifty million.
pub const MOST_POINTS: u64 = 64_000_000;
/// In memory, decoded.
const MOST_BYTES: u64 = 256 << 20;
/// Of a side.
const MOST_SIDE: u32 = 32_000;
/// Of JPEG: nothing is seen of it on paper.
const QUALITY: u8 = 88;

/// The same picture, upright. Its size is asked for before anything is decoded.
pub fn anew(format: Format, bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    match format {
        Format::Jpeg => {
            let picture = decoded(JpegDecoder::new(Cursor::new(bytes)).map_err(|_| Fault::Damaged)?)?;
            let mut out = Vec::with_capacity(bytes.len());
            // JPEG knows grey and colours of eight bits.
            let picture = match picture {
                DynamicImage::ImageLuma8(_) | DynamicImage::ImageRgb8(_) => picture,
                other => DynamicImage::ImageRgb8(other.into_rgb8()),
            };
            written(&picture, JpegEncoder::new_with_quality(&mut out, QUALITY))?;
            Ok(out)
        }
        Format::Png => {
            let decoder = PngDecoder::with_limits(Cursor::new(bytes), limits()).map_err(fault)?;
            let picture = decoded(decoder)?;
            let mut out = Vec::with_capacity(bytes.len());
            let encoder = PngEncoder::new_with_quality(&mut out, CompressionType::Fast, FilterType::Adaptive);
            written(&picture, encoder)?;
            Ok(out)
        }
    }
}

fn decoded(mut decoder: impl ImageDecoder) -> Result<DynamicImage, Fault> {
    let (width, height) = decoder.dimensions();
    let points = u64::from(width) * u64::from(height);
    if points == 0 {
        return Err(Fault::Damaged);
    }
    if points > MOST_POINTS || width.max(height) > MOST_SIDE || decoder.total_bytes() > MOST_BYTES {
        return Err(Fault::TooLarge);
    }
    decoder.set_limits(limits()).map_err(fault)?;
    let orientation = decoder.orientation().map_err(|_| Fault::Damaged)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(fault)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

fn written(picture: &DynamicImage, encoder: impl ImageEncoder) -> Result<(), Fault> {
    picture.write_with_encoder(encoder).map_err(|_| Fault::Damaged)
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_SIDE);
    limits.max_image_height = Some(MOST_SIDE);
    limits.max_alloc = Some(MOST_BYTES);
    limits
}

fn fault(error: image::ImageError) -> Fault {
    match error {
        image::ImageError::Limits(_) => Fault::TooLarge,
        _ => Fault::Damaged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{huge_png, photo};

    fn has(bytes: &[u8], words: &[u8]) -> bool {
        bytes.windows(words.len()).any(|window| window == words)
    }

    #[test]
    fn what_is_not_a_point_of_the_picture_is_gone_and_it_stands_upright() {
        let with_more = [photo(64, 32, 6), b"<script>alert(1)</script>".to_vec()].concat();
        assert!(has(&with_more, b"GPS 30.2741") && has(&with_more, b"Exif"));
        let clean = anew(Format::Jpeg, &with_more).unwrap();
        for gone in [&b"GPS"[..], b"Exif", b"<script>", b"MM\0*"] {
            assert!(!has(&clean, gone), "{}", String::from_utf8_lossy(gone));
        }
        // Held by its right side: what was left is above.
        let picture = image::load_from_memory(&clean).unwrap().into_rgb8();
        assert_eq!(picture.dimensions(), (32, 64));
        assert!(
            picture.get_pixel(16, 5)[0] > 180 && picture.get_pixel(16, 60)[2] > 180,
            "red above, blue below"
        );
        let upright = image::load_from_memory(&anew(Format::Jpeg, &photo(64, 32, 1)).unwrap()).unwrap();
        assert_eq!((upright.width(), upright.height()), (64, 32));
        assert!(anew(Format::Jpeg, &clean).is_ok());
    }

    #[test]
    fn png_keeps_its_points_exactly_and_loses_its_texts() {
        let picture = image::RgbaImage::from_fn(40, 30, |x, y| image::Rgba([x as u8, y as u8, 7, 200]));
        let mut bytes = Vec::new();
        picture.write_with_encoder(PngEncoder::new(&mut bytes)).unwrap();
        // A text before the end.
        let end = bytes.len() - 12;
        let text = [&b"\0\0\0\x0AtEXtAuthor\0zhang"[..18], &[0; 4]].concat();
        let mut crc = flate2::Crc::new();
        crc.update(&text[4..18]);
        let text = [&text[..18], &crc.sum().to_be_bytes()].concat();
        bytes.splice(end..end, text);
        assert!(has(&bytes, b"Author"));
        let clean = anew(Format::Png, &bytes).unwrap();
        assert!(!has(&clean, b"Author"));
        assert_eq!(image::load_from_memory(&clean).unwrap().into_rgba8(), picture);
    }

    #[test]
    fn a_huge_picture_is_refused_before_it_takes_room() {
        for (width, height) in [(60_000, 60_000), (8001, 8000), (40_000, 2), (1, 4_000_000_000)] {
            assert_eq!(
                anew(Format::Png, &huge_png(width, height)),
                Err(Fault::TooLarge),
                "{width} × {height}"
            );
        }
        assert_eq!(anew(Format::Png, &huge_png(10, 10)), Err(Fault::Damaged), "it has no points");
        // The size of a JPEG stands in its frame.
        let mut large = photo(64, 32, 1);
        let frame = large.windows(2).position(|two| two == b"\xFF\xC0").unwrap();
        large[frame + 5..frame + 9].copy_from_slice(&[0xFF; 4]);
        assert_eq!(anew(Format::Jpeg, &large), Err(Fault::TooLarge));
    }

    #[test]
    fn broken_pictures_are_told() {
        let whole = photo(16, 16, 3);
        for cut in 0..whole.len() {
            let mut changed = whole.clone();
            changed[cut] ^= 0xFF;
            let _ = (
                anew(Format::Jpeg, &whole[..cut]),
                anew(Format::Jpeg, &changed),
                anew(Format::Png, &changed),
            );
        }
        assert_eq!(anew(Format::Jpeg, b"\xFF\xD8\xFF"), Err(Fault::Damaged));
        assert_eq!(anew(Format::Png, b"\x89PNG\r\n\x1A\n"), Err(Fault::Damaged));
    }
}

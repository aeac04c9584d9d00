//! Compressed input, as CloudTrail leaves its logs in S3 and CloudWatch Logs sends its messages.

use flate2::read::MultiGzDecoder;
use std::borrow::Cow;
use std::io::Read;

/// How it begins (RFC 1952).
const MAGIC: [u8; 2] = [0x1f, 0x8b];
/// The most that is read of one input: some kilobytes can stand for gigabytes.
pub(super) const MOST: u64 = 256 * 1024 * 1024;

/// The input as it is, or what was compressed.
pub(super) fn opened(bytes: &[u8]) -> Result<Cow<'_, [u8]>, String> {
    opened_within(bytes, MOST)
}

fn opened_within(bytes: &[u8], most: u64) -> Result<Cow<'_, [u8]>, String> {
    if !bytes.starts_with(&MAGIC) {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut opened = Vec::new();
    let mut decoder = MultiGzDecoder::new(bytes).take(most + 1);
    decoder
        .read_to_end(&mut opened)
        .map_err(|error| format!("compressed, and damaged: {error}"))?;
    if u64::try_from(opened.len()).unwrap_or(u64::MAX) > most {
        return Err(format!(
            "compressed, and more than {} MiB: more is not read at once",
            most / 1024 / 1024
        ));
    }
    Ok(Cow::Owned(opened))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn compressed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn what_is_compressed_is_opened_and_the_rest_is_as_it_was() {
        assert_eq!(&*opened(b"{}").unwrap(), b"{}");
        assert_eq!(&*opened(&compressed(b"{}")).unwrap(), b"{}");
        // Several members in a row are one file.
        let both = [compressed(b"{}"), compressed(b"[]")].concat();
        assert_eq!(&*opened(&both).unwrap(), b"{}[]");
    }

    #[test]
    fn a_damaged_file_and_a_bomb_are_refused() {
        let whole = compressed(&[b' '; 4096]);
        let damaged = opened(&whole[..whole.len() - 6]).unwrap_err();
        assert!(
            damaged.starts_with("compressed, and damaged: "),
            "{damaged}"
        );
        assert!(opened_within(&whole, 4096).is_ok());
        let bomb = opened_within(&whole, 4095).unwrap_err();
        assert!(bomb.starts_with("compressed, and more than "), "{bomb}");
    }
}

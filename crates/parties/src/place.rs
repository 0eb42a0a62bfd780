//! Addresses as they are searched: sealed where they are stored, they are found by the part that leads to a door.

/// Deeper addresses are indexed by their last pieces.
const MOST: usize = 10;

/// What ends a piece of an address: 上城区, 示范街道, 幸福路, 1号, 2幢, 301室.
const ENDS: [char; 22] = [
    '省', '州', '市', '区', '县', '旗', '镇', '乡', '道', '路', '街', '巷', '弄', '村', '园', '苑', '号',
    '幢', '栋', '元', '层', '室',
];

/// The pieces of an address. Where one ends shows in itself and the character after it, so that a part of an address
/// falls into the same pieces as the whole.
fn pieces(text: &str) -> Vec<String> {
    let narrow = |c: char| match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        c => c,
    };
    let chars: Vec<char> =
        text.chars().map(narrow).filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_uppercase()).collect();
    let mut pieces = vec![String::new()];
    for (at, c) in chars.iter().enumerate() {
        if let Some(last) = pieces.last_mut() {
            last.push(*c);
        }
        let street_office = *c == '街' && chars.get(at + 1) == Some(&'道');
        if ENDS.contains(c) && !street_office {
            pieces.push(String::new());
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

fn has_digit(piece: &str) -> bool {
    piece.chars().any(|c| c.is_ascii_digit())
}

/// By what an address is found: from any of its pieces up to the house number, and up to its end.
pub fn parts(address: &str) -> Vec<String> {
    let pieces = pieces(address);
    let pieces = &pieces[pieces.len().saturating_sub(MOST)..];
    let Some(door) = pieces.iter().position(|piece| has_digit(piece)) else {
        return Vec::new();
    };
    let to_door = (0..door).map(|from| pieces[from..=door].concat());
    let last = pieces.len() - 1;
    let to_end = (0..=door).filter(|_| last > door).map(|from| pieces[from..].concat());
    to_door.chain(to_end).collect()
}

/// What somebody typed as such a part; nothing where it does not lead to a door.
pub fn wanted(text: &str) -> Option<String> {
    let pieces = pieces(text);
    (pieces.len() > 1 && pieces.iter().any(|piece| has_digit(piece))).then(|| pieces.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_by_any_part_that_leads_to_a_door() {
        let parts = parts("浙江省杭州市上城区示范街道幸福路１号 2幢301室");
        for typed in [
            "幸福路1号",
            "示范街道幸福路1号",
            "上城区示范街道幸福路 1号",
            "幸福路1号2幢301室",
            "1号2幢301室",
            "浙江省杭州市上城区示范街道幸福路1号2幢301室",
        ] {
            assert!(parts.contains(&wanted(typed).unwrap()), "{typed}");
        }
        for typed in ["幸福路2号", "福路1号", "幸福路11号"] {
            assert!(!parts.contains(&wanted(typed).unwrap()), "{typed}");
        }
    }

    #[test]
    fn what_leads_to_no_door_is_no_address() {
        for typed in ["", "上城区", "幸福路", "周小满", "13800000001", "1号", "·", "𠮷"] {
            assert_eq!(wanted(typed), None, "{typed}");
        }
        assert!(parts("上城区示范街道").is_empty());
        assert!(parts("").is_empty());
        assert!(parts(&"路1号".repeat(500)).len() <= 2 * MOST);
    }
}

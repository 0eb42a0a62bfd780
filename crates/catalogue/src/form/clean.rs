//! Cleaning of typed text before it is understood.

/// Free text: invisible and control characters dropped, full-width letters and digits narrowed, ends trimmed.
pub fn text(raw: &str, lines: bool) -> String {
    let narrowed: String = raw
        .chars()
        .filter_map(|c| match c {
            '\r' => None,
            '\n' | '\t' if !lines => Some(' '),
            '\n' | '\t' => Some(c),
            c if is_invisible(c) => None,
            'Ａ'..='Ｚ' | 'ａ'..='ｚ' | '０'..='９' => narrow(c),
            '\u{3000}' | '\u{a0}' => Some(' '),
            c => Some(c),
        })
        .collect();
    narrowed.trim().to_owned()
}

/// Numbers, codes and dates: as [`text`], with full-width punctuation narrowed and all blanks dropped.
pub fn code(raw: &str) -> String {
    raw.chars()
        .filter(|c| !c.is_whitespace() && !is_invisible(*c))
        .filter_map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => narrow(c),
            '。' => Some('.'),
            '、' => Some(','),
            '—' | '–' | '‐' | '‑' | '−' | '―' => Some('-'),
            c => Some(c),
        })
        .collect()
}

fn narrow(c: char) -> Option<char> {
    char::from_u32(u32::from(c) - 0xfee0)
}

/// Control, format and zero-width characters, which people paste without seeing them.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

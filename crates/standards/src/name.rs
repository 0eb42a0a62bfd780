//! Names of people and bodies: 民委发〔2016〕33号 asks for at least 50 characters, the separator `·` (U+00B7), and every
//! character of GB 18030. So there is no range of "Chinese characters" here that would lock out a rare name.

pub const MAX_CHARS: usize = 50;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("请填写姓名或名称")]
    Empty,
    #[error("姓名或名称最多50个字，请核对是否多填")]
    TooLong,
    #[error("姓名或名称中有看不见的控制字符，请删除后重新填写")]
    Control,
    #[error("姓名或名称中不能有表情符号，请按证件填写")]
    Emoji,
    #[error("姓名或名称中不能有 < > {{ }} \\ \" 这些符号，请删除后按证件填写")]
    Markup,
    #[error("姓名或名称不能只有数字或符号，请按证件填写")]
    NoLetter,
    #[error("姓名中的间隔号“·”应在两个字之间，请按证件填写")]
    Separator,
}

impl NameError {
    /// For people: what is wrong and what to do.
    pub fn message(&self) -> String {
        self.to_string()
    }
}

/// One spelling for one name: `·` for every middle dot, half-width letters, no spaces around or between Chinese characters,
/// single spaces elsewhere, no invisible marks: nobody can delete what cannot be seen. Joiners stay, some scripts need them.
pub fn normalise(text: &str) -> String {
    let mut out: Vec<char> = Vec::with_capacity(text.len());
    for c in text.chars().filter(|c| !is_mark(*c)).map(narrow) {
        // A dot or space follows at most one of its kind, and a space never stands beside a dot.
        match (out.last().copied(), c) {
            (None | Some(' ' | '·'), ' ') => {}
            (Some(' '), '·') => {
                out.pop();
                out.push('·');
            }
            _ => out.push(c),
        }
    }
    while out.last() == Some(&' ') {
        out.pop();
    }
    let near = |i: usize, c: char| {
        i > 0 && i + 1 < out.len() && ideographic(out[i - 1]) && ideographic(out[i + 1]) && out[i] == c
    };
    let joined = (0..out.len()).filter(|&i| !near(i, ' ')).map(|i| if near(i, '.') { '·' } else { out[i] });
    joined.collect()
}

/// Whether a normalised name can be a name. Any script will do.
pub fn check(name: &str) -> Result<(), NameError> {
    match name.chars().count() {
        0 => return Err(NameError::Empty),
        n if n > MAX_CHARS => return Err(NameError::TooLong),
        _ => {}
    }
    if name.chars().any(invisible) {
        return Err(NameError::Control);
    }
    if name.chars().any(|c| matches!(c, '<' | '>' | '{' | '}' | '\\' | '"')) {
        return Err(NameError::Markup);
    }
    if name.chars().any(emoji) {
        return Err(NameError::Emoji);
    }
    if !name.chars().any(|c| c.is_alphabetic() || private(c)) {
        return Err(NameError::NoLetter);
    }
    if name.starts_with('·') || name.ends_with('·') || name.contains("··") {
        return Err(NameError::Separator);
    }
    Ok(())
}

/// `normalise`, then `check`.
pub fn parse(text: &str) -> Result<String, NameError> {
    let name = normalise(text);
    check(&name)?;
    Ok(name)
}

/// Marks that copying leaves behind: zero width, direction, soft hyphen, the choice of a glyph (U+FE00 to U+FE0F).
fn is_mark(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{061C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'
        | '\u{2066}'..='\u{2069}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}

fn narrow(c: char) -> char {
    match c {
        '•' | '∙' | '．' | '・' | '･' | '⋅' | '‧' | '●' | '᛫' | '·' | '\u{0387}' => '·',
        // Letters and digits only: full-width brackets belong to company names.
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        c if c.is_whitespace() && !c.is_control() => ' ',
        '\t' | '\n' | '\r' => ' ',
        c => c,
    }
}

/// Han characters of every plane, and the private-use places where registers keep characters not yet encoded.
fn ideographic(c: char) -> bool {
    private(c)
        || matches!(c, '\u{3005}' | '\u{3007}' | '\u{2E80}'..='\u{2FDF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}'
            | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

fn private(c: char) -> bool {
    matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{FFFFD}' | '\u{100000}'..='\u{10FFFD}')
}

/// Control characters, direction marks and noncharacters; not the joiners that some scripts need.
fn invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{00AD}' | '\u{061C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFD}' | '\u{FDD0}'..='\u{FDEF}' | '\u{E0000}'..='\u{E00FF}')
        || (c as u32) & 0xFFFE == 0xFFFE
}

fn emoji(c: char) -> bool {
    matches!(c, '\u{203C}' | '\u{2049}' | '\u{20E3}' | '\u{2122}' | '\u{2139}' | '\u{2194}'..='\u{21AA}' | '\u{231A}'..='\u{23FF}'
        | '\u{25AA}'..='\u{25FE}' | '\u{2600}'..='\u{27BF}' | '\u{2934}' | '\u{2935}' | '\u{2B05}'..='\u{2B55}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{1F000}'..='\u{1FAFF}')
}

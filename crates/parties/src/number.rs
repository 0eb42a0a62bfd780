//! Legal numbers: which kinds there are, how each is checked, and the one form they are found by.

use yimen_standards::id::{CreditCode, ResidentId, ResidentKind};

/// By which document a party is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NumberKind {
    /// 公民身份号码; also of residence permits and of the foreigner's permanent residence card, which share its form.
    ResidentId,
    /// 统一社会信用代码.
    CreditCode,
    /// 港澳居民来往内地通行证.
    HongKongMacaoPass,
    /// 台湾居民来往大陆通行证.
    TaiwanPass,
    Passport,
    /// 军官证, 士兵证, 武警警官证.
    MilitaryId,
    Other,
}

impl NumberKind {
    pub const ALL: [NumberKind; 7] = [
        NumberKind::ResidentId,
        NumberKind::CreditCode,
        NumberKind::HongKongMacaoPass,
        NumberKind::TaiwanPass,
        NumberKind::Passport,
        NumberKind::MilitaryId,
        NumberKind::Other,
    ];

    pub fn code(self) -> &'static str {
        match self {
            NumberKind::ResidentId => "resident_id",
            NumberKind::CreditCode => "credit_code",
            NumberKind::HongKongMacaoPass => "hk_macao_pass",
            NumberKind::TaiwanPass => "taiwan_pass",
            NumberKind::Passport => "passport",
            NumberKind::MilitaryId => "military_id",
            NumberKind::Other => "other",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    pub fn zh(self) -> &'static str {
        match self {
            NumberKind::ResidentId => "居民身份证",
            NumberKind::CreditCode => "统一社会信用代码",
            NumberKind::HongKongMacaoPass => "港澳居民来往内地通行证",
            NumberKind::TaiwanPass => "台湾居民来往大陆通行证",
            NumberKind::Passport => "护照",
            NumberKind::MilitaryId => "军人证件",
            NumberKind::Other => "其他证件",
        }
    }
}

/// A number of a kind, checked and in its one form.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LegalNumber {
    kind: NumberKind,
    text: String,
}

impl LegalNumber {
    /// Takes in a number. The error is a sentence for people and never repeats the number.
    pub fn parse(kind: NumberKind, text: &str) -> Result<Self, String> {
        let text = match kind {
            NumberKind::ResidentId => ResidentId::parse(text).map_err(|e| e.message())?.as_str().to_owned(),
            NumberKind::CreditCode => CreditCode::parse(text).map_err(|e| e.message())?.as_str().to_owned(),
            other => document(other, tidy(text))?,
        };
        Ok(Self { kind, text })
    }

    /// What has the form of a resident ID or a credit code is taken for one; anything else needs its kind.
    pub fn guess(text: &str) -> Result<Self, String> {
        if looks_like_credit_code(&tidy(text)) {
            return Self::parse(NumberKind::CreditCode, text);
        }
        Self::parse(NumberKind::ResidentId, text)
    }

    pub fn kind(&self) -> NumberKind {
        self.kind
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn masked(&self) -> String {
        mask(self.kind, &self.text)
    }

    /// The document in words; the first digits of a resident ID tell residence permits apart.
    pub fn zh(&self) -> &'static str {
        document_zh(self.kind, &self.text)
    }
}

/// Masked, so that a number cannot reach a log by accident.
impl std::fmt::Debug for LegalNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LegalNumber({} {})", self.kind.code(), self.masked())
    }
}

pub(crate) fn document_zh(kind: NumberKind, number: &str) -> &'static str {
    match ResidentId::parse(number).map(|id| id.kind()) {
        Ok(ResidentKind::HongKong | ResidentKind::Macao) if kind == NumberKind::ResidentId => {
            "港澳居民居住证"
        }
        Ok(ResidentKind::Taiwan) if kind == NumberKind::ResidentId => "台湾居民居住证",
        Ok(ResidentKind::Foreigner) if kind == NumberKind::ResidentId => "外国人永久居留身份证",
        _ => kind.zh(),
    }
}

/// For lists and logs. The number of a body is public and stays.
pub(crate) fn mask(kind: NumberKind, number: &str) -> String {
    if kind == NumberKind::CreditCode {
        return number.to_owned();
    }
    if let Ok(id) = ResidentId::parse(number) {
        return id.masked();
    }
    let length = number.chars().count();
    let shown = (length / 4).min(2);
    let hide = |(at, c)| if at < shown || at >= length - shown { c } else { '*' };
    number.chars().enumerate().map(hide).collect()
}

fn document(kind: NumberKind, text: String) -> Result<String, String> {
    let name = kind.zh();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    if text.is_empty() {
        return Err(format!("请填写{name}号码"));
    }
    let fits = match kind {
        NumberKind::HongKongMacaoPass => {
            let number = text.strip_prefix(['H', 'M']);
            // The two digits after the eight count re-issues on old cards; the person's number is what stands before.
            number.is_some_and(|n| n.len() == 8 && digits(n))
        }
        NumberKind::TaiwanPass => text.len() == 8 && digits(&text),
        NumberKind::Passport => {
            (5..=17).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_alphanumeric())
        }
        _ => (4..=30).contains(&text.chars().count()) && text.chars().all(char::is_alphanumeric),
    };
    let form = match kind {
        NumberKind::HongKongMacaoPass => "应为字母H或M加8位数字",
        NumberKind::TaiwanPass => "应为8位数字",
        NumberKind::Passport => "应为5至17位字母和数字",
        _ => "应为4至30位文字、字母和数字",
    };
    if fits { Ok(text) } else { Err(format!("{name}号码{form}，请对照证件核对")) }
}

/// The form in which any number is found: half width, upper case, without spaces and hyphens; the 15-digit resident ID
/// of old records as its 18-digit form. What is no number stays as it is and is found nowhere.
pub fn canonical(text: &str) -> String {
    let text = tidy(text);
    if text.len() == 15
        && let Ok(id) = ResidentId::from_historic(&text)
    {
        return id.as_str().to_owned();
    }
    text
}

/// Half width, upper case, no spaces, hyphens or invisible marks.
fn tidy(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        c => c,
    };
    let skip = |c: &char| {
        c.is_whitespace()
            || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
    };
    text.chars().map(narrow).filter(|c| !skip(c)).map(|c| c.to_ascii_uppercase()).collect()
}

/// Eighteen characters with a letter before the check digit: no resident ID has one.
fn looks_like_credit_code(text: &str) -> bool {
    let resident = || ResidentId::parse(text).is_ok();
    text.len() == 18
        && text.is_ascii()
        && (text[..17].bytes().any(|c| c.is_ascii_alphabetic()) || !resident())
        && CreditCode::parse(text).is_ok()
}

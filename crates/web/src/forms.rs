//! A form as the person filled it: what was typed, and what must be corrected.

use std::collections::BTreeMap;

/// One thing to correct; `field` is the name (and id) of the control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    pub field: String,
    /// A whole sentence that says what to do; the same words beside the field and in the summary.
    pub message: String,
}

impl FieldError {
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> FieldError {
        FieldError { field: field.into(), message: message.into() }
    }
}

/// Field → values exactly as typed, and the errors found in them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormState {
    values: BTreeMap<String, Vec<String>>,
    errors: Vec<FieldError>,
}

/// Space in any script, and what editors and input methods leave behind unseen.
fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{FEFF}')
}

impl FormState {
    pub fn new() -> FormState {
        FormState::default()
    }

    /// The first value without space around it; empty when the field is absent.
    pub fn text(&self, name: &str) -> &str {
        self.raw(name).trim_matches(is_blank)
    }

    /// The first value exactly as typed, for showing it again.
    pub fn raw(&self, name: &str) -> &str {
        self.all(name).first().map_or("", String::as_str)
    }

    /// Every value of a field sent more than once (checkboxes, many files).
    pub fn all(&self, name: &str) -> &[String] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// A number, phone or identifier: full-width forms become plain, spaces and hyphens of every kind go.
    pub fn compact(&self, name: &str) -> String {
        self.raw(name).chars().filter(|c| !is_blank(*c) && !is_hyphen(*c)).map(half_width).collect()
    }

    /// Whether a checkbox or a yes-no question was answered yes.
    pub fn yes(&self, name: &str) -> bool {
        matches!(self.text(name), "yes" | "on" | "true" | "1" | "是")
    }

    /// A date as `YYYY-MM-DD` whether it came in three inputs (`name-y`, `name-m`, `name-d`) or in one, written
    /// 2026-11-22, 2026/11/22, 20261122 or 2026年11月22日. Empty when nothing was typed; what is no date comes back as
    /// typed, joined by hyphens, so that a parser refuses it. Whether the day exists is the caller's to check.
    pub fn date(&self, name: &str) -> String {
        let parts = ["y", "m", "d"].map(|part| self.compact(&format!("{name}-{part}")));
        let whole = if parts.iter().any(|part| !part.is_empty()) {
            parts.join("-")
        } else {
            let typed: String = self.raw(name).chars().filter(|c| !is_blank(*c)).map(half_width).collect();
            typed.replace(['年', '月', '/', '.', '－', '—'], "-").trim_end_matches(['日', '号']).to_string()
        };
        if whole.len() == 8 && whole.bytes().all(|b| b.is_ascii_digit()) {
            return format!("{}-{}-{}", &whole[..4], &whole[4..6], &whole[6..]);
        }
        match whole.split('-').collect::<Vec<_>>()[..] {
            [y, m, d]
                if y.len() == 4 && [y, m, d].iter().all(|p| is_digits(p)) && m.len() <= 2 && d.len() <= 2 =>
            {
                format!("{y}-{m:0>2}-{d:0>2}")
            }
            _ => whole,
        }
    }

    /// The nonce that makes a repeated submission of the same form one submission.
    pub fn nonce(&self) -> &str {
        self.text("nonce")
    }

    /// Replaces the values of a field.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) -> &mut FormState {
        self.values.insert(name.into(), vec![value.into()]);
        self
    }

    /// Adds one more value to a field.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<String>) -> &mut FormState {
        self.values.entry(name.into()).or_default().push(value.into());
        self
    }

    /// Notes what must be corrected. The first message of a field wins, so that one mistake is told once.
    pub fn error(&mut self, field: impl Into<String>, message: impl Into<String>) -> &mut FormState {
        let field = field.into();
        if self.error_of(&field).is_none() {
            self.errors.push(FieldError::new(field, message));
        }
        self
    }

    /// `error` when the field was left empty; says whether it was filled.
    pub fn require(&mut self, field: &str, message: &str) -> bool {
        let filled = !self.text(field).is_empty();
        if !filled {
            self.error(field, message);
        }
        filled
    }

    pub fn error_of(&self, field: &str) -> Option<&str> {
        self.errors.iter().find(|e| e.field == field).map(|e| e.message.as_str())
    }

    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    pub fn is_valid(&self) -> bool {
        self.errors.is_empty()
    }
}

fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '－')
}

/// ＡＢＣ１２３ → ABC123; everything else stays.
fn half_width(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{3000}' => ' ',
        _ => c,
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pairs: &[(&str, &str)]) -> FormState {
        let mut form = FormState::new();
        for (name, value) in pairs {
            form.push(*name, *value);
        }
        form
    }

    #[test]
    fn text_is_trimmed_of_every_kind_of_space_and_raw_is_not() {
        let form = form(&[("name", "\u{3000} 玛依拉·阿布都\u{200B} \u{FEFF}")]);
        assert_eq!(form.text("name"), "玛依拉·阿布都");
        assert_eq!(form.raw("name"), "\u{3000} 玛依拉·阿布都\u{200B} \u{FEFF}");
        assert_eq!(form.text("absent"), "");
    }

    #[test]
    fn numbers_lose_spaces_hyphens_and_full_width() {
        let form = form(&[("id", " ００００００ 19491231－002ｘ")]);
        assert_eq!(form.compact("id"), "00000019491231002x");
    }

    #[test]
    fn a_date_is_read_in_every_way_people_write_it() {
        for typed in
            ["2026-11-2", "2026/11/02", "20261102", "2026年11月2日", "２０２６．１１．２", "2026年11月2号"]
        {
            assert_eq!(form(&[("d", typed)]).date("d"), "2026-11-02", "{typed}");
        }
        assert_eq!(form(&[("d-y", "2026"), ("d-m", "11"), ("d-d", "２ ")]).date("d"), "2026-11-02");
        assert_eq!(form(&[("d-y", ""), ("d-m", ""), ("d-d", "")]).date("d"), "");
        assert_eq!(form(&[("d-y", "2026"), ("d-m", ""), ("d-d", "2")]).date("d"), "2026--2");
        assert_eq!(form(&[("d", "明天")]).date("d"), "明天");
    }

    #[test]
    fn the_first_message_of_a_field_wins() {
        let mut form = form(&[("name", " ")]);
        assert!(!form.require("name", "请填写姓名。"));
        form.error("name", "姓名太短。");
        assert_eq!(form.error_of("name"), Some("请填写姓名。"));
        assert_eq!(form.errors().len(), 1);
    }
}

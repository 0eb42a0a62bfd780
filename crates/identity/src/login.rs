//! What people type to say who they are: a phone, a legal number, or a staff login.

use yimen_parties::{LegalNumber, NumberKind, canonical};
use yimen_platform::Sealer;
use yimen_standards::phone::Phone;

/// A way to name an account, checked and in its one form.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// With its kind in front, so that a staff login can never be another's passport.
    key: String,
    shown: String,
}

const LABEL: &str = "identity_login.login";
const STAFF: &str = "staff:";
const PHONE: &str = "phone:";
const NUMBER: &str = "number:";

impl Login {
    /// Of staff: a small letter, then letters, digits, `.`, `-`, `_`; 2 to 32 characters, unlike any legal number.
    pub fn staff(text: &str) -> Result<Self, String> {
        let name = plain(text);
        if !is_staff_name(&name) {
            return Err("登录名应为2至32位字母、数字或“.-_”，以字母开头，最多5个数字".to_owned());
        }
        Ok(Self { key: format!("{STAFF}{name}"), shown: name })
    }

    pub fn phone(text: &str) -> Result<Self, String> {
        let phone = Phone::parse(text).map_err(|e| e.message())?;
        Ok(Self { key: format!("{PHONE}{phone}"), shown: phone.masked() })
    }

    pub fn number(kind: NumberKind, text: &str) -> Result<Self, String> {
        let number = LegalNumber::parse(kind, text)?;
        Ok(Self { key: format!("{NUMBER}{}", number.as_str()), shown: number.masked() })
    }

    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// `staff`, `phone` or `number`.
    pub(crate) fn kind(&self) -> &str {
        self.key.split(':').next().unwrap_or_default()
    }

    pub(crate) fn index(&self, sealer: &Sealer) -> String {
        sealer.blind_index(LABEL, &self.key)
    }
}

/// Masked, so that a number cannot reach a log by accident.
impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Login({})", self.shown)
    }
}

/// What somebody typed into the sign-in form, read in every way it can be meant.
pub(crate) struct Typed {
    /// Under which failures are counted, known or not: one for all ways of typing the same.
    pub attempt: String,
    /// Of the form of a staff login: such a one may be asked for a second factor, whoever has it.
    pub is_staff: bool,
    /// Staff login, phone, number: always three, so that each attempt asks the same question of the database.
    pub logins: [String; 3],
}

impl Typed {
    pub fn read(sealer: &Sealer, text: &str) -> Self {
        let name = plain(text);
        let number = canonical(text);
        let phone = Phone::parse(text).map(|phone| phone.to_string());
        let one_form = phone.clone().unwrap_or_else(|_| number.clone());
        let index = |kind: &str, text: &str| sealer.blind_index(LABEL, &format!("{kind}{text}"));
        Self {
            is_staff: is_staff_name(&name),
            attempt: sealer.blind_index("identity_attempt.login", &one_form),
            logins: [
                index(STAFF, &name),
                index(PHONE, phone.as_deref().unwrap_or_default()),
                index(NUMBER, &number),
            ],
        }
    }
}

/// Never of the form of a passport or a pass (a letter, seven digits or more): the form alone says who is asked for a code.
fn is_staff_name(name: &str) -> bool {
    (2..=32).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b'_'))
        && name.bytes().filter(u8::is_ascii_digit).count() <= 5
}

/// Half width, lower case, without space around or inside.
fn plain(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        c => c,
    };
    let unseen =
        |c: &char| c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}');
    text.chars().filter(|c| !unseen(c)).map(|c| narrow(c).to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(login: &Login, typed: &str) -> bool {
        let sealer = Sealer::new([1; 32]);
        Typed::read(&sealer, typed).logins.contains(&login.index(&sealer))
    }

    #[test]
    fn a_login_is_found_however_it_is_typed() {
        let phone = Login::phone("13800001234").unwrap();
        for typed in
            ["13800001234", "138 0000 1234", "138-0000-1234", "+86 13800001234", "１３８００００１２３４"]
        {
            assert!(found(&phone, typed), "{typed}");
        }
        let number = Login::number(NumberKind::ResidentId, "11010519491231002X").unwrap();
        for typed in
            ["11010519491231002x", " 110105 19491231 002X", "１１０１０５19491231002Ｘ", "110105491231002"]
        {
            assert!(found(&number, typed), "{typed}");
        }
        let staff = Login::staff("zhou.li").unwrap();
        for typed in ["zhou.li", " Zhou.Li ", "ｚｈｏｕ.li"] {
            assert!(found(&staff, typed), "{typed}");
        }
    }

    #[test]
    fn one_kind_is_never_taken_for_another() {
        let passport = Login::number(NumberKind::Passport, "E12345678").unwrap();
        let other = Login::number(NumberKind::Other, "zhouli1").unwrap();
        let staff = Login::staff("zhouli1").unwrap();
        let sealer = Sealer::new([1; 32]);
        assert_ne!(other.index(&sealer), staff.index(&sealer));
        assert!(found(&passport, "e12345678") && found(&staff, "zhouli1"));
        assert!(!Typed::read(&sealer, "E12345678").is_staff && Typed::read(&sealer, " Zhou.li1").is_staff);
        for wrong in ["", "a", "e12345678", "1abc", "张三", "a b c d!", &"a".repeat(33)] {
            assert!(Login::staff(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn all_ways_of_typing_one_login_count_as_one() {
        let sealer = Sealer::new([1; 32]);
        let attempt = |text: &str| Typed::read(&sealer, text).attempt;
        assert_eq!(attempt("110105491231002"), attempt("11010519491231002X"));
        assert_eq!(attempt("+86 138-0000-1234"), attempt("13800001234"));
        assert_eq!(attempt("Zhou.Li"), attempt("zhou.li "));
        assert_ne!(attempt("zhou.li"), attempt("zhou.lu"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_counted_under_one_key(text in ".{0,80}") {
            let sealer = Sealer::new([1; 32]);
            let once = Typed::read(&sealer, &text);
            let spaced = Typed::read(&sealer, &format!("\u{3000}{text} "));
            prop_assert_eq!(once.attempt, spaced.attempt);
            prop_assert_eq!(once.logins, spaced.logins);
        }
    }
}

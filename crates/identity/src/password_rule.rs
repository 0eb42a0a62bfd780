//! What a new password must be. Each refusal is a sentence that says what to change.

const SHORTEST: usize = 8;
/// Of staff, whose password opens the data of others.
const SHORTEST_STAFF: usize = 10;
const LONGEST: usize = 128;
/// Fewer different characters are a pattern.
const DIFFERENT: usize = 5;
/// What is tried first everywhere, without the digits and signs people put around it.
const COMMON: &[&str] = &[
    "password",
    "passwd",
    "pass",
    "admin",
    "administrator",
    "root",
    "system",
    "test",
    "guest",
    "welcome",
    "letmein",
    "iloveyou",
    "woaini",
    "monkey",
    "dragon",
    "master",
    "login",
    "user",
    "qwer",
    "qwert",
    "qwerty",
    "qwertyuiop",
    "asdf",
    "asdfg",
    "asdfgh",
    "asdfghjkl",
    "zxcv",
    "zxcvbn",
    "zxcvbnm",
    "qazwsx",
    "qazwsxedc",
    "abc",
    "abcd",
    "abcde",
    "abcdef",
    "abcdefg",
    "abcdefgh",
    "aaa",
    "huawei",
    "china",
    "zhongguo",
    "beijing",
    "shanghai",
    "hangzhou",
    "zhengwu",
];

/// Whose password it is to be.
pub(crate) struct Whose<'a> {
    pub is_staff: bool,
    pub name: &'a str,
    /// As they are shown: masked ones are never part of a password.
    pub logins: &'a [String],
}

impl Whose<'_> {
    /// Where nothing is known of the person: what holds for everybody.
    pub fn anyone() -> Self {
        Self { is_staff: false, name: "", logins: &[] }
    }

    pub fn shortest(&self) -> usize {
        if self.is_staff { SHORTEST_STAFF } else { SHORTEST }
    }

    /// The rule in one line, for the hint of a form.
    pub fn hint(&self) -> String {
        format!("至少{}个字符，包含大写字母、小写字母、数字、符号中的三种；不含登录名和姓名", self.shortest())
    }
}

pub(crate) fn check_new(password: &str, whose: &Whose<'_>) -> Result<(), String> {
    let (length, shortest) = (password.chars().count(), whose.shortest());
    if length < shortest {
        return Err(format!("密码至少{shortest}个字符，请加长"));
    }
    if length > LONGEST {
        return Err(format!("密码最多{LONGEST}个字符，请缩短"));
    }
    let classes: [fn(char) -> bool; 4] = [
        |c| c.is_uppercase(),
        |c| c.is_lowercase(),
        |c| c.is_numeric(),
        |c| !c.is_uppercase() && !c.is_lowercase() && !c.is_numeric(),
    ];
    if classes.iter().filter(|class| password.chars().any(**class)).count() < 3 {
        return Err("密码应包含大写字母、小写字母、数字、符号中的至少三种".to_owned());
    }
    let different: std::collections::BTreeSet<char> = password.chars().collect();
    if different.len() < DIFFERENT || COMMON.contains(&core(password).as_str()) {
        return Err("这个密码太常见，容易被猜到，请换一个".to_owned());
    }
    let small = password.to_lowercase();
    let holds = |part: &str| part.chars().count() >= 2 && small.contains(&part.to_lowercase());
    if holds(whose.name) || whose.logins.iter().any(|login| holds(login)) {
        return Err("密码不能包含您的登录名或姓名，请换一个".to_owned());
    }
    Ok(())
}

/// The word in a password: small letters, the usual disguises undone, without what stands before and after.
fn core(password: &str) -> String {
    let undone = |c: char| match c {
        '@' => 'a',
        '0' => 'o',
        '$' => 's',
        '3' => 'e',
        c => c,
    };
    let plain: String = password.to_lowercase();
    let trimmed = plain.trim_matches(|c: char| !c.is_alphabetic());
    trimmed.chars().map(undone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(password: &str) -> String {
        let logins = ["zhou.li".to_owned()];
        let whose = Whose { is_staff: true, name: "周丽", logins: &logins };
        check_new(password, &whose).err().unwrap_or_default()
    }

    #[test]
    fn weak_passwords_are_told_what_they_lack() {
        for (weak, why) in [
            ("", "至少10个"),
            ("Ab1-56789", "至少10个"),
            (&"Ab1".repeat(50), "最多128个"),
            ("abcdefghijkl", "至少三种"),
            ("abcdefghijk1", "至少三种"),
            ("1234567890-", "至少三种"),
            ("密码密码密码密码密码密码", "至少三种"),
            ("P@ssw0rd2026", "太常见"),
            ("Admin@123456", "太常见"),
            ("2026-Qwerty!", "太常见"),
            ("Aa1-Aa1-Aa1-", "太常见"),
            ("Zhou.Li-2026", "登录名或姓名"),
            ("周丽-Abcd-2026", "登录名或姓名"),
        ] {
            assert!(told(weak).contains(why), "{weak}: {}", told(weak));
        }
        for good in ["Right-2026", "yimen-2026", "密码密码Abc1-x", "correct Horse 7 battery"] {
            assert_eq!(told(good), "", "{good}");
        }
    }

    #[test]
    fn of_citizens_eight_characters_are_asked() {
        assert!(check_new("Bright-7", &Whose::anyone()).is_ok());
        assert!(check_new("Bright7", &Whose::anyone()).is_err());
        assert!(Whose::anyone().hint().starts_with("至少8个字符"));
    }
}

//! Pinyin initials of a name, for finding people by typing: 张三丰 → zsf.

use pinyin::ToPinyin;

/// Family names that begin otherwise than the usual reading of their first character; the longer ones first.
const FAMILY_NAMES: &[(&str, &str)] = &[
    ("尉迟", "yc"),
    ("万俟", "mq"),
    ("澹台", "tt"),
    ("单于", "cy"),
    ("单", "s"),
    ("曾", "z"),
    ("解", "x"),
    ("仇", "q"),
    ("查", "z"),
    ("翟", "z"),
    ("乐", "y"),
    ("区", "o"),
    ("种", "c"),
    ("召", "s"),
    ("覃", "q"),
    ("折", "s"),
    ("秘", "b"),
    ("繁", "p"),
    ("隗", "w"),
    ("阚", "k"),
    ("佴", "n"),
    ("祭", "z"),
    ("藏", "z"),
    ("句", "g"),
    ("乜", "n"),
    ("郇", "x"),
];

/// Lower-case initials of every character that has one; letters and digits stay, everything else is left out.
pub fn initials(name: &str) -> String {
    let family = FAMILY_NAMES.iter().find(|(family, _)| name.starts_with(family));
    let (mut out, rest) = match family {
        Some((family, read)) => ((*read).to_owned(), &name[family.len()..]),
        None => (String::new(), name),
    };
    out.extend(rest.chars().filter_map(initial));
    out
}

fn initial(c: char) -> Option<char> {
    match c {
        // Outside of the table of readings, and the usual test of a system's width.
        '𠮷' => Some('j'),
        c if c.is_ascii_alphanumeric() => Some(c.to_ascii_lowercase()),
        c => c.to_pinyin().and_then(|reading| reading.first_letter().chars().next()),
    }
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn names_of_every_kind_have_initials() {
        for (name, expected) in [
            ("张三丰", "zsf"),
            ("王䶮", "wy"),
            ("𠮷野家", "jyj"),
            ("单雄信", "sxx"),
            ("简单", "jd"),
            ("尉迟恭", "ycg"),
            ("尉健行", "wjx"),
            ("玛依拉·阿布都", "mylabd"),
            ("Иванов", ""),
            ("Anna Berg", "annaberg"),
            ("临安市第3食品有限公司", "lasd3spyxgs"),
        ] {
            assert_eq!(initials(name), expected, "{name}");
        }
    }
}

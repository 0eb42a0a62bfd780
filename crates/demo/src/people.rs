//! Invented people and companies. Their numbers carry the division code 000000, which no real person has.

use rand::RngExt;
use rand::rngs::StdRng;
use yimen_standards::check;
use yimen_standards::time::Day;

const SURNAMES: &[&str] = &[
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林", "何",
    "郭", "马", "罗", "梁", "宋", "郑", "谢", "韩", "唐", "冯", "于", "董", "萧", "程", "曹", "袁", "邓",
    "许", "傅", "沈", "曾", "彭", "吕", "欧阳", "上官",
];
const GIVEN: &[&str] = &[
    "安", "宁", "远", "舟", "禾", "苗", "清", "和", "嘉", "言", "思", "齐", "若", "水", "望", "舒", "知",
    "夏", "景", "行", "书", "棠", "怀", "瑾", "亦", "然", "念", "慈", "牧", "野", "听", "澜", "明", "月",
    "青", "山", "晓", "峰", "雨", "桐", "子", "墨", "一", "帆", "梓", "涵",
];
/// Names that break careless software: a separator, and characters outside the basic plane and the common sets.
const HARD_NAMES: &[&str] =
    &["阿依古丽·买买提", "𠮷田青", "䶮禾", "李禛", "迪丽热巴·阿不都热依木", "欧阳望舒"];
const STREETS: &[&str] =
    &["临水路", "望江巷", "书院街", "采荷路", "月桂弄", "青石街", "映山路", "听潮路", "百草巷", "云栖路"];
const DISTRICTS: &[&str] = &["上城区", "拱墅区", "西湖区", "滨江区", "萧山区", "余杭区"];
const TRADES: &[&str] =
    &["小吃店", "茶饮店", "面馆", "文具店", "理发店", "花店", "便利店", "咖啡馆", "书屋", "果蔬店"];

/// Somebody who exists only here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    pub number: String,
    pub phone: String,
    pub address: String,
    /// Name of the shop they run or would like to.
    pub shop: String,
    /// Unified social credit code of that shop.
    pub shop_code: String,
}

/// `count` people, always the same ones for the same generator.
pub fn people(rng: &mut StdRng, count: usize, today: Day) -> Vec<Person> {
    (0..count).map(|i| person(rng, i, today)).collect()
}

fn person(rng: &mut StdRng, i: usize, today: Day) -> Person {
    let name = match HARD_NAMES.get(i % 97) {
        Some(hard) if i >= 20 => (*hard).to_string(),
        _ => common_name(rng),
    };
    let age_days = rng.random_range(18 * 366..88 * 365);
    let birth = today.plus_days(-age_days);
    let address = format!(
        "杭州市{}{}{}号{}室",
        pick(rng, DISTRICTS),
        pick(rng, STREETS),
        rng.random_range(1..300),
        rng.random_range(101..2600)
    );
    Person {
        number: resident_id(birth, (i % 999 + 1) as u16),
        phone: format!("1990000{:04}", i % 10_000),
        address,
        shop_code: credit_code(i),
        shop: format!("{}{}", name.chars().take(2).collect::<String>(), pick(rng, TRADES)),
        name,
    }
}

fn common_name(rng: &mut StdRng) -> String {
    let second = if rng.random_bool(0.75) { pick(rng, GIVEN) } else { "" };
    format!("{}{}{second}", pick(rng, SURNAMES), pick(rng, GIVEN))
}

pub(crate) fn pick<'a>(rng: &mut StdRng, from: &[&'a str]) -> &'a str {
    from[rng.random_range(0..from.len())]
}

/// A well-formed number of the division 000000, which was never given out.
pub(crate) fn resident_id(birth: Day, sequence: u16) -> String {
    let body =
        format!("000000{:04}{:02}{:02}{sequence:03}", birth.year(), birth.month(), birth.day_of_month());
    let check = check::mod_11_2(&body).map_or('0', char::from);
    format!("{body}{check}")
}

/// A well-formed code of the division 000000, which was never given out.
fn credit_code(i: usize) -> String {
    let body = format!("MA{:06}", i % 1_000_000);
    let organisation = check::organisation(&body).map_or('0', char::from);
    let body = format!("91000000{body}{organisation}");
    let check = check::credit(&body).map_or('0', char::from);
    format!("{body}{check}")
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use yimen_standards::id::CreditCode;

    use super::*;

    #[test]
    fn every_shop_has_a_sound_code_of_its_own() {
        let people = people(&mut StdRng::seed_from_u64(3), 300, Day::new(2026, 11, 20).unwrap());
        let codes: std::collections::BTreeSet<_> = people.iter().map(|p| p.shop_code.clone()).collect();
        assert_eq!(codes.len(), people.len());
        for code in codes {
            assert!(CreditCode::parse(&code).is_ok(), "{code}");
        }
    }
}

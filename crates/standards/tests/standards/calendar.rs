//! The calendar: published years day by day, provisional years, and data loaded at run time.

use proptest::prelude::*;
use yimen_standards::time::{Calendar, Day, DayKind};

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// Days off on weekdays and days worked on weekends are all a year's arrangement amounts to.
fn exceptions(year: i16) -> (Vec<String>, Vec<String>) {
    let cal = Calendar::builtin();
    let first = Day::new(year, 1, 1).unwrap();
    let days = (0..366).map(|n| first.plus_days(n)).filter(|d| d.year() == year);
    let (mut off, mut on) = (Vec::new(), Vec::new());
    for d in days {
        let weekend = matches!(d.weekday_zh(), "星期六" | "星期日");
        match cal.kind(d) {
            DayKind::Holiday(_) if !weekend => off.push(d.to_string()[5..].to_owned()),
            DayKind::MakeUp => on.push(d.to_string()[5..].to_owned()),
            DayKind::Working => assert!(!weekend, "{d}"),
            DayKind::Weekend => assert!(weekend, "{d}"),
            DayKind::Holiday(_) => {}
        }
    }
    (off, on)
}

#[test]
fn years_are_as_published() {
    let expect = |year, off: &str, on: &str| {
        let (a, b) = exceptions(year);
        assert_eq!(a.join(" "), off, "{year} off");
        assert_eq!(b.join(" "), on, "{year} worked");
    };
    expect(
        2024,
        "01-01 02-12 02-13 02-14 02-15 02-16 04-04 04-05 05-01 05-02 05-03 06-10 09-16 09-17 10-01 10-02 10-03 10-04 10-07",
        "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
    );
    expect(
        2025,
        "01-01 01-28 01-29 01-30 01-31 02-03 02-04 04-04 05-01 05-02 05-05 06-02 10-01 10-02 10-03 10-06 10-07 10-08",
        "01-26 02-08 04-27 09-28 10-11",
    );
    expect(
        2026,
        "01-01 01-02 02-16 02-17 02-18 02-19 02-20 02-23 04-06 05-01 05-04 05-05 06-19 09-25 10-01 10-02 10-05 10-06 10-07",
        "01-04 02-14 02-28 05-09 09-20 10-10",
    );
    expect(2027, "01-01 02-05 02-08 04-05 06-09 09-15 10-01", "");
    expect(2031, "01-01 05-01 05-02 10-01 10-02 10-03", "");
}

#[test]
fn kinds_have_names() {
    let cal = Calendar::builtin();
    let name = |text: &str| cal.kind(day(text)).zh().to_owned();
    assert_eq!(name("2026-10-04"), "国庆节");
    assert_eq!(name("2026-10-10"), "调休上班日");
    assert_eq!(name("2026-10-11"), "周末");
    assert_eq!(name("2026-10-12"), "工作日");
    assert!(cal.is_working(day("2026-10-10")) && !cal.is_working(day("2026-10-05")));
}

#[test]
fn only_unpublished_years_are_provisional() {
    let cal = Calendar::builtin();
    let provisional: Vec<i16> = (2020..=2030).filter(|y| cal.provisional(*y)).collect();
    assert_eq!(provisional, [2020, 2021, 2022, 2023, 2027, 2028, 2029, 2030]);
    assert!(cal.years().all(|y| y.source.contains("20") || y.provisional));
}

#[test]
fn a_published_year_replaces_the_provisional_one() {
    let notice = r#"{"years":[{"year":2027,"source":"notice","holidays":[{"name":"元旦","from":"2027-01-01","to":"2027-01-03"}],
        "make_up":["2027-01-09"]}]}"#;
    let cal = Calendar::builtin().extended(notice).unwrap();
    assert!(!cal.provisional(2027) && !cal.provisional(2026));
    assert_eq!(cal.kind(day("2027-01-09")), DayKind::MakeUp);
    assert!(cal.is_working(day("2027-02-08")), "the provisional holidays are gone");
    assert!(!cal.is_working(day("2026-10-05")), "other years stay");
    let alone = Calendar::from_json(notice).unwrap();
    assert!(alone.provisional(2026) && alone.is_working(day("2026-10-05")));
}

#[test]
fn bad_calendars_say_what_is_wrong() {
    let year = |body: &str| format!(r#"{{"years":[{{"year":2027,"source":"s",{body}}}]}}"#);
    let cases = [
        ("[]".to_owned(), "JSON"),
        (year(r#""holidays":[]"#), "make_up"),
        (year(r#""holidays":[],"make_up":[],"extra":1"#), "extra"),
        (year(r#""holidays":[],"make_up":["2027-02-30"]"#), "日期不存在"),
        (year(r#""holidays":[],"make_up":["2026-02-28"]"#), "不属于该年"),
        (year(r#""holidays":[],"make_up":["2027-01-04"]"#), "不是周六或周日"),
        (year(r#""holidays":[],"make_up":["2027-01-03","2027-01-03"]"#), "两次"),
        (year(r#""holidays":[{"name":"元旦","from":"2027-01-03","to":"2027-01-01"}],"make_up":[]"#), "早于"),
        (
            year(
                r#""holidays":[{"name":"元旦","from":"2027-01-01","to":"2027-01-03"}],"make_up":["2027-01-03"]"#,
            ),
            "两次",
        ),
        (r#"{"years":[{"year":1800,"source":"s","holidays":[],"make_up":[]}]}"#.to_owned(), "可用范围"),
    ];
    for (text, words) in cases {
        let error = Calendar::from_json(&text).unwrap_err().to_string();
        assert!(error.contains(words), "{text}: {error}");
    }
    let twice = r#"{"years":[{"year":2027,"source":"s","holidays":[],"make_up":[]},{"year":2027,"source":"s","holidays":[],"make_up":[]}]}"#;
    assert!(Calendar::from_json(twice).unwrap_err().to_string().contains("重复"));
}

#[test]
fn days_print_and_parse() {
    let d = day("2026-11-23");
    assert_eq!((d.zh().as_str(), d.weekday_zh()), ("2026年11月23日", "星期一"));
    assert_eq!(d.at(10, 30).text(), "2026-11-23 10:30");
    assert_eq!(d.at(10, 30).rfc3339(), "2026-11-23T10:30:00.000+08:00");
    assert_eq!(d.at(0, 0).0, 1_795_363_200_000);
    for bad in
        ["2026-02-29", "2026-13-01", "2026-1-1", "26-01-01", "2026/01/01", "２０２６-01", "+026-01-01", ""]
    {
        assert!(bad.parse::<Day>().is_err(), "{bad}");
    }
    assert_eq!(day("2008-02-29").full_years_on(day("2026-02-28")), 17);
    assert_eq!(day("2008-02-29").full_years_on(day("2026-03-01")), 18);
    assert_eq!(day("2000-06-01").full_years_on(day("2026-06-01")), 26);
}

proptest! {
    #[test]
    fn day_numbers_agree_with_jiff(n in -700_000i64..2_000_000) {
        let d = day("1970-01-01").plus_days(n);
        let epoch = jiff::civil::date(1970, 1, 1);
        prop_assert_eq!(d.date(), epoch.checked_add(jiff::Span::new().days(n)).unwrap());
        prop_assert_eq!(day("1970-01-01").days_until(d), n);
        prop_assert_eq!(d.start().day(), d);
        prop_assert_eq!(d.to_string().parse::<Day>().unwrap(), d);
        let monday0 = i64::from(d.date().weekday().to_monday_zero_offset()) as usize;
        prop_assert_eq!(d.weekday_zh(), ["星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"][monday0]);
    }

    #[test]
    fn working_days_are_counted_one_by_one(n in 0i64..120_000, ahead in 0u32..400) {
        let cal = Calendar::builtin();
        let start = day("1960-01-01").plus_days(n);
        let mut walked = start;
        let mut left = ahead;
        while left > 0 || !cal.is_working(walked) {
            walked = walked.plus_days(1);
            left -= u32::from(left > 0 && cal.is_working(walked));
        }
        prop_assert_eq!(cal.working_day_after(start, ahead), walked);
        let between = (1..=start.days_until(walked)).filter(|i| cal.is_working(start.plus_days(*i))).count() as i64;
        prop_assert_eq!(cal.working_days_between(start, walked), between);
        prop_assert_eq!(cal.working_days_between(walked, start), -between);
    }
}

//! Properties of the clock, against a model that walks day by day and minute by minute.

use proptest::prelude::*;
use yimen_standards::time::{
    Amount, Calendar, Day, Due, Explanation, Hours, Instant, Limit, Stop, due, explain, remaining,
};

const MINUTE: i64 = 60_000;
const DAY: i64 = 1440 * MINUTE;

fn cal() -> Calendar {
    Calendar::builtin()
}

fn close(day: Day, hours: &Hours) -> Instant {
    day.at_minute(hours.closes())
}

fn spans(hours: &Hours) -> Vec<(u16, u16)> {
    let minute = |s: &str| s[..2].parse::<u16>().unwrap() * 60 + s[3..].parse::<u16>().unwrap();
    let texts: Vec<String> = hours.clone().into();
    texts.iter().map(|t| (minute(&t[..5]), minute(&t[6..]))).collect()
}

/// The limit without restarts: the rules as sentences, one day or one minute after the other.
fn model_once(hours: &Hours, start: Instant, limit: Limit, stops: &[Stop]) -> Result<Instant, u32> {
    let live: Vec<(Instant, Instant)> = stops
        .iter()
        .map(|s| (s.from.max(start), s.to.unwrap_or(Instant(i64::MAX))))
        .filter(|s| s.1 > s.0)
        .collect();
    let n = limit.count();
    let mut counted = 0;
    if let Limit::WorkingMinutes(_) = limit {
        let (spans, cal) = (spans(hours), cal());
        let endless = live.iter().filter(|s| s.1.0 == i64::MAX).map(|s| s.0).min();
        for i in 0..400 * 1440 {
            let t = start.plus_millis(i * MINUTE);
            if endless.is_some_and(|s| s <= t) {
                break;
            }
            let minute = t.minute_of_day();
            let open = cal.is_working(t.day()) && spans.iter().any(|s| s.0 <= minute && minute < s.1);
            if open && !live.iter().any(|s| s.0 <= t && t < s.1) {
                counted += 1;
                if n == 0 {
                    return Ok(t);
                }
                if counted == n {
                    return Ok(t.plus_millis(MINUTE));
                }
            }
        }
        return Err(n - counted);
    }
    let first = i64::from(n > 0 || start >= close(start.day(), hours));
    for i in first..600 {
        let day = start.day().plus_days(i);
        let stopped = live.iter().any(|s| s.0 < close(day, hours) && s.1 > day.start());
        let works = cal().is_working(day);
        let counts = !stopped && (works || matches!(limit, Limit::CalendarDays(_)));
        counted += u32::from(counts && counted < n);
        if counted == n && works && !stopped {
            return Ok(close(day, hours));
        }
    }
    Err(n - counted)
}

fn model(hours: &Hours, start: Instant, limit: Limit, stops: &[Stop]) -> Result<Instant, u32> {
    let mut begun = start;
    loop {
        let end = model_once(hours, begun, limit, stops);
        let effective = |s: &&Stop| s.resets && end.is_ok_and(|e| s.from < e) | end.is_err();
        match stops.iter().filter(effective).filter_map(|s| s.to).filter(|to| *to > begun).min() {
            Some(to) => begun = to,
            None if end.is_err() && stops.iter().any(|s| s.resets && s.to.is_none()) => {
                return Err(limit.count());
            }
            None => return end,
        }
    }
}

fn starts() -> impl Strategy<Value = Instant> {
    let first = "2023-12-01".parse::<Day>().unwrap().start();
    prop_oneof![
        3 => (0i64..1_150, 0i64..1440).prop_map(move |(d, m)| first.plus_millis(d * DAY + m * MINUTE)),
        // Around the holidays of 2026, and during office hours, where the corners are.
        2 => (0i64..40, 8 * 60i64..18 * 60).prop_map(|(d, m)| "2026-09-10".parse::<Day>().unwrap().start().plus_millis(d * DAY + m * MINUTE)),
        1 => (0i64..30, 8 * 60i64..18 * 60).prop_map(|(d, m)| "2026-02-01".parse::<Day>().unwrap().start().plus_millis(d * DAY + m * MINUTE)),
    ]
}

fn limits() -> impl Strategy<Value = Limit> {
    prop_oneof![
        (0u32..35).prop_map(Limit::WorkingDays),
        (0u32..50).prop_map(Limit::CalendarDays),
        (0u32..1500).prop_map(Limit::WorkingMinutes),
    ]
}

fn office() -> impl Strategy<Value = Hours> {
    prop_oneof![
        4 => Just(Hours::default()),
        1 => Just(Hours::parse(&["08:30-11:30", "14:00-17:30"]).unwrap()),
        1 => Just(Hours::parse(&["09:00-17:00"]).unwrap()),
        1 => Just(Hours::parse(&["00:00-24:00"]).unwrap()),
    ]
}

/// Minutes from the start at which a stop begins, its length (none: open), and whether it resets.
type RawStop = (i64, Option<i64>, bool);

fn raw_stop() -> impl Strategy<Value = RawStop> {
    let near = prop_oneof![-3000i64..25_000, -60i64..2_000];
    let length = prop_oneof![0i64..15_000, 0i64..600];
    let length = prop_oneof![9 => length.prop_map(Some), 1 => Just(None)];
    (near, length, prop::bool::weighted(0.2))
}

fn stops(start: Instant, raw: &[RawStop]) -> Vec<Stop> {
    let stop = |&(from, length, resets): &RawStop| {
        let from = start.plus_millis(from * MINUTE);
        let to = length.map(|l| from.plus_millis(l * MINUTE));
        Stop { from, to, reason: format!("特别程序：{}", from.0 % 3), resets }
    };
    raw.iter().map(stop).collect()
}

/// An open stop counts as later than any time.
fn order(due: Due) -> i64 {
    due.at.map_or(i64::MAX, |at| at.0)
}

fn in_office(hours: &Hours, at: Instant, closing_too: bool) -> bool {
    let minute = at.minute_of_day();
    // Closing at 24:00 is the first minute of the next day.
    let late = closing_too && minute == 0 && hours.closes() == 1440;
    let day = if late { at.day().plus_days(-1) } else { at.day() };
    let minute = if late { 1440 } else { minute };
    cal().is_working(day)
        && spans(hours).iter().any(|s| s.0 <= minute && (minute < s.1 || closing_too && minute == s.1))
}

fn joins_end_to_end(why: &Explanation, start: Instant) -> Result<(), TestCaseError> {
    for pair in why.segments.windows(2) {
        prop_assert_eq!(pair[0].to, pair[1].from);
        prop_assert!(pair[0].counted != pair[1].counted || pair[0].why != pair[1].why, "runs are merged");
    }
    for s in &why.segments {
        prop_assert!(s.from < s.to && !s.why.is_empty());
        prop_assert!(s.counted || matches!(s.amount, Amount::Days(0) | Amount::Millis(0)));
    }
    if let Some(first) = why.segments.first() {
        prop_assert_eq!(first.from, start);
    }
    if let (Some(last), Some(at)) = (why.segments.last(), why.due.at) {
        prop_assert_eq!(last.to, at);
    }
    Ok(())
}

proptest! {
    // Few: each may explain two hundred years.
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn nonsense_never_panics(start in any::<i64>(), now in any::<i64>(), count in any::<u32>(), kind in 0u8..3, raw in prop::collection::vec((any::<i64>(), any::<Option<i64>>(), any::<bool>()), 0..3)) {
        let limit = [Limit::WorkingDays(count), Limit::CalendarDays(count), Limit::WorkingMinutes(count)][usize::from(kind)];
        let stop = |(from, to, resets): (i64, Option<i64>, bool)| Stop { from: Instant(from), to: to.map(Instant), reason: String::new(), resets };
        let stops: Vec<Stop> = raw.into_iter().map(stop).collect();
        let at = due(&cal(), &Hours::default(), Instant(start), limit, &stops).at;
        remaining(&cal(), &Hours::default(), Instant(now), at.unwrap_or(Instant(start))).zh();
        let limit = limit.with_count(count % 100);
        explain(&cal(), &Hours::default(), Instant(start), limit, &stops, Instant(now)).lines();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn due_is_what_the_rules_say(start in starts(), limit in limits(), hours in office(), raw in prop::collection::vec(raw_stop(), 0..4)) {
        let stops = stops(start, &raw);
        let ours = due(&cal(), &hours, start, limit, &stops);
        match model(&hours, start, limit, &stops) {
            Ok(at) => prop_assert_eq!((ours.at, ours.remaining), (Some(at), None), "{} expected {}", ours.at.map_or("-".into(), |a| a.text()), at.text()),
            Err(left) => prop_assert_eq!((ours.at, ours.remaining), (None, Some(limit.with_count(left)))),
        }
    }

    #[test]
    fn a_longer_limit_is_never_due_earlier(start in starts(), limit in limits(), hours in office(), more in 0u32..60, raw in prop::collection::vec(raw_stop(), 0..4)) {
        let stops = stops(start, &raw);
        let short = due(&cal(), &hours, start, limit, &stops);
        let long = due(&cal(), &hours, start, limit.with_count(limit.count() + more), &stops);
        prop_assert!(order(short) <= order(long));
    }

    #[test]
    fn another_stop_never_makes_it_earlier(start in starts(), limit in limits(), hours in office(), raw in prop::collection::vec(raw_stop(), 1..5)) {
        let stops = stops(start, &raw);
        let fewer = due(&cal(), &hours, start, limit, &stops[1..]);
        let all = due(&cal(), &hours, start, limit, &stops);
        prop_assert!(order(fewer) <= order(all));
    }

    #[test]
    fn a_later_start_is_never_due_earlier(start in starts(), limit in limits(), hours in office(), later in 0i64..20_000, raw in prop::collection::vec(raw_stop(), 0..3)) {
        let stops = stops(start, &raw);
        let first = due(&cal(), &hours, start, limit, &stops);
        let second = due(&cal(), &hours, start.plus_millis(later * MINUTE), limit, &stops);
        prop_assert!(order(first) <= order(second));
    }

    #[test]
    fn due_is_in_office_hours_and_after_the_start(start in starts(), limit in limits(), hours in office(), raw in prop::collection::vec(raw_stop(), 0..4)) {
        let stops = stops(start, &raw);
        if let Some(at) = due(&cal(), &hours, start, limit, &stops).at {
            prop_assert!(at >= start);
            prop_assert!(in_office(&hours, at, limit.count() > 0 || !matches!(limit, Limit::WorkingMinutes(_))), "{}", at.text());
        }
    }

    #[test]
    fn the_order_of_stops_does_not_matter(start in starts(), limit in limits(), hours in office(), raw in prop::collection::vec(raw_stop(), 0..5), turn in 0usize..5) {
        let mut stops = stops(start, &raw);
        let before = due(&cal(), &hours, start, limit, &stops);
        stops.reverse();
        let middle = turn.min(stops.len());
        stops.rotate_left(middle);
        prop_assert_eq!(due(&cal(), &hours, start, limit, &stops), before);
    }

    #[test]
    fn the_explanation_adds_up(start in starts(), limit in limits(), hours in office(), now in 0i64..40_000, raw in prop::collection::vec(raw_stop(), 0..4)) {
        let stops = stops(start, &raw);
        let why = explain(&cal(), &hours, start, limit, &stops, start.plus_millis(now * MINUTE));
        prop_assert_eq!(why.due, due(&cal(), &hours, start, limit, &stops));
        joins_end_to_end(&why, start)?;
        let waiting = why.due.remaining.map_or(0, Limit::count);
        let counted = match why.counted() {
            Amount::Days(n) => n,
            Amount::Millis(ms) => {
                prop_assert_eq!(ms % MINUTE, 0);
                (ms / MINUTE) as u32
            }
        };
        prop_assert_eq!(counted + waiting, limit.count(), "{:#?}", why.lines());
        prop_assert_eq!(why.used.count() + why.left.count(), limit.count());
    }

    #[test]
    fn the_clock_never_runs_backwards(start in starts(), limit in limits(), hours in office(), now in 0i64..40_000, later in 0i64..5_000, raw in prop::collection::vec(raw_stop(), 0..4)) {
        let stops = stops(start, &raw);
        let at = |minutes: i64| explain(&cal(), &hours, start, limit, &stops, start.plus_millis(minutes * MINUTE));
        let (first, second) = (at(now), at(now + later));
        prop_assert!(first.used.count() <= second.used.count());
        prop_assert_eq!(first.due, second.due);
    }

    #[test]
    fn what_remains_agrees_with_what_was_used(start in starts(), n in 1u32..40, minutes in 1u32..1500, hours in office(), ahead in 0i64..60_000) {
        let now = start.plus_millis(ahead * MINUTE);
        let days = explain(&cal(), &hours, start, Limit::WorkingDays(n), &[], now);
        let left = remaining(&cal(), &hours, now, days.due.at.unwrap());
        prop_assert_eq!(left.overdue, now > days.due.at.unwrap());
        if !left.overdue {
            prop_assert_eq!(left.working_days, i64::from(days.left.count()));
        }
        let short = explain(&cal(), &hours, start, Limit::WorkingMinutes(minutes), &[], now);
        let left = remaining(&cal(), &hours, now, short.due.at.unwrap());
        prop_assert_eq!(left.overdue, now > short.due.at.unwrap());
        if !left.overdue {
            prop_assert_eq!(left.working_minutes, i64::from(short.left.count()));
        }
        prop_assert!(left.working_days >= 0 && left.working_minutes >= 0);
    }

    #[test]
    fn seconds_are_kept(start in starts(), ms in 0i64..MINUTE, minutes in 1u32..900) {
        let at = |start| due(&cal(), &Hours::default(), start, Limit::WorkingMinutes(minutes), &[]).at.unwrap();
        let (whole, late) = (at(start), at(start.plus_millis(ms)));
        prop_assert!(whole <= late);
        let began_open = in_office(&Hours::default(), start, false);
        prop_assert!(!began_open || late.0 > whole.0 || ms == 0);
        let why = explain(&cal(), &Hours::default(), start.plus_millis(ms), Limit::WorkingMinutes(minutes), &[], late);
        prop_assert_eq!(why.counted(), Amount::Millis(i64::from(minutes) * MINUTE));
        prop_assert_eq!(why.left.count(), 0);
    }

    #[test]
    fn provisional_says_so_exactly_when_it_matters(start in starts(), limit in limits(), hours in office()) {
        let ours = due(&cal(), &hours, start, limit, &[]);
        let first = if matches!(limit, Limit::WorkingMinutes(_)) { start.day() } else { start.day().plus_days(1) };
        let last = ours.at.unwrap().plus_millis(-1).day().year();
        let expected = [2023, 2027, 2028].iter().any(|y| (first.year().min(last)..=last).contains(y));
        prop_assert_eq!(ours.provisional, expected);
    }

    #[test]
    fn limits_print_and_parse(limit in limits()) {
        prop_assert_eq!(limit.to_string().parse::<Limit>().unwrap(), limit);
        let json = serde_json::to_string(&limit).unwrap();
        prop_assert_eq!(serde_json::from_str::<Limit>(&json).unwrap(), limit);
    }

    #[test]
    fn any_text_is_a_limit_or_an_error(text in "\\PC{0,12}") {
        let _ = text.parse::<Limit>();
        let _ = text.parse::<Day>();
        let _ = Hours::parse(&[text.as_str()]);
        let _ = Instant::parse_local(&text);
    }
}

#[test]
fn limits_in_words() {
    let zh = |text: &str| text.parse::<Limit>().unwrap().zh();
    let words = ["30wd", "30cd", "60m", "1h", "2h", "90m", "150m", "0wd", "15m"].map(zh);
    assert_eq!(
        words,
        ["30个工作日", "30日", "60分钟", "60分钟", "2小时", "90分钟", "2小时30分钟", "0个工作日", "15分钟"]
    );
    for bad in ["", "30", "wd", "-1wd", "3 wd", "3d", "1.5h", "99999wd", "99999999999m", "71582789h"] {
        assert!(bad.parse::<Limit>().is_err(), "{bad}");
    }
}

#[test]
fn bad_hours_are_refused() {
    for bad in [
        &[][..],
        &["9:00-12:00"],
        &["09:00"],
        &["12:00-09:00"],
        &["09:00-12:00", "11:00-17:00"],
        &["09:00-24:01"],
    ] {
        assert!(Hours::parse(bad).is_err(), "{bad:?}");
    }
    let hours = Hours::parse(&["08:30-12:00", "14:00-17:30"]).unwrap();
    assert_eq!((hours.minutes_per_day(), hours.opens(), hours.closes()), (420, 510, 1050));
    assert_eq!(serde_json::to_string(&hours).unwrap(), r#"["08:30-12:00","14:00-17:30"]"#);
}

#[test]
fn remaining_in_words() {
    let at = |text: &str| Instant::parse_local(text).unwrap();
    let words = |now: &str| remaining(&cal(), &Hours::default(), at(now), at("2026-11-25 17:00")).zh();
    assert_eq!(words("2026-11-20 10:00"), "剩余3个工作日");
    assert_eq!(words("2026-11-25 10:00"), "今天到期，剩余5小时30分钟");
    assert_eq!(words("2026-11-25 17:00"), "今天到期，剩余0分钟");
    assert_eq!(words("2026-11-25 18:00"), "已到期");
    assert_eq!(words("2026-11-30 09:00"), "已超期3个工作日");
}

/// Day and minute limits of a case stay cheap enough for every command; the bound is far above what is measured, and far
/// below what walking day by day would take.
#[test]
fn due_does_not_walk() {
    let (cal, hours) = (cal(), Hours::default());
    let start = Instant::parse_local("2026-09-29 10:00").unwrap();
    let far = Limit::WorkingDays(Limit::MAX_DAYS);
    let time = |limit: Limit| {
        let round = || {
            let began = std::time::Instant::now();
            for _ in 0..200 {
                std::hint::black_box(due(&cal, &hours, std::hint::black_box(start), limit, &[]));
            }
            began.elapsed() / 200
        };
        (0..20).map(|_| round()).min().unwrap()
    };
    assert!(time(Limit::WorkingDays(60)) < std::time::Duration::from_micros(50));
    // 36,500 working days would be 51,000 steps.
    assert!(time(far) < std::time::Duration::from_micros(200));
}

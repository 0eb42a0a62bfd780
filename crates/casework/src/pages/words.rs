//! What pages of every audience say in the same words: numbers, states, owners, and how long there still is.

use yimen_catalogue::Catalogue;
use yimen_standards::case_number::CaseNumber;
use yimen_standards::time::{Instant, Remaining, remaining};
use yimen_web::{Clock, ClockState, StatusTag, StepState, Tone};

use crate::Casework;
use crate::model::{Case, CaseState, Finding, Outcome, Owner, Task, TaskState};
use crate::store::inbox::InboxTask;
use crate::store::lists::{CaseItem, TaskItem};

/// `330102-261123-7KQ4M2XA-9`; what is no case number stays as it is.
pub fn grouped(number: &str) -> String {
    CaseNumber::parse(number).map_or_else(|_| number.to_string(), |n| n.grouped())
}

/// `11月24日 17:00`, with the year when it is not this one.
pub fn moment(at: Instant, now: Instant) -> String {
    let (day, minute) = (at.day(), at.minute_of_day());
    let year = if day.year() == now.day().year() { String::new() } else { format!("{}年", day.year()) };
    format!("{year}{}月{}日 {:02}:{:02}", day.month(), day.day_of_month(), minute / 60, minute % 60)
}

/// `11月24日 09:30 – 10:30`; the second day only where it is another.
pub fn span(from: Instant, to: Instant, now: Instant) -> String {
    if from.day() == to.day() {
        let minute = to.minute_of_day();
        return format!("{} – {:02}:{:02}", moment(from, now), minute / 60, minute % 60);
    }
    format!("{} – {}", moment(from, now), moment(to, now))
}

/// How long there is until a due time, in working time and in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Until {
    pub state: ClockState,
    /// 剩余 2 个工作日, 已逾期 1 个工作日.
    pub left: String,
    /// 11月24日 17:00 前; the past time without 前 when it has gone by.
    pub by: String,
}

/// How long there is until `due`, of a limit that began at `since`.
pub fn until(casework: &Casework, now: Instant, since: Option<Instant>, due: Instant) -> Until {
    let between = |from, to| remaining(&casework.calendar, &casework.hours, from, to);
    let (whole, left) = (since.map(|since| between(since, due)), between(now, due));
    let state = match (left.overdue, is_near(whole.as_ref(), &left)) {
        (true, _) => ClockState::Overdue,
        (false, true) => ClockState::Near,
        (false, false) => ClockState::Normal,
    };
    let by = if since_closed(&left) { String::new() } else { told_by(due, now) };
    Until { state, left: left_words(&left, due, now), by }
}

/// What is near, in every list and on every page: of a limit of less than a day the last third, of any other what is due
/// today or on the next working day.
fn is_near(whole: Option<&Remaining>, left: &Remaining) -> bool {
    match whole {
        Some(whole) if whole.working_minutes < SHORT_DAY => left.working_minutes * 3 <= whole.working_minutes,
        _ => left.working_days <= 1,
    }
}

/// Overdue, and no office has been open since.
fn since_closed(left: &Remaining) -> bool {
    left.overdue && left.working_days == 0 && left.working_minutes == 0
}

fn told_by(due: Instant, now: Instant) -> String {
    let by = moment(due, now);
    if now > due { format!("原定 {by}") } else { format!("{by} 前") }
}

/// Fewer office minutes than this are no working day to anybody.
const SHORT_DAY: i64 = 6 * 60;

/// A minute may be just now for so long.
const JUST_NOW: i64 = 60 * 60 * 1000;

fn left_words(left: &Remaining, due: Instant, now: Instant) -> String {
    let minutes = || minutes_words(left.working_minutes);
    match (left.overdue, left.working_days, left.working_minutes) {
        (false, 0, _) => format!("今天到期，剩余 {}", minutes()),
        // Quarter of an hour from the opening of the next day is no working day.
        (false, 1, left) if left < SHORT_DAY => format!("下一工作日到期，剩余 {}", minutes()),
        (false, days, _) => format!("剩余 {days} 个工作日"),
        (true, 0, 0) if now.0 - due.0 < JUST_NOW => format!("刚刚到期（{}）", moment(due, now)),
        (true, 0, 0) => format!("已过 {}", moment(due, now)),
        (true, 0, _) => format!("已逾期 {}", minutes()),
        (true, days, _) => format!("已逾期 {days} 个工作日"),
    }
}

/// 45 分钟, 3 小时, 2 小时 30 分钟.
pub fn minutes_words(minutes: i64) -> String {
    match (minutes / 60, minutes % 60) {
        (0, m) => format!("{m} 分钟"),
        (h, 0) => format!("{h} 小时"),
        (h, m) => format!("{h} 小时 {m} 分钟"),
    }
}

/// `剩余 2 个工作日（11月24日 17:00 前）`.
pub fn due_line(casework: &Casework, now: Instant, due: Instant) -> String {
    let until = until(casework, now, None, due);
    if until.by.is_empty() { until.left } else { format!("{}（{}）", until.left, until.by) }
}

/// The state's word stands before the rest: 逾期 2 个工作日, not 逾期 已逾期 2 个工作日.
pub fn short_clock(until: Until) -> Clock {
    let left = until.left.strip_prefix("已逾期").map_or(until.left.as_str(), str::trim_start);
    Clock::new(until.state, left, until.by)
}

/// A due time that runs, since when, and what is due then.
struct Running {
    what: &'static str,
    since: Option<Instant>,
    due: Option<Instant>,
}

/// The clock of a case; `stopped` names the special procedure that runs. A draft and a case that is over have none to
/// show but their state.
fn clock(
    casework: &Casework,
    now: Instant,
    state: CaseState,
    running: &Running,
    stopped: Option<&str>,
) -> Clock {
    if let (CaseState::InReview, Some(name)) = (state, stopped) {
        let why = if name.is_empty() { "特别程序" } else { name };
        return Clock::new(ClockState::Paused, format!("（{why}）"), "");
    }
    match (running.due, running.since) {
        (Some(due), since) => {
            let until = until(casework, now, since, due);
            match state {
                CaseState::InReview => short_clock(until),
                _ => {
                    let detail = format!("{} {}", running.what, told_by(due, now));
                    short_clock(Until { by: String::new(), ..until }).detail(detail)
                }
            }
        }
        (None, _) if state == CaseState::Draft => Clock::new(ClockState::Normal, "还没有提交", ""),
        (None, _) if matches!(state, CaseState::Decided | CaseState::Closed) => {
            Clock::new(ClockState::Finished, state.zh(), "")
        }
        (None, _) => Clock::new(ClockState::Ended, state.zh(), ""),
    }
}

/// The clock of an opened case.
pub fn case_clock(casework: &Casework, case: &Case, now: Instant) -> Clock {
    let running = match case.state {
        CaseState::Submitted => {
            Running { what: "答复期限", since: case.received_at, due: case.precheck_due }
        }
        CaseState::Correcting => {
            let since = case.correction.as_ref().map(|c| c.issued_at);
            Running { what: "补正期限", since, due: case.correction_due }
        }
        CaseState::InReview => {
            Running { what: "办结期限", since: case.accepted_at, due: case.promised_due }
        }
        _ => Running { what: "", since: None, due: None },
    };
    let stopped = case.open_stop().map(|s| s.name.as_str());
    clock(casework, now, case.state, &running, stopped)
}

/// The clock of a case in a list, with until when.
pub fn item_clock(casework: &Casework, item: &CaseItem, now: Instant) -> Clock {
    let state = CaseState::parse(&item.state).unwrap_or(CaseState::Closed);
    let running = match state {
        CaseState::Submitted => {
            let since = item.supplied_at.or(item.submitted_at);
            Running { what: "答复期限", since, due: item.precheck_due }
        }
        CaseState::Correcting => Running { what: "补正期限", since: None, due: item.correction_due },
        CaseState::InReview => {
            Running { what: "办结期限", since: item.accepted_at, due: item.promised_due }
        }
        _ => Running { what: "", since: None, due: None },
    };
    let due = running.due.filter(|_| item.stopped_since.is_none());
    let clock = clock(casework, now, state, &running, item.stopped_since.map(|_| ""));
    match due {
        Some(due) => clock.due(until(casework, now, running.since, due).by),
        None => clock,
    }
}

/// What the clock of a task follows from: its own limit and the promise of its case, each with its beginning.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    pub opened_at: Option<Instant>,
    pub due_at: Option<Instant>,
    pub accepted_at: Option<Instant>,
    /// Nothing once the case is decided: the promise is kept or broken then.
    pub promised_due: Option<Instant>,
    pub stopped_since: Option<Instant>,
}

macro_rules! times_of_rows {
    ($($row:ty),*) => {
        $(impl From<&$row> for Times {
            fn from(row: &$row) -> Times {
                Times {
                    opened_at: row.opened_at,
                    due_at: row.due_at,
                    accepted_at: row.accepted_at,
                    promised_due: row.promised_due,
                    stopped_since: row.stopped_since,
                }
            }
        })*
    };
}

times_of_rows!(TaskItem, InboxTask);

/// The clock of a task: its own limit, else the promise of its case; that too where it is broken and the own limit is not.
pub fn task_clock(casework: &Casework, times: &Times, now: Instant) -> Clock {
    let whole = |due: Instant| until(casework, now, times.accepted_at, due);
    match (times.due_at, times.promised_due) {
        (Some(own), Some(promised)) if promised < now && own >= now => {
            let until = whole(promised);
            let by = format!("整件原定 {}", moment(promised, now));
            short_clock(Until { by, ..until })
        }
        (Some(own), _) => short_clock(until(casework, now, times.opened_at, own)),
        (None, Some(promised)) => short_clock(whole(promised)),
        (None, None) if times.stopped_since.is_some() => Clock::new(ClockState::Paused, "（特别程序）", ""),
        (None, None) => Clock::new(ClockState::Normal, "没有单独时限", ""),
    }
}

/// [`task_clock`] of a task in an inbox; where nothing runs it names the procedure that is waited for.
pub fn inbox_clock(casework: &Casework, task: &InboxTask, now: Instant) -> Clock {
    let runs = task.due_at.is_some() || task.promised_due.is_some();
    match &task.stop_name {
        Some(name) if !runs => {
            let until = task.stop_until.map(|at| format!("，最迟到 {}", moment(at, now)));
            Clock::new(ClockState::Paused, format!("（{name}{}）", until.unwrap_or_default()), "")
        }
        _ => task_clock(casework, &task.into(), now),
    }
}

/// Where a case stands, in one or two words for its applicant and for staff.
pub fn case_words(state: CaseState, outcome: Option<Outcome>) -> &'static str {
    match (state, outcome) {
        (CaseState::Decided, Some(Outcome::Granted)) => "已批准",
        (CaseState::Decided, Some(Outcome::Denied)) => "不予批准",
        (CaseState::Closed, Some(Outcome::Granted)) => "已办结 · 批准",
        (CaseState::Closed, Some(Outcome::Denied)) => "已办结 · 不予批准",
        (state, _) => state.zh(),
    }
}

/// The state as a tag. Red is for what went against the applicant, amber for what waits for them.
pub fn state_tag(state: CaseState, outcome: Option<Outcome>) -> StatusTag {
    let tone = match (state, outcome) {
        (CaseState::Draft, _) => Tone::Neutral,
        (CaseState::Correcting, _) => Tone::Warn,
        (CaseState::Submitted, _) => Tone::Info,
        (CaseState::InReview, _) => Tone::Active,
        (_, Some(Outcome::Denied)) | (CaseState::NotAccepted, _) => Tone::Problem,
        (CaseState::Decided | CaseState::Closed, _) => Tone::Done,
        (CaseState::Withdrawn | CaseState::Lapsed | CaseState::Voided, _) => Tone::Neutral,
    };
    StatusTag::new(case_words(state, outcome), tone)
}

/// Beside the state: what waits for an answer came back once, mended. Its next answer must not ask for anything new.
pub fn supplied_tag(state: CaseState, supplied_at: Option<Instant>) -> Option<StatusTag> {
    let waits = state == CaseState::Submitted && supplied_at.is_some();
    waits.then(|| StatusTag::new("已补正", Tone::Active))
}

/// Who works on a task: the short name of a department, 综合窗口, 申请人.
pub fn owner_words(catalogue: &Catalogue, owner: &Owner) -> String {
    match owner {
        Owner::Department(id) => catalogue.department_short(id).to_string(),
        Owner::Office(_) => "综合窗口".into(),
        Owner::Applicant => "申请人".into(),
    }
}

/// One of the four states a task has on a board: 未处理, 办理中, 卡住, 已办 (or not needed, or refused).
pub fn task_step_state(case: &Case, task: &Task) -> StepState {
    let stopped = case.stops.iter().any(|s| s.to.is_none() && s.task_id == task.id);
    match task.state {
        TaskState::Returned => StepState::Stuck,
        _ if stopped => StepState::Stuck,
        TaskState::Waiting => StepState::Later,
        TaskState::Open => StepState::Waiting,
        TaskState::Claimed => StepState::Active,
        TaskState::Done if task.finding == Some(Finding::Fail) => StepState::Refused,
        TaskState::Done => StepState::Done,
        TaskState::Cancelled => StepState::Ended,
        TaskState::Skipped if never_begun(case, task) => StepState::Ended,
        TaskState::Skipped => StepState::Skipped,
    }
}

/// The case was withdrawn or voided before the task could begin, which is not the same as not being needed.
pub fn never_begun(case: &Case, task: &Task) -> bool {
    let ended = matches!(case.state, CaseState::Withdrawn | CaseState::Voided);
    ended && task.state == TaskState::Skipped && task.done_at == case.closed_at
}

/// An act in words that need no case to be understood.
// tidy: long, because it is a list
pub fn act_words(verb: &str) -> String {
    let words = match verb {
        "case.drafted" => "开始填写",
        "case.answered" => "保存填写内容",
        "case.way_chosen" => "选择领取方式",
        "case.submitted" => "提交申请",
        "case.accepted" => "受理，送各部门审查",
        "case.not_accepted" => "不予受理",
        "case.correction_issued" => "发出补正通知",
        "case.supplemented" => "提交补正",
        "case.withdrawn" => "撤回申请",
        "case.voided" => "作废办件",
        "case.unmasked" => "查看完整号码",
        "case.ticked" => "期限届满，依法处理",
        "material.added" => "补充材料",
        "material.removed" => "撤下材料",
        "material.original_seen" => "核对原件",
        "task.claimed" => "领取任务",
        "task.released" => "退回待领",
        "task.handed_over" => "转办",
        "task.decided" => "办完一个环节",
        "task.doubts_confirmed" => "核对存疑的登记内容，确认无误",
        "task.returned" => "退回窗口，询问",
        "task.answered" => "答复部门",
        "special.started" => "启动特别程序，时限暂停",
        "special.ended" => "结束特别程序，时限继续计算",
        "extension.asked" => "申请延长办理期限",
        "extension.answered" => "答复延期申请",
        "bill.paid" => "缴费到账",
        "bill.refunded" => "退费完成",
        "party.registered" => "登记个人或单位",
        "party.contact_updated" => "更新联系方式",
        "account.created" => "新建账户",
        "account.signed_in" => "登录",
        "account.locked" => "多次输错，暂停登录",
        "account.unlocked" => "解除暂停",
        "account.closed" => "停用账户",
        "account.reopened" => "恢复账户",
        "account.password_changed" => "修改密码",
        "account.password_reset" => "重置密码",
        "account.position_changed" => "调整岗位和角色",
        "account.registered" => "自助注册账户",
        "account.registration_refused" => "自助注册未通过，请到窗口",
        "account.phone_changed" => "更换登录手机",
        "code.requested" => "获取短信验证码",
        "code.exhausted" => "短信验证码输错5次",
        "message.sent" => "短信已发出",
        "message.expired" => "短信过期未发出",
        "message.refused" => "短信平台不收",
        "address.locked" => "多次输错，暂停一个地址登录",
        "session.ended" => "退出登录",
        "factor.set_up" => "设置动态口令",
        "factor.reset" => "重置动态口令",
        "factor.recovery_renewed" => "更换备用码",
        "factor.recovery_used" => "使用备用码",
        "proposal.made" => "提出待批事项",
        "proposal.approved" => "批准待批事项",
        "proposal.refused" => "不批准待批事项",
        "proposal.withdrawn" => "撤回待批事项",
        "policy.changed" => "修改权限规则",
        "key.rotated" => "换用新的数据密钥",
        "key.retired" => "删除旧的数据密钥",
        "key.master_changed" => "更换主密钥",
        "catalogue.published" => "发布事项",
        "journal.exported" => "导出操作记录",
        "oidc.client_added" => "接入一个部门系统",
        "oidc.client_changed" => "修改接入的系统",
        "oidc.secret_renewed" => "更换接入系统的密钥",
        "oidc.client_closed" => "停用接入的系统",
        "oidc.granted" => "用一门账户登录部门系统",
        "oidc.ended" => "部门系统的登录结束",
        "oidc.key_made" => "换用新的登录签名密钥",
        other => other,
    };
    words.into()
}

#[cfg(test)]
mod tests {
    use yimen_standards::time::Day;

    use super::*;

    #[test]
    fn a_number_is_shown_in_groups_and_a_broken_one_as_it_is() {
        assert_eq!(grouped("nothing"), "nothing");
    }

    #[test]
    fn what_is_left_is_said_in_the_unit_a_person_thinks_in() {
        let due = Day::new(2026, 11, 27).unwrap().at(17, 0);
        let after = |minutes: i64, overdue, working_days, working_minutes| {
            let left = Remaining { overdue, working_days, working_minutes };
            left_words(&left, due, due.plus_millis(minutes * 60_000))
        };
        let left = |overdue, days, minutes| after(0, overdue, days, minutes);
        assert_eq!(left(false, 2, 900), "剩余 2 个工作日");
        assert_eq!(left(false, 1, 390), "剩余 1 个工作日");
        assert_eq!(left(false, 1, 15), "下一工作日到期，剩余 15 分钟");
        assert_eq!(left(false, 0, 45), "今天到期，剩余 45 分钟");
        assert_eq!(left(false, 0, 150), "今天到期，剩余 2 小时 30 分钟");
        assert_eq!(left(true, 1, 500), "已逾期 1 个工作日");
        assert_eq!(left(true, 0, 60), "已逾期 1 小时");
        // No office was open since: just now is an hour at most, then it is said since when.
        assert_eq!(after(59, true, 0, 0), "刚刚到期（11月27日 17:00）");
        assert_eq!(after(60, true, 0, 0), "已过 11月27日 17:00");
        assert_eq!(after(23 * 60, true, 0, 0), "已过 11月27日 17:00");
    }

    #[test]
    fn near_is_the_last_third_of_a_short_limit_and_the_last_day_of_a_long_one() {
        let of = |working_days, working_minutes| Remaining { overdue: false, working_days, working_minutes };
        let near = |whole, left| is_near(Some(&whole), &left);
        assert!(!near(of(0, 60), of(0, 60)) && !near(of(0, 60), of(0, 30)) && near(of(0, 60), of(0, 20)));
        // An hour that runs over night is an hour still.
        assert!(!near(of(1, 60), of(1, 60)));
        assert!(near(of(5, 2100), of(1, 500)) && !near(of(5, 2100), of(2, 900)));
        assert!(is_near(None, &of(1, 60)) && !is_near(None, &of(2, 900)));
    }
}

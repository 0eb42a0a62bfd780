//! The right pane of a task: what its officer may do now, each as a form, with what was typed when it came back.

use yimen_catalogue::model::{Field as Spec, StepKind};
use yimen_catalogue::{Catalogue, Facts, Version};
use yimen_platform::Ctx;
use yimen_standards::time::due;
use yimen_web::{Button, Choice, Field, FormState, Notice, StatusTag};

use super::decide::Doubted;
use super::findings::{finding_zh, records, task_tag};
use super::opinion::{self, Template};
use super::task::{TaskData, may_work, nothing};
use crate::Casework;
use crate::model::{Case, CaseState, Finding, TakeBack, Task, TaskState, is_decision};
use crate::pages::fields::{Applying, control_from, take};
use crate::pages::words::{moment, never_begun, owner_words};

/// Names of controls; the hyphen keeps them apart from the pack's own fields.
pub(super) const FINDING: &str = "task-finding";
pub(super) const OPINION: &str = "task-opinion";
pub(super) const COLLEAGUE: &str = "task-colleague";
pub(super) const TAKE_BACK: &str = "task-take-back";
pub(super) const QUESTION: &str = "task-question";
pub(super) const SPECIAL: &str = "task-special";
pub(super) const SPECIAL_REASON: &str = "task-special-reason";
pub(super) const OUTCOME: &str = "task-special-outcome";
pub(super) const EXTENSION: &str = "task-extension";

/// Which form came back, and as what.
#[derive(Clone, Copy)]
pub(super) struct Typed<'a> {
    pub action: &'static str,
    pub form: Option<&'a FormState>,
}

impl<'a> Typed<'a> {
    pub fn nothing() -> Typed<'a> {
        Typed { action: "", form: None }
    }

    fn state(&self) -> &'a FormState {
        self.form.unwrap_or(nothing())
    }
}

/// What can be done, and what was done.
pub(crate) struct Workbench {
    /// Why nothing can be done, or what to know before.
    pub notices: Vec<Notice>,
    pub claim: bool,
    pub release: bool,
    pub decide: Option<DecideForm>,
    pub conclusion: Option<Conclusion>,
    /// The question to the window and its answer.
    pub correspondence: Vec<String>,
    pub hand_over: Option<Field>,
    /// For a head: why it is taken from whom it lies with.
    pub take_back: Option<Field>,
    pub question: Option<Field>,
    pub special: Option<(Field, Field)>,
    pub resume: Option<Resume>,
    pub extension: Option<(Field, String)>,
    /// Which of the further actions stands open: it came back with an error.
    pub open: &'static str,
}

pub(crate) struct DecideForm {
    pub finding: Option<Field>,
    pub records: Vec<Field>,
    pub doubted: Option<Doubted>,
    /// Which conclusion needs none of the records.
    pub skip: &'static str,
    pub opinion: Field,
    pub templates: Vec<Template>,
    pub submit: Button,
    /// Who reads the opinion.
    pub audience: &'static str,
}

pub(crate) struct Conclusion {
    pub tag: StatusTag,
    pub opinion: String,
    pub by: String,
    pub records: Vec<(String, String)>,
}

/// A special procedure that runs.
pub(crate) struct Resume {
    pub stop: i64,
    pub name: String,
    pub words: String,
    pub outcome: Option<Field>,
}

impl Workbench {
    pub fn of(
        casework: &Casework,
        catalogue: &Catalogue,
        ctx: &Ctx,
        found: &TaskData,
        typed: Typed<'_>,
    ) -> Workbench {
        let (task, case) = (&found.task, found.case());
        let version = &found.data.view.fetched.version;
        let me = task.assignee == Some(ctx.actor.account());
        let works = may_work(&casework.policy.get(), &ctx.actor, task);
        let claimed = task.state == TaskState::Claimed;
        let mine = works && claimed && me;
        let free = works && task.state == TaskState::Open;
        let can = (mine || free) && !is_over(case);
        let stopped =
            case.stops.iter().any(|s| s.to.is_none() && (s.task_id == task.id || is_decision(task.kind)));
        let in_review = case.state == CaseState::InReview;
        let heads = crate::policy::heads(&casework.policy.get(), &ctx.actor, case);
        let takes =
            claimed && !me && crate::policy::may_take_back(&casework.policy.get(), &ctx.actor, case, task);
        Workbench {
            notices: notices(catalogue, ctx, case, task, takes),
            claim: free,
            release: mine,
            decide: (can && !stopped)
                .then(|| decide_form(version, case, task, &found.data.view.facts, typed)),
            conclusion: conclusion(version, case, task, &found.data.view.facts),
            correspondence: task.note.lines().map(str::to_string).collect(),
            hand_over: (mine || takes).then(|| colleague_field(found, typed)),
            take_back: takes.then(|| take_back_field(typed)),
            question: (can && in_review && !stopped).then(|| {
                let label = "请窗口补充或核实什么";
                Field::textarea(QUESTION, label).rows(3).max(500).from(typed.state())
            }),
            special: special_form(casework, version, case, task, ctx).filter(|_| can && in_review).map(
                |choice| {
                    let reason = Field::textarea(SPECIAL_REASON, "启动的理由和依据").rows(3).max(500);
                    (choice.from(typed.state()), reason.from(typed.state()))
                },
            ),
            resume: resume(case, task, ctx, (works && me) || heads, typed),
            extension: extension_form(casework, version, case, ctx, typed).filter(|_| works && in_review),
            open: typed.action,
        }
    }
}

fn is_over(case: &Case) -> bool {
    case.state.is_final()
}

/// What stands in the way, in the order of importance.
fn notices(catalogue: &Catalogue, ctx: &Ctx, case: &Case, task: &Task, takes: bool) -> Vec<Notice> {
    let mut all = Vec::new();
    match task.state {
        TaskState::Claimed if task.assignee != Some(ctx.actor.account()) => {
            let title = format!("{} 正在办理这项任务", task.assignee_name);
            let text = "您可以查看，不能作结论。如需由您办理，请联系对方转办或退回待领。";
            all.push(Notice::info(title).text(match takes {
                true => "作为部门负责人，您可以收回或转办。",
                false => text,
            }));
        }
        TaskState::Returned => {
            let text = "答复后任务会回到提问的人手里。";
            all.push(
                Notice::warning(format!("已退回{}，等答复", catalogue.office_name(&case.office))).text(text),
            );
        }
        TaskState::Cancelled => {
            all.push(Notice::info(format!("办件{}，这项任务已取消", case.state.zh())));
        }
        TaskState::Skipped if never_begun(case, task) => {
            all.push(Notice::info(format!("办件{}，这项任务没有进行", case.state.zh())));
        }
        TaskState::Skipped => all.push(Notice::info("这个环节无需办理")),
        TaskState::Waiting => {
            all.push(Notice::info("前面的环节还没有办完").text("轮到时会出现在待办里。"));
        }
        TaskState::Open | TaskState::Claimed | TaskState::Done => {}
    }
    if task.state.is_live() && is_decision(task.kind) && case.has_failed_review() {
        let title = "前面的审查中有“不通过”的结论，不能作出准予决定";
        all.push(Notice::problem(title).text("可以作出不予决定。各部门的结论和意见列在左边。"));
    }
    if task.state.is_live() && is_decision(task.kind) {
        for stop in case.stops.iter().filter(|s| s.to.is_none() && s.task_id != task.id) {
            let by = case.task(stop.task_id).map(|t| owner_words(catalogue, &t.owner)).unwrap_or_default();
            all.push(Notice::warning(format!("{by}的特别程序（{}）还没有结束，不能作决定", stop.name)));
        }
    }
    all
}

fn decide_form(version: &Version, case: &Case, task: &Task, facts: &Facts, typed: Typed<'_>) -> DecideForm {
    let form = if typed.action == "decide" { typed.state() } else { nothing() };
    let decides = is_decision(task.kind);
    let judged = decides || task.kind == StepKind::Review;
    let choice = |finding: Finding| Choice::new(finding.code(), finding_zh(task.kind, finding));
    let finding = judged.then(|| {
        let label = if decides { "决定" } else { "审查结论" };
        Field::radios(FINDING, label, vec![choice(Finding::Pass), choice(Finding::Fail)]).inline().from(form)
    });
    let opinion = Field::textarea(OPINION, if decides { "决定的理由和依据" } else { "审查意见" });
    let opinion = match judged {
        true => opinion.rows(5),
        false => opinion.rows(2).optional(),
    };
    let submit = match task.kind {
        kind if is_decision(kind) => {
            Button::primary("提交决定").confirm("确定提交这个决定吗？提交后不能撤回。")
        }
        StepKind::Issue => Button::primary("完成制证"),
        StepKind::Delivery => Button::primary("完成送达"),
        _ => Button::primary("提交结论"),
    };
    DecideForm {
        finding,
        records: shown_records(version, &task.step, facts, form)
            .into_iter()
            .map(|s| control_from(s, facts, form))
            .collect(),
        doubted: Doubted::of(task.id, form),
        skip: if decides { "不予的不用填。" } else { "不通过的不用填。" },
        opinion: opinion.max(opinion::MOST as u32).from(form),
        templates: opinion::templates(version, case, task),
        submit: submit.key("Ctrl+Enter").named("action", "decide"),
        audience: match (decides, judged) {
            (true, _) => "写入决定书，申请人可以看到。不予的至少写10个字，写明事实和依据的条款。",
            (_, true) => "供牵头部门决定时参考，不直接发给申请人。",
            _ => "内部记录，申请人看不到。",
        },
    }
}

/// What the step records; a field that an answer just now brought in is shown too.
fn shown_records<'v>(version: &'v Version, step: &str, facts: &Facts, form: &FormState) -> Vec<&'v Spec> {
    let specs = version.step(step).map(|s| s.records.as_slice()).unwrap_or_default();
    let applying = Applying::new(version, |facts| version.records(step, facts));
    let taken = take(specs, facts, form, |spec, facts| applying.has(spec, facts));
    let mut known = facts.clone();
    known.extend(taken.facts);
    specs.iter().filter(|spec| applying.has(spec, &known)).collect()
}

fn conclusion(version: &Version, case: &Case, task: &Task, facts: &Facts) -> Option<Conclusion> {
    (task.state == TaskState::Done).then(|| Conclusion {
        tag: task_tag(case, task),
        opinion: task.opinion.clone(),
        by: match task.done_at {
            Some(at) => format!("{}，{}", task.assignee_name, at.zh()),
            None => task.assignee_name.clone(),
        },
        records: records(version, &task.step, facts),
    })
}

fn colleague_field(found: &TaskData, typed: Typed<'_>) -> Field {
    let choices = found.colleagues.iter().map(|c| Choice::new(c.account.to_string(), &c.name)).collect();
    let field = Field::select(COLLEAGUE, "转给", choices).width(yimen_web::Width::M).from(typed.state());
    if found.colleagues.is_empty() { field.hint("本部门没有其他审查人员。") } else { field }
}

fn take_back_field(typed: Typed<'_>) -> Field {
    let choice = |why: &TakeBack| Choice::new(why.code(), why.zh());
    Field::radios(TAKE_BACK, "收回的理由", TakeBack::ALL.iter().map(choice).collect()).from(typed.state())
}

/// The special procedures of this step, each with its length, its end from today, and its law.
fn special_form(
    casework: &Casework,
    version: &Version,
    case: &Case,
    task: &Task,
    ctx: &Ctx,
) -> Option<Field> {
    if case.stops.iter().any(|s| s.to.is_none() && s.task_id == task.id) {
        return None;
    }
    let allowed = &version.step(&task.step)?.specials;
    let choice = |id: &String| {
        let spec = version.service.specials.iter().find(|s| s.id == *id)?;
        let end = due(&casework.calendar, &casework.hours, ctx.now, spec.limit, &[]).at;
        let end = end.map(|at| format!("，最迟到 {}", at.day().zh())).unwrap_or_default();
        let then = if spec.resets { "结束后时限重新计算" } else { "结束后时限继续计算" };
        let hint = format!("最长 {}{end}。{then}。依据：{}", spec.limit.zh(), spec.basis);
        Some(Choice::new(&spec.id, &spec.name).hint(hint))
    };
    let choices: Vec<Choice> = allowed.iter().filter_map(choice).collect();
    if choices.is_empty() {
        return None;
    }
    let field = Field::radios(SPECIAL, "哪一种", choices.clone());
    // One alone is chosen already.
    Some(if choices.len() == 1 { field.value(choices[0].value.clone()) } else { field })
}

fn resume(case: &Case, task: &Task, ctx: &Ctx, may: bool, typed: Typed<'_>) -> Option<Resume> {
    let stop = case.stops.iter().find(|s| s.to.is_none() && s.task_id == task.id)?;
    let end = stop.planned_to.map(|at| format!("，最迟到 {}", moment(at, ctx.now))).unwrap_or_default();
    Some(Resume {
        stop: stop.id,
        name: stop.name.clone(),
        words: format!("{} 启动{end}，时限暂停。理由：{}", moment(stop.from, ctx.now), stop.reason),
        outcome: may.then(|| Field::textarea(OUTCOME, "特别程序的结果").rows(3).max(500).from(typed.state())),
    })
}

fn extension_form(
    casework: &Casework,
    version: &Version,
    case: &Case,
    ctx: &Ctx,
    typed: Typed<'_>,
) -> Option<(Field, String)> {
    let spec = version.service.limits.extension.as_ref()?;
    if case.extension.is_some() || !case.can_be_extended_at(ctx.now) {
        return None;
    }
    let until =
        case.promised_due.and_then(|at| due(&casework.calendar, &casework.hours, at, spec.by, &[]).at);
    let until = until.map(|at| format!("，批准后承诺时限到 {}", moment(at, ctx.now))).unwrap_or_default();
    let words = format!(
        "可延长一次，{}{until}。依据：{}。须由牵头部门负责人批准；没有批准的，不能再次申请。",
        spec.by.zh(),
        spec.basis
    );
    Some((Field::textarea(EXTENSION, "延期的理由").rows(3).max(500).from(typed.state()), words))
}

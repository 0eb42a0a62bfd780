//! Numbers of a case in full, on a page that nobody comes to without an act: staff say why, beside the papers they compare
//! with; applicants press a button. The numbers are in the answer to a form and nowhere else.

use askama::Template;
use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use yimen_catalogue::{Settled, Version};
use yimen_identity::Known;
use yimen_platform::Ctx;
use yimen_store::{Read, Tx};
use yimen_web::{
    Choice, Field, Form, FormState, Html, Link, Page, Shell, SummaryList, WebError, referring_path,
};

use super::citizen::opened::stored;
use super::review::dossier::Places;
use super::review::viewer::Viewer;
use super::{command, ctx_of, grouped};
use crate::model::{CaseState, UnmaskReason};
use crate::policy::Who;
use crate::rules::{LEAST_REASON, letters};
use crate::unmask::{InFull, UNMASKS_AN_HOUR, Unmask, Unmasked, hidden};
use crate::{Casework, CaseworkError};

/// Names of controls; the hyphen keeps them apart from others' fields.
const REASON: &str = "unmask-reason";
const WHY: &str = "unmask-why";
/// Longest reason of one's own; the person must still read it.
const LONGEST: usize = 200;

/// What the city sets.
#[derive(Debug, Clone, Copy)]
pub struct UnmaskRules {
    /// How often one account has numbers in full before it within an hour.
    pub an_hour: u32,
}

impl Default for UnmaskRules {
    fn default() -> UnmaskRules {
        UnmaskRules { an_hour: UNMASKS_AN_HOUR }
    }
}

/// The page's address, for a page that leads there; with the task it is left for.
pub(crate) fn path_of(number: &str, task: Option<i64>) -> String {
    match task {
        Some(task) => format!("/cases/{number}/unmask?task={task}"),
        None => format!("/cases/{number}/unmask"),
    }
}

/// The same for the applicant: empty where nothing they typed is masked.
pub(super) fn own_path(number: &str, version: &Version, facts: &Settled) -> String {
    match hidden(version, facts).is_empty() {
        true => String::new(),
        false => path_of(number, None),
    }
}

struct Papers {
    viewer: Viewer,
}

/// What staff see; `dossier` by its name in the parts of other pages.
#[derive(Template)]
#[template(path = "casework/review/unmask.html", blocks = ["viewer"])]
struct Desk {
    page: Page,
    number: String,
    action: String,
    task: String,
    file: String,
    dossier: Papers,
    reason: Field,
    why: Field,
    /// Nothing before a reason was given.
    shown: Vec<SummaryList>,
}

#[derive(Template)]
#[template(path = "casework/citizen/unmask.html")]
struct Own {
    page: Page,
    service: String,
    number: String,
    action: String,
    home: Link,
    asked: bool,
    shown: Option<SummaryList>,
}

/// Where they come from: the task, and the paper that is open.
#[derive(Clone, Copy, Default)]
struct Asked {
    task: Option<i64>,
    file: Option<i64>,
}

impl Asked {
    fn read(form: &FormState) -> Asked {
        Asked { task: form.text("task").parse().ok(), file: form.text("file").parse().ok() }
    }
}

pub(super) async fn page(
    State(casework): State<Casework>,
    shell: Shell,
    Known(actor): Known,
    Path(number): Path<String>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    let ctx = ctx_of(&casework, &actor);
    let full = load(&casework, &ctx, &number).await?;
    let query = Form::parse(query.unwrap_or_default().as_bytes())?;
    let asked = Asked::read(&query);
    let asked = Asked { file: asked.file.or_else(|| open_there(&headers)), ..asked };
    Ok(answer(&shell, &ctx, &full, asked, Stage::Before(None)))
}

/// The paper that was open on the page they come from stays open.
fn open_there(headers: &HeaderMap) -> Option<i64> {
    let from = referring_path(headers)?;
    let (_, query) = from.split_once('?')?;
    Form::parse(query.as_bytes()).ok()?.text("file").parse().ok()
}

async fn load(casework: &Casework, ctx: &Ctx, number: &str) -> Result<InFull, WebError> {
    let (own, ctx, number) = (casework.clone(), ctx.clone(), stored(number)?);
    Ok(casework.platform.store.read(move |q: &mut Read<'_>| own.may_unmask(q, &ctx, &number)).await?)
}

/// Nothing is shown before it is written that it is.
pub(super) async fn show(
    State(casework): State<Casework>,
    shell: Shell,
    Known(actor): Known,
    Path(number): Path<String>,
    rules: Option<Extension<UnmaskRules>>,
    mut form: Form,
) -> Result<Response, WebError> {
    let ctx = ctx_of(&casework, &actor);
    let (asked, number) = (Asked::read(&form), stored(&number)?);
    let reason = match actor.staff() {
        Some(_) => reason(&mut form),
        // Nobody is asked why they read what they typed themselves. It is written down all the same: who finds a look here
        // that was not theirs knows that somebody else has been in their account.
        None => Some(Unmask { reason: UnmaskReason::Own, why: String::new() }),
    };
    let Some(reason) = reason else {
        let full = load(&casework, &ctx, &number).await?;
        return Ok(answer(&shell, &ctx, &full, asked, Stage::Before(Some(&form))));
    };
    let most = rules.map(|rules| rules.0).unwrap_or_default().an_hour;
    let key = number.clone();
    let unmask =
        move |casework: &Casework, tx: &mut Tx<'_>, ctx: &Ctx| casework.unmask(tx, ctx, &key, &reason, most);
    let back = path_of(&number, asked.task);
    match command(&casework, &ctx, "case.unmask", unmask).await {
        Ok(Unmasked::Shown(full)) => Ok(answer(&shell, &ctx, &full, asked, Stage::Shown)),
        Ok(Unmasked::From(next)) => {
            tracing::warn!(account = ctx.actor.account(), most, "numbers in full asked for too often");
            let wait = next.0.saturating_sub(ctx.now.0).max(1).unsigned_abs().div_ceil(1000);
            let minutes = wait.div_ceil(60);
            let words =
                format!("一小时内最多显示{most}次完整号码，您已经用完。没有显示。请过{minutes}分钟再试。");
            Err(WebError::too_many(words).retry_after(wait).next(back, "返回"))
        }
        Err(CaseworkError::Store(cause)) => {
            let words = "这次查看没有记下来，所以没有显示完整号码。请过几分钟再试。";
            Err(WebError::unavailable(cause).detail(words).next(back, "返回"))
        }
        Err(error) => Err(error.into()),
    }
}

/// The reason staff gave; `None` where the form says what is wrong with it.
fn reason(form: &mut Form) -> Option<Unmask> {
    let chosen = UnmaskReason::parse(form.text(REASON)).filter(|one| UnmaskReason::OFFERED.contains(one));
    let Some(reason) = chosen else {
        form.error(REASON, "请选择为什么要查看完整号码。");
        return None;
    };
    if reason != UnmaskReason::Other {
        return Some(Unmask { reason, why: String::new() });
    }
    let why = form.text(WHY).to_string();
    let (all, has) = (why.chars().count(), letters(&why));
    if has < LEAST_REASON {
        form.error(WHY, format!("请写明原因，至少{LEAST_REASON}个字，现在有{has}个字。申请人会看到。"));
        return None;
    }
    if all > LONGEST {
        form.error(WHY, format!("原因最多{LONGEST}个字，请删减。"));
        return None;
    }
    Some(Unmask { reason, why })
}

#[derive(Clone, Copy)]
enum Stage<'a> {
    /// With what was typed, where it came back.
    Before(Option<&'a FormState>),
    Shown,
}

fn answer(shell: &Shell, ctx: &Ctx, full: &InFull, asked: Asked, stage: Stage<'_>) -> Response {
    let mut answer = match (ctx.actor.staff(), stage) {
        (None, stage) => Html::ok(Own::of(shell, full, matches!(stage, Stage::Shown))).into_response(),
        (Some(_), stage) => {
            let page = Desk::of(shell, full, asked, stage);
            match stage {
                Stage::Before(Some(_)) => Html::invalid(page).into_response(),
                Stage::Before(None) if shell.wants("viewer") => Html::ok(page.as_viewer()).into_response(),
                _ => Html::ok(page).into_response(),
            }
        }
    };
    // Other pages have it from the kit; here it must be so whatever the kit does.
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

impl Desk {
    fn of(shell: &Shell, full: &InFull, asked: Asked, stage: Stage<'_>) -> Desk {
        let case = &full.view.fetched.case;
        let back = back(full, asked.task);
        let page = match full.who() {
            Some(Who::Clerk) => shell.desk(TITLE).section("desk"),
            Some(Who::Reviewer) => shell.review(TITLE).section("review"),
            _ => shell.board(TITLE).section("supervise"),
        };
        let page = page.back(back.href, back.text);
        let choice = |reason: &UnmaskReason| Choice::new(reason.code(), reason.zh());
        let reason =
            Field::radios(REASON, "为什么要查看", UnmaskReason::OFFERED.iter().map(choice).collect());
        let why = Field::textarea(WHY, "其他原因的说明").rows(2).max(LONGEST as u32).optional();
        let why = why.hint(format!("选“其他原因”的必须写，至少{LEAST_REASON}个字。"));
        let (page, reason, why) = match stage {
            Stage::Before(Some(form)) => (page.errors_of(form), reason.from(form), why.from(form)),
            _ => (page, reason, why),
        };
        let places = Places {
            number: case.number.clone(),
            here: path_of(&case.number, asked.task),
            file: asked.file,
            task: asked.task,
        };
        let text = |id: Option<i64>| id.map(|id| id.to_string()).unwrap_or_default();
        Desk {
            page,
            number: grouped(&case.number),
            action: path_of(&case.number, None),
            task: text(asked.task),
            file: text(asked.file),
            dossier: Papers { viewer: Viewer::of(&full.view.materials, &places, case.supplement_to_check()) },
            reason,
            why,
            shown: if matches!(stage, Stage::Shown) { numbers(full) } else { Vec::new() },
        }
    }
}

const TITLE: &str = "查看完整号码";

/// Everything that staff find masked elsewhere.
fn numbers(full: &InFull) -> Vec<SummaryList> {
    let list = SummaryList::new().dense().title("申请人登记信息");
    let list = match &full.party {
        Some(party) => {
            let contact = [("联系电话", &party.phone), ("联系地址", &party.address)];
            let list = list.fact("姓名或名称", &party.name).fact(party.document(), &party.number);
            let known = contact.into_iter().filter(|(_, value)| !value.is_empty());
            known.fold(list, |list, (label, value)| list.fact(label, value))
        }
        None => list.fact("姓名或名称", &full.view.fetched.case.applicant_name),
    };
    let more = [("填写内容", full.answers()), ("登记内容", full.records())];
    let more = more.into_iter().filter(|(_, lines)| !lines.is_empty());
    let more = more.map(|(title, lines)| facts(SummaryList::new().dense().title(title), &lines));
    std::iter::once(list).chain(more).collect()
}

fn facts(list: SummaryList, lines: &[(String, String)]) -> SummaryList {
    lines.iter().fold(list, |list, (label, value)| list.fact(label, value))
}

/// Back to the task it was left for, or to the page of the case that is theirs.
fn back(full: &InFull, task: Option<i64>) -> Link {
    let case = &full.view.fetched.case;
    let task = task.and_then(|id| case.task(id));
    match (task, full.who()) {
        (Some(task), Some(Who::Reviewer | Who::Supervisor)) => {
            Link::new(format!("/review/tasks/{}", task.id), &task.name)
        }
        (_, Some(Who::Clerk)) => Link::new(format!("/desk/cases/{}", case.number), "办件"),
        (_, Some(Who::Reviewer)) => Link::new(format!("/review/cases/{}", case.number), "办件"),
        (_, Some(Who::Citizen)) if case.state == CaseState::Draft => {
            Link::new(format!("/cases/{}/apply/check", case.number), "核对信息")
        }
        (_, Some(Who::Citizen)) => Link::new(format!("/cases/{}", case.number), "办件详情"),
        _ => Link::new(format!("/supervise/cases/{}", case.number), "办件"),
    }
}

impl Own {
    fn of(shell: &Shell, full: &InFull, asked: bool) -> Own {
        let (case, home) = (&full.view.fetched.case, back(full, None));
        let answers = full.answers();
        Own {
            page: shell.citizen(TITLE).section("my").back(&home.href, &home.text),
            service: full.view.fetched.version.service.name.clone(),
            number: grouped(&case.number),
            action: path_of(&case.number, None),
            shown: (asked && !answers.is_empty()).then(|| facts(SummaryList::new(), &answers)),
            asked,
            home,
        }
    }
}

//! One screen for the counter: the questions, the whole form, the materials ticked or scanned in, and one key to accept.
//! The same screen answers a correction notice for somebody who comes back with what was asked for.

use askama::Template;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use yimen_catalogue::model::Stop;
use yimen_identity::StaffOnly;
use yimen_platform::Ctx;
use yimen_store::Tx;
use yimen_web::redirect_303;
use yimen_web::{
    Field, FieldError, Form, FormState, Html, KeyHints, MaterialRow, Notice, Page, Shell, WebError,
};

use super::answers::{self, Read};
use super::{clerk, slots};
use crate::model::CaseState;
use crate::pages::citizen::correct;
use crate::pages::citizen::materials::{Place, box_name, take_files};
use crate::pages::citizen::opened::{Opened, open_with_record, refused_at};
use crate::pages::error::sentence;
use crate::pages::review::dossier::Places;
use crate::pages::review::viewer::{Shown, Viewer};
use crate::pages::{command, ctx_of, due_line, grouped};
use crate::policy::Act;
use crate::view::{Material, MaterialState};
use crate::{Casework, CaseworkError};

#[derive(Template)]
#[template(path = "casework/desk/fill.html", blocks = ["work"])]
struct FillPage {
    page: Page,
    keys: KeyHints,
    number: String,
    case_number: String,
    applicant: String,
    /// Until when the correction may come, where this answers one.
    correcting: Option<String>,
    /// What is in the way, under a heading.
    stops: Vec<(&'static str, String)>,
    questions: Vec<Field>,
    parts: Vec<(String, Vec<Field>)>,
    way: Option<Field>,
    materials: Vec<MaterialRow>,
    /// How many required materials are neither seen nor scanned.
    lacking: usize,
    viewer: Option<Shown>,
    /// The server has what the browser kept.
    kept: bool,
}

/// What the page is shown with besides the case.
#[derive(Default)]
struct With<'a> {
    typed: Option<&'a FormState>,
    /// Already among those of `typed`, or of an upload.
    errors: Vec<FieldError>,
    file: Option<i64>,
    saved: bool,
}

/// Fields whose mistakes the summary on the page names.
const TOLD: &str = "told";

/// Filled in here are drafts, and what a correction notice asked for.
fn is_open(opened: &Opened) -> bool {
    matches!(opened.case.state, CaseState::Draft | CaseState::Correcting)
}

pub(super) fn home(number: &str) -> String {
    format!("/desk/cases/{number}")
}

pub(super) async fn page(
    State(casework): State<Casework>,
    shell: Shell,
    who: StaffOnly,
    Path(number): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    clerk(&casework, &who)?;
    let asked = Form::parse(query.unwrap_or_default().as_bytes())?;
    let ctx = ctx_of(&casework, &who.actor);
    let opened = open_with_record(&casework, &ctx, &number, Act::FillIn).await?;
    if !is_open(&opened) {
        return Ok(redirect_303(home(opened.number())));
    }
    let with = With { file: asked.text("file").parse().ok(), saved: asked.has("saved"), ..With::default() };
    Ok(Html::ok(view(&casework, &shell, &ctx, &opened, &with)).into_response())
}

fn view(casework: &Casework, shell: &Shell, ctx: &Ctx, opened: &Opened, with: &With<'_>) -> FillPage {
    let (number, correcting) = (opened.number(), opened.case.state == CaseState::Correcting);
    let here = format!("{}/fill", home(number));
    let title = if correcting { "代为补正" } else { "代为填报" };
    let page = shell.desk(format!("{title}：{}", opened.service().name)).section("new").errors(&with.errors);
    let page = match correcting {
        true => page.back(home(number), "办件"),
        false => page.back("/desk", "窗口工作台"),
    };
    let page = match with.saved {
        true => page.notice(Notice::success("已保存，还没有提交")),
        false => page,
    };
    let places = Places { number: number.to_string(), here, file: with.file, task: None };
    let shown: Vec<&Material> = slots(opened).collect();
    let problem =
        |slot: &str| with.errors.iter().find(|e| e.field == box_name(slot)).map(|e| e.message.as_str());
    let row = |(at, material): (usize, &&Material)| {
        let row = answers::material_row(opened, at, material, with.typed, problem(&material.id));
        match correct::items(opened).iter().find(|i| i.target == format!("material:{}", material.id)) {
            Some(item) if correcting => row.note(format!("要补正：{}", item.reason)),
            _ => row,
        }
    };
    let until = opened.case.correction.as_ref().filter(|_| correcting);
    FillPage {
        page,
        keys: KeyHints::new().key("Alt+1…9", "材料").key("F9", "扫描件").key("Ctrl+S", "保存"),
        case_number: grouped(number),
        applicant: opened.case.applicant_name.clone(),
        correcting: until.map(|c| due_line(casework, ctx.now, c.due_at)),
        stops: opened.version.stops(&opened.settled).iter().map(|stop| headed(stop)).collect(),
        questions: if correcting { Vec::new() } else { answers::questions(opened, with.typed) },
        parts: answers::parts(opened, with.typed),
        way: answers::way(opened, with.typed),
        materials: shown.iter().enumerate().map(row).collect(),
        lacking: wanting(opened).count(),
        viewer: with.file.and_then(|_| Viewer::of(&opened.materials, &places, None).shown),
        kept: with.typed.is_none(),
        number: number.to_string(),
    }
}

/// Required materials neither seen nor scanned, each at its box.
fn wanting(opened: &Opened) -> impl Iterator<Item = FieldError> {
    let is_wanting = |m: &&Material| {
        m.need == yimen_catalogue::model::Need::Required
            && matches!(m.state, MaterialState::Missing | MaterialState::Rejected)
    };
    let told = |m: &Material| FieldError::new(box_name(&m.id), format!("请补充“{}”。", m.name));
    slots(opened).filter(is_wanting).map(told)
}

/// Keeps what is sound of what was typed and ticked, whatever else is wrong with it.
async fn keep(
    casework: &Casework,
    ctx: &Ctx,
    opened: &Opened,
    read: &Read,
    form: &FormState,
) -> Result<(), WebError> {
    let fresh = |(id, fact): &(&String, &yimen_catalogue::Fact)| opened.facts.get(*id) != Some(*fact);
    let answers: yimen_catalogue::Facts =
        read.answers.iter().filter(fresh).map(|(id, fact)| (id.clone(), fact.clone())).collect();
    let cleared: Vec<String> =
        read.cleared.iter().filter(|id| opened.facts.contains_key(*id)).cloned().collect();
    let turned = answers::turned(opened, form);
    let way = answers::chosen_way(opened, form);
    if answers.is_empty() && cleared.is_empty() && turned.is_empty() && way.is_none() {
        return Ok(());
    }
    let (id, office) = (opened.case.id, opened.case.office.clone());
    let save = move |casework: &Casework, tx: &mut Tx<'_>, ctx: &Ctx| -> crate::Result<()> {
        if !answers.is_empty() || !cleared.is_empty() {
            casework.answer(tx, ctx, id, &answers, &cleared)?;
        }
        if let Some(way) = way {
            casework.choose_way(tx, ctx, id, way, &office)?;
        }
        turned.iter().try_for_each(|(slot, seen)| casework.see_original(tx, ctx, id, slot, *seen))
    };
    let saved = command(casework, ctx, "desk.fill", save).await;
    saved.map_err(|error| refused_at(error, &home(opened.number())))
}

/// Keeps what is being typed. The script that changed an answer gets the part of the page that depends on it.
pub(super) async fn autosave(
    State(casework): State<Casework>,
    shell: Shell,
    who: StaffOnly,
    Path(number): Path<String>,
    mut form: Form,
) -> Result<Response, WebError> {
    clerk(&casework, &who)?;
    let ctx = ctx_of(&casework, &who.actor);
    let opened = open_with_record(&casework, &ctx, &number, Act::FillIn).await?;
    if !is_open(&opened) {
        let stale = WebError::conflict("这份办件已经提交，不能再改填写的内容。");
        return Err(stale.next(home(opened.number()), "查看这份办件"));
    }
    let read = answers::read(&opened, &mut form);
    keep(&casework, &ctx, &opened, &read, &form).await?;
    if !shell.wants("work") {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let opened = open_with_record(&casework, &ctx, &number, Act::FillIn).await?;
    // What was told and is still so stays told; nothing new is held against somebody who is still typing.
    let told = form.all(TOLD);
    let wrong = form.errors().iter().chain(&read.lacking).filter(|e| told.contains(&e.field)).cloned();
    let mut errors: Vec<FieldError> = wrong.collect();
    errors.extend(wanting(&opened).filter(|e| told.contains(&e.field)));
    let mut typed = FormState::new();
    for name in form.names().map(str::to_string).collect::<Vec<_>>() {
        for value in form.all(&name) {
            typed.push(&name, value);
        }
    }
    for error in &errors {
        typed.error(&error.field, &error.message);
    }
    let with = With { typed: Some(&typed), errors, ..With::default() };
    Ok(Html::ok(view(&casework, &shell, &ctx, &opened, &with).as_work()).into_response())
}

pub(super) async fn save(
    State(casework): State<Casework>,
    shell: Shell,
    who: StaffOnly,
    Path(number): Path<String>,
    mut form: Form,
) -> Result<Response, WebError> {
    clerk(&casework, &who)?;
    let ctx = ctx_of(&casework, &who.actor);
    let opened = open_with_record(&casework, &ctx, &number, Act::FillIn).await?;
    let home = home(opened.number());
    if !is_open(&opened) {
        return Ok(redirect_303(format!("{home}?done=already")));
    }
    let read = answers::read(&opened, &mut form);
    keep(&casework, &ctx, &opened, &read, &form).await?;
    let hand_in = HandIn::read(form.text("action"));
    if hand_in.is_some() {
        // Only now must everything be there.
        for error in read.lacking {
            form.error(error.field, error.message);
        }
    }
    let opened = open_with_record(&casework, &ctx, &number, Act::FillIn).await?;
    let again = |form: &FormState| {
        let with = With { typed: Some(form), errors: form.errors().to_vec(), ..With::default() };
        Html::invalid(view(&casework, &shell, &ctx, &opened, &with)).into_response()
    };
    if !form.errors().is_empty() {
        return Ok(again(&form));
    }
    let Some(hand_in) = hand_in else {
        return Ok(redirect_303(format!("{home}/fill?saved=1")));
    };
    match command(&casework, &ctx, "desk.hand_in", hand_in.of(opened.case.id, opened.case.state)).await {
        Ok(()) => Ok(redirect_303(format!("{home}?done={}", hand_in.done()))),
        Err(CaseworkError::Incomplete(missing)) => {
            for line in missing {
                form.error(answers::place_of(&opened, &line), sentence(line));
            }
            Ok(again(&form))
        }
        Err(error) => Err(refused_at(error, &home)),
    }
}

/// What a clerk does with what is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HandIn {
    /// To be pre-checked in peace.
    Only,
    /// All is there: accepted in the same moment.
    AndAccept,
}

impl HandIn {
    fn read(action: &str) -> Option<HandIn> {
        match action {
            "accept" => Some(HandIn::AndAccept),
            "submit" => Some(HandIn::Only),
            _ => None,
        }
    }

    fn done(self) -> &'static str {
        match self {
            HandIn::Only => "submitted",
            HandIn::AndAccept => "accepted",
        }
    }

    fn of(
        self,
        id: i64,
        state: CaseState,
    ) -> impl Fn(&Casework, &mut Tx<'_>, &Ctx) -> crate::Result<()> + Clone + Send + 'static {
        move |casework, tx, ctx| {
            match state {
                CaseState::Correcting => casework.supplement(tx, ctx, id)?,
                _ => casework.submit(tx, ctx, id)?,
            };
            if self == HandIn::AndAccept {
                casework.accept(tx, ctx, id, &[])?;
            }
            Ok(())
        }
    }
}

pub(super) async fn upload(
    State(casework): State<Casework>,
    shell: Shell,
    who: StaffOnly,
    Path((number, slot)): Path<(String, String)>,
    request: Request,
) -> Result<Response, WebError> {
    clerk(&casework, &who)?;
    let ctx = ctx_of(&casework, &who.actor);
    let opened = open_with_record(&casework, &ctx, &number, Act::FillIn).await?;
    let home = home(opened.number());
    if !is_open(&opened) {
        let stale = WebError::conflict("这份办件已经提交，文件没有保存。");
        return Err(stale.next(home, "查看这份办件"));
    }
    let place = Place::of(&opened, &slot);
    let Some(message) = take_files(&casework, &ctx, &place, (&slot, &home), request).await? else {
        return Ok(redirect_303(format!("{home}/fill#material-{slot}")));
    };
    let errors = vec![FieldError::new(box_name(&slot), message)];
    let opened = open_with_record(&casework, &ctx, &number, Act::FillIn).await?;
    let with = With { errors, ..With::default() };
    Ok(Html::invalid(view(&casework, &shell, &ctx, &opened, &with)).into_response())
}

/// Contradictory answers are corrected right here; anything else is for another service or office.
fn headed(stop: &Stop) -> (&'static str, String) {
    let heading = if stop.correct.is_some() {
        "填写的内容有矛盾，请改正"
    } else {
        "这种情形不能在这里办"
    };
    (heading, stop.say.clone())
}

//! One screen for the counter: the questions, the whole form, the materials ticked or scanned in, and one key to accept.

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use yimen_catalogue::pages::{question_control, take_answers};
use yimen_catalogue::{Facts, TODAY};
use yimen_identity::StaffOnly;
use yimen_web::{
    Field, Form, FormState, Html, MaterialRow, Page, Shell, UploadBox, UploadedFile, WebError, redirect_303,
};

use super::clerk;
use crate::model::CaseState;
use crate::pages::citizen::materials::take_files;
use crate::pages::citizen::opened::{Opened, open, refused};
use crate::pages::error::sentence;
use crate::pages::fields::{control_for, control_from, take_page};
use crate::pages::{ctx_of, grouped};
use crate::policy::Act;
use crate::view::{Material, MaterialState};
use crate::{Casework, CaseworkError};

#[derive(Template)]
#[template(path = "casework/desk/fill.html")]
struct FillPage {
    page: Page,
    number: String,
    case_number: String,
    applicant: String,
    questions: Vec<Field>,
    parts: Vec<(String, Vec<Field>)>,
    materials: Vec<MaterialRow>,
    missing: Vec<String>,
}

pub(super) async fn page(
    State(casework): State<Casework>,
    shell: Shell,
    who: StaffOnly,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    clerk(&who)?;
    let opened = open(&casework, &ctx_of(&casework, &who.actor), &number, Act::FillIn).await?;
    if opened.case.state != CaseState::Draft {
        return Ok(redirect_303(format!("/desk/cases/{}", opened.number())));
    }
    Ok(Html::ok(view(&shell, &opened, None, Vec::new())).into_response())
}

fn view(shell: &Shell, opened: &Opened, typed: Option<&FormState>, missing: Vec<String>) -> FillPage {
    let (version, facts) = (&opened.version, &opened.facts);
    let question = |q: &yimen_catalogue::model::Question| {
        let field = question_control(q, facts.get(&q.id));
        typed.map_or(field.clone(), |form| field.from(form))
    };
    let part = |page: &yimen_catalogue::model::FormPage| {
        let fields = version.fields(&page.id, facts);
        let field = |f: &yimen_catalogue::model::Field| match typed {
            Some(form) => control_from(f, facts, form),
            None => control_for(f, facts, opened.own.as_ref()),
        };
        (page.title.clone(), fields.into_iter().map(field).collect())
    };
    let mut page =
        shell.desk(format!("代为填报：{}", opened.service().name)).section("new").back("/desk", "窗口工作台");
    if let Some(form) = typed {
        page = page.errors_of(form);
    }
    FillPage {
        page,
        number: opened.number().to_string(),
        case_number: grouped(opened.number()),
        applicant: opened.case.applicant_name.clone(),
        questions: version.questions(facts).into_iter().map(question).collect(),
        parts: version.pages(facts).into_iter().map(part).collect(),
        materials: opened.materials.iter().enumerate().map(|(i, m)| row(opened, i, m)).collect(),
        missing,
    }
}

fn row(opened: &Opened, index: usize, material: &Material) -> MaterialRow {
    use yimen_catalogue::model::Need;
    let state = match (material.state, material.need) {
        (MaterialState::FromForm, _) => yimen_web::MaterialState::Exempt,
        (MaterialState::Missing, Need::Required) => yimen_web::MaterialState::Missing,
        (MaterialState::Missing, Need::Deferrable) => yimen_web::MaterialState::Deferred,
        (MaterialState::Missing, Need::Optional) => yimen_web::MaterialState::Optional,
        (MaterialState::Rejected, _) => yimen_web::MaterialState::Returned,
        _ => yimen_web::MaterialState::Have,
    };
    let mut row = MaterialRow::new(&material.id, &material.name, state).note(&material.standard);
    if material.state == MaterialState::FromForm {
        return row.source("由填报内容生成");
    }
    if material.takes_original {
        row = row.tick("fill", material.state == MaterialState::Original);
        if index < 9 {
            row = row.key(format!("Alt+{}", index + 1));
        }
    }
    let action = format!("/desk/cases/{}/fill/{}", opened.number(), material.id);
    let upload = material.files.iter().fold(
        UploadBox::new("file", format!("扫描件：{}", material.name), action),
        |upload, file| {
            let href = format!("/cases/{}/files/{}", opened.number(), file.id);
            upload.file(
                UploadedFile::new(&file.name, file.size.unsigned_abs(), href).remove(file.id.to_string()),
            )
        },
    );
    row.upload(upload)
}

/// What the clerk typed, as facts; errors stay beside their fields.
fn take(opened: &Opened, form: &mut FormState) -> (Facts, Vec<String>) {
    let version = &opened.version;
    let mut facts = opened.facts.clone();
    take_answers(version, form, &mut facts);
    let mut cleared = Vec::new();
    let pages: Vec<String> = version.pages(&facts).iter().map(|p| p.id.clone()).collect();
    for page in pages {
        let taken = take_page(version, &page, &facts, form);
        for error in &taken.errors {
            // An empty required field is no mistake yet: it is listed as missing.
            if !form.text(&error.field).is_empty() {
                form.error(&error.field, sentence(error.message.clone()));
            }
        }
        facts.extend(taken.facts);
        cleared.extend(taken.cleared);
    }
    facts.remove(TODAY);
    let derived: Vec<&String> = version.service.derive.iter().map(|d| &d.id).collect();
    facts.retain(|id, _| !derived.contains(&id));
    (facts, cleared)
}

pub(super) async fn save(
    State(casework): State<Casework>,
    shell: Shell,
    who: StaffOnly,
    Path(number): Path<String>,
    mut form: Form,
) -> Result<Response, WebError> {
    clerk(&who)?;
    let ctx = ctx_of(&casework, &who.actor);
    let opened = open(&casework, &ctx, &number, Act::FillIn).await?;
    if opened.case.state != CaseState::Draft {
        return Ok(redirect_303(format!("/desk/cases/{}", opened.number())));
    }
    let (facts, cleared) = take(&opened, &mut form);
    if !form.errors().is_empty() {
        return Ok(Html::invalid(view(&shell, &opened, Some(&form), Vec::new())).into_response());
    }
    let action = form.text("action").to_string();
    let ticked: Vec<String> = form.all("material").to_vec();
    let slots: Vec<(String, bool)> = opened
        .materials
        .iter()
        .filter(|m| m.takes_original && m.state != MaterialState::FromForm)
        .map(|m| (m.id.clone(), ticked.contains(&m.id)))
        .collect();
    let was: Vec<String> = opened
        .materials
        .iter()
        .filter(|m| m.state == MaterialState::Original)
        .map(|m| m.id.clone())
        .collect();
    let (id, handle, context) = (opened.case.id, casework.clone(), ctx.clone());
    let saved = casework.platform.store.write("desk.fill", move |tx| -> Result<(), CaseworkError> {
        handle.answer(tx, &context, id, &facts, &cleared)?;
        for (slot, seen) in &slots {
            if *seen != was.contains(slot) {
                handle.see_original(tx, &context, id, slot, *seen)?;
            }
        }
        Ok(())
    });
    saved.await.map_err(|error| refused(error, opened.number()))?;
    if action != "accept" && action != "submit" {
        return Ok(redirect_303(format!("/desk/cases/{}/fill", opened.number())));
    }
    let (handle, context) = (casework.clone(), ctx.clone());
    let accepted = casework.platform.store.write("desk.accept", move |tx| -> Result<(), CaseworkError> {
        handle.submit(tx, &context, id)?;
        match action.as_str() {
            "accept" => handle.accept(tx, &context, id, &[]).map(|_| ()),
            _ => Ok(()),
        }
    });
    match accepted.await {
        Ok(()) => Ok(redirect_303(format!("/desk/cases/{}", opened.number()))),
        Err(CaseworkError::Incomplete(missing)) => {
            let opened = open(&casework, &ctx, &number, Act::FillIn).await?;
            Ok(Html::invalid(view(&shell, &opened, None, missing)).into_response())
        }
        Err(error) => Err(refused(error, opened.number())),
    }
}

pub(super) async fn upload(
    State(casework): State<Casework>,
    shell: Shell,
    who: StaffOnly,
    Path((number, slot)): Path<(String, String)>,
    request: Request,
) -> Result<Response, WebError> {
    clerk(&who)?;
    let ctx = ctx_of(&casework, &who.actor);
    let opened = open(&casework, &ctx, &number, Act::FillIn).await?;
    match take_files(&casework, &ctx, &opened, &slot, request).await? {
        None => Ok(redirect_303(format!("/desk/cases/{}/fill#material-{slot}", opened.number()))),
        Some(problem) => Ok(Html::invalid(view(&shell, &opened, None, vec![problem])).into_response()),
    }
}

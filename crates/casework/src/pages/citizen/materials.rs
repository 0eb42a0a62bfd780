//! Materials of an application: for each what it must be, what is there, and a place to add files.

use askama::Template;
use axum::extract::{Path, Query, Request, State};
use axum::response::{IntoResponse, Response};
use yimen_catalogue::model::Need;
use yimen_identity::CitizenOnly;
use yimen_platform::Ctx;
use yimen_store::Tx;
use yimen_web::upload::{Received, Rules, receive};
use yimen_web::{
    FieldError, Html, MaterialRow, Page, Shell, UploadBox, UploadedFile, WebError, redirect_303,
};

use super::Return;
use super::flow::Step;
use super::opened::{Opened, open, refused_at, stored};
use crate::command::{Fetched, with_today};
use crate::model::{Case, CaseState};
use crate::pages::{command, ctx_of};
use crate::policy::Act;
use crate::view::{Material, MaterialState, Papers};
use crate::{Casework, NewFile};

/// Most files of one material.
pub(in crate::pages) const PER_SLOT: usize = 10;

#[derive(Template)]
#[template(path = "casework/citizen/materials.html")]
struct MaterialsPage {
    page: Page,
    rows: Vec<(String, MaterialRow)>,
    /// Required materials without a file.
    missing: usize,
    next: String,
}

pub(super) async fn page(
    State(casework): State<Casework>,
    shell: Shell,
    citizen: CitizenOnly,
    Path(number): Path<String>,
    Query(back): Query<Return>,
) -> Result<Response, WebError> {
    let ctx = ctx_of(&casework, &citizen.actor);
    let opened = open(&casework, &ctx, &number, Act::See).await?;
    if let Some(elsewhere) = opened.elsewhere() {
        return Ok(redirect_303(elsewhere));
    }
    Ok(Html::ok(MaterialsPage::of(&shell, &opened, &back, &ctx.token(), None)).into_response())
}

/// Takes files in, or one away. The bytes are stored before the row: a row that fails leaves bytes nobody refers to.
pub(super) async fn upload(
    State(casework): State<Casework>,
    shell: Shell,
    citizen: CitizenOnly,
    Path((number, slot)): Path<(String, String)>,
    Query(back): Query<Return>,
    request: Request,
) -> Result<Response, WebError> {
    let (ctx, number) = (ctx_of(&casework, &citizen.actor), stored(&number)?);
    let place = Place::find(&casework, &ctx, &number, &slot).await?;
    let home = format!("/cases/{number}");
    let problem = take_files(&casework, &ctx, &place, (&slot, &home), request).await?;
    let Some(message) = problem else {
        let to = match place.state {
            CaseState::Correcting => format!("/cases/{number}/correct"),
            _ => back.carry(&Step::Materials.path(&number)),
        };
        return Ok(redirect_303(format!("{to}#material-{slot}")));
    };
    let opened = open(&casework, &ctx, &number, Act::See).await?;
    if opened.case.state == CaseState::Correcting {
        return super::correct::with_problem(&shell, &casework, &ctx, &opened, (&slot, &message));
    }
    Ok(Html::invalid(MaterialsPage::of(&shell, &opened, &back, &ctx.token(), Some((&slot, &message))))
        .into_response())
}

/// Where files are filed.
pub(in crate::pages) struct Place {
    case: i64,
    state: CaseState,
    /// Files that are there; nothing where this case takes none.
    there: Option<usize>,
}

impl Place {
    pub fn of(opened: &Opened, slot: &str) -> Place {
        Place::new(opened, opened.material(slot))
    }

    fn new(fetched: &Fetched, material: Option<&Material>) -> Place {
        let there = material.filter(|m| takes_files(m, &fetched.case)).map(|m| m.files.len());
        Place { case: fetched.case.id, state: fetched.case.state, there }
    }

    /// Reads only what this material depends on.
    async fn find(casework: &Casework, ctx: &Ctx, number: &str, slot: &str) -> Result<Place, WebError> {
        let (own, ctx) = (casework.clone(), ctx.clone());
        let (number, slot) = (number.to_string(), slot.to_string());
        let read = casework.platform.store.read(move |q| -> crate::Result<Place> {
            let fetched = own.fetch_by_number(q, &ctx, &number, Act::FillIn)?;
            let facts = || own.facts(&fetched).map(|facts| with_today(facts.clone(), &ctx));
            let material = match fetched.version.needed(&slot, facts)? {
                Some(spec) => Some(Papers::of(q, &fetched.case)?.material(spec)),
                None => None,
            };
            Ok(Place::new(&fetched, material.as_ref()))
        });
        Ok(read.await?)
    }
}

/// Adds what was sent to a material, or removes the file the form names. Answers with what was refused, in words;
/// what cannot be done at all leads back to `home`.
pub(in crate::pages) async fn take_files(
    casework: &Casework,
    ctx: &Ctx,
    place: &Place,
    (slot, home): (&str, &str),
    request: Request,
) -> Result<Option<String>, WebError> {
    let there = place.there.ok_or_else(|| no_such_slot(home))?;
    let rules = Rules { max_files: PER_SLOT.saturating_sub(there), ..Rules::default() };
    let mut received = receive(request, &rules).await?;
    let case = place.case;
    let remove = received.form.text("remove").to_string();
    if !remove.is_empty() {
        let file: i64 = remove.parse().map_err(|_| WebError::not_found())?;
        let remove =
            move |casework: &Casework, tx: &mut Tx<'_>, ctx: &Ctx| casework.remove_file(tx, ctx, case, file);
        command(casework, ctx, "material.remove", remove).await.map_err(|error| refused_at(error, home))?;
        return Ok(None);
    }
    add_files(casework, ctx, case, (slot, home), &mut received).await?;
    let errors = received.errors_or_none();
    Ok(errors)
}

async fn add_files(
    casework: &Casework,
    ctx: &Ctx,
    case: i64,
    (slot, home): (&str, &str),
    received: &mut Received,
) -> Result<(), WebError> {
    let mut files = Vec::new();
    for upload in &mut received.uploads {
        let bytes = std::mem::take(&mut upload.bytes);
        let blob = casework.platform.blobs.put(bytes).await.map_err(WebError::unavailable)?;
        files.push(NewFile {
            slot: slot.to_string(),
            name: upload.file_name.clone(),
            mime: upload.kind.media_type().to_string(),
            size: i64::try_from(blob.size).unwrap_or(i64::MAX),
            digest: blob.digest,
        });
    }
    if files.is_empty() {
        return Ok(());
    }
    let add = move |casework: &Casework, tx: &mut Tx<'_>, ctx: &Ctx| -> crate::Result<()> {
        files.iter().try_for_each(|file| casework.add_file(tx, ctx, case, file).map(|_| ()))
    };
    command(casework, ctx, "material.add", add).await.map_err(|error| refused_at(error, home))
}

/// In a draft every material that is not made from the answers; in a supplement only those that were asked for.
fn takes_files(material: &Material, case: &Case) -> bool {
    if material.state == MaterialState::FromForm {
        return false;
    }
    let target = format!("material:{}", material.id);
    let asked = |c: &crate::model::Correction| c.items.iter().any(|i| i.target == target);
    case.state != CaseState::Correcting || case.correction.as_ref().is_some_and(asked)
}

fn no_such_slot(home: &str) -> WebError {
    WebError::conflict("这份申请不需要这种材料，文件没有保存。请从材料页面重新选择要上传的材料。")
        .next(home, "查看这份办件")
}

/// What was refused, in one text for the box it was sent from.
trait Problems {
    fn errors_or_none(&self) -> Option<String>;
}

impl Problems for Received {
    fn errors_or_none(&self) -> Option<String> {
        let messages: Vec<String> = self.refused.iter().map(yimen_web::upload::Refused::message).collect();
        match (messages.is_empty(), self.uploads.is_empty()) {
            (false, _) => Some(messages.join(" ")),
            (true, true) => Some(yimen_web::upload::UploadError::None.message("")),
            (true, false) => None,
        }
    }
}

impl MaterialsPage {
    fn of(
        shell: &Shell,
        opened: &Opened,
        back: &Return,
        nonce: &str,
        problem: Option<(&str, &str)>,
    ) -> MaterialsPage {
        let (href, text) = back.back_link(opened, &Step::Materials);
        let errors: Vec<FieldError> =
            problem.iter().map(|(slot, message)| FieldError::new(box_name(slot), *message)).collect();
        let row = |m: &Material| {
            let problem = problem.filter(|(slot, _)| *slot == m.id).map(|(_, message)| message);
            (m.id.clone(), material_row(opened, m, &back.carry(&slot_path(opened, &m.id)), nonce, problem))
        };
        let open = |m: &&Material| {
            m.need == Need::Required && matches!(m.state, MaterialState::Missing | MaterialState::Rejected)
        };
        let next = if back.to_check() { Step::Check } else { opened.flow().after(&Step::Materials) };
        MaterialsPage {
            page: shell.citizen("上传材料").section("my").back(href, text).errors(&errors),
            rows: opened.materials.iter().map(row).collect(),
            missing: opened.materials.iter().filter(open).count(),
            next: next.path(opened.number()),
        }
    }
}

fn slot_path(opened: &Opened, slot: &str) -> String {
    format!("{}/materials/{slot}", opened.apply_path())
}

pub(in crate::pages) fn box_name(slot: &str) -> String {
    format!("file-{slot}")
}

/// One material with its files and, unless it is made from the answers, the box to add more.
pub(super) fn material_row(
    opened: &Opened,
    material: &Material,
    action: &str,
    nonce: &str,
    problem: Option<&str>,
) -> MaterialRow {
    let row = MaterialRow::new(&material.id, &material.name, state(material)).need(need(material));
    let row = match state(material) {
        yimen_web::MaterialState::Missing => row.word("待上传"),
        _ => row,
    };
    if material.state == MaterialState::FromForm {
        return row.source("由系统按您填写的内容生成，不用上传");
    }
    let hint = material.hint.clone().unwrap_or_default();
    let upload = UploadBox::new(box_name(&material.id), format!("上传{}", material.name), action)
        .hint(hint)
        .rules(&Rules { max_files: PER_SLOT, ..Rules::default() })
        .nonce(nonce);
    let upload = material.files.iter().fold(upload, |upload, file| {
        let href = format!("/cases/{}/files/{}", opened.number(), file.id);
        let size = u64::try_from(file.size).unwrap_or_default();
        upload.file(UploadedFile::new(&file.name, size, href).remove(file.id.to_string()))
    });
    let upload = match problem {
        Some(message) => upload.error(message),
        None => upload,
    };
    row.note(note(material)).upload(upload)
}

fn note(material: &Material) -> String {
    match material.state {
        MaterialState::Rejected => format!("退回原因：{}", material.reason),
        MaterialState::Missing if material.takes_original => "上传扫描件或照片，窗口办理时核对原件。".into(),
        _ => String::new(),
    }
}

fn need(material: &Material) -> String {
    let copies = if material.copies > 1 { format!("{} 份。", material.copies) } else { String::new() };
    format!("{copies}{}", material.standard)
}

fn state(material: &Material) -> yimen_web::MaterialState {
    use yimen_web::MaterialState as Shown;
    match (material.state, material.need) {
        (MaterialState::FromForm, _) => Shown::Exempt,
        (MaterialState::Provided | MaterialState::Original | MaterialState::Accepted, _) => Shown::Have,
        (MaterialState::Rejected, _) => Shown::Returned,
        (MaterialState::Missing, Need::Required) => Shown::Missing,
        (MaterialState::Missing, Need::Deferrable) => Shown::Deferred,
        (MaterialState::Missing, Need::Optional) => Shown::Optional,
    }
}

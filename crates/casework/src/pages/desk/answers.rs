//! The whole form of a case as one page of controls, and what was posted of it as facts.

use yimen_catalogue::Facts;
use yimen_catalogue::model::{Field as Spec, FormPage, Need, Question};
use yimen_catalogue::pages::{question_control, take_answers};
use yimen_web::upload::Rules;
use yimen_web::{Choice, Field, FieldError, FormState, MaterialRow, UploadBox, UploadedFile};

use super::{material_named, names, slots};
use crate::draft::way_of;
use crate::model::{CaseState, Delivery};
use crate::pages::citizen::correct;
use crate::pages::citizen::materials::{PER_SLOT, box_name};
use crate::pages::citizen::opened::Opened;
use crate::pages::error::sentence;
use crate::pages::fields::{Taken, control_from_record, is_blank, take, take_page};
use crate::view::{Material, MaterialState};

/// Whose record a field is filled from.
const RECORD: &str = "申请人登记信息";
/// Materials that have a key.
const KEYS: usize = 9;
/// No field of a service is called so: their names have no hyphen.
const WAY: &str = "result-way";
/// Stands in the form beside the ticks: without it nothing is said about originals.
pub(super) const TICKED: &str = "ticked";

/// What a posted form comes to.
#[derive(Default)]
pub(super) struct Read {
    /// Sound answers.
    pub answers: Facts,
    /// Optional fields that were emptied.
    pub cleared: Vec<String>,
    /// What is still needed; no mistake before the form is handed in.
    pub lacking: Vec<FieldError>,
}

impl Read {
    fn add(&mut self, taken: Taken, form: &mut FormState) {
        for error in taken.errors {
            let message = sentence(error.message);
            match is_blank(&error.field, form) {
                true => self.lacking.push(FieldError::new(error.field, message)),
                false => {
                    form.error(error.field, message);
                }
            }
        }
        self.answers.extend(taken.facts);
        self.cleared.extend(taken.cleared);
    }
}

/// Reads the form in the order people meet it: the questions, then page by page, because an answer decides what is
/// asked later. What is wrong stays beside its field.
pub(super) fn read(opened: &Opened, form: &mut FormState) -> Read {
    let mut read = Read::default();
    if opened.case.state == CaseState::Correcting {
        let specs: Vec<Spec> = correct::wanted(opened).into_iter().map(|(spec, _)| spec.clone()).collect();
        let applies = |spec: &Spec, facts: &Facts| correct::applies(opened, spec, facts);
        let taken = take(&specs, &opened.facts, form, applies);
        read.add(taken, form);
        return read;
    }
    let (version, mut facts) = (&opened.version, opened.facts.clone());
    take_answers(version, form, &mut facts);
    for question in version.questions(&facts) {
        match facts.get(&question.id) {
            Some(fact) => {
                read.answers.insert(question.id.clone(), fact.clone());
            }
            None => {
                let message = format!("请回答“{}”。", question.ask);
                read.lacking.push(FieldError::new(&question.id, message));
            }
        }
    }
    let pages: Vec<&FormPage> = version.service.form.iter().collect();
    for page in pages {
        if !version.pages(&facts).iter().any(|shown| shown.id == page.id) {
            continue;
        }
        let taken = take_page(version, &page.id, &facts, form);
        facts.extend(taken.facts.iter().map(|(id, fact)| (id.clone(), fact.clone())));
        taken.cleared.iter().for_each(|id| drop(facts.remove(id)));
        read.add(taken, form);
    }
    read
}

pub(super) fn questions(opened: &Opened, typed: Option<&FormState>) -> Vec<Field> {
    let question = |q: &Question| {
        let field = question_control(q, opened.facts.get(&q.id));
        typed.map_or(field.clone(), |form| field.from(form))
    };
    opened.version.questions(&opened.settled).into_iter().map(question).collect()
}

/// The form page by page; of a correction only what was asked for.
pub(super) fn parts(opened: &Opened, typed: Option<&FormState>) -> Vec<(String, Vec<Field>)> {
    let (version, facts) = (&opened.version, &opened.facts);
    let control = |spec: &Spec| {
        let field = control_from_record(spec, facts, opened.own.as_ref(), RECORD);
        typed.map_or(field.clone(), |form| field.from(form))
    };
    if opened.case.state == CaseState::Correcting {
        let wanted = correct::wanted(opened);
        let fields: Vec<Field> =
            wanted.iter().map(|(spec, reason)| control(spec).hint(format!("要更正：{reason}"))).collect();
        return if fields.is_empty() { Vec::new() } else { vec![("要更正的内容".into(), fields)] };
    }
    let part = |page: &FormPage| {
        let fields = version.fields(&page.id, facts);
        (page.title.clone(), fields.into_iter().map(control).collect())
    };
    version.pages(facts).into_iter().map(part).collect()
}

/// How the result reaches the applicant; nothing to choose in a correction, or where there is one way only.
pub(super) fn way(opened: &Opened, typed: Option<&FormState>) -> Option<Field> {
    let ways = ways(opened);
    if opened.case.state != CaseState::Draft || ways.len() < 2 {
        return None;
    }
    let choices = ways.into_iter().map(|way| Choice::new(way.code(), way.zh())).collect();
    let address = opened.own.as_ref().map(|own| own.address.as_str()).filter(|address| !address.is_empty());
    let hint = match address {
        Some(address) => format!("邮寄的寄到登记的地址：{address}"),
        None => "没有登记地址，选邮寄的请先问清寄到哪里。".to_string(),
    };
    let field =
        Field::radios(WAY, "结果怎么交给申请人", choices).hint(hint).value(opened.case.delivery.code());
    Some(typed.map_or(field.clone(), |form| field.from(form)))
}

fn ways(opened: &Opened) -> Vec<Delivery> {
    opened.service().result.delivery.iter().map(|way| way_of(*way)).collect()
}

/// The way that was chosen, where it is another than the one that is saved. What is not offered is no choice.
pub(super) fn chosen_way(opened: &Opened, form: &FormState) -> Option<Delivery> {
    let chosen = Delivery::parse(form.text(WAY)).filter(|way| ways(opened).contains(way))?;
    (opened.case.state == CaseState::Draft && chosen != opened.case.delivery).then_some(chosen)
}

pub(super) fn material_row(
    opened: &Opened,
    at: usize,
    material: &Material,
    typed: Option<&FormState>,
    problem: Option<&str>,
) -> MaterialRow {
    let state = match (material.state, material.need) {
        (MaterialState::FromForm, _) => yimen_web::MaterialState::Exempt,
        (MaterialState::Missing, Need::Required) => yimen_web::MaterialState::Missing,
        (MaterialState::Missing, Need::Deferrable) => yimen_web::MaterialState::Deferred,
        (MaterialState::Missing, Need::Optional) => yimen_web::MaterialState::Optional,
        (MaterialState::Rejected, _) => yimen_web::MaterialState::Returned,
        _ => yimen_web::MaterialState::Have,
    };
    let row = MaterialRow::new(&material.id, &material.name, state).need(&material.standard);
    if material.state == MaterialState::FromForm {
        return row.source("由填报内容生成");
    }
    let key = if at < KEYS { format!("Alt+{}", at + 1) } else { String::new() };
    let action = format!("/desk/cases/{}/fill/{}", opened.number(), material.id);
    let upload = UploadBox::new(box_name(&material.id), format!("扫描件：{}", material.name), action)
        .rules(&Rules { max_files: PER_SLOT, ..Rules::default() });
    let upload = match material.takes_original {
        true => upload.key("F9"),
        false => upload.key(&key),
    };
    let upload = material.files.iter().fold(upload, |upload, file| {
        let href = format!("/desk/cases/{}/fill?file={}#viewer", opened.number(), file.id);
        let size = u64::try_from(file.size).unwrap_or_default();
        upload.file(UploadedFile::new(&file.name, size, href).live("viewer").remove(file.id.to_string()))
    });
    let upload = match problem {
        Some(message) => upload.error(message),
        None => upload,
    };
    let row = match material.takes_original {
        true => row.tick("fill", is_ticked(material, typed)).key(key),
        false => row,
    };
    row.upload(upload)
}

fn is_ticked(material: &Material, typed: Option<&FormState>) -> bool {
    match typed.filter(|form| form.has(TICKED)) {
        Some(form) => form.all("material").contains(&material.id),
        None => material.state == MaterialState::Original,
    }
}

/// The ticks that say something else than what is saved.
pub(super) fn turned(opened: &Opened, form: &FormState) -> Vec<(String, bool)> {
    if !form.has(TICKED) {
        return Vec::new();
    }
    let ticked = form.all("material");
    slots(opened)
        .filter(|m| m.takes_original && m.state != MaterialState::FromForm)
        .map(|m| (m, ticked.contains(&m.id)))
        .filter(|(m, seen)| *seen != (m.state == MaterialState::Original))
        .map(|(m, seen)| (m.id.clone(), seen))
        .collect()
}

/// The control that a sentence of what is missing speaks of.
pub(super) fn place_of(opened: &Opened, line: &str) -> String {
    let version = &opened.version;
    if let Some(material) = material_named(opened, line) {
        return box_name(&material.id);
    }
    if let Some(question) = version.questions(&opened.settled).into_iter().find(|q| names(line, &q.ask)) {
        return question.id.clone();
    }
    let field = version.unanswered(&opened.settled).into_iter().find(|(_, f)| names(line, &f.label));
    field.map_or_else(|| "fill".to_string(), |(_, field)| field.id.clone())
}

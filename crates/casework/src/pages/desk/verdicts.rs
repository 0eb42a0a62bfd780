//! The pre-check as a form: every material and every answer can be marked as not in order, each with its reasons. What is
//! marked makes the whole correction notice.

use yimen_catalogue::Version;
use yimen_catalogue::model::Need;
use yimen_web::{FormState, StatusTag, Tone};

use crate::model::{Case, CorrectionItem};
use crate::pages::review::viewer::Viewer;
use crate::view::{Material, MaterialState};
use crate::{CaseView, Verdict};

/// Reasons that fit any paper, each with the words by which a material's own reason says the same; a material adds its own
/// before them.
const COMMON_FAULTS: [(&str, &[&str]); 4] = [
    ("扫描件不清晰，看不清关键内容", &["不清晰", "模糊"]),
    ("缺页或不完整", &["缺页或不完整"]),
    ("与填报内容不一致", &["与填报内容不一致", "与填写不一致"]),
    ("已过有效期", &["过有效期", "过期"]),
];
const NOT_HANDED_IN: &str = "未提交，请补充";
/// Stands between the reasons of one material.
const AND: &str = "；";
/// Materials that have a key.
const KEYS: usize = 9;
/// Stands in the form: what is not marked in it is in order.
pub(super) const JUDGED: &str = "judged";

/// Everything a clerk judges.
pub(super) struct PreCheck {
    pub materials: Vec<Judged>,
    pub groups: Vec<(String, Vec<Line>)>,
    /// Only what the first notice named may be marked again.
    pub second: bool,
    pub refuse: String,
    pub refuse_error: Option<String>,
}

/// A material under the clerk's eye.
pub(super) struct Judged {
    pub id: String,
    pub name: String,
    pub standard: String,
    pub need: &'static str,
    pub tag: StatusTag,
    /// Nothing to judge: made from the answers.
    pub fixed: bool,
    pub files: Vec<File>,
    pub bad: bool,
    pub key: String,
    pub faults: Vec<(String, bool)>,
    pub more: String,
    pub error: Option<String>,
}

/// A file of a material, shown beside the list.
pub(super) struct File {
    pub id: i64,
    pub name: String,
    pub size: String,
    pub href: String,
    pub fresh: Option<StatusTag>,
}

/// An answer, and what is wrong with it.
pub(super) struct Line {
    pub id: String,
    pub label: String,
    pub value: String,
    pub markable: bool,
    pub bad: bool,
    pub why: String,
    pub error: Option<String>,
}

/// The names of the controls of a material and of a field.
pub(super) fn material_box(id: &str) -> String {
    format!("bad-{id}")
}

pub(super) fn field_box(id: &str) -> String {
    format!("wrong-{id}")
}

impl PreCheck {
    pub fn of(view: &CaseView, viewer: &Viewer, form: Option<&FormState>) -> PreCheck {
        let case = &view.fetched.case;
        let typed = form.filter(|form| form.has(JUDGED));
        let error = |name: String| form.and_then(|f| f.error_of(&name)).map(str::to_string);
        let judged = |(at, material): (usize, &Material)| {
            let line = viewer.lines.get(at);
            let tag = line.map(|line| line.tag.clone());
            let file = |f: &crate::pages::review::viewer::FileLink| File {
                id: f.id,
                name: f.name.clone(),
                size: f.size.clone(),
                href: f.href.clone(),
                fresh: f.fresh.clone(),
            };
            Judged {
                files: line.map(|line| line.files.iter().map(file).collect()).unwrap_or_default(),
                tag: tag.unwrap_or_else(|| StatusTag::new(material.state.zh(), Tone::Neutral)),
                fixed: material.state == MaterialState::FromForm
                    || !may_mark(case, &format!("material:{}", material.id)),
                error: error(material_box(&material.id)),
                key: if at < KEYS { format!("Alt+{}", at + 1) } else { String::new() },
                ..judged(material, typed)
            }
        };
        PreCheck {
            materials: view.materials.iter().enumerate().map(judged).collect(),
            groups: groups(view, form),
            second: case.correction.is_some(),
            refuse: form.map(|f| f.raw("refuse-why").to_string()).unwrap_or_default(),
            refuse_error: error("refuse-why".into()),
        }
    }
}

/// A second notice may only repeat what the first one named.
fn may_mark(case: &Case, target: &str) -> bool {
    case.correction.as_ref().is_none_or(|c| c.items.iter().any(|item| item.target == target))
}

fn judged(material: &Material, typed: Option<&FormState>) -> Judged {
    let lacking = material.need == Need::Required && material.state == MaterialState::Missing;
    let mut faults: Vec<String> = if lacking { vec![NOT_HANDED_IN.into()] } else { Vec::new() };
    faults.extend(material.faults.iter().cloned());
    if material.state != MaterialState::Missing {
        let own = |words: &[&str]| material.faults.iter().any(|f| words.iter().any(|word| f.contains(word)));
        let common = COMMON_FAULTS.iter().filter(|(_, words)| !own(words));
        faults.extend(common.map(|(fault, _)| (*fault).to_string()));
    }
    let (chosen, more) = match typed {
        Some(form) => {
            let chosen = form.all(&format!("why-{}", material.id)).to_vec();
            (chosen, form.raw(&format!("more-{}", material.id)).to_string())
        }
        None if lacking => (vec![NOT_HANDED_IN.into()], String::new()),
        None if material.state == MaterialState::Rejected => known_reasons(&material.reason, &faults),
        None => (Vec::new(), String::new()),
    };
    let bad = match typed {
        Some(form) => form.all("bad").contains(&material.id),
        None => lacking || material.state == MaterialState::Rejected,
    };
    Judged {
        id: material.id.clone(),
        name: material.name.clone(),
        standard: material.standard.clone(),
        need: match material.need {
            Need::Required => "",
            Need::Deferrable => "可容缺后补",
            Need::Optional => "选交",
        },
        tag: StatusTag::new("", Tone::Neutral),
        fixed: false,
        files: Vec::new(),
        bad,
        key: String::new(),
        faults: faults.into_iter().map(|fault| (fault.clone(), chosen.contains(&fault))).collect(),
        more,
        error: None,
    }
}

/// The reasons written down earlier, as those that can be chosen and the rest as text.
fn known_reasons(reason: &str, faults: &[String]) -> (Vec<String>, String) {
    let (known, other): (Vec<&str>, Vec<&str>) =
        reason.split(AND).partition(|part| faults.iter().any(|fault| fault == part));
    (known.into_iter().map(String::from).collect(), other.join(AND))
}

fn groups(view: &CaseView, form: Option<&FormState>) -> Vec<(String, Vec<Line>)> {
    let (version, facts, case) = (&view.fetched.version, &view.facts, &view.fetched.case);
    let typed = form.filter(|form| form.has(JUDGED));
    let line = |id: &str, label: &str, markable: bool| Line {
        value: version.text_of(id, facts),
        markable: markable && may_mark(case, &format!("field:{id}")),
        bad: typed.is_some_and(|form| form.all("wrong").iter().any(|one| one == id)),
        why: typed.map(|form| form.raw(&format!("because-{id}")).to_string()).unwrap_or_default(),
        error: form.and_then(|f| f.error_of(&field_box(id))).map(str::to_string),
        id: id.to_string(),
        label: label.to_string(),
    };
    let mut groups = Vec::new();
    let questions = version.questions(facts);
    if !questions.is_empty() {
        // The situation decides what is asked at all: who chose a wrong one begins anew.
        groups.push(("情形".into(), questions.iter().map(|q| line(&q.id, &q.ask, false)).collect()));
    }
    for page in version.pages(facts) {
        let fields = version.fields(&page.id, facts);
        groups.push((page.title.clone(), fields.iter().map(|f| line(&f.id, &f.label, true)).collect()));
    }
    groups
}

/// What the clerk marked, with the reasons chosen and written. A mark without a reason becomes an error of the form.
pub(super) fn marked(materials: &[Material], version: &Version, form: &mut FormState) -> Vec<CorrectionItem> {
    let mut items = Vec::new();
    for material in materials.iter().filter(|m| form.all("bad").contains(&m.id)) {
        let chosen = form.all(&format!("why-{}", material.id)).iter().map(|why| why.trim().to_string());
        let more = form.text(&format!("more-{}", material.id)).to_string();
        let reasons: Vec<String> = chosen.chain([more]).filter(|why| !why.is_empty()).collect();
        items.push(CorrectionItem {
            target: format!("material:{}", material.id),
            name: material.name.clone(),
            reason: reasons.join(AND),
        });
    }
    for id in form.all("wrong") {
        if let Some(spec) = version.field(id) {
            items.push(CorrectionItem {
                target: format!("field:{id}"),
                name: spec.label.clone(),
                reason: form.text(&format!("because-{id}")).to_string(),
            });
        }
    }
    items
}

/// The box of an item of a notice.
pub(super) fn box_of(item: &CorrectionItem) -> String {
    match item.target.split_once(':') {
        Some(("field", id)) => field_box(id),
        Some((_, id)) => material_box(id),
        None => "precheck".into(),
    }
}

/// Everything handed in and not marked is in order.
pub(super) fn verdicts(materials: &[Material], form: &FormState) -> Vec<Verdict> {
    let handed_in = |state: MaterialState| {
        matches!(state, MaterialState::Provided | MaterialState::Original | MaterialState::Rejected)
    };
    materials
        .iter()
        .filter(|m| handed_in(m.state) && !form.all("bad").contains(&m.id))
        .map(|m| Verdict { slot: m.id.clone(), accepted: true, reason: String::new() })
        .collect()
}

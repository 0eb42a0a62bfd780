//! Reading materials: the list with states, one file shown, and the way to the next.

use yimen_catalogue::model::Need;
use yimen_standards::time::Instant;
use yimen_web::{StatusTag, Tone};

use super::dossier::Places;
use crate::store::materials::File;
use crate::view::{Material, MaterialState};

/// How a file can be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    Image,
    Pdf,
    /// The browser cannot show it: it is saved and opened by a program.
    Save,
}

impl Look {
    pub fn of(mime: &str) -> Look {
        match mime {
            "image/jpeg" | "image/png" => Look::Image,
            "application/pdf" => Look::Pdf,
            _ => Look::Save,
        }
    }
}

pub(crate) struct Viewer {
    pub lines: Vec<MaterialLine>,
    pub shown: Option<Shown>,
}

pub(crate) struct MaterialLine {
    pub name: String,
    pub tag: StatusTag,
    pub need: &'static str,
    /// By what it is accepted, and what the window wrote.
    pub standard: String,
    pub reason: String,
    pub files: Vec<FileLink>,
    /// Older files that a correction replaced.
    pub replaced: Vec<FileLink>,
}

pub(crate) struct FileLink {
    pub id: i64,
    pub name: String,
    pub size: String,
    pub href: String,
    pub current: bool,
    /// Came with the answer to a correction notice, for whoever must look at it again.
    pub fresh: Option<StatusTag>,
    /// 已被替换，12月1日 10:00
    pub replaced: String,
}

/// The file that is open.
pub(crate) struct Shown {
    pub name: String,
    pub material: String,
    pub source: String,
    pub look: Look,
    pub added: String,
    /// 第 2 个，共 7 个
    pub position: String,
    pub previous: Option<String>,
    pub next: Option<String>,
    /// That another file has taken its place, and when.
    pub replaced: String,
}

impl Viewer {
    /// `supplement` is when what must be looked at again was asked for: later files are new, and the first of them opens.
    pub fn of(materials: &[Material], places: &Places, supplement: Option<Instant>) -> Viewer {
        let all: Vec<(&Material, &File)> =
            materials.iter().flat_map(|m| m.files.iter().map(move |f| (m, f))).collect();
        let old = materials.iter().flat_map(|m| m.replaced.iter().map(move |f| (m, f)));
        let old = places.file.and_then(|id| old.into_iter().find(|(_, f)| f.id == id));
        let asked = places.file.and_then(|id| all.iter().position(|(_, f)| f.id == id));
        // The first that can be shown, so that a page opens with something to read.
        let readable = |f: &File| Look::of(&f.mime) != Look::Save;
        let first = || {
            let fresh = all.iter().position(|(_, f)| readable(f) && is_fresh(f, supplement));
            let first = || all.iter().position(|(_, f)| readable(f));
            fresh.or_else(first).or((!all.is_empty()).then_some(0))
        };
        let at = asked.or_else(first);
        let mark = if places.here.contains('?') { '&' } else { '?' };
        let open = |id: i64| format!("{}{mark}file={id}", places.here);
        let current = old.or(at.map(|i| all[i])).map(|(_, f)| f.id);
        let lines = materials.iter().map(|m| line(m, current, supplement, &open)).collect();
        let source = |file: &File| format!("/cases/{}/files/{}", places.number, file.id);
        let added = |file: &File| format!("{} {}上传", file.added_at.zh(), file.added_by);
        let replaced = old.map(|(material, file)| Shown {
            name: file.name.clone(),
            material: material.name.clone(),
            source: source(file),
            look: Look::of(&file.mime),
            added: added(file),
            position: String::new(),
            previous: None,
            next: None,
            replaced: replaced_words(file),
        });
        let shown = at.map(|i| {
            let (material, file) = all[i];
            let beside = |j: Option<usize>| j.and_then(|j| all.get(j)).map(|(_, f)| open(f.id));
            Shown {
                name: file.name.clone(),
                material: material.name.clone(),
                source: source(file),
                look: Look::of(&file.mime),
                added: added(file),
                position: format!("第 {} 个，共 {} 个", i + 1, all.len()),
                previous: beside(i.checked_sub(1)),
                next: beside(Some(i + 1)),
                replaced: String::new(),
            }
        });
        Viewer { lines, shown: replaced.or(shown) }
    }
}

fn is_fresh(file: &File, supplement: Option<Instant>) -> bool {
    supplement.is_some_and(|asked| file.added_at > asked)
}

fn line(
    material: &Material,
    current: Option<i64>,
    supplement: Option<Instant>,
    open: &impl Fn(i64) -> String,
) -> MaterialLine {
    let tone = match material.state {
        MaterialState::Missing if material.need == Need::Optional => Tone::Neutral,
        MaterialState::Missing => Tone::Warn,
        MaterialState::Provided => Tone::Info,
        MaterialState::Original | MaterialState::Accepted => Tone::Done,
        MaterialState::Rejected => Tone::Problem,
        MaterialState::FromForm => Tone::Neutral,
    };
    let file = |f: &File| FileLink {
        id: f.id,
        name: f.name.clone(),
        size: yimen_web::upload::size_words(u64::try_from(f.size).unwrap_or(0)),
        href: open(f.id),
        current: current == Some(f.id),
        fresh: is_fresh(f, supplement).then(|| StatusTag::new("新补", Tone::Active)),
        replaced: replaced_words(f),
    };
    MaterialLine {
        name: material.name.clone(),
        tag: StatusTag::new(material.state.zh(), tone),
        need: match material.need {
            Need::Required => "",
            Need::Deferrable => "可容缺后补",
            Need::Optional => "选交",
        },
        standard: material.standard.clone(),
        reason: material.reason.clone(),
        files: material.files.iter().map(file).collect(),
        replaced: material.replaced.iter().map(file).collect(),
    }
}

/// Nothing of a file that is still part of the application.
fn replaced_words(file: &File) -> String {
    file.removed_at.map(|at| format!("已被替换，{}", at.zh())).unwrap_or_default()
}

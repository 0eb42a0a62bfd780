//! Materials of a case: the checklist row and the upload box.

use askama::Template;

use super::messages::Tone;
use super::renders_itself;
use crate::upload::FileKind;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaterialState {
    /// 有
    Have,
    /// 缺
    Missing,
    /// 容缺: may follow within a limit.
    Deferred,
    /// 免交: fetched from a register.
    Exempt,
    /// 复用: from the person's own earlier materials.
    Reused,
    /// 待补正: looked at and sent back.
    Returned,
    /// 选交: nobody waits for it.
    Optional,
}

impl MaterialState {
    pub fn word(self) -> &'static str {
        match self {
            MaterialState::Have => "已有",
            MaterialState::Missing => "缺",
            MaterialState::Deferred => "容缺",
            MaterialState::Exempt => "免交",
            MaterialState::Reused => "复用",
            MaterialState::Returned => "需补正",
            MaterialState::Optional => "选交",
        }
    }
    pub fn tone(self) -> Tone {
        match self {
            MaterialState::Have | MaterialState::Exempt | MaterialState::Reused => Tone::Done,
            MaterialState::Missing => Tone::Info,
            MaterialState::Deferred => Tone::Warn,
            MaterialState::Returned => Tone::Problem,
            MaterialState::Optional => Tone::Neutral,
        }
    }
}

/// A file that is already there.
#[derive(Debug, Clone)]
pub struct UploadedFile {
    name: String,
    size: String,
    href: String,
    live: &'static str,
    remove: Option<String>,
    error: String,
}

impl UploadedFile {
    pub fn new(name: impl Into<String>, bytes: u64, href: impl Into<String>) -> UploadedFile {
        UploadedFile {
            name: name.into(),
            size: crate::upload::size_words(bytes),
            href: href.into(),
            live: "",
            remove: None,
            error: String::new(),
        }
    }
    /// Opens in this element of the page instead of on a page of its own.
    #[must_use]
    pub fn live(mut self, id: &'static str) -> UploadedFile {
        self.live = id;
        self
    }
    /// Name and value of the button that removes it: the form gets `remove=<value>`.
    #[must_use]
    pub fn remove(mut self, value: impl Into<String>) -> UploadedFile {
        self.remove = Some(value.into());
        self
    }
    /// Refused; the message says why and what to do.
    #[must_use]
    pub fn error(mut self, message: impl Into<String>) -> UploadedFile {
        self.error = message.into();
        self
    }
}

/// The words for accepted kinds: `.pdf,.jpg` for the browser, PDF、JPG for people.
pub trait FileKindWords {
    fn accept(&self) -> String;
    fn words(&self) -> String;
}

impl FileKindWords for [FileKind] {
    fn accept(&self) -> String {
        self.iter().flat_map(|kind| kind.endings()).map(|e| format!(".{e}")).collect::<Vec<_>>().join(",")
    }
    fn words(&self) -> String {
        self.iter().map(|kind| kind.name()).collect::<Vec<_>>().join("、")
    }
}

/// Choose, drop or photograph files. Without script it is a file input and a button; with it files go up one by one,
/// with progress, and the list is taken from the page the server answers.
#[derive(Debug, Clone, Template)]
#[template(path = "components/upload_box.html")]
pub struct UploadBox {
    name: String,
    label: String,
    action: String,
    hint: String,
    kinds: Vec<FileKind>,
    max_bytes: u64,
    max_files: usize,
    files: Vec<UploadedFile>,
    error: Option<String>,
    nonce: String,
    key: String,
    hide_label: bool,
}

impl UploadBox {
    /// A form of its own that posts multipart to `action`; the files are in the field `name`.
    pub fn new(name: impl Into<String>, label: impl Into<String>, action: impl Into<String>) -> UploadBox {
        UploadBox {
            name: name.into(),
            label: label.into(),
            action: action.into(),
            hint: String::new(),
            kinds: FileKind::COMMON.to_vec(),
            max_bytes: crate::upload::Rules::default().max_bytes,
            max_files: crate::upload::Rules::default().max_files,
            files: Vec::new(),
            error: None,
            nonce: String::new(),
            key: String::new(),
            hide_label: false,
        }
    }
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> UploadBox {
        self.hint = hint.into();
        self
    }
    /// The same rules the receiving handler checks.
    #[must_use]
    pub fn rules(mut self, rules: &crate::upload::Rules) -> UploadBox {
        self.kinds = rules.kinds.to_vec();
        self.max_bytes = rules.max_bytes;
        self.max_files = rules.max_files;
        self
    }
    #[must_use]
    pub fn file(mut self, file: UploadedFile) -> UploadBox {
        self.files.push(file);
        self
    }
    #[must_use]
    pub fn error(mut self, message: impl Into<String>) -> UploadBox {
        self.error = Some(message.into());
        self
    }
    #[must_use]
    pub fn nonce(mut self, nonce: impl Into<String>) -> UploadBox {
        self.nonce = nonce.into();
        self
    }
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> UploadBox {
        self.key = key.into();
        self
    }

    fn accept(&self) -> String {
        self.kinds.accept()
    }
    fn limits(&self) -> String {
        format!(
            "支持 {}，每个不超过 {}，最多 {} 个",
            self.kinds.words(),
            crate::upload::size_words(self.max_bytes),
            self.max_files
        )
    }
}

/// One material of a case: what it is, whether it is there, where it comes from, what to do about it.
#[derive(Debug, Clone, Template)]
#[template(path = "components/material_row.html")]
pub struct MaterialRow {
    id: String,
    name: String,
    state: MaterialState,
    word: String,
    need: String,
    source: String,
    note: String,
    files: Vec<UploadedFile>,
    upload: Option<UploadBox>,
    tick: Option<bool>,
    form: String,
    key: String,
}

impl MaterialRow {
    pub fn new(id: impl Into<String>, name: impl Into<String>, state: MaterialState) -> MaterialRow {
        MaterialRow {
            id: id.into(),
            name: name.into(),
            state,
            word: state.word().into(),
            need: String::new(),
            source: String::new(),
            note: String::new(),
            files: Vec::new(),
            upload: None,
            tick: None,
            form: String::new(),
            key: String::new(),
        }
    }
    /// Other words for the state: 待上传.
    #[must_use]
    pub fn word(mut self, word: impl Into<String>) -> MaterialRow {
        self.word = word.into();
        self
    }
    /// 原件1份，复印件1份
    #[must_use]
    pub fn need(mut self, need: impl Into<String>) -> MaterialRow {
        self.need = need.into();
        self
    }
    /// 公安人口库，2026年11月20日取得
    #[must_use]
    pub fn source(mut self, source: impl Into<String>) -> MaterialRow {
        self.source = source.into();
        self
    }
    /// What is wrong with it, or until when it may follow.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> MaterialRow {
        self.note = note.into();
        self
    }
    #[must_use]
    pub fn file(mut self, file: UploadedFile) -> MaterialRow {
        self.files.push(file);
        self
    }
    #[must_use]
    pub fn upload(mut self, upload: UploadBox) -> MaterialRow {
        // The row's own heading shows the name.
        self.upload = Some(UploadBox { hide_label: true, ..upload });
        self
    }
    /// A box the clerk ticks when the paper is there; the form with this id gets `material=<id>`. The rows stand
    /// outside that form, because an upload box is a form of its own.
    #[must_use]
    pub fn tick(mut self, form: impl Into<String>, ticked: bool) -> MaterialRow {
        self.form = form.into();
        self.tick = Some(ticked);
        self
    }
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> MaterialRow {
        self.key = key.into();
        self
    }
}

renders_itself!(UploadBox, MaterialRow);

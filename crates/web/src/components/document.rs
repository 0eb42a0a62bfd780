//! The frame of a printed document: title, number, body in paragraphs, place for the seal, code for checking.

use askama::Template;

use super::lists::SummaryRow;
use super::renders_itself;

/// An A4 document a window gives out.
#[derive(Debug, Clone, Template)]
#[template(path = "components/document.html")]
pub struct Document {
    issuer: String,
    title: String,
    number: String,
    addressee: String,
    paragraphs: Vec<String>,
    rows: Vec<SummaryRow>,
    table: Option<super::Table>,
    closing: Vec<String>,
    date: String,
    qr: String,
    qr_note: String,
    signatures: Vec<String>,
    copy: String,
}

impl Document {
    /// `number`: 临政务受〔2026〕1234号.
    pub fn new(issuer: impl Into<String>, title: impl Into<String>, number: impl Into<String>) -> Document {
        Document {
            issuer: issuer.into(),
            title: title.into(),
            number: number.into(),
            addressee: String::new(),
            paragraphs: Vec::new(),
            rows: Vec::new(),
            table: None,
            closing: Vec::new(),
            date: String::new(),
            qr: String::new(),
            qr_note: String::new(),
            signatures: Vec::new(),
            copy: String::new(),
        }
    }
    #[must_use]
    pub fn to(mut self, addressee: impl Into<String>) -> Document {
        self.addressee = addressee.into();
        self
    }
    #[must_use]
    pub fn paragraph(mut self, text: impl Into<String>) -> Document {
        self.paragraphs.push(text.into());
        self
    }
    /// A fact in the framed list: 事项名称, 受理时间.
    #[must_use]
    pub fn row(mut self, row: SummaryRow) -> Document {
        self.rows.push(row);
        self
    }
    #[must_use]
    pub fn fact(self, key: impl Into<String>, value: impl Into<String>) -> Document {
        self.row(SummaryRow::new(key, value))
    }
    /// The list of materials.
    #[must_use]
    pub fn table(mut self, table: super::Table) -> Document {
        self.table = Some(table.keep_columns());
        self
    }
    /// A paragraph after the list: remedies and where to ask.
    #[must_use]
    pub fn closing(mut self, text: impl Into<String>) -> Document {
        self.closing.push(text.into());
        self
    }
    /// 2026年11月23日
    #[must_use]
    pub fn date(mut self, date: impl Into<String>) -> Document {
        self.date = date.into();
        self
    }
    /// The code as an SVG element, made by our own code and put in as it is, and the words below it.
    #[must_use]
    pub fn qr(mut self, svg: impl Into<String>, note: impl Into<String>) -> Document {
        self.qr = svg.into();
        self.qr_note = note.into();
        self
    }
    /// A line to sign on: 申请人（签字）.
    #[must_use]
    pub fn signature(mut self, who: impl Into<String>) -> Document {
        self.signatures.push(who.into());
        self
    }
    /// 第一联 申请人留存
    #[must_use]
    pub fn copy(mut self, copy: impl Into<String>) -> Document {
        self.copy = copy.into();
        self
    }
}

renders_itself!(Document);

//! The papers of a case as the window hands them over: which are due to the applicant now, and the key that prints them.

use yimen_standards::time::Instant;
use yimen_web::{Notice, NoticeKind};

use crate::document::title;
use crate::model::DocumentKind;
use crate::pages::moment;
use crate::store::documents::Document;

/// A paper to print.
pub(super) struct Paper {
    pub href: String,
    pub name: &'static str,
    pub at: String,
    pub key: &'static str,
}

/// Keys of the papers to hand over, in the order they are handed over.
const KEYS: [&str; 2] = ["F10", "Alt+P"];

/// What was just done, as the address says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    Accepted,
    Submitted,
    Corrected,
    Refused,
    Answered,
    Concluded,
    Delivered,
    Withdrawn,
    /// Somebody was faster, or the same form came again.
    Already,
}

impl Done {
    const ALL: [Done; 9] = [
        Done::Accepted,
        Done::Submitted,
        Done::Corrected,
        Done::Refused,
        Done::Answered,
        Done::Concluded,
        Done::Delivered,
        Done::Withdrawn,
        Done::Already,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Done::Accepted => "accepted",
            Done::Submitted => "submitted",
            Done::Corrected => "corrected",
            Done::Refused => "refused",
            Done::Answered => "answered",
            Done::Concluded => "concluded",
            Done::Delivered => "delivered",
            Done::Withdrawn => "withdrawn",
            Done::Already => "already",
        }
    }

    pub fn parse(code: &str) -> Option<Done> {
        Done::ALL.into_iter().find(|done| done.code() == code)
    }

    pub fn notice(self) -> Notice {
        let (title, text) = match self {
            Done::Accepted => ("已受理", "请打印回执，盖章后交给申请人。"),
            Done::Submitted => ("已收件，还没有受理", "请接着预审；需要时先把接收回执交给申请人。"),
            Done::Corrected => ("补正通知已发出", "请打印告知书，盖章后交给申请人。"),
            Done::Refused => ("已作出不予受理决定", "请打印通知书，盖章后交给申请人。"),
            Done::Answered => ("已答复部门", "时限照常计算，部门会接着审查。"),
            Done::Concluded => ("这个环节已办完", ""),
            Done::Delivered => ("已送达", "请打印送达回执，由领取人签名。"),
            Done::Withdrawn => ("办件已撤回", ""),
            Done::Already => ("这一步刚才已经办过，没有再办一次", "下面是办件现在的情况。"),
        };
        let kind = if self == Done::Already { NoticeKind::Info } else { NoticeKind::Success };
        let notice = Notice::new(kind, title);
        if text.is_empty() { notice } else { notice.text(text) }
    }

    /// What the applicant takes home.
    fn kinds(self) -> &'static [DocumentKind] {
        match self {
            Done::Accepted => &[DocumentKind::Acceptance, DocumentKind::Receipt],
            Done::Submitted => &[DocumentKind::Receipt],
            Done::Corrected => &[DocumentKind::Correction],
            Done::Refused => &[DocumentKind::NotAccepted],
            Done::Delivered => &[DocumentKind::DeliveryReceipt],
            Done::Answered | Done::Concluded | Done::Withdrawn | Done::Already => &[],
        }
    }
}

/// All papers, the newest first; those due now first of all, each with its key.
pub(super) struct Papers {
    pub due: Vec<Paper>,
    pub others: Vec<Paper>,
}

impl Papers {
    pub fn of(number: &str, documents: &[Document], done: Option<Done>, now: Instant) -> Papers {
        let paper = |document: &Document, key: &'static str| Paper {
            // The print view takes the focus to its button.
            href: format!("/cases/{number}/documents/{}#print", document.number),
            name: DocumentKind::parse(&document.kind).map_or("", |kind| title(kind, &document.reason)),
            at: moment(document.at, now),
            key,
        };
        let kinds = done.map(Done::kinds).unwrap_or_default();
        let newest = |kind: &DocumentKind| documents.iter().rev().find(|d| d.kind == kind.code());
        let due: Vec<&Document> = kinds.iter().filter_map(newest).collect();
        let is_due = |document: &&Document| due.iter().any(|d| d.number == document.number);
        let others = documents.iter().rev().filter(|d| !is_due(d));
        // Where nothing is due the key prints what was issued last.
        let spare = if due.is_empty() { KEYS[0] } else { "" };
        Papers {
            due: due.iter().zip(KEYS).map(|(document, key)| paper(document, key)).collect(),
            others: others
                .enumerate()
                .map(|(at, document)| paper(document, if at == 0 { spare } else { "" }))
                .collect(),
        }
    }
}

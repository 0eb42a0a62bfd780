//! The statutory documents as sheets to print: one frame, and for each kind its own words and basis. What a document
//! said when it was issued comes from its row; names and law come from the version the case began with.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use yimen_catalogue::model::{Audience, ItemKind};
use yimen_catalogue::{Catalogue, Service, Version};
use yimen_identity::Known;
use yimen_platform::journal::{self, Entry};
use yimen_platform::{Actor, Role};
use yimen_standards::case_number::CaseNumber;
use yimen_standards::money::Fen;
use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError};
use yimen_web::{Cell, Column, Document, Html, Page, Row, Shell, Table, WebError};

use super::{ctx_of, grouped, owner_words};
use crate::document::{SUPPLEMENT, title};
use crate::model::{Case, Channel, Delivery, DocumentKind, Outcome, Owner};
use crate::policy::Act;
use crate::store::documents;
use crate::{Casework, CaseworkError, DocumentBody};

const LICENSING_LAW: &str = "《中华人民共和国行政许可法》";

#[derive(Template)]
#[template(path = "casework/documents/document.html")]
struct DocumentPage {
    page: Page,
    document: Document,
    /// Where its proof lies as a file.
    proof: Option<String>,
}

/// What proves that a document stands in the public log.
pub struct Mark {
    /// A QR code as an SVG element; empty when the proof is too large for one.
    pub svg: String,
    pub note: String,
    /// The proof itself, to keep as a file.
    pub receipt: String,
}

/// Finds the mark of the journal entry a document was issued by; put around the routes by whoever keeps a log.
#[derive(Clone)]
pub struct DocumentMark(pub Arc<Marks>);

type Marks = dyn Fn(&mut Read<'_>, &Entry) -> Option<Mark> + Send + Sync;

/// Entries of one case that are searched for the one that issued a document.
const ENTRIES: i64 = 1_000;

pub(super) fn routes() -> Router<Casework> {
    Router::new()
        .route("/cases/{number}/documents/{document}", get(page))
        .route("/cases/{number}/documents/{document}/proof", get(proof))
}

/// The document and its mark, for whoever may see the case.
async fn load(
    casework: &Casework,
    actor: &Actor,
    number: &str,
    document: i64,
    marks: Option<Extension<DocumentMark>>,
) -> Result<(Case, Arc<Version>, documents::Document, Option<Mark>), WebError> {
    let number = CaseNumber::parse(number).map_err(|_| WebError::not_found())?;
    let (handle, ctx) = (casework.clone(), ctx_of(casework, actor));
    let found = casework.platform.store.read(move |q| -> Result<_, CaseworkError> {
        let fetched = handle.fetch_by_number(q, &ctx, number.as_str(), Act::See)?;
        let row = documents::one(q, fetched.case.id, document)?.ok_or(CaseworkError::NotFound)?;
        let mark = match &marks {
            Some(Extension(marks)) => {
                issued_by(q, &row, fetched.case.id)?.and_then(|entry| (marks.0)(q, &entry))
            }
            None => None,
        };
        Ok((fetched.case, fetched.version, row, mark))
    });
    Ok(found.await?)
}

/// The entry of the command that issued a document: of its moment, and naming its kind.
fn issued_by(q: &mut Read<'_>, row: &documents::Document, case: i64) -> Result<Option<Entry>, StoreError> {
    let names = |entry: &Entry| {
        let body = entry.body();
        let kinds = body.get("documents").and_then(|kinds| kinds.as_array());
        kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind == row.kind.as_str()))
    };
    let entries = journal::of_case(q, case, 0, ENTRIES)?;
    Ok(entries.into_iter().find(|entry| entry.at == row.at && names(entry)))
}

/// The proof as a file that anybody checks without us.
async fn proof(
    State(casework): State<Casework>,
    Known(actor): Known,
    Path((number, document)): Path<(String, i64)>,
    marks: Option<Extension<DocumentMark>>,
) -> Result<Response, WebError> {
    let (case, _, _, mark) = load(&casework, &actor, &number, document, marks).await?;
    let later = "这份文书还没有记入公开账本，请过几秒再试。";
    let mark = mark.ok_or_else(|| WebError::not_found().detail(later))?;
    let name = format!("attachment; filename=\"{}-{document}.tlog-proof\"", case.number);
    let head = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_string()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((head, mark.receipt).into_response())
}

async fn page(
    State(casework): State<Casework>,
    shell: Shell,
    Known(actor): Known,
    Path((number, document)): Path<(String, i64)>,
    marks: Option<Extension<DocumentMark>>,
) -> Result<Response, WebError> {
    let (case, version, row, mark) = load(&casework, &actor, &number, document, marks).await?;
    let catalogue = casework.catalogue.get();
    let sheet = Sheet::of(&catalogue, &case, &version.service, &row)?;
    let page = shell.print(title(sheet.kind, &sheet.row.reason)).section("my");
    let page = match actor {
        Actor::Citizen { .. } => page.back(format!("/cases/{}", case.number), "办件详情"),
        actor if actor.has(Role::Clerk) => page.back(format!("/desk/cases/{}", case.number), "办件详情"),
        actor if actor.has(Role::Reviewer) => page.back(format!("/review/cases/{}", case.number), "办件详情"),
        _ => page.back(format!("/supervise/cases/{}", case.number), "办件详情"),
    };
    let proof = mark.as_ref().map(|_| format!("/cases/{}/documents/{}/proof", case.number, row.number));
    let document = match mark {
        Some(mark) if !mark.svg.is_empty() => sheet.document().qr(mark.svg, mark.note),
        _ => sheet.document(),
    };
    Ok(Html::ok(DocumentPage { page, document, proof }).into_response())
}

/// One document with everything its words are taken from.
struct Sheet<'a> {
    kind: DocumentKind,
    body: DocumentBody,
    row: &'a documents::Document,
    case: &'a Case,
    service: &'a Service,
    catalogue: &'a Catalogue,
}

impl<'a> Sheet<'a> {
    fn of(
        catalogue: &'a Catalogue,
        case: &'a Case,
        service: &'a Service,
        row: &'a documents::Document,
    ) -> Result<Self, CaseworkError> {
        let unknown = || CaseworkError::Internal(format!("unknown document kind '{}'", row.kind));
        let kind = DocumentKind::parse(&row.kind).ok_or_else(unknown)?;
        let body = serde_json::from_str(&row.body)?;
        Ok(Sheet { kind, body, row, case, service, catalogue })
    }

    fn document(&self) -> Document {
        let frame = self.frame();
        let sheet = match self.kind {
            DocumentKind::Receipt => self.receipt(frame),
            DocumentKind::TransferSlip => self.transfer_slip(frame),
            DocumentKind::Acceptance => self.acceptance(frame),
            DocumentKind::Correction => self.correction(frame),
            DocumentKind::NotAccepted => self.not_accepted(frame),
            DocumentKind::Special => self.special(frame),
            DocumentKind::Extension => self.extension(frame),
            DocumentKind::Grant => self.grant(frame),
            DocumentKind::Denial => self.denial(frame),
            DocumentKind::DeliveryReceipt => self.delivery_receipt(frame),
            DocumentKind::PaymentNotice => self.payment_notice(frame),
        };
        sheet.closing(self.where_to_ask())
    }

    /// Issuer, title, number, addressee and what every document names.
    fn frame(&self) -> Document {
        let number = grouped(&self.case.number);
        let title = title(self.kind, &self.row.reason);
        let frame = Document::new(self.issuer(), title, format!("{number}-{}号", self.row.number));
        let frame = match self.kind {
            DocumentKind::TransferSlip | DocumentKind::DeliveryReceipt => frame,
            _ => frame.to(&self.case.applicant_name),
        };
        frame
            .fact("办件编号", number)
            .fact("申请人", &self.case.applicant_name)
            .fact("申请事项", &self.service.name)
            .date(self.row.at.day().zh())
    }

    /// The window gives out what only proves that papers changed hands. What binds is the deciding department's; a
    /// special procedure is that of the department that began it.
    fn issuer(&self) -> &str {
        match self.kind {
            DocumentKind::Receipt | DocumentKind::TransferSlip => self.office(),
            DocumentKind::Special => self.department(&self.row.department),
            _ => self.department(&self.case.lead),
        }
    }

    /// The name a department had when the document was issued.
    fn department<'s>(&'s self, id: &'s str) -> &'s str {
        self.body.names.get(id).map_or_else(|| self.catalogue.department_name(id), String::as_str)
    }

    fn office(&self) -> &str {
        let today = || self.catalogue.office_name(&self.case.office);
        self.body.names.get(&self.case.office).map_or_else(today, String::as_str)
    }

    /// What had been handed in, if anything is on record.
    fn handed_in(&self, sheet: Document) -> Document {
        if self.body.materials.is_empty() {
            return sheet;
        }
        let columns = ["材料名称", "形式"].map(Column::text).to_vec();
        let row = |(name, form): &(String, String)| Row::new(vec![Cell::text(name), Cell::text(form)]);
        sheet.table(Table::new("申请材料清单", columns).rows(self.body.materials.iter().map(row)))
    }

    fn is_licence(&self) -> bool {
        self.service.kind == ItemKind::Licence
    }

    /// How the applicant is addressed.
    fn you(&self) -> &'static str {
        match self.service.audience[..] {
            [Audience::Natural] => "你",
            [Audience::Legal] => "你单位",
            _ => "你（单位）",
        }
    }

    /// What a document rests on: for a licence the article of the licensing law and the service's own basis, if one is
    /// given; else that basis, or the law of the service without an article, which a pack gives for limits only.
    fn basis(&self, article: &str, own: Option<&str>) -> String {
        // A basis that is an article of the licensing law itself says enough.
        let said = own.is_some_and(|own| own.starts_with("行政许可法"));
        let licensing = (self.is_licence() && !said).then(|| format!("{LICENSING_LAW}{article}"));
        let law = || (!self.is_licence()).then(|| cited(self.law()));
        let own = own.map(cited).or_else(law);
        licensing.into_iter().chain(own).collect::<Vec<_>>().join("、")
    }

    /// The law that sets the limit; where none does, the first the service rests on.
    fn law(&self) -> &str {
        let first = || self.service.basis.first().map_or("", |b| &b.law);
        let named = self.service.limits.statutory_basis.as_deref();
        named.map_or_else(first, |basis| basis.split_once(" 第").map_or(basis, |(law, _)| law))
    }

    /// 根据《……》第……条的规定，
    fn by_law(&self, article: &str, own: Option<&str>) -> String {
        let basis = self.basis(article, own);
        let joint = if basis.ends_with('》') { "的有关" } else { "的" };
        format!("根据{basis}{joint}规定，")
    }

    fn applied(&self, at: Option<Instant>) -> String {
        let when = at.or(self.case.received_at).map_or(String::new(), |at| format!("于{}", day(at)));
        format!("{}{when}提出的“{}”申请", self.you(), self.service.name)
    }

    fn receipt(&self, sheet: Document) -> Document {
        let what = match self.row.reason.as_str() {
            SUPPLEMENT => format!("{}就“{}”申请提交的补正材料已收到。", self.you(), self.service.name),
            _ => format!("{}及所附材料已收到。", self.applied(self.body.received_at)),
        };
        let promise = "本窗口将自收到材料之日起五个工作日内告知是否受理；材料不齐全或者不符合法定形式的，一次告知需要补正的全部内容。逾期不告知的，自收到申请材料之日起即为受理。";
        let sheet = sheet
            .paragraph(what)
            .paragraph(promise)
            .fact("收到时间", zh(self.body.received_at))
            .fact("答复期限", before(self.body.due))
            .fact("接收方式", self.case.channel.zh());
        let sheet = self.handed_in(sheet.fact("办理依据", self.basis("第三十二条", None)));
        let sheet = sheet.closing("本回执只证明申请材料已经收到，不代表申请已经受理。");
        match self.case.channel {
            Channel::Window => sheet.signature("申请人").signature("接收人"),
            Channel::Online => sheet,
        }
    }

    fn transfer_slip(&self, sheet: Document) -> Document {
        let columns = ["办理环节", "承办单位", "接收人（签字）", "接收时间"].map(Column::text).to_vec();
        let owners = self.body.steps.iter().map(|(name, owner)| (name, Owner::parse(owner)));
        let row = |name: &String, owner: &Owner| {
            let owner = owner_words(self.catalogue, owner);
            Row::new(vec![Cell::text(name), Cell::text(owner), "".into(), "".into()])
        };
        // The applicant's own steps take no papers anywhere.
        let rows = owners.filter_map(|(name, owner)| match owner? {
            Owner::Applicant => None,
            owner => Some(row(name, &owner)),
        });
        sheet
            .paragraph("下列办件已经受理，申请材料由综合窗口统一收取，按下表分送各承办单位并行办理。承办单位不得要求申请人重复提交。")
            .fact("受理时间", zh(self.body.accepted_at))
            .table(Table::new("流转环节", columns).rows(rows).empty("没有需要流转的环节"))
            .closing("纸质材料交接时，由接收人签字并填写时间；电子材料以系统记录为准。")
            .signature("移交人")
    }

    fn acceptance(&self, sheet: Document) -> Document {
        let law = self.by_law("第三十二条第一款第五项", None);
        let text = match self.row.reason.is_empty() {
            true => format!(
                "{}，经审查，属于本机关职权范围，申请材料齐全、符合法定形式。{law}现予受理。",
                self.applied(None)
            ),
            false => format!(
                "{}，自收到申请材料之日起五个工作日内未告知需要补正或者不予受理，自收到之日起即为受理。办理期限自该日起计算。",
                self.applied(None)
            ),
        };
        let sheet = sheet.paragraph(text).fact("受理时间", zh(self.body.accepted_at));
        let sheet = match self.row.reason.is_empty() {
            true => sheet,
            false => sheet.fact("受理方式", &self.row.reason),
        };
        let sheet = match self.is_licence() && !self.row.reason.is_empty() {
            true => sheet.fact("依据", format!("{LICENSING_LAW}第三十二条第一款第四项")),
            false => sheet,
        };
        let promised = with_limit(self.body.due, &self.service.limits.promised.zh());
        let sheet = sheet.fact("承诺办结", promised);
        let sheet = match (self.body.statutory_due, self.service.limits.statutory) {
            (Some(due), Some(limit)) => sheet.fact("法定办结", with_limit(Some(due), &limit.zh())),
            _ => sheet,
        };
        let sheet = match &self.service.limits.statutory_basis {
            Some(basis) => sheet.fact("时限依据", cited(basis)),
            None => sheet,
        };
        self.handed_in(sheet).closing("依法需要听证、招标、拍卖、检验、检测、检疫、鉴定、专家评审以及其他特殊程序的，所需时间不计算在上述期限内，并将另行书面告知。")
    }

    fn correction(&self, sheet: Document) -> Document {
        let law = self.by_law("第三十二条第一款第四项", None);
        let columns = ["需要补正的内容", "补正的理由和要求"].map(Column::text).to_vec();
        let rows = self
            .body
            .items
            .iter()
            .map(|item| Row::new(vec![Cell::text(&item.name), Cell::text(&item.reason)]));
        sheet
            .paragraph(format!(
                "{}，经审查，申请材料不齐全或者不符合法定形式。{law}现将需要补正的全部内容一次告知如下，请于{}补正。",
                self.applied(self.body.received_at),
                before(self.body.due)
            ))
            .fact("补正期限", before(self.body.due))
            .table(Table::new("补正内容一览", columns).rows(rows))
            .closing(format!(
                "可以在“我的办件”中网上补正，也可以到{}提交。按要求补正全部内容的，依法受理；逾期没有补正的，本次申请终止办理，{}可以重新提出申请。",
                self.office(),
                self.you()
            ))
    }

    fn not_accepted(&self, sheet: Document) -> Document {
        let law = self.by_law("第三十二条", None);
        sheet
            .paragraph(format!("{}，经审查，{law}决定不予受理。", self.applied(self.body.received_at)))
            .fact("收到时间", zh(self.body.received_at))
            .fact("理由", &self.row.reason)
            .closing(self.remedies())
    }

    fn special(&self, sheet: Document) -> Document {
        let spec = self.service.specials.iter().find(|s| s.name == self.body.name);
        let law = self.by_law("第四十五条", spec.map(|s| s.basis.as_str()));
        let afterwards = match spec.is_some_and(|s| s.resets) {
            true => "特殊程序结束后，办理期限重新计算。",
            false => "特殊程序结束后，办理期限继续计算；提前结束的，自结束之日起继续计算。",
        };
        let step = self.case.task(self.row.task_id).map(|t| t.name.as_str());
        let sheet = sheet
            .paragraph(format!(
                "{}，在审查中需要依法进行“{}”。{law}所需时间不计算在办理期限内，现告知如下。",
                self.applied(None),
                self.body.name
            ))
            .fact("特殊程序", &self.body.name);
        let sheet = match step {
            Some(step) => sheet.fact("所在环节", step),
            None => sheet,
        };
        let sheet = sheet
            .fact("理由", &self.row.reason)
            .fact("开始时间", self.row.at.zh())
            .fact("届满时间", zh(self.body.due));
        let sheet = match spec {
            Some(spec) => sheet.fact("所需时间", format!("不超过{}", spec.limit.zh())),
            None => sheet,
        };
        sheet.closing(afterwards)
    }

    fn extension(&self, sheet: Document) -> Document {
        let own = self.service.limits.extension.as_ref().map(|e| e.basis.as_str());
        let law = self.by_law("第四十二条", own);
        let sheet = sheet
            .paragraph(format!(
                "{}，因故不能在规定期限内作出决定。{law}经本机关负责人批准，办理期限延长{}，现将延长期限的理由告知如下。",
                self.applied(None),
                self.body.name
            ))
            .fact("延长期限", &self.body.name)
            .fact("延长的理由", &self.row.reason)
            .fact("承诺办结延至", zh(self.body.due));
        match self.body.statutory_due {
            Some(due) => sheet.fact("法定办结延至", due.zh()),
            None => sheet,
        }
    }

    fn grant(&self, sheet: Document) -> Document {
        let law = self.by_law("第三十八条第一款", None);
        let delivery = &self.service.limits.delivery;
        let result = &self.service.result.name;
        let by = match self.is_licence() {
            true => format!("根据{LICENSING_LAW}第四十四条的规定，"),
            false => String::new(),
        };
        let sheet = sheet
            .paragraph(format!("{}，经审查，符合法定条件、标准。{law}决定予以批准。", self.applied(None)))
            .fact("受理时间", zh(self.body.accepted_at))
            .fact("决定时间", self.row.at.zh())
            .fact("决定结果", "予以批准");
        let sheet = match self.row.reason.is_empty() {
            true => sheet,
            false => sheet.fact("审查意见", &self.row.reason),
        };
        sheet.closing(format!(
            "{by}本机关自作出决定之日起{}内向{}颁发、送达“{result}”。",
            delivery.zh(),
            self.you()
        ))
    }

    fn denial(&self, sheet: Document) -> Document {
        let law = self.by_law("第三十八条第二款", None);
        let sheet = sheet
            .paragraph(format!("{}，经审查，不符合法定条件、标准。{law}决定不予批准。", self.applied(None)))
            .fact("受理时间", zh(self.body.accepted_at))
            .fact("决定时间", self.row.at.zh())
            .fact("决定结果", "不予批准")
            .fact("理由", &self.row.reason);
        let sheet = match self.body.total {
            0 => sheet,
            total => sheet.closing(format!("已经缴纳的{}元将原路退回。", Fen(total).grouped())),
        };
        sheet.closing(self.remedies())
    }

    fn delivery_receipt(&self, sheet: Document) -> Document {
        let result = &self.service.result.name;
        let delivered = match self.case.outcome {
            _ if !self.body.delivered.is_empty() => self.body.delivered.join("、"),
            Some(Outcome::Denied) => DocumentKind::Denial.zh().to_string(),
            _ => format!("{}、{result}", DocumentKind::Grant.zh()),
        };
        let sheet = sheet
            .fact("送达文书", delivered)
            .fact("受送达人", &self.case.applicant_name)
            .fact("送达方式", &self.body.name)
            .fact("送达时间", self.row.at.zh());
        let sheet = sheet.fact("办理依据", self.basis("第四十四条", None));
        let sheet = match self.row.reason.as_str() {
            reason if reason.is_empty() || reason == self.body.name => sheet,
            reason => sheet.fact("备注", reason),
        };
        // An electronic result needs nobody's hand: it counts from when it reached the applicant's account.
        if self.body.name == Delivery::Electronic.zh() {
            return sheet.closing("上列文书已送达受送达人在本平台的账户，以系统记录的到达时间为送达时间。");
        }
        let sheet = match self.body.name == Delivery::Window.zh() {
            true => sheet.fact("送达地点", self.office()),
            false => sheet,
        };
        sheet
            .closing("受送达人在本回执上签名或者盖章并注明收到日期，签收日期为送达日期；邮寄送达的，以邮件回执上注明的收件日期为送达日期。")
            .signature("受送达人")
            .signature("送达人")
    }

    fn payment_notice(&self, sheet: Document) -> Document {
        let columns = vec![
            Column::text("收费项目"),
            Column::text("收费依据"),
            Column::text("收款单位"),
            Column::number("金额（元）"),
        ];
        let rows = self.body.fees.iter().map(|fee| {
            let payee = self.department(&fee.payee);
            Row::new(vec![
                Cell::text(&fee.name),
                Cell::text(&fee.basis),
                Cell::text(payee),
                Cell::text(Fen(fee.fen).grouped()),
            ])
        });
        let total = Fen(self.body.total);
        sheet
            .paragraph(format!("{}已经审查到缴费环节，请按下列项目和金额缴纳。", self.applied(None)))
            .fact("应缴合计", format!("人民币{}（¥{}）", total.capitals(), total.grouped()))
            .table(Table::new("收费明细", columns).rows(rows))
            .closing(format!(
                "请在“我的办件”中网上缴费，或者到{}缴费；缴清后继续办理。收取的费用开具税收票据或者财政票据，除上列项目外不收取其他费用。",
                self.office()
            ))
    }

    /// Who may be asked for review: cities answer for their departments, tax offices for theirs (行政复议法).
    fn remedies(&self) -> String {
        let above = match self.issuer().starts_with("国家税务总局") {
            true => "本机关的上一级税务机关".to_string(),
            false => format!("{}人民政府", self.catalogue.city().name),
        };
        format!(
            "如不服本决定，可以自收到本{}之日起60日内向{above}申请行政复议，也可以自收到之日起6个月内依法向有管辖权的人民法院提起行政诉讼。",
            match self.kind {
                DocumentKind::NotAccepted => "通知书",
                _ => "决定书",
            }
        )
    }

    /// The case number and where to follow it.
    fn where_to_ask(&self) -> String {
        let office = self.catalogue.city().offices.iter().find(|o| o.id == self.case.office);
        let phone = office.map_or(String::new(), |o| format!("，或者致电{}（{}）", o.name, o.phone));
        format!("凭办件编号 {} 可以在本平台“查办件进度”中查询{phone}。", grouped(&self.case.number))
    }
}

/// `不动产登记暂行条例 第二十条` as it is written in a document: 《不动产登记暂行条例》第二十条.
fn cited(basis: &str) -> String {
    if basis.contains('《') {
        return basis.to_string();
    }
    let (law, article) = match basis.split_once(" 第") {
        Some((law, article)) => (law, format!("第{article}")),
        None => (basis, String::new()),
    };
    match law {
        "行政许可法" => format!("{LICENSING_LAW}{article}"),
        law => format!("《{law}》{article}"),
    }
}

fn day(at: Instant) -> String {
    at.day().zh()
}

fn zh(at: Option<Instant>) -> String {
    at.map(Instant::zh).unwrap_or_default()
}

fn before(at: Option<Instant>) -> String {
    at.map_or(String::new(), |at| format!("{}前", at.zh()))
}

fn with_limit(due: Option<Instant>, limit: &str) -> String {
    due.map_or_else(|| limit.to_string(), |due| format!("{}前（{limit}）", due.zh()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_basis_is_cited_with_its_marks() {
        assert_eq!(cited("不动产登记暂行条例 第二十条"), "《不动产登记暂行条例》第二十条");
        assert_eq!(cited("浙江省常住户口登记管理规定"), "《浙江省常住户口登记管理规定》");
        assert_eq!(
            cited("行政许可法 第四十五条、第四十六条"),
            "《中华人民共和国行政许可法》第四十五条、第四十六条"
        );
        assert_eq!(cited("《契税法》"), "《契税法》");
    }

    #[test]
    fn a_due_time_that_was_not_written_down_leaves_no_hole() {
        assert_eq!(with_limit(None, "60分钟"), "60分钟");
        assert_eq!(before(None), "");
    }
}

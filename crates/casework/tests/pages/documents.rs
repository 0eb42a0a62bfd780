//! The statutory documents: every kind from a stored row, for a licence and for a service that is none, word for word.

use std::path::PathBuf;

use yimen_casework::model::{BillItem, CorrectionItem, DocumentKind};
use yimen_casework::policy::Act;
use yimen_casework::store::documents::{Document, insert};
use yimen_casework::{Casework, CaseworkError, DocumentBody};
use yimen_platform::{Actor, Ctx};
use yimen_store::Tx;

use crate::story;
use crate::world::{SELLER, World, between, day, number_of};

/// One of a kind that is 行政许可, one that is 行政确认.
const SERVICES: [&str; 2] = ["food-business-licence", "existing-home-transfer"];

#[test]
fn every_kind_says_what_its_row_says_word_for_word() {
    story("documents", |world| async move {
        let me = world.buyer();
        let mut texts = vec![String::new(); DocumentKind::ALL.len()];
        for service in SERVICES {
            let number = begin(&world, &me, service).await;
            issue(&world, &number, service);
            for (at, kind) in DocumentKind::ALL.iter().enumerate() {
                let page = world.get(&me, &format!("/cases/{number}/documents/{}", at + 1)).await;
                assert_eq!(page.status, 200, "{kind:?}: {}", page.text());
                yimen_web::check::assert_page(kind.zh(), &page.text());
                assert!(page.title().contains(kind.zh()));
                keep(&format!("{service}-{}", kind.code()), &page.bytes);
                let grouped = yimen_casework::pages::grouped(&number);
                texts[at] += &format!("== {service}\n{}\n", text(&page.text()).replace(&grouped, "NUMBER"));
            }
        }
        for (kind, text) in DocumentKind::ALL.iter().zip(texts) {
            golden(kind.code(), &text);
        }
    });
}

#[test]
fn what_the_window_really_gave_is_there_and_nobody_else_learns_of_it() {
    story("given", |world| async move {
        let me = world.buyer();
        let number = world.billed(&me).await;
        let path = |n: u32| format!("/cases/{number}/documents/{n}");
        let titles = ["接收回执", "受理回执", "物料流转凭证", "缴费通知书"];
        for (n, title) in (1..).zip(titles) {
            let page = world.get(&me, &path(n)).await;
            assert!(page.title().contains(title), "{n}: {}", page.title());
            yimen_web::check::assert_page(title, &page.text());
        }
        let notice = world.get(&me, &path(4)).await;
        assert!(notice.says("人民币叁万贰仟零捌拾元整（¥32,080.00）"), "{}", text(&notice.text()));
        assert!(!notice.says(SELLER), "nobody's number is printed");
        let office = world.case(&number).office;
        assert_eq!(world.get(&world.clerk(&office), &path(2)).await.status, 200);
        assert_eq!(world.get(&world.reviewer("tax"), &path(3)).await.status, 200);
        let stranger = world.citizen("别人", SELLER);
        assert_eq!(world.get(&stranger, &path(1)).await.status, 404);
        assert_eq!(world.get(&world.clerk("tonglu"), &path(1)).await.status, 404);
        assert_eq!(world.get(&me, &path(99)).await.status, 404);
        assert_eq!(world.get(&me, "/cases/nothing/documents/1").await.status, 404);
        let nobody = world.get(&Actor::Anyone, &path(1)).await;
        assert!(nobody.status != 200 && !nobody.says("接收回执"), "{}", nobody.status);
    });
}

#[test]
fn a_correction_notice_lists_what_to_mend_and_by_when() {
    story("notice", |world| async move {
        let me = world.buyer();
        let number = world.correcting(&me).await;
        let page = world.get(&me, &format!("/cases/{number}/documents/2")).await;
        let text = text(&page.text());
        for words in ["申请材料补正告知书", "不动产权证书", "缺少附图页", "网签合同备案号", "2026年12月25日"]
        {
            assert!(text.contains(words), "{words}:\n{text}");
        }
    });
}

async fn begin(world: &World, me: &Actor, service: &str) -> String {
    let guide = world.get(me, &format!("/services/{service}")).await;
    let fields = [("nonce", guide.hidden("nonce")), ("again", "yes".to_string())];
    let fields = fields.each_ref().map(|(k, v)| (*k, v.as_str()));
    let begun = world.post(me, &format!("/services/{service}/start"), &fields).await;
    assert_eq!(begun.status, 303, "{service}: {}", begun.text());
    number_of(&begun.location())
}

/// Stores one document of every kind, in the order of the kinds.
fn issue(world: &World, number: &str, service: &str) {
    let (number, service) = (number.to_string(), service.to_string());
    let write = move |casework: &Casework, tx: &mut Tx<'_>, ctx: &Ctx| -> Result<(), CaseworkError> {
        let case = casework.fetch_by_number(tx, ctx, &number, Act::See)?.case;
        for (n, kind) in (1..).zip(DocumentKind::ALL) {
            let (body, reason) = sample(*kind, &service);
            let document = Document {
                number: n,
                kind: kind.code().into(),
                task_id: 0,
                at: day("2026-11-26").at(15, 20),
                issued_by: "何文".into(),
                department: case.lead.clone(),
                reason: reason.into(),
                body: serde_json::to_string(&body).unwrap(),
            };
            insert(tx, case.id, &document)?;
        }
        Ok(())
    };
    world.command(&Actor::System("test"), write).unwrap();
}

// tidy: long, because a sample stands for each of the eleven kinds
fn sample(kind: DocumentKind, service: &str) -> (DocumentBody, &'static str) {
    let received_at = Some(day("2026-11-23").at(9, 12));
    let accepted_at = Some(day("2026-11-24").at(10, 5));
    let due = Some(day("2026-12-01").at(17, 0));
    let statutory_due = Some(day("2026-12-08").at(17, 0));
    let empty = DocumentBody::default();
    match kind {
        DocumentKind::Receipt => {
            let material = |name: &str, form: &str| (name.to_string(), form.to_string());
            let materials = vec![
                material("申请书", "由填报内容生成"),
                material("身份证明", "已核验原件"),
                material("经营场所平面图", "电子文件 2 份"),
            ];
            (DocumentBody { received_at, due, materials, ..empty }, "")
        }
        DocumentKind::TransferSlip => {
            let step = |name: &str, owner: &str| (name.to_string(), owner.to_string());
            let steps = vec![
                step("房屋交易核验", "dept:housing"),
                step("核定税款", "dept:tax"),
                step("缴纳税费", "applicant"),
                step("登簿", "dept:natural-resources"),
                step("领取结果", "office:civic-centre"),
            ];
            (DocumentBody { accepted_at, steps, ..empty }, "")
        }
        // The home transfer is deemed accepted, the licence by the window.
        DocumentKind::Acceptance => {
            let reason = if service == SERVICES[1] { "视为受理" } else { "" };
            (DocumentBody { accepted_at, due, statutory_due, ..empty }, reason)
        }
        DocumentKind::Correction => {
            let item = |target: &str, name: &str, reason: &str| CorrectionItem {
                target: target.into(),
                name: name.into(),
                reason: reason.into(),
            };
            let items = vec![
                item("material:layout", "经营场所平面图", "没有标注操作间面积；请按实际尺寸重新绘制"),
                item("field:premises", "经营场所地址", "与场所证明不一致，请核对门牌号"),
            ];
            (DocumentBody { received_at, due: Some(day("2026-12-28").at(17, 0)), items, ..empty }, "")
        }
        DocumentKind::NotAccepted => (
            DocumentBody { received_at, ..empty },
            "申请事项不属于本机关职权范围，请向经营场所所在地的区级主管部门申请。",
        ),
        DocumentKind::Special => {
            let name = if service == SERVICES[0] { "听证" } else { "权属争议调查" };
            let due = Some(day("2026-12-24").at(17, 0));
            (DocumentBody { due, name: name.into(), ..empty }, "利害关系人在法定期限内提出书面异议。")
        }
        DocumentKind::Extension => (
            DocumentBody { due, statutory_due, name: "5个工作日".into(), ..empty },
            "现场核查需要申请人整改后复查。",
        ),
        DocumentKind::Grant => (DocumentBody { accepted_at, ..empty }, "材料齐全，现场核查合格"),
        DocumentKind::Denial => {
            (DocumentBody { accepted_at, ..empty }, "经营场所与有毒、有害场所的距离不足规定的25米。")
        }
        DocumentKind::DeliveryReceipt => {
            let (name, number) = match service == SERVICES[0] {
                true => ("电子送达", "食品经营许可证（浙杭食经(2026)第0000001号）"),
                false => ("窗口领取", "不动产权证书（浙(2026)杭州市不动产权第0000001号）"),
            };
            let delivered = vec!["批准决定书".into(), number.into()];
            (DocumentBody { name: name.into(), delivered, ..empty }, "")
        }
        DocumentKind::PaymentNotice => {
            let fee = |name: &str, fen: i64, basis: &str, payee: &str| BillItem {
                fee: name.into(),
                name: name.into(),
                fen,
                basis: basis.into(),
                payee: payee.into(),
            };
            let fees = vec![
                fee("契税", 3_200_050, "契税法", "tax"),
                fee("不动产登记费", 8_000, "发改价格规〔2016〕2559号", "natural-resources"),
            ];
            // The tax office has been renamed since: the notice keeps the name it was issued with.
            let names = [("tax".to_string(), "杭州市地方税务局".to_string())].into();
            (DocumentBody { fees, total: 3_208_050, names, ..empty }, "")
        }
    }
}

/// What the sheet says, an element a line.
fn text(html: &str) -> String {
    let sheet = between(html, "<article class=\"sheet\">", "</article>").unwrap();
    let mut lines = String::new();
    for piece in sheet.split('<') {
        let words = piece.split_once('>').map_or(piece, |(_, words)| words).trim();
        if !words.is_empty() {
            lines += &format!("{words}\n");
        }
    }
    lines.replace("&#34;", "\"").replace("&#38;", "&")
}

/// `YIMEN_UPDATE=1` writes the file anew: read the difference.
fn golden(name: &str, found: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/documents/{name}.txt"));
    if std::env::var_os("YIMEN_UPDATE").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    let wanted = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(wanted, found, "{name}: run with YIMEN_UPDATE=1 and read the difference");
}

/// `YIMEN_KEEP=folder` keeps the pages, to be looked at and printed.
fn keep(name: &str, page: &[u8]) {
    if let Some(folder) = std::env::var_os("YIMEN_KEEP") {
        std::fs::write(PathBuf::from(folder).join(format!("{name}.html")), page).unwrap();
    }
}

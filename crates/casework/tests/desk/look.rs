//! What only an eye would see: what is printed fits its sheet, and short names stand on one line.

use std::sync::Arc;

use axum::Extension;
use yimen_casework::DocumentBody;
use yimen_casework::model::DocumentKind;
use yimen_casework::pages::{DocumentMark, Mark};
use yimen_casework::store::documents;
use yimen_store::{StoreError, Tx, params, sql};
use yimen_testkit::browser::{Browser, Result};

use crate::crew::clerk;
use crate::keyboard::{serve, tell};
use crate::world::World;

sql! {
    BODY = "select body from casework_document where case_id = $1 and number = $2";
    SET_BODY = "update casework_document set body = $3 where case_id = $1 and number = $2";
    SET_CHANNEL = "update casework_case set channel = $2 where id = $1";
}

/// As many papers as a home transfer takes, by the longest names they have.
const PAPERS: [&str; 8] = [
    "不动产登记申请书（存量房转移登记，买卖双方共同申请）",
    "卖方身份证明（卖方已婚的，夫妻双方的身份证明）",
    "买方身份证明（买方已婚的，夫妻双方的身份证明）",
    "不动产权证书（房屋所有权证、国有土地使用证）",
    "存量房买卖合同（网签备案）",
    "卖方婚姻状况证明或者声明",
    "买方家庭住房情况承诺书",
    "授权委托书及代理人身份证明",
];

/// A mark as large as they come.
fn marked(mut world: World) -> World {
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 157 157\"><rect width=\"157\" height=\"157\"/></svg>";
    let mark = move || Mark {
        svg: svg.into(),
        note: "扫码核验：本文书已存入公开账本".into(),
        receipt: "proof".into(),
    };
    world.router = world.router.clone().layer(Extension(DocumentMark(Arc::new(move |_, _| Some(mark())))));
    world
}

impl World {
    /// The kinds of a case's documents, in the order of their numbers.
    fn documents(&self, case: i64) -> Vec<String> {
        let store = &self.casework.platform.store;
        let rows = store.read_blocking(move |q| documents::of_case(q, case)).unwrap();
        rows.into_iter().map(|row| row.kind).collect()
    }
}

/// Makes a document name eight papers.
fn with_eight_papers(world: &World, case: i64, document: i64) {
    let store = &world.casework.platform.store;
    let changed = store.write_blocking("test.papers", move |tx: &mut Tx<'_>| {
        let body: String = tx.one(&BODY, params![case, document])?;
        let mut body: DocumentBody =
            serde_json::from_str(&body).map_err(|e| StoreError::Other(e.to_string()))?;
        body.materials = PAPERS.iter().map(|name| ((*name).into(), "电子文件 2 份".into())).collect();
        let body = serde_json::to_string(&body).map_err(|e| StoreError::Other(e.to_string()))?;
        tx.put_one(&SET_BODY, params![case, document, &body])
    });
    changed.unwrap();
}

#[test]
fn a_receipt_of_eight_papers_fits_one_sheet() -> Result {
    tell("one-sheet", |world| async move {
        let world = marked(world);
        let number = world.accepted(&world.buyer()).await;
        let case = world.case(&number);
        let base = serve(&world, &clerk(501, &case.office)).await;
        let browser = Browser::start().await?;
        let desk = browser.desktop().await?;
        let folder = std::env::var_os("YIMEN_PRINTED").map(std::path::PathBuf::from);
        // Received and accepted; online, and at the window, where both sign.
        for channel in ["online", "window"] {
            let id = case.id;
            let set = move |tx: &mut Tx<'_>| tx.put_one(&SET_CHANNEL, params![id, channel]);
            world.casework.platform.store.write_blocking("test.channel", set).unwrap();
            for (document, title) in [(1, "接收回执"), (2, "受理")] {
                with_eight_papers(&world, case.id, document);
                desk.goto(&format!("{base}/cases/{number}/documents/{document}")).await?;
                assert!(desk.shows(title).await? && desk.shows(PAPERS[7]).await?);
                let (pdf, pages) = desk.printed().await?;
                if let Some(folder) = &folder {
                    std::fs::write(folder.join(format!("{channel}-{document}.pdf")), pdf).unwrap();
                }
                assert_eq!(pages, 1, "{channel} {title}");
            }
        }
        Ok(())
    })
}

#[test]
fn every_paper_of_a_case_that_is_to_be_paid_prints_on_one_sheet() -> Result {
    tell("one-sheet-billed", |world| async move {
        let world = marked(world);
        let number = world.billed(&world.buyer()).await;
        let case = world.case(&number);
        let base = serve(&world, &clerk(501, &case.office)).await;
        let browser = Browser::start().await?;
        let desk = browser.desktop().await?;
        let folder = std::env::var_os("YIMEN_PRINTED").map(std::path::PathBuf::from);
        let kinds = world.documents(case.id);
        let notice = DocumentKind::PaymentNotice.code();
        assert!(kinds.iter().any(|kind| kind == notice), "{kinds:?}");
        for (document, kind) in (1..).zip(&kinds) {
            if matches!(DocumentKind::parse(kind), Some(DocumentKind::Receipt | DocumentKind::Acceptance)) {
                with_eight_papers(&world, case.id, document);
            }
            desk.goto(&format!("{base}/cases/{number}/documents/{document}")).await?;
            desk.wait_for("办件编号").await?;
            let (pdf, pages) = desk.printed().await?;
            if let Some(folder) = &folder {
                std::fs::write(folder.join(format!("billed-{document}-{kind}.pdf")), pdf).unwrap();
            }
            assert_eq!(pages, 1, "{document} {kind}");
        }
        Ok(())
    })
}

#[test]
fn who_is_paid_stands_on_one_line_at_a_desk() -> Result {
    tell("payee", |world| async move {
        let number = world.billed(&world.buyer()).await;
        let case = world.case(&number);
        let base = serve(&world, &clerk(501, &case.office)).await;
        let browser = Browser::start().await?;
        let desk = browser.desktop().await?;
        desk.goto(&format!("{base}/desk/cases/{number}")).await?;
        desk.wait_for("收款单位").await?;
        let lines = desk.lines_of("th.whole, td.whole").await?;
        assert!(lines.len() > 2 && lines.iter().all(|lines| *lines <= 1), "{lines:?}");
        Ok(())
    })
}

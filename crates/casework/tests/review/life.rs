//! Whole lives of cases: each statutory document comes at its moment, once, and without a hole in it.

use yimen_casework::model::{BillState, CaseState, CorrectionItem, Finding, Outcome};
use yimen_casework::policy::Act;
use yimen_casework::store::documents;
use yimen_casework::{CaseworkError, DecideTask};
use yimen_catalogue::{Fact, Facts};
use yimen_platform::Actor;

use crate::crew::{head, reviewer, staff};
use crate::story;
use crate::world::{PDF, World};

impl World {
    /// The documents issued so far, by their codes.
    pub(crate) fn documents(&self, number: &str) -> Vec<String> {
        let id = self.case(number).id;
        let rows = self.casework.platform.store.read_blocking(move |q| documents::of_case(q, id)).unwrap();
        rows.into_iter().map(|d| d.kind).collect()
    }

    /// Concludes a step with records that its pack asks for.
    fn finish(&self, number: &str, step: &str, who: &Actor, finding: Finding, records: &[(&str, Fact)]) {
        let task = self.task(number, step).id;
        let records = records.iter().map(|(id, fact)| (id.to_string(), fact.clone())).collect();
        let opinion = "材料齐全，核对无误，依据登记簿记载。".into();
        self.conclude(who, task, DecideTask { task, finding, opinion, records });
    }

    fn system<T: Send + 'static>(
        &self,
        act: impl Fn(
            &yimen_casework::Casework,
            &mut yimen_store::Tx<'_>,
            &yimen_platform::Ctx,
        ) -> Result<T, CaseworkError>
        + Send
        + 'static,
    ) -> T {
        self.command(&Actor::System("test"), act).unwrap()
    }

    fn pay(&self, number: &str) {
        let bill = self.case(number).bills.iter().find(|b| b.state == BillState::Due).unwrap().id;
        self.system(move |casework, tx, ctx| casework.pay(tx, ctx, bill, "GW1"));
    }

    /// Every document as its applicant opens it: sound, and nothing in it left blank.
    async fn read_documents(&self, owner: &Actor, number: &str) {
        for n in 1..=self.documents(number).len() {
            let page = self.get(owner, &format!("/cases/{number}/documents/{n}")).await;
            assert_eq!(page.status, 200, "{n}: {}", page.text());
            for hole in ["<dd></dd>", "于提出", "请于补正", "为止前", "《》"] {
                assert!(!page.says(hole), "document {n} has a hole ({hole}): {}", page.text());
            }
        }
    }
}

fn text(value: &str) -> Fact {
    Fact::Text(value.into())
}

const LAND: &str = "natural-resources";

#[test]
fn each_document_comes_at_its_moment_in_the_life_of_a_home_transfer() {
    story("life", |world| async move {
        let me = world.buyer();
        let number = world.correcting(&me).await;
        let mut wanted = vec!["receipt", "correction"];
        assert_eq!(world.documents(&number), wanted);

        let title = format!("/cases/{number}/apply/materials/title");
        world.upload(&me, &title, &[], &[("f", "附图.pdf", PDF)]).await;
        let fields = [("contract_no", "HZ20261125009"), ("action", "hand-in")];
        world.post(&me, &format!("/cases/{number}/correct"), &fields).await;
        wanted.push("receipt");
        assert_eq!(world.documents(&number), wanted);

        let (id, clerk) = (world.case(&number).id, world.clerk("civic-centre"));
        world.command(&clerk, move |casework, tx, ctx| casework.accept(tx, ctx, id, &[])).unwrap();
        wanted.extend(["acceptance", "transfer_slip"]);
        assert_eq!(world.documents(&number), wanted);

        let land = reviewer(1, "王敏", LAND);
        let examine = world.task(&number, "examine").id;
        let start = move |casework: &yimen_casework::Casework,
                          tx: &mut yimen_store::Tx<'_>,
                          ctx: &yimen_platform::Ctx| {
            let case = casework.start_special(tx, ctx, examine, "dispute-inquiry", "共有人提出异议。")?;
            let stop = case.open_stop().map(|s| s.id).unwrap();
            casework.end_special(tx, ctx, examine, stop, "异议不成立")
        };
        world.command(&land, start).unwrap();
        wanted.push("special");
        assert_eq!(world.documents(&number), wanted);

        let money = |fen: i64| Fact::Int(fen);
        let tax = [
            ("taxable_price", money(320_000_000)),
            ("deed_tax", money(3_200_000)),
            ("vat", money(0)),
            ("vat_surcharge", money(0)),
            ("income_tax", money(0)),
        ];
        world.finish(&number, "assess-tax", &reviewer(2, "税务甲", "tax"), Finding::Pass, &tax);
        wanted.push("payment_notice");
        assert_eq!(world.documents(&number), wanted);
        let housing = [
            ("filed_on", text("2026-11-20")),
            ("filed_price", money(320_000_000)),
            ("buyer_house_count", money(0)),
        ];
        world.finish(&number, "verify-contract", &reviewer(3, "房管甲", "housing"), Finding::Pass, &housing);
        let unit = [
            ("registered_unit", text("330102001001GB00001F00010001")),
            ("registered_use", text("dwelling")),
            ("land_right", text("granted")),
        ];
        world.finish(&number, "examine", &land, Finding::Pass, &unit);
        world.pay(&number);
        world.finish(&number, "register", &land, Finding::Pass, &[]);
        wanted.push("grant");
        assert_eq!(world.documents(&number), wanted);
        world.finish(&number, "issue", &land, Finding::Pass, &[]);
        if world.case(&number).state != CaseState::Closed {
            world.finish(&number, "deliver", &clerk, Finding::Pass, &[]);
        }
        wanted.push("delivery_receipt");
        assert_eq!(world.documents(&number), wanted);
        assert_eq!(world.case(&number).state, CaseState::Closed);
        world.read_documents(&me, &number).await;
    });
}

#[test]
fn a_refusal_and_an_extension_come_as_papers_too() {
    story("refusals", |world| async move {
        let me = world.buyer();
        let refused = world.submitted(&me).await;
        let (id, clerk) = (world.case(&refused).id, world.clerk("civic-centre"));
        let why = "不属于本机关职权范围，请向不动产所在地的登记机构申请。";
        world.command(&clerk, move |casework, tx, ctx| casework.not_accept(tx, ctx, id, why)).unwrap();
        assert_eq!(world.documents(&refused), ["receipt", "not_accepted"]);
        world.read_documents(&me, &refused).await;
        let page = world.get(&me, &format!("/cases/{refused}/documents/2")).await;
        for words in [
            why,
            "60日内向杭州市人民政府申请行政复议",
            "6个月内依法向有管辖权的人民法院提起行政诉讼",
            "（盖章）",
        ] {
            assert!(page.says(words), "{words}: {}", page.text());
        }

        let card = world.id_card();
        let police = staff(60, "周警官", &[yimen_platform::Role::Reviewer], "police");
        let records = [("born_on", text("1985-03-12")), ("fingerprint_status", text("done"))];
        world.finish(&card.number, "capture", &clerk, Finding::Pass, &records);
        let id = card.id;
        world
            .command(&police, move |casework, tx, ctx| {
                casework.ask_extension(tx, ctx, id, "姓名字形需要部里核对。")
            })
            .unwrap();
        assert!(!world.documents(&card.number).contains(&"extension".to_string()), "only asked for");
        let chief = head(61, "吴局", "police");
        world.command(&chief, move |casework, tx, ctx| casework.answer_extension(tx, ctx, id, true)).unwrap();
        assert_eq!(world.documents(&card.number).last().unwrap(), "extension");
    });
}

#[test]
fn what_was_paid_is_given_back_with_a_denial_that_names_the_ways_of_appeal() {
    story("denied", |world| async move {
        let me = world.buyer();
        let number = world.billed(&me).await;
        world.pay(&number);
        let land = reviewer(1, "王敏", LAND);
        world.finish(&number, "examine", &land, Finding::Fail, &[]);
        world.finish(&number, "register", &land, Finding::Fail, &[]);
        let case = world.case(&number);
        assert_eq!((case.outcome, case.bills[0].state), (Some(Outcome::Denied), BillState::Refunding));
        let documents = world.documents(&number);
        let denial = documents.iter().position(|d| d == "denial").unwrap() + 1;
        let page = world.get(&me, &format!("/cases/{number}/documents/{denial}")).await;
        for words in ["行政复议", "行政诉讼", "已经缴纳的32,080.00元将原路退回"] {
            assert!(page.says(words), "{words}: {}", page.text());
        }
        let bill = case.bills[0].id;
        world.system(move |casework, tx, ctx| casework.refunded(tx, ctx, bill));
        assert_eq!(world.case(&number).bills[0].state, BillState::Refunded);
        world.read_documents(&me, &number).await;
    });
}

#[test]
fn an_end_before_the_decision_tells_its_reason_to_those_concerned() {
    story("reasons", |world| async move {
        let me = world.buyer();
        let (voided, withdrawn) = (world.accepted(&me).await, world.accepted(&me).await);
        let land = head(50, "陈处", LAND);
        let path = format!("/supervise/cases/{voided}");
        world.post(&land, &format!("{path}/void"), &[("void-reason", "与另一件申请内容重复")]).await;
        assert!(world.get(&me, &format!("/cases/{voided}")).await.says("原因：与另一件申请内容重复。"));
        assert!(world.get(&land, &path).await.says("作废办件：与另一件申请内容重复"));
        let fields = [("reason", "房子不卖了")];
        world.post(&me, &format!("/cases/{withdrawn}/withdraw"), &fields).await;
        let seen = world.get(&land, &format!("/supervise/cases/{withdrawn}")).await;
        assert!(seen.says("撤回申请：房子不卖了"), "{}", seen.text());
        assert_eq!(world.case(&withdrawn).ended_because, "房子不卖了");
    });
}

/// What the window has checked stays as it is while the applicant mends what was asked for.
#[test]
fn a_correction_changes_only_what_the_notice_asked_for() {
    story("only-asked", |world| async move {
        let me = world.buyer();
        let number = world.correcting(&me).await;
        let case = world.case(&number);
        let id = case.id;
        let contract = format!("/cases/{number}/apply/materials/contract");
        let forged = world.upload(&me, &contract, &[], &[("f", "换掉.pdf", PDF)]).await;
        assert_eq!(forged.status, 409, "{}", forged.text());
        let paper = yimen_casework::NewFile {
            slot: "contract".into(),
            name: "换掉.pdf".into(),
            mime: "application/pdf".into(),
            size: 1,
            digest: "x".into(),
        };
        let added = world.command(&me, move |casework, tx, ctx| casework.add_file(tx, ctx, id, &paper));
        let words = added.unwrap_err().to_string();
        assert!(words.contains("补正通知没有要求改“存量房买卖合同（已网签备案）”"), "{words}");
        let file = move |world: &World| {
            let files = world
                .casework
                .platform
                .store
                .read_blocking(move |q| yimen_casework::store::materials::files(q, id))
                .unwrap();
            files.into_iter().find(|f| f.slot == "contract").map(|f| f.id)
        };
        let there = file(&world).unwrap().to_string();
        let removed = world.post(&me, &contract, &[("remove", &there)]).await;
        assert_eq!(removed.status, 409, "{}", removed.text());
        assert!(file(&world).is_some());
        let cheaper = Facts::from([("price".to_string(), Fact::Int(100))]);
        let changed =
            world.command(&me, move |casework, tx, ctx| casework.answer(tx, ctx, id, &cheaper, &[]));
        assert!(matches!(changed, Err(CaseworkError::Refused(_))), "{changed:?}");
        let asked = Facts::from([("contract_no".to_string(), text("HZ2"))]);
        world.command(&me, move |casework, tx, ctx| casework.answer(tx, ctx, id, &asked, &[])).unwrap();
        // The window puts no words into what somebody handed in online.
        let online = world.submitted(&me).await;
        let id = world.case(&online).id;
        let words = Facts::from([("price".to_string(), Fact::Int(100))]);
        let by_clerk = world.command(&world.clerk("civic-centre"), move |casework, tx, ctx| {
            casework.answer(tx, ctx, id, &words, &[])
        });
        assert!(matches!(by_clerk, Err(CaseworkError::Refused(_))), "{by_clerk:?}");
    });
}

/// The timer may come late; what the law has brought about has happened all the same.
#[test]
fn a_late_window_and_a_late_applicant_are_told_what_the_law_has_done() {
    story("late", |world| async move {
        let me = world.buyer();
        let number = world.submitted(&me).await;
        let (id, due, received) = {
            let case = world.case(&number);
            (case.id, case.precheck_due.unwrap(), case.received_at)
        };
        world.clock.set(due.plus_millis(60_000));
        let clerk = world.clerk("civic-centre");
        let item = CorrectionItem {
            target: "material:title".into(),
            name: "不动产权证书".into(),
            reason: "缺页".into(),
        };
        let late = world.command(&clerk, move |casework, tx, ctx| {
            casework.correct(tx, ctx, id, std::slice::from_ref(&item))
        });
        assert!(late.unwrap_err().to_string().contains("依法视为受理"));
        world.command(&clerk, move |casework, tx, ctx| casework.accept(tx, ctx, id, &[])).unwrap();
        let case = world.case(&number);
        assert!(case.deemed && case.accepted_at == received);
        let fetch = move |casework: &yimen_casework::Casework,
                          tx: &mut yimen_store::Tx<'_>,
                          ctx: &yimen_platform::Ctx| {
            casework.fetch(tx, ctx, id, Act::See).map(|f| f.case.state)
        };
        assert_eq!(world.command(&me, fetch).unwrap(), CaseState::InReview);

        world.clock.set(crate::world::morning());
        let number = world.correcting(&me).await;
        let due = world.case(&number).correction_due.unwrap();
        world.clock.set(due.plus_millis(60_000));
        let title = format!("/cases/{number}/apply/materials/title");
        world.upload(&me, &title, &[], &[("f", "附图.pdf", PDF)]).await;
        let fields = [("contract_no", "HZ20261125009"), ("action", "hand-in")];
        let sent = world.post(&me, &format!("/cases/{number}/correct"), &fields).await;
        assert!(sent.status == 409 && sent.says("补正期限到") && sent.says("重新申请"), "{}", sent.text());
        assert_eq!(world.case(&number).state, CaseState::Correcting);
    });
}

//! Answering a correction notice.

use yimen_casework::model::CaseState;

use crate::story;
use crate::world::PDF;

#[test]
fn exactly_what_was_asked_for_is_answered_and_handed_in() {
    story("correct", |world| async move {
        let me = world.buyer();
        let number = world.correcting(&me).await;
        let path = format!("/cases/{number}/correct");
        let page = world.get(&me, &path).await;
        for words in [
            "缺少附图页",
            "与备案系统不一致",
            "2 项",
            "剩余 22 个工作日",
            "补正期限 12月25日 17:00 前",
            "HZ20261120001",
        ] {
            assert!(page.says(words), "{words}");
        }
        assert!(!page.says("file-contract") && !page.says("name=\"price\""), "nothing else can be changed");
        // Handed in too early: told what is missing, and led there.
        let early = world.post(&me, &path, &[("contract_no", "HZ20261125009"), ("action", "hand-in")]).await;
        assert_eq!(early.status, 422);
        assert!(early.says("请补充“不动产权证书”。") && early.says("href=\"#file-title\""));
        assert!(early.says("value=\"HZ20261125009\""), "what was typed is kept");
        let sent = world
            .upload(&me, &format!("/cases/{number}/apply/materials/title"), &[], &[("f", "附图.pdf", PDF)])
            .await;
        assert_eq!(sent.location(), format!("{path}#material-title"));
        // As it was: told, and led there.
        let same = world.post(&me, &path, &[("contract_no", "HZ20261120001"), ("action", "hand-in")]).await;
        assert_eq!(same.status, 422);
        assert!(
            same.says("“网签合同备案号”还没有修改") && same.says("href=\"#contract_no\""),
            "{}",
            same.text()
        );
        let done = world.post(&me, &path, &[("contract_no", "HZ20261125009"), ("action", "hand-in")]).await;
        assert_eq!(done.location(), format!("/cases/{number}?done=corrected"));
        assert_eq!(world.case(&number).state, CaseState::Submitted);
        let page = world.get(&me, &done.location()).await;
        assert!(page.says("补正已提交") && page.says("您补正的材料已经收到"));
        // Two receipts, told apart by their names: on the list, and on the papers.
        assert!(
            page.says("<span>接收回执</span>") && page.says("<span>补正材料接收回执</span>"),
            "{}",
            page.text()
        );
        let second = world.get(&me, &format!("/cases/{number}/documents/3")).await;
        assert!(second.title().contains("补正材料接收回执") && second.says("提交的补正材料已收到"));
        // Double click and Back.
        let again = world.post(&me, &path, &[("contract_no", "X"), ("action", "hand-in")]).await;
        assert_eq!(again.location(), done.location());
        assert_eq!(world.get(&me, &path).await.location(), format!("/cases/{number}"));
    });
}

#[test]
fn a_correction_can_be_saved_and_finished_later() {
    story("later", |world| async move {
        let me = world.buyer();
        let number = world.correcting(&me).await;
        let path = format!("/cases/{number}/correct");
        let saved = world.post(&me, &path, &[("contract_no", "HZ1"), ("action", "save")]).await;
        assert_eq!(saved.location(), format!("{path}?saved=1"));
        let page = world.get(&me, &saved.location()).await;
        assert!(page.says("已保存，还没有提交") && page.says("value=\"HZ1\""));
        assert_eq!(world.case(&number).state, CaseState::Correcting);
        let wrong = world.post(&me, &path, &[("contract_no", ""), ("action", "hand-in")]).await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.says("请填写网签合同备案号。"));
    });
}

#[test]
fn a_correction_is_saved_while_it_is_typed() {
    story("correct-typed", |world| async move {
        let me = world.buyer();
        let number = world.correcting(&me).await;
        let (page, save) = (format!("/cases/{number}/correct"), format!("/cases/{number}/correct/save"));
        assert!(world.get(&me, &page).await.says(&format!("data-autosave=\"{save}\"")));
        assert_eq!(world.post(&me, &save, &[("contract_no", "HZ7"), ("price", "1")]).await.status, 204);
        assert_eq!(world.case(&number).state, CaseState::Correcting, "typing hands nothing in");
        assert!(world.get(&me, &page).await.says("value=\"HZ7\""));
        assert!(world.get(&me, &format!("/cases/{number}")).await.says("3,200,000.00元"));
        let other = world.citizen("别人", crate::world::SELLER);
        assert_eq!(world.post(&other, &save, &[("contract_no", "HZ8")]).await.status, 404);
        world
            .upload(&me, &format!("/cases/{number}/apply/materials/title"), &[], &[("f", "附图.pdf", PDF)])
            .await;
        let done = world.post(&me, &page, &[("contract_no", "HZ9"), ("action", "hand-in")]).await;
        assert_eq!(done.location(), format!("/cases/{number}?done=corrected"));
        let late = world.post(&me, &save, &[("contract_no", "HZ10")]).await;
        assert!(late.status == 409 && late.says("补正已经提交"));
    });
}

#[test]
fn what_was_not_asked_for_stays_as_it_was() {
    story("not-asked", |world| async move {
        let me = world.buyer();
        let number = world.correcting(&me).await;
        let forged = world
            .upload(&me, &format!("/cases/{number}/apply/materials/contract"), &[], &[("f", "别的.pdf", PDF)])
            .await;
        assert_eq!(forged.status, 409);
        let path = format!("/cases/{number}/correct");
        world.post(&me, &path, &[("contract_no", "HZ1"), ("price", "1"), ("action", "save")]).await;
        assert!(world.get(&me, &format!("/cases/{number}")).await.says("3,200,000.00元"));
        let page = world
            .upload(&me, &format!("/cases/{number}/apply/materials/title"), &[], &[("f", "x.exe", b"MZ")])
            .await;
        assert_eq!(page.status, 422);
        assert!(page.says("补正") && page.says("“x.exe”的格式不能接受"));
        // The pages of the draft lead to the case.
        let old =
            world.post(&me, &format!("/cases/{number}/apply/pages/house"), crate::world::PAGES[0].1).await;
        assert_ne!(old.status, 303, "only what the notice names may change");
    });
}

#[test]
fn a_reviewer_opens_what_a_correction_replaced_and_nobody_opens_what_was_never_handed_in() {
    story("replaced", |world| async move {
        let me = world.buyer();
        let number = world.correcting(&me).await;
        let path = format!("/cases/{number}/apply/materials/title");
        let correct = format!("/cases/{number}/correct");
        let file_of = |page: &crate::world::Answer| page.hidden_of("name=\"remove\" value=\"");
        world.clock.advance_ms(60_000);
        let first = file_of(&world.get(&me, &correct).await);
        world.upload(&me, &path, &[("remove", &first)], &[]).await;
        // A slip, taken out before it is handed in.
        world.upload(&me, &path, &[], &[("f", "拿错了.pdf", PDF)]).await;
        world.clock.advance_ms(60_000);
        let slip = file_of(&world.get(&me, &correct).await);
        world.upload(&me, &path, &[("remove", &slip)], &[]).await;
        world.upload(&me, &path, &[], &[("f", "附图齐全.pdf", PDF)]).await;
        let done =
            world.post(&me, &correct, &[("contract_no", "HZ20261125009"), ("action", "hand-in")]).await;
        assert_eq!(done.location(), format!("/cases/{number}?done=corrected"));
        let case = world.case(&number);
        let id = case.id;
        world.command(&world.clerk(&case.office), move |own, tx, ctx| own.accept(tx, ctx, id, &[])).unwrap();

        let reviewer = world.reviewer("natural-resources");
        let page = world.get(&reviewer, &format!("/review/cases/{number}?file={first}")).await;
        assert!(page.says("附图齐全.pdf") && page.says("已被替换，2026年11月25日 09:31"), "{}", page.text());
        assert!(page.says(&format!("src=\"/cases/{number}/files/{first}#")), "the older one is shown");
        assert!(!page.says("拿错了.pdf"));
        let open = |who: &yimen_platform::Actor, file: &str| {
            let (who, path) = (who.clone(), format!("/cases/{number}/files/{file}"));
            let world = &world;
            async move { world.get(&who, &path).await.status.as_u16() }
        };
        assert_eq!(open(&reviewer, &first).await, 200);
        assert_eq!(open(&reviewer, &slip).await, 404);
        assert_eq!(open(&world.reviewer("market"), &first).await, 404, "the case was not sent there");
        assert_eq!(open(&world.clerk(&case.office), &first).await, 200);
        assert_eq!(open(&world.clerk("tonglu"), &first).await, 404);
        assert_eq!(open(&world.citizen("别人", crate::world::SELLER), &first).await, 404);
        assert_eq!(open(&me, &slip).await, 404);
    });
}

//! Filling in for somebody at the counter: the whole form on one page, originals ticked, papers scanned.

use crate::crew::{ID_CARD, clerk, clerk_here, with};
use crate::story;
use crate::world::PDF;
use yimen_casework::model::{CaseState, Delivery};

#[test]
fn a_lost_id_card_is_taken_in_and_accepted_at_once_with_its_receipts() {
    story("accept-at-once", |world| async move {
        let clerk = clerk_here();
        let number = world.card(&clerk).await;
        let page = world.get(&clerk, &format!("/desk/cases/{number}/fill")).await;
        assert!(page.says("申请人登记信息"), "what is on record is filled in");
        let fields = with(&ID_CARD, &[("material", "identity"), ("material", "photo"), ("action", "accept")]);
        let done = world.fill_in(&clerk, &number, &fields).await;
        assert_eq!(done.location(), format!("/desk/cases/{number}?done=accepted"), "{}", done.text());
        let case = world.get(&clerk, &done.location()).await;
        assert!(case.says("打印受理回执") && case.says("打印接收回执") && case.says("data-key=\"F10\""));
        assert_eq!(world.case(&number).state, CaseState::InReview);
        // The key leads to the paper, and the paper back to the case.
        let href = case.hidden_of("button-primary\" href=\"");
        let paper = world.get(&clerk, href.trim_end_matches("#print")).await;
        assert!(paper.says("受理回执") && paper.says(&format!("/desk/cases/{number}")), "{}", paper.text());
        // The same form sent again changes nothing and says so.
        let again = world.fill_in(&clerk, &number, &fields).await;
        assert_eq!(again.location(), format!("/desk/cases/{number}?done=already"));
        assert!(world.get(&clerk, &again.location()).await.says("没有再办一次"));
        // A page of the form that is opened now leads to the case.
        let late = world.get(&clerk, &format!("/desk/cases/{number}/fill")).await;
        assert_eq!(late.location(), format!("/desk/cases/{number}"));
    });
}

#[test]
fn how_the_result_comes_is_asked_at_the_counter() {
    story("way", |world| async move {
        let clerk = clerk_here();
        let number = world.card(&clerk).await;
        // Whoever came in person fetches it in person, unless they say otherwise.
        assert_eq!(world.case(&number).delivery, Delivery::Window);
        let page = world.get(&clerk, &format!("/desk/cases/{number}/fill")).await;
        assert!(page.says("结果怎么交给申请人") && page.says("没有登记地址，选邮寄的请先问清寄到哪里。"));
        let forged = [("result-way", "pigeon"), ("action", "save")];
        assert_eq!(world.fill_in(&clerk, &number, &forged).await.status, 303);
        assert_eq!(world.case(&number).delivery, Delivery::Window);
        // Chosen while the rest is wrong: kept like everything that is typed.
        let wrong = world.fill_in(&clerk, &number, &[("result-way", "post"), ("action", "accept")]).await;
        assert_eq!(wrong.status, 422);
        assert_eq!(world.case(&number).delivery, Delivery::Post);
        let fields = with(
            &ID_CARD,
            &[("material", "identity"), ("material", "photo"), ("result-way", "post"), ("action", "accept")],
        );
        let done = world.fill_in(&clerk, &number, &fields).await;
        assert_eq!(done.location(), format!("/desk/cases/{number}?done=accepted"), "{}", done.text());
        assert!(world.see(&clerk, &number).await.says("邮寄送达"));
    });
}

#[test]
fn everything_wrong_is_told_at_once_and_everything_typed_is_kept() {
    story("errors-kept", |world| async move {
        let clerk = clerk_here();
        let number = world.card(&clerk).await;
        let wrong = with(
            &ID_CARD,
            &[
                ("holder_number", "000000199001010019"),
                ("holder_phone", "12345"),
                ("lost_on-m", "13"),
                ("nation", ""),
                ("action", "accept"),
            ],
        );
        let refused = world.fill_in(&clerk, &number, &wrong).await;
        assert_eq!(refused.status, 422);
        for field in ["holder_number", "holder_phone", "lost_on", "nation"] {
            assert!(refused.says(&format!("href=\"#{field}\"")), "{field} in {}", refused.text());
        }
        for typed in ["000000199001010019", "12345", "value=\"13\"", "上城区示范街道幸福路2号"] {
            assert!(refused.says(typed), "{typed}");
        }
        // What was sound is saved already; what is empty is no mistake while one only saves.
        let saved =
            world.fill_in(&clerk, &number, &with(&ID_CARD, &[("nation", ""), ("action", "save")])).await;
        assert_eq!(saved.location(), format!("/desk/cases/{number}/fill?saved=1"), "{}", saved.text());
        let page = world.get(&clerk, &saved.location()).await;
        assert!(page.says("已保存") && page.says("上城区示范街道幸福路2号"));
        // A date that is none is wrong even then.
        let month = with(&ID_CARD, &[("lost_on-m", "13"), ("action", "save")]);
        assert_eq!(world.fill_in(&clerk, &number, &month).await.status, 422);
        // Missing materials have their place too.
        let bare = world.fill_in(&clerk, &number, &with(&ID_CARD, &[("action", "accept")])).await;
        assert_eq!(bare.status, 422);
        assert!(bare.says("href=\"#file-identity\"") && bare.says("href=\"#file-photo\""), "{}", bare.text());
        assert_eq!(world.case(&number).state, CaseState::Draft);
    });
}

#[test]
fn answers_decide_what_is_asked_while_one_is_typing() {
    story("reshape", |world| async move {
        let clerk = clerk_here();
        let number = world.card(&clerk).await;
        let path = format!("/desk/cases/{number}/autosave");
        let page = world.get(&clerk, &format!("/desk/cases/{number}/fill")).await;
        assert!(!page.says("大约哪天丢的") && !page.says("监护人姓名"));
        let typed = [("reason", "lost"), ("under_sixteen", "yes"), ("holder_phone", "12"), ("ticked", "1")];
        let kept = world.post(&clerk, &path, &typed).await;
        assert_eq!(kept.status, 204);
        let page = world.get(&clerk, &format!("/desk/cases/{number}/fill")).await;
        assert!(page.says("大约哪天丢的") && page.says("监护人姓名") && page.says("监护人身份证明"));
        // The script that changed an answer gets the part that depends on it, with what is typed and no complaint.
        let part = world.fragment(&clerk, &path, "work", &typed).await;
        assert_eq!(part.status, 200);
        assert!(part.says("id=\"work\"") && part.says("大约哪天丢的") && part.says("value=\"12\""));
        assert!(!part.says("<html") && !part.says("has-error"));
        // A stop is said at once.
        world.post(&clerk, &path, &[("reason", "first")]).await;
        let page = world.get(&clerk, &format!("/desk/cases/{number}/fill")).await;
        assert!(page.says("居民身份证首次申领"));
        let refused = world
            .fill_in(&clerk, &number, &with(&ID_CARD, &[("reason", "first"), ("action", "accept")]))
            .await;
        assert_eq!(refused.status, 422);
    });
}

#[test]
fn papers_are_ticked_scanned_looked_at_and_taken_away() {
    story("papers", |world| async move {
        let clerk = clerk_here();
        let number = world.card(&clerk).await;
        let fill = format!("/desk/cases/{number}/fill");
        let saved = with(&ID_CARD, &[("material", "identity"), ("action", "save")]);
        world.fill_in(&clerk, &number, &saved).await;
        let ticked = "value=\"identity\" form=\"fill\" checked";
        assert!(world.get(&clerk, &fill).await.says(ticked));
        // A scan beside the tick leaves the tick.
        let sent = world.scan(&clerk, &number, "identity", "户口簿.pdf").await;
        assert_eq!(sent.location(), format!("{fill}#material-identity"), "{}", sent.text());
        let page = world.get(&clerk, &fill).await;
        assert!(page.says(ticked) && page.says("户口簿.pdf"));
        let file = page.hidden_of(&format!("{fill}?file="));
        let file = file.trim_end_matches("#viewer").to_string();
        let shown = world.get(&clerk, &format!("{fill}?file={file}")).await;
        assert!(shown.says("<iframe") && shown.says(&format!("/cases/{number}/files/{file}")));
        assert_eq!(world.get(&clerk, &format!("/cases/{number}/files/{file}")).await.status, 200);
        let removed = world.upload(&clerk, &format!("{fill}/identity"), &[("remove", &file)], &[]).await;
        assert_eq!(removed.status, 303, "{}", removed.text());
        let page = world.get(&clerk, &fill).await;
        assert!(page.says(ticked) && !page.says("户口簿.pdf"));
        // Taking the tick back leaves nothing.
        world.fill_in(&clerk, &number, &with(&ID_CARD, &[("action", "save")])).await;
        assert!(!world.get(&clerk, &fill).await.says(ticked));
        // A form that says nothing of ticks changes none.
        world.fill_in(&clerk, &number, &saved).await;
        world.fill_in(&clerk, &number, &[("action", "save"), ("reason", "lost")]).await;
        assert!(world.get(&clerk, &fill).await.says(ticked));
    });
}

#[test]
fn bad_papers_and_forged_slots_are_refused_in_words() {
    story("bad-papers", |world| async move {
        let clerk = clerk_here();
        let number = world.card(&clerk).await;
        world.fill_in(&clerk, &number, &with(&ID_CARD, &[("action", "save")])).await;
        let path = |slot: &str| format!("/desk/cases/{number}/fill/{slot}");
        let disguised: [(&str, &str, &[u8]); 1] = [("file-photo", "photo.jpg", b"MZ this is a program")];
        let refused = world.upload(&clerk, &path("photo"), &[], &disguised).await;
        assert_eq!(refused.status, 422);
        assert!(refused.says("id=\"file-photo-error\"") && refused.says("上城区示范街道幸福路2号"));
        let nothing = world.upload(&clerk, &path("photo"), &[], &[]).await;
        assert_eq!(nothing.status, 422);
        for slot in ["application", "nonsense", "old-card"] {
            let refused = world.upload(&clerk, &path(slot), &[], &[("f", "a.pdf", PDF)]).await;
            assert_eq!(refused.status, 409, "{slot}");
            assert!(refused.says(&format!("/desk/cases/{number}")), "leads back to the desk");
        }
        let unknown = world.upload(&clerk, &path("photo"), &[("remove", "12345")], &[]).await;
        assert_eq!(unknown.status, 404);
        let unknown = world.upload(&clerk, &path("photo"), &[("remove", "x")], &[]).await;
        assert_eq!(unknown.status, 404);
        // Forged ticks, fields and answers are left aside; contradictory ones are told.
        let forged = with(
            &ID_CARD,
            &[("material", "nonsense"), ("material", "application"), ("steps", "x"), ("action", "save")],
        );
        assert_eq!(world.fill_in(&clerk, &number, &forged).await.status, 303);
        let both = with(&ID_CARD, &[("reason", "lost"), ("reason", "expired"), ("action", "save")]);
        assert_eq!(world.fill_in(&clerk, &number, &both).await.status, 422);
        let option = with(&ID_CARD, &[("urgent", "perhaps"), ("action", "save")]);
        assert_eq!(world.fill_in(&clerk, &number, &option).await.status, 422);
    });
}

#[test]
fn a_draft_is_the_clerks_who_began_it_and_can_be_given_up() {
    story("own-draft", |world| async move {
        let (me, colleague) = (clerk_here(), clerk(502, "civic-centre"));
        let number = world.card(&me).await;
        assert!(world.get(&me, "/desk").await.says("我的草稿"));
        assert!(world.get(&me, "/desk?queue=draft").await.says(&number));
        assert!(!world.get(&colleague, "/desk?queue=draft").await.says(&number));
        assert_eq!(world.get(&colleague, &format!("/desk/cases/{number}/fill")).await.status, 404);
        assert_eq!(world.fill_in(&colleague, &number, &ID_CARD).await.status, 404);
        let dropped = world.post(&me, &format!("/desk/cases/{number}/withdraw"), &[]).await;
        assert_eq!(dropped.location(), "/desk", "{}", dropped.text());
        assert!(!world.get(&me, "/desk?queue=draft").await.says(&number));
    });
}

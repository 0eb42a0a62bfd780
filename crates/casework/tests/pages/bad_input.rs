//! Stale, forged and odd input: a clear answer, nothing half-written.

use yimen_casework::model::CaseState;
use yimen_catalogue::Facts;

use crate::story;
use crate::world::{BUYER, PAGES};

#[test]
fn names_with_rare_characters_and_middle_dots_are_taken_and_kept() {
    story("names", |world| async move {
        let me = world.buyer();
        let number = world.start(&me).await;
        let path = format!("/cases/{number}/apply/pages/seller");
        let long = "阿".repeat(26);
        for (typed, kept) in [
            ("𠮷䶮", "𠮷䶮"),
            ("玛依拉•阿布都", "玛依拉·阿布都"),
            ("  迪丽热巴．买买提 ", "迪丽热巴·买买提"),
            (long.as_str(), long.as_str()),
        ] {
            let fields = [
                ("seller_name", typed),
                ("seller_number", crate::world::SELLER),
                ("seller_phone", "13800000002"),
            ];
            let saved = world.post(&me, &path, &fields).await;
            assert_eq!(saved.status, 303, "{typed}: {}", saved.text());
            assert!(world.get(&me, &path).await.says(&format!("value=\"{kept}\"")), "{typed}");
        }
    });
}

#[test]
fn a_number_of_nobody_alive_is_told() {
    story("unborn", |world| async move {
        let me = world.buyer();
        let number = world.start(&me).await;
        let path = format!("/cases/{number}/apply/pages/seller");
        // Of the right form, with the right check digit.
        for (typed, words) in
            [("000000209901010052", "出生日期晚于今天"), ("000000186001010058", "出生年份不合理")]
        {
            let fields = [("seller_name", "张三"), ("seller_number", typed), ("seller_phone", "13800000002")];
            let page = world.post(&me, &path, &fields).await;
            assert_eq!(page.status, 422, "{typed}");
            assert!(page.says("卖方身份证号码") && page.says(words), "{}", page.text());
            assert!(page.says("value=\"张三\""), "what was typed is kept");
        }
    });
}

#[test]
fn extra_and_missing_fields_neither_break_nor_slip_in() {
    story("extra", |world| async move {
        let me = world.buyer();
        let number = world.start(&me).await;
        let path = format!("/cases/{number}/apply/pages/house");
        let mut fields = PAGES[0].1.to_vec();
        // A derived fact, an officer's record, another page's field: none of them is on this page.
        fields.extend([
            ("deed_tax_due", "1"),
            ("taxable_price", "1"),
            ("seller_name", "伪造"),
            ("today", "2000-01-01"),
        ]);
        assert_eq!(world.post(&me, &path, &fields).await.status, 303);
        let number2 = number.clone();
        let facts: Facts = world
            .command(&me, move |casework, tx, ctx| {
                let fetched =
                    casework.fetch_by_number(tx, ctx, &number2, yimen_casework::policy::Act::See)?;
                casework.facts(&fetched).cloned()
            })
            .unwrap();
        let known: Vec<&str> = facts.keys().map(String::as_str).collect();
        assert_eq!(known, ["contract_no", "house_address", "house_area", "price", "title_no"]);
        let page = world.post(&me, &path, &[("price", "一百万")]).await;
        assert_eq!(page.status, 422);
        assert!(page.says("请填写房屋坐落。") && page.says("合同成交价应为数字"));
    });
}

#[test]
fn contradictory_values_are_told() {
    story("contradict", |world| async move {
        let me = world.buyer();
        let number = world.start(&me).await;
        let path = format!("/cases/{number}/apply/questions/mortgage");
        let page = world.post(&me, &path, &[("mortgage", "none"), ("mortgage", "keep")]).await;
        assert_eq!(page.status, 422);
        assert!(page.says("收到了两个不同的答案"));
        let none = world.post(&me, &path, &[]).await;
        assert_eq!(none.status, 422);
        assert!(
            none.says("请回答：这套房子现在有没有抵押？。") || none.says("请回答：这套房子现在有没有抵押？")
        );
        let forged = world.post(&me, &path, &[("mortgage", "<script>")]).await;
        assert_eq!(forged.status, 422);
        assert!(!forged.says("<script>alert"), "nothing typed comes back unescaped");
    });
}

#[test]
fn questions_and_pages_that_do_not_apply_lead_back_to_the_tasks() {
    story("notapply", |world| async move {
        let me = world.buyer();
        let number = world.start(&me).await;
        let base = format!("/cases/{number}/apply");
        world.post(&me, &format!("{base}/questions/property_use"), &[("property_use", "garage")]).await;
        // Garages are not asked how long the seller held them.
        for path in ["questions/held", "questions/nothing", "pages/nothing"] {
            assert_eq!(world.get(&me, &format!("{base}/{path}")).await.location(), base, "{path}");
            let posted =
                world.post(&me, &format!("{base}/{path}"), &[("held", "five-only"), ("x", "y")]).await;
            // What was asked before another answer leads on; what the service never asks is told.
            match path.ends_with("nothing") {
                false => assert_eq!(posted.location(), base, "{path}"),
                true => {
                    assert_eq!(posted.status, 409, "{path}");
                    assert!(posted.says("这个事项没有这一步，刚才提交的内容没有保存"), "{}", posted.text());
                }
            }
        }
    });
}

#[test]
fn a_stale_form_of_a_submitted_case_is_refused_with_the_way_back() {
    story("stale", |world| async move {
        let me = world.buyer();
        let number = world.submitted(&me).await;
        for (path, fields) in [
            ("apply/pages/house", PAGES[0].1),
            ("apply/pages/house/save", PAGES[0].1),
            ("apply/questions/mortgage", &[("mortgage", "keep")] as &[(&str, &str)]),
            ("apply/way", &[("delivery", "window"), ("office", "xihu")]),
        ] {
            let page = world.post(&me, &format!("/cases/{number}/{path}"), fields).await;
            assert_eq!(page.status, 409, "{path}");
            assert!(
                page.says("办件目前是“待预审”") && page.says(&format!("/cases/{number}\"")),
                "{path}: {}",
                page.text()
            );
        }
        let sent = world
            .upload(
                &me,
                &format!("/cases/{number}/apply/materials/title"),
                &[],
                &[("f", "晚.pdf", crate::world::PDF)],
            )
            .await;
        assert_eq!(sent.status, 409);
        assert_eq!(world.case(&number).state, CaseState::Submitted);
    });
}

#[test]
fn a_start_without_a_nonce_or_of_an_unknown_service_begins_nothing() {
    story("nonce", |world| async move {
        let me = world.buyer();
        let stale = world.post(&me, "/services/existing-home-transfer/start", &[]).await;
        assert_eq!(stale.status, 400);
        assert!(stale.says("重新打开办事指南"));
        let long = "n".repeat(101);
        assert_eq!(
            world.post(&me, "/services/existing-home-transfer/start", &[("nonce", &long)]).await.status,
            400
        );
        assert_eq!(world.post(&me, "/services/nothing/start", &[("nonce", "n")]).await.status, 404);
        let staff = world
            .post(&world.clerk("xihu"), "/services/existing-home-transfer/start", &[("nonce", "n")])
            .await;
        assert_eq!(staff.status, 403);
    });
}

#[test]
fn a_case_number_is_read_as_people_write_it_and_nonsense_is_not_found() {
    story("numbers", |world| async move {
        let me = world.buyer();
        let number = world.submitted(&me).await;
        let grouped = yimen_casework::pages::grouped(&number).to_lowercase();
        assert_eq!(world.get(&me, &format!("/cases/{grouped}")).await.status, 200);
        for path in ["/cases/1", "/cases/%00", "/cases/330100261125AAAAAAAAA", "/cases/𠮷/apply"] {
            assert_eq!(world.get(&me, path).await.status, 404, "{path}");
        }
    });
}

#[test]
fn the_same_person_on_both_sides_is_told_on_a_page() {
    story("same", |world| async move {
        let me = world.buyer();
        let number = world.filled(&me).await;
        let fields = [("seller_name", "周小满"), ("seller_number", BUYER), ("seller_phone", "13800000001")];
        let saved = world.post(&me, &format!("/cases/{number}/apply/pages/seller"), &fields).await;
        assert_eq!(saved.location(), format!("/cases/{number}/apply/stopped"));
        let refused = world.post(&me, &format!("/cases/{number}/apply/check"), &[]).await;
        assert_eq!(refused.status, 422);
        assert_eq!(world.case(&number).state, CaseState::Draft);
    });
}

#[test]
fn answers_that_contradict_each_other_lead_to_where_they_are_corrected() {
    story("contradiction", |world| async move {
        let me = world.buyer();
        let number = world.filled(&me).await;
        let base = format!("/cases/{number}/apply");
        let shared = [
            ("buyer_name", "赵一鸣"),
            ("buyer_number", BUYER),
            ("buyer_phone", "13800000002"),
            ("buyer2_name", "赵一帆"),
            ("ownership", "joint"),
            ("buyer_marriage", "single"),
        ];
        let saved = world.post(&me, &format!("{base}/pages/buyer"), &shared).await;
        assert_eq!(saved.location(), format!("{base}/stopped"));
        let page = world.get(&me, &saved.location()).await;
        assert!(page.title().starts_with("填写的内容有矛盾，请改正"), "{}", page.title());
        assert!(page.says("请两项都填") && page.says("去改正“买方”"));
        assert!(page.text().contains(&format!("href=\"{base}/pages/buyer?back=check\"")));
        assert!(!page.says("找其他事项"), "it is the right service");
        let whole = [&shared[..], &[("buyer2_number", "000000199001010042")]].concat();
        let saved = world.post(&me, &format!("{base}/pages/buyer?back=check"), &whole).await;
        assert_eq!(saved.location(), format!("{base}/check"));
    });
}

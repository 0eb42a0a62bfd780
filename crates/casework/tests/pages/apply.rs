//! From the guide to the confirmation.

use yimen_casework::model::CaseState;
use yimen_platform::Actor;

use crate::story;
use crate::world::{PAGES, number_of};

#[test]
fn a_person_applies_from_the_guide_to_the_confirmation() {
    story("whole", |world| async move {
        let me = world.buyer();
        let number = world.submitted(&me).await;
        let done = world.get(&me, &format!("/cases/{number}/submitted")).await;
        assert_eq!(done.status, 200);
        for words in ["申请已提交", "接下来", "12月2日 17:00 前", "接收回执", "data-print"] {
            assert!(done.says(words), "{words}");
        }
        let case = world.case(&number);
        assert_eq!(case.state, CaseState::Submitted);
        assert_eq!(case.applicant_name, "周小满");
    });
}

#[test]
fn the_task_list_says_what_is_done_and_leads_on() {
    story("tasks", |world| async move {
        let me = world.buyer();
        let number = world.start(&me).await;
        let tasks = world.get(&me, &format!("/cases/{number}/apply")).await;
        assert!(tasks.says("开始填写") && tasks.says("还不能开始"));
        // A page that may turn out to ask nothing is not done before anybody saw it.
        assert!(tasks.says("已完成 0 项") && !tasks.says(">已完成<"), "{}", tasks.text());
        assert!(tasks.says(&format!("/cases/{number}/apply/questions/property_use")));
        assert!(
            !tasks.says(&format!("href=\"/cases/{number}/apply/check\"")),
            "what cannot start yet is no link"
        );
        world.fill(&me, &number).await;
        let tasks = world.get(&me, &format!("/cases/{number}/apply")).await;
        assert!(tasks.says("核对并提交") && tasks.says("可以提交"));
    });
}

#[test]
fn each_page_leads_to_the_next_and_back_to_the_one_before() {
    story("order", |world| async move {
        let me = world.buyer();
        let number = world.start(&me).await;
        let base = format!("/cases/{number}/apply");
        let saved =
            world.post(&me, &format!("{base}/questions/property_use"), &[("property_use", "garage")]).await;
        // 车位 is asked neither about years nor about homes.
        assert_eq!(saved.location(), format!("{base}/questions/mortgage"));
        let question = world.get(&me, &saved.location()).await;
        assert!(question.says(&format!("class=\"back\" href=\"{base}/questions/property_use\"")));
        assert_eq!(question.title(), "这套房子现在有没有抵押？ - 一门");
        assert!(question.says("<legend><h1>"), "the question is the heading");
        world.post(&me, &format!("{base}/questions/mortgage"), &[("mortgage", "none")]).await;
        let saved = world.post(&me, &format!("{base}/questions/by_agent"), &[("by_agent", "no")]).await;
        assert_eq!(saved.location(), format!("{base}/pages/house"));
    });
}

#[test]
fn a_form_page_is_filled_from_the_persons_own_record() {
    story("prefill", |world| async move {
        let me = world.buyer();
        let number = world.start(&me).await;
        let page = world.get(&me, &format!("/cases/{number}/apply/pages/buyer")).await;
        assert!(page.says("value=\"周小满\""));
        assert!(page.says(&format!("value=\"{}\"", crate::world::BUYER)));
        assert!(page.says("已从您的实名信息带入，请核对"));
        // What was saved since wins over the record.
        let fields = [("buyer_name", "周小满"), ("buyer_phone", "139 1234 5678")];
        world.post(&me, &format!("/cases/{number}/apply/pages/buyer"), &fields).await;
        let page = world.get(&me, &format!("/cases/{number}/apply/pages/buyer")).await;
        assert!(page.says("value=\"13912345678\""));
    });
}

#[test]
fn what_need_not_be_answered_can_be_taken_back() {
    story("unanswer", |world| async move {
        let me = world.buyer();
        let number = world.start(&me).await;
        let path = format!("/cases/{number}/apply/pages/house");
        let left = "name=\"land_allocated\" value=\"\" checked";
        let page = world.get(&me, &path).await;
        assert!(page.says(left) && page.says(">不填</label>"), "{}", page.text());
        let answered = [PAGES[0].1, &[("land_allocated", "yes")]].concat();
        assert_eq!(world.post(&me, &path, &answered).await.status, 303);
        let page = world.get(&me, &path).await;
        assert!(page.says("name=\"land_allocated\" value=\"yes\" checked") && !page.says(left));
        // Without a script: the third choice is sent like the others.
        let taken_back = [PAGES[0].1, &[("land_allocated", "")]].concat();
        assert_eq!(world.post(&me, &path, &taken_back).await.status, 303);
        let page = world.get(&me, &path).await;
        assert!(page.says(left) && !page.says("name=\"land_allocated\" value=\"yes\" checked"));
        // What must be answered offers no way around.
        let family = world.get(&me, &format!("/cases/{number}/apply/pages/family")).await;
        assert!(!family.says("name=\"minor_children\" value=\"\""), "{}", family.text());
    });
}

#[test]
fn expected_fees_are_added_up() {
    story("fees-total", |world| async move {
        let me = world.buyer();
        let number = world.filled(&me).await;
        let text = world.get(&me, &format!("/cases/{number}/apply/check")).await.text();
        let fees = text.split("预计费用").nth(1).unwrap().split("</dl>").next().unwrap();
        let amounts = fees.split("num\">").skip(1).map(|part| {
            let yuan = part.split("元<").next().unwrap().replace(',', "");
            yuan.replace('.', "").parse::<i64>().unwrap()
        });
        let amounts: Vec<i64> = amounts.collect();
        let (total, single) = amounts.split_last().unwrap();
        assert!(single.len() > 1 && fees.contains("<dt>合计</dt>"), "{fees}");
        assert_eq!(*total, single.iter().sum::<i64>(), "{fees}");
    });
}

#[test]
fn an_answer_that_rules_the_service_out_leads_to_a_page_of_its_own() {
    story("stopped", |world| async move {
        let me = world.buyer();
        let number = world.start(&me).await;
        let base = format!("/cases/{number}/apply");
        let saved =
            world.post(&me, &format!("{base}/questions/property_use"), &[("property_use", "rural")]).await;
        assert_eq!((saved.status.as_u16(), saved.location()), (303, format!("{base}/stopped")));
        let page = world.get(&me, &saved.location()).await;
        assert_eq!(page.status, 200);
        assert!(page.says("小产权房不能通过本事项买卖过户") && page.says("是不是答错了"));
        assert!(page.title().starts_with("不能办理这个事项") && page.says("找其他事项"));
        assert!(!page.title().starts_with("错误"), "not being eligible is no mistake");
        assert_eq!(world.get(&me, &format!("{base}/check")).await.location(), format!("{base}/stopped"));
        let again =
            world.post(&me, &format!("{base}/questions/property_use"), &[("property_use", "home")]).await;
        assert_eq!(again.location(), format!("{base}/questions/held"));
    });
}

#[test]
fn a_wrong_page_comes_back_whole_with_its_errors() {
    story("errors", |world| async move {
        let me = world.buyer();
        let number = world.start(&me).await;
        let path = format!("/cases/{number}/apply/pages/seller");
        let fields = [("seller_name", "阿"), ("seller_number", "110105194912310021"), ("seller_phone", "12")];
        let page = world.post(&me, &path, &fields).await;
        assert_eq!(page.status, 422);
        assert!(page.title().starts_with("错误："), "{}", page.title());
        assert!(page.says("value=\"110105194912310021\"") && page.says("value=\"12\""), "bad answers stay");
        assert!(page.says("href=\"#seller_number\"") && page.says("id=\"seller_number-error\""));
        // What was sound is kept all the same.
        assert!(world.get(&me, &path).await.says("value=\"阿\""));
        assert!(!world.get(&me, &path).await.says("110105194912310021"));
    });
}

#[test]
fn an_answer_that_brings_up_a_field_asks_for_it_on_the_same_page() {
    story("newly", |world| async move {
        let me = world.buyer();
        let number = world.start(&me).await;
        let base = format!("/cases/{number}/apply");
        world.post(&me, &format!("{base}/questions/property_use"), &[("property_use", "home")]).await;
        let buyer = [
            ("buyer_name", "周小满"),
            ("buyer_number", crate::world::BUYER),
            ("buyer_phone", "13800000001"),
            ("ownership", "sole"),
            ("buyer_marriage", "married"),
        ];
        world.post(&me, &format!("{base}/pages/buyer"), &buyer).await;
        let family = world.get(&me, &format!("{base}/pages/family")).await;
        assert!(family.says("name=\"spouse_name\""), "the married are asked for their spouse");
        world
            .post(
                &me,
                &format!("{base}/pages/buyer"),
                &[
                    ("buyer_marriage", "single"),
                    ("buyer_name", "周小满"),
                    ("buyer_number", crate::world::BUYER),
                    ("buyer_phone", "13800000001"),
                    ("ownership", "sole"),
                ],
            )
            .await;
        let family = world.get(&me, &format!("{base}/pages/family")).await;
        assert!(!family.says("name=\"spouse_name\""));
    });
}

#[test]
fn change_links_come_back_to_the_check_page_and_ask_what_is_new_first() {
    story("change", |world| async move {
        let me = world.buyer();
        let number = world.filled(&me).await;
        let base = format!("/cases/{number}/apply");
        let check = world.get(&me, &format!("{base}/check")).await;
        assert!(check.says(&format!("{base}/pages/seller?back=check#seller_phone")));
        assert!(check.says("138****0002") && !check.says("13800000002"), "numbers are masked");
        assert!(check.says("修改<span class=\"visually-hidden\">卖方姓名</span>"));
        assert!(check.says("未填写"), "an optional field that was skipped");
        let saved = world.post(&me, &format!("{base}/pages/seller?back=check"), PAGES[1].1).await;
        assert_eq!(saved.location(), format!("{base}/check"));
        // With an agent two more materials are needed: they come before the check.
        let saved =
            world.post(&me, &format!("{base}/questions/by_agent?back=check"), &[("by_agent", "yes")]).await;
        assert_eq!(saved.location(), format!("{base}/materials?back=check"));
    });
}

#[test]
fn an_unfinished_application_is_not_handed_in() {
    story("unfinished", |world| async move {
        let me = world.buyer();
        let number = world.start(&me).await;
        let path = format!("/cases/{number}/apply/check");
        assert!(!world.get(&me, &path).await.says("提交申请</button>"));
        let page = world.post(&me, &path, &[("nonce", "n")]).await;
        assert_eq!(page.status, 422);
        assert!(page.says("请回答“买卖的是哪一类房屋？”。"));
        assert_eq!(world.case(&number).state, CaseState::Draft);
    });
}

#[test]
fn a_second_draft_is_begun_only_when_it_is_wanted() {
    story("again", |world| async move {
        let me = world.buyer();
        let first = world.start(&me).await;
        let start = "/services/existing-home-transfer/start";
        let page = world.post(&me, start, &[("nonce", "other"), ("mortgage", "none")]).await;
        assert_eq!(page.status, 200);
        assert!(page.says("您有一份没有提交的申请") && page.says(&first));
        assert_eq!(page.hidden("mortgage"), "none", "answers already given go along");
        let second = world.post(&me, start, &[("nonce", "other"), ("again", "yes")]).await;
        assert_ne!(number_of(&second.location()), first);
    });
}

#[test]
fn the_guides_answers_are_taken_along() {
    story("along", |world| async move {
        let me = world.buyer();
        let fields =
            [("nonce", "n-1"), ("property_use", "garage"), ("mortgage", "none"), ("by_agent", "伪造")];
        let begun = world.post(&me, "/services/existing-home-transfer/start", &fields).await;
        let number = number_of(&begun.location());
        let tasks = world.get(&me, &begun.location()).await;
        assert!(tasks.says(&format!("/cases/{number}/apply/questions/by_agent")), "the first question left");
    });
}

#[test]
fn delivery_and_office_are_chosen_among_those_the_service_has() {
    story("way", |world| async move {
        let me = world.buyer();
        let number = world.filled(&me).await;
        let path = format!("/cases/{number}/apply/way");
        // What nobody chose is not told as if somebody had.
        let (list, check) = (format!("/cases/{number}/apply"), format!("/cases/{number}/apply/check"));
        assert!(world.get(&me, &path).await.says("您还没有选过"));
        assert!(world.get(&me, &list).await.says("系统预选"));
        assert!(world.get(&me, &check).await.says("（系统预选，可以修改）"));
        let page = world.post(&me, &path, &[("delivery", "pigeon"), ("office", "nowhere")]).await;
        assert_eq!(page.status, 422);
        assert!(page.says("请选择领取结果的方式。") && page.says("请选择受理的大厅。"));
        let saved = world.post(&me, &path, &[("delivery", "window"), ("office", "xihu")]).await;
        assert_eq!(saved.location(), format!("/cases/{number}/apply/check"));
        let case = world.case(&number);
        assert_eq!((case.delivery.code(), case.office.as_str()), ("window", "xihu"));
        assert!(!world.get(&me, &path).await.says("您还没有选过"));
        for page in [&list, &check] {
            assert!(!world.get(&me, page).await.says("系统预选"), "{page}");
        }
    });
}

#[test]
fn nobody_but_the_applicant_opens_an_application() {
    story("others", |world| async move {
        let me = world.buyer();
        let number = world.filled(&me).await;
        let other = world.citizen("别人", crate::world::SELLER);
        for path in ["apply", "apply/pages/house", "apply/materials", "apply/check", "submitted", "withdraw"]
        {
            let path = format!("/cases/{number}/{path}");
            assert_eq!(world.get(&other, &path).await.status, 404, "{path}");
            let stranger = world.get(&Actor::Anyone, &path).await;
            assert_eq!(stranger.status, 303, "{path}");
            assert!(stranger.location().starts_with("/sign-in?next="), "{}", stranger.location());
        }
        let save = world.post(&other, &format!("/cases/{number}/apply/pages/house"), PAGES[0].1).await;
        assert_eq!(save.status, 404);
        assert_eq!(world.post(&other, &format!("/cases/{number}/apply/check"), &[]).await.status, 404);
    });
}

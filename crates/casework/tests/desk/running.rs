//! What a window does in cases that run: fingerprints, an answer to a department, money, delivery, withdrawal.

use crate::crew::{VISITOR, clerk, clerk_here};
use crate::story;
use crate::world::World;
use yimen_casework::model::{CaseState, TaskState};
use yimen_catalogue::Facts;
use yimen_platform::Actor;

fn task(world: &World, number: &str, step: &str) -> i64 {
    world.case(number).tasks.into_iter().find(|t| t.step == step).unwrap().id
}

async fn conclude(world: &World, clerk: &Actor, task: i64, fields: &[(&str, &str)]) -> crate::world::Answer {
    world.post(clerk, &format!("/desk/tasks/{task}/done"), fields).await
}

#[test]
fn a_step_of_the_window_is_recorded_and_concluded_once() {
    story("capture", |world| async move {
        let clerk = clerk_here();
        let number = world.card_accepted(&clerk).await;
        let id = task(&world, &number, "capture");
        let queue = world.get(&clerk, "/desk?queue=tasks").await;
        assert!(queue.says("采集照片和指纹") && queue.says(&format!("#task-{id}")));
        let page = world.see(&clerk, &number).await;
        assert!(page.says("人像比对通过") && page.says("指纹采集情况"));
        let bare = conclude(&world, &clerk, id, &[]).await;
        assert_eq!(bare.status, 422);
        for place in ["born_on", "fingerprint_status"] {
            assert!(bare.says(&format!("href=\"#{place}\"")), "{place} in {}", bare.text());
        }
        let finding = format!("finding-{id}");
        assert!(bare.says(&format!("href=\"#{finding}\"")));
        let fields = [
            (finding.as_str(), "pass"),
            ("born_on-y", "1992"),
            ("born_on-m", "3"),
            ("born_on-d", "4"),
            ("fingerprint_status", "done"),
        ];
        let done = conclude(&world, &clerk, id, &fields).await;
        assert_eq!(done.location(), format!("/desk/cases/{number}?done=concluded"), "{}", done.text());
        let again = conclude(&world, &clerk, id, &fields).await;
        assert_eq!(again.location(), format!("/desk/cases/{number}?done=already"));
        let states: Vec<TaskState> = world.case(&number).tasks.iter().map(|t| t.state).collect();
        assert_eq!(states.iter().filter(|s| **s == TaskState::Done).count(), 1);
        // What is no task, and what is a department's, is not found.
        for other in ["x", "1", &task(&world, &number, "verify").to_string()] {
            let status = world.post(&clerk, &format!("/desk/tasks/{other}/done"), &[]).await.status;
            assert_eq!(status, 404, "{other}");
        }
    });
}

#[test]
fn a_failed_check_at_the_window_takes_a_reason() {
    story("capture-fails", |world| async move {
        let clerk = clerk_here();
        let number = world.card_accepted(&clerk).await;
        let id = task(&world, &number, "capture");
        let (finding, opinion) = (format!("finding-{id}"), format!("opinion-{id}"));
        let bare = conclude(&world, &clerk, id, &[(finding.as_str(), "fail")]).await;
        assert_eq!(bare.status, 422);
        assert!(bare.says(&format!("href=\"#{opinion}\"")));
        let why = [(finding.as_str(), "fail"), (opinion.as_str(), "人像比对不是本人")];
        let done = conclude(&world, &clerk, id, &why).await;
        assert_eq!(done.location(), format!("/desk/cases/{number}?done=concluded"), "{}", done.text());
    });
}

#[test]
fn a_department_that_asks_gets_an_answer() {
    story("answer", |world| async move {
        let number = world.accepted(&world.buyer()).await;
        let clerk = clerk(501, &world.case(&number).office);
        let id = task(&world, &number, "verify-contract");
        let reviewer = world.reviewer("housing");
        let ask = move |casework: &yimen_casework::Casework,
                        tx: &mut yimen_store::Tx<'_>,
                        ctx: &yimen_platform::Ctx| {
            casework.claim(tx, ctx, id)?;
            casework.return_to_window(tx, ctx, id, "请核实成交价")
        };
        world.command(&reviewer, ask).unwrap();
        let queue = world.get(&clerk, "/desk?queue=returned").await;
        assert!(queue.says("请核实成交价") && queue.says(&format!("/desk/cases/{number}#task-{id}")));
        assert!(world.see(&clerk, &number).await.says("部门退回"));
        let path = format!("/desk/tasks/{id}/answer");
        let bare = world.post(&clerk, &path, &[]).await;
        assert_eq!(bare.status, 422);
        let note = format!("note-{id}");
        let done = world.post(&clerk, &path, &[(note.as_str(), "已电话核实，320万元")]).await;
        assert_eq!(done.location(), format!("/desk/cases/{number}?done=answered"), "{}", done.text());
        let again = world.post(&clerk, &path, &[(note.as_str(), "再答一次")]).await;
        assert_eq!(again.location(), format!("/desk/cases/{number}?done=already"));
        let stored = world.case(&number).task(id).unwrap().note.clone();
        assert!(stored.contains("320万元") && !stored.contains("再答一次"));
    });
}

#[test]
fn the_window_sees_what_is_to_be_paid_and_what_was() {
    story("money", |world| async move {
        let number = world.billed(&world.buyer()).await;
        let clerk = clerk(501, &world.case(&number).office);
        let page = world.see(&clerk, &number).await;
        assert!(page.says("待缴费") && page.says("缴费通知书"), "{}", page.text());
        let bill = world.case(&number).bills[0].id;
        world
            .command(&Actor::System("payments"), move |casework, tx, ctx| casework.pay(tx, ctx, bill, "PJ-1"))
            .unwrap();
        assert!(world.see(&clerk, &number).await.says("已缴费"));
    });
}

/// A card that is made and waits at the window; answers with its number and the task of handing it over.
async fn card_made(world: &World, clerk: &Actor, way: &str) -> (String, i64) {
    let number = world.card_accepted_for(clerk, way).await;
    let id = task(world, &number, "capture");
    let finding = format!("finding-{id}");
    let fields = [(finding.as_str(), "pass"), ("born_on", "1992-03-04"), ("fingerprint_status", "done")];
    let done = conclude(world, clerk, id, &fields).await;
    assert_eq!(done.status, 303, "{}", done.text());
    let bill = world.case(&number).bills[0].id;
    world
        .command(&Actor::System("payments"), move |casework, tx, ctx| casework.pay(tx, ctx, bill, "PJ-1"))
        .unwrap();
    for step in ["verify", "decide", "make"] {
        world.pass(&number, step, "police", Facts::new());
    }
    let id = task(world, &number, "deliver");
    (number, id)
}

#[test]
fn a_result_is_handed_over_with_its_receipt() {
    story("deliver", |world| async move {
        let clerk = clerk_here();
        let (number, id) = card_made(&world, &clerk, "window").await;
        let page = world.see(&clerk, &number).await;
        assert!(page.says("已交付，办理完毕"), "{}", page.text());
        let opinion = format!("opinion-{id}");
        let done = conclude(&world, &clerk, id, &[(opinion.as_str(), "本人领取，已核对人像")]).await;
        assert_eq!(done.location(), format!("/desk/cases/{number}?done=delivered"), "{}", done.text());
        let page = world.get(&clerk, &done.location()).await;
        assert!(page.says("打印送达回执"));
        assert_eq!(world.case(&number).state, CaseState::Closed);
        assert!(!page.says(VISITOR));
    });
}

#[test]
fn a_result_that_goes_by_post_names_where_to_and_under_which_number() {
    story("post", |world| async move {
        let clerk = clerk_here();
        let (number, id) = card_made(&world, &clerk, "post").await;
        let page = world.see(&clerk, &number).await;
        assert!(page.says("已寄出，办理完毕") && page.says("13800000002"), "{}", page.text());
        let opinion = format!("opinion-{id}");
        let bare = conclude(&world, &clerk, id, &[(opinion.as_str(), " ")]).await;
        assert_eq!(bare.status, 422);
        assert!(bare.says("请填写寄出的邮件号"), "{}", bare.text());
        let sent = conclude(&world, &clerk, id, &[(opinion.as_str(), "EMS 1000000000001")]).await;
        let page = world.get(&clerk, &sent.location()).await;
        assert!(page.says("打印送达回执") && !page.says("13800000002"), "{}", page.text());
        assert_eq!(world.case(&number).state, CaseState::Closed);
    });
}

#[test]
fn an_applicant_who_changes_their_mind_is_served() {
    story("withdraw", |world| async move {
        let clerk = clerk_here();
        let number = world.card_accepted(&clerk).await;
        let path = format!("/desk/cases/{number}/withdraw");
        let bare = world.post(&clerk, &path, &[("withdraw-why", " ")]).await;
        assert_eq!(bare.status, 422);
        assert!(bare.says("id=\"withdraw-why-error\""));
        let done = world.post(&clerk, &path, &[("withdraw-why", "旧证找到了")]).await;
        assert_eq!(done.location(), format!("/desk/cases/{number}?done=withdrawn"), "{}", done.text());
        let again = world.post(&clerk, &path, &[("withdraw-why", "旧证找到了")]).await;
        assert_eq!(again.location(), format!("/desk/cases/{number}?done=already"));
        assert_eq!(world.case(&number).state, CaseState::Withdrawn);
    });
}

//! Who may look: a reviewer of another department finds neither the task, nor the case, nor its files.

use yimen_platform::{Actor, Role};

use crate::crew::{head, inspector, reviewer, staff};
use crate::story;

#[test]
fn another_department_finds_nothing_and_can_do_nothing() {
    story("other-department", |world| async move {
        let buyer = world.buyer();
        let number = world.accepted(&buyer).await;
        let task = world.task(&number, "verify-contract").id;
        let own = world.see_task(&reviewer(1, "王敏", "housing"), task).await;
        let file =
            own.text().split("/files/").nth(1).unwrap().split(['#', '?', '"']).next().unwrap().to_string();
        let file = format!("/cases/{number}/files/{file}");
        assert_eq!(world.get(&reviewer(1, "王敏", "housing"), &file).await.status, 200);

        // The market department has no part in it, and neither has its head, nor a clerk of another hall.
        let strangers = [
            reviewer(5, "张市监", "market"),
            head(6, "李处", "market"),
            staff(7, "无处", &[Role::Reviewer, Role::Supervisor], "market"),
            world.clerk("xiaoshan"),
        ];
        for who in &strangers {
            let name = who.name();
            assert_eq!(world.see_task(who, task).await.status, 404, "{name}");
            assert_eq!(world.get(who, &file).await.status, 404, "{name}");
            for what in ["claim", "release"] {
                assert_eq!(world.do_task(who, task, what, &[]).await.status, 404, "{name} {what}");
            }
            let fields = [("task-finding", "fail"), ("task-opinion", "越权的意见，写得很长。")];
            assert_eq!(world.do_task(who, task, "decide", &fields).await.status, 404, "{name}");
            let more: [(&str, &[(&str, &str)]); 4] = [
                ("return", &[("task-question", "问")]),
                ("special", &[("task-special", "x"), ("task-special-reason", "y")]),
                ("extension", &[("task-extension", "y")]),
                ("hand-over", &[("task-colleague", "1")]),
            ];
            for (what, fields) in more {
                assert_eq!(world.do_task(who, task, what, fields).await.status, 404, "{name} {what}");
            }
        }
        for who in &strangers[..1] {
            assert_eq!(world.get(who, &format!("/review/cases/{number}")).await.status, 404);
            let inbox = world.get(who, "/review").await;
            assert!(!inbox.says(&yimen_casework::pages::grouped(&number)));
        }
        for who in &strangers[1..3] {
            assert_eq!(
                world.get(who, &format!("/supervise/cases/{number}")).await.status,
                404,
                "{}",
                who.name()
            );
            let voided =
                world.post(who, &format!("/supervise/cases/{number}/void"), &[("void-reason", "错")]).await;
            assert_eq!(voided.status, 404);
        }
        assert_eq!(world.task(&number, "verify-contract").assignee, None);
    });
}

#[test]
fn a_task_of_another_department_in_a_shared_case_is_not_found_either() {
    story("shared-case", |world| async move {
        let buyer = world.buyer();
        let number = world.accepted(&buyer).await;
        let tax = reviewer(1, "税务甲", "tax");
        // Tax has a task of its own in this case, so it sees the case, but not how housing works on its part.
        assert_eq!(world.get(&tax, &format!("/review/cases/{number}")).await.status, 200);
        let housing = world.task(&number, "verify-contract").id;
        assert_eq!(world.see_task(&tax, housing).await.status, 404);
        assert_eq!(world.do_task(&tax, housing, "claim", &[]).await.status, 404);
        // What has not begun has not been sent to anybody.
        let register = world.task(&number, "register").id;
        assert_eq!(world.see_task(&reviewer(2, "王敏", "natural-resources"), register).await.status, 404);
    });
}

#[test]
fn the_pages_of_staff_are_not_for_everybody() {
    story("not-for-all", |world| async move {
        let buyer = world.buyer();
        for path in [
            "/review",
            "/review/waiting",
            "/review/tasks/1",
            "/supervise",
            "/supervise/late",
            "/supervise/extensions",
        ] {
            let anyone = world.get(&Actor::Anyone, path).await;
            assert!(
                anyone.status == 303 && anyone.location().starts_with("/sign-in"),
                "{path}: {}",
                anyone.status
            );
            assert_eq!(world.get(&buyer, path).await.status, 403, "{path}");
        }
        for path in ["/supervise", "/supervise/late", "/supervise/tasks?department=tax"] {
            assert_eq!(world.get(&reviewer(1, "王敏", "housing"), path).await.status, 403, "{path}");
        }
        for path in ["/review", "/review/waiting"] {
            assert_eq!(world.get(&inspector(), path).await.status, 403, "{path}");
        }
        let me = reviewer(1, "王敏", "housing");
        for path in [
            "/review/tasks/1",
            "/review/tasks/x",
            "/review/cases/330102-261125-AAAAAAAA-0",
            "/review/cases/x",
            "/supervise/nonsense",
        ] {
            let status = world.get(&me, path).await.status.as_u16();
            assert!(matches!(status, 400 | 403 | 404), "{path}: {status}");
        }
    });
}

#[test]
fn a_head_takes_back_what_lies_with_an_absent_colleague_of_the_department_and_nothing_else() {
    story("take-back", |world| async move {
        let buyer = world.buyer();
        let number = world.accepted(&buyer).await;
        let (own, other) = (world.task(&number, "verify-contract").id, world.task(&number, "assess-tax").id);
        let (absent, colleague) = (reviewer(1, "王敏", "housing"), reviewer(2, "李工", "housing"));
        let taxes = reviewer(3, "税务甲", "tax");
        assert_eq!(world.do_task(&absent, own, "claim", &[]).await.status, 303);
        assert_eq!(world.do_task(&taxes, other, "claim", &[]).await.status, 303);
        let why = [("take-back", "1"), ("task-take-back", "absent")];

        // Not a colleague, not the head of another department, whether it has a part in the case or none.
        assert_eq!(world.do_task(&colleague, own, "release", &why).await.status, 409);
        for (who, name) in [(head(6, "钱处", "tax"), "tax"), (head(7, "孙处", "market"), "market")] {
            assert_eq!(world.see_task(&who, own).await.status, 404, "{name}");
            assert_eq!(world.do_task(&who, own, "release", &why).await.status, 404, "{name}");
        }
        // The head of the department sees the task, works on nothing, and says why.
        let chief = head(5, "李处", "housing");
        let page = world.get(&chief, &format!("/supervise/cases/{number}")).await;
        assert!(page.says("王敏") && page.says(&format!("/review/tasks/{own}#take-back")), "{}", page.text());
        assert!(
            !page.says(&format!("/review/tasks/{other}#take-back")),
            "what lies with tax is not housing's"
        );
        assert!(!page.says("作废这个办件"), "another department decides the case");
        let page = world.see_task(&chief, own).await;
        assert!(
            page.says("收回的理由") && page.says("同事请假、出差或离岗") && !page.says("提交结论</span>")
        );
        assert_eq!(world.see_task(&chief, other).await.status, 404);
        let bare = world.do_task(&chief, own, "release", &[("take-back", "1")]).await;
        assert!(bare.status == 422 && bare.says("请选择为什么收回。"), "{}", bare.status);
        let forged = world.do_task(&chief, own, "release", &[]).await;
        assert!(forged.status == 409 && forged.says("收回的理由"), "{} {}", forged.status, forged.text());
        let decide = [("task-finding", "pass"), ("task-opinion", "合同备案号可查，双方、坐落一致。")];
        assert_eq!(world.do_task(&chief, own, "decide", &decide).await.status, 403);
        assert_eq!(world.task(&number, "verify-contract").assignee, Some(1));

        let done = world.do_task(&chief, own, "release", &why).await;
        assert_eq!(done.location(), format!("/review/tasks/{own}?done=released"));
        assert!(world.get(&chief, &done.location()).await.says("已退回待领取"));
        assert_eq!(world.task(&number, "verify-contract").assignee, None);
        // In the history, with who and why; and a colleague goes on.
        let page = world.see_task(&colleague, own).await;
        assert!(
            page.says("住房保障 李处") && page.says("收回“交易核验”：同事请假、出差或离岗"),
            "{}",
            page.text()
        );
        assert_eq!(world.do_task(&colleague, own, "claim", &[]).await.status, 303);
        // What the colleague holds may be taken back just the same; what lies with nobody is told so.
        assert_eq!(world.do_task(&chief, own, "release", &why).await.status, 303);
        assert_eq!(world.do_task(&chief, own, "release", &why).await.status, 409);
    });
}

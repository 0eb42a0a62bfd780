//! Who may sit at a window: cases, tasks, files and papers of another office do not exist.

use crate::crew::{ID_CARD, clerk, clerk_here, with};
use crate::story;
use yimen_platform::Actor;

#[test]
fn a_clerk_of_another_office_finds_nothing_and_can_do_nothing() {
    story("other-office", |world| async move {
        let me = clerk_here();
        let number = world.card(&me).await;
        world.scan(&me, &number, "identity", "户口簿.pdf").await;
        let fields = with(&ID_CARD, &[("material", "identity"), ("material", "photo"), ("action", "accept")]);
        assert_eq!(world.fill_in(&me, &number, &fields).await.status, 303);
        let page = world.see(&me, &number).await;
        let file = page.hidden_of("/files/").chars().take_while(char::is_ascii_digit).collect::<String>();
        let task = world.case(&number).tasks[0].id;
        let stranger = clerk(777, "xiaoshan");
        let gets = [
            format!("/desk/cases/{number}"),
            format!("/desk/cases/{number}/fill"),
            format!("/cases/{number}/files/{file}"),
            format!("/cases/{number}/documents/1"),
        ];
        for path in &gets {
            assert_eq!(world.get(&stranger, path).await.status, 404, "{path}");
        }
        assert_eq!(world.get(&me, &gets[2]).await.status, 200);
        assert_eq!(world.get(&me, &gets[3]).await.status, 200);
        let posts = [
            format!("/desk/cases/{number}/fill"),
            format!("/desk/cases/{number}/autosave"),
            format!("/desk/cases/{number}/precheck"),
            format!("/desk/cases/{number}/withdraw"),
            format!("/desk/tasks/{task}/done"),
            format!("/desk/tasks/{task}/answer"),
        ];
        let before = world.case(&number);
        for path in &posts {
            let fields = [("action", "accept"), ("judged", "1"), ("withdraw-why", "越权")];
            assert_eq!(world.post(&stranger, path, &fields).await.status, 404, "{path}");
        }
        assert_eq!(world.scan(&stranger, &number, "photo", "a.pdf").await.status, 404);
        assert_eq!(world.case(&number), before);
    });
}

#[test]
fn the_window_is_for_clerks() {
    story("for-clerks", |world| async move {
        let number = "330102-261125-AAAAAAAA-0";
        let paths =
            ["/desk", "/desk/new", &format!("/desk/cases/{number}"), &format!("/desk/cases/{number}/fill")];
        let posts = [
            "/desk/find",
            "/desk/new",
            "/desk/new/person",
            "/desk/new/start",
            "/desk/tasks/1/done",
            "/desk/tasks/1/answer",
        ];
        for path in paths {
            let anyone = world.get(&Actor::Anyone, path).await;
            assert!(anyone.status == 303 && anyone.location().starts_with("/sign-in"), "{path}");
            assert_eq!(world.get(&world.buyer(), path).await.status, 403, "{path}");
            assert_eq!(world.get(&world.reviewer("housing"), path).await.status, 403, "{path}");
            // A clerk without an office has no window.
            assert_eq!(world.get(&clerk(1, ""), path).await.status, 403, "{path}");
        }
        for path in posts {
            assert_eq!(world.post(&world.buyer(), path, &[]).await.status, 403, "{path}");
            assert_eq!(world.post(&world.reviewer("housing"), path, &[]).await.status, 403, "{path}");
        }
        let me = clerk_here();
        for path in ["/desk/cases/x", "/desk/cases/330102-261125-AAAAAAAA-0", "/desk/cases/𠮷/fill"] {
            assert_eq!(world.get(&me, path).await.status, 404, "{path}");
        }
    });
}

//! Following a case without an account.

use yimen_platform::Actor;

use crate::story;

#[test]
fn a_case_is_followed_by_number_and_ending_and_shows_only_state_and_dates() {
    story("track", |world| async move {
        let me = world.buyer();
        let number = world.accepted(&me).await;
        let grouped = yimen_casework::pages::grouped(&number);
        let shown = world
            .post(&Actor::Anyone, "/track", &[("number", &grouped.to_lowercase()), ("ending", " 0018 ")])
            .await;
        assert_eq!(shown.status, 200);
        assert!(shown.says("审查中") && shown.says("2026年11月25日 09:30"));
        for private in ["周小满", "存量房", "0018", "幸福路", "玛依拉"] {
            assert!(!shown.says(private), "{private}");
        }
    });
}

#[test]
fn an_unknown_number_and_a_wrong_ending_get_the_same_answer() {
    story("same-answer", |world| async move {
        let me = world.buyer();
        let number = world.submitted(&me).await;
        let draft = world.start(&me).await;
        let unknown = yimen_standards::case_number::CaseNumber::new(
            &yimen_standards::id::DivisionCode::parse("330100").unwrap(),
            crate::world::day("2026-11-25"),
            1,
        );
        let ask = |number: String, ending: &'static str| {
            let world = &world;
            async move {
                let page =
                    world.post(&Actor::Anyone, "/track", &[("number", &number), ("ending", ending)]).await;
                let nonce = page.hidden("nonce");
                (page.status, page.text().replace(&number, "N").replace(&nonce, "").replace(ending, "E"))
            }
        };
        let wrong = ask(number, "0000").await;
        assert_eq!(wrong.0, 422);
        assert_eq!(wrong, ask(unknown.as_str().to_string(), "0018").await);
        assert_eq!(wrong, ask(draft, "0018").await, "a draft is nobody's business");
    });
}

#[test]
fn few_guesses_of_one_number_are_answered() {
    story("guesses", |world| async move {
        let me = world.buyer();
        let number = world.submitted(&me).await;
        for _ in 0..5 {
            let wrong =
                world.post(&Actor::Anyone, "/track", &[("number", &number), ("ending", "9999")]).await;
            assert_eq!(wrong.status, 422);
        }
        let right = world.post(&Actor::Anyone, "/track", &[("number", &number), ("ending", "0018")]).await;
        assert_eq!(right.status, 429, "also the right one has to wait");
        world.clock.advance_ms(15 * 60 * 1000);
        let right = world.post(&Actor::Anyone, "/track", &[("number", &number), ("ending", "0018")]).await;
        assert_eq!(right.status, 200);
    });
}

#[test]
fn what_is_mistyped_is_told() {
    story("mistyped", |world| async move {
        let page = world.post(&Actor::Anyone, "/track", &[("number", "330100"), ("ending", "1")]).await;
        assert_eq!(page.status, 422);
        assert!(page.says("请填写证件号码的后四位") && page.says("value=\"330100\""));
        assert_eq!(world.get(&Actor::Anyone, "/track").await.status, 200);
    });
}

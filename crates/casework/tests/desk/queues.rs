//! The queues of a window with their pages, and finding a case by whatever people have with them.

use crate::crew::{VISITOR, clerk, clerk_here};
use crate::story;
use crate::world::{BUYER, World};
use yimen_casework::StartDraft;
use yimen_casework::model::Channel;
use yimen_casework::pages::grouped;
use yimen_platform::Actor;

/// So many filled drafts of one clerk, taken in by commands.
fn drafts(world: &World, clerk: &Actor, party: i64, many: usize) -> Vec<String> {
    let begin = move |casework: &yimen_casework::Casework,
                      tx: &mut yimen_store::Tx<'_>,
                      ctx: &yimen_platform::Ctx| {
        let draft = |at: usize| {
            let nonce = format!("many-{at}");
            let new = StartDraft {
                service: "no-crime-record",
                applicant: party,
                applicant_name: "周小满",
                channel: Channel::Window,
                nonce: &nonce,
                office: "civic-centre",
            };
            casework.start_draft(tx, ctx, &new).map(|(_, number)| number)
        };
        (0..many).map(draft).collect::<Result<Vec<_>, _>>()
    };
    world.command(clerk, begin).unwrap()
}

fn party_of(actor: &Actor) -> i64 {
    match actor {
        Actor::Citizen { party, .. } => *party,
        _ => unreachable!("a citizen"),
    }
}

#[test]
fn a_long_queue_shows_its_beginning_and_is_paged_through_to_its_end() {
    story("paging", |world| async move {
        let clerk = clerk_here();
        let numbers = drafts(&world, &clerk, party_of(&world.buyer()), 120);
        let overview = world.get(&clerk, "/desk").await;
        assert!(
            overview.says("查看全部 120 件") && overview.says(&numbers[0]) && !overview.says(&numbers[50])
        );
        let (mut path, mut seen) = ("/desk?queue=draft".to_string(), Vec::new());
        for page in 0..3 {
            let shown = world.get(&clerk, &path).await;
            let text = shown.text();
            seen.extend(numbers.iter().filter(|n| text.contains(&grouped(n))).cloned());
            assert_eq!(shown.says("rel=\"next\""), page < 2, "page {page}");
            assert_eq!(shown.says("rel=\"prev\""), page > 0, "page {page}");
            if page < 2 {
                path = shown.hidden_of("rel=\"next\" href=\"").replace("&amp;", "&").replace("&#38;", "&");
            }
        }
        assert_eq!(seen, numbers);
        // Made-up places are the beginning.
        for path in [
            "/desk?queue=draft&after=x",
            "/desk?queue=nonsense",
            "/desk?queue=tasks&after=1&due=x",
            "/desk?found=zz",
            "/desk?queue=a&queue=b",
        ] {
            assert_eq!(world.get(&clerk, path).await.status, 200, "{path}");
        }
    });
}

#[test]
fn an_applicants_own_draft_is_in_no_queue() {
    story("no-strangers-draft", |world| async move {
        let number = world.filled(&world.buyer()).await;
        let clerk = clerk(501, &world.case(&number).office);
        let page = world.get(&clerk, "/desk").await;
        assert!(!page.says(&number) && !page.says("周小满") && page.says("没有等待处理的办件"));
        assert_eq!(world.see(&clerk, &number).await.status, 404);
    });
}

async fn find(world: &World, clerk: &Actor, text: &str) -> crate::world::Answer {
    let asked = world.post(clerk, "/desk/find", &[("q", text)]).await;
    assert_eq!(asked.status, 303);
    assert!(!asked.location().contains(text), "what was typed stands in no address");
    world.get(clerk, &asked.location()).await
}

#[test]
fn a_case_is_found_by_whatever_somebody_has_with_them() {
    story("find", |world| async move {
        let number = world.submitted(&world.buyer()).await;
        let office = world.case(&number).office;
        let clerk = clerk(501, &office);
        let by_number = world.post(&clerk, "/desk/find", &[("q", &grouped(&number))]).await;
        assert_eq!(by_number.location(), format!("/desk/cases/{number}"));
        let spaced = format!("{} {}", &BUYER[..6], &BUYER[6..]);
        for text in
            [BUYER, &spaced, "138 0000 0001", "周小满", "周", "zxm", "ZXM", "示范街道幸福路1号", "幸福路1号"]
        {
            let found = find(&world, &clerk, text).await;
            assert!(found.says(&grouped(&number)), "{text} in {}", found.text());
        }
        for text in ["李四", "幸福路2号", "13800009999", VISITOR, "%", "'; drop table", "𠮷"] {
            let found = find(&world, &clerk, text).await;
            assert!(found.says("本大厅没有符合的办件"), "{text}");
        }
        // Another office finds nothing of it, not even by its number.
        let other = crate::crew::clerk(502, if office == "xiaoshan" { "yuhang" } else { "xiaoshan" });
        for text in [BUYER, "周小满", grouped(&number).as_str()] {
            let asked = world.post(&other, "/desk/find", &[("q", text)]).await;
            let found = world.get(&other, &asked.location()).await;
            assert!(found.says("本大厅没有符合的办件"), "{text}");
        }
        assert_eq!(world.post(&clerk, "/desk/find", &[("q", " ")]).await.location(), "/desk");
    });
}

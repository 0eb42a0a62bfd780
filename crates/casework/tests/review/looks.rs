//! Every look of the staff at somebody's data is written down before they get the page, and the person can read it.

use yimen_platform::Actor;

use crate::doors::Site;
use crate::story;
use crate::world::BUYER;

#[test]
fn whoever_looks_at_a_persons_data_is_written_down_for_them() {
    story("looks", |world| async move {
        let site = Site::new(&world).await;
        let mine = || async { site.page("owner", "/my/looks").await };
        assert!(mine().await.contains("还没有人查看过您的信息"));
        // The owner's own pages, lists and doors that stay shut are no looks.
        site.page("owner", &site.path("/cases/{number}/clock")).await;
        for (name, path) in [("clerk", "/desk"), ("reviewer", "/review"), ("inspector", "/supervise")] {
            site.page(name, path).await;
        }
        let task = site.path("/review/tasks/{id}");
        assert!(!site.ask("other-reviewer", "get", &task).await.passes());
        assert!(mine().await.contains("还没有人查看过您的信息"));

        // Twice is written once; a file of it is another thing.
        site.page("reviewer", &task).await;
        site.page("reviewer", &task).await;
        assert!(site.ask("reviewer", "get", "/cases/{number}/files/{file}").await.passes());
        site.page("head", &site.path("/supervise/cases/{number}")).await;
        let party = match world.buyer() {
            Actor::Citizen { party, .. } => party,
            _ => unreachable!("a citizen"),
        };
        site.page("other-clerk", &format!("/desk/new?party={party}")).await;
        let page = mine().await;
        for words in ["审查人员", "查看了办件", "查看了您交的材料", "部门负责人", "在窗口查询了您的登记信息"]
        {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert_eq!(page.matches("<li class=\"case\">").count(), 4, "{page}");
        // The staff are named by place and role only.
        for name in ["reviewer", "other-clerk", BUYER] {
            assert!(!page.contains(name), "{name}: {page}");
        }
        yimen_web::check::assert_page("looks", &page);
        // Later it is a look of its own, and nobody else reads of it.
        world.clock.advance_ms(11 * 60_000);
        site.page("reviewer", &task).await;
        assert_eq!(mine().await.matches("<li class=\"case\">").count(), 5);
        // A form that is refused shows the case again.
        world.clock.advance_ms(11 * 60_000);
        assert_eq!(site.post("reviewer", &format!("{task}/decide"), "").await, 422);
        assert_eq!(mine().await.matches("<li class=\"case\">").count(), 6);
        assert!(site.page("other-citizen", "/my/looks").await.contains("还没有人查看过您的信息"));
    });
}

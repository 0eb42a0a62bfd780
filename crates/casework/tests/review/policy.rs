//! A changed policy counts from the very next request: doors close and open, lists lose rows and get them back, in
//! sessions that go on all the while.

use yimen_casework::policy::Policy;
use yimen_identity::{Decision, Position};
use yimen_platform::{Actor, Role, Roles};

use crate::crew::staff;
use crate::doors::Site;
use crate::story;
use crate::world::World;

/// Two people put in force the standard policy with these pieces replaced.
async fn change(world: &World, site: &Site, second: &Actor, base: i64, pieces: &[(&str, &str)]) {
    let text = pieces.iter().fold(Policy::STANDARD.to_string(), |text, (piece, other)| {
        assert!(text.contains(piece), "{piece}");
        text.replace(piece, other)
    });
    let platform = &world.casework.platform;
    let first = platform.ctx(staff(site.security, "安全一", &[Role::Security], ""), "");
    let id = site.identity.propose_policy(&first, base, &text, "调整职责").await.unwrap();
    let second = platform.ctx(second.clone(), "");
    site.identity.decide(&second, id, Decision::Approve).await.unwrap();
}

#[test]
fn what_a_role_loses_or_gains_counts_from_the_next_request() {
    story("policy", |world| async move {
        let mut site = Site::new(&world).await;
        let place = |roles: &[Role], department: &str| Position::Staff {
            roles: Roles::of(roles),
            department: department.into(),
            office: String::new(),
            counter: String::new(),
        };
        let second = site.hire(&world, "security-2", place(&[Role::Security], "")).await;
        let second = staff(second, "安全二", &[Role::Security], "");
        // Of a department that has no part in the case.
        site.hire(&world, "both", place(&[Role::Supervisor, Role::Inspector], "market")).await;
        let case = site.path("/supervise/cases/{number}");
        let number = yimen_casework::pages::grouped(case.rsplit('/').next().unwrap());
        let task = site.path("/review/tasks/{id}");

        assert!(site.page("reviewer", "/review").await.contains(&number));
        site.page("reviewer", &task).await;
        for name in ["inspector", "both"] {
            assert!(site.page(name, "/supervise/open").await.contains(&number), "{name}");
            site.page(name, &case).await;
        }
        site.page_with("other-clerk", "/supervise/open", 403).await;

        // Neither reviewers nor inspectors may do anything; who is a head as well keeps the own department.
        let loses = [("reviewer     task        see work\n", ""), ("inspector    city        see\n", "")];
        change(&world, &site, &second, 0, &loses).await;
        site.page_with("reviewer", "/review", 403).await;
        site.page_with("reviewer", &task, 404).await;
        assert_eq!(site.post("reviewer", &format!("{task}/claim"), "").await, 404);
        site.page_with("inspector", "/supervise/open", 403).await;
        site.page_with("inspector", &case, 403).await;
        assert!(!site.page("both", "/supervise/open").await.contains(&number), "the list lost the row");
        site.page_with("both", &case, 404).await;
        // The others' doors are as they were.
        site.page("head", &case).await;
        site.page("clerk", "/desk").await;

        // Back again, and clerks see the whole city on top of it: also those of another district.
        change(&world, &site, &second, 1, &[("inspector    city", "clerk city see\ninspector city")]).await;
        assert!(site.page("reviewer", "/review").await.contains(&number));
        assert_eq!(site.post("reviewer", &format!("{task}/claim"), "").await, 303);
        for name in ["inspector", "both", "other-clerk"] {
            assert!(site.page(name, "/supervise/open").await.contains(&number), "{name}");
            site.page(name, &case).await;
        }
        // Seeing is not voiding.
        assert_eq!(
            site.post(
                "other-clerk",
                &format!("{case}/void"),
                "void-reason=%E9%87%8D%E5%A4%8D%E7%94%B3%E8%AF%B7%E4%BA%86"
            )
            .await,
            403
        );

        // An applicant who may not fill in begins nothing, and sees what is theirs all the same.
        change(&world, &site, &second, 2, &[("own         see fill-in submit", "own         see")]).await;
        assert_eq!(site.post("owner", &site.path("/services/{id}/start"), "nonce=n&again=yes").await, 403);
        site.page("owner", &site.path("/cases/{number}")).await;
    });
}

//! Numbers in full: only as an act, with a reason, written down for the person before anything is shown.

use yimen_platform::journal;
use yimen_store::{Tx, params, sql};

use crate::doors::{Site, UNMASKS};
use crate::story;
use crate::world::{BUYER, SELLER, World, percent};

sql! {
    TAKE_AWAY = "alter table casework_look rename to casework_look_gone";
    GIVE_BACK = "alter table casework_look_gone rename to casework_look";
}

const PHONE: &str = "13800000002";

fn has_none(page: &str) {
    for number in [BUYER, SELLER, PHONE] {
        assert!(!page.contains(number), "{number}: {page}");
    }
}

/// What the journal has of it.
fn entries(world: &World, number: &str) -> Vec<String> {
    let case = world.case(number).id;
    let read = world.casework.platform.store.read_blocking(move |q| journal::of_case(q, case, 0, 400));
    read.unwrap().into_iter().filter(|e| e.verb == "case.unmasked").map(|e| e.body).collect()
}

/// Applicants see what they typed, on their pages of a case and of a draft.
async fn the_owner_is_not_asked_why(site: &Site) {
    let path = site.path("/cases/{number}/unmask");
    assert!(site.page("owner", &site.path("/cases/{number}")).await.contains(&format!("action=\"{path}\"")));
    has_none(&site.page("owner", &path).await);
    let (status, headers, page) = site.send("owner", &path, "").await;
    assert_eq!((status, &headers["cache-control"]), (200, &"no-store".parse().unwrap()));
    assert!(page.contains(SELLER) && page.contains(PHONE), "{page}");
    yimen_web::check::assert_page("own numbers", &page);
    let check = site.path("/cases/{number}/apply/check");
    let page = site.page("owner", &check).await;
    has_none(&page);
    let draft = check.replace("/apply/check", "/unmask");
    assert!(page.contains(&format!("action=\"{draft}\"")), "{page}");
    let (_, _, page) = site.send("owner", &draft, "").await;
    assert!(page.contains(SELLER) && page.contains(&format!("href=\"{check}\"")), "{page}");
}

#[test]
fn numbers_are_shown_in_full_for_a_reason_that_the_person_reads() {
    story("unmask", |world| async move {
        let site = Site::new(&world).await;
        let (task, path) = (site.path("/review/tasks/{id}"), site.path("/cases/{number}/unmask"));
        let number = site.path("{number}");
        let mine = || async { site.page("owner", "/my/looks").await };

        // Masked where they are read, and on the way.
        let page = site.page("reviewer", &task).await;
        has_none(&page);
        let from = format!("{path}?task={}", task.rsplit('/').next().unwrap());
        assert!(page.contains(&from), "{page}");
        let asked = site.page("reviewer", &from).await;
        has_none(&asked);
        assert!(asked.contains("为什么要查看") && asked.contains("seller-identity.pdf"), "{asked}");
        yimen_web::check::assert_page("unmask", &asked);
        for (form, words) in [
            (String::new(), "请选择为什么要查看完整号码"),
            // What is the applicant's alone, and what is nothing.
            ("unmask-reason=own".into(), "请选择为什么要查看完整号码"),
            (format!("unmask-reason=other&unmask-why={}", percent("看看")), "至少10个字，现在有2个字"),
            (format!("unmask-reason=other&unmask-why={}", percent(&"看".repeat(201))), "最多200个字"),
        ] {
            let (status, _, page) = site.send("reviewer", &path, &form).await;
            assert!(status == 422 && page.contains(words), "{status} {words}: {page}");
            has_none(&page);
        }
        assert!(!mine().await.contains("查看了完整号码") && entries(&world, &number).is_empty());

        let form = format!("unmask-reason=papers&task={}", task.rsplit('/').next().unwrap());
        let (status, headers, page) = site.send("reviewer", &path, &form).await;
        assert_eq!((status, &headers["cache-control"]), (200, &"no-store".parse().unwrap()));
        for words in [BUYER, SELLER, PHONE, "幸福路1号", "seller-identity.pdf", &format!("href=\"{task}\"")]
        {
            assert!(page.contains(words), "{words}: {page}");
        }
        yimen_web::check::assert_page("unmasked", &page);
        // Once.
        has_none(&site.page("reviewer", &task).await);
        has_none(&site.page("reviewer", &path).await);
        let seen = mine().await;
        assert!(seen.contains("查看了完整号码") && seen.contains("理由：和材料上的号码核对"), "{seen}");

        // In their own words; a number in them is masked for whoever reads them, too.
        let why = percent(&format!("买方另有一件，核对是否同为{BUYER}"));
        let (status, ..) = site.send("clerk", &path, &format!("unmask-reason=other&unmask-why={why}")).await;
        assert_eq!(status, 200);
        let seen = mine().await;
        assert!(seen.contains("理由：买方另有一件，核对是否同为000000********0018"), "{seen}");
        assert!(
            site.page("head", &site.path("/supervise/cases/{number}"))
                .await
                .contains("查看完整号码：其他原因")
        );
        for name in ["head", "inspector"] {
            assert_eq!(site.post(name, &path, "unmask-reason=identity").await, 200, "{name}");
        }

        the_owner_is_not_asked_why(&site).await;
        assert!(mine().await.contains("您本人的账户"));
        // The journal has the acts and no number.
        let entries = entries(&world, &number);
        assert_eq!(entries.len(), 5, "{entries:?}");
        entries.iter().for_each(|body| has_none(body));
    });
}

#[test]
fn numbers_are_shown_so_often_within_an_hour_and_not_at_all_where_it_cannot_be_written() {
    story("unmask-limits", |world| async move {
        let site = Site::new(&world).await;
        let path = site.path("/cases/{number}/unmask");
        for name in ["reviewer", "owner"] {
            for _ in 0..UNMASKS {
                assert_eq!(site.post(name, &path, "unmask-reason=papers").await, 200, "{name}");
            }
            let (status, headers, page) = site.send(name, &path, "unmask-reason=papers").await;
            assert_eq!(status, 429, "{name}: {page}");
            // The clock stands still: the first of the four is one hour ago in one hour.
            assert_eq!(headers["retry-after"], "3600");
            assert!(page.contains("一小时内最多显示4次") && page.contains("请过60分钟再试"), "{page}");
            has_none(&page);
        }
        // Each by themselves.
        assert_eq!(site.post("clerk", &path, "unmask-reason=papers").await, 200);

        let store = world.casework.platform.store.clone();
        store.write_blocking("test.fault", |tx: &mut Tx<'_>| tx.put(&TAKE_AWAY, params![])).unwrap();
        let (status, _, page) = site.send("clerk", &path, "unmask-reason=papers").await;
        assert!(status == 503 && page.contains("没有记下来，所以没有显示"), "{status} {page}");
        has_none(&page);
        // Nor is any page of the case given whose look cannot be kept.
        let page = site.page_with("head", &site.path("/supervise/cases/{number}"), 500).await;
        assert!(page.contains("系统出错了") && !page.contains("seller-identity.pdf"), "{page}");
        store.write_blocking("test.fault", |tx: &mut Tx<'_>| tx.put(&GIVE_BACK, params![])).unwrap();

        world.clock.advance_ms(61 * 60_000);
        assert_eq!(site.post("owner", &path, "").await, 200);
    });
}

//! The public pages over HTTP: finding a service, and its guide before anybody signs in.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use tower::ServiceExt;
use yimen_blobs::Blobs;
use yimen_catalogue::pages::{Panels, query, routes};
use yimen_catalogue::{Catalogue, CatalogueHandle, Pack, publish};
use yimen_platform::{Actor, Ids, ManualClock, Platform, Sealer};
use yimen_standards::time::Day;
use yimen_testkit::{TestDb, on_each_engine_async};
use yimen_web::Site;

struct Visitor {
    router: Router,
    _db: TestDb,
}

/// The status and the page.
type Answer = (u16, String);

impl Visitor {
    fn new(db: TestDb) -> Visitor {
        let store = db.store.clone();
        let blobs = std::env::temp_dir().join(format!("yimen-catalogue-pages-{}", std::process::id()));
        let noon = "2026-11-25".parse::<Day>().unwrap().at(12, 0);
        let platform = Platform {
            store: store.clone(),
            blobs: Blobs::open(&format!("file:{}", blobs.display())).unwrap(),
            sealer: Arc::new(Sealer::new([7; 32])),
            clock: Arc::new(ManualClock::at(noon)),
            ids: Arc::new(Ids::seeded(1, 42)),
        };
        let pack = Pack::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/hangzhou"));
        let city = pack.city.clone().unwrap().value;
        let services: Vec<_> = pack.services.iter().map(|f| f.value.clone()).collect();
        let ctx = platform.ctx(Actor::System("test"), "");
        store
            .write_blocking("test.publish", move |tx| publish(tx, &ctx, "hangzhou", Some(&city), &services))
            .unwrap();
        let catalogue = CatalogueHandle::new(store.read_blocking(|q| Catalogue::load(q)).unwrap());
        let panel = Arc::new(|ctx: yimen_platform::Ctx| {
            let name = ctx.actor.name().to_string();
            Box::pin(async move { format!("<p>{name}的办件</p>") })
                as std::pin::Pin<Box<dyn Future<Output = String> + Send>>
        });
        let routes = routes(catalogue, platform, Panels { home: Some(panel) });
        Visitor { router: yimen_web::wrap(routes, Arc::new(Site::default())), _db: db }
    }

    async fn get(&self, path: &str) -> Answer {
        self.get_as(Actor::Anyone, path).await
    }

    async fn get_as(&self, actor: Actor, path: &str) -> Answer {
        let path: String = path
            .bytes()
            .map(|b| if b.is_ascii_graphic() { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect();
        let mut request = Request::get(path).body(Body::empty()).unwrap();
        request.extensions_mut().insert(actor);
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let problems = yimen_web::check::problems(&text);
        assert!(problems.is_empty(), "{problems:?}");
        (status, text)
    }
}

fn me() -> Actor {
    Actor::Citizen { account: 1, party: 2, name: "周小满".into() }
}

fn visit<F: Future<Output = ()>>(tell: impl Fn(Visitor) -> F) {
    on_each_engine_async(|db| tell(Visitor::new(db)));
}

#[test]
fn home_begins_with_the_search_and_shows_themes_services_and_offices() {
    visit(|visitor| async move {
        let (status, page) = visitor.get("/").await;
        assert_eq!(status, 200);
        let at = |words: &str| page.find(words).unwrap_or_else(|| panic!("{words}"));
        assert!(
            at("name=\"q\"") < at("按主题找")
                && at("按主题找") < at("常办事项")
                && at("常办事项") < at("到大厅办")
        );
        assert!(page.contains("住房和不动产") && !page.contains("餐饮食品"), "a person's themes");
        assert!(!page.contains("的办件</p>"), "nobody is signed in");
        let (_, legal) = visitor.get("/?for=legal").await;
        assert!(legal.contains("餐饮食品") && !legal.contains("养老优待"));
        let (_, mine) = visitor.get_as(me(), "/").await;
        assert!(mine.contains("<p>周小满的办件</p>"));
    });
}

#[test]
fn what_is_opened_most_comes_first_among_the_popular() {
    visit(|visitor| async move {
        for _ in 0..3 {
            visitor.get("/services/social-security-card").await;
        }
        let (_, page) = visitor.get("/").await;
        let popular = &page[page.find("常办事项").unwrap()..];
        let first = popular.find("href=\"/services/").map(|at| &popular[at + 16..at + 36]).unwrap();
        assert_eq!(first, "social-security-card");
    });
}

#[test]
fn everyday_words_find_a_service_and_nothing_is_a_dead_end() {
    visit(|visitor| async move {
        let (status, page) = visitor.get("/services?q=卖房").await;
        assert_eq!(status, 200);
        assert!(page.contains("/services/existing-home-transfer"));
        for nothing in ["火箭发射", "<script>alert(1)</script>", "%", "𠮷", "\u{202e}", &"长".repeat(40)]
        {
            let (status, page) =
                visitor.get(&format!("/services?q={}", &query(&[("q", nothing)])[3..])).await;
            assert_eq!(status, 200, "{nothing:.20}");
            assert!(page.contains("href=\"/services/"), "{nothing:.20}: some service is offered");
            assert!(!page.contains("<script>alert"));
        }
        let (status, _) = visitor.get(&format!("/services?q={}", "长".repeat(3000))).await;
        assert_eq!(status, 303, "to the same search, cut short");
        let (_, page) = visitor.get("/services?q=火箭发射").await;
        assert!(page.contains("没有找到和“火箭发射”相符的事项") && page.contains("您要找的也许是"));
        assert!(page.contains("value=\"火箭发射\""), "what was typed stays in the box");
    });
}

#[test]
fn results_are_narrowed_by_theme_and_audience_and_odd_filters_are_ignored() {
    visit(|visitor| async move {
        let (_, page) = visitor.get("/services?theme=公积金").await;
        assert!(page.contains("provident-fund-withdrawal") && !page.contains("/services/elderly-card\""));
        let (_, page) = visitor.get("/services?for=legal").await;
        assert!(page.contains("food-business-licence") && !page.contains("/services/elderly-card\""));
        for odd in [
            "/services?theme=没有",
            "/services?for=martian",
            "/services?from=99999999999999999999",
            "/services?from=-1",
        ] {
            let (status, _) = visitor.get(odd).await;
            assert_eq!(status, 200, "{odd}");
        }
        let (status, _) = visitor.get("/services?q=%FF").await;
        assert_eq!(status, 400, "no UTF-8");
    });
}

#[test]
fn the_guide_tells_all_there_is_to_know_without_signing_in() {
    visit(|visitor| async move {
        let (status, page) = visitor.get("/services/existing-home-transfer").await;
        assert_eq!(status, 200);
        for words in [
            "存量房转移登记",
            "谁可以申请",
            "60分钟",
            "30个工作日",
            "不动产登记暂行条例",
            "您要准备",
            "受理标准",
            "部分情形才需要",
            "由住房保障核验",
            "不动产登记费",
            "发改价格规〔2016〕2559号",
            "交易核验",
            "graph-list",
            "中华人民共和国民法典",
            "0571-00000200",
            "工作日 9:00–12:00",
            "不动产权证书",
            "要跑几次",
            "000715005002",
        ] {
            assert!(page.contains(words), "{words}");
        }
        assert!(
            page.contains("登录后开始办理")
                && !page.contains("action=\"/services/existing-home-transfer/start\"")
        );
        assert!(page.contains("form method=\"get\""), "the questions need no script");
    });
}

#[test]
fn answers_make_the_guide_ones_own() {
    visit(|visitor| async move {
        let some = "/services/existing-home-transfer?property_use=home";
        let (_, page) = visitor.get(some).await;
        assert!(
            page.contains("卖方取得这套房子多久了") && !page.contains("按您的回答整理"),
            "more is asked first"
        );
        let all = format!("{some}&held=five-only&buyer_home=first&mortgage=clear&by_agent=no");
        let (_, page) = visitor.get(&all).await;
        assert!(page.contains("按您的回答整理") && page.contains("80.00元"));
        assert!(page.contains("抵押权消灭的材料") && !page.contains("授权委托书"), "only what is needed");
        assert!(page.contains("抵押核查"), "a step of those with a mortgage");
        let to = query(&[(
            "next",
            "/services/existing-home-transfer?property_use=home&held=five-only&buyer_home=first&mortgage=clear&by_agent=no",
        )]);
        assert!(
            page.contains(&format!("/sign-in{}", to.replace('&', "&amp;"))),
            "the answers survive signing in"
        );
        let (_, mine) = visitor.get_as(me(), &all).await;
        assert!(mine.contains("action=\"/services/existing-home-transfer/start\""));
        assert!(
            mine.contains("name=\"mortgage\" value=\"clear\"") && mine.contains("name=\"nonce\" value=\"")
        );
    });
}

#[test]
fn an_answer_that_rules_it_out_says_why_and_offers_no_start() {
    visit(|visitor| async move {
        let (_, page) = visitor.get_as(me(), "/services/existing-home-transfer?property_use=rural").await;
        assert!(page.contains("按您的回答，不能办理这个事项") && page.contains("小产权房不能通过本事项"));
        assert!(!page.contains("/start\""));
    });
}

#[test]
fn odd_answers_and_unknown_services_are_told() {
    visit(|visitor| async move {
        let (status, page) =
            visitor.get("/services/existing-home-transfer?property_use=castle&held=five-only&x=1").await;
        assert_eq!(status, 200);
        assert!(page.contains("不在可选范围内") && page.contains("href=\"#property_use\""));
        for gone in ["/services/nothing", "/services/..%2F..", "/services/%00"] {
            let (status, page) = visitor.get(gone).await;
            assert_eq!(status, 404, "{gone}");
            assert!(page.contains("/services\""), "{gone}: a way on");
        }
    });
}

#[test]
fn every_service_of_the_pack_has_a_whole_guide() {
    visit(|visitor| async move {
        let (_, all) = visitor.get("/services").await;
        let ids: Vec<&str> =
            all.split("href=\"/services/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(ids.len() >= 12, "{}", ids.len());
        for id in ids {
            let (status, page) = visitor.get(&format!("/services/{id}")).await;
            assert_eq!(status, 200, "{id}");
            for part in
                ["材料</h2>", "费用</h2>", "步骤和时限</h2>", "办理条件和法律依据</h2>", "办理地点</h2>"]
            {
                assert!(page.contains(part), "{id}: {part}");
            }
        }
    });
}

#[test]
fn offices_are_listed_by_district() {
    visit(|visitor| async move {
        let (status, page) = visitor.get("/offices").await;
        assert_eq!(status, 200);
        assert!(
            page.contains("西湖区</h2>")
                && page.contains("tel:0571-00000206")
                && page.contains("综合1号窗口")
        );
    });
}

//! The applicant's pages in a real browser: what is typed outlives whatever else is done on the page.

use std::time::{Duration, Instant};

use axum::Extension;
use yimen_platform::Actor;
use yimen_testkit::TestDb;
use yimen_testkit::browser::{Browser, Result};
use yimen_web::UserBadge;

use crate::world::{PDF, World};

/// Serves the world to one applicant and says where.
async fn serve(world: &World, who: &Actor) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("bound"));
    let badge = UserBadge::new(who.name(), "");
    let app = world.router.clone().layer(Extension(who.clone())).layer(Extension(badge));
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

#[test]
fn a_file_taken_away_takes_nothing_along_that_was_typed() -> Result {
    let db = TestDb::sqlite();
    let world = World::new(db.store.clone(), "typing");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let paper = std::env::temp_dir().join(format!("yimen-typing-{}.pdf", std::process::id()));
    std::fs::write(&paper, PDF).expect("a paper to scan");
    let told = runtime.block_on(async {
        let me = world.buyer();
        let number = world.correcting(&me).await;
        let base = serve(&world, &me).await;
        let browser = Browser::start().await?;
        let phone = browser.phone().await?.with_patience(Duration::from_secs(60));
        phone.goto(&format!("{base}/cases/{number}/correct")).await?;
        phone.upload("上传不动产权证书", &paper).await?;
        phone.wait_for("已上传 yimen-typing").await?;
        phone.inspect("correct").await?;
        phone.fill("网签合同备案号", "HZ20261125009").await?;
        // At once, before anything typed is saved by itself.
        phone.click_near("yimen-typing", "删除").await?;
        let end = Instant::now() + Duration::from_secs(60);
        while phone.shows("yimen-typing").await.unwrap_or(true) {
            assert!(Instant::now() < end, "the file is still there");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(phone.value("网签合同备案号").await?, "HZ20261125009");
        Ok(())
    });
    drop(runtime);
    let _ = std::fs::remove_file(&paper);
    told
}

//! What machines and people see of the log.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode, header};
use tower::ServiceExt;
use yimen_ledger::code;
use yimen_ledger::pages::{routes, witness_routes};
use yimen_ledger::tlog::checkpoint::Checkpoint;
use yimen_ledger::tlog::hash::Hash;
use yimen_ledger::tlog::note::Note;
use yimen_ledger::tlog::tile::bundle_entries;
use yimen_ledger::tlog::tile::{Resource, Tile, Tiles};
use yimen_ledger::tlog::tree::root;
use yimen_testkit::browser::{Browser, Result};
use yimen_testkit::{TestDb, on_each_engine};
use yimen_web::Site;

use crate::world::{NAME, ORIGIN, World};

fn app(world: &World) -> Router {
    let words =
        Arc::new(|verb: &str| if verb == "case.submitted" { "提交申请".into() } else { verb.to_string() });
    yimen_web::wrap(routes(world.ledger.clone(), words), Arc::new(Site::default()))
}

async fn get(app: &Router, path: &str) -> Response<Body> {
    let request = Request::get(path).header(header::ACCEPT, "text/html").body(Body::empty()).unwrap();
    app.clone().oneshot(request).await.unwrap()
}

async fn bytes(app: &Router, path: &str) -> Vec<u8> {
    let answer = get(app, path).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    to_bytes(answer.into_body(), usize::MAX).await.unwrap().to_vec()
}

#[test]
fn a_monitor_rebuilds_the_tree_from_what_is_served() {
    on_each_engine(|db| {
        let world = World::on(db.store().clone());
        let app = app(&world);
        world.block_on(async {
            assert_eq!(get(&app, "/tlog/checkpoint").await.status(), StatusCode::NOT_FOUND, "not signed yet");
        });
        world.act(0..600);
        world.follow_to(600);
        world.block_on(async {
            let note =
                Note::parse(&String::from_utf8(bytes(&app, "/tlog/checkpoint").await).unwrap()).unwrap();
            assert_eq!(note.verify(&world.ledger.keys.verifiers()).unwrap().len(), 2);
            let checkpoint = Checkpoint::parse(&note.text).unwrap();
            assert_eq!(checkpoint.size, 600);
            // From the entries alone.
            let mut leaves = Vec::new();
            for (index, width) in [(0, 256), (1, 256), (2, 88)] {
                let path = Resource::Entries(Tile { level: 0, index, width });
                let bundle = bytes(&app, &format!("/tlog/tile/{path}")).await;
                let text = String::from_utf8_lossy(&bundle).into_owned();
                assert!(
                    !text.contains(NAME) && !text.contains("number"),
                    "a leaf says nothing of people and cases"
                );
                leaves.extend(bundle_entries(&bundle).unwrap().into_iter().map(Hash::leaf));
            }
            // From the tiles alone.
            let mut tiles = std::collections::HashMap::new();
            for (level, index, width) in [(0, 0, 256), (0, 1, 256), (0, 2, 88), (1, 0, 2)] {
                let tile = Tile { level, index, width };
                let raw = bytes(&app, &format!("/tlog/tile/{}", Resource::Hashes(tile))).await;
                let hashes: Vec<Hash> = raw.chunks(32).filter_map(Hash::from_slice).collect();
                tiles.insert((level, index), hashes);
            }
            assert_eq!(tiles[&(0, 2)], leaves[512..]);
            let fetch = |tile: Tile| tiles.get(&(tile.level, tile.index)).cloned().ok_or("no such tile");
            assert_eq!(root(&mut Tiles::new(600, fetch), 600).unwrap(), checkpoint.root);
            let beyond = [
                "0/003",
                "0/002",
                "0/002.p/89",
                "2/000.p/1",
                "entries/002.p/89",
                "entries/003",
                "0/2",
                "x",
                "0/000/..",
            ];
            for path in beyond {
                assert_eq!(
                    get(&app, &format!("/tlog/tile/{path}")).await.status(),
                    StatusCode::NOT_FOUND,
                    "{path}"
                );
            }
            let full = get(&app, "/tlog/tile/0/000").await;
            assert!(full.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
        });
    });
}

#[test]
fn a_witness_answers_as_the_protocol_says() {
    let (db, elsewhere) = (TestDb::sqlite(), TestDb::sqlite());
    let (log, memory) = (World::on(db.store().clone()), World::on(elsewhere.store().clone()));
    log.act(0..5);
    log.follow_to(5);
    let app = witness_routes(log.witness(), memory.ledger.platform.clone());
    log.block_on(async {
        let (body, _) = log.ledger.question(0).await.unwrap().unwrap();
        let ask = |body: String| {
            let request = Request::post("/add-checkpoint").body(Body::from(body)).unwrap();
            app.clone().oneshot(request)
        };
        let said = ask(body.clone()).await.unwrap();
        assert_eq!(said.status(), StatusCode::OK);
        let line = to_bytes(said.into_body(), 10_000).await.unwrap();
        assert!(String::from_utf8_lossy(&line).starts_with("— audit.example/w1 "));
        let again = ask(body.clone()).await.unwrap();
        assert_eq!(
            (again.status(), again.headers()[header::CONTENT_TYPE].to_str().unwrap()),
            (StatusCode::CONFLICT, "text/x.tlog.size")
        );
        assert_eq!(&to_bytes(again.into_body(), 100).await.unwrap()[..], b"5\n");
        assert_eq!(ask("nonsense".into()).await.unwrap().status(), StatusCode::BAD_REQUEST);
        assert_eq!(ask(body.replace("city.", "town.")).await.unwrap().status(), StatusCode::NOT_FOUND);
        assert_eq!(ask(body.replace("\n5\n", "\n6\n")).await.unwrap().status(), StatusCode::FORBIDDEN);
        assert_eq!(ask("x".repeat(100_000)).await.unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE);
    });
}

#[test]
fn anybody_checks_a_receipt_on_a_phone() -> Result {
    let db = TestDb::sqlite();
    let world = World::on(db.store().clone());
    world.act(0..40);
    world.follow_to(40);
    let (receipt, app) = (world.receipt(7).unwrap(), app(&world));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("bound"));
        tokio::spawn(async move { axum::serve(listener, app).await });
        let browser = Browser::start().await?;
        for session in [browser.phone().await?, browser.desktop().await?] {
            session.goto(&format!("{base}/ledger")).await?;
            session.wait_for("核验凭证").await?;
            session.inspect("ledger").await?;
            // As the QR code leads there.
            session.goto(&format!("{base}/ledger?r={}", code::encode(&receipt))).await?;
            session.wait_for("凭证属实").await?;
            assert!(session.shows("N7").await? && session.shows("提交申请").await?);
            let text = session.text().await?;
            assert!(
                text.contains(ORIGIN) && !text.contains(&format!("{ORIGIN}、")),
                "both keys, one name: {text}"
            );
            session.inspect("ledger-holds").await?;
            // Pasted, with one letter changed.
            session.goto(&format!("{base}/ledger")).await?;
            session.fill("凭证内容", &receipt.replacen("\nindex 7", "\nindex 8", 1)).await?;
            session.click("核验").await?;
            session.wait_for("凭证不能证明").await?;
            session.inspect("ledger-fails").await?;
            session.goto(&format!("{base}/ledger")).await?;
            session.fill("凭证内容", &receipt).await?;
            session.click("核验").await?;
            session.wait_for("凭证属实").await?;
        }
        Ok(())
    })
}

//! Reading pages of a full city: eight people at once, each page timed in the server.

use std::sync::Arc;
use std::time::Duration;

use yimen_casework::store::lists::{TaskCursor, inbox, mine_open};
use yimen_store::StoreError;

use crate::client::{Client, escape};
use crate::server::Server;
use crate::stats::{Spread, spread};
use crate::world::{Failure, World};

const READERS: usize = 8;
/// The department that most cases pass.
const BUSY: &str = "natural-resources";
/// What people type.
const SEARCHES: [&str; 10] = [
    "二手房过户",
    "房产证",
    "食品经营许可",
    "身份证丢了",
    "公积金提取",
    "异地就医",
    "户口迁移",
    "开店",
    "抵押登记",
    "guohu",
];

/// The addresses to read, each with the session that reads it.
struct Addresses {
    case: Vec<(String, String)>,
    inbox: Vec<(String, String)>,
    search: Vec<(String, String)>,
}

/// What each kind of page took.
pub struct Pages {
    pub case: Spread,
    pub inbox: Spread,
    pub search: Spread,
    /// Pages a second, all kinds together.
    pub rate: f64,
}

/// Every reader gets each kind of page `each` times.
pub async fn read(world: &World, server: &Server, each: usize) -> Result<Pages, Failure> {
    let addresses = Arc::new(addresses(world, server).await?);
    round(&addresses, server, each / 5 + 1).await?;
    for kind in ["case", "inbox", "search"] {
        server.times(kind);
    }
    let took = round(&addresses, server, each).await?;
    let [case, inbox, search] = ["case", "inbox", "search"].map(|kind| spread(server.times(kind)));
    let count = case.count + inbox.count + search.count;
    Ok(Pages { case, inbox, search, rate: count as f64 / took.as_secs_f64() })
}

async fn round(addresses: &Arc<Addresses>, server: &Server, each: usize) -> Result<Duration, Failure> {
    let started = std::time::Instant::now();
    let mut readers = Vec::new();
    for reader in 0..READERS {
        let (addresses, server) = (addresses.clone(), server.address);
        readers.push(tokio::spawn(async move {
            let mut client = Client::connect(server).await?;
            for turn in 0..each {
                let kinds =
                    [("case", &addresses.case), ("inbox", &addresses.inbox), ("search", &addresses.search)];
                for (kind, list) in kinds {
                    let Some((path, cookie)) = list.get((turn * READERS + reader) % list.len().max(1)) else {
                        continue;
                    };
                    let answer = client.get(path, cookie, kind).await?;
                    if answer.status != 200 {
                        return Err(Failure::from(format!("{path}: answered {}", answer.status)));
                    }
                }
            }
            Ok(())
        }));
    }
    for reader in readers {
        reader.await??;
    }
    Ok(started.elapsed())
}

async fn addresses(world: &World, server: &Server) -> Result<Addresses, Failure> {
    let mut case = Vec::new();
    for (person, party, _) in world.residents.iter().take(20) {
        let session = server.sign_in(&person.phone).await?;
        let party = *party;
        let read = world.platform.store.read(move |q| mine_open(q, party, None, 50));
        let own: Vec<yimen_casework::store::lists::CaseItem> = read.await.map_err(|e: StoreError| e)?;
        case.extend(own.into_iter().map(|item| (format!("/cases/{}", item.number), session.clone())));
    }
    let reviewer = server.sign_in(&format!("{BUSY}-1")).await?;
    let mut probe = Client::connect(server.address).await?;
    let mut box_pages = Vec::new();
    if probe.get("/review", &reviewer, "probe").await?.status == 200 {
        let read =
            world.platform.store.read(|q| inbox(q, &format!("dept:{BUSY}"), TaskCursor::default(), 400));
        let tasks = read.await.map_err(|e: StoreError| e)?;
        case.extend(tasks.iter().map(|task| (format!("/review/tasks/{}", task.id), reviewer.clone())));
        box_pages = ["/review?all=1", "/review?mine=1", "/review?unclaimed=1", "/review?all=1"]
            .map(|path| (path.to_owned(), reviewer.clone()))
            .to_vec();
    }
    let search = SEARCHES.iter().map(|words| {
        let mut path = String::from("/services?q=");
        escape(words, &mut path);
        (path, String::new())
    });
    if case.is_empty() {
        return Err("nobody signed in has an open case".into());
    }
    // Applicants and reviewers in turn, not one after the other.
    let half = case.len() / 2;
    let mixed =
        (0..case.len()).map(|i| case[if i % 2 == 0 { i / 2 } else { (half + i / 2) % case.len() }].clone());
    Ok(Addresses { case: mixed.collect(), inbox: box_pages, search: search.collect() })
}

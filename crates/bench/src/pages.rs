//! Reading pages of a full city: eight people at once, each page timed in the server.

use std::sync::Arc;
use std::time::Duration;

use yimen_casework::store::lists::{TaskCursor, inbox, mine_open};
use yimen_store::StoreError;

use crate::client::{Client, escape};
use crate::server::Server;
use crate::stats::{Spread, spread};
use crate::world::{Failure, OFFICE, World};

const READERS: usize = 8;
/// The department that most cases pass.
const BUSY: &str = "natural-resources";
/// Sees the whole city.
const SUPERVISOR: &str = "inspector";
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

/// A kind of page: what the report calls it, its key in the JSON, and the addresses with the session that reads each.
struct Kind {
    name: &'static str,
    key: &'static str,
    list: Vec<(String, String)>,
}

/// What one kind of page took.
pub struct Read {
    pub name: &'static str,
    pub key: &'static str,
    pub times: Spread,
}

/// What reading came to.
pub struct Pages {
    pub kinds: Vec<Read>,
    /// Pages a second of the three that most people read, together.
    pub rate: f64,
}

/// Every reader gets each kind of page `each` times: first the three that most people read, together, then the others one
/// kind after the other, so that a slow one does not hold up what is measured beside it.
pub async fn read(world: &World, server: &Server, each: usize) -> Result<Pages, Failure> {
    let mut all = kinds(world, server).await?;
    let others = all.split_off(3);
    let mut pages = together(all, server, each).await?;
    for kind in others {
        pages.kinds.extend(together(vec![kind], server, each / 2 + 1).await?.kinds);
    }
    Ok(pages)
}

async fn together(kinds: Vec<Kind>, server: &Server, each: usize) -> Result<Pages, Failure> {
    let kinds = Arc::new(kinds);
    round(&kinds, server, each / 5 + 1).await?;
    for kind in kinds.iter() {
        server.times(kind.key);
    }
    let took = round(&kinds, server, each).await?;
    let read = |kind: &Kind| Read { name: kind.name, key: kind.key, times: spread(server.times(kind.key)) };
    let kinds: Vec<Read> = kinds.iter().map(read).collect();
    let count: usize = kinds.iter().map(|kind| kind.times.count).sum();
    Ok(Pages { kinds, rate: count as f64 / took.as_secs_f64() })
}

async fn round(kinds: &Arc<Vec<Kind>>, server: &Server, each: usize) -> Result<Duration, Failure> {
    let started = std::time::Instant::now();
    let mut readers = Vec::new();
    for reader in 0..READERS {
        let (kinds, server) = (kinds.clone(), server.address);
        readers.push(tokio::spawn(async move {
            let mut client = Client::connect(server).await?;
            for turn in 0..each {
                for kind in kinds.iter() {
                    let Some((path, cookie)) =
                        kind.list.get((turn * READERS + reader) % kind.list.len().max(1))
                    else {
                        continue;
                    };
                    let answer = client.get(path, cookie, kind.key).await?;
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

async fn kinds(world: &World, server: &Server) -> Result<Vec<Kind>, Failure> {
    let (mut own, mut my) = (Vec::new(), Vec::new());
    for (person, party, _) in world.residents.iter().take(20) {
        let session = server.sign_in(&person.phone).await?;
        let party = *party;
        let read = world.platform.store.read(move |q| mine_open(q, party, None, 50));
        let open: Vec<yimen_casework::store::lists::CaseItem> = read.await.map_err(|e: StoreError| e)?;
        own.extend(open.into_iter().map(|item| (format!("/cases/{}", item.number), session.clone())));
        my.push(("/my".to_owned(), session));
    }
    let reviewer = server.sign_in(&format!("{BUSY}-1")).await?;
    let read = world.platform.store.read(|q| inbox(q, &format!("dept:{BUSY}"), TaskCursor::default(), 400));
    let tasks = read.await.map_err(|e: StoreError| e)?;
    let tasks = tasks.iter().map(|task| (format!("/review/tasks/{}", task.id), reviewer.clone()));
    let case = in_turn(own, tasks.collect());
    if case.is_empty() {
        return Err("nobody signed in has an open case".into());
    }
    let by = |session: &str, paths: &[&str]| -> Vec<(String, String)> {
        paths.iter().map(|path| ((*path).to_owned(), session.to_owned())).collect()
    };
    let search = SEARCHES.map(|words| {
        let mut path = String::from("/services?q=");
        escape(words, &mut path);
        (path, String::new())
    });
    let inbox = by(&reviewer, &["/review?all=1", "/review?mine=1", "/review?unclaimed=1", "/review?all=1"]);
    let desk = by(&server.sign_in(&format!("{OFFICE}-1")).await?, &["/desk"]);
    let board = by(
        &server.sign_in(SUPERVISOR).await?,
        &["/supervise", "/supervise/late", "/supervise/soon", "/supervise/normal"],
    );
    Ok(vec![
        Kind { name: "case page", key: "case", list: case },
        Kind { name: "inbox", key: "inbox", list: inbox },
        Kind { name: "service search", key: "search", list: search.to_vec() },
        Kind { name: "my cases", key: "my", list: my },
        Kind { name: "window's queue", key: "desk", list: desk },
        Kind { name: "supervisor's board", key: "board", list: board },
    ])
}

/// One of these, one of those: applicants and reviewers in turn, not one after the other.
fn in_turn(these: Vec<(String, String)>, those: Vec<(String, String)>) -> Vec<(String, String)> {
    let longest = these.len().max(those.len());
    let pick = |list: &[(String, String)], i: usize| list.get(i % list.len().max(1)).cloned();
    (0..longest).flat_map(|i| [pick(&these, i), pick(&those, i)]).flatten().collect()
}

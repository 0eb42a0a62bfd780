//! A small city for page tests: the Hangzhou pack published, invented people, and a browser without script.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use tower::ServiceExt;
use yimen_blobs::Blobs;
use yimen_casework::Casework;
use yimen_casework::pages;
use yimen_catalogue::{Catalogue, CatalogueHandle, Pack, publish};
use yimen_parties::{NewParty, Parties, Party};
use yimen_platform::{Actor, Clock, Ids, ManualClock, Platform, Role, Roles, Sealer, Staff};
use yimen_standards::time::{Calendar, Day, Hours, Instant};
use yimen_store::Store;
use yimen_web::{Site, UserBadge};

/// Invented, with division codes that no place has.
pub const BUYER: &str = "000000199001010018";
pub const SELLER: &str = "000000198503120023";

pub struct World {
    pub casework: Casework,
    pub clock: Arc<ManualClock>,
    pub router: Router,
    folder: PathBuf,
}

impl Drop for World {
    fn drop(&mut self) {
        // A leftover folder harms nobody.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A Wednesday in the middle of a working day.
pub fn morning() -> Instant {
    day("2026-11-25").at(9, 30)
}

pub fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn pack_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/hangzhou")
}

impl World {
    pub fn new(store: Store, name: &str) -> World {
        let folder = std::env::temp_dir().join(format!("yimen-pages-{}-{name}", std::process::id()));
        let clock = Arc::new(ManualClock::at(morning()));
        let sealer = Arc::new(Sealer::new([7; 32]));
        let platform = Platform {
            store: store.clone(),
            blobs: Blobs::open(&format!("file:{}", folder.display())).unwrap(),
            sealer: sealer.clone(),
            clock: clock.clone(),
            ids: Arc::new(Ids::seeded(1, 42)),
        };
        let pack = Pack::load(&pack_folder());
        let city = pack.city.clone().unwrap().value;
        let hours = Hours::parse(&city.hours).unwrap();
        let set_up = platform.ctx(Actor::System("test"), "");
        let services: Vec<_> = pack.services.iter().map(|f| f.value.clone()).collect();
        store
            .write_blocking("test.publish", move |tx| publish(tx, &set_up, "hangzhou", Some(&city), &services))
            .unwrap();
        let catalogue = store.read_blocking(|q| Catalogue::load(q)).unwrap();
        let casework = Casework {
            platform,
            catalogue: CatalogueHandle::new(catalogue),
            parties: Parties::new(sealer),
            calendar: Arc::new(Calendar::builtin()),
            hours: Arc::new(hours),
        };
        let router = router(&casework);
        World { casework, clock, router, folder }
    }

    fn now(&self) -> Instant {
        self.clock.now()
    }

    pub fn party(&self, new: NewParty) -> Party {
        let (parties, ctx) = (self.casework.parties.clone(), self.casework.platform.ctx(Actor::System("test"), ""));
        self.casework
            .platform
            .store
            .write_blocking("test.party", move |tx| parties.register(tx, &ctx, &new))
            .unwrap()
    }

    /// A person with an account.
    pub fn citizen(&self, name: &str, number: &str) -> Actor {
        let new = NewParty::person(name, number).phone("13800000001").address("上城区示范街道幸福路1号");
        let party = self.party(new);
        Actor::Citizen { account: party.id, party: party.id, name: name.into() }
    }

    pub fn buyer(&self) -> Actor {
        self.citizen("周小满", BUYER)
    }

    pub fn clerk(&self, office: &str) -> Actor {
        self.staff("何文", Role::Clerk, "", office)
    }

    pub fn reviewer(&self, department: &str) -> Actor {
        self.staff(&format!("{department}审查员"), Role::Reviewer, department, "")
    }

    fn staff(&self, name: &str, role: Role, department: &str, office: &str) -> Actor {
        let account = self.casework.platform.ids.next(self.now());
        Actor::Staff(Arc::new(Staff {
            account,
            name: name.into(),
            roles: Roles::of(&[role]),
            department: department.into(),
            office: office.into(),
            counter: String::new(),
        }))
    }

    pub async fn get(&self, actor: &Actor, path: &str) -> Answer {
        self.send(actor, Request::get(encode(path)).body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, actor: &Actor, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body: Vec<String> =
            fields.iter().map(|(k, v)| format!("{}={}", percent(k), percent(v))).collect();
        let request = Request::post(encode(path))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body.join("&")))
            .unwrap();
        self.send(actor, request).await
    }

    pub async fn send(&self, actor: &Actor, mut request: Request<Body>) -> Answer {
        request.extensions_mut().insert(actor.clone());
        if *actor != Actor::Anyone {
            request.extensions_mut().insert(UserBadge::new(actor.name(), ""));
        }
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }
}

pub fn router(casework: &Casework) -> Router {
    let panels = yimen_catalogue::pages::Panels::default();
    let routes = yimen_catalogue::pages::routes(casework.catalogue.clone(), casework.platform.clone(), panels)
        .merge(pages::routes(casework.clone()));
    yimen_web::wrap(routes, Arc::new(Site { host: "杭州市政务服务中心".into(), ..Site::default() }))
}

/// What the server said.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub fn location(&self) -> String {
        self.headers.get(header::LOCATION).map_or("", |v| v.to_str().unwrap()).to_string()
    }

    /// Whether the page says it, tags and all.
    pub fn says(&self, words: &str) -> bool {
        self.text().contains(words)
    }

    pub fn title(&self) -> String {
        between(&self.text(), "<title>", "</title>").unwrap_or_default()
    }

    /// The value of the first hidden field of that name.
    pub fn hidden(&self, name: &str) -> String {
        between(&self.text(), &format!("name=\"{name}\" value=\""), "\"").unwrap_or_default()
    }
}

pub fn between(text: &str, from: &str, to: &str) -> Option<String> {
    let start = text.find(from)? + from.len();
    let end = text[start..].find(to)?;
    Some(text[start..start + end].to_string())
}

pub fn percent(text: &str) -> String {
    text.bytes().map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

fn encode(path: &str) -> String {
    path.bytes().map(|b| if b.is_ascii_graphic() { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

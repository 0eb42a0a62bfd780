//! A small city for page tests: the Hangzhou pack published, invented people, and a browser without script.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use tower::ServiceExt;
use yimen_blobs::Blobs;
use yimen_casework::model::{Case, CorrectionItem, Finding};
use yimen_casework::policy::{Act, PolicyHandle};
use yimen_casework::{Casework, CaseworkError, DecideTask, pages};
use yimen_catalogue::{Catalogue, CatalogueHandle, Fact, Facts, Pack, publish};
use yimen_parties::{NewParty, Parties, Party};
use yimen_platform::{Actor, Clock, Ctx, Ids, ManualClock, Platform, Role, Roles, Sealer, Staff};
use yimen_standards::time::{Calendar, Day, Hours, Instant};
use yimen_store::{Store, Tx};
use yimen_web::{Site, UserBadge};

/// Invented, with division codes that no place has.
pub const BUYER: &str = "000000199001010018";
pub const SELLER: &str = "000000198503120028";

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
            .write_blocking("test.publish", move |tx| {
                publish(tx, &set_up, "hangzhou", Some(&city), &services)
            })
            .unwrap();
        let catalogue = store.read_blocking(|q| Catalogue::load(q)).unwrap();
        let casework = Casework {
            platform,
            policy: PolicyHandle::default(),
            catalogue: CatalogueHandle::new(catalogue),
            parties: Parties::new(sealer),
            calendar: Arc::new(Calendar::builtin()),
            hours: Arc::new(hours),
            sweeps: Arc::default(),
        };
        let router = router(&casework);
        World { casework, clock, router, folder }
    }

    fn now(&self) -> Instant {
        self.clock.now()
    }

    pub fn party(&self, new: NewParty) -> Party {
        let (parties, ctx) =
            (self.casework.parties.clone(), self.casework.platform.ctx(Actor::System("test"), ""));
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
        let answer = Answer { status: parts.status, headers: parts.headers, bytes };
        answer.is_sound();
        answer
    }
}

/// What one file of an upload is: the field, its name and its bytes.
pub type Part<'a> = (&'a str, &'a str, &'a [u8]);

pub const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF";

impl World {
    /// Posts a multipart form: fields, then files.
    pub async fn upload(
        &self,
        actor: &Actor,
        path: &str,
        fields: &[(&str, &str)],
        files: &[Part<'_>],
    ) -> Answer {
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(
                format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes(),
            );
        }
        for (name, file, bytes) in files {
            let head = format!(
                "--X\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\r\n"
            );
            body.extend(head.bytes());
            body.extend_from_slice(bytes);
            body.extend(b"\r\n");
        }
        body.extend(b"--X--\r\n");
        let request = Request::post(encode(path))
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=X")
            .body(Body::from(body))
            .unwrap();
        self.send(actor, request).await
    }

    /// One command, as the program would run it.
    pub fn command<T: Send + 'static>(
        &self,
        actor: &Actor,
        act: impl Fn(&Casework, &mut Tx<'_>, &Ctx) -> Result<T, CaseworkError> + Send + 'static,
    ) -> Result<T, CaseworkError> {
        let (casework, ctx) = (self.casework.clone(), self.casework.platform.ctx(actor.clone(), ""));
        self.casework.platform.store.write_blocking("test.command", move |tx| act(&casework, tx, &ctx))
    }

    /// The case as it stands.
    pub fn case(&self, number: &str) -> Case {
        let number = number.to_string();
        let system = Actor::System("test");
        let see = move |casework: &Casework, tx: &mut Tx<'_>, ctx: &Ctx| {
            casework.fetch_by_number(tx, ctx, &number, Act::See).map(|f| f.case)
        };
        self.command(&system, see).unwrap()
    }

    /// Begins an existing-home transfer and answers its number.
    pub async fn start(&self, actor: &Actor) -> String {
        let guide = self.get(actor, "/services/existing-home-transfer").await;
        let nonce = guide.hidden("nonce");
        let begun = self
            .post(actor, "/services/existing-home-transfer/start", &[("nonce", &nonce), ("again", "yes")])
            .await;
        number_of(&begun.location())
    }

    /// Answers everything, page by page, and uploads what is needed.
    pub async fn fill(&self, actor: &Actor, number: &str) {
        for (id, value) in QUESTIONS {
            let saved =
                self.post(actor, &format!("/cases/{number}/apply/questions/{id}"), &[(id, value)]).await;
            assert_eq!(saved.status, 303, "{id}: {}", saved.text());
        }
        for (id, fields) in PAGES {
            let saved = self.post(actor, &format!("/cases/{number}/apply/pages/{id}"), fields).await;
            assert_eq!(saved.status, 303, "{id}: {}", saved.text());
        }
        for slot in ["seller-identity", "buyer-identity", "title", "contract"] {
            let path = format!("/cases/{number}/apply/materials/{slot}");
            let sent = self.upload(actor, &path, &[], &[("file", &format!("{slot}.pdf"), PDF)]).await;
            assert_eq!(sent.status, 303, "{slot}: {}", sent.text());
        }
    }

    /// A filled draft.
    pub async fn filled(&self, actor: &Actor) -> String {
        let number = self.start(actor).await;
        self.fill(actor, &number).await;
        number
    }

    /// A case that was handed in.
    pub async fn submitted(&self, actor: &Actor) -> String {
        let number = self.filled(actor).await;
        let sent = self.post(actor, &format!("/cases/{number}/apply/check"), &[("nonce", "n")]).await;
        assert_eq!(sent.location(), format!("/cases/{number}/submitted"), "{}", sent.text());
        number
    }

    /// A case that the window accepted.
    pub async fn accepted(&self, actor: &Actor) -> String {
        let number = self.submitted(actor).await;
        let (id, office) = {
            let case = self.case(&number);
            (case.id, case.office)
        };
        self.command(&self.clerk(&office), move |casework, tx, ctx| casework.accept(tx, ctx, id, &[]))
            .unwrap();
        number
    }

    /// The window asks for a better title deed and another contract number.
    pub async fn correcting(&self, actor: &Actor) -> String {
        let number = self.submitted(actor).await;
        let (id, office) = {
            let case = self.case(&number);
            (case.id, case.office)
        };
        let item = |target: &str, name: &str, reason: &str| CorrectionItem {
            target: target.into(),
            name: name.into(),
            reason: reason.into(),
        };
        let items = [
            item("material:title", "不动产权证书", "缺少附图页"),
            item("field:contract_no", "网签合同备案号", "与备案系统不一致"),
        ];
        let correct =
            move |casework: &Casework, tx: &mut Tx<'_>, ctx: &Ctx| casework.correct(tx, ctx, id, &items);
        self.command(&self.clerk(&office), correct).unwrap();
        number
    }

    /// Tax and housing are done; a bill is raised.
    pub async fn billed(&self, actor: &Actor) -> String {
        let number = self.accepted(actor).await;
        let text = |id: &str, value: &str| (id.to_string(), Fact::Text(value.into()));
        let fen = |id: &str, value: i64| (id.to_string(), Fact::Int(value));
        let assessed = Facts::from([
            fen("taxable_price", 320_000_000),
            fen("deed_tax", 3_200_000),
            fen("vat", 0),
            fen("vat_surcharge", 0),
            fen("income_tax", 0),
        ]);
        let verified = Facts::from([
            text("filed_on", "2026-11-20"),
            fen("filed_price", 320_000_000),
            fen("buyer_house_count", 0),
        ]);
        self.pass(&number, "assess-tax", "tax", assessed);
        self.pass(&number, "verify-contract", "housing", verified);
        number
    }

    /// A reviewer of the department claims the step and finds it in order.
    pub fn pass(&self, number: &str, step: &str, department: &str, records: Facts) {
        let task = self.case(number).tasks.iter().find(|t| t.step == step).unwrap().id;
        let decision =
            DecideTask { task, finding: Finding::Pass, opinion: "审查无误，同意".into(), records };
        let work = move |casework: &Casework, tx: &mut Tx<'_>, ctx: &Ctx| {
            casework.claim(tx, ctx, task)?;
            casework.decide_task(tx, ctx, &decision)
        };
        self.command(&self.reviewer(department), work).unwrap();
    }
}

/// The case number in an address.
pub fn number_of(path: &str) -> String {
    path.split('/').nth(2).unwrap_or_default().to_string()
}

pub fn router(casework: &Casework) -> Router {
    let panels = yimen_catalogue::pages::Panels { home: Some(pages::home_panel(casework.clone())) };
    let routes =
        yimen_catalogue::pages::routes(casework.catalogue.clone(), casework.platform.clone(), panels)
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
    /// Every page anybody is shown keeps the page contract.
    fn is_sound(&self) {
        let kind = self.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if kind.starts_with("text/html") {
            let problems = yimen_web::check::problems(&self.text());
            assert!(problems.is_empty(), "{problems:?} in {}", self.text());
        }
    }

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

    /// What follows the first place of these words, up to the next quote.
    pub fn hidden_of(&self, words: &str) -> String {
        between(&self.text(), words, "\"").unwrap_or_default()
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
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

fn encode(path: &str) -> String {
    path.bytes()
        .map(|b| if b.is_ascii_graphic() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

/// Answers of a whole existing-home transfer, as the guide and the four form pages ask for them.
pub const QUESTIONS: [(&str, &str); 5] = [
    ("property_use", "home"),
    ("held", "five-only"),
    ("buyer_home", "first"),
    ("mortgage", "none"),
    ("by_agent", "no"),
];

pub const PAGES: [(&str, &[(&str, &str)]); 4] = [
    (
        "house",
        &[
            ("title_no", "浙(2020)杭州市不动产权第0012345号"),
            ("house_address", "上城区示范街道幸福路1号2幢301室"),
            ("house_area", "89.50"),
            ("contract_no", "HZ20261120001"),
            ("price", "3,200,000"),
        ],
    ),
    (
        "seller",
        &[("seller_name", "玛依拉·阿布都"), ("seller_number", SELLER), ("seller_phone", "138 0000 0002")],
    ),
    (
        "buyer",
        &[
            ("buyer_name", "周小满"),
            ("buyer_number", BUYER),
            ("buyer_phone", "13800000001"),
            ("ownership", "sole"),
            ("buyer_marriage", "single"),
        ],
    ),
    ("family", &[("minor_children", "no"), ("extra_certificates", "")]),
];

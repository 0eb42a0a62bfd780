//! Every route of the program and who may pass: read out of the sources, so that a new one cannot be forgotten here.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use tower::ServiceExt;
use yimen_casework::pages::{DocumentMark, Mark};
use yimen_payments::{Gateway, GatewayConfig, Payments};
use yimen_platform::{Actor, Role};

use crate::crew::{head, inspector, reviewer};
use crate::story;
use crate::world::World;

/// Who tries. The second of each pair has nothing to do with the case.
const PEOPLE: [&str; 13] = [
    "nobody",
    "owner",
    "other-citizen",
    "clerk",
    "other-clerk",
    "reviewer",
    "other-reviewer",
    "head",
    "other-head",
    "inspector",
    // The three administrators pass no door of casework or payments at all.
    "system-administrator",
    "security-administrator",
    "audit-administrator",
];

/// Everybody may: nothing in it is anybody's.
const ALL: &str = "*";
/// Whoever is signed in: each sees and changes only what is their own.
const OWN: &str = "owner other-citizen clerk other-clerk reviewer other-reviewer head other-head inspector";
/// Of the administrators: `only_the_security_administrator_sees_accounts` of identity tries them.
const ADMIN: &str = "administrators";
const CITIZENS: &str = "owner other-citizen";
const CLERKS: &str = "clerk other-clerk";
const REVIEWERS: &str = "reviewer other-reviewer";
const BOARD: &str = "head other-head inspector";
/// Everyone who may see a case once it was sent to its departments.
const SEE: &str = "owner clerk reviewer head inspector";

/// Method, route, who may pass. Everybody else is sent to sign in, told that there is no such page, or refused.
const DOORS: &[(&str, &str, &str)] = &[
    // Public pages, and what carries no session.
    ("get", "/", ALL),
    ("get", "/services", ALL),
    ("get", "/services/{id}", ALL),
    ("get", "/offices", ALL),
    ("get", "/track", ALL),
    ("post", "/track", ALL),
    ("get", "/sign-in", ALL),
    ("post", "/sign-in", ALL),
    ("get", "/sign-in/code", ALL),
    ("post", "/sign-in/code", ALL),
    ("get", "/sign-in/factor", ALL),
    ("post", "/sign-in/factor", ALL),
    ("get", "/sign-in/password", ALL),
    ("post", "/sign-in/password", ALL),
    ("post", "/sign-out", ALL),
    ("post", "/mode", ALL),
    ("get", "/assets/{file}", ALL),
    ("get", "/favicon.ico", ALL),
    ("get", "/healthz", ALL),
    ("get", "/livez", ALL),
    ("get", "/readyz", ALL),
    // The public log; a witness is a program of its own, and cosigns by what the log's key has signed.
    ("get", "/ledger", ALL),
    ("post", "/ledger", ALL),
    ("get", "/tlog/checkpoint", ALL),
    ("get", "/tlog/tile/{*path}", ALL),
    ("post", "/add-checkpoint", ALL),
    ("get", "/version", ALL),
    // The gallery of components shows made-up data.
    ("get", "/dev/components", ALL),
    ("get", "/dev/pages", ALL),
    ("get", "/dev/pages/{name}", ALL),
    ("post", "/dev/pages/{name}", ALL),
    ("post", "/dev/upload", ALL),
    // The demo gateway is a program of its own, and a report is let in by its signature.
    ("post", "/orders", ALL),
    ("get", "/orders/{order}", ALL),
    ("post", "/refunds", ALL),
    ("get", "/pay/{gateway_order}", ALL),
    ("post", "/pay/{gateway_order}", ALL),
    ("post", "/api/payments/report", ALL),
    // One's own account.
    ("get", "/me/sessions", OWN),
    ("post", "/me/sessions/end", OWN),
    ("post", "/me/sessions/end-others", OWN),
    ("get", "/me/password", OWN),
    ("post", "/me/password", OWN),
    ("get", "/me/factor", OWN),
    ("post", "/me/factor", OWN),
    // Administrators.
    ("get", "/admin", ADMIN),
    ("get", "/admin/accounts", ADMIN),
    ("get", "/admin/accounts/new", ADMIN),
    ("post", "/admin/accounts/new", ADMIN),
    ("get", "/admin/accounts/{account}", ADMIN),
    ("get", "/admin/accounts/{account}/position", ADMIN),
    ("post", "/admin/accounts/{account}/position", ADMIN),
    ("get", "/admin/accounts/{account}/administrator", ADMIN),
    ("post", "/admin/accounts/{account}/administrator", ADMIN),
    ("post", "/admin/accounts/{account}/act", ADMIN),
    ("get", "/admin/locks", ADMIN),
    ("post", "/admin/locks", ADMIN),
    ("get", "/admin/sessions", ADMIN),
    ("post", "/admin/sessions", ADMIN),
    ("get", "/admin/proposals", ADMIN),
    ("get", "/admin/proposals/{id}", ADMIN),
    ("post", "/admin/proposals/{id}", ADMIN),
    // Applicants.
    ("get", "/my", CITIZENS),
    ("post", "/services/{id}/start", CITIZENS),
    ("get", "/cases/{number}", "owner"),
    ("get", "/cases/{number}/apply", "owner"),
    ("get", "/cases/{number}/apply/questions/{id}", "owner"),
    ("post", "/cases/{number}/apply/questions/{id}", "owner"),
    ("get", "/cases/{number}/apply/stopped", "owner"),
    ("get", "/cases/{number}/apply/pages/{id}", "owner"),
    ("post", "/cases/{number}/apply/pages/{id}", "owner"),
    ("post", "/cases/{number}/apply/pages/{id}/save", "owner"),
    ("get", "/cases/{number}/apply/materials", "owner"),
    ("post", "/cases/{number}/apply/materials/{slot}", "owner"),
    ("get", "/cases/{number}/apply/way", "owner"),
    ("post", "/cases/{number}/apply/way", "owner"),
    ("get", "/cases/{number}/apply/check", "owner"),
    ("post", "/cases/{number}/apply/check", "owner"),
    ("get", "/cases/{number}/submitted", "owner"),
    ("get", "/cases/{number}/correct", "owner"),
    ("post", "/cases/{number}/correct", "owner"),
    ("post", "/cases/{number}/correct/save", "owner"),
    ("get", "/cases/{number}/withdraw", "owner"),
    ("post", "/cases/{number}/withdraw", "owner"),
    ("post", "/cases/{number}/bills/{bill}/pay", "owner"),
    ("get", "/cases/{number}/bills/{bill}/paid", "owner"),
    // For whoever may see the case.
    ("get", "/cases/{number}/clock", SEE),
    ("get", "/cases/{number}/files/{file}", SEE),
    ("get", "/cases/{number}/documents/{document}", SEE),
    ("get", "/cases/{number}/documents/{document}/proof", SEE),
    // The window.
    ("get", "/desk", CLERKS),
    ("post", "/desk/find", CLERKS),
    ("get", "/desk/new", CLERKS),
    ("post", "/desk/new", CLERKS),
    ("post", "/desk/new/person", CLERKS),
    ("post", "/desk/new/start", CLERKS),
    ("get", "/desk/cases/{number}", "clerk"),
    ("get", "/desk/cases/{number}/fill", "clerk"),
    ("post", "/desk/cases/{number}/fill", "clerk"),
    ("post", "/desk/cases/{number}/fill/{slot}", "clerk"),
    ("post", "/desk/cases/{number}/autosave", "clerk"),
    ("post", "/desk/cases/{number}/precheck", "clerk"),
    ("post", "/desk/cases/{number}/withdraw", "clerk"),
    ("post", "/desk/tasks/{task}/answer", "clerk"),
    ("post", "/desk/tasks/{task}/done", "clerk"),
    // Departments. The head of the one that decides takes a task back and hands it over, but concludes nothing.
    ("get", "/review", REVIEWERS),
    ("get", "/review/waiting", REVIEWERS),
    ("get", "/review/cases/{number}", "reviewer"),
    ("get", "/review/tasks/{id}", "reviewer head"),
    ("post", "/review/tasks/{id}/claim", "reviewer"),
    ("post", "/review/tasks/{id}/decide", "reviewer"),
    ("post", "/review/tasks/{id}/return", "reviewer"),
    ("post", "/review/tasks/{id}/special", "reviewer"),
    ("post", "/review/tasks/{id}/extension", "reviewer"),
    ("post", "/review/tasks/{id}/release", "reviewer head"),
    ("post", "/review/tasks/{id}/hand-over", "reviewer head"),
    ("post", "/review/tasks/{id}/special/{stop}/end", "reviewer head"),
    // Heads and inspectors.
    ("get", "/supervise", BOARD),
    ("get", "/supervise/tasks", BOARD),
    ("get", "/supervise/extensions", BOARD),
    ("get", "/supervise/{standing}", BOARD),
    ("get", "/supervise/cases/{number}", "head inspector"),
    ("post", "/supervise/cases/{number}/extension", "head"),
    ("post", "/supervise/cases/{number}/void", "head"),
];

/// Bodies that are complete, so that nobody is turned away for a slip of the pen before anybody asked who they are.
const BODY: &[(&str, &str)] = &[
    ("answer", "approve"),
    ("void-reason", "与另一件申请内容重复"),
    ("reason", "不办了"),
    ("task-finding", "pass"),
    ("task-opinion", "合同备案号可查，双方、坐落、价款一致。"),
    ("task-question", "请核实"),
    ("task-special", "dispute-inquiry"),
    ("task-special-reason", "共有人提出异议。"),
    ("task-special-outcome", "已核实"),
    ("task-extension", "需要核对"),
    ("task-colleague", "1"),
    ("note", "已补充"),
    ("nonce", "one"),
];

#[test]
fn every_route_of_the_sources_stands_in_the_table() {
    let found = routes_of_the_sources();
    let table: BTreeSet<(String, String)> =
        DOORS.iter().map(|(method, path, _)| (method.to_string(), path.to_string())).collect();
    assert_eq!(table.len(), DOORS.len(), "a route stands twice in the table");
    let forgotten: Vec<_> = found.difference(&table).collect();
    assert!(forgotten.is_empty(), "say in DOORS who may pass: {forgotten:?}");
    let gone: Vec<_> = table.difference(&found).collect();
    assert!(gone.is_empty(), "these are no routes any more: {gone:?}");
    assert!(found.len() > 80, "the sources are read: {}", found.len());
}

#[test]
fn nobody_passes_who_is_not_named() {
    story("doors", |world| async move {
        let owner = world.buyer();
        let cases = Cases::new(&world, &owner).await;
        let router = with_payments(&world);
        let before = cases.revisions(&world);
        for (method, route, who) in DOORS.iter().filter(|(_, _, who)| ![ALL, OWN, ADMIN].contains(who)) {
            for name in PEOPLE.iter().filter(|name| !who.split(' ').any(|w| w == **name)) {
                let path = cases.path(route);
                let (status, to) = ask(&router, &person(&world, &owner, name), method, &path).await;
                let stopped = match *name {
                    "nobody" => status == 303 && to.starts_with("/sign-in"),
                    _ => matches!(status, 403 | 404),
                };
                assert!(stopped, "{name} {method} {path}: {status} {to}");
            }
        }
        assert_eq!(cases.revisions(&world), before, "nobody changed anything");
        // The table is not met by pages that are not there: those who may pass do.
        for (method, route, who) in DOORS.iter().filter(|(_, _, who)| ![ALL, OWN, ADMIN].contains(who)) {
            for name in who.split(' ').filter(|_| *method == "get") {
                let path = cases.path(route);
                let (status, to) = ask(&router, &person(&world, &owner, name), method, &path).await;
                assert!(
                    matches!(status, 200 | 303) && !to.starts_with("/sign-in"),
                    "{name} {path}: {status}"
                );
            }
        }
    });
}

/// The cases that the routes are tried on.
struct Cases {
    draft: String,
    accepted: String,
    billed: String,
    task: i64,
    file: i64,
    bill: i64,
}

impl Cases {
    async fn new(world: &World, owner: &Actor) -> Cases {
        let (draft, accepted) = (world.filled(owner).await, world.accepted(owner).await);
        let billed = world.billed(owner).await;
        let task = world.task(&accepted, "verify-contract").id;
        let id = world.case(&accepted).id;
        let files = world
            .casework
            .platform
            .store
            .read_blocking(move |q| yimen_casework::store::materials::files(q, id))
            .unwrap();
        let bill = world.case(&billed).bills[0].id;
        Cases { draft, accepted, billed, task, file: files[0].id, bill }
    }

    /// The address of a route on one of these cases.
    fn path(&self, route: &str) -> String {
        let number = match route {
            r if r.contains("/bills/") => &self.billed,
            r if r.starts_with("/cases/{number}/apply") => &self.draft,
            _ => &self.accepted,
        };
        let id = match route {
            r if r.contains("/questions/") => "held".to_string(),
            r if r.contains("/pages/") => "house".to_string(),
            r if r.starts_with("/services/") => "existing-home-transfer".to_string(),
            _ => self.task.to_string(),
        };
        route
            .replace("{number}", number)
            .replace("{id}", &id)
            .replace("{task}", &self.task.to_string())
            .replace("{slot}", "title")
            .replace("{file}", &self.file.to_string())
            .replace("{document}", "1")
            .replace("{bill}", &self.bill.to_string())
            .replace("{stop}", "1")
            .replace("{standing}", "late")
    }

    fn revisions(&self, world: &World) -> Vec<i64> {
        [&self.draft, &self.accepted, &self.billed].map(|n| world.case(n).revision).to_vec()
    }
}

fn person(world: &World, owner: &Actor, name: &str) -> Actor {
    match name {
        "nobody" => Actor::Anyone,
        "owner" => owner.clone(),
        "other-citizen" => world.citizen("旁人", "000000197001010019"),
        "clerk" => world.clerk("civic-centre"),
        "other-clerk" => world.clerk("xiaoshan"),
        "reviewer" => reviewer(501, "王敏", "housing"),
        "other-reviewer" => reviewer(502, "张市监", "market"),
        "head" => head(503, "陈处", "natural-resources"),
        "other-head" => head(504, "李处", "market"),
        "inspector" => inspector(),
        "system-administrator" => crate::crew::staff(505, "系统", &[Role::System], ""),
        "security-administrator" => crate::crew::staff(506, "安全", &[Role::Security], ""),
        "audit-administrator" => crate::crew::staff(507, "审计", &[Role::Audit], ""),
        other => panic!("{other} is nobody"),
    }
}

async fn ask(router: &Router, who: &Actor, method: &str, path: &str) -> (u16, String) {
    let body: Vec<String> = BODY.iter().map(|(k, v)| format!("{k}={}", crate::world::percent(v))).collect();
    let request = match method {
        "get" => Request::get(path).body(Body::empty()),
        _ => Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(body.join("&"))),
    };
    let mut request = request.unwrap();
    request.extensions_mut().insert(who.clone());
    let answer = router.clone().oneshot(request).await.unwrap();
    let to = answer.headers().get("location").map_or("", |v| v.to_str().unwrap()).to_string();
    (answer.status().as_u16(), to)
}

/// The pages of casework with those of payments beside them; the gateway is never reached.
fn with_payments(world: &World) -> Router {
    let config = GatewayConfig {
        base: "http://127.0.0.1:9".into(),
        secret: "0123456789abcdef0123456789abcdef".into(),
        own_base: "http://127.0.0.1:9".into(),
    };
    let casework = &world.casework;
    let gateway = Arc::new(Gateway::new(config, casework.platform.clock.clone()).unwrap());
    let payments = Payments { casework: casework.clone(), gateway };
    let panels = yimen_catalogue::pages::Panels { home: None };
    let routes =
        yimen_catalogue::pages::routes(casework.catalogue.clone(), casework.platform.clone(), panels)
            .merge(yimen_casework::pages::routes(casework.clone()))
            .merge(yimen_payments::routes(payments))
            .layer(axum::Extension(marks()));
    yimen_web::wrap(routes, Arc::new(yimen_web::Site::default()))
}

/// A log that has taken in everything.
fn marks() -> DocumentMark {
    let mark = || Mark { svg: String::new(), note: String::new(), receipt: "proof".into() };
    DocumentMark(Arc::new(move |_, _| Some(mark())))
}

/// Every `.route("…", get(…).post(…))` of the product.
fn routes_of_the_sources() -> BTreeSet<(String, String)> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = BTreeSet::new();
    for one in std::fs::read_dir(&crates).unwrap().map(|e| e.unwrap().path()) {
        let name = one.file_name().unwrap().to_string_lossy().into_owned();
        // Not part of the product.
        if !["bench", "testkit", "xtask"].contains(&name.as_str()) {
            files(&one.join("src"), &mut |text| routes_of(text, &mut found));
        }
    }
    found
}

fn files(folder: &Path, look: &mut impl FnMut(&str)) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let paths: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    for path in paths {
        match path.is_dir() {
            true => files(&path, look),
            false if path.extension().is_some_and(|e| e == "rs") => {
                look(&std::fs::read_to_string(&path).unwrap());
            }
            false => {}
        }
    }
}

fn routes_of(text: &str, found: &mut BTreeSet<(String, String)>) {
    let product = text.split("#[cfg(test)]").next().unwrap_or(text);
    for piece in product.split(".route(").skip(1) {
        let mut depth = 1;
        let end = piece.find(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            depth == 0
        });
        let call = &piece[..end.unwrap_or(piece.len())];
        let path = call.split('"').nth(1).unwrap_or_else(|| panic!("a route without a literal path: {call}"));
        for method in ["get", "post", "put", "delete", "patch", "any"] {
            let is = |before: &str| call.contains(&format!("{before}{method}("));
            if is(" ") || is(".") || is(":") || is("\n") || is(",") {
                found.insert((method.to_string(), path.to_string()));
            }
        }
    }
}

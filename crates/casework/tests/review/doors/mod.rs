//! Every route of the program and who may pass: read out of the sources, so that a new one cannot be forgotten here.

mod matrix;
mod people;
mod site;
mod sources;

use std::collections::BTreeSet;

use crate::story;
use matrix::Answered;
pub use people::{PASSWORD, PEOPLE, hire};
pub use site::{BODY, Site, UNMASKS};
use sources::routes_of_the_sources;

/// Everybody may: nothing in it is anybody's.
const ALL: &str = "*";
/// Whoever is signed in: each sees and changes only what is their own.
const OWN: &str = "owner other-citizen clerk other-clerk reviewer other-reviewer head other-head inspector system security audit";
const ADMINISTRATORS: &str = "system security audit";
const CITIZENS: &str = "owner other-citizen";
const CLERKS: &str = "clerk other-clerk";
const REVIEWERS: &str = "reviewer other-reviewer";
const BOARD: &str = "head other-head inspector";
/// Everyone who may see a case once it was sent to its departments.
const SEE: &str = "owner clerk reviewer head inspector";

/// Method, route, who may pass. Everybody else is sent to sign in, told that there is no such page, or refused.
pub const DOORS: &[(&str, &str, &str)] = &[
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
    // Codes sent to phones; the token of a code is nobody.
    ("get", "/sign-in/phone", ALL),
    ("post", "/sign-in/phone", ALL),
    ("get", "/sign-in/phone/code", ALL),
    ("post", "/sign-in/phone/code", ALL),
    ("post", "/sign-in/phone/again", ALL),
    ("get", "/register", ALL),
    ("post", "/register", ALL),
    ("get", "/register/code", ALL),
    ("post", "/register/code", ALL),
    ("get", "/sign-in/with/{provider}", ALL),
    ("get", "/sign-in/with/{provider}/back", ALL),
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
    ("post", "/messages", ALL),
    ("post", "/refunds", ALL),
    ("get", "/pay/{gateway_order}", ALL),
    ("post", "/pay/{gateway_order}", ALL),
    ("post", "/api/payments/report", ALL),
    // Systems that sign people in through us: programs show a secret or a token, people agree for themselves.
    ("get", "/.well-known/openid-configuration", ALL),
    ("get", "/oauth/jwks", ALL),
    ("post", "/oauth/token", ALL),
    ("post", "/oauth/revoke", ALL),
    ("get", "/oauth/userinfo", ALL),
    ("post", "/oauth/userinfo", ALL),
    ("get", "/oauth/authorize", ALL),
    ("post", "/oauth/consent", ALL),
    ("post", "/oauth/again", ALL),
    ("get", "/oauth/end-session", ALL),
    ("post", "/oauth/end-session", ALL),
    // One's own account.
    ("get", "/me/sessions", OWN),
    ("post", "/me/sessions/end", OWN),
    ("post", "/me/sessions/end-others", OWN),
    ("get", "/me/password", OWN),
    ("post", "/me/password", OWN),
    ("get", "/me/phone", CITIZENS),
    ("post", "/me/phone", CITIZENS),
    ("get", "/me/phone/code", CITIZENS),
    ("post", "/me/phone/code", CITIZENS),
    ("get", "/me/factor", OWN),
    ("post", "/me/factor", OWN),
    // Administrators.
    ("get", "/admin", ADMINISTRATORS),
    ("get", "/admin/accounts", "security"),
    ("get", "/admin/accounts/new", "security"),
    ("post", "/admin/accounts/new", "security"),
    ("get", "/admin/accounts/{account}", "security"),
    ("get", "/admin/accounts/{account}/position", "security"),
    ("post", "/admin/accounts/{account}/position", "security"),
    ("get", "/admin/accounts/{account}/administrator", "security"),
    ("post", "/admin/accounts/{account}/administrator", "security"),
    ("post", "/admin/accounts/{account}/act", "security"),
    ("get", "/admin/journal", "audit"),
    ("get", "/admin/journal/export", "audit"),
    ("post", "/admin/journal/export", "audit"),
    ("get", "/admin/journal/{seq}", "audit"),
    ("get", "/admin/keys", "security"),
    ("post", "/admin/keys", "security"),
    ("get", "/admin/policy", "security"),
    ("get", "/admin/policy/edit", "security"),
    ("post", "/admin/policy/edit", "security"),
    ("post", "/admin/policy/propose", "security"),
    ("get", "/admin/policy/versions/{version}", "security"),
    ("get", "/admin/locks", "security"),
    ("post", "/admin/locks", "security"),
    ("get", "/admin/sessions", "security"),
    ("post", "/admin/sessions", "security"),
    ("get", "/admin/proposals", "security"),
    ("get", "/admin/proposals/{id}", "security"),
    ("post", "/admin/proposals/{id}", "security"),
    ("get", "/admin/oidc", "system security"),
    ("get", "/admin/oidc/new", "system security"),
    ("post", "/admin/oidc/new", "system security"),
    ("get", "/admin/oidc/{client}", "system security"),
    ("post", "/admin/oidc/{client}", "system security"),
    ("post", "/admin/oidc/{client}/act", "system security"),
    // Applicants.
    ("get", "/my", CITIZENS),
    ("get", "/my/looks", CITIZENS),
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
    ("get", "/cases/{number}/unmask", SEE),
    ("post", "/cases/{number}/unmask", SEE),
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

/// Whoever is not named is stopped at every door, and whoever is named passes it: by real sessions through the whole
/// program. What came of it is the second half of the matrix.
#[test]
fn nobody_passes_who_is_not_named() {
    story("doors", |world| async move {
        let site = Site::new(&world).await;
        let before = site.revisions(&world);
        let (mut answers, mut wrong) = (Vec::new(), Vec::new());
        for (method, route, who) in DOORS {
            let mut row = Vec::new();
            for name in PEOPLE {
                let named = who.split(' ').any(|one| one == name);
                // A form that may be posted would do what it is for: the pages' own stories post it.
                let asked = *who != ALL && (*method == "get" || !named);
                let answer = match asked {
                    true => site.ask(name, method, route).await,
                    false => Answered::Passes,
                };
                if answer.passes() != (named || *who == ALL) {
                    wrong.push(format!("{name} {method} {route}: {answer:?}"));
                }
                row.push(answer);
            }
            answers.push((*method, *route, row));
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert_eq!(site.revisions(&world), before, "nobody changed anything");
        matrix::is_as_printed(&answers);
    });
}

#[test]
fn a_page_that_is_not_there_knows_who_asks() {
    story("nowhere", |world| async move {
        let site = Site::new(&world).await;
        let page = site.page_with("owner", "/nope", 404).await;
        assert!(page.contains("没有找到这个页面") && page.contains("退出"), "{page}");
    });
}

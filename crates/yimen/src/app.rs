//! Wiring: every domain's routes under one roof, with navigation by who is signed in.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tower::ServiceBuilder;
use yimen_casework::Casework;
use yimen_casework::pages::{LookLog, looks_kept};
use yimen_catalogue::pages::Panels;
use yimen_identity::{Identity, Place, Places};
use yimen_ledger::Ledger;
use yimen_oidc::Oidc;
use yimen_oidc::outside::{self, Outside};
use yimen_payments::Payments;
use yimen_platform::{Actor, Role, Staff};
use yimen_store::Store;
use yimen_web::{Audience, NavItem, Site, UserBadge, WebError};

use crate::disk::Disks;
use crate::{health, ledger};

/// The domains of a running server.
#[derive(Clone)]
pub struct App {
    pub casework: Casework,
    pub identity: Identity,
    /// Absent where no gateway is configured: people pay at the window.
    pub payments: Option<Payments>,
    pub ledger: Ledger,
    /// Providers outside that people sign in through, if any.
    pub outside: Option<Outside>,
    /// Where browsers reach this server: what QR codes lead to.
    pub base: String,
    /// Serves the component gallery as well.
    pub demo: bool,
    /// Reached by HTTPS: cookies are bound to it.
    pub https: bool,
}

/// Everything the server answers.
pub fn router(app: &App, site: Site) -> Router {
    router_on(app, site, Disks::none())
}

/// `router` of a server whose disks are watched.
pub fn router_on(app: &App, site: Site, disks: Disks) -> Router {
    let (catalogue, platform) = (app.casework.catalogue.clone(), app.casework.platform.clone());
    let panels = Panels { home: Some(yimen_casework::pages::home_panel(app.casework.clone())) };
    let mut routes = Router::new()
        .merge(yimen_catalogue::pages::routes(catalogue, platform, panels))
        .merge(yimen_casework::pages::routes(app.casework.clone()))
        .merge(yimen_identity::routes(app.identity.clone()))
        .merge(yimen_oidc::routes(oidc(app)))
        .merge(ledger::routes(&app.ledger));
    if let Some(outside) = &app.outside {
        routes = routes.merge(outside::routes(outside.clone()));
    }
    if let Some(payments) = &app.payments {
        routes = routes.merge(yimen_payments::routes(payments.clone()));
    }
    if app.demo {
        routes = routes.merge(yimen_web::gallery::routes());
    }
    let store = app.casework.platform.store.clone();
    // Inside the session layer: the page that says so knows who asks.
    let routes = routes.fallback(|| async { WebError::not_found() });
    let routes = routes.layer(
        ServiceBuilder::new()
            .layer(middleware::from_fn_with_state(store, settled))
            .layer(yimen_identity::layer(app.identity.clone()))
            .layer(middleware::from_fn_with_state(LookLog::new(app.casework.clone()), looks_kept))
            .layer(middleware::from_fn(yimen_web::error_pages))
            .layer(axum::Extension(ledger::mark(&app.ledger, &app.base))),
    );
    // Watched without a session, but not without limits.
    let routes = routes.merge(health::routes(&app.casework, disks));
    yimen_web::wrap(routes, Arc::new(site))
}

/// One sign-in for the departments' own systems.
pub fn oidc(app: &App) -> Oidc {
    let casework = app.casework.clone();
    let departments = move || {
        let catalogue = casework.catalogue.get();
        catalogue.city().departments.iter().map(|one| (one.id.clone(), one.name.clone())).collect()
    };
    Oidc::new(app.casework.platform.clone(), app.identity.clone(), &app.base, departments)
}

/// Nothing leaves before the disk has what it tells: asked once for the whole answer, not at each read.
async fn settled(State(store): State<Store>, request: Request, next: Next) -> Response {
    let answer = store.settled_after(next.run(request)).await;
    answer.unwrap_or_else(|error| WebError::unavailable(error).into_response())
}

/// Where somebody starts who signed in without asking for a page.
pub fn home(actor: &Actor) -> String {
    let home = match actor {
        Actor::Staff(s) if s.roles.administrator().is_some() => "/admin",
        Actor::Staff(s) if s.roles.has(Role::Clerk) => "/desk",
        Actor::Staff(s) if s.roles.has(Role::Reviewer) => "/review",
        Actor::Staff(_) => "/supervise",
        _ => "/my",
    };
    home.to_string()
}

/// Where a member of staff works, in the city's own words.
pub fn place(casework: &Casework, staff: &Staff) -> String {
    let catalogue = casework.catalogue.get();
    let roles: Vec<&str> = staff.roles.iter().map(Role::zh).collect();
    let mut words = Vec::new();
    if !staff.department.is_empty() {
        words.push(catalogue.department_short(&staff.department).to_string());
    }
    if !staff.office.is_empty() {
        words.push(catalogue.office_name(&staff.office).to_string());
        let office = catalogue.city().offices.iter().find(|o| o.id == staff.office);
        let counter = office.and_then(|o| o.counters.iter().find(|c| c.id == staff.counter));
        words.extend(counter.map(|c| c.name.clone()));
    }
    format!("{} {}", words.join(" "), roles.join("、"))
}

/// Where staff can work, for the forms of the security administrator.
pub fn places(casework: &Casework) -> Places {
    let catalogue = casework.catalogue.get();
    let city = catalogue.city();
    let place = |id: &str, name: &str| Place { id: id.to_string(), name: name.to_string() };
    let departments = city.departments.iter().map(|one| place(&one.id, &one.name)).collect();
    let offices = city.offices.iter().map(|one| {
        let counters = one.counters.iter().map(|counter| place(&counter.id, &counter.name)).collect();
        (place(&one.id, &one.name), counters)
    });
    Places { departments, offices: offices.collect() }
}

/// The web face's settings for this city.
pub fn site(app: &App) -> Site {
    let catalogue = app.casework.catalogue.get();
    let form_targets = app.payments.iter().map(|p| p.gateway.origin().to_string()).collect();
    let host = format!("{}政务服务管理办公室", catalogue.city().name);
    Site {
        host,
        nav: Box::new(nav),
        ledger: "/ledger".into(),
        form_targets,
        https: app.https,
        ..Site::default()
    }
}

fn nav(audience: Audience, who: Option<&UserBadge>) -> Vec<NavItem> {
    match audience {
        Audience::Citizen | Audience::Print => vec![
            NavItem::new("home", "/", "首页", "home"),
            NavItem::new("services", "/services", "办事", "search"),
            NavItem::new("my", "/my", "我的办件", "user"),
            NavItem::new("track", "/track", "进度查询", "clock"),
        ],
        Audience::Desk => vec![
            NavItem::new("desk", "/desk", "窗口工作台", "home"),
            NavItem::new("new", "/desk/new", "受理新办件", "file"),
        ],
        Audience::Review => vec![
            NavItem::new("review", "/review?all=1", "待办任务", "home"),
            NavItem::new("mine", "/review?mine=1", "我领取的", "user"),
        ],
        Audience::Admin => {
            let mut items = vec![NavItem::new("admin", "/admin", "管理首页", "home")];
            // Only what they can open; the pages ask again who it is.
            if who.is_some_and(|badge| badge.role.contains(Role::Security.zh())) {
                items.extend([
                    NavItem::new("accounts", "/admin/accounts", "账户", "user"),
                    NavItem::new("policy", "/admin/policy", "权限规则", "shield"),
                    NavItem::new("keys", "/admin/keys", "数据密钥", "shield"),
                    NavItem::new("proposals", "/admin/proposals", "待批事项", "file"),
                    NavItem::new("locks", "/admin/locks", "暂停的登录", "clock"),
                    NavItem::new("sessions", "/admin/sessions", "在线", "search"),
                ]);
            }
            if who.is_some_and(|badge| badge.role.contains(Role::Audit.zh())) {
                items.push(NavItem::new("journal", "/admin/journal", "操作记录", "search"));
            }
            if who.is_some_and(|badge| {
                [Role::Security, Role::System].iter().any(|role| badge.role.contains(role.zh()))
            }) {
                items.push(NavItem::new("oidc", "/admin/oidc", "接入的系统", "file"));
            }
            items
        }
        Audience::Board => vec![NavItem::new("supervise", "/supervise", "运行总览", "home")],
    }
}

//! Pages of the three administrators. They never show a case.

mod account;
mod accounts;
mod journal;
mod keys;
mod lists;
mod policy;
mod proposals;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use yimen_platform::{Actor, Role};
use yimen_web::{Audience, Card, Field, FormState, Html, Page, Pager, Shell, WebError, Width};

use crate::{Identity, Session, SignedIn, StaffOnly};

pub(super) fn routes() -> Router<Identity> {
    Router::new()
        .route("/admin", get(home))
        .route("/admin/accounts", get(accounts::page))
        .route("/admin/accounts/new", get(accounts::new_page).post(accounts::hire))
        .route("/admin/accounts/{account}", get(account::page))
        .route("/admin/accounts/{account}/position", get(account::position_page).post(account::position))
        .route("/admin/accounts/{account}/administrator", get(account::appoint_page).post(account::appoint))
        .route("/admin/accounts/{account}/act", post(account::act))
        .route("/admin/journal", get(journal::page))
        .route("/admin/journal/export", get(journal::form_page).post(journal::file))
        .route("/admin/journal/{seq}", get(journal::entry_page))
        .route("/admin/keys", get(keys::page).post(keys::propose))
        .route("/admin/policy", get(policy::page))
        .route("/admin/policy/edit", get(policy::edit_page).post(policy::preview))
        .route("/admin/policy/propose", post(policy::propose))
        .route("/admin/policy/versions/{version}", get(policy::version))
        .route("/admin/locks", get(lists::locks).post(lists::lift))
        .route("/admin/sessions", get(lists::sessions).post(lists::end))
        .route("/admin/proposals", get(proposals::page))
        .route("/admin/proposals/{id}", get(proposals::one_page).post(proposals::decide))
}

#[derive(Template)]
#[template(path = "identity/admin/home.html")]
struct HomePage {
    page: Page,
    what: &'static str,
    cards: Vec<Card>,
}

/// The way on from a list that is read by falling ids, one more than is shown: `path?before=` of its last line.
fn older<T>(
    found: &mut Vec<T>,
    most: usize,
    (path, before): (&str, Option<i64>),
    id: fn(&T) -> i64,
) -> Pager {
    let more = found.len() > most;
    found.truncate(most);
    let next = found.last().filter(|_| more).map(|last| format!("{path}?before={}", id(last)));
    Pager::new(before.map(|_| path.to_owned()), next)
}

fn page_of(shell: &Shell, title: impl Into<String>) -> Page {
    shell.page(Page::new(Audience::Admin, title))
}

/// Whether it is the security administrator who asks; nobody else sees accounts.
fn security(actor: &Actor) -> Result<(), WebError> {
    match actor.has(Role::Security) {
        true => Ok(()),
        false => Err(WebError::forbidden("账户由安全管理员管理。")),
    }
}

/// The code that is asked for again before something dangerous, when the last one is too old.
fn proof_field(identity: &Identity, session: &Session, form: &FormState) -> Option<Field> {
    let field = Field::text("code", "验证码")
        .hint("动态口令应用里现在显示的6位数字；5分钟内不再询问")
        .autocomplete("one-time-code")
        .width(Width::M);
    identity.must_prove(session).then(|| field.from(form))
}

async fn home(
    State(identity): State<Identity>,
    shell: Shell,
    StaffOnly { actor, .. }: StaffOnly,
    SignedIn { .. }: SignedIn,
) -> Result<Response, WebError> {
    let Some(role) = actor.staff().and_then(|staff| staff.roles.administrator()) else {
        return Err(WebError::forbidden("这里只供管理员使用。"));
    };
    let (what, cards) = match role {
        Role::Security => (
            "管理工作账户、角色、权限规则、动态口令和登录；看不到任何办件。",
            vec![
                Card::new("/admin/accounts", "账户").text("新建、查找、修改岗位和角色、重置、停用"),
                Card::new("/admin/policy", "权限规则").text("谁可以对办件做什么；修改须两位管理员"),
                Card::new("/admin/keys", "数据密钥").text("正在使用哪一把；更换须两位管理员"),
                Card::new("/admin/proposals", "待批事项").text("需要两位管理员共同决定的事"),
                Card::new("/admin/locks", "暂停的登录").text("输错次数太多的登录名和地址"),
                Card::new("/admin/sessions", "在线的工作人员").text("查看和退出登录"),
                Card::new("/admin/oidc", "接入的系统").text("用一门账户登录的部门系统"),
            ],
        ),
        Role::System => (
            "保障系统运行；看不到账户和任何办件。",
            vec![
                Card::new("/admin/oidc", "接入的系统").text("用一门账户登录的部门系统"),
                Card::new("/readyz", "运行状况").text("数据库、事项、时限检查"),
                Card::new("/version", "程序版本").text("正在运行的版本"),
            ],
        ),
        _ => (
            "审计操作记录；看不到任何办件的内容。",
            vec![
                Card::new("/admin/journal", "操作记录").text("谁在什么时候做了什么；查找、核验和导出"),
                Card::new("/ledger", "公开账本").text("每一次操作都记入的账本，核验凭证"),
            ],
        ),
    };
    let _ = &identity;
    let page = page_of(&shell, role.zh()).section("admin");
    Ok(Html::ok(HomePage { page, what, cards }).into_response())
}

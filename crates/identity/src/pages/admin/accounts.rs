//! The list of staff accounts, and making one.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use yimen_platform::{Role, Roles};
use yimen_web::{
    Button, Cell, Choice, Column, Field, Form, FormState, Html, Page, Pager, Row, SearchBox, Shell,
    StatusTag, Table, Tone, WebError, Width,
};

use super::{page_of, proof_field, security};
use crate::pages::sign_in::{blame, told, with_wait};
use crate::{Identity, IdentityError, Position, Session, SignedIn, StaffAccount};

const A_PAGE: usize = 50;

#[derive(Template)]
#[template(path = "identity/admin/accounts.html")]
struct AccountsPage {
    page: Page,
    search: SearchBox,
    new: Button,
    table: Table,
    pager: Pager,
}

#[derive(Template)]
#[template(path = "identity/admin/new.html")]
struct NewPage {
    page: Page,
    name: Field,
    login: Field,
    position: PositionFields,
    proof: Option<Field>,
    submit: Button,
}

/// What somebody is and where.
pub(super) struct PositionFields {
    pub roles: Field,
    pub department: Field,
    pub office: Field,
    pub counter: Field,
}

/// A password that is shown this once.
#[derive(Template)]
#[template(path = "identity/admin/told.html")]
pub(super) struct ToldPage {
    pub page: Page,
    pub login: String,
    pub password: String,
    pub to: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    after: i64,
}

pub(super) fn state(one: &StaffAccount) -> StatusTag {
    match one {
        one if one.is_closed => StatusTag::new("已停用", Tone::Neutral),
        one if !one.factor_required => StatusTag::new("不要求动态口令", Tone::Warn),
        one if !one.factor_set_up => StatusTag::new("尚未设置动态口令", Tone::Info),
        _ => StatusTag::new("正常", Tone::Done),
    }
}

pub(super) fn roles_zh(roles: Roles) -> String {
    let names: Vec<&str> = roles.iter().map(Role::zh).collect();
    if names.is_empty() { "没有角色".to_owned() } else { names.join("、") }
}

/// The place of an account in the city's words.
pub(super) fn place_zh(identity: &Identity, one: &StaffAccount) -> String {
    let places = (identity.settings().places)();
    let of = |list: &[crate::Place], id: &str| {
        list.iter().find(|place| place.id == id).map_or_else(|| id.to_owned(), |place| place.name.clone())
    };
    let department = of(&places.departments, &one.department);
    let office = places.offices.iter().find(|(place, _)| place.id == one.office);
    let (office, counter) = match office {
        Some((place, counters)) => (place.name.clone(), of(counters, &one.counter)),
        None => (one.office.clone(), one.counter.clone()),
    };
    [department, office, counter].into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

pub(super) async fn page(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, .. }: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    security(&actor)?;
    let reading = identity.clone();
    let (find, name) = (asked.q.trim().to_owned(), asked.name.clone());
    let read = move |q: &mut yimen_store::Read<'_>| -> Result<_, IdentityError> {
        reading.staff_accounts(q, &find, (&name, asked.after), A_PAGE as i64 + 1)
    };
    let mut found = identity.platform().store.read(read).await?;
    let more = found.len() > A_PAGE;
    found.truncate(A_PAGE);
    let next = found.last().filter(|_| more).map(|last| {
        let (q, name) = (crate::next::encode(asked.q.trim()), crate::next::encode(&last.name));
        format!("/admin/accounts?q={q}&name={name}&after={}", last.account)
    });
    let rows = found.iter().map(|one| {
        Row::new(vec![
            Cell::link_with(format!("/admin/accounts/{}", one.account), one.name.clone(), one.login.clone()),
            Cell::text(roles_zh(one.roles)),
            Cell::text(place_zh(&identity, one)),
            state(one).into(),
        ])
    });
    let columns =
        vec![Column::text("姓名").whole(), Column::text("角色"), Column::text("岗位"), Column::text("状态")];
    let table = Table::new("工作账户", columns).hide_caption().empty("没有找到这样的账户").rows(rows);
    let search = SearchBox::new("/admin/accounts", "q", "姓名或登录名").value(asked.q.trim());
    let view = AccountsPage {
        page: page_of(&shell, "账户").section("accounts"),
        search,
        new: Button::primary("新建账户").href("/admin/accounts/new"),
        table,
        pager: Pager::new((asked.after > 0).then(|| "/admin/accounts".to_owned()), next),
    };
    Ok(Html::ok(view).into_response())
}

/// The business roles; administrators are appointed by two people.
pub(super) fn position_fields(identity: &Identity, form: &FormState) -> PositionFields {
    let places = (identity.settings().places)();
    let roles = Role::ALL.into_iter().filter(|role| !role.is_administrator());
    let roles = roles.map(|role| Choice::new(role.code(), role.zh())).collect();
    let none = || Choice::new("", "无");
    let departments = places.departments.iter().map(|place| Choice::new(&place.id, &place.name));
    let offices = places.offices.iter().map(|(place, _)| Choice::new(&place.id, &place.name));
    PositionFields {
        roles: Field::checkboxes("roles", "角色", roles).optional().from(form),
        department: Field::select("department", "部门", std::iter::once(none()).chain(departments).collect())
            .hint("审查人员、部门负责人必选")
            .from(form),
        office: Field::select("office", "大厅", std::iter::once(none()).chain(offices).collect())
            .hint("窗口人员必选")
            .from(form),
        counter: Field::text("counter", "窗口号").optional().width(Width::S).from(form),
    }
}

/// Reads them back; what is wrong stands beside its field.
pub(super) fn position(identity: &Identity, form: &mut Form) -> Position {
    let places = (identity.settings().places)();
    let chosen: Vec<Role> = form.all("roles").iter().filter_map(|code| Role::parse(code)).collect();
    let roles = Roles::of(&chosen);
    if roles.administrator().is_some() {
        form.error("roles", "管理员须由两位安全管理员任命，不能在这里选择");
    }
    let (department, office) = (form.text("department").to_owned(), form.text("office").to_owned());
    let counter = form.compact("counter");
    let known = department.is_empty() || places.departments.iter().any(|place| place.id == department);
    if !known || (department.is_empty() && (roles.has(Role::Reviewer) || roles.has(Role::Supervisor))) {
        form.error("department", "请选择部门");
    }
    let hall = places.offices.iter().find(|(place, _)| place.id == office);
    if (!office.is_empty() && hall.is_none()) || (office.is_empty() && roles.has(Role::Clerk)) {
        form.error("office", "请选择大厅");
    }
    let at_hall = hall.is_some_and(|(_, counters)| counters.iter().any(|one| one.id == counter));
    if !counter.is_empty() && !at_hall {
        form.error("counter", "所选大厅没有这个窗口，请改正或不填");
    }
    Position::Staff { roles, department, office, counter }
}

fn new_view(identity: &Identity, page: Page, session: &Session, form: &FormState) -> NewPage {
    NewPage {
        page,
        name: Field::text("name", "姓名").width(Width::M).from(form),
        login: Field::text("login", "登录名")
            .hint("小写字母开头，字母、数字或“.-_”")
            .width(Width::M)
            .from(form),
        position: position_fields(identity, form),
        proof: proof_field(identity, session, form),
        submit: Button::primary("新建账户"),
    }
}

fn new_shell(shell: &Shell) -> Page {
    page_of(shell, "新建账户").section("accounts").back("/admin/accounts", "账户")
}

pub(super) async fn new_page(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
) -> Result<Response, WebError> {
    security(&actor)?;
    Ok(Html::ok(new_view(&identity, new_shell(&shell), &session, &FormState::new())).into_response())
}

pub(super) async fn hire(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
    mut form: Form,
) -> Result<Response, WebError> {
    security(&actor)?;
    form.require("name", "请填写姓名");
    form.require("login", "请填写登录名");
    let position = position(&identity, &mut form);
    let mut wait = None;
    if form.is_valid() {
        let ctx = identity.ctx(actor);
        let hired = async {
            identity.step_up(&ctx, &session, form.text("code")).await?;
            identity.hire(&ctx, form.text("name"), form.text("login"), position).await
        };
        match hired.await {
            Ok((id, password)) => {
                let page = page_of(&shell, "账户已新建").section("accounts");
                let login = form.text("login").to_owned();
                let to = format!("/admin/accounts/{id}");
                return Ok(Html::ok(ToldPage { page, login, password, to }).into_response());
            }
            Err(error) => {
                wait = Some(blame(&mut form, error, "code")?);
                form.set("code", "");
            }
        }
    }
    let page = new_shell(&shell).errors_of(&form);
    let view = new_view(&identity, page, &session, &form);
    Ok(match wait {
        Some((status, error)) => with_wait(&identity, told(status, &form).shown_as(Html::ok(view)), &error),
        None => WebError::invalid(form.errors()).shown_as(Html::ok(view)),
    })
}

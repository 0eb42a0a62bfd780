//! `/admin/oidc`: the systems that are connected, kept by the system and the security administrator.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use yimen_identity::{Session, SignedIn};
use yimen_platform::{Role, Roles};
use yimen_web::{
    Audience, Button, Cell, Choice, Column, Field, Form, FormState, Html, Page, Row, Shell, StatusTag,
    SummaryList, Table, Tone, WebError, Width, redirect_303,
};

use crate::client::{Client, NewClient, SCOPES, may_keep};
use crate::{Oidc, OidcError, store};

#[derive(Template)]
#[template(path = "oidc/clients.html")]
struct ClientsPage {
    page: Page,
    new: Button,
    table: Table,
    addresses: SummaryList,
}

#[derive(Template)]
#[template(path = "oidc/new.html")]
struct NewPage {
    page: Page,
    kind: Field,
    fields: Fields,
    proof: Option<Field>,
    submit: Button,
}

#[derive(Template)]
#[template(path = "oidc/client.html")]
struct ClientPage {
    page: Page,
    id: String,
    facts: SummaryList,
    is_open: bool,
    fields: Fields,
    proof: Option<Field>,
    submit: Button,
    act: Field,
    again: Option<Field>,
}

/// What is shown this once.
#[derive(Template)]
#[template(path = "oidc/told.html")]
struct ToldPage {
    page: Page,
    id: String,
    secret: Option<String>,
    issuer: String,
}

struct Fields {
    name: Field,
    redirects: Field,
    logouts: Field,
    roles: Field,
    departments: Field,
    citizens: Field,
    scopes: Field,
    trusted: Field,
}

fn shell_page(shell: &Shell, title: impl Into<String>) -> Page {
    shell.page(Page::new(Audience::Admin, title)).section("oidc")
}

fn proof_field(oidc: &Oidc, session: &Session, name: &str, form: &FormState) -> Option<Field> {
    let field = Field::text(name, "验证码")
        .hint("动态口令应用里现在显示的6位数字；5分钟内不再询问")
        .autocomplete("one-time-code")
        .width(Width::M);
    oidc.identity.must_prove(session).then(|| field.from(form))
}

fn fields(oidc: &Oidc, form: &FormState) -> Fields {
    let roles = Role::ALL.into_iter().map(|role| Choice::new(role.code(), role.zh())).collect();
    let departments = (oidc.departments)().into_iter().map(|(id, name)| Choice::new(id, name)).collect();
    // A sign-in name is part of every answer: there is nothing to choose.
    let scopes = SCOPES.iter().filter(|(code, _)| *code != "openid");
    let scopes = scopes.map(|(code, told)| Choice::new(*code, *told)).collect();
    let yes = |name: &str, label: &str, words: &str| {
        Field::checkboxes(name, label, vec![Choice::new("yes", words)]).optional().from(form)
    };
    Fields {
        name: Field::text("name", "系统名称").hint("登录页上这样称呼它").width(Width::M).from(form),
        redirects: Field::textarea("redirects", "登录回调地址")
            .hint("每行一个，https:// 开头，逐字比较")
            .rows(3)
            .from(form),
        logouts: Field::textarea("logouts", "退出后的返回地址")
            .optional()
            .hint("每行一个")
            .rows(2)
            .from(form),
        roles: Field::checkboxes("roles", "哪些工作人员可以登录", roles).optional().from(form),
        departments: Field::checkboxes("departments", "只限这些部门", departments)
            .optional()
            .hint("都不选：不限部门")
            .from(form),
        citizens: yes("citizens", "群众和企业", "也可以登录"),
        scopes: Field::checkboxes("scopes", "除登录标识外还提供", scopes).optional().from(form),
        trusted: yes("trusted", "征得同意", "本单位的系统，登录时不再逐人询问"),
    }
}

/// The form of a client as it is kept.
fn filled(client: &Client) -> FormState {
    let mut form = FormState::new();
    form.set("name", &client.name);
    form.set("redirects", client.redirects.join("\n"));
    form.set("logouts", client.logouts.join("\n"));
    for role in client.roles.iter() {
        form.push("roles", role.code());
    }
    for one in &client.departments {
        form.push("departments", one);
    }
    for one in &client.scopes {
        form.push("scopes", one);
    }
    for (name, is) in [("citizens", client.citizens), ("trusted", client.trusted)] {
        if is {
            form.set(name, "yes");
        }
    }
    form
}

fn read(form: &FormState) -> NewClient {
    let lines = |name: &str| -> Vec<String> {
        form.text(name).lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    };
    let roles: Vec<Role> = form.all("roles").iter().filter_map(|code| Role::parse(code)).collect();
    NewClient {
        name: form.text("name").to_owned(),
        redirects: lines("redirects"),
        logouts: lines("logouts"),
        scopes: form.all("scopes").to_vec(),
        roles: Roles::of(&roles),
        // One that is gone stays: without it the system would let in everybody.
        departments: form.all("departments").to_vec(),
        citizens: form.yes("citizens"),
        trusted: form.yes("trusted"),
    }
}

/// Who may sign in there, in words.
fn who(client: &Client) -> String {
    let mut words: Vec<&str> = client.roles.iter().map(Role::zh).collect();
    if client.citizens {
        words.push("群众和企业");
    }
    words.join("、")
}

fn state(client: &Client) -> StatusTag {
    match client.closed_at {
        Some(_) => StatusTag::new("已停用", Tone::Neutral),
        None => StatusTag::new("使用中", Tone::Done),
    }
}

pub(super) async fn page(
    State(oidc): State<Oidc>,
    shell: Shell,
    SignedIn { actor, .. }: SignedIn,
) -> Result<Response, WebError> {
    may_keep(&actor)?;
    let all = oidc.platform.store.read(store::clients).await.map_err(OidcError::from)?;
    let rows = all.iter().map(|one| {
        Row::new(vec![
            Cell::link(format!("/admin/oidc/{}", one.id), one.name.clone()),
            Cell::text(who(one)),
            Cell::text(if one.trusted { "不询问" } else { "逐人征得同意" }),
            state(one).into(),
        ])
    });
    let columns = vec![
        Column::text("系统"),
        Column::text("谁可以登录"),
        Column::text("提供信息前"),
        Column::text("状态"),
    ];
    let table = Table::new("接入的系统", columns).hide_caption().empty("还没有接入任何系统").rows(rows);
    let issuer = oidc.issuer();
    let addresses = SummaryList::new()
        .fact("签发者（issuer）", issuer)
        .fact("发现地址", format!("{issuer}/.well-known/openid-configuration"));
    let new = Button::primary("接入一个系统").href("/admin/oidc/new");
    let view = ClientsPage { page: shell_page(&shell, "接入的系统"), new, table, addresses };
    Ok(Html::ok(view).into_response())
}

fn new_view(oidc: &Oidc, page: Page, session: &Session, form: &FormState) -> NewPage {
    let kinds = vec![
        Choice::new("server", "网站（有自己的服务器，能保管密钥）"),
        Choice::new("app", "桌面或手机程序（不能保管密钥，只用 PKCE）"),
    ];
    NewPage {
        page: page.back("/admin/oidc", "接入的系统"),
        kind: Field::radios("kind", "哪一种系统", kinds).from(form),
        fields: fields(oidc, form),
        proof: proof_field(oidc, session, "code", form),
        submit: Button::primary("登记"),
    }
}

pub(super) async fn new_page(
    State(oidc): State<Oidc>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
) -> Result<Response, WebError> {
    may_keep(&actor)?;
    let mut form = FormState::new();
    form.set("kind", "server");
    let view = new_view(&oidc, shell_page(&shell, "接入一个系统"), &session, &form);
    Ok(Html::ok(view).into_response())
}

/// Writes beside the fields what was wrong; what has no field is the answer itself.
fn blame(form: &mut Form, error: OidcError) -> Result<StatusCode, WebError> {
    let fields = match &error {
        OidcError::Invalid(fields) => fields.clone(),
        OidcError::Identity(error) => error.fields(),
        _ => Vec::new(),
    };
    if fields.is_empty() {
        return Err(error.into());
    }
    for one in fields {
        // A lock, too, is told where it was caused: at the code.
        let field = if one.field == "password" { "code".to_owned() } else { one.field };
        form.error(field, one.message);
    }
    form.set("code", "");
    Ok(WebError::from(error).status())
}

fn again(view: impl Template, status: StatusCode, form: &Form) -> Response {
    let error = match status {
        StatusCode::TOO_MANY_REQUESTS => WebError::too_many("验证码多次输错，请稍后再试。"),
        _ => WebError::invalid(form.errors()),
    };
    error.shown_as(Html::ok(view))
}

pub(super) async fn add(
    State(oidc): State<Oidc>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
    mut form: Form,
) -> Result<Response, WebError> {
    may_keep(&actor)?;
    let ctx = oidc.ctx(actor);
    let added = async {
        oidc.identity.step_up(&ctx, &session, form.text("code")).await?;
        oidc.register(&ctx, read(&form), form.text("kind") != "app").await
    };
    match added.await {
        Ok((id, secret)) => {
            let issuer = oidc.issuer().to_owned();
            let page = shell_page(&shell, "系统已登记");
            Ok(Html::ok(ToldPage { page, id, secret, issuer }).into_response())
        }
        Err(error) => {
            let status = blame(&mut form, error)?;
            let page = shell_page(&shell, "接入一个系统").errors_of(&form);
            Ok(again(new_view(&oidc, page, &session, &form), status, &form))
        }
    }
}

fn client_view(oidc: &Oidc, page: Page, session: &Session, client: &Client, form: &FormState) -> ClientPage {
    let kind = if client.is_confidential() {
        "网站（有密钥）"
    } else {
        "桌面或手机程序（没有密钥）"
    };
    let closed = client.closed_at.map_or_else(|| "使用中".to_owned(), |at| format!("{} 已停用", at.zh()));
    let facts = SummaryList::new()
        .fact("客户端标识", &client.id)
        .fact("种类", kind)
        .fact("登记时间", client.created_at.zh())
        .fact("状态", closed);
    let mut acts = vec![Choice::new("close", "停用这个系统")];
    if client.is_confidential() {
        acts.insert(0, Choice::new("secret", "换一个密钥"));
    }
    ClientPage {
        page: page.back("/admin/oidc", "接入的系统"),
        id: client.id.clone(),
        facts,
        is_open: client.closed_at.is_none(),
        fields: fields(oidc, form),
        proof: proof_field(oidc, session, "code", form),
        submit: Button::primary("保存修改"),
        act: Field::radios("act", "做什么", acts).from(form),
        again: proof_field(oidc, session, "act-code", form),
    }
}

pub(super) async fn one_page(
    State(oidc): State<Oidc>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    may_keep(&actor)?;
    let client = oidc.client(&id).await?.ok_or_else(WebError::not_found)?;
    let page = shell_page(&shell, client.name.clone());
    Ok(Html::ok(client_view(&oidc, page, &session, &client, &filled(&client))).into_response())
}

pub(super) async fn change(
    State(oidc): State<Oidc>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, WebError> {
    may_keep(&actor)?;
    let client = oidc.client(&id).await?.ok_or_else(WebError::not_found)?;
    let ctx = oidc.ctx(actor);
    let changed = async {
        oidc.identity.step_up(&ctx, &session, form.text("code")).await?;
        oidc.change(&ctx, &id, read(&form)).await
    };
    match changed.await {
        Ok(()) => Ok(redirect_303("/admin/oidc")),
        Err(error) => {
            let status = blame(&mut form, error)?;
            let page = shell_page(&shell, client.name.clone()).errors_of(&form);
            Ok(again(client_view(&oidc, page, &session, &client, &form), status, &form))
        }
    }
}

pub(super) async fn act(
    State(oidc): State<Oidc>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, WebError> {
    may_keep(&actor)?;
    let client = oidc.client(&id).await?.ok_or_else(WebError::not_found)?;
    let ctx = oidc.ctx(actor);
    let act = form.text("act").to_owned();
    let done = async {
        if !matches!(act.as_str(), "secret" | "close") {
            let field = yimen_web::FieldError::new("act", "请选择做什么");
            return Err(OidcError::Invalid(vec![field]));
        }
        oidc.identity.step_up(&ctx, &session, form.text("act-code")).await?;
        match act.as_str() {
            "secret" => oidc.renew_secret(&ctx, &id).await.map(Some),
            _ => oidc.close(&ctx, &id).await.map(|()| None),
        }
    };
    match done.await {
        Ok(Some(secret)) => {
            let (page, issuer) = (shell_page(&shell, "密钥已更换"), oidc.issuer().to_owned());
            Ok(Html::ok(ToldPage { page, id, secret: Some(secret), issuer }).into_response())
        }
        Ok(None) => Ok(redirect_303("/admin/oidc")),
        Err(error) => {
            let mut told = Form(filled(&client));
            told.set("act", &act);
            let status = blame(&mut form, error)?;
            for one in form.errors() {
                let field = if one.field == "code" { "act-code" } else { one.field.as_str() };
                told.error(field, one.message.clone());
            }
            let page = shell_page(&shell, client.name.clone()).errors_of(&told);
            Ok(again(client_view(&oidc, page, &session, &client, &told), status, &told))
        }
    }
}

//! The data keys, and proposing another. None of a key's bytes is ever shown.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use yimen_platform::{Algorithm, DataKey};
use yimen_standards::time::Instant;
use yimen_web::{
    Button, Cell, Choice, Column, Field, Form, FormState, Html, Notice, Page, Row, Shell, StatusTag, Table,
    Tone, WebError, redirect_303,
};

use super::{page_of, proof_field, security};
use crate::pages::sign_in::{blame, told};
use crate::{Identity, IdentityError, Session, SignedIn};

const REASON: u32 = 200;

#[derive(Template)]
#[template(path = "identity/admin/keys.html")]
struct KeysPage {
    page: Page,
    table: Table,
    cipher: Field,
    reason: Field,
    proof: Option<Field>,
    submit: Button,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    done: String,
}

fn state(key: &DataKey, current: u32, now: Instant) -> StatusTag {
    match key.number {
        number if number == current => StatusTag::new("使用中", Tone::Done),
        _ if key.used_from > now.0 => StatusTag::new("即将使用", Tone::Info),
        _ => StatusTag::new("只用于解开以前的数据", Tone::Neutral),
    }
}

async fn view(
    identity: &Identity,
    page: Page,
    session: &Session,
    form: &FormState,
) -> Result<KeysPage, IdentityError> {
    let reading = identity.clone();
    let read = move |q: &mut yimen_store::Read<'_>| -> Result<_, IdentityError> { reading.data_keys(q) };
    let keys = identity.platform().store.read(read).await?;
    let now = identity.platform().clock.now();
    let current = keys.iter().filter(|key| key.used_from <= now.0).map(|key| key.number).max().unwrap_or(0);
    let rows = keys.iter().map(|key| {
        Row::new(vec![
            Cell::text(format!("第 {} 把", key.number)),
            Cell::text(key.code()),
            Cell::text(Instant(key.made_at).zh()),
            state(key, current, now).into(),
        ])
    });
    let columns = vec![
        Column::text("密钥").whole(),
        Column::text("算法"),
        Column::text("建立时间"),
        Column::text("状态"),
    ];
    let ciphers = vec![
        Choice::new(Algorithm::Aes256Gcm.code(), "AES-256-GCM"),
        Choice::new(Algorithm::Sm4Gcm.code(), "国密 SM4-GCM"),
    ];
    Ok(KeysPage {
        page,
        table: Table::new("数据密钥", columns).hide_caption().rows(rows),
        cipher: Field::radios("cipher", "新的密钥用什么算法", ciphers).from(form),
        reason: Field::text("reason", "理由").max(REASON).from(form),
        proof: proof_field(identity, session, form),
        submit: Button::primary("提出更换"),
    })
}

fn shell_of(shell: &Shell) -> Page {
    page_of(shell, "数据密钥").section("keys")
}

pub(super) async fn page(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    security(&actor)?;
    let mut page = shell_of(&shell);
    if asked.done == "proposed" {
        page = page.notice(Notice::success("已提出，等待另一位安全管理员批准"));
    }
    Ok(Html::ok(view(&identity, page, &session, &FormState::new()).await?).into_response())
}

pub(super) async fn propose(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
    mut form: Form,
) -> Result<Response, WebError> {
    security(&actor)?;
    let algorithm = Algorithm::parse(form.text("cipher"));
    if algorithm.is_none() {
        form.error("cipher", "请选择新的密钥用什么算法");
    }
    form.require("reason", "请填写更换的理由");
    if form.text("reason").chars().count() > REASON as usize {
        form.error("reason", format!("理由最多{REASON}个字，请缩短"));
    }
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    if let Some(algorithm) = algorithm.filter(|_| form.is_valid()) {
        let ctx = identity.ctx(actor);
        let done = async {
            identity.step_up(&ctx, &session, form.text("code")).await?;
            identity.propose_key(&ctx, algorithm, form.text("reason")).await
        };
        match done.await {
            Ok(_) => return Ok(redirect_303("/admin/keys?done=proposed")),
            Err(error) => status = blame(&mut form, error, "code")?.0,
        }
        form.set("code", "");
    }
    let view = view(&identity, shell_of(&shell).errors_of(&form), &session, &form).await?;
    Ok(told(status, &form).shown_as(Html::ok(view)))
}

//! Records as a file: a table, and a signature at its end. It leaves as it is read, so its length is no matter.

use askama::Template;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use yimen_platform::Ctx;
use yimen_platform::journal::{Entry, Search};
use yimen_web::{Button, Field, Form, FormState, Html, Page, Shell, SummaryList, WebError};

use super::{Names, address, auditor, export_shell, who};
use crate::audit::{Asked, KINDS, shown};
use crate::pages::admin::proof_field;
use crate::pages::sign_in::{blame, told};
use crate::{Identity, IdentityError, Session, SignedIn};

/// Entries of one read.
const A_READ: i64 = 1_000;
const REASON: u32 = 200;

#[derive(Template)]
#[template(path = "identity/admin/journal_export.html")]
struct ExportPage {
    page: Page,
    facts: SummaryList,
    action: String,
    reason: Field,
    proof: Option<Field>,
    submit: Button,
}

fn view(identity: &Identity, page: Page, session: &Session, asked: &Asked, form: &FormState) -> ExportPage {
    let kind = KINDS.iter().find(|(kind, _)| *kind == asked.kind).map_or("全部", |(_, words)| *words);
    let or = |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
    let facts = SummaryList::new()
        .fact("日期", format!("{} 到 {}", or(&asked.from, "最早"), or(&asked.until, "现在")))
        .fact("工作人员", or(&asked.who, "全部"))
        .fact("哪一类操作", kind)
        .fact("办件", or(&asked.case, "全部"));
    let reason = Field::text("reason", "导出的理由").hint("记入操作记录").max(REASON);
    ExportPage {
        page,
        facts,
        action: address("/admin/journal/export", asked, ""),
        reason: reason.from(form),
        proof: proof_field(identity, session, form),
        submit: Button::primary("导出"),
    }
}

pub(in crate::pages::admin) async fn form_page(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    auditor(&actor)?;
    let form = FormState::new();
    let page = export_shell(&shell, &asked, &form);
    Ok(Html::ok(view(&identity, page, &session, &asked, &form)).into_response())
}

pub(in crate::pages::admin) async fn file(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
    Query(asked): Query<Asked>,
    mut form: Form,
) -> Result<Response, WebError> {
    auditor(&actor)?;
    form.require("reason", "请填写导出的理由");
    if form.text("reason").chars().count() > REASON as usize {
        form.error("reason", format!("理由最多{REASON}个字，请缩短"));
    }
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    if form.is_valid() {
        let ctx = identity.ctx(actor);
        let begun = async {
            let (reading, asker, wanted) = (identity.clone(), ctx.clone(), asked.clone());
            let read = move |q: &mut yimen_store::Read<'_>| -> Result<_, IdentityError> {
                reading.audit_search(q, &asker, &wanted)
            };
            let understood = identity.platform().store.read(read).await?;
            identity.step_up(&ctx, &session, form.text("code")).await?;
            identity.note_export(&ctx, &asked, form.text("reason")).await?;
            Ok::<_, IdentityError>(understood.search)
        };
        match begun.await {
            Ok(search) => return Ok(answer(&identity, ctx, search)),
            // The search comes with the address; its fields stand on the page before.
            Err(IdentityError::Invalid(wrong)) if wrong.iter().all(|one| one.field != "code") => {
                for one in wrong {
                    form.error("reason", one.message);
                }
            }
            Err(error) => status = blame(&mut form, error, "code")?.0,
        }
        form.set("code", "");
    }
    let page = export_shell(&shell, &asked, &form);
    Ok(told(status, &form).shown_as(Html::ok(view(&identity, page, &session, &asked, &form))))
}

fn answer(identity: &Identity, ctx: Ctx, search: Search) -> Response {
    let (send, receive) = tokio::sync::mpsc::channel::<Result<Bytes, IdentityError>>(2);
    let name = format!(
        "journal-{}.csv",
        ctx.now.rfc3339().chars().filter(char::is_ascii_digit).take(14).collect::<String>()
    );
    let identity = identity.clone();
    tokio::spawn(async move {
        if let Err(error) = write(&identity, &ctx, search, &send).await {
            tracing::error!(%error, "an export broke off");
            // The file ends without a signature, and the connection with an error: nobody takes it for whole.
            let _ = send.send(Err(error)).await;
        }
    });
    let body = futures::stream::unfold(receive, async |mut receive| Some((receive.recv().await?, receive)));
    let disposition = format!("attachment; filename=\"{name}\"");
    let head = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (head, Body::from_stream(body)).into_response()
}

struct Output<'a> {
    send: &'a tokio::sync::mpsc::Sender<Result<Bytes, IdentityError>>,
    sum: Sha256,
    rows: u64,
}

impl Output<'_> {
    /// False when nobody listens any more.
    async fn put(&mut self, text: String) -> bool {
        self.sum.update(text.as_bytes());
        self.send.send(Ok(text.into())).await.is_ok()
    }
}

async fn write(
    identity: &Identity,
    ctx: &Ctx,
    search: Search,
    send: &tokio::sync::mpsc::Sender<Result<Bytes, IdentityError>>,
) -> Result<(), IdentityError> {
    let mut output = Output { send, sum: Sha256::new(), rows: 0 };
    // Spreadsheets take a file for UTF-8 by this mark.
    if !output
        .put("\u{feff}编号,时间,谁,身份,账户编号,单位,操作,操作代码,办件,任务编号,请求编号,内容\n".to_owned())
        .await
    {
        return Ok(());
    }
    let names = Names::of(identity);
    let mut before = None;
    loop {
        let (reading, asker, search) = (identity.clone(), ctx.clone(), search.clone());
        let read = move |q: &mut yimen_store::Read<'_>| -> Result<_, IdentityError> {
            let found = reading.audit_page(q, &asker, &search, before, A_READ)?;
            let cases = reading.audit_cases(q, &found.entries)?;
            Ok((found, cases))
        };
        let (found, cases) = identity.platform().store.read(read).await?;
        let mut lines = String::new();
        for entry in &found.entries {
            let number =
                cases.iter().find(|(case, _)| *case == entry.case_id).map_or("", |(_, number)| number);
            line(identity, &names, entry, number, &mut lines)?;
        }
        output.rows += found.entries.len() as u64;
        before = found.before;
        if !lines.is_empty() && !output.put(lines).await {
            return Ok(());
        }
        if before.is_none() {
            break;
        }
    }
    let sum = hex::encode(output.sum.finalize());
    let end = identity.source()?.sign(&sum, output.rows, ctx.now);
    // Nobody is there to be told where it fails.
    let _ = send.send(Ok(end.into())).await;
    Ok(())
}

fn line(
    identity: &Identity,
    names: &Names,
    entry: &Entry,
    number: &str,
    out: &mut String,
) -> Result<(), IdentityError> {
    let cells = [
        entry.seq.to_string(),
        entry.at.rfc3339(),
        who(entry),
        entry.actor_kind.clone(),
        entry.actor_id.to_string(),
        names.place(entry),
        identity.source()?.words(&entry.verb),
        entry.verb.clone(),
        number.to_owned(),
        entry.task_id.to_string(),
        entry.request.clone(),
        shown(entry).to_string(),
    ];
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        quote(cell, out);
    }
    out.push('\n');
    Ok(())
}

/// A cell of a table. What a spreadsheet would take for a formula begins with an apostrophe.
fn quote(cell: &str, out: &mut String) {
    out.push('"');
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        out.push('\'');
    }
    out.push_str(&cell.replace('"', "\"\""));
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_cell_is_a_formula_or_ends_the_cell() {
        let quoted = |cell: &str| {
            let mut out = String::new();
            quote(cell, &mut out);
            out
        };
        assert_eq!(quoted("a,b"), "\"a,b\"");
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
        for start in ["=", "+", "-", "@", "\t", "\r"] {
            assert_eq!(quoted(&format!("{start}1")), format!("\"'{start}1\""));
        }
    }
}

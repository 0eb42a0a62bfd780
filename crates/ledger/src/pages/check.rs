//! The public page of the log: how large it is, who signs it, and whether a receipt holds.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use yimen_standards::time::Instant;
use yimen_web::{Field, Form, FormState, Html, Page, Shell, SummaryList, WebError};

use super::Public;
use crate::receipt::{Checked, check};
use crate::{LedgerError, code, store};

/// The code of a receipt, as its QR code carries it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    r: String,
}

#[derive(Template)]
#[template(path = "ledger/check.html")]
struct CheckPage {
    page: Page,
    verdict: Option<Verdict>,
    field: Field,
    standing: SummaryList,
    keys: Vec<String>,
    witnesses: Vec<(String, String)>,
}

enum Verdict {
    Holds(SummaryList),
    Fails(String),
}

pub(super) async fn page(
    State(public): State<Public>,
    shell: Shell,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let verdict = match asked.r.trim() {
        "" => None,
        text => Some(public.verdict(text)),
    };
    let view = public.view(shell.citizen("公开账本"), verdict, &FormState::default()).await?;
    Ok(Html::ok(view).into_response())
}

pub(super) async fn posted(
    State(public): State<Public>,
    shell: Shell,
    mut form: Form,
) -> Result<Response, WebError> {
    let text = form.raw("receipt").trim().to_string();
    if text.is_empty() {
        form.error("receipt", "请粘贴凭证文件的全部内容，或凭证二维码里的网址。");
        let page = shell.citizen("公开账本").errors_of(&form);
        return Ok(Html::invalid(public.view(page, None, &form).await?).into_response());
    }
    let verdict = public.verdict(&text);
    Ok(Html::ok(public.view(shell.citizen("公开账本"), Some(verdict), &form).await?).into_response())
}

impl Public {
    /// `text` is a whole receipt, the code of one, or an address that ends in the code.
    fn verdict(&self, text: &str) -> Verdict {
        let text = text.replace("\r\n", "\n");
        let receipt = match text.starts_with("c2sp.org/") {
            true => Some(format!("{}\n", text.trim_end())),
            false => code::decode(text.rsplit_once("?r=").map_or(text.as_str(), |(_, code)| code)),
        };
        let Some(receipt) = receipt else {
            return Verdict::Fails("这不是存证凭证，或者内容不完整。请粘贴凭证文件的全部内容。".into());
        };
        match check(&receipt, self.ledger.keys.origin(), &self.ledger.verifiers()) {
            Ok(checked) => Verdict::Holds(self.told(&checked)),
            Err(error) => Verdict::Fails(told(&error)),
        }
    }

    fn told(&self, checked: &Checked) -> SummaryList {
        let body: serde_json::Value = serde_json::from_str(&checked.act.body).unwrap_or_default();
        let mut list = SummaryList::new();
        if let Some(number) = body.get("number").and_then(|n| n.as_str()) {
            list = list.fact("办件编号", number);
        }
        list.fact("发生了什么", (self.words)(&checked.act.verb))
            .fact("时间", checked.act.at().zh())
            .fact("账本位置", format!("第 {} 条（账本共 {} 条）", checked.index + 1, checked.checkpoint.size))
            .fact("签名", checked.signers().join("、"))
    }

    async fn view(
        &self,
        page: Page,
        verdict: Option<Verdict>,
        form: &FormState,
    ) -> Result<CheckPage, WebError> {
        let read = self.ledger.platform.store.read(|q| -> Result<_, LedgerError> {
            let signed = store::latest(q)?;
            let cosigned = match &signed {
                Some(signed) => store::cosignatures(q, signed.size)?,
                None => Vec::new(),
            };
            Ok((signed, cosigned))
        });
        let (signed, cosigned) = read.await?;
        let (size, at) = signed.map_or((0, None), |s| (s.size, Some(s.at)));
        let standing = SummaryList::new()
            .fact("已存证", format!("{size} 条"))
            .fact("最近一次签名", at.map_or_else(|| "还没有".to_string(), Instant::zh))
            .fact("账本名称", self.ledger.keys.origin());
        let witness = |w: &crate::witness::KnownWitness| {
            let name = w.key.name();
            let at = cosigned.iter().find(|c| c.witness == name).map(|c| c.at.zh());
            (name.to_string(), at.unwrap_or_else(|| "尚未见证最近一次签名".into()))
        };
        Ok(CheckPage {
            page: page.section("ledger").back("/", "首页"),
            verdict,
            field: Field::textarea("receipt", "凭证内容")
                .hint("打开 .tlog-proof 凭证文件，全选、复制，粘贴到这里。")
                .from(form),
            standing,
            keys: self.ledger.keys.verifiers().iter().map(ToString::to_string).collect(),
            witnesses: self.ledger.witnesses.iter().map(witness).collect(),
        })
    }
}

/// Why a receipt does not hold, in plain words.
fn told(error: &LedgerError) -> String {
    use crate::tlog::note::NoteError;
    use crate::tlog::proof::ProofError;
    let note = |error: &NoteError| match error {
        NoteError::Unsigned => "凭证没有本账本的签名。",
        NoteError::WrongSignature => "凭证上的签名是错的：签名之后内容被改动过。",
        _ => "这不是存证凭证，或者内容不完整。请粘贴凭证文件的全部内容。",
    };
    match error {
        LedgerError::Proof(ProofError::OtherLog(origin)) => {
            format!("这是另一个账本（{origin}）的凭证，请到那里核验。")
        }
        LedgerError::Proof(ProofError::NotIncluded) => {
            "凭证所说的内容不在账本里：内容或位置被改动过。".into()
        }
        LedgerError::Proof(ProofError::Note(error)) | LedgerError::Note(error) => note(error).into(),
        _ => "这不是存证凭证，或者内容不完整。请粘贴凭证文件的全部内容。".into(),
    }
}

//! Somebody at the counter: who they are, what they need, and a draft that the clerk fills in for them.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use yimen_catalogue::search::Filter;
use yimen_identity::StaffOnly;
use yimen_parties::{NewParty, Party, PartyError};
use yimen_web::{Field, Form, FormState, Html, Page, Shell, SummaryList, WebError, redirect_303};

use super::clerk;
use crate::model::Channel;
use crate::pages::ctx_of;
use crate::pages::error::sentence;
use crate::{Casework, CaseworkError, StartDraft};

/// Services listed for what was typed.
const LISTED: usize = 20;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    number: String,
    #[serde(default)]
    q: String,
}

#[derive(Template)]
#[template(path = "casework/desk/intake.html")]
struct IntakePage {
    page: Page,
    number: Field,
    /// Known: who it is. Not known: the fields to register them.
    person: Option<SummaryList>,
    party: i64,
    register: Vec<Field>,
    filter: Field,
    typed: String,
    services: Vec<(String, String, String)>,
    nonce: String,
}

pub(super) async fn page(
    State(casework): State<Casework>,
    shell: Shell,
    who: StaffOnly,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    clerk(&who)?;
    let (handle, number) = (casework.clone(), asked.number.clone());
    let found = casework.platform.store.read(move |q| match number.trim() {
        "" => Ok::<_, PartyError>(None),
        number => handle.parties.by_number(q, number),
    });
    let found = match found.await {
        Ok(found) => found,
        Err(PartyError::Store(error)) => return Err(CaseworkError::from(error).into()),
        // What is no number at all is said beside the field.
        Err(_) => None,
    };
    let nonce = ctx_of(&casework, &who.actor).token();
    Ok(Html::ok(view(&casework, shell.desk("受理新办件"), &asked, found, nonce)).into_response())
}

fn view(casework: &Casework, page: Page, asked: &Asked, found: Option<Party>, nonce: String) -> IntakePage {
    let number = Field::identifier("number", "证件号码")
        .hint("身份证号码或统一社会信用代码；可用读卡器直接读入。")
        .value(&asked.number)
        .key("F8");
    let unknown = !asked.number.trim().is_empty() && found.is_none();
    let register = match unknown {
        true => registration(&FormState::default()),
        false => Vec::new(),
    };
    IntakePage {
        page: page.section("new").back("/desk", "窗口工作台"),
        number,
        person: found.as_ref().map(known),
        party: found.map_or(0, |p| p.id),
        register,
        filter: Field::text("q", "事项").hint("名称、俗称或拼音首字母，例如：过户、gjj").value(&asked.q),
        typed: asked.number.clone(),
        services: services(casework, &asked.q),
        nonce,
    }
}

fn known(party: &Party) -> SummaryList {
    SummaryList::new()
        .dense()
        .fact("姓名或名称", &party.name)
        .fact(party.document(), party.masked_number())
        .fact("联系电话", party.masked_phone())
}

fn registration(form: &FormState) -> Vec<Field> {
    vec![
        Field::text("name", "姓名或名称").from(form),
        Field::phone("phone", "联系电话").from(form),
        Field::text("address", "联系地址").optional().from(form),
    ]
}

fn services(casework: &Casework, text: &str) -> Vec<(String, String, String)> {
    let catalogue = casework.catalogue.get();
    let all = || catalogue.services().cloned().collect::<Vec<_>>();
    let found = match text.trim() {
        "" => all(),
        text => {
            let found = catalogue.search(text, &Filter::default(), LISTED);
            found.hits.iter().filter_map(|hit| catalogue.current(&hit.service).cloned()).collect()
        }
    };
    found
        .into_iter()
        .take(200)
        .map(|v| (v.service.id.clone(), v.service.name.clone(), v.service.limits.promised.zh()))
        .collect()
}

/// Registers somebody who was never here and goes on with them.
pub(super) async fn register(
    State(casework): State<Casework>,
    shell: Shell,
    who: StaffOnly,
    mut form: Form,
) -> Result<Response, WebError> {
    clerk(&who)?;
    let ctx = ctx_of(&casework, &who.actor);
    let number = form.text("number").to_string();
    let (name, phone, address) = (form.text("name"), form.text("phone"), form.text("address"));
    let new = match number.trim().len() {
        18 if yimen_standards::id::ResidentId::parse(&number).is_err()
            && yimen_standards::id::CreditCode::parse(&number).is_ok() =>
        {
            NewParty::body(name, &number)
        }
        _ => NewParty::person(name, &number),
    };
    let new = new.phone(phone).address(address);
    let (handle, context) = (casework.clone(), ctx.clone());
    let registered = casework
        .platform
        .store
        .write("party.register", move |tx| handle.parties.register(tx, &context, &new))
        .await;
    match registered {
        Ok(_) => Ok(redirect_303(format!("/desk/new?number={}", number.trim()))),
        Err(error) => {
            let fields = error.fields();
            if fields.is_empty() {
                return Err(CaseworkError::from(error).into());
            }
            for field in fields {
                form.error(&field.field, sentence(field.message));
            }
            let asked = Asked { number, q: String::new() };
            let page = shell.desk("受理新办件").errors_of(&form);
            let mut view = view(&casework, page, &asked, None, ctx.token());
            view.number = view.number.from(&form);
            view.register = registration(&form);
            Ok(Html::invalid(view).into_response())
        }
    }
}

pub(super) async fn start(
    State(casework): State<Casework>,
    who: StaffOnly,
    form: Form,
) -> Result<Response, WebError> {
    clerk(&who)?;
    let ctx = ctx_of(&casework, &who.actor);
    let party: i64 = form.text("party").parse().map_err(|_| WebError::not_found())?;
    let (service, nonce) = (form.text("service").to_string(), form.nonce().to_string());
    let (handle, office) = (casework.clone(), who.staff.office.clone());
    let started = casework.platform.store.write("case.draft", move |tx| -> Result<String, CaseworkError> {
        let party = handle.parties.by_id(tx, party)?;
        let (applicant, applicant_name) = (party.id, party.name.as_str());
        let channel = Channel::Window;
        let (service, nonce, office) = (service.as_str(), nonce.as_str(), office.as_str());
        let new = StartDraft { service, applicant, applicant_name, channel, nonce, office };
        Ok(handle.start_draft(tx, &ctx, &new)?.1)
    });
    Ok(redirect_303(format!("/desk/cases/{}/fill", started.await?)))
}

//! Somebody at the counter: who they are, what they need, and a draft that the clerk fills in for them.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use yimen_catalogue::Version;
use yimen_catalogue::model::Audience;
use yimen_catalogue::search::Filter;
use yimen_identity::StaffOnly;
use yimen_parties::{LegalNumber, NewParty, NumberKind, Party, PartyError, PartyKind};
use yimen_platform::{Ctx, Look};
use yimen_store::Read;
use yimen_web::{
    Choice, Field, Form, FormState, Html, KeyHints, Page, Shell, SummaryList, WebError, Width, redirect_303,
};

use super::{clerk, typed};
use crate::model::{CaseState, Channel};
use crate::pages::error::sentence;
use crate::pages::{command, ctx_of, grouped};
use crate::policy::Who;
use crate::store::lists::{self, CaseItem};
use crate::{Casework, CaseworkError, StartDraft};

/// Services that match what was typed.
const LISTED: usize = 20;
/// The first ones have a key.
const KEYS: usize = 9;
/// Cases of this person that are on their way here, so that nothing is taken in twice.
const RUNNING: i64 = 5;

#[derive(Template)]
#[template(path = "casework/desk/intake.html")]
struct IntakePage {
    page: Page,
    keys: KeyHints,
    number: Field,
    kind: Field,
    /// Known: who it is.
    person: Option<Person>,
    /// Not known: what number it is in words, and the fields to register them.
    register: Option<Registration>,
    filter: Field,
    services: Vec<Offer>,
    nonce: String,
}

struct Person {
    id: i64,
    facts: SummaryList,
    running: Vec<(String, String, String)>,
}

struct Registration {
    who: String,
    document: String,
    fields: Vec<Field>,
}

/// A service that can be taken in.
struct Offer {
    id: String,
    name: String,
    lead: String,
    promised: String,
    key: String,
}

/// A person's number as it was typed, with the kind of document it is of.
struct Number {
    kind: NumberKind,
    text: String,
}

impl Number {
    /// What is typed alone is a resident ID or a credit code; other documents are named. An error is a sentence.
    fn read(kind: &str, text: &str) -> Result<Number, String> {
        let number = match NumberKind::parse(kind) {
            Some(kind) => LegalNumber::parse(kind, text)?,
            None => LegalNumber::guess(text)?,
        };
        Ok(Number { kind: number.kind(), text: number.as_str().to_string() })
    }

    fn seal(&self, casework: &Casework) -> String {
        typed::seal(casework, &format!("{}|{}", self.kind.code(), self.text))
    }

    fn open(casework: &Casework, token: &str) -> Option<Number> {
        let text = typed::open(casework, token)?;
        let (kind, text) = text.split_once('|')?;
        Some(Number { kind: NumberKind::parse(kind)?, text: text.to_string() })
    }
}

/// What the page is about: nobody yet, somebody known, or a number nobody has.
enum About {
    Nobody,
    Known(Box<Party>, Vec<CaseItem>),
    Unknown(Number),
}

pub(super) async fn page(
    State(casework): State<Casework>,
    shell: Shell,
    who: StaffOnly,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    clerk(&casework, &who)?;
    let asked = Form::parse(query.unwrap_or_default().as_bytes())?;
    let ctx = ctx_of(&casework, &who.actor);
    let (handle, office, context) = (casework.clone(), who.staff.office.clone(), ctx.clone());
    let (party, token) = (asked.text("party").parse::<i64>().ok(), asked.text("who").to_string());
    let about = casework.platform.store.read(move |q| -> Result<About, CaseworkError> {
        let known = match (party, Number::open(&handle, &token)) {
            (Some(id), _) => match handle.parties.by_id(q, id) {
                Ok(party) => Some(party),
                Err(PartyError::NotFound) => None,
                Err(error) => return Err(error.into()),
            },
            // Registered in the meantime, perhaps at the next counter.
            (None, Some(number)) => match handle.parties.by_document(q, number.kind, &number.text)? {
                Some(party) => Some(party),
                None => return Ok(About::Unknown(number)),
            },
            (None, None) => None,
        };
        match known {
            Some(party) => {
                context.saw(Look { party: party.id, case: 0, role: Who::Clerk.code() });
                let cases = running(q, &party, &office)?;
                Ok(About::Known(Box::new(party), cases))
            }
            None => Ok(About::Nobody),
        }
    });
    let view = view(&casework, &who, shell.desk("受理新办件"), &ctx, about.await?, &asked);
    Ok(Html::ok(view).into_response())
}

/// The person's cases at this office that are not over.
fn running(q: &mut Read<'_>, party: &Party, office: &str) -> Result<Vec<CaseItem>, CaseworkError> {
    let mut open = lists::mine_open(q, party.id, None, RUNNING * 4)?;
    open.retain(|case| case.office == office && case.submitted_at.is_some());
    open.truncate(usize::try_from(RUNNING).unwrap_or_default());
    Ok(open)
}

fn view(
    casework: &Casework,
    who: &StaffOnly,
    page: Page,
    ctx: &Ctx,
    about: About,
    form: &FormState,
) -> IntakePage {
    let kinds = NumberKind::ALL.into_iter().filter(|kind| !is_guessed(*kind));
    let kinds = kinds.map(|kind| Choice::new(kind.code(), kind.zh())).collect();
    let number = Field::identifier("number", "证件号码").key("F8").from(form);
    let party_kind = match &about {
        About::Known(party, _) => Some(party.kind),
        _ => None,
    };
    let services = match party_kind {
        Some(kind) => offers(casework, &who.staff.office, kind, form.text("q")),
        None => Vec::new(),
    };
    let (person, register) = match about {
        About::Nobody => (None, None),
        About::Known(party, cases) => (Some(known(casework, &party, &cases)), None),
        About::Unknown(number) => (None, Some(registration(casework, &number, form))),
    };
    IntakePage {
        page: page.section("new").back("/desk", "窗口工作台"),
        keys: KeyHints::new().key("F8", "输入证件号码").key("Alt+1…9", "受理第几个事项"),
        number,
        kind: Field::select("kind", "证件类型", kinds).width(Width::M).from(form),
        person,
        register,
        filter: Field::text("q", "筛选事项").width(Width::M).key("F9").value(form.text("q")),
        services,
        nonce: ctx.token(),
    }
}

/// Told apart by their form alone.
fn is_guessed(kind: NumberKind) -> bool {
    matches!(kind, NumberKind::ResidentId | NumberKind::CreditCode)
}

fn known(casework: &Casework, party: &Party, cases: &[CaseItem]) -> Person {
    let phone = if party.phone.is_empty() { "没有登记".to_string() } else { party.masked_phone() };
    let facts = SummaryList::new()
        .dense()
        .fact(name_word(party.kind), &party.name)
        .fact(party.document(), party.masked_number())
        .fact("联系电话", phone);
    let catalogue = casework.catalogue.get();
    let name = |id: &str| catalogue.current(id).map_or(id.to_string(), |v| v.service.name.clone());
    let line = |case: &CaseItem| {
        let state = CaseState::parse(&case.state).map_or("", CaseState::zh).to_string();
        (case.number.clone(), format!("{} {}", name(&case.service), grouped(&case.number)), state)
    };
    Person { id: party.id, facts, running: cases.iter().map(line).collect() }
}

fn name_word(kind: PartyKind) -> &'static str {
    match kind {
        PartyKind::Natural => "姓名",
        PartyKind::Legal => "名称",
    }
}

fn registration(casework: &Casework, number: &Number, form: &FormState) -> Registration {
    let name = name_word(PartyKind::of(number.kind));
    Registration {
        who: number.seal(casework),
        document: match LegalNumber::parse(number.kind, &number.text) {
            Ok(number) => format!("{} {}", number.zh(), number.masked()),
            Err(_) => number.kind.zh().to_string(),
        },
        fields: vec![
            Field::text("name", name).width(Width::M).from(form),
            Field::phone("phone", "联系电话").from(form),
            Field::text("address", "联系地址").optional().from(form),
        ],
    }
}

/// What this office takes in for such a person, all of it or what matches.
fn offers(casework: &Casework, office: &str, kind: PartyKind, text: &str) -> Vec<Offer> {
    let catalogue = casework.catalogue.get();
    let audience = match kind {
        PartyKind::Natural => Audience::Natural,
        PartyKind::Legal => Audience::Legal,
    };
    let fits = |version: &Version| {
        let service = &version.service;
        let here = service.offices.is_empty() || service.offices.iter().any(|id| id == office);
        here && (service.audience.is_empty() || service.audience.contains(&audience))
    };
    let mut found: Vec<_> = match text {
        "" => catalogue.services().cloned().collect(),
        text => {
            let found = catalogue.search(text, &Filter::default(), LISTED);
            // A guess is no answer to a clerk who knows what is asked for.
            let hits = found.hits.iter().filter(|_| !found.is_guess);
            hits.filter_map(|hit| catalogue.current(&hit.service).cloned()).collect()
        }
    };
    found.retain(|version| fits(version));
    let offer = |(at, version): (usize, &std::sync::Arc<Version>)| Offer {
        id: version.service.id.clone(),
        name: version.service.name.clone(),
        lead: catalogue.department_short(&version.service.lead).to_string(),
        promised: version.service.limits.promised.zh(),
        key: if at < KEYS { format!("Alt+{}", at + 1) } else { String::new() },
    };
    found.iter().enumerate().map(offer).collect()
}

/// The number that was typed or read from a card: leads to the person, or to registering them.
pub(super) async fn identify(
    State(casework): State<Casework>,
    shell: Shell,
    who: StaffOnly,
    mut form: Form,
) -> Result<Response, WebError> {
    clerk(&casework, &who)?;
    if form.text("number").is_empty() {
        form.error("number", "请输入或读取证件号码。");
    } else {
        match Number::read(form.text("kind"), form.text("number")) {
            Ok(number) => return to_person(&casework, number).await,
            Err(message) => {
                form.error("number", sentence(message));
            }
        }
    }
    let ctx = ctx_of(&casework, &who.actor);
    let page = shell.desk("受理新办件").errors_of(&form);
    Ok(Html::invalid(view(&casework, &who, page, &ctx, About::Nobody, &form)).into_response())
}

async fn to_person(casework: &Casework, number: Number) -> Result<Response, WebError> {
    let (handle, kind, text) = (casework.clone(), number.kind, number.text.clone());
    let found = casework
        .platform
        .store
        .read(move |q| handle.parties.by_document(q, kind, &text).map_err(CaseworkError::from));
    Ok(match found.await? {
        Some(party) => redirect_303(format!("/desk/new?party={}", party.id)),
        None => redirect_303(format!("/desk/new?who={}", number.seal(casework))),
    })
}

/// Registers somebody who was never here and goes on with them.
pub(super) async fn register(
    State(casework): State<Casework>,
    shell: Shell,
    who: StaffOnly,
    mut form: Form,
) -> Result<Response, WebError> {
    clerk(&casework, &who)?;
    let ctx = ctx_of(&casework, &who.actor);
    let Some(number) = Number::open(&casework, form.text("who")) else {
        let stale = WebError::conflict("这一页的证件号码读不出来了，没有登记。请重新输入证件号码。");
        return Err(stale.next("/desk/new", "重新输入证件号码"));
    };
    let new = NewParty::with(number.kind, form.text("name"), &number.text)
        .phone(form.text("phone"))
        .address(form.text("address"));
    let (handle, context) = (casework.clone(), ctx.clone());
    let registered = casework
        .platform
        .store
        .write("party.register", move |tx| handle.parties.register(tx, &context, &new))
        .await;
    let error = match registered {
        Ok(party) => return Ok(redirect_303(format!("/desk/new?party={}", party.id))),
        Err(error) if error.fields().is_empty() => return Err(CaseworkError::from(error).into()),
        Err(error) => error,
    };
    for field in error.fields() {
        form.error(&field.field, sentence(field.message));
    }
    let page = shell.desk("受理新办件").errors_of(&form);
    let view = view(&casework, &who, page, &ctx, About::Unknown(number), &form);
    Ok(Html::invalid(view).into_response())
}

/// Begins the draft; the same form sent twice begins one.
pub(super) async fn start(
    State(casework): State<Casework>,
    who: StaffOnly,
    form: Form,
) -> Result<Response, WebError> {
    clerk(&casework, &who)?;
    let ctx = ctx_of(&casework, &who.actor);
    let party: i64 = form.text("party").parse().map_err(|_| WebError::not_found())?;
    let (service, office) = (form.text("service").to_string(), who.staff.office.clone());
    // A form without one was not made by our page; it begins a draft of its own.
    let nonce = match form.nonce() {
        "" => ctx.token(),
        nonce => format!("{nonce}-{service}"),
    };
    let start = move |casework: &Casework, tx: &mut yimen_store::Tx<'_>, ctx: &Ctx| {
        let party = casework.parties.by_id(tx, party)?;
        let new = StartDraft {
            service: &service,
            applicant: party.id,
            applicant_name: &party.name,
            channel: Channel::Window,
            nonce: &nonce,
            office: &office,
        };
        casework.start_draft(tx, ctx, &new)
    };
    let started = command(&casework, &ctx, "case.draft", start).await;
    let (_, number) = started.map_err(|error| WebError::from(error).next("/desk/new", "重新选择事项"))?;
    Ok(redirect_303(format!("/desk/cases/{number}/fill")))
}

//! Drafts: started once however often the form is sent, saved on every page, resumable on any device.

use yimen_catalogue::model::{Office, Service};
use yimen_catalogue::{Fact, Facts};
use yimen_platform::{Actor, Ctx, journal};
use yimen_standards::case_number::CaseNumber;
use yimen_standards::id::DivisionCode;
use yimen_store::Tx;

use crate::Casework;
use crate::command::Fetched;
use crate::error::{CaseworkError, Result};
use crate::model::{Case, CaseState, Channel, Delivery};
use crate::policy::{Act, Policy, Relation, Scope, granted};
use crate::rules::{Command, Refusal};
use crate::store::case::{self, NewCase};

/// What is needed to begin.
pub struct StartDraft<'a> {
    pub service: &'a str,
    pub applicant: i64,
    pub applicant_name: &'a str,
    pub channel: Channel,
    /// Drawn with the page that started it; the same nonce gives the same draft.
    pub nonce: &'a str,
    /// Empty: the first office that takes the service in.
    pub office: &'a str,
}

/// How often a fresh case number is drawn before giving up; 40 random bits a day and district make one draw enough.
const DRAWS: usize = 5;

impl Casework {
    /// Begins a draft and answers its id and number.
    pub fn start_draft(&self, tx: &mut Tx<'_>, ctx: &Ctx, new: &StartDraft<'_>) -> Result<(i64, String)> {
        may_start(&self.policy.get(), &ctx.actor, new)?;
        if let Some(existing) = case::by_nonce(tx, new.applicant, new.nonce)? {
            return Ok(existing);
        }
        let catalogue = self.catalogue.get();
        let version = catalogue.current(new.service);
        let version = version.ok_or_else(|| CaseworkError::Unavailable("事项不存在或已停办".into()))?;
        let city = catalogue.city();
        let takes_in =
            |id: &str| version.service.offices.is_empty() || version.service.offices.iter().any(|o| o == id);
        let office = match new.office {
            "" => city.offices.iter().find(|o| takes_in(&o.id)),
            id => city.offices.iter().find(|o| o.id == id && takes_in(id)),
        };
        let office = office.ok_or_else(|| CaseworkError::Unavailable("所选大厅不受理这个事项".into()))?;
        let delivery = usual_way(new.channel, &version.service.result.delivery);
        let number = self.draw_number(tx, ctx, &office.region)?;
        let id = ctx.new_id();
        let new = NewCase {
            id,
            number: &number,
            service: new.service,
            version_id: version.id,
            channel: new.channel,
            delivery,
            applicant: new.applicant,
            applicant_name: new.applicant_name,
            nonce: new.nonce,
            office: &office.id,
            lead: &version.service.lead,
            region: &office.region,
            facts: &self.seal_facts(&Facts::new())?,
            created_by: ctx.actor.account(),
            at: ctx.now,
        };
        case::insert(tx, &new)?;
        self.note(tx, ctx, id, "case.drafted", serde_json::json!({ "service": new.service }))?;
        Ok((id, number))
    }

    fn draw_number(&self, tx: &mut Tx<'_>, ctx: &Ctx, region: &str) -> Result<String> {
        let division = DivisionCode::parse(region).map_err(|e| CaseworkError::Internal(e.to_string()))?;
        for _ in 0..DRAWS {
            let number = CaseNumber::new(&division, ctx.now.day(), ctx.random());
            if case::id_by_number(tx, number.as_str())?.is_none() {
                return Ok(number.as_str().to_string());
            }
        }
        Err(CaseworkError::Internal("no free case number after several draws".into()))
    }

    /// Saves one page of answers. `clear` names answers the page no longer has (an emptied optional field).
    pub fn answer(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        id: i64,
        answers: &Facts,
        clear: &[String],
    ) -> Result<Case> {
        let fetched = self.fetch(tx, ctx, id, Act::FillIn)?;
        self.keep_answers(tx, ctx, &fetched, answers, clear)?;
        Ok(Case { revision: fetched.case.revision + 1, ..fetched.case })
    }

    /// [`Self::answer`] for a case that this unit fetched to be filled in.
    pub(crate) fn keep_answers(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        fetched: &Fetched,
        answers: &Facts,
        clear: &[String],
    ) -> Result<()> {
        fillable(fetched)?;
        let mut facts = self.facts(fetched)?.clone();
        asked_for(fetched, &facts, answers, clear)?;
        own_words(fetched)?;
        facts.extend(answers.iter().map(|(id, fact)| (id.clone(), fact.clone())));
        for id in clear {
            facts.remove(id);
        }
        case::update_facts(tx, &fetched.case, &self.seal_facts(&facts)?, ctx.now)?;
        let fields: Vec<&String> = answers.keys().collect();
        self.note(tx, ctx, fetched.case.id, "case.answered", serde_json::json!({ "fields": fields }))
    }

    /// Chooses how the result comes and which office takes the case in.
    pub fn choose_way(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        id: i64,
        delivery: Delivery,
        office: &str,
    ) -> Result<()> {
        let fetched = self.fetch(tx, ctx, id, Act::FillIn)?;
        self.set_way(tx, ctx, &fetched, delivery, office)
    }

    /// [`Self::choose_way`] for a case that this unit fetched to be filled in.
    pub(crate) fn set_way(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        fetched: &Fetched,
        delivery: Delivery,
        office: &str,
    ) -> Result<()> {
        if fetched.case.state != CaseState::Draft {
            let state = fetched.case.state;
            return Err(Refusal::WrongState { state, wanted: "更改领取方式" }.into());
        }
        let service = &fetched.version.service;
        if !service.result.delivery.iter().any(|way| way_of(*way) == delivery) {
            return Err(CaseworkError::Unavailable("这个事项没有所选的领取方式".into()));
        }
        let catalogue = self.catalogue.get();
        let known = catalogue.city().offices.iter().any(|o| o.id == office);
        let takes_in = service.offices.is_empty() || service.offices.iter().any(|o| o == office);
        if !known || !takes_in {
            return Err(CaseworkError::Unavailable("所选大厅不受理这个事项".into()));
        }
        case::update_way(tx, &fetched.case, delivery, office, ctx.now)?;
        let body = serde_json::json!({ "delivery": delivery.code(), "office": office });
        self.note(tx, ctx, fetched.case.id, "case.way_chosen", body)
    }

    /// Takes an application back: a draft is dropped, a running case ends.
    pub fn withdraw(&self, tx: &mut Tx<'_>, ctx: &Ctx, id: i64, reason: &str) -> Result<Case> {
        let fetched = self.fetch(tx, ctx, id, Act::Withdraw)?;
        self.execute(tx, ctx, &fetched, &Command::Withdraw { reason: reason.into() }, None)
    }

    pub(crate) fn note(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        case: i64,
        verb: &str,
        body: serde_json::Value,
    ) -> Result<()> {
        Ok(journal::append(tx, ctx, journal::Note { verb, case, task: 0, body })?)
    }
}

fn may_start(policy: &Policy, actor: &Actor, new: &StartDraft<'_>) -> Result<()> {
    match actor {
        Actor::Citizen { party, .. } if *party == new.applicant => {
            match policy.allows(Relation::APPLICANT, Act::FillIn) {
                true => Ok(()),
                false => Err(CaseworkError::Forbidden("现在不能在网上开始申请，请到政务服务大厅办理")),
            }
        }
        Actor::Staff(s)
            if s.office == new.office
                && granted(policy, s, Scope::Office, Act::FillIn)
                && new.channel == Channel::Window =>
        {
            Ok(())
        }
        _ => Err(CaseworkError::Forbidden("只能为自己申请，或由窗口人员在本大厅代为录入")),
    }
}

/// Answers may change in a draft, and in what a correction notice asked for.
pub(crate) fn fillable(fetched: &Fetched) -> Result<()> {
    match fetched.case.state {
        CaseState::Draft | CaseState::Correcting => Ok(()),
        // The clerk completes what was handed in at the counter before accepting it.
        CaseState::Submitted if fetched.is(Relation::WINDOW) => Ok(()),
        state => Err(Refusal::WrongState { state, wanted: "修改填写内容" }.into()),
    }
}

/// While a correction is being answered, only what the notice asked for may change, and what is not answered yet: a changed
/// answer may bring up more. Everything else stays as the window has checked it.
fn asked_for(fetched: &Fetched, facts: &Facts, answers: &Facts, clear: &[String]) -> Result<()> {
    if fetched.case.state != CaseState::Correcting {
        return Ok(());
    }
    let asked = |id: &str| fetched.asks_for(&format!("field:{id}"));
    let changed = |(id, fact): &(&String, &Fact)| facts.get(*id).is_some_and(|was| was != *fact);
    let beyond = answers.iter().filter(changed).map(|(id, _)| id).chain(clear).find(|id| !asked(id));
    match beyond {
        None => Ok(()),
        Some(id) => {
            let label = fetched.version.field(id).map_or(id.as_str(), |f| f.label.as_str());
            Err(Refusal::NotAskedFor(label.into()).into())
        }
    }
}

/// What somebody answered online is theirs: the window scans papers in, but puts no words into the application.
fn own_words(fetched: &Fetched) -> Result<()> {
    let case = &fetched.case;
    match case.state == CaseState::Submitted && case.channel == Channel::Online {
        true => {
            Err(Refusal::WrongState { state: case.state, wanted: "代改申请人网上填写的内容" }.into())
        }
        false => Ok(()),
    }
}

/// How the result comes until somebody chooses: who came to the window fetches it there, where it can be fetched.
fn usual_way(channel: Channel, offered: &[yimen_catalogue::model::DeliveryWay]) -> Delivery {
    let mut ways = offered.iter().map(|way| way_of(*way));
    match channel {
        Channel::Window if ways.clone().any(|way| way == Delivery::Window) => Delivery::Window,
        _ => ways.next_back().unwrap_or(Delivery::Window),
    }
}

/// Whether way and office still are those a draft begins with: nobody has chosen otherwise.
pub(crate) fn is_preset(case: &Case, service: &Service, offices: &[Office]) -> bool {
    let first = offices.iter().find(|o| service.offices.is_empty() || service.offices.contains(&o.id));
    let same = first.is_some_and(|office| office.id == case.office);
    same && case.delivery == usual_way(case.channel, &service.result.delivery)
}

pub(crate) fn way_of(way: yimen_catalogue::model::DeliveryWay) -> Delivery {
    use yimen_catalogue::model::DeliveryWay;
    match way {
        DeliveryWay::Window => Delivery::Window,
        DeliveryWay::Post => Delivery::Post,
        DeliveryWay::Electronic => Delivery::Electronic,
    }
}

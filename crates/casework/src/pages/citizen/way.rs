//! How the result comes and which office takes the application in.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use yimen_catalogue::model::Office;
use yimen_identity::CitizenOnly;
use yimen_platform::Ctx;
use yimen_store::Tx;
use yimen_web::{Choice, Field, Form, FormState, Html, Page, Shell, WebError, redirect_303};

use super::flow::Step;
use super::opened::{Opened, open_with_record, refused, stored};
use super::{Posted, Return, next_path};
use crate::Casework;
use crate::draft::{is_preset, way_of};
use crate::model::Delivery;
use crate::pages::{command, ctx_of};
use crate::policy::Act;

#[derive(Template)]
#[template(path = "casework/citizen/way.html")]
struct WayPage {
    page: Page,
    action: String,
    nonce: String,
    /// Nobody has chosen yet.
    preset: bool,
    delivery: Field,
    office: Field,
}

pub(super) async fn page(
    State(casework): State<Casework>,
    shell: Shell,
    citizen: CitizenOnly,
    Path(number): Path<String>,
    Query(back): Query<Return>,
) -> Result<Response, WebError> {
    let ctx = ctx_of(&casework, &citizen.actor);
    let opened = open_with_record(&casework, &ctx, &number, Act::See).await?;
    if let Some(elsewhere) = opened.elsewhere() {
        return Ok(redirect_303(elsewhere));
    }
    Ok(Html::ok(WayPage::of(&casework, &shell, &opened, &back, None, ctx.token())).into_response())
}

pub(super) async fn save(
    State(casework): State<Casework>,
    shell: Shell,
    citizen: CitizenOnly,
    Path(number): Path<String>,
    Query(back): Query<Return>,
    form: Form,
) -> Result<Response, WebError> {
    let (ctx, number) = (ctx_of(&casework, &citizen.actor), stored(&number)?);
    let own = number.clone();
    let choose = move |casework: &Casework,
                       tx: &mut Tx<'_>,
                       ctx: &Ctx|
          -> crate::Result<Posted<Opened, (Opened, Form)>> {
        let opened = Opened::read(casework, tx, ctx, &own, (Act::FillIn, true))?;
        opened.must_be_draft()?;
        let mut form = form.clone();
        match chosen(casework, &opened, &mut form) {
            Some((delivery, office)) => {
                casework.set_way(tx, ctx, &opened, delivery, &office)?;
                Ok(Posted::Kept(Box::new(opened)))
            }
            None => Ok(Posted::Wrong(Box::new((opened, form)))),
        }
    };
    let saved = command(&casework, &ctx, "case.way", choose).await;
    match saved.map_err(|error| refused(error, &number))? {
        Posted::Kept(opened) => Ok(redirect_303(next_path(&opened, &Step::Way, &back))),
        Posted::Onward(path) => Ok(redirect_303(path)),
        Posted::Wrong(wrong) => {
            let (opened, form) = *wrong;
            let page = WayPage::of(&casework, &shell, &opened, &back, Some(&form), ctx.token());
            Ok(Html::invalid(page).into_response())
        }
    }
}

/// What was chosen, if it is offered; else the form says what to choose.
fn chosen(casework: &Casework, opened: &Opened, form: &mut FormState) -> Option<(Delivery, String)> {
    let delivery = Delivery::parse(form.text("delivery")).filter(|way| ways(opened).contains(way));
    let office = form.text("office").to_string();
    let known = offices(casework, opened).iter().any(|(id, _)| *id == office);
    if delivery.is_none() {
        form.error("delivery", "请选择领取结果的方式。");
    }
    if !known {
        form.error("office", "请选择受理的大厅。");
    }
    delivery.filter(|_| known).map(|delivery| (delivery, office))
}

/// Whether delivery and office are what the service began with.
pub(super) fn way_is_preset(casework: &Casework, opened: &Opened) -> bool {
    is_preset(&opened.case, opened.service(), &casework.catalogue.get().city().offices)
}

/// The ways the service offers.
fn ways(opened: &Opened) -> Vec<Delivery> {
    opened.service().result.delivery.iter().map(|way| way_of(*way)).collect()
}

/// The offices that take the service in: id, name and where it is.
fn offices(casework: &Casework, opened: &Opened) -> Vec<(String, Choice)> {
    let catalogue = casework.catalogue.get();
    let takes_in =
        |o: &&Office| opened.service().offices.is_empty() || opened.service().offices.contains(&o.id);
    let offices = catalogue.city().offices.iter().filter(takes_in);
    offices
        .map(|o| (o.id.clone(), Choice::new(&o.id, &o.name).hint(format!("{}，{}", o.address, o.open))))
        .collect()
}

impl WayPage {
    fn of(
        casework: &Casework,
        shell: &Shell,
        opened: &Opened,
        back: &Return,
        typed: Option<&FormState>,
        nonce: String,
    ) -> WayPage {
        let (href, text) = back.back_link(opened, &Step::Way);
        let page = shell.citizen("领取方式和受理大厅").section("my").back(href, text);
        let ways = ways(opened)
            .into_iter()
            .map(|way| Choice::new(way.code(), way.zh()).hint(hint(way, opened)))
            .collect();
        let delivery = Field::radios("delivery", "结果怎么交给您", ways).value(opened.case.delivery.code());
        let offices = offices(casework, opened).into_iter().map(|(_, choice)| choice).collect();
        let office = Field::radios("office", "由哪个大厅受理", offices)
            .hint("网上提交的材料由这个大厅预审；需要到场时也去这里。")
            .value(&opened.case.office);
        let action = back.carry(&Step::Way.path(opened.number()));
        let preset = way_is_preset(casework, opened);
        match typed {
            Some(form) => WayPage {
                page: page.errors_of(form),
                action,
                nonce,
                preset: false,
                delivery: delivery.from(form),
                office: office.from(form),
            },
            None => WayPage { page, action, nonce, preset, delivery, office },
        }
    }
}

fn hint(way: Delivery, opened: &Opened) -> String {
    match way {
        Delivery::Window => "带身份证件到受理大厅的出件窗口领取。".into(),
        Delivery::Post => match opened.own.as_ref().map(|own| own.address.as_str()) {
            Some(address) if !address.is_empty() => format!("寄到您登记的地址：{address}。"),
            _ => "您还没有登记地址，寄出前工作人员会打电话和您确认。".into(),
        },
        Delivery::Electronic => "在“我的办件”里查看和下载，不用跑。".into(),
    }
}

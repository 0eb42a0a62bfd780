//! From bill to order to payment: an order is made once a bill, and settled once however often it is reported.

use yimen_casework::model::{Bill, BillState};
use yimen_casework::policy::Act;
use yimen_casework::{CaseworkError, Fetched};
use yimen_platform::{Actor, Ctx};
use yimen_standards::case_number::CaseNumber;
use yimen_store::{StoreError, Tx};

use crate::Payments;
use crate::gateway::GatewayError;
use crate::model::{NewOrder, Report, ReportState};
use crate::store::{self, Order};

#[derive(Debug, thiserror::Error)]
pub enum PaymentError {
    #[error(transparent)]
    Casework(#[from] CaseworkError),
    #[error("缴费平台暂时无法连接，没有扣款。请稍后再试，或到窗口缴费。")]
    Gateway(#[from] GatewayError),
    #[error("这张缴费单不能缴费：{0}。")]
    NotDue(&'static str),
    /// Says nothing more: whoever sends it is not the gateway.
    #[error("通知没有支付平台的有效签名")]
    NotTheirs,
    #[error("the report names an order or amount that is not ours")]
    Mismatch,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Payments {
    /// Where to pay a bill; the payer's browser goes there next.
    pub async fn begin(&self, ctx: &Ctx, case_number: &str, bill: i64) -> Result<String, PaymentError> {
        let (payments, context, number) = (self.clone(), ctx.clone(), case_number.to_string());
        let store = &self.casework.platform.store;
        let order = store
            .write("payment.begin", move |tx| {
                let fetched = payments.casework.fetch_by_number(tx, &context, &number, Act::Pay)?;
                payments.order(tx, &context, &fetched, bill)
            })
            .await?;
        let own = &self.gateway.config.own_base;
        let new = NewOrder {
            order: order.number.clone(),
            fen: order.total,
            subject: format!("政务服务缴费 {}", readable(&order.case_number)),
            notify_url: format!("{own}/api/payments/report"),
            return_url: format!("{own}/cases/{}/bills/{bill}/paid", order.case_number),
        };
        Ok(self.gateway.create(&new).await?.pay_url)
    }

    fn order(&self, tx: &mut Tx<'_>, ctx: &Ctx, fetched: &Fetched, bill: i64) -> Result<Order, PaymentError> {
        let bill = due_bill(fetched, bill)?;
        if let Some(order) = store::of_bill(tx, bill.id)? {
            return Ok(order);
        }
        let id = ctx.new_id();
        let order = Order {
            id,
            bill_id: bill.id,
            case_id: fetched.case.id,
            case_number: fetched.case.number.clone(),
            number: format!("YM{id}"),
            total: bill.total,
            state: "created".into(),
            gateway_order: String::new(),
            created_at: ctx.now,
            paid_at: None,
        };
        store::insert(tx, &order)?;
        Ok(order)
    }

    /// Asks the gateway after the payer came back: a report may be late or lost.
    pub async fn look(&self, ctx: &Ctx, case_number: &str, bill: i64) -> Result<bool, PaymentError> {
        let (payments, context, number) = (self.clone(), ctx.clone(), case_number.to_string());
        let store = &self.casework.platform.store;
        let order = store
            .read(move |q| {
                let fetched = payments.casework.fetch_by_number(q, &context, &number, Act::See)?;
                match fetched.case.bills.iter().any(|b| b.id == bill) {
                    true => Ok(store::of_bill(q, bill)?),
                    false => Err(PaymentError::Casework(CaseworkError::NotFound)),
                }
            })
            .await?;
        match order {
            None => Ok(false),
            Some(order) if order.state == "paid" => Ok(true),
            Some(order) => {
                let report = self.gateway.ask(&order.number).await?;
                self.settle(report).await
            }
        }
    }

    /// Settles what the gateway reports. True when the order is paid.
    pub async fn settle(&self, report: Report) -> Result<bool, PaymentError> {
        if report.state == ReportState::Waiting {
            return Ok(false);
        }
        let payments = self.clone();
        let ctx = self.casework.platform.ctx(Actor::System("支付网关"), report.gateway_order.as_str());
        let store = &self.casework.platform.store;
        store
            .write("payment.settle", move |tx| {
                let order = store::by_number(tx, &report.order)?.ok_or(PaymentError::Mismatch)?;
                if order.total != report.fen {
                    return Err(PaymentError::Mismatch);
                }
                if store::paid(tx, order.id, &report.gateway_order, ctx.now)? {
                    payments.casework.pay(tx, &ctx, order.bill_id, &report.gateway_order)?;
                }
                Ok(true)
            })
            .await
    }
}

fn due_bill(fetched: &Fetched, bill: i64) -> Result<&Bill, PaymentError> {
    let bill = fetched.case.bills.iter().find(|b| b.id == bill);
    let bill = bill.ok_or(PaymentError::Casework(CaseworkError::NotFound))?;
    match bill.state {
        BillState::Due => Ok(bill),
        BillState::Paid => Err(PaymentError::NotDue("已经缴过费了")),
        BillState::Void => Err(PaymentError::NotDue("缴费单已作废")),
        BillState::Refunding | BillState::Refunded => Err(PaymentError::NotDue("已退费或正在退费")),
    }
}

/// In groups, as on the pages the payer comes from.
fn readable(number: &str) -> String {
    CaseNumber::parse(number).map_or_else(|_| number.to_string(), |number| number.grouped())
}

//! What the applicant answered, in the order it was asked, and what a supplement changed.

use yimen_catalogue::model::Field;
use yimen_catalogue::{Catalogue, Facts, Version};
use yimen_parties::Party;
use yimen_standards::time::{Day, Instant};
use yimen_web::{Cell, Column, Row, SummaryList, Table};

use crate::CaseView;
use crate::model::Case;

/// Who applies, where and how.
pub(super) fn applicant(catalogue: &Catalogue, case: &Case, party: Option<&Party>) -> SummaryList {
    let list = SummaryList::new().dense().fact("申请人", &case.applicant_name);
    let list = match party {
        Some(party) => {
            let list = list.fact(party.document(), party.masked_number());
            if party.phone.is_empty() { list } else { list.fact("联系电话", party.masked_phone()) }
        }
        None => list,
    };
    let channel = format!("{} · {}", case.channel.zh(), catalogue.office_name(&case.office));
    list.fact("收件", channel)
        .fact("牵头部门", catalogue.department_name(&case.lead))
        .fact("领取方式", case.delivery.zh())
}

/// The answers to the guide, then each page of the form.
pub(super) fn answers(version: &Version, facts: &Facts) -> Vec<SummaryList> {
    let mut lists = Vec::new();
    let questions = version.questions(facts);
    if !questions.is_empty() {
        let list = SummaryList::new().dense().title("情形");
        lists.push(questions.iter().fold(list, |list, q| list.fact(&q.ask, version.text_of(&q.id, facts))));
    }
    for page in version.pages(facts) {
        let list = SummaryList::new().dense().title(&page.title);
        let fields = version.fields(&page.id, facts);
        lists.push(fields.iter().fold(list, |list, f| list.fact(&f.label, version.text_of(&f.id, facts))));
    }
    lists
}

/// Field by field what the last hand-in changed against the first; `None` where there was one or nothing changed.
pub(super) fn changed(version: &Version, revisions: &[(Instant, Facts)]) -> Option<Table> {
    let ((_, before), (at, after)) = (revisions.first()?, revisions.last()?);
    if revisions.len() < 2 {
        return None;
    }
    let label = |id: &str| {
        let question = version.service.guide.iter().find(|q| q.id == id).map(|q| q.ask.clone());
        version.field(id).map(|f: &Field| f.label.clone()).or(question)
    };
    let mut ids: Vec<&String> = before.keys().chain(after.keys()).collect();
    ids.sort();
    ids.dedup();
    let rows: Vec<Row> = ids
        .into_iter()
        .filter(|id| before.get(*id) != after.get(*id))
        .filter_map(|id| {
            let text = |facts: &Facts| match version.text_of(id, facts) {
                text if text.is_empty() => Cell::text("未填写"),
                text => Cell::text(text),
            };
            Some(Row::new(vec![Cell::text(label(id)?), text(before), text(after)]))
        })
        .collect();
    if rows.is_empty() {
        return None;
    }
    let columns = vec![Column::text("项目"), Column::text("补正前"), Column::text("补正后")];
    Some(Table::new(format!("补正改动（{}）", at.zh()), columns).rows(rows))
}

/// What was issued, once it is.
pub(super) fn result(view: &CaseView) -> Option<SummaryList> {
    let row = view.result.as_ref()?;
    let list = SummaryList::new().dense().fact("名称", &row.name).fact("编号", &row.number);
    let until = match row.valid_until.parse::<Day>() {
        Ok(day) => day.zh(),
        Err(_) => "长期".to_string(),
    };
    let list = list.fact("发出时间", row.issued_at.zh()).fact("有效期至", until);
    Some(view.shows.iter().fold(list, |list, (label, value)| list.fact(label, value)))
}

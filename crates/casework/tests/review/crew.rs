//! The people of these stories, and what they do in one line.

use std::sync::Arc;

use yimen_casework::model::{Case, Channel, Task};
use yimen_casework::{DecideTask, StartDraft};
use yimen_catalogue::{Fact, Facts};
use yimen_platform::{Actor, Role, Roles, Staff};

use crate::world::{Answer, SELLER, World};

/// What housing records of a home transfer, as typed.
pub const VERIFIED: [(&str, &str); 5] = [
    ("filed_on-y", "2026"),
    ("filed_on-m", "11"),
    ("filed_on-d", "20"),
    ("filed_price", "3,200,000"),
    ("buyer_house_count", "0"),
];

pub fn staff(account: i64, name: &str, roles: &[Role], department: &str) -> Actor {
    Actor::Staff(Arc::new(Staff {
        account,
        name: name.into(),
        roles: Roles::of(roles),
        department: department.into(),
        office: String::new(),
        counter: String::new(),
    }))
}

pub fn reviewer(account: i64, name: &str, department: &str) -> Actor {
    staff(account, name, &[Role::Reviewer], department)
}

pub fn head(account: i64, name: &str, department: &str) -> Actor {
    staff(account, name, &[Role::Supervisor], department)
}

pub fn inspector() -> Actor {
    staff(9000, "督查员", &[Role::Inspector], "")
}

impl World {
    pub fn task(&self, number: &str, step: &str) -> Task {
        self.case(number)
            .tasks
            .into_iter()
            .find(|t| t.step == step)
            .unwrap_or_else(|| panic!("no step {step}"))
    }

    /// Posts to a task: `decide`, `claim`, `special` …
    pub async fn do_task(&self, who: &Actor, task: i64, what: &str, fields: &[(&str, &str)]) -> Answer {
        self.post(who, &format!("/review/tasks/{task}/{what}"), fields).await
    }

    pub async fn see_task(&self, who: &Actor, task: i64) -> Answer {
        self.get(who, &format!("/review/tasks/{task}")).await
    }

    /// Concludes a step by the command, with records as facts.
    pub fn conclude(&self, who: &Actor, task: i64, decision: DecideTask) {
        let decision = DecideTask { task, ..decision };
        self.command(who, move |casework, tx, ctx| casework.decide_task(tx, ctx, &decision)).unwrap();
    }

    /// A lost ID card, taken in at the window; the police may ask for more time.
    pub fn id_card(&self) -> Case {
        let clerk = self.clerk("civic-centre");
        let applicant = match self.citizen("玛依拉·阿布都", SELLER) {
            Actor::Citizen { party, .. } => party,
            _ => unreachable!("a citizen"),
        };
        let text = |id: &str, value: &str| (id.to_string(), Fact::Text(value.into()));
        let yes = |id: &str, value: bool| (id.to_string(), Fact::Bool(value));
        let facts = Facts::from([
            text("reason", "lost"),
            yes("hukou_here", true),
            yes("under_sixteen", false),
            text("holder_name", "玛依拉·阿布都"),
            text("holder_number", SELLER),
            text("holder_phone", "13800000002"),
            text("holder_address", "上城区示范街道幸福路2号"),
            text("nation", "维吾尔族"),
            text("lost_on", "2026-11-01"),
            yes("name_variant", true),
            yes("urgent", false),
        ]);
        self.command(&clerk, move |casework, tx, ctx| {
            let new = StartDraft {
                service: "id-card-replacement",
                applicant,
                applicant_name: "玛依拉·阿布都",
                channel: Channel::Window,
                nonce: "id-card",
                office: "civic-centre",
            };
            let (id, _) = casework.start_draft(tx, ctx, &new)?;
            casework.answer(tx, ctx, id, &facts, &[])?;
            for slot in ["identity", "photo"] {
                casework.see_original(tx, ctx, id, slot, true)?;
            }
            casework.submit(tx, ctx, id)?;
            casework.accept(tx, ctx, id, &[])
        })
        .unwrap()
    }
}

/// How often a text stands in the page.
pub fn count(page: &Answer, words: &str) -> usize {
    page.text().matches(words).count()
}

/// Where each of these stands in the page, in the order given; panics when one is missing.
pub fn places(page: &Answer, words: &[&str]) -> Vec<usize> {
    let text = page.text();
    words.iter().map(|w| text.find(w).unwrap_or_else(|| panic!("{w} is not on the page:\n{text}"))).collect()
}

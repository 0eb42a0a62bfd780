//! What the audit administrator looks for in the journal. The journal names people of the city by account and case only, and
//! holds no numbers, phones or answers.

use std::sync::Arc;

use yimen_platform::journal::{self, Before, Entry, Found, Search};
use yimen_platform::{Actor, Ctx, Role};
use yimen_standards::time::{Day, Instant};
use yimen_store::{Read, StoreError, Tx};

use crate::{Identity, IdentityError, Result, StaffAccount};

/// What other domains know of the journal.
pub trait AuditSource: Send + Sync {
    /// A kind of act in words.
    fn words(&self, verb: &str) -> String;
    fn case(&self, q: &mut Read<'_>, number: &str) -> Result<Option<i64>, StoreError>;
    fn case_numbers(&self, q: &mut Read<'_>, cases: &[i64]) -> Result<Vec<(i64, String)>, StoreError>;
    /// Where the proof of an entry is shown; none while the public log has not taken it in.
    fn proof(&self, q: &mut Read<'_>, entry: &Entry) -> Result<Option<String>>;
    /// The end of an exported file; `sha256` in hexadecimal is that of everything before.
    fn sign(&self, sha256: &str, rows: u64, at: Instant) -> String;
}

/// What was typed, as an address carries it.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct Asked {
    pub from: String,
    pub until: String,
    pub who: String,
    pub kind: String,
    pub case: String,
    /// `at.seq`, as [`place`] writes it.
    pub before: String,
}

/// A place in time as an address carries it.
pub(crate) fn place((at, seq): Before) -> String {
    format!("{}.{seq}", at.0)
}

/// What is no place is the newest.
pub(crate) fn read_place(text: &str) -> Option<Before> {
    let (at, seq) = text.split_once('.')?;
    Some((Instant(at.parse().ok()?), seq.parse().ok()?))
}

/// The domains whose acts stand in the journal.
pub const KINDS: &[(&str, &str)] = &[
    ("case.", "办件"),
    ("task.", "部门办理"),
    ("material.", "材料"),
    ("special.", "特别程序"),
    ("extension.", "延长期限"),
    ("bill.", "缴费和退费"),
    ("party.", "人和单位的登记"),
    ("account.", "账户"),
    ("factor.", "动态口令"),
    ("session.", "退出登录"),
    ("address.", "暂停的地址"),
    ("proposal.", "待批事项"),
    ("policy.", "权限规则"),
    ("key.", "密钥"),
    ("catalogue.", "事项发布"),
    ("journal.", "导出操作记录"),
    ("code.", "短信验证码"),
    ("message.", "短信"),
    ("oidc.", "接入的系统"),
];

/// Acts in cases: what they say of the case is no business of whoever audits.
const OF_CASES: &[&str] = &["case.", "task.", "material.", "special.", "extension.", "bill."];
/// What is shown of them: how the case moved on, and which documents were issued.
const SHOWN: &[&str] = &["from", "to", "documents"];

/// What an auditor sees of the facts of an act.
pub(crate) fn shown(entry: &Entry) -> serde_json::Value {
    let mut body = entry.body();
    if let Some(facts) = body.as_object_mut()
        && OF_CASES.iter().any(|kind| entry.verb.starts_with(kind))
    {
        facts.retain(|name, _| SHOWN.contains(&name.as_str()));
    }
    body
}

/// A search that was understood, and what stands above its list.
#[derive(Debug)]
pub struct Understood {
    pub search: Search,
    /// Who `who` turned out to be.
    pub staff: Option<StaffAccount>,
}

/// So many entries one look goes through where no index knows the way: some milliseconds.
const A_LOOK: i64 = 20_000;

/// More would be a report, not a search.
const NAMESAKES: i64 = 20;

fn day(text: &str, field: &'static str) -> Result<Option<Day>> {
    match text.trim() {
        "" => Ok(None),
        text => {
            let read = text.parse().map_err(|_| IdentityError::field(field, "日期写作 2026-11-28"));
            read.map(Some)
        }
    }
}

fn audits(actor: &Actor) -> Result<()> {
    if actor.has(Role::Audit) { Ok(()) } else { Err(IdentityError::Forbidden) }
}

impl Identity {
    /// What is meant by what was typed; errors name its field.
    pub fn audit_search(&self, q: &mut Read<'_>, ctx: &Ctx, asked: &Asked) -> Result<Understood> {
        audits(&ctx.actor)?;
        let (from, until) = (day(&asked.from, "from")?, day(&asked.until, "until")?);
        if let (Some(from), Some(until)) = (from, until)
            && until < from
        {
            return Err(IdentityError::field("until", "结束日期早于开始日期，请修改"));
        }
        let verb = match KINDS.iter().find(|(kind, _)| *kind == asked.kind) {
            Some((kind, _)) => format!("{kind}%"),
            None if asked.kind.is_empty() => "%".to_owned(),
            None => return Err(IdentityError::field("kind", "没有这一类操作，请重新选择")),
        };
        let staff = self.meant(q, asked.who.trim())?;
        let case = match asked.case.trim() {
            "" => None,
            number => {
                let case = self.source()?.case(q, number)?;
                Some(case.ok_or_else(|| IdentityError::field("case", "没有这个编号的办件，请核对"))?)
            }
        };
        let search = Search {
            from: from.map_or(Instant(0), Day::start),
            until: until.map_or(Instant(i64::MAX), |day| day.start().plus_millis(86_400_000)),
            verb,
            staff: staff.as_ref().map(|one| one.account),
            case,
        };
        Ok(Understood { search, staff })
    }

    /// Whoever has this login or this name.
    fn meant(&self, q: &mut Read<'_>, who: &str) -> Result<Option<StaffAccount>> {
        if who.is_empty() {
            return Ok(None);
        }
        let found = self.staff_accounts(q, who, ("", 0), NAMESAKES)?;
        // Signs alone mean nobody.
        let nobody = !who.chars().any(char::is_alphanumeric);
        let found = if nobody { Vec::new() } else { found };
        let exact: Vec<&StaffAccount> =
            found.iter().filter(|one| one.login == who || one.name == who).collect();
        match (&exact[..], &found[..]) {
            ([one], _) => Ok(Some((*one).clone())),
            ([], [one]) => Ok(Some(one.clone())),
            ([], []) => Err(IdentityError::field("who", "没有这样的工作人员，请写登录名或姓名")),
            _ => {
                let all: Vec<String> =
                    found.iter().map(|one| format!("{}（{}）", one.name, one.login)).collect();
                Err(IdentityError::field("who", format!("不止一位：{}。请写登录名", all.join("、"))))
            }
        }
    }

    pub fn audit_page(
        &self,
        q: &mut Read<'_>,
        ctx: &Ctx,
        search: &Search,
        before: Option<Before>,
        limit: i64,
    ) -> Result<Found> {
        audits(&ctx.actor)?;
        Ok(journal::search(q, search, before, limit, A_LOOK)?)
    }

    /// The numbers of the cases that entries name.
    pub fn audit_cases(&self, q: &mut Read<'_>, entries: &[Entry]) -> Result<Vec<(i64, String)>> {
        let mut cases: Vec<i64> =
            entries.iter().map(|entry| entry.case_id).filter(|case| *case != 0).collect();
        cases.sort_unstable();
        cases.dedup();
        Ok(self.source()?.case_numbers(q, &cases)?)
    }

    pub fn audit_entry(&self, q: &mut Read<'_>, ctx: &Ctx, seq: i64) -> Result<Entry> {
        audits(&ctx.actor)?;
        journal::between(q, seq, seq)?.pop().ok_or(IdentityError::NotFound)
    }

    /// That records left the house, by whom and why: written before the first of them leaves.
    pub async fn note_export(&self, ctx: &Ctx, asked: &Asked, reason: &str) -> Result<()> {
        audits(&ctx.actor)?;
        let body = serde_json::json!({
            "from": asked.from, "until": asked.until, "who": asked.who, "kind": asked.kind, "case": asked.case,
            "reason": reason,
        });
        let ctx = ctx.clone();
        let note = move |tx: &mut Tx<'_>| -> Result<()> {
            let note = journal::Note { verb: "journal.exported", case: 0, task: 0, body: &body };
            Ok(journal::append(tx, &ctx, note)?)
        };
        self.platform().store.write("journal.export", note).await
    }

    pub(crate) fn source(&self) -> Result<&Arc<dyn AuditSource>> {
        let missing = || IdentityError::Internal("nobody explains the journal".to_owned());
        self.settings().audit.as_ref().ok_or_else(missing)
    }
}

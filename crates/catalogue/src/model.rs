//! The pack format: what one service file and the city files say, as types.
//!
//! Field names are the words of the pack; Chinese values are the words of the national code tables. A value that the
//! law or a code table fixes is an enum here, so a pack that loads cannot hold an unknown one.

mod city;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yimen_standards::time::Limit;

use crate::schema::{FACT_PATTERN, ID_PATTERN, limit, one_of_sources};
pub use city::{City, Counter, Department, Office, PackMeta, Region, Theme};

/// One administrative service item (政务服务事项, 业务办理项): one YAML file of a pack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Stable name in addresses and journals; equals the file name without its ending.
    #[schemars(regex(pattern = ID_PATTERN))]
    pub id: String,
    pub name: String,
    /// One plain sentence for search results.
    pub summary: String,
    /// What people type when they look for it: 过户, 二手房 …
    #[serde(default)]
    #[schemars(length(max = 60))]
    pub aliases: Vec<String>,
    pub codes: Codes,
    pub kind: ItemKind,
    pub mode: Mode,
    /// Department that decides.
    pub lead: String,
    #[serde(rename = "for")]
    #[schemars(length(min = 1, max = 2))]
    pub audience: Vec<Audience>,
    #[schemars(length(min = 1, max = 10))]
    pub themes: Vec<String>,
    /// Times the applicant must appear in person.
    pub visits: u8,
    /// 通办范围.
    pub scope: String,
    #[schemars(length(min = 1, max = 60))]
    pub basis: Vec<LegalBasis>,
    /// 受理条件, one sentence each.
    #[schemars(length(min = 1, max = 100))]
    pub conditions: Vec<String>,
    pub limits: Limits,
    /// 情形引导: questions whose answers are facts.
    #[serde(default)]
    #[schemars(length(max = 60))]
    pub guide: Vec<Question>,
    /// Facts computed from answers; each may use the ones before it.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub derive: Vec<Derived>,
    /// When one holds, the applicant is told so on a page of its own and the case is not submitted.
    #[serde(default)]
    #[schemars(length(max = 60))]
    pub stops: Vec<Stop>,
    #[schemars(length(max = 40))]
    pub form: Vec<FormPage>,
    #[schemars(length(max = 100))]
    pub materials: Vec<Material>,
    #[schemars(length(min = 1, max = 60))]
    pub steps: Vec<Step>,
    #[serde(default)]
    #[schemars(length(max = 60))]
    pub fees: Vec<Fee>,
    /// 特别程序: what may stop the clock.
    #[serde(default)]
    #[schemars(length(max = 30))]
    pub specials: Vec<Special>,
    pub result: ResultSpec,
    #[serde(default)]
    #[schemars(length(max = 60))]
    pub faq: Vec<Faq>,
    /// Offices that take it in; empty means every office of the region.
    #[serde(default)]
    #[schemars(length(max = 1000))]
    pub offices: Vec<String>,
}

/// 12-digit base code, 31-character implementing code, 33-character handling code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Codes {
    #[schemars(regex(pattern = r"^[0-9]{12}$"))]
    pub base: String,
    #[schemars(regex(pattern = r"^[0-9A-Z]{18}[1-7][0-9]{12}$"))]
    pub implementing: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[0-9A-Z]{18}[1-7][0-9]{14}$"))]
    pub handling: Option<String>,
}

/// 事项类型.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ItemKind {
    #[serde(rename = "行政许可")]
    Licence,
    #[serde(rename = "行政给付")]
    Benefit,
    #[serde(rename = "行政确认")]
    Confirmation,
    #[serde(rename = "行政奖励")]
    Award,
    #[serde(rename = "行政裁决")]
    Adjudication,
    #[serde(rename = "行政征收")]
    Levy,
    #[serde(rename = "其他行政权力")]
    OtherPower,
    #[serde(rename = "公共服务")]
    PublicService,
}

/// 办件类型.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Mode {
    /// 即办件: decided in one session.
    #[serde(rename = "即办件")]
    Instant,
    /// 承诺件: decided within the promised limit.
    #[serde(rename = "承诺件")]
    Promised,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// 自然人
    Natural,
    /// 法人及其他组织
    Legal,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LegalBasis {
    pub law: String,
    pub article: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// 法定时限; absent only where no law sets one (公共服务).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "limit")]
    pub statutory: Option<Limit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statutory_basis: Option<String>,
    /// 承诺时限.
    #[schemars(schema_with = "limit")]
    pub promised: Limit,
    /// How long the applicant has to supply what a correction notice asks for.
    #[serde(default = "Limits::default_correction")]
    #[schemars(schema_with = "limit")]
    pub correction: Limit,
    /// How much one approved extension adds; absent where none is allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<Extension>,
    /// 送达 after the decision.
    #[serde(default = "Limits::default_delivery")]
    #[schemars(schema_with = "limit")]
    pub delivery: Limit,
}

impl Limits {
    fn default_correction() -> Limit {
        Limit::CalendarDays(30)
    }
    fn default_delivery() -> Limit {
        Limit::WorkingDays(10)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    #[schemars(schema_with = "limit")]
    pub by: Limit,
    pub basis: String,
}

/// A guide question; its answer is the fact named `id`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    #[schemars(regex(pattern = FACT_PATTERN))]
    pub id: String,
    pub ask: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Empty means yes or no (a boolean fact); otherwise one of these (a text fact).
    #[serde(default)]
    #[schemars(length(max = 500))]
    pub options: Vec<Choice>,
    /// CEL; absent means always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Derived {
    #[schemars(regex(pattern = FACT_PATTERN))]
    pub id: String,
    /// CEL over the facts so far.
    pub value: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    pub when: String,
    /// Why this service is not the right one, and what to do instead.
    pub say: String,
    /// The form page on which answers that contradict each other are corrected: the service is the right one then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correct: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FormPage {
    #[schemars(regex(pattern = ID_PATTERN))]
    pub id: String,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    #[schemars(length(min = 1, max = 60))]
    pub fields: Vec<Field>,
}

/// One form field; its answer is the fact named `id` (ids are unique over guide, form, derived facts and step records).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Field {
    #[schemars(regex(pattern = FACT_PATTERN))]
    pub id: String,
    pub label: String,
    #[serde(rename = "type")]
    pub kind: FieldKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    #[serde(default)]
    pub optional: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    #[serde(default)]
    #[schemars(length(max = 500))]
    pub options: Vec<Choice>,
    /// Inclusive bounds: characters for text, value for number, yuan for money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
    /// Filled from the applicant's own record: name, number, phone, address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefill: Option<Prefill>,
    /// National data element this field carries, by which bundles join fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub element: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FieldKind {
    /// One line. Fact: text.
    Text,
    /// Several lines. Fact: text.
    LongText,
    /// Whole number. Fact: int.
    Number,
    /// Yuan with at most two decimals on the page. Fact: int, in fen.
    Money,
    /// Fact: text `YYYY-MM-DD`.
    Date,
    /// Yes or no. Fact: bool.
    Boolean,
    /// One of `options`. Fact: text.
    Choice,
    /// Any of `options`. Fact: list of text.
    Choices,
    /// Person or company name. Fact: text.
    Name,
    /// 居民身份证号. Fact: text.
    ResidentId,
    /// 统一社会信用代码. Fact: text.
    CreditCode,
    /// Mobile or landline. Fact: text.
    Phone,
    /// Address line. Fact: text.
    Address,
    /// 28-character real-estate unit code. Fact: text.
    EstateUnit,
    /// Area in square metres with at most two decimals. Fact: double.
    Area,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Prefill {
    Name,
    Number,
    Phone,
    Address,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Material {
    #[schemars(regex(pattern = ID_PATTERN))]
    pub id: String,
    pub name: String,
    pub kind: MaterialKind,
    #[schemars(schema_with = "one_of_sources")]
    pub from: Vec<Source>,
    pub need: Need,
    /// Only for `need: deferrable`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "limit")]
    pub within: Option<Limit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    #[serde(default = "one")]
    pub copies: u8,
    /// 受理标准: by what a clerk accepts it.
    pub standard: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<String>,
    /// Reasons a clerk may choose when returning it; a common list is added.
    #[serde(default)]
    #[schemars(length(max = 60))]
    pub faults: Vec<String>,
}

fn one() -> u8 {
    1
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum MaterialKind {
    #[serde(rename = "证件证书证明")]
    Certificate,
    #[serde(rename = "申请表格文书")]
    Form,
    #[serde(rename = "其他")]
    Other,
}

/// Where a material comes from: `upload`, `original` (shown at the window), `licence:TYPE`, `resource:CODE`, `form`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Source {
    /// The applicant's file or scan.
    Upload,
    /// Seen by the clerk, not kept.
    Original,
    /// An e-licence of this type in the holder's wallet.
    Licence(String),
    /// A data resource of another department.
    Resource(String),
    /// Made from the answers themselves (the application form).
    Form,
}

impl TryFrom<String> for Source {
    type Error = String;
    fn try_from(s: String) -> Result<Self, String> {
        match s.as_str() {
            "upload" => Ok(Self::Upload),
            "original" => Ok(Self::Original),
            "form" => Ok(Self::Form),
            _ => match s.split_once(':') {
                Some(("licence", t)) if !t.is_empty() => Ok(Self::Licence(t.into())),
                Some(("resource", t)) if !t.is_empty() => Ok(Self::Resource(t.into())),
                _ => Err(format!(
                    "unknown source '{s}': use upload, original, form, licence:TYPE or resource:CODE"
                )),
            },
        }
    }
}

impl From<Source> for String {
    fn from(s: Source) -> String {
        match s {
            Source::Upload => "upload".into(),
            Source::Original => "original".into(),
            Source::Form => "form".into(),
            Source::Licence(t) => format!("licence:{t}"),
            Source::Resource(t) => format!("resource:{t}"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    Required,
    /// 容缺后补.
    Deferrable,
    Optional,
}

/// A step of the graph. Steps that are not ordered run at the same time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    #[schemars(regex(pattern = ID_PATTERN))]
    pub id: String,
    pub name: String,
    /// A department id, `applicant`, or `window` (the office that took the case in).
    pub by: String,
    pub kind: StepKind,
    #[serde(default)]
    #[schemars(length(max = 60))]
    pub after: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "limit")]
    pub within: Option<Limit>,
    /// What the officer records; each becomes a fact for the steps after it.
    #[serde(default)]
    #[schemars(length(max = 60))]
    pub records: Vec<Field>,
    /// What is asked again before it is recorded.
    #[serde(default)]
    #[schemars(length(max = 60))]
    pub doubts: Vec<Doubt>,
    /// Which fees a payment step collects.
    #[serde(default)]
    #[schemars(length(max = 60))]
    pub fees: Vec<String>,
    /// Which special procedures may be asked for here.
    #[serde(default)]
    #[schemars(length(max = 30))]
    pub specials: Vec<String>,
    /// What the officer checks, shown as a list beside the form.
    #[serde(default)]
    #[schemars(length(max = 60))]
    pub checks: Vec<String>,
}

/// Something recorded that is likely a slip: the officer looks again, and corrects it or says that it is so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Doubt {
    pub when: String,
    /// The record of this step beside which it is said.
    #[schemars(regex(pattern = FACT_PATTERN))]
    pub record: String,
    pub say: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StepKind {
    /// 审查: a department gives a finding (pass or fail) with an opinion.
    Review,
    /// 缴费 by the applicant.
    Payment,
    /// 决定: grant or deny. Exactly one decision or registration per case.
    Decision,
    /// 登簿: the decision of a registration authority.
    Registration,
    /// 制证: makes the result. After the decision.
    Issue,
    /// 送达: hands the result over. After the decision.
    Delivery,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fee {
    #[schemars(regex(pattern = ID_PATTERN))]
    pub id: String,
    pub name: String,
    /// CEL giving fen as int, over all facts including what earlier steps recorded.
    pub amount: String,
    /// 收费标准 in words.
    pub standard: String,
    pub basis: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// Department that receives it.
    pub payee: String,
}

/// A special procedure (特别程序) that stops the clock while it runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Special {
    #[schemars(regex(pattern = ID_PATTERN))]
    pub id: String,
    pub name: String,
    #[schemars(schema_with = "limit")]
    pub limit: Limit,
    pub basis: String,
    /// True where the limit begins anew afterwards; otherwise it resumes.
    #[serde(default)]
    pub resets: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResultSpec {
    pub name: String,
    pub kind: ResultKind,
    /// How the number is made: `{year}`, `{date}`, `{serial:7}` (annual, per service), and any fact in braces.
    pub number: String,
    /// CEL giving the last day as text `YYYY-MM-DD`; absent means no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
    #[schemars(length(min = 1, max = 3))]
    pub delivery: Vec<DeliveryWay>,
    /// Facts printed on the result, in order: label → fact id.
    #[serde(default)]
    #[schemars(length(max = 60))]
    pub shows: Vec<Shown>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    pub label: String,
    #[schemars(regex(pattern = FACT_PATTERN))]
    pub fact: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ResultKind {
    #[serde(rename = "证照")]
    Licence,
    #[serde(rename = "批文")]
    Approval,
    #[serde(rename = "其他")]
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryWay {
    /// 窗口领取
    Window,
    /// 邮寄送达
    Post,
    /// 电子送达
    Electronic,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Faq {
    pub q: String,
    pub a: String,
}

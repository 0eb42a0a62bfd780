//! One page of each kind for applicants.

use askama::Template;

use super::messages::{answers, task_list};
use super::progress::{main_clock, timeline};
use super::{Sample, bad_form, citizen_badge, components};
use crate::components::{
    Button, Card, Cell, Choice, ConfirmationPanel, EmptyState, Field, Notice, Row, SearchBox, StatusTag,
    StepGraph, StepNode, SummaryList, Table, Timeline, Tone, Width,
};
use crate::errors::{ErrorKind, ErrorPage, WebError};
use crate::page::Page;
use crate::shell::Shell;

pub(super) const NAMES: &[&str] = &[
    "home",
    "guide",
    "question",
    "form",
    "tasks",
    "materials",
    "check",
    "done",
    "cases",
    "case",
    "empty",
    "sign-in",
    "error-403",
    "error-404",
    "error-409",
    "error-410",
    "error-413",
    "error-422",
    "error-500",
    "error-503",
];

pub(super) fn render(name: &str, shell: &Shell) -> Option<askama::Result<String>> {
    let signed_in = |page: Page| page.user(citizen_badge());
    let citizen = |title: &str| signed_in(shell.citizen(title));
    Some(match name {
        "home" => Home::sample(shell.citizen("办事不用跑几个部门").section("home")).render(),
        "guide" => Guide::sample(
            shell.citizen("存量房转移登记（一窗受理）").section("find").back("/dev/pages/home", "首页"),
        )
        .render(),
        "question" => {
            let page = citizen("卖方是否已婚").back("/dev/pages/tasks", "返回");
            let question = Field::yes_no("married", "卖方是否已婚")
                .hint("以民政登记为准；离异、丧偶请选“否”。")
                .heading();
            Question { page, field: question }.render()
        }
        "form" => FormPage::sample(citizen("房屋与成交信息").back("/dev/pages/tasks", "返回")).render(),
        "tasks" => Tasks {
            page: citizen("存量房转移登记").section("my").back("/dev/pages/cases", "我的办件"),
            tasks: task_list(),
        }
        .render(),
        "materials" => Materials {
            page: citizen("上传材料").back("/dev/pages/tasks", "返回"),
            rows: material_rows(),
        }
        .render(),
        "check" => Check {
            page: citizen("核对后提交").back("/dev/pages/tasks", "返回"),
            lists: vec![answers(), buyer()],
        }
        .render(),
        "done" => Done { page: citizen("申请已提交"), panel: panel() }.render(),
        "cases" => Cases { page: citizen("我的办件").section("my"), table: my_cases() }.render(),
        "case" => Case::sample(citizen("存量房转移登记").section("my").back("/dev/pages/cases", "我的办件"))
            .render(),
        "empty" => Empty { page: citizen("我的办件").section("my"), empty: nothing() }.render(),
        "sign-in" => SignIn::sample(shell.citizen("登录")).render(),
        _ => ErrorPage::for_sample(shell, &error(name)?).render(),
    })
}

#[derive(Template)]
#[template(path = "gallery/home.html")]
struct Home {
    page: Page,
    search: SearchBox,
    events: Vec<Card>,
    popular: Vec<Card>,
}

impl Home {
    fn sample(page: Page) -> Home {
        let event = |icon, title: &str| Card::new("#event", title).icon(icon);
        Home {
            page,
            search: SearchBox::new("/dev/pages/home", "q", "您要办什么事")
                .example("例如：二手房过户、开餐馆、换身份证")
                .large(),
            events: vec![
                event("house", "我要买卖房屋"),
                event("food", "我要开餐馆"),
                event("baby", "新生儿出生"),
                event("business", "我要开店办企业"),
                event("elderly", "退休养老"),
                event("medical", "看病就医"),
                event("car", "车辆与驾驶"),
                event("education", "入学转学"),
            ],
            popular: vec![
                Card::new("/dev/pages/guide", "存量房转移登记")
                    .text("二手房买卖过户，登记、核税、合同核验一次办")
                    .fact("60分钟办结")
                    .fact("最多跑1次"),
                Card::new("#2", "居民身份证换领")
                    .text("证件到期、损坏、信息变更")
                    .fact("5个工作日")
                    .fact("全市通办"),
                Card::new("#3", "异地就医备案").text("长期居住外地或转诊").fact("即时办结").fact("全程网办"),
                Card::new("#4", "住房公积金提取").text("购房、租房、退休").fact("1个工作日").fact("零材料"),
                Card::new("#5", "食品经营许可").text("餐饮、食品销售开业前办理").fact("5个工作日"),
                Card::new("#6", "残疾人证办理").text("可申请上门评定").fact("10个工作日"),
            ],
        }
    }
}

#[derive(Template)]
#[template(path = "gallery/guide.html")]
struct Guide {
    page: Page,
    facts: SummaryList,
    graph: StepGraph,
    materials: Table,
    fees: Table,
    start: Button,
}

impl Guide {
    fn sample(page: Page) -> Guide {
        use crate::components::Column;
        let material =
            |name: &str, from: &str, tag: StatusTag| Row::new(vec![name.into(), from.into(), tag.into()]);
        Guide {
            page,
            facts: SummaryList::new()
                .dense()
                .fact("办理时限", "承诺 60 分钟（法定 30 个工作日）")
                .fact("到场次数", "最多 1 次，可全程网办")
                .fact("服务对象", "个人、企业")
                .fact("办理部门", "不动产登记中心、税务局、住房保障局"),
            graph: StepGraph::new("办理流程")
                .node(StepNode::new("accept", "受理", "综合窗口").note("当场"))
                .node(StepNode::new("contract", "合同核验", "住房保障局").after(["accept"]).note("15分钟"))
                .node(StepNode::new("tax", "核税", "税务局").after(["accept"]).note("15分钟"))
                .node(StepNode::new("examine", "初审", "不动产登记中心").after(["accept"]).note("20分钟"))
                .node(StepNode::new("pay", "缴税缴费", "申请人").after(["tax"]))
                .node(
                    StepNode::new("register", "登簿发证", "不动产登记中心")
                        .after(["contract", "examine", "pay"])
                        .note("10分钟"),
                ),
            materials: Table::new(
                "需要的材料",
                vec![Column::text("材料"), Column::text("来源"), Column::text("是否提交")],
            )
            .row(material("身份证明", "公安人口库", StatusTag::new("无需提交", Tone::Done)))
            .row(material("存量房买卖合同", "住房保障局网签备案", StatusTag::new("无需提交", Tone::Done)))
            .row(material("婚姻状况证明", "民政登记，查不到时由您上传", StatusTag::new("可容缺", Tone::Warn)))
            .row(material(
                "不动产权证书",
                "由您上传或带原件",
                StatusTag::new("需提交", Tone::Info),
            )),
            fees: Table::new(
                "收费",
                vec![Column::text("项目"), Column::text("依据"), Column::number("金额")],
            )
            .row(Row::new(vec![
                "不动产登记费（住宅）".into(),
                "发改价格规〔2016〕2559号".into(),
                "80.00 元".into(),
            ])),
            start: Button::primary("开始办理").href("/dev/pages/question"),
        }
    }
}

#[derive(Template)]
#[template(path = "gallery/question.html")]
struct Question {
    page: Page,
    field: Field,
}

#[derive(Template)]
#[template(path = "gallery/form.html")]
struct FormPage {
    page: Page,
    fields: Vec<Field>,
}

impl FormPage {
    fn sample(page: Page) -> FormPage {
        let form = bad_form();
        let fields = vec![
            Field::text("seller-name", "卖方姓名").hint("与身份证一致。").source("公安人口库"),
            Field::identifier("seller-id", "卖方身份证号"),
            Field::radios(
                "use",
                "房屋用途",
                vec![
                    Choice::new("residential", "住宅"),
                    Choice::new("office", "办公"),
                    Choice::new("shop", "商业"),
                ],
            )
            .value("residential"),
            Field::number("area", "建筑面积").suffix("平方米").hint("与不动产权证书一致。"),
            Field::money("price", "成交价格").hint("合同上的总价。"),
            Field::date("signed", "合同签订日期").hint("例如 2026 年 11 月 2 日"),
            Field::yes_no("married", "卖方是否已婚"),
            Field::select(
                "district",
                "房屋所在区",
                vec![Choice::new("000001", "青山区"), Choice::new("000002", "临湖区")],
            )
            .width(Width::M),
            Field::textarea("note", "补充说明").optional().max(200).rows(3),
        ];
        let fields = fields.into_iter().map(|field| field.from(&form)).collect();
        FormPage { page: page.errors_of(&form), fields }
    }
}

#[derive(Template)]
#[template(path = "gallery/tasks.html")]
struct Tasks {
    page: Page,
    tasks: crate::components::TaskList,
}

#[derive(Template)]
#[template(path = "gallery/materials.html")]
struct Materials {
    page: Page,
    rows: Vec<Sample>,
}

/// The material rows of the gallery that an applicant sees.
fn material_rows() -> Vec<Sample> {
    components().into_iter().filter(|s| s.component == "material_row" && s.state != "窗口勾选").collect()
}

#[derive(Template)]
#[template(path = "gallery/check.html")]
struct Check {
    page: Page,
    lists: Vec<SummaryList>,
}

fn buyer() -> SummaryList {
    use crate::components::SummaryRow;
    SummaryList::new()
        .title("房屋与成交信息")
        .row(SummaryRow::new("成交价格", "1,280,000.00 元（壹佰贰拾捌万元整）").change("#price"))
        .row(SummaryRow::new("合同签订日期", "2026年11月2日").change("#signed"))
}

#[derive(Template)]
#[template(path = "gallery/done.html")]
struct Done {
    page: Page,
    panel: ConfirmationPanel,
}

fn panel() -> ConfirmationPanel {
    ConfirmationPanel::new("申请已提交", "办件编号", "YM2611-0482-7735-K")
        .next("窗口将在 1 个工作日内（11月24日 17:00 前）告诉您是否受理。")
        .next("受理后，不动产登记、税务、住房三个部门同时办理，承诺 60 分钟。")
        .next("办结后发短信给您，可到大厅领证或选择邮寄。")
        .link("/dev/pages/print", "下载接收回执")
        .link("/dev/pages/case", "查看办理进度")
}

#[derive(Template)]
#[template(path = "gallery/cases.html")]
struct Cases {
    page: Page,
    table: Table,
}

fn my_cases() -> Table {
    use crate::components::Column;
    let row = |item: &str, number: &str, tag: StatusTag, when: &str| {
        Row::new(vec![Cell::link_with("/dev/pages/case", item, number), tag.into(), when.into()])
    };
    Table::new("我的办件", vec![Column::text("事项"), Column::text("状态"), Column::text("下一步")])
        .hide_caption()
        .row(row(
            "存量房转移登记",
            "YM2611-0482-7735-K",
            StatusTag::new("办理中", Tone::Active),
            "11月26日前办结",
        ))
        .row(row(
            "户口迁移",
            "YM2611-0491-5506-A",
            StatusTag::new("待您补正", Tone::Warn),
            "请在11月30日前补交材料",
        ))
        .row(row(
            "异地就医备案",
            "YM2609-0013-2207-8",
            StatusTag::new("已办结", Tone::Done),
            "9月3日办结，可评价",
        ))
}

#[derive(Template)]
#[template(path = "gallery/case.html")]
struct Case {
    page: Page,
    clock: crate::components::Clock,
    todo: Notice,
    timeline: Timeline,
    facts: SummaryList,
}

impl Case {
    fn sample(page: Page) -> Case {
        Case {
            page,
            clock: main_clock(),
            todo: Notice::warning("需要您做：缴纳税款 12,800.00 元")
                .text("缴清后登簿立即开始，请在 11月25日 17:00 前完成。")
                .link("#pay", "去缴费"),
            timeline: timeline(),
            facts: SummaryList::new()
                .fact("办件编号", "YM2611-0482-7735-K")
                .fact("申请人", "周小满")
                .fact("坐落", "临安市青山湖街道大园路 958 号 3 幢 2 单元 501 室")
                .fact("受理时间", "2026年11月20日 09:12"),
        }
    }
}

#[derive(Template)]
#[template(path = "gallery/empty.html")]
struct Empty {
    page: Page,
    empty: EmptyState,
}

fn nothing() -> EmptyState {
    EmptyState::new("inbox", "还没有办件", "您提交的申请会显示在这里，包括在大厅窗口办理的。")
        .link("/dev/pages/home", "查找要办的事项")
}

#[derive(Template)]
#[template(path = "gallery/sign_in.html")]
struct SignIn {
    page: Page,
    account: Field,
    password: Field,
}

impl SignIn {
    fn sample(page: Page) -> SignIn {
        SignIn {
            page,
            account: Field::text("account", "账号")
                .hint("手机号或身份证号")
                .autocomplete("username")
                .width(Width::M),
            password: Field::password("password", "密码").autocomplete("current-password").width(Width::M),
        }
    }
}

fn error(name: &str) -> Option<WebError> {
    Some(match name.strip_prefix("error-")? {
        "403" => WebError::forbidden("这份办件由税务局办理，您所在的部门不能查看。"),
        "404" => WebError::not_found(),
        "409" => WebError::conflict("顾青已在 10:32 对这项任务作出决定，您的意见没有提交。")
            .next("/dev/pages/review", "查看这份办件"),
        "410" => WebError::gone("这个补正链接已于 11月20日 失效。"),
        "413" => WebError::too_large("一次上传的文件太多或太大，没有保存。请分几次上传。"),
        "422" => WebError::invalid(bad_form().errors().to_vec()),
        "500" => WebError::new(ErrorKind::Internal),
        "503" => WebError::new(ErrorKind::Unavailable),
        _ => return None,
    })
}

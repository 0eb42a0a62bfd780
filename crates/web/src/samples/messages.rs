//! Messages, lists, navigation and tables.

use super::controls::ConcatSamples;
use super::{Sample, bad_form};
use crate::components::{
    Card, Cell, Clock, ClockState, Column, EmptyState, ErrorSummary, Notice, Pager, Row, StatusTag,
    SummaryList, SummaryRow, Table, Tabs, TaskItem, TaskList, Tone,
};

pub(super) fn samples() -> Vec<Sample> {
    [messages(), lists(), navigation(), tables()].concat_samples()
}

fn messages() -> Vec<Sample> {
    let tag = |word, tone| Sample::new("status_tag", word, StatusTag::new(word, tone)).framed("row");
    let form = bad_form();
    vec![
        Sample::new("error_summary", "四处", ErrorSummary { errors: form.errors() }),
        tag("未处理", Tone::Neutral),
        tag("待填写", Tone::Info),
        tag("办理中", Tone::Active),
        tag("已办", Tone::Done),
        tag("临近", Tone::Warn),
        tag("逾期", Tone::Problem),
        Sample::new(
            "notice",
            "提示",
            Notice::info("有 1 份草稿没有提交")
                .text("存量房转移登记，11月22日 21:40 保存。")
                .link("#draft", "继续填写"),
        ),
        Sample::new("notice", "成功", Notice::success("已保存，换一台设备登录也能接着填")),
        Sample::new(
            "notice",
            "注意",
            Notice::warning("请在 11月30日前补交婚姻状况证明")
                .text("逾期未补交，本次申请将终止办理。")
                .link("#m", "现在补交"),
        ),
        Sample::new(
            "notice",
            "重要",
            Notice::problem("系统将于今晚 22:00–24:00 维护").text("期间不能提交申请，已填内容不会丢失。"),
        ),
        Sample::new(
            "empty_state",
            "无办件",
            EmptyState::new("inbox", "还没有办件", "您提交的申请会显示在这里。")
                .link("#find", "查找要办的事项"),
        ),
    ]
}

pub(super) fn task_list() -> TaskList {
    TaskList::new()
        .section("填写")
        .item(TaskItem::new("情形确认", StatusTag::new("已完成", Tone::Done)).href("#1"))
        .item(
            TaskItem::new("买卖双方", StatusTag::new("填写中", Tone::Active))
                .href("#2")
                .hint("还差买方手机号"),
        )
        .item(TaskItem::new("房屋与成交信息", StatusTag::new("待填写", Tone::Info)).href("#3"))
        .section("材料")
        .item(
            TaskItem::new("上传材料", StatusTag::new("有错误", Tone::Problem))
                .href("#4")
                .hint("分户图需要重新上传"),
        )
        .item(
            TaskItem::new("核对并提交", StatusTag::new("还不能开始", Tone::Neutral))
                .hint("完成以上各项后可以开始"),
        )
}

pub(super) fn answers() -> SummaryList {
    SummaryList::new()
        .title("卖方")
        .row(SummaryRow::new("姓名", "买买提·吐尔逊江·阿不都热合曼").change("#seller-name"))
        .row(SummaryRow::new("身份证号", "000000********1238").source("公安人口库").change("#seller-id"))
        .row(SummaryRow::new("住址", "临安市青山湖街道大园路 958 号\n3 幢 2 单元 501 室").change("#address"))
        .row(SummaryRow::new("备用手机号", "").change("#phone2"))
        .row(SummaryRow::new("符合的情形", "满五年").and("家庭唯一住房").change("#cases"))
}

fn lists() -> Vec<Sample> {
    let dense = SummaryList::new()
        .dense()
        .fact("申请人", "周小满")
        .fact("事项", "存量房转移登记（一窗受理）")
        .fact("坐落", "临安市青山湖街道大园路 958 号 3 幢 2 单元 501 室");
    vec![
        Sample::new("task_list", "进行中", task_list()),
        Sample::new("summary_list", "核对", answers()),
        Sample::new("summary_list", "紧凑", dense),
    ]
}

fn navigation() -> Vec<Sample> {
    let card = |card: Card| Sample::new("card", "事项", card).framed("grid");
    vec![
        card(
            Card::new("#a", "存量房转移登记")
                .icon("house")
                .text("二手房买卖过户，登记、核税、合同备案一次办")
                .fact("60分钟")
                .fact("最多跑1次"),
        ),
        card(Card::new("#b", "食品经营许可").icon("food").text("开餐馆、食品店前办理").fact("5个工作日")),
        card(Card::new("#c", "没有图标和说明的卡片")),
        Sample::new(
            "tabs",
            "待办",
            Tabs::new("待办分类")
                .tab("#1", "我的", Some(12), true)
                .tab("#2", "本部门", Some(148), false)
                .tab("#3", "已暂停", None, false),
        ),
        Sample::new(
            "pager",
            "中间页",
            Pager::new(Some("#prev".into()), Some("#next".into())).summary("第 51–100 件"),
        ),
        Sample::new("pager", "首页", Pager::new(None, Some("#next".into()))),
    ]
}

pub(super) fn inbox_row(
    number: &str,
    name: &str,
    item: &str,
    step: &str,
    clock: Clock,
    blocked: &str,
) -> Row {
    let late = clock.state() == ClockState::Overdue;
    let row = Row::new(vec![
        Cell::link_with("#case", item.to_string(), number.to_string()),
        name.into(),
        step.into(),
        clock.into(),
        if blocked.is_empty() {
            StatusTag::new("可办", Tone::Info).into()
        } else {
            Cell::two("等待", blocked.to_string())
        },
    ]);
    if late { row.late() } else { row }
}

fn tables() -> Vec<Sample> {
    let columns = vec![
        Column::text("事项"),
        Column::text("申请人"),
        Column::text("环节").wide_only(),
        Column::text("期限"),
        Column::text("状态"),
    ];
    let inbox = Table::new("我的待办", columns)
        .keys()
        .row(inbox_row(
            "YM2611-0482-7735-K",
            "周小满",
            "存量房转移登记",
            "初审",
            Clock::new(ClockState::Overdue, "逾期 2 个工作日", "11月19日 17:00"),
            "",
        ))
        .row(inbox_row(
            "YM2611-0490-1182-3",
            "临安市大园餐饮有限公司",
            "食品经营许可",
            "现场核查",
            Clock::new(ClockState::Near, "剩余 3 小时", "今天 17:00"),
            "",
        ))
        .row(inbox_row(
            "YM2611-0491-5506-A",
            "买买提·吐尔逊江·阿不都热合曼",
            "户口迁移",
            "复核",
            Clock::new(ClockState::Normal, "剩余 4 个工作日", "11月27日 17:00"),
            "公安户籍窗口",
        ));
    let fees = Table::new(
        "收费",
        vec![Column::text("项目"), Column::text("依据").wide_only(), Column::number("金额")],
    )
    .row(Row::new(vec!["不动产登记费".into(), "发改价格规〔2016〕2559号".into(), "80.00 元".into()]))
    .row(Row::new(vec!["证书工本费".into(), "发改价格规〔2016〕2559号".into(), "0.00 元".into()]));
    vec![
        Sample::new("table", "待办", inbox),
        Sample::new("table", "手机上成列表", fees),
        Sample::new(
            "table",
            "空",
            Table::new("逾期办件", vec![Column::text("办件"), Column::number("逾期天数")])
                .empty("没有逾期办件"),
        ),
    ]
}

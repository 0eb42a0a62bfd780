//! Timelines, step graphs, clocks, numbers and documents.

use super::Sample;
use crate::components::{
    BarChart, Cell, Clock, ClockState, Column, Document, Lane, LaneStep, Row, StatTile, StepGraph, StepNode,
    StepState, Table, Timeline, Tone,
};

pub(super) fn samples() -> Vec<Sample> {
    let clock = |state, clock: Clock| Sample::new("clock", state, clock);
    let stat = |tile: StatTile| Sample::new("stat_tile", "数字", tile).framed("stats");
    vec![
        Sample::new("timeline", "并联办理", timeline()),
        Sample::new("step_graph", "办理流程", plan()),
        Sample::new("step_graph", "运行中", running()),
        clock("正常", main_clock()),
        clock("临近", Clock::new(ClockState::Near, "剩余 35 分钟", "今天 17:00").minutes_left(35)),
        clock("逾期", Clock::new(ClockState::Overdue, "逾期 2 个工作日", "2026年11月19日 17:00")),
        clock("已暂停", Clock::new(ClockState::Paused, "现场勘验，暂停计时", "恢复后剩余 4 个工作日")),
        clock("已办结", Clock::new(ClockState::Finished, "用时 48 分钟", "")),
        clock("已终止", Clock::new(ClockState::Ended, "已撤回", "")),
        stat(StatTile::new("在办", "1,284").unit("件").note("今天收件 96 件").href("#open")),
        stat(StatTile::new("逾期", "3").unit("件").tone(Tone::Problem).href("#late").note("占在办 0.2%")),
        stat(StatTile::new("临近期限", "17").unit("件").tone(Tone::Warn).note("剩余不足四分之一时限")),
        stat(StatTile::new("按期办结率", "99.4").unit("%").tone(Tone::Done).note("近 30 天，2,310 件")),
        Sample::new("bar_chart", "各部门在办", chart()),
        Sample::new("document", "受理回执", receipt()),
    ]
}

pub(super) fn main_clock() -> Clock {
    Clock::new(ClockState::Normal, "剩余 3 个工作日", "2026年11月26日 17:00")
        .detail("法定 30 个工作日，承诺 5 个工作日，已用 2 个工作日")
        .explain("#explain")
}

pub(super) fn timeline() -> Timeline {
    Timeline::new("各部门办理进度")
        .lane(
            Lane::new("综合窗口")
                .note("市政务大厅 3 号窗口")
                .step(LaneStep::new("接件", StepState::Done).times("11月20日 09:05"))
                .step(LaneStep::new("受理", StepState::Done).times("11月20日 09:12，用时 7 分钟")),
        )
        .lane(
            Lane::new("不动产登记中心")
                .note("顾青")
                .step(LaneStep::new("初审", StepState::Active).times("11月20日 09:30 开始，剩余 25 分钟"))
                .step(LaneStep::new("登簿", StepState::Waiting).times("核税、合同核验、缴费之后")),
        )
        .lane(
            Lane::new("税务局")
                .step(LaneStep::new("核税", StepState::Done).times("11月20日 09:40，用时 15 分钟"))
                .step(LaneStep::new("缴税", StepState::Waiting).word("待您缴费").times("应缴 12,800.00 元")),
        )
        .lane(
            Lane::new("住房保障局").step(
                LaneStep::new("合同核验", StepState::Stuck)
                    .late()
                    .reason("买卖合同缺少第 3 页，等待申请人补交")
                    .times("11月20日 09:20 开始"),
            ),
        )
}

fn plan() -> StepGraph {
    StepGraph::new("办理流程")
        .node(StepNode::new("accept", "受理", "综合窗口").note("当场"))
        .node(StepNode::new("contract", "合同核验", "住房保障局").after(["accept"]).note("15分钟"))
        .node(StepNode::new("tax", "核税", "税务局").after(["accept"]).note("15分钟"))
        .node(StepNode::new("examine", "初审", "不动产登记中心").after(["accept"]).note("20分钟"))
        .node(StepNode::new("pay", "缴税缴费", "申请人").after(["tax"]))
        .node(
            StepNode::new("register", "登簿", "不动产登记中心")
                .after(["contract", "examine", "pay"])
                .note("10分钟"),
        )
        .node(StepNode::new("issue", "发证", "综合窗口").after(["register"]).note("当场"))
}

fn running() -> StepGraph {
    let node = |id: &str, name: &str, by: &str, state| StepNode::new(id, name, by).state(state);
    StepGraph::new("办理流程")
        .node(node("accept", "受理", "综合窗口", StepState::Done))
        .node(
            node("survey", "存量房买卖合同网签备案核验", "住房保障和房产管理局", StepState::Stuck)
                .after(["accept"]),
        )
        .node(node("tax", "核税", "税务局", StepState::Done).after(["accept"]))
        .node(node("examine", "初审", "不动产登记中心", StepState::Active).after(["accept"]))
        .node(node("field", "实地查看", "不动产登记中心", StepState::Skipped).after(["examine"]))
        .node(
            node("register", "登簿", "不动产登记中心", StepState::Waiting).after(["survey", "tax", "field"]),
        )
}

pub(super) fn chart() -> BarChart {
    BarChart::new("各部门在办件数", "部门", "件")
        .linked("不动产登记中心", 412, Tone::Active, "#a")
        .linked("市场监督管理局", 308, Tone::Active, "#b")
        .linked("税务局", 121, Tone::Active, "#c")
        .bar("医疗保障局", 64, Tone::Active)
        .bar("残疾人联合会", 3, Tone::Active)
        .note("截至 11月23日 09:00，覆盖全部 14 个部门。点击部门查看办件。")
}

pub(super) fn receipt() -> Document {
    let materials =
        Table::new("申请材料清单", vec![Column::text("材料"), Column::text("形式"), Column::number("份数")])
            .row(Row::new(vec!["存量房买卖合同".into(), Cell::text("原件"), "1".into()]))
            .row(Row::new(vec!["身份证明".into(), Cell::text("共享免交"), "0".into()]));
    Document::new("临安市政务服务管理办公室", "受理回执", "临政务受〔2026〕0482号")
        .copy("第一联　申请人留存")
        .to("周小满")
        .paragraph(
            "您于2026年11月20日提出的存量房转移登记申请，经审查，申请材料齐全、符合法定形式，现予受理。",
        )
        .fact("办件编号", "YM2611-0482-7735-K")
        .fact("受理时间", "2026年11月20日 09时12分")
        .fact("承诺办结", "2026年11月20日 10时12分（60分钟）")
        .fact("法定办结", "2027年1月4日（30个工作日）")
        .table(materials)
        .closing("凭本回执或办件编号可查询办理进度，服务电话 12345。")
        .signature("申请人（签字）")
        .signature("经办人")
        .date("2026年11月20日")
        .qr(SAMPLE_CODE, "扫码查询进度")
}

/// A pattern that looks like a code and is none.
const SAMPLE_CODE: &str = "<svg viewBox=\"0 0 21 21\" role=\"img\" aria-label=\"查询二维码\"><path d=\"M0 0h7v7H0zM14 0h7v7h-7zM0 14h7v7H0zM9 1h2v2H9zM12 4h1v3h-1zM9 9h3v3H9zM14 9h2v1h-2zM18 10h3v2h-3zM9 14h2v3H9zM13 15h3v2h-3zM18 15h1v4h-1zM12 19h4v2h-4z\"/><path fill=\"#fff\" d=\"M1 1h5v5H1zM15 1h5v5h-5zM1 15h5v5H1z\"/><path d=\"M2 2h3v3H2zM16 2h3v3h-3zM2 16h3v3H2z\"/></svg>";

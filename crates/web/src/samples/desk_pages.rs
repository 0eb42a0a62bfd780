//! One page of each kind for clerks, reviewers, supervisors and the printer.

use askama::Template;

use super::messages::inbox_row;
use super::progress::{chart, receipt, timeline};
use super::{Sample, clerk_badge, components, reviewer_badge, staff};
use crate::components::{
    BarChart, Button, Choice, Clock, ClockState, Column, Document, Field, KeyHints, Pager, Row, SearchBox,
    StatTile, StatusTag, SummaryList, Table, Tabs, Timeline, Tone,
};
use crate::page::Page;
use crate::shell::Shell;

pub(super) const NAMES: &[&str] = &["intake", "inbox", "review", "board", "wall", "print"];

pub(super) fn render(name: &str, shell: &Shell) -> Option<askama::Result<String>> {
    Some(match name {
        "intake" => Intake::sample(staff(shell.desk("收件").section("intake"), clerk_badge())).render(),
        "inbox" => Inbox::sample(staff(shell.review("我的待办").section("inbox"), reviewer_badge())).render(),
        "review" => {
            let page =
                shell.review("初审：存量房转移登记").section("inbox").back("/dev/pages/inbox", "我的待办");
            Review::sample(staff(page, reviewer_badge())).render()
        }
        "board" => Board::sample(shell.board("运行总览").section("overview")).render(),
        "wall" => Board::sample(shell.board("市政务大厅运行").section("late").wall().refresh(60)).render(),
        "print" => Print {
            page: shell.print("受理回执").back("/dev/pages/case", "返回办件"),
            document: receipt(),
        }
        .render(),
        _ => return None,
    })
}

#[derive(Template)]
#[template(path = "gallery/intake.html")]
struct Intake {
    page: Page,
    search: SearchBox,
    applicant: SummaryList,
    fields: Vec<Field>,
    rows: Vec<Sample>,
    accept: Button,
    correct: Button,
    refuse: Button,
    keys: KeyHints,
}

impl Intake {
    fn sample(page: Page) -> Intake {
        Intake {
            page,
            search: SearchBox::new("/dev/pages/intake", "person", "查找申请人")
                .example("身份证号、手机号")
                .key("Alt+Q"),
            applicant: SummaryList::new()
                .dense()
                .fact("姓名", "周小满")
                .fact("身份证号", "000000********1238")
                .fact("手机号", "138****0021")
                .fact("排队号", "B037，已等 4 分钟"),
            fields: vec![
                Field::yes_no("married", "卖方是否已婚").key("Alt+A"),
                Field::radios(
                    "use",
                    "房屋用途",
                    vec![
                        Choice::new("residential", "住宅"),
                        Choice::new("office", "办公"),
                        Choice::new("shop", "商业"),
                    ],
                )
                .inline()
                .value("residential"),
                Field::text("unit", "不动产单元号"),
                Field::money("price", "成交价格"),
                Field::date_line("signed", "合同签订日期").hint("20261102"),
                Field::number("area", "建筑面积").suffix("平方米"),
            ],
            rows: components()
                .into_iter()
                .filter(|s| s.component == "material_row" && s.state != "缺")
                .collect(),
            accept: Button::primary("受理并打印回执")
                .key("Ctrl+Enter")
                .form("intake")
                .named("action", "accept"),
            correct: Button::secondary("一次性告知补正")
                .key("Alt+B")
                .form("intake")
                .named("action", "correct"),
            refuse: Button::warning("不予受理").key("Alt+N").form("intake").named("action", "refuse"),
            keys: KeyHints::new()
                .key("F2", "叫号")
                .key("F8", "读身份证")
                .key("F9", "扫描")
                .key("Alt+1..9", "材料"),
        }
    }
}

#[derive(Template)]
#[template(path = "gallery/inbox.html")]
struct Inbox {
    page: Page,
    tabs: Tabs,
    search: SearchBox,
    table: Table,
    pager: Pager,
    keys: KeyHints,
}

impl Inbox {
    fn sample(page: Page) -> Inbox {
        let columns = vec![
            Column::text("事项与编号"),
            Column::text("申请人"),
            Column::text("环节").wide_only(),
            Column::text("期限"),
            Column::text("状态"),
        ];
        let names = ["周小满", "买买提·吐尔逊江", "临安市大园餐饮有限公司", "李𠮷", "王䶮", "欧阳青山"];
        let items = ["存量房转移登记", "抵押权登记", "食品经营许可", "户口迁移"];
        let rows = (0_usize..24).map(|i| {
            let clock = match i {
                0 | 1 => {
                    Clock::new(ClockState::Overdue, format!("逾期 {} 个工作日", 2 - i), "11月19日 17:00")
                }
                2..=5 => Clock::new(ClockState::Near, format!("剩余 {} 小时", i - 1), "今天 17:00"),
                9 => Clock::new(ClockState::Paused, "现场勘验", ""),
                _ => Clock::new(
                    ClockState::Normal,
                    format!("剩余 {} 个工作日", i / 3),
                    format!("12月{}日 17:00", i + 1),
                ),
            };
            let blocked = if i % 5 == 4 { "税务局 核税" } else { "" };
            inbox_row(
                &format!("YM2611-{:04}-{:04}-K", 480 + i * 7, 1000 + i * 313),
                names[i % 6],
                items[i % 4],
                "初审",
                clock,
                blocked,
            )
        });
        Inbox {
            page,
            tabs: Tabs::new("待办分类")
                .tab("#1", "分给我的", Some(24), true)
                .tab("#2", "本部门待认领", Some(148), false)
                .tab("#3", "已暂停", Some(6), false)
                .tab("#4", "我办过的", None, false),
            search: SearchBox::new("/dev/pages/inbox", "q", "搜索办件")
                .example("编号、姓名、身份证号、坐落")
                .key("Alt+Q"),
            table: Table::new("分给我的待办，按期限排列", columns).hide_caption().keys().rows(rows),
            pager: Pager::new(None, Some("#next".into())).summary("第 1–24 件"),
            keys: KeyHints::new().key("Alt+Q", "搜索").letters(),
        }
    }
}

#[derive(Template)]
#[template(path = "gallery/review.html")]
struct Review {
    page: Page,
    clock: Clock,
    facts: SummaryList,
    timeline: Timeline,
    opinion: Field,
    verdict: Field,
    agree: Button,
    back: Button,
    special: Button,
}

impl Review {
    fn sample(page: Page) -> Review {
        Review {
            page,
            clock: Clock::new(ClockState::Near, "剩余 25 分钟", "今天 10:12")
                .minutes_left(25)
                .detail("本环节时限 20 分钟，整件承诺 60 分钟"),
            facts: SummaryList::new()
                .dense()
                .fact("申请人", "周小满")
                .fact("卖方", "买买提·吐尔逊江·阿不都热合曼")
                .fact("坐落", "临安市青山湖街道大园路 958 号 3 幢 2 单元 501 室")
                .fact("成交价格", "1,280,000.00 元"),
            timeline: timeline(),
            verdict: Field::radios(
                "verdict",
                "审查结论",
                vec![Choice::new("pass", "通过"), Choice::new("fail", "不予通过")],
            )
            .inline(),
            opinion: Field::textarea("opinion", "审查意见")
                .hint("会写入审批表，申请人可以看到。")
                .rows(4)
                .max(500),
            agree: Button::primary("提交结论").key("Ctrl+Enter").named("action", "decide"),
            back: Button::secondary("退回窗口").key("Alt+B").named("action", "return"),
            special: Button::secondary("特别程序").key("Alt+T").named("action", "special"),
        }
    }
}

#[derive(Template)]
#[template(path = "gallery/board.html")]
struct Board {
    page: Page,
    stats: Vec<StatTile>,
    chart: BarChart,
    table: Table,
}

impl Board {
    fn sample(page: Page) -> Board {
        let columns = vec![
            Column::text("部门"),
            Column::number("在办"),
            Column::number("临近"),
            Column::number("逾期"),
            Column::text("状态"),
        ];
        let row = |name: &str, open: &str, near: &str, late: &str, tag: StatusTag| {
            Row::new(vec![name.into(), open.into(), near.into(), late.into(), tag.into()])
        };
        Board {
            page,
            stats: vec![
                StatTile::new("在办", "1,284").unit("件").note("今天收件 96 件").href("#open"),
                StatTile::new("逾期", "3").unit("件").tone(Tone::Problem).href("#late").note("占在办 0.2%"),
                StatTile::new("临近期限", "17")
                    .unit("件")
                    .tone(Tone::Warn)
                    .href("#near")
                    .note("剩余不足四分之一时限"),
                StatTile::new("按期办结率", "99.4").unit("%").tone(Tone::Done).note("近 30 天，2,310 件"),
            ],
            chart: chart(),
            table: Table::new("各部门情况", columns)
                .keep_columns()
                .row(row("不动产登记中心", "412", "9", "2", StatusTag::new("有逾期", Tone::Problem)).late())
                .row(row("市场监督管理局", "308", "5", "0", StatusTag::new("临近", Tone::Warn)))
                .row(row("税务局", "121", "3", "1", StatusTag::new("有逾期", Tone::Problem)).late())
                .row(row("医疗保障局", "64", "0", "0", StatusTag::new("正常", Tone::Done))),
        }
    }
}

#[derive(Template)]
#[template(path = "gallery/print.html")]
struct Print {
    page: Page,
    document: Document,
}

//! Sample data: each component in each state and one page of each kind, for the gallery and the tests. Invented people
//! and places only.

mod controls;
mod desk_pages;
mod messages;
mod pages;
mod progress;

use crate::forms::FormState;
use crate::page::{Audience, Mode, NavItem, Page, UserBadge};
use crate::shell::Shell;
use crate::site::Site;

/// One state of one component, rendered.
#[derive(Debug)]
pub struct Sample {
    /// Name of the component, as its template and its stylesheet section call it.
    pub component: &'static str,
    pub state: &'static str,
    pub html: String,
    /// How it stands in the gallery: alone, in a grid, in a list.
    pub frame: &'static str,
}

impl Sample {
    fn new(component: &'static str, state: &'static str, html: impl ToString) -> Sample {
        Sample { component, state, html: html.to_string(), frame: "stack" }
    }
    fn framed(self, frame: &'static str) -> Sample {
        Sample { frame, ..self }
    }
}

/// Every component in every state.
pub fn components() -> Vec<Sample> {
    let mut all = controls::samples();
    all.extend(messages::samples());
    all.extend(progress::samples());
    all
}

/// Names of the sample pages.
pub fn page_names() -> Vec<&'static str> {
    let mut names = pages::NAMES.to_vec();
    names.extend(desk_pages::NAMES);
    names
}

/// A sample page, rendered for this shell.
pub fn page(name: &str, shell: &Shell) -> Option<askama::Result<String>> {
    pages::render(name, shell).or_else(|| desk_pages::render(name, shell))
}

/// A shell without a request.
pub fn shell(mode: Mode) -> Shell {
    Shell::sample(std::sync::Arc::new(site()), mode)
}

/// The site of the gallery.
pub fn site() -> Site {
    Site {
        host: "临安市政务服务管理办公室".into(),
        help: "/dev/pages".into(),
        nav: Box::new(|audience, _| match audience {
            Audience::Citizen => vec![
                NavItem::new("home", "/dev/pages/home", "首页", "home"),
                NavItem::new("find", "/dev/pages/guide", "办事", "search"),
                NavItem::new("my", "/dev/pages/cases", "我的办件", "file"),
                NavItem::new("licences", "/dev/pages/case", "我的证照", "licence"),
            ],
            Audience::Desk => vec![
                NavItem::new("intake", "/dev/pages/intake", "收件", "inbox"),
                NavItem::new("precheck", "/dev/pages/inbox", "网上预审", "scan"),
                NavItem::new("delivery", "/dev/pages/print", "出件", "handover"),
            ],
            Audience::Review => vec![
                NavItem::new("inbox", "/dev/pages/inbox", "待办", "inbox"),
                NavItem::new("done", "/dev/pages/review", "已办", "check"),
            ],
            Audience::Board | Audience::Admin | Audience::Print => vec![
                NavItem::new("overview", "/dev/pages/board", "总览", "chart"),
                NavItem::new("late", "/dev/pages/wall", "逾期与临近", "clock"),
            ],
        }),
        ..Site::default()
    }
}

fn citizen_badge() -> UserBadge {
    UserBadge::new("周小满", "个人")
}

fn clerk_badge() -> UserBadge {
    UserBadge::new("何文", "市政务大厅 综合窗口 3号")
}

fn reviewer_badge() -> UserBadge {
    UserBadge::new("顾青", "不动产登记中心 初审")
}

fn staff(page: Page, badge: UserBadge) -> Page {
    Page { user: Some(badge), ..page }
}

/// A form filled with mistakes.
fn bad_form() -> FormState {
    let mut form = FormState::new();
    form.set("seller-name", "买买提·吐尔逊江·阿不都热合曼")
        .set("seller-id", "000000199001011231")
        .set("price", "八十万")
        .set("signed-y", "2026")
        .set("signed-m", "13")
        .set("signed-d", "2");
    form.error("seller-id", "身份证号最后一位校验不符。请对照身份证核对 18 位号码。")
        .error("price", "成交价格请填数字，例如 800000 或 1280000.50。")
        .error("signed", "签订日期不存在。请填写真实的年、月、日，例如 2026 年 11 月 2 日。")
        .error("married", "请选择卖方是否已婚。");
    form
}

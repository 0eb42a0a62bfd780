//! What every layout needs to know of a page: title, audience, who looks, and in which mode.

use std::borrow::Cow;
use std::sync::Arc;

use crate::chrome::{Back, Footer, Head, Header, Messages};
use crate::components::{ErrorSummary, Notice};
use crate::forms::{FieldError, FormState};
use crate::site::Site;

/// For whom a page is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Applicants: phone first, airy, one thing a page.
    Citizen,
    /// Window clerks: dense, keyboard first.
    Desk,
    /// Department reviewers: dense, two panes.
    Review,
    /// Supervisors and big screens.
    Board,
    /// The three administrators: dense like the reviewers'.
    Admin,
    /// A4 documents.
    Print,
}

impl Audience {
    pub fn class(self) -> &'static str {
        match self {
            Audience::Citizen => "citizen",
            Audience::Desk => "desk",
            // One look for both: the style sheet knows no other.
            Audience::Review | Audience::Admin => "review",
            Audience::Board => "board",
            Audience::Print => "print",
        }
    }

    /// The name of the place, shown beside the wordmark.
    pub fn place(self) -> &'static str {
        match self {
            Audience::Citizen | Audience::Print => "政务服务",
            Audience::Desk => "综合窗口",
            Audience::Review => "部门审批",
            Audience::Board => "运行监督",
            Audience::Admin => "平台管理",
        }
    }
}

/// How the person wants pages to look; kept in a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    #[default]
    Standard,
    /// 长辈版: bigger type, bigger targets, fewer columns.
    Large,
    /// 高对比: black, white and yellow.
    Contrast,
}

impl Mode {
    pub const ALL: [Mode; 3] = [Mode::Standard, Mode::Large, Mode::Contrast];

    pub fn key(self) -> &'static str {
        match self {
            Mode::Standard => "standard",
            Mode::Large => "large",
            Mode::Contrast => "contrast",
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Mode::Standard => "标准版",
            Mode::Large => "长辈版",
            Mode::Contrast => "高对比",
        }
    }

    pub fn from_key(key: &str) -> Option<Mode> {
        Mode::ALL.into_iter().find(|mode| mode.key() == key)
    }
}

/// Who is signed in, as the header shows it. Put into the request extensions by the session middleware, as
/// `Option<UserBadge>` or `UserBadge`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserBadge {
    pub name: String,
    /// In words: 综合窗口 3号, 不动产登记中心.
    pub role: String,
}

impl UserBadge {
    pub fn new(name: impl Into<String>, role: impl Into<String>) -> UserBadge {
        UserBadge { name: name.into(), role: role.into() }
    }
}

/// A link with its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub href: String,
    pub text: String,
}

impl Link {
    pub fn new(href: impl Into<String>, text: impl Into<String>) -> Link {
        Link { href: href.into(), text: text.into() }
    }
}

/// One entry of the main navigation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NavItem {
    /// Compared with [`Page::section`] to mark the current entry.
    pub key: &'static str,
    pub href: Cow<'static, str>,
    pub text: Cow<'static, str>,
    /// Icon of the sprite.
    pub icon: &'static str,
}

impl NavItem {
    pub const fn new(
        key: &'static str,
        href: &'static str,
        text: &'static str,
        icon: &'static str,
    ) -> NavItem {
        NavItem { key, href: Cow::Borrowed(href), text: Cow::Borrowed(text), icon }
    }
}

/// Layout data of one page; every page's view model holds one in a field named `page`.
#[derive(Debug, Clone)]
pub struct Page {
    pub title: String,
    pub audience: Audience,
    /// Key of the current navigation entry.
    pub section: Cow<'static, str>,
    pub back: Option<Link>,
    pub user: Option<UserBadge>,
    pub mode: Mode,
    /// Path and query of a page that can be opened, so that a change of mode comes back here.
    pub path: String,
    pub nav: Vec<NavItem>,
    /// Shown first in `main`, and the reason why the title begins with 错误：.
    pub errors: Vec<FieldError>,
    /// A message above the content, such as 已保存.
    pub notice: Option<Notice>,
    /// Reload after so many seconds where there is no script (boards).
    pub refresh: Option<u32>,
    /// Dark and large, seen from across a hall.
    pub wall: bool,
    pub(crate) site: Arc<Site>,
}

impl Page {
    pub fn new(audience: Audience, title: impl Into<String>) -> Page {
        Page {
            title: title.into(),
            audience,
            section: Cow::Borrowed(""),
            back: None,
            user: None,
            mode: Mode::Standard,
            path: String::from("/"),
            nav: Vec::new(),
            errors: Vec::new(),
            notice: None,
            refresh: None,
            wall: false,
            site: Site::plain(),
        }
    }

    pub fn citizen(title: impl Into<String>) -> Page {
        Page::new(Audience::Citizen, title)
    }
    pub fn desk(title: impl Into<String>) -> Page {
        Page::new(Audience::Desk, title)
    }
    pub fn review(title: impl Into<String>) -> Page {
        Page::new(Audience::Review, title)
    }
    pub fn board(title: impl Into<String>) -> Page {
        Page::new(Audience::Board, title)
    }
    pub fn print(title: impl Into<String>) -> Page {
        Page::new(Audience::Print, title)
    }

    #[must_use]
    pub fn section(mut self, key: impl Into<Cow<'static, str>>) -> Page {
        self.section = key.into();
        self
    }
    #[must_use]
    pub fn back(mut self, href: impl Into<String>, text: impl Into<String>) -> Page {
        self.back = Some(Link::new(href, text));
        self
    }
    #[must_use]
    pub fn user(mut self, user: UserBadge) -> Page {
        self.user = Some(user);
        self
    }
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Page {
        self.mode = mode;
        self
    }
    #[must_use]
    pub fn notice(mut self, notice: Notice) -> Page {
        self.notice = Some(notice);
        self
    }
    #[must_use]
    pub fn refresh(mut self, seconds: u32) -> Page {
        self.refresh = Some(seconds);
        self
    }
    /// For a big screen that nobody touches.
    #[must_use]
    pub fn wall(mut self) -> Page {
        self.wall = true;
        self
    }
    /// Takes the errors of a form: the summary, the title prefix and the focus follow from them.
    #[must_use]
    pub fn errors_of(self, form: &FormState) -> Page {
        self.errors(form.errors())
    }
    #[must_use]
    pub fn errors(mut self, errors: &[FieldError]) -> Page {
        self.errors = errors.to_vec();
        self
    }

    /// Whether something on the page must be corrected.
    pub fn has_error(&self) -> bool {
        !self.errors.is_empty()
    }

    /// `错误：标题 - 一门`
    pub fn window_title(&self) -> String {
        let prefix = if self.has_error() { "错误：" } else { "" };
        format!("{prefix}{} - {}", self.title, self.site.name)
    }

    pub fn site(&self) -> &Site {
        &self.site
    }

    /// Where the wordmark leads.
    pub fn home(&self) -> &str {
        self.nav.first().map_or("/", |item| item.href.as_ref())
    }

    // What the layouts are made of; each is a template of its own, compiled once, so a page costs little to compile.

    pub fn head(&self) -> Head<'_> {
        Head { page: self }
    }
    pub fn header(&self) -> Header<'_> {
        Header { page: self }
    }
    pub fn footer(&self) -> Footer<'_> {
        Footer { page: self }
    }
    pub fn back_link(&self) -> Back<'_> {
        Back { page: self }
    }
    /// Error summary and notice.
    pub fn messages(&self) -> Messages<'_> {
        Messages { page: self }
    }
    pub fn summary(&self) -> ErrorSummary<'_> {
        ErrorSummary { errors: &self.errors }
    }
}

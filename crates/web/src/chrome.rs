//! Head, header and footer of every layout.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::page::{Mode, Page};

#[derive(Template)]
#[template(path = "chrome/head.html")]
pub struct Head<'a> {
    pub(crate) page: &'a Page,
}

#[derive(Template)]
#[template(path = "chrome/header.html")]
pub struct Header<'a> {
    pub(crate) page: &'a Page,
}

#[derive(Template)]
#[template(path = "chrome/footer.html")]
pub struct Footer<'a> {
    pub(crate) page: &'a Page,
}

#[derive(Template)]
#[template(path = "chrome/back.html")]
pub struct Back<'a> {
    pub(crate) page: &'a Page,
}

#[derive(Template)]
#[template(path = "chrome/messages.html")]
pub struct Messages<'a> {
    pub(crate) page: &'a Page,
}

impl Footer<'_> {
    fn modes(&self) -> [Mode; 3] {
        Mode::ALL
    }
}

impl HtmlSafe for Head<'_> {}
impl HtmlSafe for Header<'_> {}
impl HtmlSafe for Footer<'_> {}
impl HtmlSafe for Back<'_> {}
impl HtmlSafe for Messages<'_> {}

//! Finding a service. Whatever was typed, the answer is a list or a way on; never a dead end.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use yimen_web::{Card, Form, Html, Link, Page, Pager, SearchBox, Shell, Tabs, WebError, redirect_303};

use super::{Public, audience_key, audience_of};
use crate::handle::Catalogue;
use crate::model::Audience;
use crate::pages::links::query;
use crate::pages::words;
use crate::search::Filter;
use crate::version::Version;

/// Results on a page, and of one search.
const PAGE: usize = 20;
const MOST: usize = 400;
/// Characters of a query; nobody asks for a service in more.
const LONGEST: usize = 40;
/// Nearest services offered when none fits.
const GUESSES: usize = 5;

/// What is looked for.
struct Asked {
    text: String,
    theme: String,
    audience: Option<Audience>,
    from: usize,
}

#[derive(Template)]
#[template(path = "catalogue/citizen/find.html")]
struct Find {
    page: Page,
    search: SearchBox,
    tabs: Tabs,
    themes: Vec<(Link, bool)>,
    /// What the list is, in a sentence.
    heading: String,
    text: String,
    /// Nothing fits; the list holds what is nearest.
    is_guess: bool,
    results: Vec<Card>,
    pager: Option<Pager>,
    near_themes: Vec<Link>,
}

pub(super) async fn find(
    State(public): State<Public>,
    shell: Shell,
    RawQuery(raw): RawQuery,
) -> Result<Response, WebError> {
    let form = Form::parse(raw.unwrap_or_default().as_bytes())?;
    let catalogue = public.catalogue.get();
    let asked = Asked::of(&form, &catalogue);
    if form.text("q").chars().count() > LONGEST {
        return Ok(redirect_303(asked.address(&asked.theme, asked.audience, 0)));
    }
    let found = search(&catalogue, &asked);
    let most = if found.is_guess { GUESSES } else { PAGE };
    let shown: Vec<Card> =
        found.services.iter().skip(asked.from).take(most).map(|v| words::service_card(v)).collect();
    let search = SearchBox::new("/services", "q", "搜索事项")
        .value(&asked.text)
        .example("事项名称、证照名或您要做的事");
    let key = asked.audience.map_or("", audience_key);
    let page = shell.citizen(asked.title()).section("services").back("/", "首页");
    let find = Find {
        page,
        search: search.with("for", key),
        tabs: asked.tabs(),
        themes: asked.theme_links(&catalogue),
        heading: asked.heading(&found),
        is_guess: found.is_guess,
        pager: if found.is_guess { None } else { asked.pager(found.services.len()) },
        near_themes: near_themes(&catalogue, &found, asked.audience),
        results: shown,
        text: asked.text,
    };
    Ok(Html::ok(find).into_response())
}

/// Services that fit, or the nearest ones.
struct Found {
    services: Vec<Arc<Version>>,
    is_guess: bool,
    themes: Vec<String>,
}

fn search(catalogue: &Catalogue, asked: &Asked) -> Found {
    let theme = Some(asked.theme.as_str()).filter(|t| !t.is_empty());
    let filter = Filter { audience: asked.audience, theme, department: None };
    let found = catalogue.search(&asked.text, &filter, MOST);
    let services: Vec<Arc<Version>> =
        found.hits.iter().filter_map(|h| catalogue.current(&h.service).cloned()).collect();
    Found { is_guess: found.is_guess || services.is_empty(), themes: found.themes, services }
}

impl Asked {
    /// What an address asks for; an unknown theme or audience is as if it were not there.
    fn of(form: &Form, catalogue: &Catalogue) -> Asked {
        let theme = form.text("theme");
        let known = catalogue.city().themes.iter().any(|t| t.name == theme);
        Asked {
            text: form.text("q").chars().take(LONGEST).collect(),
            theme: if known { theme.to_string() } else { String::new() },
            audience: audience_of(form.text("for")),
            from: form.text("from").parse().unwrap_or(0),
        }
    }

    fn address(&self, theme: &str, audience: Option<Audience>, from: usize) -> String {
        let from = if from == 0 { String::new() } else { from.to_string() };
        let audience = audience.map_or("", audience_key);
        format!(
            "/services{}",
            query(&[("q", &self.text), ("theme", theme), ("for", audience), ("from", &from)])
        )
    }

    fn title(&self) -> String {
        match (self.text.as_str(), self.theme.as_str()) {
            ("", "") => "全部事项".into(),
            ("", theme) => theme.to_string(),
            (text, _) => format!("搜索“{text}”"),
        }
    }

    fn tabs(&self) -> Tabs {
        [(None, "全部"), (Some(Audience::Natural), "个人办事"), (Some(Audience::Legal), "法人办事")]
            .into_iter()
            .fold(Tabs::new("为谁办事"), |tabs, (audience, text)| {
                let href = self.address(&self.theme, audience, 0);
                tabs.tab(href, text, None, audience == self.audience)
            })
    }

    fn theme_links(&self, catalogue: &Catalogue) -> Vec<(Link, bool)> {
        let fits = |t: &&crate::model::Theme| {
            let of_them = |v: &Arc<Version>| {
                v.service.themes.contains(&t.name)
                    && self.audience.is_none_or(|a| v.service.audience.contains(&a))
            };
            self.audience.is_none_or(|a| a == t.audience) && catalogue.services().any(of_them)
        };
        let all = (Link::new(self.address("", self.audience, 0), "全部主题"), self.theme.is_empty());
        let link = |t: &crate::model::Theme| {
            (Link::new(self.address(&t.name, self.audience, 0), &t.name), t.name == self.theme)
        };
        std::iter::once(all).chain(catalogue.city().themes.iter().filter(fits).map(link)).collect()
    }

    fn heading(&self, found: &Found) -> String {
        let count = found.services.len();
        match (found.is_guess, self.text.is_empty()) {
            (true, false) => format!("没有找到和“{}”相符的事项", self.text),
            (true, true) => "这个主题下暂时没有可以办理的事项".into(),
            (false, _) => format!("共 {count} 个事项"),
        }
    }

    fn pager(&self, total: usize) -> Option<Pager> {
        let address = |from: usize| self.address(&self.theme, self.audience, from);
        let next = (self.from + PAGE < total).then(|| address(self.from + PAGE));
        let prev = (self.from > 0).then(|| address(self.from.saturating_sub(PAGE)));
        if next.is_none() && prev.is_none() {
            return None;
        }
        let to = (self.from + PAGE).min(total);
        Some(
            Pager::new(prev, next)
                .summary(format!("第 {}–{to} 项，共 {total} 项", (self.from + 1).min(total))),
        )
    }
}

/// Where else one may look when nothing fits.
fn near_themes(catalogue: &Catalogue, found: &Found, audience: Option<Audience>) -> Vec<Link> {
    let offered = |name: &&String| {
        let of_them = |v: &Arc<Version>| v.service.themes.contains(name);
        catalogue.services().any(of_them)
    };
    let key = audience.map_or("", audience_key);
    let link =
        |name: &String| Link::new(format!("/services{}", query(&[("theme", name), ("for", key)])), name);
    found.themes.iter().filter(offered).take(6).map(link).collect()
}

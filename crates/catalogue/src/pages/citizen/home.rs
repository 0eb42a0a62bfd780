//! Home: search first, then my running cases, themes, popular services, offices.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use yimen_web::{Card, Form, Html, Link, Page, SearchBox, Shell, Tabs, WebError};

use super::{Asker, Public, audience_key, audience_of};
use crate::handle::Catalogue;
use crate::model::{Audience, Office};
use crate::pages::links::query;
use crate::pages::words;
use crate::version::Version;

/// How many popular services and offices the home page shows.
const POPULAR: usize = 6;
const OFFICES: usize = 3;
/// Words offered below the search box.
const HOT: usize = 5;

#[derive(Template)]
#[template(path = "catalogue/citizen/home.html")]
struct Home<'a> {
    page: Page,
    search: SearchBox,
    hot: Vec<Link>,
    mine: String,
    tabs: Tabs,
    themes: Vec<Card>,
    popular: Vec<Card>,
    offices: &'a [Office],
    all: String,
}

pub(super) async fn home(
    State(public): State<Public>,
    shell: Shell,
    Asker(actor): Asker,
    RawQuery(asked): RawQuery,
) -> Result<Response, WebError> {
    let asked = Form::parse(asked.unwrap_or_default().as_bytes())?;
    let audience = audience_of(asked.text("for")).unwrap_or(Audience::Natural);
    let key = audience_key(audience);
    let catalogue = public.catalogue.get();
    let popular = popular(&public, &catalogue, audience);
    let search = SearchBox::new("/services", "q", "要办什么事？").example("例如：二手房过户、社保卡").large();
    let offices = &catalogue.city().offices;
    let home = Home {
        page: shell.citizen("办事大厅").section("home"),
        search: if audience == Audience::Legal { search.with("for", key) } else { search },
        hot: hot_words(&popular),
        mine: public.panel(public.panels.home.as_ref(), &actor).await,
        tabs: tabs(audience),
        themes: themes(&catalogue, audience),
        popular: popular.iter().take(POPULAR).map(|v| words::service_card(v)).collect(),
        offices: &offices[..offices.len().min(OFFICES)],
        all: format!("/services{}", query(&[("for", key)])),
    };
    Ok(Html::ok(home).into_response())
}

fn tabs(current: Audience) -> Tabs {
    [(Audience::Natural, "/", "个人办事"), (Audience::Legal, "/?for=legal", "法人办事")]
        .into_iter()
        .fold(Tabs::new("为谁办事"), |tabs, (audience, href, text)| {
            tabs.tab(href, text, None, audience == current)
        })
}

/// Themes of this audience that have a service, in the city's order.
fn themes(catalogue: &Catalogue, audience: Audience) -> Vec<Card> {
    let key = audience_key(audience);
    let card = |theme: &crate::model::Theme| {
        let has = |v: &&Arc<Version>| {
            v.service.themes.contains(&theme.name) && v.service.audience.contains(&audience)
        };
        let count = catalogue.services().filter(has).count();
        let href = format!("/services{}", query(&[("theme", &theme.name), ("for", key)]));
        (count > 0)
            .then(|| Card::new(href, &theme.name).icon(icon_of(&theme.icon)).fact(format!("{count} 项")))
    };
    catalogue.city().themes.iter().filter(|t| t.audience == audience).filter_map(card).collect()
}

/// The sprite's own name of an icon, so that a pack cannot put anything else into the page.
fn icon_of(name: &str) -> &'static str {
    const KNOWN: [&str; 24] = [
        "house",
        "id",
        "medical",
        "fund",
        "elderly",
        "disability",
        "family",
        "work",
        "file",
        "pay",
        "business",
        "food",
        "health",
        "car",
        "building",
        "baby",
        "education",
        "marriage",
        "hygiene",
        "licence",
        "police",
        "tax",
        "tree",
        "water",
    ];
    KNOWN.into_iter().find(|known| *known == name).unwrap_or("list")
}

/// Services of this audience: those opened most, then in the order of the themes, one of each first.
fn popular(public: &Public, catalogue: &Catalogue, audience: Audience) -> Vec<Arc<Version>> {
    let for_them = |v: &&Arc<Version>| v.service.audience.contains(&audience);
    let themes: Vec<&str> = catalogue.city().themes.iter().map(|t| t.name.as_str()).collect();
    let mut seen: Vec<(usize, usize)> = Vec::new();
    let mut found: Vec<(u64, usize, usize, &Arc<Version>)> = Vec::new();
    for version in catalogue.services().filter(for_them) {
        let first = version.service.themes.first().map_or("", String::as_str);
        let theme = themes.iter().position(|t| *t == first).unwrap_or(themes.len());
        let nth = seen.iter().filter(|(t, _)| *t == theme).count();
        seen.push((theme, nth));
        found.push((public.opened.of(&version.service.id), nth, theme, version));
    }
    found.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    found.into_iter().map(|(.., version)| version.clone()).collect()
}

/// What people type for the popular services.
fn hot_words(popular: &[Arc<Version>]) -> Vec<Link> {
    let word = |v: &Arc<Version>| {
        let alias = v.service.aliases.first()?;
        Some(Link::new(format!("/services{}", query(&[("q", alias)])), alias))
    };
    popular.iter().filter_map(word).take(HOT).collect()
}

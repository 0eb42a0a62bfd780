//! Marks in every field of every form that a page shows to anybody: what is written there comes back as text or not at all,
//! in the answer and on every page afterwards.

use std::collections::BTreeMap;

use axum::body::Body;

use super::{Got, Tally, elsewhere, first, request, send};
use crate::doors::{BODY, DOORS, PEOPLE, Site};
use crate::world::percent;

const MARKS: [&str; 2] =
    ["\"'><script>alert(7)</script>", "记</textarea><img src=x onerror=alert(7)>{{7*7}}"];
/// As it would stand in a page that was taken in.
const LIVE: [&str; 2] = ["<script>alert(7)", "<img src=x onerror"];

/// A form as a page shows it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Form {
    who: &'static str,
    action: String,
    /// With what stands in them, or the first there is to choose.
    fields: BTreeMap<String, String>,
    free: Vec<String>,
}

pub async fn marks(site: &Site, tally: &mut Tally) {
    let mut forms = Vec::new();
    for (who, path) in pages(site) {
        let got = send(site, request(site, who, "GET", &path).body(Body::empty()).unwrap()).await;
        read(who, &path, &got.text(), &mut forms);
    }
    forms.sort();
    forms.dedup();
    // The same form is shown to several; one of each kind of them is enough.
    forms.dedup_by(|a, b| a.action == b.action && a.free == b.free && a.fields.keys().eq(b.fields.keys()));
    let free: usize = forms.iter().map(|form| form.free.len()).sum();
    assert!(free > 40, "forms are read off the pages: {} forms with {free} fields", forms.len());
    for form in forms.iter().filter(|form| form.action != "/sign-out") {
        for (field, mark) in form.free.iter().flat_map(|field| MARKS.map(|mark| (field, mark))) {
            let filled = form.fields.iter().map(|(name, value)| {
                let value = if name == field { mark } else { value };
                format!("{}={}", percent(name), percent(value))
            });
            let asked = request(site, form.who, "POST", &form.action).header("sec-fetch-site", "same-origin");
            let asked = asked.header("content-type", "application/x-www-form-urlencoded");
            let body = filled.collect::<Vec<_>>().join("&");
            let got = send(site, asked.body(Body::from(body)).unwrap()).await;
            let fine = !is_live(&got) && !got.status.is_server_error();
            tally.note("marks in a field", fine, || {
                format!("{} {} {field}: {}", form.who, form.action, got.status)
            });
        }
    }
    for (who, path) in pages(site) {
        let got = send(site, request(site, who, "GET", &path).body(Body::empty()).unwrap()).await;
        let fine = !is_live(&got) && !got.status.is_server_error();
        tally.note("pages that show what was typed", fine, || format!("{who} {path}: {}", got.status));
    }
}

/// In what a browser would run it in: a text or a file to be saved is none.
fn is_live(got: &Got) -> bool {
    let kind = got.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or("text/html");
    let runs = ["html", "svg", "xml"].iter().any(|what| kind.contains(what));
    let sniffed = got.headers.get("x-content-type-options").is_none_or(|value| value != "nosniff");
    (runs || sniffed) && LIVE.iter().any(|mark| got.text().contains(mark))
}

/// Every page, for everybody who may open it.
fn pages(site: &Site) -> Vec<(&'static str, String)> {
    let gets = DOORS
        .iter()
        .filter(|(method, route, _)| *method == "get" && !elsewhere(route) && !route.starts_with("/dev"));
    gets.flat_map(|(_, route, who)| {
        let all: Vec<&'static str> = match *who {
            "*" => vec![first(who), "owner"],
            who => PEOPLE.into_iter().filter(|name| who.split(' ').any(|one| one == *name)).collect(),
        };
        all.into_iter().map(|name| (name, site.path(route))).collect::<Vec<_>>()
    })
    .collect()
}

/// The forms that a page posts.
fn read(who: &'static str, path: &str, page: &str, forms: &mut Vec<Form>) {
    for piece in page.split("<form").skip(1) {
        let inside = piece.split("</form>").next().unwrap_or_default();
        let tag = inside.split('>').next().unwrap_or_default();
        if attribute(tag, "method").as_deref() != Some("post") || tag.contains("multipart") {
            continue;
        }
        let action = attribute(tag, "action").filter(|to| !to.is_empty()).unwrap_or_else(|| path.to_owned());
        let mut form = Form { who, action, fields: BTreeMap::new(), free: Vec::new() };
        for control in inside.split('<').skip(1) {
            let end = control.find('>').unwrap_or(control.len());
            let (tag, text) = (&control[..end], control.get(end + 1..).unwrap_or_default());
            let Some(name) = attribute(tag, "name") else { continue };
            let kind = attribute(tag, "type").unwrap_or_else(|| "text".into());
            let value = attribute(tag, "value").unwrap_or_default();
            let written = BODY.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            match tag.split([' ', '\n']).next() {
                Some("textarea") => {
                    form.free.push(name.clone());
                    form.fields.insert(name, written.unwrap_or_else(|| text.to_owned()));
                }
                Some("input")
                    if matches!(
                        kind.as_str(),
                        "text" | "search" | "tel" | "email" | "url" | "number" | "password"
                    ) =>
                {
                    form.free.push(name.clone());
                    form.fields.insert(name, written.unwrap_or(value));
                }
                Some("input" | "button" | "select") => {
                    form.fields.entry(name).or_insert_with(|| written.unwrap_or(value));
                }
                _ => {}
            }
        }
        if !form.free.is_empty() {
            forms.push(form);
        }
    }
}

/// The value of an attribute, with what was escaped in it.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let rest = tag.split_once(&format!(" {name}=\""))?.1;
    let value = rest.split('"').next()?;
    Some(
        value
            .replace("&#38;", "&")
            .replace("&amp;", "&")
            .replace("&#34;", "\"")
            .replace("&#39;", "'")
            .replace("&#60;", "<")
            .replace("&#62;", ">"),
    )
}

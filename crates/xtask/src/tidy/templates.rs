//! Rules for templates: none is dead, every page has a layout, and nothing is inline that the browser's
//! content security policy would refuse.

use super::{File, Finding, Tree};
use std::collections::HashSet;

/// Folders of templates that are pieces of pages and not pages.
const PIECES: &[&str] = &["layouts", "chrome", "components", "parts", "panels", "macros"];

/// The name by which Rust and other templates call a template: its path below `templates/`.
fn name(file: &File) -> Option<&str> {
    let (_, inside) = file.path.strip_prefix("crates/")?.split_once('/')?;
    inside.strip_prefix("templates/")
}

fn templates(tree: &Tree) -> impl Iterator<Item = (&File, &str)> {
    tree.files.iter().filter_map(|file| Some((file, name(file)?)))
}

/// Names of templates in templates, other than their own.
fn named_by_templates(tree: &Tree) -> HashSet<&str> {
    let quoted = templates(tree).flat_map(|(file, own)| {
        let tags = file.text.split("{%").skip(1).filter_map(|part| part.split("%}").next());
        tags.flat_map(|tag| tag.split('"').skip(1).step_by(2)).filter(move |name| *name != own)
    });
    quoted.collect()
}

fn named_by_rust(tree: &Tree) -> HashSet<&str> {
    tree.rust().flat_map(|(_, scan)| scan.texts.iter().map(|text| text.value.as_str())).collect()
}

pub fn no_dead_template(tree: &Tree) -> Vec<Finding> {
    let (in_rust, in_templates) = (named_by_rust(tree), named_by_templates(tree));
    let dead = templates(tree).filter(|(_, name)| !in_rust.contains(name) && !in_templates.contains(name));
    dead.map(|(file, _)| file.finding(1, "no Rust file and no other template names this template: remove it"))
        .collect()
}

/// What Rust renders and no template includes is a page.
pub fn pages_extend_a_layout(tree: &Tree) -> Vec<Finding> {
    let (in_rust, in_templates) = (named_by_rust(tree), named_by_templates(tree));
    let is_piece = |name: &str| name.split('/').any(|part| PIECES.contains(&part) || part.starts_with('_'));
    let is_page = |name: &str| {
        name.ends_with(".html") && in_rust.contains(name) && !in_templates.contains(name) && !is_piece(name)
    };
    let extends = |file: &File| ["{% extends \"", "{%- extends \""].iter().any(|tag| file.text.contains(tag));
    let bare = templates(tree).filter(|(file, name)| is_page(name) && !extends(file));
    bare.map(|(file, _)| {
        let says =
            format!("a page extends a layout; a piece of a page lives in one of {}/", PIECES.join("/, "));
        file.finding(1, says)
    })
    .collect()
}

pub fn nothing_inline(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, _) in templates(tree).filter(|(_, name)| name.ends_with(".html")) {
        let html = without_expressions(&file.text);
        for tag in tags(&html) {
            let line = html[..tag.at].matches('\n').count() + 1;
            let has = |wanted: &str| tag.attributes.iter().any(|name| name == wanted);
            if has("style") || tag.name == "style" {
                findings.push(
                    file.finding(line, "style it by a class in the stylesheet: inline style is refused"),
                );
            }
            if let Some(handler) = tag.attributes.iter().find(|name| is_handler(name)) {
                let says = format!("move `{handler}` into a module under assets: inline script is refused");
                findings.push(file.finding(line, says));
            }
            if tag.name == "script" && !has("src") {
                findings.push(file.finding(line, "give <script> a src: inline script is refused"));
            }
        }
    }
    findings
}

/// `onclick`, `oninput`, …
fn is_handler(name: &str) -> bool {
    name.strip_prefix("on")
        .is_some_and(|event| !event.is_empty() && event.bytes().all(|byte| byte.is_ascii_alphabetic()))
}

/// Blanks what is between `{{ }}`, `{% %}`, `{# #}` and `<!-- -->`, keeping the lines.
fn without_expressions(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let next = [("{{", "}}"), ("{%", "%}"), ("{#", "#}"), ("<!--", "-->")]
            .into_iter()
            .filter_map(|(open, close)| Some((rest.find(open)?, close)))
            .min();
        let Some((start, close)) = next else { break };
        out.push_str(&rest[..start]);
        let end = rest[start..].find(close).map_or(rest.len(), |end| start + end + close.len());
        out.extend(rest[start..end].chars().map(|one| if one == '\n' { '\n' } else { ' ' }));
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

struct Tag {
    at: usize,
    name: String,
    attributes: Vec<String>,
}

fn tags(html: &str) -> Vec<Tag> {
    let starts = html.match_indices('<').map(|(at, _)| at);
    starts.filter_map(|at| tag(html, at)).collect()
}

fn tag(html: &str, at: usize) -> Option<Tag> {
    let rest = &html[at + 1..];
    let end_of_name = rest.find(|one: char| !one.is_ascii_alphanumeric() && one != '-')?;
    if !rest.starts_with(|one: char| one.is_ascii_alphabetic()) {
        return None;
    }
    let name = rest[..end_of_name].to_ascii_lowercase();
    let mut attributes = Vec::new();
    let mut rest = &rest[end_of_name..];
    loop {
        rest = rest.trim_start_matches(|one: char| one.is_whitespace() || matches!(one, '/' | '"' | '\''));
        if rest.is_empty() || rest.starts_with('>') {
            return Some(Tag { at, name, attributes });
        }
        let end = rest
            .find(|one: char| one.is_whitespace() || matches!(one, '=' | '>' | '/'))
            .unwrap_or(rest.len());
        attributes.push(rest[..end].to_ascii_lowercase());
        rest = &rest[end..];
        if let Some(value) = rest.strip_prefix('=') {
            rest = match value.chars().next() {
                Some(quote @ ('"' | '\'')) => value[1..].split_once(quote).map_or("", |(_, after)| after),
                _ => value.find([' ', '\n', '>']).map_or("", |end| &value[end..]),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "crates/casework/templates/casework/case.html";

    #[test]
    fn a_template_is_named_by_rust_or_by_another() {
        let rust =
            ("crates/casework/src/pages.rs", "#[template(path = \"casework/case.html\")] struct Case;");
        let page = (PAGE, "{% extends \"layouts/citizen.html\" %}");
        let layout = ("crates/web/templates/layouts/citizen.html", "<html></html>");
        let dead = ("crates/web/templates/layouts/old.html", "{% include \"layouts/old.html\" %}");
        let findings = no_dead_template(&Tree::of(&[rust, page, layout, dead]));
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].path, dead.0);
    }

    #[test]
    fn a_page_extends_a_layout_and_a_piece_need_not() {
        let rust = (
            "crates/casework/src/pages.rs",
            "(\"casework/case.html\", \"casework/inbox.html\", \"casework/parts/row.html\", \"casework/notice.txt\")",
        );
        let page = (PAGE, "<p>bare</p>");
        let good = (
            "crates/casework/templates/casework/inbox.html",
            "{% extends \"layouts/desk.html\" %}{% include \"casework/late.html\" %}",
        );
        let included = ("crates/casework/templates/casework/late.html", "<b></b>");
        let piece = ("crates/casework/templates/casework/parts/row.html", "<tr></tr>");
        let letter = ("crates/casework/templates/casework/notice.txt", "plain");
        let findings = pages_extend_a_layout(&Tree::of(&[rust, page, good, included, piece, letter]));
        assert_eq!(findings.iter().map(|finding| finding.path.as_str()).collect::<Vec<_>>(), [PAGE]);
    }

    fn inline(html: &str) -> Vec<usize> {
        nothing_inline(&Tree::of(&[(PAGE, html)])).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn inline_style_and_script_are_found() {
        assert_eq!(inline("<p>\n<b style=\"color: red\">"), [2]);
        assert_eq!(inline("<style>p {}</style>"), [1]);
        assert_eq!(inline("<button type=button\n  onclick='go()'>"), [1]);
        assert_eq!(inline("<script>go()</script>"), [1]);
        assert_eq!(inline("<script type=\"application/json\">{}</script>"), [1]);
        assert_eq!(inline("<input {% if on %}checked{% endif %} value=\"{{ \"a\" }}\" oninput=\"x\">"), [1]);
    }

    #[test]
    fn what_only_looks_inline_passes() {
        assert_eq!(inline("<script src=\"/assets/app.js\" type=\"module\"></script>"), []);
        assert_eq!(
            inline("<p title=\"style=\">style=none onclick=no</p>{# <b style=x> #}<!-- <i style=y> -->"),
            []
        );
        assert_eq!(inline("{% if style == on_time %}<p class=\"{{ style=1 }}\">1 < 2</p>{% endif %}"), []);
    }
}

//! Looks a rendered page over for what no template may get wrong. For the tests of every crate that has pages.

use std::collections::BTreeSet;

/// Largest page, in bytes before compression.
pub const MAX_PAGE: usize = 60 * 1024;

/// Elements without an end tag; of SVG the ones our templates close in place.
const VOID: &[&str] =
    &["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];

/// One start tag with its attributes.
#[derive(Debug)]
struct Tag<'a> {
    name: &'a str,
    attributes: Vec<(&'a str, &'a str)>,
}

impl<'a> Tag<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        self.attributes.iter().find(|(n, _)| *n == name).map(|(_, value)| *value)
    }
    fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

/// Everything wrong with a page (or with a fragment, which needs no title and no heading), as sentences.
pub fn problems(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    let tags = tags(html, &mut found);
    controls(&tags, &mut found);
    references(&tags, &mut found);
    scripts(&tags, html, &mut found);
    tables(html, &mut found);
    if tags.iter().any(|tag| tag.name == "html") {
        document(&tags, html, &mut found);
    }
    found
}

/// Panics with the list of problems, if there are any.
///
/// # Panics
/// When the page has a problem: this is for tests.
pub fn assert_page(name: &str, html: &str) {
    let found = problems(html);
    assert!(found.is_empty(), "{name}:\n  {}", found.join("\n  "));
}

/// The start tags in order; complains of tags that are not closed or closed in the wrong order.
fn tags<'a>(html: &'a str, found: &mut Vec<String>) -> Vec<Tag<'a>> {
    let mut tags = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if rest.starts_with('!') {
            rest = rest.find('>').map_or("", |end| &rest[end + 1..]);
            continue;
        }
        let end = end_of_tag(rest);
        let inside = &rest[..end];
        rest = rest.get(end + 1..).unwrap_or_default();
        if let Some(name) = inside.strip_prefix('/') {
            match open.pop() {
                Some(last) if last == name.trim() => {}
                last => found.push(format!("</{name}> closes {}", last.unwrap_or("nothing"))),
            }
            continue;
        }
        let (inside, closed) = inside.strip_suffix('/').map_or((inside, false), |inside| (inside, true));
        let tag = parse(inside);
        if !closed && !VOID.contains(&tag.name) {
            open.push(tag.name);
        }
        tags.push(tag);
    }
    found.extend(open.iter().map(|name| format!("<{name}> is not closed")));
    tags
}

/// Where the tag ends, minding quotes.
fn end_of_tag(text: &str) -> usize {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '>' if !quoted => return at,
            _ => {}
        }
    }
    text.len()
}

fn parse(inside: &str) -> Tag<'_> {
    let name_end = inside.find(char::is_whitespace).unwrap_or(inside.len());
    let mut attributes = Vec::new();
    let mut rest = inside[name_end..].trim_start();
    while !rest.is_empty() {
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let name = &rest[..end];
        rest = &rest[end..];
        let value = match rest.strip_prefix("=\"") {
            Some(quoted) => {
                let close = quoted.find('"').unwrap_or(quoted.len());
                rest = quoted.get(close + 1..).unwrap_or_default();
                &quoted[..close]
            }
            None => "",
        };
        attributes.push((name, value));
        rest = rest.trim_start_matches('=').trim_start();
    }
    Tag { name: &inside[..name_end], attributes }
}

/// Every control has a label, and no browser validation stands in the way of ours.
fn controls(tags: &[Tag], found: &mut Vec<String>) {
    let labelled: BTreeSet<&str> =
        tags.iter().filter(|t| t.name == "label").filter_map(|t| t.get("for")).collect();
    for tag in tags {
        let control = matches!(tag.name, "select" | "textarea")
            || (tag.name == "input" && !matches!(tag.get("type"), Some("hidden" | "submit")));
        if !control {
            continue;
        }
        let name = tag.get("name").unwrap_or("?");
        let id = tag.get("id").unwrap_or_default();
        if !labelled.contains(id) && !tag.has("aria-label") && !tag.has("aria-labelledby") {
            found.push(format!("<{}> {name} has no label", tag.name));
        }
        if tag.has("required") || tag.has("pattern") {
            found.push(format!("<{}> {name} is validated by the browser", tag.name));
        }
        if !tag.has("name") {
            found.push(format!("<{}> #{id} has no name", tag.name));
        }
    }
}

/// Ids are unique, and what points to an id finds it; icons exist.
fn references(tags: &[Tag], found: &mut Vec<String>) {
    let mut ids = BTreeSet::new();
    for id in tags.iter().filter_map(|tag| tag.get("id")) {
        if !ids.insert(id) {
            found.push(format!("id {id} is used twice"));
        }
    }
    let icons = crate::assets::sprite();
    for tag in tags {
        for pointer in ["for", "aria-describedby", "aria-labelledby", "aria-controls", "form"] {
            for id in tag.get(pointer).unwrap_or_default().split_whitespace() {
                if !ids.contains(id) {
                    found.push(format!("<{}> {pointer}=\"{id}\" leads nowhere", tag.name));
                }
            }
        }
        if tag.name == "use" {
            let icon = tag.get("href").and_then(|href| href.split_once('#')).map_or("", |(_, icon)| icon);
            if !icons.contains(&format!("id=\"{icon}\"")) {
                found.push(format!("there is no icon {icon}"));
            }
        }
        let labelled = tag.has("alt") || tag.has("aria-label") || tag.get("aria-hidden") == Some("true");
        if matches!(tag.name, "img" | "svg") && !labelled {
            found.push(format!("<{}> has no words and is not hidden", tag.name));
        }
    }
}

/// Nothing inline: the content policy would refuse it.
fn scripts(tags: &[Tag], html: &str, found: &mut Vec<String>) {
    for tag in tags {
        let handler = tag.attributes.iter().find(|(name, _)| name.starts_with("on") || *name == "style");
        if let Some((name, _)) = handler {
            found.push(format!("<{}> has an inline {name}", tag.name));
        }
        if tag.name == "style" || (tag.name == "script" && !tag.has("src")) {
            found.push(format!("inline <{}>", tag.name));
        }
        for address in [tag.get("href"), tag.get("src"), tag.get("action")].into_iter().flatten() {
            if address.starts_with("javascript:") || (tag.name != "a" && address.contains("://")) {
                found.push(format!("<{}> loads {address}", tag.name));
            }
        }
    }
    if html.contains("{{") || html.contains("{%") {
        found.push("template syntax in the output".into());
    }
}

/// Every table has a caption.
fn tables(html: &str, found: &mut Vec<String>) {
    for table in html.split("<table").skip(1) {
        let body = table.split("</table>").next().unwrap_or_default();
        if !body.contains("<caption") {
            found.push("a table has no caption".into());
        }
    }
}

/// What only a whole page has.
fn document(tags: &[Tag], html: &str, found: &mut Vec<String>) {
    let count = |name: &str| tags.iter().filter(|tag| tag.name == name).count();
    if count("h1") != 1 || count("main") != 1 {
        found.push(format!("{} <h1> and {} <main>, expected one each", count("h1"), count("main")));
    }
    if !tags.iter().any(|tag| tag.name == "html" && tag.get("lang") == Some("zh-CN")) {
        found.push("the language is not set".into());
    }
    let title = html.split("<title>").nth(1).and_then(|t| t.split("</title>").next()).unwrap_or_default();
    if title.trim().is_empty() {
        found.push("the title is empty".into());
    }
    if html.contains("data-error-summary") != title.starts_with("错误：") {
        found.push(format!("title “{title}” and error summary disagree"));
    }
    if html.len() > MAX_PAGE {
        found.push(format!("{} bytes, more than {MAX_PAGE}", html.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::problems;

    #[test]
    fn finds_each_kind_of_mistake() {
        for (html, part) in [
            ("<div><p>x</div>", "closes p"),
            ("<div>", "not closed"),
            ("<input name=\"a\" id=\"a\">", "no label"),
            ("<label for=\"a\">A</label><input id=\"a\" name=\"a\" required>", "validated by the browser"),
            ("<label for=\"a\">A</label><input id=\"a\">", "no name"),
            ("<p id=\"a\"></p><p id=\"a\"></p>", "twice"),
            ("<p aria-describedby=\"b\"></p>", "leads nowhere"),
            ("<img src=\"/x\">", "no words"),
            ("<p onclick=\"x()\"></p>", "inline onclick"),
            ("<p style=\"color:red\"></p>", "inline style"),
            ("<script>x</script>", "inline <script>"),
            ("<a href=\"javascript:x\">x</a>", "loads javascript:"),
            ("<table><tr></tr></table>", "no caption"),
            ("<svg aria-hidden=\"true\"><use href=\"/assets/icons.svg#no-such\"/></svg>", "no icon no-such"),
            ("<html lang=\"zh-CN\"><title>x</title><main></main></html>", "0 <h1>"),
            (
                "<html lang=\"zh-CN\"><title>x</title><main><h1>x</h1><div data-error-summary></div></main></html>",
                "disagree",
            ),
            ("<p>{{ name }}</p>", "template syntax"),
        ] {
            let found = problems(html).join("; ");
            assert!(found.contains(part), "{html}: {found:?}");
        }
    }

    #[test]
    fn a_good_fragment_has_no_problems() {
        let good = "<form action=\"/x\"><label for=\"a\">A > B</label><input id=\"a\" name=\"a\" value=\"1 > 0\"><br>\
                    <svg aria-hidden=\"true\"><path d=\"M0 0\"/></svg></form>";
        assert_eq!(problems(good), Vec::<String>::new());
    }
}

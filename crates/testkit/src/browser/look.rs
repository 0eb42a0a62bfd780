//! What a person sees in a browser, and what a test must not overlook: text, pictures, overflow, accessibility.

use super::act::{PAGE, first_line};
use super::{BrowserError, Result, Session, error};
use base64::Engine;
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use thirtyfour::common::print::{PrintMargins, PrintPage, PrintParameters};

/// Where `cargo xtask test` puts the path of axe-core.
const AXE: &str = "YIMEN_AXE_JS";

/// An accessibility rule that a page breaks.
#[derive(Debug, Deserialize)]
pub struct Violation {
    pub id: String,
    pub impact: Option<String>,
    pub help: String,
    pub nodes: Vec<Node>,
}

/// One of the places where it does.
#[derive(Debug, Deserialize)]
pub struct Node {
    pub html: String,
    #[serde(rename = "failureSummary")]
    pub summary: Option<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let impact = self.impact.as_deref().unwrap_or("-");
        write!(f, "{} ({impact}): {}", self.id, self.help)?;
        for node in &self.nodes {
            let summary = node.summary.as_deref().unwrap_or_default().replace('\n', " ");
            write!(f, "\n    {}\n      {summary}", node.html)?;
        }
        Ok(())
    }
}

impl Session {
    /// The text that the page shows.
    pub async fn text(&self) -> Result<String> {
        self.ask("return document.body.innerText;", vec![]).await
    }

    /// The page as it stands, in HTML.
    pub async fn source(&self) -> Result<String> {
        self.ask("return document.documentElement.outerHTML;", vec![]).await
    }

    /// Whether the page shows a text now.
    pub async fn shows(&self, text: &str) -> Result<bool> {
        Ok(super::act::squeezed(&self.text().await?).contains(&super::act::squeezed(text)))
    }

    /// The path of the page's address, with the query if it has one.
    pub async fn path(&self) -> Result<String> {
        self.ask("return location.pathname + location.search;", vec![]).await
    }

    /// The value of the field with this label.
    pub async fn value(&self, label: &str) -> Result<String> {
        let script = format!("{PAGE}\nconst it = find('field', arguments[0]); return it.value ?? null;");
        let value: Option<String> = self.ask(&script, vec![json!(label)]).await?;
        match value {
            Some(value) => Ok(value),
            None => Err(self.fail(format!("no field is called “{label}”")).await),
        }
    }

    /// Whether the link or button with this name stands in the window now, unscrolled and with nothing over it.
    pub async fn in_sight(&self, name: &str) -> Result<bool> {
        let script = format!("{PAGE}\nreturn inSight(find('click', arguments[0]));");
        self.ask(&script, vec![json!(name)]).await
    }

    /// The name of what has the focus, as a person using the keyboard is told it.
    pub async fn focused(&self) -> Result<String> {
        self.ask(&format!("{PAGE}\nreturn describe(document.activeElement);"), vec![]).await
    }

    /// How wide, in CSS pixels, the first thing is that a selector finds.
    pub async fn width_of(&self, selector: &str) -> Result<Option<f64>> {
        let script = "return document.querySelector(arguments[0])?.getBoundingClientRect().width ?? null;";
        self.ask(script, vec![json!(selector)]).await
    }

    /// Over how many lines each thing spreads its text that a selector finds.
    pub async fn lines_of(&self, selector: &str) -> Result<Vec<usize>> {
        let script = "return Array.from(document.querySelectorAll(arguments[0]), (it) => {
            const range = document.createRange();
            range.selectNodeContents(it);
            const seen = Array.from(range.getClientRects()).filter((box) => box.width > 0);
            return new Set(seen.map((box) => Math.round(box.top))).size;
        });";
        self.ask(script, vec![json!(selector)]).await
    }

    /// The page as it comes out of a printer on A4, as a PDF, and on how many sheets.
    pub async fn printed(&self) -> Result<(Vec<u8>, usize)> {
        let page = PrintPage { width: 21.0, height: 29.7 };
        // The margins are the page's own.
        let margin = PrintMargins { top: 0.0, bottom: 0.0, left: 0.0, right: 0.0 };
        let how = PrintParameters { page, margin, ..PrintParameters::default() };
        let pdf = self.web.print_page(how).await.map_err(|e| error(first_line(&e)))?;
        // Chromium writes the head of each page as plain text; /Type /Pages is their list.
        let text = String::from_utf8_lossy(&pdf);
        let pages = text.split("/Type /Page").skip(1).filter(|rest| !rest.starts_with('s')).count();
        Ok((pdf, pages))
    }

    /// What scripts and the browser complained of since last asked: errors, refused resources.
    pub async fn complaints(&self) -> Result<Vec<String>> {
        let log = self.web.browser_log().await.map_err(|e| error(first_line(&e)))?;
        let severe = log.into_iter().filter(|entry| entry.level == "SEVERE").map(|entry| entry.message);
        let refused = self.scripts_refused.load(Ordering::Relaxed);
        Ok(severe.filter(|said| !(refused && said.contains("ERR_BLOCKED_BY_CLIENT"))).collect())
    }

    /// An error if the page is wider than the screen, naming what sticks out.
    pub async fn no_overflow(&self) -> Result {
        let script = format!("{PAGE}\nreturn overflow(arguments[0]);");
        let out: Vec<String> = self.ask(&script, vec![json!(self.screen.width)]).await?;
        if out.is_empty() { Ok(()) } else { Err(self.fail(out.join("\n  ")).await) }
    }

    /// Runs axe-core over the page with the rules of WCAG 2.2 A and AA.
    pub async fn axe(&self) -> Result<Vec<Violation>> {
        let path = std::env::var_os(AXE).ok_or_else(|| {
            error(format!("{AXE} is not set: run the tests by `cargo xtask test`, which fetches axe-core"))
        })?;
        let axe = std::fs::read_to_string(&path)
            .map_err(|e| error(format!("{}: {e}", Path::new(&path).display())))?;
        let script = format!(
            "{axe}\nconst done = arguments[0];
             const options = {{
               runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
               resultTypes: ['violations'],
             }};
             axe.run(document, options).then(
               (result) => done(result.violations.map(({{ id, impact, help, nodes }}) => ({{ id, impact, help, nodes }}))),
               (wrong) => done(String(wrong)),
             );"
        );
        let answer = self.web.execute_async(script, Vec::new()).await;
        let answer = answer.map_err(|e| error(format!("axe-core did not run: {}", first_line(&e))))?;
        match answer.json() {
            Value::String(wrong) => Err(self.fail(format!("axe-core failed: {wrong}")).await),
            found => Vec::deserialize(found).map_err(|e| error(format!("axe-core's answer: {e}"))),
        }
    }

    /// A picture of the whole page in `target/shots/<name>-<width>.png`.
    pub async fn screenshot(&self, name: &str) -> Result<PathBuf> {
        self.screenshot_into(&shots_folder(), name).await
    }

    /// The same into another folder.
    pub async fn screenshot_into(&self, folder: &Path, name: &str) -> Result<PathBuf> {
        let cdp = self.web.cdp();
        let size =
            cdp.send_raw("Page.getLayoutMetrics", json!({})).await.map_err(|e| error(first_line(&e)))?;
        // A very long page would be a picture nobody can open.
        let height = size["cssContentSize"]["height"]
            .as_f64()
            .unwrap_or(0.0)
            .clamp(f64::from(self.screen.height), 8000.0);
        let clip = json!({ "x": 0, "y": 0, "width": self.screen.width, "height": height, "scale": 1 });
        let asked = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let shot = cdp.send_raw("Page.captureScreenshot", asked).await.map_err(|e| error(first_line(&e)))?;
        let png = base64::engine::general_purpose::STANDARD.decode(shot["data"].as_str().unwrap_or_default());
        let png = png.map_err(|e| error(format!("the browser's picture: {e}")))?;
        let path = folder.join(format!("{name}-{}.png", self.screen.width));
        let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, png));
        written.map_err(|e| error(format!("{}: {e}", path.display())))?;
        Ok(path)
    }

    /// What every page must pass: it fits the screen, breaks no accessibility rule, and nothing in it failed.
    /// Takes a picture first, so that there is one to look at when it does not.
    pub async fn inspect(&self, name: &str) -> Result {
        self.screenshot(name).await?;
        self.no_overflow().await?;
        let mut wrong: Vec<String> = self.axe().await?.iter().map(Violation::to_string).collect();
        wrong.extend(self.complaints().await?);
        if wrong.is_empty() { Ok(()) } else { Err(self.fail(format!("{name}: {}", wrong.join("\n"))).await) }
    }

    /// An error with what is needed to understand it: where we were and what the page showed.
    pub(super) async fn fail(&self, what: impl fmt::Display) -> BrowserError {
        let place = self.path().await.unwrap_or_default();
        let text = self.text().await.unwrap_or_default();
        let shown: String = text.chars().take(1500).collect();
        static FAILURES: AtomicU32 = AtomicU32::new(1);
        let name = format!("failed-{}-{}", std::process::id(), FAILURES.fetch_add(1, Ordering::Relaxed));
        let picture = match self.screenshot(&name).await {
            Ok(path) => path.display().to_string(),
            Err(_) => "none".to_owned(),
        };
        error(format!("{what}\n  on {place}, picture: {picture}\n  the page showed:\n{shown}"))
    }

    async fn ask<T: serde::de::DeserializeOwned>(&self, script: &str, arguments: Vec<Value>) -> Result<T> {
        let answer = self.web.execute(script, arguments).await.map_err(|e| error(first_line(&e)))?;
        answer.convert().map_err(|e| error(first_line(&e)))
    }
}

fn shots_folder() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    root.join(target).join("shots")
}

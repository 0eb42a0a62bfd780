//! Takes pictures of a running server's pages: what `cargo xtask shots` runs once the demo is up.
//!
//! Arguments: the server's address, the list, the folder for the pictures, and a part of the names wanted.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use yimen_testkit::browser::{Browser, BrowserError, Session};

/// Every account of the demo has it.
const PASSWORD: &str = "yimen-2026";

/// A line of the list: `path > step > step | account | name`; the account is a login name or the beginning of what the
/// demo says of an account, `-` is nobody. What cases there are is invented anew each time, so a step finds its way on
/// the page: `“继续填写”` clicks what is called so, `+/check` goes on from the present path, and anything else is the
/// selector of a link (its first one is followed).
struct Shot<'a> {
    path: &'a str,
    steps: Vec<&'a str>,
    account: &'a str,
    name: &'a str,
}

fn parse(text: &str) -> Result<Vec<Shot<'_>>, String> {
    let mut shots = Vec::new();
    for (index, line) in text.lines().map(str::trim).enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        let [way, account, name] = parts[..] else {
            return Err(format!("line {}: expected `path > steps | account | name`", index + 1));
        };
        let mut way = way.split(" > ").map(str::trim);
        let path = way.next().unwrap_or_default();
        shots.push(Shot { path, steps: way.collect(), account, name });
    }
    Ok(shots)
}

/// The demo greets with lines of `login  role name`; the login of the first whose role begins so.
fn login<'a>(greeting: &'a str, account: &'a str) -> &'a str {
    let accounts = greeting.lines().filter_map(|line| line.trim().split_once(' '));
    let mut found =
        accounts.filter(|(_, role)| role.trim_start().starts_with(account)).map(|(login, _)| login);
    found.next().unwrap_or(account)
}

/// One person at each width, signed in once.
async fn sign_in(browser: &Browser, base: &str, account: &str) -> Result<[Session; 2], BrowserError> {
    let sessions = [browser.phone().await?, browser.desktop().await?];
    if account != "-" {
        for session in &sessions {
            session.sign_in(base, account, PASSWORD).await?;
        }
    }
    Ok(sessions)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [base, list, folder, only @ ..] = &arguments[..] else {
        return Err("usage: shots ADDRESS LIST FOLDER [NAME]".into());
    };
    let text = std::fs::read_to_string(list)?;
    let shots = parse(&text)?;
    let greeting = std::env::var("SHOTS_DEMO_SAYS").unwrap_or_default();
    let browser = Browser::start().await?;
    let mut people: BTreeMap<&str, [Session; 2]> = BTreeMap::new();
    let mut failed = 0;
    for shot in shots.iter().filter(|shot| only.iter().all(|part| shot.name.contains(part.as_str()))) {
        if !people.contains_key(shot.account) {
            people.insert(shot.account, sign_in(&browser, base, login(&greeting, shot.account)).await?);
        }
        for session in &people[shot.account] {
            match take(session, base, shot, Path::new(folder)).await {
                Ok(picture) => println!("{picture}"),
                Err(e) => {
                    failed += 1;
                    eprintln!("{}: {e}", shot.name);
                }
            }
        }
    }
    if failed > 0 { Err(format!("{failed} pictures were not taken").into()) } else { Ok(()) }
}

async fn take(session: &Session, base: &str, shot: &Shot<'_>, folder: &Path) -> Result<String, BrowserError> {
    session.goto(&format!("{base}{}", shot.path)).await?;
    for step in &shot.steps {
        if let Some(end) = step.strip_prefix('+') {
            session.goto(&format!("{base}{}{end}", session.path().await?)).await?;
        } else if let Some(name) = step.strip_prefix('“').and_then(|step| step.strip_suffix('”')) {
            session.click(name).await?;
            // A picture taken while one page gives way to the next leaves the browser of a phone without an answer.
            tokio::time::sleep(Duration::from_secs(1)).await;
        } else {
            session.follow(step).await?;
        }
    }
    let picture = session.screenshot_into(folder, shot.name).await?;
    Ok(picture.display().to_string())
}

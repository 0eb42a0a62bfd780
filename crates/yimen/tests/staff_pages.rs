//! The pages of departments and of heads in a real Chromium: they fit, keep the rules of WCAG, and work by the keyboard.

mod common;

use common::{Home, Server, city};
use yimen_testkit::browser::{Browser, Result, Session};

/// The first address on the page that begins so.
async fn first(session: &Session, begins: &str) -> Result<String> {
    let page = session.source().await?;
    let found = page.split("href=\"").skip(1).find(|rest| rest.starts_with(begins));
    let href = found.and_then(|rest| rest.split('"').next());
    Ok(href.unwrap_or_else(|| panic!("no link to {begins}")).replace("&amp;", "&"))
}

#[tokio::test(flavor = "multi_thread")]
async fn reviewers_and_heads_find_their_way_on_a_desk_and_on_a_phone() -> Result {
    let home = Home::new();
    let data = home.join("data").display().to_string();
    city(&data, "120", &[]);
    let server = Server::start(&["serve", "--data", &data, "--port", "0"]);
    let base = format!("http://{}", server.address);
    let browser = Browser::start().await?;
    for (size, session) in [("desk", browser.desktop().await?), ("phone", browser.phone().await?)] {
        session.sign_in(&base, "natural-resources-1", "yimen-2026").await?;
        session.goto(&format!("{base}/review?all=1")).await?;
        session.inspect(&format!("review-all-{size}")).await?;
        let task = first(&session, "/review/tasks/").await?;
        for (path, name) in [(task.as_str(), "review-task"), ("/review/waiting", "review-waiting")] {
            session.goto(&format!("{base}{path}")).await?;
            session.inspect(&format!("{name}-{size}")).await?;
        }
        session.goto(&format!("{base}{task}")).await?;
        let case = first(&session, "/review/cases/").await?;
        session.goto(&format!("{base}{case}")).await?;
        session.inspect(&format!("review-case-{size}")).await?;
        let number = case.rsplit('/').next().unwrap_or_default().to_string();
        session.goto(&format!("{base}/cases/{number}/documents/1")).await?;
        session.inspect(&format!("document-{size}")).await?;
        session.goto(&format!("{base}/cases/{number}/clock")).await?;
        session.inspect(&format!("clock-{size}")).await?;
    }
    for (size, session) in [("desk", browser.desktop().await?), ("phone", browser.phone().await?)] {
        session.sign_in(&base, "inspector", "yimen-2026").await?;
        for (path, name) in [
            ("/supervise", "supervise"),
            ("/supervise/open", "supervise-open"),
            ("/supervise/tasks?department=natural-resources", "supervise-tasks"),
            ("/supervise/extensions", "supervise-extensions"),
        ] {
            session.goto(&format!("{base}{path}")).await?;
            session.inspect(&format!("{name}-{size}")).await?;
        }
        session.goto(&format!("{base}/supervise/open")).await?;
        let case = first(&session, "/supervise/cases/").await?;
        session.goto(&format!("{base}{case}")).await?;
        session.inspect(&format!("supervise-case-{size}")).await?;
    }
    Ok(())
}

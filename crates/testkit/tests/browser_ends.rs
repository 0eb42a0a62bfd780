//! No browser outlives its test. Alone in its file: the browsers of other tests would be counted.

use yimen_testkit::browser::{Browser, Result};

/// Processes whose command names a profile of this test's browsers.
fn running() -> usize {
    let mine = format!("yimen-browser-{}-", std::process::id());
    let processes = std::fs::read_dir("/proc").expect("Linux").flatten();
    let commands = processes.map(|process| std::fs::read(process.path().join("cmdline")).unwrap_or_default());
    commands.filter(|command| String::from_utf8_lossy(command).contains(&mine)).count()
}

#[tokio::test]
async fn nothing_runs_on_when_a_test_ends() -> Result {
    let browser = Browser::start().await?;
    let person = browser.phone().await?;
    drop(browser);
    person.goto("data:text/html,<p>still here</p>").await?;
    person.wait_for("still here").await?;
    assert!(running() > 0);
    drop(person);
    assert_eq!(running(), 0);
    Ok(())
}

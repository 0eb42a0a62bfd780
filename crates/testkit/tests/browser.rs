//! The browser helper itself, against a small site that the test serves.

use std::path::PathBuf;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use yimen_testkit::browser::{Browser, Key, Result, Session};

const FORM: &str = r#"<!doctype html><html lang="zh-CN"><head><title>填写</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>.hidden { position: absolute; opacity: 0; width: 1px; height: 1px }</style></head><body><main>
<h1>填写信息</h1>
<form action="/done" method="get">
  <p><label for="name">姓名（必填）</label> <input id="name" name="name" value="旧"></p>
  <p><label for="day">出生日期</label> <input id="day" name="day" type="date"></p>
  <p><label>办理地 <select name="place"><option value="">请选择</option><option value="sc">上城区</option></select></label></p>
  <fieldset><legend>卖方是否已婚</legend>
    <label><input type="radio" name="seller" value="y"> 是</label> <label><input type="radio" name="seller" value="n"> 否</label>
  </fieldset>
  <fieldset><legend>买方是否已婚</legend>
    <input class="hidden" type="radio" name="buyer" value="y" id="by"><label for="by">是</label>
    <input class="hidden" type="radio" name="buyer" value="n" id="bn"><label for="bn">否</label>
  </fieldset>
  <p><label><input type="checkbox" name="promise" value="1"> 我已阅读承诺</label></p>
  <button>下一步</button>
</form>
<table><tr><td>甲案</td><td><a href="/case/1">查看</a></td></tr><tr><td>乙案</td><td><a href="/case/2">查看</a></td></tr></table>
<p id="late"></p>
<form action="/upload" method="post" enctype="multipart/form-data">
  <label for="file">身份证明</label> <input id="file" type="file" name="file"> <button>上传</button>
</form>
<script src="/late.js"></script>
</main></body></html>"#;

const LATE: &str = r#"setTimeout(() => document.getElementById("late").textContent = "稍后  出现", 300)"#;

const BROKEN: &str = r#"<!doctype html><html lang="zh-CN"><head><title>坏页</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head><body><main><h1>坏页</h1>
<img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="><input name="nameless">
<div class="wide" style="width: 900px">太宽了</div>
<script>document.cookie = "who=" + location.search.slice(1); nothing.works()</script></main></body></html>"#;

/// Serves the pages above; every other address answers with itself and what was sent to it.
async fn site() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream));
        }
    });
    format!("http://{address}")
}

async fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let read = stream.read(&mut chunk).await?;
        request.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            if read == 0 {
                return Ok(());
            }
            continue;
        };
        let lower = head.to_lowercase();
        let length = lower.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) || read == 0 {
            let target = head.split(' ').nth(1).unwrap_or_default();
            let page = match target.split('?').next().unwrap_or_default() {
                "/form" => FORM.to_owned(),
                "/late.js" => LATE.to_owned(),
                "/broken" => BROKEN.to_owned(),
                _ => format!(
                    "<!doctype html><html lang=en><title>echo</title><main><h1>echo</h1><pre>{target}\n{body}\n{}</pre></main>",
                    lower.lines().find(|line| line.starts_with("cookie:")).unwrap_or("no cookie"),
                ),
            };
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                page.len()
            );
            stream.write_all(head.as_bytes()).await?;
            return stream.write_all(page.as_bytes()).await;
        }
    }
}

async fn open(browser: &Browser, page: &str) -> Result<(Session, String)> {
    let site = site().await;
    let session = browser.phone().await?;
    session.goto(&format!("{site}{page}")).await?;
    Ok((session, site))
}

#[tokio::test]
async fn a_form_is_filled_by_what_a_person_reads() -> Result {
    let browser = Browser::start().await?;
    let (person, _) = open(&browser, "/form").await?;
    person.fill("姓名", "𠮷田·王").await?;
    person.fill("出生日期", "1990-02-03").await?;
    person.fill("办理地", "上城区").await?;
    person.choose("卖方是否已婚", "是").await?;
    person.choose("买方是否已婚", "否").await?;
    person.tick("我已阅读承诺").await?;
    assert_eq!(person.value("姓名").await?, "𠮷田·王");
    person.wait_for("稍后 出现").await?;
    person.click("下一步").await?;
    person.wait_for("echo").await?;
    let path = person.path().await?;
    for sent in ["day=1990-02-03", "place=sc", "seller=y", "buyer=n", "promise=1", "name=%F0%A0%AE%B7"] {
        assert!(path.contains(sent), "{sent} in {path}");
    }
    Ok(())
}

#[tokio::test]
async fn the_nearest_of_several_is_meant() -> Result {
    let browser = Browser::start().await?;
    let (person, _) = open(&browser, "/form").await?;
    person.click_near("乙案", "查看").await?;
    person.wait_for("/case/2").await?;
    person.back().await?;
    let person = person.with_patience(Duration::from_millis(100));
    let ambiguous = person.click("查看").await.expect_err("two links are called so");
    assert!(ambiguous.to_string().contains("2 things to click are called “查看”"), "{ambiguous}");
    let absent = person.click("提交").await.expect_err("there is no such button");
    assert!(absent.to_string().contains("下一步"), "the error names what is there: {absent}");
    Ok(())
}

#[tokio::test]
async fn files_are_uploaded_and_keys_pressed() -> Result {
    let browser = Browser::start().await?;
    let (person, site) = open(&browser, "/form").await?;
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    person.upload("身份证明", &file).await?;
    person.click("上传").await?;
    person.wait_for("filename=\"Cargo.toml\"").await?;
    assert!(person.shows("name = \"yimen-testkit\"").await?);
    person.goto(&format!("{site}/form")).await?;
    person.press(Key::Tab + "").await?;
    assert_eq!(person.focused().await?, "姓名");
    person.press("新").await?;
    person.enter().await?;
    person.wait_for("/done?name=%E6%96%B0").await
}

#[tokio::test]
async fn persons_do_not_share_cookies() -> Result {
    let browser = Browser::start().await?;
    let (first, site) = open(&browser, "/broken?wang").await?;
    let second = browser.desktop().await?;
    second.goto(&format!("{site}/echo")).await?;
    assert!(second.shows("no cookie").await?);
    first.goto(&format!("{site}/echo")).await?;
    assert!(first.shows("cookie: who=wang").await?);
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_with_a_page_is_found() -> Result {
    let browser = Browser::start().await?;
    let (person, site) = open(&browser, "/broken").await?;
    let rules: Vec<String> = person.axe().await?.into_iter().map(|violation| violation.id).collect();
    assert_eq!(rules, ["image-alt", "label"]);
    let wide = person.no_overflow().await.expect_err("the page is too wide");
    assert!(wide.to_string().contains("<div.wide> reaches 9"), "{wide}");
    let complaints = person.complaints().await?;
    assert!(complaints.iter().any(|said| said.contains("nothing is not defined")), "{complaints:?}");
    let desk = browser.desktop().await?;
    desk.goto(&format!("{site}/broken")).await?;
    desk.no_overflow().await?;
    let refused = desk.inspect("testkit-broken").await.expect_err("an image without a text");
    assert!(refused.to_string().contains("image-alt"), "{refused}");
    Ok(())
}

#[tokio::test]
async fn a_good_page_passes_and_is_pictured_at_its_width() -> Result {
    let browser = Browser::start().await?;
    let (person, _) = open(&browser, "/form").await?;
    person.inspect("testkit-form").await?;
    let picture = person.screenshot("testkit-form").await?;
    let png = std::fs::read(&picture).expect("written");
    assert!(picture.ends_with("shots/testkit-form-390.png"), "{}", picture.display());
    assert_eq!(&png[12..16], b"IHDR");
    assert_eq!(u32::from_be_bytes([png[16], png[17], png[18], png[19]]), 390);
    Ok(())
}

#[tokio::test]
async fn pages_can_be_seen_without_scripts() -> Result {
    let browser = Browser::start().await?;
    let (person, site) = open(&browser, "/echo").await?;
    person.refuse_scripts().await?;
    person.goto(&format!("{site}/form")).await?;
    person.fill("姓名", "李明").await?;
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(!person.shows("稍后 出现").await?, "the page's script ran");
    person.inspect("testkit-form-without-scripts").await?;
    person.click("下一步").await?;
    person.wait_for("/done").await
}

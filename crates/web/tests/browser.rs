//! The pages in a real Chromium: every mode and width against axe, and what the scripts add to them.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use yimen_testkit::browser::{Browser, Key, Result, Session};
use yimen_web::{Button, Choice, Field, Form, Html, Page, Shell, redirect_303, samples, wrap};

/// What the server saw.
#[derive(Default)]
struct Seen {
    drafts: Mutex<Vec<String>>,
    posts: AtomicU32,
    fragments: AtomicU32,
    failures: AtomicU32,
    late: AtomicBool,
}

impl Seen {
    fn has_draft(&self, part: &str) -> bool {
        self.drafts.lock().unwrap().iter().any(|draft| draft.contains(part))
    }
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"{% extends "layouts/desk.html" %}
{% block main %}
<h1>{{ page.title }}</h1>
<form id="work" method="post" action="/work" novalidate data-autosave="/draft" data-keep="work-1"{% if reshapes %} data-reshape="work"{% endif %}>
<input type="hidden" name="nonce" value="n-1">
{% for field in fields %}{{ field }}{% endfor %}
<div class="actions">{{ accept }}{{ call }}</div>
</form>
{% endblock %}"#
)]
struct Work {
    page: Page,
    reshapes: bool,
    fields: Vec<Field>,
    accept: Button,
    call: Button,
}

fn work(page: Page, form: &Form) -> Work {
    let cases = vec![
        Choice::new("five", "满五年"),
        Choice::new("only", "唯一住房"),
        Choice::new("none", "以上都不符合").apart(),
    ];
    let fields = vec![
        Field::text("owner", "权利人").key("Alt+1"),
        Field::password("secret", "口令"),
        Field::checkboxes("cases", "符合哪些情形", cases),
        Field::textarea("note", "备注").max(10).optional(),
    ];
    Work {
        page: page.errors_of(form),
        reshapes: false,
        fields: fields.into_iter().map(|field| field.from(form)).collect(),
        accept: Button::primary("受理").key("Ctrl+Enter").named("action", "accept"),
        call: Button::secondary("叫号").key("F2").named("action", "call"),
    }
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"{% extends "layouts/citizen.html" %}
{% block main %}
<h1>{{ page.title }}</h1>
<p>浏览次数 {{ views }}</p>
<form action="/list" data-live="results" data-auto>{{ field }}<div class="actions"><button class="button button-primary">筛选</button></div></form>
<div id="results">{% block results %}<p>结果：{{ query }}</p><p><a href="/list?q=第二页" data-live="results">下一页</a></p>{% endblock %}</div>
{% endblock %}"#
)]
struct List {
    page: Page,
    views: u32,
    query: String,
    field: Field,
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"{% extends "layouts/desk.html" %}{% block main %}<h1 data-kept="work-1">{{ page.title }}</h1>{% endblock %}"#
)]
struct Done {
    page: Page,
}

fn routes(seen: Arc<Seen>) -> Router {
    let (drafts, posts, fragments) = (seen.clone(), seen.clone(), seen);
    let show = |shell: Shell| async move { Html::ok(work(shell.desk("收件"), &Form::default())) };
    let save = move |shell: Shell, mut form: Form| async move {
        posts.posts.fetch_add(1, Ordering::SeqCst);
        // Slow enough for an impatient second click.
        tokio::time::sleep(Duration::from_millis(400)).await;
        if form.require("owner", "请填写权利人。") {
            return Ok(redirect_303(format!("/done?action={}", form.text("action"))));
        }
        Err(Html::invalid(work(shell.desk("收件"), &form)))
    };
    let reshaping = |shell: Shell| async move {
        Html::ok(Work { reshapes: true, ..work(shell.desk("收件"), &Form::default()) })
    };
    let draft = move |shell: Shell, form: Form| async move {
        if shell.wants("work") {
            let mut reshaped = Work { reshapes: true, ..work(shell.desk("收件"), &form) };
            reshaped.fields.push(Field::date("since", "哪天满的五年"));
            return Html::ok(reshaped).into_response();
        }
        let owner = form.text("owner");
        if owner == "断线" && drafts.failures.fetch_add(1, Ordering::SeqCst) == 0 {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        if owner == "迟到" {
            drafts.late.store(true, Ordering::SeqCst);
            until("the form itself", || drafts.posts.load(Ordering::SeqCst) > 0).await;
            return StatusCode::CONFLICT.into_response();
        }
        let cases = form.all("cases").join("+");
        drafts.drafts.lock().unwrap().push(format!("{owner} cases={cases} secret={}", form.has("secret")));
        StatusCode::NO_CONTENT.into_response()
    };
    let list = move |shell: Shell, query: axum::extract::RawQuery| async move {
        let form = Form::parse(query.0.unwrap_or_default().as_bytes())?;
        if shell.wants("results") {
            fragments.fragments.fetch_add(1, Ordering::SeqCst);
        }
        let views = fragments.posts.fetch_add(1, Ordering::SeqCst);
        let field = Field::text("q", "关键词").from(&form);
        Ok::<_, yimen_web::WebError>(Html::ok(List {
            page: shell.citizen("查询"),
            views,
            query: form.text("q").to_string(),
            field,
        }))
    };
    Router::new()
        .route("/work", get(show).post(save))
        .route("/reshaping", get(reshaping))
        .route("/draft", post(draft))
        .route("/list", get(list))
        .route("/done", get(|shell: Shell| async move { Html::ok(Done { page: shell.desk("已受理") }) }))
}

/// Serves the gallery and the pages above, and says where.
async fn serve() -> (String, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    let app = wrap(yimen_web::gallery::routes().merge(routes(seen.clone())), Arc::new(samples::site()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("bound"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    (address, seen)
}

fn run(story: impl AsyncFnOnce() -> Result) -> Result {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(story())
}

/// Waits until something becomes true on the server.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..200 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("waited in vain: {what}");
}

async fn look_at_every_page(session: &Session, base: &str, mode: &str) -> Result {
    for name in samples::page_names() {
        session.goto(&format!("{base}/dev/pages/{name}")).await?;
        session.inspect(&format!("kit-{name}-{mode}")).await?;
    }
    for audience in ["citizen", "desk"] {
        session.goto(&format!("{base}/dev/components?audience={audience}")).await?;
        session.inspect(&format!("kit-components-{audience}-{mode}")).await?;
    }
    Ok(())
}

async fn look_at_every_mode(session: &Session, base: &str) -> Result {
    for (mode, button) in [("standard", "标准版"), ("large", "长辈版"), ("contrast", "高对比")] {
        session.goto(&format!("{base}/dev/pages/empty")).await?;
        session.click_near("高对比", button).await?;
        look_at_every_page(session, base, mode).await?;
    }
    Ok(())
}

// Two tests, so that the two longest stories of these run beside each other.
#[test]
fn every_page_fits_a_phone_and_is_accessible_in_every_mode() -> Result {
    run(async || {
        let (base, _) = serve().await;
        look_at_every_mode(&Browser::start().await?.phone().await?, &base).await
    })
}

#[test]
fn every_page_fits_a_desk_and_is_accessible_in_every_mode() -> Result {
    run(async || {
        let (base, _) = serve().await;
        look_at_every_mode(&Browser::start().await?.desktop().await?, &base).await
    })
}

#[test]
fn the_summary_takes_the_focus_and_leads_to_the_field() -> Result {
    run(async || {
        let (base, _) = serve().await;
        let browser = Browser::start().await?;
        let phone = browser.phone().await?;
        phone.goto(&format!("{base}/dev/pages/form")).await?;
        assert!(phone.focused().await?.contains("请改正以下问题"), "{}", phone.focused().await?);
        phone.click("签订日期不存在").await?;
        assert!(phone.focused().await?.starts_with('年'), "{}", phone.focused().await?);
        Ok(())
    })
}

#[test]
fn a_form_is_sent_once_and_by_its_key() -> Result {
    run(async || {
        let (base, seen) = serve().await;
        let browser = Browser::start().await?;
        let desk = browser.desktop().await?;
        desk.goto(&format!("{base}/work")).await?;
        desk.press(Key::Alt + "1").await?;
        assert!(desk.focused().await?.starts_with("权利人"), "{}", desk.focused().await?);
        desk.press("买买提·吐尔逊江").await?;
        // Enter twice, as impatient people do.
        desk.press(Key::Control + Key::Enter + Key::Enter).await?;
        desk.wait_for("已受理").await?;
        assert_eq!(
            (seen.posts.load(Ordering::SeqCst), desk.path().await?.as_str()),
            (1, "/done?action=accept")
        );
        desk.goto(&format!("{base}/work")).await?;
        desk.fill("权利人", "周小满").await?;
        desk.press(Key::F2 + "").await?;
        desk.wait_for("已受理").await?;
        assert_eq!(
            (seen.posts.load(Ordering::SeqCst), desk.path().await?.as_str()),
            (2, "/done?action=call")
        );
        Ok(())
    })
}

#[test]
fn offline_what_is_typed_is_kept_until_the_server_has_it() -> Result {
    run(async || {
        let (base, seen) = serve().await;
        let browser = Browser::start().await?;
        let desk = browser.desktop().await?;
        desk.goto(&format!("{base}/work")).await?;
        desk.fill("权利人", "李𠮷").await?;
        desk.fill("口令", "Secret-2026").await?;
        // Gone before the server had it: kept in the browser, except for the password.
        desk.reload().await?;
        desk.wait_for("上次有未提交的内容").await?;
        assert_eq!(desk.value("权利人").await?, "");
        desk.click("恢复").await?;
        assert_eq!((desk.value("权利人").await?.as_str(), desk.value("口令").await?.as_str()), ("李𠮷", ""));
        desk.wait_for("已自动保存").await?;
        assert!(seen.has_draft("李𠮷"));
        assert!(seen.drafts.lock().unwrap().iter().all(|draft| draft.ends_with("secret=false")));
        // The server has it: nothing stays behind.
        desk.reload().await?;
        assert!(!desk.shows("上次有未提交的内容").await?);
        Ok(())
    })
}

#[test]
fn choices_exclude_each_other_and_characters_are_counted() -> Result {
    run(async || {
        let (base, seen) = serve().await;
        let browser = Browser::start().await?;
        let phone = browser.phone().await?;
        phone.goto(&format!("{base}/work")).await?;
        phone.fill("备注", "𠮷野家十一个字以上吗是").await?;
        phone.wait_for("超出 1 个字").await?;
        phone.tick("满五年").await?;
        phone.tick("唯一住房").await?;
        until("two cases", || seen.has_draft("cases=five+only ")).await;
        phone.tick("以上都不符合").await?;
        until("none of them", || seen.has_draft("cases=none ")).await;
        phone.tick("唯一住房").await?;
        until("one case", || seen.has_draft("cases=only ")).await;
        phone.click("受理").await?;
        phone.wait_for("请填写权利人").await?;
        let complaints = phone.complaints().await?;
        assert!(complaints.len() == 1 && complaints[0].contains("422"), "{complaints:?}");
        phone.no_overflow().await
    })
}

#[test]
fn a_part_of_the_page_is_replaced_and_back_goes_back() -> Result {
    run(async || {
        let (base, seen) = serve().await;
        let browser = Browser::start().await?;
        let phone = browser.phone().await?;
        phone.goto(&format!("{base}/list")).await?;
        phone.fill("关键词", "过户").await?;
        phone.click("筛选").await?;
        phone.wait_for("结果：过户").await?;
        assert!(phone.shows("浏览次数 0").await?, "the rest of the page stayed");
        phone.click("下一页").await?;
        phone.wait_for("结果：第二页").await?;
        assert!(seen.fragments.load(Ordering::SeqCst) >= 2);
        phone.back().await?;
        phone.wait_for("结果：过户").await?;
        // Without script the same link and form just go there.
        phone.refuse_scripts().await?;
        phone.goto(&format!("{base}/list")).await?;
        phone.fill("关键词", "抵押").await?;
        phone.click("筛选").await?;
        phone.wait_for("结果：抵押").await?;
        Ok(())
    })
}

#[test]
fn files_go_up_with_and_without_script() -> Result {
    run(async || {
        let (base, _) = serve().await;
        let folder = std::env::temp_dir().join(format!("yimen-web-upload-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let file = |name: &str, bytes: &[u8]| {
            let path = folder.join(name);
            std::fs::write(&path, bytes).expect("a file");
            path
        };
        let (good, bad, empty) =
            (file("合同.pdf", b"%PDF-1.7\n%%EOF\n"), file("照片.jpg", b"MZ\x90\0"), file("空.pdf", b""));
        let browser = Browser::start().await?;
        let phone = browser.phone().await?;
        phone.goto(&format!("{base}/dev/pages/materials")).await?;
        phone.upload("完税证明", &good).await?;
        phone.wait_for("15 字节").await?;
        assert_eq!(phone.path().await?, "/dev/pages/materials", "the page stayed");
        phone.upload("上传的文件", &bad).await?;
        phone.wait_for("内容却是 Windows 程序").await?;
        phone.upload("上传的文件", &empty).await?;
        phone.wait_for("是空文件").await?;
        phone.refuse_scripts().await?;
        phone.goto(&format!("{base}/dev/pages/materials")).await?;
        phone.upload("完税证明", &good).await?;
        phone.click("上传").await?;
        phone.wait_for("上传结果").await?;
        assert!(phone.shows("合同.pdf").await?);
        let _ = std::fs::remove_dir_all(&folder);
        Ok(())
    })
}

#[test]
fn rows_are_walked_by_letters_only_after_switching_them_on() -> Result {
    run(async || {
        let (base, _) = serve().await;
        let browser = Browser::start().await?;
        let desk = browser.desktop().await?;
        desk.goto(&format!("{base}/dev/pages/inbox")).await?;
        desk.press("j").await?;
        assert!(!desk.focused().await?.contains("登记"), "letters are off");
        desk.tick("单键翻行").await?;
        desk.press("j").await?;
        assert_eq!(desk.focused().await?, "存量房转移登记");
        desk.press("jk").await?;
        desk.press("j").await?;
        assert_eq!(desk.focused().await?, "抵押权登记");
        desk.press(Key::Alt + "q").await?;
        desk.press("jk").await?;
        assert_eq!(desk.value("搜索办件").await?, "jk", "what is typed is typed");
        desk.reload().await?;
        desk.press("j").await?;
        assert_eq!(desk.focused().await?, "存量房转移登记", "the choice is kept");
        Ok(())
    })
}

#[test]
fn a_save_under_way_is_given_up_when_the_form_itself_is_sent() -> Result {
    run(async || {
        let (base, seen) = serve().await;
        let browser = Browser::start().await?;
        let desk = browser.desktop().await?;
        desk.goto(&format!("{base}/work")).await?;
        desk.fill("权利人", "迟到").await?;
        until("a save under way", || seen.late.swap(false, Ordering::SeqCst)).await;
        desk.click("受理").await?;
        desk.wait_for("已受理").await?;
        assert_eq!(desk.complaints().await?, Vec::<String>::new());

        // An answer put another form into its place in the meantime.
        seen.posts.store(0, Ordering::SeqCst);
        desk.goto(&format!("{base}/reshaping")).await?;
        desk.fill("权利人", "迟到").await?;
        until("a save under way", || seen.late.swap(false, Ordering::SeqCst)).await;
        desk.tick("满五年").await?;
        desk.wait_for("哪天满的五年").await?;
        desk.click("受理").await?;
        desk.wait_for("已受理").await?;
        assert_eq!(desk.complaints().await?, Vec::<String>::new());
        Ok(())
    })
}

#[test]
fn saves_again_when_the_line_was_down() -> Result {
    run(async || {
        let (base, seen) = serve().await;
        let browser = Browser::start().await?;
        let phone = browser.phone().await?.with_patience(Duration::from_secs(30));
        phone.goto(&format!("{base}/work")).await?;
        phone.fill("权利人", "断线").await?;
        phone.wait_for("暂时没有保存上").await?;
        assert!(!seen.has_draft("断线"));
        phone.wait_for("已自动保存").await?;
        assert!(seen.has_draft("断线"));
        Ok(())
    })
}

//! One existing-home transfer, lived by its five people in real browsers against the real server: the applicant on a phone,
//! the clerk of a window, and an officer of each of three departments who work at the same time.

mod common;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use common::{Home, Server};
use yimen::cast::PASSWORD;
use yimen_standards::case_number::CaseNumber;
use yimen_store::{Engine, Options};
use yimen_testkit::TestDb;
use yimen_testkit::browser::{Browser, Result, Session};

const SERVICE: &str = "存量房转移登记（一窗受理）";
const WINDOW: &str = "杭州市市民中心政务服务大厅";
/// Invented: nobody lives in the division 000000.
const SELLER: &str = "000000198503120028";
const ESTATE_UNIT: &str = "330102001001GB00012F00010001";

/// Where the story is told.
struct Place {
    base: String,
    browser: Browser,
    home: Home,
    /// Whether each page is inspected and pictured; what is shown is the same on both engines.
    looks: bool,
}

/// Somebody with a browser.
struct Person<'a> {
    session: Session,
    place: &'a Place,
}

impl std::ops::Deref for Person<'_> {
    type Target = Session;
    fn deref(&self) -> &Session {
        &self.session
    }
}

impl Place {
    async fn person(&self, session: Session, login: &str) -> Result<Person<'_>> {
        let person = Person { session: session.with_patience(Duration::from_secs(30)), place: self };
        if !login.is_empty() {
            person.sign_in(&self.base, login, PASSWORD).await?;
        }
        Ok(person)
    }

    async fn phone(&self, login: &str) -> Result<Person<'_>> {
        self.person(self.browser.phone().await?, login).await
    }

    async fn desk(&self, login: &str) -> Result<Person<'_>> {
        self.person(self.browser.desktop().await?, login).await
    }

    /// A picture of a paper, as a phone's camera would take it.
    async fn paper(&self, name: &str, lines: &str) -> Result<PathBuf> {
        let session = self.browser.phone().await?;
        let page = format!(
            "<meta charset=utf-8><body style='margin:24px;border:2px solid;padding:24px;font:18px/2 serif'>\
             <h1>{name}</h1><p>{lines}</p><p>演示用，非真实证件。</p>"
        );
        let file = self.home.join("page.html");
        std::fs::write(&file, page).expect("a folder of our own");
        session.goto(&format!("file://{}", file.display())).await?;
        session.screenshot_into(self.home.path(), name).await
    }
}

impl Person<'_> {
    async fn open(&self, path: &str) -> Result {
        self.goto(&format!("{}{path}", self.place.base)).await
    }

    /// Looks at the page: its picture, its width, its accessibility, and that nothing on it failed.
    async fn look(&self, name: &str) -> Result {
        if self.place.looks { self.inspect(&format!("home-transfer-{name}")).await } else { Ok(()) }
    }

    /// The same where the server refused: the browser complains of the status, and of nothing else.
    async fn look_refused(&self, status: &str, name: &str) -> Result {
        let complaints = self.complaints().await?;
        assert!(complaints.iter().all(|said| said.contains(status)), "{name}: {complaints:?}");
        self.look(name).await
    }

    /// The proof beside a paper is large enough for a scanner. The log may need a moment to take the act in.
    async fn can_scan(&self) -> Result {
        let end = Instant::now() + Duration::from_secs(30);
        while self.width_of(".sheet-qr svg").await?.is_none() {
            assert!(Instant::now() < end, "no proof on {}", self.path().await?);
            tokio::time::sleep(Duration::from_millis(100)).await;
            self.reload().await?;
        }
        let width = self.width_of(".sheet-qr svg").await?.unwrap_or_default();
        let source = self.source().await?;
        let drawn = source.split_once("class=\"sheet-qr\"").map_or("", |(_, rest)| rest);
        let (_, size) = drawn.split_once("viewBox=\"0 0 ").unwrap_or_default();
        let size: f64 = size.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or_default();
        // The code is drawn with eight units for a module; 96 pixels are an inch.
        let module = width / 96.0 * 25.4 / (size / 8.0);
        assert!((0.33..1.0).contains(&module), "a module of {module} mm");
        Ok(())
    }

    /// Fields by their labels.
    async fn fill_all(&self, fields: &[(&str, &str)]) -> Result {
        for (label, value) in fields {
            self.fill(label, value).await?;
        }
        Ok(())
    }

    async fn must_show(&self, words: &[&str]) -> Result {
        for words in words {
            self.wait_for(words).await?;
        }
        Ok(())
    }
}

/// The applicant finds the service by what people call it, and reads what it takes.
async fn find(applicant: &Person<'_>) -> Result {
    applicant.open("/").await?;
    applicant.look("01-home").await?;
    applicant.fill("要办什么事？", "二手房过户").await?;
    applicant.click("搜索").await?;
    applicant.wait_for(SERVICE).await?;
    applicant.look("02-found").await?;
    applicant.click(SERVICE).await?;
    applicant.wait_for("先看看您的情况").await?;
    applicant.must_show(&["您要准备", "不动产权证书", "60分钟", "法律依据"]).await?;
    applicant.choose("买卖的是哪一类房屋？", "住宅").await?;
    applicant.wait_for("清除回答").await?;
    applicant.look("03-guide").await?;
    applicant.click("登录后开始办理").await?;
    applicant.look("04-sign-in").await?;
    applicant.fill_all(&[("登录名", "19900000000"), ("密码", PASSWORD)]).await?;
    applicant.click_near("显示密码", "登录").await?;
    applicant.wait_for("先看看您的情况").await?;
    applicant.click("开始办理").await?;
    applicant.wait_for("申请步骤").await?;
    applicant.look("05-steps").await
}

/// Questions; the one answered on the guide is not asked again.
async fn answer(applicant: &Person<'_>) -> Result {
    applicant.click("填写").await?;
    for (question, answer) in [
        ("卖方取得这套房子多久了？", "满5年，并且是卖方家庭唯一住房"),
        ("算上这一套，买方家庭有几套住房？", "1套（唯一住房）"),
        ("这套房子现在有没有抵押？", "没有抵押"),
        ("买卖双方有人不能到场、要委托别人办吗？", "否"),
    ] {
        applicant.wait_for(question).await?;
        applicant.choose("", answer).await?;
        if answer == "没有抵押" {
            applicant.look("06-question").await?;
        }
        applicant.click("继续").await?;
    }
    applicant.wait_for("房屋和成交价").await
}

/// The first form page, once with mistakes, and half of the second one.
async fn begin_the_form(applicant: &Person<'_>) -> Result {
    applicant
        .fill_all(&[
            ("不动产权证书号", "浙(2020)杭州市不动产权第0012345号"),
            ("房屋坐落", "上城区示范街道幸福路1号2幢301室"),
            ("建筑面积", "89.5"),
            ("合同成交价", "三百二十万"),
        ])
        .await?;
    applicant.click("保存并继续").await?;
    applicant.wait_for("请填写网签合同备案号。").await?;
    applicant.look_refused("422", "07-form-errors").await?;
    assert_eq!(applicant.value("合同成交价").await?, "三百二十万", "what was typed is kept");
    applicant.fill_all(&[("网签合同备案号", "HZ20261120001"), ("合同成交价", "3,200,000")]).await?;
    applicant.click("保存并继续").await?;
    applicant.wait_for("卖方手机号").await?;
    applicant.fill("卖方姓名", "玛依拉·阿布都").await?;
    applicant.wait_for("已自动保存").await?;
    applicant.look("08-form").await
}

/// On another phone, where the first one was put away.
async fn finish_the_form(applicant: &Person<'_>) -> Result {
    applicant.open("/my").await?;
    applicant.look("09-my-draft").await?;
    applicant.click(SERVICE).await?;
    applicant.wait_for("申请步骤").await?;
    applicant.click("继续填写").await?;
    applicant.wait_for("卖方手机号").await?;
    assert_eq!(applicant.value("卖方姓名").await?, "玛依拉·阿布都", "typed on the other phone");
    applicant.fill_all(&[("卖方身份证号", SELLER), ("卖方手机号", "138 0000 0002")]).await?;
    applicant.click("保存并继续").await?;
    applicant.wait_for("已从您的实名信息带入，请核对").await?;
    applicant.choose("共有方式", "单独所有").await?;
    applicant.choose("买方婚姻状况", "未婚").await?;
    applicant.look("10-form-own-record").await?;
    applicant.click("保存并继续").await?;
    applicant.wait_for("买方家庭和证书").await?;
    applicant.choose("有未成年子女", "否").await?;
    applicant.fill("另外加印几本纸质证书", "1").await?;
    applicant.click("保存并继续").await?;
    applicant.wait_for("上传材料").await
}

/// Materials, the way of delivery, the check, and the number.
async fn hand_in(applicant: &Person<'_>, papers: &[(&str, PathBuf)]) -> Result<String> {
    applicant.look("11-materials").await?;
    for (material, file) in papers {
        applicant.upload(&format!("上传{material}"), file).await?;
        applicant.wait_for(&file.file_name().unwrap_or_default().to_string_lossy()).await?;
    }
    applicant.wait_for("必须的材料都有了").await?;
    applicant.look("12-materials-there").await?;
    applicant.click("继续").await?;
    applicant.wait_for("结果怎么交给您").await?;
    applicant.choose("结果怎么交给您", "窗口领取").await?;
    applicant.choose("由哪个大厅受理", WINDOW).await?;
    applicant.look("13-way").await?;
    applicant.click("保存并继续").await?;
    applicant.must_show(&["核对信息后提交", "预计费用", "32,000.00元"]).await?;
    applicant.look("14-check").await?;
    applicant.click("确认无误，提交申请").await?;
    applicant.must_show(&["申请已提交", "接下来", "接收回执"]).await?;
    applicant.look("15-submitted").await?;
    let path = applicant.path().await?;
    Ok(path.split('/').nth(2).unwrap_or_default().to_owned())
}

/// The window finds one paper wanting and says so, once; the applicant mends exactly that.
async fn correct(
    applicant: &Person<'_>,
    clerk: &Person<'_>,
    number: &str,
    better: &std::path::Path,
) -> Result {
    clerk.open("/desk").await?;
    clerk.look("16-desk").await?;
    clerk.click_near(&grouped(number), SERVICE).await?;
    clerk.wait_for("补正通知只能发一次").await?;
    clerk.tick("退回不动产权证书").await?;
    clerk.tick("缺少附图页").await?;
    clerk.look("17-precheck").await?;
    clerk.click("一次性告知补正").await?;
    clerk.wait_for("待补正").await?;

    applicant.open("/my").await?;
    applicant.must_show(&["待补正"]).await?;
    applicant.look("18-my-correcting").await?;
    applicant.open(&format!("/cases/{number}")).await?;
    applicant.wait_for("等您补正").await?;
    applicant.look("19-case-correcting").await?;
    applicant.click("去补正").await?;
    applicant.must_show(&["缺少附图页", "只会通知这一次"]).await?;
    applicant.look("20-correct").await?;
    applicant.upload("上传不动产权证书", better).await?;
    applicant.wait_for(&better.file_name().unwrap_or_default().to_string_lossy()).await?;
    applicant.click("提交补正").await?;
    applicant.wait_for("补正已提交").await?;
    applicant.look("21-corrected").await
}

async fn accept(applicant: &Person<'_>, clerk: &Person<'_>, number: &str) -> Result {
    clerk.open(&format!("/desk/cases/{number}")).await?;
    clerk.wait_for("只能再退回上次列出而仍未改好的").await?;
    clerk.click_near("一次性告知补正", "受理").await?;
    clerk.wait_for("审查中").await?;
    clerk.look("22-desk-accepted").await?;
    // Nobody waits for anybody: each department has its step, all open at once.
    applicant.open(&format!("/cases/{number}")).await?;
    let text = applicant.text().await?;
    for (department, step) in [("住房保障", "交易核验"), ("税务", "核税"), ("不动产登记", "登记审核")]
    {
        let lane = lane(&text, department);
        assert!(lane.contains(step) && lane.contains("未处理"), "{department}: {lane}");
    }
    assert!(lane(&text, "您（申请人）").contains("核税之后"), "what waits says for what: {text}");
    applicant.look("23-case-in-review").await
}

/// The part of the timeline that belongs to a department.
fn lane<'t>(text: &'t str, department: &str) -> &'t str {
    let lanes = ["综合窗口", "不动产登记", "住房保障", "税务", "您（申请人）"];
    let timeline = text.split_once("办理进度").map_or("", |(_, rest)| rest);
    let Some((_, rest)) = timeline.split_once(department) else { return "" };
    let end = lanes.iter().filter_map(|other| rest.find(&format!("\n{other}\n"))).min();
    &rest[..end.unwrap_or(rest.len())]
}

/// An officer opens the task of this case from the inbox and answers the address of its page.
async fn take(officer: &Person<'_>, number: &str, step: &str) -> Result<String> {
    officer.open("/review?all=1").await?;
    officer.click_near(&grouped(number), step).await?;
    officer.wait_for("作结论").await?;
    officer.click("领取").await?;
    officer.wait_for("已领取，由您办理").await?;
    let path = officer.path().await?;
    Ok(path.split('?').next().unwrap_or_default().to_owned())
}

async fn conclude(officer: &Person<'_>, records: &[(&str, &str)], opinion: &str) -> Result {
    officer.choose("审查结论", "通过").await?;
    officer.fill_all(records).await?;
    officer.fill("审查意见", opinion).await?;
    officer.click("提交结论").await?;
    officer.wait_for("结论已提交").await
}

/// Three departments at the same time; none can open what was sent to another.
async fn review(place: &Place, number: &str) -> Result {
    let housing = place.desk("housing-1").await?;
    let tax = place.desk("tax-1").await?;
    let registration = place.desk("natural-resources-1").await?;
    housing.open("/review?all=1").await?;
    housing.look("24-inbox").await?;
    let tasks = [
        take(&housing, number, "交易核验").await?,
        take(&tax, number, "核税").await?,
        take(&registration, number, "登记审核").await?,
    ];
    for (officer, own) in [(&housing, 0), (&tax, 1), (&registration, 2)] {
        for (_, task) in tasks.iter().enumerate().filter(|(other, _)| *other != own) {
            officer.open(task).await?;
            officer.wait_for("没有找到").await?;
            officer.look_refused("404", "25-not-theirs").await?;
        }
        officer.open(&tasks[own]).await?;
    }
    housing.fill_near("合同备案日期", "年", "2026").await?;
    housing.fill_near("合同备案日期", "月", "11").await?;
    housing.fill_near("合同备案日期", "日", "20").await?;
    let filed = [("备案成交价", "3200000"), ("买方家庭在房屋所在区县的住房套数", "0")];
    housing.look("26-task").await?;
    conclude(&housing, &filed, "合同备案号可查，双方、坐落、面积、价款与备案一致，买方符合购房政策。")
        .await?;
    // At a desk the departments stand side by side: one done, two at work.
    let beside = place.desk("19900000000").await?;
    beside.open(&format!("/cases/{number}")).await?;
    beside.wait_for("2 个部门正在同时办理").await?;
    beside.look("26-side-by-side").await?;
    let assessed = [
        ("核定计税价格（不含增值税）", "3200000"),
        ("契税（买方）", "32000"),
        ("增值税（卖方）", "0"),
        ("附加税费（卖方）", "0"),
        ("个人所得税（卖方）", "0"),
    ];
    conclude(&tax, &assessed, "申报价不低于评估值；家庭唯一住房89.5平方米，契税按1%；满五唯一免个税。")
        .await?;
    registration.choose("规划用途", "成套住宅").await?;
    registration.choose("土地权利性质", "出让").await?;
    registration.look("27-task-registration").await?;
    let unit = [("登记簿上的不动产单元号", ESTATE_UNIT)];
    conclude(&registration, &unit, "坐落、面积、用途与登记簿一致，无查封、无异议登记，询问双方无疑义。").await
}

/// One bill for all departments, paid at the gateway.
async fn pay(applicant: &Person<'_>, number: &str) -> Result {
    applicant.open("/my").await?;
    applicant.look("28-my-to-pay").await?;
    applicant.open(&format!("/cases/{number}")).await?;
    applicant.must_show(&["契税", "32,000.00", "不动产登记费", "证书工本费", "32,090.00"]).await?;
    applicant.look("29-case-to-pay").await?;
    applicant.click("去缴费 32,090.00元").await?;
    applicant.wait_for("演示支付平台").await?;
    applicant.must_show(&[&grouped(number), "32,090.00元"]).await?;
    applicant.look("30-gateway").await?;
    applicant.click("确认支付").await?;
    applicant.wait_for("缴费成功").await?;
    applicant.must_show(&["已缴费"]).await?;
    applicant.look("31-case-paid").await
}

/// Registration decides and makes the certificate; the window hands it over.
async fn decide(place: &Place, clerk: &Person<'_>, number: &str) -> Result {
    let registration = place.desk("natural-resources-1").await?;
    registration.open("/review?all=1").await?;
    registration.click_near(&grouped(number), "登簿").await?;
    registration.must_show(&["作结论", "交易核验", "合同备案号可查"]).await?;
    registration.choose("决定", "准予").await?;
    registration
        .fill("决定的理由和依据", "各部门审查通过，税费已缴清，符合不动产登记暂行条例的规定，准予登记。")
        .await?;
    registration.look("32-decision").await?;
    registration.click("提交决定").await?;
    registration.accept("确定提交这个决定吗？").await?;
    registration.wait_for("结论已提交").await?;
    registration.open("/review?all=1").await?;
    registration.click_near(&grouped(number), "制证").await?;
    registration.click("完成制证").await?;
    registration.wait_for("结论已提交").await?;

    clerk.open(&format!("/desk/cases/{number}")).await?;
    clerk.wait_for("发证").await?;
    clerk.look("33-desk-deliver").await?;
    clerk.fill("办理说明", "买方本人领取，已核对身份证。").await?;
    clerk.click("办理完毕").await?;
    clerk.wait_for("已办结").await
}

/// What the applicant has in the end: the result, the papers, and the case among those that are over.
async fn receive(applicant: &Person<'_>, number: &str) -> Result {
    applicant.open(&format!("/cases/{number}")).await?;
    applicant.must_show(&["已办结 · 批准", "办理结果", "杭州市不动产权第", "证书工本费", "已缴费"]).await?;
    applicant.look("34-case-granted").await?;
    for (i, document) in
        ["申请材料补正告知书", "受理回执", "缴费通知书", "批准决定书", "送达回执"].iter().enumerate()
    {
        applicant.click_near("文书", document).await?;
        applicant.must_show(&["打印", &grouped(number)]).await?;
        applicant.can_scan().await?;
        applicant.look(&format!("35-document-{}", i + 1)).await?;
        applicant.click("办件详情").await?;
        applicant.wait_for("办理结果").await?;
    }
    applicant.open("/my?show=over").await?;
    applicant.wait_for(&grouped(number)).await?;
    applicant.look("36-my-over").await
}

fn grouped(number: &str) -> String {
    CaseNumber::parse(number).map(|n| n.grouped()).unwrap_or_default()
}

/// The whole life, from the search to the certificate.
async fn live(place: &Place) -> Result {
    let papers = [
        ("卖方身份证明", place.paper("卖方身份证", "玛依拉·阿布都").await?),
        ("买方身份证明", place.paper("买方身份证", "本人").await?),
        ("不动产权证书", place.paper("不动产权证书", "浙(2020)杭州市不动产权第0012345号").await?),
        ("存量房买卖合同（已网签备案）", place.paper("买卖合同", "备案号 HZ20261120001").await?),
    ];
    let better = place.paper("不动产权证书和附图", "附图：房屋平面图").await?;

    let first = place.phone("").await?;
    find(&first).await?;
    answer(&first).await?;
    begin_the_form(&first).await?;
    drop(first);
    let applicant = place.phone("19900000000").await?;
    finish_the_form(&applicant).await?;
    let number = hand_in(&applicant, &papers).await?;

    let clerk = place.desk("civic-centre-1").await?;
    correct(&applicant, &clerk, &number, &better).await?;
    accept(&applicant, &clerk, &number).await?;
    review(place, &number).await?;
    pay(&applicant, &number).await?;
    decide(place, &clerk, &number).await?;
    receive(&applicant, &number).await
}

fn story(engine: Engine) -> Result {
    let home = Home::new();
    let db = (engine == Engine::Postgres)
        .then(|| TestDb::open(engine, &[], Options { connections: 1, ..Options::default() }));
    let store = db.as_ref().map(|db| db.url.clone()).unwrap_or_default();
    let data = home.join("data").display().to_string();
    let server = Server::start(&["demo", "--port", "0", "--cases", "20", "--data", &data, "--store", &store]);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let browser = Browser::start().await?;
        let base = format!("http://{}", server.address);
        live(&Place { base, browser, home, looks: engine == Engine::Sqlite }).await
    })
}

#[test]
fn five_people_in_three_departments_live_through_a_transfer_on_sqlite() -> Result {
    story(Engine::Sqlite)
}

#[test]
fn five_people_in_three_departments_live_through_a_transfer_on_postgres() -> Result {
    story(Engine::Postgres)
}

//! The audit administrator and the journal.

use std::sync::Arc;

use axum::http::{StatusCode, header};
use sha2::{Digest, Sha256};
use yimen_identity::{AuditSource, IdentityError, NewAccount};
use yimen_platform::journal::{self, Entry, Note};
use yimen_platform::{Actor, Clock, Role, Roles, Staff};
use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError, Tx};
use yimen_testkit::browser::{Browser, Result as Shown};
use yimen_testkit::{TestDb, on_each_engine_async};

use crate::admin::{administrator, governed_settings};
use crate::browser::{inspect_refusal, look, serve};
use crate::factor::set_up;
use crate::world::{MINUTE, PASSWORD, World, clerk};

/// A city with one case and a log whose signatures are easy to read.
struct City;

impl AuditSource for City {
    fn words(&self, verb: &str) -> String {
        format!("［{verb}］")
    }
    fn case(&self, _: &mut Read<'_>, number: &str) -> Result<Option<i64>, StoreError> {
        Ok((number == "330100-7").then_some(7))
    }
    fn case_numbers(&self, _: &mut Read<'_>, cases: &[i64]) -> Result<Vec<(i64, String)>, StoreError> {
        Ok(cases.iter().filter(|case| **case == 7).map(|case| (*case, "330100-7".to_owned())).collect())
    }
    fn proof(&self, _: &mut Read<'_>, entry: &Entry) -> Result<Option<String>, IdentityError> {
        Ok((entry.case_id == 7).then(|| "/ledger?r=proof".to_owned()))
    }
    fn sign(&self, sha256: &str, rows: u64, at: Instant) -> String {
        format!("SIGNED {sha256} {rows} {}\n", at.0)
    }
}

fn audited(db: TestDb) -> World {
    let mut settings = governed_settings();
    settings.audit = Some(Arc::new(City));
    World::with(db, settings)
}

/// What two people did to one case.
async fn acts(world: &World, names: &[&str]) {
    for name in names {
        let account = world.account(clerk(name, &format!("{name}先生")));
        let none = String::new;
        let (name, roles) = (format!("{name}先生"), Roles::of(&[Role::Clerk]));
        let staff = Staff { account, name, roles, department: "tax".into(), office: none(), counter: none() };
        let mut ctx = world.system();
        ctx.actor = Actor::Staff(Arc::new(staff));
        let write = move |tx: &mut Tx<'_>| -> Result<(), StoreError> {
            let body = serde_json::json!({ "to": "a,\"b\"", "outcome": "denied", "service": "disability" });
            journal::append(tx, &ctx, Note { verb: "case.submitted", case: 7, task: 0, body })
        };
        world.store.write("act", write).await.unwrap();
    }
}

fn rows(body: &str) -> usize {
    body.matches("［").count()
}

#[test]
fn only_the_audit_administrator_reads_the_journal() {
    on_each_engine_async(|db| async move {
        let world = audited(db);
        world.clerk();
        world.citizen();
        administrator(&world, "sys", "系统", Role::System);
        administrator(&world, "sec", "安全", Role::Security);
        administrator(&world, "aud", "审计", Role::Audit);
        let audit = set_up(&world, "aud").await.0;
        let mut others = vec![world.sign_in("13800001234").await];
        for login in ["zhou", "sys", "sec"] {
            others.push(set_up(&world, login).await.0);
        }
        for (method, path) in [
            ("get", "/admin/journal"),
            ("get", "/admin/journal/1"),
            ("get", "/admin/journal/export"),
            ("post", "/admin/journal/export"),
        ] {
            let ask = async |cookie: &str| match method {
                "get" => world.get(path, cookie).await,
                _ => world.post(path, cookie, "reason=x").await,
            };
            for cookie in &others {
                assert_eq!(ask(cookie).await.status, StatusCode::FORBIDDEN, "{method} {path}");
            }
            assert!(ask("").await.location().starts_with("/sign-in"), "{method} {path}");
            assert_eq!(ask(&audit).await.status, StatusCode::OK, "{method} {path}");
        }
        assert!(world.get("/admin", &audit).await.body.contains(r#"href="/admin/journal""#));
        assert_eq!(world.get("/admin/journal/999999", &audit).await.status, StatusCode::NOT_FOUND);
    });
}

#[test]
fn a_record_is_found_by_day_person_kind_and_case() {
    on_each_engine_async(|db| async move {
        let world = audited(db);
        administrator(&world, "aud", "审计", Role::Audit);
        acts(&world, &["wu", "wang"]).await;
        world.account(NewAccount { name: "wu先生".into(), ..clerk("wu2", "wu先生") });
        world.citizen();
        world.sign_in("13800001234").await;
        let audit = set_up(&world, "aud").await.0;
        let find = async |query: &str| world.get(&format!("/admin/journal?{query}"), &audit).await;
        let all = find("").await;
        assert!(all.body.contains("wang先生") && all.body.contains("330100-7"), "{}", all.body);
        // People of the city stand there without their given names.
        assert!(all.body.contains("王*明") && !all.body.contains("王小明"), "{}", all.body);
        for (query, count, words) in [
            ("kind=case.", 2, "330100-7"),
            ("case=330100-7", 2, "wu先生"),
            ("case=330100-7&who=wang", 1, "wang先生（wang） 的操作"),
            ("who=wang", 1, "［case.submitted］"),
            ("kind=bill.", 0, "没有这样的记录"),
            ("from=2026-05-29&until=2026-05-29", rows(&all.body), "［case.submitted］"),
            ("from=2026-05-30", 0, "没有这样的记录"),
            ("until=2026-05-28", 0, "没有这样的记录"),
        ] {
            let found = find(query).await;
            assert_eq!(found.status, StatusCode::OK, "{query}: {}", found.body);
            assert!(found.body.contains(words), "{query}: {}", found.body);
            assert_eq!(rows(&found.body), count, "{query}");
        }
        for (query, words) in [
            ("from=yesterday", "日期写作"),
            ("from=2026-05-30&until=2026-05-29", "结束日期早于开始日期"),
            ("who=nobody", "没有这样的工作人员"),
            ("who=%25", "没有这样的工作人员"),
            ("who=wu%E5%85%88%E7%94%9F", "不止一位：wu先生（wu）、wu先生（wu2）。请写登录名"),
            ("kind=x", "没有这一类操作"),
            ("case=1", "没有这个编号的办件"),
        ] {
            let told = find(query).await;
            assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
            assert!(told.body.contains(words), "{query}: {}", told.body);
        }
        let entry = find("case=330100-7&who=wang").await.body;
        let path =
            entry.split("href=\"/admin/journal/").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let one = world.get(&format!("/admin/journal/{path}"), &audit).await;
        assert!(one.body.contains("/ledger?r=proof") && one.body.contains("账户编号"), "{}", one.body);
        assert!(!one.body.contains("denied") && !one.body.contains("disability"), "{}", one.body);
    });
}

#[test]
fn an_export_is_whole_signed_and_noted() {
    on_each_engine_async(|db| async move {
        let world = audited(db);
        administrator(&world, "aud", "审计", Role::Audit);
        acts(&world, &["wu", "wang"]).await;
        let (audit, secret, _) = set_up(&world, "aud").await;
        let path = "/admin/journal/export?kind=case.";
        for (form, words) in
            [("", "请填写导出的理由"), (&*format!("reason={}", "a".repeat(201)), "理由最多200个字")]
        {
            let told = world.post(path, &audit, form).await;
            assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(told.body.contains(words), "{}", told.body);
        }
        let file = world.post(path, &audit, "reason=年度审计").await;
        assert_eq!(file.status, StatusCode::OK, "{}", file.body);
        assert!(
            file.headers[header::CONTENT_DISPOSITION]
                .to_str()
                .unwrap()
                .starts_with("attachment; filename=\"journal-")
        );
        let (content, end) = file.body.split_once("SIGNED ").unwrap();
        let lines: Vec<&str> = content.lines().collect();
        assert_eq!(lines.len(), 3, "{content}");
        assert!(lines[0].starts_with("\u{feff}编号,时间,"), "{content}");
        assert!(
            lines[1].contains("\"2026-05-29T04:26:40.000+08:00\",\"wang先生\",\"staff\"")
                && lines[1].contains("\"330100-7\""),
            "{content}"
        );
        // A quotation mark is doubled, a comma stays in its cell.
        assert!(lines[1].ends_with(r#""{""to"":""a,\""b\""""}""#), "{content}");
        // What became of the case is no business of whoever audits.
        assert!(!content.contains("denied") && !content.contains("disability"), "{content}");
        let sum = hex::encode(Sha256::digest(content));
        assert!(end.starts_with(&format!("{sum} 2 ")), "{end}");
        // Who took it out stands in the journal itself, with the reason.
        let noted = world.get("/admin/journal?kind=journal.", &audit).await;
        assert_eq!(rows(&noted.body), 1, "{}", noted.body);
        let read = |q: &mut Read<'_>| -> Result<_, StoreError> { journal::of_case(q, 0, 0, 1000) };
        let entries = world.store.read(read).await.unwrap();
        let note = entries.iter().find(|entry| entry.verb == "journal.exported").unwrap();
        assert_eq!(note.body()["reason"], "年度审计");
        // After five minutes the code is asked for again, and without it nothing leaves.
        world.clock.advance_ms(6 * MINUTE);
        let form = world.get(path, &audit).await;
        assert!(form.body.contains("name=\"code\""), "{}", form.body);
        let told = world.post(path, &audit, "reason=x").await;
        assert!(told.body.contains("请填写动态口令应用里的验证码"), "{}", told.body);
        let code = secret.code(world.clock.now());
        let again = world.post(path, &audit, &format!("reason=x&code={code}")).await;
        assert!(again.body.contains("SIGNED "), "{}", again.body);
        // A search that is not understood leaves nothing either.
        let told = world.post("/admin/journal/export?who=nobody", &audit, "reason=x").await;
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(told.body.contains("没有这样的工作人员"), "{}", told.body);
    });
}

#[test]
fn the_audit_administrator_follows_an_act_from_the_list_to_its_proof() -> Shown {
    let db = TestDb::sqlite();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let mut settings = governed_settings();
        // How the app is asked for is told elsewhere; here a password is enough.
        settings.staff_factor = false;
        settings.audit = Some(Arc::new(City));
        settings.home = Box::new(|_| "/admin".into());
        let world = World::on(db.store().clone(), settings);
        administrator(&world, "aud", "审计", Role::Audit);
        acts(&world, &["wu", "wang"]).await;
        let base = serve(&world).await;
        let browser = Browser::start().await?;
        let (desk, phone) = (browser.desktop().await?, browser.phone().await?);
        for session in [&desk, &phone] {
            session.sign_in(&base, "aud", PASSWORD).await?;
        }
        look(&[&desk, &phone], &base, "/admin/journal", "journal").await?;
        look(&[&desk, &phone], &base, "/admin/journal/export?kind=case.", "journal-export").await?;
        phone.goto(&format!("{base}/admin/journal")).await?;
        phone.fill("工作人员", "nobody").await?;
        phone.click("查找").await?;
        phone.wait_for("没有这样的工作人员").await?;
        inspect_refusal(&phone, "journal-wrong").await?;
        phone.fill("工作人员", "wang").await?;
        phone.fill("哪一类操作", "办件").await?;
        phone.click("查找").await?;
        phone.wait_for("wang先生（wang） 的操作").await?;
        phone.click("2026年5月29日 04:26").await?;
        phone.wait_for("核验这一条的凭证").await?;
        phone.inspect("journal-entry").await
    })
}

//! The second factor of staff: setting it up, codes taken once, recovery codes, and answers that tell nothing.

use axum::http::StatusCode;
use yimen_identity::{Device, Entered, IdentityError, Secret};
use yimen_platform::{Clock, journal};
use yimen_store::{StoreError, params, sql};
use yimen_testkit::{TestDb, on_each_engine_async};

use crate::world::{Answer, MINUTE, PASSWORD, World, settings};

sql! {
    RAW = "select a.name, a.totp_sealed, r.code_index from identity_account a
        join identity_recovery r on r.account = a.id";
    RAW_PENDING = "select attempt, secret_sealed from identity_pending";
    COUNT_PENDING = "select count(*) from identity_pending";
}

const STEP: i64 = 30_000;

/// A server that asks its staff for a second factor, as every one does but a demo.
fn strict(db: TestDb) -> World {
    let mut settings = settings(false);
    settings.staff_factor = true;
    World::with(db, settings)
}

pub fn step(answer: &Answer) -> String {
    let mut cookies = answer.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap());
    let found = cookies.find(|c| c.starts_with("yimen-step=") && !c.contains("Max-Age=0"));
    found.unwrap_or_default().split(';').next().unwrap().to_owned()
}

pub fn between<'a>(text: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    text.split(before).skip(1).map(|part| part.split(after).next().unwrap()).collect()
}

/// Sets the app of an account up at its first sign-in; the session, the secret and the recovery codes.
pub async fn set_up(world: &World, login: &str) -> (String, Secret, Vec<String>) {
    let first = world.attempt(login, PASSWORD).await;
    assert_eq!(first.location(), "/sign-in/factor", "{}", first.body);
    let cookie = step(&first);
    let page = world.get("/sign-in/factor", &cookie).await;
    let secret = Secret::parse(between(&page.body, "<p>密钥 <code>", "<")[0]).expect("a secret");
    assert!(page.body.contains("<svg"), "{}", page.body);
    let wrong = world.post("/sign-in/factor", &cookie, "code=000000").await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.body.contains("手机的时间"));
    let code = secret.code(world.clock.now());
    let done = world.post("/sign-in/factor", &cookie, &format!("code={code}")).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    let codes = between(&done.body, "<li><code>", "<").into_iter().map(str::to_owned).collect();
    world.clock.advance_ms(2 * STEP);
    (done.cookie(), secret, codes)
}

/// Gives the password and then `code`.
pub async fn enter(world: &World, login: &str, password: &str, code: &str) -> Answer {
    let first = world.attempt(login, password).await;
    assert_eq!((first.status, first.location()), (StatusCode::SEE_OTHER, "/sign-in/code"), "{}", first.body);
    world.post("/sign-in/code", &step(&first), &format!("code={code}")).await
}

#[test]
fn the_app_is_set_up_at_the_first_sign_in_and_asked_for_at_each_after() {
    on_each_engine_async(|db| async move {
        let world = strict(db);
        world.clerk();
        world.citizen();
        let (cookie, secret, codes) = set_up(&world, "zhou").await;
        assert!(world.whoami(&cookie).await.starts_with("staff|周窗口"));
        assert_eq!(codes.len(), 10);
        let code = secret.code(world.clock.now());
        let entered = enter(&world, "zhou", PASSWORD, &format!("{}+{}", &code[..3], &code[3..])).await;
        assert_eq!(entered.location(), "/home-of-staff", "{}", entered.body);
        assert!(world.whoami(&entered.cookie()).await.starts_with("staff|周窗口"));
        // Citizens are not asked.
        assert!(world.whoami(&world.sign_in("13800001234").await).await.starts_with("citizen|"));
        let page = world.get("/me/factor", &entered.cookie()).await;
        assert!(page.body.contains("还有 10 个恢复码"), "{}", page.body);
        let read = |q: &mut yimen_store::Read<'_>| -> Result<_, StoreError> { journal::of_case(q, 0, 0, 99) };
        let entries = world.store.read(read).await.unwrap();
        let bodies: Vec<&str> = entries.iter().map(|entry| entry.body.as_str()).collect();
        assert_eq!(entries.iter().filter(|entry| entry.verb == "factor.set_up").count(), 1);
        assert_eq!(bodies.iter().filter(|body| body.contains(r#""factor":"totp""#)).count(), 2, "{bodies:?}");
    });
}

#[test]
fn no_code_is_taken_twice_and_each_recovery_code_once() {
    on_each_engine_async(|db| async move {
        let world = strict(db);
        world.clerk();
        let (_, secret, codes) = set_up(&world, "zhou").await;
        let code = secret.code(world.clock.now());
        assert_eq!(enter(&world, "zhou", PASSWORD, &code).await.status, StatusCode::SEE_OTHER);
        let again = enter(&world, "zhou", PASSWORD, &code).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
        for typed in [codes[0].clone(), format!("+{}+", codes[1].to_lowercase().replace('-', ""))] {
            assert_eq!(
                enter(&world, "zhou", PASSWORD, &typed).await.status,
                StatusCode::SEE_OTHER,
                "{typed}"
            );
            assert_eq!(
                enter(&world, "zhou", PASSWORD, &typed).await.status,
                StatusCode::UNPROCESSABLE_ENTITY
            );
        }
        let entered = enter(&world, "zhou", PASSWORD, &codes[2]).await;
        world.clock.advance_ms(STEP);
        let form = format!("code={}", secret.code(world.clock.now()));
        let renewed = world.post("/me/factor", &entered.cookie(), &form).await;
        let fresh = between(&renewed.body, "<li><code>", "<");
        assert_eq!(fresh.len(), 10, "{}", renewed.body);
        assert_eq!(enter(&world, "zhou", PASSWORD, &codes[3]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(enter(&world, "zhou", PASSWORD, fresh[3]).await.status, StatusCode::SEE_OTHER);
    });
}

/// The same question and the same answer whether the password, the code or the account is wrong.
#[test]
fn what_was_wrong_is_not_told() {
    on_each_engine_async(|db| async move {
        let world = strict(db);
        world.clerk();
        let (_, secret, codes) = set_up(&world, "zhou").await;
        for round in 0..4 {
            let code = secret.code(world.clock.now());
            let off = if code == "000000" { "000001" } else { "000000" };
            let mut told = Vec::new();
            for (login, password, code) in [
                ("zhou", PASSWORD, off),
                ("zhou", "Wrong-2026", code.as_str()),
                ("zhou", "Wrong-2026", codes[0].as_str()),
                ("zhou", "Wrong-2026", off),
                ("nobody", PASSWORD, off),
            ] {
                let before = world.identity.passwords_compared();
                let answer = enter(&world, login, password, code).await;
                assert_eq!(world.identity.passwords_compared(), before + 1, "the same work");
                let mut names: Vec<_> = answer.headers.keys().map(|name| name.to_string()).collect();
                names.sort();
                told.push((answer.status, names, answer.body));
                // Right again, so that the count of one login does not tell.
                if login == "zhou" {
                    world.clock.advance_ms(STEP);
                    let right = secret.code(world.clock.now());
                    assert_eq!(enter(&world, "zhou", PASSWORD, &right).await.status, StatusCode::SEE_OTHER);
                } else {
                    world.clock.advance_ms(15 * MINUTE);
                }
            }
            assert!(told.iter().all(|one| *one == told[0]), "round {round}: {told:?}");
            assert!(told[0].2.contains("登录名、密码或验证码不正确"), "{}", told[0].2);
        }
        // The recovery code that was given with the wrong password is still good.
        assert_eq!(enter(&world, "zhou", PASSWORD, &codes[0]).await.status, StatusCode::SEE_OTHER);
    });
}

#[test]
fn five_wrong_codes_close_the_login() {
    on_each_engine_async(|db| async move {
        let world = strict(db);
        world.clerk();
        let (_, secret, _) = set_up(&world, "zhou").await;
        for login in ["zhou", "nobody"] {
            let first = world.attempt(login, PASSWORD).await;
            let cookie = step(&first);
            // The first code is covered by the password's count, four more close the login.
            for wanted in ["不正确", "不正确", "再输错2次", "再输错1次", "已暂停登录15分钟"]
            {
                let wrong = world.post("/sign-in/code", &cookie, "code=12345").await;
                assert!(wrong.body.contains(wanted), "{login} {wanted}: {}", wrong.body);
            }
            let right = format!("code={}", secret.code(world.clock.now()));
            let closed = world.post("/sign-in/code", &cookie, &right).await;
            assert_eq!(closed.status, StatusCode::TOO_MANY_REQUESTS);
            assert!(closed.headers.contains_key("retry-after"));
            assert_eq!(world.attempt(login, PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
        }
    });
}

#[test]
fn a_hundred_codes_at_once_are_no_more_than_five() {
    on_each_engine_async(|db| async move {
        let world = strict(db);
        world.clerk();
        let _ = set_up(&world, "zhou").await;
        let first = world.identity.sign_in("zhou", PASSWORD, Device::default()).await.unwrap();
        let Entered::More { token, .. } = first else { panic!("a code is asked for") };
        let guesses: Vec<_> = (0..100)
            .map(|n| {
                let (identity, token) = (world.identity.clone(), token.clone());
                tokio::spawn(async move {
                    identity.answer_code(&token, &format!("{n:05}"), Device::default()).await
                })
            })
            .collect();
        let mut looked_at = 0;
        for guess in guesses {
            match guess.await.unwrap().unwrap_err() {
                IdentityError::WrongCode { .. } => looked_at += 1,
                IdentityError::Locked { .. } => {}
                // PostgreSQL gave up after trying again and again: nothing was looked at.
                IdentityError::Store(StoreError::Conflict) => {}
                other => panic!("{other:?}"),
            }
        }
        assert!(looked_at <= 5, "{looked_at}");
    });
}

#[test]
fn half_signed_in_is_nobody_and_ends_after_ten_minutes() {
    on_each_engine_async(|db| async move {
        let world = strict(db);
        world.clerk();
        let first = step(&world.attempt("zhou", PASSWORD).await);
        let token = first.strip_prefix("yimen-step=").unwrap();
        for cookie in [first.clone(), format!("yimen={token}")] {
            assert_eq!(world.whoami(&cookie).await, "anyone||");
            let (status, location) = {
                let answer = world.get("/staff", &cookie).await;
                (answer.status, answer.location().to_owned())
            };
            assert_eq!((status, location.as_str()), (StatusCode::SEE_OTHER, "/sign-in?next=/staff"));
        }
        // A page of another step leads to its own.
        assert_eq!(
            world.get("/sign-in/code?next=/mine", &first).await.location(),
            "/sign-in/factor?next=/mine"
        );
        assert_eq!(world.get("/sign-in/code?next=//evil.example", "").await.location(), "/sign-in?again=1");
        world.clock.advance_ms(10 * MINUTE);
        let late = world.post("/sign-in/factor", &first, "code=123456&next=/mine").await;
        assert_eq!(late.location(), "/sign-in?next=/mine&again=1");
        assert!(world.get(late.location(), "").await.body.contains("没有在10分钟内完成"));
        // Two at once: the first to finish sets up, the other begins again.
        let (one, two) =
            (step(&world.attempt("zhou", PASSWORD).await), step(&world.attempt("zhou", PASSWORD).await));
        let secret = |body: &str| Secret::parse(between(body, "<p>密钥 <code>", "<")[0]).unwrap();
        let (mine, other) = (
            secret(&world.get("/sign-in/factor", &one).await.body),
            secret(&world.get("/sign-in/factor", &two).await.body),
        );
        let form = |secret: &Secret| format!("code={}", secret.code(world.clock.now()));
        assert_eq!(world.post("/sign-in/factor", &one, &form(&mine)).await.status, StatusCode::OK);
        assert_eq!(world.post("/sign-in/factor", &two, &form(&other)).await.location(), "/sign-in?again=1");
        assert_eq!(world.post("/sign-in/factor", &one, &form(&mine)).await.location(), "/sign-in?again=1");
        world.clock.advance_ms(11 * MINUTE);
        world.identity.sweep().await.unwrap();
        let left: i64 = world
            .store
            .read(|q| -> Result<i64, StoreError> { q.one(&COUNT_PENDING, params![]) })
            .await
            .unwrap();
        assert_eq!(left, 0);
    });
}

#[test]
fn neither_secrets_nor_recovery_codes_lie_readable_in_the_database() {
    on_each_engine_async(|db| async move {
        let world = strict(db);
        world.clerk();
        let pending = step(&world.attempt("zhou", PASSWORD).await);
        let shown = world.get("/sign-in/factor", &pending).await.body;
        let offered = Secret::parse(between(&shown, "<p>密钥 <code>", "<")[0]).unwrap();
        let (_, secret, codes) = set_up(&world, "zhou").await;
        let rows: Vec<(String, Vec<u8>, String)> =
            world.store.read(|q| -> Result<_, StoreError> { q.all(&RAW, params![]) }).await.unwrap();
        let half: Vec<(String, Option<Vec<u8>>)> =
            world.store.read(|q| -> Result<_, StoreError> { q.all(&RAW_PENDING, params![]) }).await.unwrap();
        assert_eq!(rows.len(), 10);
        let mut all = format!("{rows:?}{half:?}");
        let sealed = rows.into_iter().map(|row| row.1).chain(half.into_iter().filter_map(|row| row.1));
        sealed.for_each(|bytes| all.push_str(&String::from_utf8_lossy(&bytes)));
        for code in codes.iter().chain([&secret.base32(), &offered.base32()]) {
            assert!(!all.contains(code.as_str()) && !all.contains(&code.replace('-', "")), "{code}");
        }
    });
}

#[test]
fn a_factor_taken_away_is_set_up_anew() {
    on_each_engine_async(|db| async move {
        let world = strict(db);
        let id = world.clerk();
        let (cookie, _, codes) = set_up(&world, "zhou").await;
        let mut asking = world.system();
        asking.actor = yimen_platform::Actor::Anyone;
        assert!(matches!(world.identity.reset_factor(&asking, id).await, Err(IdentityError::Forbidden)));
        let half = step(&world.attempt("zhou", PASSWORD).await);
        world.identity.reset_factor(&world.system(), id).await.unwrap();
        assert_eq!(world.whoami(&cookie).await, "anyone||");
        let form = format!("code={}", codes[0]);
        assert_eq!(world.post("/sign-in/code", &half, &form).await.location(), "/sign-in?again=1");
        let (_, _, fresh) = set_up(&world, "zhou").await;
        assert_eq!(enter(&world, "zhou", PASSWORD, &codes[1]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(enter(&world, "zhou", PASSWORD, &fresh[1]).await.status, StatusCode::SEE_OTHER);
        let twice = world.identity.reset_factor(&world.system(), 12345).await;
        assert!(matches!(twice, Err(IdentityError::NotFound)));
    });
}

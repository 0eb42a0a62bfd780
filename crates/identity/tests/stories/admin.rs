//! The three administrators: what each may, accounts and roles, step-up, and acts that take two people.

use axum::http::StatusCode;
use yimen_identity::{IdentityError, Kind, NewAccount, Place, Places, Position, Secret};
use yimen_platform::{Actor, Clock, Role, Roles, Staff, journal};
use yimen_store::{StoreError, Tx, params, sql};
use yimen_testkit::{TestDb, on_each_engine, on_each_engine_async};

use crate::factor::{between, enter, set_up, step};
use crate::world::{MINUTE, PASSWORD, World, citizen, clerk, settings};

sql! {
    FORCE_ROLES = "update identity_account set roles = $2 where id = $1";
}

pub fn governed(db: TestDb) -> World {
    World::with(db, governed_settings())
}

pub fn governed_settings() -> yimen_identity::Settings {
    let place = |id: &str, name: &str| Place { id: id.into(), name: name.into() };
    let mut settings = settings(false);
    settings.staff_factor = true;
    settings.places = Box::new(move || Places {
        departments: vec![place("tax", "税务局"), place("housing", "住保房管局")],
        offices: vec![(place("hall", "市民中心"), vec![place("3", "3号窗口")])],
    });
    settings
}

pub fn administrator(world: &World, login: &str, name: &str, role: Role) -> i64 {
    world.account(NewAccount { position: place_of(&[role]), ..clerk(login, name) })
}

pub fn place_of(roles: &[Role]) -> Position {
    let none = String::new;
    Position::Staff { roles: Roles::of(roles), department: none(), office: none(), counter: none() }
}

pub fn acting(world: &World, account: i64, role: Role) -> yimen_platform::Ctx {
    let (name, none) = ("管理员".to_owned(), String::new);
    let roles = Roles::of(&[role]);
    let staff = Staff { account, name, roles, department: none(), office: none(), counter: none() };
    let mut ctx = world.system();
    ctx.actor = Actor::Staff(std::sync::Arc::new(staff));
    ctx
}

async fn verbs(world: &World) -> Vec<String> {
    let read = |q: &mut yimen_store::Read<'_>| -> Result<_, StoreError> { journal::of_case(q, 0, 0, 1000) };
    world.store.read(read).await.unwrap().into_iter().map(|entry| entry.verb).collect()
}

/// Every page and form of administrators, with an account in it.
fn routes(account: i64) -> Vec<(&'static str, String)> {
    let one = |path: &str| format!("/admin/accounts/{account}{path}");
    vec![
        ("get", "/admin/accounts".into()),
        ("get", "/admin/accounts/new".into()),
        ("post", "/admin/accounts/new".into()),
        ("get", one("")),
        ("get", one("/position")),
        ("post", one("/position")),
        ("get", one("/administrator")),
        ("post", one("/administrator")),
        ("post", one("/act")),
        ("get", "/admin/keys".into()),
        ("post", "/admin/keys".into()),
        ("get", "/admin/policy".into()),
        ("get", "/admin/policy/edit".into()),
        ("post", "/admin/policy/edit".into()),
        ("post", "/admin/policy/propose".into()),
        ("get", "/admin/policy/versions/0".into()),
        ("get", "/admin/locks".into()),
        ("post", "/admin/locks".into()),
        ("get", "/admin/sessions".into()),
        ("post", "/admin/sessions".into()),
        ("get", "/admin/proposals".into()),
        ("get", "/admin/proposals/1".into()),
        ("post", "/admin/proposals/1".into()),
    ]
}

#[test]
fn only_the_security_administrator_sees_accounts() {
    on_each_engine_async(|db| async move {
        let world = governed(db);
        let zhou = world.clerk();
        world.citizen();
        administrator(&world, "sys", "系统", Role::System);
        administrator(&world, "sec", "安全", Role::Security);
        administrator(&world, "aud", "审计", Role::Audit);
        let (clerk, system, audit, security) = (
            set_up(&world, "zhou").await.0,
            set_up(&world, "sys").await.0,
            set_up(&world, "aud").await.0,
            set_up(&world, "sec").await.0,
        );
        let citizen = world.sign_in("13800001234").await;
        for (method, path) in routes(zhou) {
            let ask = async |cookie: &str| match method {
                "get" => world.get(&path, cookie).await,
                _ => world.post(&path, cookie, "act=close&answer=approve&roles=clerk").await,
            };
            for cookie in [&clerk, &system, &audit, &citizen] {
                assert_eq!(ask(cookie).await.status, StatusCode::FORBIDDEN, "{method} {path}");
            }
            assert!(ask("").await.location().starts_with("/sign-in"), "{method} {path}");
            if method == "get" && !path.ends_with("/1") {
                assert_eq!(ask(&security).await.status, StatusCode::OK, "{path}");
            }
        }
        for (cookie, words) in [(&system, "运行状况"), (&audit, "公开账本"), (&security, "待批事项")]
        {
            assert!(world.get("/admin", cookie).await.body.contains(words));
        }
        assert_eq!(world.get("/admin", &clerk).await.status, StatusCode::FORBIDDEN);
        assert_eq!(world.get("/admin", &citizen).await.status, StatusCode::FORBIDDEN);
        let other: Vec<_> = verbs(&world).await.into_iter().filter(|v| v.contains("closed")).collect();
        assert!(other.is_empty(), "{other:?}");
    });
}

/// Every set of roles there can be: refused where they are given, and by the database itself.
#[test]
fn no_account_is_an_administrator_and_something_else() {
    on_each_engine_async(|db| async move {
        let world = governed(db);
        let id = world.clerk();
        for bits in 0..130_u32 {
            let roles = Roles(bits);
            let none = String::new;
            let position = Position::Staff { roles, department: none(), office: none(), counter: none() };
            let given = world.identity.change_position(&world.system(), id, position.clone()).await;
            assert_eq!(given.is_ok(), roles.may_be_together(), "{bits}: {given:?}");
            let forced = world
                .store
                .write("force", move |tx| -> Result<u64, StoreError> {
                    tx.exec(&FORCE_ROLES, params![id, bits])
                })
                .await;
            assert_eq!(forced.is_ok(), roles.may_be_together(), "{bits}");
            if !roles.may_be_together() {
                let login = format!("a{}", bits % 1000);
                let made = world.try_account(NewAccount { position, ..clerk(&login, "某人") });
                assert!(matches!(made, Err(IdentityError::RolesTogether)), "{bits}: {made:?}");
            }
        }
    });
}

#[test]
fn a_new_account_begins_with_a_password_that_must_be_changed() {
    on_each_engine_async(|db| async move {
        let world = governed(db);
        administrator(&world, "sec", "安全", Role::Security);
        let (security, ..) = set_up(&world, "sec").await;
        let hire = async |form: &str| world.post("/admin/accounts/new", &security, form).await;
        for (form, why) in [
            ("login=wu", "请填写姓名"),
            ("name=吴窗口&login=9", "登录名应为"),
            ("name=吴窗口&login=wu&roles=clerk", "请选择大厅"),
            ("name=吴窗口&login=wu&roles=reviewer", "请选择部门"),
            ("name=吴窗口&login=wu&roles=clerk&office=nowhere", "请选择大厅"),
            ("name=吴窗口&login=wu&roles=clerk&office=hall&counter=9", "没有这个窗口"),
            ("name=吴窗口&login=wu&roles=security", "两位安全管理员任命"),
            ("name=吴窗口&login=sec&roles=clerk&office=hall", "已经有账户使用"),
        ] {
            let told = hire(form).await;
            assert!(told.status.is_client_error() && told.body.contains(why), "{form}: {}", told.body);
        }
        let told = hire("name=吴窗口&login=wu&roles=clerk&office=hall&counter=3").await;
        assert_eq!(told.status, StatusCode::OK, "{}", told.body);
        let password = between(&told.body, "初始密码 <code>", "<")[0].to_owned();
        // First the app, then a password of one's own, then in.
        let first = world.attempt("wu", &password).await;
        assert_eq!(first.location(), "/sign-in/factor");
        let cookie = step(&first);
        let page = world.get("/sign-in/factor", &cookie).await;
        let secret = Secret::parse(between(&page.body, "<p>密钥 <code>", "<")[0]).unwrap();
        let form = format!("code={}", secret.code(world.clock.now()));
        let codes = world.post("/sign-in/factor", &cookie, &form).await;
        assert!(codes.body.contains(r#"href="/sign-in/password""#), "{}", codes.body);
        assert_eq!(world.whoami(&cookie).await, "anyone||");
        assert!(world.get("/sign-in/password", &cookie).await.body.contains("管理员设置的"));
        let done = world.post("/sign-in/password", &cookie, "new=Fresh-2026").await;
        assert_eq!(world.whoami(&done.cookie()).await, "staff|吴窗口|吴窗口 窗口人员 3号窗口");
        // A forgotten password, and a lost phone: both are done for another, never for oneself.
        let reading = world.identity.clone();
        let find = move |q: &mut yimen_store::Read<'_>| -> Result<_, IdentityError> {
            let wu = reading.staff_accounts(q, "WU", ("", 0), 10)?;
            let sec = reading.staff_accounts(q, "安全", ("", 0), 10)?;
            Ok((wu[0].account, sec[0].account))
        };
        let (wu, own) = world.store.read_blocking(find).unwrap();
        let act = async |account: i64, what: &str| {
            world.post(&format!("/admin/accounts/{account}/act"), &security, &format!("act={what}")).await
        };
        let again = act(wu, "reset-password").await;
        let password = between(&again.body, "初始密码 <code>", "<")[0].to_owned();
        assert_eq!(world.whoami(&done.cookie()).await, "anyone||");
        assert_eq!(world.attempt("wu", &password).await.location(), "/sign-in/code");
        assert_eq!(act(wu, "reset-factor").await.status, StatusCode::SEE_OTHER);
        assert_eq!(world.attempt("wu", &password).await.location(), "/sign-in/factor");
        assert_eq!(act(wu, "close").await.status, StatusCode::SEE_OTHER);
        assert_eq!(
            world.attempt("wu", &password).await.location(),
            "/sign-in/code",
            "as for a wrong password"
        );
        assert_eq!(act(wu, "reopen").await.status, StatusCode::SEE_OTHER);
        assert_eq!(world.attempt("wu", &password).await.location(), "/sign-in/factor");
        for what in ["reset-password", "reset-factor", "close", "end-sessions", "unlock"] {
            assert_eq!(act(own, what).await.status, StatusCode::FORBIDDEN, "{what}");
        }
        assert_eq!(act(wu, "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(act(12345, "close").await.status, StatusCode::NOT_FOUND);
    });
}

#[test]
fn making_an_administrator_takes_two_people() {
    on_each_engine_async(|db| async move {
        let world = governed(db);
        let (one, two) = (
            administrator(&world, "sec", "安全", Role::Security),
            administrator(&world, "seb", "保卫", Role::Security),
        );
        let wu = world.account(NewAccount { position: place_of(&[]), ..clerk("wu", "吴") });
        let (first, second) = (acting(&world, one, Role::Security), acting(&world, two, Role::Security));
        let identity = &world.identity;
        let roles = async || {
            let reading = world.identity.clone();
            let read = move |q: &mut yimen_store::Read<'_>| reading.staff_account(q, wu);
            world.store.read_blocking(read).unwrap().roles
        };
        use yimen_identity::Decision::{Approve, Refuse, Withdraw};
        let alone = identity.change_position(&first, wu, place_of(&[Role::Audit])).await;
        assert!(matches!(alone, Err(IdentityError::Forbidden)), "{alone:?}");
        let id = identity.propose_administrator(&first, wu, Role::Audit, "岗位调整").await.unwrap();
        assert_eq!(roles().await, Roles::default(), "nothing is done yet");
        assert!(matches!(identity.decide(&first, id, Approve).await, Err(IdentityError::SecondPerson)));
        assert!(matches!(identity.decide(&second, id, Withdraw).await, Err(IdentityError::SecondPerson)));
        for role in [Role::System, Role::Audit, Role::Clerk, Role::Supervisor] {
            let other = acting(&world, 99, role);
            assert!(matches!(identity.decide(&other, id, Approve).await, Err(IdentityError::Forbidden)));
            let made = identity.propose_administrator(&other, wu, Role::Audit, "").await;
            assert!(matches!(made, Err(IdentityError::Forbidden)));
        }
        assert!(matches!(identity.decide(&world.system(), id, Approve).await, Err(IdentityError::Forbidden)));
        identity.decide(&second, id, Approve).await.unwrap();
        assert_eq!(roles().await, Roles::of(&[Role::Audit]));
        assert!(matches!(identity.decide(&second, id, Approve).await, Err(IdentityError::Decided)));
        // Refused, withdrawn, too late: nothing happens.
        let propose =
            async || identity.propose_administrator(&first, wu, Role::System, "调整").await.unwrap();
        let (refused, withdrawn, late) = (propose().await, propose().await, propose().await);
        identity.decide(&second, refused, Refuse).await.unwrap();
        identity.decide(&first, withdrawn, Withdraw).await.unwrap();
        world.clock.advance_ms(7 * 24 * 60 * MINUTE);
        let (first, second) = (acting(&world, one, Role::Security), acting(&world, two, Role::Security));
        for id in [refused, withdrawn, late] {
            assert!(matches!(identity.decide(&second, id, Approve).await, Err(IdentityError::Decided)));
        }
        assert_eq!(roles().await, Roles::of(&[Role::Audit]));
        // Nobody proposes, or approves, their own.
        let own = identity.propose_administrator(&first, one, Role::Audit, "").await;
        assert!(matches!(own, Err(IdentityError::Forbidden)));
        let about_two = identity.propose_administrator(&first, two, Role::Audit, "").await.unwrap();
        assert!(matches!(identity.decide(&second, about_two, Approve).await, Err(IdentityError::Forbidden)));
        let reading = world.identity.clone();
        let read = move |q: &mut yimen_store::Read<'_>| reading.proposal(q, about_two);
        let state = world.store.read_blocking(read).unwrap().state;
        assert_eq!(state, yimen_identity::State::Open, "what could not be done is not approved");
        let verbs = verbs(&world).await;
        let count = |verb: &str| verbs.iter().filter(|v| *v == verb).count();
        assert_eq!(
            (count("proposal.made"), count("proposal.approved"), count("proposal.refused")),
            (5, 1, 1)
        );
    });
}

#[test]
fn other_domains_bring_acts_of_their_own_that_take_two_people() {
    on_each_engine(|db| {
        let done = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let seen = done.clone();
        let mut settings = governed_settings();
        settings.kinds = vec![Kind {
            code: "export",
            name: "批量导出",
            may: |actor| actor.has(Role::Supervisor),
            apply: Box::new(move |_: &mut Tx<'_>, ctx, approved| {
                seen.lock().unwrap().push((ctx.actor.account(), approved.body.to_vec()));
                Ok(())
            }),
        }];
        let world = World::with(db, settings);
        let make = |login: &str| {
            world.account(NewAccount { position: place_of(&[Role::Supervisor]), ..clerk(login, "负责") })
        };
        let (one, two) = (make("one"), make("two"));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (identity, ctx) = (world.identity.clone(), acting(&world, one, Role::Supervisor));
        let propose =
            move |tx: &mut Tx<'_>| identity.propose(tx, &ctx, "export", b"all of 2026", ("导出", "年报"));
        let id = world.store.write_blocking("propose", propose).unwrap();
        let second = acting(&world, two, Role::Supervisor);
        runtime.block_on(world.identity.decide(&second, id, yimen_identity::Decision::Approve)).unwrap();
        assert_eq!(*done.lock().unwrap(), [(two, b"all of 2026".to_vec())]);
        assert_eq!(world.identity.kind_name("export"), "批量导出");
    });
}

#[test]
fn something_dangerous_asks_for_the_code_again_after_five_minutes() {
    on_each_engine_async(|db| async move {
        let world = governed(db);
        let zhou = world.clerk();
        administrator(&world, "sec", "安全", Role::Security);
        let (cookie, secret, _) = set_up(&world, "sec").await;
        world.clock.advance_ms(5 * MINUTE);
        let path = format!("/admin/accounts/{zhou}/act");
        assert!(world.get(&format!("/admin/accounts/{zhou}"), &cookie).await.body.contains("验证码"));
        for (code, why) in [("", "请填写动态口令应用里的验证码"), ("12345", "验证码不正确")]
        {
            let told = world.post(&path, &cookie, &format!("act=close&code={code}")).await;
            assert!(told.status.is_client_error() && told.body.contains(why), "{}", told.body);
        }
        let code = secret.code(world.clock.now());
        let done = world.post(&path, &cookie, &format!("act=close&code={code}")).await;
        assert_eq!(done.location(), format!("/admin/accounts/{zhou}?done=close"));
        world.clock.advance_ms(5 * MINUTE - 1);
        assert!(!world.get(&format!("/admin/accounts/{zhou}"), &cookie).await.body.contains("验证码"));
        assert_eq!(world.post(&path, &cookie, "act=reopen").await.status, StatusCode::SEE_OTHER);
        world.clock.advance_ms(1);
        assert!(world.post(&path, &cookie, "act=close").await.status.is_client_error());
        // The code that was used is not good again, and five wrong ones close the way.
        world.clock.advance_ms(MINUTE);
        for _ in 0..5 {
            assert!(world.post(&path, &cookie, "act=close&code=54321").await.status.is_client_error());
        }
        let right = format!("act=close&code={}", secret.code(world.clock.now()));
        assert_eq!(world.post(&path, &cookie, &right).await.status, StatusCode::TOO_MANY_REQUESTS);
    });
}

#[test]
fn locks_are_lifted_and_sessions_ended_by_the_security_administrator() {
    on_each_engine_async(|db| async move {
        let world = governed(db);
        world.clerk();
        administrator(&world, "sec", "安全", Role::Security);
        let (zhou, secret, _) = set_up(&world, "zhou").await;
        let (security, own_secret, _) = set_up(&world, "sec").await;
        for login in ["zhou", "nobody"] {
            for _ in 0..5 {
                world.attempt(login, "Wrong-2026").await;
            }
        }
        let page = world.get("/admin/locks", &security).await;
        assert!(page.body.contains("周窗口") && page.body.contains("没有账户的登录名"), "{}", page.body);
        assert_eq!(world.attempt("zhou", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
        for lock in between(&page.body, r#"name="lock" value=""#, "\"") {
            let lifted = world.post("/admin/locks", &security, &format!("lock={lock}")).await;
            assert_eq!(lifted.location(), "/admin/locks?done=1");
            let again = world.post("/admin/locks", &security, &format!("lock={lock}")).await;
            assert_eq!(again.location(), "/admin/locks?done=0");
        }
        world.clock.advance_ms(MINUTE);
        let entered = enter(&world, "zhou", PASSWORD, &secret.code(world.clock.now())).await;
        assert_eq!(entered.status, StatusCode::SEE_OTHER);
        assert_eq!(verbs(&world).await.iter().filter(|verb| *verb == "account.unlocked").count(), 2);
        let page = world.get("/admin/sessions", &security).await;
        let own = page.body.matches("您自己的登录").count();
        let sessions = between(&page.body, r#"name="session" value=""#, "\"");
        assert_eq!((own, sessions.len()), (1, 2), "{}", page.body);
        for wrong in ["", "1", "0.0", &format!("{}.0", sessions[0].split('.').next().unwrap())] {
            let none = world.post("/admin/sessions", &security, &format!("session={wrong}")).await;
            assert_eq!(none.location(), "/admin/sessions?done=0", "{wrong}");
        }
        // After five minutes neither is done without the code, and nothing was done by asking.
        world.clock.advance_ms(6 * MINUTE);
        for _ in 0..5 {
            world.attempt("nobody", "Wrong-2026").await;
        }
        for (path, form) in
            [("/admin/locks", "lock=x"), ("/admin/sessions", &format!("session={}", sessions[0]))]
        {
            assert!(world.get(path, &security).await.body.contains("name=\"code\""), "{path}");
            let told = world.post(path, &security, form).await;
            assert!(told.body.contains("请填写动态口令应用里的验证码"), "{path}: {}", told.body);
        }
        assert!(world.whoami(&zhou).await.starts_with("staff|"));
        let code = own_secret.code(world.clock.now());
        for (session, code) in sessions.into_iter().zip([&*format!("&code={code}"), ""]) {
            let ended = world.post("/admin/sessions", &security, &format!("session={session}{code}")).await;
            assert_eq!(ended.location(), "/admin/sessions?done=1");
        }
        for cookie in [&zhou, &entered.cookie()] {
            assert_eq!(world.whoami(cookie).await, "anyone||");
        }
    });
}

#[test]
fn accounts_are_found_by_name_and_login_a_page_at_a_time() {
    on_each_engine(|db| {
        let world = governed(db);
        for n in 0..60 {
            let (a, b) = (char::from(b'a' + n / 26), char::from(b'a' + n % 26));
            // Some share a name: the page must not lose one of them.
            world.account(clerk(&format!("u{a}{b}"), if n < 30 { "同名" } else { "李某" }));
        }
        world.account(citizen());
        let find = |text: &str| {
            let (identity, text) = (world.identity.clone(), text.to_owned());
            let mut all = Vec::new();
            loop {
                let last: Option<&yimen_identity::StaffAccount> = all.last();
                let after = last.map_or((String::new(), 0), |one| (one.name.clone(), one.account));
                let (identity, text) = (identity.clone(), text.clone());
                let read = move |q: &mut yimen_store::Read<'_>| {
                    identity.staff_accounts(q, &text, (&after.0, after.1), 7)
                };
                let page = world.store.read_blocking(read).unwrap();
                if page.is_empty() {
                    return all.len();
                }
                all.extend(page);
            }
        };
        assert_eq!((find(""), find("同名"), find("ub"), find("%"), find("王小明")), (60, 30, 26, 60, 0));
    });
}

#[test]
fn another_data_key_takes_two_people() {
    on_each_engine_async(|db| async move {
        let world = governed(db);
        administrator(&world, "sec", "安全一", Role::Security);
        administrator(&world, "seb", "安全二", Role::Security);
        let (one, two) = (set_up(&world, "sec").await.0, set_up(&world, "seb").await.0);
        let first = world.first_key();
        for (form, why) in [
            ("reason=x", "请选择新的密钥用什么算法"),
            ("cipher=rot13&reason=x", "请选择新的密钥用什么算法"),
            ("cipher=sm4-gcm", "请填写更换的理由"),
        ] {
            let told = world.post("/admin/keys", &one, form).await;
            assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
            assert!(told.body.contains(why), "{form}: {}", told.body);
        }
        let proposed = world.post("/admin/keys", &one, "cipher=sm4-gcm&reason=到期更换").await;
        assert_eq!(proposed.location(), "/admin/keys?done=proposed", "{}", proposed.body);
        let keys = async || between(&world.get("/admin/keys", &two).await.body, ">第 ", " 把<").len();
        assert_eq!(keys().await, first);
        let list = world.get("/admin/proposals", &two).await.body;
        assert!(list.contains("换用新的数据密钥（sm4-gcm）"), "{list}");
        let path = format!("/admin/proposals/{}", between(&list, "/admin/proposals/", "\"")[0]);
        let own = world.post(&path, &one, "answer=approve").await;
        assert_eq!((own.status.is_client_error(), keys().await), (true, first), "{}", own.body);
        let done = world.post(&path, &two, "answer=approve").await;
        assert_eq!(done.location(), "/admin/proposals?done=approve", "{}", done.body);
        let page = world.get("/admin/keys", &one).await.body;
        assert!(keys().await == first + 1 && page.contains("即将使用"), "{page}");
        // Until it seals, no other can be made: that is told to whoever approves.
        world.post("/admin/keys", &one, "cipher=aes-256-gcm&reason=x").await;
        let list = world.get("/admin/proposals", &two).await.body;
        let path = format!("/admin/proposals/{}", between(&list, "/admin/proposals/", "\"")[0]);
        let early = world.post(&path, &two, "answer=approve").await;
        assert!(early.body.contains("上一次换密钥还没有生效"), "{}", early.body);
        world.clock.advance_ms(MINUTE);
        assert_eq!(
            world.post(&path, &two, "answer=approve").await.location(),
            "/admin/proposals?done=approve"
        );
        let made: Vec<_> = verbs(&world).await.into_iter().filter(|verb| verb == "key.rotated").collect();
        assert_eq!(made.len(), 2);
    });
}

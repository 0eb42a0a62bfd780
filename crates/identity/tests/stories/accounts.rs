//! Accounts: who may make them, closing, changing password and position, colleagues, a demo.

use axum::http::StatusCode;
use yimen_identity::{DemoPlan, Device, IdentityError, Login, NewAccount, Position};
use yimen_platform::{Actor, Role, Roles};
use yimen_store::{StoreError, params, sql};
use yimen_testkit::{on_each_engine, on_each_engine_async};

use crate::world::{MINUTE, PASSWORD, World, citizen, clerk};

sql! {
    HASHES = "select password_hash from identity_account order by id";
}

#[test]
fn a_login_belongs_to_one_account_and_a_failed_account_leaves_nothing() {
    on_each_engine(|db| {
        let world = World::new(db);
        world.clerk();
        let twice = world.try_account(clerk("ZHOU", "另一个人")).unwrap_err();
        assert!(matches!(twice, IdentityError::LoginTaken), "{twice:?}");
        assert_eq!(twice.fields()[0].field, "login");
        world.citizen();
        let same_phone = NewAccount { logins: vec![Login::phone("13800001234").unwrap()], ..citizen() };
        assert!(matches!(world.try_account(same_phone), Err(IdentityError::LoginTaken)));
        let nobody = NewAccount { logins: Vec::new(), ..citizen() };
        assert!(matches!(world.try_account(nobody), Err(IdentityError::Invalid(_))));
        let nameless = NewAccount { name: "123".into(), ..clerk("wu", "吴") };
        assert!(matches!(world.try_account(nameless), Err(IdentityError::Invalid(_))));
        let hashes =
            world.store.read_blocking(|q| -> Result<Vec<String>, StoreError> { q.all(&HASHES, params![]) });
        assert_eq!(hashes.unwrap().len(), 2);
    });
}

#[test]
fn only_set_up_makes_accounts() {
    on_each_engine(|db| {
        let world = World::new(db);
        let hash = world.identity.hash_password_blocking(PASSWORD).unwrap();
        for actor in [Actor::Anyone, Actor::Citizen { account: 1, party: 1, name: "某".into() }] {
            let (identity, mut ctx, hash) = (world.identity.clone(), world.system(), hash.clone());
            ctx.actor = actor;
            let made = world.store.write_blocking("account.create", move |tx| {
                identity.create_account(tx, &ctx, &clerk("wu", "吴窗口"), &hash)
            });
            assert!(matches!(made, Err(IdentityError::Forbidden)));
        }
        assert!(matches!(world.identity.hash_password_blocking("short"), Err(IdentityError::Invalid(_))));
    });
}

#[test]
fn a_closed_account_is_out_and_stays_out() {
    on_each_engine_async(|db| async move {
        let world = World::new(db);
        let id = world.clerk();
        let cookie = world.sign_in("zhou").await;
        assert!(world.whoami(&cookie).await.starts_with("staff|"));
        let mut asking = world.system();
        asking.actor = Actor::Anyone;
        assert!(matches!(world.identity.close_account(&asking, id).await, Err(IdentityError::Forbidden)));
        world.identity.close_account(&world.system(), id).await.unwrap();
        assert_eq!(world.whoami(&cookie).await, "anyone||");
        assert_eq!(world.attempt("zhou", PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(matches!(
            world.identity.close_account(&world.system(), id).await,
            Err(IdentityError::NotFound)
        ));
    });
}

#[test]
fn a_new_position_is_in_force_at_the_next_request() {
    on_each_engine_async(|db| async move {
        let world = World::new(db);
        let id = world.clerk();
        let cookie = world.sign_in("zhou").await;
        assert_eq!(world.get("/staff", &cookie).await.body, "hall");
        let position = Position::Staff {
            roles: Roles::of(&[Role::Reviewer]),
            department: "tax".into(),
            office: String::new(),
            counter: String::new(),
        };
        world.identity.change_position(&world.system(), id, position.clone()).await.unwrap();
        assert_eq!(world.whoami(&cookie).await, "staff|周窗口|周窗口 审查人员");
        let missing = world.identity.change_position(&world.system(), 12345, position).await;
        assert!(matches!(missing, Err(IdentityError::NotFound)));
    });
}

#[test]
fn changing_the_password_ends_the_other_sessions() {
    on_each_engine_async(|db| async move {
        let world = World::new(db);
        world.clerk();
        let (here, there) = (world.sign_in("zhou").await, world.sign_in("zhou").await);
        let change = async |old: &str, new: &str| {
            world.post("/me/password", &here, &format!("password={old}&new={new}")).await
        };
        let told = [
            ("", "", "请填写现在的密码"),
            (PASSWORD, "short", "密码至少10个字符"),
            (PASSWORD, PASSWORD, "不能与现在的密码相同"),
            ("Wrong-2026", "Fresh-2026", "现在的密码不正确，请检查后重新输入"),
        ];
        for (old, new, message) in told {
            let answer = change(old, new).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert_eq!(answer.body.matches(message).count(), 2, "{message}: {}", answer.body);
            assert!(!answer.body.contains("Fresh-2026") && !answer.body.contains(PASSWORD));
        }
        assert_eq!(change(PASSWORD, "Fresh-2026").await.location(), "/me/sessions?password=changed");
        assert!(world.whoami(&here).await.starts_with("staff|"));
        assert_eq!(world.whoami(&there).await, "anyone||");
        assert_eq!(world.attempt("zhou", PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(world.attempt("zhou", "Fresh-2026").await.status, StatusCode::SEE_OTHER);
        // Guessing the old one from a machine left open is counted, too.
        for _ in 0..5 {
            change("Wrong-2026", "Other-2026").await;
        }
        assert!(change("Fresh-2026", "Other-2026").await.body.contains("之后再试"));
        world.clock.advance_ms(15 * MINUTE);
        assert_eq!(change("Fresh-2026", "Other-2026").await.status, StatusCode::SEE_OTHER);
    });
}

#[test]
fn colleagues_are_found_by_place_and_role() {
    on_each_engine(|db| {
        let world = World::new(db);
        let zhou = world.clerk();
        let staff = |login: &str, name: &str, roles: &[Role], department: &str| NewAccount {
            position: Position::Staff {
                roles: Roles::of(roles),
                department: department.into(),
                office: String::new(),
                counter: String::new(),
            },
            ..clerk(login, name)
        };
        world.account(staff("li", "李审查", &[Role::Reviewer, Role::Supervisor], "tax"));
        world.account(staff("sun", "孙审查", &[Role::Reviewer], "tax"));
        world.account(staff("wu", "吴审查", &[Role::Reviewer], "housing"));
        let citizen = world.citizen();
        let identity = world.identity.clone();
        let read = move |q: &mut yimen_store::Read<'_>| -> Result<_, IdentityError> {
            let names = |found: Vec<yimen_identity::Colleague>| -> Vec<String> {
                found.into_iter().map(|one| one.name).collect()
            };
            let reviewers = names(identity.staff_of_department(q, "tax", Role::Reviewer)?);
            let heads = names(identity.staff_of_department(q, "tax", Role::Supervisor)?);
            let clerks = names(identity.staff_of_office(q, "hall", Role::Clerk)?);
            let one = identity.colleague(q, zhou)?.map(|one| one.name);
            let none = identity.colleague(q, citizen)?;
            let found =
                (identity.account_of_party(q, 77)?, identity.account_of_login(q, "+86 138 0000 1234")?);
            let logins = identity.logins(q, citizen)?;
            Ok((reviewers, heads, clerks, one, none, found, logins))
        };
        let (mut reviewers, heads, clerks, one, none, found, logins) =
            world.store.read_blocking(read).unwrap();
        reviewers.sort();
        assert_eq!(reviewers, ["孙审查", "李审查"]);
        assert_eq!((heads, clerks), (vec!["李审查".to_owned()], vec!["周窗口".to_owned()]));
        assert_eq!((one.as_deref(), none), (Some("周窗口"), None));
        assert_eq!(found, (Some(citizen), Some(citizen)));
        assert_eq!(
            logins,
            ["000000********0014".to_owned(), "138****1234".to_owned()].map(|shown| {
                if shown.starts_with('0') {
                    format!("000000********{}", &crate::world::resident()[14..])
                } else {
                    shown
                }
            })
        );
    });
}

#[test]
fn a_demo_hashes_each_distinct_password_once() {
    on_each_engine_async(|db| async move {
        let world = World::new(db);
        let plan = DemoPlan::new()
            .shown(clerk("zhou", "周窗口"), "zhou", "Demo-2026", "综合窗口")
            .shown(citizen(), "13800001234", "Demo-2026", "申请人")
            .quiet(clerk("qian", "钱窗口"), "Other-2026");
        let ready = plan.prepare(&world.identity).unwrap();
        assert_eq!(ready.shown().len(), 2);
        assert_eq!(
            (ready.shown()[1].login.as_str(), ready.shown()[1].role.as_str()),
            ("13800001234", "申请人")
        );
        let (identity, ctx) = (world.identity.clone(), world.system());
        let ids = world.store.write("demo", move |tx| ready.create(&identity, tx, &ctx)).await.unwrap();
        assert_eq!(ids.len(), 3);
        let hashes = world
            .store
            .read(|q| -> Result<Vec<String>, StoreError> { q.all(&HASHES, params![]) })
            .await
            .unwrap();
        assert!(hashes[0] == hashes[1] && hashes[1] != hashes[2]);
        for (login, password) in [("zhou", "Demo-2026"), ("13800001234", "Demo-2026"), ("qian", "Other-2026")]
        {
            world.identity.sign_in(login, password, Device::default()).await.unwrap();
        }
    });
}

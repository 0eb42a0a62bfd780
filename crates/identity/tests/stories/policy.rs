//! Changing who may do what to a case: what is refused, what two people do, and what comes of it on this node and others.

use axum::http::StatusCode;
use yimen_identity::policy::{Effect, Same, take_up};
use yimen_identity::{Decision, IdentityError, NewAccount, Position};
use yimen_platform::{Role, Roles, journal};
use yimen_policy::{Act, Policy, PolicyHandle, Relation, Scope, Who};
use yimen_store::{Read, StoreError, params, sql};
use yimen_testkit::on_each_engine_async;

use crate::admin::{acting, administrator, governed};
use crate::factor::set_up;
use crate::world::{MINUTE, World, citizen, clerk};

sql! {
    UNREADABLE = "insert into identity_policy (version, text, digest, replaced, proposal) values ($1, 'x y z', '', '', $2)";
}

const INSPECTS: Relation = Relation { who: Who::Inspector, scope: Scope::City };

/// The standard policy with something else in the place of a piece of it.
pub fn with(piece: &str, other: &str) -> String {
    assert!(Policy::STANDARD.contains(piece), "{piece}");
    Policy::STANDARD.replace(piece, other)
}

fn without_inspectors() -> String {
    with("inspector    city        see\n", "")
}

fn form(fields: &[(&str, &str)]) -> String {
    let percent = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let fields: Vec<String> =
        fields.iter().map(|(name, value)| format!("{name}={}", percent(value))).collect();
    fields.join("&")
}

fn employ(world: &World, login: &str, name: &str, roles: &[Role], department: &str) -> i64 {
    let position = Position::Staff {
        roles: Roles::of(roles),
        department: department.into(),
        office: String::new(),
        counter: String::new(),
    };
    world.account(NewAccount { position, ..clerk(login, name) })
}

async fn changes_noted(world: &World) -> Vec<serde_json::Value> {
    let read = |q: &mut Read<'_>| -> Result<_, StoreError> { journal::of_case(q, 0, 0, 1000) };
    let all = world.store.read(read).await.unwrap().into_iter();
    all.filter(|entry| entry.verb == "policy.changed").map(|entry| entry.body()).collect()
}

async fn effect(world: &World, text: &str) -> Effect {
    let (identity, next) = (world.identity.clone(), Policy::for_city(text).unwrap());
    let read = move |q: &mut Read<'_>| identity.effect_of(q, &identity.policy().1, &next);
    world.store.read(read).await.unwrap()
}

/// One text says which line it is about and what is wrong there.
fn says_of_line(page: &str, line: usize, why: &str) -> bool {
    let at = format!("第 {line} 行：");
    page.split('<').any(|text| text.contains(&at) && text.contains(why))
}

/// Who may propose a change, and who may approve it.
fn two_of_security(world: &World) -> (yimen_platform::Ctx, yimen_platform::Ctx) {
    let one = administrator(world, "sec", "安全", Role::Security);
    let two = administrator(world, "seb", "保卫", Role::Security);
    (acting(world, one, Role::Security), acting(world, two, Role::Security))
}

#[test]
fn a_mistake_is_told_by_line_and_nothing_else_is_proposed() {
    on_each_engine_async(|db| async move {
        let world = governed(db);
        administrator(&world, "sec", "安全", Role::Security);
        let (cookie, ..) = set_up(&world, "sec").await;
        let page = world.get("/admin/policy", &cookie).await.body;
        for words in ["第 0 版（现行）", "随程序提供", "部门负责人", "收回任务、审批", "line-10"]
        {
            assert!(page.contains(words), "{words}: {page}");
        }
        let edit = world.get("/admin/policy/edit", &cookie).await.body;
        assert!(
            edit.contains("reviewer     task        see work") && edit.contains("answer-return 答复部门")
        );
        for (text, line, why) in [
            (with("reviewer     task", "revewer task"), 13, "没有“revewer”这种身份"),
            (with("inspector    city        see", "audit city see"), 16, "管理员“audit”不能接触办件"),
            (
                with("inspector    city        see", "system security see"),
                16,
                "三类管理员的权限也不能在这里合并",
            ),
            (
                with("program      city        see pay tick", "program city see"),
                17,
                "系统自动处理的权限不能改",
            ),
            (with("own         see fill-in", "own fill-in"), 11, "没有写 see"),
        ] {
            for (path, more) in [("/admin/policy/edit", ""), ("/admin/policy/propose", "&base=0&reason=r")] {
                let told = world.post(path, &cookie, &format!("{}{more}", form(&[("text", &text)]))).await;
                assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {why}");
                assert!(says_of_line(&told.body, line, why), "{line} {why}: {}", told.body);
                assert!(told.body.contains(&format!(r#"id="line-{line}" class="is-wrong""#)), "{line} {why}");
            }
        }
        let two = world.post("/admin/policy/edit", &cookie, &form(&[("text", "x\ny")])).await.body;
        assert!(two.contains("有 2 行要改") && two.contains(r##"href="#line-2""##), "{two}");
        let long = form(&[("text", &format!("{}{}", Policy::STANDARD, "# 说明\n".repeat(2_000)))]);
        assert!(world.post("/admin/policy/edit", &cookie, &long).await.body.contains("请缩短说明"));
        let again = form(&[("text", "x\ny"), ("again", "1")]);
        assert!(world.post("/admin/policy/edit", &cookie, &again).await.body.contains("x\ny"));
        let same = form(&[("text", Policy::STANDARD)]);
        assert!(world.post("/admin/policy/edit", &cookie, &same).await.body.contains("和现行规则完全一样"));
        let propose = async |text: &str, more: &[(&str, &str)]| {
            let fields = [&[("text", text)][..], more].concat();
            world.post("/admin/policy/propose", &cookie, &form(&fields)).await
        };
        let gone = without_inspectors();
        for (text, more, status, why) in [
            (Policy::STANDARD, &[("base", "0"), ("reason", "改")][..], 422, "没有可以提出的修改"),
            (&gone, &[("base", "0")][..], 422, "请填写修改的理由"),
            (&gone, &[("base", "7"), ("reason", "改")][..], 409, "预览以后权限规则已经改过"),
            (&gone, &[("base", "x"), ("reason", "改")][..], 409, "预览以后权限规则已经改过"),
        ] {
            let told = propose(text, more).await;
            assert_eq!(told.status.as_u16(), status, "{why}: {}", told.body);
            assert!(told.body.contains(why), "{why}: {}", told.body);
        }
        // The code is asked for when the last one is too old.
        world.clock.advance_ms(5 * MINUTE);
        let told = propose(&gone, &[("base", "0"), ("reason", "改")]).await;
        assert!(told.status == 422 && told.body.contains("请填写动态口令应用里的验证码"), "{}", told.body);
        assert!(world.get("/admin/proposals", &cookie).await.body.contains("还没有人提出过"));
        assert_eq!(world.get("/admin/policy/versions/1", &cookie).await.status, StatusCode::NOT_FOUND);
        assert_eq!(world.get("/admin/policy/edit?version=9", &cookie).await.status, StatusCode::NOT_FOUND);
        assert_eq!((world.identity.policy(), changes_noted(&world).await), ((0, Policy::standard()), vec![]));
    });
}

#[test]
fn a_preview_counts_who_gains_who_loses_and_says_what_nobody_could_do() {
    on_each_engine_async(|db| async move {
        let world = governed(db);
        world.clerk();
        world.citizen();
        administrator(&world, "sec", "安全", Role::Security);
        employ(&world, "ins", "督查", &[Role::Inspector], "");
        // What one role loses another still gives.
        employ(&world, "both", "双岗", &[Role::Inspector, Role::Supervisor], "tax");
        let closed = employ(&world, "old", "离任", &[Role::Inspector], "");
        world.identity.close_account(&world.system(), closed).await.unwrap();

        let gone = effect(&world, &without_inspectors()).await;
        assert_eq!((gone.changes.len(), gone.changes[0].1), (1, 2), "those who have left do not count");
        assert_eq!((gone.gain.count, gone.lose.count), (0, 2));
        let names = ["督查（ins）", "双岗（both）"].map(String::from).to_vec();
        assert_eq!(gone.lose.same, [Same { what: "全市的办件：查看".into(), count: 2, names }]);
        assert_eq!(gone.lacks, ["没有人能督查全市的办件。"]);

        let heads = with("supervisor   department  see take-back approve", "supervisor city see");
        let heads = effect(&world, &heads).await;
        assert_eq!(heads.lacks, ["没有人能批准延期、作废办件。"]);
        assert_eq!((heads.gain.count, heads.lose.count), (0, 1), "they see the city as inspectors already");

        // The act is granted still, but nobody with an account has the role.
        let moved = with("clerk        office", "reviewer office");
        let moved = effect(&world, &moved).await;
        assert_eq!((moved.gain.count, moved.lose.count), (0, 1));
        assert!(moved.lacks.contains(&"没有人能预审：交来的申请没有人看，满5个工作日依法视为受理。"));

        let citizens = effect(&world, &with("own         see fill-in submit withdraw pay", "own see")).await;
        let what = "自己的办件：填写、提交、撤回、缴费".to_string();
        assert_eq!(citizens.lose.same, [Same { what, count: 1, names: Vec::new() }]);
        assert_eq!((citizens.gain.count, citizens.lose.count), (0, 1));
        assert_eq!(citizens.lacks.len(), 4);

        for n in 0..60 {
            let login = format!("m{}{}", char::from(b'a' + n / 26), char::from(b'a' + n % 26));
            employ(&world, &login, "督查", &[Role::Inspector], "");
        }
        let many = effect(&world, &without_inspectors()).await;
        assert_eq!((many.lose.count, many.lose.same.len(), many.lose.same[0].names.len()), (62, 1, 50));

        let (cookie, ..) = set_up(&world, "sec").await;
        let text = form(&[("text", &without_inspectors())]);
        let page = world.post("/admin/policy/edit", &cookie, &text).await;
        assert_eq!(page.status, StatusCode::OK);
        let words = ["失去权限的账户：62 个", " 等</td>", "没有人能督查全市的办件", "得到权限的账户：0 个"];
        for words in words {
            assert!(page.body.contains(words), "{words}: {}", page.body);
        }
        assert!(!page.body.contains(citizen().name.as_str()));
        assert_eq!(world.identity.policy().0, 0, "looking changes nothing");
    });
}

#[test]
fn changing_the_policy_takes_two_people_and_the_version_they_looked_at() {
    on_each_engine_async(|db| async move {
        let world = governed(db);
        let (first, second) = two_of_security(&world);
        let other_node = world.other_node();
        let identity = &world.identity;
        let sees = |of: &World| of.identity.policy().1.allows(INSPECTS, Act::See);

        let gone = without_inspectors();
        for role in [Role::System, Role::Audit, Role::Supervisor] {
            let made = identity.propose_policy(&acting(&world, 99, role), 0, &gone, "改").await;
            assert!(matches!(made, Err(IdentityError::Forbidden)), "{role:?}: {made:?}");
        }
        let id = identity.propose_policy(&first, 0, &gone, "督查另有系统").await.unwrap();
        let alone = identity.decide(&first, id, Decision::Approve).await;
        assert!(matches!(alone, Err(IdentityError::SecondPerson)));
        assert!(sees(&world) && changes_noted(&world).await.is_empty(), "nothing is done yet");

        // Refused and withdrawn: nothing happens.
        let refused = identity.propose_policy(&first, 0, &gone, "改").await.unwrap();
        let withdrawn = identity.propose_policy(&first, 0, &gone, "改").await.unwrap();
        identity.decide(&second, refused, Decision::Refuse).await.unwrap();
        identity.decide(&first, withdrawn, Decision::Withdraw).await.unwrap();
        assert_eq!((identity.policy(), changes_noted(&world).await.len()), ((0, Policy::standard()), 0));

        // Two that were proposed on the same version: approved at once, one of them is too late.
        let rival = identity.propose_policy(&second, 0, &with("see work\n", "see\n"), "改").await.unwrap();
        let third = administrator(&world, "sed", "守卫", Role::Security);
        let third = acting(&world, third, Role::Security);
        let (a, b) = tokio::join!(
            identity.decide(&third, id, Decision::Approve),
            other_node.identity.decide(&third, rival, Decision::Approve)
        );
        let late = match (&a, &b) {
            (Ok(()), Err(IdentityError::PolicyMoved)) => rival,
            (Err(IdentityError::PolicyMoved), Ok(())) => id,
            other => panic!("{other:?}"),
        };
        identity.take_up_policy().await.unwrap();
        let (version, policy) = identity.policy();
        assert_eq!((version, policy == Policy::standard(), changes_noted(&world).await.len()), (1, false, 1));
        let again = identity.decide(&third, late, Decision::Approve).await;
        assert!(matches!(again, Err(IdentityError::PolicyMoved)), "{again:?}");
        let reading = world.identity.clone();
        let state = world.store.read(move |q| reading.proposal(q, late)).await.unwrap().state;
        assert_eq!(state, yimen_identity::State::Open, "what could not be done is not approved");
    });
}

#[test]
fn a_changed_policy_is_in_force_here_elsewhere_after_a_restart_and_in_the_journal() {
    on_each_engine_async(|db| async move {
        let world = governed(db);
        let (first, second) = two_of_security(&world);
        let other_node = world.other_node();
        let identity = &world.identity;
        let gone = without_inspectors();
        let id = identity.propose_policy(&first, 0, &gone, "督查另有系统").await.unwrap();
        identity.decide(&second, id, Decision::Approve).await.unwrap();

        // Another on top of it. Here it is in force at once, elsewhere when it is next asked for.
        let base = with("inspector    city        see", "inspector city see take-back");
        let id = identity.propose_policy(&second, 1, &base, "恢复督查").await.unwrap();
        identity.decide(&first, id, Decision::Approve).await.unwrap();
        assert!(identity.policy().1.allows(INSPECTS, Act::TakeBack));
        assert_eq!(other_node.identity.policy().0, 0);
        assert!(other_node.identity.take_up_policy().await.unwrap());
        assert!(!other_node.identity.take_up_policy().await.unwrap(), "nothing is newer");
        let restarted = PolicyHandle::default();
        let handle = restarted.clone();
        world.store.read(move |q| take_up(q, &handle)).await.unwrap();
        let expected = (2, Policy::for_city(&base).unwrap());
        assert_eq!(
            (identity.policy(), other_node.identity.policy(), restarted.in_force()),
            (expected, expected, expected)
        );

        // The journal has old and new, and both people; the versions have the same.
        let noted = &changes_noted(&world).await[1];
        let reading = world.identity.clone();
        let versions = world.store.read(move |q| reading.policy_versions(q, i64::MAX, 10)).await.unwrap();
        assert_eq!(versions.iter().map(|one| one.version).collect::<Vec<_>>(), [2, 1, 0]);
        assert_eq!(
            (&noted["version"], &noted["replaced"], &noted["digest"], &noted["replaced_digest"]),
            (&2.into(), &1.into(), &versions[0].digest.as_str().into(), &versions[1].digest.as_str().into())
        );
        assert_eq!(
            (&noted["proposer"], &noted["approver"]),
            (&second.actor.account().into(), &first.actor.account().into())
        );
        let made = versions[0].made.as_ref().unwrap();
        assert_eq!(
            (made.proposer.as_str(), made.approver.as_str(), made.reason.as_str()),
            ("管理员", "管理员", "恢复督查")
        );

        // A version that this program cannot read leaves the one before in force, and fails no decision.
        let late = identity.propose_policy(&second, 2, &gone, "改").await.unwrap();
        let lies = move |tx: &mut yimen_store::Tx<'_>| tx.put(&UNREADABLE, params![3_i64, late]);
        world.store.write("force", lies).await.unwrap();
        assert!(identity.take_up_policy().await.is_err());
        identity.decide(&first, late, Decision::Refuse).await.unwrap();
        assert_eq!(identity.policy(), expected);
        let handle = PolicyHandle::default();
        assert!(world.store.read(move |q| take_up(q, &handle)).await.is_err(), "no server begins with it");
    });
}

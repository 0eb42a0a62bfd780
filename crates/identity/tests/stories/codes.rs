//! Codes sent to phones: signing in, registering, changing the phone; through a real gateway over HTTP.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use yimen_messages::demo::DemoGateway;
use yimen_parties::{NewParty, NumberKind, Parties};
use yimen_platform::journal;
use yimen_store::{Read, Record, StoreError, Value, params, sql};
use yimen_testkit::{TestDb, on_each_engine_async};

use crate::factor::step;
use crate::world::{Answer, MINUTE, PASSWORD, SECRET, World, citizen, resident};

sql! {
    RAW_CODES = "select code_index, asked_sealed from identity_code";
}

const PHONE: &str = "13800001234";
const OTHER: &str = "13900005678";

struct Phones {
    world: World,
    gateway: DemoGateway,
    serving: Option<tokio::task::JoinHandle<()>>,
    address: SocketAddr,
}

impl Phones {
    async fn new(db: TestDb) -> Phones {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let world = World::with_messages(db, format!("http://{address}"), |_| {});
        let gateway = DemoGateway::new(SECRET, world.clock.clone());
        let mut phones = Phones { world, gateway, serving: None, address };
        phones.serve(listener);
        phones
    }

    fn serve(&mut self, listener: tokio::net::TcpListener) {
        let routes: Router = self.gateway.clone().routes();
        self.serving = Some(tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() }));
    }

    /// The gateway is away until it is served again.
    async fn cut(&mut self) {
        let serving = self.serving.take().unwrap();
        serving.abort();
        let _ = serving.await;
    }

    async fn back(&mut self) {
        let listener = tokio::net::TcpListener::bind(self.address).await.unwrap();
        self.serve(listener);
    }

    async fn send(&self) -> yimen_messages::Sent {
        self.world.identity.outbox().unwrap().send_due().await.unwrap()
    }

    /// The newest message a phone got.
    async fn message(&self, phone: &str) -> String {
        self.send().await;
        self.gateway.sent_to(phone).first().cloned().unwrap_or_default()
    }

    async fn code(&self, phone: &str) -> String {
        let message = self.message(phone).await;
        let code: String = message.chars().filter(char::is_ascii_digit).take(6).collect();
        assert_eq!(code.len(), 6, "{message}");
        code
    }

    async fn ask(&self, phone: &str, number: &str) -> Answer {
        let form = format!("next=/mine&phone={phone}&number={number}");
        self.world.post("/sign-in/phone", "", &form).await
    }

    async fn enter(&self, step: &str, code: &str) -> Answer {
        self.world.post("/sign-in/phone/code", step, &format!("next=/mine&code={code}")).await
    }

    async fn register(&self, name: &str, phone: &str, number: &str) -> Answer {
        let form = format!("next=/mine&name={name}&phone={phone}&number={number}");
        self.world.post("/register", "", &form).await
    }

    fn next_minute(&self) {
        self.world.clock.advance_ms(MINUTE);
    }

    async fn verbs(&self, verb: &str) -> usize {
        let read = |q: &mut Read<'_>| -> Result<_, StoreError> { journal::of_case(q, 0, 0, 1000) };
        let entries = self.world.store.read(read).await.unwrap();
        let text: String = entries.iter().map(|e| format!("{} {}", e.body, e.actor_name)).collect();
        assert!(![PHONE, OTHER, &resident()].iter().any(|secret| text.contains(secret)), "{text}");
        entries.into_iter().filter(|entry| entry.verb == verb).count()
    }
}

/// All that the database holds of codes and messages, one value after the other.
fn everything(world: &World) -> Vec<u8> {
    let (mut raw, mut wanted) = (Vec::new(), false);
    let seen = world.store.dump(|record| {
        match record {
            Record::Table { name, .. } => wanted = matches!(name, "identity_code" | "messages_outbox"),
            Record::Row(values) if wanted => {
                for value in values {
                    match value {
                        Value::Text(text) => raw.extend_from_slice(text.as_bytes()),
                        Value::Blob(bytes) => raw.extend_from_slice(bytes),
                        _ => {}
                    }
                    raw.push(b'\n');
                }
            }
            _ => {}
        }
        Ok(())
    });
    seen.unwrap();
    raw
}

fn session(answer: &Answer) -> String {
    let mut cookies = answer.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap());
    let found = cookies.find(|c| c.starts_with("yimen="));
    found.unwrap_or_default().split(';').next().unwrap().to_owned()
}

/// Seventeen digits with the right last one; the division 000000 exists nowhere.
fn number(body: &str) -> String {
    let check = yimen_standards::check::mod_11_2(body).unwrap();
    format!("{body}{}", char::from(check))
}

#[test]
fn a_code_signs_in_once_and_leads_to_where_one_was_going() {
    on_each_engine_async(|db| async move {
        let phones = Phones::new(db).await;
        let world = &phones.world;
        world.citizen();
        let page = world.get("/sign-in?next=/mine", "").await.body;
        assert!(page.contains(r#"href="/sign-in/phone?next=/mine""#), "{page}");
        yimen_web::check::assert_page("by code", &world.get("/sign-in/phone", "").await.body);
        let asked = phones.ask("138-0000-1234", &resident().to_lowercase()).await;
        assert_eq!(asked.location(), "/sign-in/phone/code?next=/mine", "{}", asked.body);
        let half = step(&asked);
        assert_eq!(world.whoami(&half).await, "anyone||", "half signed in is nobody");
        let page = world.get(asked.location(), &half).await.body;
        yimen_web::check::assert_page("the code", &page);
        assert!(page.contains("138****1234") && !page.contains(PHONE), "{page}");
        let raw = everything(world);
        assert!(raw.len() > 200, "there is something to look through");
        let code = phones.code(PHONE).await;
        for secret in [code.as_str(), PHONE, &resident()] {
            assert!(
                !raw.windows(secret.len()).any(|part| part == secret.as_bytes()),
                "{secret} lies readable"
            );
        }
        assert_eq!(world.identity.outbox().unwrap().waiting().await.unwrap(), 0, "what is sent is not kept");
        let entered = phones.enter(&half, &format!(" {} {} ", &code[..3], &code[3..])).await;
        assert_eq!(entered.location(), "/mine", "{}", entered.body);
        let cookie = session(&entered);
        assert_eq!(world.whoami(&cookie).await, "citizen|王小明|王小明 个人用户");
        // Used up, and bound to the browser that asked.
        let again = phones.enter(&half, &code).await;
        assert!(again.location().starts_with("/sign-in/phone?") && session(&again).is_empty());
        for (verb, times) in [("code.requested", 1), ("message.sent", 1), ("account.signed_in", 1)] {
            assert_eq!(phones.verbs(verb).await, times, "{verb}");
        }
    });
}

#[test]
fn five_wrong_codes_or_five_minutes_end_a_code_and_another_may_be_asked_for_after_a_minute() {
    on_each_engine_async(|db| async move {
        let phones = Phones::new(db).await;
        let world = &phones.world;
        world.citizen();
        let half = step(&phones.ask(PHONE, &resident()).await);
        let code = phones.code(PHONE).await;
        let wrong = if code == "000000" { "000001" } else { "000000" };
        for left in (0..5).rev() {
            let answer = phones.enter(&half, wrong).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            let told =
                if left == 0 { "请重新获取".to_owned() } else { format!("还可以输入{left}次") };
            assert!(answer.body.contains(&told), "{told}: {}", answer.body);
        }
        assert!(phones.enter(&half, &code).await.body.contains("已失效"), "the right one comes too late");
        assert_eq!(phones.verbs("code.exhausted").await, 1);
        let soon = world.post("/sign-in/phone/again", &half, "next=/mine").await;
        assert_eq!(soon.location(), "/sign-in/phone/code?next=/mine&wait=61");
        phones.next_minute();
        let again = world.post("/sign-in/phone/again", &half, "next=/mine").await;
        assert_eq!(again.location(), "/sign-in/phone/code?next=/mine&sent=1");
        let second = phones.code(PHONE).await;
        assert!(second == code || phones.enter(&half, &code).await.status != StatusCode::SEE_OTHER);
        world.clock.advance_ms(5 * MINUTE);
        assert!(phones.enter(&half, &second).await.body.contains("已失效"), "after five minutes");
        world.post("/sign-in/phone/again", &half, "").await;
        assert_eq!(phones.enter(&half, &phones.code(PHONE).await).await.location(), "/mine");
    });
}

#[test]
fn who_has_no_account_is_asked_and_answered_like_anybody_and_only_the_phone_is_told() {
    on_each_engine_async(|db| async move {
        let phones = Phones::new(db).await;
        let world = &phones.world;
        world.citizen();
        world.clerk();
        let strange = number("00000019850505001");
        let mut told = Vec::new();
        for (phone, id) in [(PHONE, resident()), (OTHER, resident()), ("13700000001", strange.clone())] {
            let asked = phones.ask(phone, &id).await;
            let half = step(&asked);
            let page = world.get(asked.location(), &half).await;
            let wrong = phones.enter(&half, "9x9x9x").await;
            let masked = format!("{}****{}", &phone[..3], &phone[7..]);
            told.push((
                asked.status,
                asked.location().to_owned(),
                page.body.replace(&masked, "…"),
                wrong.status,
                wrong.body.replace(&masked, "…"),
            ));
        }
        assert!(told.iter().all(|one| *one == told[0]), "{told:#?}");
        assert_eq!(phones.send().await.sent, 3, "to each the same work is done");
        assert!(phones.message(PHONE).await.contains("验证码"));
        for phone in [OTHER, "13700000001"] {
            assert!(phones.message(phone).await.contains("没有对应的账户"), "{phone}");
        }
        assert_eq!(phones.verbs("code.requested").await, 3);
    });
}

#[test]
fn codes_are_asked_for_so_often_by_phone_and_by_address_and_no_more() {
    on_each_engine_async(|db| async move {
        let phones = Phones::new(db).await;
        let world = &phones.world;
        for sent in 1..=10 {
            assert_eq!(phones.ask(PHONE, &resident()).await.status, StatusCode::SEE_OTHER);
            if sent == 10 {
                break;
            }
            let soon = phones.ask(PHONE, &resident()).await;
            assert_eq!(soon.status, StatusCode::TOO_MANY_REQUESTS);
            assert_eq!(soon.headers[header::RETRY_AFTER], "61");
            assert!(soon.body.contains("请在61秒后再获取") && soon.body.contains("<form"), "{}", soon.body);
            phones.next_minute();
        }
        phones.next_minute();
        let eleventh = phones.ask(PHONE, &resident()).await;
        assert_eq!(eleventh.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(eleventh.body.contains("小时后再获取"), "{}", eleventh.body);
        world.clock.advance_ms(24 * 60 * MINUTE);
        assert_eq!(phones.ask(PHONE, &resident()).await.status, StatusCode::SEE_OTHER);
        let mut refused = 0;
        for n in 0..61 {
            let form = format!("phone=136{n:08}&number={}", resident());
            let request = Request::post("/sign-in/phone")
                .header("sec-fetch-site", "same-origin")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .extension(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 1))));
            let answer = world.send(request.body(Body::from(form)).unwrap()).await;
            refused += usize::from(answer.status == StatusCode::TOO_MANY_REQUESTS);
        }
        assert_eq!(refused, 1);
        world.clock.advance_ms(48 * 60 * MINUTE);
        while world.identity.sweep().await.unwrap() > 0 {}
        let left =
            |q: &mut Read<'_>| -> Result<Vec<(String, Vec<u8>)>, StoreError> { q.all(&RAW_CODES, params![]) };
        assert!(world.store.read(left).await.unwrap().is_empty());
    });
}

#[test]
fn a_gateway_that_is_away_is_said_so_and_the_code_comes_when_it_is_back() {
    on_each_engine_async(|db| async move {
        let mut phones = Phones::new(db).await;
        phones.world.citizen();
        phones.cut().await;
        let asked = phones.ask(PHONE, &resident()).await;
        assert_eq!(asked.status, StatusCode::SEE_OTHER, "nobody waits for the gateway");
        assert_eq!(phones.send().await.waiting, 1);
        let page = phones.world.get(asked.location(), &step(&asked)).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(
            page.body.contains("短信平台暂时连接不上") && page.body.contains("也可以用密码登录"),
            "{}",
            page.body
        );
        assert_eq!(phones.send().await, yimen_messages::Sent::default(), "not at once again");
        phones.back().await;
        phones.world.clock.advance_ms(5_000);
        let code = phones.code(PHONE).await;
        assert!(!phones.world.get(asked.location(), &step(&asked)).await.body.contains("暂时连接不上"));
        assert_eq!(phones.enter(&step(&asked), &code).await.location(), "/mine");
        assert_eq!(phones.gateway.sent_to(PHONE).len(), 1, "tried twice, sent once");
        // Too late is given up, and nothing of it stays.
        phones.cut().await;
        phones.next_minute();
        phones.ask(PHONE, &resident()).await;
        phones.send().await;
        phones.world.clock.advance_ms(6 * MINUTE);
        assert_eq!(phones.send().await.given_up, 1);
        assert_eq!(phones.verbs("message.expired").await, 1);
        // Without a gateway there is no such door, and the password's is as before.
        let bare = World::on(phones.world.store.clone(), crate::world::settings(false));
        let none = bare.get("/sign-in/phone", "").await;
        assert_eq!(none.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(none.body.contains("没有接入短信平台"), "{}", none.body);
        assert!(!bare.get("/sign-in", "").await.body.contains("验证码登录"));
    });
}

#[test]
fn where_nobody_proves_who_people_are_nobody_registers() {
    on_each_engine_async(|db| async move {
        let world =
            World::with_messages(db, "http://127.0.0.1:9".into(), |settings| settings.registers = false);
        for path in ["/register", "/register/code"] {
            for answer in [world.get(path, "").await, world.post(path, "", "code=1").await] {
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
                assert!(answer.body.contains("请带身份证到办事大厅"), "{path}: {}", answer.body);
            }
        }
        for path in ["/sign-in", "/sign-in/phone"] {
            assert!(!world.get(path, "").await.body.contains("注册账户"), "{path}");
        }
    });
}

#[test]
fn a_person_registers_by_number_and_phone_and_sets_a_password_later() {
    on_each_engine_async(|db| async move {
        let phones = Phones::new(db).await;
        let world = &phones.world;
        yimen_web::check::assert_page("register", &world.get("/register", "").await.body);
        let wrong = phones.register("", "0571-87654321", "000000199001010019").await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        for told in ["请填写姓名", "请填写能接收短信的手机号码", "number-error"] {
            assert!(wrong.body.contains(told), "{told}: {}", wrong.body);
        }
        let id = number("00000019920202002");
        let asked = phones.register("李小红", OTHER, &id).await;
        assert_eq!(asked.location(), "/register/code?next=/mine", "{}", asked.body);
        let half = step(&asked);
        yimen_web::check::assert_page("code", &world.get(asked.location(), &half).await.body);
        let code = phones.code(OTHER).await;
        let weak = world.post("/register/code", &half, &format!("next=/mine&code={code}&new=12345678")).await;
        assert_eq!(
            weak.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "the code is not used up by a weak password"
        );
        let made = world.post("/register/code", &half, &format!("next=/mine&code={code}&new=")).await;
        assert_eq!(made.location(), "/mine", "{}", made.body);
        let cookie = session(&made);
        assert!(world.whoami(&cookie).await.starts_with("citizen|李小红"));
        assert_eq!(phones.verbs("account.registered").await, 1);
        let parties = Parties::new(world.platform.sealer.clone());
        let (known, asked_for) = (parties.clone(), id.clone());
        let party = world
            .store
            .read(move |q| known.by_document(q, NumberKind::ResidentId, &asked_for))
            .await
            .unwrap()
            .expect("a party");
        assert_eq!((party.name.as_str(), party.phone.as_str()), ("李小红", OTHER));
        // No password opens it until one is set, and only a moment after the code.
        assert_eq!(world.attempt(&id, "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(world.attempt(&id, PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let page = world.get("/me/password", &cookie).await.body;
        assert!(page.contains("设置密码") && !page.contains("现在的密码"), "{page}");
        world.clock.advance_ms(11 * MINUTE);
        let late = world.post("/me/password", &cookie, &format!("new={PASSWORD}")).await;
        assert!(late.body.contains("用验证码重新登录"), "{}", late.body);
        let half = step(&phones.ask(OTHER, &id).await);
        let fresh = session(&phones.enter(&half, &phones.code(OTHER).await).await);
        let set = world.post("/me/password", &fresh, &format!("new={PASSWORD}")).await;
        assert_eq!(set.location(), "/me/sessions?password=changed", "{}", set.body);
        assert_eq!(world.attempt(&id, PASSWORD).await.status, StatusCode::SEE_OTHER);
        let twice = world.post("/me/password", &fresh, "new=Another-2026").await;
        assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY, "now the present one is asked for");
    });
}

#[test]
fn nobody_registers_as_somebody_who_is_known() {
    on_each_engine_async(|db| async move {
        let phones = Phones::new(db).await;
        let world = &phones.world;
        world.citizen();
        let known = number("00000019700707007");
        let parties = Parties::new(world.platform.sealer.clone());
        let (ctx, new) = (world.system(), NewParty::person("陈大爷", &known).phone("13600000009"));
        world.store.write_blocking("party", move |tx| parties.register(tx, &ctx, &new)).unwrap();
        // The account's number, its phone, another name, another phone than the counter has written down.
        let fresh = number("00000019800808008");
        let tries = [
            ("王小明", "13600000001", resident()),
            ("王小明", PHONE, fresh.clone()),
            ("陈大", "13600000009", known.clone()),
            ("陈大爷", "13600000002", known.clone()),
        ];
        let mut answers = Vec::new();
        for (name, phone, id) in &tries {
            let half = step(&phones.register(name, phone, id).await);
            let code = phones.code(phone).await;
            let refused = world.post("/register/code", &half, &format!("code={code}")).await;
            assert_eq!(
                (refused.status, session(&refused)),
                (StatusCode::UNPROCESSABLE_ENTITY, String::new())
            );
            let told = refused.body.find("不能用填写的信息注册").expect("says so");
            answers.push(refused.body[told..told + 120].to_owned());
            phones.next_minute();
        }
        assert!(answers.iter().all(|one| *one == answers[0]), "{answers:#?}");
        assert_eq!(phones.verbs("account.registered").await, 0);
        assert_eq!(phones.verbs("account.registration_refused").await, 4);
        let half = step(&phones.register("陈大爷", "13600000009", &known).await);
        let code = phones.code("13600000009").await;
        let own = world.post("/register/code", &half, &format!("code={code}")).await;
        assert_eq!(own.location(), "/home-of-citizen", "who the counter knows by this phone: {}", own.body);
    });
}

#[test]
fn another_phone_is_proven_by_a_code_and_the_old_one_is_told() {
    on_each_engine_async(|db| async move {
        let phones = Phones::new(db).await;
        let world = &phones.world;
        let parties = Parties::new(world.platform.sealer.clone());
        let (ctx, new) = (world.system(), NewParty::person("王小明", resident()).phone(PHONE));
        let party = world.store.write_blocking("party", move |tx| parties.register(tx, &ctx, &new)).unwrap();
        let position = yimen_identity::Position::Citizen { party: party.id };
        world.account(yimen_identity::NewAccount { position, ..citizen() });
        let cookie = world.sign_in(PHONE).await;
        yimen_web::check::assert_page("phone", &world.get("/me/phone", &cookie).await.body);
        assert!(world.get("/me/sessions", &cookie).await.body.contains("/me/phone"));
        let asked = world.post("/me/phone", &cookie, &format!("phone={OTHER}")).await;
        assert_eq!(asked.location(), "/me/phone/code", "{}", asked.body);
        let both = format!("{cookie}; {}", step(&asked));
        let code = phones.code(OTHER).await;
        // The step alone is not enough: who changes it is signed in, and is who asked.
        assert!(
            world
                .post("/me/phone/code", &step(&asked), &format!("code={code}"))
                .await
                .location()
                .starts_with("/sign-in")
        );
        let changed = world.post("/me/phone/code", &both, &format!("code={code}")).await;
        assert_eq!(changed.location(), "/me/sessions?phone=changed", "{}", changed.body);
        let told = phones.message(PHONE).await;
        assert!(told.contains("已更换为139****5678"), "{told}");
        assert_eq!(world.attempt(PHONE, PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(world.attempt(OTHER, PASSWORD).await.status, StatusCode::SEE_OTHER);
        assert_eq!(phones.verbs("account.phone_changed").await, 1);
        // Another's phone is not taken.
        let id = number("00000019920202002");
        let half = step(&phones.register("李小红", "13600000003", &id).await);
        let code = phones.code("13600000003").await;
        let other = session(&world.post("/register/code", &half, &format!("code={code}")).await);
        phones.next_minute();
        let asked = world.post("/me/phone", &other, &format!("phone={OTHER}")).await;
        let both = format!("{other}; {}", step(&asked));
        let code = phones.code(OTHER).await;
        let taken = world.post("/me/phone/code", &both, &format!("code={code}")).await;
        assert!(taken.body.contains("已用于另一个账户"), "{}", taken.body);
    });
}

#[test]
fn a_person_registers_on_a_phone_and_signs_in_by_code_at_a_desk() -> yimen_testkit::browser::Result {
    use yimen_testkit::browser::Browser;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let phones = Phones::new(TestDb::sqlite()).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let app = phones.world.app.clone();
        tokio::spawn(async move { axum::serve(listener, app).await });
        let id = number("00000019920202002");
        let browser = Browser::start().await?;
        let (phone, desk) = (browser.phone().await?, browser.desktop().await?);
        phone.goto(&format!("{base}/sign-in?next=/me/sessions")).await?;
        phone.click("注册账户").await?;
        phone.inspect("register").await?;
        phone.fill("姓名", "李小红").await?;
        phone.fill("身份证号码", &id).await?;
        phone.fill("手机号码", "139 0000 5678").await?;
        phone.click("获取验证码").await?;
        phone.wait_for("填写短信验证码").await?;
        phone.inspect("register-code").await?;
        phone.fill("短信验证码", &phones.code(OTHER).await).await?;
        phone.click("注册并登录").await?;
        phone.wait_for("登录记录").await?;
        phone.click("更换手机号码").await?;
        phone.inspect("change-phone").await?;
        phones.next_minute();
        desk.goto(&format!("{base}/sign-in?next=/me/sessions")).await?;
        desk.click("验证码登录").await?;
        desk.inspect("sign-in-by-code").await?;
        desk.fill("身份证号码", &id).await?;
        desk.fill("手机号码", OTHER).await?;
        desk.click("获取验证码").await?;
        desk.wait_for("短信已发到 139****5678").await?;
        desk.inspect("sign-in-code").await?;
        desk.fill("短信验证码", &phones.code(OTHER).await).await?;
        desk.click_near("6位数字，5分钟内有效", "登录").await?;
        desk.wait_for("登录记录").await
    })
}

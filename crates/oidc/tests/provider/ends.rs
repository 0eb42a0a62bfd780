//! How what was given ends: by reuse, by the session, by the account, by another position, by the client itself.

use axum::http::StatusCode;
use serde_json::Value;
use yimen_platform::Role;
use yimen_store::Record;
use yimen_testkit::on_each_engine_async;

use crate::world::{CALLBACK, MINUTE, VERIFIER, World, acting, request, staff};

/// Somebody signs in to a client of the tax department.
struct Given {
    id: String,
    secret: String,
    cookie: String,
    tokens: Value,
}

impl Given {
    async fn new(world: &World) -> Given {
        let (id, secret) = world.client(|_| ()).await;
        let cookie = world.sign_in("zhou").await;
        let code = world.get(&request(&id, &[]), &cookie).await.told("code");
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        let (status, tokens) = world.call("/oauth/token", Some((&id, &secret)), &form).await;
        assert_eq!(status, StatusCode::OK, "{tokens}");
        Given { id, secret, cookie, tokens }
    }

    async fn refresh(&self, world: &World, token: &Value) -> Result<Value, String> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str().unwrap())];
        let (status, told) = world.call("/oauth/token", Some((&self.id, &self.secret)), &form).await;
        match status {
            StatusCode::OK => Ok(told),
            _ => Err(told["error"].as_str().unwrap().to_owned()),
        }
    }

    async fn info(&self, world: &World, tokens: &Value) -> StatusCode {
        let token = tokens["access_token"].as_str().unwrap();
        world.call("/oauth/userinfo", None, &[("access_token", token)]).await.0
    }

    /// The access token counts no more, and the refresh token ends the grant for this reason.
    async fn has_ended(&self, world: &World, why: &str) {
        assert_eq!(self.info(world, &self.tokens).await, StatusCode::UNAUTHORIZED, "{why}");
        assert_eq!(
            self.refresh(world, &self.tokens["refresh_token"]).await,
            Err("invalid_grant".into()),
            "{why}"
        );
        assert_eq!(world.told().await.last(), Some(&("oidc.ended".to_owned(), why.to_owned())));
    }
}

#[test]
fn a_refresh_token_used_twice_ends_its_family() {
    on_each_engine_async(|db| async move {
        let world = World::new(db).await;
        world.reviewer();
        let given = Given::new(&world).await;
        let first = given.tokens["refresh_token"].clone();
        let second = given.refresh(&world, &first).await.expect("other tokens");
        let third = given.refresh(&world, &second["refresh_token"]).await.expect("other tokens");
        assert_eq!(given.info(&world, &third).await, StatusCode::OK);
        // Whoever took the first one along: the thief or the system, it cannot be told which.
        assert_eq!(given.refresh(&world, &first).await, Err("invalid_grant".into()));
        for tokens in [&given.tokens, &second, &third] {
            assert_eq!(given.info(&world, tokens).await, StatusCode::UNAUTHORIZED);
            assert_eq!(given.refresh(&world, &tokens["refresh_token"]).await, Err("invalid_grant".into()));
        }
        assert_eq!(world.told().await.last().unwrap().1, "refresh token used twice");
        // The person is still signed in here, and signs in there anew.
        assert!(!world.get(&request(&given.id, &[]), &given.cookie).await.told("code").is_empty());
    });
}

/// Twenty at once: one is served, and the others are what a second use is.
#[test]
fn of_many_who_refresh_at_once_one_is_served_at_most() {
    on_each_engine_async(|db| async move {
        let world = World::new(db).await;
        world.reviewer();
        let given = Given::new(&world).await;
        let token = given.tokens["refresh_token"].clone();
        let all = futures_of(20, || given.refresh(&world, &token)).await;
        let served: Vec<&Value> = all.iter().flatten().collect();
        assert!(served.len() <= 1, "{served:?}");
        for tokens in served {
            assert_eq!(given.info(&world, tokens).await, StatusCode::UNAUTHORIZED);
        }
    });
}

async fn futures_of<T>(count: usize, make: impl Fn() -> T) -> Vec<T::Output>
where
    T: Future,
{
    let mut waiting: Vec<_> = (0..count).map(|_| Box::pin(make())).collect();
    let mut done = Vec::new();
    std::future::poll_fn(move |context| {
        waiting.retain_mut(|one| match one.as_mut().poll(context) {
            std::task::Poll::Ready(answer) => {
                done.push(answer);
                false
            }
            std::task::Poll::Pending => true,
        });
        match waiting.is_empty() {
            true => std::task::Poll::Ready(std::mem::take(&mut done)),
            false => std::task::Poll::Pending,
        }
    })
    .await
}

#[test]
fn what_was_given_ends_with_session_account_position_password_and_client() {
    on_each_engine_async(|db| async move {
        let world = World::new(db).await;
        let account = world.reviewer();
        let security = world.account("sun", "孙安全", staff(&[Role::Security], ""));
        let keeper = world.ctx(acting(security, Role::Security));
        // Signing out here.
        let given = Given::new(&world).await;
        world.post("/sign-out", &given.cookie, "").await;
        given.has_ended(&world, "signed out").await;
        // Another position, though one that may sign in there, too.
        let given = Given::new(&world).await;
        world
            .identity
            .change_position(&keeper, account, staff(&[Role::Reviewer, Role::Supervisor], "tax"))
            .await
            .unwrap();
        given.has_ended(&world, "another position").await;
        // The client lets others in.
        let given = Given::new(&world).await;
        assert!(given.refresh(&world, &given.tokens["refresh_token"]).await.is_ok());
        let given = Given::new(&world).await;
        let change = yimen_oidc::NewClient {
            name: "税务核税系统".into(),
            redirects: vec![CALLBACK.into()],
            roles: yimen_platform::Roles::of(&[Role::Clerk]),
            ..Default::default()
        };
        world.oidc.change(&world.system(), &given.id, change).await.unwrap();
        assert_eq!(given.refresh(&world, &given.tokens["refresh_token"]).await, Err("invalid_grant".into()));
        assert_eq!(world.told().await.last().unwrap().1, "not let in any more");
        // The client takes it back: an access token alone, a refresh token with all.
        let given = Given::new(&world).await;
        let revoke = async |token: &Value, by: (&str, &str)| {
            world.call("/oauth/revoke", Some(by), &[("token", token.as_str().unwrap())]).await.0
        };
        let own = (given.id.as_str(), given.secret.as_str());
        let (other, others) = world.client(|_| ()).await;
        assert_eq!(revoke(&given.tokens["refresh_token"], (&other, &others)).await, StatusCode::OK);
        assert_eq!(given.info(&world, &given.tokens).await, StatusCode::OK, "not another's to take back");
        assert_eq!(revoke(&given.tokens["refresh_token"], (&other, "wrong")).await, StatusCode::UNAUTHORIZED);
        assert_eq!(revoke(&given.tokens["access_token"], own).await, StatusCode::OK);
        assert_eq!(given.info(&world, &given.tokens).await, StatusCode::UNAUTHORIZED);
        let next = given.refresh(&world, &given.tokens["refresh_token"]).await.expect("other tokens");
        assert_eq!(revoke(&next["refresh_token"], own).await, StatusCode::OK);
        assert_eq!(given.refresh(&world, &next["refresh_token"]).await, Err("invalid_grant".into()));
        // Doing nothing for too long. That a program refreshes is no sign of a person.
        let given = Given::new(&world).await;
        world.clock.advance_ms(20 * MINUTE);
        let next = given.refresh(&world, &given.tokens["refresh_token"]).await.expect("other tokens");
        world.clock.advance_ms(11 * MINUTE);
        assert_eq!(given.refresh(&world, &next["refresh_token"]).await, Err("invalid_grant".into()));
        // A closed account.
        let given = Given::new(&world).await;
        world.identity.close_account(&keeper, account).await.unwrap();
        given.has_ended(&world, "signed out").await;
    });
}

/// Nothing by which somebody could get in: neither secrets nor codes, tokens or keys.
#[test]
fn nothing_that_lets_anybody_in_lies_readable_in_the_database_and_what_is_over_is_swept() {
    on_each_engine_async(|db| async move {
        let world = World::new(db).await;
        world.reviewer();
        let given = Given::new(&world).await;
        let unused = world.get(&request(&given.id, &[]), &given.cookie).await.told("code");
        let dumped = || {
            let mut lines = Vec::new();
            let visit = |record: Record<'_>| {
                lines.push(format!("{record:?}"));
                Ok(())
            };
            world.store.dump(visit).unwrap();
            lines.join("\n")
        };
        let text = dumped();
        assert!(text.contains(&given.id) && text.contains("oidc_token"));
        let tokens =
            ["access_token", "refresh_token"].map(|name| given.tokens[name].as_str().unwrap().to_owned());
        for secret in tokens.iter().chain([&given.secret, &unused]) {
            assert!(!text.contains(secret.as_str()));
        }
        // PKCS #8 of a key on P-256 begins so, in the forms in which bytes are printed.
        for opening in ["308187020100", "48, 129, 135, 2, 1, 0"] {
            assert!(!text.to_lowercase().contains(opening));
        }
        world.clock.advance_ms(25 * 60 * MINUTE);
        let mut swept = 0;
        loop {
            match world.oidc.sweep().await.expect("swept") {
                0 => break,
                some => swept += some,
            }
        }
        // Two tokens, the grant they were of, and that of the code nobody came with.
        assert_eq!(swept, 4);
    });
}

//! What a client is given for one sign-in: a code, for it tokens, for these the next; and how all of it ends.
//!
//! A grant is a family: it ends as a whole. What was wrong with a request is no error of the unit of work, for what it
//! ended must be kept.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use yimen_identity::SignIn;
use yimen_platform::{Actor, Ctx, Role, journal};
use yimen_standards::time::Instant;
use yimen_store::{Read, Tx};

use crate::authorize::Asked;
use crate::client::Client;
use crate::store::{self, Grant};
use crate::{Oidc, Result, jose, keys, secret};

/// A code waits so long for its client.
const CODE_MS: i64 = 60_000;
const ACCESS_MS: i64 = 10 * 60_000;
pub const ID_TOKEN_MS: i64 = 10 * 60_000;
/// No session lasts longer, so no family does.
const FAMILY_MS: i64 = 12 * 3_600_000;
const SWEEP_AT_ONCE: i64 = 1000;

const CODE: &str = "oidc_grant.code";
const TOKEN: &str = "oidc_token.token";
const ACCESS: &str = "access";
const REFRESH: &str = "refresh";

pub const ONE_FACTOR: &str = "urn:yimen:acr:one-factor";
pub const TWO_FACTORS: &str = "urn:yimen:acr:two-factor";

/// An error as RFC 6749 names it; `why` is for whoever builds the client, and says nothing of the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    pub code: &'static str,
    pub why: &'static str,
}

impl Refusal {
    pub const fn new(code: &'static str, why: &'static str) -> Self {
        Self { code, why }
    }

    const fn grant(why: &'static str) -> Self {
        Self::new("invalid_grant", why)
    }
}

/// Done, or refused in a way whose consequences are kept.
pub type Told<T> = Result<Result<T, Refusal>>;

/// What the token endpoint gives.
pub struct Tokens {
    pub access: String,
    pub refresh: String,
    pub id_token: String,
    pub scopes: String,
}

pub const fn expires_in() -> i64 {
    ACCESS_MS / 1000
}

/// What somebody is, as far as a grant depends on it.
fn position(actor: &Actor) -> String {
    match actor {
        Actor::Citizen { party, .. } => format!("citizen {party}"),
        Actor::Staff(staff) => format!("staff {} {} {}", staff.roles.0, staff.department, staff.office),
        Actor::Anyone | Actor::System(_) => String::new(),
    }
}

/// SHA-256 of the verifier is the challenge (RFC 7636, S256); its length is what the RFC allows.
fn proves(verifier: &str, challenge: &str) -> bool {
    let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.' | b'_' | b'~');
    (43..=128).contains(&verifier.len())
        && verifier.bytes().all(plain)
        && jose::encode(&Sha256::digest(verifier.as_bytes())) == challenge
}

impl Oidc {
    /// The name by which a client knows an account: another for each client, and no way back.
    pub fn subject(&self, client: &str, account: i64) -> String {
        self.platform.sealer.blind_index("oidc.subject", &format!("{client}\0{account}"))
    }

    pub(crate) fn session_name(&self, client: &str, session: i64) -> String {
        self.platform.sealer.blind_index("oidc.session", &format!("{client}\0{session}"))
    }

    fn token_index(&self, token: &str) -> String {
        secret::index(&self.platform.sealer, TOKEN, token)
    }

    /// Gives a code for somebody's sign-in; `agreed` keeps what they said yes to.
    pub(crate) async fn give_code(
        &self,
        client: &Client,
        asked: &Asked,
        by: &SignIn,
        agreed: bool,
    ) -> Result<String> {
        let ctx = self.ctx(by.actor.clone());
        let code = secret::draw();
        let index = secret::index(&self.platform.sealer, CODE, &code);
        let grant = Grant {
            id: ctx.new_id(),
            client: client.id.clone(),
            account: by.account,
            session: by.session,
            scopes: asked.scopes.join(" "),
            nonce: asked.nonce.clone(),
            position: position(&by.actor),
            redirect: asked.redirect.clone(),
            challenge: asked.challenge.clone(),
            code_expires_at: ctx.now.plus_millis(CODE_MS),
            code_used_at: None,
            ended_at: None,
        };
        let give = move |tx: &mut Tx<'_>| -> Result<()> {
            if agreed {
                store::set_consent(tx, grant.account, &grant.client, &grant.scopes, ctx.now)?;
            }
            store::insert_grant(tx, &grant, &index, ctx.now)?;
            let body = json!({
                "grant": grant.id, "client": grant.client, "account": grant.account, "session": grant.session,
                "scopes": grant.scopes, "agreed": agreed,
            });
            Ok(journal::append(tx, &ctx, journal::Note { verb: "oidc.granted", case: 0, task: 0, body })?)
        };
        self.platform.store.write("oidc.give_code", give).await?;
        Ok(code)
    }

    /// Tokens for a code.
    pub(crate) async fn redeem(
        &self,
        client: &Client,
        code: &str,
        redirect: &str,
        verifier: &str,
    ) -> Told<Tokens> {
        let (oidc, ctx, client) = (self.clone(), self.program(), client.clone());
        let index = secret::index(&self.platform.sealer, CODE, code);
        let (redirect, verifier) = (redirect.to_owned(), verifier.to_owned());
        let redeem = move |tx: &mut Tx<'_>| -> Told<Tokens> {
            let found = store::by_code(tx, &index)?.filter(|grant| grant.client == client.id);
            let Some(grant) = found else { return Ok(Err(Refusal::grant("the code is unknown"))) };
            if grant.code_used_at.is_some() || !store::use_code(tx, grant.id, ctx.now)? {
                oidc.end(tx, &ctx, &grant, "code used twice")?;
                return Ok(Err(Refusal::grant("the code was used before; what it gave has ended")));
            }
            // From here on the code is spent: whoever guesses at the rest gets one guess.
            let wrong = match &grant {
                grant if grant.ended_at.is_some() => Some("the sign-in has ended"),
                grant if grant.code_expires_at <= ctx.now => Some("the code has expired"),
                grant if grant.redirect != redirect => {
                    Some("redirect_uri is not the one the code was made for")
                }
                grant if !proves(&verifier, &grant.challenge) => Some("code_verifier does not match"),
                _ => None,
            };
            if let Some(why) = wrong {
                oidc.end(tx, &ctx, &grant, why)?;
                return Ok(Err(Refusal::grant(why)));
            }
            match oidc.stands(tx, &ctx, &client, &grant)? {
                Some(by) => Ok(Ok(oidc.give_tokens(tx, &ctx, &grant, (&by, &grant.nonce), &grant.scopes)?)),
                None => Ok(Err(Refusal::grant(ENDED))),
            }
        };
        self.platform.store.write("oidc.redeem", redeem).await
    }

    /// Other tokens for a refresh token, which is spent by it. A second use means that two have it: all ends.
    pub(crate) async fn refresh(&self, client: &Client, token: &str, scopes: Option<&str>) -> Told<Tokens> {
        let (oidc, ctx, client) = (self.clone(), self.program(), client.clone());
        let (index, scopes) = (self.token_index(token), scopes.map(str::to_owned));
        let refresh = move |tx: &mut Tx<'_>| -> Told<Tokens> {
            let unknown = Ok(Err(Refusal::grant("the refresh token is unknown or has expired")));
            let token = store::token(tx, &index)?.filter(|token| token.kind == REFRESH);
            let Some(token) = token else { return unknown };
            let grant = store::grant(tx, token.grant)?.filter(|grant| grant.client == client.id);
            let Some(grant) = grant else { return unknown };
            if token.expires_at <= ctx.now || grant.ended_at.is_some() {
                return unknown;
            }
            let reused = "the refresh token was used before; all of its family have ended";
            // Before anything else is looked at: whoever tries a spent one learns nothing by what is wrong with the rest.
            if token.used_at.is_some() {
                oidc.end(tx, &ctx, &grant, "refresh token used twice")?;
                return Ok(Err(Refusal::grant(reused)));
            }
            let narrower: Vec<&str> = scopes.as_deref().unwrap_or(&grant.scopes).split(' ').collect();
            if !narrower.iter().all(|scope| grant.scopes.split(' ').any(|given| given == *scope)) {
                return Ok(Err(Refusal::new("invalid_scope", "more than was granted")));
            }
            if !store::use_token(tx, &index, ctx.now)? {
                oidc.end(tx, &ctx, &grant, "refresh token used twice")?;
                return Ok(Err(Refusal::grant(reused)));
            }
            let Some(by) = oidc.stands(tx, &ctx, &client, &grant)? else {
                return Ok(Err(Refusal::grant(ENDED)));
            };
            Ok(Ok(oidc.give_tokens(tx, &ctx, &grant, (&by, ""), &narrower.join(" "))?))
        };
        self.platform.store.write("oidc.refresh", refresh).await
    }

    /// The sign-in behind a grant, if nothing has changed since; otherwise the grant has ended.
    fn stands(&self, tx: &mut Tx<'_>, ctx: &Ctx, client: &Client, grant: &Grant) -> Result<Option<SignIn>> {
        let by = self.identity.sign_in_of(tx, grant.session)?;
        let why = match &by {
            None => "signed out",
            Some(by) if position(&by.actor) != grant.position => "another position",
            Some(by) if !client.lets_in(&by.actor) => "not let in any more",
            Some(by) if by.password_due => "password due",
            Some(_) => return Ok(by),
        };
        self.end(tx, ctx, grant, why)?;
        Ok(None)
    }

    fn end(&self, tx: &mut Tx<'_>, ctx: &Ctx, grant: &Grant, why: &str) -> Result<()> {
        if store::end_grant(tx, grant.id, ctx.now)? {
            let body =
                json!({ "grant": grant.id, "client": grant.client, "account": grant.account, "why": why });
            journal::append(tx, ctx, journal::Note { verb: "oidc.ended", case: 0, task: 0, body })?;
        }
        Ok(())
    }

    fn give_tokens(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        grant: &Grant,
        (by, nonce): (&SignIn, &str),
        scopes: &str,
    ) -> Result<Tokens> {
        let (access, refresh) = (secret::draw(), secret::draw());
        let family_end = by.at.plus_millis(FAMILY_MS);
        store::insert_token(
            tx,
            &self.token_index(&access),
            grant.id,
            ACCESS,
            ctx.now.plus_millis(ACCESS_MS),
        )?;
        store::insert_token(tx, &self.token_index(&refresh), grant.id, REFRESH, family_end)?;
        let claims = self.id_claims(ctx.now, &grant.client, by, nonce, &access);
        let id_token = keys::sign(tx, ctx, &self.platform.sealer, &claims)?;
        Ok(Tokens { access, refresh, id_token, scopes: scopes.to_owned() })
    }

    fn id_claims(&self, now: Instant, client: &str, by: &SignIn, nonce: &str, access: &str) -> Value {
        let acr = if by.two_factors { TWO_FACTORS } else { ONE_FACTOR };
        let half = &Sha256::digest(access.as_bytes())[..16];
        let mut claims = json!({
            "iss": self.issuer(),
            "sub": self.subject(client, by.account),
            "aud": client,
            "iat": now.0 / 1000,
            "exp": now.plus_millis(ID_TOKEN_MS).0 / 1000,
            "auth_time": by.at.0 / 1000,
            "acr": acr,
            "sid": self.session_name(client, by.session),
            "at_hash": jose::encode(half),
        });
        // Applicants come in by several ways, and a session does not say by which; staff by these only.
        if let Actor::Staff(_) = by.actor {
            claims["amr"] = if by.two_factors { json!(["pwd", "otp", "mfa"]) } else { json!(["pwd"]) };
        }
        if !nonce.is_empty() {
            claims["nonce"] = nonce.into();
        }
        claims
    }

    /// What an access token lets its holder know of the person; nothing if it does not count (any more).
    pub(crate) async fn user_info(&self, token: &str) -> Result<Option<Map<String, Value>>> {
        let (oidc, now, index) = (self.clone(), self.platform.clock.now(), self.token_index(token));
        let read = move |q: &mut Read<'_>| -> Result<Option<Map<String, Value>>> {
            let token =
                store::token(q, &index)?.filter(|token| token.kind == ACCESS && now < token.expires_at);
            let Some(token) = token else { return Ok(None) };
            let grant = store::grant(q, token.grant)?.filter(|grant| grant.ended_at.is_none());
            let Some(grant) = grant else { return Ok(None) };
            let by = oidc.identity.sign_in_of(q, grant.session)?;
            let by = by.filter(|by| position(&by.actor) == grant.position);
            Ok(by.map(|by| oidc.claims(&grant, &by.actor)))
        };
        self.platform.store.read(read).await
    }

    fn claims(&self, grant: &Grant, actor: &Actor) -> Map<String, Value> {
        let has = |scope: &str| grant.scopes.split(' ').any(|given| given == scope);
        let mut claims = Map::new();
        claims.insert("sub".into(), self.subject(&grant.client, grant.account).into());
        if has("profile") {
            claims.insert("name".into(), actor.name().into());
        }
        if let (true, Actor::Staff(staff)) = (has("work"), actor) {
            let roles: Vec<&str> = staff.roles.iter().map(Role::code).collect();
            claims.insert("roles".into(), roles.into());
            claims.insert("department".into(), staff.department.clone().into());
            claims.insert("office".into(), staff.office.clone().into());
        }
        claims
    }

    /// Takes a token back at its client's wish: a refresh token with all its family.
    pub(crate) async fn revoke(&self, client: &Client, token: &str) -> Result<()> {
        let (oidc, ctx, client, index) =
            (self.clone(), self.program(), client.id.clone(), self.token_index(token));
        let revoke = move |tx: &mut Tx<'_>| -> Result<()> {
            let Some(token) = store::token(tx, &index)? else { return Ok(()) };
            let grant = store::grant(tx, token.grant)?.filter(|grant| grant.client == client);
            match grant {
                Some(grant) if token.kind == REFRESH => oidc.end(tx, &ctx, &grant, "revoked by the client"),
                Some(_) => Ok(store::drop_token(tx, &index)?),
                None => Ok(()),
            }
        };
        self.platform.store.write("oidc.revoke", revoke).await
    }

    /// Removes tokens that have run out and grants that are over. Returns how many; to be called again while there are any.
    pub async fn sweep(&self) -> Result<u64> {
        let now = self.platform.clock.now();
        let sweep =
            move |tx: &mut Tx<'_>| store::sweep(tx, now, now.plus_millis(-2 * FAMILY_MS), SWEEP_AT_ONCE);
        Ok(self.platform.store.write("oidc.sweep", sweep).await?)
    }

    fn program(&self) -> Ctx {
        self.ctx(Actor::System("单点登录"))
    }
}

const ENDED: &str = "the sign-in has ended; sign in again";

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636, appendix B.
    #[test]
    fn the_verifier_of_the_rfc_proves_its_challenge_and_no_other_does() {
        let (verifier, challenge) =
            ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(proves(verifier, challenge));
        assert!(!proves(&verifier.to_lowercase(), challenge));
        assert!(!proves(challenge, challenge) && !proves("", challenge));
        assert!(!proves(&"a".repeat(42), &jose::encode(&Sha256::digest("a".repeat(42)))));
        assert!(!proves(&"a".repeat(129), &jose::encode(&Sha256::digest("a".repeat(129)))));
    }
}

//! `/oauth/authorize`: who it is, whether they may and want to, and back with a code.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use yimen_identity::{SignIn, SignedIn, sign_in_path};
use yimen_standards::time::Instant;
use yimen_store::Read;
use yimen_web::{Button, Form, Html, Page, Shell, WebError, redirect_303};

use super::away;
use crate::authorize::{Asked, Fault, Query, address, read};
use crate::client::{Client, SCOPES};
use crate::grant::Refusal;
use crate::{Oidc, OidcError, jose, keys, store};

/// What comes back from the sign-in page must fit into its way back.
const LONGEST: usize = 1600;
/// Who signs in anew within this has done so for the request that asked for it.
const AGAIN_MS: i64 = 15 * 60_000;
const AGAIN: &str = "&again=";

#[derive(Template)]
#[template(path = "oidc/consent.html")]
struct ConsentPage {
    page: Page,
    name: String,
    host: String,
    who: String,
    told: Vec<&'static str>,
    action: String,
    submit: Button,
}

#[derive(Template)]
#[template(path = "oidc/again.html")]
struct AgainPage {
    page: Page,
    name: String,
    why: &'static str,
    action: String,
    submit: Button,
}

/// A request with its client and, if somebody is signed in, who.
struct Found {
    client: Client,
    asked: Asked,
    /// The query as it came, without our own mark, and with it.
    query: String,
    marked: String,
    /// Since when signing in counts as signing in anew.
    since: Option<Instant>,
    by: Option<SignIn>,
}

/// What stands between somebody and a code.
enum Next {
    SignIn,
    Again(&'static str),
    Consent,
    Refuse(Refusal),
    Give,
}

impl Found {
    fn answer(&self, shell: &Shell, headers: &HeaderMap, oidc: &Oidc, pairs: &[(&str, &str)]) -> Response {
        let mut pairs = pairs.to_vec();
        // RFC 9207: a client with several providers is not led to mistake one for another.
        pairs.extend([("state", self.asked.state.as_str()), ("iss", oidc.issuer())]);
        away(shell, headers, &self.client.name, address(&self.asked.redirect, &pairs))
    }
}

impl Oidc {
    async fn find(&self, query: &str, signed_in: Option<SignedIn>) -> Result<Result<Found, Fault>, WebError> {
        let marked = query.to_owned();
        let (query, mark) = query.rsplit_once(AGAIN).unwrap_or((query, ""));
        if query.len() > LONGEST {
            return Ok(Err(Fault::Here("登录请求太长。")));
        }
        let values = Query::read(query);
        let client = self.client(values.get("client_id")).await.map_err(WebError::from)?;
        let Some(client) = client.filter(|client| client.closed_at.is_none()) else {
            return Ok(Err(Fault::Here("要登录的系统没有登记，或者已经停用。")));
        };
        let asked = match read(&values, &client) {
            Ok(asked) => asked,
            Err(fault) => return Ok(Err(fault)),
        };
        let (identity, session) = (self.identity.clone(), signed_in.map_or(0, |one| one.session.id));
        let read = move |q: &mut Read<'_>| -> Result<_, OidcError> { Ok(identity.sign_in_of(q, session)?) };
        let by = self.platform.store.read(read).await.map_err(WebError::from)?;
        let since = self.marked(query, mark);
        Ok(Ok(Found { client, asked, query: query.to_owned(), marked, since, by }))
    }

    /// The mark of a request that asked for signing in anew: when, and that it was us who wrote it.
    fn mark(&self, query: &str) -> String {
        let now = self.platform.clock.now().0;
        format!("{now}.{}", self.platform.sealer.mac("oidc.again", &format!("{now}\0{query}")))
    }

    fn marked(&self, query: &str, mark: &str) -> Option<Instant> {
        let (at, code) = mark.split_once('.')?;
        let genuine = self.platform.sealer.mac("oidc.again", &format!("{at}\0{query}")) == code;
        let at = Instant(at.parse().ok().filter(|_| genuine)?);
        (self.platform.clock.now() < at.plus_millis(AGAIN_MS)).then_some(at)
    }

    async fn next(&self, found: &Found, agreed: bool) -> Result<Next, WebError> {
        let Found { client, asked, .. } = found;
        let silent = |code, why, else_: Next| match asked.prompt.none {
            true => Next::Refuse(Refusal::new(code, why)),
            false => else_,
        };
        let Some(by) = &found.by else {
            return Ok(silent("login_required", "nobody is signed in", Next::SignIn));
        };
        let now = self.platform.clock.now();
        let is_anew = found.since.is_some_and(|since| since <= by.at);
        let stale = !is_anew && asked.max_age.is_some_and(|age| by.at.plus_millis(age) < now);
        let why = match () {
            () if by.password_due => Some("您的密码该换了：请重新登录，登录时设置新密码。"),
            () if asked.prompt.login && !is_anew => Some("这个系统要求您重新登录，确认是您本人在操作。"),
            () if stale => Some("您登录已有一段时间，这个系统要求重新登录，确认是您本人在操作。"),
            () if !self.means(found, by).await? => {
                Some("这个系统要的不是现在登录的账户，请用原来的账户登录。")
            }
            () => None,
        };
        if let Some(why) = why {
            return Ok(silent("login_required", "has to sign in anew", Next::Again(why)));
        }
        if !client.lets_in(&by.actor) {
            return Ok(Next::Refuse(Refusal::new("access_denied", "this account may not sign in there")));
        }
        if agreed || client.trusted {
            return Ok(Next::Give);
        }
        let (account, id) = (by.account, client.id.clone());
        let read = move |q: &mut Read<'_>| store::consent(q, account, &id);
        let kept = self.platform.store.read(read).await.map_err(OidcError::from)?.unwrap_or_default();
        let covered = asked.scopes.iter().all(|scope| kept.split(' ').any(|one| one == *scope));
        Ok(match covered && !asked.prompt.consent {
            true => Next::Give,
            false => silent("consent_required", "nobody agreed to it yet", Next::Consent),
        })
    }

    /// Whether whoever is signed in is the one of the ID token that came along, if one did.
    async fn means(&self, found: &Found, by: &SignIn) -> Result<bool, WebError> {
        if found.asked.hint.is_empty() {
            return Ok(true);
        }
        let known = self.platform.store.read(keys::by_name).await.map_err(WebError::from)?;
        let claims = jose::own_claims(&found.asked.hint, |kid| known.get(kid).cloned()).unwrap_or_default();
        let subject = self.subject(&found.client.id, by.account);
        Ok(claims.get("sub").and_then(|sub| sub.as_str()) == Some(&subject))
    }

    async fn go_on(
        &self,
        shell: &Shell,
        headers: &HeaderMap,
        found: &Found,
        agreed: bool,
    ) -> Result<Response, WebError> {
        let name = found.client.name.clone();
        match (self.next(found, agreed).await?, &found.by) {
            (Next::Refuse(refusal), _) => {
                let pairs = [("error", refusal.code), ("error_description", refusal.why)];
                Ok(found.answer(shell, headers, self, &pairs))
            }
            (Next::Again(why), _) => {
                let action = format!("/oauth/again?{}", found.query);
                let page = shell.citizen("请重新登录");
                let submit = Button::primary("重新登录");
                Ok(Html::ok(AgainPage { page, name, why, action, submit }).into_response())
            }
            (Next::Consent, Some(by)) => {
                let told = SCOPES
                    .iter()
                    .filter(|(scope, _)| found.asked.scopes.contains(scope))
                    .map(|(_, told)| *told);
                let host = url::Url::parse(&found.asked.redirect).ok();
                let host = host.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
                let view = ConsentPage {
                    page: shell.citizen(format!("用一门账户登录{name}")),
                    who: by.actor.name().to_owned(),
                    told: told.collect(),
                    action: format!("/oauth/consent?{}", found.marked),
                    submit: Button::primary("同意并登录").named("answer", "yes"),
                    name,
                    host,
                };
                Ok(Html::ok(view).into_response())
            }
            (Next::Give, Some(by)) => {
                let code =
                    self.give_code(&found.client, &found.asked, by, agreed).await.map_err(WebError::from)?;
                Ok(found.answer(shell, headers, self, &[("code", &code)]))
            }
            (Next::SignIn, _) | (_, None) => {
                let path = format!("/oauth/authorize?{}{AGAIN}{}", found.query, self.mark(&found.query));
                Ok(redirect_303(sign_in_path(&path)))
            }
        }
    }

    /// A fault where it belongs: to the client, if its address is a registered one, or on a page of ours.
    fn fault(&self, shell: &Shell, headers: &HeaderMap, fault: Fault) -> Result<Response, WebError> {
        match fault {
            Fault::Here(what) => Err(WebError::bad_request(format!(
                "{what}为保护您的账户，没有登录。请回到要登录的系统重试；仍然不行，请联系那个系统的管理员。"
            ))),
            Fault::There { redirect, state, refusal } => {
                let pairs = [
                    ("error", refusal.code),
                    ("error_description", refusal.why),
                    ("state", state.as_str()),
                    ("iss", self.issuer()),
                ];
                Ok(away(shell, headers, "要登录的系统", address(&redirect, &pairs)))
            }
        }
    }
}

pub(super) async fn page(
    State(oidc): State<Oidc>,
    shell: Shell,
    headers: HeaderMap,
    signed_in: Option<SignedIn>,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    match oidc.find(query.as_deref().unwrap_or_default(), signed_in).await? {
        Ok(found) => oidc.go_on(&shell, &headers, &found, false).await,
        Err(fault) => oidc.fault(&shell, &headers, fault),
    }
}

/// The answer of the page that asks whether data may be passed on.
pub(super) async fn consent(
    State(oidc): State<Oidc>,
    shell: Shell,
    headers: HeaderMap,
    signed_in: Option<SignedIn>,
    RawQuery(query): RawQuery,
    form: Form,
) -> Result<Response, WebError> {
    match oidc.find(query.as_deref().unwrap_or_default(), signed_in).await? {
        Ok(found) if form.yes("answer") => oidc.go_on(&shell, &headers, &found, true).await,
        Ok(found) => {
            let pairs = [("error", "access_denied"), ("error_description", "the person did not agree")];
            Ok(found.answer(&shell, &headers, &oidc, &pairs))
        }
        Err(fault) => oidc.fault(&shell, &headers, fault),
    }
}

/// Ends the sign-in that is there, and leads to the next one and back.
pub(super) async fn again(
    State(oidc): State<Oidc>,
    shell: Shell,
    headers: HeaderMap,
    signed_in: Option<SignedIn>,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    let found = match oidc.find(query.as_deref().unwrap_or_default(), signed_in.clone()).await? {
        Ok(found) => found,
        Err(fault) => return oidc.fault(&shell, &headers, fault),
    };
    let to = format!("/oauth/authorize?{}{AGAIN}{}", found.query, oidc.mark(&found.query));
    let answer = redirect_303(sign_in_path(&to));
    match signed_in {
        Some(SignedIn { session, .. }) => Ok(oidc.identity.sign_out_with(&session, answer).await?),
        None => Ok(answer),
    }
}

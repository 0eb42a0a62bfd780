//! The systems that sign people in through us: registered by an administrator, each with its own addresses and people.

use serde::Serialize;
use url::{Host, Url};
use yimen_platform::{Actor, Ctx, Role, Roles, journal};
use yimen_standards::time::Instant;
use yimen_store::{Read, Tx};
use yimen_web::FieldError;

use crate::{Oidc, OidcError, Result, secret, store};

/// What may be asked for, and what it passes on in words.
pub const SCOPES: [(&str, &str); 3] = [
    ("openid", "登录标识（每个系统各不相同）"),
    ("profile", "姓名"),
    ("work", "角色、部门和大厅（工作人员）"),
];

const MOST_ADDRESSES: usize = 10;
const LONGEST_ADDRESS: usize = 500;
const SECRET: &str = "oidc_client.secret";

/// A registered system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    pub id: String,
    pub name: String,
    pub(crate) secret_index: String,
    pub redirects: Vec<String>,
    pub logouts: Vec<String>,
    pub scopes: Vec<String>,
    pub roles: Roles,
    pub departments: Vec<String>,
    pub citizens: bool,
    pub trusted: bool,
    pub created_at: Instant,
    pub closed_at: Option<Instant>,
}

/// What an administrator says of one.
#[derive(Debug, Clone, Default)]
pub struct NewClient {
    pub name: String,
    pub redirects: Vec<String>,
    pub logouts: Vec<String>,
    /// `openid` goes without saying.
    pub scopes: Vec<String>,
    pub roles: Roles,
    pub departments: Vec<String>,
    pub citizens: bool,
    pub trusted: bool,
}

#[derive(Serialize)]
struct Note<'a> {
    client: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    roles: Vec<&'static str>,
    citizens: bool,
}

impl Client {
    /// Whether it has to show a secret.
    pub fn is_confidential(&self) -> bool {
        !self.secret_index.is_empty()
    }

    /// Whether somebody may sign in there: by role and, where departments are named, by department.
    pub fn lets_in(&self, actor: &Actor) -> bool {
        match actor {
            Actor::Citizen { .. } => self.citizens,
            Actor::Staff(staff) => {
                let anywhere = self.departments.is_empty();
                self.roles.0 & staff.roles.0 != 0
                    && (anywhere || self.departments.contains(&staff.department))
            }
            Actor::Anyone | Actor::System(_) => false,
        }
    }

    /// Of what is asked for, what it may have; in the order of [`SCOPES`].
    pub(crate) fn granted(&self, asked: &str) -> Vec<&'static str> {
        let asked: Vec<&str> = asked.split(' ').collect();
        let may = |scope: &str| scope == "openid" || self.scopes.iter().any(|own| own == scope);
        SCOPES.iter().map(|(scope, _)| *scope).filter(|scope| asked.contains(scope) && may(scope)).collect()
    }
}

/// Keepers of the connected systems: one sees to the servers, the other to who gets in.
pub(crate) fn may_keep(actor: &Actor) -> Result<()> {
    let may = actor.has(Role::System) || actor.has(Role::Security) || matches!(actor, Actor::System(_));
    if may { Ok(()) } else { Err(OidcError::Forbidden) }
}

/// What is wrong with an address people are sent to, in words. It is compared letter by letter, so it has to be written as
/// browsers write it.
fn address_fault(text: &str) -> Option<&'static str> {
    let Ok(url) = Url::parse(text) else { return Some("不是完整的网址，应以 https:// 开头") };
    let is_loopback = match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    match url.scheme() {
        _ if text.len() > LONGEST_ADDRESS => Some("太长，最多500个字符"),
        "https" => None,
        "http" if is_loopback => None,
        _ => Some("应以 https:// 开头（本机调试可以用 http://127.0.0.1）"),
    }
    .or_else(|| (url.fragment().is_some() || text.contains('#')).then_some("不能带 #"))
    .or_else(|| (!url.username().is_empty() || url.password().is_some()).then_some("不能带用户名或密码"))
    .or_else(|| text.contains(['*', ' ']).then_some("不能带通配符或空格：每个地址写完整，逐字比较"))
    .or_else(|| (url.as_str() != text).then_some("写法不规范，请照浏览器地址栏里的样子填写"))
}

fn check(new: &NewClient) -> Result<()> {
    let mut errors = Vec::new();
    let mut wrong = |field: &str, message: String| errors.push(FieldError::new(field, message));
    if new.name.is_empty() || new.name.chars().count() > 40 {
        wrong("name", "请填写系统名称，最多40个字".to_owned());
    }
    if new.redirects.is_empty() {
        wrong("redirects", "请填写至少一个登录回调地址".to_owned());
    }
    for (field, list) in [("redirects", &new.redirects), ("logouts", &new.logouts)] {
        if list.len() > MOST_ADDRESSES {
            wrong(field, format!("最多{MOST_ADDRESSES}个地址"));
        }
        let fault = |address: &String| address_fault(address).map(|fault| format!("{address} {fault}"));
        if let Some(fault) = list.iter().find_map(fault) {
            wrong(field, fault);
        }
    }
    if new.roles == Roles::default() && !new.citizens {
        wrong("roles", "请选择谁可以登录：至少一种角色，或者群众和企业".to_owned());
    }
    let known = |scope: &String| SCOPES.iter().any(|(code, _)| code == scope);
    if !new.scopes.iter().all(known) {
        wrong("scopes", "请从列出的内容里选择".to_owned());
    }
    if errors.is_empty() { Ok(()) } else { Err(OidcError::Invalid(errors)) }
}

impl NewClient {
    fn client(self, id: String, secret_index: String, at: Instant) -> Client {
        let mut scopes = vec!["openid".to_owned()];
        scopes.extend(self.scopes.into_iter().filter(|scope| scope != "openid"));
        Client {
            id,
            name: self.name,
            secret_index,
            redirects: self.redirects,
            logouts: self.logouts,
            scopes,
            roles: self.roles,
            departments: self.departments,
            citizens: self.citizens,
            trusted: self.trusted,
            created_at: at,
            closed_at: None,
        }
    }
}

impl Oidc {
    /// Registers a system; answers its id and, for one that keeps it, its secret, which is shown this once.
    pub async fn register(
        &self,
        ctx: &Ctx,
        new: NewClient,
        keeps_secret: bool,
    ) -> Result<(String, Option<String>)> {
        may_keep(&ctx.actor)?;
        check(&new)?;
        let (id, secret) = (secret::draw_name(), keeps_secret.then(secret::draw));
        let index = secret.as_deref().map(|secret| self.secret_index(&id, secret)).unwrap_or_default();
        let client = new.client(id.clone(), index, ctx.now);
        let ctx = ctx.clone();
        let register = move |tx: &mut Tx<'_>| -> Result<()> {
            store::insert_client(tx, &client)?;
            note(tx, &ctx, "oidc.client_added", &client)
        };
        self.platform.store.write("oidc.register", register).await?;
        Ok((id, secret))
    }

    /// Changes what is known of a system. What it was given is looked at anew at the next refresh.
    pub async fn change(&self, ctx: &Ctx, id: &str, new: NewClient) -> Result<()> {
        may_keep(&ctx.actor)?;
        check(&new)?;
        let client = new.client(id.to_owned(), String::new(), ctx.now);
        let ctx = ctx.clone();
        let change = move |tx: &mut Tx<'_>| -> Result<()> {
            if !store::update_client(tx, &client, ctx.now)? {
                return Err(OidcError::NotFound);
            }
            note(tx, &ctx, "oidc.client_changed", &client)
        };
        self.platform.store.write("oidc.change", change).await
    }

    /// Another secret, shown this once; the one before is worth nothing from now on.
    pub async fn renew_secret(&self, ctx: &Ctx, id: &str) -> Result<String> {
        may_keep(&ctx.actor)?;
        let (secret, id, ctx) = (secret::draw(), id.to_owned(), ctx.clone());
        let index = self.secret_index(&id, &secret);
        let renew = move |tx: &mut Tx<'_>| -> Result<()> {
            let client =
                store::client(tx, &id)?.filter(Client::is_confidential).ok_or(OidcError::NotFound)?;
            if !store::set_secret(tx, &id, &index, ctx.now)? {
                return Err(OidcError::NotFound);
            }
            note(tx, &ctx, "oidc.secret_renewed", &client)
        };
        self.platform.store.write("oidc.renew_secret", renew).await?;
        Ok(secret)
    }

    /// Nobody signs in there any more, and what it was given ends.
    pub async fn close(&self, ctx: &Ctx, id: &str) -> Result<()> {
        may_keep(&ctx.actor)?;
        let (id, ctx) = (id.to_owned(), ctx.clone());
        let close = move |tx: &mut Tx<'_>| -> Result<()> {
            let client = store::client(tx, &id)?.ok_or(OidcError::NotFound)?;
            if !store::close_client(tx, &id, ctx.now)? {
                return Err(OidcError::NotFound);
            }
            note(tx, &ctx, "oidc.client_closed", &client)
        };
        self.platform.store.write("oidc.close", close).await
    }

    pub(crate) async fn client(&self, id: &str) -> Result<Option<Client>> {
        let id = id.to_owned();
        Ok(self.platform.store.read(move |q: &mut Read<'_>| store::client(q, &id)).await?)
    }

    pub(crate) fn secret_index(&self, id: &str, secret: &str) -> String {
        secret::index(&self.platform.sealer, SECRET, &format!("{id}\0{secret}"))
    }
}

fn note(tx: &mut Tx<'_>, ctx: &Ctx, verb: &str, client: &Client) -> Result<()> {
    let roles = client.roles.iter().map(Role::code).collect();
    let body = Note { client: &client.id, name: &client.name, roles, citizens: client.citizens };
    Ok(journal::append(tx, ctx, journal::Note { verb, case: 0, task: 0, body })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_whole_and_written_one_way() {
        for good in [
            "https://tax.example/callback",
            "https://tax.example/cb?from=yimen",
            "http://127.0.0.1:9000/cb",
            "http://[::1]:9000/cb",
            "http://localhost/cb",
        ] {
            assert_eq!(address_fault(good), None, "{good}");
        }
        for wrong in [
            "",
            "callback",
            "//tax.example/cb",
            "http://tax.example/cb",
            "https://tax.example",
            "https://tax.example/cb#part",
            "https://tax.example/cb#",
            "https://*.tax.example/cb",
            "https://user@tax.example/cb",
            "https://TAX.example/cb",
            "https://tax.example/a/../cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://tax.example/c b",
            "https://tax.example:443/cb",
        ] {
            assert!(address_fault(wrong).is_some(), "{wrong}");
        }
    }
}

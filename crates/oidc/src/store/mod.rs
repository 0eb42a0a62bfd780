//! Clients, consents, grants and tokens as rows.

pub(crate) mod keys;

use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError, Tx, params, row, sql};

use crate::client::Client;
use yimen_platform::Roles;

sql! {
    CLIENT = "select id, name, secret_index, redirects, logouts, scopes, roles, departments, citizens, trusted,
        created_at, closed_at from oidc_client where id = $1";

    CLIENTS = "select /* scan: the systems of one city */ id, name, secret_index, redirects, logouts, scopes, roles,
        departments, citizens, trusted, created_at, closed_at from oidc_client order by name, id";

    INSERT_CLIENT = "insert into oidc_client (id, name, secret_index, redirects, logouts, scopes, roles, departments,
        citizens, trusted, created_at, updated_at, updated_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12)";

    UPDATE_CLIENT = "update oidc_client set name = $2, redirects = $3, logouts = $4, scopes = $5, roles = $6,
        departments = $7, citizens = $8, trusted = $9, updated_at = $10, updated_by = $11
        where id = $1 and closed_at is null";

    SET_SECRET = "update oidc_client set secret_index = $2, updated_at = $3, updated_by = $4
        where id = $1 and closed_at is null";

    CLOSE_CLIENT = "update oidc_client set closed_at = $2, updated_at = $2, updated_by = $3
        where id = $1 and closed_at is null";

    CONSENT = "select scopes from oidc_consent where account = $1 and client = $2";

    SET_CONSENT = "insert into oidc_consent (account, client, scopes, at) values ($1, $2, $3, $4)
        on conflict (account, client) do update set scopes = excluded.scopes, at = excluded.at";

    INSERT_GRANT = "insert into oidc_grant (id, client, account, session, scopes, nonce, position, code_index, redirect,
        challenge, code_expires_at, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

    BY_CODE = "select id, client, account, session, scopes, nonce, position, redirect, challenge, code_expires_at,
        code_used_at, ended_at from oidc_grant where code_index = $1";

    BY_ID = "select id, client, account, session, scopes, nonce, position, redirect, challenge, code_expires_at,
        code_used_at, ended_at from oidc_grant where id = $1";

    USE_CODE = "update oidc_grant set code_used_at = $2 where id = $1 and code_used_at is null";

    END_GRANT = "update oidc_grant set ended_at = $2 where id = $1 and ended_at is null";

    DROP_TOKENS = "delete from oidc_token where grant_id = $1";

    DROP_TOKEN = "delete from oidc_token where token_index = $1";

    INSERT_TOKEN = "insert into oidc_token (token_index, grant_id, kind, expires_at) values ($1, $2, $3, $4)";

    TOKEN = "select grant_id, kind, expires_at, used_at from oidc_token where token_index = $1";

    USE_TOKEN = "update oidc_token set used_at = $2 where token_index = $1 and used_at is null";

    SWEEP_TOKENS = "delete from oidc_token where token_index in
        (select token_index from oidc_token where expires_at < $1 order by expires_at limit $2)";

    /// Grants have no end of their own: they are older than any session, and their tokens are gone.
    SWEEP_GRANTS = "delete from oidc_grant where id in
        (select g.id from oidc_grant g where g.created_at < $1
        and not exists (select 1 from oidc_token t where t.grant_id = g.id) order by g.created_at limit $2)";
}

row! {
    struct ClientRow {
        id: String,
        name: String,
        secret_index: String,
        redirects: String,
        logouts: String,
        scopes: String,
        roles: u32,
        departments: String,
        citizens: bool,
        trusted: bool,
        created_at: Instant,
        closed_at: Option<Instant>,
    }

    #[derive(Clone)]
    pub struct Grant {
        pub id: i64,
        pub client: String,
        pub account: i64,
        pub session: i64,
        pub scopes: String,
        pub nonce: String,
        pub position: String,
        pub redirect: String,
        pub challenge: String,
        pub code_expires_at: Instant,
        pub code_used_at: Option<Instant>,
        pub ended_at: Option<Instant>,
    }

    pub struct Token {
        pub grant: i64,
        pub kind: String,
        pub expires_at: Instant,
        pub used_at: Option<Instant>,
    }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

impl From<ClientRow> for Client {
    fn from(row: ClientRow) -> Client {
        Client {
            id: row.id,
            name: row.name,
            secret_index: row.secret_index,
            redirects: lines(&row.redirects),
            logouts: lines(&row.logouts),
            scopes: row.scopes.split(' ').map(str::to_owned).collect(),
            roles: Roles(row.roles),
            departments: lines(&row.departments),
            citizens: row.citizens,
            trusted: row.trusted,
            created_at: row.created_at,
            closed_at: row.closed_at,
        }
    }
}

pub fn client(q: &mut Read<'_>, id: &str) -> Result<Option<Client>, StoreError> {
    let found: Option<ClientRow> = q.opt(&CLIENT, params![id])?;
    Ok(found.map(Client::from))
}

pub fn clients(q: &mut Read<'_>) -> Result<Vec<Client>, StoreError> {
    let found: Vec<ClientRow> = q.all(&CLIENTS, params![])?;
    Ok(found.into_iter().map(Client::from).collect())
}

pub fn insert_client(tx: &mut Tx<'_>, new: &Client) -> Result<(), StoreError> {
    let by = tx.name();
    let (redirects, logouts) = (new.redirects.join("\n"), new.logouts.join("\n"));
    let (scopes, departments) = (new.scopes.join(" "), new.departments.join("\n"));
    tx.put(
        &INSERT_CLIENT,
        params![
            &new.id,
            &new.name,
            &new.secret_index,
            &redirects,
            &logouts,
            &scopes,
            new.roles.0,
            &departments,
            new.citizens,
            new.trusted,
            new.created_at,
            by
        ],
    )
}

/// `false` when there is no such open client.
pub fn update_client(tx: &mut Tx<'_>, one: &Client, at: Instant) -> Result<bool, StoreError> {
    let by = tx.name();
    let (redirects, logouts) = (one.redirects.join("\n"), one.logouts.join("\n"));
    let (scopes, departments) = (one.scopes.join(" "), one.departments.join("\n"));
    let touched = tx.exec(
        &UPDATE_CLIENT,
        params![
            &one.id,
            &one.name,
            &redirects,
            &logouts,
            &scopes,
            one.roles.0,
            &departments,
            one.citizens,
            one.trusted,
            at,
            by
        ],
    )?;
    Ok(touched == 1)
}

pub fn set_secret(tx: &mut Tx<'_>, id: &str, index: &str, at: Instant) -> Result<bool, StoreError> {
    let by = tx.name();
    Ok(tx.exec(&SET_SECRET, params![id, index, at, by])? == 1)
}

pub fn close_client(tx: &mut Tx<'_>, id: &str, at: Instant) -> Result<bool, StoreError> {
    let by = tx.name();
    Ok(tx.exec(&CLOSE_CLIENT, params![id, at, by])? == 1)
}

pub fn consent(q: &mut Read<'_>, account: i64, client: &str) -> Result<Option<String>, StoreError> {
    q.opt(&CONSENT, params![account, client])
}

pub fn set_consent(
    tx: &mut Tx<'_>,
    account: i64,
    client: &str,
    scopes: &str,
    at: Instant,
) -> Result<(), StoreError> {
    tx.put(&SET_CONSENT, params![account, client, scopes, at])
}

pub fn insert_grant(tx: &mut Tx<'_>, grant: &Grant, code_index: &str, at: Instant) -> Result<(), StoreError> {
    tx.put(
        &INSERT_GRANT,
        params![
            grant.id,
            &grant.client,
            grant.account,
            grant.session,
            &grant.scopes,
            &grant.nonce,
            &grant.position,
            code_index,
            &grant.redirect,
            &grant.challenge,
            grant.code_expires_at,
            at
        ],
    )
}

pub fn by_code(q: &mut Read<'_>, index: &str) -> Result<Option<Grant>, StoreError> {
    q.opt(&BY_CODE, params![index])
}

pub fn grant(q: &mut Read<'_>, id: i64) -> Result<Option<Grant>, StoreError> {
    q.opt(&BY_ID, params![id])
}

/// `false` when it was used before.
pub fn use_code(tx: &mut Tx<'_>, grant: i64, at: Instant) -> Result<bool, StoreError> {
    Ok(tx.exec(&USE_CODE, params![grant, at])? == 1)
}

/// With all its tokens. `false` when it had ended.
pub fn end_grant(tx: &mut Tx<'_>, grant: i64, at: Instant) -> Result<bool, StoreError> {
    tx.exec(&DROP_TOKENS, params![grant])?;
    Ok(tx.exec(&END_GRANT, params![grant, at])? == 1)
}

pub fn drop_token(tx: &mut Tx<'_>, index: &str) -> Result<(), StoreError> {
    tx.put(&DROP_TOKEN, params![index])
}

pub fn insert_token(
    tx: &mut Tx<'_>,
    index: &str,
    grant: i64,
    kind: &str,
    expires_at: Instant,
) -> Result<(), StoreError> {
    tx.put(&INSERT_TOKEN, params![index, grant, kind, expires_at])
}

pub fn token(q: &mut Read<'_>, index: &str) -> Result<Option<Token>, StoreError> {
    q.opt(&TOKEN, params![index])
}

/// `false` when it was used before.
pub fn use_token(tx: &mut Tx<'_>, index: &str, at: Instant) -> Result<bool, StoreError> {
    Ok(tx.exec(&USE_TOKEN, params![index, at])? == 1)
}

/// Tokens that have run out, and grants from before `grants_before` that have none left.
pub fn sweep(tx: &mut Tx<'_>, now: Instant, grants_before: Instant, most: i64) -> Result<u64, StoreError> {
    let tokens = tx.exec(&SWEEP_TOKENS, params![now, most])?;
    Ok(tokens + tx.exec(&SWEEP_GRANTS, params![grants_before, most])?)
}

//! The second factor of an account: setting it up, recovery codes, taking it away.

use serde::Serialize;
use yimen_platform::{Ctx, Sealer, journal};
use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError, Tx};

use crate::store::factor::{self as rows, StandingRow};
use crate::totp::{self, Secret};
use crate::{Identity, IdentityError, Result};

/// Whether signing in asks for a second factor; kept with each account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    Required,
    /// Citizens, whose risk is their own data; staff of a demo.
    Off,
}

impl Policy {
    pub fn code(self) -> &'static str {
        match self {
            Policy::Required => "required",
            Policy::Off => "off",
        }
    }
}

/// A factor as it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    Totp,
    Recovery,
}

impl Proof {
    pub fn code(self) -> &'static str {
        match self {
            Proof::Totp => "totp",
            Proof::Recovery => "recovery",
        }
    }
}

/// One's own second factor, for one's own page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnFactor {
    pub required: bool,
    pub is_set_up: bool,
    pub recovery_left: i64,
}

pub(crate) const RECOVERY_CODES: usize = 10;
pub(crate) const SECRET_LABEL: &str = "identity_account.totp";
const RECOVERY_LABEL: &str = "identity_recovery.code";

#[derive(Serialize)]
struct Of {
    account: i64,
}

pub(crate) fn seal(sealer: &Sealer, secret: &Secret) -> Vec<u8> {
    sealer.seal(SECRET_LABEL, secret.bytes())
}

pub(crate) fn open(sealer: &Sealer, sealed: &[u8]) -> Result<Secret> {
    let bytes = sealer.open(SECRET_LABEL, sealed).map_err(|e| IdentityError::Internal(e.to_string()))?;
    Ok(Secret::of_bytes(bytes))
}

/// Codes to be shown once, and what is kept of them.
pub(crate) fn draw_recovery(sealer: &Sealer, account: i64) -> (Vec<String>, Vec<String>) {
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| totp::recovery_code()).collect();
    let kept = codes.iter().map(|code| recovery_index(sealer, account, &totp::plain_code(code))).collect();
    (codes, kept)
}

fn recovery_index(sealer: &Sealer, account: i64, code: &str) -> String {
    sealer.blind_index(RECOVERY_LABEL, &format!("{account}:{code}"))
}

/// Takes a code if it is a right one of the account, app or recovery; it is never taken again. Whoever is nobody
/// (`standing` absent) costs the same reads.
pub(crate) fn take(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sealer: &Sealer,
    standing: Option<&StandingRow>,
    code: &str,
) -> Result<Option<Proof>> {
    let code = totp::plain_code(code);
    let account = standing.map_or(0, |standing| standing.account);
    if code.len() != 6 {
        let index = recovery_index(sealer, account, &code);
        if !rows::take_recovery(tx, account, &index)? {
            return Ok(None);
        }
        note(tx, ctx, "factor.recovery_used", account)?;
        return Ok(Some(Proof::Recovery));
    }
    let Some((standing, sealed)) = standing.and_then(|one| Some((one, one.totp_sealed.as_ref()?))) else {
        return Ok(None);
    };
    match open(sealer, sealed)?.accepts(&code, ctx.now, standing.totp_step) {
        Some(step) if rows::take_step(tx, account, step)? => Ok(Some(Proof::Totp)),
        _ => Ok(None),
    }
}

/// Writes a factor that was set up, with its recovery codes. `false` when one is there already.
pub(crate) fn set_up(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sealer: &Sealer,
    account: i64,
    (secret, step): (&Secret, i64),
    recovery: &[String],
) -> Result<bool> {
    if !rows::set_totp(tx, account, &seal(sealer, secret), step, ctx.now)? {
        return Ok(false);
    }
    rows::set_recovery(tx, account, recovery)?;
    note(tx, ctx, "factor.set_up", account)?;
    Ok(true)
}

/// What the page of a set-up shows: the secret as text in groups, and as a QR code for the app.
pub(crate) fn shown(secret: &Secret, login: &str) -> (String, String) {
    let text = secret.base32();
    let groups: Vec<&str> = text.as_bytes().chunks(4).filter_map(|g| std::str::from_utf8(g).ok()).collect();
    let uri = secret.uri(login);
    // Some hundred and fifty characters fit.
    let drawn = qrcode::QrCode::with_error_correction_level(uri.as_bytes(), qrcode::EcLevel::M);
    let svg = drawn.map(|qr| qr.render::<qrcode::render::svg::Color<'_>>().quiet_zone(true).build());
    let svg = svg.unwrap_or_default();
    let svg = svg.trim_start_matches("<?xml version=\"1.0\" standalone=\"yes\"?>").to_owned();
    (groups.join(" "), svg)
}

impl Identity {
    pub fn own_factor(&self, q: &mut Read<'_>, account: i64) -> Result<OwnFactor> {
        let standing = rows::standing(q, account)?.ok_or(IdentityError::NotFound)?;
        Ok(OwnFactor {
            required: standing.needs_factor(),
            is_set_up: standing.totp_sealed.is_some(),
            recovery_left: rows::count_recovery(q, account)?,
        })
    }

    /// New recovery codes of the caller in place of the old, against a code. Shown once: only digests are kept.
    pub async fn renew_recovery(&self, ctx: &Ctx, code: &str) -> Result<Vec<String>> {
        let (identity, ctx, code) = (self.clone(), ctx.clone(), code.to_owned());
        let account = ctx.actor.account();
        let (codes, kept) = draw_recovery(&self.platform().sealer, account);
        let renew = move |tx: &mut Tx<'_>| -> Result<Option<i64>> {
            let left = match identity.prove(tx, &ctx, &code)? {
                Proved::Wrong { left } => return Ok(Some(left)),
                Proved::Right => None,
            };
            rows::set_recovery(tx, account, &kept)?;
            note(tx, &ctx, "factor.recovery_renewed", account)?;
            Ok(left)
        };
        match self.platform().store.write("factor.renew_recovery", renew).await? {
            Some(left) => Err(IdentityError::WrongCode { left }),
            None => Ok(codes),
        }
    }

    /// Takes a code of the caller. Wrong ones count, and five close the door for a quarter of an hour.
    pub(crate) fn prove(&self, tx: &mut Tx<'_>, ctx: &Ctx, code: &str) -> Result<Proved> {
        use crate::attempt::{self, Allowed};
        let account = ctx.actor.account();
        let index = format!("factor:{account}");
        let left = match attempt::begin(tx, ctx, &index, account)? {
            Allowed::Yes { left } => left,
            Allowed::No { until } => return Err(IdentityError::Locked { until }),
        };
        let standing = rows::standing(tx, account)?;
        match take(tx, ctx, &self.platform().sealer, standing.as_ref(), code)? {
            None => Ok(Proved::Wrong { left }),
            Some(_) => {
                crate::store::clear_attempt(tx, &index)?;
                Ok(Proved::Right)
            }
        }
    }

    /// Takes an account's second factor away: it is set up anew at the next sign-in, and whoever is signed in is out.
    pub async fn reset_factor(&self, ctx: &Ctx, account: i64) -> Result<()> {
        crate::admin::may_manage(ctx, account)?;
        let ctx = ctx.clone();
        let reset = move |tx: &mut Tx<'_>| -> Result<()> {
            if !rows::clear_totp(tx, account, ctx.now)? {
                return Err(IdentityError::NotFound);
            }
            rows::end_pending_of(tx, account)?;
            crate::store::end_others(tx, account, 0)?;
            note(tx, &ctx, "factor.reset", account)
        };
        self.platform().store.write("factor.reset", reset).await?;
        self.forget_sessions_of(account);
        Ok(())
    }
}

/// What became of giving a code while signed in. Wrong is no error: that it was tried must be kept.
pub(crate) enum Proved {
    Right,
    Wrong { left: i64 },
}

pub(crate) fn note(tx: &mut Tx<'_>, ctx: &Ctx, verb: &str, account: i64) -> Result<()> {
    Ok(journal::append(tx, ctx, journal::Note { verb, case: 0, task: 0, body: Of { account } })?)
}

/// The secret of a demo's account, already set up.
pub(crate) fn plant(
    tx: &mut Tx<'_>,
    sealer: &Sealer,
    account: i64,
    secret: &Secret,
    at: Instant,
) -> Result<(), StoreError> {
    rows::set_totp(tx, account, &seal(sealer, secret), 0, at).map(|_| ())
}

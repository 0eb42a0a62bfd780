//! Signing in beyond the password: the code of the second factor, setting that factor up, and a password that is due.
//!
//! A login that asks for a code is asked for it whatever the password was: what is told at the end does not say which of
//! the two was wrong, nor whether there is such an account. The first code is covered by the count of the password step;
//! each further one counts like a wrong password.

use yimen_platform::{Actor, Ctx};
use yimen_store::Tx;

use crate::attempt::{self, Allowed};
use crate::cookie::Token;
use crate::factor::{self, Proof};
use crate::sign_in::{Device, Entered, Opening};
use crate::store::factor::{self as rows, NewPending, Pending, StandingRow};
use crate::totp::{Secret, plain_code};
use crate::{Identity, IdentityError, Result, store};

/// Who does not answer within this begins again.
const PATIENCE_MS: i64 = 10 * 60_000;

/// What a sign-in asks next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The code of the app, or a recovery code.
    Code,
    /// Setting the app up.
    Enrol,
    /// A new password.
    Password,
}

/// Why a password must be changed before anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Somebody else set it, and knows it.
    SetByOther,
    TooOld,
}

impl Stage {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Stage::Code => "code",
            Stage::Enrol => "enrol",
            Stage::Password => "password",
        }
    }

    fn parse(code: &str) -> Option<Self> {
        [Stage::Code, Stage::Enrol, Stage::Password].into_iter().find(|stage| stage.code() == code)
    }

    /// What is asked after `done` (`None`: the password), if anything.
    pub(crate) fn after(done: Option<Stage>, standing: &StandingRow, due: Option<Due>) -> Option<Stage> {
        match done {
            None if standing.needs_factor() && standing.totp_sealed.is_some() => Some(Stage::Code),
            None if standing.needs_factor() => Some(Stage::Enrol),
            Some(Stage::Password) => None,
            _ => due.map(|_| Stage::Password),
        }
    }
}

/// A sign-in that is half done.
pub(crate) struct Half {
    pub account: i64,
    pub password_right: bool,
    /// Under which failures are counted.
    pub attempt: String,
}

/// What the page of a set-up shows.
#[derive(Debug, Clone)]
pub struct SetUp {
    /// As text in groups of four.
    pub secret: String,
    /// A QR code.
    pub svg: String,
}

/// What became of an answer; what was wrong is no error, for that it was tried must be kept.
enum Answer {
    Wrong { left: i64 },
    Next(Stage),
    In(Actor),
}

impl Identity {
    /// Keeps a sign-in until its next question is answered.
    pub(crate) async fn halt(&self, ctx: &Ctx, half: Half, stage: Stage, closed: bool) -> Result<Entered> {
        let token = Token::draw();
        let digest = hex::encode(token.digest());
        let (ctx, sealer) = (ctx.clone(), self.platform().sealer.clone());
        let halt = move |tx: &mut Tx<'_>| -> Result<()> {
            let secret_sealed = (stage == Stage::Enrol).then(|| factor::seal(&sealer, &Secret::draw()));
            let Half { account, password_right, attempt } = &half;
            let new = NewPending {
                digest: &digest,
                account: *account,
                password_right: *password_right,
                attempt,
                stage: stage.code(),
                secret_sealed,
                expires_at: ctx.now.plus_millis(PATIENCE_MS),
            };
            rows::insert_pending(tx, &new)?;
            if closed { crate::sign_in::note_locked(tx, &ctx, *account) } else { Ok(()) }
        };
        self.platform().store.write("sign_in.halt", halt).await?;
        Ok(Entered::More { token, stage })
    }

    /// What a half done sign-in asks.
    pub(crate) async fn stage(&self, token: &Token) -> Result<Stage> {
        let (digest, now) = (hex::encode(token.digest()), self.platform().clock.now());
        let read = move |q: &mut yimen_store::Read<'_>| -> Result<Stage> { Ok(alive(q, &digest, now)?.1) };
        self.platform().store.read(read).await
    }

    /// The secret to be set up, as long as it is not.
    pub(crate) async fn set_up_shown(&self, token: &Token) -> Result<SetUp> {
        let (digest, now) = (hex::encode(token.digest()), self.platform().clock.now());
        let sealer = self.platform().sealer.clone();
        let read = move |q: &mut yimen_store::Read<'_>| -> Result<SetUp> {
            let (pending, stage) = alive(q, &digest, now)?;
            let sealed = pending.secret_sealed.filter(|_| stage == Stage::Enrol);
            let secret = factor::open(&sealer, &sealed.ok_or(IdentityError::SignInGone)?)?;
            let login = store::logins(q, pending.account)?.into_iter().next().unwrap_or_default();
            let (secret, svg) = factor::shown(&secret, &login);
            Ok(SetUp { secret, svg })
        };
        self.platform().store.read(read).await
    }

    /// Answers the question for a code.
    pub async fn answer_code(&self, token: &Token, code: &str, device: Device) -> Result<Entered> {
        let (identity, ctx) = (self.clone(), self.ctx(Actor::Anyone));
        let (digest, code) = (hex::encode(token.digest()), code.to_owned());
        let opening = Opening::new(device);
        let inside = opening.clone();
        let answer = move |tx: &mut Tx<'_>| -> Result<Answer> {
            let (pending, stage) = alive(tx, &digest, ctx.now)?;
            if stage != Stage::Code {
                return Err(IdentityError::SignInGone);
            }
            let left = match pending.tries {
                0 => attempt::left(tx, &pending.attempt)?,
                _ => match attempt::begin(tx, &ctx, &pending.attempt, pending.account)? {
                    Allowed::Yes { left } => left,
                    Allowed::No { until } => return Err(IdentityError::Locked { until }),
                },
            };
            rows::try_pending(tx, &digest)?;
            let standing = rows::standing(tx, pending.account)?;
            // With a wrong password a right code is not used up, nor told from a wrong one.
            let meant = standing.as_ref().filter(|_| pending.password_right);
            match (factor::take(tx, &ctx, &identity.platform().sealer, meant, &code)?, meant) {
                (Some(proof), Some(standing)) => {
                    identity.go_on(tx, &ctx, &digest, (&pending, stage), standing, Some(proof), &inside)
                }
                _ => {
                    if pending.tries > 0 && left == 0 {
                        crate::sign_in::note_locked(tx, &ctx, pending.account)?;
                    }
                    Ok(Answer::Wrong { left })
                }
            }
        };
        let answer = self.platform().store.write("sign_in.code", answer).await?;
        self.entered(answer, token, opening)
    }

    /// Sets the app up by its first code; the recovery codes are shown this once.
    pub async fn answer_set_up(
        &self,
        token: &Token,
        code: &str,
        device: Device,
    ) -> Result<(Vec<String>, Entered)> {
        let (identity, ctx) = (self.clone(), self.ctx(Actor::Anyone));
        let (digest, code) = (hex::encode(token.digest()), plain_code(code));
        let opening = Opening::new(device);
        let inside = opening.clone();
        let answer = move |tx: &mut Tx<'_>| -> Result<(Vec<String>, Answer)> {
            let (pending, stage) = alive(tx, &digest, ctx.now)?;
            let sealer = &identity.platform().sealer;
            let standing = rows::standing(tx, pending.account)?.ok_or(IdentityError::SignInGone)?;
            let sealed = pending.secret_sealed.as_ref().filter(|_| stage == Stage::Enrol);
            let secret = factor::open(sealer, sealed.ok_or(IdentityError::SignInGone)?)?;
            let Some(step) = secret.accepts(&code, ctx.now, 0) else {
                return Err(IdentityError::field("code", WRONG_FIRST_CODE));
            };
            let (codes, kept) = factor::draw_recovery(sealer, pending.account);
            if !factor::set_up(tx, &ctx, sealer, pending.account, (&secret, step), &kept)? {
                return Err(IdentityError::SignInGone);
            }
            let proof = Some(Proof::Totp);
            let answer = identity.go_on(tx, &ctx, &digest, (&pending, stage), &standing, proof, &inside)?;
            Ok((codes, answer))
        };
        let (codes, answer) = self.platform().store.write("sign_in.set_up", answer).await?;
        Ok((codes, self.entered(answer, token, opening)?))
    }

    /// Why the half done sign-in asks for a new password.
    pub(crate) async fn password_due(&self, token: &Token) -> Result<(Due, String)> {
        let (digest, now) = (hex::encode(token.digest()), self.platform().clock.now());
        let limits = self.settings().limits;
        let read = move |q: &mut yimen_store::Read<'_>| -> Result<(Due, String)> {
            let (pending, _) = alive(q, &digest, now)?;
            let standing = rows::standing(q, pending.account)?.ok_or(IdentityError::SignInGone)?;
            let due = standing.password_due(&limits, now).ok_or(IdentityError::SignInGone)?;
            Ok((due, standing.whose(&[]).hint()))
        };
        self.platform().store.read(read).await
    }

    /// Takes the new password that was due; whoever is signed in with the old one is out.
    pub async fn answer_password(&self, token: &Token, new: &str, device: Device) -> Result<Entered> {
        let (identity, ctx) = (self.clone(), self.ctx(Actor::Anyone));
        let digest = hex::encode(token.digest());
        let (asked, now) = (digest.clone(), ctx.now);
        let read = move |q: &mut yimen_store::Read<'_>| -> Result<i64> {
            let (pending, stage) = alive(q, &asked, now)?;
            if stage == Stage::Password { Ok(pending.account) } else { Err(IdentityError::SignInGone) }
        };
        let account = self.platform().store.read(read).await?;
        self.check_password(account, new).await?;
        let hash = self.fresh_password(account, new).await?;
        let opening = Opening::new(device);
        let inside = opening.clone();
        let answer = move |tx: &mut Tx<'_>| -> Result<Answer> {
            let (pending, stage) = alive(tx, &digest, ctx.now)?;
            let standing = rows::standing(tx, account)?.ok_or(IdentityError::SignInGone)?;
            store::set_password(tx, (account, ctx.new_id()), &hash, false, ctx.now)?;
            store::end_others(tx, account, 0)?;
            factor::note(tx, &ctx, "account.password_changed", account)?;
            let answer = identity.go_on(tx, &ctx, &digest, (&pending, stage), &standing, None, &inside)?;
            rows::end_pending_of(tx, account)?;
            Ok(answer)
        };
        let answer = self.platform().store.write("sign_in.password", answer).await?;
        self.forget_sessions_of(account);
        self.entered(answer, token, opening)
    }

    /// The next question of a sign-in, or its session when there is none.
    #[allow(clippy::too_many_arguments)] // one step of a walk needs all of where it stands
    fn go_on(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        digest: &str,
        (pending, done): (&Pending, Stage),
        standing: &StandingRow,
        proof: Option<Proof>,
        opening: &Opening,
    ) -> Result<Answer> {
        let proof = proof.map_or(pending.proof.as_str(), |proof| proof.code());
        let due = standing.password_due(&self.settings().limits, ctx.now);
        match Stage::after(Some(done), standing, due) {
            Some(next) => {
                rows::move_pending(tx, digest, next.code(), proof, None)?;
                Ok(Answer::Next(next))
            }
            None => {
                rows::end_pending(tx, digest)?;
                let actor = self.open_session(tx, ctx, &pending.attempt, pending.account, proof, opening)?;
                Ok(Answer::In(actor))
            }
        }
    }

    fn entered(&self, answer: Answer, token: &Token, opening: Opening) -> Result<Entered> {
        match answer {
            Answer::Wrong { left } => Err(IdentityError::WrongCode { left }),
            Answer::Next(stage) => Ok(Entered::More { token: token.clone(), stage }),
            Answer::In(actor) => Ok(Entered::In(self.opened(actor, opening))),
        }
    }
}

const WRONG_FIRST_CODE: &str =
    "验证码不正确。请确认手机的时间是自动设置的，再输入动态口令应用里现在显示的6位数字";

fn alive(
    q: &mut yimen_store::Read<'_>,
    digest: &str,
    now: yimen_standards::time::Instant,
) -> Result<(Pending, Stage)> {
    let pending = rows::pending(q, digest)?.filter(|pending| now < pending.expires_at);
    let pending = pending.ok_or(IdentityError::SignInGone)?;
    let stage = Stage::parse(&pending.stage).ok_or(IdentityError::SignInGone)?;
    Ok((pending, stage))
}

//! Codes sent to a phone: to sign in, to register, to change the phone.
//!
//! Each code is six digits, good for five minutes, for one answer, in the browser that asked for it. Asking leads to the
//! same rows, the same message sent and the same words, whether somebody has that phone and number or not: whose it is shows
//! in the message alone, which only the holder of the phone reads.

use serde::{Deserialize, Serialize};
use yimen_messages::{Messages, NewMessage};
use yimen_parties::{LegalNumber, NumberKind};
use yimen_platform::{Actor, Ctx, journal};
use yimen_standards::phone::Phone;
use yimen_standards::time::Instant;
use yimen_store::{Read, Tx};

use crate::attempt::{self, Allowed};
use crate::cookie::Token;
use crate::login::Login;
use crate::quota;
use crate::sign_in::{Device, Opening, Started};
use crate::store::code::{self as rows, CodeRow, NewCode};
use crate::{Identity, IdentityError, Result};

const LIFE_MS: i64 = 5 * 60_000;
/// So long another code may be asked for without typing everything again.
const PATIENCE_MS: i64 = 30 * 60_000;
const TRIES: i64 = 5;

const ASKED: &str = "identity_code.asked";

/// What a code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    SignIn,
    Register,
    /// Another phone for who is signed in.
    Phone,
}

impl Purpose {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Purpose::SignIn => "sign_in",
            Purpose::Register => "register",
            Purpose::Phone => "phone",
        }
    }

    fn parse(code: &str) -> Option<Self> {
        [Purpose::SignIn, Purpose::Register, Purpose::Phone].into_iter().find(|one| one.code() == code)
    }
}

/// What was typed when the code was asked for.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub phone: String,
    /// Resident ID; empty where the phone alone is changed.
    pub number: String,
    /// Of a registration.
    pub name: String,
}

/// A code that is waited for, as its page shows it.
#[derive(Debug, Clone)]
pub struct AskedCode {
    pub purpose: Purpose,
    pub masked_phone: String,
    pub account: i64,
}

#[derive(Serialize)]
struct Requested {
    account: i64,
    purpose: &'static str,
}

/// What became of an answer; what was wrong is no error, for that it was tried must be kept.
pub(crate) enum Answer<T> {
    Wrong { left: i64 },
    Over,
    Refused,
    Right(T),
}

impl<T> Answer<T> {
    pub fn into_result(self) -> Result<T> {
        match self {
            Answer::Right(got) => Ok(got),
            Answer::Wrong { left } => Err(IdentityError::WrongSentCode { left }),
            Answer::Over => Err(IdentityError::CodeOver),
            Answer::Refused => Err(IdentityError::NotHere),
        }
    }
}

impl Asked {
    pub fn phone(&self) -> Result<Phone> {
        Phone::parse(&self.phone).map_err(|e| IdentityError::Internal(e.to_string()))
    }

    /// The two ways to sign in that were typed.
    pub fn logins(&self) -> Result<[Login; 2]> {
        let broken = IdentityError::Internal;
        let phone = Login::phone(&self.phone).map_err(broken)?;
        Ok([phone, Login::number(NumberKind::ResidentId, &self.number).map_err(broken)?])
    }
}

/// A phone that can get messages, as typed.
pub(crate) fn mobile(text: &str) -> Result<Phone, String> {
    let phone = Phone::parse(text).map_err(|e| e.message())?;
    if phone.is_mobile() { Ok(phone) } else { Err("请填写能接收短信的手机号码".to_owned()) }
}

impl Identity {
    /// The message gateway, where there is one.
    pub(crate) fn messages(&self) -> Result<&Messages> {
        self.settings().messages.as_ref().ok_or(IdentityError::NoMessages)
    }

    /// Sends a code to sign in with; to whoever holds the phone, whether it is somebody's here or not.
    pub async fn ask_to_sign_in(&self, phone: &str, number: &str, device: &Device) -> Result<Token> {
        let (phone, number) = typed(phone, number)?;
        let asked = Asked { phone: phone.to_string(), number, name: String::new() };
        self.ask(Purpose::SignIn, 0, asked, device).await
    }

    pub(crate) async fn ask(
        &self,
        purpose: Purpose,
        account: i64,
        asked: Asked,
        device: &Device,
    ) -> Result<Token> {
        let messages = self.messages()?.clone();
        let (identity, ctx, token) = (self.clone(), self.ctx(Actor::Anyone), Token::draw());
        let (digest, network) = (hex::encode(token.digest()), device.address.map(attempt::network));
        let write = move |tx: &mut Tx<'_>| -> Result<()> {
            let sealer = &identity.platform().sealer;
            identity.count(tx, &ctx, &asked, network.as_deref())?;
            let meant = match purpose {
                Purpose::SignIn => {
                    let [phone, number] = asked.logins()?.map(|login| login.index(sealer));
                    rows::of_both(tx, &phone, &number)?.unwrap_or_default()
                }
                Purpose::Register | Purpose::Phone => account,
            };
            let code = draw(&ctx);
            let body = serde_json::to_string(&asked).map_err(|e| IdentityError::Internal(e.to_string()))?;
            let new = NewCode {
                token: &digest,
                purpose: purpose.code(),
                account: meant,
                code: &identity.code_index(&digest, &code),
                asked: &sealer.seal_text(ASKED, &body),
                expires_at: ctx.now.plus_millis(LIFE_MS),
                ends_at: ctx.now.plus_millis(PATIENCE_MS),
            };
            rows::insert(tx, &new)?;
            identity.tell(tx, &ctx, (purpose, meant), &asked, &code)
        };
        self.platform().store.write("code.ask", write).await?;
        messages.wake();
        Ok(token)
    }

    /// Sends another code in place of the one before, to the same phone.
    pub async fn ask_again(&self, token: &Token, device: &Device) -> Result<Purpose> {
        let messages = self.messages()?.clone();
        let (identity, ctx) = (self.clone(), self.ctx(Actor::Anyone));
        let (digest, network) = (hex::encode(token.digest()), device.address.map(attempt::network));
        let write = move |tx: &mut Tx<'_>| -> Result<Purpose> {
            let (row, purpose, asked) = identity.asked(tx, &digest, ctx.now)?;
            identity.count(tx, &ctx, &asked, network.as_deref())?;
            let code = draw(&ctx);
            let index = identity.code_index(&digest, &code);
            rows::renew(tx, &digest, &index, ctx.now.plus_millis(LIFE_MS))?;
            identity.tell(tx, &ctx, (purpose, row.account), &asked, &code)?;
            Ok(purpose)
        };
        let purpose = self.platform().store.write("code.ask_again", write).await?;
        messages.wake();
        Ok(purpose)
    }

    /// The code that a browser is asked for.
    pub(crate) async fn asked_code(&self, token: &Token) -> Result<AskedCode> {
        let (identity, digest, now) =
            (self.clone(), hex::encode(token.digest()), self.platform().clock.now());
        let read = move |q: &mut Read<'_>| -> Result<AskedCode> {
            let (row, purpose, asked) = identity.asked(q, &digest, now)?;
            Ok(AskedCode { purpose, masked_phone: asked.phone()?.masked(), account: row.account })
        };
        self.platform().store.read(read).await
    }

    /// Signs in by the code that was sent.
    pub async fn sign_in_by_code(&self, token: &Token, code: &str, device: Device) -> Result<Started> {
        let opening = Opening::new(device.clone());
        let inside = opening.clone();
        let identity = self.clone();
        let enter = move |tx: &mut Tx<'_>, ctx: &Ctx, (row, _): (CodeRow, Asked), digest: &str| {
            // Nobody's: the message said so, and had no code in it.
            if row.account == 0 {
                return Ok(Answer::Wrong { left: TRIES - row.tries });
            }
            if !rows::end(tx, digest)? {
                return Ok(Answer::Over);
            }
            let attempt = format!("code:{digest}");
            identity.open_session(tx, ctx, &attempt, row.account, "code", &inside).map(Answer::Right)
        };
        let actor = self.answer(Purpose::SignIn, token, code, &device, enter).await?.into_result()?;
        Ok(self.opened(actor, opening))
    }

    /// Compares an answer, counted before it is looked at; `right` goes on in the same transaction.
    pub(crate) async fn answer<T, F>(
        &self,
        purpose: Purpose,
        token: &Token,
        code: &str,
        device: &Device,
        right: F,
    ) -> Result<Answer<T>>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>, &Ctx, (CodeRow, Asked), &str) -> Result<Answer<T>> + Send + Sync + 'static,
    {
        let (identity, ctx) = (self.clone(), self.ctx(Actor::Anyone));
        let (digest, code) = (hex::encode(token.digest()), crate::totp::plain_code(code));
        let network = device.address.map(attempt::network);
        let write = move |tx: &mut Tx<'_>| -> Result<Answer<T>> {
            if let Some(network) = &network
                && let Allowed::No { until } = attempt::begin_from(tx, &ctx, network)?
            {
                return Err(IdentityError::Locked { until });
            }
            let (row, meant, asked) = identity.asked(tx, &digest, ctx.now)?;
            if meant != purpose {
                return Err(IdentityError::SignInGone);
            }
            if ctx.now >= row.expires_at || !rows::begin_try(tx, &digest, TRIES)? {
                return Ok(Answer::Over);
            }
            let row = CodeRow { tries: row.tries + 1, ..row };
            if row.code_index == identity.code_index(&digest, &code) {
                return right(tx, &ctx, (row, asked), &digest);
            }
            let left = TRIES - row.tries;
            if left == 0 {
                note(tx, &ctx, "code.exhausted", (purpose, row.account))?;
            }
            Ok(Answer::Wrong { left })
        };
        self.platform().store.write("code.answer", write).await
    }

    /// Counts a request, by phone and by address.
    fn count(&self, tx: &mut Tx<'_>, ctx: &Ctx, asked: &Asked, network: Option<&str>) -> Result<()> {
        let phone = self.platform().sealer.blind_index("identity_quota.phone", &asked.phone);
        let by_address = network.map(|network| (format!("address:{network}"), quota::ADDRESS));
        let all = [(format!("phone:{phone}"), quota::PHONE)].into_iter().chain(by_address);
        for (subject, rule) in all {
            if let Some(until) = quota::take(tx, ctx, &subject, rule)? {
                return Err(IdentityError::TooSoon { until, now: ctx.now });
            }
        }
        Ok(())
    }

    /// Writes the message and the journal entry.
    fn tell(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        (purpose, account): (Purpose, i64),
        asked: &Asked,
        code: &str,
    ) -> Result<()> {
        let text = words(purpose, account != 0, code);
        let expires_at = ctx.now.plus_millis(LIFE_MS);
        let new = NewMessage { kind: "code", phone: &asked.phone()?, text: &text, expires_at };
        self.messages()?.queue(tx, ctx, &new)?;
        note(tx, ctx, "code.requested", (purpose, account))
    }

    fn asked(&self, q: &mut Read<'_>, digest: &str, now: Instant) -> Result<(CodeRow, Purpose, Asked)> {
        let row = rows::code(q, digest)?.filter(|row| now < row.ends_at);
        let row = row.ok_or(IdentityError::SignInGone)?;
        let purpose = Purpose::parse(&row.purpose).ok_or(IdentityError::SignInGone)?;
        let broken = |e: &dyn std::fmt::Display| IdentityError::Internal(e.to_string());
        let body = self.platform().sealer.open_text(ASKED, &row.asked_sealed).map_err(|e| broken(&e))?;
        let asked = serde_json::from_str(&body).map_err(|e| broken(&e))?;
        Ok((row, purpose, asked))
    }

    /// Bound to the browser: the same digits for another are another code.
    fn code_index(&self, digest: &str, code: &str) -> String {
        self.platform().sealer.blind_index("identity_code.code", &format!("{digest}:{code}"))
    }
}

/// Phone and resident ID in their one form, or what is wrong with which.
pub(crate) fn typed(phone: &str, number: &str) -> Result<(Phone, String)> {
    let phone = mobile(phone);
    let number = LegalNumber::parse(NumberKind::ResidentId, number);
    match (phone, number) {
        (Ok(phone), Ok(number)) => Ok((phone, number.as_str().to_owned())),
        (phone, number) => {
            let errors = [("number", number.err()), ("phone", phone.err())];
            let errors = errors.into_iter().filter_map(|(field, error)| Some((field, error?)));
            Err(IdentityError::fields_of(errors))
        }
    }
}

fn draw(ctx: &Ctx) -> String {
    format!("{:06}", ctx.random() % 1_000_000)
}

fn words(purpose: Purpose, is_known: bool, code: &str) -> String {
    let what = match purpose {
        Purpose::SignIn if !is_known => {
            return "【一门】有人用本手机号码登录一门，但它与所填的身份证号码没有对应的账户，请核对后再试，或先注册。不是您本人操作的，不必理会。"
                .to_owned();
        }
        Purpose::SignIn => "登录",
        Purpose::Register => "注册账户",
        Purpose::Phone => "更换登录手机",
    };
    format!("【一门】验证码{code}，用于{what}，5分钟内有效。工作人员不会索要验证码，请勿告诉任何人。")
}

pub(crate) fn note(tx: &mut Tx<'_>, ctx: &Ctx, verb: &str, (purpose, account): (Purpose, i64)) -> Result<()> {
    let body = Requested { account, purpose: purpose.code() };
    Ok(journal::append(tx, ctx, journal::Note { verb, case: 0, task: 0, body })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_message_says_whether_somebody_has_the_phone() {
        assert!(words(Purpose::SignIn, true, "123456").contains("验证码123456"));
        assert!(!words(Purpose::SignIn, false, "123456").contains("123456"));
    }

    #[test]
    fn what_is_wrong_is_told_of_both_fields() {
        let fields = |phone, number| typed(phone, number).map_err(|e| e.fields()).unwrap_err();
        let names = |phone, number| {
            let fields = fields(phone, number);
            fields.into_iter().map(|one| one.field).collect::<Vec<_>>()
        };
        assert_eq!(names("1380000123", "000000199001010019x"), ["number", "phone"]);
        assert_eq!(fields("0571-87654321", "11010519491231002X")[0].message, "请填写能接收短信的手机号码");
        assert_eq!(typed(" 138-0000-1234", "11010519491231002x").unwrap().1, "11010519491231002X");
    }
}

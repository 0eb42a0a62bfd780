//! Another phone for who is signed in: proven by a code sent to the new one, told to the old one.

use serde::Serialize;
use yimen_messages::NewMessage;
use yimen_parties::{Contact, Parties};
use yimen_platform::{Actor, Ctx, journal};
use yimen_standards::phone::Phone;
use yimen_store::Tx;

use crate::code::{Answer, Asked, Purpose, mobile};
use crate::cookie::Token;
use crate::login::Login;
use crate::sign_in::Device;
use crate::store::code as rows;
use crate::{Identity, IdentityError, Result};

/// How long the news for the old phone is worth sending.
const NEWS_MS: i64 = 3_600_000;

#[derive(Serialize)]
struct Changed {
    account: i64,
}

impl Identity {
    /// Sends a code to the phone that is to be the new one.
    pub async fn ask_for_phone(&self, ctx: &Ctx, phone: &str, device: &Device) -> Result<Token> {
        let phone = mobile(phone).map_err(|message| IdentityError::field("phone", message))?;
        let asked = Asked { phone: phone.to_string(), number: String::new(), name: String::new() };
        self.ask(Purpose::Phone, ctx.actor.account(), asked, device).await
    }

    /// Takes the new phone when the code is right, and writes it into the register, too.
    pub async fn change_phone(&self, ctx: &Ctx, token: &Token, code: &str, device: &Device) -> Result<()> {
        let (identity, actor) = (self.clone(), ctx.actor.clone());
        let change = move |tx: &mut Tx<'_>, ctx: &Ctx, (row, asked): (rows::CodeRow, Asked), digest: &str| {
            let mut own = ctx.clone();
            own.actor = actor.clone();
            // Asked for by somebody else at this browser, who has signed out since.
            if row.account != own.actor.account() || !rows::end(tx, digest)? {
                return Ok(Answer::Over);
            }
            let login = Login::phone(&asked.phone).map_err(IdentityError::Internal)?;
            let index = login.index(&identity.platform().sealer);
            let before = crate::store::account_of_login(tx, &index)?;
            if before.is_some_and(|other| other != row.account) {
                return Ok(Answer::Refused);
            }
            if !rows::set_phone(tx, row.account, &index, &login)? {
                return Err(IdentityError::LoginTaken);
            }
            identity.tell_old_phone(tx, &own, &asked)?;
            let body = Changed { account: row.account };
            let note = journal::Note { verb: "account.phone_changed", case: 0, task: 0, body };
            journal::append(tx, &own, note)?;
            Ok(Answer::Right(()))
        };
        self.answer(Purpose::Phone, token, code, device, change).await?.into_result()?;
        self.messages()?.wake();
        Ok(())
    }

    /// Renews the phone in the register; the one that stood there is told.
    fn tell_old_phone(&self, tx: &mut Tx<'_>, ctx: &Ctx, asked: &Asked) -> Result<()> {
        let Actor::Citizen { party, .. } = ctx.actor else { return Ok(()) };
        let parties = Parties::new(self.platform().sealer.clone());
        let own = parties.by_id(tx, party)?;
        let contact = Contact { phone: asked.phone.clone(), address: own.address.clone() };
        parties.update_contact(tx, ctx, party, own.revision, &contact)?;
        let old =
            Phone::parse(&own.phone).ok().filter(|old| old.is_mobile() && *old.as_str() != *asked.phone);
        let Some(old) = old else { return Ok(()) };
        let text = format!(
            "【一门】您的登录手机已更换为{}。不是您本人操作的，请立即用密码登录修改，或到政务服务窗口处理。",
            asked.phone()?.masked()
        );
        let expires_at = ctx.now.plus_millis(NEWS_MS);
        let new = NewMessage { kind: "notice", phone: &old, text: &text, expires_at };
        Ok(self.messages()?.queue(tx, ctx, &new)?)
    }
}

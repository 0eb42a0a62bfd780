//! A natural person makes an account of their own: resident ID, name, and a phone proven by a code.
//!
//! Nobody is taken for somebody who is registered already: whose number is known here must have the same name and phone
//! in the register, and no account. All else is one refusal in the same words, and is settled at a counter.

use serde::Serialize;
use yimen_parties::{NewParty, NumberKind, Parties};
use yimen_platform::{Actor, Ctx, journal};
use yimen_standards::name;
use yimen_store::Tx;

use crate::code::{Answer, Asked, Purpose, typed};
use crate::cookie::Token;
use crate::factor::Policy;
use crate::password::PasswordHash;
use crate::password_rule::{Whose, check_new};
use crate::sign_in::{Device, Opening, Started};
use crate::store::code as rows;
use crate::{Identity, IdentityError, NewAccount, Position, Result, store};

#[derive(Serialize)]
struct Registered {
    account: i64,
    party: i64,
}

impl Identity {
    /// Sends the code that a registration needs.
    pub async fn ask_to_register(
        &self,
        name: &str,
        phone: &str,
        number: &str,
        device: &Device,
    ) -> Result<Token> {
        let (name, typed) = (name::parse(name), typed(phone, number));
        let (name, (phone, number)) = match (name, typed) {
            (Ok(name), Ok(typed)) => (name, typed),
            (name, typed) => {
                let wrong_name = name.err().map(|e| ("name", e.message()));
                let mut errors = IdentityError::fields_of(wrong_name).fields();
                errors.extend(typed.err().map(|e| e.fields()).unwrap_or_default());
                return Err(IdentityError::Invalid(errors));
            }
        };
        self.ask(Purpose::Register, 0, Asked { phone: phone.to_string(), number, name }, device).await
    }

    /// Makes the account when the code is right, and signs in. An empty password: codes alone.
    pub async fn register(
        &self,
        token: &Token,
        code: &str,
        password: &str,
        device: Device,
    ) -> Result<Started> {
        let hash = match password {
            "" => PasswordHash::none(self.settings().cost),
            password => {
                let wrong = |message| IdentityError::field("new", message);
                check_new(password, &Whose::anyone()).map_err(wrong)?;
                self.hash_password(password.to_owned()).await?
            }
        };
        let (opening, identity) = (Opening::new(device.clone()), self.clone());
        let inside = opening.clone();
        let make = move |tx: &mut Tx<'_>, ctx: &Ctx, (_, asked): (_, Asked), digest: &str| {
            if !rows::end(tx, digest)? {
                return Ok(Answer::Over);
            }
            // Nobody is signed in yet: the program itself makes the account.
            let mut own = ctx.clone();
            own.actor = Actor::System("自助注册");
            let Some(account) = identity.make(tx, &own, &asked, &hash)? else {
                crate::code::note(tx, ctx, "account.registration_refused", (Purpose::Register, 0))?;
                return Ok(Answer::Refused);
            };
            let attempt = format!("code:{digest}");
            identity.open_session(tx, ctx, &attempt, account, "code", &inside).map(Answer::Right)
        };
        let actor = self.answer(Purpose::Register, token, code, &device, make).await?.into_result()?;
        Ok(self.opened(actor, opening))
    }

    /// `None` where a counter has to settle who it is.
    fn make(&self, tx: &mut Tx<'_>, ctx: &Ctx, asked: &Asked, hash: &PasswordHash) -> Result<Option<i64>> {
        let sealer = &self.platform().sealer;
        let logins = asked.logins()?;
        for login in &logins {
            if store::account_of_login(tx, &login.index(sealer))?.is_some() {
                return Ok(None);
            }
        }
        let parties = Parties::new(sealer.clone());
        let known = parties.by_document(tx, NumberKind::ResidentId, &asked.number)?;
        let party = match known {
            Some(party) => {
                let same = party.name == asked.name && party.phone == asked.phone;
                if !same || store::of_party(tx, party.id)?.is_some() {
                    return Ok(None);
                }
                party.id
            }
            None => {
                let new = NewParty::person(&asked.name, &asked.number).phone(&asked.phone);
                parties.register(tx, ctx, &new)?.id
            }
        };
        let position = Position::Citizen { party };
        let new = NewAccount { name: asked.name.clone(), position, logins: logins.to_vec() };
        let account = self.create_with(tx, ctx, &new, hash, Policy::Off)?;
        let body = Registered { account, party };
        journal::append(tx, ctx, journal::Note { verb: "account.registered", case: 0, task: 0, body })?;
        Ok(Some(account))
    }
}

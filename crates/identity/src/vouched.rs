//! An outside provider vouches for a resident ID number and a name: whose account that is. Staff never come in this way.

use yimen_parties::{LegalNumber, NewParty, NumberKind, Parties, PartyError};
use yimen_platform::{Actor, Ctx};
use yimen_store::Tx;

use crate::factor::Policy;
use crate::login::Login;
use crate::model::{NewAccount, Position};
use crate::password::PasswordHash;
use crate::sign_in::{Device, Opening, Started};
use crate::{Identity, IdentityError, Result, store};

/// What an outside provider says of somebody.
#[derive(Debug, Clone)]
pub struct Vouched {
    /// Which provider.
    pub provider: String,
    pub number: LegalNumber,
    pub name: String,
}

impl Identity {
    /// Signs in whoever has that number, and registers whom nobody knew. Another name under it is settled at a counter.
    pub(crate) async fn sign_in_vouched(&self, who: &Vouched, device: Device) -> Result<Started> {
        let ctx = self.ctx(Actor::System("身份平台"));
        let hash = PasswordHash::none(self.settings().cost);
        let opening = Opening::new(device);
        let (identity, who, inside) = (self.clone(), who.clone(), opening.clone());
        let enter = move |tx: &mut Tx<'_>| -> Result<Actor> {
            let account = identity.vouched_account(tx, &ctx, &who, &hash)?;
            let proof = format!("outside {}", who.provider);
            identity.open_session(tx, &ctx, "", account, &proof, &inside)
        };
        let actor = self.platform().store.write("sign_in.vouched", enter).await?;
        Ok(self.opened(actor, opening))
    }

    fn vouched_account(&self, tx: &mut Tx<'_>, ctx: &Ctx, who: &Vouched, hash: &PasswordHash) -> Result<i64> {
        let parties = Parties::new(self.platform().sealer.clone());
        let number = who.number.as_str();
        let not_vouched = |error: PartyError| match error {
            PartyError::Store(error) => error.into(),
            _ => IdentityError::NotVouched,
        };
        let known = parties.by_document(tx, NumberKind::ResidentId, number).map_err(not_vouched)?;
        let party = match known {
            Some(party) if party.name != who.name => return Err(IdentityError::NotVouched),
            Some(party) => party.id,
            None => parties.register(tx, ctx, &NewParty::person(&who.name, number)).map_err(not_vouched)?.id,
        };
        if let Some(account) = store::of_party(tx, party)? {
            return Ok(account);
        }
        let login = Login::number(NumberKind::ResidentId, number).map_err(|_| IdentityError::NotVouched)?;
        let position = Position::Citizen { party };
        let new = NewAccount { name: who.name.clone(), position, logins: vec![login] };
        // A login that is taken is that of an account that was closed: it stays closed.
        self.create_with(tx, ctx, &new, hash, Policy::Off).map_err(|error| match error {
            IdentityError::LoginTaken => IdentityError::NotVouched,
            other => other,
        })
    }
}

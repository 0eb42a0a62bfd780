//! Registering a party and keeping its contact data.

use serde::Serialize;
use yimen_platform::{Actor, Ctx, Role, journal};
use yimen_standards::name;
use yimen_standards::phone::Phone;
use yimen_store::{StoreError, Tx};
use yimen_web::FieldError;

use crate::initials::initials;
use crate::model::{Party, PartyKind};
use crate::number::{LegalNumber, NumberKind};
use crate::{Parties, PartyError, Result};

/// A party as given in a form; nothing of it is checked yet.
#[derive(Clone)]
pub struct NewParty {
    pub name: String,
    pub number_kind: NumberKind,
    pub number: String,
    /// Empty where none is given.
    pub phone: String,
    pub address: String,
}

/// How a party is reached, as given in a form.
#[derive(Clone, Default)]
pub struct Contact {
    pub phone: String,
    pub address: String,
}

const LONGEST_ADDRESS: usize = 200;

/// What was given, checked and in its one form.
struct Checked {
    name: String,
    number: LegalNumber,
    contact: Contact,
}

#[derive(Serialize)]
struct Registered {
    party: i64,
    kind: &'static str,
    number_kind: &'static str,
}

#[derive(Serialize)]
struct ContactUpdated {
    party: i64,
    phone: bool,
    address: bool,
}

impl Parties {
    /// The party of this number, made if it is not there yet. Of one that is there only the contact data is renewed,
    /// and only by what was given; another name is refused.
    pub fn register(&self, tx: &mut Tx<'_>, ctx: &Ctx, new: &NewParty) -> Result<Party> {
        let given = check(new)?;
        let (kind, number) = (given.number.kind(), given.number.as_str());
        if let Some(row) = self.row_of_document(tx, kind, number)? {
            return self.renew(tx, ctx, self.open(row)?, given);
        }
        if !is_trusted(&ctx.actor) {
            return Err(PartyError::Forbidden);
        }
        let party = Party {
            id: ctx.new_id(),
            kind: PartyKind::of(kind),
            name: given.name,
            number_kind: kind,
            number: number.to_owned(),
            phone: given.contact.phone,
            address: given.contact.address,
            revision: 1,
        };
        if !self.insert(tx, &party, &initials(&party.name), ctx.now)? {
            // Neither engine lets it come to this; if one did, the whole unit of work has to be tried again.
            return Err(PartyError::Store(StoreError::Busy));
        }
        let body = Registered { party: party.id, kind: party.kind.code(), number_kind: kind.code() };
        journal::append(tx, ctx, journal::Note { verb: "party.registered", case: 0, task: 0, body })?;
        Ok(party)
    }

    /// Changes phone and address; an empty text removes. `revision` is the one the form was opened with.
    pub fn update_contact(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        id: i64,
        revision: i64,
        contact: &Contact,
    ) -> Result<Party> {
        let mut errors = Vec::new();
        let contact = check_contact(contact, &mut errors);
        let party = self.by_id(tx, id)?;
        if !may_change(&ctx.actor, id) {
            return Err(PartyError::NotFound);
        }
        if !errors.is_empty() {
            return Err(PartyError::Invalid(errors));
        }
        if party.revision != revision {
            return Err(PartyError::Stale);
        }
        self.change_contact(tx, ctx, party, contact)
    }

    fn renew(&self, tx: &mut Tx<'_>, ctx: &Ctx, party: Party, given: Checked) -> Result<Party> {
        if !may_change(&ctx.actor, party.id) {
            return Err(PartyError::Forbidden);
        }
        if party.name != given.name {
            return Err(PartyError::NameConflict);
        }
        let keep = |new: String, old: &String| if new.is_empty() { old.clone() } else { new };
        let contact = Contact {
            phone: keep(given.contact.phone, &party.phone),
            address: keep(given.contact.address, &party.address),
        };
        self.change_contact(tx, ctx, party, contact)
    }

    fn change_contact(&self, tx: &mut Tx<'_>, ctx: &Ctx, mut party: Party, new: Contact) -> Result<Party> {
        let (phone, address) = (party.phone != new.phone, party.address != new.address);
        if !phone && !address {
            return Ok(party);
        }
        party.phone = new.phone;
        party.address = new.address;
        self.write_contact(tx, &party, ctx.now)?;
        party.revision += 1;
        let body = ContactUpdated { party: party.id, phone, address };
        journal::append(tx, ctx, journal::Note { verb: "party.contact_updated", case: 0, task: 0, body })?;
        Ok(party)
    }
}

/// Windows see the document, set-up has seen it: they may say who somebody is.
fn is_trusted(actor: &Actor) -> bool {
    matches!(actor, Actor::System(_)) || actor.has(Role::Clerk)
}

fn may_change(actor: &Actor, id: i64) -> bool {
    is_trusted(actor) || matches!(actor, Actor::Citizen { party, .. } if *party == id)
}

fn check(new: &NewParty) -> Result<Checked> {
    let mut errors = Vec::new();
    let name = name::parse(&new.name);
    if let Err(error) = &name {
        errors.push(FieldError::new("name", error.message()));
    }
    let number = LegalNumber::parse(new.number_kind, &new.number);
    if let Err(message) = &number {
        errors.push(FieldError::new("number", message));
    }
    let contact = Contact { phone: new.phone.clone(), address: new.address.clone() };
    let contact = check_contact(&contact, &mut errors);
    match (name, number) {
        (Ok(name), Ok(number)) if errors.is_empty() => Ok(Checked { name, number, contact }),
        _ => Err(PartyError::Invalid(errors)),
    }
}

/// Phone and address in their one form; what is wrong is added to `errors`.
fn check_contact(contact: &Contact, errors: &mut Vec<FieldError>) -> Contact {
    let phone = match contact.phone.trim() {
        "" => String::new(),
        given => match Phone::parse(given) {
            Ok(phone) => phone.as_str().to_owned(),
            Err(error) => {
                errors.push(FieldError::new("phone", error.message()));
                String::new()
            }
        },
    };
    let address = contact.address.split_whitespace().collect::<Vec<_>>().join(" ");
    if address.chars().count() > LONGEST_ADDRESS {
        let message = format!("地址最多{LONGEST_ADDRESS}个字，请删减后重新填写");
        errors.push(FieldError::new("address", message));
    } else if address.chars().any(char::is_control) {
        errors.push(FieldError::new("address", "地址中有看不见的控制字符，请删除后重新填写"));
    }
    Contact { phone, address }
}

impl NewParty {
    /// A natural person known by a resident ID.
    pub fn person(name: impl Into<String>, number: impl Into<String>) -> Self {
        Self::with(NumberKind::ResidentId, name, number)
    }

    /// A body known by a credit code.
    pub fn body(name: impl Into<String>, number: impl Into<String>) -> Self {
        Self::with(NumberKind::CreditCode, name, number)
    }

    pub fn with(number_kind: NumberKind, name: impl Into<String>, number: impl Into<String>) -> Self {
        let (name, number) = (name.into(), number.into());
        Self { name, number_kind, number, phone: String::new(), address: String::new() }
    }

    #[must_use]
    pub fn phone(mut self, phone: impl Into<String>) -> Self {
        self.phone = phone.into();
        self
    }

    #[must_use]
    pub fn address(mut self, address: impl Into<String>) -> Self {
        self.address = address.into();
        self
    }
}

//! Parties as rows.

pub(crate) mod reseal;

use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError, Tx, params, row, sql};

use crate::model::{Party, PartyKind};
use crate::number::NumberKind;
use crate::place;
use crate::{Parties, Result};

macro_rules! columns {
    () => {
        "id, kind, name, number_kind, number_sealed, phone_sealed, address_sealed, revision"
    };
}

sql! {
    BY_ID = concat!("select ", columns!(), " from parties_party where id = $1");

    BY_DOCUMENT = concat!("select ", columns!(), " from parties_party where number_index = $1 and number_kind = $2");

    BY_NUMBER = concat!("select ", columns!(), " from parties_party where number_index = $1 order by number_kind");

    BY_PHONE = concat!("select ", columns!(), " from parties_party where phone_index = $1 order by id limit $2");

    BY_NAME = concat!("select ", columns!(), " from parties_party where name >= $1 and name < $2
        order by name, id limit $3");

    BY_INITIALS = concat!("select ", columns!(), " from parties_party where initials >= $1 and initials < $2
        order by initials, id limit $3");

    AT_PLACE = "select p.id, p.kind, p.name, p.number_kind, p.number_sealed, p.phone_sealed, p.address_sealed, p.revision
        from parties_place l join parties_party p on p.id = l.party where l.place = $1 order by l.party limit $2";

    ADD_PLACE = "insert into parties_place (place, party) values ($1, $2) on conflict (place, party) do nothing";

    DROP_PLACES = "delete from parties_place where party = $1";

    // Two who register one number at once: SQLite runs them in turn, PostgreSQL lets the second begin again.
    INSERT = "insert into parties_party (id, kind, name, number_kind, number_index, number_sealed, phone_index,
        phone_sealed, address_sealed, initials, revision, created_at, updated_at, updated_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $11, $12)
        on conflict (number_index, number_kind) do nothing";

    UPDATE_CONTACT = "update parties_party set phone_index = $3, phone_sealed = $4, address_sealed = $5,
        revision = revision + 1, updated_at = $6, updated_by = $7 where id = $1 and revision = $2";
}

row! {
    pub(crate) struct PartyRow {
        pub id: i64,
        kind: String,
        pub name: String,
        number_kind: String,
        number_sealed: Vec<u8>,
        phone_sealed: Vec<u8>,
        address_sealed: Vec<u8>,
        revision: i64,
    }
}

// Labels are bound into what is sealed and must never change.
pub(crate) const NUMBER: &str = "parties_party.number";
pub(crate) const PHONE: &str = "parties_party.phone";
pub(crate) const ADDRESS: &str = "parties_party.address";

/// A code in the database that the program does not know: the schema is newer, or somebody wrote by hand.
fn unknown(what: &str, code: &str) -> StoreError {
    StoreError::Other(format!("unknown {what} '{code}' in the database"))
}

impl PartyRow {
    pub fn kind(&self) -> Result<PartyKind> {
        Ok(PartyKind::parse(&self.kind).ok_or_else(|| unknown("kind of party", &self.kind))?)
    }

    pub fn number_kind(&self) -> Result<NumberKind> {
        Ok(NumberKind::parse(&self.number_kind)
            .ok_or_else(|| unknown("kind of number", &self.number_kind))?)
    }
}

/// The end of the range of texts that begin with `prefix`, in byte order.
fn after(prefix: &str) -> String {
    format!("{prefix}\u{10FFFF}")
}

impl Parties {
    pub(crate) fn number_index(&self, canonical: &str) -> String {
        self.sealer.blind_index(NUMBER, canonical)
    }

    /// Empty for no phone, so that those without one share nothing to be found by.
    fn phone_index(&self, phone: &str) -> String {
        if phone.is_empty() { String::new() } else { self.sealer.blind_index(PHONE, phone) }
    }

    pub(crate) fn open_number(&self, row: &PartyRow) -> Result<String> {
        Ok(self.sealer.open_text(NUMBER, &row.number_sealed)?)
    }

    pub(crate) fn open_phone(&self, row: &PartyRow) -> Result<String> {
        Ok(self.sealer.open_text(PHONE, &row.phone_sealed)?)
    }

    pub(crate) fn open(&self, row: PartyRow) -> Result<Party> {
        Ok(Party {
            id: row.id,
            kind: row.kind()?,
            number_kind: row.number_kind()?,
            number: self.open_number(&row)?,
            phone: self.open_phone(&row)?,
            address: self.sealer.open_text(ADDRESS, &row.address_sealed)?,
            name: row.name,
            revision: row.revision,
        })
    }

    /// `false` when the number is taken.
    pub(crate) fn insert(&self, tx: &mut Tx<'_>, party: &Party, initials: &str, at: Instant) -> Result<bool> {
        let name = tx.name();
        let seal = |label, plain: &str| self.sealer.seal_text(label, plain);
        let (number, phone) = (seal(NUMBER, &party.number), seal(PHONE, &party.phone));
        let touched = tx.exec(
            &INSERT,
            params![
                party.id,
                party.kind.code(),
                &party.name,
                party.number_kind.code(),
                &self.number_index(&party.number),
                &number,
                &self.phone_index(&party.phone),
                &phone,
                &seal(ADDRESS, &party.address),
                initials,
                at,
                name
            ],
        )?;
        if touched == 1 {
            self.add_places(tx, party)?;
        }
        Ok(touched == 1)
    }

    fn add_places(&self, tx: &mut Tx<'_>, party: &Party) -> Result<()> {
        for part in place::parts(&party.address) {
            tx.put(&ADD_PLACE, params![&self.place_index(&part), party.id])?;
        }
        Ok(())
    }

    fn place_index(&self, part: &str) -> String {
        self.sealer.blind_index(ADDRESS, part)
    }

    pub(crate) fn write_contact(&self, tx: &mut Tx<'_>, party: &Party, at: Instant) -> Result<()> {
        let name = tx.name();
        let phone = self.sealer.seal_text(PHONE, &party.phone);
        let address = self.sealer.seal_text(ADDRESS, &party.address);
        let index = self.phone_index(&party.phone);
        tx.put_one(&UPDATE_CONTACT, params![party.id, party.revision, &index, &phone, &address, at, name])?;
        tx.put(&DROP_PLACES, params![party.id])?;
        self.add_places(tx, party)
    }

    pub(crate) fn rows_at_place(&self, q: &mut Read<'_>, part: &str, limit: i64) -> Result<Vec<PartyRow>> {
        Ok(q.all(&AT_PLACE, params![&self.place_index(part), limit])?)
    }

    pub(crate) fn row_of_document(
        &self,
        q: &mut Read<'_>,
        kind: NumberKind,
        canonical: &str,
    ) -> Result<Option<PartyRow>> {
        Ok(q.opt(&BY_DOCUMENT, params![&self.number_index(canonical), kind.code()])?)
    }

    pub(crate) fn rows_of_number(&self, q: &mut Read<'_>, canonical: &str) -> Result<Vec<PartyRow>> {
        Ok(q.all(&BY_NUMBER, params![&self.number_index(canonical)])?)
    }

    pub(crate) fn rows_of_phone(&self, q: &mut Read<'_>, phone: &str, limit: i64) -> Result<Vec<PartyRow>> {
        Ok(q.all(&BY_PHONE, params![&self.phone_index(phone), limit])?)
    }
}

pub(crate) fn by_id(q: &mut Read<'_>, id: i64) -> Result<Option<PartyRow>> {
    Ok(q.opt(&BY_ID, params![id])?)
}

pub(crate) fn by_name(q: &mut Read<'_>, prefix: &str, limit: i64) -> Result<Vec<PartyRow>> {
    Ok(q.all(&BY_NAME, params![prefix, &after(prefix), limit])?)
}

pub(crate) fn by_initials(q: &mut Read<'_>, prefix: &str, limit: i64) -> Result<Vec<PartyRow>> {
    Ok(q.all(&BY_INITIALS, params![prefix, &after(prefix), limit])?)
}

//! Finding people: by id, by number, and by whatever a clerk types.

use yimen_standards::name;
use yimen_standards::phone::Phone;
use yimen_store::Read;

use crate::model::{Party, PartyKind, mask_phone};
use crate::number::{self, NumberKind, canonical};
use crate::place;
use crate::store::{self, PartyRow};
use crate::{Parties, PartyError, Result};

/// One line of a list of people: enough to tell them apart, not enough to misuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartySummary {
    pub id: i64,
    pub kind: PartyKind,
    pub name: String,
    /// The document in words.
    pub document: &'static str,
    pub number_kind: NumberKind,
    pub masked_number: String,
    /// Empty where none is known.
    pub masked_phone: String,
}

/// Shorter texts are no number: a clerk who has typed so much is still typing.
const SHORTEST_NUMBER: usize = 4;

impl Parties {
    /// The party, or `NotFound`.
    pub fn by_id(&self, q: &mut Read<'_>, id: i64) -> Result<Party> {
        let row = store::by_id(q, id)?.ok_or(PartyError::NotFound)?;
        self.open(row)
    }

    /// The party of a number, however it was typed; the 15-digit form finds the 18-digit one. `None` also when the
    /// same text is the number of different documents: then the kind must be said (`by_document`).
    pub fn by_number(&self, q: &mut Read<'_>, number: &str) -> Result<Option<Party>> {
        let mut rows = self.rows_of_number(q, &canonical(number))?;
        match (rows.pop(), rows.is_empty()) {
            (Some(only), true) => self.open(only).map(Some),
            _ => Ok(None),
        }
    }

    pub fn by_document(&self, q: &mut Read<'_>, kind: NumberKind, number: &str) -> Result<Option<Party>> {
        let row = self.row_of_document(q, kind, &canonical(number))?;
        row.map(|row| self.open(row)).transpose()
    }

    /// Whom a clerk may mean: a whole number or phone, an address from any of its parts to a door, else the beginning of a name or of its pinyin initials.
    pub fn find(&self, q: &mut Read<'_>, text: &str, limit: usize) -> Result<Vec<PartySummary>> {
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let number = canonical(text);
        let mut rows = Vec::new();
        if number.chars().count() >= SHORTEST_NUMBER {
            rows.extend(self.rows_of_number(q, &number)?);
        }
        if let Ok(phone) = Phone::parse(text) {
            rows.extend(self.rows_of_phone(q, phone.as_str(), most)?);
        }
        if let Some(part) = place::wanted(text).filter(|_| rows.is_empty()) {
            rows.extend(self.rows_at_place(q, &part, most)?);
        }
        let name = name::normalise(text);
        if rows.is_empty() && name.chars().any(char::is_alphabetic) {
            rows.extend(store::by_name(q, &name, most)?);
        }
        let initials: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        if rows.len() < limit && !initials.is_empty() && initials.bytes().all(|c| c.is_ascii_alphabetic()) {
            rows.extend(store::by_initials(q, &initials.to_ascii_lowercase(), most)?);
        }
        self.summaries(rows, limit)
    }

    fn summaries(&self, rows: Vec<PartyRow>, limit: usize) -> Result<Vec<PartySummary>> {
        let mut found: Vec<PartySummary> = Vec::with_capacity(rows.len().min(limit));
        for row in rows {
            if found.len() < limit && found.iter().all(|seen| seen.id != row.id) {
                found.push(self.summary(row)?);
            }
        }
        Ok(found)
    }

    fn summary(&self, row: PartyRow) -> Result<PartySummary> {
        let number = self.open_number(&row)?;
        let number_kind = row.number_kind()?;
        Ok(PartySummary {
            id: row.id,
            kind: row.kind()?,
            document: number::document_zh(number_kind, &number),
            number_kind,
            masked_number: number::mask(number_kind, &number),
            masked_phone: mask_phone(&self.open_phone(&row)?),
            name: row.name,
        })
    }
}

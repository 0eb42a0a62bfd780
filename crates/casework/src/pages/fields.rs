//! Fields of a pack as controls of a page, and what was posted back as facts.

use std::cell::{OnceCell, RefCell};

use yimen_catalogue::form::{self, FieldError};
use yimen_catalogue::model::{Field as Spec, FieldKind, Prefill};
use yimen_catalogue::{Fact, Facts, TODAY, Version};
use yimen_parties::{NumberKind, Party};
use yimen_standards::id::ResidentId;
use yimen_web::{Choice, Field, FormState, Width};

use super::error::sentence;

/// More choices than this are a list to open, not a wall of buttons.
const MOST_RADIOS: usize = 8;
/// What a form says of a value that was taken from the person's own record.
const OWN_RECORD: &str = "您的实名信息";

/// The control of a field, with the answer as it is saved.
pub fn control(spec: &Spec, facts: &Facts) -> Field {
    let field = bare(spec).hint(spec.hint.clone().unwrap_or_default());
    let field = if spec.optional { field.optional() } else { field };
    match facts.get(&spec.id) {
        Some(fact) => field.values(form::raw(spec, fact)),
        None => field,
    }
}

/// The control with what the person typed, and what is wrong with it.
pub fn control_from(spec: &Spec, facts: &Facts, typed: &FormState) -> Field {
    control(spec, facts).from(typed)
}

/// The control filled from the person's own record where nothing was answered yet.
pub fn control_for(spec: &Spec, facts: &Facts, own: Option<&Party>) -> Field {
    control_from_record(spec, facts, own, OWN_RECORD)
}

/// [`control_for`] in the words of somebody else's page: `source` says whose record it is.
pub fn control_from_record(spec: &Spec, facts: &Facts, record: Option<&Party>, source: &str) -> Field {
    let field = control(spec, facts);
    match record.filter(|_| !facts.contains_key(&spec.id)).and_then(|party| own_value(spec, party)) {
        Some(value) => field.value(value).source(source),
        None => field,
    }
}

fn bare(spec: &Spec) -> Field {
    let (id, label) = (&spec.id, &spec.label);
    let choices = || spec.options.iter().map(|o| Choice::new(&o.value, &o.label)).collect::<Vec<_>>();
    let most = |field: Field| match spec.max.and_then(|n| u32::try_from(n).ok()) {
        Some(n) => field.max(n),
        None => field,
    };
    match spec.kind {
        FieldKind::Text => Field::text(id, label),
        FieldKind::LongText => most(Field::textarea(id, label)),
        FieldKind::Number => Field::number(id, label),
        FieldKind::Money => Field::money(id, label),
        FieldKind::Area => Field::money(id, label).suffix("平方米"),
        FieldKind::Date => Field::date(id, label),
        FieldKind::Boolean => Field::yes_no(id, label),
        FieldKind::Choice if spec.options.len() > MOST_RADIOS => Field::select(id, label, choices()),
        FieldKind::Choice => Field::radios(id, label, choices()),
        FieldKind::Choices => Field::checkboxes(id, label, choices()),
        FieldKind::Name => Field::text(id, label).width(Width::M),
        FieldKind::Phone => Field::phone(id, label),
        FieldKind::Address => Field::text(id, label),
        FieldKind::ResidentId | FieldKind::CreditCode => Field::identifier(id, label),
        FieldKind::EstateUnit => Field::identifier(id, label).width(Width::Full),
    }
}

/// What the person's record has for a field; nothing where the kinds do not fit.
pub fn own_value(spec: &Spec, party: &Party) -> Option<String> {
    let value = match (spec.prefill?, spec.kind, party.number_kind) {
        (Prefill::Name, ..) => &party.name,
        (Prefill::Phone, ..) => &party.phone,
        (Prefill::Address, ..) => &party.address,
        (Prefill::Number, FieldKind::ResidentId, NumberKind::ResidentId)
        | (Prefill::Number, FieldKind::CreditCode, NumberKind::CreditCode) => &party.number,
        (Prefill::Number, ..) => return None,
    };
    Some(value.clone()).filter(|v| !v.is_empty())
}

/// What a posted page of fields comes to.
#[derive(Debug, Default)]
pub struct Taken {
    /// Sound answers.
    pub facts: Facts,
    /// Optional fields that were emptied.
    pub cleared: Vec<String>,
    pub errors: Vec<FieldError>,
    /// Fields that apply because of an answer given just now and were not on the page yet.
    pub newly: usize,
}

impl Taken {
    /// Puts the errors beside the fields of the page that is shown again.
    pub fn tell(&self, form: &mut FormState) {
        for error in &self.errors {
            form.error(&error.field, sentence(error.message.clone()));
        }
    }
}

/// Which fields of a list apply while its answers come in one after another: found out anew only when an answer came that
/// a condition looks at.
pub struct Applying<'v, L> {
    version: &'v Version,
    list: L,
    /// Whether the list is there at all.
    shown: OnceCell<bool>,
    /// Facts that were asked about, and what applied.
    found: RefCell<Vec<(Facts, Vec<&'v str>)>>,
}

/// Before the page and while it is read.
const KEPT: usize = 2;

impl<'v, L: Fn(&Facts) -> Vec<&'v Spec>> Applying<'v, L> {
    pub fn new(version: &'v Version, list: L) -> Self {
        Self { version, list, shown: OnceCell::new(), found: RefCell::default() }
    }

    pub fn has(&self, spec: &Spec, facts: &Facts) -> bool {
        // A field without a condition applies where its page does, and a page's condition looks only at pages before it.
        if spec.when.is_none() {
            return *self.shown.get_or_init(|| !(self.list)(facts).is_empty());
        }
        let mut found = self.found.borrow_mut();
        if let Some((_, ids)) = found.iter().find(|(known, _)| self.version.decides_alike(known, facts)) {
            return ids.contains(&spec.id.as_str());
        }
        let ids: Vec<&str> = (self.list)(facts).into_iter().map(|f| f.id.as_str()).collect();
        let has = ids.contains(&spec.id.as_str());
        found.truncate(KEPT - 1);
        found.insert(0, (facts.clone(), ids));
        has
    }
}

/// Reads the fields of a form page in order, because an answer decides whether a later field applies. Whatever else was
/// posted is left aside.
pub fn take_page(version: &Version, page: &str, known: &Facts, posted: &FormState) -> Taken {
    let specs = version.page(page).map(|p| p.fields.as_slice()).unwrap_or_default();
    let applying = Applying::new(version, |facts| version.fields(page, facts));
    take(specs, known, posted, |spec, facts| applying.has(spec, facts))
}

/// [`take_page`] over any fields, with the rule that says which apply.
pub fn take(
    specs: &[Spec],
    known: &Facts,
    posted: &FormState,
    applies: impl Fn(&Spec, &Facts) -> bool,
) -> Taken {
    let (mut facts, mut taken) = (known.clone(), Taken::default());
    for spec in specs {
        if !applies(spec, &facts) {
            continue;
        }
        if !was_shown(spec, posted) && !applies(spec, known) {
            taken.newly += 1;
            continue;
        }
        let (mut read, mut errors) = form::parse(&[spec], &|id| values(id, posted));
        if let Some(error) = born_later(spec, read.get(&spec.id), &facts) {
            read.clear();
            errors.push(error);
        }
        match read.remove(&spec.id) {
            Some(fact) => {
                facts.insert(spec.id.clone(), fact.clone());
                taken.facts.insert(spec.id.clone(), fact);
            }
            None if errors.is_empty() => {
                facts.remove(&spec.id);
                taken.cleared.push(spec.id.clone());
            }
            None => taken.errors.append(&mut errors),
        }
    }
    taken
}

/// A number whose birth date is after today, or 150 years ago, has the right form and belongs to nobody.
fn born_later(spec: &Spec, read: Option<&Fact>, facts: &Facts) -> Option<FieldError> {
    let (Some(Fact::Text(number)), Some(Fact::Text(today))) = (read, facts.get(TODAY)) else { return None };
    let error = match spec.kind {
        FieldKind::ResidentId => ResidentId::parse_on(number, today.parse().ok()?).err()?,
        _ => return None,
    };
    Some(FieldError { field: spec.id.clone(), message: form::told(&spec.label, &error.message()) })
}

/// The values of a field as posted; a date comes in three.
fn values(id: &str, posted: &FormState) -> Vec<String> {
    let parts = ["y", "m", "d"].map(|part| format!("{id}-{part}"));
    if parts.iter().any(|part| posted.has(part)) {
        return parts.iter().map(|part| posted.raw(part).to_string()).collect();
    }
    posted.all(id).to_vec()
}

/// Whether nothing was posted for a field, so that it is lacking rather than wrong.
pub fn is_blank(id: &str, posted: &FormState) -> bool {
    values(id, posted).iter().all(|value| value.trim().is_empty())
}

fn was_shown(spec: &Spec, posted: &FormState) -> bool {
    posted.has(&spec.id) || posted.has(&format!("{}-y", spec.id))
}

/// An answer as a page shows it, with numbers of people masked; empty where there is none.
pub fn shown(spec: &Spec, facts: &Facts) -> String {
    facts.get(&spec.id).map(|fact| form::display(spec, fact)).unwrap_or_default()
}

#[cfg(test)]
mod tests;

//! Form answers: from what a person typed to facts, and back to what a person reads.
//!
//! What can be understood is accepted: full-width digits, spaces, hyphens, 元, 年月日. What cannot is answered with a
//! sentence that names the field and says what to do.

mod clean;
mod display;
mod parse;

use crate::facts::Facts;
use crate::model::Field;

pub use display::{display, raw, unmasked, without_ids};
pub use parse::told;

/// The posted values of a yes-or-no question.
pub const YES: &str = "yes";
pub const NO: &str = "no";

/// A field that cannot be taken as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Field id, for the link from the error summary.
    pub field: String,
    /// The same sentence above the form and beside the field.
    pub message: String,
}

/// Parses the posted values of these fields; `raw` gives every value posted under a name. Facts hold what is sound,
/// errors one sentence for each field that is not. An optional field left empty is neither.
pub fn parse(fields: &[&Field], raw: &impl Fn(&str) -> Vec<String>) -> (Facts, Vec<FieldError>) {
    let (mut facts, mut errors) = (Facts::new(), Vec::new());
    for field in fields {
        match parse::field(field, &raw(&field.id)) {
            Ok(Some(fact)) => {
                facts.insert(field.id.clone(), fact);
            }
            Ok(None) => {}
            Err(message) => errors.push(FieldError { field: field.id.clone(), message }),
        }
    }
    (facts, errors)
}

/// Posted names that belong to none of these fields: a stale or forged page. They are ignored; the caller may say so.
pub fn extras<'a>(fields: &[&Field], posted: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    posted.into_iter().filter(|name| !fields.iter().any(|f| f.id == *name)).collect()
}

/// Parses the answer to a guide question.
pub fn answer(
    question: &crate::model::Question,
    values: &[String],
) -> Result<crate::facts::Fact, FieldError> {
    let kind = if question.options.is_empty() {
        crate::model::FieldKind::Boolean
    } else {
        crate::model::FieldKind::Choice
    };
    parse::choice_like(kind, &question.ask, &question.options, values)
        .and_then(|fact| fact.ok_or_else(|| format!("请回答：{}", question.ask)))
        .map_err(|message| FieldError { field: question.id.clone(), message })
}

#[cfg(test)]
mod tests;

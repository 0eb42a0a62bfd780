//! Guide questions as controls, and their answers read back.

use yimen_web::{Choice, Field, FormState};

use crate::facts::{Fact, Facts};
use crate::form::{self, NO, YES};
use crate::model::Question;
use crate::version::Version;

/// A question as a control: yes or no, or one of its options.
pub fn question_control(question: &Question, answer: Option<&Fact>) -> Field {
    let field = if question.options.is_empty() {
        Field::yes_no(&question.id, &question.ask)
    } else {
        let choices = question.options.iter().map(|o| Choice::new(&o.value, &o.label));
        Field::radios(&question.id, &question.ask, choices.collect())
    };
    let field = field.hint(question.hint.clone().unwrap_or_default());
    match answer {
        Some(Fact::Bool(yes)) => field.value(if *yes { YES } else { NO }),
        Some(Fact::Text(value)) => field.value(value),
        _ => field,
    }
}

/// An answer in words; empty where there is none.
pub fn answer_words(question: &Question, answer: Option<&Fact>) -> String {
    match answer {
        Some(Fact::Bool(true)) => "是".into(),
        Some(Fact::Bool(false)) => "否".into(),
        Some(Fact::Text(value)) => {
            let option = question.options.iter().find(|o| o.value == *value);
            option.map_or_else(|| value.clone(), |o| o.label.clone())
        }
        _ => String::new(),
    }
}

/// The answers as a form sends them.
pub fn posted_answers(version: &Version, facts: &Facts) -> Vec<(String, String)> {
    let value = |q: &&Question| match facts.get(&q.id)? {
        Fact::Bool(yes) => Some((q.id.clone(), if *yes { YES } else { NO }.to_string())),
        Fact::Text(value) => Some((q.id.clone(), value.clone())),
        _ => None,
    };
    version.questions(facts).iter().filter_map(value).collect()
}

/// Adds the answers of a form to `facts`, question by question, because an answer decides whether the next is asked.
/// What is no answer becomes an error of the form; what was not asked is left aside.
pub fn take_answers(version: &Version, form: &mut FormState, facts: &mut Facts) {
    for question in &version.service.guide {
        let applies = version.questions(facts).iter().any(|q| q.id == question.id);
        if !applies || form.text(&question.id).is_empty() {
            continue;
        }
        match form::answer(question, form.all(&question.id)) {
            Ok(fact) => {
                facts.insert(question.id.clone(), fact);
            }
            Err(error) => {
                form.error(error.field, format!("{}。", error.message));
            }
        }
    }
}

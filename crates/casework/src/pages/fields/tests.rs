//! Reading of posted pages: what is taken, what is asked next, what is left aside.

use yimen_catalogue::Fact;
use yimen_catalogue::model::{Field as Spec, FieldKind};

use super::*;

fn spec(id: &str, kind: FieldKind, optional: bool) -> Spec {
    Spec {
        id: id.into(),
        label: id.into(),
        kind,
        hint: None,
        optional,
        when: None,
        options: Vec::new(),
        min: None,
        max: None,
        prefill: None,
        element: None,
    }
}

fn posted(pairs: &[(&str, &str)]) -> FormState {
    let mut form = FormState::new();
    for (name, value) in pairs {
        form.push(*name, *value);
    }
    form
}

/// `spouse` applies only to the married.
fn applies(spec: &Spec, facts: &Facts) -> bool {
    spec.id != "spouse" || facts.get("married") == Some(&Fact::Bool(true))
}

#[test]
fn a_field_that_an_answer_brings_up_is_asked_for_and_is_no_error() {
    let specs = [spec("married", FieldKind::Boolean, false), spec("spouse", FieldKind::Name, false)];
    let taken = take(&specs, &Facts::new(), &posted(&[("married", "yes")]), applies);
    assert_eq!((taken.newly, taken.errors.len()), (1, 0));
    let known = Facts::from([("married".to_string(), Fact::Bool(true))]);
    let taken = take(&specs, &known, &posted(&[("married", "yes"), ("spouse", "")]), applies);
    assert_eq!((taken.newly, taken.errors.len()), (0, 1));
}

#[test]
fn fields_that_do_not_apply_and_names_nobody_asked_for_are_left_aside() {
    let specs = [spec("married", FieldKind::Boolean, false), spec("spouse", FieldKind::Name, false)];
    let form = posted(&[("married", "no"), ("spouse", "伪造"), ("applicant", "1")]);
    let taken = take(&specs, &Facts::new(), &form, applies);
    assert_eq!(taken.facts.keys().collect::<Vec<_>>(), ["married"]);
}

#[test]
fn an_emptied_optional_field_is_cleared_and_a_missing_one_is_told() {
    let specs = [spec("note", FieldKind::Text, true), spec("name", FieldKind::Name, false)];
    let taken = take(&specs, &Facts::new(), &posted(&[("note", " ")]), applies);
    assert_eq!(taken.cleared, ["note"]);
    assert_eq!(taken.errors[0].field, "name");
}

#[test]
fn a_date_in_three_boxes_is_one_day_and_rare_characters_stay() {
    let specs = [spec("born", FieldKind::Date, false), spec("name", FieldKind::Name, false)];
    let form = posted(&[("born-y", "1990"), ("born-m", "1"), ("born-d", "2"), ("name", "𠮷䶮·阿布都")]);
    let taken = take(&specs, &Facts::new(), &form, applies);
    assert_eq!(taken.facts["born"], Fact::Text("1990-01-02".into()));
    assert_eq!(taken.facts["name"], Fact::Text("𠮷䶮·阿布都".into()));
}

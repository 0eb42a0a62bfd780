//! Every page and every component, in every mode and for every audience, is a sound page within its weight.

use yimen_web::{Audience, Mode, check, gallery, samples};

#[test]
fn every_sample_page_is_sound_in_every_mode() {
    for mode in Mode::ALL {
        let shell = samples::shell(mode);
        for name in samples::page_names() {
            let html = samples::page(name, &shell).unwrap().unwrap();
            check::assert_page(&format!("{name} ({})", mode.key()), &html);
            assert!(html.contains(&format!("mode-{}", mode.key())), "{name}");
        }
    }
}

#[test]
fn every_component_is_sound() {
    let shell = samples::shell(Mode::Standard);
    for audience in [Audience::Citizen, Audience::Desk, Audience::Review, Audience::Board] {
        let html = gallery::render_components(&shell, audience).unwrap();
        // The gallery shows several headings and more than a page may weigh; all else holds for it too.
        let found: Vec<String> = check::problems(&html)
            .into_iter()
            .filter(|p| !p.contains("<h1>") && !p.contains("bytes") && !p.contains("disagree"))
            .collect();
        assert_eq!(found, Vec::<String>::new(), "{audience:?}");
    }
}

#[test]
fn every_component_template_has_a_sample() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/components");
    let shown: Vec<&str> = samples::components().iter().map(|s| s.component).collect();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_string();
        // Parts of a field.
        if !matches!(name.as_str(), "field_notes" | "field_state") {
            assert!(shown.contains(&name.as_str()), "{name} is not in the gallery");
        }
    }
}

#[test]
fn what_people_typed_is_escaped_everywhere() {
    use yimen_web::*;
    let evil = "\"><script>alert(1)</script>'&";
    let mut form = FormState::new();
    form.set("a", evil).error("a", evil);
    let parts = [
        Field::text("a", evil).hint(evil).source(evil).suffix(evil).from(&form).to_string(),
        Field::textarea("a", evil).from(&form).to_string(),
        Field::radios("a", evil, vec![Choice::new(evil, evil).hint(evil)]).to_string(),
        Field::select("a", evil, vec![Choice::new(evil, evil)]).value(evil).to_string(),
        Field::date("a", evil).from(&form).to_string(),
        Button::primary(evil).named(evil, evil).confirm(evil).key(evil).to_string(),
        Notice::info(evil).text(evil).link(evil, evil).to_string(),
        SummaryList::new().title(evil).row(SummaryRow::new(evil, evil).change(evil).source(evil)).to_string(),
        Timeline::new(evil)
            .lane(
                Lane::new(evil)
                    .note(evil)
                    .step(LaneStep::new(evil, StepState::Stuck).reason(evil).times(evil)),
            )
            .to_string(),
        StepGraph::new(evil).node(StepNode::new("x", evil, evil).note(evil)).to_string(),
        Table::new(evil, vec![Column::text(evil)])
            .row(Row::new(vec![Cell::link_with(evil, evil, evil)]))
            .to_string(),
        UploadBox::new("u", evil, evil)
            .hint(evil)
            .error(evil)
            .nonce(evil)
            .file(UploadedFile::new(evil, 1, evil).remove(evil).error(evil))
            .to_string(),
        Document::new(evil, evil, evil)
            .to(evil)
            .paragraph(evil)
            .fact(evil, evil)
            .closing(evil)
            .date(evil)
            .signature(evil)
            .to_string(),
        SearchBox::new(evil, "q", evil).value(evil).example(evil).with(evil, evil).to_string(),
        StatTile::new(evil, evil).unit(evil).note(evil).href(evil).to_string(),
        BarChart::new(evil, evil, evil).linked(evil, 1, Tone::Done, evil).note(evil).to_string(),
        Clock::new(ClockState::Near, evil, evil).detail(evil).explain(evil).to_string(),
        icon(evil).to_string(),
    ];
    for html in parts {
        assert!(!html.contains("<script"), "{html}");
    }
}

#[test]
fn an_answer_that_came_back_is_shown_as_typed_and_a_password_is_not() {
    use yimen_web::{Field, FormState};
    let mut form = FormState::new();
    form.set("price", " 八十万 ").set("secret", "hunter2").push("cases", "a").push("cases", "b");
    assert!(Field::money("price", "价格").from(&form).to_string().contains("value=\" 八十万 \""));
    assert!(!Field::password("secret", "密码").from(&form).to_string().contains("hunter2"));
    let boxes = || {
        vec![
            yimen_web::Choice::new("a", "甲"),
            yimen_web::Choice::new("b", "乙"),
            yimen_web::Choice::new("c", "丙"),
        ]
    };
    assert_eq!(
        Field::checkboxes("cases", "情形", boxes()).from(&form).to_string().matches(" checked").count(),
        2
    );
    // All boxes cleared: the form came back without the field, so the earlier answer does not reappear.
    let cleared =
        Field::checkboxes("other", "情形", boxes()).values(vec!["a".into()]).from(&form).to_string();
    assert!(!cleared.contains(" checked"));
}

#[test]
fn the_weight_of_style_and_script_stays_within_budget() {
    let css = yimen_web::assets::packed_size("app.css").unwrap();
    let js = yimen_web::assets::packed_size("app.js").unwrap();
    assert!(css <= 30 * 1024, "stylesheet {css}");
    assert!(js <= 12 * 1024, "script {js}");
}

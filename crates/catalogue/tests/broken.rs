//! Deliberately broken packs and what the checker says of them; every code it knows occurs at least once.

use std::collections::BTreeSet;
use std::path::Path;

use yimen_catalogue::check::{check, check_service, is_publishable};
use yimen_catalogue::schema::FileKind;
use yimen_catalogue::{Code, Diagnostic, Pack, Service};

fn broken(name: &str) -> Vec<Diagnostic> {
    // Relative, so that the messages are the same on every machine; tests run in the crate's folder.
    check(&Pack::load(&Path::new("tests/broken").join(name)))
}

/// `YIMEN_UPDATE=1 cargo test -p yimen-catalogue --test broken` writes the golden file anew: read the difference.
fn golden(name: &str, found: &[Diagnostic]) {
    let text: String = found.iter().map(|d| format!("{d}\n")).collect();
    let path = Path::new("tests/broken").join(format!("{name}.txt"));
    if std::env::var_os("YIMEN_UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    for (line, (now, then)) in text.lines().zip(expected.lines()).enumerate() {
        assert_eq!(now, then, "{}:{}", path.display(), line + 1);
    }
    assert_eq!(text.len(), expected.len(), "{} has another length", path.display());
}

#[test]
fn findings_are_as_recorded_and_every_code_occurs() {
    let mut found = broken("linhai");
    golden("linhai", &found);
    let empty = broken("empty");
    golden("empty", &empty);
    assert!(!is_publishable(&found) && !is_publishable(&empty));
    found.extend(empty);
    let whole = broken("whole");
    golden("whole", &whole);
    assert!(is_publishable(&whole), "a warning does not hinder publication");
    found.extend(whole);
    let seen: BTreeSet<Code> = found.iter().map(|d| d.code).collect();
    let missing: Vec<String> =
        Code::ALL.iter().filter(|c| !seen.contains(c)).map(|c| format!("{c} {}", c.title())).collect();
    assert!(missing.is_empty(), "no broken pack shows {missing:#?}");
}

#[test]
fn every_finding_says_where_and_what_to_do() {
    for finding in broken("linhai") {
        assert!(finding.line >= 1 && finding.column >= 1, "{finding}");
        assert!(!finding.fix.is_empty(), "{finding}");
        let said = finding.to_string();
        assert!(said.contains("怎么办："), "{said}");
        assert!(
            said.starts_with(&format!("{}:{}:{}: ", finding.file, finding.line, finding.column)),
            "{said}"
        );
    }
}

#[test]
fn code_numbers_are_unique() {
    let numbers: BTreeSet<u16> = Code::ALL.iter().map(|c| c.number()).collect();
    assert_eq!(numbers.len(), Code::ALL.len());
}

/// The reference lists every code; `YIMEN_UPDATE=1` writes the list anew.
#[test]
fn the_reference_lists_every_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/packs.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = ("<!-- codes: begin -->\n", "<!-- codes: end -->");
    let (head, rest) = text.split_once(begin).unwrap();
    let (_, tail) = rest.split_once(end).unwrap();
    let rows = Code::ALL.iter().map(|c| format!("| {c} | {} | {} |\n", c.severity().zh(), c.title()));
    let table = format!("| code | severity | finding |\n|---|---|---|\n{}", rows.collect::<String>());
    let current = format!("{head}{begin}{table}{end}{tail}");
    if std::env::var_os("YIMEN_UPDATE").is_some() {
        std::fs::write(&path, &current).unwrap();
        return;
    }
    assert_eq!(text, current, "docs/packs.md does not list the codes as they are");
}

/// The example of the reference is a whole service without a finding, in the city of the demo pack.
#[test]
fn the_example_of_the_reference_has_no_finding() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(root.join("docs/packs.md")).unwrap();
    let (_, rest) = text.split_once("<!-- example: the test reads this block -->\n```yaml\n").unwrap();
    let (example, _) = rest.split_once("\n```").unwrap();
    let city = Pack::load(&root.join("packs/hangzhou")).city.unwrap();
    let name = "parking-space-transfer.yaml";
    let (file, mut found) = yimen_catalogue::load::parse::<Service>(name, example, FileKind::Service);
    if let Some(file) = &file {
        found.extend(check_service(file, Some(&city.value)));
    }
    assert!(found.is_empty(), "{}", found.iter().map(|d| format!("{d}\n")).collect::<String>());
}

/// Where other conditions have too many situations to try them all, too; and what can be is not found fault with.
#[test]
fn a_step_whose_condition_never_holds_is_found_in_a_service_of_any_size() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/hangzhou");
    let pack = Pack::load(&root);
    let city = &pack.city.as_ref().unwrap().value;
    let mut file = pack.services.into_iter().find(|f| f.value.id == "existing-home-transfer").unwrap();
    let nth = file.value.steps.iter().position(|s| s.id == "verify-contract").unwrap();
    for (when, never) in [
        ("false", true),
        ("1 > 2", true),
        ("is_home && !is_home", true),
        // A guide's answer that ends the application.
        ("property_use == \"rural\"", true),
        ("is_home", false),
        ("house_area <= 140.0", false),
    ] {
        file.value.steps[nth].when = Some(when.to_owned());
        let found = check_service(&file, Some(city));
        let told = found.iter().any(|d| d.code == Code::StepNeverStarts);
        assert_eq!(told, never, "{when}: {found:#?}");
    }
}

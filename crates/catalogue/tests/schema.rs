//! The committed schemas are those of the model, and every pack in the repository fits them.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use yimen_catalogue::schema::FileKind;
use yimen_catalogue::yaml::{self, Data, Node};

fn packs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs")
}

/// `YIMEN_UPDATE=1 cargo test -p yimen-catalogue --test schema` writes them anew.
#[test]
fn committed_schemas_are_current() {
    for kind in FileKind::ALL {
        let path = packs().join("schema").join(kind.schema_name());
        if std::env::var_os("YIMEN_UPDATE").is_some() {
            std::fs::write(&path, kind.schema_text()).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(committed, kind.schema_text(), "{} is not what the model says", path.display());
    }
}

fn to_json(node: &Node) -> Value {
    match &node.data {
        Data::Null => Value::Null,
        Data::Bool(b) => Value::from(*b),
        Data::Int(n, _) => Value::from(*n),
        Data::Float(x, _) => Value::from(*x),
        Data::Text(text) => Value::from(text.as_str()),
        Data::List(items) => items.iter().map(to_json).collect(),
        Data::Map(members) => {
            Value::Object(members.iter().map(|(k, v)| (k.name.clone(), to_json(v))).collect::<Map<_, _>>())
        }
    }
}

#[test]
fn every_pack_file_fits_its_schema_and_names_it() {
    let validators = FileKind::ALL.map(|kind| (kind, jsonschema::validator_for(kind.schema()).unwrap()));
    let mut files = 0;
    for pack in std::fs::read_dir(packs()).unwrap().map(|e| e.unwrap().path()) {
        if !pack.join("pack.yaml").is_file() {
            continue;
        }
        let mut all =
            vec![(FileKind::Pack, pack.join("pack.yaml")), (FileKind::City, pack.join("city.yaml"))];
        let services = std::fs::read_dir(pack.join("services")).unwrap();
        all.extend(services.map(|e| (FileKind::Service, e.unwrap().path())));
        for (kind, path) in all {
            let text = std::fs::read_to_string(&path).unwrap();
            let (node, faults) = yaml::parse(&text);
            assert!(faults.is_empty(), "{}: {faults:?}", path.display());
            let value = to_json(&node.unwrap());
            let (_, validator) = validators.iter().find(|(k, _)| *k == kind).unwrap();
            let errors: Vec<String> =
                validator.iter_errors(&value).map(|e| format!("{} at {}", e, e.instance_path())).collect();
            assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
            let up = if kind == FileKind::Service { "../../" } else { "../" };
            let first = format!("# yaml-language-server: $schema={up}schema/{}", kind.schema_name());
            assert_eq!(text.lines().next(), Some(first.as_str()), "{}", path.display());
            files += 1;
        }
    }
    assert!(files > 3, "no pack was found");
}

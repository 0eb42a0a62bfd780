//! Checks a file's tree against the schema of its kind and turns it into plain JSON, reporting every fault at once.
//!
//! It knows only the part of JSON Schema that the model's schemas use.

use serde_json::{Map, Value};

use crate::diagnostic::Code;
use crate::model::Source;
use crate::suggest::nearest;
use crate::yaml::{At, Data, Key, Node};

/// A structural fault, not yet in any file.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    pub at: At,
    pub code: Code,
    pub message: String,
    pub fix: String,
}

/// The file's content as JSON. It fits the model if and only if no fault is returned.
pub fn check(node: &Node, schema: &Value) -> (Value, Vec<Fault>) {
    let mut checker = Checker { root: schema, faults: Vec::new() };
    let value = checker.node(node, schema, None);
    (value, checker.faults)
}

/// Unknown keys are told one by one, with what was meant; beyond this many they are another kind of file.
const MOST_KEYS: u64 = 200;

struct Checker<'s> {
    root: &'s Value,
    faults: Vec<Fault>,
}

impl<'s> Checker<'s> {
    fn fault(&mut self, at: At, code: Code, message: String, fix: impl Into<String>) {
        self.faults.push(Fault { at, code, message, fix: fix.into() });
    }

    fn resolve(&self, schema: &'s Value) -> &'s Value {
        match schema["$ref"].as_str().and_then(|r| r.strip_prefix("#/$defs/")) {
            Some(name) => &self.root["$defs"][name],
            None => schema,
        }
    }

    fn node(&mut self, node: &Node, schema: &'s Value, key: Option<&str>) -> Value {
        let schema = self.resolve(schema);
        let words = constants(schema);
        if !words.is_empty() {
            return self.word(node, &words, key);
        }
        if self.too_many(node, schema, key) {
            return Value::Null;
        }
        match (schema["type"].as_str(), &node.data) {
            (Some("object"), Data::Map(members)) => self.object(node.at, members, schema, key),
            (Some("array"), Data::List(items)) => {
                Value::Array(items.iter().map(|item| self.node(item, &schema["items"], key)).collect())
            }
            (Some("string"), Data::Text(text)) => self.text(node.at, text, schema),
            (Some("boolean"), Data::Bool(b)) => Value::Bool(*b),
            (Some("integer"), Data::Int(n, _)) => self.integer(node.at, *n, schema, key),
            (want, _) => {
                let want = if schema["format"] == "yimen-limit" { "limit" } else { want.unwrap_or("") };
                self.wrong_type(node, want, key);
                Value::Null
            }
        }
    }

    /// A list or map longer than any real service has. What is inside is not looked at: checks compare each with each.
    fn too_many(&mut self, node: &Node, schema: &Value, key: Option<&str>) -> bool {
        let (count, limit) = match &node.data {
            Data::List(items) => (items.len(), schema["maxItems"].as_u64()),
            Data::Map(members) => {
                let fixed = schema["properties"].is_object().then_some(MOST_KEYS);
                (members.len(), schema["maxProperties"].as_u64().or(fixed))
            }
            _ => return false,
        };
        let Some(limit) = limit.filter(|limit| count as u64 > *limit) else { return false };
        let message = format!("`{}` 有 {count} 项，最多 {limit} 项", key.unwrap_or("文件"));
        self.fault(node.at, Code::TooMany, message, "拆成几个事项，或合并相同的项");
        true
    }

    fn wrong_type(&mut self, node: &Node, want: &str, key: Option<&str>) {
        let what = key.map_or_else(|| "文件内容".to_owned(), |key| format!("`{key}`"));
        if node.data == Data::Null {
            return self.fault(node.at, Code::WrongType, format!("{what}没有值"), "写上值，或删去这个键");
        }
        let (want, fix) = match (want, &node.data) {
            ("limit", Data::Int(_, raw)) => (
                "带单位的时限",
                format!("写上单位：{raw}wd 工作日、{raw}cd 自然日、{raw}h 或 {raw}m 办公时间"),
            ),
            ("string", Data::Int(_, raw) | Data::Float(_, raw)) => {
                ("文字", format!("加上引号：\"{raw}\"；不加引号会被当作数字，开头的 0 会丢失"))
            }
            ("string", Data::Bool(b)) => ("文字", format!("加上引号：\"{b}\"")),
            ("string", _) => ("文字", "写成一行文字，含有冒号、# 或 { 时加引号".to_owned()),
            ("array", _) => ("列表", "写成 [甲, 乙]，或每项一行、以 - 开头".to_owned()),
            ("object", _) => ("键值组", "写成 键: 值，每行一个".to_owned()),
            ("boolean", _) => ("true 或 false", "写成 true 或 false".to_owned()),
            ("integer", _) => ("整数", "写成不带引号、不带单位的整数".to_owned()),
            _ => ("别的值", "查看 docs/packs.md".to_owned()),
        };
        let message = format!("{what}应为{want}，这里是{}", node.zh());
        self.fault(node.at, Code::WrongType, message, fix);
    }

    fn object(&mut self, at: At, members: &[(Key, Node)], schema: &'s Value, key: Option<&str>) -> Value {
        let mut object = Map::new();
        let properties = schema["properties"].as_object();
        for (name, value) in members {
            match properties.and_then(|p| p.get(&name.name)) {
                Some(property) => {
                    let value = self.node(value, property, Some(&name.name));
                    object.insert(name.name.clone(), value);
                }
                // A map with free keys, such as `synonyms`.
                None if schema["additionalProperties"].is_object() => {
                    let value = self.node(value, &schema["additionalProperties"], Some(&name.name));
                    object.insert(name.name.clone(), value);
                }
                None => self.unknown_key(name, properties),
            }
        }
        for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !members.iter().any(|(name, _)| name.name == required) {
                let place = key.map_or_else(String::new, |key| format!("`{key}` 里"));
                let message = format!("{place}缺少键 `{required}`");
                self.fault(
                    at,
                    Code::MissingKey,
                    message,
                    format!("补上 `{required}: …`，含义见 docs/packs.md"),
                );
            }
        }
        Value::Object(object)
    }

    fn unknown_key(&mut self, key: &Key, properties: Option<&Map<String, Value>>) {
        let known: Vec<&str> = properties.map(|p| p.keys().map(String::as_str).collect()).unwrap_or_default();
        let fix = match nearest(&key.name, known.iter().copied()) {
            Some(near) => format!("是不是想写 `{near}`？"),
            None => format!("这里可用的键：{}", known.join("、")),
        };
        self.fault(key.at, Code::UnknownKey, format!("未知的键 `{}`", key.name), fix);
    }

    fn word(&mut self, node: &Node, words: &[&str], key: Option<&str>) -> Value {
        let text = match &node.data {
            Data::Text(text) => text.as_str(),
            _ => {
                self.wrong_type(node, "string", key);
                return Value::Null;
            }
        };
        if words.contains(&text) {
            return Value::from(text);
        }
        let what = key.map_or_else(String::new, |key| format!("`{key}` 的值"));
        let near =
            nearest(text, words.iter().copied()).map_or_else(String::new, |w| format!("是不是想写“{w}”？"));
        self.fault(
            node.at,
            Code::UnknownValue,
            format!("{what}“{text}”不在取值范围内"),
            format!("{near}可用的值：{}", words.join("、")),
        );
        Value::Null
    }

    fn text(&mut self, at: At, text: &str, schema: &Value) -> Value {
        match schema["format"].as_str() {
            Some("yimen-limit") => {
                if let Err(error) = text.parse::<yimen_standards::time::Limit>() {
                    self.fault(at, Code::BadLimit, format!("时限“{text}”的写法不对"), error.to_string());
                }
            }
            Some("yimen-source") if Source::try_from(text.to_owned()).is_err() => self.fault(
                at,
                Code::BadSource,
                format!("材料来源“{text}”的写法不对"),
                "用 upload、original、form、licence:证照类型 或 resource:数据资源",
            ),
            _ => {}
        }
        Value::from(text)
    }

    fn integer(&mut self, at: At, n: i64, schema: &Value, key: Option<&str>) -> Value {
        let (min, max) = (schema["minimum"].as_i64(), schema["maximum"].as_i64());
        if min.is_some_and(|min| n < min) || max.is_some_and(|max| n > max) {
            let range = format!("{} 到 {}", min.unwrap_or(i64::MIN), max.unwrap_or(i64::MAX));
            let what = key.unwrap_or("数字");
            self.fault(
                at,
                Code::UnknownValue,
                format!("`{what}` 的值 {n} 超出范围"),
                format!("写 {range} 之间的整数"),
            );
        }
        Value::from(n)
    }
}

/// The words of an enumeration, however the schema spells it.
fn constants(schema: &Value) -> Vec<&str> {
    if let Some(word) = schema["const"].as_str() {
        return vec![word];
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().filter_map(Value::as_str).collect();
    }
    schema["oneOf"].as_array().into_iter().flatten().flat_map(constants).collect()
}

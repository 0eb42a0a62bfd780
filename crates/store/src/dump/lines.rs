//! The text of a dump: a head, for each table its columns, rows and count, and a digest.

use std::io::{BufRead, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::{Cell, Loaded, Record, TableCount};
use crate::error::{Result, StoreError};
use crate::migrate::Recorded;
use crate::value::Value;

const FORMAT: u64 = 1;

pub(super) struct Writer<W> {
    out: W,
    digest: Sha256,
    line: String,
    counts: Vec<TableCount>,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(out: W) -> Writer<W> {
        Writer { out, digest: Sha256::new(), line: String::new(), counts: Vec::new() }
    }

    pub(super) fn record(&mut self, record: Record<'_>) -> Result<()> {
        self.line.clear();
        match record {
            Record::Start { migrations, last_txid } => {
                self.line = json!({"yimen_dump": FORMAT, "last_txid": last_txid, "migrations": migrations})
                    .to_string();
            }
            Record::Table { name, columns } => {
                self.line = json!({"table": name, "columns": columns}).to_string();
                self.counts.push(TableCount { table: name.to_owned(), rows: 0 });
            }
            Record::Row(values) => {
                self.line.push('[');
                for (index, value) in values.iter().enumerate() {
                    if index > 0 {
                        self.line.push(',');
                    }
                    write_value(&mut self.line, *value);
                }
                self.line.push(']');
            }
            Record::End { rows } => {
                self.line = json!({"rows": rows}).to_string();
                if let Some(last) = self.counts.last_mut() {
                    last.rows = rows;
                }
            }
        }
        self.line.push('\n');
        self.digest.update(self.line.as_bytes());
        self.out.write_all(self.line.as_bytes()).map_err(|error| io(&error))
    }

    pub(super) fn finish(mut self) -> Result<Vec<TableCount>> {
        let last = json!({"sha256": hex(&self.digest.finalize())});
        writeln!(self.out, "{last}").and_then(|()| self.out.flush()).map_err(|error| io(&error))?;
        Ok(self.counts)
    }
}

fn write_value(line: &mut String, value: Value<'_>) {
    let json = match value {
        Value::Null => Json::Null,
        Value::Int(number) => json!(number),
        Value::Real(number) => json!(number),
        Value::Text(_) | Value::Date(_) => json!(value.as_text().unwrap_or_default()),
        Value::Blob(bytes) => json!({"base64": BASE64.encode(bytes)}),
    };
    line.push_str(&json.to_string());
}

pub(super) struct Reader<R> {
    input: R,
    digest: Sha256,
    line: String,
    number: u64,
    /// Columns of the table being read.
    width: Option<usize>,
    pub(super) last_txid: i64,
    pub(super) migrations: Vec<Recorded>,
    pub(super) counts: Vec<TableCount>,
}

impl<R: BufRead> Reader<R> {
    pub(super) fn new(input: R) -> Result<Reader<R>> {
        let mut reader = Reader {
            input,
            digest: Sha256::new(),
            line: String::new(),
            number: 0,
            width: None,
            last_txid: 0,
            migrations: Vec::new(),
            counts: Vec::new(),
        };
        let head = reader.json()?;
        match head["yimen_dump"].as_u64() {
            Some(FORMAT) => {}
            Some(other) => {
                return Err(reader.wrong(&format!("格式是第 {other} 版，这个程序只能读第 {FORMAT} 版")));
            }
            None => return Err(reader.wrong("不是一门的备份")),
        }
        reader.last_txid = head["last_txid"].as_i64().ok_or_else(|| reader.wrong("缺少 last_txid"))?;
        reader.migrations = serde_json::from_value(head["migrations"].clone())
            .map_err(|_| reader.wrong("缺少数据库结构的版本"))?;
        Ok(reader)
    }

    /// The next record; `None` after the last, once the digest was found right.
    pub(super) fn next(&mut self) -> Result<Option<Loaded>> {
        let before = self.digest.clone();
        match (self.json()?, self.width) {
            (Json::Array(cells), Some(width)) => {
                if cells.len() != width {
                    return Err(self.wrong(&format!("有 {} 个值，应有 {width} 个", cells.len())));
                }
                if let Some(count) = self.counts.last_mut() {
                    count.rows += 1;
                }
                cells
                    .into_iter()
                    .map(|cell| self.cell(cell))
                    .collect::<Result<_>>()
                    .map(Loaded::Row)
                    .map(Some)
            }
            (Json::Object(mut object), None) if object.contains_key("table") => {
                let columns = object.remove("columns").and_then(|list| serde_json::from_value(list).ok());
                let columns: Vec<String> = columns.ok_or_else(|| self.wrong("有一张表没有列"))?;
                let name = object["table"].as_str().ok_or_else(|| self.wrong("有一张表没有名字"))?.to_owned();
                self.width = Some(columns.len());
                self.counts.push(TableCount { table: name.clone(), rows: 0 });
                Ok(Some(Loaded::Table { name, columns }))
            }
            (Json::Object(object), Some(_)) if object.contains_key("rows") => {
                let counted = self.counts.last().map(|count| count.rows);
                if object["rows"].as_u64() != counted {
                    return Err(self.wrong("缺少若干行"));
                }
                self.width = None;
                Ok(Some(Loaded::End))
            }
            (Json::Object(object), None) if object.contains_key("sha256") => {
                if object["sha256"].as_str() != Some(hex(&before.finalize()).as_str()) {
                    return Err(self.wrong("摘要对不上，备份已损坏"));
                }
                Ok(None)
            }
            _ => Err(self.wrong("这里不应有这一行")),
        }
    }

    fn json(&mut self) -> Result<Json> {
        self.line.clear();
        self.number += 1;
        let read = self.input.read_line(&mut self.line);
        if read.map_err(|error| self.wrong(&error.to_string()))? == 0 || !self.line.ends_with('\n') {
            return Err(self.wrong("备份在这里中断"));
        }
        self.digest.update(self.line.as_bytes());
        serde_json::from_str(&self.line).map_err(|_| self.wrong("不是 JSON"))
    }

    fn cell(&self, json: Json) -> Result<Cell> {
        match json {
            Json::Null => Ok(Cell::Null),
            Json::String(text) => Ok(Cell::Text(text)),
            Json::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => Ok(Cell::Int(whole)),
                (None, Some(real)) => Ok(Cell::Real(real)),
                _ => Err(self.wrong("数字太大")),
            },
            Json::Object(object) => {
                match object.get("base64").and_then(Json::as_str).map(|text| BASE64.decode(text)) {
                    Some(Ok(bytes)) => Ok(Cell::Blob(bytes)),
                    _ => Err(self.wrong("不是 base64")),
                }
            }
            Json::Bool(_) | Json::Array(_) => Err(self.wrong("有不认识的值")),
        }
    }

    fn wrong(&self, what: &str) -> StoreError {
        StoreError::Other(format!("备份第 {} 行：{what}", self.number))
    }
}

fn io(error: &std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => StoreError::Full,
        _ => StoreError::Unavailable(format!("不能写入备份：{error}")),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

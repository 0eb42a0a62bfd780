//! A digest of what the tables hold: the same for the same rows, on either engine.

use sha2::{Digest, Sha256};
use yimen_store::{Record, Value};

/// Takes in the records of a dump, leaving out some columns.
pub struct RowDigest {
    hash: Sha256,
    leave_out: fn(table: &str, column: &str) -> bool,
    kept: Vec<bool>,
}

impl RowDigest {
    /// Over everything but transaction numbers, which change with the server that gives them.
    pub fn new() -> RowDigest {
        RowDigest::leaving_out(|_, column| column == "txid")
    }

    pub fn leaving_out(leave_out: fn(&str, &str) -> bool) -> RowDigest {
        RowDigest { hash: Sha256::new(), leave_out, kept: Vec::new() }
    }

    pub fn see(&mut self, record: &Record<'_>) {
        match record {
            Record::Start { .. } => {}
            Record::Table { name, columns } => {
                self.kept = columns.iter().map(|column| !(self.leave_out)(name, column)).collect();
                self.piece(b'T', name.as_bytes());
                let kept: Vec<&String> =
                    columns.iter().zip(&self.kept).filter(|(_, k)| **k).map(|(c, _)| c).collect();
                for column in kept {
                    self.piece(b'C', column.as_bytes());
                }
            }
            Record::Row(values) => {
                self.piece(b'R', b"");
                for (index, value) in values.iter().enumerate() {
                    if self.kept.get(index).copied().unwrap_or(true) {
                        self.value(value);
                    }
                }
            }
            Record::End { rows } => self.piece(b'E', &rows.to_le_bytes()),
        }
    }

    /// 64 hexadecimal digits.
    pub fn finish(self) -> String {
        hex::encode(self.hash.finalize())
    }

    fn value(&mut self, value: &Value<'_>) {
        match value {
            Value::Null => self.piece(b'n', b""),
            Value::Int(number) => self.piece(b'i', &number.to_le_bytes()),
            Value::Real(number) => self.piece(b'r', &number.to_bits().to_le_bytes()),
            Value::Text(text) => self.piece(b't', text.as_bytes()),
            Value::Date(bytes) => self.piece(b't', bytes),
            Value::Blob(bytes) => self.piece(b'b', bytes),
        }
    }

    /// Kind and length first, so that no two sequences of pieces look alike.
    fn piece(&mut self, kind: u8, bytes: &[u8]) {
        self.hash.update([kind]);
        self.hash.update((bytes.len() as u64).to_le_bytes());
        self.hash.update(bytes);
    }
}

impl Default for RowDigest {
    fn default() -> RowDigest {
        RowDigest::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(columns: &[&str], rows: &[Vec<Value<'_>>]) -> String {
        let columns: Vec<String> = columns.iter().map(|c| (*c).to_owned()).collect();
        let mut digest = RowDigest::new();
        digest.see(&Record::Start { migrations: &[], last_txid: 0 });
        digest.see(&Record::Table { name: "t", columns: &columns });
        for row in rows {
            digest.see(&Record::Row(row));
        }
        digest.see(&Record::End { rows: rows.len() as u64 });
        digest.finish()
    }

    #[test]
    fn every_value_counts_but_transaction_numbers() {
        let row = |txid, a, b| vec![Value::Int(txid), Value::Text(a), Value::Text(b)];
        let columns = ["txid", "a", "b"];
        let base = of(&columns, &[row(1, "x", "yz")]);
        assert_eq!(base, of(&columns, &[row(-7, "x", "yz")]));
        assert_ne!(base, of(&columns, &[row(1, "xy", "z")]));
        assert_ne!(base, of(&columns, &[row(1, "x", "yz"), row(1, "x", "yz")]));
        assert_ne!(base, of(&["txid", "a", "c"], &[row(1, "x", "yz")]));
        assert_ne!(of(&["a"], &[vec![Value::Null]]), of(&["a"], &[vec![Value::Text("")]]));
        assert_ne!(of(&["a"], &[vec![Value::Int(0)]]), of(&["a"], &[vec![Value::Real(0.0)]]));
    }
}

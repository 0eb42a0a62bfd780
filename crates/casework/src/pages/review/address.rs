//! Addresses of lists: the filters they carry, and where a page begins.

use yimen_web::FormState;

/// A path with its filters; each change makes a new address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    path: &'static str,
    /// In the order they are written; empty values are left out.
    filters: Vec<(&'static str, String)>,
}

impl Address {
    /// The filters named here, as they were asked for.
    pub fn asked(path: &'static str, names: &[&'static str], form: &FormState) -> Address {
        let value = |name: &&'static str| (*name, form.text(name).to_string());
        Address { path, filters: names.iter().map(value).collect() }
    }

    pub fn get(&self, name: &str) -> &str {
        self.filters.iter().find(|(n, _)| *n == name).map_or("", |(_, value)| value)
    }

    #[must_use]
    pub fn with(&self, name: &'static str, value: impl Into<String>) -> Address {
        let mut filters = self.filters.clone();
        let value = value.into();
        match filters.iter_mut().find(|(n, _)| *n == name) {
            Some(one) => one.1 = value,
            None => filters.push((name, value)),
        }
        Address { path: self.path, filters }
    }

    pub fn href(&self) -> String {
        let given = self.filters.iter().filter(|(_, value)| !value.is_empty());
        let pairs: Vec<String> = given.map(|(name, value)| format!("{name}={}", percent(value))).collect();
        match pairs.is_empty() {
            true => self.path.to_string(),
            false => format!("{}?{}", self.path, pairs.join("&")),
        }
    }

    /// The page after this key.
    pub fn after(&self, (due, id): (i64, i64)) -> String {
        self.with("after", format!("{due}.{id}")).href()
    }
}

/// The key of `?after=`; what is no key begins at the first row.
pub fn key(form: &FormState) -> Option<(i64, i64)> {
    let (due, id) = form.text("after").split_once('.')?;
    Some((due.parse().ok()?, id.parse().ok()?))
}

fn percent(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_filters_and_drops_empty_ones() {
        let mut form = FormState::new();
        form.set("mine", "1").set("after", "99.7").set("other", "x");
        let address = Address::asked("/review", &["mine", "service"], &form);
        assert_eq!(address.href(), "/review?mine=1");
        assert_eq!(address.with("service", "过户&1").href(), "/review?mine=1&service=%E8%BF%87%E6%88%B7%261");
        assert_eq!(address.with("mine", "").href(), "/review");
        assert_eq!(address.after((5, 6)), "/review?mine=1&after=5.6");
        assert_eq!(key(&form), Some((99, 7)));
    }

    #[test]
    fn a_forged_key_begins_at_the_first_row() {
        for forged in ["", "1", "a.b", "1.", ".2", "1.2.3", "99999999999999999999.1"] {
            let mut form = FormState::new();
            form.set("after", forged);
            assert_eq!(key(&form), None, "{forged}");
        }
    }
}

//! Statements as named statics: registered for `sql-check`, translated once for SQLite.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A statement of the program. Made by [`sql!`](crate::sql).
pub struct Sql {
    pub name: &'static str,
    /// Portable text with `$1`, `$2` …
    pub text: &'static str,
    prepared: OnceLock<Prepared>,
}

struct Prepared {
    /// Index into the statement caches of the connections.
    slot: usize,
    sqlite: String,
}

static NEXT_SLOT: AtomicUsize = AtomicUsize::new(0);

impl Sql {
    pub const fn new(name: &'static str, text: &'static str) -> Sql {
        Sql { name, text, prepared: OnceLock::new() }
    }

    fn prepared(&self) -> &Prepared {
        self.prepared.get_or_init(|| Prepared {
            slot: NEXT_SLOT.fetch_add(1, Ordering::Relaxed),
            sqlite: sqlite_text(self.text),
        })
    }

    pub(crate) fn slot(&self) -> usize {
        self.prepared().slot
    }

    pub(crate) fn sqlite(&self) -> &str {
        &self.prepared().sqlite
    }
}

impl std::fmt::Debug for Sql {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// `$n` → `?n`, outside of strings, quoted names and comments.
/// SQLite would take `$1` as a *name* and number it by appearance.
pub(crate) fn sqlite_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut inside: Option<char> = None;
    while let Some(c) = chars.next() {
        match (inside, c) {
            (None, '\'' | '"') => inside = Some(c),
            (None, '-') if chars.peek() == Some(&'-') => inside = Some('\n'),
            (None, '$') if chars.peek().is_some_and(char::is_ascii_digit) => {
                out.push('?');
                continue;
            }
            (Some(end), c) if c == end => inside = None,
            _ => {}
        }
        out.push(c);
    }
    out
}

#[doc(hidden)]
pub struct Registered(pub &'static Sql);
inventory::collect!(Registered);

/// Every statement of the program that was written with [`sql!`](crate::sql), by name.
pub fn statements() -> Vec<&'static Sql> {
    let mut all: Vec<&'static Sql> = inventory::iter::<Registered>().map(|r| r.0).collect();
    all.sort_by_key(|sql| sql.name);
    all
}

/// Declares statements as statics and registers them for `sql-check`.
///
/// ```
/// yimen_store::sql! {
///     /// Open task by id.
///     pub(crate) TASK_BY_ID = "select id, state from casework_task where id = $1";
/// }
/// ```
#[macro_export]
macro_rules! sql {
    ($($(#[$meta:meta])* $vis:vis $name:ident = $text:expr;)+) => {$(
        $(#[$meta])*
        $vis static $name: $crate::Sql =
            $crate::Sql::new(concat!(module_path!(), "::", stringify!($name)), $text);
        $crate::inventory::submit! { $crate::Registered(&$name) }
    )+};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_translated_only_where_they_are_placeholders() {
        assert_eq!(sqlite_text("a = $1 and b = $12"), "a = ?1 and b = ?12");
        assert_eq!(sqlite_text("a = '$1' and \"b$2\" = $3"), "a = '$1' and \"b$2\" = ?3");
        assert_eq!(sqlite_text("a -- it's $1\n = $2"), "a -- it's $1\n = ?2");
        assert_eq!(sqlite_text("a = 'it''s $1' || $1"), "a = 'it''s $1' || ?1");
    }
}

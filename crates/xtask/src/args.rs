//! The little argument reading that these commands need.

use crate::shell::Outcome;

/// Arguments being taken apart.
pub struct Args {
    rest: Vec<String>,
}

impl Args {
    pub fn new(args: &[String]) -> Args {
        Args { rest: args.to_vec() }
    }

    /// Takes `--name` out, telling whether it was there.
    pub fn flag(&mut self, name: &str) -> bool {
        let before = self.rest.len();
        self.rest.retain(|arg| arg != name);
        self.rest.len() != before
    }

    /// Takes every `--name value` (or `--name=value`) out.
    pub fn values(&mut self, name: &str) -> Outcome<Vec<String>> {
        let mut found = Vec::new();
        while let Some(at) = self.rest.iter().position(|arg| is(arg, name)) {
            let arg = self.rest.remove(at);
            if let Some((_, value)) = arg.split_once('=') {
                found.push(value.to_owned());
            } else if at < self.rest.len() {
                found.push(self.rest.remove(at));
            } else {
                return Err(format!("{name} needs a value"));
            }
        }
        Ok(found)
    }

    /// Takes `--name value`, at most once.
    pub fn value(&mut self, name: &str) -> Outcome<Option<String>> {
        let mut found = self.values(name)?;
        match found.len() {
            0 | 1 => Ok(found.pop()),
            _ => Err(format!("{name} may be given only once")),
        }
    }

    /// Complains of whatever is left.
    pub fn done(self) -> Outcome {
        match self.rest.first() {
            None => Ok(()),
            Some(arg) => Err(format!("unknown argument {arg:?} (see cargo xtask help)")),
        }
    }
}

fn is(arg: &str, name: &str) -> bool {
    arg == name || arg.strip_prefix(name).is_some_and(|rest| rest.starts_with('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(text: &str) -> Args {
        Args::new(&text.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn flags_and_values_are_taken_in_any_order() {
        let mut given = args("--only fmt --no-install --only=tidy --filter x");
        assert!(given.flag("--no-install"));
        assert_eq!(given.values("--only"), Ok(vec!["fmt".to_owned(), "tidy".to_owned()]));
        assert_eq!(given.value("--filter"), Ok(Some("x".to_owned())));
        assert_eq!(given.done(), Ok(()));
    }

    #[test]
    fn what_is_unknown_or_incomplete_is_an_error() {
        assert!(args("--fast").done().is_err());
        assert!(args("--only").values("--only").is_err());
        assert!(args("--filter a --filter b").value("--filter").is_err());
    }
}

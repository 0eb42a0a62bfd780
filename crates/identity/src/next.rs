//! Where to go after signing in: only ever to a page of this site.

/// The path if a browser can only read it as one of this site.
pub fn local_path(to: &str) -> Option<&str> {
    let rest = to.strip_prefix('/')?;
    let elsewhere = rest.starts_with('/') || to.contains('\\') || to.chars().any(char::is_control);
    let path = to.split(['?', '#']).next().unwrap_or(to);
    // Going back to these would go round in a circle, or out again.
    let circle =
        path.starts_with("/sign-in/") || matches!(path.trim_end_matches('/'), "/sign-in" | "/sign-out");
    (!elsewhere && !circle && to.len() <= 2000).then_some(to)
}

/// The sign-in page, which afterwards leads to `to`.
pub fn sign_in_path(to: &str) -> String {
    match local_path(to) {
        None | Some("/") => "/sign-in".to_owned(),
        Some(to) => format!("/sign-in?next={}", encode(to)),
    }
}

/// A page of a sign-in half done, which afterwards leads to `to`.
pub(crate) fn step_path(page: &str, to: &str) -> String {
    match local_path(to) {
        None => page.to_owned(),
        Some(to) => format!("{page}?next={}", encode(to)),
    }
}

/// Percent-encodes everything that means something inside a query.
pub(crate) fn encode(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.' | b'~') {
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
    use proptest::prelude::*;

    #[test]
    fn only_paths_of_this_site_are_gone_to() {
        for here in ["/", "/my", "/my/cases?after=3&x=%2F", "/a//b", "/.//evil.example", "/find?q=过户#top"]
        {
            assert_eq!(local_path(here), Some(here));
        }
        for elsewhere in [
            "",
            "my",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example/",
            "javascript:alert(1)",
            "/a\r\nSet-Cookie: x=1",
            "/\t/evil.example",
            "/a\\b",
            " /my",
            "/sign-in",
            "/sign-in?next=/sign-in",
            "/sign-in/code",
            "/sign-out",
            "/sign-out/",
        ] {
            assert_eq!(local_path(elsewhere), None, "{elsewhere:?}");
        }
        assert_eq!(local_path(&format!("/{}", "a".repeat(3000))), None);
    }

    #[test]
    fn the_way_back_survives_the_query() {
        assert_eq!(
            sign_in_path("/my/cases?after=3&q=过"),
            "/sign-in?next=/my/cases%3Fafter%3D3%26q%3D%E8%BF%87"
        );
        assert_eq!(sign_in_path("//evil.example"), "/sign-in");
        assert_eq!(sign_in_path("/"), "/sign-in");
    }

    proptest! {
        /// A browser resolves the path against our address and must stay there.
        #[test]
        fn whatever_passes_stays_on_this_host(to in "[/\\\\.:a-z\t\n@?#%0-9]{0,12}") {
            if let Some(path) = local_path(&to) {
                prop_assert!(path.starts_with('/') && !path.starts_with("//") && !path.contains('\\'));
                let seen: String = path.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
                prop_assert_eq!(seen, path, "browsers drop these before they look");
            }
        }
    }
}

//! How many requests are taken: by the address they come from, by the account, by what they ask for, and all together.
//!
//! Nothing here waits, and what is remembered has its size from the start. What is too much is answered with 429 and the
//! second from which it is taken again; where everybody together is too many, with 503.

mod address;
mod body;
mod front;
mod table;

use axum::http::{Method, Request, header};

pub use address::{CallerAddress, Network, caller};
pub(crate) use body::is_too_slow;
pub(crate) use front::front;
pub use front::{Limiter, charge_account};

/// What a request asks for, as far as its cost goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Pages.
    Read,
    /// Forms.
    Write,
    /// Forms with files.
    Upload,
    /// Looking for something.
    Search,
    /// Other servers' calls.
    Api,
    /// The public log.
    Tile,
    /// Style, script, pictures of the pages.
    Asset,
    /// Whoever watches whether the server lives.
    Watch,
}

impl Class {
    pub const ALL: [Class; 8] = [
        Class::Read,
        Class::Write,
        Class::Upload,
        Class::Search,
        Class::Api,
        Class::Tile,
        Class::Asset,
        Class::Watch,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Class::Read => "read",
            Class::Write => "write",
            Class::Upload => "upload",
            Class::Search => "search",
            Class::Api => "api",
            Class::Tile => "tile",
            Class::Asset => "asset",
            Class::Watch => "watch",
        }
    }

    /// By method, path and, of a form, its type: what a handler makes of it is not known yet.
    pub fn of<B>(request: &Request<B>) -> Class {
        let path = request.uri().path();
        let first = path.split('/').nth(1).unwrap_or_default();
        let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE);
        match first {
            "api" => return Class::Api,
            "oauth"
                if matches!(path, "/oauth/token" | "/oauth/revoke" | "/oauth/userinfo" | "/oauth/jwks") =>
            {
                return Class::Api;
            }
            "tlog" => return Class::Tile,
            "assets" | "favicon.ico" => return Class::Asset,
            "healthz" | "livez" | "readyz" | "version" => return Class::Watch,
            "track" if !safe => return Class::Search,
            "services" if safe && request.uri().query().is_some() => return Class::Search,
            "admin" if path.starts_with("/admin/journal") && request.uri().query().is_some() => {
                return Class::Search;
            }
            _ => {}
        }
        if safe {
            return Class::Read;
        }
        let kind = request.headers().get(header::CONTENT_TYPE).map(|kind| kind.as_bytes());
        let files = kind.and_then(|kind| kind.get(..10)).is_some_and(|start| {
            // `multipart/form-data`; the names of types know no capitals.
            start.eq_ignore_ascii_case(b"multipart/")
        });
        if files { Class::Upload } else { Class::Write }
    }
}

/// So many a second in the long run, so many at once after a rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// 0: as many as come.
    pub per_second: u32,
    pub burst: u32,
}

impl Rate {
    pub const NONE: Rate = Rate { per_second: 0, burst: 0 };

    const fn new(per_second: u32, burst: u32) -> Rate {
        Rate { per_second, burst }
    }
}

/// A rate for each class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates([Rate; Class::ALL.len()]);

impl Rates {
    /// What comes from one address: a hall, whose windows and whose guests share one, with half a thousand people in it.
    pub const ADDRESS: Rates = Rates([
        Rate::new(100, 3000),
        Rate::new(40, 1200),
        Rate::new(20, 600),
        Rate::new(40, 800),
        Rate::new(50, 1000),
        Rate::new(200, 5000),
        Rate::new(400, 8000),
        Rate::new(20, 200),
    ]);
    /// What one account does: a clerk with two windows open, not a program.
    pub const ACCOUNT: Rates = Rates([
        Rate::new(20, 600),
        Rate::new(10, 300),
        Rate::new(5, 200),
        Rate::new(10, 300),
        Rate::NONE,
        Rate::NONE,
        Rate::NONE,
        Rate::NONE,
    ]);
    /// For measurements.
    pub const NONE: Rates = Rates([Rate::NONE; Class::ALL.len()]);

    pub fn of(&self, class: Class) -> Rate {
        self.0[class as usize]
    }

    #[must_use]
    pub fn with(mut self, class: Class, rate: Rate) -> Rates {
        self.0[class as usize] = rate;
        self
    }

    /// Takes over what an operator wrote.
    #[must_use]
    pub fn changed(self, by: &[(Class, Rate)]) -> Rates {
        by.iter().fold(self, |rates, (class, rate)| rates.with(*class, *rate))
    }
}

/// `read=100/3000`: the class, how many a second, how many at once. `read=0`: as many as come.
pub fn parse_rate(text: &str) -> Result<(Class, Rate), String> {
    let wrong = || {
        let codes: Vec<&str> = Class::ALL.iter().map(|class| class.code()).collect();
        format!("“{text}”应写作 种类=每秒次数/一次最多，例如 read=100/3000；种类是 {}", codes.join("、"))
    };
    let (code, rate) = text.split_once('=').ok_or_else(wrong)?;
    let class = Class::ALL.into_iter().find(|class| class.code() == code.trim()).ok_or_else(wrong)?;
    if rate.trim() == "0" {
        return Ok((class, Rate::NONE));
    }
    let (per_second, burst) = rate.split_once('/').ok_or_else(wrong)?;
    let number = |text: &str| text.trim().parse::<u32>().ok().filter(|n| (1..=1_000_000).contains(n));
    match (number(per_second), number(burst)) {
        (Some(per_second), Some(burst)) if burst >= per_second => Ok((class, Rate { per_second, burst })),
        _ => Err(wrong()),
    }
}

/// What an operator sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traffic {
    pub address: Rates,
    pub account: Rates,
    /// Requests that are worked on at once; one more is asked to come back.
    pub at_once: usize,
    /// Whose word on the caller's address is taken.
    pub proxies: Vec<Network>,
    pub body: Patience,
}

/// How long is waited for the body of a request: the rest of a slow one is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Whatever its size.
    pub seconds: u32,
    /// Longer for as much as came: bytes a second.
    pub slowest: u32,
}

impl Default for Traffic {
    fn default() -> Traffic {
        Traffic {
            address: Rates::ADDRESS,
            account: Rates::ACCOUNT,
            at_once: 1024,
            proxies: Vec::new(),
            body: Patience::default(),
        }
    }
}

impl Default for Patience {
    /// A telephone at the edge of its network sends this much.
    fn default() -> Patience {
        Patience { seconds: 30, slowest: 8 * 1024 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(method: &str, path: &str, kind: &str) -> &'static str {
        let request =
            Request::builder().method(method).uri(path).header("content-type", kind).body(()).unwrap();
        Class::of(&request).code()
    }

    #[test]
    fn a_request_is_of_the_class_of_what_it_costs() {
        let form = "application/x-www-form-urlencoded";
        for (method, path, kind, code) in [
            ("GET", "/", "", "read"),
            ("HEAD", "/my", "", "read"),
            ("POST", "/mode", form, "write"),
            ("PUT", "/", "", "write"),
            ("POST", "/cases/1/apply/materials/x", "Multipart/Form-Data; boundary=X", "upload"),
            ("GET", "/services?q=a", "", "search"),
            ("GET", "/services", "", "read"),
            ("GET", "/services/x?facts=1", "", "search"),
            ("POST", "/track", form, "search"),
            ("GET", "/admin/journal?who=a", "", "search"),
            ("GET", "/admin/accounts?q=a", "", "read"),
            ("POST", "/api/payments/report", "application/json", "api"),
            ("GET", "/tlog/checkpoint", "", "tile"),
            ("GET", "/assets/app.css", "", "asset"),
            ("GET", "/readyz", "", "watch"),
            ("GET", "/apis", "", "read"),
        ] {
            assert_eq!(class(method, path, kind), code, "{method} {path}");
        }
    }

    #[test]
    fn a_rate_is_read_as_it_is_written_and_nothing_else() {
        assert_eq!(parse_rate("read=100/3000"), Ok((Class::Read, Rate { per_second: 100, burst: 3000 })));
        assert_eq!(parse_rate(" tile = 1 / 1 "), Ok((Class::Tile, Rate { per_second: 1, burst: 1 })));
        assert_eq!(parse_rate("api=0"), Ok((Class::Api, Rate::NONE)));
        for wrong in
            ["", "read", "read=", "read=10", "read=10/", "read=10/5", "read=0/0", "page=1/1", "read=-1/5"]
        {
            let told = parse_rate(wrong).unwrap_err();
            assert!(told.contains("read=100/3000"), "{told}");
        }
        let rates = Rates::ADDRESS.changed(&[parse_rate("read=7/9").unwrap()]);
        assert_eq!(rates.of(Class::Read), Rate { per_second: 7, burst: 9 });
        assert_eq!(rates.of(Class::Write), Rates::ADDRESS.of(Class::Write));
    }
}

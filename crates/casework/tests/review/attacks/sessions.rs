//! Attacks on who somebody is: sessions given to them, kept after they ended, or guessed; and addresses they are sent to.

use std::time::{Duration, Instant};

use axum::body::Body;
use yimen_identity::{Identity, Position, Settings};
use yimen_platform::{Role, Roles};
use yimen_standards::case_number::CaseNumber;
use yimen_standards::id::DivisionCode;

use super::{Got, Tally, request, send};
use crate::doors::{PASSWORD, Site, hire};
use crate::world::{World, day, percent};

async fn post(site: &Site, cookie: &str, path: &str, form: &str) -> Got {
    let asked = request(site, "nobody", "POST", path).header("sec-fetch-site", "same-origin");
    let asked = asked.header("content-type", "application/x-www-form-urlencoded").header("cookie", cookie);
    send(site, asked.body(Body::from(form.to_owned())).unwrap()).await
}

/// Where a page leads after something is done: never to another site.
pub async fn redirects(site: &Site, tally: &mut Tally) {
    let ways = [
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/%09/evil.example",
        "//evil%E3%80%82example",
        "https:evil.example",
        "javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        " //evil.example",
        "/..//evil.example",
        "http://localhost@evil.example",
        "/\r\nLocation: https://evil.example",
        "/sign-out",
    ];
    let stays = |got: &Got| {
        let to = got.location();
        let away = to.starts_with("//") || to.contains('\\') || to.chars().any(char::is_control);
        let links = ["href=\"//", "href=\"https://evil", "href=\"javascript:", "href=\"data:"];
        (to.is_empty() || to.starts_with('/')) && !away && !links.iter().any(|link| got.text().contains(link))
    };
    for way in ways {
        let given = percent(way);
        let form = format!("login=owner&password={PASSWORD}&next={given}");
        let mut answers = vec![("sign-in", post(site, "", "/sign-in", &form).await)];
        answers.push(("mode", post(site, "", "/mode", &format!("mode=large&to={given}")).await));
        for (what, name, path) in [
            ("signed in", "owner", format!("/sign-in?next={given}")),
            ("to", "owner", format!("/sign-in?to={given}")),
            ("page", "nobody", format!("/sign-in?next={given}")),
            ("code", "nobody", format!("/sign-in/code?next={given}")),
            ("password", "nobody", format!("/sign-in/password?next={given}")),
        ] {
            answers.push((
                what,
                send(site, request(site, name, "GET", &path).body(Body::empty()).unwrap()).await,
            ));
        }
        let referred =
            request(site, "nobody", "POST", "/my").header("referer", format!("http://x{}", "//evil.example"));
        let referred = referred.header("sec-fetch-site", "same-origin").body(Body::empty()).unwrap();
        answers.push(("referer", send(site, referred).await));
        for (what, got) in answers {
            let fine = stays(&got) && !got.status.is_server_error();
            tally.note("ways to another site", fine, || format!("{what} {way:?}: {}", got.location()));
        }
    }
}

/// What is there and not theirs looks like what is not there.
pub async fn numbers(site: &Site, tally: &mut Tally) {
    let own = site.path("/cases/{number}");
    let own = own.trim_start_matches("/cases/");
    for n in 0..20 {
        let number = CaseNumber::new(&DivisionCode::parse("330100").unwrap(), day("2026-11-25"), n * 7919);
        let number = number.as_str();
        for (name, page) in [
            ("other-citizen", "/cases/"),
            ("other-clerk", "/desk/cases/"),
            ("other-reviewer", "/review/cases/"),
            ("other-head", "/supervise/cases/"),
            ("security", "/cases/"),
        ] {
            let ask = |number: &str| {
                send(
                    site,
                    request(site, name, "GET", &format!("{page}{number}")).body(Body::empty()).unwrap(),
                )
            };
            let (there, absent) = (ask(own).await, ask(number).await);
            let same = there.text().replace(own, "N") == absent.text().replace(number, "N");
            let fine = same && there.status == absent.status && there.is_refusal();
            tally.note("case numbers guessed", fine, || {
                format!("{name} {page}: {} {}", there.status, absent.status)
            });
        }
    }
}

/// A session that somebody else knows, and one that has ended.
pub async fn fixation_and_replay(site: &Site, tally: &mut Tally) {
    let form = format!("login=owner&password={PASSWORD}&next=");
    let session = |got: &Got| {
        let cookies = got.headers.get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
        cookies
            .filter_map(|cookie| cookie.split(';').next())
            .find(|cookie| cookie.starts_with("yimen=") && cookie.len() > 10)
            .map(str::to_owned)
    };
    let is_in = async |cookie: &str| {
        let asked = request(site, "nobody", "GET", "/me/sessions").header("cookie", cookie);
        send(site, asked.body(Body::empty()).unwrap()).await.status == 200
    };
    for given in [
        format!("yimen={}", "ab".repeat(32)),
        "yimen=".into(),
        "yimen=../../x".into(),
        format!("yimen-step={}", "cd".repeat(32)),
    ] {
        let entered = post(site, &given, "/sign-in", &form).await;
        let own = session(&entered).unwrap_or_default();
        let fine = own != given && is_in(&own).await && !is_in(&given).await;
        tally.note("sessions given to somebody", fine, || format!("{given}: {own}"));
        // Again, with the session that there is: the one before ends.
        let again = session(&post(site, &own, "/sign-in", &form).await).unwrap_or_default();
        tally.note("sessions kept over a sign-in", again != own && !is_in(&own).await, || own.clone());
        // Written down by somebody before the person left.
        let left = post(site, &again, "/sign-out", "").await;
        let fine = left.status == 303 && !is_in(&again).await && !is_in(&own).await;
        tally.note("sessions after the sign-out", fine, || again.clone());
    }
    // A form sent once more is the same act.
    let path = site.path("/services/{id}/start");
    let cookie = site.cookie("owner").unwrap_or_default().to_owned();
    let once = post(site, &cookie, &path, "nonce=sent-once-more&again=yes").await;
    for _ in 0..5 {
        let again = post(site, &cookie, &path, "nonce=sent-once-more&again=yes").await;
        tally.note("forms sent again", once.status == 303 && again.location() == once.location(), || {
            again.location().to_owned()
        });
    }
}

/// How long the answer takes does not say whether there is such a login: medians of answers in turns, with the real cost of a
/// password's hash.
pub async fn timing(world: &World, tally: &mut Tally) {
    let settings = Settings { secure: false, staff_factor: false, ..Settings::default() };
    let identity = Identity::new(world.casework.platform.clone(), settings);
    let position = || Position::Staff {
        roles: Roles::of(&[Role::Clerk]),
        department: String::new(),
        office: "civic-centre".into(),
        counter: String::new(),
    };
    let there = ["timing-a", "timing-b", "timing-c"];
    hire(&world.casework, &identity, there.iter().map(|login| (*login, position())).collect()).await;
    let app = yimen_web::wrap(
        yimen_identity::routes(identity.clone()).layer(yimen_identity::layer(identity)),
        std::sync::Arc::default(),
    );
    let ask = async |login: &str| {
        let form = format!("login={login}&password=Wrong-2026&next=");
        let asked = axum::http::Request::post("/sign-in").header("sec-fetch-site", "same-origin");
        let asked =
            asked.header("content-type", "application/x-www-form-urlencoded").body(Body::from(form)).unwrap();
        let started = Instant::now();
        let got = tower::ServiceExt::oneshot(app.clone(), asked).await.unwrap();
        (started.elapsed(), got.status())
    };
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    // Four a login: the fifth closes it.
    for _ in 0..4 {
        for login in there {
            for (login, times) in
                [(login.to_owned(), &mut known), (login.replace("timing", "nobody"), &mut unknown)]
            {
                let (took, status) = ask(&login).await;
                assert_eq!(status, 422, "{login}");
                times.push(took);
            }
        }
    }
    let median = |mut times: Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2]
    };
    let (known, unknown) = (median(known), median(unknown));
    // Without the work of a hash it would be a tenth.
    let fine = known < unknown * 2 && unknown < known * 2;
    tally.note("logins told by time", fine, || {
        format!("{known:?} where there is one, {unknown:?} where there is none")
    });
}

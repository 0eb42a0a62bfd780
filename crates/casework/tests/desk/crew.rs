//! The people at the counter, and what they do in one line.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use yimen_platform::{Actor, Role, Roles, Staff};

use crate::world::{Answer, PDF, World, number_of, percent};

/// Nobody's numbers: invented, with division codes that no place has.
pub const VISITOR: &str = "000000199203040020";
pub const COMPANY: &str = "91000000MA00000157";

/// Everything an application for another ID card asks for, for someone who lost it.
pub const ID_CARD: [(&str, &str); 14] = [
    ("reason", "lost"),
    ("hukou_here", "yes"),
    ("under_sixteen", "no"),
    ("holder_name", "玛依拉·阿布都"),
    ("holder_number", VISITOR),
    ("holder_phone", "138 0000 0002"),
    ("holder_address", "上城区示范街道幸福路2号"),
    ("nation", "维吾尔族"),
    ("lost_on-y", "2026"),
    ("lost_on-m", "11"),
    ("lost_on-d", "1"),
    ("name_variant", "yes"),
    ("urgent", "no"),
    ("ticked", "1"),
];

pub fn clerk(account: i64, office: &str) -> Actor {
    Actor::Staff(Arc::new(Staff {
        account,
        name: "何文".into(),
        roles: Roles::of(&[Role::Clerk]),
        department: String::new(),
        office: office.into(),
        counter: "3".into(),
    }))
}

/// The clerk of these stories.
pub fn clerk_here() -> Actor {
    clerk(501, "civic-centre")
}

/// `fields` with some values changed or added.
pub fn with<'a>(fields: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all: Vec<_> =
        fields.iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name)).copied().collect();
    all.extend(more);
    all
}

impl World {
    /// Somebody who was never here comes to the counter; answers the address that leads on with them.
    pub async fn come(&self, clerk: &Actor, name: &str, number: &str) -> String {
        let asked = self.post(clerk, "/desk/new", &[("number", number)]).await;
        assert_eq!(asked.status, 303, "{}", asked.text());
        if asked.location().contains("party=") {
            return asked.location();
        }
        let page = self.get(clerk, &asked.location()).await;
        let fields =
            [("who", page.hidden("who")), ("name", name.into()), ("phone", "13800000002".to_string())];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let registered = self.post(clerk, "/desk/new/person", &fields).await;
        assert_eq!(registered.status, 303, "{}", registered.text());
        registered.location()
    }

    /// Begins a service for the person at this address and answers the case's number.
    pub async fn begin(&self, clerk: &Actor, person: &str, service: &str) -> String {
        let page = self.get(clerk, person).await;
        let fields =
            [("party", page.hidden("party")), ("nonce", page.hidden("nonce")), ("service", service.into())];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let begun = self.post(clerk, "/desk/new/start", &fields).await;
        assert_eq!(begun.status, 303, "{}", begun.text());
        number_of(begun.location().trim_start_matches("/desk"))
    }

    /// A draft for a lost ID card.
    pub async fn card(&self, clerk: &Actor) -> String {
        let person = self.come(clerk, "玛依拉·阿布都", VISITOR).await;
        self.begin(clerk, &person, "id-card-replacement").await
    }

    pub async fn fill_in(&self, clerk: &Actor, number: &str, fields: &[(&str, &str)]) -> Answer {
        self.post(clerk, &format!("/desk/cases/{number}/fill"), fields).await
    }

    /// An ID card application that the clerk accepted at once.
    pub async fn card_accepted(&self, clerk: &Actor) -> String {
        self.card_accepted_for(clerk, "window").await
    }

    pub async fn card_accepted_for(&self, clerk: &Actor, way: &str) -> String {
        let number = self.card(clerk).await;
        let taken_in =
            [("material", "identity"), ("material", "photo"), ("result-way", way), ("action", "accept")];
        let fields = with(&ID_CARD, &taken_in);
        let done = self.fill_in(clerk, &number, &fields).await;
        assert_eq!(done.location(), format!("/desk/cases/{number}?done=accepted"), "{}", done.text());
        number
    }

    /// What a script gets that posts and asks for one part of the page.
    pub async fn fragment(&self, clerk: &Actor, path: &str, part: &str, fields: &[(&str, &str)]) -> Answer {
        let body: Vec<String> =
            fields.iter().map(|(k, v)| format!("{}={}", percent(k), percent(v))).collect();
        let request = Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-fragment", part)
            .body(Body::from(body.join("&")))
            .unwrap();
        self.send(clerk, request).await
    }

    pub async fn see(&self, clerk: &Actor, number: &str) -> Answer {
        self.get(clerk, &format!("/desk/cases/{number}")).await
    }

    pub async fn answer(&self, clerk: &Actor, number: &str, fields: &[(&str, &str)]) -> Answer {
        let fields = with(&[("judged", "1")], fields);
        self.post(clerk, &format!("/desk/cases/{number}/precheck"), &fields).await
    }

    pub async fn scan(&self, clerk: &Actor, number: &str, slot: &str, name: &str) -> Answer {
        let path = format!("/desk/cases/{number}/fill/{slot}");
        self.upload(clerk, &path, &[], &[(&format!("file-{slot}"), name, PDF)]).await
    }
}

//! Where the offices are, when they are open, and what they answer by telephone.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use yimen_web::{Html, Page, Shell, WebError};

use super::Public;
use crate::model::Office;

struct District<'a> {
    name: &'a str,
    offices: Vec<&'a Office>,
}

#[derive(Template)]
#[template(path = "catalogue/citizen/offices.html")]
struct Offices<'a> {
    page: Page,
    city: &'a str,
    districts: Vec<District<'a>>,
}

pub(super) async fn offices(State(public): State<Public>, shell: Shell) -> Result<Response, WebError> {
    let catalogue = public.catalogue.get();
    let city = catalogue.city();
    let mut districts: Vec<District<'_>> = Vec::new();
    for office in &city.offices {
        let region = city.regions.iter().find(|r| r.code == office.region);
        let name = region.map_or(city.name.as_str(), |r| r.name.as_str());
        match districts.iter_mut().find(|d| d.name == name) {
            Some(district) => district.offices.push(office),
            None => districts.push(District { name, offices: vec![office] }),
        }
    }
    let page = shell.citizen("办事大厅和服务网点").section("offices").back("/", "首页");
    Ok(Html::ok(Offices { page, city: &city.name, districts }).into_response())
}

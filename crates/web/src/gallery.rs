//! `/dev/components` and `/dev/pages/…`: every component in every state, and one page of each kind.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, Request};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::components::{Table, UploadBox, UploadedFile};
use crate::errors::WebError;
use crate::html::Html;
use crate::page::{Audience, Page};
use crate::samples::{self, Sample};
use crate::shell::Shell;
use crate::upload::{Rules, receive};

/// Routes of the gallery; the binary mounts them in demo and development only.
pub fn routes() -> Router {
    Router::new()
        .route("/dev/components", get(components))
        .route("/dev/pages", get(pages))
        .route("/dev/pages/{name}", get(page).post(page))
        .route("/dev/upload", post(upload))
}

#[derive(Template)]
#[template(path = "gallery/components.html")]
struct Components {
    page: Page,
    groups: Vec<Group>,
}

struct Group {
    component: &'static str,
    frame: &'static str,
    samples: Vec<Sample>,
}

/// The gallery as text, for the tests.
pub fn render_components(shell: &Shell, audience: Audience) -> askama::Result<String> {
    let mut groups: Vec<Group> = Vec::new();
    for sample in samples::components() {
        match groups
            .iter_mut()
            .find(|group| group.component == sample.component && group.frame == sample.frame)
        {
            Some(group) => group.samples.push(sample),
            None => {
                groups.push(Group { component: sample.component, frame: sample.frame, samples: vec![sample] })
            }
        }
    }
    Components { page: shell.page(Page::new(audience, "组件")), groups }.render()
}

async fn components(shell: Shell, Query(query): Query<Vec<(String, String)>>) -> Result<Response, WebError> {
    let asked = query.iter().find(|(name, _)| name == "audience").map(|(_, value)| value.as_str());
    let all = [Audience::Citizen, Audience::Desk, Audience::Review, Audience::Board];
    let audience = all.into_iter().find(|a| Some(a.class()) == asked).unwrap_or(Audience::Citizen);
    html(render_components(&shell, audience).map_err(WebError::internal)?)
}

#[derive(Template)]
#[template(path = "gallery/pages.html")]
struct Pages {
    page: Page,
    names: Vec<&'static str>,
}

async fn pages(shell: Shell) -> Html<Pages> {
    Html::ok(Pages { page: shell.citizen("样例页面"), names: samples::page_names() })
}

async fn page(shell: Shell, Path(name): Path<String>) -> Result<Response, WebError> {
    let text = samples::page(&name, &shell).ok_or_else(WebError::not_found)?;
    html(text.map_err(WebError::internal)?)
}

fn html(text: String) -> Result<Response, WebError> {
    Ok(([(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response())
}

#[derive(Template)]
#[template(path = "gallery/uploaded.html")]
struct Uploaded {
    page: Page,
    upload: UploadBox,
    accepted: Table,
}

/// Takes files, looks at them and forgets them.
async fn upload(shell: Shell, request: Request) -> Result<Html<Uploaded>, WebError> {
    use crate::components::{Column, Row};
    let mut received = receive(request, &Rules::default()).await?;
    let field = received
        .uploads
        .first()
        .map(|u| u.field.clone())
        .or_else(|| received.refused.first().map(|r| r.field.clone()))
        .unwrap_or_else(|| "contract".into());
    let mut upload = UploadBox::new(field.clone(), "上传的文件", "/dev/upload");
    let mut accepted =
        Table::new("已接收", vec![Column::text("文件"), Column::text("格式"), Column::number("大小")]);
    for file in &received.uploads {
        let size = file.bytes.len() as u64;
        upload = upload.file(UploadedFile::new(&file.file_name, size, "").remove(&file.file_name));
        accepted = accepted.row(Row::new(vec![
            file.file_name.as_str().into(),
            file.kind.name().into(),
            crate::upload::size_words(size).into(),
        ]));
    }
    let form = received.errors_for(&field);
    let page = shell.citizen("上传结果").errors_of(form).back("/dev/components", "组件");
    Ok(match form.error_of(&field) {
        Some(message) => Html::invalid(Uploaded { page, upload: upload.error(message), accepted }),
        None => Html::ok(Uploaded { page, upload, accepted }),
    })
}

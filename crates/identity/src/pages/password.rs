//! Changing one's own password.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use yimen_web::{Button, Field, Form, FormState, Html, Page, Shell, WebError, Width, redirect_303};

use crate::password_rule::Whose;
use crate::{Identity, IdentityError, SignedIn};

#[derive(Template)]
#[template(path = "identity/password.html")]
pub(super) struct PasswordPage {
    page: Page,
    old: Field,
    new: Field,
    submit: Button,
}

fn view(page: Page, form: &FormState, is_staff: bool) -> PasswordPage {
    let old =
        Field::password("password", "现在的密码").autocomplete("current-password").width(Width::M).from(form);
    let new = Field::password("new", "新密码")
        .hint(format!("{}；不能与最近用过的5个相同", Whose { is_staff, name: "", logins: &[] }.hint()))
        .autocomplete("new-password")
        .width(Width::M)
        .from(form);
    PasswordPage { page, old, new, submit: Button::primary("修改密码") }
}

fn shell_page(shell: &Shell) -> Page {
    shell.citizen("修改密码").back("/me/sessions", "登录记录")
}

pub(super) async fn page(shell: Shell, SignedIn { actor, .. }: SignedIn) -> Response {
    Html::ok(view(shell_page(&shell), &FormState::new(), actor.staff().is_some())).into_response()
}

pub(super) async fn submit(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
    mut form: Form,
) -> Result<Response, WebError> {
    for (field, message) in [("password", "请填写现在的密码"), ("new", "请填写新密码")] {
        if form.raw(field).is_empty() {
            form.error(field, message);
        }
    }
    let is_staff = actor.staff().is_some();
    let mut refused = None;
    if form.is_valid() {
        let ctx = identity.ctx(actor);
        match identity.change_password(&ctx, form.raw("password"), form.raw("new"), session.id).await {
            Ok(()) => return Ok(redirect_303("/me/sessions?password=changed")),
            Err(IdentityError::WrongPassword { left }) => {
                let more =
                    if left == 0 { "，已暂停修改15分钟" } else { "，请检查后重新输入" };
                form.error("password", format!("现在的密码不正确{more}"));
            }
            Err(error) if error.fields().is_empty() => return Err(error.into()),
            Err(error) => {
                for one in error.fields() {
                    form.error(one.field, one.message);
                }
                refused = Some(WebError::from(error));
            }
        }
    }
    let page = shell_page(&shell).errors_of(&form);
    let refused = refused.unwrap_or_else(|| WebError::invalid(form.errors()));
    Ok(refused.shown_as(Html::ok(view(page, &form, is_staff))))
}

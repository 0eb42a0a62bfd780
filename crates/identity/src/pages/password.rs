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
    /// Of who has one.
    old: Option<Field>,
    new: Field,
    submit: Button,
}

fn view(page: Page, form: &FormState, is_staff: bool, has_one: bool) -> PasswordPage {
    let old =
        Field::password("password", "现在的密码").autocomplete("current-password").width(Width::M).from(form);
    let rule = Whose { is_staff, name: "", logins: &[] }.hint();
    let hint = if has_one { format!("{rule}；不能与最近用过的5个相同") } else { rule };
    let new =
        Field::password("new", "新密码").hint(hint).autocomplete("new-password").width(Width::M).from(form);
    let submit = Button::primary(if has_one { "修改密码" } else { "设置密码" });
    PasswordPage { page, old: has_one.then_some(old), new, submit }
}

fn shell_page(shell: &Shell, has_one: bool) -> Page {
    shell.citizen(if has_one { "修改密码" } else { "设置密码" }).back("/me/sessions", "登录记录")
}

pub(super) async fn page(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
) -> Result<Response, WebError> {
    let has_one = identity.has_password(session.account).await?;
    let page = shell_page(&shell, has_one);
    Ok(Html::ok(view(page, &FormState::new(), actor.staff().is_some(), has_one)).into_response())
}

pub(super) async fn submit(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
    mut form: Form,
) -> Result<Response, WebError> {
    let has_one = identity.has_password(session.account).await?;
    for (field, message) in [("password", "请填写现在的密码"), ("new", "请填写新密码")] {
        if form.raw(field).is_empty() && (has_one || field == "new") {
            form.error(field, message);
        }
    }
    let is_staff = actor.staff().is_some();
    let mut refused = None;
    if form.is_valid() {
        let ctx = identity.ctx(actor);
        let changed = match has_one {
            true => identity.change_password(&ctx, form.raw("password"), form.raw("new"), session.id).await,
            false => identity.set_first_password(&ctx, form.raw("new"), &session).await,
        };
        match changed {
            Ok(()) => return Ok(redirect_303("/me/sessions?password=changed")),
            Err(IdentityError::WrongPassword { left }) => {
                let more =
                    if left == 0 { "，已暂停修改15分钟" } else { "，请检查后重新输入" };
                form.error("password", format!("现在的密码不正确{more}"));
            }
            Err(IdentityError::Forbidden) => {
                form.error("new", "为了确认是您本人，请退出后用验证码重新登录，再在10分钟内设置密码");
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
    let page = shell_page(&shell, has_one).errors_of(&form);
    let refused = refused.unwrap_or_else(|| WebError::invalid(form.errors()));
    Ok(refused.shown_as(Html::ok(view(page, &form, is_staff, has_one))))
}

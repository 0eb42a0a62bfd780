//! What else is done with a task: claim, release, hand over, ask the window, special procedures, extension.

use axum::extract::{Path, State};
use axum::response::Response;
use yimen_identity::{StaffOnly, colleagues};
use yimen_platform::{Ctx, Role};
use yimen_store::Tx;
use yimen_web::{Form, Shell, WebError, redirect_303};

use super::conflict::{Kept, refused};
use super::task::{again, home, load};
use super::workbench::{COLLEAGUE, EXTENSION, OUTCOME, QUESTION, SPECIAL, SPECIAL_REASON, TAKE_BACK, Typed};
use crate::error::{CaseworkError, Result};
use crate::model::{Case, Owner, TakeBack};
use crate::{Casework, pages::ctx_of};

/// Who does something to which task.
struct Act<'a> {
    casework: &'a Casework,
    who: &'a StaffOnly,
    shell: &'a Shell,
    ctx: Ctx,
    id: i64,
}

impl<'a> Act<'a> {
    fn new(casework: &'a Casework, who: &'a StaffOnly, shell: &'a Shell, id: i64) -> Act<'a> {
        Act { casework, who, shell, ctx: ctx_of(casework, &who.actor), id }
    }

    fn place(&self) -> String {
        format!("/review/tasks/{}", self.id)
    }

    /// Runs a command; done, it goes on to `to`; refused, it says why and keeps what was typed.
    async fn run(
        &self,
        name: &'static str,
        kept: Kept,
        to: String,
        command: impl Fn(&Casework, &mut Tx<'_>, &Ctx) -> Result<Case> + Send + 'static,
    ) -> std::result::Result<Response, WebError> {
        let (own, ctx) = (self.casework.clone(), self.ctx.clone());
        match self.casework.platform.store.write(name, move |tx| command(&own, tx, &ctx)).await {
            Ok(_) => Ok(redirect_303(to)),
            Err(error) => refused(self.shell, home(&self.who.actor), error, kept.on(self.place())),
        }
    }

    /// The task's page with what is missing, the form standing open.
    async fn back(&self, action: &'static str, form: &Form) -> std::result::Result<Response, WebError> {
        let found = load(self.casework, &self.ctx, self.id).await?;
        Ok(again(self.casework, &self.ctx, self.shell, &found, Typed { action, form: Some(form) }))
    }
}

type Answer = std::result::Result<Response, WebError>;

pub(super) async fn claim(
    State(casework): State<Casework>,
    who: StaffOnly,
    shell: Shell,
    Path(id): Path<i64>,
    form: Form,
) -> Answer {
    let act = Act::new(&casework, &who, &shell, id);
    let to = onward(&form, id, "claimed");
    act.run("task.claim", Kept::default(), to, move |own, tx, ctx| own.claim(tx, ctx, id)).await
}

pub(super) async fn release(
    State(casework): State<Casework>,
    who: StaffOnly,
    shell: Shell,
    Path(id): Path<i64>,
    mut form: Form,
) -> Answer {
    let act = Act::new(&casework, &who, &shell, id);
    let why = TakeBack::parse(form.text(TAKE_BACK));
    // The form of a head: whoever releases what is their own is asked nothing.
    if form.has("take-back") && why.is_none() {
        form.error(TAKE_BACK, "请选择为什么收回。");
        return act.back("take-back", &form).await;
    }
    let to = onward(&form, id, "released");
    act.run("task.release", Kept::default(), to, move |own, tx, ctx| own.release(tx, ctx, id, why)).await
}

/// Back to the list the button stood in, else to the task.
fn onward(form: &Form, id: i64, done: &str) -> String {
    let to = yimen_identity::local_path(form.text("to")).unwrap_or_default();
    let (path, query) = to.split_once('?').unwrap_or((to, ""));
    match path {
        "/review" => {
            let kept: Vec<&str> =
                query.split('&').filter(|p| !p.is_empty() && !p.starts_with("done=")).collect();
            let more = kept.iter().fold(String::new(), |all, pair| format!("{all}{pair}&"));
            format!("/review?{more}done={done}-{id}")
        }
        _ => format!("/review/tasks/{id}?done={done}"),
    }
}

pub(super) async fn hand_over(
    State(casework): State<Casework>,
    who: StaffOnly,
    shell: Shell,
    Path(id): Path<i64>,
    mut form: Form,
) -> Answer {
    let act = Act::new(&casework, &who, &shell, id);
    let Ok(to) = form.text(COLLEAGUE).parse::<i64>() else {
        form.error(COLLEAGUE, "请选择转给哪位同事。");
        return act.back("hand-over", &form).await;
    };
    let next = format!("{}?done=handed-{id}", home(&who.actor).0);
    let command = move |own: &Casework, tx: &mut Tx<'_>, ctx: &Ctx| {
        let fetched = own.fetch_task(tx, ctx, id)?;
        let owner = fetched.case.task(id).map(|t| t.owner.clone()).ok_or(CaseworkError::NotFound)?;
        let among = match &owner {
            Owner::Department(department) => colleagues::of_department(tx, department, Role::Reviewer)?,
            Owner::Office(office) => colleagues::of_office(tx, office, Role::Clerk)?,
            Owner::Applicant => Vec::new(),
        };
        // A forged number is nobody of this department.
        let colleague = among.iter().find(|c| c.account == to);
        let colleague = colleague.ok_or(CaseworkError::Forbidden("只能转给同一部门的审查人员"))?;
        own.hand_over(tx, ctx, id, &colleague.actor())
    };
    act.run("task.hand_over", Kept::default(), next, command).await
}

pub(super) async fn return_to_window(
    State(casework): State<Casework>,
    who: StaffOnly,
    shell: Shell,
    Path(id): Path<i64>,
    mut form: Form,
) -> Answer {
    let act = Act::new(&casework, &who, &shell, id);
    if !form.require(QUESTION, "请写明需要窗口补充或核实什么。") {
        return act.back("return", &form).await;
    }
    let question = form.text(QUESTION).to_string();
    let kept = Kept::new("您的问题", &question);
    let to = format!("/review?done=returned-{id}");
    act.run("task.return", kept, to, move |own, tx, ctx| own.return_to_window(tx, ctx, id, &question)).await
}

pub(super) async fn start_special(
    State(casework): State<Casework>,
    who: StaffOnly,
    shell: Shell,
    Path(id): Path<i64>,
    mut form: Form,
) -> Answer {
    let act = Act::new(&casework, &who, &shell, id);
    let chosen = form.require(SPECIAL, "请选择启动哪一种特别程序。");
    let reasoned = form.require(SPECIAL_REASON, "请写明启动特别程序的理由和依据。");
    if !chosen || !reasoned {
        return act.back("special", &form).await;
    }
    let (special, reason) = (form.text(SPECIAL).to_string(), form.text(SPECIAL_REASON).to_string());
    let kept = Kept::new("您写的理由", &reason);
    let to = format!("{}?done=special", act.place());
    let command =
        move |own: &Casework, tx: &mut Tx<'_>, ctx: &Ctx| own.start_special(tx, ctx, id, &special, &reason);
    act.run("special.start", kept, to, command).await
}

pub(super) async fn end_special(
    State(casework): State<Casework>,
    who: StaffOnly,
    shell: Shell,
    Path((id, stop)): Path<(i64, i64)>,
    mut form: Form,
) -> Answer {
    let act = Act::new(&casework, &who, &shell, id);
    if !form.require(OUTCOME, "请写明特别程序的结果。") {
        return act.back("resume", &form).await;
    }
    let outcome = form.text(OUTCOME).to_string();
    let kept = Kept::new("您写的结果", &outcome);
    let to = format!("{}?done=resumed", act.place());
    let command =
        move |own: &Casework, tx: &mut Tx<'_>, ctx: &Ctx| own.end_special(tx, ctx, id, stop, &outcome);
    act.run("special.end", kept, to, command).await
}

pub(super) async fn ask_extension(
    State(casework): State<Casework>,
    who: StaffOnly,
    shell: Shell,
    Path(id): Path<i64>,
    mut form: Form,
) -> Answer {
    let act = Act::new(&casework, &who, &shell, id);
    if !form.require(EXTENSION, "请写明延期的理由。") {
        return act.back("extension", &form).await;
    }
    let reason = form.text(EXTENSION).to_string();
    let kept = Kept::new("您写的理由", &reason);
    let to = format!("{}?done=extension", act.place());
    let command = move |own: &Casework, tx: &mut Tx<'_>, ctx: &Ctx| {
        let case = own.fetch_task(tx, ctx, id)?.case.id;
        own.ask_extension(tx, ctx, case, &reason)
    };
    act.run("extension.ask", kept, to, command).await
}

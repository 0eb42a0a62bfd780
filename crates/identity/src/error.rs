//! What can go wrong with accounts and sessions, with the words for people.

use yimen_parties::{PartyError, web_error};
use yimen_standards::time::Instant;
use yimen_store::StoreError;
use yimen_web::{FieldError, WebError};

pub type Result<T, E = IdentityError> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Each names its field: `login`, `password`, `name`, `new`.
    #[error("请改正填写的内容")]
    Invalid(Vec<FieldError>),
    #[error("这个登录名已经有账户使用")]
    LoginTaken,
    /// The same whether the login exists or not. `left`: how many more failures close it.
    #[error("登录名或密码不正确，请检查后重新输入")]
    WrongPassword { left: i64 },
    /// The same whichever of login, password and code is wrong.
    #[error("登录名、密码或验证码不正确，请检查后重新输入")]
    WrongCode { left: i64 },
    /// Of a code that is asked for again while signed in.
    #[error("验证码不正确，请重新输入")]
    WrongProof { left: i64 },
    /// Of a code sent to a phone, which is its own limit.
    #[error("验证码不正确")]
    WrongSentCode { left: i64 },
    #[error("验证码已失效，请重新获取")]
    CodeOver,
    /// Codes were asked for too often.
    #[error("获取验证码太频繁")]
    TooSoon { until: Instant, now: Instant },
    #[error("本站还没有接入短信平台，不能使用短信验证码。请用密码登录，或到政务服务窗口办理")]
    NoMessages,
    /// Who this is cannot be settled online.
    #[error("填写的信息不能在网上办理，请到政务服务窗口办理")]
    NotHere,
    #[error("需要另一位安全管理员决定：提出的人只能撤回，不能自己批准")]
    SecondPerson,
    #[error("这件事已经有了结果，或者已过期")]
    Decided,
    /// What it was to change has changed since.
    #[error("提出以后权限规则已经改过，这一项不能再批准。请选择不批准，再按现在的规则重新提出")]
    PolicyMoved,
    #[error("管理员不能同时有其他角色。请先收回其他角色")]
    RolesTogether,
    /// The half done sign-in ended, or was another's.
    #[error("登录没有完成，请重新登录")]
    SignInGone,
    /// An outside provider vouched for somebody whom the register knows otherwise, or whose account was closed.
    #[error("身份平台提供的姓名与本站登记的不一致，或者账户已停用。请带身份证到大厅窗口核对")]
    NotVouched,
    #[error("多次输错密码，为保护账户已暂停登录")]
    Locked { until: Instant },
    #[error("现在登录的人太多，请稍后再试")]
    TooBusy,
    #[error("没有找到这个账户")]
    NotFound,
    #[error("您不能管理账户")]
    Forbidden,
    #[error("{0}")]
    Store(StoreError),
    #[error("{0}")]
    Internal(String),
}

impl IdentityError {
    pub(crate) fn field(field: &str, message: impl Into<String>) -> Self {
        IdentityError::Invalid(vec![FieldError::new(field, message)])
    }

    pub(crate) fn fields_of(errors: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        let errors = errors.into_iter().map(|(field, message)| FieldError::new(field, message));
        IdentityError::Invalid(errors.collect())
    }

    /// What to write beside which field of a form; empty when no field is to blame.
    pub fn fields(&self) -> Vec<FieldError> {
        let one = |field: &str, message: String| vec![FieldError::new(field, message)];
        let counted = |field: &str, left: i64| match left {
            0 => one(field, format!("{self}。已暂停登录15分钟")),
            1 | 2 => one(field, format!("{self}。再输错{left}次，将暂停登录15分钟")),
            _ => one(field, self.to_string()),
        };
        match self {
            IdentityError::Invalid(fields) => fields.clone(),
            IdentityError::LoginTaken => one("login", self.to_string()),
            IdentityError::WrongPassword { left } => counted("password", *left),
            IdentityError::WrongCode { left } | IdentityError::WrongProof { left } => counted("code", *left),
            IdentityError::WrongSentCode { left: 0 } => {
                one("code", format!("{self}，这个验证码已失效，请重新获取"))
            }
            IdentityError::WrongSentCode { left } => {
                one("code", format!("{self}，请重新输入，还可以输入{left}次"))
            }
            IdentityError::CodeOver => one("code", self.to_string()),
            IdentityError::TooSoon { until, now } => {
                one("phone", format!("{self}，请在{}后再获取", wait(until.0.saturating_sub(now.0))))
            }
            IdentityError::RolesTogether => one("roles", self.to_string()),
            IdentityError::PolicyMoved => one("answer", self.to_string()),
            IdentityError::Locked { until } => {
                // To the next whole minute: who comes at the minute that is shown gets in.
                let minute = until.plus_millis(59_999).minute_of_day();
                one("password", format!("{self}，请在{:02}:{:02}之后再试", minute / 60, minute % 60))
            }
            _ => Vec::new(),
        }
    }
}

/// How long to wait, rounded up, in the largest unit that says it.
fn wait(ms: i64) -> String {
    let seconds = ms.max(0) / 1000 + 1;
    match seconds {
        ..=90 => format!("{seconds}秒"),
        91..=5400 => format!("{}分钟", seconds / 60 + 1),
        _ => format!("{}小时", seconds / 3600 + 1),
    }
}

impl From<PartyError> for IdentityError {
    fn from(error: PartyError) -> Self {
        match error {
            PartyError::Store(error) => error.into(),
            PartyError::Invalid(fields) => IdentityError::Invalid(fields),
            PartyError::NameConflict | PartyError::Forbidden => IdentityError::NotHere,
            PartyError::NotFound => IdentityError::NotFound,
            // Tried again as a whole.
            PartyError::Stale => IdentityError::Store(StoreError::Busy),
            PartyError::Sealed(cause) => IdentityError::Internal(cause.to_string()),
        }
    }
}

impl From<StoreError> for IdentityError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => IdentityError::NotFound,
            // Another version took the number, in a transaction beside this one.
            StoreError::Unique(what) if what.starts_with("identity_policy.") => IdentityError::PolicyMoved,
            other => IdentityError::Store(other),
        }
    }
}

impl From<IdentityError> for WebError {
    fn from(error: IdentityError) -> WebError {
        match error {
            IdentityError::Invalid(_)
            | IdentityError::LoginTaken
            | IdentityError::WrongPassword { .. }
            | IdentityError::RolesTogether
            | IdentityError::WrongProof { .. }
            | IdentityError::WrongSentCode { .. }
            | IdentityError::CodeOver
            | IdentityError::WrongCode { .. } => WebError::invalid(error.fields()),
            IdentityError::SignInGone => WebError::sign_in(),
            IdentityError::Locked { .. } => {
                let told = error.fields();
                let told = told.first().map_or_else(|| error.to_string(), |one| one.message.clone());
                WebError::too_many(format!("{told}。"))
            }
            IdentityError::TooSoon { .. } => {
                let told = error.fields();
                let told = told.first().map_or_else(|| error.to_string(), |one| one.message.clone());
                WebError::too_many(format!("{told}。"))
            }
            IdentityError::NoMessages => {
                let told = format!("{error}。");
                WebError::unavailable(error).detail(told).next("/sign-in", "用密码登录")
            }
            IdentityError::NotHere => WebError::conflict(format!("{error}。")),
            IdentityError::TooBusy => WebError::too_many(format!("{error}。")),
            IdentityError::NotFound => WebError::not_found(),
            IdentityError::SecondPerson => WebError::forbidden(format!("{error}。")),
            IdentityError::PolicyMoved | IdentityError::Decided => WebError::conflict(format!("{error}。")),
            IdentityError::Forbidden | IdentityError::NotVouched => WebError::forbidden(format!("{error}。")),
            IdentityError::Store(cause) => web_error(cause),
            IdentityError::Internal(cause) => WebError::internal(cause),
        }
    }
}

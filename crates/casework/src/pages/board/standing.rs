//! The words of the board: what each standing is called, what it counts, and its colour.

use yimen_web::Tone;

pub(super) use crate::live::Standing;

impl Standing {
    /// As the store writes it, and in addresses.
    pub fn key(self) -> &'static str {
        match self {
            Standing::Late => "late",
            Standing::Soon => "soon",
            Standing::Normal => "normal",
            Standing::Stopped => "stopped",
            Standing::Correcting => "correcting",
            Standing::Decided => "decided",
        }
    }

    pub fn from_key(key: &str) -> Option<Standing> {
        Standing::ALL.into_iter().find(|one| one.key() == key)
    }

    pub fn zh(self) -> &'static str {
        match self {
            Standing::Late => "已逾期",
            Standing::Soon => "一个工作日内到期",
            Standing::Normal => "正常",
            Standing::Stopped => "已暂停",
            Standing::Correcting => "待补正",
            Standing::Decided => "待送达",
        }
    }

    /// What is counted, so that nobody has to guess.
    pub fn meaning(self) -> &'static str {
        match self {
            Standing::Late => "过了承诺时限还没有作出决定，或者过了五个工作日预审期还没有答复",
            Standing::Soon => "今天或下一个工作日到期",
            Standing::Normal => "到期还早",
            Standing::Stopped => "特别程序进行中，时限停止计算",
            Standing::Correcting => "已发补正通知，等申请人补正，不计入办理时限",
            Standing::Decided => "已作出决定，还在制证或送达",
        }
    }

    pub fn tone(self) -> Tone {
        match self {
            Standing::Late => Tone::Problem,
            Standing::Soon => Tone::Warn,
            Standing::Normal => Tone::Active,
            Standing::Stopped | Standing::Correcting => Tone::Neutral,
            Standing::Decided => Tone::Done,
        }
    }
}

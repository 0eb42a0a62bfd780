//! Limits against the law and against each other, compared by the assumption of [`crate::limits`].

use yimen_standards::time::{Hours, Limit};

use super::{Checker, is_no_basis};
use crate::diagnostic::Code;
use crate::limits::{DAY_MINUTES, minutes};
use crate::model::{ItemKind, Mode};

impl Checker<'_> {
    /// Office minutes of a day in this city.
    pub(super) fn day_minutes(&self) -> u64 {
        let hours = self.city.and_then(|city| Hours::parse(&city.hours).ok());
        hours.map_or(DAY_MINUTES, |hours| u64::from(hours.minutes_per_day()))
    }

    pub(super) fn limits(&mut self) {
        let service = self.service;
        let (limits, day) = (&service.limits, self.day_minutes());
        if let Some(statutory) = limits.statutory {
            if minutes(limits.promised, day) > minutes(statutory, day) {
                let message = format!("承诺时限{}长于法定时限{}", limits.promised.zh(), statutory.zh());
                let fix = "缩短承诺时限；不同单位按 1 个工作日＝每日办公时间、5 个工作日＝7 日折算";
                self.say("/limits/promised", Code::PromisedOverStatutory, message, fix);
            }
            if limits.statutory_basis.as_deref().is_none_or(is_no_basis) {
                let message = "法定时限没有写依据";
                self.say(
                    "/limits",
                    Code::StatutoryBasisMissing,
                    message,
                    "补上 statutory_basis：法律法规名称和条款",
                );
            }
        } else if service.kind == ItemKind::Licence {
            let fix = "补上 statutory；没有专门规定的按行政许可法第四十二条写 20wd";
            self.say("/limits", Code::StatutoryMissing, "行政许可没有法定时限", fix);
        }
        if service.mode == Mode::Instant {
            if minutes(limits.promised, day) > day {
                let message = format!("即办件的承诺时限是{}，超过 1 个工作日", limits.promised.zh());
                self.say(
                    "/limits/promised",
                    Code::InstantTooLong,
                    message,
                    "缩短到当日办结，或把 mode 改为 承诺件",
                );
            }
            if !service.specials.is_empty() {
                let message = "即办件当场办结，不会有停表的特别程序";
                self.say("/specials", Code::InstantSpecial, message, "删去 specials，或把 mode 改为 承诺件");
            }
        }
        if limits.extension.as_ref().is_some_and(|e| is_no_basis(&e.basis)) {
            self.say(
                "/limits/extension",
                Code::ExtensionBasis,
                "延期没有依据",
                "写明允许延期的法律条款，或删去 extension",
            );
        }
        for (i, special) in service.specials.iter().enumerate() {
            if is_no_basis(&special.basis) {
                let message = format!("特别程序“{}”没有依据", special.name);
                self.say(&format!("/specials/{i}"), Code::SpecialBasis, message, "写明停止计时的法律条款");
            }
        }
        self.zero_limits();
    }

    fn zero_limits(&mut self) {
        let service = self.service;
        let mut all: Vec<(String, Limit)> = vec![
            ("/limits/promised".into(), service.limits.promised),
            ("/limits/correction".into(), service.limits.correction),
            ("/limits/delivery".into(), service.limits.delivery),
        ];
        all.extend(service.limits.statutory.map(|l| ("/limits/statutory".into(), l)));
        all.extend(service.limits.extension.as_ref().map(|e| ("/limits/extension/by".into(), e.by)));
        let steps = service.steps.iter().enumerate();
        all.extend(steps.filter_map(|(i, s)| Some((format!("/steps/{i}/within"), s.within?))));
        let materials = service.materials.iter().enumerate();
        all.extend(materials.filter_map(|(i, m)| Some((format!("/materials/{i}/within"), m.within?))));
        let specials = service.specials.iter().enumerate();
        all.extend(specials.map(|(i, s)| (format!("/specials/{i}/limit"), s.limit)));
        for (pointer, limit) in all {
            if limit.count() == 0 {
                self.say(&pointer, Code::ZeroLimit, "时限为零", "写一个大于零的时限，例如 1wd、30m");
            }
        }
    }
}

//! What a service is, in the few words a card or a heading has room for.

use yimen_web::Card;

use crate::handle::Catalogue;
use crate::model::{Audience, DeliveryWay, MaterialKind, Mode, Need, Service, Source};
use crate::version::Version;

/// How soon, how often in person, at what cost.
pub(super) fn short_facts(service: &Service) -> Vec<String> {
    let mut facts = vec![soon(service), visits(service)];
    if service.fees.is_empty() {
        facts.push("不收费".into());
    }
    facts
}

pub(super) fn soon(service: &Service) -> String {
    match service.mode {
        Mode::Instant => format!("即办，{}办结", service.limits.promised.zh()),
        Mode::Promised => format!("承诺{}办结", service.limits.promised.zh()),
    }
}

pub(super) fn visits(service: &Service) -> String {
    match service.visits {
        0 => "全程网上办".into(),
        n => format!("最多跑{n}次"),
    }
}

/// A card that leads to the guide.
pub(super) fn service_card(version: &Version) -> Card {
    let service = &version.service;
    let card = Card::new(format!("/services/{}", service.id), &service.name).text(&service.summary);
    short_facts(service).into_iter().fold(card, Card::fact)
}

pub(super) fn audience(audience: Audience) -> &'static str {
    match audience {
        Audience::Natural => "个人",
        Audience::Legal => "企业和单位",
    }
}

pub(super) fn audiences(service: &Service) -> String {
    service.audience.iter().map(|a| audience(*a)).collect::<Vec<_>>().join("、")
}

pub(super) fn delivery(way: DeliveryWay) -> &'static str {
    match way {
        DeliveryWay::Window => "窗口领取",
        DeliveryWay::Post => "邮寄送达",
        DeliveryWay::Electronic => "电子送达",
    }
}

pub(super) fn need(need: Need) -> &'static str {
    match need {
        Need::Required => "必须提交",
        Need::Deferrable => "可以容缺，先受理后补交",
        Need::Optional => "没有可不交",
    }
}

pub(super) fn material_kind(kind: MaterialKind) -> &'static str {
    match kind {
        MaterialKind::Certificate => "证件证书证明",
        MaterialKind::Form => "申请表格文书",
        MaterialKind::Other => "其他材料",
    }
}

/// How a material gets into the application, in the order in which it is tried.
pub(super) fn sources(catalogue: &Catalogue, from: &[Source]) -> String {
    let mut words: Vec<String> = Vec::new();
    for source in from {
        let word = match source {
            Source::Form => "由系统按您填写的内容生成".into(),
            Source::Licence(_) => "有电子证照的调用电子证照".into(),
            Source::Resource(code) => {
                let department = code.split('.').next().unwrap_or_default();
                let known = catalogue.city().departments.iter().find(|d| d.id == department);
                known.map_or_else(|| "由部门共享数据核验".into(), |d| format!("由{}核验", d.short))
            }
            Source::Upload => "上传扫描件或照片".into(),
            Source::Original => "窗口核验原件".into(),
        };
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.join("；")
}

/// Whether the platform makes it or asks a register before it asks the person.
pub(super) fn is_ours(from: &[Source]) -> bool {
    matches!(from.first(), Some(Source::Form | Source::Licence(_) | Source::Resource(_)))
}

//! Applicants as lists show them: masked, unless they are a company or another body, whose name is public.

use yimen_catalogue::Version;
use yimen_catalogue::model::Audience;
use yimen_parties::{PartyKind, mask_name};

/// How names of bodies end. A list does not look up the party, so a service for both is judged by the name.
const BODIES: &[&str] = &[
    "公司",
    "厂",
    "店",
    "中心",
    "合作社",
    "学校",
    "医院",
    "银行",
    "协会",
    "基金会",
    "商行",
    "经营部",
    "工作室",
    "事务所",
    "酒店",
    "餐馆",
    "饭店",
    "超市",
    "幼儿园",
    "委员会",
    "局",
    "企业",
    "支行",
    "分行",
    "研究院",
];
/// Shorter names are people's, whatever they end in.
const SHORTEST_BODY: usize = 5;

/// The applicant in a list.
pub fn applicant(version: Option<&Version>, name: &str) -> String {
    let for_bodies = version.is_none_or(|v| v.service.audience.contains(&Audience::Legal));
    let for_people = version.is_none_or(|v| v.service.audience.contains(&Audience::Natural));
    let looks_like_body =
        name.chars().count() >= SHORTEST_BODY && BODIES.iter().any(|end| name.ends_with(end));
    let body = for_bodies && (!for_people || looks_like_body);
    mask_name(if body { PartyKind::Legal } else { PartyKind::Natural }, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_masked_and_bodies_are_not() {
        assert_eq!(applicant(None, "周小满"), "周*满");
        assert_eq!(applicant(None, "李𠮷"), "李*");
        assert_eq!(applicant(None, "杭州大园餐饮有限公司"), "杭州大园餐饮有限公司");
        // Not a body: too short, however it ends.
        assert_eq!(applicant(None, "王店"), "王*");
        assert_eq!(applicant(None, "买买提·吐尔逊江"), "买***江");
    }
}

//! Materials: none that could mean anything, none the government could fetch itself, each with a source.

use super::Checker;
use crate::diagnostic::Code;
use crate::model::{Need, Source};

/// Documents that government bodies issue and can fetch from each other.
const ISSUED_BY_GOVERNMENT: &[&str] = &[
    "身份证",
    "身份证明",
    "户口簿",
    "居住证",
    "结婚证",
    "离婚证",
    "婚姻状况",
    "出生医学证明",
    "死亡证明",
    "营业执照",
    "不动产权证",
    "不动产登记证明",
    "房产证",
    "社会保障卡",
    "社保卡",
    "残疾人证",
    "驾驶证",
    "行驶证",
    "完税",
    "契税",
    "许可证",
    "资格证",
    "退休证",
    "低保",
    "公积金缴存",
    "社保缴纳",
    "社会保险缴纳",
];

impl Checker<'_> {
    pub(super) fn materials(&mut self) {
        let materials = &self.service.materials;
        for (i, material) in materials.iter().enumerate() {
            let place = |key: &str| format!("/materials/{i}/{key}");
            let name = &material.name;
            if is_catch_all(name) {
                let fix = "逐项写明材料名称；不能用兜底条款要求申请人提交清单以外的材料";
                self.say(&place("name"), Code::CatchAllMaterial, format!("“{name}”是兜底性材料"), fix);
            }
            if material.from.is_empty() {
                let fix = "写明来源：upload、original、form、licence:证照类型 或 resource:数据资源";
                self.say(&place("from"), Code::MaterialNoSource, format!("材料“{name}”没有来源"), fix);
            }
            let uploads = !material.from.is_empty()
                && material.from.iter().all(|s| matches!(s, Source::Upload | Source::Original));
            if uploads && ISSUED_BY_GOVERNMENT.iter().any(|doc| name.contains(doc)) {
                let message = format!("“{name}”由政府部门核发，却要申请人自己提交");
                let fix = "加上 licence:证照类型 或 resource:数据资源，上传只作后备";
                self.say(&place("from"), Code::GovernmentMaterialUpload, message, fix);
            }
            match (material.need, material.within) {
                (Need::Deferrable, None) => {
                    let message = format!("容缺材料“{name}”没有补交期限");
                    self.say(&place("need"), Code::DeferrableWithoutWithin, message, "补上 within，例如 5wd");
                }
                (Need::Required | Need::Optional, Some(_)) => {
                    let message = format!("材料“{name}”不是容缺后补，却写了补交期限");
                    self.say(
                        &place("within"),
                        Code::WithinNotDeferrable,
                        message,
                        "删去 within，或把 need 改为 deferrable",
                    );
                }
                _ => {}
            }
            if material.copies == 0 {
                self.say(
                    &place("copies"),
                    Code::MaterialCopies,
                    format!("材料“{name}”的份数是 0"),
                    "写 1 或更多",
                );
            }
            if let Some(j) =
                materials[..i].iter().position(|other| other.name == *name && other.when == material.when)
            {
                let message = format!("材料“{name}”与“{}”重名", materials[j].id);
                self.say(
                    &place("name"),
                    Code::MaterialDuplicateName,
                    message,
                    "合并两项，或在名称里写明是谁的",
                );
            }
        }
    }
}

/// 其他材料, 其他法律法规规定的文件, 身份证等相关材料: a demand without an object. 其他共有人的身份证明 has one.
fn is_catch_all(name: &str) -> bool {
    let plain = without_brackets(name);
    if plain.ends_with('等') || plain.rsplit_once('等').is_some_and(|(_, rest)| names_nothing(rest)) {
        return true;
    }
    VAGUE.iter().any(|word| plain.contains(word)) && names_nothing(&plain)
}

/// 其他（按要求提供） is 其他.
fn without_brackets(name: &str) -> String {
    let mut depth = 0_usize;
    let outside = |c: &char| {
        match c {
            '（' | '(' | '【' | '[' => depth += 1,
            '）' | ')' | '】' | ']' => depth = depth.saturating_sub(1),
            _ => return depth == 0 && !c.is_whitespace(),
        }
        false
    };
    name.chars().filter(outside).collect()
}

/// Nothing is left when every word that adds nothing is taken away.
fn names_nothing(text: &str) -> bool {
    let mut rest = text;
    while let Some(shorter) = THINGS.iter().chain(FILLERS).find_map(|word| rest.strip_prefix(word)) {
        rest = shorter;
    }
    rest.is_empty()
}

const VAGUE: &[&str] = &["其他", "其它", "相关", "有关", "所需", "必要", "需要", "补充", "辅助"];

const THINGS: &[&str] =
    &["证明", "材料", "文件", "资料", "证件", "证照", "凭证", "佐证", "手续", "单证", "文书", "附件"];

/// Words that add nothing to «other documents».
const FILLERS: &[&str] = &[
    "其他",
    "其它",
    "相关",
    "有关",
    "必要",
    "必需",
    "需",
    "所需",
    "需要",
    "应当",
    "应",
    "提交",
    "提供",
    "出具",
    "规定",
    "法律",
    "行政法规",
    "法规",
    "规章",
    "政策",
    "要求",
    "证明",
    "申请",
    "补充",
    "辅助",
    "审批",
    "部门",
    "机关",
    "登记",
    "认为",
    "的",
    "、",
    "和",
    "及",
    "或者",
    "或",
    "以及",
    "依法",
    "按",
];

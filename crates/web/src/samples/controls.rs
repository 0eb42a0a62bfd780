//! Fields, buttons and uploads.

use super::{Sample, bad_form};
use crate::components::{
    Button, Choice, ConfirmationPanel, Field, KeyHints, MaterialRow, MaterialState, SearchBox, UploadBox,
    UploadedFile, Width,
};
use crate::upload::{FileKind, Rules, UploadError};

pub(super) fn samples() -> Vec<Sample> {
    [buttons(), fields(), choice_fields(), uploads()].concat_samples()
}

/// Flattens groups of samples.
pub(super) trait ConcatSamples {
    fn concat_samples(self) -> Vec<Sample>;
}
impl<const N: usize> ConcatSamples for [Vec<Sample>; N] {
    fn concat_samples(self) -> Vec<Sample> {
        self.into_iter().flatten().collect()
    }
}

fn buttons() -> Vec<Sample> {
    let sample = |state, button: Button| Sample::new("button", state, button).framed("row");
    vec![
        sample("主要", Button::primary("继续")),
        sample("次要", Button::secondary("保存并稍后继续")),
        sample(
            "不可撤回",
            Button::warning("撤回申请").icon("return").confirm("撤回后不能恢复，确定撤回吗？"),
        ),
        sample("文字", Button::quiet("跳过这一步")),
        sample("链接", Button::primary("开始办理").href("#button").icon("arrow-right")),
        sample("快捷键", Button::primary("受理").key("Ctrl+Enter").named("action", "accept")),
        sample("快捷键", Button::secondary("叫号").key("F2").icon("bell")),
        Sample::new(
            "key_hints",
            "窗口",
            KeyHints::new()
                .key("F2", "叫号")
                .key("F8", "读身份证")
                .key("Alt+1", "第1份材料")
                .key("Ctrl+Enter", "受理")
                .letters(),
        ),
        Sample::new(
            "search_box",
            "首页",
            SearchBox::new("/find", "q", "您要办什么事")
                .example("例如：二手房过户、开餐馆、换身份证")
                .large(),
        ),
        Sample::new(
            "search_box",
            "窗口",
            SearchBox::new("/desk", "person", "查找申请人")
                .example("身份证号、手机号或办件编号")
                .value("周小满")
                .key("Alt+Q")
                .with("tab", "open"),
        ),
        Sample::new(
            "confirmation_panel",
            "已提交",
            ConfirmationPanel::new("申请已提交", "办件编号", "YM2611-0482-7735-K")
                .next("窗口将在 1 个工作日内（11月24日 17:00 前）告诉您是否受理。")
                .next("受理后，不动产登记、税务、住房三个部门同时办理，承诺 60 分钟。")
                .next("办结后发短信给您，可到大厅领证或选择邮寄。")
                .link("#print", "下载受理回执（PDF）")
                .link("#my", "在“我的办件”里查看进度"),
        ),
    ]
}

fn fields() -> Vec<Sample> {
    let sample = |state, field: Field| Sample::new("field", state, field);
    let bad = bad_form();
    vec![
        sample(
            "单行",
            Field::text("owner", "权利人姓名")
                .hint("与身份证一致；少数民族姓名的间隔号写“·”。")
                .autocomplete("name"),
        ),
        sample(
            "错误",
            Field::identifier("seller-id", "卖方身份证号").hint("18 位号码，末位可以是 X。").from(&bad),
        ),
        sample(
            "已带入",
            Field::text("address", "住址")
                .value("临安市青山湖街道大园路 958 号 3 幢 2 单元 501 室")
                .source("公安人口库"),
        ),
        sample(
            "只读",
            Field::text("unit", "不动产单元号")
                .value("330112 001001 GB00001 F00010005")
                .readonly()
                .width(Width::M),
        ),
        sample("选填", Field::phone("phone2", "备用手机号").optional().autocomplete("tel")),
        sample(
            "多行",
            Field::textarea("reason", "申请理由").hint("写明为什么申请、涉及哪套房屋。").max(200).rows(4),
        ),
        sample("数字", Field::number("area", "建筑面积").suffix("平方米").value("89.52")),
        sample("金额", Field::money("price", "成交价格").from(&bad)),
        sample("日期", Field::date("signed", "合同签订日期").hint("例如 2026 年 11 月 2 日").from(&bad)),
        sample("日期", Field::date("moved", "迁入日期").value("2026-11-02")),
        sample(
            "日期（窗口）",
            Field::date_line("issued", "证件签发日期").hint("20261102 或 2026-11-02").key("Alt+3"),
        ),
        sample("邮箱", Field::email("email", "电子邮箱").optional()),
        sample("密码", Field::password("secret", "密码").autocomplete("current-password").width(Width::M)),
        sample("仅读屏标签", Field::text("note", "备注").hide_label()),
    ]
}

fn choice_fields() -> Vec<Sample> {
    let sample = |state, field: Field| Sample::new("field", state, field);
    let uses = || {
        vec![
            Choice::new("residential", "住宅"),
            Choice::new("office", "办公").hint("含商务公寓"),
            Choice::new("shop", "商业"),
        ]
    };
    vec![
        sample("是否", Field::yes_no("married", "卖方是否已婚").hint("以民政登记为准。").from(&bad_form())),
        sample("单选", Field::radios("use", "房屋用途", uses()).value("office")),
        sample(
            "多选",
            Field::checkboxes(
                "tax-cases",
                "符合下列哪些情形",
                vec![
                    Choice::new("five", "满五年"),
                    Choice::new("only", "家庭唯一住房").hint("按省内登记信息核对"),
                    Choice::new("none", "以上都不符合").apart(),
                ],
            )
            .values(vec!["five".into(), "only".into()]),
        ),
        sample(
            "下拉",
            Field::select(
                "district",
                "房屋所在区",
                vec![Choice::new("000001", "青山区"), Choice::new("000002", "临湖区")],
            )
            .width(Width::M),
        ),
    ]
}

fn uploads() -> Vec<Sample> {
    let rules = Rules { kinds: FileKind::ALL.to_vec(), max_files: 5, ..Rules::default() };
    let contract = || UploadedFile::new("存量房买卖合同.pdf", 1_843_200, "#file");
    let row = |state, row: MaterialRow| Sample::new("material_row", state, row).framed("materials");
    let disguised = UploadError::Disguised { named: "PDF", found: " Windows 程序" }.message("结婚证.pdf");
    vec![
        Sample::new(
            "upload_box",
            "空",
            UploadBox::new("contract", "存量房买卖合同", "/dev/upload").hint("所有页都要拍到，字迹清楚。"),
        ),
        Sample::new(
            "upload_box",
            "已有文件",
            UploadBox::new("proof", "婚姻状况证明", "/dev/upload")
                .rules(&rules)
                .nonce("n-1")
                .file(contract().remove("17"))
                .file(UploadedFile::new("IMG_20261102_101512.jpg", 3_250_000, "#file").remove("18")),
        ),
        Sample::new(
            "upload_box",
            "错误",
            UploadBox::new("marriage", "结婚证", "/dev/upload").error(disguised),
        ),
        row(
            "免交",
            MaterialRow::new("m-id", "身份证明", MaterialState::Exempt)
                .need("无需提交")
                .source("公安人口库，2026年11月20日取得"),
        ),
        row(
            "已有",
            MaterialRow::new("m-contract", "存量房买卖合同", MaterialState::Have)
                .need("原件1份")
                .file(contract()),
        ),
        row(
            "复用",
            MaterialRow::new("m-title", "不动产权证书", MaterialState::Reused)
                .source("您在2026年6月的办件中提交过"),
        ),
        row(
            "缺",
            MaterialRow::new("m-tax", "完税证明", MaterialState::Missing)
                .need("电子件")
                .upload(UploadBox::new("m-tax-file", "完税证明", "/dev/upload")),
        ),
        row(
            "容缺",
            MaterialRow::new("m-marriage", "婚姻状况证明", MaterialState::Deferred)
                .note("可在受理后 5 个工作日内补交，最晚 2026年11月30日。"),
        ),
        row(
            "需补正",
            MaterialRow::new("m-plan", "分户图", MaterialState::Returned)
                .note("图上没有测绘单位盖章，请重新提供。"),
        ),
        row(
            "窗口勾选",
            MaterialRow::new("m-tick", "委托书", MaterialState::Missing)
                .need("原件1份")
                .tick("intake", false)
                .key("Alt+2"),
        ),
    ]
}

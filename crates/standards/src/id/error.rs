//! What is wrong with an identifier, in words for the person who typed it.

use std::fmt;

/// Which identifier was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdKind {
    ResidentId,
    CreditCode,
    OrganisationCode,
    DivisionCode,
    ServiceCode,
    EstateUnit,
    LicenceId,
    CaseNumber,
}

impl IdKind {
    pub fn zh(self) -> &'static str {
        match self {
            Self::ResidentId => "身份证号码",
            Self::CreditCode => "统一社会信用代码",
            Self::OrganisationCode => "组织机构代码",
            Self::DivisionCode => "行政区划代码",
            Self::ServiceCode => "事项编码",
            Self::EstateUnit => "不动产单元号",
            Self::LicenceId => "电子证照标识",
            Self::CaseNumber => "办件编号",
        }
    }

    fn length(self) -> &'static str {
        match self {
            Self::ResidentId | Self::CreditCode => "18位",
            Self::OrganisationCode => "9位",
            Self::DivisionCode => "2、4、6、9或12位",
            Self::ServiceCode => "12、31或33位",
            Self::EstateUnit => "28位",
            Self::LicenceId => "“1.2.156.3005.2.”之后用点分开的5段",
            Self::CaseNumber => "21位",
        }
    }

    fn source(self) -> &'static str {
        match self {
            Self::ResidentId => "证件",
            Self::CreditCode => "营业执照或法人证书",
            Self::OrganisationCode => "组织机构代码证或营业执照",
            Self::DivisionCode => "民政部门公布的代码",
            Self::ServiceCode => "实施清单",
            Self::EstateUnit => "不动产权证书",
            Self::LicenceId => "电子证照",
            Self::CaseNumber => "受理凭证或短信",
        }
    }

    fn alphabet(self) -> &'static str {
        match self {
            Self::ResidentId => "只能是数字，最后一位可以是X",
            Self::CreditCode => "只能是数字和大写字母，且没有I、O、S、V、Z",
            Self::OrganisationCode | Self::LicenceId => "只能是数字和字母",
            Self::DivisionCode => "只能是数字",
            Self::ServiceCode => "除开头的统一社会信用代码外只能是数字",
            Self::EstateUnit => "只能是数字和字母，字母只在第13、14和20位",
            Self::CaseNumber => "只能是数字和字母",
        }
    }
}

/// What is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    Empty,
    Length,
    Character,
    Check,
    /// A resident ID of 15 digits, as issued before 1999.
    Historic,
    NoSuchDate,
    AbsurdBirth,
    FutureBirth,
    /// The organisation code inside a credit code.
    Organisation,
    /// The credit code inside a service code or licence identifier.
    Credit,
    ExerciseLevel,
    ParcelFeature,
    FixtureFeature,
    /// A licence identifier without the national root.
    Root,
    /// A part of a licence identifier.
    Part,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IdError {
    pub id: IdKind,
    pub fault: Fault,
}

impl IdError {
    pub(crate) fn new(id: IdKind, fault: Fault) -> IdError {
        IdError { id, fault }
    }

    /// For people: what is wrong and what to do. Never contains the number.
    pub fn message(&self) -> String {
        let (name, source) = (self.id.zh(), self.id.source());
        match self.fault {
            Fault::Empty => format!("请填写{name}"),
            Fault::Length => format!("{name}应为{}，请对照{source}检查是否多填或漏填", self.id.length()),
            Fault::Character => format!("{name}{}，请对照{source}核对", self.id.alphabet()),
            Fault::Check => format!("{name}的最后一位（校验码）不对，请对照{source}核对"),
            Fault::Historic => "15位的旧身份证号码已停止使用，请填写现在的18位号码".to_owned(),
            Fault::NoSuchDate if self.id == IdKind::CaseNumber => {
                format!("{name}中的日期不存在，请对照{source}核对")
            }
            Fault::NoSuchDate => format!("{name}第7至14位的出生日期不存在，请对照{source}核对"),
            Fault::AbsurdBirth => format!("{name}第7至10位的出生年份不合理，请对照{source}核对"),
            Fault::FutureBirth => format!("{name}中的出生日期晚于今天，请对照{source}核对"),
            Fault::Organisation => format!("{name}第9至17位（组织机构代码）不对，请对照{source}核对"),
            Fault::Credit => format!("{name}中的统一社会信用代码不对，请对照{source}核对"),
            Fault::ExerciseLevel => format!("{name}第19位（行使层级）应为1至7，请对照{source}核对"),
            Fault::ParcelFeature => format!("{name}第13、14位（宗地特征码）不对，请对照{source}核对"),
            Fault::FixtureFeature => {
                format!("{name}第20位起（定着物）不对：应为F、L、Q加8位数字，或W00000000，请对照{source}核对")
            }
            Fault::Root => format!("{name}应以“1.2.156.3005.2.”开头，请对照{source}核对"),
            Fault::Part => format!("{name}的某一段为空、过长或含有不允许的字符，请对照{source}核对"),
        }
    }
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for IdError {}

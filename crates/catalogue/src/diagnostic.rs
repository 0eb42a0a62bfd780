//! What is wrong with a pack: where, what, and what to do about it.

use std::fmt;

/// One finding. Lines and columns count from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub severity: Severity,
    pub code: Code,
    pub message: String,
    /// What to do, as a sentence in Chinese.
    pub fix: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The pack cannot be published.
    Error,
    Warning,
}

impl Severity {
    pub fn zh(self) -> &'static str {
        match self {
            Self::Error => "错误",
            Self::Warning => "警告",
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, severity, code, message, fix } = self;
        write!(f, "{file}:{line}:{column}: {}[{code}] {message}\n    怎么办：{fix}", severity.zh())
    }
}

macro_rules! codes {
    ($($name:ident = $number:literal $severity:ident $title:literal,)*) => {
        /// Stable names of the findings: a code keeps its meaning for ever and is never given to another.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($name,)* }

        impl Code {
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            pub fn number(self) -> u16 {
                match self { $(Self::$name => $number,)* }
            }

            pub fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }

            /// The kind of mistake in a few words.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "YM-{:03}", self.number())
    }
}

codes! {
    // Files and their form.
    FileMissing = 1 Error "缺少文件",
    FileUnreadable = 2 Error "文件无法读取",
    NotYaml = 3 Error "不是合法的 YAML",
    UnknownKey = 4 Error "未知的键",
    MissingKey = 5 Error "缺少键",
    WrongType = 6 Error "值的类型不对",
    DuplicateKey = 7 Error "重复的键",
    UnknownValue = 8 Error "不在取值范围内",
    BadLimit = 9 Error "时限写法不对",
    BadSource = 10 Error "材料来源写法不对",
    EmptyText = 11 Error "内容为空",
    TextTooLong = 12 Error "文字过长",
    FileName = 13 Error "文件名与 id 不一致",
    BadId = 14 Error "id 写法不对",
    DuplicateId = 15 Error "id 重复",
    NoService = 16 Error "没有任何事项",
    TooMany = 17 Error "数目过多",
    Invisible = 18 Error "有看不见的字符",
    // References.
    UnknownDepartment = 20 Error "未知的部门",
    UnknownOffice = 21 Error "未知的办事大厅",
    UnknownTheme = 22 Error "未知的主题",
    UnknownFee = 23 Error "未知的收费",
    UnknownSpecial = 24 Error "未知的特别程序",
    UnknownStep = 25 Error "未知的步骤",
    UnknownFactShown = 26 Error "未知的事实",
    UnusedSpecial = 27 Warning "没有步骤使用的特别程序",
    UnknownPage = 28 Error "未知的表单页",
    UnknownRecord = 29 Error "未知的登记项",
    // Conditions.
    ExprSyntax = 30 Error "条件无法解析",
    ExprUnknownName = 31 Error "条件引用了未知的事实",
    ExprUnknownFunction = 32 Error "条件调用了未知的函数",
    ExprOperand = 33 Error "条件中类型不合",
    ExprResult = 34 Error "条件的结果类型不对",
    ExprUnsupported = 35 Error "条件用了不支持的写法",
    ExprTooLarge = 36 Error "条件过长或过深",
    ExprTooEarly = 37 Error "条件引用了更晚才知道的事实",
    ExprNever = 38 Warning "在任何情形下都不成立",
    ExprUnknownOption = 39 Error "与不存在的选项比较",
    // Guide and form.
    FactDuplicate = 40 Error "事实 id 重复",
    OptionsMissing = 41 Error "缺少选项",
    OptionsNotUsed = 42 Error "这种字段不能有选项",
    OptionDuplicate = 43 Error "选项重复",
    MinOverMax = 44 Error "min 大于 max",
    BoundsNotUsed = 45 Error "这种字段不能有上下限",
    FormEmpty = 46 Error "没有字段的页",
    Unanswerable = 47 Error "没有任何回答能通过",
    // Steps.
    StepCycle = 50 Error "步骤互相等待",
    StepNeverStarts = 51 Error "永远不能开始的步骤",
    NoDecision = 52 Error "没有决定步骤",
    ManyDecisions = 53 Error "多个决定步骤",
    DecisionMissingWhen = 54 Error "某种情形下没有决定步骤",
    DecisionTwiceWhen = 55 Error "某种情形下有多个决定步骤",
    AfterDecision = 56 Error "审查或缴费不在决定之前",
    BeforeDecision = 57 Error "制证或送达不在决定之后",
    StepBy = 58 Error "步骤的办理人不对",
    DecisionBy = 59 Error "决定不由主管部门作出",
    StepKeyNotUsed = 60 Error "这种步骤不能有这个键",
    // Fees.
    PaymentWithoutFee = 61 Error "缴费步骤没有收费",
    FeeNotCollected = 62 Error "收费没有步骤收取",
    FeeCollectedTwice = 63 Error "收费被收取两次",
    FeeWithoutBasis = 64 Error "收费没有依据",
    FeeNotCollectedWhen = 65 Error "某种情形下收费无人收取",
    FeeNegative = 66 Error "收费可能算得负数",
    // Limits.
    PromisedOverStatutory = 70 Error "承诺时限长于法定时限",
    InstantTooLong = 71 Error "即办件的承诺时限过长",
    StepsOverPromised = 72 Warning "各步骤时限之和超过承诺时限",
    StatutoryMissing = 73 Error "行政许可没有法定时限",
    StatutoryBasisMissing = 74 Error "法定时限没有依据",
    ExtensionBasis = 75 Error "延期没有依据",
    SpecialBasis = 76 Error "特别程序没有依据",
    ZeroLimit = 77 Error "时限为零",
    InstantSpecial = 78 Warning "即办件有特别程序",
    // Materials.
    CatchAllMaterial = 80 Error "兜底性材料",
    GovernmentMaterialUpload = 81 Warning "政府核发的材料要求申请人上传",
    DeferrableWithoutWithin = 82 Error "容缺后补没有补交期限",
    WithinNotDeferrable = 83 Error "非容缺材料写了补交期限",
    MaterialNoSource = 84 Error "材料没有来源",
    MaterialDuplicateName = 85 Warning "材料名称重复",
    MaterialCopies = 86 Error "材料份数不对",
    // The item.
    BadCode = 90 Error "事项编码不合规则",
    CodeMismatch = 91 Error "事项编码互相不一致",
    CodeAuthority = 92 Error "实施编码与主管部门信用代码不一致",
    CodeDuplicate = 93 Error "实施编码重复",
    TooManyVisits = 94 Warning "到现场次数多于一次",
    NoBasis = 95 Error "没有设定依据",
    ListEmpty = 96 Error "列表为空",
    ResultNumber = 97 Error "结果编号的写法不对",
    NoDelivery = 98 Error "没有送达方式",
    NumberNotUnique = 99 Error "结果编号会重复",
    // The city.
    CreditCode = 100 Error "统一社会信用代码不对",
    RegionCode = 101 Error "区划代码不对",
    RegionPrefix = 102 Error "区划代码不属于本市",
    BadHours = 103 Error "办公时间写法不对",
    UnknownIcon = 104 Error "未知的图标",
    OfficeWithoutCounter = 105 Error "办事大厅没有窗口",
    ThemeEmpty = 106 Warning "主题下没有事项",
}

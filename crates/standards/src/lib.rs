//! National standards and the working-time law as plain functions: no input or output, no clock, no randomness.
//!
//! | module | follows |
//! |---|---|
//! | [`id`] `ResidentId` | GB 11643-1999 公民身份号码; residence permits of HK, Macao and Taiwan residents (国办发〔2018〕81号); foreign permanent resident card, edition 2023 |
//! | [`id`] `CreditCode` | GB 32100-2015 法人和其他组织统一社会信用代码编码规则 |
//! | [`id`] `OrganisationCode` | GB 11714-1997 全国组织机构代码编制规则 |
//! | [`id`] `DivisionCode` | GB/T 2260 行政区划代码, GB/T 10114 县级以下行政区划代码编制规则, and the 12-digit codes of the statistics bureau |
//! | [`id`] `ServiceCode` | GB/T 39554.1-2020 政务服务事项基本目录及实施清单 第1部分：编码要求; levels after GB/T 39046-2020 |
//! | [`id`] `EstateUnit` | GB/T 37346-2019 不动产单元编码规范 |
//! | [`id`] `LicenceId` | GB/T 36904-2018 电子证照标识规范 |
//! | [`check`] | GB/T 17710 (ISO 7064) MOD 11-2 and MOD 37,36; the MOD 31 of GB 32100 and the MOD 11 of GB 11714 |
//! | [`case_number`] | our own form with a GB/T 17710 check; GB/T 39046-2020 gives only the width |
//! | [`sm3`] | GB/T 32905-2016 SM3 密码杂凑算法 |
//! | [`money`] | 支付结算办法 附一 正确填写票据和结算凭证的基本规定 |
//! | [`name`] | 民委发〔2016〕33号; GB 18030 |
//! | [`phone`] | the national numbering plan (工业和信息化部 电信网编号计划) |
//! | [`time`] | 行政许可法 第 82 条 (working days), 民法典 第 201–203 条 (counting days), 全国年节及纪念日放假办法, the yearly notices of the State Council |
//!
//! Invariants: a value of one of these types is well formed; no error message repeats what was typed; nothing panics on
//! any text; nothing depends on today unless today is an argument.

pub mod case_number;
pub mod check;
pub mod id;
pub mod money;
pub mod name;
pub mod phone;
pub mod sm3;
pub mod time;

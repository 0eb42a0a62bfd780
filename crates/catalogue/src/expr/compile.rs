//! From CEL text to the checked tree: parse with the `cel` crate, then give every node a type.

use cel::common::ast::{CallExpr, Expr as Ast, IdedExpr, LiteralValue, operators as op};
use cel::parser::PrattParser;

use super::helpers::{HELPERS, Helper, decimal, wants_decimal_literal};
use super::{MAX_DEPTH, MAX_LENGTH, Node, Op, Order, Scope};
use crate::facts::{Fact, FactType};
use crate::suggest::{did_you_mean, nearest};

/// Why an expression was refused, in words for the pack's author.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct ExprError {
    pub kind: ExprErrorKind,
    pub message: String,
    pub fix: String,
    /// Line and column inside the expression, from 1, where known.
    pub at: Option<(usize, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExprErrorKind {
    Syntax,
    UnknownName,
    UnknownFunction,
    /// An operand or argument of the wrong type.
    Operand,
    /// The whole has another type than its place wants.
    Result,
    /// CEL that Yimen does not take: macros, maps, fields.
    Unsupported,
    TooLarge,
}

type Checked = Result<(Node, FactType), ExprError>;

impl ExprError {
    fn new(kind: ExprErrorKind, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { kind, message: message.into(), fix: fix.into(), at: None }
    }

    pub(super) fn result(found: FactType, want: FactType) -> Self {
        Self::new(
            ExprErrorKind::Result,
            format!("表达式的结果是{}，这里需要{}", found.zh(), want.zh()),
            match want {
                FactType::Bool => "写成判断，例如 `price > 0` 或 `use == 'residential'`",
                FactType::Int => "写成以分计的整数，例如 `8000`、`yuan('80.00')` 或 `percent(price, '1.5')`",
                _ => "写成文字，例如 `'值'` 或 `add_years(today, 5)`",
            },
        )
    }

    fn operand(what: &str, found: FactType, want: &str) -> Self {
        Self::new(
            ExprErrorKind::Operand,
            format!("{what}不能用于{}，需要{want}", found.zh()),
            "改用类型相符的事实或常量；小数常量要带小数点，例如 144.0",
        )
    }

    fn unsupported(what: &str) -> Self {
        Self::new(
            ExprErrorKind::Unsupported,
            format!("条件里不能使用{what}"),
            "只用事实名、常量、比较、&& || !、三元 ? :、in 和 packs.md 列出的函数",
        )
    }
}

pub(super) fn compile(source: &str, scope: &Scope) -> Checked {
    if source.len() > MAX_LENGTH {
        return Err(ExprError::new(
            ExprErrorKind::TooLarge,
            format!("表达式过长（{} 字节，最多 {MAX_LENGTH} 字节）", source.len()),
            "用 derive 拆成几个有名字的中间事实",
        ));
    }
    // The parser counts its own recursion, but not redundant brackets.
    if bracket_depth(source) > MAX_DEPTH {
        return Err(too_deep());
    }
    let ast = PrattParser::new()
        .max_recursion_depth(MAX_DEPTH as u16)
        .max_expression_node_count(MAX_LENGTH)
        .parse(source)
        .map_err(|errors| syntax(source, &errors))?;
    Checker { scope }.check(&ast, 0)
}

fn too_deep() -> ExprError {
    ExprError::new(
        ExprErrorKind::TooLarge,
        format!("表达式嵌套过深（最多 {MAX_DEPTH} 层）"),
        "用 derive 拆成几个有名字的中间事实",
    )
}

/// Brackets inside texts count too; nobody writes that many.
fn bracket_depth(source: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in source.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn syntax(source: &str, errors: &cel::ParseErrors) -> ExprError {
    let first = errors.errors.first();
    let at = first.map(|e| (e.pos.0.max(1) as usize, e.pos.1.max(1) as usize));
    let detail = first.map_or("", |e| e.msg.lines().next().unwrap_or(""));
    let fix = if source.contains(" and ") || source.contains(" or ") || source.contains(" not ") {
        "与、或、非写作 &&、||、!"
    } else if source.contains('=') && !source.contains("==") && !source.contains("!=") {
        "相等写作 ==，一个等号不是比较"
    } else if source.contains(['“', '”', '‘', '’', '（', '）', '，']) {
        "引号、括号和逗号要用半角：' ' ( ) ,"
    } else {
        "检查括号和引号是否成对；文字常量要加引号，例如 'residential'"
    };
    let mut error = ExprError::new(
        ExprErrorKind::Syntax,
        format!("表达式无法解析：`{}`（{detail}）", shorten(source)),
        fix,
    );
    error.at = at;
    error
}

fn shorten(source: &str) -> String {
    let mut text: String = source.chars().take(60).collect();
    if text.len() < source.len() {
        text.push('…');
    }
    text.replace('\n', " ")
}

struct Checker<'a> {
    scope: &'a Scope,
}

impl Checker<'_> {
    fn check(&self, ast: &IdedExpr, depth: usize) -> Checked {
        if depth > MAX_DEPTH {
            return Err(too_deep());
        }
        match &ast.expr {
            Ast::Literal(value) => literal(value),
            Ast::Ident(name) => self.name(name),
            Ast::List(list) if list.optional_indices.is_empty() => self.list(&list.elements, depth),
            Ast::Call(call) => self.call(call, depth),
            Ast::Select(select) => Err(self.select(&select.field)),
            Ast::Comprehension(_) => Err(ExprError::unsupported("循环（all、exists、map、filter）")),
            _ => Err(ExprError::unsupported("这种写法")),
        }
    }

    fn name(&self, name: &str) -> Checked {
        if let Some(kind) = self.scope.get(name) {
            return Ok((Node::Name(name.to_owned(), *kind), *kind));
        }
        let fix = match did_you_mean(name, self.scope.keys().map(String::as_str)) {
            Some(near) => near,
            None => "使用在此之前的引导问题、表单字段、derive 或前序步骤 records 的 id；文字常量要加引号"
                .to_owned(),
        };
        Err(ExprError::new(ExprErrorKind::UnknownName, format!("条件引用了未知的事实“{name}”"), fix))
    }

    /// `facts.x` is how some write it; anything else with a dot does not exist here.
    fn select(&self, field: &str) -> ExprError {
        if self.scope.contains_key(field) {
            let mut error = ExprError::unsupported("“.”取字段");
            error.fix = format!("直接写事实名：`{field}`");
            return error;
        }
        ExprError::unsupported("“.”取字段")
    }

    fn list(&self, items: &[IdedExpr], depth: usize) -> Checked {
        let mut nodes = Vec::with_capacity(items.len());
        for item in items {
            let (node, kind) = self.check(item, depth + 1)?;
            if kind != FactType::Text {
                return Err(ExprError::operand("列表", kind, FactType::Text.zh()));
            }
            nodes.push(node);
        }
        Ok((Node::List(nodes), FactType::List))
    }

    fn call(&self, call: &CallExpr, depth: usize) -> Checked {
        let target = call.target.as_deref();
        let mut args = Vec::with_capacity(call.args.len() + 1);
        for arg in target.into_iter().chain(&call.args) {
            args.push(self.check(arg, depth + 1)?);
        }
        let name = call.func_name.as_str();
        if target.is_none()
            && let Some(found) = operator(name, &mut args)
        {
            return found;
        }
        helper(name, target.is_some(), args)
    }
}

fn literal(value: &LiteralValue) -> Checked {
    let fact = match value {
        LiteralValue::Boolean(b) => Fact::Bool(*b.inner()),
        LiteralValue::Int(n) => Fact::Int(*n.inner()),
        LiteralValue::Double(x) => Fact::Double(*x.inner()),
        LiteralValue::String(s) => Fact::Text(s.inner().to_owned()),
        LiteralValue::UInt(_) => return Err(ExprError::unsupported("无符号整数（1u）")),
        LiteralValue::Bytes(_) => return Err(ExprError::unsupported("字节串（b''）")),
        LiteralValue::Null => {
            return Err(ExprError::unsupported("null（未回答的事实是该类型的零值）"));
        }
    };
    let kind = fact.kind();
    Ok((Node::Literal(fact), kind))
}

type Typed = (Node, FactType);

/// The operators, by the names the parser gives them; `None` for a name that is no operator.
fn operator(name: &str, args: &mut Vec<Typed>) -> Option<Checked> {
    if let (op::CONDITIONAL, 3) = (name, args.len()) {
        let (no, yes, test) = (args.pop()?, args.pop()?, args.pop()?);
        return Some(conditional(test, yes, no));
    }
    if args.len() == 1 {
        let (node, kind) = args.pop()?;
        return match name {
            op::LOGICAL_NOT => Some(logical("!", kind).map(|()| (Node::Not(node.into()), kind))),
            op::NEGATE => Some(number("负号", kind).map(|()| (Node::Negate(node.into()), kind))),
            _ => {
                args.push((node, kind));
                None
            }
        };
    }
    if args.len() != 2 || !is_binary(name) {
        return None;
    }
    let (right, left) = (args.pop()?, args.pop()?);
    Some(binary(name, left, right))
}

fn is_binary(name: &str) -> bool {
    matches!(name, op::LOGICAL_AND | op::LOGICAL_OR | op::IN | op::INDEX)
        || order(name).is_some()
        || arithmetic(name).is_some()
}

fn order(name: &str) -> Option<Order> {
    Some(match name {
        op::EQUALS => Order::Equal,
        op::NOT_EQUALS => Order::NotEqual,
        op::LESS => Order::Less,
        op::LESS_EQUALS => Order::LessEqual,
        op::GREATER => Order::Greater,
        op::GREATER_EQUALS => Order::GreaterEqual,
        _ => return None,
    })
}

fn arithmetic(name: &str) -> Option<Op> {
    Some(match name {
        op::ADD => Op::Add,
        op::SUBSTRACT => Op::Subtract,
        op::MULTIPLY => Op::Multiply,
        op::DIVIDE => Op::Divide,
        op::MODULO => Op::Remainder,
        _ => return None,
    })
}

fn binary(name: &str, (left, a): Typed, (right, b): Typed) -> Checked {
    let boxed = |l: Node, r: Node| (Box::new(l), Box::new(r));
    match name {
        op::LOGICAL_AND | op::LOGICAL_OR => {
            logical(if name == op::LOGICAL_AND { "&&" } else { "||" }, a)?;
            logical(if name == op::LOGICAL_AND { "&&" } else { "||" }, b)?;
            let (l, r) = boxed(left, right);
            Ok((if name == op::LOGICAL_AND { Node::And(l, r) } else { Node::Or(l, r) }, FactType::Bool))
        }
        op::IN => {
            if a != FactType::Text {
                return Err(ExprError::operand("in 的左边", a, FactType::Text.zh()));
            }
            if b != FactType::List {
                return Err(ExprError::operand("in 的右边", b, "列表，例如 ['a', 'b'] 或多选字段"));
            }
            let (l, r) = boxed(left, right);
            Ok((Node::In(l, r), FactType::Bool))
        }
        op::INDEX => Err(ExprError::unsupported("下标 [ ]")),
        _ => match (order(name), arithmetic(name)) {
            (Some(order), _) => {
                comparable(order, a, b)?;
                let (l, r) = boxed(left, right);
                Ok((Node::Compare(order, l, r), FactType::Bool))
            }
            (None, Some(op)) => {
                let kind = arithmetic_type(op, a, b)?;
                if matches!(op, Op::Divide | Op::Remainder) && right == Node::Literal(Fact::Int(0)) {
                    return Err(ExprError::new(ExprErrorKind::Operand, "除数为零", "改正除数"));
                }
                let (l, r) = boxed(left, right);
                Ok((Node::Arithmetic(op, l, r), kind))
            }
            (None, None) => Err(ExprError::unsupported(name)),
        },
    }
}

fn comparable(order: Order, a: FactType, b: FactType) -> Result<(), ExprError> {
    let numeric = |t| matches!(t, FactType::Int | FactType::Double);
    let ordered = !matches!(order, Order::Equal | Order::NotEqual);
    if ordered && matches!(a, FactType::Bool | FactType::List) {
        return Err(ExprError::operand("大小比较", a, "数、日期或文字"));
    }
    if a == b || (numeric(a) && numeric(b)) {
        return Ok(());
    }
    Err(ExprError::new(
        ExprErrorKind::Operand,
        format!("不能比较{}和{}", a.zh(), b.zh()),
        "两边用同一类型；文字常量要加引号，金额以分计（1 元写 100）",
    ))
}

fn arithmetic_type(op: Op, a: FactType, b: FactType) -> Result<FactType, ExprError> {
    let sound = match a {
        FactType::Int => true,
        FactType::Double => op != Op::Remainder,
        FactType::Text => op == Op::Add,
        FactType::Bool | FactType::List => false,
    };
    if !sound {
        return Err(ExprError::operand("算术", a, "整数或小数"));
    }
    if a != b {
        return Err(ExprError::new(
            ExprErrorKind::Operand,
            format!("算术两边类型不同：{}和{}", a.zh(), b.zh()),
            "小数与整数不能混算；小数常量写成 2.0",
        ));
    }
    Ok(a)
}

fn conditional((test, t): Typed, (yes, a): Typed, (no, b): Typed) -> Checked {
    logical("? :", t)?;
    if a != b {
        return Err(ExprError::new(
            ExprErrorKind::Operand,
            format!("? : 两个分支类型不同：{}和{}", a.zh(), b.zh()),
            "让两个分支给出同一类型",
        ));
    }
    Ok((Node::If(test.into(), yes.into(), no.into()), a))
}

fn logical(what: &str, kind: FactType) -> Result<(), ExprError> {
    if kind == FactType::Bool { Ok(()) } else { Err(ExprError::operand(what, kind, FactType::Bool.zh())) }
}

fn number(what: &str, kind: FactType) -> Result<(), ExprError> {
    match kind {
        FactType::Int | FactType::Double => Ok(()),
        _ => Err(ExprError::operand(what, kind, "整数或小数")),
    }
}

/// A helper call; only those of the CEL standard may also be written as methods: `name.contains('x')`.
fn helper(name: &str, method: bool, args: Vec<Typed>) -> Checked {
    let standard = matches!(name, "size" | "contains" | "startsWith" | "endsWith");
    let method_only = standard && name != "size";
    let Some((_, helper, params, result)) =
        HELPERS.iter().find(|h| h.0 == name && (!method || standard) && (method || !method_only))
    else {
        return Err(unknown_function(name));
    };
    if args.len() != params.len() {
        return Err(ExprError::new(
            ExprErrorKind::Operand,
            format!("函数 {name} 需要 {} 个参数，写了 {} 个", params.len(), args.len()),
            "见 packs.md 的函数表",
        ));
    }
    let mut nodes = Vec::with_capacity(args.len());
    for (i, (node, kind)) in args.into_iter().enumerate() {
        let fits = kind == params[i] || (*helper == Helper::Size && kind == FactType::List);
        if !fits {
            return Err(ExprError::operand(
                &format!("函数 {name} 的第 {} 个参数", i + 1),
                kind,
                params[i].zh(),
            ));
        }
        if wants_decimal_literal(*helper, i) && !is_decimal(&node) {
            return Err(ExprError::new(
                ExprErrorKind::Operand,
                format!("函数 {name} 的第 {} 个参数应为带引号的小数常量", i + 1),
                "例如 percent(price, '1.5')、yuan('80.00')",
            ));
        }
        nodes.push(node);
    }
    Ok((Node::Call(*helper, nodes), *result))
}

fn is_decimal(node: &Node) -> bool {
    matches!(node, Node::Literal(Fact::Text(text)) if decimal(text).is_some_and(|(_, places)| places <= 6))
}

fn unknown_function(name: &str) -> ExprError {
    let known: Vec<&str> = HELPERS.iter().map(|h| h.0).collect();
    let fix = nearest(name, known.iter().copied()).map_or_else(
        || format!("可用的函数：{}", known.join("、")),
        |near| match near {
            "contains" | "startsWith" | "endsWith" => format!("写成 文字.{near}('…')"),
            _ => format!("是不是想写 {near}(…)？"),
        },
    );
    ExprError::new(ExprErrorKind::UnknownFunction, format!("没有函数 {name}（或不能这样调用）"), fix)
}

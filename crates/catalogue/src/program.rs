//! Every expression of a service, compiled once, in the order of the lists it belongs to.

use std::collections::BTreeSet;

use crate::expr::{Expr, ExprError, Scope};
use crate::facts::{FactType, TODAY};
use crate::model::{Field, FieldKind, Question, Service};

/// The compiled conditions of one service version; indexes are those of the service's lists.
#[derive(Debug, Clone, Default)]
pub struct Program {
    pub(crate) questions: Vec<Option<Expr>>,
    pub(crate) derive: Vec<Option<Expr>>,
    pub(crate) stops: Vec<Option<Expr>>,
    pub(crate) pages: Vec<Option<Expr>>,
    /// By page, then by field.
    pub(crate) fields: Vec<Vec<Option<Expr>>>,
    pub(crate) materials: Vec<Option<Expr>>,
    pub(crate) steps: Vec<Option<Expr>>,
    /// By step, then by record.
    pub(crate) records: Vec<Vec<Option<Expr>>>,
    /// By step, then by doubt.
    pub(crate) doubts: Vec<Vec<Option<Expr>>>,
    pub(crate) fees: Vec<Option<Expr>>,
    pub(crate) amounts: Vec<Option<Expr>>,
    pub(crate) valid_until: Option<Expr>,
    /// Names that any condition or derived fact looks at.
    pub(crate) decisive: BTreeSet<String>,
}

/// An expression that does not compile, and where it stands.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{place}：{error}")]
pub struct ProgramError {
    /// JSON pointer into the service: `/steps/3/when`.
    pub place: String,
    pub error: ExprError,
}

impl FieldKind {
    /// The type of the fact an answer becomes.
    pub fn fact_type(self) -> FactType {
        match self {
            Self::Number | Self::Money => FactType::Int,
            Self::Area => FactType::Double,
            Self::Boolean => FactType::Bool,
            Self::Choices => FactType::List,
            _ => FactType::Text,
        }
    }
}

impl Question {
    pub fn fact_type(&self) -> FactType {
        if self.options.is_empty() { FactType::Bool } else { FactType::Text }
    }
}

/// Every fact a service knows except the derived ones, with its type.
pub(crate) fn base_scope(service: &Service) -> Scope {
    let mut scope = Scope::from([(TODAY.to_owned(), FactType::Text)]);
    for question in &service.guide {
        scope.insert(question.id.clone(), question.fact_type());
    }
    for field in every_field(service) {
        scope.insert(field.id.clone(), field.kind.fact_type());
    }
    scope
}

/// Form fields and step records, in order.
pub(crate) fn every_field(service: &Service) -> impl Iterator<Item = &Field> {
    let forms = service.form.iter().flat_map(|page| &page.fields);
    forms.chain(service.steps.iter().flat_map(|step| &step.records))
}

impl Program {
    /// Compiles everything; what fails is left out of the program and returned.
    pub fn compile(service: &Service) -> (Self, Vec<ProgramError>) {
        let mut compiler = Compiler { scope: base_scope(service), errors: Vec::new() };
        let program = compiler.program(service);
        (program, compiler.errors)
    }

    /// What decides which questions, fields, materials and steps there are, and what is derived from answers.
    fn conditions(&self) -> impl Iterator<Item = &Expr> {
        let lists = [
            &self.questions,
            &self.derive,
            &self.stops,
            &self.pages,
            &self.materials,
            &self.steps,
            &self.fees,
        ];
        lists.into_iter().chain(&self.fields).chain(&self.records).flatten().flatten()
    }
}

struct Compiler {
    scope: Scope,
    errors: Vec<ProgramError>,
}

impl Compiler {
    fn program(&mut self, service: &Service) -> Program {
        // Derived facts first: they give the scope of everything else; each sees those before it.
        let derive = self.derive(service);
        let mut program = Program { derive, ..Program::default() };
        for (i, question) in service.guide.iter().enumerate() {
            program.questions.push(self.when(question.when.as_ref(), || format!("/guide/{i}/when")));
        }
        for (i, stop) in service.stops.iter().enumerate() {
            program.stops.push(self.when(Some(&stop.when), || format!("/stops/{i}/when")));
        }
        for (i, page) in service.form.iter().enumerate() {
            program.pages.push(self.when(page.when.as_ref(), || format!("/form/{i}/when")));
            program.fields.push(self.fields(&page.fields, &format!("/form/{i}/fields")));
        }
        for (i, material) in service.materials.iter().enumerate() {
            program.materials.push(self.when(material.when.as_ref(), || format!("/materials/{i}/when")));
        }
        for (i, step) in service.steps.iter().enumerate() {
            program.steps.push(self.when(step.when.as_ref(), || format!("/steps/{i}/when")));
            program.records.push(self.fields(&step.records, &format!("/steps/{i}/records")));
            let doubts = step.doubts.iter().enumerate();
            let doubts = doubts
                .map(|(d, doubt)| self.when(Some(&doubt.when), || format!("/steps/{i}/doubts/{d}/when")));
            program.doubts.push(doubts.collect());
        }
        for (i, fee) in service.fees.iter().enumerate() {
            program.fees.push(self.when(fee.when.as_ref(), || format!("/fees/{i}/when")));
            program.amounts.push(self.typed(&fee.amount, FactType::Int, || format!("/fees/{i}/amount")));
        }
        program.valid_until = service
            .result
            .valid_until
            .as_ref()
            .and_then(|source| self.typed(source, FactType::Text, || "/result/valid_until".into()));
        program.decisive = program.conditions().flat_map(|expr| expr.names().iter().cloned()).collect();
        program
    }

    fn derive(&mut self, service: &Service) -> Vec<Option<Expr>> {
        let mut compiled = Vec::new();
        for (i, derived) in service.derive.iter().enumerate() {
            let expr = match Expr::infer(&derived.value, &self.scope) {
                Ok(expr) => {
                    self.scope.insert(derived.id.clone(), expr.kind());
                    Some(expr)
                }
                Err(error) => {
                    self.errors.push(ProgramError { place: format!("/derive/{i}/value"), error });
                    None
                }
            };
            compiled.push(expr);
        }
        compiled
    }

    fn fields(&mut self, fields: &[Field], place: &str) -> Vec<Option<Expr>> {
        let whens = fields.iter().enumerate();
        whens.map(|(i, f)| self.when(f.when.as_ref(), || format!("{place}/{i}/when"))).collect()
    }

    fn when(&mut self, source: Option<&String>, place: impl FnOnce() -> String) -> Option<Expr> {
        self.typed(source?, FactType::Bool, place)
    }

    fn typed(&mut self, source: &str, want: FactType, place: impl FnOnce() -> String) -> Option<Expr> {
        match Expr::compile(source, &self.scope, want) {
            Ok(expr) => Some(expr),
            Err(error) => {
                self.errors.push(ProgramError { place: place(), error });
                None
            }
        }
    }
}

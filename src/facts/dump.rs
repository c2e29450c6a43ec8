//! Facts as readable text: what `advisor show facts` prints and what the front ends' tests compare with.
//!
//! One block for each scope, one line for each statement with its line number and context:
//!
//! ```text
//! function #1 main in module, lines 3-5, async
//!   parameter urls
//!   context 1: for async element of urls, lines 4-5
//!   4 [1] url = element(urls)
//!   5 [1] evaluate await(fetch(url))
//! ```

use std::fmt::{self, Write as _};

use super::{Argument, ArgumentKind, BODY, ContextKind, ExprId, ExprKind, FileFacts, Import, Operator, OuterName, ParameterKind};
use super::{Scope, ScopeId, ScopeKind, Statement, StatementKind, Target};
use crate::text::{SourceFile, Span};

/// Deepest nesting of an expression that is printed; below it stands `…`.
const MAX_DEPTH: u32 = 40;

/// All facts of a file as text; `file` is the one that they were read from.
pub fn facts(facts: &FileFacts, file: &SourceFile) -> String {
    let mut dump = Dump { facts, file, out: String::new() };
    for id in facts.scope_ids() {
        dump.scope(id);
    }
    for problem in &facts.problems {
        dump.line(format_args!("problem {problem}"));
    }
    dump.out
}

/// One expression as text, nearly as its language would write it.
pub fn expression(facts: &FileFacts, id: ExprId) -> String {
    Shown { facts, id, depth: 0 }.to_string()
}

struct Dump<'a> {
    facts: &'a FileFacts,
    file: &'a SourceFile,
    out: String,
}

impl Dump<'_> {
    fn line(&mut self, what: fmt::Arguments<'_>) {
        // Writing to a `String` does not fail.
        let _ = self.out.write_fmt(what);
        self.out.push('\n');
    }

    fn lines(&self, span: Span) -> String {
        let (first, last) = (self.file.position(span.start).line, self.file.position(span.end).line);
        if first == last { format!("line {first}") } else { format!("lines {first}-{last}") }
    }

    fn show(&self, id: ExprId) -> Shown<'_> {
        Shown { facts: self.facts, id, depth: 0 }
    }

    fn scope(&mut self, id: ScopeId) {
        let scope = self.facts.scope(id);
        let mut head = format!("{} #{}", scope_kind(scope.kind), id.0);
        if !scope.name.is_empty() {
            let _ = write!(head, " {}", scope.name);
        }
        if let Some(parent) = scope.parent {
            let _ = write!(head, " in #{}{}, {}", parent.0, mark(scope.parent_context), self.lines(scope.span));
        }
        if scope.is_async {
            head.push_str(", async");
        }
        self.line(format_args!("{head}"));
        self.head_of(scope);
        for (index, context) in scope.contexts.iter().enumerate().skip(1) {
            let parent = mark(context.parent.unwrap_or(BODY));
            let what = self.context(&context.kind);
            let lines = self.lines(context.span);
            self.line(format_args!("  context {index}{parent}: {what}, {lines}"));
        }
        for statement in &scope.statements {
            let text = self.statement(statement);
            let line = self.file.position(statement.span.start).line;
            self.line(format_args!("  {line}{} {text}", mark(statement.context)));
        }
    }

    fn head_of(&mut self, scope: &Scope) {
        for decorator in &scope.decorators {
            let shown = self.show(*decorator).to_string();
            self.line(format_args!("  decorator {shown}"));
        }
        for base in &scope.bases {
            let shown = Passed { facts: self.facts, argument: base, depth: 0 }.to_string();
            self.line(format_args!("  base {shown}"));
        }
        for parameter in &scope.parameters {
            let kind = match parameter.kind {
                ParameterKind::Any => "",
                ParameterKind::Positional => " by position",
                ParameterKind::Keyword => " by name",
                ParameterKind::Rest => " rest",
                ParameterKind::KeywordRest => " named rest",
            };
            let hint = parameter.annotation.map_or_else(String::new, |hint| format!(": {}", self.show(hint)));
            let default = parameter.default.map_or_else(String::new, |default| format!(" = {}", self.show(default)));
            self.line(format_args!("  parameter {}{hint}{default}{kind}", parameter.name));
        }
        for (name, place) in &scope.outer_names {
            let place = match place {
                OuterName::Global => "global",
                OuterName::Enclosing => "enclosing",
            };
            self.line(format_args!("  {place} {name}"));
        }
    }

    fn context(&self, kind: &ContextKind) -> String {
        let when_async = |is_async: &bool| if *is_async { "async " } else { "" };
        match kind {
            ContextKind::Body => "body".to_owned(),
            ContextKind::For { over, is_async } => format!("for {}over {}", when_async(is_async), self.show(*over)),
            ContextKind::While { test: Some(test) } => format!("while {}", self.show(*test)),
            ContextKind::While { test: None } => "loop".to_owned(),
            ContextKind::With { value, is_async } => format!("with {}{}", when_async(is_async), self.show(*value)),
            ContextKind::Branch { test: Some(test), when } => format!("{} {}", if *when { "if" } else { "unless" }, self.show(*test)),
            ContextKind::Branch { test: None, when } => if *when { "branch" } else { "other branch" }.to_owned(),
            ContextKind::Handler => "handler".to_owned(),
        }
    }

    fn statement(&self, statement: &Statement) -> String {
        match &statement.kind {
            StatementKind::Bind { target, value, annotation } => {
                let target = match target {
                    Target::Name(name) => name.to_string(),
                    Target::Attribute { object, name } => format!("{}.{name}", self.show(*object)),
                    Target::Subscript { object, index } => format!("{}[{}]", self.show(*object), self.show(*index)),
                };
                let hint = annotation.map_or_else(String::new, |hint| format!(": {}", self.show(hint)));
                format!("{target}{hint} = {}", self.show(*value))
            }
            StatementKind::Evaluate(value) => format!("evaluate {}", self.show(*value)),
            StatementKind::Return(value) => format!("return {}", self.show(*value)),
            StatementKind::Yield(value) => format!("yield {}", self.show(*value)),
            StatementKind::Import(import) => imported(import),
            StatementKind::Break => "break".to_owned(),
            StatementKind::Continue => "continue".to_owned(),
            StatementKind::Define(scope) => format!("define #{} {}", scope.0, self.facts.scope(*scope).name),
        }
    }
}

fn imported(import: &Import) -> String {
    let dots = ".".repeat(import.level as usize);
    match &import.item {
        Some(item) => format!("from {dots}{} import {item} as {}", import.path, import.local),
        None => format!("import {dots}{} as {}", import.path, import.local),
    }
}

fn mark(context: super::ContextId) -> String {
    if context == BODY { String::new() } else { format!(" [{}]", context.0) }
}

fn scope_kind(kind: ScopeKind) -> &'static str {
    match kind {
        ScopeKind::Module => "module",
        ScopeKind::Function => "function",
        ScopeKind::Lambda => "lambda",
        ScopeKind::Class => "class",
        ScopeKind::Comprehension => "comprehension",
    }
}

/// The sign of an operator, as Python writes it.
fn sign(operator: Operator) -> &'static str {
    match operator {
        Operator::Add => "+",
        Operator::Subtract => "-",
        Operator::Multiply => "*",
        Operator::Divide => "/",
        Operator::FloorDivide => "//",
        Operator::Remainder => "%",
        Operator::Power => "**",
        Operator::Other => "<>",
    }
}

struct Shown<'a> {
    facts: &'a FileFacts,
    id: ExprId,
    depth: u32,
}

impl<'a> Shown<'a> {
    fn part(&self, id: ExprId) -> Shown<'a> {
        Shown { facts: self.facts, id, depth: self.depth + 1 }
    }

    fn list(&self, out: &mut fmt::Formatter<'_>, open: &str, parts: &[ExprId], close: &str) -> fmt::Result {
        out.write_str(open)?;
        for (index, part) in parts.iter().enumerate() {
            write!(out, "{}{}", if index == 0 { "" } else { ", " }, self.part(*part))?;
        }
        out.write_str(close)
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.depth > MAX_DEPTH {
            return out.write_str("…");
        }
        let part = |id: &ExprId| self.part(*id);
        match &self.facts.expr(self.id).kind {
            ExprKind::Int(value) => write!(out, "{value}"),
            ExprKind::Float(value) => write!(out, "{value:?}"),
            ExprKind::Duration(seconds) => write!(out, "{seconds:?}s"),
            ExprKind::Text(text) => write!(out, "{text:?}"),
            ExprKind::Bool(value) => write!(out, "{value}"),
            ExprKind::None => out.write_str("none"),
            ExprKind::Name(name) => out.write_str(name),
            ExprKind::Attribute { object, name, .. } => write!(out, "{}.{name}", part(object)),
            ExprKind::Subscript { object, index } => write!(out, "{}[{}]", part(object), part(index)),
            ExprKind::Call { callee, arguments } => {
                write!(out, "{}(", part(callee))?;
                for (index, argument) in arguments.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(out, "{comma}{}", Passed { facts: self.facts, argument, depth: self.depth + 1 })?;
                }
                out.write_str(")")
            }
            ExprKind::Operator { operator, left, right } => write!(out, "({} {} {})", part(left), sign(*operator), part(right)),
            ExprKind::Negative(value) => write!(out, "-{}", part(value)),
            ExprKind::Not(value) => write!(out, "not({})", part(value)),
            ExprKind::Compare { operator, left, right } => write!(out, "({} {operator} {})", part(left), part(right)),
            ExprKind::Or(parts) => self.list(out, "or(", parts, ")"),
            ExprKind::And(parts) => self.list(out, "and(", parts, ")"),
            ExprKind::Conditional { test, yes, no } => write!(out, "if({}, {}, {})", part(test), part(yes), part(no)),
            ExprKind::Choice(parts) => self.list(out, "choice(", parts, ")"),
            ExprKind::List(parts) => self.list(out, "[", parts, "]"),
            ExprKind::Mapping(entries) => {
                out.write_str("{")?;
                for (index, (key, value)) in entries.iter().enumerate() {
                    out.write_str(if index == 0 { "" } else { ", " })?;
                    match key {
                        Some(key) => write!(out, "{}: {}", part(key), part(value))?,
                        None => write!(out, "**{}", part(value))?,
                    }
                }
                out.write_str("}")
            }
            ExprKind::Comprehension(scope) => write!(out, "comprehension #{}", scope.0),
            ExprKind::Lambda(scope) => write!(out, "lambda #{}", scope.0),
            ExprKind::Await(value) => write!(out, "await({})", part(value)),
            ExprKind::Spread(value) => write!(out, "*{}", part(value)),
            ExprKind::Element(over) => write!(out, "element({})", part(over)),
            ExprKind::Entered(manager) => write!(out, "entered({})", part(manager)),
            ExprKind::Unpacked { value, index } => write!(out, "part {index} of {}", part(value)),
            ExprKind::Augmented { operator, old, value } => write!(out, "({} {}= {})", part(old), sign(*operator), part(value)),
            ExprKind::Format(holes) => self.list(out, "format(", holes, ")"),
            ExprKind::Record { path, fields, rest } => {
                write!(out, "{} {{", part(path))?;
                for (index, (name, value)) in fields.iter().enumerate() {
                    write!(out, "{}{name}: {}", if index == 0 { " " } else { ", " }, part(value))?;
                }
                if let Some(rest) = rest {
                    write!(out, "{}..{}", if fields.is_empty() { " " } else { ", " }, part(rest))?;
                }
                out.write_str(" }")
            }
            ExprKind::Unknown(why) => write!(out, "unknown({why})"),
        }
    }
}

struct Passed<'a> {
    facts: &'a FileFacts,
    argument: &'a Argument,
    depth: u32,
}

impl fmt::Display for Passed<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = Shown { facts: self.facts, id: self.argument.value, depth: self.depth };
        match &self.argument.kind {
            ArgumentKind::Positional => write!(out, "{value}"),
            ArgumentKind::Keyword(name) => write!(out, "{name}={value}"),
            ArgumentKind::Spread => write!(out, "*{value}"),
            ArgumentKind::KeywordSpread => write!(out, "**{value}"),
        }
    }
}

//! What stands beside the program: its tests, examples and benchmarks.

use super::eval::Evaluator;
use super::index::last_name;
use super::thing::{ExprRef, ScopeRef};
use crate::facts::{ExprId, ExprKind, FileFacts, ScopeId};

/// Last names of decorators that make a function a command of the program.
const COMMANDS: [&str; 5] = ["command", "group", "callback", "option", "argument"];

impl Evaluator<'_> {
    /// Whether an expression stands in a test.
    pub fn is_test_code(&self, at: ExprRef) -> bool {
        self.is_in_test(self.scope_of(at))
    }

    /// Whether a function is one that starts a program or test, though nothing in the sources calls it: it runs once.
    pub fn starts_program(&self, function: ScopeRef) -> bool {
        let name = &*self.scope(function).name;
        name == "main" || self.is_in_test(function) || self.has_decorator(function, &COMMANDS) || self.project.is_script(name)
    }

    /// Whether a scope is a test or stands in one: a file of tests, `#[cfg(test)]`, `#[test]`.
    pub(super) fn is_in_test(&self, scope: ScopeRef) -> bool {
        let facts = self.project.facts(scope.file);
        self.project.is_test(scope.file) || (self.is_rust(scope.file) && facts.scope_chain(scope.scope).any(|at| is_marked(facts, at)))
    }
}

/// Whether an attribute says that an item is compiled for tests only.
fn is_marked(facts: &FileFacts, scope: ScopeId) -> bool {
    facts.scope(scope).decorators.iter().any(|decorator| match &facts.expr(*decorator).kind {
        ExprKind::Call { callee, arguments } => {
            let names_test = || arguments.iter().any(|argument| needs_test(facts, argument.value));
            last_name(facts, *callee).is_some_and(|name| is_test_attribute(name) || (&**name == "cfg" && names_test()))
        }
        _ => last_name(facts, *decorator).is_some_and(|name| is_test_attribute(name)),
    })
}

/// `test`, or `all(test, …)`.
fn needs_test(facts: &FileFacts, condition: ExprId) -> bool {
    match &facts.expr(condition).kind {
        ExprKind::Call { callee, arguments } => {
            let is_all = last_name(facts, *callee).is_some_and(|name| &**name == "all");
            is_all && arguments.iter().any(|argument| needs_test(facts, argument.value))
        }
        _ => last_name(facts, condition).is_some_and(|name| &**name == "test"),
    }
}

fn is_test_attribute(name: &str) -> bool {
    matches!(name, "test" | "rstest" | "test_case" | "quickcheck" | "bench")
}

/// Whether a path is that of a test: what it passes says nothing about the program.
pub fn is_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.split('/').any(|part| matches!(part, "tests" | "test" | "testing"))
        || name.starts_with("test_")
        || name.ends_with("_test.py")
        || name == "conftest.py"
        || matches!(name, "tests.rs" | "test.rs")
        || name.ends_with("_test.rs")
        || name.ends_with("_tests.rs")
}

/// Whether a path is that of an example, a benchmark or a test: what it does with the program says little of what the program does.
pub fn is_beside_the_program(path: &str) -> bool {
    is_example(path) || is_test(path) || path.split('/').any(|part| matches!(part, "benchmarks" | "benchmark" | "bench"))
}

/// Whether a path is that of an example, or of the benchmarks that cargo runs.
pub(super) fn is_example(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "examples" | "example" | "samples" | "demo" | "demos" | "docs" | "benches"))
}

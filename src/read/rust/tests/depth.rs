//! Nesting and length beyond all reason: no overflow, and chains are kept whole.

use super::read;
use crate::facts::{ExprId, ExprKind, FileFacts};

const TOO_DEEP: &str = super::super::lower::TOO_DEEP;

fn in_function(body: &str) -> String {
    format!("fn f() {{ {body} }}\n")
}

/// Sources that nest something `n` times.
fn nested(n: usize) -> Vec<String> {
    let around = |open: &str, close: &str| in_function(&format!("{}x{};", open.repeat(n), close.repeat(n)));
    let before = |prefix: &str| in_function(&format!("{}x;", prefix.repeat(n)));
    let typed = |open: &str, close: &str| format!("fn f(x: {}u8{}) {{}}\n", open.repeat(n), close.repeat(n));
    vec![
        around("(", ")"),
        around("[", "]"),
        around("{", "}"),
        around("f(1, ", ")"),
        around("if a {", "}"),
        around("match a { b => ", "}"),
        around("async move {", "}"),
        around("|a| {", "}"),
        around("x.f(|a| ", ")"),
        around("A { a: ", "}"),
        around("m!(", ")"),
        around("m!{ let x = ", ";}"),
        around("m!( => ", ")"),
        around("a::<", ">"),
        around("<", ">::y"),
        before("!"),
        before("- "),
        before("*"),
        before("&"),
        before("|a| "),
        before("return "),
        before("a = "),
        before("match "),
        before("if let a = "),
        before("let a = "),
        before("let (a, "),
        in_function(&format!("let {}x = y;", "&".repeat(n))),
        in_function(&format!("let {}x = y;", "a @ ".repeat(n))),
        in_function(&format!("let {}x{} = y;", "(".repeat(n), ",)".repeat(n))),
        typed("A<", ">"),
        typed("A<u8, ", ">"),
        typed("&", ""),
        typed("*const ", ""),
        typed("fn() -> ", ""),
        typed("(", ",)"),
        typed("dyn Fn() -> ", ""),
        format!("{}fn f() {{}}{}", "mod a {".repeat(n), "}".repeat(n)),
        format!("{}{}", "fn f() {".repeat(n), "}".repeat(n)),
        format!("use {}x{};", "a::{".repeat(n), "}".repeat(n)),
        format!("use {}x;", "a::".repeat(n)),
    ]
}

#[test]
fn half_the_stack_of_a_thread_is_enough() {
    for n in [20, 126, 700, 20_000] {
        for source in nested(n) {
            let run = move || read(&source).1.problems.len();
            let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(run).unwrap();
            assert!(thread.join().unwrap() <= 1);
        }
    }
}

#[test]
fn deep_nesting_is_told_once_and_shallow_nesting_is_not() {
    let told = |source: &str| read(source).1.problems.iter().filter(|problem| problem.message == TOO_DEEP).count();
    for open in ["(", "[", "{"] {
        let close = match open {
            "(" => ")",
            "[" => "]",
            _ => "}",
        };
        let source = |n: usize| in_function(&format!("{}x{}", open.repeat(n), close.repeat(n)));
        assert_eq!((told(&source(60)), told(&source(1000))), (0, 1), "{open}");
    }
}

/// How often `step` leads from one expression to the next.
fn length(facts: &FileFacts, step: impl Fn(&ExprKind) -> Option<ExprId>) -> usize {
    let first = facts.expr_ids().find(|id| facts.expr(*id).parent.is_none());
    std::iter::successors(first, |id| step(&facts.expr(*id).kind)).count()
}

#[test]
fn long_chains_are_kept_whole() {
    let (_, facts) = read(&in_function(&format!("a{};", ".b()?".repeat(2_000))));
    let callee = |kind: &ExprKind| match kind {
        ExprKind::Call { callee: next, .. } | ExprKind::Attribute { object: next, .. } => Some(*next),
        _ => None,
    };
    assert_eq!((length(&facts, callee), facts.problems.len()), (4_001, 0));

    let (_, facts) = read(&in_function(&format!("a{};", " + b".repeat(4_000))));
    let left = |kind: &ExprKind| match kind {
        ExprKind::Operator { left, .. } => Some(*left),
        _ => None,
    };
    assert_eq!((length(&facts, left), facts.problems.len()), (4_001, 0));

    let (_, facts) = read(&in_function(&format!("a{};", " || b".repeat(3_000))));
    assert!(matches!(&facts.expr(ExprId(0)).kind, ExprKind::Or(values) if values.len() == 3_001));

    let (_, facts) = read(&in_function(&format!("if a {{ b }} {}", "else if c { d } ".repeat(2_000))));
    assert_eq!((facts.scopes[1].contexts.len(), facts.problems.len()), (4_002, 0));

    let (_, facts) = read(&in_function(&format!("let x = if a {{ 1 }} {} else {{ 3 }};", "else if c { 2 } ".repeat(2_000))));
    assert_eq!((facts.scopes[1].contexts.len(), facts.problems.len()), (4_003, 0));
}

#[test]
fn long_lists_are_not_deep() {
    let many = |part: &str| part.repeat(30_000);
    for source in [
        in_function(&many("a(); ")),
        in_function(&many("if a < b { c } ")),
        in_function(&format!("[{}]", "a < b, ".repeat(1_000))),
        in_function(&format!("[{}]", many("1 << 2 < 3, "))),
        in_function(&format!("match x {{ {} }}", many("A::B => {} "))),
        many("#[x] fn f() -> A<B> {} "),
        format!("enum E {{ {} }}", many("A(B<C>), ")),
    ] {
        assert_eq!(read(&source).1.problems, [], "{:?}", source.get(..40));
    }
}

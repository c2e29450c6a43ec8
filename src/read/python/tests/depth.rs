//! Nesting and length beyond all reason: no overflow, and chains are kept whole.

use super::read;
use crate::facts::{ExprId, ExprKind, FileFacts};

const TOO_DEEP: &str = super::super::lower::TOO_DEEP;

fn too_deep(facts: &FileFacts) -> usize {
    facts.problems.iter().filter(|problem| problem.message == TOO_DEEP).count()
}

#[test]
fn deep_nesting_is_cut_off_and_told_once() {
    let nested = |open: &str, close: &str| format!("x = {}1{}\ny = 2\n", open.repeat(10_000), close.repeat(10_000));
    for source in [
        nested("[", "]"),
        nested("f(", ")"),
        nested("{1: ", "}"),
        nested("a[", "]"),
        nested("lambda: ", ""),
        nested("1 if x else ", ""),
        nested("2 ** ", ""),
        nested("[x for x in ", "]"),
        format!("x: {}int{} = 1\ny = 2\n", "a[".repeat(3000), "]".repeat(3000)),
    ] {
        let (_, facts) = read(&source);
        assert_eq!(too_deep(&facts), 1, "{:?}", source.get(..20));
    }
}

#[test]
fn deep_blocks_are_cut_off() {
    let blocks = |line: &str| (0..1500).map(|depth| format!("{}{line}\n", " ".repeat(depth))).collect::<String>();
    for line in ["if x:", "def f():", "class A:", "for x in y:", "with x:", "while x:"] {
        let (_, facts) = read(&format!("{}{}y\n", blocks(line), " ".repeat(1500)));
        assert_eq!(too_deep(&facts), 1, "{line}");
    }
    let (_, facts) = read(&format!("{}a{} = b\n", "(".repeat(5000), ",)".repeat(5000)));
    assert_eq!(too_deep(&facts), 1);
    let (_, facts) = read(&format!("match x:\n case {}{}: pass\n", "[".repeat(5000), "]".repeat(5000)));
    assert_eq!(too_deep(&facts), 1);
}

#[test]
fn half_the_stack_of_a_thread_is_enough() {
    let deep = |open: &str, core: &str, close: &str| format!("x = {}{core}{}\n", open.repeat(300), close.repeat(300));
    let blocks = |line: &str| (0..300).map(|depth| format!("{}{line}\n", " ".repeat(depth))).collect::<String>();
    let sources = [
        deep("[f(a=", "1", ")]"),
        deep("{**(lambda: ", "1", ")()}"),
        deep("lambda a=", "1", ": 1"),
        deep("f(x for y in [(a := ", "1", ")])"),
        deep("(yield [1 if not ", "x", " else 2])"),
        deep("a[b < -", "1", "]"),
        format!("{}{}x = {}1{}\n", blocks("async def f(a=b):"), " ".repeat(300), "[".repeat(300), "]".repeat(300)),
        format!("{}{}x\n", blocks("class A(B[lambda: C]):"), " ".repeat(300)),
        format!("{}{}x\n", blocks("if (a := [b for c in d]):"), " ".repeat(300)),
    ];
    for source in sources {
        let read = move || read(&source).1.expressions.len();
        let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(read).unwrap();
        assert!(thread.join().unwrap() > 0);
    }
}

/// How often `step` leads from one expression to the next.
fn length(facts: &FileFacts, step: impl Fn(&ExprKind) -> Option<ExprId>) -> usize {
    std::iter::successors(Some(ExprId(0)), |id| step(&facts.expr(*id).kind)).count()
}

#[test]
fn chains_of_any_length_are_kept_whole() {
    let (_, facts) = read(&format!("x = a{}\n", ".b()".repeat(10_000)));
    let callee = |kind: &ExprKind| match kind {
        ExprKind::Call { callee: next, .. } | ExprKind::Attribute { object: next, .. } => Some(*next),
        _ => None,
    };
    assert_eq!((length(&facts, callee), facts.problems.len()), (20_001, 0));

    let (_, facts) = read(&format!("x = a{}\n", " + b".repeat(10_000)));
    let left = |kind: &ExprKind| match kind {
        ExprKind::Operator { left, .. } => Some(*left),
        _ => None,
    };
    assert_eq!((length(&facts, left), facts.problems.len()), (10_001, 0));

    let (_, facts) = read(&format!("x = {}a\n", "not ".repeat(10_000)));
    let inner = |kind: &ExprKind| match kind {
        ExprKind::Not(inner) => Some(*inner),
        _ => None,
    };
    assert_eq!((length(&facts, inner), facts.problems.len()), (10_001, 0));

    let (_, facts) = read(&format!("x = a{}\n", " < b".repeat(10_000)));
    let left = |kind: &ExprKind| match kind {
        ExprKind::Compare { left, .. } => Some(*left),
        _ => None,
    };
    assert_eq!((length(&facts, left), facts.problems.len()), (10_001, 0));

    let (_, facts) = read(&format!("x = a{}\n", " or b".repeat(10_000)));
    assert!(matches!(&facts.expr(ExprId(0)).kind, ExprKind::Or(values) if values.len() == 10_001));

    let (_, facts) = read(&format!("x = {}a{}\n", "(".repeat(10_000), ")".repeat(10_000)));
    assert!(matches!(&facts.expr(ExprId(0)).kind, ExprKind::Name(_)) && facts.problems.is_empty());

    let (_, facts) = read(&format!("if a:\n b\n{}", "elif c:\n d\n".repeat(5000)));
    assert_eq!((facts.scopes[0].statements.len(), facts.problems.len()), (5001, 0));

    let (_, facts) = read(&format!("{}1\n", "a = ".repeat(10_000)));
    assert_eq!((facts.scopes[0].statements.len(), facts.problems.len()), (10_000, 0));
}

#[test]
fn what_would_keep_the_parser_busy_for_hours_is_read_or_refused() {
    // Twenty thousand comments in a block cost the scanner the square of their number.
    let (_, facts) = read(&format!("def f():\n{}    x = 1\n", "    # a comment\n".repeat(20_000)));
    assert_eq!((facts.problems.len(), facts.scopes[1].statements.len()), (0, 1));
    let (_, facts) = read(&format!("{}x\n", "\\\n".repeat(20_000)));
    assert_eq!(facts.problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>(), ["too intricate to be parsed"]);
    for broken in ["[", "(", "{", "f'{", "'''", "@a\n", ":", "def f(\n", "if else for in ) ] } "] {
        read(&broken.repeat(5000));
    }
}

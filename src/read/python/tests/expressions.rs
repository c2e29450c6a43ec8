//! Every kind of expression.

use super::{assert_expressions, assert_facts, read};
use crate::facts::{BODY, ContextKind, ExprKind, MODULE, ScopeKind};

#[test]
fn literals() {
    assert_expressions(&[
        ("10", "10"),
        ("1_000", "1000"),
        ("0xFF", "255"),
        ("10 ** 6", "(10 ** 6)"),
        ("1.5", "1.5"),
        ("1e3", "1000.0"),
        ("True", "true"),
        ("False", "false"),
        ("None", "none"),
        ("...", "unknown(...)"),
        ("'a'", "\"a\""),
        ("b'a\\x00'", "\"a\\0\""),
        ("'a' \"b\" '''c\nd'''", "\"abc\\nd\""),
        ("('a'\n 'b')", "\"ab\""),
        ("f'plain {{x}}'", "\"plain {x}\""),
        ("f'{a} and {b!r:>{width}} {c, d}'", "format(a, b, width, [c, d])"),
        ("'a' f'{b}' 'c'", "format(b)"),
        ("f'{a[\"k\"]}'", "format(a[\"k\"])"),
        ("rf'\\d{a}'", "format(a)"),
        ("''", "\"\""),
    ]);
}

#[test]
fn chains_and_arguments() {
    assert_expressions(&[
        ("a.b.c", "a.b.c"),
        ("a.b().c(1)[2].d", "a.b().c(1)[2].d"),
        ("a[1, 2]", "a[[1, 2]]"),
        ("a[1:2]", "a[unknown(slice)]"),
        ("a[::f(3), ...]", "a[[unknown(slice), unknown(...)]]"),
        ("f(1, *a, k=2, **b)", "f(1, *a, k=2, **b)"),
        ("f(*a.b, *c(1)[0],)", "f(*a.b, *c(1)[0])"),
        ("f(print=1, match=2, type=3)", "f(print=1, match=2, type=3)"),
        ("(await a.b()).c()", "await(a.b()).c()"),
        ("await f(await g())", "await(f(await(g())))"),
        ("((a))", "a"),
        ("print(a, file=b)", "print(a, file=b)"),
    ]);
}

#[test]
fn operators() {
    assert_expressions(&[
        ("a + b - c", "((a + b) - c)"),
        ("a * b / c // d % e", "((((a * b) / c) // d) % e)"),
        ("a | b", "(a <> b)"),
        ("a << 2 @ b", "(a <> (2 <> b))"),
        ("2 ** -1", "(2 ** -1)"),
        ("-a", "-a"),
        ("+a", "a"),
        ("~a", "unknown(~)"),
        ("not a", "not(a)"),
        ("a or b or c", "or(a, b, c)"),
        ("a or b and c or d", "or(a, and(b, c), d)"),
        ("a and (b and c)", "and(a, and(b, c))"),
        ("a < b", "(a < b)"),
        ("a not  in b is not c == d", "(((a not in b) is not c) == d)"),
    ]);
}

#[test]
fn displays() {
    assert_expressions(&[
        ("[1, *a]", "[1, *a]"),
        ("(1,)", "[1]"),
        ("()", "[]"),
        ("1, 2", "[1, 2]"),
        ("{1, 2}", "[1, 2]"),
        ("{}", "{}"),
        ("{'a': 1, **b, c: [2],}", "{\"a\": 1, **b, c: [2]}"),
        ("*a, b", "[*a, b]"),
    ]);
}

#[test]
fn the_sides_of_a_conditional_are_branches() {
    assert_facts(
        "x = f() if t else g() if u else h()\n",
        "context 1: if t, line 1
         context 2: unless t, line 1
         context 3 [2]: if u, line 1
         context 4 [2]: unless u, line 1
         1 x = if(t, f(), if(u, g(), h()))",
    );
    let (_, facts) = read("x = f() if t else 1\n");
    let call = facts.expressions.iter().find(|expression| matches!(expression.kind, ExprKind::Call { .. })).unwrap();
    assert!(matches!(facts.scope(MODULE).context(call.context).kind, ContextKind::Branch { when: true, .. }));
}

#[test]
fn comprehensions_are_scopes() {
    assert_facts(
        "x = [f(a, b) async for a in g() if a.ok if h() for b in a]\n",
        "1 x = comprehension #1
         comprehension #1 in #0, line 1
         context 1: for async over g(), line 1
         context 2 [1]: if a.ok, line 1
         context 3 [2]: if h(), line 1
         context 4 [3]: for over a, line 1
         1 [1] a = element(g())
         1 [4] b = element(a)
         1 [4] yield f(a, b)",
    );
    assert_facts(
        "x = {k: v for k, v in d}\n",
        "1 x = comprehension #1
         comprehension #1 in #0, line 1
         context 1: for over d, line 1
         1 [1] k = part 0 of element(d)
         1 [1] v = part 1 of element(d)
         1 [1] yield [k, v]",
    );
    for source in ["{f(a) for a in b}", "(f(a) for a in b)", "[f(a) for a in b]"] {
        let expected = "1 x = comprehension #1
             comprehension #1 in #0, line 1
             context 1: for over b, line 1
             1 [1] a = element(b)
             1 [1] yield f(a)";
        assert_facts(&format!("x = {source}"), expected);
    }
}

#[test]
fn a_generator_may_be_the_only_argument() {
    assert_facts(
        "gather(*(get(u) for u in urls))\nany(u for u in urls)\n",
        "1 evaluate gather(*comprehension #1)
         2 evaluate any(comprehension #2)
         comprehension #1 in #0, line 1
         context 1: for over urls, line 1
         1 [1] u = element(urls)
         1 [1] yield get(u)
         comprehension #2 in #0, line 2
         context 1: for over urls, line 2
         2 [1] u = element(urls)
         2 [1] yield u",
    );
}

#[test]
fn the_first_iterable_of_a_comprehension_is_evaluated_outside() {
    let (_, facts) = read("x = [b for a in f() for b in g(a)]\n");
    let call = |wanted: &str| {
        let is_it = |id: &crate::facts::ExprId| crate::facts::dump::expression(&facts, *id) == wanted;
        facts.expr(facts.expr_ids().find(is_it).unwrap())
    };
    assert_eq!(call("f()").scope, MODULE);
    let outer = facts.expr(call("f()").parent.unwrap());
    assert!(matches!(outer.kind, ExprKind::Comprehension(_)));
    assert_eq!(facts.scope(call("g(a)").scope).kind, ScopeKind::Comprehension);
    assert_eq!(call("g(a)").parent, None);
}

#[test]
fn lambdas_are_scopes() {
    assert_facts(
        "x = sorted(y, key=lambda a, *b, c=f(1), **d: a.k or c)\n",
        "1 x = sorted(y, key=lambda #1)
         lambda #1 in #0, line 1
         parameter a
         parameter b rest
         parameter c = f(1) by name
         parameter d named rest
         1 return or(a.k, c)",
    );
}

#[test]
fn named_expressions_bind_outside_comprehensions() {
    assert_facts(
        "def f():\n    if (n := g()) > 1:\n        return [y := h(x) for x in n]\n",
        "1 define #1 f
         function #1 f in #0, lines 1-3
         context 1: if (g() > 1), line 3
         2 n = g()
         3 [1] y = h(x)
         3 [1] return comprehension #2
         comprehension #2 in #1 [1], line 3
         context 1: for over n, line 3
         3 [1] x = element(n)
         3 [1] yield h(x)",
    );
}

#[test]
fn yields() {
    assert_facts(
        "def f():\n    yield\n    yield 1, 2\n    x = yield a\n    yield from g()\n    h((yield b))\n",
        "1 define #1 f
         function #1 f in #0, lines 1-6
         2 yield none
         3 yield [1, 2]
         4 yield a
         4 x = unknown(yield)
         5 yield element(g())
         6 yield b
         6 evaluate h(unknown(yield))",
    );
}

#[test]
fn places_are_byte_spans_of_the_file() {
    let source = "\u{feff}é = a.größe(\n  1)\n";
    let (sources, facts) = read(source);
    let texts: Vec<_> = facts.expressions.iter().map(|expression| sources.slice(expression.span)).collect();
    assert_eq!(texts, ["a.größe(\n  1)", "a.größe", "a", "1"]);
    let ExprKind::Attribute { name_span, .. } = &facts.expressions[1].kind else { panic!("{:?}", facts.expressions[1]) };
    assert_eq!(sources.slice(*name_span), "größe");
    assert!(facts.expressions.iter().all(|expression| expression.context == BODY));
}

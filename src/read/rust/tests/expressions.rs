//! Every kind of expression.

use super::{assert_body, assert_expressions, assert_facts, read};

#[test]
fn literals() {
    assert_expressions(&[
        ("5", "5"),
        ("1_000usize", "1000"),
        ("0xFF_u8", "255"),
        ("0b101", "5"),
        ("0o17", "15"),
        ("5f64", "5.0"),
        ("1.5e3", "1500.0"),
        ("99999999999999999999", "1e20"),
        ("true", "true"),
        ("\"a\\n\"", "\"a\\n\""),
        ("r#\"a\"#", "\"a\""),
        ("b\"a\"", "\"a\""),
        ("c\"a\"", "\"a\""),
        ("'a'", "\"a\""),
        ("b'a'", "97"),
        ("()", "none"),
        ("None", "none"),
        ("-5", "-5"),
    ]);
}

#[test]
fn durations() {
    assert_expressions(&[
        ("Duration::from_secs(5)", "5.0s"),
        ("std::time::Duration::from_millis(1_500)", "1.5s"),
        ("Duration::from_secs(5 * 60)", "300.0s"),
        ("Duration::from_secs_f64(0.25)", "0.25s"),
        ("Duration::from_mins(2)", "120.0s"),
        ("Duration::from_micros(10)", "1e-5s"),
        ("Duration::new(1, 500_000_000)", "1.5s"),
        ("Duration::ZERO", "0.0s"),
        ("TimeDelta::minutes(1)", "60.0s"),
        ("Duration::from_secs(n)", "Duration.from_secs(n)"),
        ("Length::from_secs(5)", "Length.from_secs(5)"),
    ]);
}

#[test]
fn what_is_looked_through() {
    assert_expressions(&[
        ("&a", "a"),
        ("&mut *a", "a"),
        ("(a)", "a"),
        ("a as usize", "a"),
        ("a?", "a"),
        ("unsafe { a }", "a"),
        ("Some(a)", "a"),
        ("Ok(a)", "a"),
        ("Option::Some(5)", "5"),
        ("Ok::<_, E>(a)", "a"),
        ("NonZeroUsize::new(5)", "5"),
        ("std::num::NonZero::new(5)?", "5"),
        ("(&a).b()", "a.b()"),
        ("Some((a.b)?)", "a.b"),
        ("&raw const a", "a"),
        ("{ a }", "a"),
        ("const { 5 }", "5"),
    ]);
}

#[test]
fn paths() {
    assert_expressions(&[
        ("a::b::C::new()", "a.b.C.new()"),
        ("crate::a::B", "crate.a.B"),
        ("self::a", "self.a"),
        ("super::super::a", "super.super.a"),
        ("Self::a", "Self.a"),
        ("::a::b", "a.b"),
        ("Vec::<u8>::new()", "Vec.new()"),
        ("<A as B>::c()", "A.c()"),
        ("<A<B> as c::D<E>>::f", "A[B].f"),
        ("<[A]>::b()", "[A].b()"),
        ("r#type::r#fn", "type.fn"),
    ]);
}

#[test]
fn chains() {
    assert_expressions(&[
        ("a.b.c", "a.b.c"),
        ("a.0.1", "a.0.1"),
        ("a.b(c, d)", "a.b(c, d)"),
        ("a::b(c)(d)", "a.b(c)(d)"),
        ("a[b][1..c]", "a[b][range(1, c)]"),
        ("a.b::<C>()?.d.await?.e()", "await(a.b().d).e()"),
        ("a.b(f(c.d()?)).e", "a.b(f(c.d())).e"),
        ("a.is_some()", "(a is not none)"),
        ("a.b().is_none()", "(a.b() is none)"),
        ("f(a = 5)", "f(a=5)"),
    ]);
}

#[test]
fn operators() {
    assert_expressions(&[
        ("a + b - c", "((a + b) - c)"),
        ("a * b / c % d", "(((a * b) // c) % d)"),
        ("(a + b) * c", "((a + b) * c)"),
        ("a << 1 | b", "((a <> 1) <> b)"),
        ("a == b", "(a == b)"),
        ("a >= b as u8", "(a >= b)"),
        ("a || b || c && d", "or(a, b, and(c, d))"),
        ("!a", "not(a)"),
        ("!(a && b)", "not(and(a, b))"),
    ]);
}

#[test]
fn displays() {
    assert_expressions(&[
        ("[1, 2]", "[1, 2]"),
        ("(1, a)", "[1, a]"),
        ("(a,)", "[a]"),
        ("[a; 5]", "vec(a, 5)"),
        ("0..n", "range(0, n)"),
        ("0..=n", "range(0, (n + 1))"),
        ("..5", "range(5)"),
        ("a..", "unknown(a range without an end)"),
        ("..", "unknown(a range without an end)"),
        ("A { b: 5, c, 0: d }", "A { b: 5, c: c, 0: d }"),
        ("a::B { c: 5, ..Default::default() }", "a.B { c: 5, ..Default.default() }"),
        ("A {}", "A { }"),
    ]);
}

#[test]
fn closures_and_async_blocks() {
    assert_facts(
        "const X: T = |a, (b, c): (u8, D), _| a + b;\nconst Y: T = async move { f().await?; g() };\nconst Z: T = async |a| { a };\n",
        "1 X: T = lambda #1
         2 Y: T = lambda #2
         3 Z: T = lambda #3
         lambda #1 in #0, line 1
         parameter a by position
         parameter (b, c): [u8, D] by position
         parameter _ by position
         1 b = part 0 of (b, c)
         1 c = part 1 of (b, c)
         1 return (a + b)
         lambda #2 in #0, line 2, async
         2 evaluate await(f())
         2 return g()
         lambda #3 in #0, line 3, async
         parameter a by position
         3 return a",
    );
}

#[test]
fn branches_as_values() {
    assert_body(
        "let a = if b { 1 } else if c { d(); 2 } else { 3 };\nlet e = if g { return 4 } else { 5 };\nlet h = if let Some(i) = j { i } else { 0 };\n",
        "context 1: if b, line 2
         context 2: unless b, line 2
         context 3 [2]: if c, line 2
         context 4 [2]: unless c, line 2
         context 5: if g, line 3
         context 6: unless g, line 3
         context 7: if (j is not none), line 4
         context 8: unless (j is not none), line 4
         2 [3] evaluate d()
         2 a = if(b, 1, if(c, 2, 3))
         3 [5] return 4
         3 e = choice(5)
         4 [7] i = j
         4 h = if((j is not none), i, 0)",
    );
}

#[test]
fn matches_as_values() {
    assert_body(
        "let a = match b { 1 => c, X::Y(d) if d > 3 => e(d), _ => panic!(\"no\") };\nlet g = match h { Some(i) => i, None => 5 };\n\
         let j = match k { None => 6, _ => 7 };\nlet l = match m() { Ok(n) => n, Err(e) => return Err(e) };\n",
        "context 1: if (b matches unknown(a pattern)), line 2
         context 2: if (b matches unknown(a pattern)), line 2
         context 3 [2]: if (d > 3), line 2
         context 4: if (b matches unknown(a pattern)), line 2
         context 5: if (h is not none), line 3
         context 6: unless (h is not none), line 3
         context 7: if (k is none), line 4
         context 8: unless (k is none), line 4
         context 9: if (m() matches unknown(a pattern)), line 5
         context 10: if (m() matches unknown(a pattern)), line 5
         2 evaluate b
         2 [2] d = b.0
         2 a = choice(c, e(d))
         3 evaluate h
         3 [5] i = h
         3 g = if((h is not none), i, 5)
         4 evaluate k
         4 j = if((k is none), 6, 7)
         5 evaluate m()
         5 [9] n = m()
         5 [10] e = unknown(what an error says)
         5 [10] evaluate unknown(an error)
         5 l = choice(n)",
    );
}

#[test]
fn blocks_as_values() {
    assert_body(
        "let a = { let b = c(); d(b); b + 1 };\nlet e = f({ g(); 2 }, loop { break 3 });\nlet h = { i(); };\n",
        "context 1: branch, line 2
         context 2: loop, line 3
         2 [1] b = c()
         2 [1] evaluate d(b)
         2 a = (b + 1)
         3 evaluate g()
         3 [2] evaluate 3
         3 [2] break
         3 e = f(2, choice(3))
         4 evaluate i()
         4 h = none",
    );
}

#[test]
fn spans_are_those_of_the_text() {
    let source = "fn f() {\n    (é::a(1)?).b::<C>(2 as u8)[3].await + (4) * &x;\n}\n";
    let (_, facts) = read(source);
    let texts: Vec<&str> = facts.expressions.iter().map(|expression| &source[expression.span.range()]).collect();
    assert_eq!(
        texts,
        [
            "(é::a(1)?).b::<C>(2 as u8)[3].await + (4) * &x",
            "(é::a(1)?).b::<C>(2 as u8)[3].await",
            "(é::a(1)?).b::<C>(2 as u8)[3]",
            "(é::a(1)?).b::<C>(2 as u8)",
            "(é::a(1)?).b",
            "é::a(1)",
            "é::a",
            "é",
            "1",
            "2",
            "3",
            "(4) * &x",
            "4",
            "x",
        ]
    );
}

//! Statements, the contexts that blocks become, and what patterns bind.

use super::{assert_body, assert_facts};

#[test]
fn bindings_and_assignments() {
    assert_body(
        "let a = 1;\nlet mut b: Vec<u8> = c();\nlet d;\nd = 5;\nself.e = 6;\ng[0] = 7;\n*h = 8;\n(i, j.k) = l();\n_ = m();\nlet _ = n();\no += 1;\np.q <<= r;\n",
        "2 a = 1
         3 b: Vec[u8] = c()
         5 d = 5
         6 self.e = 6
         7 g[0] = 7
         8 h = 8
         9 i = part 0 of l()
         9 j.k = part 1 of l()
         10 evaluate m()
         11 evaluate n()
         12 o = (o += 1)
         13 p.q = (p.q <>= r)",
    );
}

#[test]
fn patterns() {
    assert_body(
        "let (a, _, (b, ..)) = c;\nlet (.., d) = e;\nlet A { f, g: h, i: B(j), .. } = k;\nlet [l, m @ .., n] = o;\nlet State(p) = q;\n\
         let &(ref r, mut s) = t;\nlet u @ Some(v) = w else { return };\nlet Some(X) = y else { panic!() };\n",
        "context 1: unless (w matches unknown(a pattern)), line 8
         context 2: unless (y matches unknown(a pattern)), line 9
         2 a = part 0 of c
         2 b = part 0 of part 2 of c
         3 d = unknown(part of a pattern)
         4 f = k.f
         4 h = k.g
         4 j = k.i.0
         5 l = part 0 of o
         5 m = unknown(part of a pattern)
         5 n = unknown(part of a pattern)
         6 p = q.0
         7 r = part 0 of t
         7 s = part 1 of t
         8 [1] return none
         8 u = w
         8 v = w
         9 [2] evaluate unknown(does not return)",
    );
}

#[test]
fn branches() {
    assert_body(
        "if a { b } else if let Some(c) = d && e(c) { g } else { h }\nif let None = i { j }\nmatch k { Some(l) => m(l), None => {} }\nmatch n { A(o) | B(o) => p, C => { q; r } }\n",
        "context 1: if a, line 2
         context 2: unless a, line 2
         context 3 [2]: if and((d is not none), e(c)), line 2
         context 4 [2]: unless and((d is not none), e(c)), line 2
         context 5: if (i is none), line 3
         context 6: if (k is not none), line 4
         context 7: unless (k is not none), line 4
         context 8: if (n matches unknown(a pattern)), line 5
         context 9: if (n matches unknown(a pattern)), line 5
         2 [1] evaluate b
         2 [3] c = d
         2 [3] evaluate g
         2 [4] evaluate h
         3 [5] evaluate j
         4 evaluate k
         4 [6] l = k
         4 [6] evaluate m(l)
         5 evaluate n
         5 [8] o = n.0
         5 [8] o = n.0
         5 [8] evaluate p
         5 [9] evaluate q
         5 [9] evaluate r",
    );
}

#[test]
fn loops() {
    assert_body(
        "for (i, x) in a.iter().enumerate() { b(x) }\nfor _ in 0..5 {}\nwhile c() { d(); }\nwhile let Some(e) = g.next().await { h(e) }\n'l: loop { break 'l; }\n",
        "context 1: for over a.iter().enumerate(), line 2
         context 2: for over range(0, 5), line 3
         context 3: while c(), line 4
         context 4: while (await(g.next()) is not none), line 5
         context 5: loop, line 6
         2 [1] i = part 0 of element(a.iter().enumerate())
         2 [1] x = part 1 of element(a.iter().enumerate())
         2 [1] evaluate b(x)
         4 [3] evaluate d()
         5 [4] e = await(g.next())
         5 [4] evaluate h(e)",
    );
}

#[test]
fn the_last_expression_is_returned_from_each_branch() {
    assert_facts(
        "fn f() -> R {\n    if a { return b }\n    if c { 1 } else { match d { X => 2, Y => Err(e()), Z => unsafe { 3 } } }\n}\n\
         fn g() { h() }\nfn i() { for j in k {} }\nfn l() { Err(m) }\nfn n() -> A { vec![1] }\n",
        "1 define #1 f
         5 define #2 g
         6 define #3 i
         7 define #4 l
         8 define #5 n
         function #1 f in #0, lines 1-4
         context 1: if a, line 2
         context 2: if c, line 3
         context 3: unless c, line 3
         context 4 [3]: if (d matches unknown(a pattern)), line 3
         context 5 [3]: if (d matches unknown(a pattern)), line 3
         context 6 [3]: if (d matches unknown(a pattern)), line 3
         2 [1] return b
         3 [2] return 1
         3 [3] evaluate d
         3 [4] return 2
         3 [5] evaluate e()
         3 [5] evaluate unknown(an error)
         3 [6] return 3
         function #2 g in #0, line 5
         5 return h()
         function #3 i in #0, line 6
         context 1: for over k, line 6
         6 [1] j = element(k)
         function #4 l in #0, line 7
         7 evaluate unknown(an error)
         function #5 n in #0, line 8
         8 return [1]",
    );
}

#[test]
fn settings_as_statements_on_one_local() {
    assert_body(
        "let mut opts = PoolOptions::new();\nopts.max_connections(5);\nif big { opts = opts.max_connections(10); }\nlet pool = opts.connect(url).await?;\n",
        "context 1: if big, line 4
         2 opts = PoolOptions.new()
         3 evaluate opts.max_connections(5)
         4 [1] opts = opts.max_connections(10)
         5 pool = await(opts.connect(url))",
    );
}

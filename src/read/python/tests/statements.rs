//! Every kind of statement, and the contexts that blocks become.

use super::assert_facts;

#[test]
fn assignments() {
    assert_facts(
        "a = b = f()\nx: int = 1\ny: 'T'\nz: dict[str, a.B] | None = {}\nself.c = 2\nd[0, 1] = 3\n(e) = 4\n",
        "1 a = f()
         1 b = f()
         2 x: int = 1
         3 y: \"T\" = unknown(declared without a value)
         4 z: (dict[[str, a.B]] <> none) = {}
         5 self.c = 2
         6 d[[0, 1]] = 3
         7 e = 4",
    );
}

#[test]
fn tuples_are_taken_apart() {
    assert_facts(
        "a, (b, [c, *d]) = f()\n[e, g.h] = i\nj, = k\n",
        "1 a = part 0 of f()
         1 b = part 0 of part 1 of f()
         1 c = part 0 of part 1 of part 1 of f()
         1 d = part 1 of part 1 of part 1 of f()
         2 e = part 0 of i
         2 g.h = part 1 of i
         3 j = part 0 of k",
    );
}

#[test]
fn augmented_assignments() {
    assert_facts(
        "a += 1\nb.c -= f()\nd[e] **= 2\ng |= h\n",
        "1 a = (a += 1)
         2 b.c = (b.c -= f())
         3 d[e] = (d[e] **= 2)
         4 g = (g <>= h)",
    );
}

#[test]
fn imports() {
    assert_facts(
        "import a\nimport b.c, d.e as f\nfrom g.h import i as j, k\nfrom . import l\nfrom ..m import (n,)\nfrom o import *\n\
         from __future__ import annotations\nif T:\n    try:\n        import p\n    except ImportError:\n        from .q import r\n\
         def s():\n    import t\n",
        "context 1: if T, lines 9-12
         context 2 [1]: handler, lines 11-12
         1 import a as a
         2 import b as b
         2 import d.e as f
         3 from g.h import i as j
         3 from g.h import k as k
         4 from . import l as l
         5 from ..m import n as n
         6 import o as *
         7 from __future__ import annotations as annotations
         10 [1] import p as p
         11 [2] evaluate ImportError
         12 [2] from .q import r as r
         13 define #1 s
         function #1 s in #0, lines 13-14
         14 import t as t",
    );
}

#[test]
fn functions_and_classes() {
    assert_facts(
        "@deco(1)\n@other\nasync def f(a, /, b: int, c=g(), *, d: str = 'x', **e) -> int:\n    return\n\
         class A(B, metaclass=M, *c, **d):\n    x = 1\n    @property\n    def y(self): return self.x\n\
         class C: pass\n",
        "1 define #1 f
         5 define #2 A
         9 define #4 C
         function #1 f in #0, lines 1-4, async
         decorator deco(1)
         decorator other
         parameter a by position
         parameter b: int
         parameter c = g()
         parameter d: str = \"x\" by name
         parameter e named rest
         4 return none
         class #2 A in #0, lines 5-8
         base B
         base metaclass=M
         base *c
         base **d
         6 x = 1
         7 define #3 y
         function #3 y in #2, lines 7-8
         decorator property
         parameter self
         8 return self.x
         class #4 C in #0, line 9",
    );
}

#[test]
fn all_forms_of_parameters() {
    assert_facts(
        "def f(a, *args: int, b, **kw: str): pass\ndef g(*, c=1): global x, y; nonlocal z\n",
        "1 define #1 f
         2 define #2 g
         function #1 f in #0, line 1
         parameter a
         parameter args: int rest
         parameter b by name
         parameter kw: str named rest
         function #2 g in #0, line 2
         parameter c = 1 by name
         global x
         global y
         enclosing z",
    );
}

#[test]
fn branches() {
    assert_facts(
        "if a():\n    b\nelif c:\n    d\nelif e:\n    f\nelse:\n    g\nh\n",
        "context 1: if a(), line 2
         context 2: unless a(), lines 3-8
         context 3 [2]: if c, line 4
         context 4 [2]: unless c, lines 5-8
         context 5 [4]: if e, line 6
         context 6 [4]: unless e, lines 7-8
         2 [1] evaluate b
         4 [3] evaluate d
         6 [5] evaluate f
         8 [6] evaluate g
         9 evaluate h",
    );
}

#[test]
fn loops() {
    assert_facts(
        "for a, b in c():\n    d\nelse:\n    e\nasync for f.g in h, i:\n    j\nwhile k():\n    l\n    break\nelse:\n    m\n",
        "context 1: for over c(), lines 1-2
         context 2: for async over [h, i], lines 5-6
         context 3: while k(), lines 7-9
         1 [1] a = part 0 of element(c())
         1 [1] b = part 1 of element(c())
         2 [1] evaluate d
         4 evaluate e
         5 [2] f.g = element([h, i])
         6 [2] evaluate j
         8 [3] evaluate l
         9 [3] break
         11 evaluate m",
    );
}

#[test]
fn managers() {
    assert_facts(
        "async with a() as b, c:\n    d\nwith (e as f, g as (h, i),):\n    j\nwith (k): l\nwith (m as n): o\nwith (p, q): r\n",
        "context 1: with async a(), lines 1-2
         context 2 [1]: with async c, lines 1-2
         context 3: with e, lines 3-4
         context 4 [3]: with g, lines 3-4
         context 5: with k, line 5
         context 6: with m, line 6
         context 7: with p, line 7
         context 8 [7]: with q, line 7
         1 [1] b = entered(a())
         2 [2] evaluate d
         3 [3] f = entered(e)
         3 [4] h = part 0 of entered(g)
         3 [4] i = part 1 of entered(g)
         4 [4] evaluate j
         5 [5] evaluate l
         6 [6] n = entered(m)
         6 [6] evaluate o
         7 [8] evaluate r",
    );
}

#[test]
fn handlers() {
    assert_facts(
        "try:\n    a\nexcept B as c:\n    d\nexcept (E, F):\n    g\nexcept* H:\n    h\nexcept:\n    i\nelse:\n    j\nfinally:\n    k\n",
        "context 1: handler, lines 3-4
         context 2: handler, lines 5-6
         context 3: handler, lines 7-8
         context 4: handler, lines 9-10
         2 evaluate a
         3 [1] evaluate B
         3 [1] c = unknown(an exception)
         4 [1] evaluate d
         5 [2] evaluate [E, F]
         6 [2] evaluate g
         7 [3] evaluate H
         8 [3] evaluate h
         10 [4] evaluate i
         12 evaluate j
         14 evaluate k",
    );
}

#[test]
fn matches() {
    assert_facts(
        "match f(x):\n    case A.b | 1: c\n    case P(q, r=s) as t if u(t): v\n    case [a, *rest]: w\n    case {'k': kv, **kw}: y\n    case z: z\n    case _: pass\n",
        "context 1: if (f(x) matches unknown(a pattern)), line 2
         context 2: if (f(x) matches unknown(a pattern)), line 3
         context 3 [2]: if u(t), line 3
         context 4: if (f(x) matches unknown(a pattern)), line 4
         context 5: if (f(x) matches unknown(a pattern)), line 5
         context 6: if (f(x) matches unknown(a pattern)), line 6
         context 7: if (f(x) matches unknown(a pattern)), line 7
         1 evaluate f(x)
         2 [1] evaluate c
         3 [2] t = f(x)
         3 [2] q = unknown(part of a pattern)
         3 [2] s = unknown(part of a pattern)
         3 [3] evaluate v
         4 [4] a = unknown(part of a pattern)
         4 [4] rest = unknown(part of a pattern)
         4 [4] evaluate w
         5 [5] kv = unknown(part of a pattern)
         5 [5] kw = unknown(part of a pattern)
         5 [5] evaluate y
         6 [6] z = f(x)
         6 [6] evaluate z",
    );
}

#[test]
fn small_statements_keep_their_calls() {
    assert_facts(
        "raise f() from g()\nassert h(), i()\ndel a[0]\nb, c()\npass; d()\ntype X = int\n",
        "1 evaluate f()
         1 evaluate g()
         2 evaluate h()
         2 evaluate i()
         4 evaluate [b, c()]
         5 evaluate d()
         6 X = int",
    );
}

#[test]
fn python_2_is_told_and_read_as_far_as_it_goes() {
    assert_facts(
        "print 'x', f(1)\nprint >>log, g()\nexec 'c' in d\ntry:\n    a\nexcept A, e:\n    b\n",
        "context 1: handler, lines 6-7
         1 evaluate \"x\"
         1 evaluate f(1)
         2 evaluate log
         2 evaluate g()
         3 evaluate \"c\"
         3 evaluate d
         5 evaluate a
         6 [1] evaluate A
         6 [1] evaluate e
         7 [1] evaluate b
         problem a.py:1:1: a statement of Python 2",
    );
}

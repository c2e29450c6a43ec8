//! Macro calls, each read as the first thing that it parses as.

use super::{assert_body, assert_expressions, assert_facts};

#[test]
fn values() {
    assert_expressions(&[
        ("vec![]", "[]"),
        ("vec![1, a]", "[1, a]"),
        ("vec![a; n * 2]", "vec(a, (n * 2))"),
        ("format!(\"{} {a}\", b.c(), d = e)", "format(b.c(), e)"),
        ("tokio::join!(a(), b)", "tokio.join(a(), b)"),
        ("sqlx::query!(\"select\", id)", "sqlx.query(\"select\", id)"),
        ("json!({\"a\": f()})", "unknown(a macro)"),
        ("quote! { let #x = f(); }", "unknown(a macro)"),
        ("matches!(a, B | C)", "unknown(a macro)"),
        ("dbg!(a)", "a"),
        ("anyhow!(\"no {}\", a)", "unknown(an error)"),
        ("todo!()", "unknown(does not return)"),
        ("m!(a => b)", "unknown(a macro)"),
        ("m!(limit = 5)", "m(limit=5)"),
    ]);
}

#[test]
fn what_is_written_is_kept_where_it_does_something() {
    assert_body(
        "println!(\"{} {}\", a.b, c().await?);\ninfo!(target: \"x\", \"{}\", d());\nassert_eq!(e(1), 2, \"why\");\nbail!(\"{}\", g());\n",
        "2 evaluate await(c())
         4 evaluate e(1)
         5 evaluate g()
         5 evaluate unknown(does not return)",
    );
}

#[test]
fn selects() {
    assert_body(
        "let a = tokio::select! { biased; Some(b) = c.recv(), if d => { e(b); 1 } _ = g() => return, r = h => r?, else => 2 };\n",
        "context 1: branch, line 2
         context 2 [1]: if d, line 2
         context 3: branch, line 2
         context 4: branch, line 2
         context 5: branch, line 2
         2 [2] evaluate await(c.recv())
         2 [2] b = await(c.recv())
         2 [2] evaluate e(b)
         2 [3] evaluate await(g())
         2 [3] return none
         2 [4] evaluate await(h)
         2 [4] r = await(h)
         2 a = choice(1, r, 2)",
    );
}

#[test]
fn statements_and_groups() {
    assert_body(
        "m! { let a = b(); c(a); }\ncfg_x! { if #[x] { d(); } else { let e = g(); } }\nhash! { \"k\" => h(1), \"l\" => { i() } };\n",
        "context 1: branch, line 2
         2 [1] a = b()
         2 [1] evaluate c(a)
         3 evaluate d()
         3 e = g()
         4 evaluate i()",
    );
}

#[test]
fn statics() {
    assert_facts(
        "lazy_static! {\n    /// Doc.\n    pub static ref A: Client = Client::new();\n    static ref B: u8 = { c() };\n}\nthread_local! {\n    static D: RefCell<u8> = const { RefCell::new(1) };\n}\n",
        "3 A: Client = Client.new()
         4 B: u8 = c()
         7 D: RefCell[u8] = RefCell.new(1)",
    );
}

#[test]
fn definitions_of_macros_are_skipped() {
    assert_facts("macro_rules! m { ($a:expr) => { f($a) }; }\nmacro n($a:expr) { g($a) }\n", "");
}

//! Items: imports, functions, types with their methods, attributes, constants, modules.

use super::assert_facts;

#[test]
fn imports() {
    assert_facts(
        "use a;\nuse a as b;\nuse a::b::C as D;\nuse a::b::*;\nuse a::{self, b::{C, d::*}, e as f};\nuse a::{self as g};\nuse crate::x::Y;\nuse self::x;\nuse self::x::Y;\n\
         use super::x;\nuse super::super::x::Y;\nuse super::*;\nuse a::Trait as _;\nuse crate as me;\nuse super as up;\nextern crate a as b;\nmod x;\n#[path = \"y/z.rs\"]\nmod y;\nuse ::a::b;\n",
        "1 import a as a
         2 import a as b
         3 from a.b import C as D
         4 import a.b as *
         5 import a as a
         5 from a.b import C as C
         5 import a.b.d as *
         5 from a import e as f
         6 import a as g
         7 from crate.x import Y as Y
         8 from . import x as x
         9 from .x import Y as Y
         10 from .. import x as x
         11 from ...x import Y as Y
         12 import .. as *
         14 import crate as me
         15 import .. as up
         16 import a as b
         17 import .x as x
         19 import .y/z.rs as y
         20 from a import b as b",
    );
}

#[test]
fn imports_of_inline_modules_count_from_the_file() {
    assert_facts(
        "mod a {\n    use super::x;\n    use super::super::y;\n    use self::z;\n    mod c;\n    mod b { use super::w; use super::super::v::*; }\n}\n",
        "1 define #1 a
         class #1 a in #0, lines 1-7
         base mod=a
         2 from . import x as x
         3 from .. import y as y
         4 from .a import z as z
         5 import .a.c as c
         6 define #2 b
         class #2 b in #1, line 6
         base mod=b
         6 from .a import w as w
         6 import .v as *",
    );
}

#[test]
fn functions() {
    assert_facts(
        "#[tokio::main(flavor = \"multi_thread\", worker_threads = 4)]\n#[inline]\npub async unsafe fn f<T: A>(a: &[T], mut b: Option<Arc<C>>, A { c, .. }: A, d: impl Fn(u8) -> u8, e: fn()) -> R where T: B { g() }\n#[test]\nfn h(self: Box<Self>, (): ()) {}\n",
        "3 define #1 f
         5 define #2 h
         function #1 f in #0, line 3, async
         decorator tokio.main(flavor=\"multi_thread\", worker_threads=4)
         parameter a: [T] by position
         parameter b: Option[Arc[C]] by position
         parameter A { c, .. }: A by position
         parameter d: Fn by position
         parameter e: unknown(a type that is not followed) by position
         3 c = A { c, .. }.c
         3 return g()
         function #2 h in #0, line 5
         decorator test
         parameter self by position
         parameter (): none by position",
    );
}

#[test]
fn methods_join_their_type() {
    assert_facts(
        "impl A {\n    const N: usize = 5;\n    fn new() -> Self { Self { b: 1 } }\n}\n#[derive(Default, x::Y)]\nstruct A { b: u8 }\nimpl<T> z::D<T> for &A { type O = T; fn d(&self) {} }\nimpl m::E { fn e() {} }\nimpl F { fn g() {} }\nimpl D for F {}\n",
        "6 define #1 A
         class #1 A in #0, line 6
         base Default
         base x.Y
         base trait=z.D
         2 N: usize = 5
         3 define #2 new
         6 b: u8 = unknown(declared without a value)
         7 O = T
         7 define #3 d
         function #2 new in #1, line 3
         3 return Self { b: 1 }
         function #3 d in #1, line 7
         parameter self by position
         class #4 E in #0, line 8
         base impl=m.E
         8 define #5 e
         function #5 e in #4, line 8
         class #6 F in #0, line 9
         base impl=F
         base trait=D
         9 define #7 g
         function #7 g in #6, line 9",
    );
}

#[test]
fn fields_keep_what_their_attributes_declare() {
    assert_facts(
        "#[derive(Parser)]\n#[command(version)]\nstruct A {\n    /// Doc.\n    #[arg(short = 'c', long, default_value_t = 500, env = \"N\")]\n    pub a: usize,\n    #[serde(rename = \"x\")]\n    #[arg(long, default_value = \"5\")]\n    b: u8,\n    #[cfg(x)]\n    c: Option<u8>,\n    #[serde(default)]\n    d: u8,\n    #[argh(option, default = \"10\", type = 5)]\n    e: u8,\n}\nstruct B(u8, #[x] pub C);\nstruct D;\nunion E { a: u8 }\n",
        "3 define #1 A
         17 define #2 B
         18 define #3 D
         19 define #4 E
         class #1 A in #0, lines 3-16
         decorator command(version)
         base Parser
         6 a: usize = arg(short=\"c\", long, default_value_t=500, env=\"N\")
         7 evaluate serde(rename=\"x\")
         9 b: u8 = arg(long, default_value=\"5\")
         10 evaluate cfg(x)
         11 c: Option[u8] = unknown(declared without a value)
         13 d: u8 = serde(default)
         15 e: u8 = argh(option, default=\"10\", type=5)
         class #2 B in #0, line 17
         17 0: u8 = unknown(declared without a value)
         17 evaluate x
         17 1: C = unknown(declared without a value)
         class #3 D in #0, line 18
         class #4 E in #0, line 19
         19 a: u8 = unknown(declared without a value)",
    );
}

#[test]
fn enums_and_traits() {
    assert_facts(
        "#[derive(Subcommand)]\nenum A { B = 5, C, #[command(x)] D { #[arg(long)] e: u8 }, F(u8) }\nimpl A { fn g(&self) {} }\ntrait H: I + Send { const J: u8; fn k(&self); fn l() -> u8 { 5 } }\n",
        "2 define #1 A
         4 define #2 H
         class #1 A in #0, line 2
         base Subcommand
         2 B = 5
         2 C = unknown(a variant of an enum)
         2 define #3 D
         2 define #4 F
         3 define #5 g
         class #2 H in #0, line 4
         base I
         base Send
         4 J: u8 = unknown(declared without a value)
         4 define #6 k
         4 define #7 l
         class #3 D in #1, line 2
         decorator command(x)
         2 e: u8 = arg(long)
         class #4 F in #1, line 2
         2 0: u8 = unknown(declared without a value)
         function #5 g in #1, line 3
         parameter self by position
         function #6 k in #2, line 4
         parameter self by position
         function #7 l in #2, line 4
         4 return 5",
    );
}

#[test]
fn constants_and_statics() {
    assert_facts(
        "const A: usize = 5 * B;\nstatic C: LazyLock<Client> = LazyLock::new(|| Client::new());\nstatic mut D: OnceCell<&'static str> = OnceCell::new();\ntype E<T> = Result<T, F>;\n",
        "1 A: usize = (5 * B)
         2 C: LazyLock[Client] = LazyLock.new(lambda #1)
         3 D: OnceCell[str] = OnceCell.new()
         4 E = Result[[T, F]]
         lambda #1 in #0, line 2
         2 return Client.new()",
    );
}

#[test]
fn items_in_functions_and_modules_are_found_by_their_impls() {
    assert_facts(
        "fn f() {\n    impl A { fn a() {} }\n    struct A;\n    A::a();\n}\n#[cfg(test)]\nmod t {\n    use super::*;\n    struct B;\n    impl B { fn b() {} }\n}\n",
        "1 define #1 f
         7 define #4 t
         function #1 f in #0, lines 1-5
         3 define #2 A
         4 evaluate A.a()
         class #2 A in #1, line 3
         2 define #3 a
         function #3 a in #2, line 2
         class #4 t in #0, lines 7-11
         decorator cfg(test)
         base mod=t
         8 import . as *
         9 define #5 B
         class #5 B in #4, line 9
         10 define #6 b
         function #6 b in #5, line 10",
    );
}

#[test]
fn only_inline_modules_are_inline_modules() {
    let (_, facts) = super::read("mod a { struct B; } struct C; impl D { fn e() {} }");
    let marked: Vec<&str> = facts.scopes.iter().filter(|scope| super::super::is_inline_module(scope)).map(|scope| &*scope.name).collect();
    assert_eq!(marked, ["a"]);
}

//! Cutting a file into blocks without parsing it.

use super::super::{Block, BlockKind, outline};

/// One line for each block: what it is, its name, its text.
fn shown(source: &str) -> Vec<String> {
    fn line(source: &str, block: &Block<'_>) -> String {
        let kind = match block.kind {
            BlockKind::Function => "def",
            BlockKind::Class => "class",
            BlockKind::Import => "import",
            BlockKind::Statement => "-",
        };
        format!("{kind} {} {:?}", block.name, &source[block.range.clone()])
    }
    let mut lines = Vec::new();
    for block in outline(source) {
        lines.push(line(source, &block));
        lines.extend(block.parts.iter().map(|part| format!("  {}", line(source, part))));
    }
    lines
}

#[track_caller]
fn assert_blocks(source: &str, expected: &[&str]) {
    assert_eq!(shown(source), expected, "blocks of\n{source}");
}

#[test]
fn statements_functions_and_classes() {
    assert_blocks(
        "import a\nx = 1\ny: int\nf(x)\nx == 2\n\n# c\ndef f(a):\n    b\n\n    c\n\nasync  def g(): pass\nif x:\n    y\nelif z: w\nelse:\n    v\ntry:\n    a\nexcept B:\n    c\n",
        &[
            "import  \"import a\\n\"",
            "- x \"x = 1\\n\"",
            "- y \"y: int\\n\"",
            "-  \"f(x)\\n\"",
            "-  \"x == 2\\n\"",
            "def f \"def f(a):\\n    b\\n\\n    c\\n\"",
            "def g \"async  def g(): pass\\n\"",
            "-  \"if x:\\n    y\\nelif z: w\\nelse:\\n    v\\n\"",
            "-  \"try:\\n    a\\nexcept B:\\n    c\\n\"",
        ],
    );
}

#[test]
fn decorators_belong_to_what_they_decorate() {
    assert_blocks(
        "@a\n@b(\n1)\n# c\ndef f(): pass\n@c\nclass D(E):\n    @d\n    def g(self): pass\n",
        &[
            "def f \"@a\\n@b(\\n1)\\n# c\\ndef f(): pass\\n\"",
            "class D \"@c\\nclass D(E):\\n    @d\\n    def g(self): pass\\n\"",
            "  def g \"    @d\\n    def g(self): pass\\n\"",
        ],
    );
}

#[test]
fn classes_are_cut_into_their_statements() {
    assert_blocks(
        "class A:\n            # far in\n    '''doc\nx = 1\n'''\n    b = 1\n\n    def f(self):\n        x\n        # of f\n    # of A\n    if b:\n        c\n    else:\n        d\n    class E:\n        g = 2\nclass F: pass\n",
        &[
            "class A \"class A:\\n            # far in\\n    '''doc\\nx = 1\\n'''\\n    b = 1\\n\\n    def f(self):\\n        x\\n        # of f\\n    # of A\\n    if b:\\n        c\\n    else:\\n        d\\n    class E:\\n        g = 2\\n\"",
            "  -  \"    '''doc\\nx = 1\\n'''\\n\"",
            "  - b \"    b = 1\\n\"",
            "  def f \"    def f(self):\\n        x\\n        # of f\\n\"",
            "  -  \"    if b:\\n        c\\n    else:\\n        d\\n\"",
            "  class E \"    class E:\\n        g = 2\\n\"",
            "class F \"class F: pass\\n\"",
        ],
    );
}

/// Each source is one statement and must be followed by another.
#[test]
fn what_looks_like_a_line_end_but_is_none() {
    for first in [
        "x = '''\ndef f():\n'''",
        "x = \"\"\"a\\\"\"\"\ny = 1\n\"\"\"",
        "x = 'a\\\ny = 1'",
        "x = 'a\\'b' # '",
        "x = r'\\' '\\\\'",
        "x = rb'''\n\"\n'''",
        "x = [\n1, # ]\n2,\n]",
        "x = {\n'(': '[',\n}",
        "x = 1 + \\\n2",
        "x = 1 + \\\r\n2",
        "f(\n)(\n)",
        "# '''\nx = 1",
        "x = f'{a}' f'{{' f'}}'",
        "x = f'{a[\"}\"]}'",
        "x = f'{a['b']}'",
        "x = f'{f'{f'{a}'}'}'",
        "x = f'{a:{b}}' f'{a:%H:%M \"}'",
        "x = f'{a!r:>{b['c']}}'",
        "x = f'''\n{a:\n>3}'''",
        "x = f'''{\n'''b\n'''\n}\n'''",
        "x = f'{(lambda: 1)()}' f'{ {1: 2}[1] }'",
        "x = f'{a\n}'",
        "x = Rf'\\{a}\\' {b}'",
        "x = t'{a['b']}'",
        "x = ''",
        "x = '' ''''''",
        "x = f''",
        "x = f''''''",
        "x = if'a'",
    ] {
        let source = format!("{first}\ny = 2\n");
        let blocks = shown(&source);
        assert_eq!(blocks.last().map(String::as_str), Some("- y \"y = 2\\n\""), "{source}\n{blocks:#?}");
        assert_eq!(blocks.len(), 2, "{source}\n{blocks:#?}");
    }
}

#[test]
fn what_is_left_open_ends_with_its_line_or_at_the_next_definition() {
    assert_blocks("x = 'a\ny = 1\n", &["- x \"x = 'a\\n\"", "- y \"y = 1\\n\""]);
    assert_blocks("x = f'{a\ndef f(): pass\n", &["- x \"x = f'{a\\n\"", "def f \"def f(): pass\\n\""]);
    assert_blocks("x = [1,\nclass A: pass\n", &["- x \"x = [1,\\n\"", "class A \"class A: pass\\n\""]);
    assert_blocks("x = )\ny = 1", &["- x \"x = )\\n\"", "- y \"y = 1\""]);
}

#[test]
fn indentation_of_all_kinds() {
    assert_blocks(
        "\u{feff}x = 1\r\ndef f():\r\n\ty\r\n\x0cdef g():\r\n  z",
        &["- x \"\\u{feff}x = 1\\r\\n\"", "def f \"def f():\\r\\n\\ty\\r\\n\"", "def g \"\\u{c}def g():\\r\\n  z\""],
    );
    assert_blocks("  x = 1\n  y\nz\n", &["- x \"  x = 1\\n  y\\n\"", "-  \"z\\n\""]);
    assert_blocks("größe = 1\nclass Größe: pass\n", &["- größe \"größe = 1\\n\"", "class Größe \"class Größe: pass\\n\""]);
    assert_blocks("# only\n\n   \n", &[]);
}

//! Programs made from bytes: whatever the bytes are, the text parses and its names mean something, so that what follows values is reached.

/// Bytes that decide, one after the other; 0 where there are no more.
struct Choices<'b>(std::slice::Iter<'b, u8>);

impl Choices<'_> {
    fn next(&mut self, of: usize) -> usize {
        self.0.next().map_or(0, |byte| usize::from(*byte) % of)
    }

    fn word<'w>(&mut self, words: &[&'w str]) -> &'w str {
        words[self.next(words.len())]
    }

    fn is_over(&self) -> bool {
        self.0.as_slice().is_empty()
    }
}

const NAMES: [&str; 10] = ["a", "b", "client", "limit", "make", "Config", "self", "n", "tasks", "slots"];

/// Deepest nesting of what is made.
const DEEPEST: usize = 4;

/// A module in Python.
pub fn python(bytes: &[u8]) -> String {
    let mut choices = Choices(bytes.iter());
    let mut text = String::from("import asyncio\nimport aiohttp\nimport httpx\nfrom functools import partial\nfrom b import *\n");
    while !choices.is_over() && text.len() < 20_000 {
        python_statement(&mut choices, 0, &mut text);
    }
    text
}

fn python_statement(choices: &mut Choices<'_>, depth: usize, text: &mut String) {
    let indent = "    ".repeat(depth);
    let name = choices.word(&NAMES);
    let head = match choices.next(14) {
        0 if depth < DEEPEST => format!("def {name}({}, *rest, **more):", choices.word(&["a", "self, n", "a, limit=30", "client=None"])),
        1 if depth < DEEPEST => format!("async def {name}(self, {}=1):", choices.word(&["n", "limit", "b"])),
        2 if depth < DEEPEST => format!("class {name}({}):", choices.word(&["object", "Config", "aiohttp.ClientSession", "a", "b"])),
        3 if depth < DEEPEST => format!("for {name} in {}:", python_expression(choices, 0)),
        4 if depth < DEEPEST => format!("with {} as {name}:", python_expression(choices, 0)),
        5 if depth < DEEPEST => format!("if {}:", python_expression(choices, 0)),
        6 if depth < DEEPEST => "while True:".to_string(),
        7 => format!("return_{name} = yield_{name} = {}", python_expression(choices, 0)),
        8 if depth > 0 => format!("return {}", python_expression(choices, 0)),
        9 => format!("{name}.{} = {}", choices.word(&NAMES), python_expression(choices, 0)),
        10 => format!("{name}[{}] = {}", python_expression(choices, 0), python_expression(choices, 0)),
        11 => python_expression(choices, 0),
        _ => format!("{name} = {}", python_expression(choices, 0)),
    };
    // At the top of a file nothing returns; a block of its own says so.
    let head = if depth == 0 && head.starts_with("return ") { "pass".to_string() } else { head };
    text.push_str(&format!("{indent}{head}\n"));
    if head.ends_with(':') {
        for _ in 0..=choices.next(3) {
            python_statement(choices, depth + 1, text);
        }
    }
}

fn python_expression(choices: &mut Choices<'_>, depth: usize) -> String {
    let name = choices.word(&NAMES);
    if depth > DEEPEST {
        return name.to_string();
    }
    let mut part = || python_expression(choices, depth + 1);
    let (one, other) = (part(), part());
    match choices.next(18) {
        0 => "30".to_string(),
        1 => "None".to_string(),
        2 => format!("'{name}'"),
        3 => format!("aiohttp.TCPConnector(limit={one})"),
        4 => format!("httpx.AsyncClient(limits=httpx.Limits(max_connections={one}))"),
        5 => format!("asyncio.Semaphore({one})"),
        6 => format!("asyncio.gather(*[{one} for {name} in {other}])"),
        7 => format!("{name}.{}({one}, n={other})", choices.word(&["get", "make", "a", "run", "append"])),
        8 => format!("{name}({one}, *{other})"),
        9 => format!("{name}(**{one})"),
        10 => format!("({one} if {other} else {name})"),
        11 => format!("({one} or {other})"),
        12 => format!("({one} + {other})"),
        13 => format!("{{'{name}': {one}, **{other}}}"),
        14 => format!("[{one}, {other}][0]"),
        15 => format!("(lambda {name}: {one})({other})"),
        16 => format!("partial({name}, {one})"),
        _ => format!("{name}.{}", choices.word(&NAMES)),
    }
}

/// A crate root in Rust.
pub fn rust(bytes: &[u8]) -> String {
    let mut choices = Choices(bytes.iter());
    let mut text = String::from("use std::sync::Arc;\nuse tokio::sync::Semaphore;\nmod b;\nuse b::*;\n");
    while !choices.is_over() && text.len() < 20_000 {
        let (name, of) = (choices.word(&NAMES[..5]), choices.word(&["Config", "Client", "Pool"]));
        match choices.next(4) {
            0 => text.push_str(&format!("const LIMIT_{}: usize = {};\n", name.to_uppercase(), choices.next(200))),
            1 => text.push_str(&format!("struct {of} {{ client: reqwest::Client, limit: usize, {name}: Option<Box<{of}>> }}\n")),
            2 => text.push_str(&format!(
                "impl {of} {{\n    async fn {name}(&self, n: usize) -> usize {{\n{}    }}\n}}\n",
                rust_block(&mut choices)
            )),
            _ => {
                text.push_str(&format!("async fn {name}(client: &reqwest::Client, n: usize) -> usize {{\n{}}}\n", rust_block(&mut choices)))
            }
        }
    }
    text
}

fn rust_block(choices: &mut Choices<'_>) -> String {
    let mut text = String::new();
    for _ in 0..=choices.next(5) {
        let (name, value) = (choices.word(&NAMES[..4]), rust_expression(choices, 0));
        text.push_str(&match choices.next(5) {
            0 => format!("        for {name} in 0..({value}) {{ let _ = {name}; }}\n"),
            1 => format!("        if ({value}) == 3 {{ return {value}; }}\n"),
            2 => format!("        tokio::spawn(async move {{ {value} }});\n"),
            _ => format!("        let {name} = {value};\n"),
        });
    }
    text + "        n\n"
}

fn rust_expression(choices: &mut Choices<'_>, depth: usize) -> String {
    let name = choices.word(&NAMES[..4]);
    if depth > DEEPEST {
        return name.to_string();
    }
    let one = rust_expression(choices, depth + 1);
    match choices.next(12) {
        0 => "30".to_string(),
        1 => format!("reqwest::Client::builder().pool_max_idle_per_host({one}).build().unwrap()"),
        2 => format!("Arc::new(Semaphore::new({one}))"),
        3 => format!("{name}.get({one}).send().await"),
        4 => format!("futures::future::join_all((0..{one}).map(|{name}| make({name}))).await"),
        5 => format!("Config {{ client: {one}, limit: 3, a: None }}"),
        6 => format!("make(&{one}, n)"),
        7 => format!("self.{name}"),
        8 => format!("({one} + n)"),
        9 => format!("match n {{ 0 => {one}, _ => {name} }}"),
        10 => format!("async {{ {one} }}.await"),
        _ => format!("{name}.clone()"),
    }
}

//! The work grows with the program and not with the number of ways through it: counted in questions asked, which know no noise.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::fmt::Write as _;

use pool_advisor::catalog::Catalog;
use pool_advisor::discover::Tree;
use pool_advisor::{link, resolve};

/// Questions that a scan of one file asks in all its rounds.
fn questions(text: String) -> u64 {
    let tree = Tree::from_memory(vec![("app.py".into(), text.into_bytes())]);
    let (mut project, mut reading) = resolve::read_seeds(&tree, Catalog::built_in());
    let mut asked = 0;
    loop {
        let evaluator = resolve::Evaluator::new(&project);
        let explored = link::explore(&evaluator);
        asked += evaluator.questions();
        let Some(round) = reading.next(&project, evaluator.questions(), evaluator.take_wants()) else { return asked };
        drop(explored);
        drop(evaluator);
        reading.read(&mut project, round);
    }
}

/// Twice the program costs at most 2 to the power of 1.1.
fn grows_evenly(shape: impl Fn(usize) -> String, size: usize) {
    let (once, twice) = (questions(shape(size)), questions(shape(2 * size)));
    assert!(once as usize > size, "{once} questions for {size}: nothing is followed");
    assert!(twice as f64 <= once as f64 * 2f64.powf(1.1), "{once} questions for {size}, {twice} for twice that");
}

/// A pool whose size is what a function gives, and functions below it.
fn program(top: &str, functions: &str) -> String {
    format!("import aiohttp\n\n{functions}\n\ndef make():\n    return aiohttp.TCPConnector(limit={top})\n")
}

#[test]
fn chains() {
    grows_evenly(
        |n| {
            let mut all = String::from("def f0(n):\n    return n\n");
            (1..n).for_each(|at| writeln!(all, "def f{at}(n):\n    return f{}(n)", at - 1).unwrap());
            // Each function is the top of a chain that is short enough to be followed to its end.
            let mut pools = String::new();
            (0..n).step_by(8).for_each(|at| writeln!(pools, "p{at} = aiohttp.TCPConnector(limit=f{}({at}))", at % 8).unwrap());
            program("f7(1)", &(all + &pools))
        },
        200,
    );
}

#[test]
fn layers_of_diamonds() {
    grows_evenly(
        |n| {
            let mut all = String::new();
            for pool in 0..n / 10 {
                writeln!(all, "def d{pool}_0(n):\n    return n").unwrap();
                (1..10).for_each(|at| {
                    let below = at - 1;
                    writeln!(all, "def d{pool}_{at}(n):\n    return d{pool}_{below}(n) or d{pool}_{below}(n + 1)").unwrap();
                });
                writeln!(all, "p{pool} = aiohttp.TCPConnector(limit=d{pool}_9(1))").unwrap();
            }
            program("1", &all)
        },
        60,
    );
}

#[test]
fn deep_diamonds_are_bounded() {
    let deep = |n: usize| {
        let mut all = String::from("def d0(n):\n    return unknown(n)\n");
        (1..n).for_each(|at| writeln!(all, "def d{at}(n):\n    return max(d{0}(n), d{0}(n + 1), d{0}(n + 2))", at - 1).unwrap());
        questions(program(&format!("d{}(1)", n - 1), &all))
    };
    // Three to the power of 15 ways.
    assert!(deep(16) <= deep(8) * 4, "{} and {}", deep(8), deep(16));
}

#[test]
fn functions_that_all_call_each_other() {
    grows_evenly(
        |n| {
            let mut all = String::new();
            for ring in 0..n / 6 {
                for at in 0..6 {
                    let calls: Vec<String> = (0..6).map(|to| format!("f{ring}_{to}(n)")).collect();
                    writeln!(all, "def f{ring}_{at}(n):\n    return max({})", calls.join(", ")).unwrap();
                }
                writeln!(all, "p{ring} = aiohttp.TCPConnector(limit=f{ring}_0(1))").unwrap();
            }
            program("1", &all)
        },
        12,
    );
}

#[test]
fn one_method_name_in_many_classes() {
    grows_evenly(
        |n| {
            let mut all = String::new();
            for at in 0..n {
                writeln!(all, "class C{at}:\n    def size(self, n):\n        return n\n\nc{at} = C{at}()").unwrap();
                writeln!(all, "p{at} = aiohttp.TCPConnector(limit=c{at}.size({at}))").unwrap();
            }
            program("1", &all)
        },
        200,
    );
}

#[test]
fn slices_of_one_list() {
    // Each slice may be one of every other: by ways, and not by answers, that is n to the depth of the nesting.
    grows_evenly(
        |n| {
            let mut all = String::from("def first(flag):\n    xs = [1, 2, 3]\n");
            (0..n).for_each(|at| writeln!(all, "    if flag == {at}:\n        xs = xs[{at}:]").unwrap());
            program("first(1)", &(all + "    for x in xs:\n        return x\n"))
        },
        20,
    );
}

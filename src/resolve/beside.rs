//! What stands beside the program: its tests, examples and benchmarks.

/// Whether a path is that of a test: what it passes says nothing about the program.
pub fn is_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.split('/').any(|part| matches!(part, "tests" | "test" | "testing"))
        || name.starts_with("test_")
        || name.ends_with("_test.py")
        || name == "conftest.py"
        || matches!(name, "tests.rs" | "test.rs")
        || name.ends_with("_test.rs")
        || name.ends_with("_tests.rs")
}

/// Whether a path is that of an example, a benchmark or a test: what it does with the program says little of what the program does.
pub fn is_beside_the_program(path: &str) -> bool {
    is_example(path) || is_test(path) || path.split('/').any(|part| matches!(part, "benchmarks" | "benchmark" | "bench" | "benches"))
}

/// Whether a path is that of an example.
pub(super) fn is_example(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "examples" | "example" | "samples" | "demo" | "demos" | "docs"))
}

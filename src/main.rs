//! The `advisor` program: everything is in the library.

fn main() {
    let tree = pool_advisor::discover::Tree::walk(&std::env::current_dir().unwrap_or_default(), &[], &Default::default());
    match tree {
        Ok(tree) => {
            let report = pool_advisor::check(&tree, pool_advisor::catalog::Catalog::built_in(), &Default::default());
            if std::env::args().nth(1).as_deref() == Some("show") {
                print!("{}\n{}", pool_advisor::render::show::values(&report), pool_advisor::render::show::cases(&report));
            } else {
                print!("{}", pool_advisor::render::render(pool_advisor::render::Format::Json, &report, &Default::default()));
            }
        }
        Err(problem) => eprintln!("{problem}"),
    }
}

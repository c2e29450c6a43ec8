use pool_advisor::resolve::*;
fn main() {
    let tree = pool_advisor::discover::Tree::walk(&std::env::current_dir().unwrap(), &[], &Default::default()).unwrap();
    let c = pool_advisor::catalog::Catalog::built_in();
    let (p, r) = read_project(&tree, c, pool_advisor::link::explore);
    println!("{:?}", r.reads);
    let e = Evaluator::new(&p);
    for (i, l) in p.loaded().iter().enumerate() {
        for s in l.facts.scope_ids() {
            let sr = ScopeRef { file: i as u32, scope: s };
            let sc = e.scope(sr);
            if sc.name.is_empty() { continue; }
            let cs = e.callers_of(sr);
            println!("{}:{} {:?} callers {:?}", l.path, sc.name, s, cs.iter().map(|c| p.sources.place(e.span(c.call)) + if c.handed_on {" handed"} else {""}).collect::<Vec<_>>());
        }
        if let Some(name) = std::env::args().nth(1) {
        for call in l.index.calls.get(&*name).into_iter().flatten() {
            let at = ExprRef { file: i as u32, expr: *call };
            println!("call {} -> {:?}", p.sources.place(e.span(at)), e.eval_open(at).iter().map(|p| format!("{:?}", short(&p.thing))).collect::<Vec<_>>());
            if let pool_advisor::facts::ExprKind::Call { callee, .. } = &e.expr(at).kind {
                println!("   callee -> {:?}", e.eval_open(ExprRef { file: i as u32, expr: *callee }).iter().map(|p| format!("{:?}", short(&p.thing))).collect::<Vec<_>>());
            }
        } }
    }
}
fn short(t: &Thing) -> String { let s = format!("{t:?}"); s.chars().take(160).collect() }

//! Look-up tables over the facts of one file: who binds a name, who sets an attribute, who calls what.

use rustc_hash::FxHashMap;

use crate::facts::{ContextKind, ExprId, ExprKind, FileFacts, MODULE, Name, OuterName, ScopeId, ScopeKind, StatementKind, Target};

/// A place that gives a name its value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Binder {
    /// Statement `1` of scope `0`.
    Statement(ScopeId, u32),
    /// Parameter number `1` of function `0`.
    Parameter(ScopeId, u32),
}

/// Look-up tables of one file.
#[derive(Default, Debug)]
pub struct Index {
    /// Scope that owns a name → name → what binds it, in source order.
    binders: FxHashMap<ScopeId, FxHashMap<Name, Vec<Binder>>>,
    /// Star imports of each scope, as statement numbers.
    pub stars: FxHashMap<ScopeId, Vec<u32>>,
    /// Attribute name → statements that assign it on any object (`self.x = …`, `cfg.x = …`).
    pub attribute_sets: FxHashMap<Name, Vec<(ScopeId, u32)>>,
    /// Calls by the last name of what is called.
    pub calls: FxHashMap<Name, Vec<ExprId>>,
    /// Statements `object[key] = value`, by scope.
    pub subscript_sets: Vec<(ScopeId, u32)>,
    /// Those of them whose key is a text, by that.
    pub key_sets: FxHashMap<Name, Vec<(ScopeId, u32)>>,
    /// Names and attributes that are read somewhere other than as the callee of a call, by name: functions passed as values.
    pub mentions: FxHashMap<Name, Vec<ExprId>>,
    /// Names and attributes that an attribute is taken of, by name: `handlers` of `handlers.get(x)`.
    pub objects: FxHashMap<Name, Vec<ExprId>>,
    /// Struct literals by the last name of their path; `Self` among them.
    pub records: FxHashMap<Name, Vec<ExprId>>,
    /// Expressions that are entered by a `with` or iterated by a `for`.
    pub context_values: rustc_hash::FxHashSet<ExprId>,
    /// The enclosing class of each function that stands directly in one.
    pub class_of: FxHashMap<ScopeId, ScopeId>,
    /// Expressions that stand in a lambda or comprehension scope: the expression that makes the scope.
    pub maker: FxHashMap<ScopeId, ExprId>,
    /// Statement in which each scope is defined.
    pub returns: FxHashMap<ScopeId, Vec<u32>>,
}

impl Index {
    /// Builds the tables in one pass.
    pub fn of(facts: &FileFacts) -> Self {
        let mut index = Self::default();
        for scope_id in facts.scope_ids() {
            index.take_scope(facts, scope_id);
        }
        for id in facts.expr_ids() {
            index.take_expression(facts, id);
        }
        for binders in index.binders.values_mut().flat_map(FxHashMap::values_mut) {
            binders.sort_by_key(|binder| match *binder {
                Binder::Parameter(scope, _) => (0, scope.0, 0),
                Binder::Statement(scope, at) => (1, facts.scope(scope).statements[at as usize].span.start, at),
            });
        }
        index
    }

    /// What binds a name that a scope owns, in source order; `None` where it owns none.
    pub fn binders_of(&self, scope: ScopeId, name: &str) -> Option<&[Binder]> {
        self.binders.get(&scope)?.get(name).map(Vec::as_slice)
    }

    fn take_scope(&mut self, facts: &FileFacts, id: ScopeId) {
        let scope = facts.scope(id);
        if scope.kind == ScopeKind::Function
            && let Some(parent) = scope.parent
            && facts.scope(parent).kind == ScopeKind::Class
        {
            self.class_of.insert(id, parent);
        }
        self.context_values.extend(scope.contexts.iter().filter_map(|context| match context.kind {
            ContextKind::With { value, .. } => Some(value),
            ContextKind::For { over, .. } => Some(over),
            _ => None,
        }));
        for (number, parameter) in scope.parameters.iter().enumerate() {
            self.binders.entry(id).or_default().entry(parameter.name.clone()).or_default().push(Binder::Parameter(id, number as u32));
        }
        for (number, statement) in scope.statements.iter().enumerate() {
            let number = number as u32;
            let mut bind = |name: &Name| {
                let owner = owner_of(facts, id, name);
                self.binders.entry(owner).or_default().entry(name.clone()).or_default().push(Binder::Statement(id, number));
            };
            match &statement.kind {
                StatementKind::Bind { target: Target::Name(name), .. } => bind(name),
                StatementKind::Bind { target: Target::Attribute { name, .. }, .. } => {
                    self.attribute_sets.entry(name.clone()).or_default().push((id, number));
                }
                StatementKind::Bind { target: Target::Subscript { index, .. }, .. } => {
                    self.subscript_sets.push((id, number));
                    if let ExprKind::Text(key) = &facts.expr(*index).kind {
                        self.key_sets.entry(key.clone()).or_default().push((id, number));
                    }
                }
                StatementKind::Import(import) if &*import.local == "*" => self.stars.entry(id).or_default().push(number),
                StatementKind::Import(import) => bind(&import.local),
                StatementKind::Define(defined) => bind(&facts.scope(*defined).name),
                StatementKind::Return(_) | StatementKind::Yield(_) => self.returns.entry(id).or_default().push(number),
                StatementKind::Evaluate(_) | StatementKind::Break | StatementKind::Continue => {}
            }
        }
    }

    fn take_expression(&mut self, facts: &FileFacts, id: ExprId) {
        match &facts.expr(id).kind {
            ExprKind::Call { callee, .. } => {
                if let Some(name) = last_name(facts, *callee) {
                    self.calls.entry(name.clone()).or_default().push(id);
                }
            }
            ExprKind::Name(name) | ExprKind::Attribute { name, .. } => {
                let is_callee = facts
                    .expr(id)
                    .parent
                    .is_some_and(|parent| matches!(facts.expr(parent).kind, ExprKind::Call { callee, .. } if callee == id));
                let is_object = facts
                    .expr(id)
                    .parent
                    .is_some_and(|parent| matches!(facts.expr(parent).kind, ExprKind::Attribute { object, .. } if object == id));
                if is_object {
                    self.objects.entry(name.clone()).or_default().push(id);
                } else if !is_callee {
                    self.mentions.entry(name.clone()).or_default().push(id);
                }
            }
            ExprKind::Record { path, .. } => {
                if let Some(name) = last_name(facts, *path) {
                    self.records.entry(name.clone()).or_default().push(id);
                }
            }
            ExprKind::Lambda(scope) | ExprKind::Comprehension(scope) => {
                self.maker.insert(*scope, id);
            }
            _ => {}
        }
    }
}

/// The last name of a callee: `c` of `a.b.c` or `c`.
pub fn last_name(facts: &FileFacts, callee: ExprId) -> Option<&Name> {
    match &facts.expr(callee).kind {
        ExprKind::Name(name) | ExprKind::Attribute { name, .. } => Some(name),
        _ => None,
    }
}

/// The scope that a binding of `name` in `scope` really belongs to (`global`, `nonlocal`).
fn owner_of(facts: &FileFacts, scope: ScopeId, name: &str) -> ScopeId {
    let declared = facts.scope(scope).outer_names.iter().find(|(declared, _)| &**declared == name);
    match declared {
        None => scope,
        Some((_, OuterName::Global)) => MODULE,
        Some((_, OuterName::Enclosing)) => {
            let mut at = facts.scope(scope).parent;
            while let Some(id) = at {
                let outer = facts.scope(id);
                let binds = outer.parameters.iter().any(|parameter| &*parameter.name == name)
                    || outer.statements.iter().any(
                        |statement| matches!(&statement.kind, StatementKind::Bind { target: Target::Name(bound), .. } if &**bound == name),
                    );
                let passes_on = outer.outer_names.iter().any(|(declared, _)| &**declared == name);
                if outer.kind == ScopeKind::Function && binds && !passes_on {
                    return id;
                }
                at = outer.parent;
            }
            scope
        }
    }
}

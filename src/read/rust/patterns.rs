//! Patterns: the names that they bind, each from its part of the value; and the test that a pattern is.

use syn::{Expr, Pat};

use super::edges::{member_span, pat_edges};
use super::lower::{Lowerer, plain};
use crate::facts::{ExprId, ExprKind, Name, StatementKind, Target};
use crate::text::Span;

impl Lowerer<'_> {
    /// Binds the names of a pattern to their parts of `value`; `span` is the whole statement.
    pub(super) fn bind(&mut self, pat: &Pat, value: ExprId, annotation: Option<ExprId>, span: Span) {
        let (first, last) = pat_edges(pat);
        if !self.enter(first) {
            return;
        }
        let here = self.span(first, last);
        match pat {
            Pat::Ident(name) => {
                let is_constant = name.by_ref.is_none() && name.mutability.is_none() && name.subpat.is_none();
                let text = plain(&name.ident);
                if !(is_constant && text.starts_with(|letter: char| letter.is_uppercase())) {
                    self.state(StatementKind::Bind { target: Target::Name(text.into()), value, annotation }, span);
                }
                if let Some((_, inner)) = &name.subpat {
                    self.bind(inner, value, None, span);
                }
            }
            Pat::Type(typed) => {
                let annotation = Some(self.type_expression(&typed.ty, None));
                self.bind(&typed.pat, value, annotation, span);
            }
            Pat::Paren(inner) => self.bind(&inner.pat, value, annotation, span),
            Pat::Reference(inner) => self.bind(&inner.pat, value, annotation, span),
            Pat::Guard(inner) => self.bind(&inner.pat, value, annotation, span),
            Pat::Or(alternatives) => alternatives.cases.iter().for_each(|case| self.bind(case, value, annotation, span)),
            Pat::Tuple(tuple) => self.bind_parts(tuple.elems.iter(), value, span),
            Pat::Slice(slice) => self.bind_parts(slice.elems.iter(), value, span),
            Pat::TupleStruct(tuple) => {
                let name = tuple.path.segments.last().map(|segment| plain(&segment.ident)).unwrap_or_default();
                match (name.as_str(), tuple.elems.first()) {
                    ("Some" | "Ok", Some(inner)) => self.bind(inner, value, None, span),
                    ("Err", Some(inner)) => {
                        let error = self.make(ExprKind::Unknown("what an error says"), here, None);
                        self.bind(inner, error, None, span);
                    }
                    _ => self.bind_fields(tuple.elems.iter(), value, span),
                }
            }
            Pat::Struct(record) => {
                for field in &record.fields {
                    let name: Name = match &field.member {
                        syn::Member::Named(name) => plain(name).into(),
                        syn::Member::Unnamed(index) => index.index.to_string().into(),
                    };
                    let name_span = self.token(member_span(&field.member));
                    let part = self.make(ExprKind::Attribute { object: value, name, name_span }, name_span, None);
                    self.bind(&field.pat, part, None, span);
                }
            }
            _ => {}
        }
        self.leave();
    }

    fn bind_parts<'p>(&mut self, parts: impl Iterator<Item = &'p Pat>, value: ExprId, span: Span) {
        let mut counted = true;
        for (index, part) in (0..).zip(parts) {
            counted &= !is_rest(part);
            let (first, last) = pat_edges(part);
            let kind = if counted { ExprKind::Unpacked { value, index } } else { ExprKind::Unknown("part of a pattern") };
            if binds_nothing(part) {
                continue;
            }
            let at = self.span(first, last);
            let part_value = self.make(kind, at, None);
            self.bind(part, part_value, None, span);
        }
    }

    fn bind_fields<'p>(&mut self, parts: impl Iterator<Item = &'p Pat>, value: ExprId, span: Span) {
        let mut counted = true;
        for (index, part) in (0u32..).zip(parts) {
            counted &= !is_rest(part);
            if binds_nothing(part) {
                continue;
            }
            let (first, last) = pat_edges(part);
            let at = self.span(first, last);
            let kind = match counted {
                true => ExprKind::Attribute { object: value, name: index.to_string().into(), name_span: at },
                false => ExprKind::Unknown("part of a pattern"),
            };
            let field = self.make(kind, at, None);
            self.bind(part, field, None, span);
        }
    }

    /// What holds where `pat` matches `value`, as an expression: `value is not None` for `Some(…)`, `value is None` for `None`.
    pub(super) fn pattern_test(&mut self, pat: &Pat, value: ExprId, span: Span, parent: Option<ExprId>) -> ExprId {
        let (first, last) = pat_edges(pat);
        let at = self.span(first, last);
        let id = self.open(span, parent);
        let (operator, right) = match presence(pat) {
            Some(true) => ("is not", ExprKind::None),
            Some(false) => ("is", ExprKind::None),
            None => ("matches", ExprKind::Unknown("a pattern")),
        };
        let right = self.make(right, at, Some(id));
        self.close(id, ExprKind::Compare { operator: operator.into(), left: value, right })
    }
}

/// Whether a pattern says that an option is there (`Some(…)`) or not (`None`); `None` for all others.
pub(super) fn presence(pat: &Pat) -> Option<bool> {
    let mut pat = pat;
    loop {
        pat = match pat {
            Pat::Paren(inner) => &inner.pat,
            Pat::Reference(inner) => &inner.pat,
            Pat::TupleStruct(tuple) if tuple.path.segments.last().is_some_and(|segment| segment.ident == "Some") => {
                return tuple.elems.first().filter(|inner| is_irrefutable(inner)).map(|_| true);
            }
            Pat::Ident(name) if name.ident == "None" => return Some(false),
            Pat::Path(path) if path.path.segments.last().is_some_and(|segment| segment.ident == "None") => return Some(false),
            _ => return None,
        };
    }
}

fn is_irrefutable(pat: &Pat) -> bool {
    match pat {
        Pat::Wild(_) => true,
        Pat::Ident(name) => name.subpat.is_none() && !plain(&name.ident).starts_with(|letter: char| letter.is_uppercase()),
        Pat::Tuple(tuple) => tuple.elems.iter().all(|part| matches!(part, Pat::Wild(_) | Pat::Ident(_) | Pat::Rest(_))),
        Pat::Reference(inner) => matches!(&*inner.pat, Pat::Ident(_) | Pat::Wild(_)),
        _ => false,
    }
}

/// The condition behind a pattern (`A(x) if x > 3`).
pub(super) fn guard(pat: &Pat) -> Option<&Expr> {
    match pat {
        Pat::Guard(guarded) => Some(&guarded.guard),
        _ => None,
    }
}

fn is_rest(pat: &Pat) -> bool {
    match pat {
        Pat::Rest(_) => true,
        Pat::Ident(name) => name.subpat.as_ref().is_some_and(|(_, inner)| matches!(&**inner, Pat::Rest(_))),
        _ => false,
    }
}

/// Whether a pattern has no names in it, by its outermost form.
pub(super) fn binds_nothing(pat: &Pat) -> bool {
    matches!(pat, Pat::Wild(_) | Pat::Rest(_) | Pat::Lit(_) | Pat::Path(_) | Pat::Range(_) | Pat::Const(_) | Pat::Macro(_))
}

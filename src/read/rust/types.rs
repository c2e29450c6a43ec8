//! Paths and types as expressions: `a::b::C` as attributes of a name, `Arc<T>` as a subscript.

use proc_macro2::Span as Mark;
use syn::{GenericArgument, Path, PathArguments, PathSegment, QSelf, Type};

use super::edges::{path_first, trait_of, type_first, type_last};
use super::lower::{Lowerer, plain};
use crate::facts::{ExprId, ExprKind};
use crate::text::Span;

impl Lowerer<'_> {
    /// A path in an expression; generic arguments are dropped. `<T as Trait>::f` is `T.f`.
    pub(super) fn path(&mut self, of: Option<&QSelf>, path: &Path, parent: Option<ExprId>) -> ExprId {
        let segments: Vec<&PathSegment> = path.segments.iter().collect();
        match of {
            Some(of) => {
                let rest = segments.get(of.position..).unwrap_or_default();
                self.segments(Some(of), of.lt_token.spans[0], rest, parent)
            }
            None => self.segments(None, path_first(path), &segments, parent),
        }
    }

    fn segments(&mut self, of: Option<&QSelf>, first: Mark, segments: &[&PathSegment], parent: Option<ExprId>) -> ExprId {
        let attributes = if of.is_some() { segments } else { segments.get(1..).unwrap_or_default() };
        let mut around = parent;
        let mut opened = Vec::with_capacity(attributes.len());
        for segment in attributes.iter().rev() {
            let span = self.span(first, segment.ident.span());
            let id = self.open(span, around);
            opened.push(id);
            around = Some(id);
        }
        let mut object = match (of, segments.first()) {
            (Some(of), _) => self.type_expression(&of.ty, around),
            (None, Some(segment)) => {
                let span = self.token(segment.ident.span());
                self.make(ExprKind::Name(plain(&segment.ident).into()), span, around)
            }
            (None, None) => {
                let span = self.token(first);
                self.make(ExprKind::Unknown("an empty path"), span, around)
            }
        };
        for segment in attributes {
            let Some(id) = opened.pop() else { break };
            let name_span = self.token(segment.ident.span());
            object = self.close(id, ExprKind::Attribute { object, name: plain(&segment.ident).into(), name_span });
        }
        object
    }

    /// A type: references, `dyn`, `impl` and parentheses are looked through, `A<B, C>` is `A[[B, C]]`.
    pub(super) fn type_expression(&mut self, ty: &Type, parent: Option<ExprId>) -> ExprId {
        let span = self.type_span(ty);
        let at = type_first(ty).unwrap_or_else(Mark::call_site);
        if !self.enter(at) {
            return self.make(ExprKind::Unknown("nested too deeply"), span, parent);
        }
        let id = match ty {
            Type::Group(t) => self.type_expression(&t.elem, parent),
            Type::Paren(t) => self.type_expression(&t.elem, parent),
            Type::Reference(t) => self.type_expression(&t.elem, parent),
            Type::Ptr(t) => self.type_expression(&t.elem, parent),
            Type::Path(t) => self.type_path(t.qself.as_ref(), &t.path, span, parent),
            Type::ImplTrait(t) => self.trait_type(trait_of(&t.bounds), span, parent),
            Type::TraitObject(t) => self.trait_type(trait_of(&t.bounds), span, parent),
            Type::Array(t) => self.list_type([&*t.elem].into_iter(), span, parent),
            Type::Slice(t) => self.list_type([&*t.elem].into_iter(), span, parent),
            Type::Tuple(t) if t.elems.is_empty() => self.make(ExprKind::None, span, parent),
            Type::Tuple(t) => self.list_type(t.elems.iter(), span, parent),
            _ => self.make(ExprKind::Unknown("a type that is not followed"), span, parent),
        };
        self.leave();
        id
    }

    /// Where a type stands; an empty span at the start of the file for forms that are not followed.
    pub(super) fn type_span(&self, ty: &Type) -> Span {
        match (type_first(ty), type_last(ty)) {
            (Some(first), Some(last)) => self.span(first, last),
            _ => Span::new(self.file.id, 0, 0),
        }
    }

    fn trait_type(&mut self, path: Option<&Path>, span: Span, parent: Option<ExprId>) -> ExprId {
        match path {
            Some(path) => {
                let inner = self.span(path_first(path), super::edges::path_last(path));
                self.type_path(None, path, inner, parent)
            }
            None => self.make(ExprKind::Unknown("a type that is not followed"), span, parent),
        }
    }

    fn list_type<'t>(&mut self, parts: impl Iterator<Item = &'t Type>, span: Span, parent: Option<ExprId>) -> ExprId {
        let id = self.open(span, parent);
        let parts = parts.map(|part| self.type_within(part, id)).collect();
        self.close(id, ExprKind::List(parts))
    }

    /// A type inside another; one whose own place is not known stands at the place of the whole.
    fn type_within(&mut self, ty: &Type, parent: ExprId) -> ExprId {
        let around = self.facts.expr(parent).span;
        let id = self.type_expression(ty, Some(parent));
        if let Some(part) = self.facts.expressions.get_mut(id.0 as usize)
            && (part.span.start < around.start || part.span.end > around.end)
        {
            part.span = around;
        }
        id
    }

    fn type_path(&mut self, of: Option<&QSelf>, path: &Path, span: Span, parent: Option<ExprId>) -> ExprId {
        let generic: Vec<&Type> = match path.segments.last().map(|segment| &segment.arguments) {
            Some(PathArguments::AngleBracketed(arguments)) => arguments
                .args
                .iter()
                .filter_map(|argument| match argument {
                    GenericArgument::Type(ty) => Some(ty),
                    GenericArgument::AssocType(of) => Some(&of.ty),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        if generic.is_empty() {
            return self.path(of, path, parent);
        }
        let id = self.open(span, parent);
        let object = self.path(of, path, Some(id));
        let index = match generic.as_slice() {
            [only] => self.type_within(only, id),
            several => {
                let list = self.open(span, Some(id));
                let parts = several.iter().map(|part| self.type_within(part, list)).collect();
                self.close(list, ExprKind::List(parts))
            }
        };
        self.close(id, ExprKind::Subscript { object, index })
    }
}

//! Items: functions, types with the methods of their `impl` blocks, constants, inline modules.

use proc_macro2::Span as Mark;
use rustc_hash::FxHashMap;
use syn::{
    Block, Expr, Fields, FieldsNamed, FnArg, Ident, ImplItem, Item, ItemEnum, ItemImpl, ItemMod, ItemTrait, Pat, Signature, TraitItem, Type,
};

use super::attributes::path_attribute;
use super::edges::{expr_last, pat_edges, type_first, type_last};
use super::expressions::positional;
use super::lower::{Lowerer, plain};
use crate::facts::{Argument, ArgumentKind, ExprId, ExprKind, Parameter, ParameterKind, ScopeId, ScopeKind, StatementKind, Target};
use crate::text::Span;

impl Lowerer<'_> {
    /// The items of a file or inline module.
    pub(super) fn items(&mut self, items: &[Item]) {
        self.declare(items.iter());
        items.iter().for_each(|item| self.item(item));
        self.types.pop();
    }

    /// Opens a scope for each type among `items`, so that `impl` blocks before and after find it. Undone by popping [`Self::types`].
    pub(super) fn declare<'i>(&mut self, items: impl Iterator<Item = &'i Item>) {
        self.types.push(FxHashMap::default());
        for item in items {
            let (ident, first, last) = match item {
                Item::Struct(item) => {
                    let end = match (&item.semi_token, &item.fields) {
                        (Some(token), _) => token.spans[0],
                        (None, Fields::Named(fields)) => fields.brace_token.span.close(),
                        (None, _) => item.ident.span(),
                    };
                    (&item.ident, item.struct_token.span, end)
                }
                Item::Enum(item) => (&item.ident, item.enum_token.span, item.brace_token.span.close()),
                Item::Union(item) => (&item.ident, item.union_token.span, item.fields.brace_token.span.close()),
                Item::Trait(item) => (&item.ident, item.trait_token.span, item.brace_token.span.close()),
                _ => continue,
            };
            let name = plain(ident);
            if self.types.last().is_some_and(|types| !types.contains_key(&name)) {
                let (span, name_span) = (self.span(first, last), self.token(ident.span()));
                let scope = self.add_scope(ScopeKind::Class, &name, span, name_span);
                if let Some(types) = self.types.last_mut() {
                    types.insert(name, scope);
                }
            }
        }
    }

    /// One item, at its place among the statements.
    pub(super) fn item(&mut self, item: &Item) {
        match item {
            Item::Use(item) => self.import(item),
            Item::ExternCrate(item) => self.extern_crate(item),
            Item::Mod(item) => self.module(item),
            Item::Fn(item) => {
                let decorators = self.decorators(&item.attrs);
                self.function(&item.sig, decorators, Some(&item.block));
            }
            Item::Struct(item) => self.structure(&item.ident, &item.attrs, |lowerer| lowerer.fields(&item.fields)),
            Item::Union(item) => self.structure(&item.ident, &item.attrs, |lowerer| lowerer.named_fields(&item.fields)),
            Item::Enum(item) => self.structure(&item.ident, &item.attrs, |lowerer| lowerer.variants(item)),
            Item::Trait(item) => self.trait_item(item),
            Item::Impl(item) => self.implementation(item),
            Item::Const(item) => self.constant(&item.ident, &item.ty, Some(&item.expr), item.const_token.span),
            Item::Static(item) => self.constant(&item.ident, &item.ty, Some(&item.expr), item.static_token.span),
            Item::Type(item) => self.alias(&item.ident, &item.ty),
            // What `macro_rules!` defines is a template.
            Item::Macro(item) if item.ident.is_none() => self.macro_statement(&item.mac),
            _ => {}
        }
    }

    /// `mod name { … }`: a class of that name, told apart by its base `mod`, whose members are its items.
    fn module(&mut self, item: &ItemMod) {
        let name = plain(&item.ident);
        let name_span = self.token(item.ident.span());
        let Some((brace, items)) = &item.content else {
            let span = self.span(item.mod_token.span, item.semi.as_ref().map_or(item.ident.span(), |token| token.spans[0]));
            self.file_module(&name, path_attribute(&item.attrs), span);
            return;
        };
        if !self.enter(item.ident.span()) {
            return;
        }
        let decorators = self.decorators(&item.attrs);
        let span = self.span(item.mod_token.span, brace.span.close());
        let mark = self.make(ExprKind::Name(name.as_str().into()), name_span, None);
        let scope = self.add_scope(ScopeKind::Class, &name, span, name_span);
        if let Some(class) = self.scope_mut(scope) {
            class.decorators = decorators;
            class.bases.push(Argument { kind: ArgumentKind::Keyword("mod".into()), value: mark });
        }
        self.state(StatementKind::Define(scope), span);
        let outside = self.place();
        self.enter_scope(scope);
        self.modules.push(name);
        self.items(items);
        self.modules.pop();
        self.go_back(outside);
        self.leave();
    }

    /// A function or method; without a body where a trait only declares it.
    pub(super) fn function(&mut self, signature: &Signature, decorators: Vec<ExprId>, body: Option<&Block>) {
        if !self.enter(signature.ident.span()) {
            return;
        }
        let mut patterns = Vec::new();
        let mut parameters = Vec::new();
        for input in &signature.inputs {
            match input {
                FnArg::Receiver(receiver) => {
                    let span = self.token(receiver.self_token.span);
                    parameters.push(Parameter {
                        name: "self".into(),
                        span,
                        default: None,
                        annotation: None,
                        kind: ParameterKind::Positional,
                    });
                }
                FnArg::Typed(typed) => {
                    let annotation = Some(self.type_expression(&typed.ty, None));
                    parameters.push(self.parameter(&typed.pat, annotation, &mut patterns));
                }
            }
        }
        let first = signature.asyncness.as_ref().map_or(signature.fn_token.span, |token| token.span);
        let last = body.map_or(signature.paren_token.span.close(), |body| body.brace_token.span.close());
        let (span, name_span) = (self.span(first, last), self.token(signature.ident.span()));
        let scope = self.add_scope(ScopeKind::Function, &plain(&signature.ident), span, name_span);
        if let Some(function) = self.scope_mut(scope) {
            function.parameters = parameters;
            function.decorators = decorators;
            function.is_async = signature.asyncness.is_some();
        }
        self.state(StatementKind::Define(scope), span);
        let outside = self.place();
        self.enter_scope(scope);
        self.take_apart(&patterns);
        if let Some(body) = body {
            self.body(body);
        }
        self.go_back(outside);
        self.leave();
    }

    /// A parameter. A pattern's name is its own text, which no identifier can be; its parts are bound from that in the body.
    pub(super) fn parameter<'p>(&mut self, pat: &'p Pat, annotation: Option<ExprId>, patterns: &mut Vec<&'p Pat>) -> Parameter {
        let (first, last) = pat_edges(pat);
        let mut span = self.span(first, last);
        let name = match pat {
            Pat::Ident(name) if name.subpat.is_none() => {
                span = self.token(name.ident.span());
                plain(&name.ident)
            }
            Pat::Wild(_) => "_".to_owned(),
            _ => {
                patterns.push(pat);
                self.text(span).to_owned()
            }
        };
        Parameter { name: name.into(), span, default: None, annotation, kind: ParameterKind::Positional }
    }

    /// Binds the parts of patterns that stand as parameters of the open scope.
    pub(super) fn take_apart(&mut self, patterns: &[&Pat]) {
        for pat in patterns {
            let (first, last) = pat_edges(pat);
            let span = self.span(first, last);
            let whole = self.make(ExprKind::Name(self.text(span).into()), span, None);
            self.bind(pat, whole, None, span);
        }
    }

    fn structure(&mut self, ident: &Ident, attributes: &[syn::Attribute], fill: impl FnOnce(&mut Self)) {
        let Some(scope) = self.type_named(&plain(ident)) else { return };
        let decorators = self.decorators(attributes);
        let bases = self.derives(attributes);
        let span = self.facts.scope(scope).span;
        if let Some(class) = self.scope_mut(scope) {
            class.decorators.extend(decorators);
            class.bases.extend(bases);
        }
        self.state(StatementKind::Define(scope), span);
        let outside = self.place();
        self.enter_scope(scope);
        fill(self);
        self.go_back(outside);
    }

    fn type_named(&self, name: &str) -> Option<ScopeId> {
        self.types.iter().rev().find_map(|types| types.get(name).copied())
    }

    fn fields(&mut self, fields: &Fields) {
        match fields {
            Fields::Named(fields) => self.named_fields(fields),
            Fields::Unnamed(fields) => {
                for (number, field) in fields.unnamed.iter().enumerate() {
                    let span = self.type_span(&field.ty);
                    self.field(&number.to_string(), field, span);
                }
            }
            Fields::Unit => {}
        }
    }

    fn named_fields(&mut self, fields: &FieldsNamed) {
        for field in &fields.named {
            let Some(ident) = &field.ident else { continue };
            let span = self.span(ident.span(), type_last(&field.ty).unwrap_or(ident.span()));
            self.field(&plain(ident), field, span);
        }
    }

    fn field(&mut self, name: &str, field: &syn::Field, span: Span) {
        let annotation = Some(self.type_expression(&field.ty, None));
        let value = match &field.default {
            Some((_, default)) => self.expression(default, None),
            None => self.field_value(&field.attrs, span),
        };
        self.state(StatementKind::Bind { target: Target::Name(name.into()), value, annotation }, span);
    }

    /// Variants with fields are classes inside the enum's, the others names without a value.
    fn variants(&mut self, item: &ItemEnum) {
        for variant in &item.variants {
            let name = plain(&variant.ident);
            let name_span = self.token(variant.ident.span());
            let last = match &variant.fields {
                Fields::Unit => {
                    let value = match &variant.discriminant {
                        Some((_, number)) => self.expression(number, None),
                        None => self.make(ExprKind::Unknown("a variant of an enum"), name_span, None),
                    };
                    self.state(StatementKind::Bind { target: Target::Name(name.into()), value, annotation: None }, name_span);
                    continue;
                }
                Fields::Named(fields) => fields.brace_token.span.close(),
                Fields::Unnamed(fields) => fields.paren_token.span.close(),
            };
            let decorators = self.decorators(&variant.attrs);
            let span = self.span(variant.ident.span(), last);
            let scope = self.add_scope(ScopeKind::Class, &name, span, name_span);
            if let Some(class) = self.scope_mut(scope) {
                class.decorators = decorators;
            }
            self.state(StatementKind::Define(scope), span);
            let outside = self.place();
            self.enter_scope(scope);
            self.fields(&variant.fields);
            self.go_back(outside);
        }
    }

    fn trait_item(&mut self, item: &ItemTrait) {
        let mut supers = Vec::new();
        for bound in &item.supertraits {
            if let syn::TypeParamBound::Trait(bound) = bound {
                supers.push(positional(self.path(None, &bound.path, None)));
            }
        }
        self.structure(&item.ident, &item.attrs, |lowerer| {
            let scope = lowerer.scope;
            if let Some(class) = lowerer.scope_mut(scope) {
                class.bases.extend(supers);
            }
            for inner in &item.items {
                match inner {
                    TraitItem::Fn(method) => {
                        let decorators = lowerer.decorators(&method.attrs);
                        lowerer.function(&method.sig, decorators, method.default.as_ref());
                    }
                    TraitItem::Const(constant) => {
                        let value = constant.default.as_ref().map(|(_, value)| value);
                        lowerer.constant(&constant.ident, &constant.ty, value, constant.const_token.span);
                    }
                    TraitItem::Macro(inner) => lowerer.macro_statement(&inner.mac),
                    _ => {}
                }
            }
        });
    }

    /// The methods of an `impl` block join the class of the type where that stands in the file; else they get a class of their own, which
    /// nothing defines by name, with the type's path as its base `impl`.
    fn implementation(&mut self, item: &ItemImpl) {
        let own = own_type(&item.self_ty);
        let known =
            own.and_then(|path| path.path.get_ident().or_else(|| only_segment(&path.path))).and_then(|name| self.type_named(&plain(name)));
        let scope = known.unwrap_or_else(|| self.foreign_class(item, own));
        if let Some((path, _)) = &item.trait_ {
            self.named_base(scope, "trait", path);
        }
        let outside = self.place();
        self.enter_scope(scope);
        for inner in &item.items {
            match inner {
                ImplItem::Fn(method) => {
                    let decorators = self.decorators(&method.attrs);
                    self.function(&method.sig, decorators, Some(&method.block));
                }
                ImplItem::Const(constant) => self.constant(&constant.ident, &constant.ty, Some(&constant.expr), constant.const_token.span),
                ImplItem::Type(alias) => self.alias(&alias.ident, &alias.ty),
                ImplItem::Macro(inner) => self.macro_statement(&inner.mac),
                _ => {}
            }
        }
        self.go_back(outside);
    }

    fn foreign_class(&mut self, item: &ItemImpl, own: Option<&syn::TypePath>) -> ScopeId {
        let last = own.and_then(|path| path.path.segments.last());
        let mark: Mark = last.map(|segment| segment.ident.span()).or_else(|| type_first(&item.self_ty)).unwrap_or(item.impl_token.span);
        let name = last.map_or_else(|| self.text(self.type_span(&item.self_ty)).to_owned(), |segment| plain(&segment.ident));
        let (span, name_span) = (self.span(item.impl_token.span, item.brace_token.span.close()), self.token(mark));
        let scope = self.add_scope(ScopeKind::Class, &name, span, name_span);
        if let Some(path) = own {
            self.named_base(scope, "impl", &path.path);
            if path.path.segments.len() == 1
                && let Some(types) = self.types.last_mut()
            {
                types.insert(name, scope);
            }
        }
        scope
    }

    fn constant(&mut self, ident: &Ident, ty: &Type, value: Option<&Expr>, first: Mark) {
        let annotation = Some(self.type_expression(ty, None));
        let last = value.map(expr_last).or_else(|| type_last(ty)).unwrap_or(ident.span());
        let span = self.span(first, last);
        let value = match value {
            Some(value) => self.expression(value, None),
            None => self.make(ExprKind::Unknown("declared without a value"), span, None),
        };
        self.state(StatementKind::Bind { target: Target::Name(plain(ident).into()), value, annotation }, span);
    }

    /// `type Name = T;`
    fn alias(&mut self, ident: &Ident, ty: &Type) {
        let value = self.type_expression(ty, None);
        let span = self.span(ident.span(), type_last(ty).unwrap_or(ident.span()));
        self.state(StatementKind::Bind { target: Target::Name(plain(ident).into()), value, annotation: None }, span);
    }
}

/// The path of the type that an `impl` is for.
fn own_type(mut ty: &Type) -> Option<&syn::TypePath> {
    loop {
        ty = match ty {
            Type::Path(path) => return Some(path),
            Type::Reference(inner) => &inner.elem,
            Type::Paren(inner) => &inner.elem,
            Type::Group(inner) => &inner.elem,
            _ => return None,
        };
    }
}

fn only_segment(path: &syn::Path) -> Option<&Ident> {
    if path.segments.len() == 1 { path.segments.first().map(|segment| &segment.ident) } else { None }
}

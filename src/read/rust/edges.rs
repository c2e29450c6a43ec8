//! First and last token of syntax, found by walking down one side: joined spans need a nightly compiler, and printing a tree to find its ends costs
//! the square of its depth.

use proc_macro2::{Span, TokenStream};
use syn::{Expr, Pat, Path, PathArguments, RangeLimits, ReturnType, Type, TypeParamBound, UnOp};

/// The first token of an expression.
pub(super) fn expr_first(mut expr: &Expr) -> Span {
    loop {
        expr = match expr {
            Expr::Assign(e) => &e.left,
            Expr::Await(e) => &e.base,
            Expr::Binary(e) => &e.left,
            Expr::Call(e) => &e.func,
            Expr::Cast(e) => &e.expr,
            Expr::Field(e) => &e.base,
            Expr::Group(e) => &e.expr,
            Expr::Index(e) => &e.expr,
            Expr::MethodCall(e) => &e.receiver,
            Expr::Try(e) => &e.expr,
            Expr::Range(e) => match (&e.start, &e.limits) {
                (Some(start), _) => start,
                (None, RangeLimits::HalfOpen(token)) => return token.spans[0],
                (None, RangeLimits::Closed(token)) => return token.spans[0],
            },
            other => return own_first(other),
        };
    }
}

fn own_first(expr: &Expr) -> Span {
    match expr {
        Expr::Array(e) => e.bracket_token.span.open(),
        Expr::Async(e) => e.async_token.span,
        Expr::Block(e) => e.label.as_ref().map_or(e.block.brace_token.span.open(), |label| label.name.apostrophe),
        Expr::Break(e) => e.break_token.span,
        Expr::Closure(e) => {
            let prefix = e.asyncness.as_ref().map(|token| token.span).or(e.capture.as_ref().map(|token| token.span));
            prefix.unwrap_or(e.inputs_begin.spans[0])
        }
        Expr::Const(e) => e.const_token.span,
        Expr::Continue(e) => e.continue_token.span,
        Expr::ForLoop(e) => e.for_token.span,
        Expr::If(e) => e.if_token.span,
        Expr::Infer(e) => e.underscore_token.spans[0],
        Expr::Let(e) => e.let_token.span,
        Expr::Lit(e) => e.lit.span(),
        Expr::Loop(e) => e.loop_token.span,
        Expr::Macro(e) => path_first(&e.mac.path),
        Expr::Match(e) => e.match_token.span,
        Expr::Paren(e) => e.paren_token.span.open(),
        Expr::Path(e) => e.qself.as_ref().map_or_else(|| path_first(&e.path), |of| of.lt_token.spans[0]),
        Expr::RawAddr(e) => e.and_token.spans[0],
        Expr::Reference(e) => e.and_token.spans[0],
        Expr::Repeat(e) => e.bracket_token.span.open(),
        Expr::Return(e) => e.return_token.span,
        Expr::Struct(e) => e.qself.as_ref().map_or_else(|| path_first(&e.path), |of| of.lt_token.spans[0]),
        Expr::TryBlock(e) => e.try_token.span,
        Expr::Tuple(e) => e.paren_token.span.open(),
        Expr::Unary(e) => match &e.op {
            UnOp::Deref(token) => token.spans[0],
            UnOp::Not(token) => token.spans[0],
            UnOp::Neg(token) => token.spans[0],
            _ => expr_first(&e.expr),
        },
        Expr::Unsafe(e) => e.unsafe_token.span,
        Expr::Verbatim(tokens) => first_of(tokens),
        Expr::While(e) => e.while_token.span,
        Expr::Yield(e) => e.yield_token.span,
        _ => Span::call_site(),
    }
}

/// The last token of an expression.
pub(super) fn expr_last(mut expr: &Expr) -> Span {
    loop {
        expr = match expr {
            Expr::Assign(e) => &e.right,
            Expr::Binary(e) => &e.right,
            Expr::Break(e) => match (&e.expr, &e.label) {
                (Some(value), _) => value,
                (None, Some(label)) => return label.ident.span(),
                (None, None) => return e.break_token.span,
            },
            Expr::Closure(e) => &e.body,
            Expr::Group(e) => &e.expr,
            Expr::If(e) => match &e.else_branch {
                Some((_, other)) => other,
                None => return e.then_branch.brace_token.span.close(),
            },
            Expr::Let(e) => &e.expr,
            Expr::Range(e) => match (&e.end, &e.limits) {
                (Some(end), _) => end,
                (None, RangeLimits::HalfOpen(token)) => return token.spans[1],
                (None, RangeLimits::Closed(token)) => return token.spans[2],
            },
            Expr::RawAddr(e) => &e.expr,
            Expr::Reference(e) => &e.expr,
            Expr::Return(e) => match &e.expr {
                Some(value) => value,
                None => return e.return_token.span,
            },
            Expr::Unary(e) => &e.expr,
            Expr::Yield(e) => match &e.expr {
                Some(value) => value,
                None => return e.yield_token.span,
            },
            other => return own_last(other),
        };
    }
}

fn own_last(expr: &Expr) -> Span {
    match expr {
        Expr::Array(e) => e.bracket_token.span.close(),
        Expr::Async(e) => e.block.brace_token.span.close(),
        Expr::Await(e) => e.await_token.span,
        Expr::Block(e) => e.block.brace_token.span.close(),
        Expr::Call(e) => e.paren_token.span.close(),
        Expr::Cast(e) => type_last(&e.ty).unwrap_or(e.as_token.span),
        Expr::Const(e) => e.block.brace_token.span.close(),
        Expr::Continue(e) => e.label.as_ref().map_or(e.continue_token.span, |label| label.ident.span()),
        Expr::Field(e) => member_span(&e.member),
        Expr::ForLoop(e) => e.body.brace_token.span.close(),
        Expr::Index(e) => e.bracket_token.span.close(),
        Expr::Infer(e) => e.underscore_token.spans[0],
        Expr::Lit(e) => e.lit.span(),
        Expr::Loop(e) => e.body.brace_token.span.close(),
        Expr::Macro(e) => e.mac.delimiter.span().close(),
        Expr::Match(e) => e.brace_token.span.close(),
        Expr::MethodCall(e) => e.paren_token.span.close(),
        Expr::Paren(e) => e.paren_token.span.close(),
        Expr::Path(e) => path_last(&e.path),
        Expr::Repeat(e) => e.bracket_token.span.close(),
        Expr::Struct(e) => e.brace_token.span.close(),
        Expr::Try(e) => e.question_token.spans[0],
        Expr::TryBlock(e) => e.block.brace_token.span.close(),
        Expr::Tuple(e) => e.paren_token.span.close(),
        Expr::Unsafe(e) => e.block.brace_token.span.close(),
        Expr::Verbatim(tokens) => last_of(tokens),
        Expr::While(e) => e.body.brace_token.span.close(),
        _ => Span::call_site(),
    }
}

/// Where the name or number of a field stands.
pub(super) fn member_span(member: &syn::Member) -> Span {
    match member {
        syn::Member::Named(name) => name.span(),
        syn::Member::Unnamed(index) => index.span,
    }
}

/// The first name of a path.
pub(super) fn path_first(path: &Path) -> Span {
    path.segments.first().map_or_else(Span::call_site, |segment| segment.ident.span())
}

/// The last token of a path, its generic arguments included.
pub(super) fn path_last(path: &Path) -> Span {
    let Some(segment) = path.segments.last() else { return Span::call_site() };
    match &segment.arguments {
        PathArguments::None => segment.ident.span(),
        PathArguments::AngleBracketed(arguments) => arguments.gt_token.spans[0],
        PathArguments::Parenthesized(arguments) => match &arguments.output {
            ReturnType::Type(_, output) => type_last(output).unwrap_or(arguments.paren_token.span.close()),
            ReturnType::Default => arguments.paren_token.span.close(),
        },
    }
}

/// The first token of a type; `None` for forms that are not followed.
pub(super) fn type_first(mut ty: &Type) -> Option<Span> {
    loop {
        ty = match ty {
            Type::Group(t) => &t.elem,
            Type::Array(t) => return Some(t.bracket_token.span.open()),
            Type::ImplTrait(t) => return Some(t.impl_token.span),
            Type::Paren(t) => return Some(t.paren_token.span.open()),
            Type::Path(t) => return Some(t.qself.as_ref().map_or_else(|| path_first(&t.path), |of| of.lt_token.spans[0])),
            Type::Ptr(t) => return Some(t.star_token.spans[0]),
            Type::Reference(t) => return Some(t.and_token.spans[0]),
            Type::Slice(t) => return Some(t.bracket_token.span.open()),
            Type::TraitObject(t) => return t.dyn_token.as_ref().map(|token| token.span).or_else(|| trait_of(&t.bounds).map(path_first)),
            Type::Tuple(t) => return Some(t.paren_token.span.open()),
            _ => return None,
        };
    }
}

/// The last token of a type; `None` for forms that are not followed.
pub(super) fn type_last(mut ty: &Type) -> Option<Span> {
    loop {
        ty = match ty {
            Type::Group(t) => &t.elem,
            Type::Ptr(t) => &t.elem,
            Type::Reference(t) => &t.elem,
            Type::Array(t) => return Some(t.bracket_token.span.close()),
            Type::ImplTrait(t) => return last_bound(&t.bounds),
            Type::Paren(t) => return Some(t.paren_token.span.close()),
            Type::Path(t) => return Some(path_last(&t.path)),
            Type::Slice(t) => return Some(t.bracket_token.span.close()),
            Type::TraitObject(t) => return last_bound(&t.bounds),
            Type::Tuple(t) => return Some(t.paren_token.span.close()),
            _ => return None,
        };
    }
}

type Bounds = syn::punctuated::Punctuated<TypeParamBound, syn::Token![+]>;

/// The first trait among bounds.
pub(super) fn trait_of(bounds: &Bounds) -> Option<&Path> {
    bounds.iter().find_map(|bound| match bound {
        TypeParamBound::Trait(bound) => Some(&bound.path),
        _ => None,
    })
}

fn last_bound(bounds: &Bounds) -> Option<Span> {
    match bounds.last()? {
        TypeParamBound::Trait(bound) => Some(bound.paren_token.as_ref().map_or_else(|| path_last(&bound.path), |token| token.span.close())),
        TypeParamBound::Lifetime(bound) => Some(bound.ident.span()),
        _ => None,
    }
}

/// First and last token of a pattern.
pub(super) fn pat_edges(pat: &Pat) -> (Span, Span) {
    (pat_first(pat), pat_last(pat))
}

fn pat_first(mut pat: &Pat) -> Span {
    loop {
        pat = match pat {
            Pat::Guard(p) => &p.pat,
            Pat::Type(p) => &p.pat,
            Pat::Or(p) => match (&p.leading_vert, p.cases.first()) {
                (Some(token), _) => return token.spans[0],
                (None, Some(first)) => first,
                (None, None) => return Span::call_site(),
            },
            Pat::Const(p) => return p.const_token.span,
            Pat::Ident(p) => {
                let prefix = p.by_ref.as_ref().map(|token| token.span).or(p.mutability.as_ref().map(|token| token.span));
                return prefix.unwrap_or(p.ident.span());
            }
            Pat::Lit(p) => return p.lit.span(),
            Pat::Macro(p) => return path_first(&p.mac.path),
            Pat::Paren(p) => return p.paren_token.span.open(),
            Pat::Path(p) => return p.qself.as_ref().map_or_else(|| path_first(&p.path), |of| of.lt_token.spans[0]),
            Pat::Range(p) => {
                return match (&p.start, &p.limits) {
                    (Some(start), _) => expr_first(start),
                    (None, RangeLimits::HalfOpen(token)) => token.spans[0],
                    (None, RangeLimits::Closed(token)) => token.spans[0],
                };
            }
            Pat::Reference(p) => return p.and_token.spans[0],
            Pat::Rest(p) => return p.dot2_token.spans[0],
            Pat::Slice(p) => return p.bracket_token.span.open(),
            Pat::Struct(p) => return p.qself.as_ref().map_or_else(|| path_first(&p.path), |of| of.lt_token.spans[0]),
            Pat::Tuple(p) => return p.paren_token.span.open(),
            Pat::TupleStruct(p) => return p.qself.as_ref().map_or_else(|| path_first(&p.path), |of| of.lt_token.spans[0]),
            Pat::Verbatim(tokens) => return first_of(tokens),
            Pat::Wild(p) => return p.underscore_token.spans[0],
            _ => return Span::call_site(),
        };
    }
}

fn pat_last(mut pat: &Pat) -> Span {
    loop {
        pat = match pat {
            Pat::Reference(p) => &p.pat,
            Pat::Or(p) => match p.cases.last() {
                Some(last) => last,
                None => return Span::call_site(),
            },
            Pat::Ident(p) => match &p.subpat {
                Some((_, inner)) => inner,
                None => return p.ident.span(),
            },
            Pat::Guard(p) => return expr_last(&p.guard),
            Pat::Type(p) => return type_last(&p.ty).unwrap_or(p.colon_token.spans[0]),
            Pat::Const(p) => return p.block.brace_token.span.close(),
            Pat::Lit(p) => return p.lit.span(),
            Pat::Macro(p) => return p.mac.delimiter.span().close(),
            Pat::Paren(p) => return p.paren_token.span.close(),
            Pat::Path(p) => return path_last(&p.path),
            Pat::Range(p) => {
                return match (&p.end, &p.limits) {
                    (Some(end), _) => expr_last(end),
                    (None, RangeLimits::HalfOpen(token)) => token.spans[1],
                    (None, RangeLimits::Closed(token)) => token.spans[2],
                };
            }
            Pat::Rest(p) => return p.dot2_token.spans[1],
            Pat::Slice(p) => return p.bracket_token.span.close(),
            Pat::Struct(p) => return p.brace_token.span.close(),
            Pat::Tuple(p) => return p.paren_token.span.close(),
            Pat::TupleStruct(p) => return p.paren_token.span.close(),
            Pat::Verbatim(tokens) => return last_of(tokens),
            Pat::Wild(p) => return p.underscore_token.spans[0],
            _ => return Span::call_site(),
        };
    }
}

fn first_of(tokens: &TokenStream) -> Span {
    tokens.clone().into_iter().next().map_or_else(Span::call_site, |token| token.span())
}

fn last_of(tokens: &TokenStream) -> Span {
    tokens.clone().into_iter().last().map_or_else(Span::call_site, |token| token.span())
}

//! The grammar's node kinds and fields as enums, looked up by number: a match on them costs a jump, not a run of string comparisons.

use std::sync::OnceLock;

use tree_sitter::{Language, Node};

macro_rules! names {
    ($(#[$doc:meta])* $enum:ident { $($(#[$extra_doc:meta])* $extra:ident),* ; $($name:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(super) enum $enum {
            $($(#[$extra_doc])* $extra,)*
            $($name,)*
        }

        impl $enum {
            const NAMES: &[(&'static str, Self)] = &[$(($text, Self::$name),)*];

            fn of_name(name: &str) -> Option<Self> {
                Self::NAMES.iter().find(|(text, _)| *text == name).map(|(_, known)| *known)
            }
        }
    };
}

names! {
    /// Kinds of named nodes that are told apart.
    Kind {
        /// Punctuation and keywords.
        Token,
        /// A named node that is not in the list.
        Other,
        /// Text that does not fit the grammar.
        Error
        ;
        ArgumentList = "argument_list",
        AliasedImport = "aliased_import",
        AsPattern = "as_pattern",
        AsPatternTarget = "as_pattern_target",
        Assert = "assert_statement",
        Assignment = "assignment",
        Attribute = "attribute",
        Augmented = "augmented_assignment",
        Await = "await",
        BinaryOperator = "binary_operator",
        Block = "block",
        BooleanOperator = "boolean_operator",
        Break = "break_statement",
        Call = "call",
        CaseClause = "case_clause",
        CasePattern = "case_pattern",
        Chevron = "chevron",
        Class = "class_definition",
        ClassPattern = "class_pattern",
        Comment = "comment",
        Comparison = "comparison_operator",
        ConcatenatedString = "concatenated_string",
        Conditional = "conditional_expression",
        ConstrainedType = "constrained_type",
        Continue = "continue_statement",
        Decorated = "decorated_definition",
        Decorator = "decorator",
        DefaultParameter = "default_parameter",
        Delete = "delete_statement",
        DictPattern = "dict_pattern",
        Dictionary = "dictionary",
        DictionaryComprehension = "dictionary_comprehension",
        DictionarySplat = "dictionary_splat",
        DictionarySplatPattern = "dictionary_splat_pattern",
        DottedName = "dotted_name",
        ElifClause = "elif_clause",
        Ellipsis = "ellipsis",
        ElseClause = "else_clause",
        ExceptClause = "except_clause",
        Exec = "exec_statement",
        ExpressionList = "expression_list",
        ExpressionStatement = "expression_statement",
        False = "false",
        FinallyClause = "finally_clause",
        Float = "float",
        ForInClause = "for_in_clause",
        For = "for_statement",
        FormatExpression = "format_expression",
        FormatSpecifier = "format_specifier",
        Function = "function_definition",
        FutureImport = "future_import_statement",
        Generator = "generator_expression",
        GenericType = "generic_type",
        Global = "global_statement",
        Identifier = "identifier",
        If = "if_statement",
        IfClause = "if_clause",
        ImportFrom = "import_from_statement",
        Import = "import_statement",
        ImportPrefix = "import_prefix",
        Integer = "integer",
        Interpolation = "interpolation",
        KeywordArgument = "keyword_argument",
        KeywordPattern = "keyword_pattern",
        KeywordSeparator = "keyword_separator",
        Lambda = "lambda",
        LineContinuation = "line_continuation",
        List = "list",
        ListComprehension = "list_comprehension",
        ListPattern = "list_pattern",
        ListSplat = "list_splat",
        ListSplatPattern = "list_splat_pattern",
        Match = "match_statement",
        MemberType = "member_type",
        NamedExpression = "named_expression",
        None = "none",
        Nonlocal = "nonlocal_statement",
        Not = "not_operator",
        Pair = "pair",
        Parenthesized = "parenthesized_expression",
        PatternList = "pattern_list",
        PositionalSeparator = "positional_separator",
        Print = "print_statement",
        Raise = "raise_statement",
        RelativeImport = "relative_import",
        Return = "return_statement",
        Set = "set",
        SetComprehension = "set_comprehension",
        Slice = "slice",
        SplatPattern = "splat_pattern",
        SplatType = "splat_type",
        String = "string",
        StringContent = "string_content",
        StringEnd = "string_end",
        StringStart = "string_start",
        Subscript = "subscript",
        True = "true",
        Try = "try_statement",
        Tuple = "tuple",
        TuplePattern = "tuple_pattern",
        Type = "type",
        TypeAlias = "type_alias_statement",
        TypeParameter = "type_parameter",
        TypedDefaultParameter = "typed_default_parameter",
        TypedParameter = "typed_parameter",
        UnaryOperator = "unary_operator",
        UnionPattern = "union_pattern",
        UnionType = "union_type",
        While = "while_statement",
        WildcardImport = "wildcard_import",
        With = "with_statement",
        WithClause = "with_clause",
        WithItem = "with_item",
        Yield = "yield",
    }
}

names! {
    /// Fields of nodes that are told apart.
    Field {
        /// None, or one that is not in the list.
        Other
        ;
        Alias = "alias",
        Alternative = "alternative",
        Argument = "argument",
        Arguments = "arguments",
        Attribute = "attribute",
        Body = "body",
        Condition = "condition",
        Consequence = "consequence",
        Expression = "expression",
        Function = "function",
        Guard = "guard",
        Key = "key",
        Left = "left",
        ModuleName = "module_name",
        Name = "name",
        Object = "object",
        Operator = "operator",
        Operators = "operators",
        Parameters = "parameters",
        Right = "right",
        Subject = "subject",
        Subscript = "subscript",
        Superclasses = "superclasses",
        Type = "type",
        TypeParameters = "type_parameters",
        Value = "value",
    }
}

/// The grammar with its tables.
pub(super) struct Grammar {
    /// For the parser.
    pub(super) language: Language,
    kinds: Vec<Kind>,
    fields: Vec<Field>,
}

impl Grammar {
    /// The one grammar of this process.
    pub(super) fn get() -> &'static Self {
        static GRAMMAR: OnceLock<Grammar> = OnceLock::new();
        GRAMMAR.get_or_init(|| {
            let language: Language = tree_sitter_python::LANGUAGE.into();
            let kind = |id: usize| {
                let id = u16::try_from(id).unwrap_or(u16::MAX);
                if !language.node_kind_is_named(id) {
                    return Kind::Token;
                }
                language.node_kind_for_id(id).and_then(Kind::of_name).unwrap_or(Kind::Other)
            };
            let field = |id: usize| {
                let name = u16::try_from(id).ok().and_then(|id| language.field_name_for_id(id));
                name.and_then(Field::of_name).unwrap_or(Field::Other)
            };
            let kinds = (0..language.node_kind_count()).map(kind).collect();
            let fields = (0..=language.field_count()).map(field).collect();
            Self { kinds, fields, language }
        })
    }

    /// The kind of a node.
    pub(super) fn kind(&self, node: Node<'_>) -> Kind {
        if node.is_error() { Kind::Error } else { self.kinds.get(usize::from(node.kind_id())).copied().unwrap_or(Kind::Other) }
    }

    /// The field behind a field id.
    pub(super) fn field(&self, id: Option<std::num::NonZeroU16>) -> Field {
        id.and_then(|id| self.fields.get(usize::from(id.get()))).copied().unwrap_or(Field::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_name_is_a_name_of_the_grammar() {
        let grammar = Grammar::get();
        for (name, kind) in Kind::NAMES {
            assert!(grammar.kinds.contains(kind), "no node kind {name}");
        }
        for (name, field) in Field::NAMES {
            assert!(grammar.fields.contains(field), "no field {name}");
        }
    }
}

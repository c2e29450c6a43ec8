//! Where a program's numbers come from outside its own lines: flags, the environment, configuration files, and what frameworks hand to functions.

use schemars::JsonSchema;
use serde::Deserialize;

/// A command-line parser object.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Parser {
    /// Constructors of the parser, the canonical one first.
    pub symbols: Vec<String>,
    /// Methods that declare a flag.
    pub adds: Vec<String>,
    /// Functions that declare a flag for the whole program, by name and default; the parser's symbols are then the object that has their values.
    #[serde(default)]
    pub defines: Vec<String>,
    /// Methods that give several attributes a default by name, after which it is the flags' own.
    #[serde(default)]
    pub sets: Vec<String>,
    /// Methods that give another parser over the same result (`add_argument_group`, `add_parser`).
    #[serde(default)]
    pub passes: Vec<String>,
    /// Methods that give the parsed values.
    pub parses: Vec<String>,
    /// Name of the default's parameter.
    pub default: String,
    /// Name of the parameter that names the attribute.
    pub dest: Option<String>,
}

/// A decorator or default value that declares a flag on a parameter.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FlagOption {
    /// Names of the call.
    pub symbols: Vec<String>,
    /// Where it stands.
    pub stands: OptionPlace,
    /// Name of the default's parameter.
    pub default: String,
    /// Other names under which it may be given (`default_value` beside `default_value_t`).
    #[serde(default)]
    pub other_defaults: Vec<String>,
    /// Whether a text that is given as the default names a function whose result it is (serde's `default = "five"`).
    #[serde(default)]
    pub default_names_function: bool,
    /// Position of the default, where it may be given by position.
    pub default_position: Option<usize>,
    /// Name of the parameter for an environment variable; the parameter's name alone stands for the field's name in capitals.
    pub environment: Option<String>,
}

/// Where an option call stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OptionPlace {
    /// As a decorator of the function; the flag's name gives the parameter's.
    Decorator,
    /// As the default of a parameter, or inside its `Annotated[…]`.
    Default,
    /// As the value of a class attribute (`Field(default=…)`).
    Field,
}

/// A call, mapping or base class that reads environment variables, or a call that sets them from a file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Environment {
    /// Names of the call, mapping or class. A call of an object is named by its constructor and `__call__`.
    pub symbols: Vec<String>,
    /// How it is read.
    pub reads: EnvironmentRead,
    /// Name of the default's parameter.
    pub default: Option<String>,
    /// Position of the default.
    pub default_position: Option<usize>,
    /// File of variables that is read too, where the program names none.
    pub file: Option<String>,
    /// Name of the parameter or option that names that file.
    pub path: Option<String>,
    /// Method whose `with` block puts its argument before all names, or the option of a settings class that does.
    pub prefix: Option<String>,
    /// Arguments of a field's declaration that name its variable.
    #[serde(default)]
    pub named_by: Vec<String>,
    /// Members of a settings class that hold its options.
    #[serde(default)]
    pub configured_by: Vec<String>,
}

/// How the environment is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EnvironmentRead {
    /// `f("NAME", default)`.
    Call,
    /// `mapping["NAME"]`.
    Subscript,
    /// `f("path")` puts the variables of a file into the environment.
    File,
    /// A base class whose fields are filled by variables of their names.
    Fields,
}

/// What gives a function its parameters when a framework calls it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Provider {
    /// Calls that stand as the default or in the annotation of a parameter, and take the function that makes its value.
    #[serde(default)]
    pub symbols: Vec<String>,
    /// Decorators of functions that make the value of every parameter of their name.
    #[serde(default)]
    pub decorators: Vec<String>,
    /// Files beside a source file or above it in which such functions stand too.
    #[serde(default)]
    pub files: Vec<String>,
}

/// An object of a framework in which a program keeps what its functions share (`app.state.client`, `app["session"]`, `ctx.obj["size"]`), or
/// to which it gives that (`Router::new().with_state(state)`).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SharedState {
    /// Constructors and types of the object.
    #[serde(default)]
    pub types: Vec<String>,
    /// Calls that give the framework what handlers share, which run as often at once as there are requests.
    #[serde(default)]
    pub given_by: Vec<String>,
    /// Methods that do the same, whatever they are called on.
    #[serde(default)]
    pub given_by_methods: Vec<String>,
    /// Types of other objects with the attribute that leads to it (`fastapi.Request.app`).
    #[serde(default)]
    pub reached_by: Vec<String>,
    /// Decorators that give it to a function as the first parameter.
    #[serde(default)]
    pub passed_by: Vec<String>,
    /// Its attribute that keeps things; the object itself where absent.
    pub attribute: Option<String>,
}

/// An object of a framework whose attributes are the names of a module that an environment variable names (`django.conf.settings`).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SettingsModule {
    /// Names of the object.
    pub symbols: Vec<String>,
    /// The variable.
    pub variable: String,
}

/// A call that gives the path of a file, or its contents.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FileCall {
    /// Names of the call, or of a constant.
    #[serde(default)]
    pub symbols: Vec<String>,
    /// Methods of paths and of opened files that do the same.
    #[serde(default)]
    pub methods: Vec<String>,
    /// Whether its first argument is a package, in whose folder the rest lies (`importlib.resources.files("app")`).
    #[serde(default)]
    pub in_package: bool,
    /// What it gives.
    pub gives: FileGives,
}

/// What a call of a file gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FileGives {
    /// The path of the source file that says it (`__file__`).
    Own,
    /// The path that it is given or called on (`Path`, `resolve`).
    Path,
    /// The folder of that path.
    Parent,
    /// That path with its arguments behind.
    Join,
    /// What stands in the file: an opened one and its text are the same.
    Contents,
}

/// A call that reads a configuration file, or the constructor of an object that does.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DocumentReader {
    /// Names of the call or constructor.
    pub symbols: Vec<String>,
    /// Whether a text that it is given is a path; else it is the text of a configuration.
    #[serde(default)]
    pub takes_path: bool,
    /// Methods by which the object that the constructor makes reads a file or a list of files, later ones over earlier ones.
    #[serde(default)]
    pub reads: Vec<String>,
    /// Methods of that object which give a value by section and key.
    #[serde(default)]
    pub gets: Vec<String>,
    /// The section whose keys all others have too.
    pub common_section: Option<String>,
    /// Whether keys in a section are the same in capitals.
    #[serde(default)]
    pub ignores_case: bool,
}

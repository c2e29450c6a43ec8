//! Which files can know of each other: the top packages of the tree, and which of them imports which.
//!
//! A tree may hold many programs. A method `get` of one is not what another calls that never heard of it; and asking each `x.get(…)` of all
//! programs about the `get` of each would take the product of their sizes.

use std::cell::RefCell;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::{FileFacts, StatementKind};

/// Top packages by number.
#[derive(Default, Debug)]
pub struct Units {
    numbers: FxHashMap<String, u32>,
    /// Of each loaded file; `None` for one that lies in no package.
    of_file: Vec<Option<u32>>,
    /// First names of what the files of each package import.
    imports: Vec<FxHashSet<String>>,
    /// The folders of each package's path: `google/cloud/storage` is imported as `google.cloud.storage`.
    names: Vec<Vec<String>>,
    /// What each package reaches by imports, directly or through others.
    reached: RefCell<FxHashMap<u32, FxHashSet<u32>>>,
}

impl Units {
    /// Takes in a file. `folder` is that of its top package, where it lies in one.
    pub fn add(&mut self, folder: Option<&str>, facts: &FileFacts) {
        self.reached.get_mut().clear();
        let Some(folder) = folder else { return self.of_file.push(None) };
        let number = *self.numbers.entry(folder.to_string()).or_insert(self.names.len() as u32);
        if number as usize == self.names.len() {
            self.names.push(folder.split('/').map(Into::into).collect());
            self.imports.push(FxHashSet::default());
        }
        self.of_file.push(Some(number));
        for statement in facts.scopes.iter().flat_map(|scope| &scope.statements) {
            if let StatementKind::Import(import) = &statement.kind
                && let Some(first) = import.path.split('.').next().filter(|_| import.level == 0)
                && !self.imports[number as usize].contains(first)
            {
                self.imports[number as usize].insert(first.to_string());
            }
        }
    }

    /// Whether code of one loaded file may call what another defines, or the other way round: they lie in one package, or one package reaches
    /// the other. Of files outside packages nothing is known.
    pub fn related(&self, one: u32, other: u32) -> bool {
        let unit = |file: u32| self.of_file.get(file as usize).copied().flatten();
        match (unit(one), unit(other)) {
            (Some(one), Some(other)) => one == other || self.reaches(one, other) || self.reaches(other, one),
            _ => true,
        }
    }

    fn reaches(&self, from: u32, to: u32) -> bool {
        if let Some(known) = self.reached.borrow().get(&from) {
            return known.contains(&to);
        }
        let mut all: FxHashSet<u32> = FxHashSet::default();
        let mut open = vec![from];
        while let Some(unit) = open.pop() {
            let imports = &self.imports[unit as usize];
            let imported = (0u32..).zip(&self.names).filter(|(_, names)| names.iter().any(|name| imports.contains(name)));
            open.extend(imported.map(|(next, _)| next).filter(|next| all.insert(*next)));
        }
        let found = all.contains(&to);
        self.reached.borrow_mut().insert(from, all);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::Units;
    use crate::facts::FileFacts;
    use crate::text::{Language, Sources};

    fn units(files: &[(Option<&str>, &str)]) -> Units {
        let mut sources = Sources::default();
        let mut units = Units::default();
        for (folder, text) in files {
            let id = sources.add("a.py", *text);
            let facts: FileFacts = crate::read::source(sources.get(id), Language::Python, None);
            units.add(*folder, &facts);
        }
        units
    }

    #[test]
    fn packages_are_related_through_others_and_both_ways() {
        let units = units(&[
            (Some("app"), "from service.api import call\n"),
            (Some("libs/service"), "def later():\n    import wire\n"),
            (Some("wire"), "import json\n"),
            (Some("other"), "import json\n"),
            (None, "x = 1\n"),
        ]);
        assert!(units.related(0, 1) && units.related(1, 0));
        assert!(units.related(0, 2) && units.related(2, 0));
        assert!(!units.related(0, 3) && !units.related(3, 2));
        assert!(units.related(3, 4) && units.related(4, 4));
    }

    #[test]
    fn a_relative_import_names_no_package() {
        let units = units(&[(Some("app"), "from .other import x\n"), (Some("other"), "x = 1\n")]);
        assert!(!units.related(0, 1));
    }
}

//! Imports point one way: whoever reads a module needs to know only what lies below it.

use crate::case::tests_folder;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules, from the bottom up: each may name those of earlier rows only, neither its own row's
/// nor later ones. What lies in a module's folder counts with it, unless it has an entry itself;
/// `*` stands for every file of a folder.
const LAYERS: &[&[&str]] = &[
    &["platform"],
    &["number"],
    &["json"],
    &[
        "backoff",
        "base64",
        "fault",
        "rejection",
        "state",
        "timestamp",
    ],
    &["freshness", "inbound", "mapping", "payload", "secret"],
    &["challenge", "signature"],
    &["event"],
    &["cartrack::record", "lookup", "provider"],
    &["cartrack", "import", "provider::*"],
    &["outcome", "receive"],
    &["relay"],
    &["edge", "npm"],
];

/// Arrows that the rows would allow and that must not be, with the reason.
const NEVER: &[(&str, &[&str], &str)] = &[
    (
        "provider",
        &["backoff", "cartrack", "fault", "state"],
        "a provider does not know where its events go",
    ),
    (
        "cartrack",
        &["inbound", "payload", "provider", "secret", "signature"],
        "Cartrack takes the events of any provider",
    ),
    (
        "receive",
        &["backoff", "cartrack", "fault", "state"],
        "whether a delivery is genuine does not depend on what becomes of it",
    ),
    (
        "relay",
        &[
            "inbound",
            "payload",
            "provider",
            "receive",
            "secret",
            "signature",
        ],
        "what is relayed was verified and read before",
    ),
    (
        "event",
        &["inbound", "payload", "secret"],
        "an event is made of what was verified",
    ),
    (
        "lookup",
        &[
            "backoff",
            "fault",
            "inbound",
            "secret",
            "signature",
            "state",
        ],
        "an API's answer is read and held against an event, and no more",
    ),
    (
        "npm",
        &["edge", "lookup", "relay"],
        "the package sends nothing and asks nobody",
    ),
    (
        "edge",
        &["npm"],
        "the package's exports are no part of the Worker",
    ),
];

/// What the core never names: it has no I/O, no clock, no randomness and no JavaScript.
const FOREIGN_CRATES: &[&str] = &[
    "futures_util",
    "getrandom",
    "js_sys",
    "wasm_bindgen",
    "web_sys",
    "worker",
];

/// The same in the standard library.
const FOREIGN_STD: &[&str] = &["env", "fs", "io", "net", "process", "thread", "time"];

/// Where alone a value of a type is made: nothing is an event that was not verified, and nothing is
/// sent that was not weighed.
const MAKERS: &[(&str, &[&str])] = &[
    ("Verified", &["signature.rs"]),
    // The second one reads back, for `toCartrack`, the JSON that `receive` gave.
    ("Event", &["event.rs", "npm/events.rs"]),
    ("Record", &["cartrack/record.rs"]),
];

#[test]
fn imports_point_one_way() {
    let mut faults = Vec::new();
    let mut arrows = 0;
    for source in sources() {
        let Some((from, row)) = entry_of(&source.module) else {
            faults.push(format!("{} is not in the table LAYERS", source.file));
            continue;
        };
        for path in paths(&source.code, "crate") {
            let Some((to, target)) = entry_of(&path) else {
                faults.push(format!("{}: crate::{path} is not in LAYERS", source.file));
                continue;
            };
            if from == to {
                continue;
            }
            arrows += 1;
            if target >= row {
                let fault = format!("{} names crate::{path}, which lies no lower", source.file);
                faults.push(fault);
            }
            for (module, banned, reason) in NEVER {
                if is_in(&from, module) && banned.iter().any(|banned| is_in(&to, banned)) {
                    let file = &source.file;
                    faults.push(format!("{file} names crate::{path}, but {reason}"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(arrows > 100, "only {arrows} arrows were found");
}

#[test]
fn the_core_names_nothing_foreign() {
    let mut faults = Vec::new();
    for source in sources() {
        if is_in(&source.module, "edge") || is_in(&source.module, "npm") {
            continue;
        }
        for word in FOREIGN_CRATES {
            if source
                .code
                .split(|c: char| !is_word(c))
                .any(|known| known == *word)
            {
                faults.push(format!("{} names {word}", source.file));
            }
        }
        for path in paths(&source.code, "std") {
            if FOREIGN_STD.iter().any(|foreign| is_in(&path, foreign)) {
                faults.push(format!("{} names std::{path}", source.file));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn what_must_be_proven_is_made_in_one_place() {
    for (name, makers) in MAKERS {
        let made_in: Vec<String> = sources()
            .into_iter()
            .filter(|source| source.makes(name))
            .map(|source| source.file)
            .collect();
        assert_eq!(made_in, *makers, "these files make a value of {name}");
    }
}

#[test]
fn modules_name_each_other_by_their_whole_paths() {
    for source in sources() {
        let (file, code) = (&source.file, &source.code);
        assert!(
            paths(code, "super").is_empty(),
            "{file}: write crate:: for super::"
        );
        assert!(
            !code.contains("::*"),
            "{file} imports everything of a module"
        );
    }
}

#[test]
fn sources_are_read_rightly() {
    let source = Source::new(
        "edge/x.rs",
        "//! Not crate::state.\nuse crate::{event::{Event, self}, mapping, relay::{self, Round}};\n\
         use crate::provider::smartcar::Smartcar; // nor crate::npm\n\
         fn f() -> char { g(\"crate::state \\\"\", r#\"crate::\"state\"#, '\"', crate::backoff::x()) }\n\
         #[cfg(test)]\nmod tests {\n use super::*; use crate::import;\n}\n",
    );
    assert_eq!(source.module, "edge::x");
    let named: Vec<String> = paths(&source.code, "crate").into_iter().collect();
    let due = [
        "backoff::x",
        "event::Event",
        "event::self",
        "mapping",
        "provider::smartcar::Smartcar",
        "relay::Round",
        "relay::self",
    ];
    assert_eq!(named, due);
    let entries = named.iter().map(|path| entry_of(path).unwrap().0);
    let due = [
        "backoff",
        "event",
        "event",
        "mapping",
        "provider::smartcar",
        "relay",
        "relay",
    ];
    assert_eq!(entries.collect::<Vec<_>>(), due);

    for made in [
        "let e = Event { a };",
        "Ok(Event {\n a })",
        "impl Event { fn f() { Self { a } } }",
    ] {
        assert!(Source::new("x.rs", made).makes("Event"), "{made}");
    }
    for other in [
        "fn f() -> Event { a }",
        "struct Event { a: A }",
        "impl T for Event { }",
        "impl Event { fn f() -> Self { a } }",
        "MyEvent { a }",
        "impl Other { fn f() { Self { a } } }",
    ] {
        assert!(!Source::new("x.rs", other).makes("Event"), "{other}");
    }
}

/// One file below `src`, without comments, texts and tests.
struct Source {
    /// The path below `src`.
    file: String,
    /// The same as Rust names it.
    module: String,
    code: String,
}

impl Source {
    fn new(file: &str, text: &str) -> Self {
        let code = code_of(text);
        let tested = code.find("#[cfg(test)]\nmod ").unwrap_or(code.len());
        Self {
            file: file.to_owned(),
            module: file.trim_end_matches(".rs").replace('/', "::"),
            code: code[..tested].to_owned(),
        }
    }

    /// Whether it writes out a value of the type `name`.
    fn makes(&self, name: &str) -> bool {
        let implements = self.code.contains(&format!("impl {name} {{"));
        is_written_out(&self.code, name) || (implements && is_written_out(&self.code, "Self"))
    }
}

/// Every source below `src`, in the order of their paths.
fn sources() -> Vec<Source> {
    let folder = tests_folder().parent().unwrap().join("src");
    let mut files = Vec::new();
    collect_files(&folder, &mut files);
    files.sort();
    assert!(
        files.len() > 25,
        "only {} sources in {}",
        files.len(),
        folder.display()
    );
    files
        .iter()
        .map(|path| (path, path.strip_prefix(&folder).unwrap().to_str().unwrap()))
        .filter(|(_, file)| *file != "lib.rs")
        .map(|(path, file)| Source::new(file, &fs::read_to_string(path).unwrap()))
        .collect()
}

fn collect_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The entry of `LAYERS` that a path belongs to, and its row.
fn entry_of(path: &str) -> Option<(String, usize)> {
    let entries = LAYERS.iter().enumerate();
    entries
        .flat_map(|(row, entries)| entries.iter().map(move |entry| (*entry, row)))
        .filter_map(|(entry, row)| Some((entry_for(path, entry)?, row)))
        .max_by_key(|(entry, _)| entry.len())
}

/// The entry, where the path belongs to it; one with `*` is filled in.
fn entry_for(path: &str, entry: &str) -> Option<String> {
    let Some(folder) = entry.strip_suffix('*') else {
        return is_in(path, entry).then(|| entry.to_owned());
    };
    let name = path.strip_prefix(folder)?.split("::").next()?;
    let file = format!("src/{}{name}.rs", folder.replace("::", "/"));
    let exists = tests_folder().with_file_name(file).is_file();
    exists.then(|| format!("{folder}{name}"))
}

/// Whether a path is that of `module` or of something in it.
fn is_in(path: &str, module: &str) -> bool {
    path.strip_prefix(module)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Every path in the code that begins with `root::`, without it, groups written out.
fn paths(code: &str, root: &str) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for (at, found) in code.match_indices(&format!("{root}::")) {
        if !code[..at].ends_with(|c: char| is_word(c) || c == ':') {
            collect_paths(&code[at + found.len()..], "", &mut paths);
        }
    }
    paths
}

fn collect_paths(text: &str, before: &str, paths: &mut BTreeSet<String>) {
    let text = text.trim_start();
    if let Some(group) = text.strip_prefix('{') {
        for member in members(group) {
            collect_paths(member, before, paths);
        }
        return;
    }
    let word = text.split(|c: char| !is_word(c)).next().unwrap_or_default();
    let path = format!("{before}{word}");
    match text[word.len()..].strip_prefix("::") {
        Some(rest) if !word.is_empty() => collect_paths(rest, &format!("{path}::"), paths),
        _ if word.is_empty() => {}
        _ => {
            paths.insert(path);
        }
    }
}

/// The members of a group, which begins after its brace.
fn members(group: &str) -> Vec<&str> {
    let (mut depth, mut begin, mut members) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            ',' if depth == 0 => {
                members.push(&group[begin..at]);
                begin = at + 1;
            }
            '}' if depth == 0 => {
                members.push(&group[begin..at]);
                break;
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    members
}

/// Whether `name { … }` stands in the code as a value or a pattern.
fn is_written_out(code: &str, name: &str) -> bool {
    let keywords = ["->", "enum", "for", "impl", "struct", "trait"];
    code.match_indices(name).any(|(at, _)| {
        let (before, after) = (&code[..at], &code[at + name.len()..]);
        let introduced = keywords
            .iter()
            .any(|word| before.trim_end().ends_with(word));
        after.trim_start().starts_with('{') && !before.ends_with(is_word) && !introduced
    })
}

/// The code without comments and without what stands in texts.
fn code_of(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("r\"") || rest.starts_with("r#") {
            raw_text(rest)
        } else if c == '"' {
            plain_text(rest)
        } else if rest.starts_with("'\\\"'") {
            4
        } else if rest.starts_with("'\"'") {
            3
        } else {
            0
        };
        if skipped == 0 {
            code.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            rest = &rest[skipped..];
        }
    }
    code
}

/// The length of the text in quotes at the beginning.
fn plain_text(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of the raw text at the beginning; none when it is an identifier.
fn raw_text(rest: &str) -> usize {
    let hashes = rest[1..].len() - rest[1..].trim_start_matches('#').len();
    let begin = 2 + hashes;
    if !rest[1 + hashes..].starts_with('"') {
        return 0;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    rest[begin..]
        .find(&end)
        .map_or(rest.len(), |at| begin + at + end.len())
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

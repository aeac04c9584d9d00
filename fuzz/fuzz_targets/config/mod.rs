//! The parts of the program that read a settings file.

#[path = "../../../src/config/file.rs"]
mod file;
#[path = "../../../src/config/form.rs"]
mod form;
#[path = "../../../src/config/given.rs"]
mod given;
#[path = "../../../src/config/messages.rs"]
pub(crate) mod messages;
#[path = "../../../src/config/schema/mod.rs"]
mod schema;
#[path = "../../../src/config/search.rs"]
mod search;

/// What is wrong with a file, one a line.
pub(crate) fn problems(text: &str) -> Vec<String> {
    let file = file::parse(text, "rootwatch.toml");
    file.problems.iter().map(ToString::to_string).collect()
}

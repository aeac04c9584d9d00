//! An event as flat fields: a dotted path, a value, and in which element of which list it is.

use serde_json::Value;

/// One value of an event; lists have one for each of their elements.
#[derive(Debug)]
pub(super) struct Field<'a> {
    /// `detail.userIdentity.type`; a name that has a dot itself looks the same, to Event Ruler too.
    pub(super) path: String,
    /// Neither an object nor a list.
    pub(super) value: &'a Value,
    /// The elements of lists that it is within.
    pub(super) membership: Membership,
}

/// Which element of which list: pairs of the list's number and the element's index, in the order of the lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Membership(Vec<(usize, usize)>);

impl Membership {
    /// Both together; `None` when they are in different elements of one list.
    pub(super) fn joined(&self, other: &Self) -> Option<Self> {
        let mut all = self.0.clone();
        for (list, index) in &other.0 {
            match all.binary_search_by_key(list, |(list, _)| *list) {
                Ok(at) if all[at].1 != *index => return None,
                Ok(_) => {}
                Err(at) => all.insert(at, (*list, *index)),
            }
        }
        Some(Self(all))
    }

    fn within(&self, list: usize, index: usize) -> Self {
        let mut all = self.0.clone();
        // Lists are numbered as they are entered, so the innermost is the last.
        all.push((list, index));
        Self(all)
    }
}

/// All fields of an event. Empty objects and empty lists have none.
pub(super) fn fields(event: &Value) -> Vec<Field<'_>> {
    let mut flat = Flat::default();
    if event.is_object() {
        flat.add(String::new(), event, &Membership::default());
    }
    flat.fields
}

#[derive(Default)]
struct Flat<'a> {
    fields: Vec<Field<'a>>,
    lists: usize,
}

impl<'a> Flat<'a> {
    fn add(&mut self, path: String, value: &'a Value, membership: &Membership) {
        match value {
            Value::Object(entries) => {
                for (name, value) in entries {
                    self.add(below(&path, name), value, membership);
                }
            }
            Value::Array(elements) => {
                let list = self.lists;
                self.lists += 1;
                for (index, element) in elements.iter().enumerate() {
                    // What stands in a list by itself does not bind other fields to its element.
                    let is_plain = !element.is_object() && !element.is_array();
                    let within = if is_plain {
                        membership.clone()
                    } else {
                        membership.within(list, index)
                    };
                    self.add(path.clone(), element, &within);
                }
            }
            _ => self.fields.push(Field {
                path,
                value,
                membership: membership.clone(),
            }),
        }
    }
}

/// The path of a name within a path.
pub(super) fn below(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

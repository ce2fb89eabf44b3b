//! Which columns of a file a field may be in by its name, as [`Json`](crate::json::Json) finds the
//! members of a row: in any case, and by a dotted path through structs.

use arrow_schema::{DataType, Fields};

use crate::json::quote;
use crate::names::same;

/// A column of a file, or a member of a struct in one: its place on each level.
pub(super) type Path = Vec<usize>;

/// The columns that may hold the field of this name; the first of them that has a value in a row does.
/// Nothing if only the row tells, as the keys of a map do.
pub(super) fn columns_of(fields: &Fields, name: &str) -> Option<Vec<Path>> {
    let mut found: Vec<Path> = Vec::new();
    for (at, field) in fields.iter().enumerate() {
        if same(field.name().as_bytes(), name.as_bytes()) {
            found.push(vec![at]);
        }
    }
    if name.contains('.') {
        inside(fields, name, &mut Vec::new(), &mut found)?;
    }
    Some(found)
}

/// Adds what a dotted name may lead to below `above`.
fn inside(fields: &Fields, name: &str, above: &mut Path, found: &mut Vec<Path>) -> Option<()> {
    for (at, field) in fields.iter().enumerate() {
        above.push(at);
        let key = field.name().as_bytes();
        if same(key, name.as_bytes()) {
            found.push(above.clone());
        } else if name.as_bytes().get(key.len()) == Some(&b'.')
            && let Some((start, rest)) = name.split_at_checked(key.len())
            && same(start.as_bytes(), key)
        {
            match field.data_type() {
                DataType::Struct(members) => inside(members, rest.get(1..)?, above, found)?,
                DataType::Map(..) => return None,
                _ => {}
            }
        }
        above.pop();
    }
    Some(())
}

/// The columns of the file below this place, numbered as Parquet does: structs, lists and maps are
/// none themselves.
pub(super) fn leaves(fields: &Fields, path: &[usize]) -> std::ops::Range<usize> {
    let mut start = 0;
    let mut fields = fields;
    let mut path = path.iter();
    while let Some(at) = path.next() {
        start += fields.iter().take(*at).map(|field| count(field.data_type())).sum::<usize>();
        let Some(field) = fields.get(*at) else { return start..start };
        match field.data_type() {
            DataType::Struct(members) if path.len() > 0 => fields = members,
            other => return start..start + count(other),
        }
    }
    start..start
}

/// How many columns of the file a column of this type is.
fn count(ty: &DataType) -> usize {
    match ty {
        DataType::Struct(fields) => fields.iter().map(|field| count(field.data_type())).sum(),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _)
        | DataType::Map(item, _) => count(item.data_type()),
        _ => 1,
    }
}

/// How many columns the file has in all.
pub(super) fn count_all(fields: &Fields) -> usize {
    fields.iter().map(|field| count(field.data_type())).sum()
}

/// Are all names written in JSON as they are, and is what nests not deeper than this?
pub(super) fn are_plain(fields: &Fields, depth: usize) -> bool {
    fields.iter().all(|field| {
        let mut key = String::new();
        quote(field.name(), &mut key);
        let is_plain = key.len() == field.name().len() + 2;
        is_plain && is_shallow(field.data_type(), depth)
    })
}

fn is_shallow(ty: &DataType, depth: usize) -> bool {
    let Some(inner) = depth.checked_sub(1) else { return false };
    match ty {
        DataType::Struct(fields) => are_plain(fields, inner),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _)
        | DataType::Map(item, _) => is_shallow(item.data_type(), inner),
        _ => true,
    }
}

/// Is there a column of this name?
pub(super) fn has_column(fields: &Fields, name: &str) -> bool {
    let has_values = |ty: &DataType| ty != &DataType::Null;
    let mut columns = fields.iter().filter(|field| has_values(field.data_type()));
    columns.any(|field| same(field.name().as_bytes(), name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use arrow_schema::{DataType, Field, Fields};

    use super::{columns_of, leaves};

    fn text(name: &str) -> Field {
        Field::new(name, DataType::Utf8, true)
    }

    fn node(name: &str, members: Vec<Field>) -> Field {
        Field::new(name, DataType::Struct(members.into()), true)
    }

    #[test]
    fn names_lead_to_columns() {
        let list = DataType::List(Field::new("item", DataType::Utf8, true).into());
        let entries = node("entries", vec![text("key"), text("value")]);
        let map = DataType::Map(entries.into(), false);
        let fields: Fields = vec![
            text("User"),
            node("a", vec![text("b.c"), node("B", vec![text("x"), text("C")])]),
            text("A.b.c"),
            text("USER"),
            Field::new("tags", list, true),
            Field::new("map", map, true),
        ]
        .into();
        let of = |name: &str| columns_of(&fields, name);
        assert_eq!(of("user"), Some(vec![vec![0], vec![3]]));
        assert_eq!(of("none"), Some(vec![]));
        // A column of the whole name goes before what lies inside others.
        let paths = vec![vec![2], vec![1, 0], vec![1, 1, 1], vec![2]];
        assert_eq!(of("a.B.c"), Some(paths));
        assert_eq!(of("tags.x"), Some(vec![]));
        assert_eq!(of("map.k"), None);
        let places = [&[0][..], &[1], &[1, 0], &[1, 1, 1], &[2], &[4], &[5]];
        let found = places.map(|path| leaves(&fields, path));
        assert_eq!(found, [0..1, 1..4, 1..2, 3..4, 4..5, 6..7, 7..9]);
    }
}

//! Comparing JSON by shape: which fields there are and of which JSON type, whatever their values.

use serde_json::Value;

/// Says how `actual` differs in shape from `golden`; an empty list means that it does not.
///
/// Every field of `golden` has to be there with the same type. A field that `golden` lacks is a difference, unless its
/// name is in `additional`. Each element of an array has to have the shape of the golden array's first.
#[must_use]
pub fn differences(golden: &Value, actual: &Value, additional: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    compare("$", golden, actual, additional, &mut found);
    found
}

/// The names of an object's fields, sorted.
#[must_use]
pub fn fields(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = value
        .as_object()
        .unwrap_or_else(|| panic!("no object: {value}"))
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names
}

/// Panics when the object has other fields than these.
pub fn assert_fields(value: &Value, expected: &[&str]) {
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(fields(value), expected, "other fields: {value}");
}

/// Whether this is ISO-8601 UTC with microseconds and `Z`.
#[must_use]
pub fn is_timestamp(value: &Value) -> bool {
    value.as_str().is_some_and(|text| {
        chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.6fZ").is_ok()
            && text.len() == "2031-03-04T05:06:07.000089Z".len()
    })
}

/// Whether this is an id: 32 lower-case hex digits.
#[must_use]
pub fn is_id(value: &Value) -> bool {
    value.as_str().is_some_and(|text| {
        text.len() == 32
            && text
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

fn compare(
    path: &str,
    golden: &Value,
    actual: &Value,
    additional: &[&str],
    found: &mut Vec<String>,
) {
    match (golden, actual) {
        (Value::Object(golden), Value::Object(actual)) => {
            for (name, value) in golden {
                match actual.get(name) {
                    Some(other) => {
                        compare(&format!("{path}.{name}"), value, other, additional, found)
                    }
                    None => found.push(format!("{path}.{name} is missing")),
                }
            }
            for name in actual.keys().filter(|name| !golden.contains_key(*name)) {
                if !additional.contains(&name.as_str()) {
                    found.push(format!("{path}.{name} is not in the contract"));
                }
            }
        }
        (Value::Array(golden), Value::Array(actual)) => {
            let Some(first) = golden.first() else { return };
            for (index, element) in actual.iter().enumerate() {
                compare(
                    &format!("{path}[{index}]"),
                    first,
                    element,
                    additional,
                    found,
                );
            }
        }
        _ if kind(golden) == kind(actual) => {}
        _ => found.push(format!(
            "{path} is {} and has to be {}",
            kind(actual),
            kind(golden)
        )),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a fraction",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

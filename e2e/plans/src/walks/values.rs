//! Values for a field, from its schema alone: good ones, those at its bounds and beyond, and some of another type.

use anyhow::{Result, bail};
use fastrand::Rng;
use serde_json::{Value, json};

use super::schema::{Field, properties, requires};

/// Objects of each kind: so many that every value of the short lists in them comes with every other.
const WHOLE: usize = 6;

/// Values for this field, which is `now` as given.
///
/// # Errors
/// When it is of a type that no values are known for: they have to be added here.
pub fn values(field: &Field, now: Option<&Value>, rng: &mut Rng) -> Result<Vec<Value>> {
    let schema = &field.schema;
    let word = word(rng);
    if schema["x-kubernetes-int-or-string"] == json!(true) {
        let port = rng.u32(1..65_536);
        return Ok(vec![
            json!(port),
            json!(word),
            json!("50%"),
            json!(1),
            json!(0),
            json!(-1),
            json!(65_536),
            json!("101%"),
            json!(""),
            json!("No Name"),
            json!(true),
        ]);
    }
    Ok(match schema["type"].as_str() {
        Some("integer") => integers(schema, now, rng),
        Some("string") if schema["enum"].is_array() => {
            let known = schema["enum"].as_array().cloned().unwrap_or_default();
            known.into_iter().chain([json!("Nonsense"), json!(""), json!(1)]).collect()
        }
        Some("string") => {
            let longest = number(&schema["maxLength"]).and_then(|most| usize::try_from(most).ok());
            let long = longest.into_iter().flat_map(|most| [most, most + 1]).map(|size| "x".repeat(size));
            let texts = [word.clone(), format!("/{word}"), String::new(), format!("/no {word}"), "../..\n".into()];
            texts.into_iter().chain(long).map(Value::from).chain([json!(7), json!({})]).collect()
        }
        Some("object") if properties(schema).is_some() => {
            let wholes = (0..2 * WHOLE).map(|n| whole(schema, n, n < WHOLE, rng));
            wholes.chain([json!({}), json!("text"), json!([1])]).collect()
        }
        other => bail!(
            "spec.{} is of type {other:?}, for which no values are known; add some to {}",
            field.path.join("."),
            file!()
        ),
    })
}

/// Whether a value has the type of this field.
pub fn fits(field: &Field, value: &Value) -> bool {
    if field.schema["x-kubernetes-int-or-string"] == json!(true) {
        return value.is_i64() || value.is_string();
    }
    match field.schema["type"].as_str() {
        Some("integer") => value.is_i64(),
        Some("string") => value.is_string(),
        _ => value.is_object(),
    }
}

/// The least, the most, one in between, and what lies around them and around what there is.
fn integers(schema: &Value, now: Option<&Value>, rng: &mut Rng) -> Vec<Value> {
    let (least, most) = (number(&schema["minimum"]), number(&schema["maximum"]));
    let bounds = least.into_iter().chain(most);
    let between = rng.i64(least.unwrap_or(0)..=most.unwrap_or(i64::from(u16::MAX)));
    let beyond = least.map(|least| least - 1).into_iter().chain(most.map(|most| most + 1));
    let near = now.and_then(Value::as_i64).into_iter().flat_map(|now| [now + 1, now - 1]);
    let numbers = bounds.chain([between]).chain(near).chain(beyond).chain([i64::MAX, -1]);
    numbers.map(Value::from).chain([json!("1"), json!(1.5)]).collect()
}

/// An object of this kind: the `n`-th, with all its fields or only with those that it needs.
fn whole(schema: &Value, n: usize, with_all: bool, rng: &mut Rng) -> Value {
    let Some(properties) = properties(schema) else { return one(schema, n, rng) };
    let wanted = properties.iter().filter(|(name, _)| with_all || requires(schema, name));
    wanted.map(|(name, schema)| (name.clone(), whole(schema, n, with_all, rng))).collect()
}

/// A value that may well be good: the `n`-th of a short list.
fn one(schema: &Value, n: usize, rng: &mut Rng) -> Value {
    if let Some(known) = schema["enum"].as_array().filter(|known| !known.is_empty()) {
        return known[n % known.len()].clone();
    }
    if let Some(usual) = schema.get("default") {
        return usual.clone();
    }
    if schema["type"] == "integer" {
        let (least, most) = (number(&schema["minimum"]), number(&schema["maximum"]));
        return json!(rng.i64(least.unwrap_or(0)..=most.unwrap_or(i64::from(u16::MAX))));
    }
    let word = word(rng);
    json!(if n.is_multiple_of(2) { format!("/{word}") } else { word })
}

/// The YAML has bounds as floating point numbers.
#[allow(clippy::cast_possible_truncation)] // bounds of 32-bit numbers
fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_f64().map(|number| number as i64))
}

fn word(rng: &mut Rng) -> String {
    (0..6).map(|_| rng.lowercase()).collect()
}

//! Shapes of bodies, written short, as JSON Schema. `shapes.json` names each: an object is its fields, and each
//! field a word: `text`, `id`, `ms`, `count`, `int`, `number`, `flag`, `any`, or another name; `?` behind it: may
//! be null; `[]`: a list; `{}`: a map; `=a|b`: one of these words. A field whose own name ends with `?` may be
//! missing; `...` takes in all fields of another shape. Fields that are not told of may come with a later version.

use serde_json::{Map, Value, json};

/// Every shape by its name, as `components/schemas`.
pub(super) fn schemas() -> Map<String, Value> {
    // Our own file, held to its form by the tests.
    let shapes: Map<String, Value> = serde_json::from_str(include_str!("shapes.json")).unwrap_or_default();
    shapes.iter().map(|(name, shape)| (name.clone(), schema(shape, &shapes))).collect()
}

fn schema(shape: &Value, shapes: &Map<String, Value>) -> Value {
    let Value::Object(fields) = shape else { return word(shape.as_str().unwrap_or_default()) };
    let mut properties = Map::new();
    let mut required = Vec::new();
    gather(fields, shapes, &mut properties, &mut required);
    let mut object = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    object
}

fn gather(
    fields: &Map<String, Value>,
    shapes: &Map<String, Value>,
    properties: &mut Map<String, Value>,
    required: &mut Vec<String>,
) {
    for (name, of) in fields {
        let of = of.as_str().unwrap_or_default();
        if name == "..." {
            if let Some(Value::Object(other)) = shapes.get(of) {
                gather(other, shapes, properties, required);
            }
            continue;
        }
        match name.strip_suffix('?') {
            Some(name) => drop(properties.insert(name.to_owned(), word(of))),
            None => {
                properties.insert(name.clone(), word(of));
                required.push(name.clone());
            }
        }
    }
}

/// A word as a schema.
fn word(word: &str) -> Value {
    if let Some(words) = word.strip_prefix('=') {
        return json!({ "type": "string", "enum": words.split('|').collect::<Vec<_>>() });
    }
    if let Some(of) = word.strip_suffix("[]") {
        return json!({ "type": "array", "items": self::word(of) });
    }
    if let Some(of) = word.strip_suffix("{}") {
        return json!({ "type": "object", "additionalProperties": self::word(of) });
    }
    if let Some(of) = word.strip_suffix('?') {
        return json!({ "anyOf": [self::word(of), { "type": "null" }] });
    }
    match word {
        "text" => json!({ "type": "string" }),
        "id" => json!({ "type": "string", "format": "uuid" }),
        "ms" => {
            json!({ "type": "integer", "format": "int64", "description": "ms since the Unix epoch, UTC" })
        }
        "count" => json!({ "type": "integer", "format": "int64", "minimum": 0 }),
        "int" => json!({ "type": "integer", "format": "int64" }),
        "number" => json!({ "type": "number", "format": "double" }),
        "flag" => json!({ "type": "boolean" }),
        "any" => json!({}),
        name => json!({ "$ref": format!("#/components/schemas/{name}") }),
    }
}

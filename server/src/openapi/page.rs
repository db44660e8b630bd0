//! The page that describes the routes to people: made here whole, without a script.

use super::routes::{Answer, GROUPS, QUERY, Route, Who};
use super::shape;
use serde_json::Value;
use std::fmt::Write as _;

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The page.
pub(super) fn html() -> String {
    let mut text = format!(
        "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>讲到 · API</title>\
         <link rel=\"stylesheet\" href=\"/api/v1/docs.css\"></head><body><main>\
         <h1>讲到 · API</h1><p>版本 {}。程序读 <a href=\"/api/v1/openapi.json\">openapi.json</a>（OpenAPI 3.1）。\
         脚本用“我的账号”里的只读令牌：<code>Authorization: Bearer jdr_…</code>。</p>\
         <p lang=\"en\">For programs: openapi.json. Scripts send a read token of one’s own account.</p>",
        env!("CARGO_PKG_VERSION")
    );
    for group in GROUPS {
        let _ = write!(text, "<h2>{} <span lang=\"en\">{}</span></h2>", group.zh, group.en);
        for of in group.routes {
            route(&mut text, of);
        }
    }
    text.push_str("<h2 id=\"shapes\">数据格式 <span lang=\"en\">Shapes</span></h2>");
    for (name, schema) in shape::schemas() {
        shown(&mut text, &name, &schema);
    }
    text.push_str("</main></body></html>");
    text
}

fn route(text: &mut String, route: &Route) {
    let who = match route.who {
        Who::Open => "不用登录",
        Who::Login => "登录",
        Who::Read => "登录或只读令牌",
        Who::Push => "登录或上传令牌",
    };
    let _ = write!(
        text,
        "<section><h3><b class=\"{0}\">{0}</b> <code>{1}</code></h3><p>{2} <span lang=\"en\">{3}</span> · {who}</p>",
        route.method, route.path, route.zh, route.en
    );
    let query: Vec<_> =
        route.query.iter().filter_map(|name| QUERY.iter().find(|known| known.0 == *name)).collect();
    if !query.is_empty() {
        text.push_str("<table><tr><th scope=\"col\">参数</th><th scope=\"col\">类型</th><th scope=\"col\">含义</th></tr>");
        for (name, kind, means) in query {
            let _ = write!(text, "<tr><td><code>{name}</code></td><td>{kind}</td><td>{means}</td></tr>");
        }
        text.push_str("</table>");
    }
    if !route.body.is_empty() {
        let _ = write!(text, "<p>请求：{}</p>", link(route.body));
    }
    let answer = match route.answer {
        Answer::Json(shape) => link(shape),
        Answer::File(kind) | Answer::Text(kind) => kind.to_owned(),
        Answer::Nothing => "204".to_owned(),
    };
    let _ = write!(text, "<p>回答：{answer}</p></section>");
}

fn link(shape: &str) -> String {
    if shape.contains('/') { shape.to_owned() } else { format!("<a href=\"#{shape}\">{shape}</a>") }
}

fn shown(text: &mut String, name: &str, schema: &Value) {
    let _ = write!(text, "<section id=\"{name}\"><h3>{name}</h3>");
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    match schema["properties"].as_object() {
        Some(fields) if !fields.is_empty() => {
            text.push_str("<table>");
            for (field, of) in fields {
                let may = if required.contains(&field.as_str()) { "" } else { "可无" };
                let _ =
                    write!(text, "<tr><td><code>{field}</code></td><td>{}</td><td>{may}</td></tr>", kind(of));
            }
            text.push_str("</table>");
        }
        _ => {
            let _ = write!(text, "<p>{}</p>", kind(schema));
        }
    }
    text.push_str("</section>");
}

/// What a value is, in a word or two.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return link(name);
    }
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<String> = words.iter().filter_map(Value::as_str).map(escaped).collect();
        return words.join(" | ");
    }
    if let Some(of) = schema["anyOf"].as_array().and_then(|all| all.first()) {
        return format!("{} 或 null", kind(of));
    }
    match (schema["type"].as_str(), &schema["items"], &schema["additionalProperties"]) {
        (Some("array"), items, _) => format!("{}[]", kind(items)),
        (Some("object"), _, of @ Value::Object(_)) => format!("{{名称: {}}}", kind(of)),
        (Some(word), ..) => match schema["format"].as_str() {
            Some(format) => format!("{word}（{format}）"),
            None => word.to_owned(),
        },
        (None, ..) => "任意".to_owned(),
    }
}

//! `GET /api/v1/openapi.json` and its page: every route (`routes`) with the shapes of its bodies (`shapes.json`).

mod page;
mod routes;
mod shape;

use axum::Json;
use axum::http::HeaderMap;
use axum::response::{Html, Response};
use routes::{Answer, GROUPS, Group, QUERY, Route, Who};
use serde_json::{Map, Value, json};

/// Answers with the description for programs.
pub async fn get() -> Json<Value> {
    Json(document())
}

/// Answers with the same for people.
pub async fn docs() -> Html<String> {
    Html(page::html())
}

/// Answers with the style of that page.
pub async fn css(headers: HeaderMap) -> Response<axum::body::Body> {
    crate::site::text("docs.css", include_str!("page.css"), &headers)
}

/// The whole description.
fn document() -> Value {
    let mut paths = Map::new();
    for group in GROUPS {
        for route in group.routes {
            let path = paths.entry(route.path).or_insert_with(|| json!({}));
            path[route.method.to_ascii_lowercase()] = operation(group, route);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "讲到 (Jiangdao)", "version": env!("CARGO_PKG_VERSION"),
            "description": "时间是毫秒，UTC；日和周按北京时间（+08:00）。 / Times are ms, UTC; days and weeks are those of +08:00." },
        "tags": GROUPS.iter().map(|group| json!({ "name": group.en, "description": group.zh })).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "schemas": shape::schemas(),
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "description": "登录令牌 / the token of a login" },
                "read": { "type": "http", "scheme": "bearer",
                    "description": "只读令牌：我的账号里新建，只能读，一律脱敏 / a read token of one's own account: reads alone, masked" },
                "push": { "type": "http", "scheme": "bearer", "description": "手机的上传令牌 / a phone's push token" },
                "desk": { "type": "apiKey", "in": "cookie", "name": "__Host-jiangdao",
                    "description": "工作台的登录 / the login of the desk" },
            },
        },
    })
}

fn operation(group: &Group, route: &Route) -> Value {
    let mut operation = json!({
        "operationId": id(route),
        "tags": [group.en],
        "summary": format!("{} / {}", route.zh, route.en),
        "parameters": parameters(route),
        "responses": {
            "default": { "description": "拒绝 / refused",
                "content": { "application/problem+json": { "schema": reference("Problem") } } },
        },
    });
    let (status, answer) = match route.answer {
        Answer::Json(shape) => ("200", content("application/json", reference(shape))),
        Answer::File(kind) => ("200", content(kind, json!({ "type": "string", "format": "binary" }))),
        Answer::Text(kind) => ("200", content(kind, json!({ "type": "string" }))),
        Answer::Nothing => ("204", json!({ "description": "好 / done" })),
    };
    operation["responses"][status] = answer;
    if is_behind(route) {
        operation["responses"]["202"] = content("application/json", reference("Job"));
    }
    if !route.body.is_empty() {
        let (kind, schema) = match route.body.contains('/') {
            true => (route.body, json!({ "type": "string", "format": "binary" })),
            false => ("application/json", reference(route.body)),
        };
        operation["requestBody"] = json!({ "required": true, "content": { kind: { "schema": schema } } });
    }
    let security: &[&str] = match route.who {
        Who::Open => &[],
        Who::Login => &["token", "desk"],
        Who::Read => &["token", "desk", "read"],
        Who::Push => &["token", "desk", "push"],
    };
    operation["security"] = security.iter().map(|name| json!({ *name: [] })).collect();
    operation
}

/// Whether a long file of it is written behind for whoever can wait.
fn is_behind(route: &Route) -> bool {
    route.path.contains("/exports/sessions.") || route.path.contains("/exports/attendance.")
}

/// `get_sessions_id_attendance`
fn id(route: &Route) -> String {
    let path = route.path.trim_start_matches("/api/v1").replace(['{', '}'], "").replace(['/', '.'], "_");
    format!("{}{path}", route.method.to_ascii_lowercase())
}

fn content(kind: &str, schema: Value) -> Value {
    json!({ "description": "好 / done", "content": { kind: { "schema": schema } } })
}

fn reference(shape: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{shape}") })
}

fn parameters(route: &Route) -> Vec<Value> {
    let in_path = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut all: Vec<Value> = in_path
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    for (name, kind, means) in
        route.query.iter().filter_map(|name| QUERY.iter().find(|known| known.0 == *name))
    {
        let schema = match *kind {
            "uuid" => json!({ "type": "string", "format": "uuid" }),
            kind => json!({ "type": kind }),
        };
        all.push(json!({ "name": name, "in": "query", "description": means, "schema": schema }));
    }
    if is_behind(route) {
        let means = "respond-async：行数多时转为后台任务，答 202 / a long file is written behind, answer 202";
        all.push(
            json!({ "name": "Prefer", "in": "header", "description": means, "schema": { "type": "string" } }),
        );
    }
    all
}

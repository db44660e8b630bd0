//! axe-core: whether everybody can use what a page shows. Every rule that it has, every node of the page.

use super::{Browser, Done, named};
use serde_json::{Value, json};

/// What is run in the page: the rules as they come, in whole.
const RUN: &str = "axe.run(document, { resultTypes: ['violations'], runOnly: undefined })
    .then((found) => JSON.stringify(found.violations.map((rule) => ({
        id: rule.id, help: rule.help,
        nodes: rule.nodes.map((node) => node.target.join(' ') + ' — ' + node.failureSummary),
    }))))";

/// Fails with rule, node and what is wrong with it, for everything that axe finds.
pub(crate) async fn axe(browser: &Browser) -> Done {
    let source = std::fs::read_to_string(named("JIANGDAO_AXE")?)?;
    // By the debugger: the page itself forbids every script but its own.
    if evaluate(browser, "typeof axe").await? != "object" {
        evaluate(browser, &format!("{source}; 'loaded'")).await?;
    }
    let told = evaluate(browser, RUN).await?;
    let rules: Vec<Value> = serde_json::from_str(told.as_str().ok_or("axe says nothing")?)?;
    if rules.is_empty() {
        return Ok(());
    }
    let lines = rules.iter().flat_map(|rule| {
        let nodes = rule["nodes"].as_array().cloned().unwrap_or_default();
        nodes.into_iter().map(move |node| format!("{}: {} | {}", rule["id"], rule["help"], node))
    });
    Err(lines.collect::<Vec<_>>().join("\n").into())
}

async fn evaluate(browser: &Browser, expression: &str) -> Done<Value> {
    let what = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
    let answer = browser.page()?.cdp().send_raw("Runtime.evaluate", what).await?;
    if let Some(why) = answer.get("exceptionDetails") {
        return Err(format!("axe: {why}").into());
    }
    Ok(answer["result"]["value"].clone())
}

//! 设置: what holds for the whole city. For its admins alone.

use super::Desk;
use super::api::{self, Trouble};
use super::format;
use super::load::{Load, Loaded};
use super::words::{self, t};
use crate::view::ev::SubmitEvent;
use crate::view::prelude::*;
use crate::view::task::spawn_local;
use serde_json::Value;
use shared::setting::{Key, PASSWORD_DAYS_MAX, RETENTION_MONTHS_MAX, SettingItem, SettingNew, Settings};
use shared::text::Msg;

/// The page.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let desk = Desk::here();
    // Not by itself: what is being typed stays.
    let load = Load::<Settings>::once(|| "/api/v1/settings".to_owned());
    Effect::new(move |_| {
        document().set_title(&super::shell::title(&[words::SETTINGS.get(desk.lang())], desk.lang()));
    });
    let show = move |settings: std::sync::Arc<Settings>| {
        let known = settings.items.iter().filter_map(|item| Some((Key::from_wire(&item.key)?, item.clone())));
        let rows: Vec<_> =
            known.map(|(key, item)| view! { <Setting key=key item=item load=load /> }).collect();
        rows
    };
    view! {
        <div class="title-row"><h1>{t(words::SETTINGS)}</h1></div>
        <p class="quiet">{t(words::SETTINGS_HINT)}</p>
        <Loaded load=load show=show />
    }
}

/// What a value looks like in its field.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// What was typed, as a value; none where it is no number.
fn typed(key: Key, text: &str) -> Option<Value> {
    let text = text.trim();
    let value = match key {
        Key::SecondFactor => Value::Bool(text == "true"),
        Key::RetentionMonths if text.is_empty() => Value::Null,
        Key::PasswordDays | Key::RetentionMonths => Value::from(text.parse::<u64>().ok()?),
    };
    key.takes(&value).then_some(value)
}

const fn hint(key: Key) -> Msg {
    match key {
        Key::SecondFactor => words::SETTING_FACTOR_HINT,
        Key::PasswordDays => words::SETTING_DAYS_HINT,
        Key::RetentionMonths => words::SETTING_MONTHS_HINT,
    }
}

#[component]
fn Setting(key: Key, item: SettingItem, load: Load<Settings>) -> impl IntoView {
    let desk = Desk::here();
    let value = RwSignal::new(shown(&item.value));
    let (busy, failed) = (RwSignal::new(false), RwSignal::new(None::<Trouble>));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        // The browser says itself what the field takes.
        let Some(value) = typed(key, &value.get_untracked()) else { return };
        let asked = SettingNew { key: key.wire().to_owned(), value };
        busy.set(true);
        failed.set(None);
        spawn_local(async move {
            match api::post::<SettingItem>("/api/v1/settings", &asked).await {
                Ok(_) => {
                    load.retry();
                    if key == Key::SecondFactor {
                        // It may be demanded of the one who has set it.
                        desk.ask();
                    }
                }
                Err(trouble) if trouble.is_login_over() => desk.login_is_over(),
                Err(trouble) => {
                    failed.try_set(Some(trouble));
                }
            }
            busy.try_set(false);
        });
    };
    let (at_ms, login) = (item.at_ms, item.login);
    let since = move || {
        let lang = desk.lang();
        let by = login.clone().unwrap_or_else(|| words::SETTING_CONSOLE.get(lang).to_owned());
        at_ms.map_or_else(
            || words::SETTING_NEVER.get(lang).to_owned(),
            |at_ms| words::SETTING_AT.with(lang, &[&format::moment(at_ms), &by]),
        )
    };
    let id = key.wire();
    view! {
        <form class="filters" on:submit=submit>
            <div class="field field-wide">
                <label for=id>{move || key.label(desk.lang())}</label>
                <Input key=key value=value />
                <span class="quiet">{t(hint(key))}</span>
                <span class="quiet">{since}</span>
            </div>
            <button type="submit" disabled=busy>{t(words::SETTING_SAVE)}</button>
            <p class="bad" role="alert">{move || failed.get().map(|trouble| trouble.says(desk.lang()))}</p>
        </form>
    }
}

#[component]
fn Input(key: Key, value: RwSignal<String>) -> impl IntoView {
    let id = key.wire();
    let number = move |min: u64, max: u64, required: bool| {
        view! { <input id=id type="number" min=min max=max required=required bind:value=value /> }.into_any()
    };
    match key {
        Key::SecondFactor => view! {
            <select id=id on:change=move |event| value.set(event_target_value(&event))>
                {[("false", words::SETTING_OFF), ("true", words::SETTING_ON)].map(|(word, text)| view! {
                    <option value=word selected=value.get_untracked() == word>{t(text)}</option>
                }).collect_view()}
            </select>
        }
        .into_any(),
        Key::PasswordDays => number(0, PASSWORD_DAYS_MAX, true),
        Key::RetentionMonths => number(1, RETENTION_MONTHS_MAX, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_shown_is_what_is_typed() {
        for (key, value) in [
            (Key::SecondFactor, json!(true)),
            (Key::SecondFactor, json!(false)),
            (Key::PasswordDays, json!(90)),
            (Key::RetentionMonths, json!(36)),
            (Key::RetentionMonths, Value::Null),
        ] {
            assert_eq!(typed(key, &shown(&value)), Some(value));
        }
        for (key, text) in [(Key::PasswordDays, ""), (Key::PasswordDays, "x"), (Key::RetentionMonths, "0")] {
            assert_eq!(typed(key, text), None, "{text}");
        }
    }
}

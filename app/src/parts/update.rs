//! A new version waits for a tap: never in the middle of a form.

use crate::browser;
use crate::phone::state::app;
use crate::phone::words;
use crate::view::prelude::*;
use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{ServiceWorker, ServiceWorkerContainer, ServiceWorkerRegistration, ServiceWorkerState};

/// Offers the new version as soon as it is ready.
#[component]
pub fn Update() -> impl IntoView {
    let app = app();
    let ready = RwSignal::new_local(None::<ServiceWorker>);
    if let Some(workers) = browser::workers() {
        spawn_local(watch(workers, ready));
    }
    let press = move |_| {
        if let Some(worker) = ready.get_untracked() {
            // The page loads anew once the new worker has taken over.
            let _ = worker.post_message(&JsValue::from_str("skip-waiting"));
        }
    };
    move || {
        ready.get().map(|_| {
            view! {
                <div class="update" role="status">
                    <span>{app.say(words::UPDATE_READY)}</span>
                    <button type="button" on:click=press>{app.say(words::UPDATE_DO)}</button>
                </div>
            }
        })
    }
}

async fn watch(workers: ServiceWorkerContainer, ready: RwSignal<Option<ServiceWorker>, LocalStorage>) {
    // A first visit has no worker that could be replaced, and nothing to load anew for.
    let replaces = workers.controller().is_some();
    browser::listen(&workers, "controllerchange", move |_| {
        if replaces && let Some(window) = browser::window() {
            let _ = window.location().reload();
        }
    });
    let Ok(registered) = workers.ready() else { return };
    let Ok(registration) = JsFuture::from(registered).await else { return };
    let registration: ServiceWorkerRegistration = registration.unchecked_into();
    if replaces {
        ready.set(registration.waiting());
    }
    let found = registration.clone();
    browser::listen(&registration, "updatefound", move |_| {
        if let Some(worker) = found.installing() {
            let installed = worker.clone();
            browser::listen(&worker, "statechange", move |_| {
                if replaces && installed.state() == ServiceWorkerState::Installed {
                    ready.set(Some(installed.clone()));
                }
            });
        }
    });
    // An app on the home screen may stay open for days: look again when it comes to the front.
    if let Some(document) = browser::window().and_then(|window| window.document()) {
        browser::listen(&document, "visibilitychange", move |_| {
            if browser::visible() && Reflect::has(&registration, &"update".into()).unwrap_or(false) {
                // Without signal there is nothing to be found; that is no fault.
                if let Ok(looked) = registration.update() {
                    spawn_local(async move { drop(JsFuture::from(looked).await) });
                }
            }
        });
    }
}

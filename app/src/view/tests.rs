//! The view layer in a browser: what is kept, what is made anew, what ends.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something is missing")]

use super::prelude::*;
use super::{View, insert};
use any_spawner::Executor;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Element, HtmlElement, HtmlInputElement};

/// A piece of the page with a view in it; all of it ends with this.
struct Room(Element, Owner);

impl Room {
    fn with(view: impl FnOnce() -> View) -> Self {
        let _ = Executor::init_wasm_bindgen();
        let element = document().create_element("div").unwrap();
        document().body().unwrap().append_child(&element).unwrap();
        let owner = Owner::new();
        owner.with(|| insert(view(), &element, None));
        Self(element, owner)
    }

    fn html(&self) -> String {
        self.0.inner_html()
    }

    fn find(&self, what: &str) -> HtmlElement {
        self.0.query_selector(what).unwrap().expect("it is there").unchecked_into()
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.1.cleanup();
        self.0.remove();
    }
}

/// Until all effects have run.
async fn rest() {
    for _ in 0..3 {
        JsFuture::from(js_sys::Promise::resolve(&wasm_bindgen::JsValue::NULL)).await.unwrap();
    }
    let wait = js_sys::Promise::new(&mut |resolve, _| {
        window().set_timeout_with_callback(&resolve).unwrap();
    });
    JsFuture::from(wait).await.unwrap();
}

#[wasm_bindgen_test]
async fn a_value_is_shown_at_once_and_followed() {
    let name = RwSignal::new("李雷".to_owned());
    let room = Room::with(|| view! { <p class="a" title="b">"一 "{name}<br/>{7}</p> }.into_any());
    assert_eq!(room.html(), r#"<p class="a" title="b">一 李雷<br>7</p>"#, "before any effect could run");
    let text = room.find("p").first_child().and_then(|text| text.next_sibling()).unwrap();
    name.set("韩梅梅".to_owned());
    rest().await;
    assert_eq!(room.html(), r#"<p class="a" title="b">一 韩梅梅<br>7</p>"#);
    assert!(text.is_connected(), "a text changes in its node");
}

#[wasm_bindgen_test]
async fn attributes_come_and_go() {
    let on = RwSignal::new(false);
    let named = move || on.get().then(|| "page".to_owned());
    let room = Room::with(|| {
        view! {
            <button hidden disabled=on aria-current=named class="b" class:own=on style:color=move || if on.get() { "red" } else { "" }>
                "x"
            </button>
        }
        .into_any()
    });
    let button = room.find("button");
    let seen = || ["disabled", "aria-current", "class"].map(|name| button.get_attribute(name));
    assert_eq!(seen(), [None, None, Some("b".to_owned())]);
    assert_eq!(button.get_attribute("hidden").as_deref(), Some(""));
    on.set(true);
    rest().await;
    assert_eq!(seen(), [Some(String::new()), Some("page".to_owned()), Some("b own".to_owned())]);
    assert_eq!(button.style().get_property_value("color").unwrap(), "red");
    on.set(false);
    rest().await;
    assert_eq!(seen(), [None, None, Some("b".to_owned())]);
}

#[wasm_bindgen_test]
async fn what_a_block_made_ends_before_it_runs_again() {
    let (outer, inner) = (RwSignal::new(0), RwSignal::new(0));
    let log = Rc::new(RefCell::new(Vec::new()));
    let said = Rc::clone(&log);
    let room = Room::with(move || {
        let block = move || {
            let round = outer.get();
            let (ended, ran) = (send_wrapper::SendWrapper::new(Rc::clone(&said)), Rc::clone(&said));
            on_cleanup(move || ended.borrow_mut().push(format!("end {round}")));
            let text = move || {
                ran.borrow_mut().push(format!("{round}.{}", inner.get()));
                inner.get()
            };
            view! { <b>{text}</b> }
        };
        view! { <p>{block}"!"</p> }.into_any()
    });
    inner.set(1);
    rest().await;
    outer.set(1);
    rest().await;
    inner.set(2);
    rest().await;
    assert_eq!(*log.borrow(), ["0.0", "0.1", "end 0", "1.1", "1.2"], "the first inner one is silent");
    assert_eq!(room.html(), "<p><b>2</b>!</p>");
    drop(room);
    inner.set(3);
    rest().await;
    assert_eq!(log.borrow().last().map(String::as_str), Some("end 1"));
}

#[wasm_bindgen_test]
async fn nested_blocks_keep_their_places() {
    let (many, word) = (RwSignal::new(2), RwSignal::new("a"));
    let item = move |n: usize| view! { <i>{n}</i>{move || (n > 0).then(|| word.get())} };
    let block = move || move || (0..many.get()).map(item).collect_view();
    let room = Room::with(move || view! { <u>{block}</u> <s>{move || ()}</s> }.into_any());
    assert_eq!(room.html(), "<u><i>0</i><i>1</i>a</u><s></s>");
    many.set(0);
    rest().await;
    assert_eq!(room.html(), "<u></u><s></s>");
    word.set("b");
    many.set(3);
    rest().await;
    word.set("c");
    rest().await;
    assert_eq!(room.html(), "<u><i>0</i><i>1</i>c<i>2</i>c</u><s></s>");
}

#[wasm_bindgen_test]
async fn rows_that_stay_keep_focus_and_what_was_typed() {
    let items = RwSignal::new(vec![1, 2, 3, 4]);
    let ended = Rc::new(RefCell::new(Vec::new()));
    let log = send_wrapper::SendWrapper::new(Rc::clone(&ended));
    let room = Room::with(move || {
        view! {
            <ul>
                <For each=move || items.get() key=|item| *item let:item>
                    <Row item log=log.clone() />
                </For>
            </ul>
        }
    });
    let field: HtmlInputElement = room.find("#row-3").unchecked_into();
    field.set_value("typed");
    field.focus().unwrap();
    for order in [vec![3, 1, 2, 4], vec![1, 2, 3, 4], vec![4, 5, 3], vec![3]] {
        items.set(order.clone());
        rest().await;
        let first = room.find("ul").first_element_child();
        let rows = std::iter::successors(first, Element::next_element_sibling);
        let ids: Vec<String> = rows.map(|row| row.first_element_child().unwrap().id()).collect();
        assert_eq!(ids, order.iter().map(|id| format!("row-{id}")).collect::<Vec<_>>());
        assert_eq!(document().active_element().map(|element| element.id()).as_deref(), Some("row-3"));
    }
    assert_eq!(field.value(), "typed");
    ended.borrow_mut().sort_unstable();
    assert_eq!(*ended.borrow(), [1, 2, 4, 5], "each row that went has ended, once");
}

#[component]
fn Row(item: i32, log: send_wrapper::SendWrapper<Rc<RefCell<Vec<i32>>>>) -> impl IntoView {
    on_cleanup(move || log.borrow_mut().push(item));
    view! { <li><input id=format!("row-{item}") /></li> }
}

#[wasm_bindgen_test]
async fn a_block_made_anew_keeps_the_focus() {
    let count = RwSignal::new(0);
    let block = move || {
        let n = count.get();
        view! { <p>"…"</p><p><button id=format!("b{n}") on:click=move |_| count.update(|n| *n += 1)>{n}</button></p> }
    };
    let room = Room::with(move || view! { <div>{block}</div> }.into_any());
    let button = room.find("button");
    button.focus().unwrap();
    button.click();
    rest().await;
    assert!(!button.is_connected());
    assert_eq!(document().active_element().map(|element| element.id()).as_deref(), Some("b1"));
    room.find("button").click();
    rest().await;
    assert_eq!(count.get_untracked(), 2, "the new one is heard");
}

#[wasm_bindgen_test]
async fn a_field_and_its_signal_follow_each_other() {
    let text = RwSignal::new("a".to_owned());
    let field = NodeRef::<super::html::Input>::new();
    let room = Room::with(move || view! { <input bind:value=text node_ref=field /> }.into_any());
    let element = field.get_untracked().expect("it is built");
    assert_eq!(element.value(), "a");
    element.set_value("ab");
    element.dispatch_event(&web_sys::Event::new("input").unwrap()).unwrap();
    assert_eq!(text.get_untracked(), "ab");
    text.set(String::new());
    rest().await;
    assert_eq!(element.value(), "");
    drop(room);
}

#[wasm_bindgen_test]
async fn what_listens_finds_the_contexts_of_its_place() {
    let heard = RwSignal::new(None::<u8>);
    let room = Room::with(|| {
        provide_context(7_u8);
        let inside = move || {
            provide_context(8_u8);
            view! { <button on:click=move |_| heard.set(use_context::<u8>())>"x"</button> }.into_any()
        };
        view! { <div>{inside}</div> }.into_any()
    });
    room.find("button").click();
    assert_eq!(heard.get_untracked(), Some(8));
    rest().await;
}

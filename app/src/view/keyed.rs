//! Rows with keys: those whose keys stay are kept, with their focus and what was typed in them.

use super::block::Shown;
use super::build::effect;
use super::{IntoView, View, document, put, take_out, text_node, untrack};
use markup::component;
use reactive_graph::owner::Owner;
use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{FocusOptions, HtmlElement, Node, Text};

/// One row for each item.
#[component]
pub fn For<E, I, T, K, V>(
    /// The items, in their order.
    each: E,
    /// What an item is known by; no two have the same.
    key: impl Fn(&T) -> K + 'static,
    /// Makes the row of an item.
    children: impl Fn(T) -> V + 'static,
) -> View
where
    E: Fn() -> I + 'static,
    I: IntoIterator<Item = T> + 'static,
    T: 'static,
    K: PartialEq + 'static,
    V: IntoView + 'static,
{
    let items = Rc::new(RefCell::new(Vec::new()));
    let kept = Rc::clone(&items);
    let keys = move || {
        let all: Vec<T> = each().into_iter().collect();
        let keys = all.iter().map(|item| Box::new(key(item)) as Box<dyn Key>).collect();
        *kept.borrow_mut() = all.into_iter().map(Some).collect();
        keys
    };
    let make = move |place: usize| {
        let item = items.borrow_mut().get_mut(place).and_then(Option::take);
        item.map_or(View::Empty, |item| children(item).into_view())
    };
    View::Keyed(Box::new(List { keys: Box::new(keys), make: Box::new(make) }))
}

/// A key of any type.
trait Key: Any {
    fn is(&self, other: &dyn Key) -> bool;
}

impl<K: PartialEq + 'static> Key for K {
    fn is(&self, other: &dyn Key) -> bool {
        let other: &dyn Any = other;
        other.downcast_ref::<K>().is_some_and(|other| self == other)
    }
}

/// Rows that have no place in the page yet.
pub struct List {
    keys: Box<dyn FnMut() -> Vec<Box<dyn Key>>>,
    make: Box<dyn FnMut(usize) -> View>,
}

struct Row {
    key: Box<dyn Key>,
    owner: Owner,
    shown: Shown,
}

impl Drop for Row {
    fn drop(&mut self) {
        take_out(self.shown.first(), self.shown.last());
        self.owner.cleanup();
    }
}

impl List {
    /// Puts the rows into a node, and keeps them as the items are.
    pub(super) fn begin(mut self: Box<Self>, parent: &Node, before: Option<&Node>) {
        let end = text_node("");
        put(&end, parent, before);
        // Rows outlive the runs of the effect.
        let owner = Owner::current().unwrap_or_default();
        let mut rows: Vec<Option<Row>> = Vec::new();
        effect(Box::new(move || {
            let keys = (self.keys)();
            untrack(|| rows = self.arrange(keys, std::mem::take(&mut rows), &owner, &end));
        }));
    }

    /// The rows of these keys, in their order, before a node.
    fn arrange(
        &mut self,
        keys: Vec<Box<dyn Key>>,
        mut old: Vec<Option<Row>>,
        owner: &Owner,
        end: &Text,
    ) -> Vec<Option<Row>> {
        let places = places(&keys, &old);
        // The others go first: a row that comes may have the same names in it.
        for (place, row) in old.iter_mut().enumerate() {
            if !places.contains(&Some(place)) {
                row.take();
            }
        }
        let Some(parent) = end.parent_node() else { return old };
        let stay = longest_rising(&places);
        let focus = document().active_element();
        let mut before: Node = end.clone().into();
        let mut rows: Vec<Option<Row>> = keys.iter().map(|_| None).collect();
        for (place, key) in keys.into_iter().enumerate().rev() {
            let kept = places.get(place).copied().flatten();
            let kept = kept.and_then(|old_place| Some((old_place, old.get_mut(old_place)?.take()?)));
            let row = match kept {
                Some((old_place, row)) => {
                    if stay.binary_search(&old_place).is_err() {
                        move_before(row.shown.first(), row.shown.last(), &parent, &before);
                    }
                    row
                }
                None => self.row(place, key, owner, &parent, &before),
            };
            before = row.shown.first().clone();
            if let Some(slot) = rows.get_mut(place) {
                *slot = Some(row);
            }
        }
        if let Some(element) = focus.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            give_back(&element);
        }
        rows
    }

    fn row(&mut self, place: usize, key: Box<dyn Key>, owner: &Owner, parent: &Node, before: &Node) -> Row {
        let owner = owner.child();
        let shown = owner.with(|| Shown::begin((self.make)(place), parent, Some(before)));
        Row { key, owner, shown }
    }
}

/// A row that was moved has lost the focus.
fn give_back(element: &HtmlElement) {
    let now = document().active_element();
    if element.is_connected() && now.as_ref() != Some(element) {
        let options = FocusOptions::new();
        options.set_prevent_scroll(true);
        let _ = element.focus_with_options(&options);
    }
}

/// Where each key stood before.
fn places(keys: &[Box<dyn Key>], old: &[Option<Row>]) -> Vec<Option<usize>> {
    let mut next = 0;
    let is = |place: usize, key: &dyn Key| {
        old.get(place).and_then(Option::as_ref).is_some_and(|row| row.key.as_ref().is(key))
    };
    let place = |key: &dyn Key| {
        // Mostly the one after the last one that was found.
        let place = if is(next, key) { Some(next) } else { (0..old.len()).find(|place| is(*place, key)) };
        next = place.map_or(next, |place| place + 1);
        place
    };
    keys.iter().map(Box::as_ref).map(place).collect()
}

/// The most of the old places that stand in rising order: these rows need not be moved.
fn longest_rising(places: &[Option<usize>]) -> Vec<usize> {
    // For each length: the smallest place that a rising row of it ends in, and of each place the one before.
    let mut ends: Vec<usize> = Vec::new();
    let most = places.iter().flatten().max().map_or(0, |most| most + 1);
    let mut earlier = vec![None; most];
    for &place in places.iter().flatten() {
        let length = ends.partition_point(|end| *end < place);
        if let Some(slot) = earlier.get_mut(place) {
            *slot = length.checked_sub(1).and_then(|length| ends.get(length).copied());
        }
        match ends.get_mut(length) {
            Some(end) => *end = place,
            None => ends.push(place),
        }
    }
    let mut rising = Vec::new();
    let mut next = ends.last().copied();
    while let Some(place) = next {
        rising.push(place);
        next = earlier.get(place).copied().flatten();
    }
    rising.reverse();
    rising
}

fn move_before(first: &Node, last: &Node, parent: &Node, before: &Node) {
    let mut here = Some(first.clone());
    while let Some(node) = here {
        here = node.next_sibling().filter(|_| node != *last);
        put(&node, parent, Some(before));
    }
}

#[cfg(test)]
mod tests {
    use super::longest_rising;

    #[test]
    fn few_rows_are_moved() {
        let rising = |places: &[usize]| longest_rising(&places.iter().copied().map(Some).collect::<Vec<_>>());
        assert_eq!(rising(&[]), [0_usize; 0]);
        assert_eq!(rising(&[0, 1, 2, 3]), [0, 1, 2, 3]);
        assert_eq!(rising(&[3, 0, 1, 2]), [0, 1, 2], "the last one became the first");
        assert_eq!(rising(&[1, 2, 3, 0]), [1, 2, 3], "the first one became the last");
        assert_eq!(longest_rising(&[None, Some(2), None, Some(5), Some(1)]), [2, 5], "between new ones");
    }
}

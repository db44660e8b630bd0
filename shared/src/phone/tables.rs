//! What a transaction on the phone's store means, as a pure model: every store is held to it.

use super::store::{Entry, NEXT_SEQ, Snapshot, Table, Write, counter, numbered, unnumbered};
use std::collections::BTreeMap;

/// The tables of one database.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tables {
    rows: BTreeMap<Table, BTreeMap<String, Vec<u8>>>,
}

/// What takes one transaction back: the values that it replaced, in the order of its writes.
#[derive(Debug, Clone, Default)]
pub struct Undo(Vec<(Table, String, Option<Vec<u8>>)>);

/// Why nothing of a transaction was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unkept {
    /// The stored counter is no number.
    Damaged,
    /// The condition of [`Write::Only`] does not hold.
    Overtaken,
}

impl Tables {
    /// Carries out all writes or none of them. The seqs that the appends got, in order, and what
    /// would take it all back.
    ///
    /// # Errors
    /// The counter that an append needs is no number, or a condition does not hold.
    pub fn commit(&mut self, writes: &[Write]) -> Result<(Vec<u64>, Undo), Unkept> {
        let mut undo = Undo::default();
        let mut seqs = Vec::new();
        for write in writes {
            match self.apply(write, &mut undo) {
                Ok(seq) => seqs.extend(seq),
                Err(why) => {
                    self.revert(undo);
                    return Err(why);
                }
            }
        }
        Ok((seqs, undo))
    }

    /// Takes a transaction back, the latest first.
    pub fn revert(&mut self, undo: Undo) {
        for (table, key, before) in undo.0.into_iter().rev() {
            let rows = self.rows.entry(table).or_default();
            match before {
                Some(value) => rows.insert(key, value),
                None => rows.remove(&key),
            };
        }
    }

    /// One table in the order of its keys.
    pub fn of(&self, table: Table) -> impl Iterator<Item = (&String, &Vec<u8>)> {
        self.rows.get(&table).into_iter().flatten()
    }

    /// These tables as they are now.
    #[must_use]
    pub fn snapshot(&self, tables: &[Table]) -> Snapshot {
        let entries = |table| -> Vec<Entry> {
            self.of(table).map(|(key, value)| (key.clone(), value.clone())).collect()
        };
        Snapshot { tables: tables.iter().map(|table| (*table, entries(*table))).collect() }
    }

    fn set(&mut self, table: Table, key: String, value: Option<Vec<u8>>, undo: &mut Undo) {
        let rows = self.rows.entry(table).or_default();
        let before = match value {
            Some(value) => rows.insert(key.clone(), value),
            None => rows.remove(&key),
        };
        undo.0.push((table, key, before));
    }

    /// One value.
    #[must_use]
    pub fn get(&self, table: Table, key: &str) -> Option<&[u8]> {
        self.rows.get(&table)?.get(key).map(Vec::as_slice)
    }

    fn apply(&mut self, write: &Write, undo: &mut Undo) -> Result<Option<u64>, Unkept> {
        match write {
            Write::Put { table, key, value } => self.set(*table, key.clone(), Some(value.clone()), undo),
            Write::Delete { table, key } => self.set(*table, key.clone(), None, undo),
            Write::DeletePrefix { table, prefix } => {
                let all = self.of(*table).map(|(key, _)| key);
                let gone: Vec<String> = all.filter(|key| key.starts_with(prefix)).cloned().collect();
                gone.into_iter().for_each(|key| self.set(*table, key, None, undo));
            }
            Write::Append { key, value } => return self.append(key, value, undo).map(Some),
            Write::Renumber => self.renumber(undo),
            Write::Only { key, value } => {
                if self.get(Table::Meta, key) != Some(value) {
                    return Err(Unkept::Overtaken);
                }
            }
        }
        Ok(None)
    }

    fn append(&mut self, key: &str, value: &[u8], undo: &mut Undo) -> Result<u64, Unkept> {
        if let Some((seq, _)) = self.get(Table::Outbox, key).and_then(unnumbered) {
            return Ok(seq);
        }
        let seq = counter(self.get(Table::Meta, NEXT_SEQ)).ok_or(Unkept::Damaged)?;
        self.set_counter(seq + 1, undo);
        self.set(Table::Outbox, key.to_owned(), Some(numbered(seq, value)), undo);
        Ok(seq)
    }

    fn renumber(&mut self, undo: &mut Undo) {
        let all = self.of(Table::Outbox);
        let mut waiting: Vec<(u64, String, Vec<u8>)> = all
            .map(|(key, stored)| match unnumbered(stored) {
                Some((seq, value)) => (seq, key.clone(), value.to_vec()),
                None => (u64::MAX, key.clone(), stored.clone()),
            })
            .collect();
        waiting.sort_unstable();
        let mut next = 1;
        for (_, key, value) in waiting {
            self.set(Table::Outbox, key, Some(numbered(next, &value)), undo);
            next += 1;
        }
        self.set_counter(next, undo);
    }

    fn set_counter(&mut self, next: u64, undo: &mut Undo) {
        self.set(Table::Meta, NEXT_SEQ.to_owned(), Some(next.to_string().into_bytes()), undo);
    }
}

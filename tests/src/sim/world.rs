//! Virtual time, and what happens in it: one queue of happenings, taken in order of time. Nothing
//! in here knows the machine's clock or its chance, so a seed always gives the same history.

use super::device::{Device, Tab};
use super::oracle::Oracle;
use super::plan::{Fault, Plan};
use super::reached::Reached;
use super::server::{Copy, Server};
use super::template::MORNING_MS;
use fastrand::Rng;
use shared::id::SessionId;
use shared::phone::{Answer, Call, Event, Write};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A broken promise, by the name of the invariant.
#[derive(Debug, Clone)]
pub struct Broken {
    /// Which.
    pub name: &'static str,
    /// How.
    pub detail: String,
}

/// What can happen at a moment.
#[derive(Debug)]
pub(super) enum Happening {
    /// Somebody does something; in a queue, on the same phone as before, and so many times more.
    Act { queue: Option<(usize, u32)> },
    /// A planned fault.
    Fault(Fault),
    /// A tab is opened.
    Open { device: usize, account: usize, background: bool },
    /// The store of a tab carries out its next job.
    Job { device: usize, tab: u64 },
    /// A tab hears of what its store did, or of what another tab did.
    Tell { device: usize, tab: u64, event: Box<Event>, job: bool },
    /// A transaction that was called complete too early is really carried out.
    Late { device: usize, tab: u64, writes: Vec<Write> },
    /// The time of a plan to wake.
    Wake { device: usize, tab: u64, plan: u64 },
    /// A request reaches the server.
    Arrive { device: usize, tab: u64, call: Call, request: Box<Request>, end: Fate },
    /// An answer reaches the phone.
    Reply { device: usize, tab: u64, call: Call, answer: Option<Box<Answer>> },
    /// A call was not answered in time.
    Timeout { device: usize, tab: u64, call: Call },
    /// A tab is killed while its store works.
    Kill { device: usize, tab: u64 },
    /// The server starts again.
    Up,
    /// Somebody who signed out leaves the phone.
    Leave { device: usize, tab: u64, account: usize },
    /// Somebody takes a phone and logs in.
    Enter { device: usize, account: usize },
}

/// A request on its way.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) path: &'static str,
    pub(super) bearer: String,
    pub(super) body: Vec<u8>,
    /// Server seqs that were set aside for it when it came in (a planted defect).
    pub(super) number: u64,
}

/// What becomes of a request at the server and on the way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Clear,
    ReplyLost,
    Late,
    Cut,
    Portal(u16),
    Refused(u16),
    Shuffled,
    LeftOut,
    Again,
    Newer,
    OtherBatch,
    CrashBefore,
    CrashAfter,
}

pub(super) struct World {
    pub(super) rng: Rng,
    pub(super) plan: Plan,
    /// True time, ms.
    pub(super) now_ms: i64,
    queue: BinaryHeap<Reverse<(i64, u64, usize)>>,
    happenings: Vec<Option<Happening>>,
    count: u64,
    pub(super) server: Server,
    pub(super) copies: Vec<Copy>,
    pub(super) devices: Vec<Device>,
    pub(super) sessions: Vec<(SessionId, usize)>,
    pub(super) oracle: Oracle,
    pub(super) reached: Reached,
    pub(super) broken: Option<Broken>,
    pub(super) next_tab: u64,
    pub(super) next_id: u64,
    pub(super) faults: usize,
    /// People have gone home, and nothing goes wrong any more.
    pub(super) calm: bool,
    /// The data were put back without another life.
    pub(super) put_back: bool,
    /// A backup was restored.
    pub(super) restored: bool,
    /// A profile was copied.
    pub(super) cloned: bool,
    /// Pulls do not get through.
    pub(super) pulls_cut: bool,
    trace: Option<Vec<String>>,
    hash: u64,
}

impl World {
    pub(super) fn new(rng: Rng, plan: Plan, server: Server, trace: bool) -> Self {
        Self {
            rng,
            plan,
            now_ms: MORNING_MS,
            queue: BinaryHeap::new(),
            happenings: Vec::new(),
            count: 0,
            server,
            copies: Vec::new(),
            devices: Vec::new(),
            sessions: Vec::new(),
            oracle: Oracle::default(),
            reached: Reached::default(),
            broken: None,
            next_tab: 0,
            next_id: 0,
            faults: 0,
            calm: false,
            put_back: false,
            restored: false,
            cloned: false,
            pulls_cut: false,
            trace: trace.then(Vec::new),
            hash: 0xcbf2_9ce4_8422_2325,
        }
    }

    /// Something happens after so many milliseconds.
    pub(super) fn plan(&mut self, after_ms: i64, happening: Happening) {
        self.count += 1;
        self.happenings.push(Some(happening));
        let place = self.happenings.len() - 1;
        self.queue.push(Reverse((self.now_ms.saturating_add(after_ms.max(0)), self.count, place)));
    }

    /// Goes on until this time, or until something is broken.
    pub(super) fn run_until(&mut self, end_ms: i64) {
        while self.broken.is_none() {
            let Some(Reverse((at_ms, _, place))) = self.queue.peek().copied() else { break };
            if at_ms > end_ms {
                break;
            }
            self.queue.pop();
            self.now_ms = self.now_ms.max(at_ms);
            if let Some(happening) = self.happenings[place].take() {
                self.happen(happening);
            }
        }
        self.now_ms = self.now_ms.max(end_ms);
    }

    fn happen(&mut self, happening: Happening) {
        self.mix(self.now_ms.unsigned_abs());
        match happening {
            Happening::Act { queue } => self.act(queue),
            Happening::Fault(fault) => self.fault(fault),
            Happening::Open { device, account, background } => self.open(device, account, background),
            Happening::Job { device, tab } => self.job(device, tab),
            Happening::Tell { device, tab, event, job } => self.tell(device, tab, *event, job),
            Happening::Late { device, tab, writes } => self.late(device, tab, &writes),
            Happening::Wake { device, tab, plan } => self.wake(device, tab, plan),
            Happening::Arrive { device, tab, call, request, end } => {
                self.arrive(device, tab, call, &request, end);
            }
            Happening::Reply { device, tab, call, answer } => self.reply(device, tab, call, answer),
            Happening::Timeout { device, tab, call } => self.timeout(device, tab, call),
            Happening::Kill { device, tab } => self.kill_tab(device, tab, false),
            Happening::Up => self.server.up = true,
            Happening::Leave { device, tab, account } => self.leave(device, tab, account),
            Happening::Enter { device, account } => self.enter(device, account),
        }
    }

    /// Says that a promise is broken; the first one counts.
    pub(super) fn breaks(&mut self, name: &'static str, detail: impl FnOnce() -> String) {
        if self.broken.is_none() {
            self.broken = Some(Broken { name, detail: detail() });
        }
    }

    /// Writes a line of history, where somebody wants to read it.
    pub(super) fn note(&mut self, line: impl FnOnce(&Self) -> String) {
        if self.trace.is_some() {
            let text = format!("{:>9} {}", self.now_ms - MORNING_MS, line(self));
            if let Some(trace) = &mut self.trace {
                trace.push(text);
            }
        }
    }

    /// A number that depends on everything that happened.
    pub(super) fn mix(&mut self, value: u64) {
        self.hash = (self.hash ^ value).wrapping_mul(0x0100_0000_01b3);
    }

    pub(super) const fn hash(&self) -> u64 {
        self.hash
    }

    pub(super) fn take_trace(&mut self) -> Vec<String> {
        self.trace.take().unwrap_or_default()
    }

    /// A phone's clock, ms.
    pub(super) fn clock(&self, device: usize) -> i64 {
        self.devices[device].clock(self.now_ms, self.now_ms - MORNING_MS)
    }

    pub(super) fn tab(&mut self, device: usize, generation: u64) -> Option<&mut Tab> {
        self.devices[device].tab(generation)
    }

    /// Sixteen thrown bytes.
    pub(super) fn dice(&mut self) -> [u8; 16] {
        self.rng.u128(..).to_le_bytes()
    }
}

//! Brings what several threads produce back into evidence order, in bounded memory.
//!
//! Workers [`Reorder::push`] items of numbered parts; the reader of the [`Ordered`] iterator gets
//! them by part. Items of the lowest unfinished part go straight through; those of later parts
//! wait here, and when too much waits, their workers are held back. The lowest part is never held
//! back by other parts, only by the reader, so that there is always progress.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes that may wait for earlier parts before workers are held back.
const MAX_HELD: usize = 64 << 20;
/// Items on the way to the reader before the worker of the lowest part is held back.
const CHANNEL: usize = 4;

/// Where workers put their items.
pub(crate) struct Reorder<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
    stopped: AtomicBool,
    max_held: usize,
}

struct State<T> {
    /// The lowest unfinished part.
    next: u64,
    waiting: BTreeMap<u64, Waiting<T>>,
    held: usize,
    /// Gone once everything has been put in.
    sender: Option<SyncSender<T>>,
    /// What comes last, in the place of everything that has not gone yet.
    last_word: Option<T>,
}

struct Waiting<T> {
    items: Vec<T>,
    bytes: usize,
    done: bool,
}

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        Waiting { items: Vec::new(), bytes: 0, done: false }
    }
}

/// The items in order. Dropping it stops the workers.
pub(crate) struct Ordered<T> {
    receiver: Option<Receiver<T>>,
    reorder: Arc<Reorder<T>>,
}

/// Both ends.
pub(crate) fn reorder<T>() -> (Arc<Reorder<T>>, Ordered<T>) {
    with_room(MAX_HELD)
}

fn with_room<T>(max_held: usize) -> (Arc<Reorder<T>>, Ordered<T>) {
    let (sender, receiver) = sync_channel(CHANNEL);
    let reorder = Arc::new(Reorder {
        state: Mutex::new(State {
            next: 0,
            waiting: BTreeMap::new(),
            held: 0,
            sender: Some(sender),
            last_word: None,
        }),
        changed: Condvar::new(),
        stopped: AtomicBool::new(false),
        max_held,
    });
    (Arc::clone(&reorder), Ordered { receiver: Some(receiver), reorder })
}

impl<T> Reorder<T> {
    /// Does nobody want more?
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Ends everything with this item, in no order with what else is on its way.
    pub(crate) fn abort(&self, last_word: T) {
        self.lock().last_word.get_or_insert(last_word);
        self.stop();
    }

    /// Wants no more: workers that wait go on and are told to break.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        // Under the lock, so that no worker is between its test and its wait.
        let _state = self.lock();
        self.changed.notify_all();
    }

    /// Puts in an item of a part; blocks while there is no room. Breaks once nobody wants more.
    pub(crate) fn push(&self, part: u64, item: T, bytes: usize) -> ControlFlow<()> {
        let mut state = self.lock();
        loop {
            if self.is_stopped() {
                return ControlFlow::Break(());
            }
            if part <= state.next {
                let sender = state.sender.clone();
                drop(state);
                return self.send(sender.as_ref(), item);
            }
            if state.held == 0 || state.held.saturating_add(bytes) <= self.max_held {
                let waiting = state.waiting.entry(part).or_default();
                waiting.items.push(item);
                waiting.bytes += bytes;
                state.held += bytes;
                return ControlFlow::Continue(());
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Marks a part as finished and lets the parts go that waited for it.
    pub(crate) fn part_done(&self, part: u64) -> ControlFlow<()> {
        let mut state = self.lock();
        if part > state.next {
            state.waiting.entry(part).or_default().done = true;
        } else if part == state.next {
            loop {
                state.next += 1;
                let next = state.next;
                let Some(waiting) = state.waiting.remove(&next) else { break };
                state.held -= waiting.bytes;
                // The lock is kept: the worker of this part must not overtake its earlier items.
                // The reader takes no lock before it has let go of the channel.
                for item in waiting.items {
                    self.send(state.sender.as_ref(), item)?;
                }
                if !waiting.done {
                    break;
                }
            }
            self.changed.notify_all();
        }
        if self.is_stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Begins anew with part 0, before anything has been put in.
    pub(crate) fn restart(&self) {
        let mut state = self.lock();
        state.next = 0;
        state.waiting.clear();
        state.held = 0;
    }

    /// Lets everything go that still waits, and ends the items.
    pub(crate) fn finish(&self) {
        let mut state = self.lock();
        state.held = 0;
        let sender = state.sender.take();
        let waiting = std::mem::take(&mut state.waiting);
        let last_word = state.last_word.take();
        drop(state);
        if let Some(last_word) = last_word {
            // Whether anybody still listens does not matter.
            let _ = self.send(sender.as_ref(), last_word);
            return;
        }
        for item in waiting.into_values().flat_map(|w| w.items) {
            if self.send(sender.as_ref(), item).is_break() {
                break;
            }
        }
    }

    fn send(&self, sender: Option<&SyncSender<T>>, item: T) -> ControlFlow<()> {
        if sender.is_some_and(|s| s.send(item).is_ok()) {
            ControlFlow::Continue(())
        } else {
            self.stopped.store(true, Ordering::Relaxed);
            ControlFlow::Break(())
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Iterator for Ordered<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.receiver.as_ref()?.recv().ok()
    }
}

impl<T> Drop for Ordered<T> {
    fn drop(&mut self) {
        // First the channel: a worker may be blocked in it with the lock in its hands.
        drop(self.receiver.take());
        self.reorder.stop();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread;

    use super::{reorder, with_room};

    #[test]
    fn items_come_by_part_whoever_is_first() {
        for room in [1, 1 << 20] {
            let (input, output) = with_room(room);
            let parts = AtomicU64::new(0);
            let seen: Vec<(u64, u64)> = thread::scope(|scope| {
                let workers: Vec<_> = (0..4)
                    .map(|_| {
                        scope.spawn(|| {
                            loop {
                                let part = parts.fetch_add(1, Ordering::Relaxed);
                                if part >= 50 {
                                    break;
                                }
                                // Later parts have less to do and would come first.
                                for item in 0..(50 - part) {
                                    assert!(input.push(part, (part, item), 1).is_continue());
                                }
                                assert!(input.part_done(part).is_continue());
                            }
                        })
                    })
                    .collect();
                scope.spawn(|| {
                    for worker in workers {
                        worker.join().expect("workers do not panic");
                    }
                    input.finish();
                });
                output.collect()
            });
            let expected: Vec<_> =
                (0..50).flat_map(|part| (0..(50 - part)).map(move |item| (part, item))).collect();
            assert_eq!(seen, expected);
        }
    }

    #[test]
    fn a_reader_that_leaves_stops_workers() {
        let (input, mut output) = reorder();
        thread::scope(|scope| {
            let worker = scope.spawn(|| {
                let mut pushed = 0u64;
                while input.push(0, pushed, 1).is_continue() {
                    pushed += 1;
                }
            });
            assert_eq!(output.next(), Some(0));
            drop(output);
            worker.join().expect("the worker ends");
        });
        assert!(input.is_stopped());
    }

    #[test]
    fn a_last_word_frees_workers_that_wait() {
        let (input, output) = with_room(1);
        thread::scope(|scope| {
            let worker = scope.spawn(|| {
                // Waits for part 0 to end, which it never does.
                while input.push(1, "late", 5).is_continue() {}
            });
            input.abort("over");
            worker.join().expect("the worker ends");
            input.finish();
        });
        assert_eq!(output.collect::<Vec<_>>(), ["over"]);
    }

    #[test]
    fn a_part_without_end_is_still_let_go() {
        let (input, output) = reorder();
        assert!(input.push(1, "b", 1).is_continue());
        input.finish();
        assert_eq!(output.collect::<Vec<_>>(), ["b"]);
    }
}

//! The journal on its way to the disk, and what waits for it.
//!
//! One commit is under way at a time, and the walk goes on meanwhile: what ends is taken in, what needs no intent begins, and
//! what is to be recorded next gathers. A call that another process has to know of begins once its intent is on the disk.
//! What was recorded earlier is on the disk then, too, since commits keep their order.

use std::future::Future;
use std::pin::Pin;

use super::*;
use crate::guard::Moment;

/// While so many changes wait for the disk, nothing new begins: what is not on the disk has to be found out about after a
/// crash, and is held in memory.
const FULL: usize = 1024;

type Written = (Moment, Result<u64, StoreError>);

/// The commit that is under way, and the tasks before, in and after it.
#[derive(Default)]
pub(super) struct Recording<'r> {
    commit: Option<Pin<Box<dyn Future<Output = Written> + Send + 'r>>>,
    /// Their intents are in the journal.
    prepared: Vec<Task>,
    /// Their intents are in the commit.
    announcing: Vec<Task>,
    /// Nothing is to be written before them any more; they wait for room.
    announced: Vec<Task>,
}

impl Recording<'_> {
    pub(super) fn is_under_way(&self) -> bool {
        self.commit.is_some()
    }

    /// Waits for the end of the commit that is under way; for ever where there is none.
    pub(super) async fn written(&mut self) -> Written {
        match &mut self.commit {
            Some(commit) => commit.await,
            None => std::future::pending().await,
        }
    }
}

impl Applier<'_> {
    /// Whether anything may begin now.
    pub(super) fn may_begin(&self) -> bool {
        !self.stopping && !self.store_failed && self.journal.len() < FULL
    }

    /// What is to be started as soon as what it needs is recorded and there is room.
    pub(super) fn enqueue(&mut self, task: Task) {
        if task.goes_on() {
            self.queue.resumed(task.node());
        } else {
            self.queue.prepared(task.node());
        }
        let is_announced = match &task {
            Task::Call(op) => (self.pending.get(&op.change)).is_some_and(|p| p.journalled),
            // That its object is half made is recorded before it runs.
            Task::Provision(_) => true,
        };
        if is_announced {
            self.recording.prepared.push(task);
        } else {
            self.recording.announced.push(task);
        }
    }

    /// Begins to write the journal, unless a commit is under way.
    pub(super) fn record(&mut self) {
        let r = &mut self.recording;
        if r.is_under_way() || self.store_failed {
            return;
        }
        if self.journal.is_empty() {
            r.announced.append(&mut r.prepared);
            return;
        }
        r.announcing = std::mem::take(&mut r.prepared);
        let changes = std::mem::take(&mut self.journal);
        tracing::debug!(changes = changes.len(), "recording");
        let (store, lease) = (&self.runner.store, self.lease);
        r.commit = Some(Box::pin(async move {
            let began = Guard::before_write();
            (began, store.commit(lease, changes).await)
        }));
    }

    /// Takes in that the commit ended. Where it failed nothing new may start.
    pub(super) fn recorded(&mut self, (began, written): Written) {
        let r = &mut self.recording;
        r.commit = None;
        match written {
            Ok(_) => {
                r.announced.append(&mut r.announcing);
                self.guard.wrote(began);
            }
            Err(e) => self.fail_store(&e),
        }
    }

    /// Writes the whole journal. False where that failed.
    pub(super) async fn write(&mut self) -> bool {
        loop {
            self.record();
            if !self.recording.is_under_way() {
                return !self.store_failed;
            }
            let written = self.recording.written().await;
            self.recorded(written);
        }
    }

    /// Starts what waits for nothing but room, the most urgent first.
    pub(super) fn start_announced(&mut self) {
        if self.store_failed {
            self.recording = Recording::default();
            return;
        }
        if self.stopping {
            let r = &mut self.recording;
            let tasks = r.announced.drain(..).chain(r.prepared.drain(..));
            let (going_on, fresh): (Vec<_>, Vec<_>) = tasks.partition(Task::goes_on);
            self.recording.announced = going_on;
            fresh.into_iter().for_each(|t| self.take_back(&t));
        }
        let mut waiting = std::mem::take(&mut self.recording.announced);
        waiting.sort_by_key(|t| std::cmp::Reverse(self.queue.rank(t.node())));
        for task in waiting {
            // One that goes on has its place.
            if task.goes_on() || self.queue.begin(task.node()) {
                self.start(task);
            } else {
                self.recording.announced.push(task);
            }
        }
    }

    /// Takes back everything that has not begun.
    pub(super) fn take_all_back(&mut self) {
        let r = &mut self.recording;
        let lists = [&mut r.prepared, &mut r.announcing, &mut r.announced];
        let tasks: Vec<Task> = lists.into_iter().flat_map(std::mem::take).collect();
        for task in tasks.iter().filter(|t| !t.goes_on()) {
            self.take_back(task);
        }
    }

    /// An operation that was recorded is not begun after all: nothing was called under its token.
    fn take_back(&mut self, task: &Task) {
        self.queue.taken_back(task.node());
        let Some(p) = self.pending.remove(&task.change()) else {
            return;
        };
        self.put_back(task.change(), &p);
        if let (Task::Call(op), true) = (task, p.journalled) {
            self.journal.push(Change::Outcome {
                operation: op.cx.operation.clone(),
                outcome: Outcome::Absent,
                error: Some("The run ended before the call.".to_owned()),
            });
        }
    }
}

//! What listens to a run: lines on a terminal that are redrawn, plain lines elsewhere, or a stream of JSON. All keep
//! what failed and what was skipped for the end.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use cloudapp_engine::address::Address;
use cloudapp_engine::event::{Event, Observer};
use cloudapp_engine::plan::Action;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::render::palette::Palette;
use crate::render::progress;
use crate::render::summary::{Failed, MissingOutput, Outcome, Skipped};
use crate::{stream, ui};

/// How often an operation that goes on says so, where lines cannot be redrawn.
const STILL: Duration = Duration::from_secs(10);

/// How a listener shows what it hears.
#[derive(Clone)]
enum Show {
    Lines(Palette),
    Bars(Palette, MultiProgress),
    Stream,
}

/// An operation in flight.
struct Running {
    action: Action,
    since: Instant,
    /// How often it has been said that it goes on.
    said: u32,
    bar: Option<ProgressBar>,
}

#[derive(Default)]
struct Heard {
    running: HashMap<Address, Running>,
    outcome: Outcome,
    refreshing: Option<ProgressBar>,
}

/// Listens to one run.
pub(crate) struct Listener {
    show: Show,
    heard: Arc<Mutex<Heard>>,
    stopping: AtomicBool,
    cancelling: AtomicBool,
    ticker: Mutex<Option<Ticker>>,
}

/// The thread that says what goes on. Ends when this is dropped.
struct Ticker {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A listener that panicked elsewhere left nothing half done that matters here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Listener {
    pub(crate) fn new(ui: &ui::Ui) -> Self {
        let show = if ui.stream.is_some() {
            Show::Stream
        } else if ui::can_redraw() {
            Show::Bars(ui.palette, MultiProgress::new())
        } else {
            Show::Lines(ui.palette)
        };
        Self {
            show,
            heard: Arc::default(),
            stopping: AtomicBool::new(false),
            cancelling: AtomicBool::new(false),
            ticker: Mutex::new(None),
        }
    }

    /// What failed and what was skipped so far; takes what is drawn off the screen.
    pub(crate) fn finish(&self) -> Outcome {
        lock(&self.ticker).take();
        let mut heard = lock(&self.heard);
        heard.running.clear();
        if let Some(bar) = heard.refreshing.take() {
            bar.finish_and_clear();
        }
        std::mem::take(&mut heard.outcome)
    }

    fn write(&self, event: &Event<'_>) {
        match &self.show {
            Show::Stream => {
                if let Some(message) = stream::event(event) {
                    stream::Stream.send(message);
                }
            }
            Show::Lines(palette) => {
                if let Some(line) = progress::line(event, *palette) {
                    ui::out(&(line + "\n"));
                }
            }
            Show::Bars(palette, bars) => {
                // What begins is drawn as a bar; only what ends stays on the screen.
                if !matches!(event, Event::OperationStarted { .. })
                    && let Some(line) = progress::line(event, *palette)
                {
                    let _ = bars.println(line);
                }
            }
        }
    }

    fn started(&self, address: &Address, action: Action) {
        let bar = match &self.show {
            Show::Bars(palette, bars) => {
                let bar = bars.add(spinner());
                bar.set_message(format!(
                    "{}: {}",
                    palette.bold(&address.to_string()),
                    progress::words(action).0
                ));
                bar.enable_steady_tick(Duration::from_millis(120));
                Some(bar)
            }
            Show::Lines(_) | Show::Stream => {
                lock(&self.ticker)
                    .get_or_insert_with(|| ticker(self.show.clone(), self.heard.clone()));
                None
            }
        };
        let running = Running {
            action,
            since: Instant::now(),
            said: 0,
            bar,
        };
        lock(&self.heard).running.insert(address.clone(), running);
    }

    fn ended(&self, address: &Address) {
        if let Some(Running { bar: Some(bar), .. }) = lock(&self.heard).running.remove(address) {
            bar.finish_and_clear();
        }
    }

    fn refreshed(&self) {
        let Show::Bars(_, bars) = &self.show else {
            return;
        };
        let mut heard = lock(&self.heard);
        let bar = heard.refreshing.get_or_insert_with(|| {
            let bar = bars.add(spinner());
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        bar.inc(1);
        bar.set_message(format!("Reading what exists: {}", bar.position()));
    }
}

fn spinner() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})");
    ProgressBar::new_spinner()
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}

fn ticker(show: Show, heard: Arc<Mutex<Heard>>) -> Ticker {
    let (stop, stopped) = channel();
    let thread = std::thread::Builder::new()
        .name("progress".to_owned())
        .spawn(move || {
            while stopped.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
                let mut heard = lock(&heard);
                for (address, running) in &mut heard.running {
                    let elapsed = running.since.elapsed();
                    if elapsed >= STILL * (running.said + 1) {
                        running.said += 1;
                        say_still(&show, address, running.action, elapsed);
                    }
                }
            }
        });
    Ticker {
        stop: Some(stop),
        thread: thread.ok(),
    }
}

fn say_still(show: &Show, address: &Address, action: Action, elapsed: Duration) {
    match show {
        Show::Lines(palette) => {
            ui::out(&(progress::still(&address.to_string(), action, elapsed, *palette) + "\n"))
        }
        Show::Stream => stream::Stream.send(stream::still(address, action, elapsed)),
        Show::Bars(..) => {}
    }
}

impl Observer for Listener {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::OperationStarted {
                address, action, ..
            } => self.started(address, *action),
            Event::OperationFinished { address, .. } | Event::OperationAbandoned { address } => {
                self.ended(address);
            }
            Event::RefreshFinished { .. } => self.refreshed(),
            Event::OperationFailed {
                address,
                action,
                elapsed,
                error,
            } => {
                self.ended(address);
                lock(&self.heard).outcome.failed.push(Failed {
                    address: address.to_string(),
                    action: *action,
                    elapsed: *elapsed,
                    error: (*error).to_owned(),
                });
            }
            Event::OperationSkipped {
                address, because, ..
            } => {
                lock(&self.heard).outcome.skipped.push(Skipped {
                    address: address.to_string(),
                    because: (*because).to_owned(),
                });
            }
            Event::OutputSkipped {
                name,
                because,
                kept,
            } => {
                lock(&self.heard).outcome.outputs.push(MissingOutput {
                    name: (*name).to_owned(),
                    because: because.to_vec(),
                    kept: *kept,
                });
            }
            // The engine and the signal handler may both say so.
            Event::Stopping if self.stopping.swap(true, Ordering::Relaxed) => return,
            Event::Cancelling if self.cancelling.swap(true, Ordering::Relaxed) => return,
            _ => {}
        }
        self.write(event);
    }
}

//! In which order operations begin where they cannot all begin at once.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests say what they expect"
)]

mod support;

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cloudapp_engine::Providers;
use cloudapp_engine::event::{Event, Observer};
use cloudapp_engine::provider::CallKind;
use cloudapp_engine::run::{Interrupt, PlanOptions, Runner};
use cloudapp_engine::store::{Change, DurationRow, Lease, Store};
use cloudapp_providers::{MockCloud, MockConfig};
use cloudapp_state::SqliteStore;
use support::configuration;

/// The types of what began, in order.
#[derive(Default)]
struct Begun(Mutex<Vec<String>>);

impl Observer for Begun {
    fn event(&self, event: &Event<'_>) {
        if let Event::OperationStarted { address, .. } = event {
            let kind = address.resource.kind.to_string();
            self.0.lock().unwrap().push(kind);
        }
    }
}

/// Makes a stack, one operation at a time, where a cloud takes 50 ms for each and all else no time. The types of what began.
async fn order(stack: &str, store: &Arc<SqliteStore>, lease: &Lease) -> Vec<String> {
    let config = serde_json::json!({"latency_ms": {"create": [50, 50]}});
    let config: MockConfig = serde_json::from_value(config).unwrap();
    let options = cloudapp_providers::Options {
        cloud: Arc::new(MockCloud::open(None, config).unwrap()),
        base_properties: false,
        random_seed: None,
    };
    let providers = Providers::new(cloudapp_providers::registry(&options));
    let begun = Arc::new(Begun::default());
    let runner = Runner {
        configuration: configuration(stack, &providers),
        providers,
        store: store.clone(),
        observer: begun.clone(),
        parallelism: 1,
        interrupt: Interrupt::default(),
        base_dir: ".".into(),
        workspace: "default".to_owned(),
    };
    let (plan, found) = runner.plan(&PlanOptions::default()).await;
    assert!(!found.has_errors(), "{found:?}");
    let (_, found) = runner.apply(lease, &plan.unwrap()).await;
    assert!(!found.has_errors(), "{found:?}");
    let begun = begun.0.lock().unwrap();
    begun.clone()
}

#[tokio::test]
async fn a_first_run_learns_what_takes_long_and_begins_it_earlier() {
    let mut stack = String::new();
    for i in 0..12 {
        writeln!(stack, "resource \"null_resource\" \"r{i}\" {{}}").unwrap();
        let cloud = "resource \"tencentcloud_security_group\"";
        writeln!(stack, "{cloud} \"r{i}\" {{\n  name = \"r{i}\"\n}}").unwrap();
    }
    let store = Arc::new(SqliteStore::open_in_memory().unwrap());
    let lease = store.lock("test", Duration::ZERO).await.unwrap();
    let begun = order(&stack, &store, &lease).await;
    assert_eq!(begun.len(), 24);
    let is_slow = |kind: &&String| kind.starts_with("tencentcloud");
    let first = begun[..8].iter().filter(is_slow).count();
    assert!(first < 8, "nothing is known: {begun:?}");
    let left = 12 - first;
    let next = &begun[8..8 + left];
    assert!(next.iter().all(|kind| is_slow(&kind)), "{begun:?}");
}

#[tokio::test]
async fn a_store_mixes_what_was_learned_as_a_run_does() {
    let row = |mean_us, samples| DurationRow {
        type_name: "a".to_owned(),
        kind: CallKind::Create,
        mean_us,
        samples,
    };
    let store = SqliteStore::open_in_memory().unwrap();
    let lease = store.lock("test", Duration::ZERO).await.unwrap();
    let mut known = row(0, 0);
    for (mean_us, samples) in [(100, 3), (205, 4), (1000, 500), (10, 20), (0, 1)] {
        known.mean_us = known.mean_with(mean_us, samples);
        known.samples = DurationRow::REMEMBERED.min(known.samples + samples);
        let learned = vec![Change::Learned(row(mean_us, samples))];
        store.commit(&lease, learned).await.unwrap();
        assert_eq!(store.durations().await.unwrap(), [known.clone()]);
    }
}

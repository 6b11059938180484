//! How close an apply comes to the shortest time in which its operations can be done.
//!
//! `cargo bench -p cloudapp --bench makespan`. Random graphs of resources whose creation takes a time that is log-normally
//! distributed around what is usual for their type, 0.1 to 3 s, made five times shorter; really waited for, and recorded in
//! a state on the disk. The bound is max(longest way, all work / limit). The first apply knows nothing of the types; the
//! second has learned from it. How to read it: docs/benchmarks.md.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a benchmark that cannot run should say so and end
#![allow(clippy::print_stdout)] // the figures are what this is for

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cloudapp_engine::address::{Address, Mode};
use cloudapp_engine::config::{Dialect, LoadRequest, SourceInput, load};
use cloudapp_engine::event::Silent;

use cloudapp_engine::Providers;
use cloudapp_engine::provider::{
    ApplyError, ApplyRequest, Object, OperationContext, PlanRequest, PlanResponse, Provider,
    ProviderDiagnostic, ProviderError,
};
use cloudapp_engine::run::{Interrupt, PlanOptions, Runner};
use cloudapp_engine::schema::{Attribute, Block, Schema, SharedSchema};
use cloudapp_engine::store::Store;
use cloudapp_lang::{SourceMap, Type, Value};
use cloudapp_state::{Protection, SqliteStore};

const TYPES: usize = 20;
/// Seconds become so many times shorter.
const SHORTER: f64 = 5.0;

/// Chance that is the same in every run.
struct Chance(u64);

impl Chance {
    /// From 0 to 1 (SplitMix64).
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() * n as f64) as usize
    }

    /// Log-normal (Box and Muller), within what a create takes.
    fn seconds(&mut self, median: f64, sigma: f64) -> f64 {
        let (a, b) = (self.next().max(1e-12), self.next());
        let normal = (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos();
        (median * (sigma * normal).exp()).clamp(0.1, 3.0)
    }
}

/// Resources, each with what it needs and how long it takes.
struct Work {
    kinds: Vec<usize>,
    needs: Vec<Vec<usize>>,
    took: Vec<Duration>,
}

impl Work {
    /// Each needs up to three of the fifth before it.
    fn random(n: usize, seed: u64) -> Self {
        let mut chance = Chance(seed);
        let usual: Vec<f64> = (0..TYPES).map(|_| chance.seconds(0.6, 0.8)).collect();
        let mut work = Self {
            kinds: Vec::new(),
            needs: Vec::new(),
            took: Vec::new(),
        };
        for i in 0..n {
            let kind = chance.below(TYPES);
            let near = i.min(n / 5);
            let many = if near == 0 { 0 } else { chance.below(4) };
            let mut needs: Vec<usize> = (0..many).map(|_| i - 1 - chance.below(near)).collect();
            needs.sort_unstable();
            needs.dedup();
            work.kinds.push(kind);
            work.needs.push(needs);
            let seconds = chance.seconds(usual[kind], 0.3) / SHORTER;
            work.took.push(Duration::from_secs_f64(seconds));
        }
        work
    }

    fn configuration(&self) -> String {
        let mut text = String::new();
        for (i, kind) in self.kinds.iter().enumerate() {
            let needs: Vec<String> = (self.needs[i].iter())
                .map(|n| format!("slow_t{}.r{n}.id", self.kinds[*n]))
                .collect();
            let needs = needs.join(", ");
            writeln!(
                text,
                "resource \"slow_t{kind}\" \"r{i}\" {{\n  needs = [{needs}]\n}}"
            )
            .unwrap();
        }
        text
    }

    fn bound(&self, limit: usize) -> Duration {
        let mut ends: Vec<Duration> = Vec::new();
        for (needs, took) in self.needs.iter().zip(&self.took) {
            let begin = needs.iter().map(|n| ends[*n]).max().unwrap_or_default();
            ends.push(begin + *took);
        }
        let longest = ends.into_iter().max().unwrap_or_default();
        longest.max(self.took.iter().sum::<Duration>() / limit as u32)
    }
}

/// A provider whose objects take their time.
struct Slow {
    schema: SharedSchema,
    took: Vec<Duration>,
    kinds: Vec<String>,
}

impl Slow {
    fn new(took: Vec<Duration>) -> Self {
        let attributes = BTreeMap::from([
            ("id".into(), Attribute::computed(Type::String)),
            (
                "needs".into(),
                Attribute::optional(Type::list(Type::String)),
            ),
        ]);
        let block = Block {
            attributes,
            ..Block::default()
        };
        Self {
            schema: Arc::new(Schema { version: 0, block }),
            took,
            kinds: (0..TYPES).map(|k| format!("slow_t{k}")).collect(),
        }
    }

    fn object(needs: &Value, id: Value) -> Value {
        Value::object([("id", id), ("needs", needs.clone())])
    }
}

fn never<T>() -> Result<T, ProviderError> {
    Err(ProviderError::fatal("this provider only makes objects"))
}

#[async_trait]
impl Provider for Slow {
    fn name(&self) -> &str {
        "slow"
    }
    fn source(&self) -> &str {
        "example.com/benchmark/slow"
    }
    fn version(&self) -> &str {
        "1.0.0"
    }
    fn config_schema(&self) -> SharedSchema {
        Arc::new(Schema::default())
    }
    fn schema(&self, mode: Mode, kind: &str) -> Option<SharedSchema> {
        (mode == Mode::Managed && kind.starts_with("slow_t")).then(|| self.schema.clone())
    }
    fn kinds(&self, _: Mode) -> Vec<&str> {
        self.kinds.iter().map(String::as_str).collect()
    }
    fn validate_config(&self, _: &Value) -> Vec<ProviderDiagnostic> {
        Vec::new()
    }
    fn validate(&self, _: Mode, _: &str, _: &Value) -> Vec<ProviderDiagnostic> {
        Vec::new()
    }
    async fn configure(&self, _: &Value) -> Result<(), ProviderError> {
        Ok(())
    }
    async fn read(
        &self,
        _: &OperationContext,
        _: &str,
        object: Object,
    ) -> Result<Option<Object>, ProviderError> {
        Ok(Some(object))
    }
    async fn plan_change(
        &self,
        _: &OperationContext,
        r: PlanRequest,
    ) -> Result<PlanResponse, ProviderError> {
        let needs = r
            .config
            .get("needs")
            .cloned()
            .unwrap_or_else(Value::dynamic);
        Ok(PlanResponse {
            planned: Self::object(&needs, Value::unknown(Type::String)),
            requires_replace: Vec::new(),
            private: Vec::new(),
            legacy_type_system: false,
        })
    }
    async fn apply_change(
        &self,
        cx: &OperationContext,
        r: ApplyRequest,
    ) -> Result<Option<Object>, ApplyError> {
        let address: Address = cx.address.parse().expect("an address");
        let number = address.resource.name.trim_start_matches('r');
        let took = self.took[number.parse::<usize>().expect("a number")];
        tokio::time::sleep(took).await;
        let needs = r
            .planned
            .get("needs")
            .cloned()
            .unwrap_or_else(Value::dynamic);
        Ok(Some(Object {
            value: Self::object(&needs, Value::string(cx.address.clone())),
            private: Vec::new(),
        }))
    }
    async fn import(
        &self,
        _: &OperationContext,
        _: &str,
        _: &str,
    ) -> Result<Option<Object>, ProviderError> {
        never()
    }
    async fn read_data(
        &self,
        _: &OperationContext,
        _: &str,
        _: &Value,
    ) -> Result<Value, ProviderError> {
        never()
    }
    async fn recover(
        &self,
        _: &OperationContext,
        _: &str,
    ) -> Result<Option<Object>, ProviderError> {
        never()
    }
}

/// Makes everything in a workspace that has nothing yet. What it took.
async fn apply(work: &Work, store: Arc<SqliteStore>, limit: usize) -> Duration {
    let providers = Providers::new(vec![Arc::new(Slow::new(work.took.clone()))]);
    let request = LoadRequest {
        dir: "benchmark".into(),
        dialect: Dialect::Strict,
        package_dir: None,
        files: Some(vec![SourceInput {
            name: "main.tf".into(),
            module: String::new(),
            text: work.configuration(),
        }]),
    };
    let (configuration, _) = load(&request, &providers, &mut SourceMap::new());
    let runner = Runner {
        configuration: Arc::new(configuration.expect("a configuration without mistakes")),
        providers,
        store: store.clone(),
        observer: Arc::new(Silent),
        parallelism: limit,
        interrupt: Interrupt::default(),
        base_dir: ".".into(),
        workspace: "default".into(),
    };
    // What was left to write before must not be waited for here.
    let _where_there_is_one = std::process::Command::new("sync").status();
    let lease = store.lock("benchmark", Duration::ZERO).await.unwrap();
    let (plan, found) = runner.plan(&PlanOptions::default()).await;
    assert!(!found.has_errors(), "{found:?}");
    let (summary, found) = runner.apply(&lease, &plan.unwrap()).await;
    assert!(!found.has_errors(), "{found:?}");
    let summary = summary.unwrap();
    assert_eq!(summary.added, work.kinds.len());
    // Everything goes, but what was learned.
    let state = store.state().await.unwrap();
    let gone =
        state
            .instances
            .into_iter()
            .map(|r| cloudapp_engine::store::Change::RemoveInstance {
                address: r.address,
                deposed: r.deposed,
            });
    store.commit(&lease, gone.collect()).await.unwrap();
    store.unlock(&lease).await.unwrap();
    Duration::from_millis(summary.elapsed_ms)
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    println!(
        "| resources | limit | shortest possible | nothing known | × | durations learned | × |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|");
    let all = [10, 100].map(|limit| [200, 1000, 5000].map(|n| (n, limit)));
    // `-- 1000@100` for one alone.
    let asked = |(n, limit): &(usize, usize)| {
        let mut only = std::env::args()
            .skip(1)
            .filter(|a| a.contains('@'))
            .peekable();
        only.peek().is_none() || only.any(|a| a == format!("{n}@{limit}"))
    };
    for (n, limit) in all.into_iter().flatten().filter(asked) {
        let dir = tempfile::tempdir().unwrap();
        let store =
            SqliteStore::open(dir.path().join("state.db"), "default", Protection::none()).unwrap();
        let store = Arc::new(store);
        let work = Work::random(n, n as u64);
        let bound = work.bound(limit);
        let times = |t: Duration| t.as_secs_f64() / bound.as_secs_f64();
        let first = runtime.block_on(apply(&work, store.clone(), limit));
        let second = runtime.block_on(apply(&work, store, limit));
        println!(
            "| {n} | {limit} | {:.2} s | {:.2} s | {:.3} | {:.2} s | {:.3} |",
            bound.as_secs_f64(),
            first.as_secs_f64(),
            times(first),
            second.as_secs_f64(),
            times(second),
        );
    }
}

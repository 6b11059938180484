//! Implementations of the engine's ports to providers and provisioners.
//!
//! [`mock`] is a cloud in a file, with the types of the real provider; [`random`], [`terraform`] and [`null`] are the
//! small providers whose objects live only in the state. [`registry`] makes all of them for one run. [`local_exec`] is the
//! one provisioner.
//!
//! `advice` is what the cloud's guide says of failures that installations meet.
//!
//! Nothing here sees syntax, marks or the store.

#![allow(
    clippy::result_large_err,
    reason = "the engine's port decides the size of its errors"
)]

mod advice;
pub mod local_exec;
pub mod mock;
pub mod null;
pub mod random;
pub mod terraform;

mod remote_state;
mod state_only;

use std::sync::Arc;

use cloudapp_engine::provider::Provider;
use cloudapp_engine::provisioner::Provisioner;

pub use mock::{
    MockCall, MockCloud, MockCloudError, MockConfig, MockConfigError, MockObject, MockProvider,
};

/// What the providers of a run share.
#[derive(Clone, Debug)]
pub struct Options {
    /// The cloud in which `tencentcloud` and `cloudapp` keep their objects.
    pub cloud: Arc<MockCloud>,
    /// Whether every resource has the properties that those of a package have: `region`, `availability_zone`,
    /// `activity_id`, `create_time`.
    pub base_properties: bool,
    /// Makes what `random` draws the same in every run, for tests. None: from the operating system.
    pub random_seed: Option<u64>,
}

/// All providers of a run against the mock cloud.
#[must_use]
pub fn registry(options: &Options) -> Vec<Arc<dyn Provider>> {
    let Options {
        cloud,
        base_properties,
        random_seed,
    } = options;
    vec![
        Arc::new(MockProvider::tencentcloud(cloud.clone(), *base_properties)),
        Arc::new(MockProvider::cloudapp(cloud.clone(), *base_properties)),
        Arc::new(random::RandomProvider::new(*base_properties, *random_seed)),
        // A package reads nothing of the machine that it is installed from.
        Arc::new(terraform::provider(!*base_properties)),
        Arc::new(null::NullProvider::default()),
    ]
}

/// All provisioners of a run. `allow_local_exec`: whether configurations may run commands on this machine.
#[must_use]
pub fn provisioners(allow_local_exec: bool) -> Vec<Arc<dyn Provisioner>> {
    vec![Arc::new(local_exec::LocalExec::new(allow_local_exec))]
}

//! A plan with some of everything, for tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use cloudapp_engine::Providers;
use cloudapp_engine::address::Address;
use cloudapp_engine::plan::{
    Action, Importing, OutputChange, Plan, PlanMode, Reason, ResourceChange,
};
use cloudapp_lang::{Path, Type, Value};
use cloudapp_providers::{MockCloud, Options, registry};

pub(crate) fn providers() -> Providers {
    let cloud = Arc::new(MockCloud::in_memory());
    Providers::new(registry(&Options {
        cloud,
        base_properties: false,
        random_seed: Some(1),
    }))
}

/// An address, which must be sound.
#[allow(clippy::panic, reason = "a test that names a wrong address is wrong")]
fn address(text: &str) -> Address {
    text.parse().unwrap_or_else(|e| panic!("{e}"))
}

/// A change of one object.
pub(crate) fn change(text: &str, action: Action, before: Value, after: Value) -> ResourceChange {
    let address = address(text);
    let provider = address
        .resource
        .kind
        .split('_')
        .next()
        .unwrap_or_default()
        .to_owned();
    ResourceChange::new(address, provider, action, before, after)
}

pub(crate) fn null() -> Value {
    Value::null(Type::Dynamic)
}

fn unknown() -> Value {
    Value::unknown(Type::String)
}

fn subnet(cidr: &str, id: Value) -> Value {
    Value::object([
        ("id", id),
        ("cidr_block", Value::string(cidr)),
        ("name", Value::string("app")),
        ("is_multicast", Value::bool(false)),
    ])
}

fn instance(kind: &str, disks: &[i64], script: &str, password: &str) -> Value {
    let disk = |size: &i64| {
        Value::object([
            ("data_disk_size", Value::number(*size)),
            ("data_disk_type", Value::string("CLOUD_SSD")),
        ])
    };
    Value::object([
        ("id", Value::string("ins-1")),
        ("instance_type", Value::string(kind)),
        ("data_disks", Value::tuple(disks.iter().map(disk))),
        ("user_data_raw", Value::string(script)),
        ("password", Value::string(password)),
        ("availability_zone", Value::string("ap-guangzhou-3")),
    ])
}

fn changes() -> Vec<ResourceChange> {
    let mut replaced = change(
        "tencentcloud_subnet.app[\"a\"]",
        Action::Replace,
        subnet("10.0.1.0/24", Value::string("subnet-1")),
        subnet("10.0.2.0/24", unknown()),
    );
    replaced.reason = Some(Reason::ReplaceBecauseCannotUpdate);
    replaced.replace_paths = vec![Path::attr("cidr_block")];
    let mut gone = change(
        "module.old[0].terraform_data.x",
        Action::Delete,
        Value::object([
            ("id", Value::string("x")),
            ("input", Value::null(Type::Dynamic)),
        ]),
        null(),
    );
    gone.reason = Some(Reason::DeleteBecauseNoModule);
    let kept = || Value::object([("id", Value::string("k"))]);
    let mut moved = change("terraform_data.moved", Action::NoOp, kept(), kept());
    moved.previous_address = Some(Box::new(address("terraform_data.was")));
    let mut imported = change("terraform_data.taken", Action::NoOp, kept(), kept());
    imported.importing = Some(Box::new(Importing {
        id: "k".to_owned(),
        private: Vec::new(),
    }));
    let policy = |v: &str| {
        Value::string(format!(
            "{{\"version\":\"2.0\",\"statement\":[{{\"effect\":\"{v}\"}}]}}"
        ))
    };
    vec![
        change(
            "data.tencentcloud_images.all",
            Action::Read,
            null(),
            Value::object([("images", Value::dynamic())]),
        ),
        replaced,
        moved,
        imported,
        change(
            "tencentcloud_instance.web",
            Action::Update,
            instance("S5.SMALL1", &[50], "#!/bin/sh\necho one\necho two\n", "old"),
            instance(
                "S5.SMALL2",
                &[50, 100],
                "#!/bin/sh\necho one\necho three\n",
                "new",
            ),
        ),
        change(
            "tencentcloud_cam_policy.p",
            Action::Update,
            Value::object([("id", Value::string("1")), ("document", policy("allow"))]),
            Value::object([("id", Value::string("1")), ("document", policy("deny"))]),
        ),
        change(
            "terraform_data.new",
            Action::Create,
            null(),
            Value::object([
                ("id", unknown()),
                ("input", Value::tuple([Value::number(1), unknown()])),
            ]),
        ),
        change(
            "terraform_data.same",
            Action::NoOp,
            Value::object([("id", Value::string("s"))]),
            Value::object([("id", Value::string("s"))]),
        ),
        gone,
    ]
}

fn output(
    name: &str,
    action: Action,
    before: Value,
    after: Value,
    sensitive: bool,
) -> OutputChange {
    OutputChange {
        name: name.into(),
        action,
        before,
        after,
        sensitive,
        description: String::new(),
    }
}

pub(crate) fn plan() -> Plan {
    Plan {
        mode: PlanMode::Normal,
        created: "2026-01-02T03:04:05Z".to_owned(),
        configuration: "c0ffee".to_owned(),
        variables: BTreeMap::from([("zone".into(), Value::string("ap-guangzhou-3"))]),
        workspace: "default".to_owned(),
        lineage: "l".to_owned(),
        serial: 7,
        moves: vec![(
            address("terraform_data.was"),
            address("terraform_data.moved"),
        )],
        dropped: Vec::new(),
        is_partial: false,
        checks: Vec::new(),
        changes: changes(),
        rest: Vec::new(),
        drift: vec![change(
            "terraform_data.same",
            Action::Update,
            Value::object([("id", Value::string("s")), ("input", Value::number(1))]),
            Value::object([("id", Value::string("s")), ("input", Value::number(2))]),
        )],
        outputs: vec![
            output("main", Action::Create, null(), unknown(), false),
            output(
                "password",
                Action::Update,
                Value::string("a"),
                Value::string("b"),
                true,
            ),
            output(
                "same",
                Action::NoOp,
                Value::number(1),
                Value::number(1),
                false,
            ),
        ],
    }
}

/// A plan in which nothing happens.
pub(crate) fn empty() -> Plan {
    Plan {
        moves: Vec::new(),
        dropped: Vec::new(),
        is_partial: false,
        changes: Vec::new(),
        drift: Vec::new(),
        rest: Vec::new(),
        outputs: Vec::new(),
        ..plan()
    }
}

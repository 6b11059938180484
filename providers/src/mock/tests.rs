#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a failed test should stop where it fails"
)]

use std::sync::Arc;
use std::time::Duration;

use cloudapp_engine::provider::ErrorClass;
use cloudapp_lang::{Path, Type};
use serde_json::{Value as Json, json};
use tokio_util::sync::CancellationToken;

use super::*;

mod recorded;

fn cx(operation: &str) -> OperationContext {
    OperationContext {
        stack: String::new(),
        run: "run-1".into(),
        operation: operation.into(),
        address: format!("tencentcloud_x.{operation}"),
        deadline: None,
        cancel: CancellationToken::new(),
    }
}

/// A provider over a new cloud in memory.
fn provider(config: Json) -> MockProvider {
    let config: MockConfig = serde_json::from_value(config).unwrap();
    let cloud = MockCloud::open(None, config).unwrap();
    MockProvider::tencentcloud(Arc::new(cloud), false)
}

/// A configuration of a type: JSON, null for what it lacks. `"?"` stands for an unknown value.
fn config(provider: &MockProvider, mode: Mode, kind: &str, given: &Json) -> Value {
    let block = &provider.schema(mode, kind).expect("a known type").block;
    complete(&json::from_json(given, &block.ty()), given, &block.empty())
}

/// Puts the unknown where JSON says `"?"` and a block's empty value where nothing is said.
fn complete(value: &Value, given: &Json, empty: &Value) -> Value {
    let entries = value.as_entries().expect("an object");
    Value::object(entries.iter().map(|(name, v)| {
        let none = empty.get(name).unwrap();
        let v = match &given[&**name] {
            Json::Null => none.clone(),
            Json::String(s) if s == "?" => Value::unknown(none.ty()),
            _ => v.clone(),
        };
        (name.clone(), v)
    }))
}

async fn planned(
    provider: &MockProvider,
    kind: &str,
    given: &Json,
    prior: Option<&Object>,
) -> PlanResponse {
    let config = config(provider, Mode::Managed, kind, given);
    let request = PlanRequest {
        kind: kind.into(),
        prior: prior.cloned(),
        proposed: config.clone(),
        config,
    };
    provider.plan_change(&cx("plan"), request).await.unwrap()
}

async fn apply(
    provider: &MockProvider,
    kind: &str,
    operation: &str,
    given: &Json,
    prior: Option<&Object>,
) -> Result<Object, ApplyError> {
    let planned = planned(provider, kind, given, prior).await.planned;
    let config = config(provider, Mode::Managed, kind, given);
    let request = ApplyRequest {
        kind: kind.into(),
        prior: prior.cloned(),
        config,
        planned,
        private: vec![],
    };
    let object = provider
        .apply_change(&cx(operation), request)
        .await?
        .expect("an object");
    assert!(object.value.is_wholly_known(), "{kind}: {:?}", object.value);
    assert_eq!(
        object.value.ty(),
        provider.schema(Mode::Managed, kind).unwrap().block.ty(),
        "{kind}"
    );
    Ok(object)
}

async fn create(provider: &MockProvider, kind: &str, given: Json) -> Object {
    apply(
        provider,
        kind,
        &format!("op-{}", uuid::Uuid::new_v4()),
        &given,
        None,
    )
    .await
    .expect("created")
}

async fn delete(provider: &MockProvider, kind: &str, object: &Object) -> Result<(), ApplyError> {
    let null = Value::null(Type::Dynamic);
    let prior = Some(object.clone());
    let request = ApplyRequest {
        kind: kind.into(),
        prior,
        config: null.clone(),
        planned: null,
        private: vec![],
    };
    provider
        .apply_change(&cx("delete"), request)
        .await
        .map(|gone| assert!(gone.is_none()))
}

fn text<'o>(object: &'o Object, name: &str) -> &'o str {
    object
        .value
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("{name}: {:?}", object.value.get(name)))
}

fn vpc() -> Json {
    json!({"name": "main", "cidr_block": "10.7.0.0/16"})
}

#[tokio::test]
async fn a_life() {
    let p = provider(json!({"seed": 7}));
    let kind = "tencentcloud_vpc";
    let made = create(&p, kind, vpc()).await;
    let id = text(&made, "id").to_owned();
    assert!(id.starts_with("vpc-") && text(&made, "default_route_table_id").starts_with("rtb-"));

    let read = p.read(&cx(""), kind, made.clone()).await.unwrap().unwrap();
    assert_eq!(read, made);
    let stale = Object {
        private: vec![],
        ..made.clone()
    };
    assert_eq!(
        p.read(&cx(""), kind, stale).await.unwrap().unwrap().value,
        made.value
    );

    let renamed = json!({"name": "other", "cidr_block": "10.7.0.0/16", "tags": {"a": "b"}});
    let plan = planned(&p, kind, &renamed, Some(&made)).await;
    assert!(
        plan.requires_replace.is_empty() && plan.planned.is_wholly_known(),
        "{plan:?}"
    );
    let updated = apply(&p, kind, "op-2", &renamed, Some(&made))
        .await
        .unwrap();
    assert_eq!(
        (text(&updated, "name"), text(&updated, "id")),
        ("other", &*id)
    );
    assert_eq!(p.cloud.objects().unwrap()[0].tags["a"], "b");

    assert_eq!(
        p.import(&cx(""), kind, &id).await.unwrap().unwrap().value,
        updated.value
    );
    delete(&p, kind, &updated).await.unwrap();
    delete(&p, kind, &updated)
        .await
        .expect("what is gone is deleted");
    assert!(p.read(&cx(""), kind, updated).await.unwrap().is_none());
    assert!(p.import(&cx(""), kind, &id).await.unwrap().is_none());
    let calls: Vec<_> = p
        .cloud
        .calls()
        .unwrap()
        .iter()
        .map(|c| (c.op, c.outcome.clone()))
        .collect();
    assert_eq!(calls.len(), 9);
    assert_eq!(calls[0], (Operation::Create, "ok".into()));
}

#[tokio::test]
async fn drift_is_seen() {
    let p = provider(json!({}));
    let kind = "tencentcloud_vpc";
    let made = create(&p, kind, vpc()).await;
    let id = text(&made, "id");
    let change = json!({"name": "by hand"}).as_object().unwrap().clone();
    assert!(p.cloud.tamper(kind, id, change).unwrap());
    let read = p.read(&cx(""), kind, made.clone()).await.unwrap().unwrap();
    assert_eq!(text(&read, "name"), "by hand");
    assert!(p.cloud.forget(kind, id).unwrap() && !p.cloud.forget(kind, id).unwrap());
    assert!(p.read(&cx(""), kind, read).await.unwrap().is_none());
}

#[tokio::test]
async fn the_same_seed_makes_the_same_cloud() {
    let ids = async |seed: u64| {
        let p = provider(json!({"seed": seed}));
        let a = create(&p, "tencentcloud_vpc", vpc()).await;
        let b = create(&p, "tencentcloud_security_group", json!({"name": "x"})).await;
        (text(&a, "id").to_owned(), text(&b, "id").to_owned())
    };
    assert_eq!(ids(1).await, ids(1).await);
    assert_ne!(ids(1).await, ids(2).await);
}

#[tokio::test]
async fn addresses_lie_in_the_subnet() {
    let p = provider(json!({}));
    let vpc = create(&p, "tencentcloud_vpc", vpc()).await;
    let subnet = json!({
        "name": "a", "vpc_id": text(&vpc, "id"), "cidr_block": "10.7.1.0/29", "availability_zone": "ap-guangzhou-6"
    });
    let subnet = create(&p, "tencentcloud_subnet", subnet).await;
    assert_eq!(
        text(&subnet, "route_table_id"),
        text(&vpc, "default_route_table_id")
    );
    let instance = json!({
        "instance_name": "i", "availability_zone": "ap-guangzhou-6", "image_id": "img-1", "instance_type": "S5.LARGE8",
        "subnet_id": text(&subnet, "id"), "vpc_id": text(&vpc, "id"), "allocate_public_ip": true,
        "data_disks": [{"data_disk_type": "CLOUD_SSD", "data_disk_size": 50}]
    });
    let mut ips = Vec::new();
    for i in 0..5 {
        let made = apply(
            &p,
            "tencentcloud_instance",
            &format!("op-{i}"),
            &instance,
            None,
        )
        .await
        .unwrap();
        assert_eq!(made.value.get("cpu"), Some(&Value::number(4)));
        assert_eq!(made.value.get("memory"), Some(&Value::number(8)));
        assert!(text(&made, "public_ip").starts_with("198.1"));
        assert_eq!(text(&made, "instance_status"), "RUNNING");
        ips.push(text(&made, "private_ip").to_owned());
    }
    assert_eq!(
        ips,
        ["10.7.1.2", "10.7.1.3", "10.7.1.4", "10.7.1.5", "10.7.1.6"]
    );
    let full = apply(&p, "tencentcloud_instance", "op-9", &instance, None)
        .await
        .unwrap_err();
    assert_eq!(
        full.error.code.as_deref(),
        Some("ResourceInsufficient.SubnetIp")
    );

    let foreign = json!({
        "instance_name": "db", "mem_size": 1000, "volume_size": 25, "root_password": "Passw0rd!",
        "subnet_id": "subnet-foreign0", "vpc_id": "vpc-foreign0"
    });
    let db = create(&p, "tencentcloud_mysql_instance", foreign).await;
    assert!(text(&db, "intranet_ip").starts_with("10."));
    assert_eq!(db.value.get("intranet_port"), Some(&Value::number(3306)));
}

#[tokio::test]
async fn listeners_and_rules_have_composite_ids() {
    let p = provider(json!({}));
    let open = create(
        &p,
        "tencentcloud_clb_instance",
        json!({"network_type": "OPEN", "clb_name": "x"}),
    )
    .await;
    let vips = open.value.get("clb_vips").unwrap().as_items().unwrap();
    assert_eq!(
        vips[0].as_str().map(|ip| ip.starts_with("198.1")),
        Some(true)
    );
    let clb = text(&open, "id");
    let listener = json!({"clb_id": clb, "listener_name": "l", "port": 443, "protocol": "HTTPS"});
    let listener = create(&p, "tencentcloud_clb_listener", listener).await;
    let own = text(&listener, "listener_id");
    assert!(own.starts_with("lbl-"));
    assert_eq!(text(&listener, "id"), format!("{clb}#{own}"));
    for listener in [own, text(&listener, "id")] {
        let rule =
            json!({"clb_id": clb, "listener_id": listener, "domain": "a.example", "url": "/"});
        let rule = create(&p, "tencentcloud_clb_listener_rule", rule).await;
        assert!(
            text(&rule, "id").starts_with(&format!("{clb}#{own}#loc-")),
            "{:?}",
            rule.value.get("id")
        );
        assert!(text(&rule, "rule_id").starts_with("loc-"));
    }
}

#[tokio::test]
async fn what_is_used_is_not_deleted() {
    let p = provider(json!({}));
    let vpc = create(&p, "tencentcloud_vpc", vpc()).await;
    let subnet = json!({
        "name": "a", "vpc_id": text(&vpc, "id"), "cidr_block": "10.7.1.0/24", "availability_zone": "ap-guangzhou-6"
    });
    let subnet = create(&p, "tencentcloud_subnet", subnet).await;
    let group = create(&p, "tencentcloud_security_group", json!({"name": "x"})).await;
    let db = json!({
        "instance_name": "db", "mem_size": 1000, "volume_size": 25, "root_password": "Passw0rd!",
        "subnet_id": text(&subnet, "id"), "vpc_id": text(&vpc, "id"), "security_groups": [text(&group, "id")]
    });
    let db = create(&p, "tencentcloud_mysql_instance", db).await;
    let all = [
        ("tencentcloud_mysql_instance", &db),
        ("tencentcloud_subnet", &subnet),
        ("tencentcloud_security_group", &group),
        ("tencentcloud_vpc", &vpc),
    ];
    for (kind, object) in &all[1..] {
        let refused = delete(&p, kind, object).await.unwrap_err().error;
        assert_eq!(
            (refused.code.as_deref(), refused.class),
            (Some("ResourceInUse"), ErrorClass::Fatal),
            "{kind}"
        );
        assert!(refused.request_id.is_some() && refused.hint.is_some());
    }
    for (kind, object) in all {
        delete(&p, kind, object).await.unwrap();
    }
    let orphan = json!({
        "name": "a", "vpc_id": text(&vpc, "id"), "cidr_block": "10.7.1.0/24", "availability_zone": "ap-guangzhou-6"
    });
    let refused = apply(&p, "tencentcloud_subnet", "op", &orphan, None)
        .await
        .unwrap_err()
        .error;
    assert_eq!(refused.code.as_deref(), Some("ResourceNotFound"));
}

#[tokio::test]
async fn a_token_creates_once() {
    let p = provider(json!({}));
    let kind = "tencentcloud_vpc";
    let first = apply(&p, kind, "token", &vpc(), None).await.unwrap();
    let again = apply(&p, kind, "token", &vpc(), None).await.unwrap();
    assert_eq!(first, again);
    assert_eq!(p.cloud.objects().unwrap().len(), 1);
    assert_eq!(
        p.recover(&cx("token"), kind)
            .await
            .unwrap()
            .map(|o| o.value),
        Some(first.value)
    );
    assert!(
        p.recover(&cx("token"), "tencentcloud_subnet")
            .await
            .unwrap()
            .is_none()
    );
    assert!(p.recover(&cx("other"), kind).await.unwrap().is_none());
}

#[tokio::test]
async fn faults_come_when_they_are_due() {
    let p = provider(json!({"faults": [
        {"op": "create", "type": "tencentcloud_vpc", "nth": 1, "code": "InternalError", "class": "unknown", "created": true},
        {"op": "create", "type": "tencentcloud_vpc", "nth": 3, "code": "Busy", "class": "retryable"},
        {"op": "create", "type": "tencentcloud_vpc", "nth": 4, "code": "Half", "created": true, "message": "it did not start"},
        {"op": "update", "nth": 1, "code": "RequestLimitExceeded", "class": "throttled", "after_ms": 1},
        {"op": "read", "nth": 1, "code": "ReadFailed"}
    ]}));
    let kind = "tencentcloud_vpc";
    let lost = apply(&p, kind, "one", &vpc(), None).await.unwrap_err();
    assert_eq!(
        (lost.error.class, lost.object),
        (ErrorClass::UnknownOutcome, None)
    );
    let found = p
        .recover(&cx("one"), kind)
        .await
        .unwrap()
        .expect("it was made");
    let again = apply(&p, kind, "one", &vpc(), None).await.unwrap();
    assert_eq!(again.value, found.value);

    let busy = apply(&p, kind, "two", &vpc(), None).await.unwrap_err();
    assert_eq!(
        (busy.error.class, busy.object),
        (ErrorClass::Retryable, None)
    );
    assert!(p.recover(&cx("two"), kind).await.unwrap().is_none());
    let half = apply(&p, kind, "two", &vpc(), None).await.unwrap_err();
    assert_eq!(half.error.message, "it did not start");
    let half = half.object.expect("it exists all the same");

    let renamed = json!({"name": "x", "cidr_block": "10.7.0.0/16"});
    let slow = apply(&p, kind, "three", &renamed, Some(&half))
        .await
        .unwrap_err();
    assert_eq!(
        slow.error.class,
        ErrorClass::Throttled(Some(Duration::from_millis(1)))
    );
    assert_eq!(slow.object.as_ref(), Some(&half), "nothing changed");
    assert_eq!(
        p.read(&cx(""), kind, half.clone())
            .await
            .unwrap_err()
            .code
            .as_deref(),
        Some("ReadFailed")
    );
    assert!(p.read(&cx(""), kind, half).await.unwrap().is_some());
}

#[tokio::test]
async fn quotas_hold() {
    let p = provider(json!({"quota": {"tencentcloud_eip": 1}}));
    let eip = create(&p, "tencentcloud_eip", json!({"name": "a"})).await;
    assert!(text(&eip, "public_ip").starts_with("198.1") && text(&eip, "status") == "UNBIND");
    let refused = apply(&p, "tencentcloud_eip", "op", &json!({"name": "b"}), None)
        .await
        .unwrap_err()
        .error;
    assert_eq!(refused.code.as_deref(), Some("AddressQuotaLimitExceeded"));
}

#[tokio::test(start_paused = true)]
async fn latency_passes_and_can_be_cancelled() {
    let p = provider(json!({"latency_ms": {"create": [1000, 1000]}}));
    let begin = tokio::time::Instant::now();
    create(&p, "tencentcloud_vpc", vpc()).await;
    assert_eq!(begin.elapsed(), Duration::from_secs(1));

    let plan = planned(&p, "tencentcloud_vpc", &vpc(), None).await.planned;
    for (after, expected) in [
        (100, ErrorClass::Interrupted),
        (700, ErrorClass::UnknownOutcome),
    ] {
        let cx = cx(&format!("cancel-{after}"));
        let cancel = cx.cancel.clone();
        let request = ApplyRequest {
            kind: "tencentcloud_vpc".into(),
            prior: None,
            config: plan.clone(),
            planned: plan.clone(),
            private: vec![],
        };
        let stop = async {
            tokio::time::sleep(Duration::from_millis(after)).await;
            cancel.cancel();
        };
        let (ended, ()) = tokio::join!(p.apply_change(&cx, request), stop);
        assert_eq!(ended.unwrap_err().error.class, expected);
        let exists = p.recover(&cx, "tencentcloud_vpc").await.unwrap().is_some();
        assert_eq!(exists, expected == ErrorClass::UnknownOutcome);
    }
}

#[tokio::test]
async fn plans_of_updates() {
    let p = provider(json!({}));
    let kind = "tencentcloud_instance";
    let given = |change: Json| {
        let mut all = json!({
            "availability_zone": "ap-guangzhou-6", "image_id": "img-1", "instance_type": "S5.SMALL1",
            "data_disks": [{"data_disk_type": "CLOUD_SSD", "data_disk_size": 50}], "timeouts": {"create": "5m"}
        });
        all.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        all
    };
    let made = create(&p, kind, given(json!({}))).await;
    assert_eq!(
        made.value.get("timeouts").unwrap().get("create"),
        Some(&Value::string("5m"))
    );
    let same = planned(&p, kind, &given(json!({})), Some(&made)).await;
    assert_eq!(
        (same.planned, same.requires_replace),
        (made.value.clone(), vec![]),
        "an empty plan"
    );

    for (change, replaced) in [
        (json!({"instance_name": "new"}), vec![]),
        (
            json!({"availability_zone": "ap-guangzhou-7"}),
            vec!["availability_zone"],
        ),
        (json!({"availability_zone": "?"}), vec!["availability_zone"]),
        (json!({"project_id": 5}), vec![]),
        (
            json!({"data_disks": [{"data_disk_type": "CLOUD_BSSD", "data_disk_size": 50}]}),
            vec!["data_disks[0].data_disk_type"],
        ),
        (json!({"data_disks": []}), vec![]),
        (
            json!({"user_data_raw": "x", "user_data_replace_on_change": true}),
            vec!["user_data_raw"],
        ),
        (json!({"user_data_raw": "x"}), vec![]),
    ] {
        let plan = planned(&p, kind, &given(change.clone()), Some(&made)).await;
        let paths: Vec<_> = plan.requires_replace.iter().map(Path::to_string).collect();
        assert_eq!(paths, replaced, "{change}");
        assert_eq!(plan.planned.get("id"), made.value.get("id"), "{change}");
    }
}

#[tokio::test]
async fn sets_of_blocks_keep_their_elements() {
    let p = provider(json!({}));
    let kind = "tencentcloud_address_extra_template";
    let rule = |a: &str| json!({"address": a, "description": "x"});
    let given = |all: &[&str]| json!({"name": "n", "addresses_extra": all.iter().map(|a| rule(a)).collect::<Vec<_>>()});
    let made = create(&p, kind, given(&["10.0.0.1", "10.0.0.2"])).await;
    let same = planned(&p, kind, &given(&["10.0.0.2", "10.0.0.1"]), Some(&made)).await;
    assert_eq!(same.planned, made.value);
    let more = planned(
        &p,
        kind,
        &given(&["10.0.0.2", "10.0.0.3", "10.0.0.1"]),
        Some(&made),
    )
    .await;
    let items = more
        .planned
        .get("addresses_extra")
        .unwrap()
        .as_items()
        .unwrap();
    assert_eq!(
        items.iter().filter(|i| i.is_wholly_known()).count(),
        2,
        "the new one's time is not known yet"
    );
}

#[tokio::test]
async fn equal_documents_are_no_change() {
    let p = provider(json!({}));
    let kind = "tencentcloud_cam_policy";
    let given = |document: &str| json!({"name": "n", "document": document});
    let made = create(&p, kind, given("{\"version\": \"2.0\", \"statement\": []}")).await;
    let same = planned(
        &p,
        kind,
        &given("{\"statement\":[],\"version\":\"2.0\"}"),
        Some(&made),
    )
    .await;
    assert_eq!(same.planned, made.value);
    let other = planned(&p, kind, &given("{\"version\":\"3.0\"}"), Some(&made)).await;
    assert_ne!(other.planned, made.value);
}

#[test]
fn validation_finds_what_is_wrong() {
    let p = provider(json!({}));
    let cases = [
        (
            "tencentcloud_instance",
            json!({"image_id": "img-1", "availability_zone": "a", "instance_type": "S5"}),
            "invalid-format instance_type",
        ),
        (
            "tencentcloud_instance",
            json!({"instance_type": "S5.SMALL1", "availability_zone": "a"}),
            "missing-alternative ",
        ),
        (
            "tencentcloud_instance",
            json!({"instance_type": "S5.SMALL1", "availability_zone": "a", "image_id": "?"}),
            "",
        ),
        (
            "tencentcloud_clb_instance",
            json!({"network_type": "PUBLIC"}),
            "value-not-allowed network_type",
        ),
        (
            "tencentcloud_clb_instance",
            json!({"network_type": "?"}),
            "",
        ),
        (
            "tencentcloud_mysql_instance",
            json!({"instance_name": "a", "mem_size": 1, "volume_size": 1, "intranet_port": 99}),
            "out-of-range intranet_port",
        ),
        (
            "tencentcloud_security_group_rule",
            json!({"security_group_id": "sg-1", "type": "ingress", "policy": "accept", "cidr_ip": "10.0.0.0/8", "source_sgid": "sg-2"}),
            "conflicting-arguments cidr_ip",
        ),
        (
            "tencentcloud_security_group_rule",
            json!({"security_group_id": "sg-1", "type": "ingress", "policy": "accept", "cidr_ip": "10.0.0.0/8", "source_sgid": "?"}),
            "",
        ),
        (
            "tencentcloud_ssm_secret_version",
            json!({"secret_name": "a", "version_id": "v"}),
            "missing-alternative ",
        ),
        (
            "tencentcloud_ssm_secret_version",
            json!({"secret_name": "a", "version_id": "v", "secret_string": "a", "secret_binary": "b"}),
            "conflicting-arguments secret_string",
        ),
        (
            "tencentcloud_postgresql_readonly_instance",
            json!({"voucher_ids": ["a"]}),
            "missing-companion voucher_ids",
        ),
        (
            "tencentcloud_dayu_ddos_policy",
            json!({"black_ips": ["1.1.1.1", "x"]}),
            "invalid-format black_ips[*]",
        ),
    ];
    for (kind, given, expected) in cases {
        let config = config(&p, Mode::Managed, kind, &given);
        let found = p.validate(Mode::Managed, kind, &config);
        let found: Vec<_> = found
            .iter()
            .filter(|d| d.severity == cloudapp_lang::Severity::Error)
            .collect();
        let codes = found
            .iter()
            .map(|d| format!("{} {}", d.code, d.path))
            .collect::<Vec<_>>()
            .join(", ");
        assert_eq!(codes, expected, "{kind} {given}: {found:?}");
        assert!(
            found
                .iter()
                .all(|d| d.detail.ends_with('.') && !d.hint.is_empty()),
            "{found:?}"
        );
    }
}

#[test]
fn sensitive_values_are_not_shown() {
    let p = provider(json!({}));
    let given = json!({"scaling_group_id": "a", "password": "short", "configuration_name": "a", "image_id": "i"});
    let config = config(&p, Mode::Managed, "tencentcloud_as_scaling_config", &given);
    let found = p.validate(Mode::Managed, "tencentcloud_as_scaling_config", &config);
    assert!(found.iter().any(|d| d.path == Path::attr("password")));
    assert!(
        found.iter().all(|d| !d.detail.contains("short")),
        "{found:?}"
    );
}

#[tokio::test]
async fn data_sources_list_the_cloud() {
    let p = provider(json!({}));
    let read = async |kind: &str, given: Json| {
        let config = config(&p, Mode::Data, kind, &given);
        let value = p.read_data(&cx(""), kind, &config).await.unwrap();
        assert!(value.is_wholly_known(), "{kind}: {value:?}");
        assert_eq!(value.ty(), p.schema(Mode::Data, kind).unwrap().block.ty());
        value
    };
    let a = create(&p, "tencentcloud_vpc", vpc()).await;
    create(
        &p,
        "tencentcloud_vpc",
        json!({"name": "b", "cidr_block": "10.8.0.0/16"}),
    )
    .await;
    let all = read("tencentcloud_vpc_instances", json!({})).await;
    assert_eq!(
        all.get("instance_list").unwrap().as_items().unwrap().len(),
        2
    );
    let one = read(
        "tencentcloud_vpc_instances",
        json!({"vpc_id": text(&a, "id")}),
    )
    .await;
    let one = one.get("instance_list").unwrap().as_items().unwrap();
    assert_eq!(
        (one.len(), one[0].get("vpc_id"), one[0].get("name")),
        (1, a.value.get("id"), a.value.get("name"))
    );
    let zones = read(
        "tencentcloud_availability_zones_by_product",
        json!({"product": "cvm"}),
    )
    .await;
    let zones = zones.get("zones").unwrap().as_items().unwrap();
    assert_eq!(zones[0].get("name"), Some(&Value::string("ap-guangzhou-1")));
    let types = read("tencentcloud_instance_types", json!({})).await;
    assert!(
        !types
            .get("instance_types")
            .unwrap()
            .as_items()
            .unwrap()
            .is_empty()
    );
    let images = read("tencentcloud_images", json!({})).await;
    assert!(
        images.get("images").unwrap().as_items().unwrap()[0]
            .get("image_id")
            .unwrap()
            .as_str()
            .unwrap()
            .starts_with("img-")
    );
    let user = read("tencentcloud_user_info", json!({})).await;
    assert_eq!(user.get("app_id"), Some(&Value::string("1300000001")));
    for kind in p.kinds(Mode::Data) {
        read(kind, json!({})).await;
    }
}

#[tokio::test]
async fn every_type_can_live() {
    let p = provider(json!({"seed": 3}));
    for kind in p.kinds(Mode::Managed) {
        let made = create(&p, kind, json!({})).await;
        let same = planned(&p, kind, &json!({}), Some(&made)).await;
        assert_eq!(same.planned, made.value, "{kind}: the next plan is empty");
        let stale = Object {
            private: vec![],
            ..made.clone()
        };
        assert_eq!(
            p.read(&cx(""), kind, stale).await.unwrap().unwrap().value,
            made.value,
            "{kind}"
        );
    }
}

#[tokio::test]
async fn software_is_installed() {
    let cloud = Arc::new(MockCloud::in_memory());
    let p = MockProvider::cloudapp(cloud, true);
    p.configure(&Value::object([("region", Value::string("ap-nanjing"))]))
        .await
        .unwrap();
    let kind = "cloudapp_helm_app";
    let values = Value::object([
        ("replicas", Value::number(2)),
        ("tags", Value::tuple([Value::string("a")])),
    ]);
    let base = json!({"cluster_id": "cls-1", "chart_src": "../software/chart"});
    let with_values = |v: &Value| {
        crate::state_only::with(
            &config(&p, Mode::Managed, kind, &base),
            [("chart_values", v.clone())],
        )
    };
    let request = |config: Value, prior| PlanRequest {
        kind: kind.into(),
        prior,
        proposed: config.clone(),
        config,
    };
    let first = with_values(&values);
    let plan = p
        .plan_change(&cx(""), request(first.clone(), None))
        .await
        .unwrap()
        .planned;
    assert_eq!(plan.get("region"), Some(&Value::string("ap-nanjing")));
    let apply = ApplyRequest {
        kind: kind.into(),
        prior: None,
        config: first.clone(),
        planned: plan,
        private: vec![],
    };
    let made = p.apply_change(&cx("a"), apply).await.unwrap().unwrap();
    assert_eq!(made.value.get("chart_values"), Some(&values));
    assert!(text(&made, "create_time").len() == 19 && text(&made, "id").starts_with("chart-"));
    let stale = Object {
        private: vec![],
        ..made.clone()
    };
    assert_eq!(
        p.read(&cx(""), kind, stale).await.unwrap().unwrap().value,
        made.value
    );
    let second = p
        .plan_change(&cx(""), request(first, Some(made.clone())))
        .await
        .unwrap();
    assert_eq!(second.planned, made.value);

    for (given, expected) in [
        (json!({"cluster_id": "c"}), "missing-alternative"),
        (
            json!({"cluster_id": "c", "chart_src": "a", "chart_url": "b"}),
            "conflicting-arguments",
        ),
    ] {
        let found = p.validate(
            Mode::Managed,
            kind,
            &config(&p, Mode::Managed, kind, &given),
        );
        assert_eq!(found.iter().map(|d| d.code).collect::<Vec<_>>(), [expected]);
    }

    let handler = json!({"vpc_id": "vpc-1", "host": "10.0.0.1", "handler_protocol": "http", "handler_path": "/api/:api_name"});
    let handler = create(&p, "cloudapp_api_handler", handler).await;
    let api = create(
        &p,
        "cloudapp_api",
        json!({"handler_id": text(&handler, "id"), "api_name": "users"}),
    )
    .await;
    assert_eq!(
        (text(&api, "path"), text(&api, "method")),
        ("/api/users", "POST")
    );
}

#[test]
fn a_registry_has_all_providers() {
    let options = crate::Options {
        cloud: Arc::new(MockCloud::in_memory()),
        base_properties: true,
        random_seed: Some(1),
    };
    let all = crate::registry(&options);
    let names: Vec<_> = all.iter().map(|p| (p.name(), p.is_local())).collect();
    let expected = [
        ("tencentcloud", false),
        ("cloudapp", false),
        ("random", true),
        ("terraform", true),
        ("null", true),
    ];
    assert_eq!(names, expected);
    for provider in &all {
        for kind in provider.kinds(Mode::Managed).into_iter().take(20) {
            let schema = provider.schema(Mode::Managed, kind).unwrap();
            let has_base = schema.block.attributes.contains_key("activity_id");
            assert_eq!(
                has_base,
                !["terraform", "null"].contains(&provider.name()),
                "{kind}"
            );
        }
    }
}

#[tokio::test]
async fn a_late_cloud_shows_things_late() {
    let p = provider(json!({"consistency_ms": 80}));
    let kind = "tencentcloud_vpc";
    let made = apply(&p, kind, "one", &vpc(), None).await.unwrap();
    assert!(p.read(&cx(""), kind, made.clone()).await.unwrap().is_none());
    assert!(p.recover(&cx("one"), kind).await.unwrap().is_none());
    let inside = json!({"name": "s", "vpc_id": text(&made, "id"), "cidr_block": "10.7.1.0/24",
                        "availability_zone": "ap-guangzhou-3"});
    let early = apply(&p, "tencentcloud_subnet", "two", &inside, None).await;
    assert_eq!(early.unwrap_err().error.class, ErrorClass::Retryable);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(p.recover(&cx("one"), kind).await.unwrap().is_some());
    delete(&p, kind, &made).await.unwrap();
    let ghost = p.read(&cx(""), kind, made.clone()).await.unwrap();
    assert!(ghost.is_some(), "still seen");
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(p.read(&cx(""), kind, made).await.unwrap().is_none());
}

#[tokio::test]
async fn half_an_answer_is_whole_when_it_is_read() {
    let p =
        provider(json!({"faults": [{"op": "create", "nth": 1, "code": "Half", "partial": true}]}));
    let kind = "tencentcloud_vpc";
    let half = apply(&p, kind, "one", &vpc(), None).await.unwrap();
    assert!(text(&half, "id").starts_with("vpc-"));
    assert!(half.value.get("create_time").unwrap().is_null());
    let whole = p.read(&cx(""), kind, half).await.unwrap().unwrap();
    assert!(!whole.value.get("create_time").unwrap().is_null());
}

#[tokio::test]
async fn what_a_stack_made_is_listed_by_its_mark() {
    let p = provider(json!({}));
    create(&p, "tencentcloud_vpc", vpc()).await;
    let owned = p.owned(&cx(""), "another").await.unwrap();
    assert_eq!(owned, []);
}

//! What the cloud decides about a new object: every unknown value of a planned one becomes known, of its type, and such
//! as the real cloud might answer.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use cloudapp_lang::value::Kind;
use cloudapp_lang::{Number, Str, Type, Value};

use super::cloud::Contents;
use super::draw::Draw;
use super::network;
use super::references::{PRIVATE_ADDRESS, Refusal};
use super::spec::{Argument, Container, Flags, TypeSpec};

/// The account that owns the mock cloud.
pub(crate) const APP_ID: i64 = 1_300_000_001;
pub(crate) const UIN: i64 = 100_000_000_001;

/// Makes one object.
pub(crate) struct Maker<'m> {
    pub(crate) contents: &'m Contents,
    pub(crate) kind: &'m str,
    pub(crate) id: &'m str,
    pub(crate) region: &'m str,
    pub(crate) draw: Draw,
    pub(crate) now: jiff::Timestamp,
    /// The planned object: what is known of it decides the rest.
    pub(crate) planned: &'m Value,
    pub(crate) private_ip: Option<Ipv4Addr>,
    pub(crate) public_ip: Option<Ipv4Addr>,
}

impl Maker<'_> {
    /// The planned object without unknowns.
    pub(crate) fn make(&mut self, spec: &TypeSpec) -> Result<Value, Refusal> {
        let planned = self.planned;
        let made = self.arguments(&spec.arguments, planned, true)?;
        let rest = planned
            .as_entries()
            .into_iter()
            .flatten()
            .filter(|(n, _)| spec.argument(n).is_none());
        Ok(Value::object(
            made.into_iter()
                .chain(rest.map(|(n, v)| (n.clone(), v.clone()))),
        ))
    }

    fn arguments(
        &mut self,
        arguments: &[Argument],
        planned: &Value,
        top: bool,
    ) -> Result<Vec<(Str, Value)>, Refusal> {
        let mut made = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let ty = argument.ty();
            let value = match planned.get(&argument.name) {
                Some(v) if argument.is(Flags::WRITE_ONLY) => Value::null(v.ty()),
                Some(v) if !v.is_known() => self.computed(argument, &ty, top)?,
                Some(v) => match (argument.inner(), v.as_items()) {
                    (Some(inner), Some(items)) if !v.is_wholly_known() => {
                        self.items(argument, inner, items, &ty)?
                    }
                    _ => v.clone(),
                },
                None => Value::null(ty),
            };
            made.push((argument.name.clone(), value));
        }
        Ok(made)
    }

    fn items(
        &mut self,
        argument: &Argument,
        inner: &[Argument],
        items: &[Value],
        ty: &Type,
    ) -> Result<Value, Refusal> {
        let mut made = Vec::with_capacity(items.len());
        for item in items {
            made.push(if item.is_known() && !item.is_null() {
                Value::object(self.arguments(inner, item, false)?)
            } else {
                item.clone()
            });
        }
        let element = ty.element().cloned().unwrap_or(Type::Dynamic);
        Ok(if argument.container == Container::Set {
            Value::set(element, made)
        } else {
            Value::list(element, made)
        })
    }

    fn computed(&mut self, argument: &Argument, ty: &Type, top: bool) -> Result<Value, Refusal> {
        let name: &str = &argument.name;
        if top && name == "id" {
            return Ok(Value::string(self.id));
        }
        let only_computed = !argument.is_settable();
        Ok(match ty {
            Type::String => Value::string(self.text(name, top, only_computed)?),
            Type::Number => Value::number(self.number(name)),
            Type::Bool => Value::bool(self.flag(name)),
            Type::List(of) | Type::Set(of) => {
                let items = self.list(argument, name, of, top)?;
                if matches!(ty, Type::Set(_)) {
                    Value::set((**of).clone(), items)
                } else {
                    Value::list((**of).clone(), items)
                }
            }
            Type::Map(of) => Value::map::<Str>((**of).clone(), []),
            Type::Dynamic => Value::null(Type::Dynamic),
            ty => Value::null(ty.clone()),
        })
    }

    fn planned_text(&self, name: &str) -> Option<String> {
        self.planned
            .get(name)?
            .as_str()
            .filter(|s| !s.is_empty())
            .map(str::to_owned)
    }

    fn planned_flag(&self, name: &str) -> bool {
        self.planned.get(name).and_then(Value::as_bool) == Some(true)
    }

    fn planned_number(&self, name: &str) -> i64 {
        self.planned
            .get(name)
            .and_then(Value::as_number)
            .and_then(Number::as_i64)
            .unwrap_or(0)
    }

    /// The type's name without the provider's.
    fn stem(&self) -> &str {
        self.kind
            .split_once('_')
            .map_or(self.kind, |(_, stem)| stem)
    }

    fn zone(&self) -> String {
        self.planned_text("availability_zone")
            .or_else(|| self.planned_text("zone"))
            .or_else(|| {
                let subnet = self
                    .contents
                    .get("tencentcloud_subnet", &self.planned_text("subnet_id")?)?;
                subnet
                    .attributes
                    .get("availability_zone")?
                    .as_str()
                    .map(str::to_owned)
            })
            .unwrap_or_else(|| format!("{}-3", self.region))
    }

    fn vpc(&self) -> String {
        self.planned_text("vpc_id")
            .or_else(|| {
                let subnet = self
                    .contents
                    .get("tencentcloud_subnet", &self.planned_text("subnet_id")?)?;
                subnet.attributes.get("vpc_id")?.as_str().map(str::to_owned)
            })
            .unwrap_or_default()
    }

    /// The object's private address: one for all attributes that show it.
    fn private_ip(&mut self) -> Result<String, Refusal> {
        if self.private_ip.is_none() {
            let given = PRIVATE_ADDRESS
                .iter()
                .find_map(|n| self.planned_text(n)?.parse().ok());
            let ip = match (given, self.planned_text("subnet_id")) {
                (Some(ip), _) => ip,
                (None, Some(subnet)) => network::allocate(self.contents, &subnet)?,
                (None, None) => network::private(&mut self.draw),
            };
            self.private_ip = Some(ip);
        }
        Ok(self.private_ip.map(|ip| ip.to_string()).unwrap_or_default())
    }

    fn public_ip(&mut self) -> String {
        let draw = &mut self.draw;
        self.public_ip
            .get_or_insert_with(|| network::public(draw))
            .to_string()
    }

    /// Whether the object has a public address at all.
    fn is_public(&self) -> bool {
        match self.stem() {
            "instance" | "instance_set" => {
                self.planned_flag("allocate_public_ip")
                    || self.planned_number("internet_max_bandwidth_out") > 0
            }
            "clb_instance" => self.planned_text("network_type").as_deref() == Some("OPEN"),
            "mysql_instance" | "mysql_readonly_instance" => {
                self.planned_number("internet_service") == 1
            }
            "eip" | "nat_gateway" | "vpn_gateway" | "lighthouse_instance" | "hai_instance" => true,
            _ => false,
        }
    }

    fn text(&mut self, name: &str, top: bool, only_computed: bool) -> Result<String, Refusal> {
        if let Some(text) = self.special_text(name)? {
            return Ok(text);
        }
        if let Some(time) = self.time(name) {
            return Ok(time);
        }
        if top && only_computed && self.is_own_id(name) {
            return Ok(self.id.rsplit('#').next().unwrap_or_default().to_owned());
        }
        if PRIVATE_ADDRESS.contains(&name) {
            return self.private_ip();
        }
        Ok(match name {
            "region" => self.region.to_owned(),
            "availability_zone" | "zone" | "zone_name" | "master_zone_id" => self.zone(),
            "vpc_id" | "uniq_vpc_id" => self.vpc(),
            "public_ip" | "public_ip_address" | "internet_ip" | "wan_ip" | "eip"
            | "public_address" => {
                if self.is_public() {
                    self.public_ip()
                } else {
                    String::new()
                }
            }
            "status" | "state" | "instance_status" | "instance_state" | "cluster_status"
            | "storage_status" => self.status().to_owned(),
            "charge_type" | "instance_charge_type" | "pay_mode" => "POSTPAID_BY_HOUR".into(),
            "internet_charge_type" => "TRAFFIC_POSTPAID_BY_HOUR".into(),
            "uuid" => self.draw.uuid(),
            "md5" | "etag" | "content_md5" => self.draw.hex(32),
            "uin" | "owner_uin" | "create_uin" => UIN.to_string(),
            "app_id" | "appid" => APP_ID.to_string(),
            "user_name" | "username" => "admin".into(),
            "address_ip_version" => "ipv4".into(),
            "ip_version" => "IPv4".into(),
            _ => self.text_by_ending(name, only_computed),
        })
    }

    fn text_by_ending(&mut self, name: &str, only_computed: bool) -> String {
        let host = |maker: &Self| {
            format!(
                "{}.{}.mock.example",
                maker
                    .id
                    .rsplit('#')
                    .next()
                    .unwrap_or_default()
                    .to_lowercase(),
                maker.region
            )
        };
        let ends = |endings: &[&str]| {
            endings
                .iter()
                .any(|e| name == *e || name.ends_with(&format!("_{e}")))
        };
        if let Some(prefix) = id_prefix(name)
            && (only_computed
                || matches!(name, "system_disk_id" | "data_disk_id" | "route_table_id"))
        {
            return format!("{prefix}-{}", self.draw.token(8));
        }
        if !only_computed {
            return String::new();
        }
        if ends(&["url", "uri"]) {
            return format!("https://{}", host(self));
        }
        if ends(&[
            "domain",
            "host",
            "endpoint",
            "cname",
            "dns_name",
            "domain_name",
        ]) {
            return host(self);
        }
        if ends(&["ip", "ip_address"]) {
            return network::private(&mut self.draw).to_string();
        }
        if ends(&[
            "password",
            "private_key",
            "secret_key",
            "secret",
            "token",
            "access_key",
            "secret_id",
            "key_id",
        ]) {
            return self.draw.token(20);
        }
        if ends(&["arn", "qcs"]) {
            return format!(
                "qcs::{}:{}:uin/{UIN}:{}",
                self.stem().split('_').next().unwrap_or_default(),
                self.region,
                self.id
            );
        }
        if ends(&["name"]) {
            return self
                .planned_text("name")
                .unwrap_or_else(|| self.stem().replace('_', "-"));
        }
        if ends(&["id"]) {
            return self.draw.number(10_000, 99_999).to_string();
        }
        String::new()
    }

    /// Attributes of single types.
    fn special_text(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        let id = self.id.to_owned();
        let last = id.rsplit('#').next().unwrap_or_default();
        Ok(Some(match (self.stem(), name) {
            ("clb_instance", "vip") if self.is_public() => self.public_ip(),
            ("clb_instance", "vip_isp") if self.is_public() => "BGP".into(),
            ("clb_instance", "domain") => String::new(),
            ("cfs_file_system", "mount_ip") => self.private_ip()?,
            ("ckafka_instance", "vport") => self.port().to_string(),
            ("subnet", "route_table_id") => {
                let vpc = self.vpc();
                let vpc = self.contents.get("tencentcloud_vpc", &vpc);
                let table = vpc.and_then(|v| v.attributes.get("default_route_table_id")?.as_str());
                table.map_or_else(|| format!("rtb-{}", self.draw.token(8)), str::to_owned)
            }
            ("cos_bucket", "cos_bucket_url") => format!("{id}.cos.{}.myqcloud.com", self.region),
            ("tcr_instance", "public_domain") => {
                format!(
                    "{}.tencentcloudcr.com",
                    self.planned_text("name").unwrap_or_else(|| id.clone())
                )
            }
            ("kubernetes_cluster", "kube_config" | "kube_config_intranet")
            | ("eks_cluster", "kube_config") => kube_config(&id, self.region),
            ("kubernetes_cluster" | "eks_cluster", "certification_authority") => {
                pem("CERTIFICATE", &self.draw.hex(64))
            }
            ("key_pair", "private_key") => pem("RSA PRIVATE KEY", &self.draw.hex(64)),
            ("key_pair", "public_key") => format!("ssh-rsa {}", self.draw.hex(64)),
            ("instance", "os_name") => "TencentOS Server 3.1 (TK4)".into(),
            ("tke_service", "host") => self.private_ip()?,
            ("helm_app", "name") => last.to_owned(),
            ("helm_app", "status") => "deployed".into(),
            ("api_handler", "apiapp_id") => format!("app-{}", self.draw.token(8)),
            ("api_handler", "apiapp_name" | "name") => format!("cloudapp-{last}"),
            ("api_handler", "net_type") => "OUTER".into(),
            ("api_handler", "outer_sub_domain") => format!("{last}.{}.mock.example", self.region),
            ("api_handler", "service_url") => {
                format!("https://{last}.{}.mock.example", self.region)
            }
            ("api", "path") if self.kind == "cloudapp_api" => {
                let handler = self.planned_text("handler_id").unwrap_or_default();
                let template = self.contents.get("cloudapp_api_handler", &handler);
                let template = template
                    .and_then(|h| h.attributes.get("handler_path")?.as_str())
                    .unwrap_or("/:api_name");
                template.replace(
                    ":api_name",
                    &self.planned_text("api_name").unwrap_or_default(),
                )
            }
            ("api", "method") if self.kind == "cloudapp_api" => "POST".into(),
            _ => return Ok(None),
        }))
    }

    /// Times: when it was made for those that lie in the past, none for those to come.
    fn time(&self, name: &str) -> Option<String> {
        let is_time = name.ends_with("_time")
            || name.ends_with("_at")
            || name == "time"
            || name.ends_with("_date");
        if !is_time {
            return None;
        }
        let future = [
            "expire", "isolat", "deadline", "end_", "offline", "destroy", "terminat",
        ];
        if future.iter().any(|f| name.contains(f)) {
            return Some(String::new());
        }
        let rfc3339 = [
            "instance",
            "instance_set",
            "image",
            "key_pair",
            "api_gateway_service",
        ]
        .contains(&self.stem());
        let format = if rfc3339 {
            "%Y-%m-%dT%H:%M:%SZ"
        } else {
            "%Y-%m-%d %H:%M:%S"
        };
        Some(self.now.strftime(format).to_string())
    }

    /// `listener_id` of a listener is its own id.
    fn is_own_id(&self, name: &str) -> bool {
        let Some(of) = name.strip_suffix("_id") else {
            return false;
        };
        let stem = self.stem();
        stem == of
            || stem
                .strip_suffix(of)
                .is_some_and(|rest| rest.ends_with('_'))
            || of == "rule" && stem.ends_with("_rule")
    }

    fn status(&self) -> &'static str {
        match self.stem() {
            "eip" => "UNBIND",
            "nat_gateway" | "vpn_gateway" | "ccn" | "eni" => "AVAILABLE",
            "cbs_storage" => "UNATTACHED",
            "kubernetes_cluster" | "eks_cluster" => "Running",
            "redis_instance" => "online",
            "cfs_file_system" => "available",
            "cdn_domain" => "online",
            "monitor_tmp_instance" => "2",
            stem if stem.starts_with("clb") || stem.ends_with("instance") => "RUNNING",
            _ => "ACTIVE",
        }
    }

    fn number(&mut self, name: &str) -> i64 {
        if let Some((cpu, memory)) = self
            .planned_text("instance_type")
            .as_deref()
            .and_then(machine)
        {
            match name {
                "cpu" | "cpu_core" => return cpu,
                "memory" | "mem" => return memory,
                _ => {}
            }
        }
        if name == "port" || name.ends_with("_port") {
            let port = self.port();
            return if name.starts_with("internet") && !self.is_public() {
                0
            } else {
                port
            };
        }
        match name {
            "status" | "state" | "enable" => 1,
            "app_id" | "appid" => APP_ID,
            "uin" | "owner_uin" => UIN,
            "available_ip_count" | "total_ip_address_count" => {
                let block = self
                    .planned_text("cidr_block")
                    .and_then(|c| network::Network::parse(&c));
                block.map_or(0, |n| n.usable().len() as i64)
            }
            "cluster_node_num" => self.workers(),
            "replica_num" | "node_num" | "node_count" | "partition_num" => 1,
            "cpu" => 1,
            "memory" | "mem_size" => 1024,
            "system_disk_size" => 50,
            "internet_max_bandwidth_out" if self.is_public() => 1,
            _ if id_prefix(name).is_none() && name.ends_with("_id") && name != "project_id" => {
                self.draw.number(10_000, 99_999) as i64
            }
            _ => 0,
        }
    }

    /// The port that the product listens on where nobody says otherwise.
    fn port(&self) -> i64 {
        let stem = self.stem();
        let known = [
            ("redis", 6379),
            ("postgresql", 5432),
            ("mongodb", 27017),
            ("sqlserver", 1433),
            ("elasticsearch", 9200),
            ("ckafka", 9092),
            ("rabbitmq", 5672),
            ("rocketmq", 8080),
            ("clickhouse", 8123),
            ("vpn", 443),
        ];
        known
            .iter()
            .find(|(word, _)| stem.contains(word))
            .map_or(3306, |(_, port)| *port)
    }

    fn flag(&self, name: &str) -> bool {
        matches!(name, "running_flag" | "is_active" | "cluster_ipvs")
    }

    /// The number of worker machines that a cluster's blocks ask for.
    fn workers(&self) -> i64 {
        let blocks = self
            .planned
            .get("worker_config")
            .and_then(Value::as_items)
            .unwrap_or_default();
        let count = |b: &Value| {
            b.get("count")
                .and_then(Value::as_number)
                .and_then(Number::as_i64)
                .unwrap_or(1)
        };
        blocks.iter().map(count).sum()
    }

    /// Lists are empty but where something depends on them.
    fn list(
        &mut self,
        argument: &Argument,
        name: &str,
        of: &Type,
        top: bool,
    ) -> Result<Vec<Value>, Refusal> {
        Ok(match (self.stem(), name, of) {
            ("clb_instance", "clb_vips", Type::String) => {
                let vip = if self.is_public() {
                    self.public_ip()
                } else {
                    self.private_ip()?
                };
                vec![Value::string(vip)]
            }
            ("vpc", "dns_servers", Type::String) => ["183.60.82.98", "183.60.83.19"]
                .into_iter()
                .map(Value::string)
                .collect(),
            (_, "private_ips" | "private_ip_addresses" | "instance_ips", Type::String) if top => {
                vec![Value::string(self.private_ip()?)]
            }
            (_, "orderly_security_groups" | "security_groups", Type::String) => {
                super::plan::twin(name)
                    .and_then(|twin| self.planned.get(twin))
                    .and_then(Value::as_items)
                    .unwrap_or_default()
                    .to_vec()
            }
            ("kubernetes_cluster", "worker_instances_list", _) => self.worker_list(argument)?,
            _ => Vec::new(),
        })
    }

    fn worker_list(&mut self, argument: &Argument) -> Result<Vec<Value>, Refusal> {
        let Some(inner) = argument.inner() else {
            return Ok(Vec::new());
        };
        let mut workers = Vec::new();
        for _ in 0..self.workers().clamp(0, 1000) {
            let attributes = inner.iter().map(|a| {
                let value = match (&*a.name, a.ty()) {
                    ("instance_id", Type::String) => {
                        Value::string(format!("ins-{}", self.draw.token(8)))
                    }
                    ("instance_role", Type::String) => Value::string("WORKER"),
                    ("instance_state", Type::String) => Value::string("running"),
                    ("lan_ip", Type::String) => {
                        Value::string(network::private(&mut self.draw).to_string())
                    }
                    (_, Type::String) => Value::string(""),
                    (_, ty) => Value::null(ty),
                };
                (a.name.clone(), value)
            });
            workers.push(Value::object(attributes.collect::<Vec<_>>()));
        }
        Ok(workers)
    }
}

/// What ids in an attribute of this name begin with.
fn id_prefix(name: &str) -> Option<&'static str> {
    let known = [
        ("vpc_id", "vpc"),
        ("subnet_id", "subnet"),
        ("route_table_id", "rtb"),
        ("disk_id", "disk"),
        ("storage_id", "disk"),
        ("security_group_id", "sg"),
        ("instance_id", "ins"),
        ("image_id", "img"),
        ("eip_id", "eip"),
        ("listener_id", "lbl"),
        ("location_id", "loc"),
        ("clb_id", "lb"),
        ("load_balancer_id", "lb"),
        ("cluster_id", "cls"),
        ("eni_id", "eni"),
        ("auto_scaling_group_id", "asg"),
        ("launch_config_id", "asc"),
        ("rule_id", "rule"),
        ("snapshot_id", "snap"),
        ("certificate_id", "cert"),
    ];
    let matches = |word: &str| {
        name == word
            || name
                .strip_suffix(word)
                .is_some_and(|rest| rest.ends_with('_'))
    };
    known
        .iter()
        .find(|(word, _)| matches(word))
        .map(|(_, prefix)| *prefix)
}

/// Processors and memory in GiB of a machine type: `S5.MEDIUM4` has 2 and 4, `SA2.2XLARGE16` has 8 and 16.
pub(crate) fn machine(instance_type: &str) -> Option<(i64, i64)> {
    let (_, size) = instance_type.split_once('.')?;
    let digits = size.len() - size.bytes().rev().take_while(u8::is_ascii_digit).count();
    let memory = size[digits..].parse().ok()?;
    let cpu = match &size[..digits] {
        "SMALL" => 1,
        "MEDIUM" => 2,
        "LARGE" => 4,
        larger => larger
            .strip_suffix("XLARGE")?
            .parse::<i64>()
            .ok()?
            .checked_mul(4)?,
    };
    Some((cpu, memory))
}

fn pem(label: &str, body: &str) -> String {
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

fn kube_config(id: &str, region: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\nclusters:\n- name: {id}\n  cluster:\n    server: https://{id}.{region}.mock.example\n\
         contexts:\n- name: {id}\n  context:\n    cluster: {id}\n    user: admin\ncurrent-context: {id}\n\
         users:\n- name: admin\n  user:\n    token: mock\n"
    )
}

/// A value without unknowns and nulls for something that nothing is known of: what JSON APIs answer for "none".
pub(crate) fn zero(ty: &Type) -> Value {
    match ty {
        Type::String => Value::string(""),
        Type::Number => Value::number(0),
        Type::Bool => Value::bool(false),
        Type::List(of) => Value::list((**of).clone(), Vec::new()),
        Type::Set(of) => Value::set((**of).clone(), Vec::new()),
        Type::Map(of) => Value::map::<Str>((**of).clone(), []),
        Type::Object(of) => Value::object(of.attributes.iter().map(|(n, t)| (n.clone(), zero(t)))),
        ty => Value::null(ty.clone()),
    }
}

/// Whether a value is one that an object's tags can be read from, and the tags.
pub(crate) fn tags(value: &Value) -> BTreeMap<String, String> {
    let Some(Kind::Map(map)) = value.get("tags").map(Value::kind) else {
        return BTreeMap::new();
    };
    map.entries
        .iter()
        .filter_map(|(k, v)| Some((k.to_string(), v.as_str()?.to_owned())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machine_types() {
        for (name, expected) in [
            ("S5.SMALL1", Some((1, 1))),
            ("S5.MEDIUM4", Some((2, 4))),
            ("SA2.LARGE8", Some((4, 8))),
            ("SA2.2XLARGE16", Some((8, 16))),
            ("S6.16XLARGE256", Some((64, 256))),
            ("S5", None),
            ("S5.", None),
            ("S5.HUGE9", None),
        ] {
            assert_eq!(machine(name), expected, "{name}");
        }
    }
}

//! Data sources of the mock cloud: a few lists that every cloud has, and the objects that this one holds.

use cloudapp_lang::{Str, Type, Value};
use serde_json::{Map, Value as Json, json};

use super::cloud::{Contents, MockObject};
use super::draw::Draw;
use super::json;
use super::maker::{APP_ID, UIN, zero};
use super::spec::{Argument, TypeSpec};

/// A row of a list: fields by name.
type Row = Map<String, Json>;

/// Reads a data source: the configuration, with what the provider sets filled in.
pub(crate) fn read(
    contents: &Contents,
    kind: &str,
    spec: &TypeSpec,
    config: &Value,
    region: &str,
    mut draw: Draw,
) -> Value {
    let rows: Vec<Row> = rows(contents, kind, region)
        .into_iter()
        .filter(|row| wanted(spec, config, row))
        .collect();
    let single = rows.first();
    let attributes = spec.arguments.iter().map(|argument| {
        let ty = argument.ty();
        let given = config.get(&argument.name).filter(|v| !v.is_null());
        let value = match given {
            Some(given) if !(argument.as_block().is_some() && is_empty_list(given)) => {
                given.clone()
            }
            _ if &*argument.name == "id" && ty == Type::String => {
                Value::string(id(single, &mut draw))
            }
            _ if !argument.is(super::spec::Flags::COMPUTED) => {
                if argument.as_block().is_some() {
                    zero(&ty)
                } else {
                    Value::null(ty)
                }
            }
            _ => filled(argument, &ty, &rows, region),
        };
        (argument.name.clone(), value)
    });
    Value::object(attributes.collect::<Vec<(Str, Value)>>())
}

fn id(row: Option<&Row>, draw: &mut Draw) -> String {
    row.and_then(|r| r.get("id"))
        .and_then(Json::as_str)
        .map_or_else(|| draw.hex(16), str::to_owned)
}

fn is_empty_list(value: &Value) -> bool {
    value.as_items().is_some_and(<[_]>::is_empty)
}

fn filled(argument: &Argument, ty: &Type, rows: &[Row], region: &str) -> Value {
    match (ty, argument.inner()) {
        (Type::List(of), Some(inner)) => Value::list(
            (**of).clone(),
            rows.iter().map(|r| element(inner, r)).collect(),
        ),
        (Type::Set(of), Some(inner)) => Value::set(
            (**of).clone(),
            rows.iter().map(|r| element(inner, r)).collect(),
        ),
        (Type::List(of), None) if **of == Type::String && argument.name.ends_with("ids") => {
            let ids = rows.iter().filter_map(|r| r.get("id")?.as_str());
            Value::list(Type::String, ids.map(Value::string).collect())
        }
        (Type::String, _) if &*argument.name == "region" => Value::string(region),
        _ => rows
            .first()
            .and_then(|row| field(&argument.name, row))
            .map_or_else(
                || zero(ty),
                |found| {
                    Some(json::from_json(found, ty))
                        .filter(|v| !v.is_null())
                        .unwrap_or_else(|| zero(ty))
                },
            ),
    }
}

fn element(inner: &[Argument], row: &Row) -> Value {
    Value::object(inner.iter().map(|argument| {
        let ty = argument.ty();
        let value = field(&argument.name, row)
            .map(|found| json::from_json(found, &ty))
            .filter(|v| !v.is_null());
        (argument.name.clone(), value.unwrap_or_else(|| zero(&ty)))
    }))
}

/// A field of a row, also by the names that lists give it: `vpc_id` of a VPC is its id, `instance_name` its name.
fn field<'r>(name: &str, row: &'r Row) -> Option<&'r Json> {
    let own = || {
        row.get("_own_id")
            .and_then(Json::as_str)
            .is_some_and(|own| own == name)
    };
    if own() {
        return row.get("id");
    }
    row.get(name).filter(|v| !v.is_null()).or_else(|| {
        if name.ends_with("_name") && !name.starts_with("host") {
            row.get("name")
        } else {
            None
        }
    })
}

/// Whether a row fits what the configuration asks for: every text, number and list of texts that names a field.
fn wanted(spec: &TypeSpec, config: &Value, row: &Row) -> bool {
    spec.arguments
        .iter()
        .filter(|a| a.is_settable())
        .all(|argument| {
            let name: &str = &argument.name;
            let Some(asked) = config.get(name).filter(|v| v.is_known() && !v.is_null()) else {
                return true;
            };
            if let Some(asked) = asked.as_str() {
                return field(name, row)
                    .and_then(Json::as_str)
                    .is_none_or(|have| asked.is_empty() || have == asked);
            }
            let (Some(asked), true) = (asked.as_items(), name.ends_with("_ids")) else {
                return true;
            };
            let have = field(name.strip_suffix('s').unwrap_or(name), row).and_then(Json::as_str);
            asked.is_empty()
                || have.is_none_or(|have| asked.iter().any(|a| a.as_str() == Some(have)))
        })
}

fn row(json: Json) -> Row {
    if let Json::Object(row) = json {
        row
    } else {
        Row::new()
    }
}

fn rows(contents: &Contents, kind: &str, region: &str) -> Vec<Row> {
    let stem = kind.split_once('_').map_or(kind, |(_, stem)| stem);
    match stem {
        "availability_regions" | "cvm_regions" => REGIONS
            .iter()
            .map(|r| row(json!({"name": r, "description": r, "state": "AVAILABLE"})))
            .collect(),
        "availability_zones" | "availability_zones_by_product" => {
            (1..=7).map(|n| zone(region, n)).collect()
        }
        "images" | "image" => images(),
        "instance_types" => instance_types(region),
        "user_info" => vec![row(json!({
            "app_id": APP_ID.to_string(), "uin": UIN.to_string(), "owner_uin": UIN.to_string(), "name": "mock"
        }))],
        _ => objects(contents, stem),
    }
}

pub(crate) const REGIONS: [&str; 8] = [
    "ap-guangzhou",
    "ap-shanghai",
    "ap-nanjing",
    "ap-beijing",
    "ap-chengdu",
    "ap-hongkong",
    "ap-singapore",
    "na-siliconvalley",
];

fn zone(region: &str, n: i64) -> Row {
    let place = REGIONS
        .iter()
        .position(|r| *r == region)
        .unwrap_or(REGIONS.len()) as i64
        + 1;
    let id = place * 100_000 + n;
    row(
        json!({"id": id.to_string(), "name": format!("{region}-{n}"), "description": format!("Zone {n}"), "state": "AVAILABLE"}),
    )
}

fn images() -> Vec<Row> {
    [("img-eb30mz89", "TencentOS Server 3.1 (TK4)", "TencentOS"), ("img-487zeit5", "Ubuntu Server 22.04 LTS 64bit", "Ubuntu")]
        .into_iter()
        .map(|(id, name, platform)| {
            row(json!({
                "id": id, "_own_id": "image_id", "image_id": id, "image_name": name, "os_name": name,
                "image_type": "PUBLIC_IMAGE", "image_state": "NORMAL", "image_size": 50, "architecture": "x86_64",
                "platform": platform
            }))
        })
        .collect()
}

fn instance_types(region: &str) -> Vec<Row> {
    [
        "SMALL1",
        "SMALL2",
        "MEDIUM2",
        "MEDIUM4",
        "MEDIUM8",
        "LARGE8",
        "LARGE16",
        "2XLARGE16",
        "2XLARGE32",
    ]
    .into_iter()
    .filter_map(|size| {
        let name = format!("S5.{size}");
        let (cpu, memory) = super::maker::machine(&name)?;
        Some(row(json!({
            "instance_type": name, "family": "S5", "cpu_core_count": cpu, "memory_size": memory,
            "availability_zone": format!("{region}-3"), "status": "SELL",
            "instance_charge_type": "POSTPAID_BY_HOUR"
        })))
    })
    .collect()
}

/// The objects of the resource type that a data source lists: `vpc_subnets` lists `subnet`, `instances` lists `instance`.
fn objects(contents: &Contents, stem: &str) -> Vec<Row> {
    let one = stem
        .strip_suffix("ies")
        .map(|s| format!("{s}y"))
        .or_else(|| stem.strip_suffix('s').map(str::to_owned));
    let one = one.unwrap_or_else(|| stem.to_owned());
    let of = match one.as_str() {
        "vpc_instance" => "vpc",
        "vpc_subnet" => "subnet",
        "vpc_route_table" => "route_table",
        "cbs_storages_set" => "cbs_storage",
        other => other.strip_suffix("_detail").unwrap_or(other),
    };
    contents
        .objects_of(&format!("tencentcloud_{of}"))
        .map(|object| object_row(of, object))
        .collect()
}

fn object_row(of: &str, object: &MockObject) -> Row {
    let mut row: Row = object.attributes.clone();
    let last = of.rsplit('_').next().unwrap_or(of);
    row.insert("_own_id".into(), json!(format!("{last}_id")));
    row.insert("id".into(), json!(object.id));
    row
}

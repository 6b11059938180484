//! `cloud objects` and `cloud calls`: what the mock cloud has and what it was asked, as a ledger to check runs against.

use cloudapp_providers::{MockCall, MockCloud, MockObject};
use serde_json::{Value as Json, json};

use crate::args::{CloudCommand, Global};
use crate::failure::{Ended, Failure};
use crate::stack::{cloud_failure, current_mock_cloud};
use crate::ui::Ui;

pub(super) fn run(ui: &Ui, global: &Global, command: &CloudCommand) -> Ended {
    let cloud = current_mock_cloud(global)?;
    let text = match command {
        CloudCommand::Objects { json: true } => lines(objects(&cloud)?.iter().map(object)),
        CloudCommand::Calls { json: true } => lines(calls(&cloud)?.iter().map(call)),
        CloudCommand::Objects { json: false } => {
            let rows = objects(&cloud)?;
            let rows = rows
                .into_iter()
                .map(|o| [o.kind, o.id, o.address])
                .collect::<Vec<_>>();
            table(
                ["TYPE", "ID", "ADDRESS"],
                rows,
                "The mock cloud is empty.\n",
            )
        }
        CloudCommand::Calls { json: false } => {
            let rows = calls(&cloud)?;
            let rows = rows
                .into_iter()
                .map(|c| {
                    let op = operation(&c);
                    [c.seq.to_string(), op, c.kind, c.id, c.outcome]
                })
                .collect::<Vec<_>>();
            let heads = ["SEQ", "OP", "TYPE", "ID", "OUTCOME"];
            table(heads, rows, "Nobody has called the mock cloud yet.\n")
        }
    };
    ui.say(&text);
    Ok(0)
}

fn objects(cloud: &MockCloud) -> Result<Vec<MockObject>, Failure> {
    cloud.objects().map_err(|e| cloud_failure(&e))
}

fn calls(cloud: &MockCloud) -> Result<Vec<MockCall>, Failure> {
    cloud.calls().map_err(|e| cloud_failure(&e))
}

fn object(o: &MockObject) -> Json {
    json!({
        "type": o.kind,
        "id": o.id,
        "address": o.address,
        "tags": o.tags,
        "attributes": o.attributes,
    })
}

/// A call; without id and operation null, not left out.
fn call(c: &MockCall) -> Json {
    let some = |s: &str| (!s.is_empty()).then(|| s.to_owned());
    json!({
        "seq": c.seq,
        "op": c.op,
        "type": c.kind,
        "id": some(&c.id),
        "operation": some(&c.operation),
        "outcome": c.outcome,
        "at": c.at,
    })
}

fn operation(c: &MockCall) -> String {
    match serde_json::to_value(c.op) {
        Ok(Json::String(name)) => name,
        _ => String::new(),
    }
}

/// A JSON array with one element a line, so that two ledgers can be compared by lines.
fn lines(items: impl Iterator<Item = Json>) -> String {
    let items: Vec<String> = items.map(|i| i.to_string()).collect();
    match items.is_empty() {
        true => "[]\n".to_owned(),
        false => format!("[\n{}\n]\n", items.join(",\n")),
    }
}

fn table<const N: usize>(heads: [&str; N], rows: Vec<[String; N]>, none: &str) -> String {
    if rows.is_empty() {
        return none.to_owned();
    }
    let width = |i: usize| {
        let cells = rows.iter().map(|r| r[i].chars().count());
        cells.chain([heads[i].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let line = |cells: [&str; N]| {
        let padded: String = cells
            .iter()
            .zip(&widths)
            .map(|(c, w)| format!("{c:w$}  "))
            .collect();
        padded.trim_end().to_owned() + "\n"
    };
    let body = rows.iter().map(|r| line(std::array::from_fn(|i| &*r[i])));
    std::iter::once(line(heads)).chain(body).collect()
}

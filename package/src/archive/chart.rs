//! Helm charts in a package: each is packed as `helm package` would, into `NAME-VERSION.tgz`, in which everything lies in
//! a folder of the chart's name. Where a package is unpacked its folder is made again, so that the stack's `chart_src`
//! means the same.

use std::collections::BTreeMap;

use cloudapp_lang::SourceMap;
use serde::{Deserialize, Serialize};

use super::canonical::{self, Budget};
use super::fault::{Fault, FaultKind};
use super::names;
use crate::yaml;

/// The file that makes a folder a chart.
const CHART: &str = "Chart.yaml";

/// A chart of a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chart {
    /// Its folder in the package, such as `software/chart`.
    pub directory: String,
    pub name: String,
    pub version: String,
    /// Its file in the archive.
    pub path: String,
    /// What takes the place of `chart_src`, as `chart_url`, where the platform installs the package: the same, or where
    /// the file will have been published.
    pub address: String,
}

/// Whether charts can be published below an address. A chart is fetched from its address as it stands, so that a query or
/// a fragment would end up in the middle of it.
#[must_use]
pub fn is_chart_url(url: &str) -> bool {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let odd = |c: char| c.is_control() || c.is_whitespace() || "?#\"<>\\".contains(c);
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !rest.contains(odd))
}

/// Files by path.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// Takes the files of charts out, and puts a `.tgz` in the place of each chart.
pub(super) fn pack_all(files: &mut Files, url: Option<&str>) -> Result<Vec<Chart>, Fault> {
    let mut charts = Vec::new();
    for directory in directories(files) {
        let prefix = format!("{directory}/");
        let inside: Files = files
            .extract_if(prefix.clone()..after(&prefix), |_, _| true)
            .collect();
        let (name, version) = about(&directory, inside.get(&format!("{prefix}{CHART}")))?;
        let file = format!("{name}-{version}.tgz");
        let path = format!("{prefix}{file}");
        names::check(&path)?;
        let packed: Vec<(String, &[u8])> = inside
            .iter()
            .map(|(p, bytes)| (format!("{name}/{}", &p[prefix.len()..]), bytes.as_slice()))
            .collect();
        packed.iter().try_for_each(|(p, _)| names::check(p))?;
        let bytes = canonical::write(packed.iter().map(|(p, bytes)| (p.as_str(), *bytes)))?;
        let address = url.map_or_else(
            || path.clone(),
            |url| format!("{}/{file}", url.trim_end_matches('/')),
        );
        files.insert(path.clone(), bytes);
        charts.push(Chart {
            directory,
            name,
            version,
            path,
            address,
        });
    }
    Ok(charts)
}

/// Everything that begins with `prefix` is less than this.
fn after(prefix: &str) -> String {
    format!("{}0", prefix.trim_end_matches('/'))
}

/// The folders of charts, without those in charts: they are parts of these.
fn directories(files: &Files) -> Vec<String> {
    let mut all: Vec<&str> = files
        .keys()
        .filter_map(|p| p.strip_suffix(CHART)?.strip_suffix('/'))
        .collect();
    // A folder comes before what is in it.
    all.sort_unstable();
    let mut found: Vec<String> = Vec::new();
    for directory in all {
        let inside = |outer: &String| {
            directory
                .strip_prefix(outer.as_str())
                .is_some_and(|rest| rest.starts_with('/'))
        };
        if !found.iter().any(inside) {
            found.push(directory.to_owned());
        }
    }
    found
}

/// The name and the version of a chart, by its `Chart.yaml`.
fn about(directory: &str, text: Option<&Vec<u8>>) -> Result<(String, String), Fault> {
    let fault = |why: &str| {
        let detail = format!("{directory}/{CHART}: {why}.");
        Fault::new(FaultKind::Chart, detail)
    };
    let text = text
        .and_then(|bytes| std::str::from_utf8(bytes).ok())
        .ok_or_else(|| fault("it is not text"))?;
    let file = SourceMap::new().add(CHART, text);
    let node = yaml::parse(text, file).map_err(|d| fault(d.detail.trim_end_matches('.')))?;
    let field = |key: &str, more: &str| {
        let text = node
            .get(key)
            .and_then(|n| n.as_str().map(str::to_owned))
            .ok_or_else(|| fault(&format!("\"{key}\" is missing, or is not a text")))?;
        let allowed = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
        let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if begins && text.chars().all(allowed) {
            Ok(text)
        } else {
            Err(fault(&format!("\"{key}\" cannot be part of a file's name")))
        }
    };
    Ok((field("name", "-_.")?, field("version", "-.+")?))
}

/// Puts the files of a chart in the place of its `.tgz`.
pub(super) fn unpack(chart: &Chart, files: &mut Files, budget: &mut Budget) -> Result<(), Fault> {
    let fault = |why: &str| Fault::new(FaultKind::Chart, format!("{}: {why}.", chart.path));
    let prefix = format!("{}/", chart.directory);
    if chart.path != format!("{prefix}{}-{}.tgz", chart.name, chart.version) {
        return Err(fault("it does not lie where its name and version say"));
    }
    let published = chart
        .address
        .strip_suffix(&format!("/{}-{}.tgz", chart.name, chart.version));
    if chart.address != chart.path && !published.is_some_and(is_chart_url) {
        return Err(fault("its address is not where a chart can be"));
    }
    let beside = files.range(prefix.clone()..after(&prefix)).count();
    let bytes = files
        .remove(&chart.path)
        .ok_or_else(|| fault("it is not in the archive"))?;
    if beside != 1 {
        return Err(fault("something lies beside it in the chart's folder"));
    }
    let inside = canonical::read(&bytes, budget).map_err(|f| f.within(&chart.path))?;
    if !inside.is_sorted_by(|(a, _), (b, _)| a < b) {
        return Err(fault("its files are not in the order of their names"));
    }
    for (path, bytes) in inside {
        let rest = path
            .strip_prefix(chart.name.as_str())
            .and_then(|rest| rest.strip_prefix('/'))
            .ok_or_else(|| fault("a file in it lies outside of the chart's folder"))?;
        files.insert(format!("{prefix}{rest}"), bytes);
    }
    let said = about(&chart.directory, files.get(&format!("{prefix}{CHART}")))?;
    if said != (chart.name.clone(), chart.version.clone()) {
        return Err(fault("its Chart.yaml says another name or version"));
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests say what they expect")]
mod tests {
    use super::*;

    fn files(entries: &[(&str, &str)]) -> Files {
        entries
            .iter()
            .map(|(p, t)| ((*p).to_owned(), t.as_bytes().to_vec()))
            .collect()
    }

    #[test]
    fn a_chart_comes_back_as_it_was() {
        let before = files(&[
            ("package.yaml", "id: pkg-00000000"),
            ("software/chart/Chart.yaml", "name: shop\nversion: 1.0.0+a"),
            (
                "software/chart/charts/db/Chart.yaml",
                "name: db\nversion: 0.1.0",
            ),
            ("software/chart/values.yaml", "a: 1"),
            ("software/chart-notes.txt", "x"),
        ]);
        let mut packed = before.clone();
        let charts = pack_all(&mut packed, None).unwrap();
        let names: Vec<&String> = packed.keys().collect();
        assert_eq!(
            names,
            [
                "package.yaml",
                "software/chart-notes.txt",
                "software/chart/shop-1.0.0+a.tgz"
            ]
        );
        assert_eq!(charts.len(), 1);
        unpack(&charts[0], &mut packed, &mut Budget::default()).unwrap();
        assert_eq!(packed, before);
    }

    #[test]
    fn the_address_is_where_the_chart_is_published() {
        let mut packed = files(&[("c/Chart.yaml", "name: a\nversion: 1.0.0")]);
        let charts = pack_all(&mut packed, Some("https://example.org/x/")).unwrap();
        assert_eq!(charts[0].address, "https://example.org/x/a-1.0.0.tgz");
    }

    #[test]
    fn charts_without_a_name_or_with_a_bad_one() {
        for text in [
            "version: 1.0.0",
            "name: a",
            "name: ../a\nversion: 1.0.0",
            "name: a\nversion: 1/0",
            "name: a\nversion: 1.0",
            "name: [",
        ] {
            let fault = pack_all(&mut files(&[("c/Chart.yaml", text)]), None).unwrap_err();
            assert_eq!(fault.kind, FaultKind::Chart, "{text}");
        }
    }
}

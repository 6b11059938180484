//! Which actions there are: a packed list of the public API's, made from its models by `cargo xtask actions`.
//!
//! The file is `CAAC`, a version byte, the unpacked and the packed length as LEB128 numbers, and a deflated text: a line
//! for each product, `product:Action,Action,…`, both in byte order.

use std::sync::OnceLock;

use cloudapp_lang::diagnostic::nearest;
use flate2::{Decompress, FlushDecompress};

use super::action::matches;

static FILE: &[u8] = include_bytes!("actions.bin");

/// Actions that policies name and the public API's models lack, by the public lists of what access policies can name.
const BEYOND: [(&str, &[&str]); 1] = [(
    "cloudapp",
    &[
        "AccessCloudappThirdService",
        "AttachResourceForInstance",
        "CallClientAPI",
        "CallServiceAPI",
        "CancelInstallPlan",
        "CommitPackageVersion",
        "CreateCvmImage",
        "CreateInstance",
        "CreatePackage",
        "DeletePackage",
        "DeregisterResources",
        "DescribeCloudappLicense",
        "DescribeContainerImages",
        "DescribeContainerRepositories",
        "DescribeCvmImageDetail",
        "DescribeCvmImages",
        "DescribeInstanceDetail",
        "DescribeInstanceFrontend",
        "DescribeInstanceOutputs",
        "ReportResourceUsage",
    ],
)];

/// Products whose actions are not in the list: storage, whose API is another, and those whose models were not there.
#[rustfmt::skip]
const WITHOUT_ACTIONS: [&str; 120] = [
    "account", "advisor", "af", "ai3d", "aiart", "ame", "ams", "anicloud", "asr", "asw", "autoscaling", "ba", "batch",
    "bda", "bh", "billing", "bizlive", "bm", "bma", "bmeip", "bmlb", "bmvpc", "bpaas", "bri", "captcha", "car", "cas",
    "cat", "ccc", "ccs", "cdc", "cds", "cdwch", "cdwdoris", "cdwpg", "cfg", "chdfs", "ci", "ciam", "cii", "cim",
    "cloudaudit", "cloudstudio", "cme", "cmq", "cms", "coding", "controlcenter", "cos", "cpdp", "csip", "ctem", "cws",
    "dasb", "dataintegration", "dayu", "dbbrain", "dbdc", "dbs", "dc3", "dlc", "dsgc", "ecc", "ecdn", "ecm", "eiam", "eis",
    "emr", "essbasic", "facefusion", "faceid", "finance", "fmu", "ft", "gme", "goosefs", "gs", "gse", "hai", "hasim",
    "hunyuan", "iai", "iap", "ims", "ioa", "iotcloud", "iotexplorer", "iotvideo", "iss", "ivld", "lcic", "lke", "lkeap",
    "lowcode", "mps", "mrs", "msp", "nlp", "oceanus", "ocr", "partners", "rce", "rum", "smh", "taf", "tbaas", "tbp", "tcb",
    "tcbr", "tchd", "tcm", "tdid", "thpc", "ticket", "tiia", "tione", "tms", "trp", "tts", "wedata",
];

/// What is known of an action's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// It is there, or nothing is known of the product's actions.
    Yes,
    /// There is no such product; the nearest.
    NoProduct(Option<&'static str>),
    /// The product has no such action; the nearest.
    NoAction(Option<&'static str>),
}

/// Looks an action up. Either part may be a pattern.
pub(super) fn look_up(product: &str, action: &str) -> Known {
    let list = List::get();
    if product.contains('*') {
        return Known::Yes;
    }
    let Some(actions) = list.of(product) else {
        if WITHOUT_ACTIONS.binary_search(&product).is_ok() {
            return Known::Yes;
        }
        let all = list.products.iter().map(|p| p.0).chain(WITHOUT_ACTIONS);
        return Known::NoProduct(nearest(product, all));
    };
    let beyond = BEYOND
        .iter()
        .find(|b| b.0 == product)
        .map_or(&[][..], |b| b.1);
    let mut all = actions.split(',').chain(beyond.iter().copied());
    if all.clone().any(|a| matches(action, a)) {
        return Known::Yes;
    }
    let same = all.find(|a| a.eq_ignore_ascii_case(action));
    let all = actions.split(',').chain(beyond.iter().copied());
    Known::NoAction(same.or_else(|| nearest(action.trim_end_matches('*'), all)))
}

/// The unpacked list.
#[derive(Debug, Default)]
struct List {
    /// Product and actions, in order of the products.
    products: Vec<(&'static str, &'static str)>,
}

impl List {
    /// The list that is built in. A damaged one (which tests exclude) would know no product.
    fn get() -> &'static List {
        static TEXT: OnceLock<String> = OnceLock::new();
        static LIST: OnceLock<List> = OnceLock::new();
        LIST.get_or_init(|| List {
            products: TEXT
                .get_or_init(|| unpack(FILE).unwrap_or_default())
                .lines()
                .filter_map(|line| line.split_once(':'))
                .collect(),
        })
    }

    fn of(&self, product: &str) -> Option<&'static str> {
        let at = self.products.binary_search_by(|p| p.0.cmp(product)).ok()?;
        Some(self.products[at].1)
    }
}

fn unpack(file: &[u8]) -> Option<String> {
    let mut rest = file.strip_prefix(b"CAAC\x01")?;
    let length = number(&mut rest)?;
    let packed = number(&mut rest)?;
    let mut out = Vec::with_capacity(length);
    Decompress::new(false)
        .decompress_vec(rest.get(..packed)?, &mut out, FlushDecompress::Finish)
        .ok()?;
    (out.len() == length).then(|| String::from_utf8(out).ok())?
}

fn number(rest: &mut &[u8]) -> Option<usize> {
    let (mut n, mut shift) = (0_usize, 0_u32);
    loop {
        let (first, others) = rest.split_first()?;
        *rest = others;
        n |= usize::from(first & 0x7f).checked_shl(shift)?;
        if first & 0x80 == 0 {
            return Some(n);
        }
        shift += 7;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_whole() {
        let list = List::get();
        assert!(list.products.len() > 50);
        assert!(list.products.is_sorted_by(|a, b| a.0 < b.0));
        assert!(WITHOUT_ACTIONS.is_sorted_by(|a, b| a < b));
        for (product, actions) in &list.products {
            assert!(WITHOUT_ACTIONS.binary_search(product).is_err(), "{product}");
            assert!(
                actions.split(',').collect::<Vec<_>>().is_sorted(),
                "{product}"
            );
        }
    }

    #[test]
    fn actions_are_looked_up() {
        for (product, action, expected) in [
            ("cvm", "DescribeInstances", Known::Yes),
            ("cvm", "Describe*", Known::Yes),
            ("cvm", "*", Known::Yes),
            ("cos", "GetObject", Known::Yes),
            ("*", "Describe*", Known::Yes),
            ("cloudapp", "VerifyLicense", Known::Yes),
            ("cloudapp", "CallServiceAPI", Known::Yes),
            (
                "cloudapp",
                "VerifyLicence",
                Known::NoAction(Some("VerifyLicense")),
            ),
            (
                "cvm",
                "describeinstances",
                Known::NoAction(Some("DescribeInstances")),
            ),
            ("cvm", "Xyzzy", Known::NoAction(None)),
            ("cvmm", "DescribeInstances", Known::NoProduct(Some("cvm"))),
        ] {
            assert_eq!(look_up(product, action), expected, "{product}:{action}");
        }
    }

    #[test]
    fn damaged_lists_are_refused() {
        assert_eq!(unpack(b""), None);
        assert_eq!(unpack(b"CAAC\x02\x00\x00"), None);
        assert_eq!(unpack(&FILE[..FILE.len() - 10]), None);
        assert_eq!(
            unpack(b"CAAC\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
            None
        );
    }
}

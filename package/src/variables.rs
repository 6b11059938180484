//! The values that an installation passes to the stack beside those of its form.

use std::collections::BTreeMap;
use std::path::Path;

use cloudapp_lang::{Str, Type, Value};

use crate::package::Package;
use crate::yaml::{Node, Yaml};

/// The variables that the platform supplies to every stack which declares them.
pub const SYSTEM_VARIABLES: [&str; 11] = [
    "cloudapp_cam_role",
    "cloudapp_id",
    "cloudapp_installer_uin",
    "cloudapp_name",
    "cloudapp_owner_appid",
    "cloudapp_owner_uin",
    "cloudapp_repo_password",
    "cloudapp_repo_server",
    "cloudapp_repo_username",
    "cloudapp_spec",
    "cloudapp_tags",
];

/// What the platform knows about an installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemVariables {
    /// `cloudapp-` and eight letters or digits.
    pub id: String,
    pub name: String,
    /// The role that the application runs with.
    pub cam_role: String,
    /// Host of the image registry, and the account that may read the package's images there.
    pub repo_server: String,
    pub repo_username: String,
    pub repo_password: String,
    /// The public manuals do not say what shape these two have; maps of strings are our choice, because resources take
    /// their tags so, and a specification is a value per key.
    pub tags: BTreeMap<Str, Str>,
    pub spec: BTreeMap<Str, Str>,
    /// Who installs.
    pub installer_uin: String,
    /// Whose account it is installed into.
    pub owner_uin: String,
    pub owner_appid: String,
}

impl SystemVariables {
    /// Plausible values for an installation that is not real. They depend only on where the package lies, so that one
    /// directory is one installation however often it is deployed. The specification is the first of each dimension.
    #[must_use]
    pub fn mock(package: &Package) -> Self {
        let dir = std::fs::canonicalize(&package.dir).unwrap_or_else(|_| package.dir.clone());
        let code = code(&dir);
        let id = format!("cloudapp-{code}");
        let folder = if dir.ends_with(".cloudapp") {
            dir.parent().unwrap_or(&dir)
        } else {
            &dir
        };
        let name = folder.file_name().map_or_else(
            || "application".into(),
            |n| n.to_string_lossy().into_owned(),
        );
        let first = |s: &crate::manifest::Specification| {
            let value = s.values.first().map(|v| text(&v.value)).unwrap_or_default();
            (s.key.value.clone(), value)
        };
        Self {
            cam_role: format!("CloudAppRole-{code}"),
            repo_server: "cloudapp.tencentcloudcr.com".into(),
            repo_username: format!("reader-{code}"),
            repo_password: format!("mock-{}", code.chars().rev().collect::<String>()),
            tags: BTreeMap::from([("CloudappId".into(), id.as_str().into())]),
            spec: package.manifest.specs.iter().map(first).collect(),
            installer_uin: "100000000002".into(),
            owner_uin: "100000000001".into(),
            owner_appid: "1250000000".into(),
            id,
            name,
        }
    }

    /// The variables by name, the password marked as sensitive. A stack is given those that it declares.
    #[must_use]
    pub fn values(&self) -> BTreeMap<Str, Value> {
        let map = |entries: &BTreeMap<Str, Str>| {
            Value::map(
                Type::String,
                entries
                    .iter()
                    .map(|(k, v)| (k.clone(), Value::string(v.clone())))
                    .collect(),
            )
        };
        let string = |s: &String| Value::string(s.as_str());
        let all = [
            ("cloudapp_cam_role", string(&self.cam_role)),
            ("cloudapp_id", string(&self.id)),
            ("cloudapp_installer_uin", string(&self.installer_uin)),
            ("cloudapp_name", string(&self.name)),
            ("cloudapp_owner_appid", string(&self.owner_appid)),
            ("cloudapp_owner_uin", string(&self.owner_uin)),
            (
                "cloudapp_repo_password",
                string(&self.repo_password).sensitive(),
            ),
            ("cloudapp_repo_server", string(&self.repo_server)),
            ("cloudapp_repo_username", string(&self.repo_username)),
            ("cloudapp_spec", map(&self.spec)),
            ("cloudapp_tags", map(&self.tags)),
        ];
        all.into_iter().map(|(n, v)| (n.into(), v)).collect()
    }
}

/// Eight letters or digits from a path.
fn code(dir: &Path) -> String {
    // FNV-1a: small, and the same on every machine and in every version.
    let mut hash = dir
        .as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
            (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3)
        });
    (0..8)
        .map(|_| {
            let digit = (hash % 36) as u8;
            hash /= 36;
            char::from(if digit < 10 {
                b'0' + digit
            } else {
                b'a' + digit - 10
            })
        })
        .collect()
}

fn text(node: &Node) -> Str {
    match &node.value {
        Yaml::String(s) => s.clone(),
        Yaml::Bool(b) => b.to_string().into(),
        Yaml::Number(n) => n.to_string().into(),
        _ => "".into(),
    }
}

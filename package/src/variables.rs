//! The values that an installation passes to the stack beside those of its form.

use std::collections::BTreeMap;
use std::path::Path;

use cloudapp_lang::{Str, Type, Value};

use crate::package::Package;

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

/// A variable that the platform supplies.
#[derive(Clone, Copy, Debug)]
pub struct SystemVariable {
    pub name: &'static str,
    /// Its type; where the public manuals are silent, our choice.
    pub ty: fn() -> Type,
    /// What it is, in half a sentence.
    pub meaning: &'static str,
    /// What it is where no platform supplies it.
    pub without_platform: &'static str,
    /// Whether it must not be shown.
    pub sensitive: bool,
}

const fn described(
    name: &'static str,
    ty: fn() -> Type,
    meaning: &'static str,
    without_platform: &'static str,
) -> SystemVariable {
    SystemVariable {
        name,
        ty,
        meaning,
        without_platform,
        sensitive: false,
    }
}

fn string() -> Type {
    Type::String
}

fn strings() -> Type {
    Type::map(Type::String)
}

/// [`SYSTEM_VARIABLES`] with what is known of each, in the order in which they are explained.
static DESCRIBED: [SystemVariable; 11] = [
    described(
        "cloudapp_id",
        string,
        "the installation, `cloudapp-` and eight letters or digits; resources are tagged with it",
        "made from the directory's path",
    ),
    described("cloudapp_name", string, "its name", "the directory's name"),
    described(
        "cloudapp_cam_role",
        string,
        "the role that the application runs with, for `cam_role_name` of servers and nodes",
        "`CloudAppRole-` and the letters of the id",
    ),
    described(
        "cloudapp_repo_server",
        string,
        "the host of the image registry",
        "the public one",
    ),
    described(
        "cloudapp_repo_username",
        string,
        "an account that may read the package's images there",
        "made from the path",
    ),
    SystemVariable {
        sensitive: true,
        ..described(
            "cloudapp_repo_password",
            string,
            "its password",
            "made from the path",
        )
    },
    described(
        "cloudapp_spec",
        strings,
        "what was bought: the chosen value for each key of `specs` (a map of strings is our choice)",
        "the first value of each, or what `-spec` chooses",
    ),
    described(
        "cloudapp_tags",
        strings,
        "tags of the installation (a map of strings is our choice)",
        "`{CloudappId = cloudapp_id}`",
    ),
    described(
        "cloudapp_installer_uin",
        string,
        "the number of the account that installs",
        "a number",
    ),
    described(
        "cloudapp_owner_uin",
        string,
        "the number of the main account that it is installed into",
        "a number",
    ),
    described(
        "cloudapp_owner_appid",
        string,
        "that account's number in names of buckets",
        "a number",
    ),
];

/// The variables that the platform supplies, explained.
#[must_use]
pub fn system_variables() -> &'static [SystemVariable] {
    &DESCRIBED
}

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
        Self {
            cam_role: format!("CloudAppRole-{code}"),
            repo_server: "cloudapp.tencentcloudcr.com".into(),
            repo_username: format!("reader-{code}"),
            repo_password: format!("mock-{}", code.chars().rev().collect::<String>()),
            tags: BTreeMap::from([("CloudappId".into(), id.as_str().into())]),
            spec: package.specification(&[]).unwrap_or_default(),
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
                    .map(|(k, v)| (k.clone(), Value::string(v.clone()))),
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests say what they expect")]
mod tests {
    use super::*;

    #[test]
    fn every_variable_is_explained() {
        let mut names: Vec<_> = system_variables().iter().map(|v| v.name).collect();
        names.sort_unstable();
        assert_eq!(names, SYSTEM_VARIABLES);
    }

    #[test]
    fn values_have_the_types_that_are_told() {
        let system = SystemVariables {
            id: "cloudapp-00000000".into(),
            name: "a".into(),
            cam_role: "r".into(),
            repo_server: "s".into(),
            repo_username: "u".into(),
            repo_password: "p".into(),
            tags: BTreeMap::new(),
            spec: BTreeMap::from([("edition".into(), "standard".into())]),
            installer_uin: "1".into(),
            owner_uin: "2".into(),
            owner_appid: "3".into(),
        };
        let values = system.values();
        for variable in system_variables() {
            let value = &values[variable.name];
            assert_eq!(value.ty(), (variable.ty)(), "{}", variable.name);
            assert_eq!(
                value.marks().is_sensitive(),
                variable.sensitive,
                "{}",
                variable.name
            );
        }
    }

    #[test]
    fn the_documentation_explains_them_so() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/packages.md");
        let text = std::fs::read_to_string(path).unwrap();
        for v in system_variables() {
            let sensitive = if v.sensitive { ", sensitive" } else { "" };
            let line = format!(
                "| `{}` | {}{sensitive} | {} | {} |",
                v.name,
                (v.ty)(),
                v.meaning,
                v.without_platform
            );
            assert!(text.contains(&line), "docs/packages.md lacks:\n{line}");
        }
    }
}

//! Templates: packages to begin with. Their files are in `package/templates`, and part of the program.

use cloudapp_lang::diagnostic::nearest;

/// What stands for the package's id in a template.
pub const ID_PLACEHOLDER: &str = "${packageId}";

/// The template that is taken where none is named.
pub const DEFAULT: &str = "cvm-ip";

/// A package to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template {
    pub name: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// The number by which the platform's own tool knows a template of the same kind.
    pub code: Option<&'static str>,
    /// Path and text of each file, in the order of their paths.
    files: &'static [(&'static str, &'static str)],
}

impl Template {
    /// Path (with `/` between names) and text of each file; `id` takes the place of the placeholder.
    pub fn files(&self, id: Option<&str>) -> impl ExactSizeIterator<Item = (&'static str, String)> {
        let id = id.unwrap_or(ID_PLACEHOLDER);
        self.files
            .iter()
            .map(move |(path, text)| (*path, text.replace(ID_PLACEHOLDER, id)))
    }
}

/// All templates, in the order in which they are listed.
#[must_use]
pub fn templates() -> &'static [Template] {
    ALL
}

/// The template of a name, or of one of the platform's numbers: `CT_001`, or `CT_001_` and whatever follows.
#[must_use]
pub fn template(name: &str) -> Option<&'static Template> {
    let numbered = |t: &&Template| {
        t.code.is_some_and(|code| {
            name.strip_prefix(code)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
        })
    };
    let by_name = ALL.iter().find(|t| t.name == name);
    by_name.or_else(|| ALL.iter().find(numbered))
}

/// The name that was probably meant.
#[must_use]
pub fn nearest_template(name: &str) -> Option<&'static str> {
    nearest(name, ALL.iter().map(|t| t.name))
}

/// The texts of a template's files.
macro_rules! template {
    ($name:literal, $title:literal, $code:expr, [$($file:literal,)*]) => {
        Template {
            name: $name,
            title: $title,
            code: $code,
            files: &[$((
                $file,
                include_str!(concat!("../templates/", $name, "/", $file)),
            ),)*],
        }
    };
}

// Written out rather than collected by a build script: a test compares it with the folder.
static ALL: &[Template] = &[
    template!(
        "cvm-ip",
        "A server with a public address",
        Some("CT_001"),
        [
            "README.md",
            "example.tfvars.json",
            "infrastructure/outputs.tf",
            "infrastructure/provider.tf",
            "infrastructure/server.tf",
            "infrastructure/variables.tf",
            "package.yaml",
        ]
    ),
    template!(
        "cvm-cloudapi",
        "A server behind the cloud's API",
        Some("CT_002"),
        [
            "README.md",
            "example.tfvars.json",
            "infrastructure/api.tf",
            "infrastructure/outputs.tf",
            "infrastructure/provider.tf",
            "infrastructure/server.tf",
            "infrastructure/variables.tf",
            "package.yaml",
        ]
    ),
    template!(
        "cvm-clb-mysql",
        "Servers behind a load balancer, with a database",
        Some("CT_003"),
        [
            "README.md",
            "example.tfvars.json",
            "infrastructure/balancer.tf",
            "infrastructure/database.tf",
            "infrastructure/network.tf",
            "infrastructure/outputs.tf",
            "infrastructure/provider.tf",
            "infrastructure/servers.tf",
            "infrastructure/variables.tf",
            "package.yaml",
        ]
    ),
    template!(
        "tke-clb-mysql",
        "Containers behind a load balancer, with a database",
        Some("CT_004"),
        [
            "README.md",
            "example.tfvars.json",
            "infrastructure/balancer.tf",
            "infrastructure/cluster.tf",
            "infrastructure/database.tf",
            "infrastructure/network.tf",
            "infrastructure/outputs.tf",
            "infrastructure/provider.tf",
            "infrastructure/software.tf",
            "infrastructure/variables.tf",
            "package.yaml",
            "software/chart/Chart.yaml",
            "software/chart/templates/database.yaml",
            "software/chart/templates/deployment.yaml",
            "software/chart/templates/registry.yaml",
            "software/chart/templates/service.yaml",
            "software/chart/values.yaml",
        ]
    ),
    template!(
        "network",
        "A network that is made, or chosen",
        Some("CT_006"),
        [
            "README.md",
            "example.tfvars.json",
            "infrastructure/network.tf",
            "infrastructure/outputs.tf",
            "infrastructure/provider.tf",
            "infrastructure/server.tf",
            "infrastructure/variables.tf",
            "package.yaml",
        ]
    ),
    template!(
        "cfs",
        "Servers that share a file system",
        Some("CT_007"),
        [
            "README.md",
            "example.tfvars.json",
            "infrastructure/outputs.tf",
            "infrastructure/provider.tf",
            "infrastructure/servers.tf",
            "infrastructure/storage.tf",
            "infrastructure/variables.tf",
            "package.yaml",
        ]
    ),
    template!(
        "ckafka",
        "A server with a message queue",
        Some("CT_008"),
        [
            "README.md",
            "example.tfvars.json",
            "infrastructure/outputs.tf",
            "infrastructure/provider.tf",
            "infrastructure/queue.tf",
            "infrastructure/server.tf",
            "infrastructure/variables.tf",
            "package.yaml",
        ]
    ),
    template!(
        "clb-https",
        "HTTPS through the load balancer",
        None,
        [
            "README.md",
            "example.tfvars.json",
            "infrastructure/balancer.tf",
            "infrastructure/outputs.tf",
            "infrastructure/provider.tf",
            "infrastructure/server.tf",
            "infrastructure/variables.tf",
            "package.yaml",
        ]
    ),
    template!(
        "license",
        "An application with a licence",
        None,
        [
            "README.md",
            "example.tfvars.json",
            "infrastructure/outputs.tf",
            "infrastructure/provider.tf",
            "infrastructure/server.tf",
            "infrastructure/variables.tf",
            "package.yaml",
        ]
    ),
    template!(
        "empty",
        "An empty package",
        None,
        [
            "README.md",
            "example.tfvars.json",
            "infrastructure/provider.tf",
            "infrastructure/variables.tf",
            "package.yaml",
        ]
    ),
];

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests say what they expect")]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_folder_is_in_the_program() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        let there: BTreeSet<String> = walkdir::WalkDir::new(&root)
            .into_iter()
            .map(|e| e.unwrap())
            .filter(|e| e.file_type().is_file())
            .map(|e| {
                let path = e.path().strip_prefix(&root).unwrap();
                path.to_str().unwrap().replace('\\', "/")
            })
            .collect();
        let known: BTreeSet<String> = ALL
            .iter()
            .flat_map(|t| t.files.iter().map(|(f, _)| format!("{}/{f}", t.name)))
            .collect();
        assert_eq!(known, there);
        assert!(ALL.len() >= 10);
    }

    #[test]
    fn every_template_has_a_readme_with_its_title_and_a_place_for_the_id() {
        for t in ALL {
            let text = |name: &str| t.files.iter().find(|(f, _)| *f == name).unwrap().1;
            assert!(
                text("README.md").starts_with(&format!("# {}\n", t.title)),
                "{}",
                t.name
            );
            assert!(text("package.yaml").contains(ID_PLACEHOLDER), "{}", t.name);
            let made: Vec<_> = t.files(Some("pkg-12345678")).collect();
            assert!(made.iter().all(|(_, text)| !text.contains(ID_PLACEHOLDER)));
        }
    }

    #[test]
    fn names_and_numbers() {
        let name = |n: &str| template(n).map(|t| t.name);
        assert_eq!(name("cfs"), Some("cfs"));
        assert_eq!(name("CT_001"), Some("cvm-ip"));
        assert_eq!(name("CT_001_cvm-ip"), Some("cvm-ip"));
        assert_eq!(name("CT_0011"), None);
        assert_eq!(name("CT_005_all"), None);
        assert_eq!(nearest_template("kafka"), Some("ckafka"));
        assert!(template(DEFAULT).is_some());
    }
}

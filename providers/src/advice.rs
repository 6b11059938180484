//! What to do about failures that installations meet, as the cloud's guide advises, in our own words.
//!
//! Source: "Service Provider Guide" of Cloud App, chapter "Installation FAQ" (2025-04-23), with its four questions: an
//! image that cannot be pulled, a script after the installation that runs into the time limit, an image for other
//! processors, and resources that are out of stock. The guide names causes, not codes: the codes are those that the
//! products' API documents for these causes.

/// One cause: how it is recognised, and what to do about it.
struct Advice {
    /// Types of resources that it is about; none: all.
    kinds: &'static [&'static str],
    /// The cloud's codes: whole ones, or parts that begin with `*`, which may stand anywhere in a code.
    codes: &'static [&'static str],
    /// Parts of the cloud's message, in lower case.
    messages: &'static [&'static str],
    text: &'static str,
}

/// Types that install a chart into a cluster.
const CHARTS: &[&str] = &["cloudapp_helm_app", "cloudapp_tke_service"];

/// The first that fits counts: what is more certain comes first.
const TABLE: [Advice; 6] = [
    // Question 4. Of the family `ResourceInsufficient` only those that speak of stock: the others are quotas and full
    // subnets, which another zone does not help.
    Advice {
        kinds: &[],
        codes: &[
            "ResourcesSoldOut",
            "*SoldOut",
            "ResourceInsufficient",
            "ResourceInsufficient.CVM",
            "ResourceInsufficient.Clb",
            "ResourceInsufficient.CloudDiskUnavailable",
            "ResourceInsufficient.CloudServer",
            "ResourceInsufficient.Es",
            "ResourceInsufficient.HiddenZone",
            "ResourceInsufficient.Instance",
            "ResourceInsufficient.ResourceInsufficientError",
            "ResourceInsufficient.ResourceNotEnough",
            "ResourceInsufficient.SpecifiedInstanceType",
            "ResourceInsufficient.Zone",
            "FailedOperation.InsufficientResources",
            "FailedOperation.ResourceNotEnough",
        ],
        messages: &[],
        text: "Out of stock: choose another availability zone or another instance type, or ask the cloud with a ticket.",
    },
    // Question 3, for machines.
    Advice {
        kinds: &[],
        codes: &[
            "InvalidParameter.InstanceImageNotSupport",
            "UnsupportedOperation.ArmArchitecture",
        ],
        messages: &[],
        text: "The image and the instance type are for different processors: choose an image of the type's architecture, or a type of the image's.",
    },
    // Question 3, for containers.
    Advice {
        kinds: &[],
        codes: &[],
        messages: &["exec format error"],
        text: "The image was built for other processors than the nodes have: build it for their platform (for TKE mostly docker build --platform linux/amd64), push it, and apply again.",
    },
    // Question 1.
    Advice {
        kinds: CHARTS,
        codes: &[],
        messages: &[
            "imagepullbackoff",
            "errimagepull",
            "pull image",
            "pulling image",
        ],
        text: "Outside of Beijing, Shanghai, Guangzhou, Nanjing and Chengdu, images are pulled over the public network: give the VPC a way out (a NAT gateway, and a route to it).",
    },
    // Question 2.
    Advice {
        kinds: CHARTS,
        codes: &[],
        messages: &["post-install", "post_install", "postinstall"],
        text: "If the workloads are up, the chart's post_install job ran into the time limit: look for a process in it that does not end.",
    },
    // Questions 1 and 2, which a time limit alone does not tell apart.
    Advice {
        kinds: CHARTS,
        codes: &["*Timeout", "*TimedOut"],
        messages: &["timed out", "timeout", "deadline exceeded"],
        text: "Look at the pods. If they are up, a process in the chart's post_install job does not end. If they wait for their image, the VPC has no way out to the public network: outside of Beijing, Shanghai, Guangzhou, Nanjing and Chengdu it needs a NAT gateway, and a route to it.",
    },
];

/// The guide's advice on a failed call, if it has any.
pub(crate) fn on(kind: &str, code: &str, message: &str) -> Option<&'static str> {
    let message = message.to_lowercase();
    let fits = |a: &&Advice| {
        (a.kinds.is_empty() || a.kinds.contains(&kind))
            && (a.codes.iter().any(|c| is_code(c, code))
                || a.messages.iter().any(|m| message.contains(m)))
    };
    TABLE.iter().find(fits).map(|a| a.text)
}

fn is_code(pattern: &str, code: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(part) => code.contains(part),
        None => code == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes() {
        let helm = "cloudapp_helm_app";
        let cases = [
            (
                "tencentcloud_instance",
                "ResourceInsufficient.CloudServer",
                "",
                "another availability zone",
            ),
            (
                "tencentcloud_instance",
                "ResourcesSoldOut.SpecifiedInstanceType",
                "",
                "another instance type",
            ),
            (
                "tencentcloud_cbs_storage",
                "InvalidParameter.InvalidCloudDiskSoldOut",
                "",
                "another availability zone",
            ),
            (
                "tencentcloud_instance",
                "InvalidParameter.InstanceImageNotSupport",
                "",
                "architecture",
            ),
            (
                helm,
                "FailedOperation",
                "exec user process caused: exec format error",
                "linux/amd64",
            ),
            (
                helm,
                "FailedOperation",
                "pod web-0: ImagePullBackOff",
                "NAT gateway",
            ),
            (
                helm,
                "FailedOperation.Timeout",
                "post-install hook did not end",
                "post_install job ran",
            ),
            (
                helm,
                "FailedOperation",
                "timed out waiting for the condition",
                "Look at the pods",
            ),
            (helm, "InternalError.Timeout", "", "Look at the pods"),
        ];
        for (kind, code, message, part) in cases {
            let text = on(kind, code, message).unwrap_or_default();
            assert!(text.contains(part), "{code} {message}: {text}");
        }
    }

    #[test]
    fn no_advice_where_the_guide_has_none() {
        let cases = [
            ("tencentcloud_subnet", "ResourceInsufficient.SubnetIp", ""),
            (
                "tencentcloud_cfs_file_system",
                "ResourceInsufficient.FileSystemLimitExceeded",
                "",
            ),
            (
                "tencentcloud_mysql_instance",
                "InternalError.Timeout",
                "timed out",
            ),
            ("cloudapp_helm_app", "ResourceNotFound", "no such cluster"),
        ];
        for (kind, code, message) in cases {
            assert_eq!(on(kind, code, message), None, "{code}");
        }
    }
}

//! Resources: `*`, or six segments `qcs:project:service:region:account:resource`.

/// A resource in its segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Resource<'a> {
    pub(super) service: &'a str,
    pub(super) region: &'a str,
    pub(super) account: &'a str,
    pub(super) path: &'a str,
}

/// Takes the six segments apart and says in a clause what is wrong with them. Colons inside of `${…}` do not count.
pub(super) fn segments(text: &str) -> Result<Resource<'_>, String> {
    let parts = split(text);
    let [prefix, project, service, region, account, path] = parts[..] else {
        return Err(format!(
            "it has {} of the six segments, which colons separate",
            parts.len()
        ));
    };
    let open = |s: &str| s.contains("${");
    if prefix != "qcs" {
        return Err(format!(
            "its first segment is \"{prefix}\" instead of \"qcs\""
        ));
    }
    let numbered = project
        .strip_prefix("id/")
        .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    if !(project.is_empty() || numbered || open(project)) {
        return Err(format!(
            "its second segment is \"{project}\", where nothing or the \"id/NUMBER\" of a project belongs"
        ));
    }
    let word = |s: &str| {
        s.bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'*'))
    };
    for (number, segment) in [("third", service), ("fourth", region)] {
        if !open(segment) && !word(segment) {
            return Err(format!(
                "its {number} segment is \"{segment}\", which is no name of a {}",
                if number == "third" {
                    "product"
                } else {
                    "region"
                }
            ));
        }
    }
    let of = ["uin/", "uid/"]
        .iter()
        .any(|p| account.strip_prefix(p).is_some());
    if !(account.is_empty() || account == "*" || of || open(account)) {
        return Err(format!(
            "its fifth segment is \"{account}\", where nothing, \"uin/NUMBER\" or \"uid/NUMBER\" belongs"
        ));
    }
    if path.is_empty() {
        return Err("its last segment, the resource, is empty".into());
    }
    Ok(Resource {
        service,
        region,
        account,
        path,
    })
}

/// At most six parts, at the colons outside of `${…}`.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut from, mut depth) = (Vec::new(), 0, 0_usize);
    let bytes = text.as_bytes();
    for (i, b) in bytes.iter().enumerate() {
        match b {
            b'{' if depth > 0 || i > 0 && bytes[i - 1] == b'$' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b':' if depth == 0 && parts.len() < 5 => {
                parts.push(&text[from..i]);
                from = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::segments;

    #[test]
    fn six_segments() {
        for good in [
            "qcs::cos:ap-guangzhou:uid/1250000000:bucket-1250000000/*",
            "qcs::cvm:::instance/*",
            "qcs:id/0:cvm:gz:uin/1:*",
            "qcs::cos:${var.a ? \"x:y\" : \"z\"}:uid/${var.b}:a:b",
            "qcs::::*:x",
            "qcs::${var.p}:::x",
        ] {
            assert!(segments(good).is_ok(), "{good}: {:?}", segments(good));
        }
        for (bad, says) in [
            ("", "it has 1 of"),
            ("qcs::cvm:::", "is empty"),
            ("qcs::cvm::", "it has 5 of"),
            ("acs::cvm:::x", "\"acs\" instead of"),
            ("qcs:p:cvm:::x", "second segment"),
            ("qcs::c m:::x", "third segment"),
            ("qcs::cvm:a/b::x", "fourth segment"),
            ("qcs::cvm::1250000000:x", "fifth segment"),
        ] {
            let error = segments(bad).err().unwrap_or_default();
            assert!(error.contains(says), "{bad}: {error}");
        }
    }
}

//! Actions: `product:Action`, `name/product:Action`, `product:Describe*`, `*`.

/// An action taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action<'a> {
    /// `*`
    Everything,
    /// By its number in an older list.
    Numbered,
    Of {
        product: &'a str,
        /// A name, or the beginning of names that a `*` ends.
        name: &'a str,
    },
}

impl<'a> Action<'a> {
    /// Takes an action apart; none where it is not written as one.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        if text == "*" {
            return Some(Action::Everything);
        }
        if let Some(number) = text.strip_prefix("permid/") {
            let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
            return digits.then_some(Action::Numbered);
        }
        let (product, name) = text.strip_prefix("name/").unwrap_or(text).split_once(':')?;
        let in_product =
            |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'*');
        let in_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'*');
        let written = !product.is_empty()
            && !name.is_empty()
            && product.bytes().all(in_product)
            && name.bytes().all(in_name);
        written.then_some(Action::Of { product, name })
    }

    /// Whether it covers one action of a product.
    pub(super) fn covers(self, product: &str, name: &str) -> bool {
        match self {
            Action::Everything => true,
            Action::Numbered => false,
            Action::Of {
                product: p,
                name: n,
            } => matches(p, product) && matches(n, name),
        }
    }
}

/// Whether a text fits a pattern in which `*` stands for anything.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut left) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or("");
    for part in parts {
        let Some(at) = left.find(part) else {
            return false;
        };
        left = &left[at + part.len()..];
    }
    left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::{Action, matches};

    #[test]
    fn actions_are_taken_apart() {
        let of = |product, name| Some(Action::Of { product, name });
        for (text, expected) in [
            ("*", Some(Action::Everything)),
            ("cvm:DescribeInstances", of("cvm", "DescribeInstances")),
            ("name/cos:*", of("cos", "*")),
            ("cvm:Describe*", of("cvm", "Describe*")),
            ("permid/281", Some(Action::Numbered)),
            ("permid/x", None),
            ("cvm", None),
            ("cvm:", None),
            (":Describe", None),
            ("CVM:Describe", None),
            ("cvm:Describe Instances", None),
            ("cvm:a:b", None),
            ("", None),
        ] {
            assert_eq!(Action::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn patterns_match() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("Describe*", "DescribeInstances", true),
            ("Describe*", "Describe", true),
            ("Describe*", "RunInstances", false),
            ("*Instances", "RunInstances", true),
            ("D*I*s", "DescribeInstances", true),
            ("D*I*x", "DescribeInstances", false),
            ("a*a", "a", false),
            ("Run", "RunInstances", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}

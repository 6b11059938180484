//! The order of addresses, as people expect it, without reading them.

use std::cmp::Ordering;

/// Compares two addresses as printed: resources of a module before those of the modules inside it, data sources before
/// managed ones, `[2]` before `[10]`, and otherwise by code point.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    // Only where they first differ anything can be decided: in the part of the address around it.
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let part = a[..same]
        .iter()
        .rposition(|x| *x == b'.')
        .map_or(0, |dot| dot + 1);
    class(&a[part..]).cmp(&class(&b[part..])).then_with(|| {
        let number = same
            - a[..same]
                .iter()
                .rev()
                .take_while(|x| x.is_ascii_digit())
                .count();
        let by_number = match a[..number].last() {
            Some(b'[') => {
                let (m, n) = (digits(&a[number..]), digits(&b[number..]));
                // An index before a key, and a longer number after a shorter one.
                (m == 0).cmp(&(n == 0)).then(m.cmp(&n))
            }
            _ => Ordering::Equal,
        };
        by_number.then_with(|| a[same..].cmp(&b[same..]))
    })
}

fn class(part: &[u8]) -> u8 {
    if part.starts_with(b"module.") {
        2
    } else {
        u8::from(!part.starts_with(b"data."))
    }
}

fn digits(part: &[u8]) -> usize {
    part.iter().take_while(|b| b.is_ascii_digit()).count()
}

#[cfg(test)]
mod tests {
    #[test]
    fn addresses_sort_as_people_expect() {
        let expected = [
            "data.a.b",
            "a.b",
            "a.b[2]",
            "a.b[9]",
            "a.b[10]",
            "a.b[11]",
            "a.b[\"10\"]",
            "a.b[\"2\"]",
            "a.b[\"module.\"]",
            "a.bb",
            "a.c",
            "a.module_of",
            "z.z",
            "module.m.data.a.a",
            "module.m.z.z",
            "module.m.module.n.a.a",
            "module.m[2].a.a",
            "module.m[10].a.a",
        ];
        let mut sorted = expected;
        sorted.reverse();
        sorted.sort_by(|a, b| super::compare(a, b));
        assert_eq!(sorted, expected);
    }
}

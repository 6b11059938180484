//! The order of addresses, as people expect it, without reading them.

use std::cmp::Ordering;

/// Compares two addresses as printed: resources of a module before those of the modules inside it, data sources before
/// managed ones, `[2]` before `[10]`, and otherwise by code point.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    let mut starts = true;
    loop {
        if starts {
            let by_class = class(a).cmp(&class(b));
            if by_class.is_ne() {
                return by_class;
            }
        }
        let (Some((x, rest_a)), Some((y, rest_b))) = (a.split_first(), b.split_first()) else {
            return a.len().cmp(&b.len());
        };
        if x != y {
            return x.cmp(y);
        }
        (a, b) = (rest_a, rest_b);
        starts = *x == b'.';
        if *x == b'[' {
            let (m, n) = (digits(a), digits(b));
            // An index before a key, and a longer number after a shorter one.
            let by_number = (m == 0).cmp(&(n == 0)).then(m.cmp(&n));
            if by_number.is_ne() {
                return by_number;
            }
        }
    }
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
            "a.b[10]",
            "a.b[\"10\"]",
            "a.b[\"2\"]",
            "a.c",
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

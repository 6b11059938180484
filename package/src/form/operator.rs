//! The operators of conditions, and what each is applied to.

/// An operator of `when`, `hidden` and `validator`. Only `eq` is documented; the others are its natural family, and
/// ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Eq,
    Ne,
    Gt,
    Gte,
    Lt,
    Lte,
    In,
    Match,
    Length,
    And,
    Or,
    Not,
}

/// How the operands of an operator are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operands {
    /// A mapping with these keys; of each group of several names for one operand, one.
    Named(&'static [&'static [&'static str]]),
    /// A mapping with `a` and at least one of these.
    Bounds(&'static [&'static str]),
    /// A list of conditions.
    Conditions,
    /// One condition.
    Condition,
}

const BOTH: Operands = Operands::Named(&[&["a"], &["b"]]);

impl Operator {
    /// All of them, in the order of documentation.
    pub const ALL: [Operator; 12] = [
        Operator::Eq,
        Operator::Ne,
        Operator::Gt,
        Operator::Gte,
        Operator::Lt,
        Operator::Lte,
        Operator::In,
        Operator::Match,
        Operator::Length,
        Operator::And,
        Operator::Or,
        Operator::Not,
    ];

    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Operator::Eq => "eq",
            Operator::Ne => "ne",
            Operator::Gt => "gt",
            Operator::Gte => "gte",
            Operator::Lt => "lt",
            Operator::Lte => "lte",
            Operator::In => "in",
            Operator::Match => "match",
            Operator::Length => "length",
            Operator::And => "and",
            Operator::Or => "or",
            Operator::Not => "not",
        }
    }

    /// The operator with a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|o| o.name() == name)
    }

    /// How its operands are written.
    #[must_use]
    pub fn operands(self) -> Operands {
        match self {
            Operator::In => Operands::Named(&[&["a"], &["list", "b"]]),
            Operator::Match => Operands::Named(&[&["a"], &["pattern", "b"]]),
            Operator::Length => Operands::Bounds(&["min", "max", "b"]),
            Operator::And | Operator::Or => Operands::Conditions,
            Operator::Not => Operands::Condition,
            _ => BOTH,
        }
    }
}

//! Growth as a picture: wall time by number of instances, both on logarithmic axes, a panel for each operation. A line as steep
//! as the grey ones grows as the stack does.

use std::fmt::Write as _;

use super::report::number;
use super::shapes::Shape;
use super::{Operation, Row};

const PANEL: (f64, f64) = (380.0, 260.0);
const MARGIN: (f64, f64) = (60.0, 40.0);
/// Colours that people with any sight can tell apart (Okabe and Ito).
const COLOURS: [&str; 8] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999", "#000000",
];

/// The decades of an axis.
#[derive(Clone, Copy)]
struct Axis {
    first: i32,
    last: i32,
}

impl Axis {
    fn over(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = values.fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
        let first = low.log10().floor() as i32;
        Self {
            first,
            last: (high.log10().ceil() as i32).max(first + 1),
        }
    }

    /// From 0 to 1.
    fn place(self, value: f64) -> f64 {
        (value.log10() - f64::from(self.first)) / f64::from(self.last - self.first)
    }

    fn decades(self) -> impl Iterator<Item = f64> {
        (self.first..=self.last).map(|d| 10_f64.powi(d))
    }
}

pub(super) fn plot(rows: &[Row]) -> String {
    let mut out = String::new();
    // Writing to text cannot fail.
    let _ok = draw(&mut out, rows);
    out
}

fn draw(out: &mut String, rows: &[Row]) -> std::fmt::Result {
    let (width, height) = (
        2.0 * (PANEL.0 + MARGIN.0) + 130.0,
        2.0 * (PANEL.1 + MARGIN.1) + 30.0,
    );
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
    )?;
    if !rows.is_empty() {
        let x = Axis::over(rows.iter().map(|r| r.n as f64));
        let y = Axis::over(rows.iter().map(|r| r.ours.wall.as_secs_f64()));
        for (i, operation) in Operation::ALL.into_iter().enumerate() {
            let left = MARGIN.0 + (i % 2) as f64 * (PANEL.0 + MARGIN.0);
            let top = 25.0 + (i / 2) as f64 * (PANEL.1 + MARGIN.1);
            panel(out, rows, operation, (left, top), x, y)?;
        }
        legend(out, rows, width - 110.0)?;
    }
    writeln!(out, "</svg>")
}

fn panel(
    out: &mut String,
    rows: &[Row],
    operation: Operation,
    (left, top): (f64, f64),
    x: Axis,
    y: Axis,
) -> std::fmt::Result {
    let at = |n: f64, s: f64| {
        (
            left + x.place(n) * PANEL.0,
            top + (1.0 - y.place(s)) * PANEL.1,
        )
    };
    let (right, bottom) = (left + PANEL.0, top + PANEL.1);
    writeln!(
        out,
        "<text x=\"{left}\" y=\"{}\" font-weight=\"bold\">{}</text>",
        top - 8.0,
        operation.name()
    )?;
    for n in x.decades() {
        let (px, _) = at(n, 1.0);
        writeln!(
            out,
            "<line x1=\"{px:.1}\" y1=\"{top}\" x2=\"{px:.1}\" y2=\"{bottom}\" stroke=\"#eee\"/><text x=\"{px:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            bottom + 15.0,
            number(n as usize)
        )?;
    }
    for s in y.decades() {
        let (_, py) = at(1.0, s);
        writeln!(
            out,
            "<line x1=\"{left}\" y1=\"{py:.1}\" x2=\"{right}\" y2=\"{py:.1}\" stroke=\"#eee\"/><text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{s} s</text>",
            left - 5.0,
            py + 4.0
        )?;
        // As steep as the stack grows.
        let n0 = 10_f64.powi(x.first);
        let n1 = 10_f64.powi(x.last).min(10_f64.powi(y.last) / s * n0);
        let (a, b) = (at(n0, s), at(n1, s * n1 / n0));
        writeln!(
            out,
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"#ddd\" stroke-dasharray=\"3 3\"/>",
            a.0, a.1, b.0, b.1
        )?;
    }
    for (i, (shape, _)) in Shape::ALL.into_iter().enumerate() {
        let mine = rows
            .iter()
            .filter(|r| r.shape == shape && r.operation == operation);
        let points: Vec<String> = mine
            .map(|r| at(r.n as f64, r.ours.wall.as_secs_f64()))
            .map(|(px, py)| format!("{px:.1},{py:.1}"))
            .collect();
        writeln!(
            out,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.5\"/>",
            points.join(" "),
            COLOURS[i]
        )?;
    }
    Ok(())
}

fn legend(out: &mut String, rows: &[Row], left: f64) -> std::fmt::Result {
    let drawn = |s: Shape| rows.iter().any(|r| r.shape == s);
    for (i, (_, name)) in Shape::ALL
        .into_iter()
        .enumerate()
        .filter(|(_, (s, _))| drawn(*s))
    {
        let top = 30.0 + 18.0 * i as f64;
        writeln!(
            out,
            "<line x1=\"{left}\" y1=\"{top}\" x2=\"{}\" y2=\"{top}\" stroke=\"{}\" stroke-width=\"2\"/><text x=\"{}\" y=\"{}\">{name}</text>",
            left + 20.0,
            COLOURS[i],
            left + 26.0,
            top + 4.0
        )?;
    }
    Ok(())
}

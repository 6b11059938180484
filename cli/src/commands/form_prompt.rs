//! Filling in a form at a terminal, field by field. What is answered decides which field is next.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use cloudapp_engine::variables::text_value;
use cloudapp_lang::value::convert;
use cloudapp_lang::{Diagnostic, SourceMap, Str, Type, Value};
use cloudapp_package::form::{FieldError, FieldState, Form};
use cloudapp_package::widget::{FieldOption, Rendering};

use super::form::{Entered, Sheet, called};
use crate::failure::Failure;
use crate::ui;

/// More options than these are not listed; their names can be typed all the same.
const LISTED: usize = 40;

/// Asks for every field that is shown.
pub(super) fn fill(sheet: &Sheet<'_>, mut entered: Entered) -> Result<Entered, Failure> {
    let mut asked = HashSet::new();
    loop {
        let form = sheet.evaluate(&entered);
        let next = form.fields.iter().enumerate();
        let next = next
            .filter(|(i, f)| f.visible && f.waiting_for.is_empty() && !asked.contains(i))
            .map(|(i, _)| i)
            .next();
        let Some(index) = next else {
            return Ok(entered);
        };
        ui::out(&heading(&form, index));
        ask_until_accepted(sheet, &form, index, &mut entered)?;
        asked.insert(index);
    }
}

/// Where the values are to be written; none for nowhere.
pub(super) fn file() -> Option<PathBuf> {
    let name = ui::ask("\nWrite the values to a file? Its name, or Enter for none: ")?;
    let name = name.trim();
    (!name.is_empty()).then(|| name.into())
}

fn ask_until_accepted(
    sheet: &Sheet<'_>,
    form: &Form,
    index: usize,
    entered: &mut Entered,
) -> Result<(), Failure> {
    let field = &form.fields[index];
    let kept = entered.get(&field.name).cloned();
    loop {
        let answer = match answer(field)? {
            Answer::Nothing => match (&field.value, field.required) {
                (None, true) => {
                    ui::out("  A value is needed.\n");
                    continue;
                }
                // What was there stays.
                (_, _) => kept.clone(),
            },
            Answer::Value(value) => Some(value),
            Answer::Wrong(why) => {
                ui::out(&format!("  {why}\n"));
                continue;
            }
        };
        match answer {
            Some(value) => entered.insert(field.name.clone(), value),
            None => entered.remove(&field.name),
        };
        let now = sheet.evaluate(entered);
        let state = &now.fields[index];
        for error in &state.errors {
            ui::out(&format!("  {}\n", error.message));
        }
        // Where the package itself is wrong, no other answer helps.
        if !state.errors.iter().any(FieldError::concerns_values) {
            return Ok(());
        }
        entered.remove(&field.name);
    }
}

enum Answer {
    Nothing,
    Value(Value),
    Wrong(String),
}

fn heading(form: &Form, index: usize) -> String {
    let field = &form.fields[index];
    let mut out = format!("\n{}\n", field.label);
    if let Some(description) = &field.description {
        let _ = writeln!(out, "  {description}");
    }
    for (n, option) in field.options.iter().take(LISTED).enumerate() {
        let _ = writeln!(out, "  {:>3}. {}", n + 1, option_line(option));
    }
    if field.options.len() > LISTED {
        let _ = writeln!(
            out,
            "       … and {} more: type the name of one.",
            field.options.len() - LISTED
        );
    }
    out
}

fn option_line(option: &FieldOption) -> String {
    let mut line = option.label.to_string();
    if !option.facts.is_empty() {
        let facts: Vec<String> = option
            .facts
            .iter()
            .map(|(name, is)| format!("{name} {is}"))
            .collect();
        let _ = write!(line, "  [{}]", facts.join(", "));
    }
    if let Some(reason) = &option.disabled {
        let _ = write!(line, "  (not now: {reason})");
    }
    line
}

fn prompt(field: &FieldState, rendering: Option<Rendering>) -> String {
    let what = match rendering {
        Some(Rendering::Switch) => "yes or no",
        Some(r) if r.is_multiple() => "numbers or names, with commas between them",
        Some(Rendering::Number) => "a number",
        Some(Rendering::Multiline | Rendering::MultilinePassword) => {
            "several lines, an empty one ends them"
        }
        Some(Rendering::Password) => "not shown",
        _ if !field.options.is_empty() => "a number or a name",
        _ => "text",
    };
    let now = match &field.value {
        Some(_) if field.sensitive => "; Enter keeps it".to_owned(),
        Some(value) => format!("; Enter for {}", called(field, value)),
        None if field.required => String::new(),
        None => "; Enter for nothing".to_owned(),
    };
    format!("  {} ({what}{now}): ", field.name)
}

fn answer(field: &FieldState) -> Result<Answer, Failure> {
    let rendering = field.widget.descriptor().map(|d| d.rendering);
    let prompt = prompt(field, rendering);
    let text = match rendering {
        Some(Rendering::Password) => hidden(&prompt),
        Some(Rendering::Multiline) => lines(&prompt, ui::ask),
        Some(Rendering::MultilinePassword) => lines(&prompt, hidden),
        _ => ui::ask(&prompt),
    };
    let Some(text) = text else {
        return Err(Diagnostic::error(
            "form-not-finished",
            "Form is not finished",
            format!("The input ended before \"{}\" was answered.", field.name),
        )
        .hint("Answer every question, or give values with -values and -input=false.")
        .into());
    };
    if text.is_empty() {
        return Ok(Answer::Nothing);
    }
    Ok(match rendering {
        Some(Rendering::Switch) => switch(&text),
        Some(Rendering::Number) => match convert(&Value::string(text.trim()), &Type::Number) {
            Ok(number) => Answer::Value(number),
            Err(_) => Answer::Wrong("A number is needed.".into()),
        },
        Some(r) if r.is_multiple() => several(field, &text),
        Some(Rendering::PickerWithSize) => sized(field, text.trim()),
        // What is not among the suggestions is a domain of its own.
        Some(Rendering::Text) if !field.options.is_empty() => named(field, text.trim())
            .map_or_else(|| whole(field, &text), |o| Answer::Value(o.value.clone())),
        _ if !field.options.is_empty() => chosen(field, text.trim()),
        _ => whole(field, &text),
    })
}

fn switch(text: &str) -> Answer {
    match text.trim().to_lowercase().as_str() {
        "y" | "yes" | "true" | "on" => Answer::Value(Value::bool(true)),
        "n" | "no" | "false" | "off" => Answer::Value(Value::bool(false)),
        _ => Answer::Wrong("Answer yes or no.".into()),
    }
}

/// A text of its own: as it is for a text, else an expression, and the only attribute of an object for short.
fn whole(field: &FieldState, text: &str) -> Answer {
    let ty = field
        .widget
        .descriptor()
        .map_or(Type::Dynamic, |d| (d.value)());
    if let Type::Object(object) = &ty
        && !text.trim_start().starts_with('{')
        && let (Some((name, Type::String)), 1) =
            (object.attributes.first_key_value(), object.attributes.len())
    {
        return Answer::Value(Value::object([(name.clone(), Value::string(text.trim()))]));
    }
    let plain = matches!(ty, Type::String | Type::Dynamic);
    match text_value("<answer>", text, plain, &mut SourceMap::new()) {
        Ok(value) => Answer::Value(value),
        Err(_) => Answer::Wrong(format!("A {} is needed.", ty.friendly())),
    }
}

fn chosen(field: &FieldState, text: &str) -> Answer {
    match named(field, text) {
        Some(option) => Answer::Value(option.value.clone()),
        None => Answer::Wrong(format!("\"{text}\" is none of the options.")),
    }
}

/// The option with a number, a label, or an identifier in its value.
fn named<'f>(field: &'f FieldState, text: &str) -> Option<&'f FieldOption> {
    let by_name = |o: &&FieldOption| &*o.label == text;
    if let Some(option) = field.options.iter().find(by_name) {
        return Some(option);
    }
    if let Ok(n) = text.parse::<usize>() {
        return field.options.get(n.checked_sub(1)?);
    }
    let holding: Vec<&FieldOption> = field
        .options
        .iter()
        .filter(|o| holds(&o.value, text))
        .collect();
    match holding.as_slice() {
        [only] => Some(only),
        _ => None,
    }
}

fn holds(value: &Value, text: &str) -> bool {
    value.as_str() == Some(text) || value.children().any(|v| holds(v, text))
}

fn several(field: &FieldState, text: &str) -> Answer {
    let mut values = Vec::new();
    for part in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
        let Some(option) = named(field, part) else {
            return Answer::Wrong(format!("\"{part}\" is none of the options."));
        };
        values.push(option.value.clone());
    }
    // Options of a list of objects hold a list each: what is chosen is all of them together.
    let names: Vec<Str> = values
        .iter()
        .filter_map(Value::as_entries)
        .flat_map(|e| e.keys().cloned())
        .collect();
    let Some(name) = names.first() else {
        return Answer::Value(Value::tuple(values));
    };
    let items = values.iter().filter_map(|v| v.get(name)?.as_items());
    let items = items.flatten().cloned().collect::<Vec<_>>();
    Answer::Value(Value::object([(name.clone(), Value::tuple(items))]))
}

/// An option, and a size where another than its own is wanted: `2 100`.
fn sized(field: &FieldState, text: &str) -> Answer {
    if let Some(option) = named(field, text) {
        return Answer::Value(option.value.clone());
    }
    let Some((name, size)) = text.rsplit_once(char::is_whitespace) else {
        return chosen(field, text);
    };
    let Ok(size) = convert(&Value::string(size), &Type::Number) else {
        return Answer::Wrong("Write the option and a size, such as 1 100.".into());
    };
    match named(field, name.trim()).and_then(|o| o.value.as_entries()) {
        Some(entries) => {
            let mut entries = entries.clone();
            entries.insert("disk_size".into(), size);
            Answer::Value(Value::object(entries))
        }
        None => Answer::Wrong(format!("\"{name}\" is none of the options.")),
    }
}

/// Lines up to an empty one.
fn lines(prompt: &str, ask: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut all = vec![ask(prompt)?];
    while all.last().is_some_and(|l| !l.is_empty()) {
        match ask("  > ") {
            Some(line) => all.push(line),
            None => break,
        }
    }
    while all.last().is_some_and(String::is_empty) {
        all.pop();
    }
    Some(all.join("\n"))
}

/// Asks for a line that the terminal does not show.
#[cfg(unix)]
fn hidden(prompt: &str) -> Option<String> {
    use rustix::termios::{
        LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
    };

    /// Shows again what is typed, whatever happens.
    struct Shown(Termios);
    impl Drop for Shown {
        fn drop(&mut self) {
            let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &self.0);
        }
    }

    let before = tcgetattr(rustix::stdio::stdin()).ok()?;
    let _shown = Shown(before.clone());
    let mut silent = before;
    // Interrupts are read here too: a program that they end would leave a terminal behind that shows nothing.
    silent
        .local_modes
        .remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
    silent.special_codes[SpecialCodeIndex::VMIN] = 1;
    silent.special_codes[SpecialCodeIndex::VTIME] = 0;
    tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &silent).ok()?;
    ui::out(prompt);
    let line = unseen(std::io::stdin().lock());
    ui::out("\n");
    line
}

/// A line of single keys; none where it is given up.
#[cfg(unix)]
fn unseen(mut keys: impl std::io::Read) -> Option<String> {
    const INTERRUPT: u8 = 3;
    const END: u8 = 4;
    const BACKSPACE: [u8; 2] = [8, 127];
    const CLEAR: u8 = 21;

    let mut line = String::new();
    let mut pending = Vec::new();
    loop {
        let mut key = [0];
        if keys.read(&mut key).ok()? == 0 {
            return None;
        }
        match key[0] {
            b'\n' | b'\r' => return Some(line),
            INTERRUPT => return None,
            END if line.is_empty() => return None,
            END => return Some(line),
            CLEAR => line.clear(),
            k if BACKSPACE.contains(&k) => {
                line.pop();
            }
            k => {
                // Letters of several bytes come one byte at a time.
                pending.push(k);
                match std::str::from_utf8(&pending) {
                    Ok(letter) => {
                        line.push_str(letter);
                        pending.clear();
                    }
                    Err(_) if pending.len() < 4 => {}
                    Err(_) => pending.clear(),
                }
            }
        }
    }
}

/// Asks for a line, after a warning that this terminal shows it.
#[cfg(not(unix))]
fn hidden(prompt: &str) -> Option<String> {
    ui::out("  This terminal shows what is typed.\n");
    ui::ask(prompt)
}

#[cfg(all(test, unix))]
mod tests {
    use super::unseen;

    #[test]
    fn keys_make_a_line() {
        for (keys, line) in [
            ("abc\n", Some("abc")),
            ("abx\u{7f}c\r", Some("abc")),
            ("\u{8}商店\u{7f}x\n", Some("商x")),
            ("wrong\u{15}right\n", Some("right")),
            ("half\u{4}", Some("half")),
            ("\u{4}", None),
            ("abc\u{3}", None),
            ("abc", None),
            ("\n", Some("")),
        ] {
            assert_eq!(unseen(keys.as_bytes()).as_deref(), line, "{keys:?}");
        }
        let torn: &[u8] = b"a\xff\xff\xff\xffb\n";
        assert_eq!(unseen(torn).as_deref(), Some("ab"));
    }
}

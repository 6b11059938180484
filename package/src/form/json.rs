//! A form as JSON: what `cloudapp form -json` prints and the API answers. Secrets are never in it.

use cloudapp_lang::value::encode_json;
use cloudapp_lang::{Str, Value};
use serde_json::{Map, Value as Json, json};

use super::{FieldError, FieldState, Form};
use crate::widget::FieldOption;

impl Form {
    /// The form as JSON. The value of a secret is null, and `sensitive` is true beside it; the names of variables that
    /// are secret are in `sensitive_variables`.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let variables: Map<String, Json> = self
            .variables
            .iter()
            .map(|(name, value)| (name.to_string(), shown(value)))
            .collect();
        let secret = self.variables.iter().filter(|(_, v)| v.has_marks());
        let secret: Vec<&Str> = secret.map(|(name, _)| name).collect();
        let mut form = Map::new();
        form.insert("valid".into(), self.valid.into());
        let fields = self.fields.iter().map(FieldState::to_json).collect();
        form.insert("fields".into(), Json::Array(fields));
        form.insert("variables".into(), Json::Object(variables));
        if !secret.is_empty() {
            form.insert("sensitive_variables".into(), json!(secret));
        }
        Json::Object(form)
    }
}

impl FieldState {
    fn to_json(&self) -> Json {
        let optional = |v: &Option<Value>| v.as_ref().map_or(Json::Null, shown);
        let descriptor = self.widget.descriptor();
        let mut field = Map::new();
        let mut put = |name: &str, value: Json| field.insert(name.into(), value);
        put("name", json!(self.name));
        put("widget", json!(self.widget.id()));
        if let Some(d) = descriptor {
            put("rendering", json!(d.rendering.name()));
        }
        put("label", json!(self.label));
        if let Some(description) = &self.description {
            put("description", json!(description));
        }
        put("visible", json!(self.visible));
        put("required", json!(self.required));
        put("value", optional(&self.value));
        put("default", optional(&self.default));
        put("entered", json!(self.entered));
        if self.sensitive {
            put("sensitive", json!(true));
        }
        let options = self.options.iter().map(FieldOption::to_json).collect();
        put("options", Json::Array(options));
        put("waiting_for", json!(self.waiting_for));
        if let Some(tips) = self.tips.as_ref().filter(|_| !self.waiting_for.is_empty()) {
            put("incomplete_tips", json!(tips));
        }
        let errors = self.errors.iter().map(FieldError::to_json).collect();
        put("errors", Json::Array(errors));
        if !self.config.is_empty() {
            let config = self.config.iter();
            let config = config.map(|(n, v)| (n.to_string(), shown(v))).collect();
            put("config", Json::Object(config));
        }
        Json::Object(field)
    }
}

impl FieldError {
    fn to_json(&self) -> Json {
        json!({"code": self.code, "message": self.message})
    }
}

impl FieldOption {
    fn to_json(&self) -> Json {
        let mut option = Map::new();
        option.insert("label".into(), json!(self.label));
        option.insert("value".into(), shown(&self.value));
        if !self.facts.is_empty() {
            let facts = self.facts.iter();
            let facts = facts.map(|(n, f)| (n.to_string(), json!(f))).collect();
            option.insert("facts".into(), Json::Object(facts));
        }
        if let Some((least, most)) = self.size {
            option.insert("size".into(), json!({"min": least, "max": most}));
        }
        if let Some(reason) = &self.disabled {
            option.insert("disabled".into(), json!(reason));
        }
        Json::Object(option)
    }
}

/// A value as JSON; null in place of what is secret or not known.
fn shown(value: &Value) -> Json {
    if value.has_marks() || !value.is_wholly_known() {
        return Json::Null;
    }
    serde_json::from_str(&encode_json(value)).unwrap_or(Json::Null)
}

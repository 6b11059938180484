//! Configurations of providers and resources: evaluated, then checked by the provider itself. Those of provisioners.

use cloudapp_lang::{Diagnostic, Diagnostics, Marks, Path, Value};

use crate::config::{BodyEvaluator, ModuleId, ProviderDecl, ProvisionerDecl, ResourceDecl};
use crate::evaluation::Evaluation;
use crate::objects::mark_sensitive;
use crate::plan::job::locate_findings;
use crate::provider::{Provider, ProviderDiagnostic};
use crate::schema::Block;
use crate::scope::RepetitionData;
use crate::secrets::Secrets;

/// Which findings are kept. What a plan warned of, its apply need not say again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    Everything,
    Errors,
}

/// A configuration without marks, and where they were.
pub(crate) type Configured = (Value, Vec<(Path, Marks)>);

impl Evaluation<'_> {
    /// The value of a provider block, without marks; none where it has errors. A module without instances has none to
    /// give, which is no error: `Some(None)`.
    pub(crate) fn provider_body(
        &mut self,
        module: ModuleId,
        decl: &ProviderDecl,
        provider: &dyn Provider,
        keep: Keep,
    ) -> Option<Option<Value>> {
        let Some(instance) = self.values.of_module[module.0].first().copied() else {
            return Some(None);
        };
        let owner = format!("provider {}", decl.key);
        let evaluator = BodyEvaluator {
            functions: self.functions,
            dialect: self.cfg.dialect,
            owner: &owner,
        };
        let scope = self.scope(instance).not_stored();
        let (value, found) = evaluator.block(&decl.body, &decl.schema.block, &scope);
        if !self.accept(found, keep, &owner) {
            return None;
        }
        let (config, marks) = value.unmark_deep();
        let mut found = provider.validate_config(&config);
        redact(&mut found, &config, &marks, &decl.schema.block);
        let found = locate_findings(found, &decl.body, &owner);
        self.accept(found, keep, &owner).then_some(Some(config))
    }

    /// The value of a resource block for one instance; none where it has errors.
    pub(crate) fn resource_body(
        &mut self,
        decl: &ResourceDecl,
        instance: usize,
        data: &RepetitionData,
        provider: &dyn Provider,
        address: &str,
        keep: Keep,
    ) -> Option<Configured> {
        let evaluator = BodyEvaluator {
            functions: self.functions,
            dialect: self.cfg.dialect,
            owner: &decl.addr.kind,
        };
        let scope = self.scope(instance).with_repetition(data.clone());
        let (value, found) = evaluator.block(&decl.body, &decl.schema.block, &scope);
        if !self.accept(found, keep, address) {
            return None;
        }
        let (config, marks) = value.unmark_deep();
        let mut found = provider.validate(decl.addr.mode, &decl.addr.kind, &config);
        redact(&mut found, &config, &marks, &decl.schema.block);
        let found = locate_findings(found, &decl.body, address);
        self.accept(found, keep, address).then_some((config, marks))
    }

    /// The value of a provisioner block for one object, with its marks: nothing of it is stored, so they stay for who
    /// has to know what may be shown. None where it has errors.
    pub(crate) fn provisioner_body(
        &mut self,
        decl: &ProvisionerDecl,
        instance: usize,
        data: &RepetitionData,
        object: &Value,
        address: &str,
        keep: Keep,
    ) -> Option<Value> {
        let owner = format!("provisioner {}", decl.kind);
        let evaluator = BodyEvaluator {
            functions: self.functions,
            dialect: self.cfg.dialect,
            owner: &owner,
        };
        let scope = self
            .scope(instance)
            .with_repetition(data.clone())
            .with_self(object.clone())
            .not_stored();
        let (value, found) = evaluator.block(&decl.body, &decl.schema.block, &scope);
        self.accept(found, keep, address).then_some(value)
    }

    /// Takes findings in. False where there are errors.
    fn accept(&mut self, found: Diagnostics, keep: Keep, address: &str) -> bool {
        if found.is_empty() {
            return true;
        }
        let ok = !found.has_errors();
        let named = |d: Diagnostic| match d.address {
            None => d.address(address),
            Some(_) => d,
        };
        let kept = found
            .into_iter()
            .filter(|d| keep == Keep::Everything || d.is_error());
        self.diags.extend(kept.map(named));
        ok
    }
}

/// Takes out of a provider's findings what they repeat of sensitive arguments.
fn redact(
    found: &mut [ProviderDiagnostic],
    config: &Value,
    marks: &[(Path, Marks)],
    block: &Block,
) {
    if !found.is_empty() {
        let marked = mark_sensitive(block, config.clone().mark_paths(marks));
        Secrets::of([&marked]).redact_findings(found);
    }
}

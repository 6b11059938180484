//! What expressions see while things are being made.

use super::*;
use crate::secrets::configure;

impl<'r> Applier<'r> {
    pub(super) fn shared_provider(&self, name: &str) -> Option<Arc<dyn Provider>> {
        self.runner.providers.named(name).cloned()
    }

    pub(super) async fn object(&mut self, node: u32, object: ObjectId) {
        if let ObjectId::Resource(m, i) = object {
            // Assembled even where an instance failed: what does not depend on that one may go on elsewhere.
            self.assemble(m, i);
            if self.blocked(node) {
                return;
            }
            let ok = self.decide_conditions(m, i);
            return self.complete(node, if ok { Status::Done } else { Status::Failed });
        }
        if self.blocked(node) {
            return;
        }
        let ok = match object {
            ObjectId::Variable(m, i) => self.evaluation.variable(m, i),
            ObjectId::Local(m, i) => self.evaluation.local(m, i),
            ObjectId::Call(m, i) => self.evaluation.call(m, i),
            ObjectId::Output(ModuleId::ROOT, _) if self.plan.mode == PlanMode::Destroy => true,
            ObjectId::Output(m, i) => self.evaluation.output(m, i),
            ObjectId::Provider(m, i) => self.configure(m, i).await,
            // The plan says what is imported.
            ObjectId::Resource(..) | ObjectId::Import(..) => true,
            ObjectId::Check(..) if self.plan.mode == PlanMode::Destroy => true,
            ObjectId::Check(m, i) => self.evaluation.check(m, i),
        };
        self.complete(node, if ok { Status::Done } else { Status::Failed });
    }

    pub(super) async fn configure(&mut self, module: ModuleId, index: usize) -> bool {
        let cfg = self.cfg;
        let decl = &cfg.module(module).providers[index];
        let Some(provider) = self.runner.provider_for(&decl.key) else {
            return false;
        };
        self.configured
            .insert(ObjectId::Provider(module, index), provider.clone());
        let body = self
            .evaluation
            .provider_body(module, decl, &*provider, Keep::Errors);
        let config = match body {
            None => return false,
            Some(None) => return true,
            Some(Some(config)) => config,
        };
        match configure(&*provider, &config, &self.calls).await {
            Ok(()) => true,
            Err(e) => {
                let d = provider_failure("configure", &e, &decl.key.to_string());
                self.evaluation
                    .diags
                    .push(d.at(decl.body.locate(&e.path).unwrap_or(decl.span)));
                false
            }
        }
    }

    /// Gives expressions the instances of a resource: made, kept, or not looked at by the plan.
    pub(super) fn assemble(&mut self, module: ModuleId, index: usize) {
        self.assemble_with(module, index, None);
    }

    /// The same, with a value for the instances that are not made.
    pub(super) fn assemble_with(&mut self, module: ModuleId, index: usize, unmade: Option<&Value>) {
        let cfg = self.cfg;
        let decl = cfg.resource(module, index);
        for instance in self.evaluation.values.of_module[module.0].clone() {
            let addr = self.evaluation.values.instances[instance].addr.clone();
            let mut values: BTreeMap<InstanceKey, Value> = BTreeMap::new();
            let of = (addr, decl.addr.clone());
            self.stored(decl, &of, &mut values);
            for i in self.by_resource.get(&of).into_iter().flatten() {
                let c = &self.plan.changes[*i];
                let destroying = self.plan.mode == PlanMode::Destroy;
                let value = match c.action {
                    Action::Delete if destroying => Some(c.before.clone()),
                    Action::Delete | Action::Forget => None,
                    Action::NoOp if c.after.is_null() => None,
                    Action::NoOp => Some(c.after.clone()),
                    _ => self.made.get(i).or(unmade).cloned(),
                };
                match value {
                    Some(v) => values.insert(c.address.key.clone(), v),
                    None => values.remove(&c.address.key),
                };
            }
            let shape = Shape::of_stored(&decl.repetition, values.is_empty());
            self.evaluation.values.instances[instance].resources[index] =
                ResourceValues::new(shape, values.into_iter().collect());
        }
    }

    /// The instances of a resource that the plan does not look at, from the state.
    fn stored(
        &self,
        decl: &ResourceDecl,
        of: &(ModuleAddr, ResourceAddr),
        values: &mut BTreeMap<InstanceKey, Value>,
    ) {
        for key in self.left_alone.get(of).into_iter().flatten() {
            let address = Address {
                module: of.0.clone(),
                resource: of.1.clone(),
                key: key.clone(),
            };
            let row = self.rows.get(&(address.to_string(), String::new()));
            if let Some(Ok(p)) = row.map(|r| PriorObject::decode(r, &decl.schema)) {
                let value = with_marks(&decl.schema, p.object.value, &p.marks);
                values.insert(key.clone(), value);
            }
        }
    }

    pub(super) fn declaration(
        &self,
        address: &Address,
    ) -> Option<(ModuleId, usize, &'r ResourceDecl, usize)> {
        let instance = self.evaluation.values.find(&address.module)?;
        let module = self.evaluation.values.instances[instance].module;
        let all = &self.cfg.module(module).resources;
        let index = all
            .binary_search_by(|r| r.addr.cmp(&address.resource))
            .ok()?;
        Some((module, index, &all[index], instance))
    }

    pub(super) fn provider_of(
        &self,
        decl: Option<&ResourceDecl>,
        name: &str,
    ) -> Option<Arc<dyn Provider>> {
        // Of what no block is for, the state says who made it.
        let block = match decl {
            Some(d) => d.provider_object,
            None => self.runner.provider_block(name),
        };
        block
            .and_then(|o| self.configured.get(&o).cloned())
            .or_else(|| self.shared_provider(name))
    }

    pub(super) fn repetition(
        &mut self,
        decl: &ResourceDecl,
        instance: usize,
        key: &InstanceKey,
    ) -> Option<RepetitionData> {
        match (&decl.repetition, key) {
            (Repetition::None, _) => Some(RepetitionData::default()),
            (Repetition::Count(_), InstanceKey::Index(n)) => Some(RepetitionData {
                count_index: Some(Value::number(*n)),
                ..RepetitionData::default()
            }),
            (Repetition::ForEach(e), InstanceKey::Key(k)) => {
                // Evaluated once for all instances; each then looks up its own element.
                let of = (instance, decl.addr.clone());
                let v = match self.repeated.get(&of) {
                    Some(v) => v.clone(),
                    None => {
                        let v =
                            self.evaluation
                                .evaluate(e, instance, &RepetitionData::default())?;
                        self.repeated.insert(of, v.clone());
                        v
                    }
                };
                let element = match v.get(k) {
                    Some(e) => e.clone(),
                    None => Value::string(k.clone()),
                };
                let key = Value::string(k.clone());
                Some(RepetitionData {
                    each_key: Some(key),
                    each_value: Some(element),
                    count_index: None,
                })
            }
            _ => None,
        }
    }
}

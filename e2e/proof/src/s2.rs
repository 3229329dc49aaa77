//! S2: at most one running gate a target.

use std::collections::BTreeMap;

use upgradegate_crds::UpgradeGate;

use crate::{
    Rule, Violation,
    world::{World, gate_name, is_running, uid},
};

/// Reads the versions of all gates in the order in which they were written.
pub(crate) fn check(world: &World) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut running = BTreeMap::<&str, &UpgradeGate>::new();
    for version in &world.written {
        let gate = version.object;
        if version.gone || !is_running(gate) {
            running.remove(uid(&gate.metadata));
            continue;
        }
        let began = running.insert(uid(&gate.metadata), gate).is_none();
        let other = running
            .values()
            .find(|other| other.spec.target_ref == gate.spec.target_ref && uid(&other.metadata) != uid(&gate.metadata));
        if let Some(other) = other.filter(|_| began) {
            let why = format!("{} of the same target runs too", gate_name(other));
            found.push(Violation { rule: Rule::S2, at: version.at, object: gate_name(gate), why });
        }
    }
    found
}

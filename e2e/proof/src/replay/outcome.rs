//! What of a status must be the model's: all that others act on. Sentences and counts may differ: the model is not told each of them.

use serde_json::{Value, json};
use upgradegate_crds::UpgradeGateStatus;

/// How two statuses differ, one sentence a field.
pub(super) fn differences(decided: &UpgradeGateStatus, written: &UpgradeGateStatus) -> Vec<String> {
    let (decided, written) = (essence(decided), essence(written));
    let differing = decided.iter().zip(&written).filter(|((_, decided), (_, written))| decided != written);
    differing
        .map(|((name, decided), (_, written))| format!("{name}: {written} was written, {decided} decided"))
        .collect()
}

fn essence(status: &UpgradeGateStatus) -> Vec<(&'static str, Value)> {
    let conditions: Vec<_> = status.conditions.iter().map(|c| (&c.type_, &c.status)).collect();
    vec![
        ("observedGeneration", json!(status.observed_generation)),
        ("phase", json!(status.phase)),
        ("outcome", json!(status.outcome)),
        ("openedBy", json!(status.opened_by)),
        ("epoch", json!(status.epoch)),
        ("target", json!(status.target)),
        ("action", json!(status.action)),
        ("startedAt", json!(status.started_at)),
        ("deadline", json!(status.deadline)),
        ("openedAt", json!(status.opened_at)),
        ("openUntil", json!(status.open_until)),
        ("progressDeadline", json!(status.progress_deadline)),
        ("resumeUntil", json!(status.resume_until)),
        ("finishedAt", json!(status.finished_at)),
        ("conditions", json!(conditions)),
    ]
}

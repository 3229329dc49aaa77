//! S6: what was drained by us is resumed by us or by its lease, no member is resumed that the rollout is about to replace, and nothing else is
//! touched.

mod forgotten;
mod replaced;
mod touched;

use crate::{Rule, Slack, Violation, world::World};

/// Checks every drain and every resume.
pub(crate) fn check(world: &World, slack: Slack) -> Vec<Violation> {
    let mut found = forgotten::check(world, slack);
    for arrived in world.calls.iter().filter(|arrived| matches!(arrived.call.method.as_str(), "POST" | "DELETE")) {
        let why = touched::wrong(world, arrived, slack).or_else(|| replaced::wrong(world, arrived, slack));
        if let Some(why) = why {
            let object = name_of(world, &arrived.call.pod);
            found.push(Violation { rule: Rule::S6, at: arrived.at, object, why });
        }
    }
    found
}

/// `pod NAME`; its UID if nobody has seen it.
fn name_of(world: &World, pod: &str) -> String {
    let version = world.pods.get(pod).and_then(|pod| pod.versions().first());
    let name = version.and_then(|version| version.object.metadata.name.as_deref());
    format!("pod {}", name.unwrap_or(pod))
}

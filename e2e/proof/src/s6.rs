//! S6: what was drained by us is resumed by us or by its lease, no member is resumed that the rollout is about to replace, and nothing else is
//! touched.

mod forgotten;
mod replaced;
mod touched;

use crate::{Rule, Slack, Violation, world::World};

/// Checks every call, and every gate that is over.
pub(crate) fn check(world: &World, slack: Slack) -> Vec<Violation> {
    let mut found = forgotten::check(world, slack);
    for arrived in &world.calls {
        let why = match arrived.call.method.as_str() {
            "GET" => touched::by_question(world, arrived, slack),
            "POST" | "DELETE" => {
                touched::by_order(world, arrived, slack).or_else(|| replaced::wrong(world, arrived, slack))
            }
            method => Some(format!("{method} is nothing that a gate sends")),
        };
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

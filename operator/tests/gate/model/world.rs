//! The world: what there is, and what may still happen to it.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use upgradegate_crds::{Phase, UpgradeGate};
use upgradegate_operator::gate::{Decision, Facts, Intent};

use super::{
    app::App,
    calls::{Call, Reply, Said},
    view::Lag,
};
use crate::kit::gate;

/// A pod template. `BAD` never becomes available.
pub type Template = u8;
pub const OLD: Template = 0;
pub const NEW: Template = 1;
pub const BAD: Template = 2;

/// Everything.
#[derive(Clone)]
pub struct World {
    /// Seconds after the first gate was created.
    pub now: i64,
    /// How many pods the target wants.
    pub size: usize,
    pub gates: Vec<Gate>,
    pub target: Option<Target>,
    pub pods: BTreeMap<u8, Pod>,
    /// What the watches of the target and its pods show while they lag.
    pub lag: Lag,
    /// Calls that are still under way though their callers have given up, or that the network repeats: pod and call.
    pub late: Vec<(u8, Call)>,
    pub budget: Budget,
    /// What is decided on each gate as things stand; kept, since it is asked for often.
    pub decisions: [OnceCell<Arc<Decision>>; 2],
}

/// A gate, and the operator's run of it.
#[allow(clippy::struct_excessive_bools)] // each is a fact of its own
#[derive(Clone)]
pub struct Gate {
    /// The object, until it is deleted.
    pub object: Option<Arc<UpgradeGate>>,
    /// The older version that the watch shows, while it lags.
    pub shown: Option<Arc<UpgradeGate>>,
    pub run: Run,
    /// Pods that this gate ever told to drain.
    pub told: BTreeSet<u8>,
    /// Whether the operator ever forgot what it had told whom.
    pub adopted: bool,
    /// Whether it was ever open: its hook may have let Helm go on.
    pub let_through: bool,
    /// Whether its run is over.
    pub over: bool,
    /// Whether somebody took our finalizer away, and the operator has not looked since.
    pub stripped: bool,
    /// What members said to this gate, as they said it: what the operator makes of it is compared with that.
    pub said: BTreeMap<u8, Said>,
}

/// What the operator's process knows of a gate; a crash loses it.
#[derive(Clone, Default)]
pub struct Run {
    pub lists: Lists,
    /// Whether pods that are found now may be drained already.
    pub adopted: bool,
    pub heard: bool,
    pub facts: BTreeMap<u8, Facts>,
    pub intents: BTreeMap<u8, Intent>,
    /// Until when a worker thinks that the drain of its member lasts.
    pub leases: BTreeMap<u8, i64>,
    /// Answers that are on their way to a worker, and when it asked. Meanwhile it makes no other call.
    pub pending: BTreeMap<u8, (Call, Reply, i64)>,
}

/// What the watches of a run have listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lists {
    #[default]
    Nothing,
    /// The target, and one of its pods, if it has any.
    Some(Option<u8>),
    Whole,
}

/// The Deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// Another object has another one.
    pub uid: u8,
    pub template: Template,
    /// Whether its controller has seen the template.
    pub observed: bool,
    /// When the controller came to the verdict that the rollout failed.
    pub failed_since: Option<i64>,
}

/// A pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pod {
    pub template: Template,
    pub life: Life,
    /// How often its application restarted.
    pub restarts: u8,
    pub app: App,
}

/// Where a pod is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Life {
    /// It can't start: only pods of a bad template are so.
    Starting,
    Running,
    Terminating,
}

/// What may still happen, so that the world stays finite.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Budget {
    /// Crashes, lost, repeated, delayed and refused calls, stalls.
    pub faults: u8,
    /// Changes that a watch does not show at once.
    pub stale: u8,
    /// Answers of members that are not true.
    pub lies: u8,
    /// How often time passes before the target's controller does what it could, or a watch shows what it should.
    pub slow: u8,
    /// Operations that users start.
    pub work: u8,
    /// Applications that answer nobody any more.
    pub hangs: u8,
    /// Restarts of an application.
    pub restarts: u8,
    /// Templates that Helm brings, in this order.
    pub patches: Vec<Template>,
    /// What people may do, each once.
    pub acts: Vec<Act>,
}

/// Something that people do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// Helm comes without the hook.
    Bypass,
    Open,
    Finish,
    Cancel,
    /// The gate is deleted.
    Delete,
    /// Our finalizer is taken from the gate.
    Strip,
    /// A second gate is created.
    Second,
    /// The target is replaced by another object.
    Replace,
    /// The target is deleted.
    Remove,
}

impl Budget {
    pub fn may(&self, act: Act) -> bool {
        self.acts.contains(&act)
    }

    /// It is done, and not done again.
    pub fn spend(&mut self, act: Act) {
        self.acts.retain(|other| *other != act);
    }
}

impl World {
    /// A gate that nobody has seen, and a target with two idle pods.
    pub fn new(budget: Budget) -> Self {
        World::sized(2, budget)
    }

    /// A gate that nobody has seen, and a target with so many idle pods.
    pub fn sized(size: u8, budget: Budget) -> Self {
        let pod = Pod { template: OLD, life: Life::Running, restarts: 0, app: App::default() };
        World {
            now: 0,
            size: size.into(),
            gates: vec![Gate::new(model_gate("first", 0))],
            target: Some(Target { uid: 1, template: OLD, observed: true, failed_since: None }),
            pods: (1..=size).map(|id| (id, pod)).collect(),
            lag: Lag::default(),
            late: Vec::new(),
            budget,
            decisions: Default::default(),
        }
    }

    /// Whether a pod answers when it is called.
    pub fn answers(&self, id: u8) -> bool {
        self.pods.get(&id).is_some_and(|pod| pod.life == Life::Running && !pod.app.hangs)
    }

    /// Whether the target wants pods of this template.
    pub fn wants(&self, template: Template) -> bool {
        self.target.is_some_and(|target| target.template == template)
    }
}

impl Gate {
    pub fn new(object: UpgradeGate) -> Self {
        Gate {
            object: Some(Arc::new(object)),
            shown: None,
            run: Run { lists: Lists::Whole, ..Run::default() },
            told: BTreeSet::new(),
            adopted: false,
            let_through: false,
            over: false,
            stripped: false,
            said: BTreeMap::new(),
        }
    }

    /// The version that the operator sees.
    pub fn seen(&self) -> Option<&Arc<UpgradeGate>> {
        self.shown.as_ref().or(self.object.as_ref())
    }

    /// Where the stored gate is in its run.
    pub fn phase(&self) -> Option<Phase> {
        self.object.as_ref()?.status.as_ref()?.phase
    }

    /// Changes the stored object.
    pub fn edit(&mut self, change: impl FnOnce(&mut UpgradeGate)) {
        if let Some(object) = &mut self.object {
            change(Arc::make_mut(object));
        }
    }
}

/// A gate with short times: deadline 100 s, lease 20 s, progress 50 s.
pub fn model_gate(name: &str, created: i64) -> UpgradeGate {
    let mut gate = gate(name);
    gate.metadata.creation_timestamp.as_mut().unwrap().0 = crate::kit::at(created);
    gate.spec.deadline_seconds = 100;
    gate.spec.progress_seconds = 50;
    gate.spec.drain.as_mut().unwrap().lease_seconds = u16::try_from(super::app::LEASE).unwrap();
    gate
}

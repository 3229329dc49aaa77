//! Every bound of a wait, in one place. They are limits for a machine of two cores that runs all tests at once, never
//! the time that a step is expected to take.

use std::time::Duration;

/// One condition: a gate's next phase, a pod's readiness, the end of a rollout.
pub const STEP: Duration = Duration::from_secs(90);

/// A whole test, from its namespace to its last assertion.
pub const TEST: Duration = Duration::from_mins(5);

/// A test that waits until an open gate that nobody used closes: five minutes after its deadline.
pub const UNUSED_GATE_TEST: Duration = Duration::from_mins(8);

/// Installing the operator, or a command of Helm or kubectl.
pub const COMMAND: Duration = Duration::from_mins(4);

/// The pause between two looks at something that cannot be watched.
pub const LOOK: Duration = Duration::from_millis(100);

/// One request to the API server, or through it to a pod.
pub const REQUEST: Duration = Duration::from_secs(10);

//! Two replicas whose links fail at random: never both act, and once the faults stop, one acts.

use std::time::Duration;

use proptest::prelude::*;
use tokio::time::{sleep, timeout};

use super::election::Replica;
use super::server::{Link, Server};

#[derive(Clone, Copy, Debug)]
enum Fault {
    Link { replica: usize, link: Link },
    Restart { replica: usize },
}

fn fault() -> impl Strategy<Value = Fault> {
    let link = prop_oneof![Just(Link::Up), Just(Link::Down), Just(Link::Mute), Just(Link::Failing)];
    prop_oneof![
        8 => (0..2_usize, link).prop_map(|(replica, link)| Fault::Link { replica, link }),
        1 => (0..2_usize).prop_map(|replica| Fault::Restart { replica }),
    ]
}

/// Stops when both act.
async fn never_both(replicas: &[Replica; 2], span: Duration) -> Result<(), TestCaseError> {
    const TICK: Duration = Duration::from_millis(50);
    for _ in 0..span.as_millis() / TICK.as_millis() {
        sleep(TICK).await;
        prop_assert!(!replicas.iter().all(|replica| replica.leadership.is_held()), "two act");
    }
    Ok(())
}

async fn run(faults: Vec<(u64, Fault)>) -> Result<(), TestCaseError> {
    let server = Server::new();
    let mut replicas = [Replica::start(&server, "a"), Replica::start(&server, "b")];
    for (pause, fault) in faults {
        never_both(&replicas, Duration::from_millis(pause)).await?;
        match fault {
            Fault::Link { replica, link } => {
                replicas[replica].link.send_replace(link);
            }
            Fault::Restart { replica } => {
                replicas[replica].stopped.cancel();
                let ended = timeout(Duration::from_secs(10), &mut replicas[replica].task).await;
                prop_assert!(ended.is_ok(), "it did not stop");
                replicas[replica] = Replica::start(&server, ["a", "b"][replica]);
            }
        }
    }
    for replica in &replicas {
        replica.link.send_replace(Link::Up);
    }
    never_both(&replicas, Duration::from_mins(1)).await?;
    prop_assert!(replicas.iter().any(|replica| replica.leadership.is_held()), "nobody acts");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn never_two_and_in_the_end_one(faults in proptest::collection::vec((0..20_000_u64, fault()), 0..30)) {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap()
            .block_on(run(faults))?;
    }
}

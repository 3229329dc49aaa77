//! Elections between two replicas.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::super::{Election, Leadership, LeaseConfig, Tenure, Timing};
use super::server::{Link, Server};

/// What a handover may take: no time but that of the requests, which take none here.
const SOON: Duration = Duration::from_millis(10);

pub(super) struct Replica {
    pub leadership: Leadership,
    pub link: tokio::sync::watch::Sender<Link>,
    pub stopped: CancellationToken,
    pub task: JoinHandle<()>,
}

impl Replica {
    pub fn start(server: &Server, identity: &str) -> Self {
        let (client, link) = server.client();
        let config = LeaseConfig {
            namespace: "upgradegate-system".to_owned(),
            name: "operator".to_owned(),
            identity: identity.to_owned(),
            timing: Timing::default(),
        };
        let election = Election::new(client, config);
        let (leadership, stopped) = (election.leadership(), CancellationToken::new());
        let task = tokio::spawn(election.run(stopped.clone()));
        Self { leadership, link, stopped, task }
    }

    async fn held_within(&self, limit: Duration) -> Tenure {
        timeout(limit, self.leadership.held()).await.unwrap()
    }

    async fn stop(self) {
        self.stopped.cancel();
        self.task.await.unwrap();
    }
}

/// One that holds the Lease, and one that stands by and watches.
async fn pair(server: &Server) -> (Replica, Tenure, Replica) {
    let a = Replica::start(server, "a");
    let tenure = a.held_within(SOON).await;
    let b = Replica::start(server, "b");
    sleep(Duration::from_secs(1)).await;
    assert!(!b.leadership.is_held());
    server.take_log();
    (a, tenure, b)
}

#[tokio::test(start_paused = true)]
async fn the_first_acts_and_the_second_stands_by() {
    let server = Server::new();
    let (a, tenure, b) = pair(&server).await;
    sleep(Duration::from_hours(1)).await;
    assert!(tenure.lasts() && a.leadership.is_held() && !b.leadership.is_held());
    let spec = server.lease().unwrap().spec.unwrap();
    assert_eq!((spec.lease_duration_seconds, spec.lease_transitions), (Some(15), Some(1)));
}

#[tokio::test(start_paused = true)]
async fn a_holder_only_renews() {
    let server = Server::new();
    let a = Replica::start(&server, "a");
    a.held_within(SOON).await;
    server.take_log();
    sleep(Duration::from_secs(62)).await;
    assert_eq!(server.take_log(), vec!["update"; 12]);
}

#[tokio::test(start_paused = true)]
async fn a_stand_by_only_watches() {
    let server = Server::new();
    let (a, _, _b) = pair(&server).await;
    // Without renewals there is nothing to hear: what is left is the stand-by.
    a.task.abort();
    sleep(Duration::from_secs(10)).await;
    assert_eq!(server.take_log(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_release_is_taken_up_at_once() {
    let server = Server::new();
    let (a, tenure, b) = pair(&server).await;
    a.stop().await;
    assert!(!tenure.lasts());
    b.held_within(SOON).await;
    assert_eq!(server.holder().as_deref(), Some("b"));
}

#[tokio::test(start_paused = true)]
async fn a_crash_is_taken_over_after_the_duration() {
    let server = Server::new();
    let (a, _, b) = pair(&server).await;
    a.task.abort();
    let crashed = Instant::now();
    b.held_within(Duration::from_mins(1)).await;
    assert!(crashed.elapsed() <= Timing::default().duration, "{:?}", crashed.elapsed());
}

#[tokio::test(start_paused = true)]
async fn leadership_lapses_when_the_election_dies() {
    let server = Server::new();
    let a = Replica::start(&server, "a");
    let tenure = a.held_within(SOON).await;
    a.task.abort();
    timeout(Timing::default().renew_deadline + SOON, tenure.lost()).await.unwrap();
    assert!(!a.leadership.is_held());
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_is_cut_off_stops_before_the_next_begins() {
    for broken in [Link::Down, Link::Failing] {
        let server = Server::new();
        let (a, tenure, b) = pair(&server).await;
        a.link.send_replace(broken);
        tenure.lost().await;
        assert!(!b.leadership.is_held());
        b.held_within(Duration::from_mins(1)).await;
        assert!(!a.leadership.is_held());

        // Back again, it stands by until it is its turn.
        a.link.send_replace(Link::Up);
        sleep(Duration::from_mins(1)).await;
        assert!(!a.leadership.is_held() && b.leadership.is_held());
        b.stop().await;
        a.held_within(SOON).await;
        assert!(!tenure.lasts(), "a tenure that was lost stays lost");
    }
}

#[tokio::test(start_paused = true)]
async fn a_short_failure_costs_nothing() {
    for broken in [Link::Down, Link::Mute, Link::Failing] {
        let server = Server::new();
        let (a, tenure, b) = pair(&server).await;
        a.link.send_replace(broken);
        sleep(Duration::from_millis(6500)).await;
        a.link.send_replace(Link::Up);
        sleep(Duration::from_mins(1)).await;
        assert!(tenure.lasts() && !b.leadership.is_held(), "{broken:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_lost_the_lease_stops_when_it_finds_out() {
    let server = Server::new();
    let (_a, tenure, _b) = pair(&server).await;
    server.edit(|lease| lease.spec.as_mut().unwrap().holder_identity = Some("c".to_owned()));
    timeout(Timing::default().renew_every, tenure.lost()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_label_disturbs_nobody() {
    let server = Server::new();
    let (_a, tenure, b) = pair(&server).await;
    for number in 0..100 {
        let label = ("number".to_owned(), number.to_string());
        server.edit(|lease| lease.metadata.labels = Some([label].into()));
        sleep(Duration::from_millis(1700)).await;
    }
    assert!(tenure.lasts() && !b.leadership.is_held());
    assert!(server.lease().unwrap().metadata.labels.is_some(), "what others wrote stays");
}

#[tokio::test(start_paused = true)]
async fn a_deleted_lease_still_has_its_holder() {
    let server = Server::new();
    let (_a, tenure, b) = pair(&server).await;
    server.delete();
    sleep(Duration::from_mins(1)).await;
    assert!(tenure.lasts() && !b.leadership.is_held());
    assert_eq!(server.holder().as_deref(), Some("a"));
}

#[tokio::test(start_paused = true)]
async fn a_deleted_lease_is_waited_for_as_if_it_were_held() {
    let server = Server::new();
    let (a, tenure, b) = pair(&server).await;
    a.link.send_replace(Link::Down);
    server.delete();
    tenure.lost().await;
    assert!(!b.leadership.is_held());
    b.held_within(Timing::default().duration).await;
    a.link.send_replace(Link::Up);
    sleep(Duration::from_mins(1)).await;
    assert!(!a.leadership.is_held() && b.leadership.is_held());
}

#[tokio::test(start_paused = true)]
async fn a_restart_under_the_same_name_goes_on_at_once() {
    let server = Server::new();
    let (a, _, _b) = pair(&server).await;
    a.task.abort();
    Replica::start(&server, "a").held_within(SOON).await;
    assert_eq!(server.lease().unwrap().spec.unwrap().lease_transitions, Some(1));
}

#[tokio::test(start_paused = true)]
async fn whoever_stands_by_stops_without_a_trace() {
    let server = Server::new();
    let (_a, tenure, b) = pair(&server).await;
    b.stop().await;
    assert!(tenure.lasts());
    assert_eq!(server.holder().as_deref(), Some("a"));
}

#[tokio::test(start_paused = true)]
async fn a_release_that_fails_ends_in_time() {
    let server = Server::new();
    let (a, tenure, _b) = pair(&server).await;
    a.link.send_replace(Link::Down);
    timeout(Timing::default().request_timeout + SOON, a.stop()).await.unwrap();
    assert!(!tenure.lasts());
}

#[tokio::test(start_paused = true)]
async fn without_election_leadership_is_for_ever() {
    let leadership = Leadership::always();
    let tenure = timeout(SOON, leadership.held()).await.unwrap();
    assert!(timeout(Duration::from_hours(1), tenure.lost()).await.is_err());
    assert!(leadership.is_held());
}

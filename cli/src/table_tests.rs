use serde_json::json;

use super::*;
use crate::testing::{changed, draining, gate};

#[test]
fn a_table_reads_like_kubectls() {
    let now = "2026-11-24T14:02:30Z".parse().unwrap();
    let mut held = draining(2);
    held["message"] = json!("1 of 3 members holds the gate");
    let unseen = changed(json!({"metadata": {"name": "web-5kqpx2cd"}, "spec": {"targetRef": {"name": "web"}}}));
    assert_eq!(
        table(&[gate(held), unseen], now).join("\n") + "\n",
        "\
NAME           TARGET     PHASE      READY   OUTCOME   AGE     MESSAGE
demo-app-1     demo-app   Draining   2/3               2m30s   1 of 3 members holds the gate
web-5kqpx2cd   web                                     2m30s
"
    );
}

//! Verbs used == verbs granted: what no test ever needed is granted in vain, and what was used without a grant is a hole.
//!
//! It needs the audit log of the whole run, which only the local cluster writes: elsewhere this target cannot be run.

use std::{collections::BTreeMap, path::Path};

use anyhow::Result;
use serde_json::Value;
use upgradegate_e2e::{
    audit::{self, Account, Comparison, Granted, Request, Requests, Right, Seen},
    connect, env,
    helm::Helm,
    operator,
};

/// The namespace that the hook's chart is rendered for.
const APPS: &str = "apps";

fn log() -> Requests {
    let log = std::env::var("UPGRADEGATE_AUDIT_LOG").unwrap_or_default();
    assert!(
        !log.is_empty(),
        "UPGRADEGATE_AUDIT_LOG is not set: what was used can be seen only in the audit log of the local cluster's API server. \
         Run `make test` there; against another cluster leave this test out"
    );
    audit::read(Path::new(&log), audit::since().unwrap()).unwrap()
}

fn async_block<T>(body: impl Future<Output = Result<T>>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(body).unwrap()
}

fn is_operator(account: &Account) -> bool {
    account.namespace == operator::NAMESPACE && account.name == operator::OBJECT
}

/// The account of a release's hooks, and the one of the upgrade that brings it (chart/upgrade-gate).
fn is_hook(account: &Account, suffix: &str) -> bool {
    account.name.ends_with(suffix)
}

/// Prints what was used, and fails if it is not what was granted.
fn show(whose: &str, comparison: &Comparison) {
    for (right, times) in &comparison.used {
        println!("{whose}: {right}: {times}");
    }
    for (right, times) in &comparison.refused {
        println!("{whose}: {right}: forbidden {times} times, while a test had taken the right away");
    }
    let differences = comparison.differences();
    assert!(differences.is_empty(), "{whose}:\n- {}", differences.join("\n- "));
    assert!(!comparison.used.is_empty(), "{whose} was granted nothing");
}

#[test]
fn the_operator_uses_what_it_is_granted() {
    let (rights, requests): (Vec<Right>, _) = (
        async_block(async {
            let account = Account { namespace: operator::NAMESPACE.into(), name: operator::OBJECT.into() };
            Granted::of_cluster(&connect().await?).await?.to(&account)
        }),
        log(),
    );
    let requests = requests.into_iter().find(|(account, _)| is_operator(account)).map(|(_, requests)| requests);
    show("operator", &audit::compare(&rights, &requests.unwrap_or_default()));
}

/// Every release has its own accounts of the same Role: what they used, as if they were one in the namespace of the rendering.
fn used_by_hooks(suffix: &str) -> BTreeMap<Request, Seen> {
    let mut all = BTreeMap::<Request, Seen>::new();
    for (account, requests) in log().into_iter().filter(|(account, _)| is_hook(account, suffix)) {
        for (mut request, seen) in requests {
            if request.namespace == account.namespace {
                APPS.clone_into(&mut request.namespace);
            }
            let sum = all.entry(request).or_default();
            sum.allowed += seen.allowed;
            sum.forbidden += seen.forbidden;
        }
    }
    all
}

/// What the demo's chart grants to the account of this name, rendered as release `rel`.
fn granted_to_hook(suffix: &str) -> Vec<Right> {
    async_block(async {
        let chart = env::checkout("chart/demo-app");
        let rendered = Helm::Four.program()?.args(["template", "rel"]).args([chart]).args(["--namespace", APPS]).run();
        let objects: Vec<Value> = serde_saphyr::from_multiple(&rendered.await?.ok()?.stdout())?;
        Granted::of_objects(objects)?.to(&Account { namespace: APPS.into(), name: format!("rel{suffix}") })
    })
}

#[test]
fn the_hook_uses_what_it_is_granted() {
    let suffix = "-upgrade-gate";
    show("hook", &audit::compare(&granted_to_hook(suffix), &used_by_hooks(suffix)));
}

#[test]
fn the_first_hook_uses_what_it_is_granted() {
    let suffix = "-upgrade-gate-first";
    show("first hook", &audit::compare(&granted_to_hook(suffix), &used_by_hooks(suffix)));
}

/// No other pod gets anything of the API server: what one without a right asks for, in a test of exactly that, is refused.
#[test]
fn nobody_else_is_given_anything() {
    let known = |account: &Account| {
        is_operator(account) || is_hook(account, "-upgrade-gate") || is_hook(account, "-upgrade-gate-first")
    };
    let given = |requests: &BTreeMap<Request, Seen>| requests.values().any(|seen| seen.allowed > 0);
    let others: Vec<_> = log().into_iter().filter(|(account, requests)| !known(account) && given(requests)).collect();
    assert!(others.is_empty(), "{others:?}");
}

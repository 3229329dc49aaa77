//! What is known beside the gate, made up from bytes.

use std::{collections::BTreeMap, sync::Arc};

use arbitrary::{Result, Unstructured};
use jiff::{SignedDuration, Timestamp};
use upgradegate_crds::{Outcome, Phase, UpgradeGate, UpgradeGateStatus};
use upgradegate_operator::gate::{
    DrainFact, Facts, Lifecycle, Member, Members, Observation, ProbeFact, Report, Revision, Target, Trouble, Workload,
};

/// Most members: beyond the ten that a status names.
const MOST_MEMBERS: usize = 12;

/// An observation of this gate.
pub fn by(gate: Arc<UpgradeGate>, u: &mut Unstructured) -> Result<Observation> {
    let now = moment(&gate, u)?;
    let target = target(&gate, u)?;
    let mut known = BTreeMap::new();
    for _ in 0..u.int_in_range(0..=MOST_MEMBERS)? {
        let member = member(&gate, u)?;
        known.insert(member.uid.clone(), member);
    }
    let members = Members { known: known.into_values().collect(), whole: u.ratio(3, 4)?, heard: u.ratio(3, 4)? };
    let rivals = if u.ratio(1, 4)? { vec![Arc::new(rival(&gate, u)?)] } else { Vec::new() };
    Ok(Observation { now, gate, rivals, target, members })
}

/// A time around those that the gate names.
fn moment(gate: &UpgradeGate, u: &mut Unstructured) -> Result<Timestamp> {
    let status = gate.status.clone().unwrap_or_default();
    let created = gate.metadata.creation_timestamp.clone();
    let times = [
        created,
        status.deadline,
        status.open_until,
        status.progress_deadline,
        status.resume_until,
        status.finished_at,
    ];
    let times: Vec<Timestamp> = times.into_iter().flatten().map(|time| time.0).collect();
    let base = *u.choose(&times)?;
    let seconds = *u.choose(&[0, -1, 1, -30, 30, 180, 600, 100_000])?;
    Ok(base.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(base))
}

fn target(gate: &UpgradeGate, u: &mut Unstructured) -> Result<Target> {
    match u.int_in_range(0..=7)? {
        0 => return Ok(Target::Unknown),
        1 => return Ok(Target::Missing),
        _ => {}
    }
    let began = gate.status.as_ref().and_then(|status| status.target.clone()).unwrap_or_default();
    let failed = u.ratio(1, 6)?;
    Ok(Target::Present(Workload {
        uid: if u.ratio(7, 8)? { began.uid } else { "another".into() },
        template: if u.arbitrary()? { began.baseline } else { template(u)? },
        generation: i64::from(u.int_in_range(0..=3_u8)?),
        observed_generation: i64::from(u.int_in_range(0..=3_u8)?),
        desired: count(u)?,
        updated: count(u)?,
        current: count(u)?,
        available: count(u)?,
        failed_since: if failed { Some(moment(gate, u)?) } else { None },
    }))
}

fn count(u: &mut Unstructured) -> Result<i32> {
    Ok(if u.ratio(1, 32)? { u.arbitrary()? } else { u.int_in_range(0..=4)? })
}

fn template(u: &mut Unstructured) -> Result<String> {
    Ok((*u.choose(&["old", "new", "newer"])?).to_owned())
}

fn text(u: &mut Unstructured) -> Result<String> {
    let text: String = u.arbitrary()?;
    Ok(if u.ratio(1, 16)? { text.repeat(100) } else { text })
}

fn epoch(gate: &UpgradeGate, u: &mut Unstructured) -> Result<i64> {
    let own = gate.status.as_ref().and_then(|status| status.epoch).unwrap_or(1);
    Ok(*u.choose(&[own, own, own, own.saturating_add(1), own.saturating_sub(1), i64::MIN, i64::MAX])?)
}

fn trouble(u: &mut Unstructured) -> Result<Trouble> {
    Ok(match u.int_in_range(0..=6)? {
        0 => Trouble::Unreached(text(u)?),
        1 => Trouble::NoAnswer(text(u)?),
        2 => Trouble::Unreadable { code: u.arbitrary()?, why: text(u)? },
        3 => Trouble::DrainStatus { method: "POST", path: text(u)?, code: u.arbitrary()? },
        4 => Trouble::NotDraining,
        5 => Trouble::NoSuchPort(text(u)?),
        _ => Trouble::ForbiddenAddress(text(u)?),
    })
}

fn facts(gate: &UpgradeGate, u: &mut Unstructured) -> Result<Facts> {
    let drain = match u.int_in_range(0..=5)? {
        0 => DrainFact::Never,
        1 => DrainFact::Maybe,
        2 => DrainFact::Resumed,
        _ => DrainFact::Acknowledged(epoch(gate, u)?),
    };
    let probe = if u.ratio(3, 4)? {
        let result = if u.ratio(3, 4)? {
            Ok(Report { ready: u.arbitrary()?, draining: u.arbitrary()?, message: text(u)? })
        } else {
            Err(trouble(u)?)
        };
        Some(ProbeFact { epoch: epoch(gate, u)?, at: moment(gate, u)?, result })
    } else {
        None
    };
    Ok(Facts {
        drain,
        probe,
        drain_trouble: if u.ratio(1, 6)? { Some(trouble(u)?) } else { None },
        conflict: if u.ratio(1, 8)? { Some(epoch(gate, u)?) } else { None },
        since: if u.arbitrary()? { Some(moment(gate, u)?) } else { None },
    })
}

fn member(gate: &UpgradeGate, u: &mut Unstructured) -> Result<Member> {
    let number = u.int_in_range(0..=19)?;
    let began = gate.status.as_ref().and_then(|status| status.target.clone()).unwrap_or_default();
    let revision = match u.int_in_range(0..=3)? {
        0 => Revision::Unresolved,
        1 => Revision::Known(template(u)?),
        _ => Revision::Known(began.baseline),
    };
    Ok(Member {
        uid: format!("uid-{number}"),
        name: format!("pod-{number}"),
        belongs: u.ratio(7, 8)?,
        revision,
        lifecycle: *u.choose(&[Lifecycle::Running, Lifecycle::Running, Lifecycle::Idle, Lifecycle::Terminating])?,
        leaves_by: if u.ratio(1, 4)? { Some(moment(gate, u)?) } else { None },
        facts: facts(gate, u)?,
    })
}

/// Another gate of the target, older or newer.
fn rival(gate: &UpgradeGate, u: &mut Unstructured) -> Result<UpgradeGate> {
    let mut rival = gate.clone();
    rival.metadata.name = Some("rival".into());
    rival.metadata.uid = Some(if u.arbitrary()? { "0".into() } else { "z".into() });
    let seen = u.ratio(3, 4)?;
    let phase = *u.choose(&[
        Phase::Waiting,
        Phase::Draining,
        Phase::Open,
        Phase::RollingOut,
        Phase::Resuming,
        Phase::Finished,
    ])?;
    rival.status = if seen {
        Some(UpgradeGateStatus {
            observed_generation: 1,
            phase: Some(phase),
            outcome: (phase >= Phase::Resuming).then_some(Outcome::Superseded),
            epoch: Some(epoch(gate, u)?),
            ..gate.status.clone().unwrap_or_default()
        })
    } else {
        None
    };
    Ok(rival)
}

//! The calls that applications of the tests printed, put together.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use upgradegate_fault_app as app;
use upgradegate_proof::{Answer, Call, Effect, Event, What};

use super::LogLine;

/// The beginning of the `User-Agent` of the operator. Tests call applications too.
const OPERATOR: &str = "upgradegate/";

/// A call by when it arrived: a log that was opened again after a restart may tell of the same one under another container.
type Arrived<'l> = (&'l str, u64, u64);

/// The calls of the operator, by what was printed.
pub fn of(lines: &[LogLine]) -> Vec<Event> {
    let mut calls = BTreeMap::<Arrived, (app::Call, Option<app::Answered>)>::new();
    // The last call of each number that a container printed.
    let mut open = HashMap::<(&str, u64), Arrived>::new();
    for line in lines {
        match serde_json::from_str(&line.text) {
            Ok(app::Line::Call(call)) => {
                let arrived = (line.uid.as_str(), call.at, call.number);
                open.insert((&line.id, call.number), arrived);
                calls.entry(arrived).or_insert((call, None));
            }
            Ok(app::Line::Answer(answered)) => {
                let arrived = open.get(&(line.id.as_str(), answered.number));
                if let Some((_, answer)) = arrived.and_then(|arrived| calls.get_mut(arrived)) {
                    *answer = Some(answered);
                }
            }
            Err(_) => {}
        }
    }
    let of_operator = calls.into_iter().filter(|(_, (call, _))| call.agent.starts_with(OPERATOR));
    of_operator.map(|((uid, ..), (call, answered))| event(uid, call, answered)).collect()
}

/// How many lines of calls and answers a container printed.
pub fn count(lines: &[LogLine], id: &str) -> u64 {
    let is_told = |text: &str| text.starts_with(r#"{"call""#) || text.starts_with(r#"{"answer""#);
    let of_container = lines.iter().filter(|line| line.id == id && is_told(&line.text));
    of_container.count().try_into().unwrap_or(u64::MAX)
}

fn event(uid: &str, call: app::Call, answered: Option<app::Answered>) -> Event {
    let effect = answered.as_ref().map_or(Effect::None, |done| match done.effect {
        app::Effect::None => Effect::None,
        app::Effect::Drained { epoch, until } => {
            Effect::Drained { at: timestamp(done.at), epoch, until: timestamp(until) }
        }
        app::Effect::Resumed => Effect::Resumed { at: timestamp(done.at) },
    });
    let said = answered.and_then(|done| Some((done.at, done.said?)));
    let recorded = Call {
        pod: uid.into(),
        address: call.address,
        method: call.method,
        path: call.path,
        body: call.body,
        answered: said.as_ref().map(|(at, _)| timestamp(*at)),
        answer: said.map(|(_, said)| Answer { code: said.code, headers: said.headers, body: said.body }),
        effect,
    };
    Event { at: timestamp(call.at), what: What::Call(Box::new(recorded)) }
}

/// A time that an application printed.
fn timestamp(millis: u64) -> Timestamp {
    i64::try_from(millis).ok().and_then(|millis| Timestamp::from_millisecond(millis).ok()).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> LogLine {
        LogLine { pod: "p".into(), uid: "u".into(), container: "c".into(), id: "i".into(), text: text.into() }
    }

    #[test]
    fn a_call_and_its_answer_become_one() {
        let app = app::App::default();
        let address = std::net::Ipv4Addr::new(10, 0, 0, 1).into();
        let call = app::Call {
            number: 3,
            at: 1000,
            method: "POST".into(),
            path: "/drain".into(),
            body: serde_json::json!({"epoch": 7, "leaseSeconds": 5}),
            address,
            agent: format!("{OPERATOR}1"),
        };
        let done = app.drain(&call.body);
        let said = Some(app::Said { code: done.code, headers: BTreeMap::new(), body: done.body.to_string() });
        let answered = app::Answered { number: 3, at: 2000, effect: done.effect, said };
        let other = app::Call { agent: "curl".into(), number: 4, ..call.clone() };
        let printed = [app::Line::Call(call), app::Line::Answer(answered), app::Line::Call(other)];
        let printed: Vec<_> = printed.iter().map(|said| line(&serde_json::to_string(said).unwrap())).collect();
        let events = of(&[printed, vec![line("words")]].concat());
        assert_eq!(events.len(), 1, "{events:?}");
        let What::Call(call) = &events[0].what else { panic!("{events:?}") };
        assert_eq!(call.answer.as_ref().map(|answer| answer.code), Some(200));
        assert!(matches!(call.effect, Effect::Drained { epoch: 7, .. }), "{call:?}");
    }
}

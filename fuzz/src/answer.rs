//! Answers of members as text: `<status>`, header lines, an empty line, the body.

use std::collections::BTreeMap;

use upgradegate_operator::gate::{Answer, ReadyRule};

/// Ready expressions as people write them, and some that reach further.
const RULES: [&str; 8] = [
    "response.body.isUpgradeable == true",
    "response.code == 200",
    "response.code in [200, 204] && !has(response.body.busy)",
    "response.body.operations == 0",
    "response.headers['x-state'] == 'idle'",
    "response.body.matches('^(ok|ready)$')",
    "response.body.jobs.all(j, j.done)",
    "size(response.body.queue) < 3 || response.body.queue.exists(q, q.age > 10.5)",
];

/// The standard rule, then those.
pub fn rules() -> impl Iterator<Item = ReadyRule> {
    std::iter::once(ReadyRule::standard()).chain(RULES.iter().map(|source| ReadyRule::compile(source).unwrap()))
}

/// Reads an answer. Whatever the bytes, there is one.
pub fn read(bytes: &[u8]) -> Answer {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = end.map_or((bytes, &[][..]), |end| (&bytes[..end], &bytes[end + 2..]));
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let code = lines.next().and_then(|code| code.parse().ok()).unwrap_or(200);
    let pairs = lines.filter_map(|line| line.split_once(": "));
    let headers: BTreeMap<_, _> = pairs.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    Answer { code, headers, body: body.to_vec() }
}

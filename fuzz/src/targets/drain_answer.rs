//! An answer to a drain or a resume.

use upgradegate_operator::fuzzing::{Told, told};

use crate::{answer, law};

/// The input is an answer, see [`answer::read`].
pub fn run(input: &[u8]) {
    let answer = answer::read(input);
    for epoch in [i64::MIN, 0, 1_795_450_653_123, i64::MAX] {
        match told(&answer, epoch) {
            Ok(Told::Yes) => assert!((200..300).contains(&answer.code), "only 2xx is a yes"),
            Ok(Told::OtherEpoch(other)) => {
                assert_eq!(answer.code, 409);
                assert!(other > epoch, "a lower epoch explains no refusal");
            }
            Err(trouble) => law::harmless(&trouble.to_string()),
        }
    }
}

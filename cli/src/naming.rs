//! Names of new gates: `<target>-<suffix>`, so that no two upgrades, rollbacks or re-renders share a gate.
//!
//! The name is made here and not by the API server's `generateName`: a POST whose answer was lost can then be repeated, and
//! a gate that may have been created can be cancelled.

use std::hash::{BuildHasher, RandomState};

/// Longest name of an object: a DNS subdomain.
const MAX_NAME: usize = 253;
const SUFFIX: usize = 8;
/// As Kubernetes' own generated names: no vowels, so no words; nothing that looks like another letter.
const LETTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// The name of a gate that guards `base`, made unique by `suffix`: always a valid DNS subdomain.
///
/// A base that is no valid name (the API server will refuse it as a target, by its own field) is made one.
pub fn gate_name(base: &str, suffix: &str) -> String {
    let room = MAX_NAME - 1 - suffix.len();
    let mut base =
        if is_dns_subdomain(base) { base.to_owned() } else { base.chars().map(harmless).collect::<String>() };
    base.truncate(room);
    let base = base.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    format!("{}-{suffix}", if base.is_empty() { "gate" } else { base })
}

/// The first 8 letters and digits of a pod's UID; none if there are none.
pub fn pod_suffix(uid: &str) -> Option<String> {
    let suffix: String =
        uid.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).take(SUFFIX).collect();
    (!suffix.is_empty()).then_some(suffix)
}

/// Eight letters and digits drawn at random.
pub fn random_suffix() -> String {
    let mut bits = RandomState::new().hash_one(SUFFIX);
    let count = LETTERS.len() as u64;
    (0..SUFFIX)
        .map(|_| {
            let letter = usize::try_from(bits % count).unwrap_or_default();
            bits /= count;
            char::from(LETTERS[letter])
        })
        .collect()
}

fn harmless(c: char) -> char {
    if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }
}

fn is_dns_subdomain(name: &str) -> bool {
    name.split('.').all(|label| {
        let inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        !label.is_empty() && label.chars().all(inside) && !label.starts_with('-') && !label.ends_with('-')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_gate_is_named_after_its_target_and_the_hooks_pod() {
        let suffix = pod_suffix("3f9c2a1b-77aa-4c1e-8f00-000000000000").unwrap();
        assert_eq!(gate_name("demo-app", &suffix), "demo-app-3f9c2a1b");
        assert_eq!(gate_name("demo.app", &suffix), "demo.app-3f9c2a1b");
    }

    #[test]
    fn a_pod_uid_without_letters_makes_no_suffix() {
        assert_eq!(pod_suffix(""), None);
        assert_eq!(pod_suffix("--"), None);
    }

    proptest! {
        #[test]
        fn every_name_is_valid(base in ".{0,300}", uid in ".*") {
            let suffix = pod_suffix(&uid).unwrap_or_else(random_suffix);
            let name = gate_name(&base, &suffix);
            prop_assert!(name.len() <= MAX_NAME && is_dns_subdomain(&name), "{}", name);
        }

        #[test]
        fn a_valid_target_is_kept_whole(base in "[a-z0-9]([-a-z0-9]{0,50}[a-z0-9])?(\\.[a-z0-9]{1,20}){0,3}") {
            prop_assert_eq!(gate_name(&base, "3f9c2a1b"), format!("{base}-3f9c2a1b"));
        }

        #[test]
        fn random_suffixes_differ(_ in 0..20) {
            prop_assert_ne!(random_suffix(), random_suffix());
        }
    }
}

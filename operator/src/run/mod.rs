//! What lives while a gate runs: watches of its target and members, one worker a member, the bounded HTTP client.

pub mod http;

//! Which addresses may be called: those that a pod can have, and only those.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is never called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// `0.0.0.0/8` or `::`.
    #[error("it is no address of a host")]
    Unspecified,
    /// `127.0.0.0/8` or `::1`: the operator itself and its node.
    #[error("it is a loopback address")]
    Loopback,
    /// `169.254.0.0/16` or `fe80::/10`: cloud metadata servers, among others.
    #[error("it is a link-local address")]
    LinkLocal,
    /// `224.0.0.0/4` or `ff00::/8`.
    #[error("it is a multicast address")]
    Multicast,
    /// `255.255.255.255`.
    #[error("it is the broadcast address")]
    Broadcast,
    /// An address of the Kubernetes API server.
    #[error("it is an address of the API server")]
    ApiServer,
}

/// The rule for addresses. A pod's IP comes from its status, which more people can write than may call the addresses here.
#[derive(Clone, Debug)]
pub struct AddressPolicy {
    api_server: BTreeSet<IpAddr>,
    #[cfg(test)]
    allow_all: bool,
}

impl AddressPolicy {
    /// Refuses the addresses of the API server and all that no pod can have.
    pub fn new(api_server: BTreeSet<IpAddr>) -> Self {
        Self {
            api_server: api_server.into_iter().map(|address| address.to_canonical()).collect(),
            #[cfg(test)]
            allow_all: false,
        }
    }

    #[cfg(test)]
    pub(crate) fn allow_all() -> Self {
        Self { allow_all: true, ..Self::new(BTreeSet::new()) }
    }

    /// Whether `address` may be called, and if not, why. An IPv4 address in IPv6 clothes is judged as what it is.
    pub fn check(&self, address: IpAddr) -> Result<(), Refusal> {
        #[cfg(test)]
        if self.allow_all {
            return Ok(());
        }
        let address = address.to_canonical();
        if self.api_server.contains(&address) {
            return Err(Refusal::ApiServer);
        }
        match address {
            IpAddr::V4(v4) => check_v4(v4),
            IpAddr::V6(v6) => check_v6(v6),
        }
    }
}

fn check_v4(address: Ipv4Addr) -> Result<(), Refusal> {
    if address.octets()[0] == 0 {
        Err(Refusal::Unspecified)
    } else if address.is_loopback() {
        Err(Refusal::Loopback)
    } else if address.is_link_local() {
        Err(Refusal::LinkLocal)
    } else if address.is_multicast() {
        Err(Refusal::Multicast)
    } else if address.is_broadcast() {
        Err(Refusal::Broadcast)
    } else {
        Ok(())
    }
}

fn check_v6(address: Ipv6Addr) -> Result<(), Refusal> {
    if address.is_unspecified() {
        Err(Refusal::Unspecified)
    } else if address.is_loopback() {
        Err(Refusal::Loopback)
    } else if address.is_unicast_link_local() {
        Err(Refusal::LinkLocal)
    } else if address.is_multicast() {
        Err(Refusal::Multicast)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn refuses_what_no_pod_can_have() {
        let policy = AddressPolicy::new(["10.96.0.1", "::ffff:10.0.0.2", "fd00::1"].map(|a| a.parse().unwrap()).into());
        let cases = [
            ("10.244.1.7", Ok(())),
            ("100.64.0.1", Ok(())),
            ("192.168.3.4", Ok(())),
            ("fd00:10:244::7", Ok(())),
            ("2001:db8::7", Ok(())),
            ("::ffff:10.244.1.7", Ok(())),
            ("0.0.0.0", Err(Refusal::Unspecified)),
            ("0.1.2.3", Err(Refusal::Unspecified)),
            ("::", Err(Refusal::Unspecified)),
            ("::ffff:0.0.0.0", Err(Refusal::Unspecified)),
            ("127.0.0.1", Err(Refusal::Loopback)),
            ("127.255.0.9", Err(Refusal::Loopback)),
            ("::1", Err(Refusal::Loopback)),
            ("::ffff:127.0.0.1", Err(Refusal::Loopback)),
            ("169.254.169.254", Err(Refusal::LinkLocal)),
            ("::ffff:169.254.169.254", Err(Refusal::LinkLocal)),
            ("fe80::1", Err(Refusal::LinkLocal)),
            ("febf::1", Err(Refusal::LinkLocal)),
            ("224.0.0.1", Err(Refusal::Multicast)),
            ("::ffff:239.1.1.1", Err(Refusal::Multicast)),
            ("ff02::1", Err(Refusal::Multicast)),
            ("255.255.255.255", Err(Refusal::Broadcast)),
            ("::ffff:255.255.255.255", Err(Refusal::Broadcast)),
            ("10.96.0.1", Err(Refusal::ApiServer)),
            ("::ffff:10.96.0.1", Err(Refusal::ApiServer)),
            ("10.0.0.2", Err(Refusal::ApiServer)),
            ("fd00::1", Err(Refusal::ApiServer)),
        ];
        for (address, expected) in cases {
            assert_eq!(policy.check(address.parse().unwrap()), expected, "{address}");
        }
    }
}

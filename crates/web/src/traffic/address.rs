//! Where a request comes from: what the connection says, or, behind a proxy that is known, what the proxy says.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;

/// Beside each request that came over the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallerAddress(pub IpAddr);

/// Addresses that begin alike: `10.0.0.0/8`, or one, `10.0.0.7`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    start: u128,
    bits: u32,
}

impl Network {
    pub fn parse(text: &str) -> Result<Network, String> {
        let wrong = || format!("“{text}”应写作 IP 地址或网段，例如 10.0.0.7 或 10.0.0.0/8");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u32>().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().map_err(|_| wrong())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(width);
        if bits > width {
            return Err(wrong());
        }
        Ok(Network { start: wide(address), bits: bits + (128 - width) })
    }

    pub fn holds(&self, address: IpAddr) -> bool {
        let differs = self.start ^ wide(address);
        self.bits == 0 || differs.checked_shr(128 - self.bits).unwrap_or(0) == 0
    }
}

/// Both kinds of address in one.
fn wide(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(four) => four.to_ipv6_mapped().to_bits(),
        IpAddr::V6(six) => six.to_bits(),
    }
}

/// What of an address counts: of IPv6 the network, within which a machine changes its own as it likes.
pub(super) fn counted(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(_) => wide(address),
        IpAddr::V6(six) => six.to_bits() >> 64 << 64,
    }
}

/// The nearest address that is not one of our own proxies: each says who came to it. What somebody wrote into the header
/// before they came to the first of them is not read.
pub fn caller(peer: IpAddr, headers: &HeaderMap, proxies: &[Network]) -> IpAddr {
    let ours = |address: IpAddr| proxies.iter().any(|network| network.holds(address));
    let mut nearest = peer.to_canonical();
    if !ours(nearest) {
        return nearest;
    }
    let lines = headers.get_all("x-forwarded-for").iter().rev();
    for said in lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(',')) {
        let said = said.trim();
        let address = said.parse().ok().or_else(|| said.parse::<SocketAddr>().ok().map(|both| both.ip()));
        let Some(address) = address else { return nearest };
        nearest = address.to_canonical();
        if !ours(nearest) {
            break;
        }
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_holds_what_begins_alike() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.1.2", "11.0.0.0"),
            ("10.0.0.7", "10.0.0.7", "10.0.0.8"),
            ("10.0.0.7", "::ffff:10.0.0.7", "::10.0.0.7"),
            ("192.0.2.128/25", "192.0.2.129", "192.0.2.127"),
            ("2001:db8::/32", "2001:db8:1::1", "2001:db9::"),
            ("::1", "::1", "::2"),
            ("0.0.0.0/0", "198.51.100.1", "2001:db8::1"),
        ] {
            let read = Network::parse(network).unwrap();
            assert!(read.holds(ip(inside)) && !read.holds(ip(outside)), "{network}");
        }
        assert!(Network::parse("::/0").unwrap().holds(ip("192.0.2.1")));
        for wrong in ["", "10.0.0", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "proxy.example", "10.0.0.0/8/8"] {
            assert!(Network::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_header_counts_only_where_one_of_our_proxies_wrote_it() {
        let proxies = ["10.0.0.0/8", "::1"].map(|text| Network::parse(text).unwrap());
        let of = |peer: &str, lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append("x-forwarded-for", line.parse().unwrap());
            }
            caller(ip(peer), &headers, &proxies).to_string()
        };
        // Whoever comes by themselves may write what they like.
        assert_eq!(of("203.0.113.5", &["198.51.100.1"]), "203.0.113.5");
        assert_eq!(of("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(of("::1", &["198.51.100.1:4711"]), "198.51.100.1");
        assert_eq!(of("::ffff:10.0.0.1", &["[2001:db8::7]:80"]), "2001:db8::7");
        // Invented before they came to the first of ours.
        assert_eq!(of("10.0.0.1", &["1.1.1.1, 198.51.100.1"]), "198.51.100.1");
        assert_eq!(of("10.0.0.1", &["1.1.1.1", "198.51.100.1, 10.0.0.9"]), "198.51.100.1");
        // Nothing that can be read, and nothing but ours: the proxy itself.
        assert_eq!(of("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(of("10.0.0.1", &["198.51.100.1, unknown"]), "10.0.0.1");
        assert_eq!(of("10.0.0.1", &["10.0.0.2"]), "10.0.0.2");
    }

    #[test]
    fn of_ipv6_the_network_counts() {
        assert_eq!(counted(ip("2001:db8:1:2:3:4:5:6")), counted(ip("2001:db8:1:2::9")));
        assert_ne!(counted(ip("2001:db8:1:2::9")), counted(ip("2001:db8:1:3::9")));
        assert_ne!(counted(ip("192.0.2.1")), counted(ip("192.0.2.2")));
        assert_eq!(counted(ip("192.0.2.1")), counted(ip("::ffff:192.0.2.1")));
    }
}

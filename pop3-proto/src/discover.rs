//! Finds servers for a mail address: which DNS names to look up, how to order the answers, and what to try
//! without answers (RFC 6186, RFC 8314 section 5.1). This module does not send DNS queries itself.
//!
//! ```
//! use pop3_proto::discover::{Service, Srv, guesses, logins, query, rank};
//!
//! assert_eq!(query(Service::Pops, "example.net").unwrap(), "_pop3s._tcp.example.net");
//! // Look up that name, and that of `Service::Pop`. Rank the answers of each separately.
//! let mut answers = [Srv::new(20, 0, 995, "b.example.net"), Srv::new(10, 0, 995, "a.example.net")];
//! let ranked = rank(&mut answers, |_| 0); // a real program returns a random number from 0 to the argument
//! assert_eq!(ranked[0].target, "a.example.net");
//! // Without answers, try these hosts in order; each has to show a certificate for its name.
//! assert_eq!(guesses("example.net").unwrap().next().unwrap().host, "pop.example.net");
//! // Try these names, but only inside TLS.
//! assert_eq!(logins("ann@example.net").collect::<Vec<_>>(), ["ann@example.net", "ann"]);
//! ```

use alloc::format;
use alloc::string::String;

use crate::text::is_domain;

/// A service, by the way in which it uses TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// TLS from the start, `_pop3s._tcp` (RFC 6186 section 3.3, RFC 8314 section 3.1).
    Pops,
    /// STLS, `_pop3._tcp` (RFC 6186 section 3.3). Never use it without STLS. The priorities in the
    /// answers order the targets of one service only.
    Pop,
}

impl Service {
    /// Both services, in the order of preference: try all targets of the first before any of the second.
    pub const ALL: [Self; 2] = [Self::Pops, Self::Pop];

    /// The labels before the domain.
    #[must_use]
    pub const fn labels(self) -> &'static str {
        match self {
            Self::Pops => "_pop3s._tcp",
            Self::Pop => "_pop3._tcp",
        }
    }

    /// The default port of the service.
    #[must_use]
    pub const fn port(self) -> u16 {
        match self {
            Self::Pops => 995,
            Self::Pop => 110,
        }
    }
}

/// The name for which to look up SRV records. `None` if `domain` is not a domain name in ASCII; use the
/// domain of the address, with A-labels.
///
/// Keep the server that works, and look it up again only when it fails (RFC 6186 section 4). Check the
/// certificate against the domain, as a DNS-ID or as an SRV-ID. If the DNS answer was signed, you may check it
/// against the target host instead. Never check it against an alias in between (RFC 7817 section 3).
#[must_use]
pub fn query(service: Service, domain: &str) -> Option<String> {
    has_domain_form(domain).then(|| format!("{}.{domain}", service.labels()))
}

/// An SRV record (RFC 2782).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Srv<'a> {
    /// Records with a lower priority are tried first.
    pub priority: u16,
    /// The share of this record among those of the same priority.
    pub weight: u16,
    /// The port on which the service listens.
    pub port: u16,
    /// The host; `.` means that there is no such service.
    pub target: &'a str,
}

impl<'a> Srv<'a> {
    /// A record as it came in the answer.
    #[must_use]
    pub const fn new(priority: u16, weight: u16, port: u16, target: &'a str) -> Self {
        Self { priority, weight, port, target }
    }
}

/// Puts the records of one service into the order in which to try them: by priority, and at random by weight
/// within one priority. Records whose target is `.` or whose port is 0 are left out. If there were records
/// and none is left, the domain does not offer this service: then do not try those of the
/// [`guesses`] whose `service` is this one.
///
/// `random` returns a number from 0 up to and including its argument.
pub fn rank<'r, 'a>(records: &'r mut [Srv<'a>], mut random: impl FnMut(u32) -> u32) -> &'r [Srv<'a>] {
    // Weight 0 comes first, so that it has a small chance in the draw (RFC 2782).
    records.sort_by_key(|srv| (is_absent(srv), srv.priority, srv.weight));
    let there = records.iter().position(is_absent).unwrap_or(records.len());
    let records = records.get_mut(..there).unwrap_or_default();
    let mut rest = &mut *records;
    while let Some(priority) = rest.first().map(|srv| srv.priority) {
        let same = || rest.iter().take_while(|srv| srv.priority == priority);
        let total = same().fold(0_u32, |sum, srv| sum.saturating_add(u32::from(srv.weight)));
        let drawn = random(total).min(total);
        let mut sum = 0_u32;
        let reaches = |srv: &Srv<'_>| {
            sum = sum.saturating_add(u32::from(srv.weight));
            sum >= drawn
        };
        let at = same().position(reaches).unwrap_or(0);
        if let Some(front) = rest.get_mut(..=at) {
            front.rotate_right(1);
        }
        rest = rest.split_at_mut_checked(1).map_or(&mut [], |(_, rest)| rest);
    }
    records
}

fn is_absent(srv: &Srv<'_>) -> bool {
    matches!(srv.target, "." | "") || srv.port == 0
}

/// A server that may exist.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Guess {
    /// Its host name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How it uses TLS.
    pub service: Service,
}

/// Where servers usually are, for a domain without SRV records. `None` if it is not a domain name. Connect,
/// do the TLS handshake and check the certificate; send no credentials before that (RFC 8314 section 5.1).
#[must_use]
pub fn guesses(domain: &str) -> Option<impl Iterator<Item = Guess> + '_> {
    let hosts = ["pop.", "pop3.", "mail.", ""];
    let all = Service::ALL.into_iter().flat_map(move |service| hosts.map(|host| (service, host)));
    has_domain_form(domain).then(|| {
        all.map(move |(service, host)| Guess {
            host: format!("{host}{domain}"),
            port: service.port(),
            service,
        })
    })
}

/// The user names to try for an address: the whole address, then the part before the last `@` (RFC 6186
/// section 4). If both fail, ask the user. Try the second one only if the first was refused because of the
/// credentials.
pub fn logins(address: &str) -> impl Iterator<Item = &str> {
    let local = address.rsplit_once('@').map(|(local, _)| local).filter(|local| !local.is_empty());
    core::iter::once(address).chain(local)
}

/// The domain of an address, the part after the last `@`. `None` if there is no `@`, or if that part is not a
/// domain name in ASCII: convert an internationalized domain to A-labels before you call this function.
#[must_use]
pub fn domain(address: &str) -> Option<&str> {
    address.rsplit_once('@').map(|(_, domain)| domain).filter(|domain| has_domain_form(domain))
}

/// A dot at the end stands for the DNS root. The length is limited so that the labels before the name also
/// fit (RFC 1035 section 2.3.4).
fn has_domain_form(name: &str) -> bool {
    name.len() <= 240 && is_domain(name.strip_suffix('.').unwrap_or(name), 63)
}

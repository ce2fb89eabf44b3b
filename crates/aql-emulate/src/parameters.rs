//! Names, addresses and the time of a run.

use jiff::Timestamp;

use crate::error::Error;
use crate::ids::Ids;

/// Where, by whom and when a test is taken to have been run.
#[derive(Clone, Debug)]
pub struct Parameters {
    /// The computer, without its domain.
    pub host: String,
    /// The account name, without its domain.
    pub user: String,
    /// The DNS domain, of mail addresses too.
    pub domain: String,
    /// The address of the computer inside.
    pub ip: String,
    /// The address from which the tenant sees it.
    pub client: String,
    /// The mail address outside that forwarding rules of tests use.
    pub target: String,
    /// When the first test begins.
    pub start: Timestamp,
    /// What identifiers and noise are derived from.
    pub seed: u64,
}

impl Parameters {
    /// The parameters of the documentation, with this start: invented names, and addresses that
    /// are reserved for examples or private.
    pub fn at(start: Timestamp) -> Parameters {
        Parameters {
            host: "WS-EMU-01".into(),
            user: "megan.bowen".into(),
            domain: "contoso.example".into(),
            ip: "192.168.20.50".into(),
            client: "198.51.100.37".into(),
            target: "collector@mailbox.example.net".into(),
            start,
            seed: 1,
        }
    }

    /// Are these names of their kinds? They end up in paths, addresses and file formats.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let name = |text: &str, more: &[char]| {
            !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || more.contains(&c))
        };
        let wrong = |parameter, value: &str, reason| {
            Err(Error::Parameter { parameter, value: value.to_owned(), reason })
        };
        if !name(&self.host, &['-', '_']) {
            return wrong(
                "host",
                &self.host,
                "a computer name has letters, digits and `-`, and no domain",
            );
        }
        if !name(&self.user, &['-', '_', '.']) {
            return wrong(
                "user",
                &self.user,
                "an account name has letters, digits, `.`, `-` and `_`, and no domain",
            );
        }
        if !name(&self.domain, &['-', '.']) || self.domain.split('.').any(str::is_empty) {
            return wrong("domain", &self.domain, "write a DNS name, such as `contoso.example`");
        }
        for (parameter, value) in [("ip", &self.ip), ("client", &self.client)] {
            if value.parse::<std::net::IpAddr>().is_err() {
                return wrong(parameter, value, "write an address, such as `192.0.2.7`");
            }
        }
        match self.target.split_once('@') {
            Some((local, domain))
                if name(local, &['-', '_', '.', '+']) && name(domain, &['-', '.']) =>
            {
                Ok(())
            }
            _ => wrong("target", &self.target, "write a mail address, such as `a@example.net`"),
        }
    }

    /// The NetBIOS name of the domain.
    pub(crate) fn netbios(&self) -> String {
        self.domain.split('.').next().unwrap_or_default().to_uppercase()
    }

    /// What templates may name; `None` for a name that is no parameter.
    pub(crate) fn value(&self, name: &str, ids: &Ids) -> Option<String> {
        let Parameters { host, user, domain, .. } = self;
        Some(match name {
            "host" => host.clone(),
            "user" => user.clone(),
            "domain" => domain.clone(),
            "ip" => self.ip.clone(),
            "client" => self.client.clone(),
            "target" => self.target.clone(),
            "fqdn" => format!("{host}.{domain}"),
            "fqdn.lower" => format!("{host}.{domain}").to_lowercase(),
            "netbios" => self.netbios(),
            "upn" => format!("{user}@{domain}"),
            "profile" => format!(r"C:\Users\{user}"),
            "temp" => format!(r"C:\Users\{user}\AppData\Local\Temp"),
            "exchange" => format!("EXCH-01.{domain}"),
            "sid" => self.sid(ids),
            "cloud.sid" => {
                let part = |n: u32| ids.number(&format!("cloud {domain} {n}"), 1 << 31);
                let rid = ids.number(&format!("cloud user {domain} {user}"), 1 << 20);
                format!("S-1-5-21-{}-{}-{}-{}", part(1), part(2), part(3), 1_000_000 + rid)
            }
            "logon" => format!("0x{:x}", self.logon(ids)),
            "puid" => format!("1003{}", ids.hex(&format!("puid {domain} {user}"), 6)),
            "tenant" => ids.uuid(&format!("tenant {domain}")),
            "tenant.name" => {
                let (name, rest) = domain.split_once('.').unwrap_or((domain, ""));
                // A real tenant would be below onmicrosoft.com; a made-up one must not be.
                let rest = if rest == "com" { "com" } else { "example" };
                format!("{name}.onmicrosoft.{rest}")
            }
            "device" => ids.hex(&format!("device {host}.{domain}"), 20).to_lowercase(),
            _ => return None,
        })
    }

    fn sid(&self, ids: &Ids) -> String {
        let part = |n: u32| ids.number(&format!("domain {} {n}", self.domain), 1 << 32);
        let rid = ids.number(&format!("user {} {}", self.domain, self.user), 4000);
        format!("S-1-5-21-{}-{}-{}-{}", part(1), part(2), part(3), 1104 + rid)
    }

    /// The number of the logon session of the user.
    pub(crate) fn logon(&self, ids: &Ids) -> u64 {
        0x4_0000 + ids.number(&format!("logon {} {}", self.host, self.user), 1 << 22)
    }
}

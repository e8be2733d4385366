//! How the hosts were reached: names, certificates, clocks (standards M3, M5, J7).

use std::net::IpAddr;

use super::super::provider::RouteDraft;
use super::observed::{Asked, NoReply, Resolved, Setting};
use super::typed::{addresses, may_go, web_address};
use super::verdict::{failed, listed, passed, quoted, unknown, warned};
use super::{Check, CheckId};

/// A certificate that ends sooner is told.
const DAYS: i64 = 30;
/// Clocks further apart are told, in seconds.
const NOTICED: i64 = 60;
/// Tokens are refused from here on.
const TOO_FAR: i64 = 300;

pub(super) fn checks(
    draft: &RouteDraft,
    setting: &Setting,
    everything: &[&Asked],
    resolved: &[Resolved],
) -> Vec<Check> {
    vec![
        public(draft, setting, resolved),
        reachable(everything),
        certificate(everything),
        days(everything, setting),
        clock(everything),
    ]
}

fn public(draft: &RouteDraft, setting: &Setting, resolved: &[Resolved]) -> Check {
    let id = CheckId::AddressesPublic;
    let next = "Use an address that the platform's machine may reach, or have its operators allow it.";
    // The platform itself never asks the authorize address; people's browsers do.
    let asked = addresses(&draft.provider).into_iter().filter(|(name, _)| *name != "authorize");
    let urls: Vec<(&str, url::Url)> = asked.filter_map(|(name, at)| Some((name, web_address(at)?))).collect();
    for (name, url) in &urls {
        let host = url.host_str().unwrap_or_default();
        if !may_go(url, setting) {
            let words = format!(
                "The {name} address leads to {}, a private address; platforms refuse to go there.",
                quoted(host)
            );
            return failed(id, words, next);
        }
        if setting.on_this_machine {
            continue;
        }
        let behind = resolved.iter().find(|one| one.host == host);
        if let Some(hidden) = behind.and_then(|one| one.addresses.iter().find(|ip| !is_public(**ip))) {
            let words = format!(
                "The {name} address leads to {hidden} from here, a private address; platforms refuse to go to such."
            );
            return warned(id, words, next);
        }
    }
    if urls.is_empty() {
        return unknown(id, "Not looked at: no address can be read.");
    }
    if setting.on_this_machine {
        return passed(id, "The platform is on this machine and goes where you go.");
    }
    passed(id, "None of them is private.")
}

fn reachable(everything: &[&Asked]) -> Check {
    let id = CheckId::Reachable;
    let mut told: Vec<String> = Vec::new();
    let mut hosts: Vec<&str> = Vec::new();
    let mut exchanges = Vec::new();
    for asked in everything {
        match asked {
            Asked::NotSent(_) => {}
            Asked::Answered(reply) => {
                if !hosts.contains(&reply.host.as_str()) {
                    hosts.push(&reply.host);
                }
            }
            // Something answers there.
            Asked::Nothing { why: NoReply::Certificate(_), host, .. } => {
                if !hosts.contains(&host.as_str()) {
                    hosts.push(host);
                }
            }
            Asked::Nothing { why, host, exchange } => {
                let words = format!("{host} {}", why.words());
                if !told.contains(&words) {
                    told.push(words);
                    exchanges.push(exchange);
                }
            }
        }
    }
    if !told.is_empty() {
        return failed(
            id,
            format!("{}.", told.join("; ")),
            "Check the address, and whether your network lets you there; the platform has to reach it too.",
        )
        .with(exchanges);
    }
    if hosts.is_empty() {
        return unknown(id, "Nothing was asked.");
    }
    passed(id, format!("{} answered.", listed(&hosts)))
}

fn certificate(everything: &[&Asked]) -> Check {
    let id = CheckId::Certificate;
    let fault = everything.iter().find_map(|asked| match asked {
        Asked::Nothing { why: why @ NoReply::Certificate(_), host, exchange } => Some((why, host, exchange)),
        _ => None,
    });
    if let Some((why, host, exchange)) = fault {
        return failed(
            id,
            format!("{host} {}.", why.words()),
            "The provider has to renew or correct it; an authority of your own is named by --extra-ca or in the connection.",
        )
        .with([exchange]);
    }
    let answered = || everything.iter().filter_map(|asked| asked.reply());
    let trusted: Vec<&str> =
        answered().filter(|reply| reply.certificate.is_some()).map(|reply| reply.host.as_str()).collect();
    match trusted.first() {
        Some(_) => {
            let signers = answered().filter_map(|reply| reply.certificate.as_ref());
            let mut by: Vec<String> = signers.map(|one| one.by.to_string()).collect();
            by.dedup();
            passed(id, format!("Trusted here; signed by {}.", listed(&by)))
        }
        None if answered().next().is_some() => {
            unknown(id, "There is none: it speaks without encryption, on this machine.")
        }
        None => unknown(id, "Not told: nothing answered."),
    }
}

fn days(everything: &[&Asked], setting: &Setting) -> Check {
    let id = CheckId::CertificateDays;
    let answered = everything.iter().filter_map(|asked| asked.reply());
    let first = answered
        .filter_map(|reply| Some((&reply.host, reply.certificate.as_ref()?)))
        .min_by_key(|(_, certificate)| certificate.until);
    let Some((host, certificate)) = first else {
        return unknown(id, "Not told: no certificate was accepted.");
    };
    let days = certificate.until.duration_since(setting.now).as_hours() / 24;
    let until = certificate.until.strftime("%Y-%m-%d");
    let left = if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
    if days < DAYS {
        return warned(
            id,
            format!("The certificate of {host} ends on {until}, in {left}."),
            "Ask the provider whether it renews by itself; nobody gets in once it has ended.",
        );
    }
    passed(id, format!("The first to end is that of {host}, on {until}, in {left}."))
}

fn clock(everything: &[&Asked]) -> Check {
    let id = CheckId::Clock;
    let told = everything.iter().filter_map(|asked| asked.reply()).filter_map(|reply| {
        let date = reply.date?;
        Some((date.duration_since(reply.at).as_secs(), reply))
    });
    let Some((apart, reply)) = told.max_by_key(|(apart, _)| apart.abs()) else {
        return unknown(id, "It does not tell the time.");
    };
    let direction = if apart > 0 { "ahead of" } else { "behind" };
    let words = format!("The clock of {} is {} {direction} this machine's.", reply.host, span(apart.abs()));
    let next = "Look which of the two is wrong; tokens end by the clock.";
    if apart.abs() > TOO_FAR {
        return failed(id, words, next).with([&reply.exchange]);
    }
    if apart.abs() > NOTICED {
        return warned(id, words, next).with([&reply.exchange]);
    }
    passed(id, "It agrees with this machine's to the minute.")
}

fn span(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}

/// What the platform takes for an address of the internet (packages/server/src/util/url.ts).
pub(super) fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            !(ip.is_unspecified()
                || ip.is_loopback()
                || ip.is_private()
                || ip.is_link_local()
                || ip.is_multicast()
                || ip.is_broadcast()
                || ip.is_documentation()
                || a >= 240
                || (a == 100 && (64..128).contains(&b))
                || (a == 192 && b == 0 && c == 0)
                || (a == 192 && b == 88 && c == 99)
                || (a == 198 && matches!(b, 18 | 19)))
        }
        IpAddr::V6(ip) => {
            if let Some(v4) = ip.to_ipv4_mapped() {
                return is_public(IpAddr::V4(v4));
            }
            let [first, second, ..] = ip.segments();
            // Only 2000::/3 is given out, without the parts that are set aside in it.
            (0x2000..0x4000).contains(&first)
                && first != 0x2002
                && !(first == 0x2001 && (second == 0 || second == 0xdb8))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("10.1.2.3", false)]
    #[case("127.0.0.1", false)]
    #[case("169.254.169.254", false)]
    #[case("100.64.0.1", false)]
    #[case("198.18.0.1", false)]
    #[case("8.8.8.8", true)]
    #[case("::1", false)]
    #[case("fd00::1", false)]
    #[case("fe80::1", false)]
    #[case("::ffff:10.0.0.1", false)]
    #[case("2a00:1450:4001::5", true)]
    fn private_addresses_are_those_that_the_platform_refuses(#[case] ip: &str, #[case] public: bool) {
        assert_eq!(is_public(ip.parse().unwrap()), public);
    }
}

//! What an operator should change about a Redis server, read from its `INFO`.

use tunnus_sdk::{Finding, Severity};

/// The oldest version whose `SET` can take a value (`GET` with `XX`): 6.2.
const OLDEST: (u32, u32) = (6, 2);

/// The findings about the server that says `info` of itself, and from which `replicas` are to confirm.
pub(super) fn examine(info: &str, replicas: u8) -> Vec<Finding> {
    let of = |name: &str| {
        info.lines().find_map(|line| line.trim_end().strip_prefix(name)?.strip_prefix(':')).unwrap_or("")
    };
    let mut found = vec![version(of("redis_version")), eviction(of("maxmemory_policy"))];
    if replicas > 0 {
        found.push(replication(of("connected_slaves"), of("min_slaves_good_slaves"), replicas));
    }
    found
}

fn version(text: &str) -> Finding {
    let mut numbers = text.split('.').map_while(|number| number.parse::<u32>().ok());
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if version >= OLDEST {
        return finding(Severity::Fine, format!("is Redis {text}"), None);
    }
    let remedy = "install Redis 6.2 or later: older ones cannot take a value in one step";
    finding(Severity::Fault, format!("is Redis {text}"), Some(remedy))
}

fn eviction(policy: &str) -> Finding {
    if policy == "noeviction" {
        return finding(Severity::Fine, "evicts nothing".to_owned(), None);
    }
    let remedy = "set maxmemory-policy noeviction: an evicted key is a login that vanishes";
    finding(Severity::Fault, format!("has maxmemory-policy {policy}"), Some(remedy))
}

/// `demanded` stands in `INFO` only where the server demands replicas.
fn replication(connected: &str, demanded: &str, replicas: u8) -> Finding {
    if connected.parse().is_ok_and(|connected: u8| connected < replicas) || connected.is_empty() {
        let remedy = "start its replicas, or lower replicas= in flow_store.url: logins fail without them";
        return finding(Severity::Fault, format!("has {connected} replicas of {replicas}"), Some(remedy));
    }
    if demanded.is_empty() {
        let remedy = "set min-replicas-to-write 1: a primary that is cut off must not go on alone";
        return finding(Severity::Warning, "takes writes without any replica".to_owned(), Some(remedy));
    }
    finding(Severity::Fine, format!("has {connected} replicas, and demands them"), None)
}

fn finding(severity: Severity, text: String, remedy: Option<&str>) -> Finding {
    Finding { severity, subject: "flow store".to_owned(), text, remedy: remedy.map(str::to_owned) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "# Server\r\nredis_version:7.0.15\r\nmaxmemory_policy:noeviction\r\nrole:master\r\n\
                        connected_slaves:1\r\nmin_slaves_good_slaves:1\r\n";

    fn worst(info: &str, replicas: u8) -> Severity {
        examine(info, replicas).into_iter().map(|finding| finding.severity).max().unwrap()
    }

    #[test]
    fn a_server_that_fits_has_nothing_to_mend() {
        assert_eq!(worst(GOOD, 1), Severity::Fine);
        assert_eq!(
            worst(&GOOD.replace("7.0.15", "6.2.0").replace("slaves:1", "slaves:0"), 0),
            Severity::Fine
        );
    }

    #[test]
    fn each_fault_has_its_finding() {
        for (from, to, severity) in [
            ("7.0.15", "6.0.16", Severity::Fault),
            ("7.0.15", "", Severity::Fault),
            ("noeviction", "allkeys-lru", Severity::Fault),
            ("maxmemory_policy:noeviction\r\n", "", Severity::Fault),
            ("connected_slaves:1", "connected_slaves:0", Severity::Fault),
            ("min_slaves_good_slaves:1\r\n", "", Severity::Warning),
        ] {
            let info = GOOD.replace(from, to);
            assert_eq!(worst(&info, 1), severity, "{from} -> {to}");
            let remedies = examine(&info, 1).into_iter().filter(|finding| finding.remedy.is_some());
            assert_eq!(remedies.count(), 1, "{from} -> {to}");
        }
        assert_eq!(worst(GOOD, 2), Severity::Fault);
        assert_eq!(worst("", 1), Severity::Fault);
    }
}

//! Rules and dashboard: what they ask for is what a broker shows, and each alert is explained.

use std::{collections::BTreeSet, fmt::Write, fs};

use serde_json::Value;
use tempfile::TempDir;

use super::{
    exposition::Exposition,
    path,
    queries::{groupings, recorded, selectors},
    read, run,
};

/// Labels that Prometheus adds.
const ADDED: [&str; 2] = ["instance", "job"];
/// Who can mend a failure, as the codes name them.
const CLASSES: [&str; 6] = ["person", "app", "tenant", "upstream", "operator", "broker"];

/// The rules without their comments.
fn rules() -> String {
    let text = read("prometheus/rules.yml");
    let lines: Vec<_> = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    lines.join("\n")
}

/// The rules' expressions.
fn expressions() -> Vec<String> {
    let rules = rules();
    let rules = rules.split("expr:").skip(1);
    let ends = ["\n        for:", "\n        labels:", "\n      - ", "\n  - name:"];
    rules
        .map(|rest| {
            let end = ends.iter().filter_map(|end| rest.find(end)).min().unwrap_or(rest.len());
            rest[..end].trim().trim_start_matches("|\n").to_owned()
        })
        .collect()
}

/// The dashboard's queries.
fn dashboard() -> Vec<String> {
    let text = read("grafana/tunnus.json");
    let board: Value = serde_json::from_str(&text).unwrap();
    let targets = board["panels"].as_array().unwrap().iter().filter_map(|panel| panel["targets"].as_array());
    targets.flatten().map(|target| target["expr"].as_str().unwrap().to_owned()).collect()
}

/// What the dashboard's variables offer: a metric and one of its labels.
fn offered() -> Vec<String> {
    let board: Value = serde_json::from_str(&read("grafana/tunnus.json")).unwrap();
    let variables = board["templating"]["list"].as_array().unwrap();
    let queries = variables.iter().filter_map(|variable| variable["definition"].as_str());
    queries.map(str::to_owned).collect()
}

/// What is wrong with a query, given what a broker shows.
fn faults(query: &str, shown: &Exposition) -> Vec<String> {
    let mut faults = Vec::new();
    let mut labels: BTreeSet<&str> = ADDED.into();
    for selector in selectors(query) {
        let series = shown.of(&selector.name);
        if series.is_empty() {
            faults.push(format!("no metric {}", selector.name));
        }
        labels.extend(series.iter().flat_map(|series| series.labels.keys()).map(String::as_str));
        for (label, values) in selector.matchers.iter().filter(|(label, _)| !ADDED.contains(&label.as_str()))
        {
            let has = |value: Option<&String>| {
                series.iter().any(|series| {
                    series.labels.get(label).is_some_and(|other| value.is_none_or(|value| value == other))
                })
            };
            if !has(None) {
                faults.push(format!("{} has no label {label}", selector.name));
            }
            let lacking = values.iter().filter(|value| !has(Some(value)));
            faults.extend(lacking.map(|value| format!("{} has no {label}={value}", selector.name)));
        }
    }
    // What rules record has the labels that they sum by; which those are, the run of promtool shows.
    if recorded(query).is_empty() {
        let unknown = groupings(query).into_iter().filter(|label| !labels.contains(label));
        faults.extend(unknown.map(|label| format!("no label {label} to group by")));
    }
    faults
}

/// A run of promtool in which every series of `shown` grows, and each query must have an answer.
fn test_of(queries: &[String], shown: &Exposition) -> String {
    let rules = path("prometheus/rules.yml");
    let mut test = format!(
        "rule_files: [{}]\nevaluation_interval: 1m\ntests:\n  - interval: 1m\n    input_series:\n      \
         - {{ series: 'up{{job=\"tunnus\",instance=\"a\"}}', values: '1x400' }}\n",
        rules.display()
    );
    for series in &shown.0 {
        let is_gauge = ["_total", "_count", "_sum", "_bucket"].iter().all(|end| !series.name.ends_with(end));
        let values = if is_gauge { format!("{}x400", series.value) } else { "0+3x400".to_owned() };
        let comma = if series.text.is_empty() { "" } else { "," };
        let named = format!("{}{{{}{comma}job=\"tunnus\",instance=\"a\"}}", series.name, series.text);
        writeln!(test, "      - {{ series: '{named}', values: '{values}' }}").unwrap();
    }
    test.push_str("    promql_expr_test:\n");
    for query in queries {
        let query = query.replace('\n', " ").replace('\'', "''");
        let expected = "eval_time: 390m, exp_samples: [ { labels: '{}', value: 1 } ]";
        writeln!(test, "      - {{ expr: 'count({query}) >= bool 1', {expected} }}").unwrap();
    }
    test
}

/// A query as Grafana would send it.
fn sent(query: &str) -> String {
    let spans = query.replace("$__rate_interval", "5m").replace("$__range", "1h");
    spans.replace("$tenant", ".*").replace("$connection", ".*")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_query_asks_for_what_a_broker_shows_and_has_an_answer() {
    let shown = Exposition::of_a_broker().await;
    let (dashboard, rules, offered) = (dashboard(), expressions(), offered());
    assert!(dashboard.len() > 25 && rules.len() > 25 && offered.len() == 2, "{}", dashboard.len());
    for query in dashboard.iter().chain(&rules).chain(&offered) {
        assert_eq!(faults(query, &shown), [""; 0], "{query}");
    }
    for query in offered {
        let (metric, label) = query.trim_start_matches("label_values(").rsplit_once(", ").unwrap();
        let metric = &selectors(metric)[0].name;
        assert!(
            shown.of(metric).iter().any(|series| series.labels.contains_key(label.trim_end_matches(')'))),
            "{query}"
        );
    }
    let recorded: BTreeSet<_> = rules.iter().flat_map(|rule| recorded(rule)).map(str::to_owned).collect();
    let queries: Vec<_> = dashboard.iter().map(|query| sent(query)).chain(recorded).collect();
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("test.yml"), test_of(&queries, &shown)).unwrap();
    run(folder.path(), "promtool", &["test", "rules", "test.yml"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_for_what_no_broker_shows_is_found() {
    let shown = Exposition::of_a_broker().await;
    for (query, fault) in [
        ("tunnus_flow_step_total", "no metric tunnus_flow_step_total"),
        (r#"tunnus_ready{broker="a"}"#, "tunnus_ready has no label broker"),
        (r#"tunnus_flow_steps_total{step=~"sent|returns"}"#, "tunnus_flow_steps_total has no step=returns"),
        ("sum by (app) (tunnus_flow_steps_total)", "no label app to group by"),
    ] {
        assert!(
            faults(query, &shown).iter().any(|found| found == fault),
            "{query}: {:?}",
            faults(query, &shown)
        );
    }
}

#[test]
fn the_rules_fire_when_they_should_and_only_then() {
    let folder = path("prometheus");
    run(&folder, "promtool", &["check", "config", "prometheus.yml"]);
    run(&folder, "promtool", &["test", "rules", "rules_test.yml"]);
}

#[test]
fn every_alert_says_how_bad_it_is_who_mends_it_and_what_to_do() {
    let (rules, tests, runbook) = (rules(), read("prometheus/rules_test.yml"), read("runbook.md"));
    let anchors: BTreeSet<_> = runbook.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let mut explained = BTreeSet::new();
    let alerts: Vec<_> = rules.split("- alert: ").skip(1).collect();
    assert!(alerts.len() > 20, "{}", alerts.len());
    for alert in alerts {
        let value = |key: &str| {
            let rest = alert.split_once(key).unwrap_or_else(|| panic!("no {key} in {alert}")).1;
            rest.split(['\n', ',', '}']).next().unwrap().trim()
        };
        let name = alert.lines().next().unwrap();
        assert!(["critical", "warning"].contains(&value("severity: ")), "{name}");
        assert!(CLASSES.contains(&value("class: ")), "{name}");
        let summary = alert.lines().find_map(|line| line.trim().strip_prefix("summary: ")).unwrap();
        let sentences = summary.trim_matches('"').matches(". ").count();
        assert!(sentences == 0 && summary.trim_matches('"').ends_with('.'), "{name}: {summary}");
        assert!(summary.contains("mend"), "{name}: {summary}");
        let anchor = value("runbook: ").strip_prefix("deploy/runbook.md#").unwrap();
        let heading = anchors.iter().find(|heading| heading.to_lowercase() == anchor);
        explained.insert(*heading.unwrap_or_else(|| panic!("{name}: no chapter {anchor}")));
        assert!(tests.contains(&format!("- alertname: {name}\n")), "{name}: no test in which it fires");
    }
    assert_eq!(explained, anchors, "a chapter for an alert that there is not");
}

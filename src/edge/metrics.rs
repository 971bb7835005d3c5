//! `/metrics`: everything counted, as Prometheus text.
//!
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>

use crate::edge::lanes::Lanes;
use crate::edge::overview::{Sums, elements, number, text as member};
use crate::edge::protocol::Call;
use crate::edge::tally::LATENCY_BUCKETS;
use crate::fault::Fault;
use crate::json::Value;
use crate::state::State;
use std::fmt::Write as _;
use worker::Env;

/// The metrics of the whole installation.
pub async fn text(env: &Env) -> Result<String, Fault> {
    let lanes = Lanes::of(env).ask_all(&Call::Overview).await?;
    let totals = Sums::of(&lanes).totals;
    let mut page = Page(String::new());
    for counter in &COUNTERS {
        page.counter(counter, &totals);
    }
    page.family(
        "weighbridge_backlog",
        "gauge",
        "Stored events, by state and lane.",
    );
    for (lane, overview) in &lanes {
        for state in State::ALL {
            let state = state.as_str();
            let of_state = elements(overview, "states").iter();
            let of_state = of_state.filter(|count| member(count, "state") == state);
            let n: i64 = of_state.map(|count| number(count, "n")).sum();
            page.line(format_args!(
                "weighbridge_backlog{{state=\"{state}\",lane=\"{lane}\"}} {n}"
            ));
        }
    }
    page.family(
        "weighbridge_lane_held",
        "gauge",
        "Whether a lane sends nothing.",
    );
    for (lane, overview) in &lanes {
        let held = u8::from(!member(overview, "held").is_empty());
        page.line(format_args!(
            "weighbridge_lane_held{{lane=\"{lane}\"}} {held}"
        ));
    }
    page.latency(&totals);
    Ok(page.0)
}

/// Counts that are shown under one name: those whose first word is `what`, with the others as labels.
struct Counter {
    name: &'static str,
    help: &'static str,
    what: &'static str,
    labels: &'static [&'static str],
}

const COUNTERS: [Counter; 5] = [
    Counter {
        name: "weighbridge_received_total",
        help: "Deliveries that came in, by provider.",
        what: "received",
        labels: &["provider"],
    },
    Counter {
        name: "weighbridge_refused_total",
        help: "Deliveries refused, by code.",
        what: "refused",
        labels: &["provider", "mode", "code"],
    },
    Counter {
        name: "weighbridge_events_total",
        help: "Events by outcome at the door.",
        what: "event",
        labels: &["provider", "outcome", "reason"],
    },
    Counter {
        name: "weighbridge_relay_attempts_total",
        help: "Attempts to send, by result.",
        what: "relay",
        labels: &["result"],
    },
    Counter {
        name: "weighbridge_lookups_total",
        help: "Look-ups at a provider's API, by result.",
        what: "lookup",
        labels: &["provider", "result"],
    },
];

struct Page(String);

impl Page {
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{line}");
    }

    fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {kind}"));
    }

    fn counter(&mut self, counter: &Counter, totals: &Value) {
        let Counter {
            name,
            help,
            what,
            labels,
        } = counter;
        self.family(name, "counter", help);
        for (count, n) in totals.members() {
            let mut words = count.split('|');
            if words.next() != Some(what) {
                continue;
            }
            let labels: Vec<String> = labels
                .iter()
                .map(|label| format!("{label}=\"{}\"", words.next().unwrap_or_default()))
                .collect();
            let (labels, n) = (labels.join(","), n.as_u64().unwrap_or_default());
            self.line(format_args!("{name}{{{labels}}} {n}"));
        }
    }

    fn latency(&mut self, totals: &Value) {
        let name = "weighbridge_relay_latency_seconds";
        self.family(name, "histogram", "How long Cartrack took to answer.");
        let bucket = |label: &str| number(totals, &format!("latency|{label}"));
        let mut sum = 0;
        for limit in LATENCY_BUCKETS {
            sum += bucket(&limit.to_string());
            let seconds = seconds(limit.unsigned_abs());
            self.line(format_args!("{name}_bucket{{le=\"{seconds}\"}} {sum}"));
        }
        sum += bucket("more");
        self.line(format_args!("{name}_bucket{{le=\"+Inf\"}} {sum}"));
        let total = number(totals, "latency_sum").unsigned_abs();
        self.line(format_args!("{name}_sum {}", seconds(total)));
        self.line(format_args!("{name}_count {sum}"));
    }
}

/// Milliseconds as seconds, without zeros at the end.
fn seconds(ms: u64) -> String {
    let text = format!("{}.{:03}", ms / 1000, ms % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

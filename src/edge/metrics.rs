//! `/metrics`: everything counted, as Prometheus text.
//!
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>

use crate::edge::lanes::Lanes;
use crate::edge::overview::words;
use crate::edge::protocol::{Call, LaneOverview};
use crate::edge::tally::{LATENCY_BUCKETS, Tally};
use crate::fault::Fault;
use crate::state::State;
use std::fmt::Write as _;
use worker::Env;

/// The metrics of the whole installation.
pub async fn text(env: &Env) -> Result<String, Fault> {
    let lanes = Lanes::of(env)
        .ask_all::<LaneOverview>(&Call::Overview)
        .await?;
    let mut totals = Tally::default();
    for (_, overview) in &lanes {
        totals.merge(overview.totals.clone());
    }
    let mut page = Page(String::new());
    page.family(
        "weighbridge_received_total",
        "counter",
        "Deliveries that came in, by provider.",
    );
    page.counts(&totals, "weighbridge_received_total", |[what, provider]| {
        (what == "received").then(|| format!("provider=\"{provider}\""))
    });
    page.family(
        "weighbridge_refused_total",
        "counter",
        "Deliveries refused, by code.",
    );
    page.counts(
        &totals,
        "weighbridge_refused_total",
        |[what, provider, mode, code]| {
            (what == "refused")
                .then(|| format!("provider=\"{provider}\",mode=\"{mode}\",code=\"{code}\""))
        },
    );
    page.family(
        "weighbridge_events_total",
        "counter",
        "Events by outcome at the door.",
    );
    page.counts(
        &totals,
        "weighbridge_events_total",
        |[what, provider, outcome, reason]| {
            (what == "event").then(|| {
                format!("provider=\"{provider}\",outcome=\"{outcome}\",reason=\"{reason}\"")
            })
        },
    );
    page.family(
        "weighbridge_relay_attempts_total",
        "counter",
        "Attempts to send, by result.",
    );
    page.counts(
        &totals,
        "weighbridge_relay_attempts_total",
        |[what, result]| (what == "relay").then(|| format!("result=\"{result}\"")),
    );
    page.family(
        "weighbridge_lookups_total",
        "counter",
        "Look-ups at a provider's API, by result.",
    );
    page.counts(
        &totals,
        "weighbridge_lookups_total",
        |[what, provider, result]| {
            (what == "lookup").then(|| format!("provider=\"{provider}\",result=\"{result}\""))
        },
    );
    page.family(
        "weighbridge_backlog",
        "gauge",
        "Stored events, by state and lane.",
    );
    for (lane, overview) in &lanes {
        for state in State::ALL {
            let of_state = overview.states.iter().filter(|count| count.state == state);
            let n: u64 = of_state.map(|count| count.n).sum();
            let state = state.as_str();
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
        let held = u8::from(overview.held.is_some());
        page.line(format_args!(
            "weighbridge_lane_held{{lane=\"{lane}\"}} {held}"
        ));
    }
    page.latency(&totals);
    Ok(page.0)
}

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

    fn counts<const N: usize>(
        &mut self,
        totals: &Tally,
        family: &str,
        labels: impl Fn([&str; N]) -> Option<String>,
    ) {
        for (name, n) in &totals.counts {
            if let Some(labels) = labels(words(name)) {
                self.line(format_args!("{family}{{{labels}}} {n}"));
            }
        }
    }

    fn latency(&mut self, totals: &Tally) {
        let name = "weighbridge_relay_latency_seconds";
        self.family(name, "histogram", "How long Cartrack took to answer.");
        let bucket = |label: &str| {
            totals
                .counts
                .get(&format!("latency|{label}"))
                .copied()
                .unwrap_or_default()
        };
        let mut sum = 0;
        for limit in LATENCY_BUCKETS {
            sum += bucket(&limit.to_string());
            let seconds = seconds(limit.unsigned_abs());
            self.line(format_args!("{name}_bucket{{le=\"{seconds}\"}} {sum}"));
        }
        sum += bucket("more");
        self.line(format_args!("{name}_bucket{{le=\"+Inf\"}} {sum}"));
        let total = totals
            .counts
            .get("latency_sum")
            .copied()
            .unwrap_or_default();
        self.line(format_args!("{name}_sum {}", seconds(total)));
        self.line(format_args!("{name}_count {sum}"));
    }
}

/// Milliseconds as seconds, without zeros at the end.
fn seconds(ms: u64) -> String {
    let text = format!("{}.{:03}", ms / 1000, ms % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

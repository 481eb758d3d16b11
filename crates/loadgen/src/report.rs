//! Results as text for people.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::args::Rate;
use crate::idle::Idled;
use crate::meter::Usage;
use crate::problem::Problem;
use crate::reconnect::Reconnected;
use crate::talk::Talked;

/// How many Redis commands are listed by name.
const COMMANDS: usize = 8;

/// The whole result of a `talk` run.
pub(crate) fn talk(result: &Talked) -> String {
    let mut text = String::new();
    let rate = match result.rate {
        Rate::PerSecond(rate) => format!("{rate} messages/s on a timetable"),
        Rate::Max => "as fast as messages come back".to_owned(),
    };
    line(
        &mut text,
        "load",
        &format!(
            "{} chats, {rate}, frames of {} bytes",
            result.pairs, result.bytes
        ),
    );
    let verdict = &result.verdict;
    let outcome = match verdict.check() {
        Ok(()) => "each reached both sides once and in one order".to_owned(),
        Err(problem) => problem.to_string(),
    };
    line(
        &mut text,
        "checked",
        &format!("{} messages, {outcome}", verdict.sent),
    );
    line(
        &mut text,
        "delivered",
        &format!(
            "{:.0} messages/s ({} in {:.1} s)",
            result.throughput(),
            result.heard,
            result.usage.time.as_secs_f64()
        ),
    );
    line(&mut text, "latency", &quantiles(&result.latency));
    if !result.lag.is_empty() {
        line(&mut text, "sent late", &quantiles(&result.lag));
    }
    usage(&mut text, &result.usage, result.heard);
    // On a timetable it watches the clock instead of sleeping, so its time says nothing.
    if result.rate == Rate::Max {
        let used = result.usage.own_cpu.as_secs_f64() / result.usage.time.as_secs_f64();
        let value = format!("{:.0} % of a core", 100.0 * used);
        line(&mut text, "cpu loadgen", &value);
    }
    text
}

/// Adds `| label | delivered/s | p50 | p99 | p99.9 | CPU of each process and their sum | Redis commands |` to a file.
pub(crate) fn append_row(path: &Path, label: &str, result: &Talked) -> Result<(), Problem> {
    let mut cells = vec![label.to_owned(), format!("{:.0}", result.throughput())];
    cells.extend([0.5, 0.99, 0.999].map(|q| milliseconds(&result.latency, q)));
    let costs = result
        .usage
        .cpu
        .iter()
        .map(|(_, cpu)| micros_each(*cpu, result.heard));
    cells.extend(costs.clone().map(|cost| format!("{cost:.1}")));
    cells.push(format!("{:.1}", costs.sum::<f64>()));
    if let Some(calls) = &result.usage.redis_calls {
        cells.push(format!("{:.2}", per_message(total(calls), result.heard)));
    }
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    Ok(writeln!(file, "| {} |", cells.join(" | "))?)
}

/// The result of an `idle` run.
pub(crate) fn idle(result: &Idled) -> String {
    let mut text = String::new();
    line(
        &mut text,
        "load",
        &format!("{} silent sockets", result.sockets),
    );
    for (name, before, after) in &result.memory {
        let each = after.saturating_sub(*before) as f64 / f64::from(result.sockets) / 1024.0;
        line(
            &mut text,
            &format!("memory {name}"),
            &format!(
                "{each:.1} KiB a socket ({:.1} MiB before, {:.1} MiB with them)",
                mebibytes(*before),
                mebibytes(*after)
            ),
        );
    }
    for (name, cpu) in &result.usage.cpu {
        let each = result.cpu_per_thousand(*cpu);
        line(
            &mut text,
            &format!("cpu {name}"),
            &format!("{:.2} ms a second for 1,000 sockets", millis(each)),
        );
    }
    text
}

/// The result of a `reconnect` run.
pub(crate) fn reconnect(result: &Reconnected) -> String {
    let mut text = String::new();
    let count = result.times.len();
    line(
        &mut text,
        "load",
        &format!("{count} sockets, {} messages each", result.history),
    );
    let at = |share: f64| {
        let index = ((count as f64 * share).ceil() as usize).clamp(1, count) - 1;
        millis(result.times[index])
    };
    line(
        &mut text,
        "recovered",
        &format!(
            "all after {:.0} ms, half after {:.0} ms, 99 % after {:.0} ms",
            at(1.0),
            at(0.5),
            at(0.99)
        ),
    );
    usage(&mut text, &result.usage, count as u64);
    text
}

impl Talked {
    /// Messages a second that reached the other side.
    pub(crate) fn throughput(&self) -> f64 {
        self.heard as f64 / self.usage.time.as_secs_f64()
    }
}

fn usage(text: &mut String, usage: &Usage, count: u64) {
    let mut sum = 0.0;
    for (name, cpu) in &usage.cpu {
        let each = micros_each(*cpu, count);
        sum += each;
        let share = 100.0 * cpu.as_secs_f64() / usage.time.as_secs_f64();
        line(
            text,
            &format!("cpu {name}"),
            &format!(
                "{each:.1} us each ({:.2} s, {share:.0} % of a core)",
                cpu.as_secs_f64()
            ),
        );
    }
    if usage.cpu.len() > 1 {
        line(text, "cpu together", &format!("{sum:.1} us each"));
    }
    if let Some(calls) = &usage.redis_calls {
        let each = |(name, calls): &(String, u64)| {
            format!("{name} {:.2}", per_message(*calls as f64, count))
        };
        let named: Vec<_> = calls.iter().take(COMMANDS).map(each).collect();
        line(
            text,
            "redis",
            &format!(
                "{:.2} commands each, those in scripts included: {}",
                per_message(total(calls), count),
                named.join(", ")
            ),
        );
    }
}

fn line(text: &mut String, name: &str, value: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{name:<18} {value}");
}

fn quantiles(histogram: &Histogram<u64>) -> String {
    let at = |q| milliseconds(histogram, q);
    format!(
        "p50 {} ms, p99 {} ms, p99.9 {} ms, longest {} ms",
        at(0.5),
        at(0.99),
        at(0.999),
        at(1.0)
    )
}

fn milliseconds(histogram: &Histogram<u64>, quantile: f64) -> String {
    format!("{:.2}", histogram.value_at_quantile(quantile) as f64 / 1e6)
}

fn micros_each(cpu: Duration, count: u64) -> f64 {
    per_message(cpu.as_secs_f64() * 1e6, count)
}

fn per_message(amount: f64, count: u64) -> f64 {
    if count == 0 {
        f64::NAN
    } else {
        amount / count as f64
    }
}

fn total(calls: &[(String, u64)]) -> f64 {
    calls.iter().map(|(_, calls)| *calls).sum::<u64>() as f64
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

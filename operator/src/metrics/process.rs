//! What the process itself needs, under the names that every Prometheus client library gives it
//! (<https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics>), and how many tasks it has.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use tokio::runtime::Handle;

/// Metrics of this process.
pub(super) fn registry() -> Registry {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Process));
    registry
}

/// Reads them anew for each scrape. What can't be read is left out: on a system without `/proc`, or outside of a runtime.
#[derive(Debug)]
struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let figures = [
            ("process_resident_memory_bytes", "Resident memory size in bytes", resident_bytes()),
            ("process_open_fds", "Number of open file descriptors", open_descriptors()),
            ("process_tasks", "Asynchronous tasks that are alive", tasks()),
        ];
        for (name, help, value) in figures {
            let Some(value) = value else { continue };
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        Ok(())
    }
}

fn resident_bytes() -> Option<i64> {
    of_status(&std::fs::read_to_string("/proc/self/status").ok()?)
}

/// `VmRSS:      8820 kB`, see proc_pid_status(5).
fn of_status(status: &str) -> Option<i64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: i64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

/// Without the one that reads the folder.
fn open_descriptors() -> Option<i64> {
    let all = std::fs::read_dir("/proc/self/fd").ok()?.count();
    i64::try_from(all.saturating_sub(1)).ok()
}

fn tasks() -> Option<i64> {
    i64::try_from(Handle::try_current().ok()?.metrics().num_alive_tasks()).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs::File;

    use super::*;

    #[test]
    fn resident_memory_is_read() {
        assert_eq!(of_status("VmHWM:\t 9000 kB\nVmRSS:\t 8820 kB\n"), Some(8820 * 1024));
        assert_eq!(of_status("VmRSS:\t many kB\n"), None);
        assert_eq!(of_status("Name:\tpause\n"), None);
    }

    #[test]
    fn descriptors_are_counted() {
        let many: Vec<File> = (0..50).map(|_| File::open("/proc/self/status").unwrap()).collect();
        assert!(open_descriptors().unwrap() > 50);
        drop(many);
    }

    #[tokio::test]
    async fn tasks_are_counted() {
        let before = tasks().unwrap();
        let task = tokio::spawn(std::future::pending::<()>());
        assert_eq!(tasks(), Some(before + 1));
        task.abort();
    }
}

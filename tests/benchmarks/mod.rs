//! The benchmarks run and tell what they measured; how fast anything was is nobody's business here.

use crate::harness::lombard;
use serde_json::Value;
use std::process::Command;

#[test]
fn the_token_benchmark_measures_every_kind_of_token_request() {
    for algorithm in [&[][..], &["--es256"]] {
        let output = Command::new(lombard())
            .args(["bench", "token", "--rounds", "1", "--requests", "32"])
            .args(["--connections", "4", "--json"])
            .args(algorithm)
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{algorithm:?}: {error}");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();

        assert_eq!(report["benchmark"], "token");
        assert!(report["versions"]["openssl"].as_str().unwrap().starts_with("OpenSSL"), "{report}");
        let server = &report["servers"][0];
        assert_eq!(server["database"], "sqlite");
        // 32 over connections that stay, 4 over one each.
        assert_eq!(server["tokens"], 36, "{report}");
        let figures = [
            &report["arithmetic_us"],
            &server["keep_alive"]["cpu_us"],
            &server["keep_alive"]["tokens_per_second"],
            &server["new_connection"]["cpu_us"],
            &server["new_connection"]["handshake_us"],
            &server["new_connection"]["ratio"],
            &server["refusals"]["time_ratio"],
        ];
        for figure in figures {
            assert_eq!(figure["rounds"].as_array().unwrap().len(), 1, "{report}");
            assert!(figure["median"].as_f64().unwrap() > 0.0, "{report}");
        }
    }
}

#[test]
fn the_long_poll_benchmark_measures_what_waiting_costs_and_how_soon_an_event_arrives() {
    let output = Command::new(lombard())
        .args(["bench", "long-poll", "--waiters", "8", "--events", "2", "--window", "1", "--json"])
        .arg("--through-gateway")
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();

    assert_eq!(report["benchmark"], "long_poll");
    assert_eq!(report["settings"]["clients"], 2);
    let processes: Vec<_> = report["processes"].as_array().unwrap().iter().collect();
    assert_eq!([&processes[0]["process"], &processes[1]["process"]], ["gateway", "event-service"]);
    assert!(processes.iter().all(|process| process["idle_connection_kb"].as_f64().unwrap() > 0.0));
    // Each event at the four polls of its client.
    assert_eq!(report["events_created_here"]["arrivals"], 8, "{report}");
    assert!(report["events_created_here"]["since_order_ms"]["p99"].as_f64().unwrap() > 0.0);
}

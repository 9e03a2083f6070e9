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

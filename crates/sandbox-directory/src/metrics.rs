//! Counters, with bounded labels only: no organisation, no id.

use metrics::counter;

/// A certificate was issued.
pub(crate) fn certificate_issued(kind: &'static str, defect: &'static str) {
    counter!("lombard_directory_certificates_total", "kind" => kind, "defect" => defect)
        .increment(1);
}

/// An SSA was signed.
pub(crate) fn ssa_issued(defect: &'static str) {
    counter!("lombard_directory_ssas_total", "defect" => defect).increment(1);
}

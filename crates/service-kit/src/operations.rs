//! The operations listener: plain HTTP on loopback; `/health/live`, `/health/ready`, `/metrics`.

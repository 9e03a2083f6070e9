//! The arithmetic of a token alone: one signature made and one verified.

use super::Algorithms;
use crate::bench::BenchError;
use crate::bench::cpu_clock::this_thread;
use jose::{Algorithm, SigningKey};
use std::thread::available_parallelism;
use tokio::task::JoinSet;

/// What is signed: about as long as a token's header and claims.
const INPUT: [u8; 640] = [b'x'; 640];

/// Keys of the kinds that the server and its clients have.
#[derive(Clone, Debug)]
pub struct Arithmetic {
    token_key: SigningKey,
    assertion_key: SigningKey,
    assertion_algorithm: Algorithm,
}

impl Arithmetic {
    /// New keys.
    pub fn new(algorithms: Algorithms) -> Result<Self, BenchError> {
        Ok(Self {
            token_key: SigningKey::generate(algorithms.token)?,
            assertion_key: SigningKey::generate(algorithms.assertion)?,
            assertion_algorithm: algorithms.assertion,
        })
    }

    /// CPU time in microseconds of one signature made and one verified, mean of `operations` on every
    /// core at the same time: the server's threads, too, share caches and power with busy neighbours.
    pub async fn micros(&self, operations: u32) -> Result<f64, BenchError> {
        let threads = available_parallelism()?.get();
        let mut running = JoinSet::new();
        for _ in 0..threads {
            let arithmetic = self.clone();
            running.spawn_blocking(move || arithmetic.on_this_thread(operations));
        }
        let mut sum = 0.0;
        while let Some(micros) = running.join_next().await {
            sum += micros??;
        }
        #[expect(clippy::cast_precision_loss, reason = "no machine has 2^52 cores")]
        Ok(sum / threads as f64)
    }

    fn on_this_thread(&self, operations: u32) -> Result<f64, BenchError> {
        let verification_key = self.assertion_key.verification_key();
        let signature = self.assertion_key.signature(&INPUT)?;
        let before = this_thread()?;
        for _ in 0..operations {
            self.token_key.signature(&INPUT)?;
            std::hint::black_box(verification_key.verify(
                self.assertion_algorithm,
                &INPUT,
                &signature,
            ));
        }
        let used = this_thread()?.saturating_sub(before);
        Ok(used.as_secs_f64() * 1e6 / f64::from(operations))
    }
}

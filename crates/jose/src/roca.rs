//! The fingerprint of RSA moduli made by flawed smart-card libraries (CVE-2017-15361, "ROCA").

use openssl::bn::BigNumRef;
use openssl::error::ErrorStack;

/// Whether `modulus` is of the factorable form: its primes are `k·M + (65537^a mod M)`, so that
/// modulo every small prime of `M` it is a power of 65537. A sound modulus has that property with
/// a probability of about one in 2^27.
pub(crate) fn is_fingerprinted(modulus: &BigNumRef) -> Result<bool, ErrorStack> {
    for prime in PRIMES {
        if !is_power_of_65537(modulus.mod_word(prime)?, u64::from(prime)) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn is_power_of_65537(residue: u64, prime: u64) -> bool {
    let mut power = 1;
    for _ in 1..prime {
        if power == residue {
            return true;
        }
        power = power * 65_537 % prime;
    }
    false
}

/// The odd primes up to 167: the product `M` of the shortest affected keys ends there.
const PRIMES: [u32; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
    101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

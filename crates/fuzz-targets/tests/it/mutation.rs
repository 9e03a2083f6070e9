//! What a fuzzer would try first: the same for the same seed.

/// Bytes that mean something to some reader.
const TELLING: &[u8] = b"\0\t\n\r \"%&+,./0:;=AZ[\\]_{}~\x7f\x80\xc3\xff";
/// How often a seed is changed at a place of its own.
const PLACES: usize = 20;

/// Mutations of `seed`; some of them end as `other` does.
pub fn mutations<'s>(seed: &'s [u8], other: &'s [u8]) -> impl Iterator<Item = Vec<u8>> + 's {
    let step = (seed.len() / PLACES).max(1);
    let places = (0..=seed.len()).step_by(step);
    places.enumerate().flat_map(move |(count, at)| {
        let (before, after) = seed.split_at(at);
        let telling = TELLING[count % TELLING.len()];
        let splice = &other[other.len() * (count % PLACES) / PLACES..];
        [
            before.to_vec(),
            after.to_vec(),
            [before, &after[after.len().min(1)..]].concat(),
            [before, &[telling], after].concat(),
            [before, &[telling], &after[after.len().min(1)..]].concat(),
            flipped(seed, at, count),
            [before, before, after].concat(),
            [before, splice].concat(),
            [before, other, after].concat(),
        ]
    })
}

fn flipped(seed: &[u8], at: usize, count: usize) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << (count % 8);
    }
    bytes
}

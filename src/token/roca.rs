//! Keys of the ROCA family (CVE-2017-15361; Nemec et al., CCS 2017): their modulus is a power of 65537 modulo each of
//! the first primes, which by chance hardly any other is.

/// The odd primes up to 167, as the published fingerprint uses them.
const PRIMES: [u32; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103,
    107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/// True when the modulus (big endian) has the fingerprint.
pub(super) fn is_weak(n: &[u8]) -> bool {
    PRIMES.iter().all(|&prime| {
        let rest = n.iter().fold(0u32, |rest, &byte| (rest * 256 + u32::from(byte)) % prime);
        is_power(rest, prime)
    })
}

fn is_power(rest: u32, prime: u32) -> bool {
    let generator = 65_537 % prime;
    let mut power = 1;
    loop {
        if power == rest {
            return true;
        }
        power = power * generator % prime;
        if power == 1 {
            return false;
        }
    }
}

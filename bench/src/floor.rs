//! The floor of the cost: the provider's RSA signatures.

use std::fmt;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::RSA_PKCS1_SHA256;

/// Signatures of one message to one recipient: acceptance, envelope, take-charge, delivery.
pub const SIGNATURES_PER_EXCHANGE: f64 = 4.0;

/// What all cores together sign.
#[derive(Clone, Copy, Debug)]
pub struct Floor {
    /// RSA-2048 signatures per second.
    pub signatures: f64,
    /// Threads, one per core.
    pub cores: usize,
}

impl Floor {
    /// Exchanges per second, if nothing but signatures cost.
    pub fn exchanges(&self) -> f64 {
        self.signatures / SIGNATURES_PER_EXCHANGE
    }
}

impl fmt::Display for Floor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (signatures, exchanges) = (self.signatures, self.exchanges());
        write!(f, "floor: {signatures:.0} RSA-2048 signatures/s on {} cores = {exchanges:.0} exchanges/s", self.cores)
    }
}

/// Signs on every core for some seconds.
pub fn measure(seconds: u64) -> io::Result<Floor> {
    let key = KeyPair::generate(KeySize::Rsa2048).map_err(io::Error::other)?;
    let cores = thread::available_parallelism()?.get();
    let begun = Instant::now();
    let until = begun + Duration::from_secs(seconds.max(1));
    let count = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(|| sign_until(&key, until))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or(0)).sum::<u64>()
    });
    Ok(Floor { signatures: count as f64 / begun.elapsed().as_secs_f64(), cores })
}

fn sign_until(key: &KeyPair, until: Instant) -> u64 {
    let (random, mut count) = (SystemRandom::new(), 0);
    let mut signature = vec![0; key.public_modulus_len()];
    // As many octets as the signed attributes of a CMS have.
    let attributes = [0x31; 110];
    while Instant::now() < until && key.sign(&RSA_PKCS1_SHA256, &random, &attributes, &mut signature).is_ok() {
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_is_a_quarter_of_the_signatures() {
        let floor = Floor { signatures: 4_000.0, cores: 2 };
        assert_eq!(floor.to_string(), "floor: 4000 RSA-2048 signatures/s on 2 cores = 1000 exchanges/s");
    }
}

//! Ports on loopback that nobody else takes.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::process;

/// Ports of a block, of which the last is its mark.
const PORTS: u16 = 100;
/// Below the ports that Linux gives to outgoing connections (from 32768): a server that was killed finds its own free
/// again.
const BLOCKS: std::ops::Range<u16> = 100..327;
/// Where laboratories of people stand (25100, and what they choose beside it).
const LABORATORIES: std::ops::Range<u16> = 250..260;

/// Ninety-nine ports of 127.0.0.1 that were free when they were chosen, and that no other process takes which chooses so
/// too, in whatever container of this machine: the last port of the block is held as long as the value lives.
#[derive(Debug)]
pub struct Block {
    base: u16,
    next: u16,
    _mark: TcpListener,
}

impl Block {
    /// Takes one.
    pub fn take() -> io::Result<Self> {
        let count = BLOCKS.end - BLOCKS.start;
        // Not all at the same end, so that those who choose at once seldom meet.
        let first = u16::try_from(process::id() % u32::from(count)).unwrap_or_default();
        for number in 0..count {
            let block = BLOCKS.start + (first + number) % count;
            let base = block * PORTS;
            if LABORATORIES.contains(&block) {
                continue;
            }
            let Ok(mark) = listen(base + PORTS - 1) else { continue };
            if (base..base + PORTS - 1).all(|port| listen(port).is_ok()) {
                return Ok(Self { base, next: base, _mark: mark });
            }
        }
        Err(io::Error::new(io::ErrorKind::AddrInUse, "no hundred ports in a row are free on 127.0.0.1"))
    }

    /// The first of them, a multiple of a hundred.
    pub fn base(&self) -> u16 {
        self.base
    }
}

/// The ports that are free, each once.
impl Iterator for Block {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        while self.next < self.base + PORTS - 1 {
            let port = self.next;
            self.next += 1;
            if listen(port).is_ok() {
                return Some(port);
            }
        }
        None
    }
}

fn listen(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
}

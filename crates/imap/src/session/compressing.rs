//! COMPRESS (RFC 4978).

use std::mem::{replace, take};

use super::end::Stop;
use super::state::Session;
use crate::deflate::Deflated;
use crate::response::Code;
use crate::tag::Tag;

impl Session<'_> {
    pub(super) async fn compress(&mut self, tag: &Tag, algorithm: &str) -> Result<(), Stop> {
        if self.compressed {
            return Err(Stop::no(Code::CompressionActive, "compression is active"));
        }
        if algorithm != "DEFLATE" || !self.offer.has("COMPRESS=DEFLATE") {
            return Err(Stop::no(Code::Cannot, "this compression is not offered"));
        }
        self.ok(tag, None, "compressed from here on");
        self.flush().await?;
        // What the client has sent since is compressed.
        let came = take(&mut self.wire.input);
        let plain = replace(&mut self.wire.stream, Box::new(tokio::io::empty()));
        self.wire.stream = Box::new(Deflated::new(plain, came));
        self.compressed = true;
        Ok(())
    }
}

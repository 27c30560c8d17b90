//! DELE marks, QUIT removes (RFC 1939 §5, §6).

use door::Sessions as _;
use holder::{By, Denied, Expunged};

use crate::dialogue::Code;
use crate::session::{End, Session, told};
use crate::words;

impl Session<'_> {
    /// DELE: what cannot go is said now, since many programs do not read the answer to QUIT.
    pub(crate) async fn mark(&mut self, number: usize) -> Result<(), End> {
        let item = self.dialogue.maildrop().and_then(|maildrop| maildrop.get(number));
        let (Some(item), Some(opened), Some(inbox)) = (item, &mut self.opened, self.inbox) else { return Ok(()) };
        let out = self.wire.output();
        match opened.held(inbox, &[item.uid].into_iter().collect()).await {
            Ok(held) if held.is_empty() => self.dialogue.mark(number, out),
            Ok(_) => self.dialogue.refuse(Code::Permanent, words::KEPT, out),
            Err(Denied::Over) => return Err(End::Cut("login is over")),
            Err(denied) => {
                let (code, text) = told(&denied);
                self.dialogue.refuse(code, text, out);
            }
        }
        Ok(())
    }

    /// QUIT: what was fetched is seen, what is marked goes.
    pub(crate) async fn update(&mut self) -> Result<(), End> {
        let (Some(maildrop), Some(opened), Some(inbox)) = (self.dialogue.maildrop(), &mut self.opened, self.inbox)
        else {
            return Ok(());
        };
        let (seen, remove) = (maildrop.to_mark_seen(), maildrop.to_remove());
        let writable = opened.writable();
        if !seen.is_empty()
            && writable.is_ok()
            && let Err(denied) = opened.seen(inbox, seen, u64::MAX).await
        {
            told(&denied);
        }
        if remove.is_empty() {
            self.dialogue.good(words::BYE, self.wire.output());
            return Ok(());
        }
        let by = By { door: self.house.name(), at: self.house.clock.now() };
        match opened.expunge(inbox, &remove, by).await {
            Ok(Expunged { gone, held }) => {
                self.deleted = u32::try_from(gone.len()).unwrap_or(u32::MAX);
                if held.is_empty() {
                    self.dialogue.good(words::BYE, self.wire.output());
                } else {
                    self.dialogue.refuse(Code::Permanent, words::HELD, self.wire.output());
                }
            }
            Err(Denied::Over) => return Err(End::Cut("login is over")),
            Err(denied @ Denied::ReadOnly { .. }) => {
                let (code, text) = told(&denied);
                self.dialogue.refuse(code, text, self.wire.output());
            }
            Err(denied) => {
                told(&denied);
                self.dialogue.refuse(Code::Temporary, words::NOT_ALL, self.wire.output());
            }
        }
        Ok(())
    }
}

//! The messages of a folder that is open.
//!
//! Of some hundreds at once the numbers are asked, then the octets with one command, so that the way to a server far off is gone
//! twice for all of them and not once for each. Who refuses one of many is asked for each alone: what is wrong with one message
//! stops no other.

use std::collections::BTreeMap;

use control::transfer::form::Marks;
use imap::answer::{Answer, Fetched};
use pec::Moment;
use store::UidSet;
use tokio::io::{AsyncRead, AsyncWrite};

use super::talk::{Talk, Trouble};
use super::telling::{Stop, Telling};
use crate::source::{Found, Message, Origin, Pass, when};
use crate::spool::{LARGEST, LineEnds, Spool, Spooling, Unkept};

/// Messages of which flags, dates and sizes, and then the octets, are asked at once.
pub(super) const WINDOW: usize = 200;

/// A folder that is open.
pub(super) struct OpenFolder<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Its UIDVALIDITY; `None`: what its UIDs stand for today they may not tomorrow.
    pub(super) validity: Option<u32>,
    /// Where what is found is told.
    pub(super) telling: &'a Telling,
}

/// What is asked for: what the server says of each, by UID.
type Asked = BTreeMap<u32, Fetched>;

impl OpenFolder<'_> {
    /// Where a message stands, when that can be remembered.
    pub(super) fn origin(&self, uid: u32) -> Option<Origin> {
        self.validity.map(|validity| Origin { folder: self.name.to_owned(), validity, uid })
    }

    fn place(&self, uid: u32) -> String {
        format!("{}, UID {uid}", self.name)
    }

    /// Tells of these messages, at most [`WINDOW`].
    pub(super) async fn tell<S>(&self, talk: &mut Talk<S>, pass: Pass, uids: &UidSet) -> Result<(), Stop>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        if uids.is_empty() {
            return Ok(());
        }
        let mut asked = outlines(talk, uids).await?;
        for uid in uids.iter() {
            let size = asked.get(&uid).and_then(|outline| outline.size);
            match size {
                None => self.telling.fault(self.place(uid), GONE).await?,
                Some(size) if size > LARGEST => {
                    asked.remove(&uid);
                    self.telling.fault(self.place(uid), Unkept::TooLarge).await?;
                }
                Some(size) if pass == Pass::Survey => self.telling.say(Found::Outline { size }).await?,
                Some(_) => {}
            }
        }
        if pass == Pass::Survey || asked.is_empty() {
            return Ok(());
        }
        let all = asked.keys().copied().collect();
        match self.octets(talk, &all, &mut asked).await {
            Err(Stop::Trouble(Trouble::Refused { .. })) => {}
            Err(stop) => return Err(stop),
            Ok(()) => {
                for uid in asked.into_keys() {
                    self.telling.fault(self.place(uid), GONE).await?;
                }
                return Ok(());
            }
        }
        for uid in asked.keys().copied().collect::<Vec<_>>() {
            let why = match self.octets(talk, &UidSet::from_iter([uid]), &mut asked).await {
                Err(Stop::Trouble(Trouble::Refused { text, .. })) => format!("the server refuses it: {text}"),
                Err(stop) => return Err(stop),
                Ok(()) => GONE.to_owned(),
            };
            if asked.remove(&uid).is_some() {
                self.telling.fault(self.place(uid), why).await?;
            }
        }
        Ok(())
    }

    /// Has these messages come, and tells each as it comes; what comes is no longer among those that are asked for.
    async fn octets<S>(&self, talk: &mut Talk<S>, uids: &UidSet, waiting: &mut Asked) -> Result<(), Stop>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let asked = talk.ask(format!("UID FETCH {} (UID BODY.PEEK[])", set(uids)).as_bytes()).await?;
        loop {
            let mut octets = Spooling::new(LineEnds::AsTheyAre);
            let Some(answer) = talk.next(&asked, Some(&mut octets)).await? else { return Ok(()) };
            // A server may tell of flags, and of others' messages, meanwhile.
            let Answer::Fetch(Fetched { uid: Some(uid), body: Some(body), .. }) = answer else { continue };
            let Some(outline) = waiting.remove(&uid) else { continue };
            // A short one may come in quotation marks.
            octets.put(&body.unwrap_or_default())?;
            self.message(uid, outline, octets.whole()?).await?;
        }
    }

    async fn message(&self, uid: u32, outline: Fetched, mut octets: Spool) -> Result<(), Stop> {
        let place = self.place(uid);
        if octets.size() == 0 {
            return self.telling.fault(place, "the server gives nothing of it").await;
        }
        let at = match outline.at {
            Some(at) => at.unix(),
            None => when(&octets.head().map_err(Unkept::Disk)?).map_or(0, Moment::unix),
        };
        let marks = Marks(outline.flags.unwrap_or_default().into_iter().filter(|flag| flag != "\\*").collect());
        let message = Message { octets, marks, at, place, origin: self.origin(uid) };
        self.telling.say(Found::Message(Box::new(message))).await
    }
}

/// Why a message that a server has named does not come.
const GONE: &str = "the server has named it and does not give it; it may have been removed meanwhile";

/// Flags, dates and sizes.
async fn outlines<S>(talk: &mut Talk<S>, uids: &UidSet) -> Result<Asked, Trouble>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut known = Asked::new();
    let fetch = format!("UID FETCH {} (UID FLAGS INTERNALDATE RFC822.SIZE)", set(uids));
    talk.command(fetch.as_bytes(), |answer| {
        // A server tells of other messages too.
        if let Answer::Fetch(fetched) = answer
            && let Some(uid) = fetched.uid.filter(|uid| uids.contains(*uid))
            && fetched.size.is_some()
        {
            known.insert(uid, fetched);
        }
    })
    .await?;
    Ok(known)
}

/// Numbers as they are said.
fn set(uids: &UidSet) -> String {
    let range = |range: &std::ops::RangeInclusive<u32>| match range.start() == range.end() {
        true => range.start().to_string(),
        false => format!("{}:{}", range.start(), range.end()),
    };
    uids.ranges().iter().map(range).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::super::talk::scripted;
    use super::*;

    /// What is told of messages of a folder whose server answers so, command by command.
    async fn told(uids: &[u32], pass: Pass, script: &[&str]) -> Vec<String> {
        let (send, mut receive) = mpsc::channel(100);
        let telling = Telling(send);
        let folder = OpenFolder { name: "Posta", validity: Some(7), telling: &telling };
        let mut talk = scripted(script.iter().map(|text| (*text).to_owned()).collect());
        folder.tell(&mut talk, pass, &uids.iter().copied().collect()).await.unwrap();
        drop(telling);
        let mut told = Vec::new();
        while let Some(found) = receive.recv().await {
            told.push(match found {
                Found::Message(mut message) => {
                    let octets = String::from_utf8(message.octets.head().unwrap()).unwrap();
                    format!("{} {octets:?} {:?} {}", message.place, message.marks.0, message.at)
                }
                Found::Outline { size } => size.to_string(),
                Found::Fault(fault) => format!("{}: {}", fault.place, fault.what),
                _ => panic!("something else"),
            });
        }
        told
    }

    const OUTLINES: &str = "* 1 FETCH (UID 3 FLAGS (\\Seen) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE 4)\r\n\
                            * 2 FETCH (FLAGS () UID 4 RFC822.SIZE 5)\r\n* 9 FETCH (UID 90 RFC822.SIZE 5)\r\ns1 OK done\r\n";

    #[tokio::test]
    async fn messages_come_in_any_order_and_what_does_not_come_is_told() {
        let octets = "* 2 FETCH (BODY[] {5}\r\nDate: UID 4)\r\n* 1 FETCH (FLAGS (\\Answered) UID 3)\r\n\
                      * 1 FETCH (UID 3 BODY[] \"anna\")\r\n* 1 FETCH (UID 3 BODY[] \"anna\")\r\ns2 OK done\r\n";
        assert_eq!(
            told(&[3, 4, 5], Pass::Import, &[OUTLINES, octets]).await,
            [
                format!("Posta, UID 5: {GONE}"),
                "Posta, UID 4 \"Date:\" [] 0".to_owned(),
                "Posta, UID 3 \"anna\" [\"\\\\Seen\"] 837596665".to_owned(),
            ]
        );
        assert_eq!(told(&[3, 4], Pass::Survey, &[OUTLINES]).await, ["4", "5"]);
    }

    #[tokio::test]
    async fn one_that_the_server_cannot_give_stops_no_other() {
        let refused = "* 1 FETCH (UID 3 BODY[] {4}\r\nanna)\r\ns2 NO [SERVERBUG] damaged\r\n";
        let alone = "s3 NO [SERVERBUG] damaged\r\n";
        assert_eq!(
            told(&[3, 4], Pass::Import, &[OUTLINES, refused, alone]).await,
            ["Posta, UID 3 \"anna\" [\"\\\\Seen\"] 837596665", "Posta, UID 4: the server refuses it: damaged"]
        );
    }

    #[tokio::test]
    async fn what_is_too_large_is_not_asked_for() {
        let large = format!("* 1 FETCH (UID 3 RFC822.SIZE {})\r\ns1 OK done\r\n", LARGEST + 1);
        let told = told(&[3], Pass::Import, &[&large]).await;
        assert!(told.len() == 1 && told[0].contains("larger than the"), "{told:?}");
    }

    #[test]
    fn numbers_are_said_as_ranges() {
        assert_eq!(set(&[1, 2, 3, 7, 9, 10].into_iter().collect()), "1:3,7,9:10");
    }
}

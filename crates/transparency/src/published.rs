//! What is answered: heads as they were signed, and nodes under them. Each answer reads a bounded part of the store.

use std::sync::Arc;

use bytes::Bytes;
use proof::file::{Octets, SignedHead};
use proof::tree::{self, Node};
use store::{EvidenceLog, HeadQuery, LogId, Seals, StoreError, Tile};

use crate::listing::{FORM, Listed, Listing};
use crate::resource::{Resource, TilePlace};

const FULL: u64 = Tile::FULL as u64;

/// The heads and trees of a store, as strangers may see them.
pub struct Published {
    evidence: Arc<dyn EvidenceLog>,
    seals: Arc<dyn Seals>,
    domain: String,
    tiles: bool,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its octets.
    pub octets: Bytes,
    /// Whether they are JSON; otherwise they are nodes.
    pub is_json: bool,
    /// Whether it stays as it is for ever.
    pub lasts: bool,
}

impl Published {
    /// Of one store; `domain` is that of the service address. `tiles`: whether nodes are shown too.
    pub fn of(store: Arc<impl EvidenceLog + Seals + 'static>, domain: String, tiles: bool) -> Self {
        Self { evidence: store.clone(), seals: store, domain, tiles }
    }

    /// What there is; `None`: there is no such thing, or not yet.
    pub async fn answer(&self, resource: Resource) -> Result<Option<Answer>, StoreError> {
        match resource {
            Resource::Logs => self.logs().await.map(Some),
            Resource::Head { log, number } => self.head(log, number).await,
            Resource::Tile(_) if !self.tiles => Ok(None),
            Resource::Tile(place) => self.tile(place).await,
        }
    }

    async fn logs(&self) -> Result<Answer, StoreError> {
        let mut logs = Vec::new();
        for (log, _) in self.evidence.logs().await? {
            if let Some(last) = self.seals.last_head(log).await? {
                logs.push(Listed { log: log.0, heads: last.number });
            }
        }
        let listing = Listing { form: FORM.to_owned(), domain: self.domain.clone(), tiles: self.tiles, logs };
        Ok(Answer { octets: json(&listing)?, is_json: true, lasts: false })
    }

    async fn head(&self, log: LogId, number: u64) -> Result<Option<Answer>, StoreError> {
        let after = Some((log, number - 1));
        let query = HeadQuery { log: Some(log), after, limit: 1, ..HeadQuery::default() };
        let found = self.seals.heads(query).await?.pop().filter(|head| head.number == number);
        let Some(head) = found else { return Ok(None) };
        let octets = |bytes: Bytes| Octets(bytes.to_vec());
        // One without a stamp may get its stamp.
        let lasts = head.stamp.is_some();
        let (text, signature, stamp) = (octets(head.text), octets(head.signature), head.stamp.map(octets));
        let octets = json(&SignedHead { text, signature, stamp })?;
        Ok(Some(Answer { octets, is_json: true, lasts }))
    }

    async fn tile(&self, place: TilePlace) -> Result<Option<Answer>, StoreError> {
        let Some((begin, end)) = place.rows() else { return Ok(None) };
        // What no head has yet may still be another row, after a restoration.
        let head = self.seals.head_over(place.log, end - 1).await?;
        if head.is_none_or(|head| head.first != place.first) {
            return Ok(None);
        }
        let nodes = self.nodes(place, begin, end).await?;
        if nodes.len() as u64 != place.width {
            let what = format!("nodes at row {begin} of log {} are missing", place.log.0);
            return Err(StoreError::damaged(what));
        }
        Ok(Some(Answer { octets: nodes.concat().into(), is_json: false, lasts: true }))
    }

    async fn nodes(&self, place: TilePlace, begin: u64, end: u64) -> Result<Vec<Node>, StoreError> {
        let TilePlace { log, level, width, .. } = place;
        let kept = match width == FULL || level == 0 {
            true => self.seals.tile(log, level, begin).await?,
            false => None,
        };
        let take = usize::try_from(width).unwrap_or(Tile::FULL);
        if let Some(kept) = kept {
            return Ok(kept.nodes.into_iter().take(take).collect());
        }
        if level > 0 {
            let roots = self.seals.tile_roots(log, level - 1, begin..end).await?;
            return Ok(roots.into_iter().filter(|tile| tile.count == FULL).map(|tile| tile.root).collect());
        }
        // The end of a tree that grows.
        let rows = self.evidence.leaves(log, begin, take).await?;
        let follow = rows.into_iter().zip(begin..end).take_while(|(row, number)| row.number == *number);
        Ok(follow.map(|(row, _)| tree::leaf(&row.canonical)).collect())
    }
}

fn json(value: &impl serde::Serialize) -> Result<Bytes, StoreError> {
    // Texts and numbers: there is nothing that cannot be written.
    let text = serde_json::to_string_pretty(value).map_err(|error| StoreError::bug(error.to_string()))?;
    Ok((text + "\n").into())
}

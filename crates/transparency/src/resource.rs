//! What can be asked for, and under which path. A tree's tiles have the paths of C2SP tlog-tiles behind the place of the tree.

use std::fmt;

use proof::LogId;

/// Nodes of a full tile.
const FULL: u64 = 256;
/// The number of no row: a log's rows are numbered with 40 bits.
pub(crate) const ROWS: u64 = 1 << 40;
/// Levels whose nodes so many rows can have.
const LEVELS: u32 = 6;

/// Something that is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// Which logs there are, and how many heads each has.
    Logs,
    /// A head, with its signature and its stamp.
    Head {
        /// Whose.
        log: LogId,
        /// From 1.
        number: u64,
    },
    /// Nodes of a tree.
    Tile(TilePlace),
}

/// Where nodes stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TilePlace {
    /// Of which log.
    pub log: LogId,
    /// The number of the tree's first row.
    pub first: u64,
    /// 0: leaves; a node of the next level stands over 256 of this one.
    pub level: u32,
    /// Which tile of its level, from 0.
    pub index: u64,
    /// How many nodes, at most 256.
    pub width: u64,
}

impl TilePlace {
    /// The tile that has a node of a level, as it is in a tree of so many rows; `None`: that tree has no such node.
    pub fn with(log: LogId, first: u64, level: u32, node: u64, size: u64) -> Option<Self> {
        let nodes = size.checked_shr(8 * level).unwrap_or(0);
        let index = node / FULL;
        let width = nodes.saturating_sub(index * FULL).min(FULL);
        (node < nodes).then_some(Self { log, first, level, index, width })
    }

    /// The leaves under one of its nodes.
    pub fn span(&self) -> u64 {
        1u64.checked_shl(8 * self.level).unwrap_or(u64::MAX)
    }

    /// The rows under it: the number of the first one, and of the one behind the last. `None`: no log has so many.
    pub fn rows(&self) -> Option<(u64, u64)> {
        let node = self.index.checked_mul(FULL)?;
        let begin = self.first.checked_add(node.checked_mul(self.span())?)?;
        Some((begin, begin.checked_add(self.width.checked_mul(self.span())?)?))
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Logs => f.write_str("/logs"),
            Self::Head { log, number } => write!(f, "/{}/heads/{number}", log.0),
            Self::Tile(TilePlace { log, first, level, index, width }) => {
                write!(f, "/{}/{first}/tile/{level}", log.0)?;
                let groups = (1..7).take_while(|group| *index >= 1000u64.pow(*group)).count() as u32;
                for group in (1..=groups).rev() {
                    write!(f, "/x{:03}", index / 1000u64.pow(group) % 1000)?;
                }
                write!(f, "/{:03}", index % 1000)?;
                if *width == FULL { Ok(()) } else { write!(f, ".p/{width}") }
            }
        }
    }
}

impl Resource {
    /// What a path names; `None`: nothing. Each has one path.
    pub fn of(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        let log = |text: &str| text.parse().ok().map(LogId);
        let found = match parts.as_slice() {
            ["logs"] => Self::Logs,
            [of, "heads", number] => Self::Head { log: log(of)?, number: number.parse().ok().filter(|n| *n > 0)? },
            [of, first, "tile", level, index @ ..] => {
                let first = first.parse().ok().filter(|n| *n > 0)?;
                let level = level.parse().ok().filter(|level| *level < LEVELS)?;
                let (index, width) = place(index)?;
                let tile = TilePlace { log: log(of)?, first, level, index, width };
                tile.rows()?;
                Self::Tile(tile)
            }
            _ => return None,
        };
        (found.to_string() == path).then_some(found)
    }
}

/// Index and width of a tile.
fn place(parts: &[&str]) -> Option<(u64, u64)> {
    let (parts, width) = match parts {
        [before @ .., last, width] if last.ends_with(".p") => {
            let width = width.parse().ok().filter(|width| (1..FULL).contains(width))?;
            ([before, &[last.trim_end_matches(".p")]].concat(), width)
        }
        all => (all.to_vec(), FULL),
    };
    if parts.is_empty() || parts.len() > 6 {
        return None;
    }
    let group = |part: &&str| part.trim_start_matches('x').parse::<u64>().ok().filter(|group| *group < 1000);
    let index = parts.iter().try_fold(0, |index, part| Some(index * 1000 + group(part)?))?;
    Some((index, width))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tile(level: u32, index: u64, width: u64) -> Resource {
        Resource::Tile(TilePlace { log: LogId(1), first: 4711, level, index, width })
    }

    proptest! {
        #[test]
        fn every_resource_has_one_path(log: u32, first in 1u64..1 << 40, level in 0u32..3, index in 0u64..1 << 20, width in 1u64..=256) {
            let log = LogId(log);
            for resource in [
                Resource::Head { log, number: first },
                Resource::Tile(TilePlace { log, first, level, index, width }),
            ] {
                prop_assert_eq!(Resource::of(&resource.to_string()), Some(resource));
            }
        }

        #[test]
        fn whatever_is_asked_for_is_read_or_not(path in "(/[x0-9a-z.]{0,5}){0,9}") {
            if let Some(resource) = Resource::of(&path) {
                prop_assert_eq!(resource.to_string(), path);
            }
        }
    }

    #[test]
    fn paths_are_those_of_the_page() {
        const PAGE: &str = include_str!("../../../docs/evidence-format.md");
        for (path, resource) in [
            ("/logs", Resource::Logs),
            ("/1/heads/12", Resource::Head { log: LogId(1), number: 12 }),
            ("/1/4711/tile/0/x001/x234/067", tile(0, 1_234_067, 256)),
            ("/1/4711/tile/1/000.p/17", tile(1, 0, 17)),
        ] {
            assert_eq!(Resource::of(path), Some(resource));
            assert!(PAGE.contains(path), "{path}");
        }
        for path in [
            "",
            "/",
            "/logs/",
            "/1/heads/0",
            "/01/heads/1",
            "/1/heads/+1",
            "/1/4711/tile/0",
            "/1/4711/tile/6/000",
            "/1/4711/tile/0/1",
            "/1/4711/tile/0/x000/001",
            "/1/4711/tile/0/000.p/256",
            "/1/4711/tile/0/000.p/0",
            "/1/4711/tile/5/x001/x000/000",
            "/1/4711/tile/0/x999/x999/x999/x999/x999/x999/999",
            "/1/../logs",
        ] {
            assert_eq!(Resource::of(path), None, "{path}");
        }
    }

    #[test]
    fn a_node_is_in_the_tile_of_its_tree() {
        // The example of C2SP tlog-tiles: a tree of 70,000.
        let with = |level, node| TilePlace::with(LogId(1), 1, level, node, 70_000).map(|tile| (tile.index, tile.width));
        assert_eq!([with(0, 0), with(0, 69_999), with(0, 70_000)], [Some((0, 256)), Some((273, 112)), None]);
        assert_eq!([with(1, 255), with(1, 272), with(1, 273)], [Some((0, 256)), Some((1, 17)), None]);
        assert_eq!([with(2, 0), with(3, 0), with(9, 0)], [Some((0, 1)), None, None]);
    }
}

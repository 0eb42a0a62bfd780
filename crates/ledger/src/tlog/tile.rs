//! Tiles: 256 hashes of one level side by side, and the paths they are served under (C2SP tlog-tiles).

use std::collections::HashMap;
use std::fmt;

use super::decimal;
use super::edge::whole;
use super::hash::Hash;
use super::tree::Hashes;

/// Hashes in a full tile.
pub const WIDTH: u64 = 256;

/// Levels of the tree in one level of tiles.
const HEIGHT: u8 = 8;

/// A tile with so many of its hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tile {
    pub level: u8,
    pub index: u64,
    /// 1 to 256; 256 is a full tile.
    pub width: u16,
}

/// What is asked for below `/tile/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    Hashes(Tile),
    /// The entries themselves; always of level 0.
    Entries(Tile),
}

impl Tile {
    /// The tile of `level` that has the hash `index`, in a tree of `size` leaves; none if the tree has no such hash.
    pub fn holding(level: u8, index: u64, size: u64) -> Option<Self> {
        let count = (0..level).fold(size, |count, _| count / WIDTH);
        let tile = index / WIDTH;
        let width = count.checked_sub(tile * WIDTH)?.min(WIDTH);
        (index < count).then_some(Self { level, index: tile, width: width as u16 })
    }

    pub fn is_full(&self) -> bool {
        u64::from(self.width) == WIDTH
    }
}

/// `067`, `x001/x234/067`, `x001/x234/067.p/12`.
struct Place<'a>(&'a Tile);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut groups = vec![self.0.index % 1000];
        let mut rest = self.0.index / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        for group in groups[1..].iter().rev() {
            write!(f, "x{group:03}/")?;
        }
        write!(f, "{:03}", groups[0])?;
        if self.0.is_full() { Ok(()) } else { write!(f, ".p/{}", self.0.width) }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hashes(tile) => write!(f, "{}/{}", tile.level, Place(tile)),
            Self::Entries(tile) => write!(f, "entries/{}", Place(tile)),
        }
    }
}

impl Resource {
    /// Reads what stands behind `/tile/`. Each resource has one path; every other spelling is refused.
    pub fn parse(path: &str) -> Option<Self> {
        let (kind, place) = path.split_once('/')?;
        let level = match kind {
            "entries" => 0,
            level => u8::try_from(decimal(level)?).ok().filter(|level| *level < 64)?,
        };
        let (groups, width) = match place.split_once(".p/") {
            Some((groups, width)) => {
                (groups, u16::try_from(decimal(width)?).ok().filter(|w| (1..256).contains(w))?)
            }
            None => (place, WIDTH as u16),
        };
        let mut index: u64 = 0;
        for group in groups.split('/') {
            let digits = group.strip_prefix('x').unwrap_or(group);
            if digits.len() != 3 || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            index = index.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
        }
        let tile = Tile { level, index, width };
        let resource = if kind == "entries" { Self::Entries(tile) } else { Self::Hashes(tile) };
        (resource.to_string() == path).then_some(resource)
    }
}

/// Hashes of any complete subtree, out of tiles that are fetched once each.
pub struct Tiles<F> {
    size: u64,
    fetch: F,
    read: HashMap<(u8, u64), Vec<Hash>>,
}

/// A tile could not be read, or is not what the size says it must be.
#[derive(Debug, thiserror::Error)]
pub enum TileError<E> {
    #[error(transparent)]
    Fetch(E),
    #[error("tile {0} is not as wide as it must be")]
    Broken(Resource),
}

impl<F> Tiles<F> {
    pub fn new(size: u64, fetch: F) -> Self {
        Self { size, fetch, read: HashMap::new() }
    }
}

impl<F, E> Hashes for Tiles<F>
where
    F: FnMut(Tile) -> Result<Vec<Hash>, E>,
{
    type Error = TileError<E>;

    fn hash(&mut self, level: u8, index: u64) -> Result<Hash, Self::Error> {
        // The subtree lies inside a tile: `width` hashes of the tile's level, from `first` on.
        let (tile_level, inside) = (level / HEIGHT, level % HEIGHT);
        let width = 1usize << inside;
        let first = index << inside;
        let broken = |index| {
            TileError::Broken(Resource::Hashes(Tile { level: tile_level, index, width: WIDTH as u16 }))
        };
        let tile = Tile::holding(tile_level, first, self.size).ok_or_else(|| broken(first / WIDTH))?;
        let key = (tile_level, tile.index);
        if !self.read.contains_key(&key) {
            let hashes = (self.fetch)(tile).map_err(TileError::Fetch)?;
            if hashes.len() != usize::from(tile.width) {
                return Err(broken(tile.index));
            }
            self.read.insert(key, hashes);
        }
        let from = (first % WIDTH) as usize;
        let found = self.read.get(&key).and_then(|hashes| hashes.get(from..from + width));
        found.map(whole).ok_or_else(|| broken(tile.index))
    }
}

/// Entries of a bundle, each behind its length in two bytes.
pub fn bundle_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), EntryTooLong> {
    let len = u16::try_from(entry.len()).map_err(|_| EntryTooLong)?;
    bundle.extend_from_slice(&len.to_be_bytes());
    bundle.extend_from_slice(entry);
    Ok(())
}

#[derive(Debug, thiserror::Error)]
#[error("an entry of the log has at most 65535 bytes")]
pub struct EntryTooLong;

/// The entries of a bundle; none if it is broken off or followed by something else.
pub fn bundle_entries(mut bundle: &[u8]) -> Option<Vec<&[u8]>> {
    let mut entries = Vec::new();
    while !bundle.is_empty() {
        let (len, rest) = bundle.split_first_chunk::<2>()?;
        let (entry, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
        entries.push(entry);
        bundle = rest;
    }
    Some(entries)
}

//! The right edge of a growing tree: one unfinished tile a level, from which tiles to keep come as leaves are added.

use super::hash::Hash;
use super::tile::{Tile, WIDTH};

/// Unfinished tiles, level 0 first; the last may hold a single hash, none is empty but those in between.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    levels: Vec<Vec<Hash>>,
}

/// A tile that was completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Full {
    pub level: u8,
    pub index: u64,
    pub hashes: Vec<Hash>,
}

impl Edge {
    /// The edge of a tree of `size` leaves. `tile` reads the unfinished tile of a level; none is asked for where the size
    /// says that it is empty.
    pub fn load<E>(size: u64, mut tile: impl FnMut(Tile) -> Result<Vec<Hash>, E>) -> Result<Self, E> {
        let mut levels = Vec::new();
        let (mut count, mut level) = (size, 0u8);
        while count > 0 {
            let width = count % WIDTH;
            levels.push(match width {
                0 => Vec::new(),
                _ => tile(Tile { level, index: count / WIDTH, width: width as u16 })?,
            });
            (count, level) = (count / WIDTH, level + 1);
        }
        Ok(Self { size, levels })
    }

    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf; what it completes is handed to `full`, lowest level first.
    pub fn push(&mut self, leaf: Hash, mut full: impl FnMut(Full)) {
        self.size += 1;
        let (mut hash, mut level, mut count) = (leaf, 0, self.size);
        loop {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            self.levels[level].push(hash);
            if !count.is_multiple_of(WIDTH) {
                return;
            }
            count /= WIDTH;
            let hashes = std::mem::take(&mut self.levels[level]);
            hash = whole(&hashes);
            full(Full { level: level as u8, index: count - 1, hashes });
            level += 1;
        }
    }

    /// The unfinished tiles with something in them.
    pub fn unfinished(&self) -> impl Iterator<Item = (Tile, &[Hash])> {
        let size = self.size;
        let filled = self.levels.iter().enumerate().filter(|(_, hashes)| !hashes.is_empty());
        filled.map(move |(level, hashes)| {
            let count = (0..level).fold(size, |count, _| count / WIDTH);
            let tile = Tile { level: level as u8, index: count / WIDTH, width: hashes.len() as u16 };
            (tile, hashes.as_slice())
        })
    }

    /// The root, from the edge alone: complete subtrees to the right are taken in first.
    pub fn root(&self) -> Hash {
        let mut right: Option<Hash> = None;
        for hashes in &self.levels {
            let mut rest = hashes.as_slice();
            // A tile of width w is the complete subtrees of the bits of w, the largest on the left.
            while !rest.is_empty() {
                let len = 1 << rest.len().trailing_zeros();
                let (left, last) = rest.split_at(rest.len() - len);
                let hash = whole(last);
                right = Some(right.map_or(hash, |right| Hash::node(&hash, &right)));
                rest = left;
            }
        }
        right.unwrap_or_else(Hash::empty)
    }
}

/// The hash of a complete subtree from the hashes below it; their number is a power of two.
pub fn whole(hashes: &[Hash]) -> Hash {
    match hashes {
        [one] => *one,
        many => {
            let (left, right) = many.split_at(many.len() / 2);
            Hash::node(&whole(left), &whole(right))
        }
    }
}

//! Tiles and their paths.

use std::collections::HashMap;

use proptest::prelude::*;
use yimen_ledger::tlog::edge::{Edge, whole};
use yimen_ledger::tlog::hash::Hash;
use yimen_ledger::tlog::tile::{Resource, Tile, Tiles, bundle_entries, bundle_entry};
use yimen_ledger::tlog::tree;

/// A log in memory: its leaves, and every full tile it gave out.
pub struct Log {
    pub leaves: Vec<Hash>,
    pub edge: Edge,
    full: HashMap<(u8, u64), Vec<Hash>>,
}

pub fn entry(i: u64) -> Vec<u8> {
    format!("entry {i}").into_bytes()
}

impl Log {
    pub fn of(size: u64) -> Self {
        let mut log = Self { leaves: Vec::new(), edge: Edge::default(), full: HashMap::new() };
        for i in 0..size {
            let leaf = Hash::leaf(&entry(i));
            log.leaves.push(leaf);
            let full = &mut log.full;
            log.edge.push(leaf, |tile| assert!(full.insert((tile.level, tile.index), tile.hashes).is_none()));
        }
        log
    }

    /// The tile as a server would have it: what is left of a full one, or of the edge.
    pub fn tile(&self, tile: Tile) -> Result<Vec<Hash>, String> {
        let kept = self.full.get(&(tile.level, tile.index)).cloned();
        let kept = kept.or_else(|| {
            let mut edge = self.edge.unfinished();
            edge.find(|(t, _)| (t.level, t.index) == (tile.level, tile.index)).map(|(_, h)| h.to_vec())
        });
        let mut hashes = kept.ok_or_else(|| format!("no tile {tile:?}"))?;
        hashes.truncate(tile.width.into());
        Ok(hashes)
    }

    pub fn at(&self, size: u64) -> Tiles<impl FnMut(Tile) -> Result<Vec<Hash>, String>> {
        Tiles::new(size, move |tile| self.tile(tile))
    }
}

/// RFC 6962 to the letter, over all leaves.
pub fn mth(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::empty(),
        [one] => *one,
        many => {
            let (left, right) = many.split_at(many.len().next_power_of_two() / 2);
            Hash::node(&mth(left), &mth(right))
        }
    }
}

#[test]
fn a_tree_grown_leaf_by_leaf_has_the_root_of_its_leaves_at_every_size() {
    let log = Log::of(700);
    let mut edge = Edge::default();
    for size in 0..=700u64 {
        let wanted = mth(&log.leaves[..size as usize]);
        assert_eq!(edge.root(), wanted, "edge at {size}");
        assert_eq!(tree::root(&mut log.at(size), size).unwrap(), wanted, "tiles at {size}");
        if let Some(leaf) = log.leaves.get(size as usize) {
            edge.push(*leaf, |_| {});
        }
    }
}

#[test]
fn the_example_of_the_specification_has_the_tiles_it_names() {
    let log = Log::of(70_000);
    assert_eq!((0..273).filter(|i| log.full.contains_key(&(0, *i))).count(), 273);
    let rest: Vec<Tile> = log.edge.unfinished().map(|(tile, _)| tile).collect();
    let wanted = [(0, 273, 112), (1, 1, 17), (2, 0, 1)];
    assert_eq!(rest, wanted.map(|(level, index, width)| Tile { level, index, width }));
    assert_eq!(log.full.keys().filter(|(level, _)| *level == 1).count(), 1);
    let whole_tile = log.tile(Tile { level: 1, index: 0, width: 1 }).unwrap()[0];
    assert_eq!(whole_tile, whole(&log.tile(Tile { level: 0, index: 0, width: 256 }).unwrap()));
}

#[test]
fn an_edge_read_back_goes_on_where_it_was() {
    for size in [0, 1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537] {
        let log = Log::of(size);
        let read = Edge::load(size, |tile| log.tile(tile)).unwrap();
        assert_eq!(read.root(), log.edge.root(), "{size}");
        let mut more = read;
        more.push(Hash::leaf(b"more"), |_| {});
        let mut leaves = log.leaves.clone();
        leaves.push(Hash::leaf(b"more"));
        assert_eq!(more.root(), mth(&leaves), "{size}");
    }
}

#[test]
fn each_resource_has_one_path() {
    let tile = |level, index, width| Tile { level, index, width };
    let pairs = [
        ("0/000", Resource::Hashes(tile(0, 0, 256))),
        ("1/067.p/12", Resource::Hashes(tile(1, 67, 12))),
        ("0/x001/x234/067", Resource::Hashes(tile(0, 1_234_067, 256))),
        ("entries/x001/000.p/255", Resource::Entries(tile(0, 1000, 255))),
    ];
    for (path, resource) in pairs {
        assert_eq!(Resource::parse(path), Some(resource), "{path}");
        assert_eq!(resource.to_string(), path);
    }
    let bad = [
        "",
        "0",
        "0/",
        "0/0",
        "0/00",
        "0/0000",
        "00/000",
        "64/000",
        "-1/000",
        "0/x000/001",
        "0/001/x002",
        "0/001.p/0",
        "0/001.p/256",
        "0/001.p/01",
        "0/001.p/",
        "0/001/",
        "0//001",
        "entries/1",
        "a/000",
        "0/٠٠٠",
        "0/x999/x999/x999/x999/x999/x999/999",
        "0/../000",
        "0/001.p/1/2",
        "entries/000/",
    ];
    for path in bad {
        assert_eq!(Resource::parse(path), None, "{path}");
    }
}

#[test]
fn bundles_give_back_their_entries_and_nothing_broken() {
    let mut bundle = Vec::new();
    for entry in [&b"one"[..], b"", b"three"] {
        bundle_entry(&mut bundle, entry).unwrap();
    }
    assert_eq!(bundle_entries(&bundle).unwrap(), [&b"one"[..], b"", b"three"]);
    for end in [1, 2, 4, 6, bundle.len() - 1] {
        assert!(bundle_entries(&bundle[..end]).is_none(), "{end}");
    }
    assert!(bundle_entry(&mut bundle, &[0; 65_536]).is_err());
}

proptest! {
    #[test]
    fn a_path_is_read_as_it_is_written(level in 0u8..64, index in 0u64..u64::MAX / 2, width in 1u16..=256) {
        let tile = Tile { level, index, width };
        let resource = Resource::Hashes(tile);
        prop_assert_eq!(Resource::parse(&resource.to_string()), Some(resource));
    }

    #[test]
    fn what_comes_from_outside_never_panics(path in "\\PC{0,40}", bytes: Vec<u8>) {
        let _ = Resource::parse(&path);
        let _ = bundle_entries(&bytes);
    }
}

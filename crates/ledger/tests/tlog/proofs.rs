//! Inclusion and consistency: our proofs hold for us and for a second implementation, and no other proof does.

use proptest::prelude::*;
use tlog_tiles as other;
use yimen_ledger::tlog::hash::Hash;
use yimen_ledger::tlog::tree::{consistency, inclusion, root, verify_consistency, verify_inclusion};

use crate::tiles::{Log, entry, mth};

fn theirs(hash: &Hash) -> other::Hash {
    other::Hash(hash.0)
}

fn all_theirs(path: &[Hash]) -> Vec<other::Hash> {
    path.iter().map(theirs).collect()
}

#[test]
fn every_leaf_of_every_small_tree_is_proved() {
    let log = Log::of(70);
    for size in 1..=70u64 {
        let mut tiles = log.at(size);
        let top = root(&mut tiles, size).unwrap();
        for index in 0..size {
            let path = inclusion(&mut tiles, index, size).unwrap();
            let leaf = &log.leaves[index as usize];
            assert!(verify_inclusion(leaf, index, size, &path, &top), "{index} of {size}");
            let theirs = other::check_record(&all_theirs(&path), size, theirs(&top), index, theirs(leaf));
            assert!(theirs.is_ok(), "{index} of {size} for the other implementation");
            // Elsewhere, of another size, another leaf, shorter, longer: none of it holds.
            assert!(!verify_inclusion(leaf, (index + 1) % (size + 1), size, &path, &top) || size == 1);
            assert!(!verify_inclusion(&Hash::leaf(b"x"), index, size, &path, &top));
            let longer = [&path[..], &[top]].concat();
            assert!(!verify_inclusion(leaf, index, size, &longer, &top));
            if !path.is_empty() {
                assert!(!verify_inclusion(leaf, index, size, &path[1..], &top));
            }
        }
    }
}

#[test]
fn every_small_tree_grew_from_every_smaller() {
    let log = Log::of(70);
    for size in 0..=70u64 {
        let mut tiles = log.at(size);
        let top = root(&mut tiles, size).unwrap();
        for old in 0..=size {
            let before = mth(&log.leaves[..old as usize]);
            let path = consistency(&mut tiles, old, size).unwrap();
            assert!(verify_consistency(old, &before, size, &top, &path), "{old} in {size}");
            if old > 0 {
                let theirs = other::check_tree(&all_theirs(&path), size, theirs(&top), old, theirs(&before));
                assert!(theirs.is_ok(), "{old} in {size} for the other implementation");
            }
            let wrong = Hash::leaf(b"another past");
            assert!(!verify_consistency(old, &wrong, size, &top, &path));
            if old > 0 {
                assert!(!verify_consistency(old, &before, size, &wrong, &path));
                assert!(!verify_consistency(old, &before, size, &top, &[&path[..], &[top]].concat()));
            }
        }
        assert!(!verify_consistency(size + 1, &top, size, &top, &[]));
    }
}

#[test]
fn the_other_implementation_finds_the_same_root() {
    let log = Log::of(1000);
    let mut stored: Vec<other::Hash> = Vec::new();
    struct Stored<'a>(&'a [other::Hash]);
    impl other::HashReader for Stored<'_> {
        fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<other::Hash>, other::Error> {
            Ok(indexes.iter().map(|i| self.0[*i as usize]).collect())
        }
    }
    for size in 1..=1000u64 {
        let more = other::stored_hashes(size - 1, &entry(size - 1), &Stored(&stored)).unwrap();
        stored.extend(more);
        if size % 83 == 0 || size == 1000 {
            let wanted = other::tree_hash(size, &Stored(&stored)).unwrap();
            assert_eq!(root(&mut log.at(size), size).unwrap().0, wanted.0, "{size}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn large_trees_prove_and_no_bit_may_differ(
        size in 1u64..3000, at in any::<prop::sample::Index>(), old in any::<prop::sample::Index>(), bit in 0usize..256,
    ) {
        let log = Log::of(size);
        let (index, old) = (at.index(size as usize) as u64, old.index(size as usize) as u64 + 1);
        let mut tiles = log.at(size);
        let top = root(&mut tiles, size).unwrap();
        let path = inclusion(&mut tiles, index, size).unwrap();
        prop_assert!(verify_inclusion(&log.leaves[index as usize], index, size, &path, &top));
        let grown = consistency(&mut tiles, old, size).unwrap();
        let before = mth(&log.leaves[..old as usize]);
        prop_assert!(verify_consistency(old, &before, size, &top, &grown));
        for i in 0..path.len() {
            let mut changed = path.clone();
            changed[i].0[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(!verify_inclusion(&log.leaves[index as usize], index, size, &changed, &top));
        }
        for i in 0..grown.len() {
            let mut changed = grown.clone();
            changed[i].0[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(!verify_consistency(old, &before, size, &top, &changed));
        }
    }

    #[test]
    fn made_up_proofs_never_panic(index: u64, size: u64, old: u64, path in prop::collection::vec(any::<[u8; 32]>(), 0..70)) {
        let path: Vec<Hash> = path.into_iter().map(Hash).collect();
        let (leaf, top) = (Hash::leaf(b"leaf"), Hash::leaf(b"top"));
        prop_assert!(!verify_inclusion(&leaf, index, size, &path, &top));
        let grown = verify_consistency(old, &leaf, size, &top, &path);
        prop_assert!(!grown);
    }
}

//! Roots, inclusion proofs and consistency proofs (RFC 6962 §2.1), and their verification (RFC 9162 §2.1.3–2.1.4), which
//! knows nothing of how proofs are made.

use super::hash::Hash;

/// Where the hashes of complete subtrees come from.
pub trait Hashes {
    type Error;

    /// The hash over the leaves `index << level` up to `(index + 1) << level`, all of which exist.
    fn hash(&mut self, level: u8, index: u64) -> Result<Hash, Self::Error>;
}

/// The hash of the tree of the first `size` leaves.
pub fn root<H: Hashes>(hashes: &mut H, size: u64) -> Result<Hash, H::Error> {
    if size == 0 { Ok(Hash::empty()) } else { range(hashes, 0, size) }
}

/// How the leaf `index` leads up to the root of the first `size` leaves; `index < size`.
pub fn inclusion<H: Hashes>(hashes: &mut H, index: u64, size: u64) -> Result<Vec<Hash>, H::Error> {
    assert!(index < size, "no proof of a leaf that is not there");
    let (mut path, mut start, mut len) = (Vec::new(), 0, size);
    while len > 1 {
        let left = split(len);
        if index - start < left {
            path.push(range(hashes, start + left, len - left)?);
            len = left;
        } else {
            path.push(range(hashes, start, left)?);
            (start, len) = (start + left, len - left);
        }
    }
    path.reverse();
    Ok(path)
}

/// How the tree of `old` leaves became that of `size` by adding only; `old <= size`.
pub fn consistency<H: Hashes>(hashes: &mut H, old: u64, size: u64) -> Result<Vec<Hash>, H::Error> {
    assert!(old <= size, "a tree does not shrink");
    if old == 0 {
        return Ok(Vec::new());
    }
    // The old tree is a known subtree as long as only its right side was left out.
    let (mut path, mut start, mut len, mut known) = (Vec::new(), 0, size, true);
    while start + len != old {
        let left = split(len);
        if old - start <= left {
            path.push(range(hashes, start + left, len - left)?);
            len = left;
        } else {
            path.push(range(hashes, start, left)?);
            (start, len, known) = (start + left, len - left, false);
        }
    }
    if !known {
        path.push(range(hashes, start, len)?);
    }
    path.reverse();
    Ok(path)
}

/// The largest power of two below `len`; `len > 1`.
fn split(len: u64) -> u64 {
    1 << (u64::BITS - 1 - (len - 1).leading_zeros())
}

/// The hash over `len` leaves from `start`; subtrees begin at multiples of their size.
fn range<H: Hashes>(hashes: &mut H, start: u64, len: u64) -> Result<Hash, H::Error> {
    if len.is_power_of_two() {
        // At most 63: `len` is a u64.
        let level = len.trailing_zeros() as u8;
        return hashes.hash(level, start >> level);
    }
    let left = split(len);
    let (a, b) = (range(hashes, start, left)?, range(hashes, start + left, len - left)?);
    Ok(Hash::node(&a, &b))
}

/// Whether `leaf` is the leaf `index` of the tree of `size` leaves with this root.
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last, mut hash) = (index, size - 1, *leaf);
    for step in path {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            hash = Hash::node(step, &hash);
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            hash = Hash::node(&hash, step);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    last == 0 && hash == *root
}

/// Whether the tree of `size` leaves only added to that of `old`.
pub fn verify_consistency(old: u64, old_root: &Hash, size: u64, root: &Hash, path: &[Hash]) -> bool {
    if old == 0 {
        return path.is_empty() && *old_root == Hash::empty();
    }
    if old == size {
        return path.is_empty() && old_root == root;
    }
    if old > size {
        return false;
    }
    let mut steps = path.iter();
    // A complete old tree is its own first step.
    let first = if old.is_power_of_two() { Some(old_root) } else { steps.next() };
    let Some(first) = first else { return false };
    let (mut node, mut last) = (old - 1, size - 1);
    while node & 1 == 1 {
        (node, last) = (node >> 1, last >> 1);
    }
    let (mut before, mut after) = (*first, *first);
    for step in steps {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            (before, after) = (Hash::node(step, &before), Hash::node(step, &after));
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            after = Hash::node(&after, step);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    last == 0 && before == *old_root && after == *root
}

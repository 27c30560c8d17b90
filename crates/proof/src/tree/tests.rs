//! Trees against the definition, word for word, and against what others published.

use std::ops::Range;

use proptest::prelude::*;

use super::*;

/// The inputs that certificate-transparency's own tests use.
const INPUTS: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

/// The roots over the first 1, 2, … of them.
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn published() -> Vec<Node> {
    INPUTS.iter().map(|input| leaf(&hex::decode(input).unwrap())).collect()
}

/// MTH of RFC 6962 §2.1, as it is written there.
fn defined(leaves: &[Node]) -> Node {
    match leaves {
        [] => empty(),
        [one] => *one,
        more => {
            let (left, right) = more.split_at(more.len().next_power_of_two() / 2);
            above(&defined(left), &defined(right))
        }
    }
}

fn of(leaves: &[Node], ranges: Vec<Range<u64>>) -> Vec<Node> {
    ranges.into_iter().map(|range| defined(&leaves[range.start as usize..range.end as usize])).collect()
}

fn numbered(count: usize) -> Vec<Node> {
    (0..count).map(|n| leaf(&n.to_be_bytes())).collect()
}

#[test]
fn roots_are_the_published_ones() {
    assert_eq!(hex::encode(empty()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_eq!(root([]), empty());
    let leaves = published();
    for (size, expected) in (1..).zip(ROOTS) {
        assert_eq!(hex::encode(root(leaves[..size].to_vec())), expected, "{size}");
    }
}

#[test]
fn paths_and_proofs_are_the_published_ones() {
    let leaves = published();
    let texts = |ranges| of(&leaves, ranges).into_iter().map(hex::encode).collect::<Vec<_>>();
    let first = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
    let second = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
    let third = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
    let of_five = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
    assert_eq!(texts(path(0, 8).unwrap()), [first, second, third]);
    assert_eq!(texts(path(1, 5).unwrap()), [ROOTS[0], second, of_five]);
    assert_eq!(texts(path(0, 1).unwrap()), [""; 0]);
    assert_eq!(texts(consistency(1, 1).unwrap()), [""; 0]);
    assert_eq!(texts(consistency(1, 8).unwrap()), [first, second, third]);
    assert_eq!(texts(consistency(2, 5).unwrap()), [second, of_five]);
    let of_six = [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        ROOTS[3],
    ];
    assert_eq!(texts(consistency(6, 8).unwrap()), of_six);
}

#[test]
fn every_leaf_of_every_small_tree_is_proved_and_nothing_else() {
    for size in 1..=40u64 {
        let leaves = numbered(size as usize);
        let root = defined(&leaves);
        for index in 0..size {
            let proof = of(&leaves, path(index, size).unwrap());
            let here = &leaves[index as usize];
            assert!(verify_inclusion(here, index, size, &proof, &root), "{index} of {size}");
            for other in (0..size).filter(|other| *other != index) {
                assert!(!verify_inclusion(&leaves[other as usize], index, size, &proof, &root), "{other} at {index}");
            }
            assert!(!verify_inclusion(here, index, size, &[&proof[..], &[root]].concat(), &root), "a longer path");
            assert!(proof.is_empty() || !verify_inclusion(here, index, size, &proof[1..], &root), "a shorter path");
            assert!(!verify_inclusion(here, size, size, &proof, &root) && path(size, size).is_none());
        }
        for before in 1..=size {
            let proof = of(&leaves, consistency(before, size).unwrap());
            let old = defined(&leaves[..before as usize]);
            assert!(verify_consistency(before, &old, size, &root, &proof), "{before} to {size}");
            assert!(!verify_consistency(before, &leaf(b"other"), size, &root, &proof));
            assert!(!verify_consistency(before, &old, size, &leaf(b"other"), &proof));
            for at in 0..proof.len() {
                let mut spoilt = proof.clone();
                spoilt[at][31] ^= 1;
                assert!(!verify_consistency(before, &old, size, &root, &spoilt), "{before} to {size}, {at}");
            }
            assert!(!verify_consistency(before, &old, size, &root, &[&proof[..], &[root]].concat()));
        }
        assert!(consistency(0, size).is_none() && consistency(size + 1, size).is_none());
    }
}

proptest! {
    #[test]
    fn a_frontier_has_the_root_of_the_definition(count in 0usize..700, heights in prop::collection::vec(0u32..6, 0..20)) {
        let leaves = numbered(count);
        let mut frontier = Frontier::default();
        let mut at = 0usize;
        // Full subtrees where they fit, leaves between them.
        for height in heights {
            let width = 1usize << height;
            if at + width > count {
                break;
            }
            let fits = frontier.push_full(defined(&leaves[at..at + width]), height);
            prop_assert_eq!(fits, at.is_multiple_of(width));
            if fits { at += width } else { frontier.push(leaves[at]); at += 1 }
        }
        leaves[at..].iter().for_each(|leaf| frontier.push(*leaf));
        prop_assert_eq!(frontier.size(), count as u64);
        prop_assert_eq!(frontier.root(), defined(&leaves));
    }

    /// In trees too large to be made: every node that is asked for begins where a full subtree of its size may stand.
    #[test]
    fn what_a_path_asks_for_lies_as_subtrees_lie(size in 1u64..1 << 44, at in any::<prop::sample::Index>(), old in any::<u64>()) {
        let index = at.index(size as usize) as u64;
        let path = path(index, size).unwrap();
        prop_assert!(path.len() <= 44);
        let proof = consistency(old % size + 1, size).unwrap();
        for range in path.iter().chain(&proof) {
            prop_assert!(range.start < range.end && range.end <= size);
            prop_assert!(range.start.is_multiple_of((range.end - range.start).next_power_of_two()));
        }
        let covered: u64 = path.iter().map(|range| range.end - range.start).sum();
        prop_assert_eq!(covered + 1, size);
    }
}

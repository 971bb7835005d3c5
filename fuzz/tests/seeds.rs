//! Every target over its seeds, and over cheap changes of them: what runs where there is no fuzzer.

use std::fs;
use std::path::{Path, PathBuf};
use weighbridge_fuzz::TARGETS;

/// The bodies of all cases are seeds of every target; `fuzz/seeds/{target}` has more.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for provider in ["smartcar", "telematica", "telemax"] {
        let cases =
            fs::read_dir(here.join("../tests/providers").join(provider)).expect("the cases");
        files.extend(cases.map(|case| case.expect("a case").path().join("body.bin")));
    }
    if let Ok(own) = fs::read_dir(here.join("seeds").join(target)) {
        files.extend(own.map(|file| file.expect("a seed").path()));
    }
    files.sort();
    let read = |file: &PathBuf| fs::read(file).expect("a seed");
    files
        .iter()
        .filter(|file| file.is_file())
        .map(read)
        .collect()
}

#[test]
fn no_target_breaks_on_its_seeds_nor_on_changes_of_them() {
    // A generator that is the same everywhere: a failure can be repeated.
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(below.max(1)).unwrap()).unwrap()
    };
    for (name, target) in TARGETS {
        let seeds = seeds(name);
        let mut runs = 0;
        for seed in &seeds {
            target(seed);
            runs += 1;
            // The few seeds of a megabyte are tried as they are.
            for _ in 0..if seed.len() > 65_536 { 0 } else { CHANGES } {
                let mut bytes = seed.clone();
                for _ in 0..=random(4) {
                    let at = random(bytes.len() + 1);
                    match random(5) {
                        0 => bytes.truncate(at),
                        1 => bytes.insert(at, u8::try_from(random(256)).unwrap()),
                        2 if at < bytes.len() => drop(bytes.remove(at)),
                        3 if at < bytes.len() => bytes[at] ^= 1 << random(8),
                        _ => {
                            let other = &seeds[random(seeds.len())];
                            let from = random(other.len() + 1);
                            let to = (from + random(40)).min(other.len());
                            bytes.splice(at..at, other[from..to].iter().copied());
                        }
                    }
                }
                target(&bytes);
                runs += 1;
            }
        }
        assert!(runs > 0);
        println!("{name}: {} seeds, {runs} runs", seeds.len());
    }
}

const CHANGES: u32 = 40;

//! `weighbridge-native-benches WHAT SIZE TIMES`: does one thing so many times and nothing else, for valgrind to
//! count its instructions.

use std::hint::black_box;
use weighbridge_native_benches::Delivery;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [what, size, times] = args.as_slice() else {
        panic!("give what, size and times");
    };
    let size = size.parse().expect("a size");
    let delivery = Delivery::new(if what == "mac" { "smartcar" } else { what }, size);
    for _ in 0..times.parse().expect("a number of times") {
        if what == "mac" {
            black_box(black_box(&delivery).mac());
        } else {
            assert!(black_box(&delivery).verify());
        }
    }
}

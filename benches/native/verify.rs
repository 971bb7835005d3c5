//! Time to verify one delivery, beside the MAC alone.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::time::Duration;
use weighbridge_native_benches::{Delivery, PROVIDERS, SIZES};

fn verify(criterion: &mut Criterion) {
    for size in SIZES {
        let mut group = criterion.benchmark_group(size.to_string());
        group.throughput(Throughput::Bytes(size as u64));
        for name in PROVIDERS {
            let delivery = Delivery::new(name, size);
            assert!(delivery.verify());
            group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
                bencher.iter(|| black_box(&delivery).verify());
            });
        }
        let delivery = Delivery::new("smartcar", size);
        group.bench_function(BenchmarkId::from_parameter("mac"), |bencher| {
            bencher.iter(|| black_box(&delivery).mac());
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = verify
}
criterion_main!(benches);

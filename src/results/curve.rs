//! Curves made ready for drawing: fewer points without losing a spike, and smoothing.

/// Keeps at most three points for each of `buckets` equal stretches of x: its lowest, its highest, and a gap
/// where the curve is broken; besides, the first and the last point of all. A point whose y is not finite breaks
/// the curve and comes out with y = NaN. Points are `[x, y]` with rising x; those whose x is not finite are left out.
///
/// Min-max by pixel column draws the same picture as all the points would.
pub fn decimate(points: &[[f64; 2]], buckets: usize) -> Vec<[f64; 2]> {
    let points: Vec<[f64; 2]> = points
        .iter()
        .filter(|[x, _]| x.is_finite())
        .map(|&[x, y]| [x, if y.is_finite() { y } else { f64::NAN }])
        .collect();
    let buckets = buckets.max(1);
    let (Some(&first), Some(&last)) = (points.first(), points.last()) else {
        return points;
    };
    if points.len() <= 2 * buckets {
        return points;
    }
    let per_bucket = (last[0] - first[0]) / buckets as f64;
    let bucket_of = |point: &[f64; 2]| {
        let position = (point[0] - first[0]) / per_bucket;
        // 0/0 where all x are equal: one bucket for all. The cast saturates.
        (if position.is_nan() { 0.0 } else { position } as usize).min(buckets - 1)
    };
    let mut kept = vec![first];
    for bucket in points.chunk_by(|a, b| bucket_of(a) == bucket_of(b)) {
        kept.extend(extremes(bucket));
    }
    kept.push(last);
    kept.dedup_by(|a, b| same(a, b));
    kept
}

/// The lowest and the highest point of a bucket and its first gap, in their order.
fn extremes(bucket: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let valued = || bucket.iter().enumerate().filter(|(_, p)| !p[1].is_nan());
    let lowest = valued().min_by(|(_, a), (_, b)| a[1].total_cmp(&b[1]));
    let highest = valued().max_by(|(_, a), (_, b)| a[1].total_cmp(&b[1]));
    let gap = bucket.iter().enumerate().find(|(_, p)| p[1].is_nan());
    let mut chosen: Vec<(usize, &[f64; 2])> =
        [lowest, highest, gap].into_iter().flatten().collect();
    chosen.sort_by_key(|(index, _)| *index);
    chosen.dedup_by_key(|(index, _)| *index);
    chosen.into_iter().map(|(_, point)| *point).collect()
}

/// Equal in x and y, where a gap equals a gap.
fn same(a: &[f64; 2], b: &[f64; 2]) -> bool {
    a[0] == b[0] && (a[1] == b[1] || (a[1].is_nan() && b[1].is_nan()))
}

/// Exponential moving average over y with bias correction (Kingma and Ba 2015, section 3), so that the curve
/// does not start at zero. `factor` runs from 0 (as it is) to below 1 (flat). A gap stays a gap and is not averaged in.
pub fn smooth(points: &[[f64; 2]], factor: f64) -> Vec<[f64; 2]> {
    let factor = if factor.is_nan() { 0.0 } else { factor }.clamp(0.0, 0.9999);
    let (mut average, mut weight) = (0.0, 0.0);
    let smoothed = points.iter().map(|&[x, y]| {
        if !y.is_finite() {
            return [x, f64::NAN];
        }
        average = factor * average + (1.0 - factor) * y;
        weight = factor * weight + (1.0 - factor);
        [x, average / weight]
    });
    smoothed.collect()
}

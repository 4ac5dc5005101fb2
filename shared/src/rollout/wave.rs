//! Who has its turn when.

use crate::digest::Digest;
use crate::tenant::TenantId;

/// A tenant's wave, from 0, the canaries', to the number of shares. A hash of its id decides, and of the rollout's number, so
/// that nobody's site is always among the first.
pub fn wave_of(tenant: &TenantId, canary: bool, number: u64, shares: &[f64]) -> usize {
    if canary {
        return 0;
    }
    let digest = Digest::of_parts([b"rollout".as_slice(), &number.to_be_bytes(), tenant.as_str().as_bytes()]);
    let drawn = digest.as_bytes().iter().take(4).fold(0_u32, |drawn, byte| (drawn << 8) | u32::from(*byte));
    let lot = f64::from(drawn) / (f64::from(u32::MAX) + 1.0);
    1 + shares.iter().take(shares.len().saturating_sub(1)).filter(|share| **share <= lot).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waves_are_as_large_as_they_are_meant_to_be_and_others_in_the_next_rollout() {
        let shares = [0.02, 0.1, 0.4, 1.0];
        let (mut sizes, mut first_again) = ([0_usize; 5], 0);
        for number in 0..10_000 {
            let tenant: TenantId = format!("tenant-{number}").parse().unwrap();
            let wave = wave_of(&tenant, number == 7, 1, &shares);
            sizes[wave] += 1;
            first_again += usize::from(wave == 1 && wave_of(&tenant, false, 2, &shares) == 1);
        }
        assert_eq!(sizes[0], 1);
        for (size, expected) in sizes[1..].iter().zip([200, 800, 3_000, 6_000]) {
            assert!(size.abs_diff(expected) < expected / 5, "{sizes:?}");
        }
        assert!(first_again < 20, "{first_again} of 200 are among the first again");
    }

    #[test]
    fn one_wave_is_everybody() {
        let tenant = "acme".parse().unwrap();
        assert_eq!((wave_of(&tenant, false, 1, &[1.0]), wave_of(&tenant, true, 1, &[1.0])), (1, 0));
    }
}

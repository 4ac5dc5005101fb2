//! A fleet that Terraform makes: it grows, and at each size a few of its tenants are checked for drift.

use super::changes::Upload;
use super::checks::Checks;
use crate::Failure;
use crate::figure::Figure;
use crate::plane::Plane;
use crate::report::progress;
use crate::world::World;

/// Sizes at which the fleet is looked at before the change of all.
const SMALL: [usize; 2] = [10, 100];

/// Measures on a fleet that ends with so many tenants.
pub(super) async fn measure(tenants: usize) -> Result<Vec<Figure>, Failure> {
    let plane = Plane::start().await?;
    let world = World::around(plane.surroundings()?).await?;
    let mut fleet = Upload::of(SMALL[0], 3);
    fleet.put(&plane).await?;
    fleet.tell_all(&plane).await?;
    fleet.settle(&plane).await?;
    let checks = Checks::make(&world).await?;
    let mut figures = checks.at(SMALL[0]).await?;
    fleet = Upload::of(SMALL[1], 3);
    fleet.put(&plane).await?;
    fleet.tell_all(&plane).await?;
    fleet.settle(&plane).await?;
    figures.extend(checks.at(SMALL[1]).await?);
    progress(&format!("{tenants} tenants are changed at once"));
    let at_once = super::changes::measure(&plane, tenants, checks.bare_apply()).await?;
    if tenants > SMALL[1] {
        figures.extend(checks.at(tenants).await?);
    }
    figures.extend(at_once);
    checks.stop().await?;
    Ok(figures)
}

//! The pictures, as SVG.

use plotters::prelude::*;

use crate::Failure;
use crate::hours::{Hour, Week};
use crate::money::float;

const SIZE: (u32, u32) = (900, 280);
const BLUE: RGBColor = RGBColor(31, 119, 180);
const RED: RGBColor = RGBColor(214, 39, 40);
const GREY: RGBColor = RGBColor(127, 127, 127);

/// A line of a picture.
struct Line {
    name: &'static str,
    colour: RGBColor,
    of: fn(&Hour) -> f64,
}

/// All of them, by file name.
pub(crate) fn all(week: &Week) -> Result<Vec<(&'static str, String)>, Failure> {
    let line = |name, colour, of| Line { name, colour, of };
    Ok(vec![
        (
            "runs.svg",
            draw(
                week,
                "Terraform runs an hour",
                &[
                    line("drift checks", GREY, |hour| float(hour.plans)),
                    line("applies and destroys", BLUE, |hour| float(hour.applies + hour.destroys)),
                    line("refused by the cloud", RED, |hour| float(hour.refused)),
                ],
            )?,
        ),
        (
            "behind.svg",
            draw(
                week,
                "Tenants that are behind, and on an older release, at the end of each hour",
                &[
                    line("on an older release", GREY, |hour| float(hour.outdated)),
                    line("behind", RED, |hour| float(hour.behind)),
                ],
            )?,
        ),
        (
            "answers.svg",
            draw(
                week,
                "Seconds until a person's request is carried out",
                &[
                    line("the longest", GREY, |hour| hour.answer_most),
                    line("the middle one", BLUE, |hour| hour.answer_median),
                ],
            )?,
        ),
        (
            "buckets.svg",
            draw(
                week,
                "Calls to buckets an hour",
                &[
                    line("reads", GREY, |hour| float(hour.class_b)),
                    line("writes and listings", BLUE, |hour| float(hour.class_a)),
                ],
            )?,
        ),
    ])
}

fn draw(week: &Week, title: &str, lines: &[Line]) -> Result<String, Failure> {
    let mut picture = String::new();
    {
        let area = SVGBackend::with_string(&mut picture, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let hours = u32::try_from(week.hours.len())?;
        let values = || lines.iter().flat_map(|line| week.hours.iter().map(line.of));
        let highest = values().fold(1.0_f64, f64::max) * 1.08;
        let mut chart = ChartBuilder::on(&area)
            .caption(title, ("sans-serif", 16))
            .margin(10)
            .x_label_area_size(28)
            .y_label_area_size(56)
            .build_cartesian_2d(0..hours, 0.0..highest)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(WHITE)
            .x_labels(usize::try_from(hours / 24)? + 1)
            .x_label_formatter(&|hour| format!("day {}", hour / 24 + 1))
            .y_labels(5)
            .y_label_formatter(&|value| format!("{value:.0}"))
            .draw()?;
        for line in lines {
            let points = (0..hours).zip(week.hours.iter().map(line.of));
            let colour = line.colour;
            chart
                .draw_series(LineSeries::new(points, colour.stroke_width(2)))?
                .label(line.name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2)));
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE.mix(0.8))
            .border_style(GREY)
            .draw()?;
        area.present()?;
    }
    Ok(picture)
}

//! Draws the cost against the size of a read and of a mailbox, as SVG with logarithmic scales.

use std::path::Path;

use plotters::prelude::*;
use pop3_proto_benches::OURS;
use pop3_proto_benches::rows::{Reply, feeds};

use crate::growth::best;

const CHUNKS: [usize; 9] = [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536];
const MAILBOXES: [u32; 7] = [1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000];
/// The first point that takes longer than this is the last of its curve.
const LONGEST_SECONDS: f64 = 5.0;

struct Curve {
    name: &'static str,
    points: Vec<(f64, f64)>,
}

pub(super) fn draw(folder: &Path) -> anyhow::Result<()> {
    let by_chunk = [
        ("list-by-chunk.svg", "LIST of 5,000", Reply::List(5000)),
        ("retr-by-chunk.svg", "RETR of 64 KiB", Reply::Retr(65_536)),
    ];
    for (file, name, reply) in by_chunk {
        let title = format!("{name}: nanoseconds a byte");
        let place = SeriesLabelPosition::UpperRight;
        plot(&folder.join(file), &title, "bytes a read", place, &chunk_curves(reply))?;
    }
    let title = "LIST at 1460 bytes a read: milliseconds";
    let (file, place) = (folder.join("list-by-mailbox.svg"), SeriesLabelPosition::UpperLeft);
    plot(&file, title, "messages in the mailbox", place, &mailbox_curves())
}

fn chunk_curves(reply: Reply) -> Vec<Curve> {
    let wire = reply.wire();
    let curve = |feed: pop3_proto_benches::rows::Feed| {
        let mut points = Vec::new();
        // Small reads are the slow ones.
        for chunk in CHUNKS.into_iter().rev() {
            let seconds = best(feed, reply, &wire, chunk);
            points.push((chunk as f64, seconds * 1e9 / wire.len() as f64));
            if seconds > LONGEST_SECONDS / 4.0 && feed.starts_again {
                break;
            }
        }
        Curve { name: feed.name, points }
    };
    feeds(reply).into_iter().map(curve).collect()
}

fn mailbox_curves() -> Vec<Curve> {
    let curve = |name: &'static str| {
        let mut points = Vec::new();
        for count in MAILBOXES {
            let reply = Reply::List(count);
            let Some(feed) = feeds(reply).into_iter().find(|feed| feed.name == name) else { break };
            let seconds = best(feed, reply, &reply.wire(), 1460);
            points.push((f64::from(count), seconds * 1e3));
            if seconds > LONGEST_SECONDS / 4.0 && feed.starts_again {
                break;
            }
        }
        Curve { name, points }
    };
    feeds(Reply::List(1)).into_iter().map(|feed| curve(feed.name)).collect()
}

fn plot(
    file: &Path,
    title: &str,
    across: &str,
    legend: SeriesLabelPosition,
    curves: &[Curve],
) -> anyhow::Result<()> {
    let points = || curves.iter().flat_map(|curve| curve.points.iter().copied());
    let (x_min, x_max) = points().fold((f64::MAX, 0.0_f64), |(low, high), (x, _)| (low.min(x), high.max(x)));
    let (y_min, y_max) = points().fold((f64::MAX, 0.0_f64), |(low, high), (_, y)| (low.min(y), high.max(y)));
    let area = SVGBackend::new(file, (760, 440)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .margin_right(40)
        .x_label_area_size(40)
        .y_label_area_size(64)
        .build_cartesian_2d((x_min..x_max).log_scale(), (y_min / 1.5..y_max * 1.5).log_scale())?;
    let plain = |value: &f64| format!("{value}");
    let mut mesh = chart.configure_mesh();
    mesh.x_desc(across).light_line_style(WHITE).x_label_formatter(&plain).y_label_formatter(&plain).draw()?;
    for (nth, curve) in curves.iter().enumerate() {
        let width = if curve.name == OURS { 3 } else { 1 };
        let style = Palette99::pick(nth).stroke_width(width);
        chart
            .draw_series(LineSeries::new(curve.points.iter().copied(), style).point_size(3))?
            .label(curve.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    chart.configure_series_labels().position(legend).background_style(WHITE).border_style(BLACK).draw()?;
    area.present()?;
    Ok(())
}

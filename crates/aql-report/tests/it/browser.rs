//! The page in a real browser: it renders wide and narrow, in light and dark, without errors and
//! without scrolling sideways. Set `AQL_SHOTS` to a folder to keep the pictures.

use std::path::{Path, PathBuf};
use std::process::Command;

use aql_report::Format;

use crate::support::Hunted;

const BROWSERS: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

fn browser() -> Option<&'static str> {
    BROWSERS.into_iter().find(|name| {
        Command::new(name).arg("--version").output().is_ok_and(|out| out.status.success())
    })
}

/// Runs the browser without a window; gives what it printed and what it complained about.
fn run(browser: &str, home: &Path, args: &[String]) -> (String, String) {
    let out = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"])
        .args(["--enable-logging=stderr", "--virtual-time-budget=4000"])
        .arg(format!("--user-data-dir={}", home.display()))
        .args(args)
        .output()
        .expect("the browser starts");
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    (text(&out.stdout), text(&out.stderr))
}

#[test]
fn the_page_renders_in_a_browser() {
    let Some(browser) = browser() else {
        eprintln!("skipped: no Chromium here ({})", BROWSERS.join(", "));
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("report.html");
    std::fs::write(&page, Hunted::bundled().text(Format::Html)).expect("written");
    let shots = std::env::var_os("AQL_SHOTS").map(PathBuf::from);
    let shots = shots.unwrap_or_else(|| folder.path().to_owned());
    let url = format!("file://{}", page.display());
    for (name, width, height) in [("wide", 1400, 2600), ("narrow", 390, 2600)] {
        for scheme in ["light", "dark"] {
            let shot = shots.join(format!("{name}-{scheme}.png"));
            let mut args = vec![
                format!("--window-size={width},{height}"),
                format!("--screenshot={}", shot.display()),
            ];
            if scheme == "dark" {
                args.push("--blink-settings=preferredColorScheme=0".to_owned());
            }
            args.push(url.clone());
            let (_, complaints) = run(browser, folder.path(), &args);
            // The script runs under the page's own policy: a wrong hash would show here.
            for bad in ["CONSOLE", "Refused to", "Uncaught"] {
                let line = complaints.lines().find(|line| line.contains(bad));
                assert!(line.is_none(), "{line:?}");
            }
            let picture = std::fs::read(&shot).expect("a picture");
            assert!(picture.starts_with(b"\x89PNG"));
            assert!(
                picture.len() > 40_000,
                "{name} {scheme}: {} bytes, nothing on it",
                picture.len()
            );
        }
    }
    let (dom, _) = run(browser, folder.path(), &["--dump-dom".to_owned(), url]);
    assert!(!dom.contains("role=\"search\" hidden"), "the script shows the filter");
}

/// A window can be wider than was asked for; a frame is as wide as a phone.
const PHONE: &str =
    "<!doctype html><iframe id=f src=report.html width=390 height=844></iframe><script>
addEventListener('load', () => {
  const page = document.getElementById('f').contentDocument.documentElement;
  document.documentElement.dataset.width = page.scrollWidth;
  document.documentElement.dataset.events = page.querySelectorAll('.event').length;
});
</script>";

#[test]
fn the_page_fits_a_phone_however_long_it_is() {
    let Some(browser) = browser() else {
        eprintln!("skipped: no Chromium here ({})", BROWSERS.join(", "));
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let frame = folder.path().join("phone.html");
    std::fs::write(&frame, PHONE).expect("written");
    for (hunted, least) in [(Hunted::bundled(), 30), (Hunted::ten_thousand(), 10_000)] {
        std::fs::write(folder.path().join("report.html"), hunted.text(Format::Html))
            .expect("written");
        let args = ["--allow-file-access-from-files", "--dump-dom"];
        let mut args: Vec<String> = args.map(str::to_owned).to_vec();
        args.push(format!("file://{}", frame.display()));
        let (dom, _) = run(browser, folder.path(), &args);
        let number = |name: &str| -> usize {
            let (_, rest) = dom.split_once(&format!("data-{name}=\"")).expect("measured");
            rest.split('"').next().and_then(|n| n.parse().ok()).expect("a number")
        };
        assert!(number("width") <= 390, "{} wide: scrolls sideways", number("width"));
        assert!(number("events") >= least, "{} events", number("events"));
    }
}

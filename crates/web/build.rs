//! Lets the assets in: what `make assets` made, each compressed once, under one address that changes with any of them.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use sha2::{Digest, Sha256};

/// Octets of the digest in the address.
const TAG: usize = 8;

#[allow(clippy::disallowed_macros, reason = "this is how a build script speaks to Cargo and to who builds")]
fn main() -> ExitCode {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let dist = here.join("assets/dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    let Err(why) = let_in(&dist, &out) else { return ExitCode::SUCCESS };
    eprintln!("the web pages' assets are not there: {why}. Run `make assets` (what it needs, `make setup` brings)");
    ExitCode::FAILURE
}

fn let_in(dist: &Path, out: &Path) -> Result<(), String> {
    let told = |error: std::io::Error| format!("{}: {error}", dist.display());
    let mut names: Vec<String> = fs::read_dir(dist)
        .map_err(told)?
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .collect();
    names.sort();
    if !names.iter().any(|name| name == "sigillo.css") {
        return Err(format!("{} has no sigillo.css", dist.display()));
    }
    let mut digest = Sha256::new();
    // The last tenth costs ten times the time: worth it in what is released.
    let quality = if env::var("PROFILE").is_ok_and(|profile| profile == "release") { 11 } else { 5 };
    let mut table = String::from("&[\n");
    for name in names {
        let octets = fs::read(dist.join(&name)).map_err(told)?;
        digest.update(name.as_bytes());
        digest.update(Sha256::digest(&octets));
        let mut packed = Vec::new();
        let mut writer = brotli::CompressorWriter::new(&mut packed, 1 << 16, quality, 22);
        writer.write_all(&octets).map_err(told)?;
        drop(writer);
        let (plain, compressed) = (out.join(&name), out.join(format!("{name}.br")));
        fs::write(&plain, &octets).map_err(told)?;
        let worth = packed.len() < octets.len() * 9 / 10;
        fs::write(&compressed, if worth { &packed[..] } else { &[] }).map_err(told)?;
        let _ = writeln!(
            table,
            "    Asset {{ name: {name:?}, plain: include_bytes!({plain:?}), brotli: include_bytes!({compressed:?}) }},"
        );
    }
    table.push(']');
    let tag = hex::encode(&digest.finalize()[..TAG]);
    fs::write(out.join("assets.rs"), table).map_err(told)?;
    fs::write(out.join("tag.rs"), format!("{tag:?}")).map_err(told)
}

//! What the images are made of, and that the bills of materials say so. It needs the images (`make images`), and no cluster.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
    sync::{LazyLock, Mutex, PoisonError},
};

use serde_json::Value;
use upgradegate_e2e::env;

/// Image and package of each program that runs in somebody's cluster.
const PRODUCT: [(&str, &str); 3] =
    [("operator", "upgradegate-operator"), ("cli", "upgradegate-cli"), ("demo-app", "upgradegate-demo-app")];

/// Name and version.
type Crate = (String, String);

/// Standard output of a command that runs at the top of the checkout.
fn stdout(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(env::checkout("")).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Writes the bills of materials, and reads them: image and text.
fn written() -> BTreeMap<String, String> {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let files = stdout("e2e/sbom.sh", &[]);
    let read = |file: &str| {
        let image = file.rsplit('/').next().unwrap().strip_suffix(".cdx.json").unwrap();
        (image.to_owned(), std::fs::read_to_string(env::checkout(file)).unwrap())
    };
    files.lines().map(read).collect()
}

static BILLS: LazyLock<BTreeMap<String, String>> = LazyLock::new(written);

/// The crates that the bill of an image names, with their licences.
fn bill(image: &str) -> BTreeMap<Crate, String> {
    let bill: Value = serde_json::from_str(&BILLS[image]).unwrap();
    let components = bill["components"].as_array().unwrap().iter();
    components
        .map(|component| {
            let licences = component["licenses"].as_array().into_iter().flatten();
            let licences: Vec<_> = licences
                .filter_map(|one| one["expression"].as_str().or_else(|| one.pointer("/license/id")?.as_str()))
                .collect();
            let text = |field: &str| component[field].as_str().unwrap().to_owned();
            ((text("name"), text("version")), licences.join(" AND "))
        })
        .collect()
}

/// The crates that a package is built of, without those that only build it, and without itself.
fn tree(package: &str) -> BTreeSet<Crate> {
    let rustc = stdout("rustc", &["-vV"]);
    let target = rustc.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let all = ["tree", "--package", package, "--edges", "normal", "--prefix", "none", "--format", "{p}"];
    let text = stdout("cargo", &[&all[..], &["--target", target]].concat());
    let crates = text.lines().map(|line| {
        let mut words = line.split(' ');
        (words.next().unwrap().to_owned(), words.next().unwrap().trim_start_matches('v').to_owned())
    });
    crates.filter(|(name, _)| name != package).collect()
}

#[test]
fn a_bill_names_every_crate_with_version_and_licence() {
    for (image, package) in PRODUCT {
        let (bill, tree) = (bill(image), tree(package));
        assert!(tree.len() > 20, "{package}: {tree:?}");
        for one in tree {
            let licence = bill.get(&one).unwrap_or_else(|| panic!("{image}: its bill lacks {one:?}"));
            assert!(!licence.is_empty(), "{image}: its bill names no licence of {one:?}");
        }
    }
}

#[test]
fn a_bill_comes_out_the_same_and_names_no_place_of_this_machine() {
    assert_eq!(*BILLS, written());
    let home = std::env::var("HOME").unwrap();
    for (image, text) in &*BILLS {
        for place in [env::checkout("").canonicalize().unwrap().to_str().unwrap(), &format!("{home}/"), "/tmp/"] {
            assert!(!text.contains(place), "{image}: its bill speaks of {place}");
        }
        assert!(!text.contains("serialNumber"), "{image}");
    }
}

/// What a scanner of images sees, and so what it can warn of.
#[test]
fn an_image_names_its_crates_and_the_bill_has_them_all() {
    let tag = env::image_tag().unwrap();
    for (image, package) in PRODUCT {
        let told = stdout("e2e/crates.sh", &[&tag, &format!("upgradegate/{image}")]);
        let told: Value = serde_json::from_str(&told).unwrap();
        let bill = bill(image);
        let text = |told: &Value, field: &str| told[field].as_str().unwrap().to_owned();
        let crates = told["packages"].as_array().unwrap().iter();
        let crates: BTreeSet<Crate> = crates
            .filter(|one| one["kind"] != "build" && one["name"] != package)
            .map(|one| (text(one, "name"), text(one, "version")))
            .collect();
        assert!(crates.len() > 20, "{image}: {crates:?}");
        let missing: Vec<_> = crates.iter().filter(|one| !bill.contains_key(*one)).collect();
        assert!(missing.is_empty(), "the image {image} has crates that its bill lacks: {missing:?}");
    }
}

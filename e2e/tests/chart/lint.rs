//! The charts as Helm sees them.

use crate::helm::{CHARTS, helms, id};

#[test]
fn every_chart_passes_a_strict_lint() {
    for helm in helms() {
        for (chart, values) in CHARTS {
            let output = helm.run(&["lint", "--strict", "--values=-", chart], values);
            assert!(output.status.success(), "{} lint {chart}: {output:?}", helm.program);
        }
    }
}

#[test]
fn both_helms_render_the_same() {
    let helms = helms();
    for (chart, values) in CHARTS {
        let mut renders = helms.iter().map(|helm| {
            let mut objects = helm.template(chart, values);
            objects.sort_by_key(id);
            objects
        });
        let first = renders.next();
        assert!(renders.all(|render| Some(&render) == first.as_ref()), "{chart}");
    }
}

#[test]
fn the_demo_needs_no_dependency_build() {
    for helm in helms() {
        let output = helm.run(&["dependency", "list", "demo-app"], "");
        let list = String::from_utf8(output.stdout).unwrap();
        let status =
            list.lines().find(|line| line.starts_with("upgrade-gate")).and_then(|line| line.split('\t').next_back());
        assert_eq!(status.map(str::trim), Some("unpacked"), "{list}");
    }
}

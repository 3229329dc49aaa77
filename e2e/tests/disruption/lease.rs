//! The Lease, deleted by somebody: the operator makes it again, and may.

use anyhow::Result;
use k8s_openapi::api::coordination::v1::Lease;
use kube::{Api, ResourceExt, api::DeleteParams};
use upgradegate_crds::Outcome;
use upgradegate_e2e::{is, operator, phases, wait};

use crate::alone;

#[test]
fn a_deleted_lease_is_made_again_and_the_run_goes_on() {
    alone(async |test| -> Result<()> {
        let app = phases::app()?.deploy(test).await?;
        let gate = phases::builder().create(test).await?;
        gate.until(is::open()).await?;
        let leases = Api::<Lease>::namespaced(test.client.clone(), operator::NAMESPACE);
        let old = leases.get(operator::OBJECT).await?.uid();
        leases.delete(operator::OBJECT, &DeleteParams::default()).await?;
        wait::until(&leases, operator::OBJECT, "made again", |lease: Option<&Lease>| {
            lease.is_some_and(|lease| lease.uid() != old)
        })
        .await?;
        app.upgrade("2").await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        Ok(())
    });
}

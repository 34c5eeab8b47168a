//! Raw samples as those of a stack's services, by catalogues.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use swarmlab_catalogue::answer::Labels;
use swarmlab_catalogue::{Catalogues, Context, Identified, LabelSet};
use swarmlab_record::series::Reading;

use super::PastError;
use super::join::Joined;
use crate::remarks::{Remark, Remarks};

/// Labels by which a Swarm and Kubernetes say of which stack a container is.
const STACK_LABELS: [&str; 2] = ["container_label_com_docker_stack_namespace", "namespace"];

/// What was found of a stack.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Tasks that had samples, by service.
    pub tasks: BTreeMap<String, BTreeSet<String>>,
    /// Samples that were handed over.
    pub samples: u64,
    /// What the user should know of the series.
    pub remarks: Vec<Remark>,
    /// Stacks that some series name: where nothing was found, one of these may be meant.
    pub stacks: BTreeSet<String>,
}

/// Hands over the samples of every series that speaks of the stack's services, as [`crate::prometheus`] does of those that
/// come: of several names that say the same of a service the first in the catalogues speaks, and a value that says that
/// there is nothing is no sample.
///
/// # Errors
/// [`PastError`], and whatever the taker says.
pub fn readings<E: From<PastError>>(
    joined: &Joined<'_>,
    catalogues: &Catalogues,
    context: &Context<'_>,
    take: &mut dyn FnMut(&Reading) -> Result<(), E>,
) -> Result<Found, E> {
    let (mut found, mut remarks) = (Found::default(), Remarks::default());
    let mut ours = Vec::new();
    for labels in joined.heads() {
        let labels = labels?;
        found.stacks.extend(STACK_LABELS.iter().filter_map(|l| labels.value(l)).map(str::to_owned));
        match catalogues.identify(&labels, context) {
            Identified::Series(identity) => ours.push(identity),
            Identified::Unnamed { why, who } => remarks.unnamed(why, who),
            Identified::NotOurs => {}
        }
    }
    ours.sort_by_key(|is| catalogues.rank(&is.metric));
    ours.iter().for_each(|is| {
        remarks.speaks(is);
    });
    joined.each::<E>(&mut |labels: &Labels, points| {
        let Identified::Series(identity) = catalogues.identify(labels, context) else { return Ok(()) };
        if !remarks.speaks(&identity) {
            return Ok(());
        }
        let told = points.iter().filter(|p| !catalogues.is_absent(&identity.metric, p.value));
        let told: Vec<_> = told.copied().collect();
        if !told.is_empty() {
            found.tasks.entry(identity.service.clone()).or_default().insert(identity.task.clone());
        }
        let series = Arc::new(identity);
        for point in told {
            found.samples += 1;
            let t_unix_s = point.t_ms as f64 / 1e3;
            take(&Reading { series: Arc::clone(&series), t_unix_s, value: point.value })?;
        }
        Ok(())
    })?;
    found.remarks = remarks.take();
    Ok(found)
}

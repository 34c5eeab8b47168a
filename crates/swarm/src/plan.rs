//! What `up` would do with a stack, object by object: nothing is changed.

mod difference;

pub use difference::Difference;

use crate::connect::Engine;
use crate::create::labelled_spec;
use crate::error::{ObjectKind, ObjectRef, SwarmError};
use crate::listing::Labelled;
use crate::ports::clashes_of;
use crate::prune::orphans;
use crate::up::{check_existing, check_fronts};
use bollard::query_parameters::ListNetworksOptions;
use difference::{Names, differences};
use serde::Serialize;
use serde_json::Value;
use swarmlab_stackfile::{ServicePlan, StackSpecs};

/// What would become of the objects of a stack.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UpPlan {
    /// The stack's name.
    pub stack: String,
    /// True if nothing of it is there, so that `up` does it without being asked for an update.
    pub new: bool,
    /// Networks, configs, secrets, services, each in the order of the file; then what is there and not in it.
    pub objects: Vec<Planned>,
    /// Why `up` would refuse it, a sentence each; as far as can be seen without trying.
    pub refused: Vec<String>,
}

/// One object and what would become of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Planned {
    /// Which.
    #[serde(flatten)]
    pub object: ObjectRef,
    /// What.
    #[serde(flatten)]
    pub change: Change,
}

/// What would become of an object.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// It is not there, and would be.
    Create,
    /// It is there and would be changed in place.
    Update {
        /// In what, by path.
        differences: Vec<Difference>,
    },
    /// It is there and stays as it is.
    Keep,
    /// It is somebody else's and has to be there.
    External,
    /// It is there, the file does not have it, and it would be removed.
    Remove,
    /// It is there, the file does not have it, and it would stay.
    Leave,
}

/// Compares a stack with what is there of it. `prune` and `adopt` as of `up --update`.
///
/// # Errors
/// A stack of somebody else's that is not to be adopted; the engine's own.
pub async fn plan_up(
    engine: &Engine,
    specs: &StackSpecs,
    prune: bool,
    adopt: bool,
) -> Result<UpPlan, SwarmError> {
    let present = engine.labelled(Some(&specs.name)).await?;
    check_existing(&specs.name, &present, true, adopt)?;
    let mut names = names(engine).await?;
    names.extend(present.iter().map(|found| (found.id.clone(), found.object.name.clone())));
    let mut objects = Vec::new();
    // What is there of these is never changed: a network stays as it is, a config of another content has another name.
    let fixed = specs
        .networks
        .iter()
        .map(|n| (ObjectKind::Network, &n.full, n.external))
        .chain(specs.configs.iter().map(|c| (ObjectKind::Config, &c.full, c.external)))
        .chain(specs.secrets.iter().map(|s| (ObjectKind::Secret, &s.full, s.external)));
    for (kind, full, external) in fixed {
        let change = match find(&present, kind, full) {
            _ if external => Change::External,
            Some(_) => Change::Keep,
            None => Change::Create,
        };
        objects.push(planned(kind, full, change));
    }
    for plan in &specs.services {
        let change = match find(&present, ObjectKind::Service, &plan.full) {
            Some(found) => compared(engine, specs, plan, &found.id, &mut names).await?,
            None => Change::Create,
        };
        objects.push(planned(ObjectKind::Service, &plan.full, change));
    }
    let doomed: Vec<&ObjectRef> = orphans(specs, &present, prune).map(|found| &found.object).collect();
    for found in &present {
        let is_named = objects.iter().any(|planned| planned.object == found.object);
        if !is_named && found.object.kind != ObjectKind::Volume {
            let change = if doomed.contains(&&found.object) { Change::Remove } else { Change::Leave };
            objects.push(Planned { object: found.object.clone(), change });
        }
    }
    let new = !present.iter().any(|found| found.object.kind != ObjectKind::Volume);
    let clashes = clashes_of(engine, specs).await?;
    let stay = check_fronts(specs, &present, prune).err().map(|error| format!("{error} ({})", error.help()));
    let refused = clashes.iter().map(ToString::to_string).chain(stay).collect();
    Ok(UpPlan { stack: specs.name.clone(), new, objects, refused })
}

fn find<'a>(present: &'a [Labelled], kind: ObjectKind, full: &str) -> Option<&'a Labelled> {
    present.iter().find(|found| found.object.kind == kind && found.object.name == full)
}

fn planned(kind: ObjectKind, full: &str, change: Change) -> Planned {
    Planned { object: ObjectRef { kind, name: full.to_owned() }, change }
}

async fn compared(
    engine: &Engine,
    specs: &StackSpecs,
    plan: &ServicePlan,
    id: &str,
    names: &mut Names,
) -> Result<Change, SwarmError> {
    let now = engine.read_service(id).await;
    let now = now.map_err(|error| engine.fail(format!("inspect service {}", plan.full), error))?;
    let then =
        serde_json::to_value(labelled_spec(plan, &specs.name)).map_err(|error| SwarmError::Engine {
            doing: format!("write down service {}", plan.full),
            status: None,
            message: error.to_string(),
        })?;
    let now = now.get("Spec").unwrap_or(&Value::Null);
    // Networks that every node has by itself are in no list of the Swarm's.
    for network in now.pointer("/TaskTemplate/Networks").and_then(Value::as_array).into_iter().flatten() {
        let Some(id) = network.get("Target").and_then(Value::as_str) else { continue };
        if !names.contains_key(id)
            && let Ok(found) = engine.docker().inspect_network(id, None).await
            && let Some(name) = found.name
        {
            names.insert(id.to_owned(), name);
        }
    }
    let differences = differences(now, &then, names);
    Ok(if differences.is_empty() { Change::Keep } else { Change::Update { differences } })
}

/// The names of networks: specifications that are stored have ids.
async fn names(engine: &Engine) -> Result<Names, SwarmError> {
    let networks = engine.docker().list_networks(None::<ListNetworksOptions>).await;
    let networks = networks.map_err(|error| engine.fail("list networks", error))?;
    Ok(networks.into_iter().filter_map(|network| Some((network.id?, network.name?))).collect())
}

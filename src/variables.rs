//! Variables of a stack file: the environment first, then what this machine's engine suggests (locally built
//! images, its socket).

use std::collections::BTreeMap;

use swarmlab_swarm::Engine;

/// Answers to `${VARIABLE}`.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    suggested: BTreeMap<String, String>,
}

impl Answers {
    /// The environment's answer, else the suggestion.
    pub fn answer(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().or_else(|| self.suggested.get(name).cloned())
    }

    /// What was suggested beyond the environment.
    pub fn suggested(&self) -> &BTreeMap<String, String> {
        &self.suggested
    }
}

/// Suggestions of an engine. Images that were built here (`swarmlab images build`) are taken instead of upstream's.
pub async fn for_engine(engine: &Engine) -> Answers {
    let mut suggested = match swarmlab_images::list(engine.docker()).await {
        Ok(images) => swarmlab_images::stack_variables(&images, swarmlab_images::DEFAULT_TAG),
        Err(e) => {
            tracing::warn!("images could not be listed: {e}");
            BTreeMap::new()
        }
    };
    if let Some(socket) = engine.info().address.strip_prefix("unix://") {
        suggested.insert("DOCKER_SOCKET".to_owned(), socket.to_owned());
    }
    match engine.docker().info().await {
        Ok(info) => suggested.extend(info.docker_root_dir.map(|dir| ("DOCKER_DATA_ROOT".to_owned(), dir))),
        Err(e) => tracing::warn!("the engine's data folder is unknown: {e}"),
    }
    Answers { suggested }
}

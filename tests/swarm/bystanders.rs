//! What stands beside a run and must not be touched.

use bollard::models::ContainerCreateBody;
use bollard::query_parameters as q;

use crate::engine::{docker, engine, runtime};

/// A container and a stack that are none of the run's business.
pub struct Bystanders {
    container: String,
    folder: tempfile::TempDir,
}

impl Bystanders {
    const STACK: &'static str = "bystander";

    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bystander.yml");
        std::fs::write(
            &file,
            "services:\n  other:\n    image: swarmlab/demo:local\n    command: [ms-other]\n    environment: { DEMO_TOKEN_SECRET: x, DEMO_LISTEN: \"127.0.0.1:5002\" }\n    deploy: { endpoint_mode: dnsrr }\n",
        )
        .unwrap();
        let specs = {
            let stack = swarmlab_stackfile::load_file(&file, &|_| None).unwrap();
            swarmlab_stackfile::specs(&stack, Self::STACK).unwrap()
        };
        let container = runtime().block_on(async {
            let engine = swarmlab_swarm::connect(Some(&engine())).await.unwrap();
            swarmlab_swarm::up(&engine, &specs, &swarmlab_swarm::UpOptions::default(), &mut |_| {})
                .await
                .unwrap();
            let d = docker();
            let config = ContainerCreateBody {
                image: Some("swarmlab/demo:local".to_owned()),
                cmd: Some(vec!["ms-other".to_owned()]),
                env: Some(vec!["DEMO_TOKEN_SECRET=x".to_owned()]),
                ..Default::default()
            };
            let created = d.create_container(None::<q::CreateContainerOptions>, config).await.unwrap();
            d.start_container(&created.id, None::<q::StartContainerOptions>).await.unwrap();
            created.id
        });
        Self { container, folder }
    }

    pub fn assert_untouched(&self) {
        let running = runtime().block_on(async {
            docker()
                .inspect_container(&self.container, None::<q::InspectContainerOptions>)
                .await
                .unwrap()
                .state
                .unwrap()
                .running
        });
        assert_eq!(running, Some(true), "a container beside the Swarm was touched");
        let stack = runtime().block_on(async {
            let engine = swarmlab_swarm::connect(Some(&engine())).await.unwrap();
            swarmlab_swarm::status(&engine, Self::STACK).await.unwrap()
        });
        assert!(stack.is_up(), "another stack was touched: {stack:?}");
        assert!(self.folder.path().exists());
    }
}

impl Drop for Bystanders {
    fn drop(&mut self) {
        runtime().block_on(async {
            let force = q::RemoveContainerOptions { force: true, ..Default::default() };
            let _ = docker().remove_container(&self.container, Some(force)).await;
            if let Ok(engine) = swarmlab_swarm::connect(Some(&engine())).await {
                let _ = swarmlab_swarm::down(
                    &engine,
                    Self::STACK,
                    &swarmlab_swarm::DownOptions::default(),
                    &mut |_| {},
                )
                .await;
            }
        });
    }
}

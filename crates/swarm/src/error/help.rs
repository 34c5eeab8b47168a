//! What to do about each error.

use super::SwarmError;

impl SwarmError {
    /// What the user can do about it.
    pub fn help(&self) -> String {
        match self {
            Self::NoEngine { .. } => {
                "start the engine (systemctl start docker), or name another address with \
                 --engine or DOCKER_HOST (unix:///path/docker.sock, tcp://host:2375)"
                    .into()
            }
            Self::PermissionDenied { .. } => {
                "run as root, or join the socket's group (usermod -aG docker $USER) \
                 and log in again"
                    .into()
            }
            Self::Host(error) => error.help().into(),
            Self::NotSwarm { .. } => "make it a Swarm of one node: docker swarm init".into(),
            Self::NotManager { managers, .. } if managers.is_empty() => {
                "talk to a manager: set DOCKER_HOST to its address".into()
            }
            Self::NotManager { managers, .. } => {
                format!("talk to a manager ({}): set DOCKER_HOST to its address", managers.join(", "))
            }
            Self::SwarmLocked { .. } => "unlock it: docker swarm unlock".into(),
            Self::SwarmNotReady { .. } => {
                "see docker info and docker node ls; a majority of the managers must \
                 be reachable"
                    .into()
            }
            Self::StackExists { stack, .. } => {
                format!(
                    "change it in place (swarmlab up FILE --update), remove it (swarmlab down {stack}), or choose another \
                     name (--name)"
                )
            }
            Self::FrontsStay { stack, .. } => {
                format!(
                    "weave them in again (--observe, or the flags of then), take them out (--prune), or begin anew (swarmlab \
                     down {stack})"
                )
            }
            Self::ForeignStack { stack } => {
                format!(
                    "choose another name, take it over all the same (--adopt), or remove it with what deployed it \
                     (docker stack rm {stack})"
                )
            }
            Self::NoSuchStack { .. } | Self::NoSuchService { .. } => "check the spelling".into(),
            Self::NotScalable { .. } => "give it `deploy.mode: replicated` in the stack file".into(),
            Self::TooMany { forced: true, .. } => "ask for fewer".into(),
            Self::TooMany { .. } => "ask for fewer, or insist with --force, which `swarmlab up` and `swarmlab scale` take (`swarmlab run` does not)".into(),
            Self::ScaledTwice { .. } => "name each service once".into(),
            Self::NameTaken { object } => {
                format!("choose another stack name, or remove it: docker {} rm {}", object.kind, object.name)
            }
            Self::ExternalMissing { object } => {
                format!("create it (docker {} create …), or drop `external` in the stack file", object.kind)
            }
            Self::ImagesMissing { .. } => {
                "build what the sample stack needs: swarmlab images build; pull or build others yourself"
                    .into()
            }
            Self::PortTaken { .. } => {
                "stop what holds the port, or publish another one in the stack file: each line names the \
                                       command that deals with its holder"
                    .into()
            }
            Self::NotConverged(_) => "the lines above say for each service why".into(),
            Self::Contention { .. } => {
                "find out what else updates the service (an autoscaler?), then try again".into()
            }
            Self::DownTimeout { stack, .. } => {
                format!("give it more time: swarmlab down {stack}; see what holds on: docker ps")
            }
            Self::Interrupted { .. } => "what was created has been removed, unless it was to be kept".into(),
            Self::NotCleaned { stack, cause, .. } => {
                format!("{}; then remove what is left: swarmlab down {stack}", cause.help())
            }
            Self::Engine { .. } => "the engine's own log may say more (journalctl -u docker)".into(),
        }
    }
}

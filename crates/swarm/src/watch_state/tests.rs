use super::*;
use crate::judge::tests::{service, task};
use TaskState::{Running, Shutdown, Starting};

fn replicas(events: &[WatchEvent]) -> Vec<(f64, u64, u64, u64)> {
    let of = |event: &WatchEvent| match event {
        WatchEvent::Replicas(r) => Some((r.t_unix_s, r.desired, r.running, r.healthy)),
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

fn at(t: f64, task: TaskView) -> TaskView {
    TaskView { state_t_unix_s: Some(t), changed_t_unix_s: Some(t + 0.1), ..task }
}

/// A watch that began with one replica running.
fn begun() -> WatchState {
    let mut state = WatchState::new("lab");
    let events = state.look(
        vec![service(ServiceMode::Replicated(1))],
        vec![at(100.0, task("a", Running, Running))],
        110.0,
    );
    assert_eq!(replicas(&events), [(110.0, 1, 1, 1)]);
    state
}

#[test]
fn changes_carry_the_engines_times_not_those_of_the_look() {
    let mut state = begun();
    let scaled = EngineEventKind::Scaled { service_id: "s".into(), replicas: 3 };
    assert_eq!(replicas(&state.event(EngineEvent { t_unix_s: 120.0, what: scaled })), [(120.0, 3, 1, 1)]);
    let tasks = vec![
        at(100.0, task("a", Running, Running)),
        at(121.5, task("b", Running, Running)),
        at(121.2, task("c", Running, Running)),
    ];
    let events = state.look(vec![service(ServiceMode::Replicated(3))], tasks.clone(), 122.0);
    assert_eq!(replicas(&events), [(121.2, 3, 2, 2), (121.5, 3, 3, 3)]);
    assert!(state.look(vec![service(ServiceMode::Replicated(3))], tasks, 122.5).is_empty());
}

#[test]
fn a_task_told_to_end_no_longer_serves_but_runs_until_it_has_died() {
    let mut state = begun();
    let mut leaving = at(100.0, task("a", Running, Shutdown));
    leaving.changed_t_unix_s = Some(130.0);
    let events = state.look(vec![service(ServiceMode::Replicated(1))], vec![leaving], 130.3);
    assert_eq!(replicas(&events), [(130.0, 1, 1, 0)]);
    let told = |t: &TaskEvent| t.phase == TaskPhase::ToEnd && t.desired == Some(Shutdown);
    assert!(events.iter().any(|e| matches!(e, WatchEvent::Task(t) if told(t))));
}

#[test]
fn a_task_that_vanished_went_when_its_container_died() {
    let mut state = begun();
    let died = EngineEventKind::Container {
        service_id: "s".into(),
        task_id: "a".into(),
        container_id: "c-a".into(),
        phase: TaskPhase::ContainerDied { exit_code: Some(0) },
    };
    assert_eq!(replicas(&state.event(EngineEvent { t_unix_s: 140.0, what: died })), [(140.0, 1, 0, 0)]);
    let events = state.look(vec![service(ServiceMode::Replicated(1))], vec![], 140.4);
    assert!(replicas(&events).is_empty());
}

#[test]
fn a_container_runs_from_its_start_and_is_healthy_later() {
    let mut state = begun();
    state.event(EngineEvent {
        t_unix_s: 119.0,
        what: EngineEventKind::Scaled { service_id: "s".into(), replicas: 2 },
    });
    let container = |t_unix_s, phase| EngineEvent {
        t_unix_s,
        what: EngineEventKind::Container {
            service_id: "s".into(),
            task_id: "b".into(),
            container_id: "c-b".into(),
            phase,
        },
    };
    // Told by the engine before the Swarm tells of the task.
    let events = state.event(container(120.0, TaskPhase::ContainerStarted));
    assert_eq!(replicas(&events), [(120.0, 2, 2, 1)]);
    let both =
        |state_of_b| vec![at(100.0, task("a", Running, Running)), at(120.5, task("b", state_of_b, Running))];
    let two = || vec![service(ServiceMode::Replicated(2))];
    assert_eq!(replicas(&state.look(two(), both(Starting), 121.0)), []);
    // With a health check the Swarm calls it running once it is healthy.
    let mut healthy = both(Running);
    healthy[1] = at(126.0, task("b", Running, Running));
    assert_eq!(replicas(&state.look(two(), healthy, 126.2)), [(126.0, 2, 2, 2)]);
    let events = state.event(container(130.0, TaskPhase::ContainerDied { exit_code: Some(1) }));
    assert_eq!(replicas(&events), [(130.0, 2, 1, 1)]);
}

#[test]
fn health_changes_healthy_alone() {
    let mut state = begun();
    let health = |health| EngineEventKind::Container {
        service_id: "s".into(),
        task_id: "a".into(),
        container_id: "c-a".into(),
        phase: TaskPhase::ContainerHealth(health),
    };
    let events = state.event(EngineEvent { t_unix_s: 150.0, what: health(Health::Unhealthy) });
    assert_eq!(replicas(&events), [(150.0, 1, 1, 0)]);
    let events = state.event(EngineEvent { t_unix_s: 151.0, what: health(Health::Healthy) });
    assert_eq!(replicas(&events), [(151.0, 1, 1, 1)]);
}

#[test]
fn a_health_check_is_the_services_or_its_images() {
    let checked = |events: &[WatchEvent]| {
        let of = |event: &WatchEvent| match event {
            WatchEvent::Replicas(r) => Some(r.health_checked),
            _ => None,
        };
        events.iter().filter_map(of).collect::<Vec<_>>()
    };
    let running = || vec![at(100.0, task("a", Running, Running))];
    let mut state = WatchState::new("lab");
    let one = || service(ServiceMode::Replicated(1));
    assert_eq!(checked(&state.look(vec![one()], running(), 110.0)), [false]);
    // Its image's check is seen at its container.
    let health = HashMap::from([("c-a".to_owned(), Health::Healthy)]);
    assert_eq!(checked(&state.learn_health(health, 111.0)), [true]);
    let mut state = WatchState::new("lab");
    let specified = ServiceView { health_check: true, ..one() };
    assert_eq!(checked(&state.look(vec![specified], running(), 110.0)), [true]);
}

#[test]
fn late_knowledge_does_not_turn_time_back() {
    let mut state = begun();
    let scaled = EngineEventKind::Scaled { service_id: "s".into(), replicas: 2 };
    state.event(EngineEvent { t_unix_s: 160.0, what: scaled });
    let tasks = vec![at(100.0, task("a", Running, Running)), at(159.0, task("b", Running, Running))];
    let events = state.look(vec![service(ServiceMode::Replicated(2))], tasks, 160.2);
    assert_eq!(replicas(&events), [(160.0, 2, 2, 2)]);
}

#[test]
fn a_removed_service_is_told_down_to_zero_and_then_forgotten() {
    let mut state = begun();
    let what = EngineEventKind::ServiceRemoved { service_id: "s".into() };
    assert_eq!(replicas(&state.event(EngineEvent { t_unix_s: 170.0, what })), [(170.0, 0, 1, 1)]);
    let events = state.look(vec![], vec![], 171.0);
    assert_eq!(replicas(&events), [(171.0, 0, 0, 0)]);
    assert!(state.services.is_empty());
}

#[test]
fn a_service_that_comes_later_is_told_from_its_creation_on() {
    let mut state = WatchState::new("lab");
    assert!(state.look(vec![], vec![], 90.0).is_empty());
    let starting = vec![at(101.0, task("a", Starting, Running))];
    let events = state.look(vec![service(ServiceMode::Replicated(1))], starting, 102.0);
    assert_eq!(replicas(&events), [(100.0, 1, 0, 0)]);
}

//! A stack that is there is changed, not made anew.

use crate::support::*;
use swarmlab_stackfile::StackSpecs;
use swarmlab_swarm::*;

fn with_config(name: &str, content: &str) -> StackSpecs {
    let mut specs = stack(name);
    specs.networks.push(network(name, "net"));
    specs.configs.push(blob(name, "conf", content));
    let mut web = service(name, "web", &format!("[ \"$(cat /conf)\" = '{content}' ] || exit 7; {IDLE}"));
    let file = bollard::models::TaskSpecContainerSpecFile1 {
        name: Some("/conf".into()),
        uid: Some("0".into()),
        gid: Some("0".into()),
        mode: Some(0o444),
    };
    container(&mut web).configs = Some(vec![bollard::models::TaskSpecContainerSpecConfigs {
        config_name: Some(specs.configs[0].full.clone()),
        file: Some(file),
        ..Default::default()
    }]);
    specs.services.push(web);
    specs
}

fn sign(change: &Change) -> char {
    match change {
        Change::Create => '+',
        Change::Update { .. } => '~',
        Change::Remove => '-',
        Change::Keep | Change::External | Change::Leave => '=',
    }
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn an_update_replaces_what_changed_and_prunes_what_is_outdated() {
    let engine = engine().await;
    let name = "t-update";
    let mut first = with_config(name, "one");
    first.services.push(service(name, "old", IDLE));
    quick_up(&engine, &first).await.unwrap();

    // What has just been made has no difference, whatever the engine has filled in.
    let same = plan_up(&engine, &first, true, false).await.unwrap();
    assert!(!same.new && same.objects.iter().all(|o| o.change == Change::Keep), "{same:?}");
    assert_eq!(same.objects.len(), 4);

    let mut second = with_config(name, "two");
    second.services.push(service(name, "new", IDLE));
    let plan = plan_up(&engine, &second, false, false).await.unwrap();
    let said: Vec<String> =
        plan.objects.iter().map(|o| format!("{} {}", sign(&o.change), o.object)).collect();
    assert_eq!(
        said,
        [
            "= network t-update_net".to_owned(),
            format!("+ config {}", second.configs[0].full),
            "~ service t-update_web".to_owned(),
            "+ service t-update_new".to_owned(),
            "= service t-update_old".to_owned(),
            format!("= config {}", first.configs[0].full),
        ]
    );
    let web = plan.objects.iter().find(|o| o.object.name == "t-update_web").unwrap();
    let Change::Update { differences } = &web.change else { panic!("{web:?}") };
    let paths: Vec<&str> = differences.iter().map(|d| d.path.as_str()).collect();
    assert_eq!(
        paths,
        ["TaskTemplate.ContainerSpec.Command[2]", "TaskTemplate.ContainerSpec.Configs[0].ConfigName"]
    );
    let update = UpOptions { wait_s: 20.0, stable_s: 0.0, update: true, ..Default::default() };
    let report = up(&engine, &second, &update, &mut |_| {}).await.unwrap();
    let names = |objects: &[ObjectRef]| objects.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&report.updated), ["service t-update_web"]);
    assert_eq!(
        names(&report.created),
        ["service t-update_new".to_string(), format!("config {}", second.configs[0].full)]
    );
    // The service that the new file lacks may need the old config still, so both stay ...
    assert_eq!(names(&report.removed), Vec::<String>::new());
    let services = status(&engine, name).await.unwrap().services;
    assert_eq!(services.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["new", "old", "web"]);

    // ... until they are to be pruned.
    let plan = plan_up(&engine, &second, true, false).await.unwrap();
    let doomed = plan.objects.iter().filter(|o| o.change == Change::Remove).map(|o| o.object.to_string());
    assert_eq!(
        doomed.collect::<Vec<_>>(),
        ["service t-update_old".to_owned(), format!("config {}", first.configs[0].full)]
    );
    let prune = UpOptions { prune: true, ..update };
    let report = up(&engine, &second, &prune, &mut |_| {}).await.unwrap();
    let removed = names(&report.removed);
    assert_eq!(removed, ["service t-update_old".to_string(), format!("config {}", first.configs[0].full)]);
    assert!(status(&engine, name).await.unwrap().is_up());
    quick_down(&engine, name).await.unwrap();
    assert_eq!(remains(&engine, name).await, Vec::<String>::new());
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn an_update_that_fails_removes_only_what_it_created() {
    let engine = engine().await;
    let name = "t-upfail";
    let mut specs = stack(name);
    specs.networks.push(network(name, "net"));
    specs.services.push(service(name, "web", IDLE));
    quick_up(&engine, &specs).await.unwrap();
    specs.services.push(service(name, "bad", "exit 1"));
    let update = UpOptions { wait_s: 2.0, stable_s: 0.5, update: true, ..Default::default() };
    let error = up(&engine, &specs, &update, &mut |_| {}).await.unwrap_err();
    assert_eq!(error.code().name(), "not-converged", "{error}");
    let seen = status(&engine, name).await.unwrap();
    assert_eq!(seen.services.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["web"]);
    assert!(seen.is_up() && seen.networks == ["t-upfail_net"]);
    quick_down(&engine, name).await.unwrap();
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn limits_are_set_and_tasks_restarted_with_everything_else_kept() {
    let engine = engine().await;
    let name = "t-change";
    let mut specs = stack(name);
    specs.networks.push(network(name, "net"));
    specs.services.push(service(name, "web", IDLE).with_health("true"));
    quick_up(&engine, &specs).await.unwrap();
    let cancel = CancellationToken::new();
    let half = ServiceChange::Limits { nano_cpus: Some(500_000_000), memory_bytes: Some(64 << 20) };
    assert!(change(&engine, name, "web", half).await.unwrap());
    settled(&engine, name, "web", Settle::Updated, 30.0, &cancel).await.unwrap();
    assert!(!change(&engine, name, "web", half).await.unwrap(), "it is so already");
    let seen = engine.docker().inspect_service("t-change_web", None).await.unwrap();
    let template = seen.spec.unwrap().task_template.unwrap();
    let limits = template.resources.unwrap().limits.unwrap();
    assert_eq!((limits.nano_cpus, limits.memory_bytes), (Some(500_000_000), Some(64 << 20)));
    assert!(change(&engine, name, "web", ServiceChange::Restart).await.unwrap());
    settled(&engine, name, "web", Settle::Updated, 30.0, &cancel).await.unwrap();
    assert!(status(&engine, name).await.unwrap().is_up());
    let missing = change(&engine, name, "wep", ServiceChange::Restart).await.unwrap_err();
    assert_eq!(missing.code().name(), "no-such-service");
    quick_down(&engine, name).await.unwrap();
    assert_eq!(remains(&engine, name).await, Vec::<String>::new());
}

/// With `order: start-first` the new task runs while the old one, with its old limits, still does.
#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn limits_are_in_force_when_the_tasks_without_them_are_gone() {
    let engine = engine().await;
    let name = "t-first";
    let mut specs = stack(name);
    let mut slow = service(name, "web", "trap 'sleep 3; exit 0' TERM; while :; do sleep 0.1; done");
    slow.spec.update_config = Some(bollard::models::ServiceSpecUpdateConfig {
        order: Some(bollard::models::ServiceSpecUpdateConfigOrderEnum::START_FIRST),
        ..Default::default()
    });
    specs.services.push(slow);
    quick_up(&engine, &specs).await.unwrap();
    let less = ServiceChange::Limits { nano_cpus: None, memory_bytes: Some(64 << 20) };
    assert!(change(&engine, name, "web", less).await.unwrap());
    settled(&engine, name, "web", Settle::Updated, 30.0, &CancellationToken::new()).await.unwrap();
    let running = engine.docker().list_containers(None).await.unwrap();
    let of_stack = |c: &bollard::models::ContainerSummary| {
        c.names.iter().flatten().any(|n| n.starts_with(&format!("/{name}_")))
    };
    assert_eq!(running.iter().filter(|c| of_stack(c)).count(), 1);
    quick_down(&engine, name).await.unwrap();
}

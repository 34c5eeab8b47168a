//! Classes of users and their tasks.

use swarmlab_codes as codes;
use swarmlab_loadgen::{Step, Task, UserClass, Wait};
use swarmlab_yaml::{MapReader, Value};

use super::{redirects, step, wait};

/// What holds where nothing else is said.
#[derive(Debug, Clone, Default)]
pub(super) struct Defaults {
    wait: Wait,
    cookies: bool,
    target: Option<String>,
    redirects: Option<u32>,
}

impl Defaults {
    pub fn read(map: &MapReader<'_>, outer: &Self) -> Self {
        Self {
            wait: map.or("wait", outer.wait, wait::read),
            cookies: map.or("cookies", outer.cookies, Value::bool),
            target: map.optional("target", Value::name).or_else(|| outer.target.clone()),
            redirects: map.optional("redirects", redirects::read).or(outer.redirects),
        }
    }
}

pub(super) fn read(value: &Value<'_>, outer: &Defaults) -> Option<UserClass> {
    let map = value.mapping()?;
    let name = map.required("name", Value::name);
    let weight_of = map.or("weight", 1.0, weight);
    let defaults = Defaults::read(&map, outer);
    let class = body(&map, name.unwrap_or_default(), weight_of, defaults);
    map.finish();
    class
}

/// What a class and a file with a single class have in common.
pub(super) fn body(map: &MapReader<'_>, name: String, weight: f64, defaults: Defaults) -> Option<UserClass> {
    let target = &defaults.target;
    let steps = |v: &Value<'_>| v.list(|v| step::read(v, target));
    let on_start = map.or("on_start", Vec::new(), steps);
    let on_stop = map.or("on_stop", Vec::new(), steps);
    let tasks = match (map.get("steps").filter(|v| !v.is_null()), map.get("tasks").filter(|v| !v.is_null())) {
        (Some(list), None) => steps(&list).map(|steps| vec![Task::new(&name, steps)]),
        (None, Some(list)) => {
            let items = list.items()?;
            let read: Vec<_> = items.iter().enumerate().map(|(i, v)| task(v, i, target)).collect();
            read.into_iter().collect()
        }
        (None, None) => map.required("steps", steps).map(|_| Vec::new()),
        (Some(_), Some(tasks)) => {
            tasks.fail(
                codes::BAD_VALUE,
                format!("{} stands beside `steps`", tasks.path()),
                "either `tasks`, or `steps` for a single task",
            );
            None
        }
    };
    let Defaults { wait, cookies, redirects, .. } = defaults;
    let mut class = UserClass { name, weight, on_start, tasks: tasks?, on_stop, wait, cookies };
    if let Some(most) = redirects {
        class.follow_redirects(most);
    }
    Some(class)
}

/// A task with `steps`, or a single step with a weight.
fn task(value: &Value<'_>, index: usize, target: &Option<String>) -> Option<Task> {
    let map = value.mapping()?;
    let weight = map.or("weight", 1.0, weight);
    let (name, steps): (_, Option<Vec<Step>>) = match map.get("steps").filter(|v| !v.is_null()) {
        Some(list) => {
            let name = map.or("name", format!("task {}", index + 1), Value::name);
            let target = map.optional("target", Value::name).or_else(|| target.clone());
            (name, list.list(|v| step::read(v, &target)))
        }
        None => {
            let step = step::body(&map, target);
            (step.as_ref().map(|step| step.name.clone()).unwrap_or_default(), step.map(|step| vec![step]))
        }
    };
    map.finish();
    Some(Task { name, weight, steps: steps? })
}

/// A share relative to others.
pub(super) fn weight(value: &Value<'_>) -> Option<f64> {
    value.float(1e-6..=1e9)
}

#![allow(clippy::unwrap_used)]
use super::*;
use crate::{Bounds, seam};

fn specs() -> StackSpecs {
    let text = "services:\n  web:\n    image: i\n    deploy: { replicas: 2 }\n";
    let nothing = |_: &std::path::Path| Err(std::io::ErrorKind::NotFound.into());
    let stack = swarmlab_stackfile::load(text, std::path::Path::new("t.yml"), &|_| None, &nothing).unwrap();
    swarmlab_stackfile::specs(&stack, "t").unwrap()
}

const MS: Duration = Duration::from_millis(1);

async fn up(script: Script) -> (Box<dyn Testbed>, Calls) {
    let beds = ScriptedBeds::new(script);
    let calls = beds.calls();
    (beds.up(&specs(), &CancellationToken::new(), &mut |_| {}).await.unwrap(), calls)
}

fn scale(replicas: u64) -> Action {
    Action::Scale { service: "web".into(), replicas }
}

#[tokio::test]
async fn a_script_is_followed_and_what_was_asked_is_noted() {
    let script = Script::new()
        .at(10 * MS, News::Died("web".into(), "web.1".into()))
        .at(20 * MS, News::Warning("web.1 ended by itself".into()))
        .answers(Answer::Done(5 * MS, 10 * MS));
    let (bed, calls) = up(script).await;
    let (out, mut news) = seam::channel();
    bed.observe(out, CancellationToken::new()).unwrap();
    let found = news.recv().await;
    assert!(matches!(found, Some(Observation::Replicas(r)) if (r.desired, r.healthy) == (2, 2)));
    let done = bed.act(scale(3), CancellationToken::new()).await.unwrap();
    assert!(
        done.changed && done.asked_unix_s < done.accepted_unix_s && done.accepted_unix_s < done.done_unix_s
    );
    assert!(!bed.act(scale(3), CancellationToken::new()).await.unwrap().changed);
    let (mut counts, mut died, mut warned) = (Vec::new(), false, false);
    while counts.len() < 2 || !warned {
        match news.recv().await.unwrap() {
            Observation::Replicas(r) => counts.push((r.desired, r.healthy)),
            Observation::Task(life) => died = life.died_unix_s.is_some(),
            Observation::Warning(_) => warned = true,
            _ => {}
        }
    }
    assert_eq!((counts, died), (vec![(3, 2), (3, 3)], true));
    bed.down(&mut |_| {}).await.unwrap();
    let asked: Vec<Call> = calls.all().into_iter().map(|(_, call)| call).collect();
    assert_eq!(asked, [Call::Up, Call::Observe, Call::Act(scale(3)), Call::Act(scale(3)), Call::Down]);
    assert!(matches!(bed.act(scale(1), CancellationToken::new()).await, Err(TestbedError::GoingDown { .. })));
}

#[tokio::test]
async fn an_action_that_is_never_in_force_ends_with_what_is_known() {
    let bounds = Bounds { timeout: 50 * MS, ..Bounds::default() };
    let (bed, _) = up(Script::new().bounds(bounds).then_answers(Answer::Stuck(MS))).await;
    let error = bed.act(scale(4), CancellationToken::new()).await.unwrap_err();
    assert!(matches!(error, TestbedError::ActTimeout { accepted_unix_s: Some(_), .. }), "{error}");
    let error = bed.act(scale(101), CancellationToken::new()).await.unwrap_err();
    assert!(matches!(error, TestbedError::OutOfBounds { .. }), "{error}");
}

#[tokio::test]
async fn down_ends_an_action_under_way() {
    let (bed, _) = up(Script::new().answers(Answer::Stuck(MS))).await;
    let acting = tokio::spawn(bed.act(scale(4), CancellationToken::new()));
    tokio::time::sleep(5 * MS).await;
    bed.down(&mut |_| {}).await.unwrap();
    assert!(matches!(acting.await.unwrap(), Err(TestbedError::GoingDown { .. })));
}

#[tokio::test]
async fn samples_wait_for_a_slow_reader_and_none_is_lost() {
    let series = swarmlab_record::identity_in_layout_1(
        "web".into(),
        "web.1".into(),
        "proc_cpu_seconds_total".into(),
        BTreeMap::new(),
    )
    .unwrap();
    let (bed, _) = up(Script::new().sample_every(MS).samples(series, |t_s| t_s)).await;
    let (out, mut news) = tokio::sync::mpsc::channel(1);
    bed.observe(out, CancellationToken::new()).unwrap();
    let mut last = -1.0;
    let mut rounds = 0;
    while rounds < 20 {
        tokio::time::sleep(2 * MS).await;
        if let Some(Observation::Samples(round)) = news.recv().await {
            assert!(round[0].value > last);
            (last, rounds) = (round[0].value, rounds + 1);
        }
    }
}

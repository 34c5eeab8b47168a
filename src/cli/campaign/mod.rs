//! `swarmlab campaign CAMPAIGN.yml`

mod place;
mod ready;
mod words;
mod work;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{Global, output, session};
use crate::exit::Exit;
use ready::Ready;

/// Arguments of `campaign`.
#[derive(Debug, Args)]
#[command(after_help = "\
Runs all variants of an experiment, in blocks of one run each in random order, into DIR/NAME. Whatever ends the command (Ctrl-C, \
kill, a power cut): started again, it goes on at the trial where it stopped. Trials that fail are tried again.

  name: pools
  experiment: quickstart.yml        # relative to this file
  axes:
    POOL: [4, 8]                    # a variable of the stack
    load.shape: [a.yml, b.yml]      # a key of the experiment
    controller:                     # named levels, of any keys and variables
      own:                          # as the experiment has it
      wide: { autoscale.web.max: 8, slo.p95: 200ms }
      none: { autoscale: null }
  exclude: [{ POOL: 8, controller: none }]
  repetitions: 20                   # at most:
  until: { figure: response_p95_ms, half_width: 3 % }

Examples:
  swarmlab campaign pools.yml --dry-run     every variant checked, the order of trials, the time it takes
  swarmlab campaign pools.yml
  swarmlab compare results/pools --baseline 4")]
pub struct CampaignArgs {
    /// Campaign file
    campaign: PathBuf,
    /// Folder for results: the campaign's goes into it, by its name
    #[arg(long, default_value = "results", value_name = "DIR")]
    results: PathBuf,
    /// Check all variants, say what would be run and how long it takes, and run nothing
    #[arg(long)]
    dry_run: bool,
    /// How long a stack may take to become ready
    #[arg(long, default_value = "120s", value_parser = swarmlab_yaml::parse_duration)]
    wait: Duration,
}

/// Plans, and runs what is left to be run.
pub fn main(args: &CampaignArgs, global: &Global) -> Exit {
    let campaign = match swarmlab_campaign::read(&args.campaign) {
        Ok(campaign) => campaign,
        Err(findings) => return output::bad_input(&findings, global.json),
    };
    session::block_on(|cancel, left| async move {
        let folder = args.results.join(&campaign.name);
        let ready = match Ready::check(campaign, folder, args.wait, global).await {
            Ok(ready) => ready,
            Err(exit) => return exit,
        };
        match args.dry_run {
            true => words::dry_run(&ready, global),
            false => work::work(&ready, global, &cancel, &left).await,
        }
    })
}

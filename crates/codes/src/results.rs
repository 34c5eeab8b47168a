//! 7xx: the run folder and what is made of it.

codes! { Results;

RUN_IO E 701 "run-io", exit 1: "a file of a run could not be written or read",
means "A full disk, a folder without permission. The message names the file.",
example "swarmlab quickstart --results /proc",
advice "Make room, or choose another folder with `--results`. What was measured until then is in the run's folder: `swarmlab report` completes it.";

BAD_STORE E 702 "bad-store", exit 1: "a table of a run could not be written or read",
means "A Parquet file or a journal is damaged, is not the table that was expected, or the disk is full.",
example "truncate -s 100 results/RUN/client.parquet; swarmlab report results/RUN",
advice "Copy the folder again from where it was written.";

NO_MANIFEST E 703 "no-manifest", exit 2: "a folder without a run's manifest",
means "`manifest.json` is not there or cannot be read, so the folder is no run's.",
example "swarmlab report /tmp",
advice "Give the folder of a `swarmlab run`: `results/NAME-TIME`.";

BAD_MANIFEST E 704 "bad-manifest", exit 2: "the manifest of a run is damaged",
means "`manifest.json` is no JSON, or lacks what a manifest must have.",
example "echo '{}' > results/RUN/manifest.json; swarmlab report results/RUN",
advice "Copy the file again from where it was written.";

NEWER_MANIFEST E 705 "newer-manifest", exit 2: "a run of a newer version of swarmlab",
means "The manifest's `format` is higher than this version knows.",
example "swarmlab report results/RUN",
advice "Use a newer swarmlab.";

NO_WINDOW E 706 "no-window", exit 5: "the run ended before any load was sent",
means "There is nothing to analyse: the stack did not come up, or the run was interrupted.",
example "swarmlab report results/INTERRUPTED",
advice "Run it again; the folder's `events.jsonl` says how far it came.";

BAD_FRAME E 707 "bad-frame", exit 1: "the raw samples of a run make no table",
means "Two columns would have the same name, or the times do not fit a grid.",
example "swarmlab report results/RUN",
advice "Rename one of the services that the message names.";

NO_REPORT E 708 "no-report", exit 1: "the report could not be drawn",
means "The figures are there (`summary.json`); a chart or the page is not.",
example "swarmlab report results/RUN",
advice "Make room on the disk and run `swarmlab report`.";

OUTPUT_FILE E 709 "output-file", exit 1: "a file that was asked for could not be written",
means "A table or picture of a shape, or the files of the quickstart.",
example "swarmlab shapes export shape.yml --csv /proc/x.csv",
advice "Choose another place.";

LOAD_SHORT E 711 "load-short", exit 1: "the load ended before its planned end",
means "The load engine stopped sending by itself although nobody asked it to. What was measured until then is there, marked as partial.",
example "swarmlab run experiment.yml",
advice "The message says how much is missing; run it again. If it comes back, please report it with the run folder.";

TESTBED_OVERDUE E 712 "testbed-overdue", exit 4: "the testbed did not answer in time",
means "To come up, and to go down, each has a bound of time; it has passed without an answer. The run ends rather than wait for ever.",
example "swarmlab run experiment.yml --wait 5s",
advice "See what is there with `swarmlab status NAME`, and remove it with `swarmlab down NAME`. A slow engine needs a longer `--wait`.";

RUN_OVERDUE E 713 "run-overdue", exit 1: "a part of the run did not end in time",
means "The load has a bound: its duration, the time for answers under way, and a margin. It has passed without the load engine's end.",
example "swarmlab run experiment.yml",
advice "What was measured is in the run folder, marked as partial. If it comes back, please report it with that folder.";

NO_INPUTS E 714 "no-inputs", exit 2: "a folder whose run cannot be run again",
means "It holds no copies of the experiment's files: it is a load's, or an earlier version wrote it. Or a secret that the stack needs is no longer where it stood (secrets are never copied).",
example "swarmlab rerun results/load-1",
advice "`swarmlab run` the experiment itself; or put the secret where the message says.";

NO_DECISIONS E 715 "no-decisions", exit 2: "a run whose controllers left no log",
means "`swarmlab replay RUN` decides again on what the controllers of a run saw: `decisions.jsonl` of its folder, which only a run with `autoscale` has. Or that file is damaged, or of another version.",
example "swarmlab replay results/RUN-WITHOUT-CONTROLLERS",
advice "For what controllers would have done on a run that had none, give them: `swarmlab replay RUN --controllers FILE`.";

REPLAY_DIFFERS E 716 "replay-differs", exit 6: "the controllers of a run decide otherwise than they did",
means "The same controllers were shown what they had seen, and a line of the log is another one: the file was changed, or this version of swarmlab decides otherwise. The message names the first such line.",
example "swarmlab replay results/RUN-OF-AN-OLDER-VERSION",
advice "`swarmlab report RUN` says whether the file is as it was sealed; `-o FILE` writes the log as it is now, to compare. The version that made the run stands in its manifest.";

RUN_GOES_ON E 717 "run-goes-on", exit 3: "a run that has not ended yet",
means "Another swarmlab writes the folder: its figures are not there yet, and completing it now would take its journals away.",
example "swarmlab run experiment.yml & swarmlab report results/RUN",
advice "Wait until it has ended. One that was killed is completed by `swarmlab report`.";

NOT_CALIBRATED E 720 "not-calibrated", exit 5: "a run that no model can be fitted to",
means "A model needs, of the service that requests enter at, CPU and requests in enough bins, and a demand whose 95 % interval is narrower than a quarter to a side; of its load the shape; and one service that all requests enter at. Another service that lacks this is left out of the model with the reason; this one cannot be.",
example "swarmlab calibrate results/RUN-OF-A-FEW-SECONDS -o model.yml",
advice "Run it longer or under more load, with a proxy before the service (`swarmlab.fronts`, or `observe:`) and the service in `measure.services`. `swarmlab report RUN` shows what the run measured.";

OTHER_RESULTS E 730 "other-results", exit 2: "a file of results is of another kind",
means "The begin of the file is not what the word before it promises: it is another tool's, compressed, or holds percentiles or sums in place of requests. The message says what it looks like. Nothing was written.",
example "swarmlab import k6 results.jtl -o DIR",
advice "The help of the message names the command that takes such a file. Of any table that has a line for each request: `swarmlab import csv FILE --mapping FILE -o DIR`.";

RESULTS_WITHOUT_REQUESTS E 731 "results-without-requests", exit 5: "no request is in the files that were to be imported",
means "They are of the right kind, and no line of them is a request that can be used: there is none, or its time or duration cannot be read. The message names the most frequent reason, with its first line.",
example "head -n 1 k6.csv > empty.csv; swarmlab import k6 empty.csv -o DIR",
advice "Look at the line that the message names. Dates are read year first, or as in access logs; `--mapping` of `import csv` says units.";

RESULTS_WITHOUT_COLUMNS E 732 "results-without-columns", exit 2: "a table of results lacks a column that is needed",
means "Without a time and a duration a line is no request; or a mapping names a column that the table does not have. The message lists those that it has.",
example "swarmlab import jmeter without-elapsed.jtl -o DIR",
advice "Let the tool save these columns as well, or correct the names in the mapping.";

RESULTS_APART E 733 "results-apart", exit 2: "times in results lie impossibly far apart",
means "Between the earliest and the latest lie more than a million intervals. Mostly a line is damaged, or a column is in another unit than was said.",
example "swarmlab import csv requests.csv --mapping seconds-for-milliseconds.yml -o DIR",
advice "The message names both places. A load that really is as long needs longer intervals: `--bin 1m`.";

RESULTS_WITHOUT_UNIT E 734 "results-without-unit", exit 2: "nothing says what the values of a log are",
means "An interval log of HdrHistogram holds whole numbers, and not what they count. A guess would be wrong by a factor of a thousand.",
example "swarmlab import hdr recorded.hlog -o DIR",
advice "`--unit ns` for most Java tools, `us` or `ms` as the tool that wrote it says.";

RESULTS_TOO_COARSE E 735 "results-too-coarse", exit 2: "intervals of a log are longer than those that are wanted",
means "What a log adds up over ten seconds cannot be shown second by second.",
example "swarmlab import hdr ten-seconds.hlog --unit us --bin 1s -o DIR",
advice "`--bin` as long as the log's intervals, which the message says, or longer.";

NO_SUMMARY E 750 "no-summary", exit 2: "a run whose figures cannot be read",
means "`summary.json` is not there, is damaged, was changed after it had been computed, or was written by another version: the run was killed before its end, or its folder is an old one.",
example "rm results/RUN/summary.json; swarmlab compare results/RUN results/OTHER",
advice "`swarmlab report FOLDER` writes it anew from the raw files.";

NOT_COMPARABLE E 751 "not-comparable", exit 2: "runs that must not be compared",
means "They are of different stacks, testbeds or widths of bins, or one of them was killed, or a check of its figures failed. What differs then is not what was to be compared.",
example "swarmlab compare results/SWARM results/EMBEDDED",
advice "Leave out the runs that the message names and repeat them. If the difference is what you want to compare, say so: `--allow stack`, `bin`, `partial`, `invalid`.";

NO_FIGURE E 752 "no-figure", exit 2: "a figure that no run has",
means "No run that was given has a figure with this key.",
example "swarmlab compare a=results/RUN b=results/OTHER --figure demand_ms:nobody",
advice "The keys stand in `summary.json`, `figures`; `*` stands for any text: `--figure 'demand_ms:*'`.";

BAD_VARIANTS E 753 "bad-variants", exit 2: "runs that make no variants to compare",
means "All runs are repetitions of the same, a run was given twice, the key to group by or the baseline is not among them, or pairs do not fit.",
example "swarmlab compare results/RUN results/RUN",
advice "Name the variants: `swarmlab compare a=RUN1,RUN2 b=RUN3,RUN4`, or group by a key in which the runs differ: `--by KEY`.";

NO_BASELINE E 754 "no-baseline", exit 2: "a baseline that cannot be found, read or kept",
means "There is none of this name, its file is damaged, or there is one already.",
example "swarmlab check-regression results/RUN --baseline nobody",
advice "`swarmlab baseline list` shows those that are there; `swarmlab baseline save NAME RUN…` keeps one, `--replace` in place of another. They are in `baselines/`, or where `--dir` says.";

OTHER_CAMPAIGN E 755 "other-campaign", exit 2: "a folder that is not that of this campaign",
means "A campaign goes on where it stopped, in the folder of its name. What is there is of another one: its axes, its experiment or a file that the experiment names was changed since, or a run in it is none of its trials. Runs of different things would be taken for repetitions of the same.",
example "swarmlab campaign campaign.yml  # after an axis of it was changed",
advice "Give the changed campaign another `name`, or another folder with `--results DIR`. To go on as it was, undo the change. More repetitions may be asked for at any time.";

TRIALS_GIVEN_UP E 756 "trials-given-up", exit 5: "trials of a campaign that failed as often as they may",
means "Each of them was run as often as `attempts` says, and no run of it is a sample: the stack did not become ready, the load could not be sent, nothing was answered, or (with `require_valid`) a check of the figures failed. All other trials were run, unless the first ones failed and nothing was ever measured.",
example "swarmlab campaign campaign.yml",
advice "The message names them with their last reason; the folder of each holds all of its runs. After mending the cause let them be tried again: remove their folders, or raise `attempts`, and start the same command.";

CAMPAIGN_BUSY E 757 "campaign-busy", exit 3: "a campaign that another swarmlab works on",
means "Two commands at once would run each trial twice, and disturb each other's figures.",
example "swarmlab campaign campaign.yml & swarmlab campaign campaign.yml",
advice "Wait for the other one, or end it with Ctrl-C: the campaign goes on where it stopped.";
}

#include <array>

#include "app/command.h"
#include "app/commands/declare.h"

namespace tailrace::app {
namespace {

// In the order of --help.
constexpr std::array kCommands = {
    Command{"init", "Write a new pipeline folder that runs",
            "tailrace init                 # ./hello: a stream that fills itself\n"
            "tailrace init shop my-shop    # ./my-shop: records over HTTP, a table, documents, an API",
            DeclareInit},
    Command{"check", "Find every mistake in a pipeline file",
            "tailrace check                # ./pipeline.yaml\n"
            "tailrace check examples/retail\n"
            "tailrace check --against .tailrace   # what a changed file would do to the data",
            DeclareCheck},
    Command{"test", "Run the tests of a pipeline file",
            "tailrace test                 # all of ./pipeline.yaml\n"
            "tailrace test --only refund shop.yaml",
            DeclareTest},
    Command{"run", "Run the pipeline and serve HTTP until Ctrl-C",
            "tailrace run                  # serve\n"
            "tailrace run --once           # read finite sources to their end, then stop\n"
            "tailrace run --fresh --yes    # forget everything first, without asking",
            DeclareRun},
    Command{"load", "Read a file into a stream",
            "tailrace load sales.csv --into sales\n"
            "tailrace load old.csv --into sales --encoding latin-1",
            DeclareLoad},
    Command{"sql", "Ask a question in SQL, or open a prompt",
            "tailrace sql 'SELECT count(*) FROM sales'\n"
            "tailrace sql 'FROM revenue_by_hour' --csv > revenue.csv\n"
            "tailrace sql                  # a prompt",
            DeclareSql},
    Command{"export", "Write a table, a view or an answer into files",
            "tailrace export revenue_by_hour --to revenue.parquet\n"
            "tailrace export 'SELECT * FROM sales WHERE Quantity > 0' --to sales.csv\n"
            "tailrace export sales --to out/sales --format parquet --partition-by Country",
            DeclareExport},
    Command{"tail", "Show records of a stream as they come",
            "tailrace tail sales\n"
            "tailrace tail sales --limit 10 | jq .",
            DeclareTail},
    Command{"top", "Watch what comes in, and how far behind everything is",
            "tailrace top                  # until Ctrl-C\n"
            "tailrace top --count 2 --every 10 --json",
            DeclareTop},
    Command{"dlq list", "Show what was refused, grouped by fault",
            "tailrace dlq list             # every stream\n"
            "tailrace dlq list sales --json | jq .",
            DeclareDlqList},
    Command{"dlq show", "Show refused records with their faults",
            "tailrace dlq show sales\n"
            "tailrace dlq show sales --fault 3f2a91c0 --limit 10",
            DeclareDlqShow},
    Command{"dlq redrive", "Send refused records again, as they are or as a SELECT makes them",
            "tailrace dlq redrive sales --fault 3f2a91c0\n"
            "tailrace dlq redrive sales --with fix.sql --dry-run",
            DeclareDlqRedrive},
    Command{"dlq resume", "Let a stream go on that has too many dead letters",
            "tailrace dlq resume sales     # those of until now count no more against its max_rejects", DeclareDlqResume},
    Command{"audit", "Prove that every record is accounted for",
            "tailrace audit                # exit code 1 when a counter differs\n"
            "tailrace audit --recount      # read the log again and count every record anew",
            DeclareAudit},
    Command{"trace", "Show where one record is now",
            "tailrace trace sales/0:812    # what each table and collection made of it", DeclareTrace},
    Command{"job list", "Show the jobs: when each is due, and how its last run went", "tailrace job list", DeclareJobList},
    Command{"job show", "Show a job, its steps and the log of its newest run",
            "tailrace job show nightly\n"
            "tailrace job show nightly --run 'nightly@2017-03-03T06:00:00Z'",
            DeclareJobShow},
    Command{"job history", "Show the runs of a job",
            "tailrace job history nightly --limit 100\n"
            "tailrace job history nightly --json | jq .",
            DeclareJobHistory},
    Command{"job run", "Run a job now, or once for each due time of a range, and wait for it",
            "tailrace job run nightly      # exit code 1 when it fails\n"
            "tailrace job run nightly --from 2017-03-01 --to 2017-04-01   # the days of March\n"
            "tailrace job run nightly --no-wait",
            DeclareJobRun},
    Command{"job cancel", "End a run of a job before its time, and wait until it is over",
            "tailrace job cancel nightly   # the one that runs now; what it runs gets 3 s for its end\n"
            "tailrace job cancel nightly --run 'nightly@2017-03-03T06:00:00Z'   # one that waits, too",
            DeclareJobCancel},
    Command{"alert list", "Show the alerts: which fire, since when, and which are silenced", "tailrace alert list", DeclareAlertList},
    Command{"alert silence", "Tell nobody of an alert for a time; it is looked at meanwhile",
            "tailrace alert silence nothing_comes --for 2h --reason 'the shop is closed'", DeclareAlertSilence},
    Command{"alert unsilence", "End the silence of an alert", "tailrace alert unsilence nothing_comes", DeclareAlertUnsilence},
    Command{"rebuild", "Compute a table or collection again from the log",
            "tailrace rebuild revenue_by_hour              # beside the running server, or in its folder\n"
            "tailrace rebuild --all                        # everything\n"
            "tailrace rebuild revenue_by_hour --diff       # and print what was otherwise before\n"
            "tailrace rebuild orders --diff --dry-run      # only print it",
            DeclareRebuild},
    Command{"log verify", "Check every byte of the log",
            "tailrace log verify           # exit code 1 when something is damaged", DeclareLogVerify},
    Command{"log repair", "Take damage out of the log, keep it aside, name what is lost",
            "tailrace log repair --dry-run # what would be done\n"
            "tailrace log repair",
            DeclareLogRepair},
    Command{"log inspect", "Show what is in the log",
            "tailrace log inspect          # streams, partitions, segments\n"
            "tailrace log inspect --stream sales --partition 0 --from 812 --limit 3",
            DeclareLogInspect},
    Command{"backup", "Copy all data to a folder, also while the server runs",
            "tailrace backup /backup/monday", DeclareBackup},
    Command{"restore", "Put a backup back into an empty data folder",
            "tailrace restore /backup/monday", DeclareRestore},
    Command{"doctor", "Look at the machine: disk, space, memory, clock, sources",
            "tailrace doctor               # exit code 1 when something must be done", DeclareDoctor},
    Command{"limits", "Show every limit, and how the memory is divided",
            "tailrace limits               # of ./pipeline.yaml on this machine", DeclareLimits},
    Command{"keys add", "Make an API key",
            "tailrace keys add --role ingest --stream sales --name checkout --expires 90d\n"
            "tailrace keys add --role read --table revenue --api top\n"
            "KEY=$(tailrace keys add --role admin)",
            DeclareKeysAdd},
    Command{"keys list", "Show the keys there are, without their text", "tailrace keys list", DeclareKeysList},
    Command{"keys revoke", "End a key now", "tailrace keys revoke 7k2m9x0q", DeclareKeysRevoke},
    Command{"keys rotate", "Make a key that takes the place of another",
            "tailrace keys rotate 7k2m9x0q --overlap 24h   # both count for a day", DeclareKeysRotate},
    Command{"schema", "Print the JSON Schema of the pipeline file", "tailrace schema > tailrace.schema.json",
            DeclareSchema},
    Command{"completion", "Print a completion script for a shell",
            "source <(tailrace completion bash)\n"
            "tailrace completion fish > ~/.config/fish/completions/tailrace.fish",
            DeclareCompletion},
    Command{"version", "Print the version", "tailrace version --json", DeclareVersion},
};

}  // namespace

std::span<const Command> Commands() { return kCommands; }

}  // namespace tailrace::app

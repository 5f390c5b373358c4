// `octogate teardown`: undoes what setup made, known by its own names, and nothing else.
import { Command, Option } from "commander";
import type { CommandMaker } from "../../command.ts";
import { openSession } from "../../deployment/state.ts";
import { addOptions, type ChangeOptions, changeOptions, clusterOption, examples } from "../../options.ts";
import { tearDownCluster } from "./cluster.ts";
import { tearDownEverything } from "./everything.ts";

interface TeardownOptions extends ChangeOptions {
  readonly cluster?: string;
  readonly everything: boolean;
}

export const teardownCommand: CommandMaker = (context, run) =>
  addOptions(
    new Command("teardown"),
    clusterOption().makeOptionMandatory(false),
    new Option("--everything", "the whole deployment, with all its clusters").default(false).conflicts("cluster"),
    ...changeOptions(),
  )
    .description("undoes what setup made: one cluster, or the whole deployment")
    .addHelpText("after", examples("teardown --cluster staging", "teardown --everything --dry-run"))
    .addHelpText("after", "\nTake the flags out of kube-apiserver first: it would wait for answers that never come.")
    .action(async (options: TeardownOptions, command: Command) => {
      const { cluster: clusterName, everything } = options;
      if (clusterName === undefined && !everything) command.error("error: --cluster NAME or --everything is required");
      await run(async () => {
        const session = await openSession(options.config, context);
        return clusterName === undefined
          ? tearDownEverything(session, options, context)
          : tearDownCluster(session, clusterName, options, context);
      });
    });

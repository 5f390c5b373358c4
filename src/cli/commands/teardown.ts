// `octogate teardown`: undoes what setup made, and nothing else.
import { Command, Option } from "commander";
import { clusterVariableName } from "../../worker/config/config.ts";
import type { ChangeOptions } from "../consent.ts";
import { openSession } from "../deployment/session.ts";
import { reportFailures } from "../step-failure.ts";
import { tearDownEverything } from "../teardown/everything.ts";
import { tearDownCluster } from "../teardown/one-cluster.ts";
import type { CommandMaker } from "./command.ts";
import { clusterOption, configOption, dryRunOption, examples, yesOption } from "./options.ts";

interface TeardownOptions extends ChangeOptions {
  readonly config: string;
  readonly cluster?: string;
  readonly everything: boolean;
}

export const teardownCommand: CommandMaker = (context, run) =>
  new Command("teardown")
    .description("undoes what setup made: one cluster, or the whole deployment")
    .addOption(clusterOption().makeOptionMandatory(false))
    .addOption(
      new Option("--everything", "the whole deployment, with all its clusters").default(false).conflicts("cluster"),
    )
    .addOption(configOption())
    .addOption(yesOption())
    .addOption(dryRunOption())
    .addHelpText("after", examples("teardown --cluster staging", "teardown --everything --dry-run"))
    .addHelpText("after", "\nTake the flags out of kube-apiserver first: it would wait for answers that nobody gives.")
    .action(async (options: TeardownOptions, command: Command) => {
      const { cluster: clusterName, everything } = options;
      if (clusterName === undefined && !everything) command.error("error: --cluster NAME or --everything is required");
      await run(() =>
        reportFailures(async () => {
          const session = await openSession(options.config, context);
          return clusterName === undefined
            ? tearDownEverything(session, options, context)
            : tearDownCluster(session, { clusterName, variable: clusterVariableName(clusterName) }, options, context);
        }),
      );
    });

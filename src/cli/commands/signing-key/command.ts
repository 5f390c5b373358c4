// `octogate signing-key`: the keys that sign ID tokens are made, published, and replaced one by the other.
import { Command } from "commander";
import type { CommandMaker } from "../../command.ts";
import { createCommand } from "./create.ts";
import { rotateCommand } from "./rotate.ts";
import { statusCommand } from "./status.ts";

export const signingKeyCommand: CommandMaker = (context, run) => {
  const command = new Command("signing-key").description(
    "makes, shows and rotates the key that signs what clusters know people by",
  );
  for (const make of [createCommand, statusCommand, rotateCommand]) command.addCommand(make(context, run));
  return command;
};

// `octogate certificate`: a cluster's client certificates, from issue to revocation.
import { Command } from "commander";
import type { CommandMaker } from "../../command.ts";
import { issueCommand } from "./issue.ts";
import { listCommand } from "./list.ts";
import { revokeCommand } from "./revoke.ts";
import { rotateCommand } from "./rotate.ts";

export const certificateCommand: CommandMaker = (context, run) => {
  const command = new Command("certificate").description(
    "issues, lists, rotates and revokes client certificates, by which Octogate knows the clusters",
  );
  for (const make of [issueCommand, listCommand, rotateCommand, revokeCommand]) command.addCommand(make(context, run));
  return command;
};

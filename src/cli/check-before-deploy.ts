// The `[build]` step of wrangler.toml: checks the configuration with the Worker's own rules, and refuses to deploy a wrong one. wrangler says in
// WRANGLER_COMMAND what it is about to do, and nothing of --config, --env and --var: so only the default wrangler.toml is guarded here, and what
// the Worker says at run time stays the authority.
import { readFileSync } from "node:fs";
import { findDeployProblems } from "./wrangler-toml/deploy-problems.ts";

const path = "wrangler.toml";

if (process.env.WRANGLER_COMMAND !== "dev") {
  const problems = findDeployProblems(readFileSync(path, "utf8"));
  for (const { setting, message } of problems) console.error(`${path}: ${setting}: ${message}`);
  if (problems.length > 0) process.exitCode = 1;
}

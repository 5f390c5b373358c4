// Asks the stand-in of a running `npm start` for a job, and says what the job's steps need to know.
import * as v from "valibot";
import { readIfThere } from "../../node/files.ts";
import { parseToml } from "../../node/toml.ts";
import { startJobPath } from "../github/actions/routes.ts";
import type { StateFolder } from "../state-folder.ts";
import type { JobOptions } from "./options.ts";

/** Why there is no job, for the user to put right. */
export class JobError extends Error {
  override readonly name = "JobError";
}

export interface LocalJob {
  readonly issuerUrl: string;
  /** Of the job's steps. */
  readonly variables: Readonly<Record<string, string>>;
}

const configurationSchema = v.object({ vars: v.object({ GITHUB_WEB_URL: v.string(), ISSUER_URL: v.string() }) });
const startedSchema = v.object({ variables: v.record(v.string(), v.string()) });
const refusedSchema = v.object({ message: v.string() });

/** @throws JobError where no `npm start` with its own GitHub runs, or where it has no such repository */
export async function startLocalJob(folder: StateFolder, options: JobOptions): Promise<LocalJob> {
  const toml = parseToml((await readIfThere(folder.configuration)) ?? "");
  const configuration = v.safeParse(configurationSchema, toml.kind === "invalid" ? null : toml.values);
  if (!configuration.success) {
    throw new JobError(`${folder.configuration}: names no stand-in for GitHub: run npm start without --github first`);
  }
  const { GITHUB_WEB_URL: webUrl, ISSUER_URL: issuerUrl } = configuration.output.vars;
  const { repository, workflow, ref, event, environment, idToken } = options;
  const response = await fetch(webUrl + startJobPath, {
    method: "POST",
    body: JSON.stringify({ repository, workflow, ref, event, environment, idToken }),
  }).catch(() => {
    throw new JobError(`${webUrl}: does not answer: leave npm start running in another terminal`);
  });
  const body: unknown = await response.json().catch(() => null);
  const started = v.safeParse(startedSchema, body);
  if (response.status === 201 && started.success) return { issuerUrl, variables: started.output.variables };
  const refused = v.safeParse(refusedSchema, body);
  throw new JobError(`${repository}: ${refused.success ? refused.output.message : `answer ${response.status}`}`);
}

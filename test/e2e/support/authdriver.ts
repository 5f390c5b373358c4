// kube-apiserver's own webhook client as a command: it asks a webhook exactly as a current kube-apiserver does, and
// says how it understood the answer.
import * as v from "valibot";
import { run } from "../../support/program.ts";
import { binary } from "./binaries.ts";

const reviewedSchema = v.object({
  /** Whether the token is authenticated. */
  ok: v.boolean(),
  ms: v.number(),
  /** What kube-apiserver would log. */
  err: v.optional(v.string()),
  user: v.optional(v.string()),
  uid: v.optional(v.string()),
  groups: v.optional(v.nullable(v.array(v.string()))),
  extra: v.optional(v.nullable(v.record(v.string(), v.array(v.string())))),
});

/** What kube-apiserver makes of one token. */
export type Reviewed = v.InferOutput<typeof reviewedSchema>;

export interface ReviewOptions {
  readonly version?: "v1" | "v1beta1";
  /** The audience that the TokenReview asks about; default: kube-apiserver's own. */
  readonly audience?: string;
}

/**
 * Has tokens reviewed, one after another, with no cache in between.
 * @param kubeconfig the webhook's
 */
export async function review(
  kubeconfig: string,
  tokens: readonly string[],
  { version = "v1", audience }: ReviewOptions = {},
): Promise<Reviewed[]> {
  const wanted = audience === undefined ? [] : ["-want", audience];
  // Faster retries, as many: a test that fails by retries does so within a second.
  const args = ["-kubeconfig", kubeconfig, "-version", version, "-fast-retry", ...wanted];
  const { exitCode, stdout, stderr } = await run(binary("authdriver"), args, { stdin: `${tokens.join("\n")}\n` });
  if (exitCode !== 0) throw new Error(`authdriver: ${stderr}`);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => v.parse(reviewedSchema, JSON.parse(line)));
}

// Cloudflare's limits on variables: a deployment that is over them is refused only after everything was uploaded.
import type { WranglerDocument } from "../wrangler-toml/document.ts";
import type { Finding } from "./finding.ts";

/** Each, as wrangler sends it: text as it is, all else as JSON. */
export const maxBytes = 5 * 1024;
/** Variables and secrets together. */
export const maxOnFreePlan = 64;
export const maxOnPaidPlan = 128;

export function findOversizedVariables({ vars, secrets }: WranglerDocument): Finding[] {
  const oversized = Object.entries(vars).flatMap(([name, value]): Finding[] => {
    const bytes = Buffer.byteLength(typeof value === "string" ? value : JSON.stringify(value));
    if (bytes <= maxBytes) return [];
    const message = `takes ${bytes} bytes as wrangler sends it; a variable of Cloudflare's holds at most ${maxBytes}`;
    const cure = "name a team or an organisation in place of its members, or make two clusters of it";
    return [{ level: "error", path: ["vars", name], message, cure }];
  });
  return [...oversized, ...tooMany(Object.keys(vars).length + secrets.required.length)];
}

function tooMany(count: number): Finding[] {
  if (count <= maxOnFreePlan) return [];
  const isRefused = count > maxOnPaidPlan;
  const message = `${count} variables and secrets: a Worker can have ${maxOnFreePlan} on the free plan, ${maxOnPaidPlan} on the paid one`;
  return [{ level: isRefused ? "error" : "warning", path: ["vars"], message }];
}

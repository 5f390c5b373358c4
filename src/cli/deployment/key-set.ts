// The key set that the sign-in hostname publishes (RFC 7517), as clients and kube-apiservers read it.
import * as v from "valibot";
import { type Endpoint, sendRequest } from "../../node/https.ts";

export const keySetPath = "/.well-known/jwks.json";

export interface KeySet {
  /** The server's own time, in milliseconds since 1970; null where it says none. */
  readonly answeredAt: number | null;
  /** The keys' names (RFC 7638), in their order; null where the answer is no key set. */
  readonly kids: readonly string[] | null;
  /** What came, for people. */
  readonly seen: string;
}

const keySetSchema = v.pipe(v.string(), v.parseJson(), v.object({ keys: v.array(v.object({ kid: v.string() })) }));

/** Reads it once. No failure is thrown. */
export async function readKeySet(endpoint: Endpoint): Promise<KeySet> {
  const answer = await sendRequest(endpoint, { method: "GET", path: keySetPath, credential: null });
  if (answer.kind === "failed") return { answeredAt: null, kids: null, seen: `cannot be reached: ${answer.why}` };
  const parsed = v.safeParse(keySetSchema, answer.body);
  const kids = answer.status === 200 && parsed.success ? parsed.output.keys.map(({ kid }) => kid) : null;
  const date = Date.parse(answer.headers.date ?? "");
  const seen = kids === null ? `answered ${answer.status}, without keys` : `has ${kids.length} keys`;
  return { answeredAt: Number.isNaN(date) ? null : date, kids, seen };
}

// The checks of the sign-in hostname, each broken once, in front of the Worker itself.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { edgeError, edgeErrorCases } from "../../support/edge-errors.ts";
import { hostname, makeRig, type Rig } from "../support/rig.ts";
import { signInHostname } from "../support/worker-in-place.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await makeRig({ isLate: false });
  rig.typedSecret = "stand-in-client-secret";
  const signIn = ["--sign-in-hostname", signInHostname, "--github-client-id", "Iv23liAcmeClusters00"];
  const setup = ["setup", "--cluster", "production", "--hostname", hostname, "--allow", "org:acme-inc#77", "--yes"];
  expect((await rig.run([...setup, ...signIn, ...rig.edgeArgs])).exitCode).toBe(0);
});
afterEach(() => {
  rig.faults.atSignIn = () => null;
});
afterAll(() => rig.close());

interface Examined {
  readonly exitCode: number;
  readonly checks: readonly { readonly name: string; readonly state: string; readonly seen: string }[];
  seen(name: string): string;
  /** The checks that are neither ok nor skipped. */
  readonly failing: readonly string[];
}

async function examine(args: readonly string[] = ["--cluster", "production"]): Promise<Examined> {
  const [connect = "", port = "", ca = "", file = ""] = rig.edgeArgs;
  const { exitCode, stdout } = await rig.run(["doctor", "--json", ...args, connect, port, ca, file]);
  // The command's own document: the assertions look at its form.
  const { checks } = JSON.parse(stdout) as Pick<Examined, "checks">;
  return {
    exitCode,
    checks,
    seen: (name) => checks.find((check) => check.name === name)?.seen ?? "",
    failing: checks.filter(({ state }) => state === "broken" || state === "warning").map(({ name }) => name),
  };
}

const own = ["sign-in", "sign-in-clock", "discovery", "signing-keys", "callback", "sign-in-closed"];
/** The edge of the tests has no firewall in front of the webhook. */
const isOwn = (name: string) => own.includes(name);

const publicHeaders = { "cache-control": "public, max-age=300", "access-control-allow-origin": "*" };
const document = (issuer: string) =>
  Response.json(
    {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
    },
    { headers: publicHeaders },
  );
const issuer = `https://${signInHostname}`;
const at = (path: string, response: () => Response) => (asked: string) => (asked === path ? response() : null);
const discoveryPath = "/.well-known/openid-configuration";
const keysPath = "/.well-known/jwks.json";

test("what setup has made is in order", async () => {
  const { checks, failing, seen } = await examine();
  expect(checks.filter(({ name }) => isOwn(name)).map(({ name }) => name)).toEqual(own);
  expect(failing.filter(isOwn)).toEqual([]);
  expect(seen("sign-in")).toMatch(/^https:\/\/login\.acme\.dev answers in /);
});

describe("broken is", () => {
  test.each<[string, (path: string) => Response | null, readonly string[], string]>([
    [
      "the hostname behind a challenge",
      () => new Response("", { status: 403, headers: { "cf-mitigated": "challenge" } }),
      ["sign-in"],
      "a challenge page that only a browser can pass",
    ],
    [
      "the hostname behind Cloudflare Access",
      () => new Response("", { status: 302, headers: { location: "https://acme.cloudflareaccess.com/login" } }),
      ["sign-in"],
      "a redirect (HTTP 302) to https://acme.cloudflareaccess.com/login",
    ],
    ["another issuer", at(discoveryPath, () => document("https://other.acme.dev")), ["discovery"], "names the issuer"],
    [
      "discovery that is not cached",
      at(discoveryPath, () => {
        const response = document(issuer);
        response.headers.set("cache-control", "no-store");
        return response;
      }),
      ["discovery"],
      "Cache-Control “no-store”",
    ],
    [
      "discovery that pages of other origins may not read",
      at(discoveryPath, () => {
        const response = document(issuer);
        response.headers.delete("access-control-allow-origin");
        return response;
      }),
      ["discovery"],
      "CORS",
    ],
    [
      "a list without keys",
      at(keysPath, () => Response.json({ keys: [] }, { headers: publicHeaders })),
      ["signing-keys"],
      "answered 200",
    ],
    ["a callback that is not there", at("/callback", () => new Response("", { status: 404 })), ["callback"], "404"],
    [
      "a review that is answered there",
      at("/authenticate", () => Response.json({ kind: "TokenReview" })),
      ["sign-in-closed"],
      "not 404",
    ],
  ])("%s", async (_what, answer, broken, text) => {
    rig.faults.atSignIn = answer;
    const { exitCode, failing, seen } = await examine();
    expect(exitCode).toBe(1);
    expect(failing.filter(isOwn)).toEqual(broken);
    expect(seen(broken[0] ?? "")).toContain(text);
  });

  // The local edge makes 503 of the Worker's 500: test/unit/cli/deployment/verify-sign-in.test.ts has those.
  const passed = edgeErrorCases.filter(({ status }) => status !== 500);
  test.each(passed.flatMap((one) => (["html", "json"] as const).map((form) => [one.code, form, one] as const)))(
    "the hostname behind %i, in the form %s",
    async (code, form, one) => {
      const { type, body } = edgeError(one, form);
      rig.faults.atSignIn = () => new Response(body, { status: one.status, headers: { "content-type": type } });
      const { failing, seen } = await examine();
      expect(failing.filter(isOwn)).toEqual(["sign-in"]);
      expect(seen("sign-in")).toContain(`error code ${code}`);
    },
  );

  test("nothing of the webhook's", async () => {
    const before = await examine();
    rig.faults.atSignIn = () => new Response("", { status: 404 });
    const { failing } = await examine();
    expect(failing.filter((name) => !isOwn(name))).toEqual(before.failing);
  });
});

test("a clock that is off is said by the sign-in hostname's time, too", async () => {
  rig.faults.atSignIn = at(discoveryPath, () => {
    const response = document(issuer);
    response.headers.set("date", new Date(Date.now() + 10 * 60_000).toUTCString());
    return response;
  });
  const { failing, seen } = await examine();
  expect(failing.filter(isOwn)).toEqual(["sign-in-clock"]);
  expect(seen("sign-in-clock")).toContain("10 min behind the server's");
});

test("a deployment without signing in has no such checks, unless the command line names the hostname", async () => {
  const toml = rig.clone.read("wrangler.toml");
  rig.clone.write("wrangler.toml", toml.replace("sign_in = true\n", ""));
  try {
    expect((await examine()).checks.filter(({ name }) => isOwn(name))).toEqual([]);
    const { checks } = await examine(["--cluster", "production", "--sign-in-hostname", signInHostname]);
    expect(checks.filter(({ name }) => isOwn(name)).every(({ state }) => state === "ok")).toBe(true);
  } finally {
    rig.clone.write("wrangler.toml", toml);
  }
});

test("a cluster without a client certificate has no checks of the webhook", async () => {
  const toml = rig.clone.read("wrangler.toml");
  rig.clone.write("wrangler.toml", toml.replace(/^client_certificates = .*\n/m, ""));
  try {
    const { exitCode, checks } = await examine();
    expect(exitCode).toBe(0);
    expect(checks.map(({ name }) => name)).toEqual(["configuration", ...own]);
  } finally {
    rig.clone.write("wrangler.toml", toml);
  }
});

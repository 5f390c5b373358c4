// Which secrets go up with a deployment, and which stay: Cloudflare never gives one back.
import { describe, expect, test } from "vitest";
import type { DeployedWorker } from "../../../../src/cli/cloudflare/worker-script.ts";
import { CliError } from "../../../../src/cli/command.ts";
import { parseGivenSecret, planClientSecret, secretsToPut } from "../../../../src/cli/deployment/sign-in-secrets.ts";

const clientId = "Iv23liAcmeClusters00";

function deployed(secrets: readonly string[], variables: Record<string, unknown> = {}): DeployedWorker {
  return { secrets, variables, kvNamespaces: {} };
}
const signedInTo = { GITHUB_CLIENT_ID: clientId, CLUSTER_PRODUCTION: { sign_in: true } };

describe("the client secret", () => {
  test("is asked for, or taken as it came, where none is deployed", () => {
    for (const before of [null, deployed(["CACHE_SECRET"])]) {
      expect(planClientSecret(before, clientId, null)).toEqual({ kind: "ask" });
      expect(planClientSecret(before, clientId, { kind: "secret", text: "s" })).toEqual({
        kind: "put",
        json: `{"${clientId}":"s"}`,
      });
    }
  });

  test("stays where it is deployed for this app", () => {
    const before = deployed(["OAUTH_CLIENT_SECRETS"], signedInTo);
    expect(planClientSecret(before, clientId, null)).toEqual({ kind: "stays", isReplacementIgnored: false });
    const given = { kind: "secret", text: "s" } as const;
    expect(planClientSecret(before, clientId, given)).toEqual({ kind: "stays", isReplacementIgnored: true });
  });

  test.each([
    ["another app's", { ...signedInTo, GITHUB_CLIENT_ID: "Ov23liOther" }],
    ["no app's to which people sign in", {}],
    ["this app's, which no cluster uses", { GITHUB_CLIENT_ID: clientId }],
  ])("is an obstacle where what is deployed may be %s, unless the whole comes", (_what, variables) => {
    const before = deployed(["OAUTH_CLIENT_SECRETS"], variables);
    expect(planClientSecret(before, clientId, null).kind).toBe("obstacle");
    expect(planClientSecret(before, clientId, { kind: "secret", text: "s" }).kind).toBe("obstacle");
    const whole = { kind: "all", json: `{"${clientId}":"s","Ov23liOther":"t"}` } as const;
    expect(planClientSecret(before, clientId, whole)).toEqual({ kind: "put", json: whole.json });
  });
});

describe("what comes on stdin", () => {
  test("is the secret alone, without the line's end and a byte order mark", () => {
    expect(parseGivenSecret("\ufeffsecret\r\n", clientId)).toEqual({ kind: "secret", text: "secret" });
  });

  test("is the JSON of all apps", () => {
    const json = `{"${clientId}":"s"}`;
    expect(parseGivenSecret(`${json}\n`, clientId)).toEqual({ kind: "all", json });
  });

  test.each([
    "",
    " ",
    "two words",
    "s\u0000",
    "ü",
    "x".repeat(256),
    "{",
    "{}",
    `{"${clientId}":""}`,
    `{"${clientId}":7}`,
  ])("is refused as %j, and never shown", (text) => {
    expect(() => parseGivenSecret(text, clientId)).toThrow(CliError);
  });
});

describe("the signing key", () => {
  test("is made where none is deployed, under the first name that wrangler.toml needs", () => {
    const put = secretsToPut(deployed(["CACHE_SECRET"]), ["SIGNING_KEY_B"], null);
    expect(Object.keys(put)).toEqual(["SIGNING_KEY_B"]);
    expect(secretsToPut(null, ["SIGNING_KEY_A"], "{}").SIGNING_KEY_A).not.toBe(put.SIGNING_KEY_B);
  });

  test.each(["SIGNING_KEY_A", "SIGNING_KEY_B"])(
    "is never made where %s is deployed, whatever the file needs",
    (name) => {
      for (const needed of [["SIGNING_KEY_A"], ["SIGNING_KEY_A", "SIGNING_KEY_B"]]) {
        expect(secretsToPut(deployed([name]), needed, null)).toEqual({});
      }
    },
  );
});

// What `octogate check` says about signing in.
import { createHash, generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { check } from "../../support/config-file.ts";

const now = Date.parse("2026-11-27T10:00:00Z");

/** The file of the repository, filled in, with everything that a sign-in needs. */
const template = readFileSync(new URL("../../../../../wrangler.toml", import.meta.url), "utf8")
  .replace("<auth.example.com>", "auth.acme.dev")
  .replace("<sha256 fingerprint, 64 hex digits>", "a1".repeat(32))
  .replace(/allow = \[.*\]/, 'allow = ["org:acme#1234", "team:acme/platform#55", "user:ada#7"]\nsign_in = true')
  .replace("\n[vars]\n", '\n[[routes]]\npattern = "login.acme.dev"\ncustom_domain = true\n$&')
  .replace(
    'GITHUB_API_URL = "https://api.github.com"',
    '$&\nISSUER_URL = "https://login.acme.dev"\nGITHUB_CLIENT_ID = "Iv23liExample"',
  )
  .replace('required = ["CACHE_SECRET"]', 'required = ["CACHE_SECRET", "OAUTH_CLIENT_SECRETS", "SIGNING_KEY_A"]');

function changed(changes: Readonly<Record<string, string>>): string {
  return Object.entries(changes).reduce((toml, [line, replacement]) => {
    const next = toml.replace(line, replacement);
    expect(next, line).not.toBe(toml);
    return next;
  }, template);
}

/** `SETTING: MESSAGE` of each. */
const said = (toml: string, severity: "error" | "warning") =>
  check(toml, severity, now).map(({ location, message }) => `${location?.setting}: ${message}`);

const signInLine = "sign_in = true";

test("a file that is right gives nothing", () => {
  expect([...said(template, "error"), ...said(template, "warning")]).toEqual([]);
});

test("and so does one with a web application", () => {
  const application =
    '\n[vars.CLIENT_ARGOCD]\nallow = ["org:acme#1234"]\nredirect_uris = ["https://argocd.acme.dev/auth/callback"]\n';
  expect([...said(template + application, "error"), ...said(template + application, "warning")]).toEqual([]);
});

test("a cluster that people sign in to needs no webhook", () => {
  const toml = template.replace(/^client_certificates = .*\n/m, "").replace(/^token_kinds = .*\n/m, "");
  expect([...said(toml, "error"), ...said(toml, "warning")]).toEqual([]);
});

describe("an error is", () => {
  test.each<[string, Record<string, string>, string]>([
    [
      "the Worker's own rule",
      { [signInLine]: `${signInLine}\nredirect_uris = ["http://acme.dev/cb"]` },
      "CLUSTER_PRODUCTION.redirect_uris[0]: “http://acme.dev/cb” must be an https address",
    ],
    [
      "what is missing",
      { 'ISSUER_URL = "https://login.acme.dev"': "" },
      "ISSUER_URL: is required where people sign in",
    ],
    [
      "a placeholder in the address",
      { 'ISSUER_URL = "https://login.acme.dev"': 'ISSUER_URL = "https://login.example.com"' },
      "ISSUER_URL: must be your own hostname; a placeholder is left in",
    ],
    [
      "the clusters' own hostname",
      {
        'ISSUER_URL = "https://login.acme.dev"': 'ISSUER_URL = "https://auth.acme.dev"',
        '[[routes]]\npattern = "login.acme.dev"\ncustom_domain = true\n': "",
      },
      "ISSUER_URL: is the clusters' hostname, where Cloudflare lets in no caller without a client certificate",
    ],
    [
      "a secret in the file",
      { GITHUB_CLIENT_ID: 'SIGNING_KEY_B = "x"\nGITHUB_CLIENT_ID' },
      "SIGNING_KEY_B: is a secret, and must not be in this file",
    ],
    [
      "the secrets of clients in the file",
      { GITHUB_CLIENT_ID: 'OIDC_CLIENT_SECRETS = "{}"\nGITHUB_CLIENT_ID' },
      "OIDC_CLIENT_SECRETS: is a secret, and must not be in this file",
    ],
    [
      "a key that signs too early",
      {
        GITHUB_CLIENT_ID:
          'SIGNING_KEYS = { signs = "a", published = { a = "2026-11-27T09:00:01Z", b = "2026-11-26T10:00:00Z" } }\nGITHUB_CLIENT_ID',
      },
      "SIGNING_KEYS.signs: a is published since 2026-11-27T09:00:01Z alone: a kube-apiserver may refuse what it signs",
    ],
    [
      "a key that signs since a time that was too early, though it is long past",
      {
        GITHUB_CLIENT_ID:
          'SIGNING_KEYS = { signs = "a", signs_since = "2026-11-20T09:30:00Z", published = { a = "2026-11-20T09:00:00Z", b = "2026-11-19T10:00:00Z" } }\nGITHUB_CLIENT_ID',
      },
      "SIGNING_KEYS.signs: a is published since 2026-11-20T09:00:00Z alone: a kube-apiserver may refuse what it signs",
    ],
  ])("%s", (_, changes, expected) => {
    expect(said(changed(changes), "error")).toEqual([expect.stringContaining(expected)]);
  });

  test("not a first key that signs at once, nor the next one that is published beside it", () => {
    const table =
      'SIGNING_KEYS = { signs = "a", signs_since = "2026-11-27T09:30:00Z", published = { a = "2026-11-27T09:30:00Z", b = "2026-11-27T09:31:00Z" } }';
    expect(said(changed({ GITHUB_CLIENT_ID: `${table}\nGITHUB_CLIENT_ID` }), "error")).toEqual([]);
  });

  test("a withdrawn key under a name that is not its own", () => {
    const { n = "", e = "" } = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ format: "jwk" });
    const thumbprint = createHash("sha256").update(`{"e":"${e}","kty":"RSA","n":"${n}"}`).digest("base64url");
    const withdrawing = (kid: string) =>
      changed({
        GITHUB_CLIENT_ID: `SIGNING_KEYS = { signs = "a", withdrawn = [{ kty = "RSA", n = "${n}", e = "${e}", kid = "${kid}" }] }\nGITHUB_CLIENT_ID`,
      });
    expect(said(withdrawing(thumbprint), "error")).toEqual([]);
    expect(check(withdrawing("A".repeat(43)), "error", now)).toMatchObject([
      { message: "is not this key's thumbprint", hint: `kid = "${thumbprint}"` },
    ]);
  });
});

describe("a warning is", () => {
  test.each<[string, Record<string, string>, string[]]>([
    [
      "a setting without effect",
      { [signInLine]: "sign_in = false\ndevice_flow = true\nid_token_seconds = 900" },
      ["CLUSTER_PRODUCTION.device_flow: has no effect", "CLUSTER_PRODUCTION.id_token_seconds: has no effect"],
    ],
    [
      "a time that is still to come",
      {
        GITHUB_CLIENT_ID:
          'SIGNING_KEYS = { signs = "a", published = { a = "2026-11-28T10:00:00Z" } }\nGITHUB_CLIENT_ID',
      },
      ["SIGNING_KEYS: has the time 2026-11-28T10:00:00Z, which is in the future"],
    ],
    [
      "an address to which no route leads",
      { 'pattern = "login.acme.dev"': 'pattern = "log-in.acme.dev"' },
      ["ISSUER_URL: no route leads to login.acme.dev: no person can sign in"],
    ],
    [
      "the app that people sign in with among the clients whose tokens they may bring",
      { [signInLine]: `${signInLine}\noauth_clients = ["Iv23liOther", "Iv23liExample"]` },
      [
        "CLUSTER_PRODUCTION.oauth_clients[1]: is GITHUB_CLIENT_ID: an attacker who has a person enter a device code at GitHub gets a token that opens this, for six months",
      ],
    ],
    [
      "device_flow",
      { [signInLine]: `${signInLine}\ndevice_flow = true` },
      [
        "CLUSTER_PRODUCTION.device_flow: an attacker can start it and have a person enter the code: GitHub's page names neither the cluster nor the program",
      ],
    ],
    [
      "one cluster's tokens that live long",
      { [signInLine]: `${signInLine}\nid_token_seconds = 3600` },
      ["CLUSTER_PRODUCTION.id_token_seconds: a person who has left gets in to production for up to 3730 seconds"],
    ],
    [
      "all tokens that live long",
      { GITHUB_CLIENT_ID: "ID_TOKEN_SECONDS = 900\nGITHUB_CLIENT_ID" },
      ["ID_TOKEN_SECONDS: a person who has left gets in to production for up to 1030 seconds"],
    ],
    [
      "limits that are not bound",
      { AUTHORIZE_LIMIT: "A", DEVICE_LIMIT: "B", TOKEN_FAILURE_LIMIT: "C" },
      [
        "ratelimits: AUTHORIZE_LIMIT is not bound: nothing limits how often sign-ins are begun",
        "ratelimits: TOKEN_FAILURE_LIMIT is not bound: nothing limits how often codes and refresh tokens are guessed",
      ],
    ],
    [
      "secrets without which wrangler deploys all the same",
      { ', "OAUTH_CLIENT_SECRETS", "SIGNING_KEY_A"': "" },
      [
        "secrets.required: lacks OAUTH_CLIENT_SECRETS: a deployment without it is not refused, and no person can sign in",
        "secrets.required: lacks SIGNING_KEY_A: a deployment without it is not refused, and no person can sign in",
      ],
    ],
    [
      "the secret of a published key that wrangler does not ask for",
      {
        GITHUB_CLIENT_ID:
          'SIGNING_KEYS = { signs = "a", published = { b = "2026-11-26T10:00:00Z" } }\nGITHUB_CLIENT_ID',
      },
      ["secrets.required: lacks SIGNING_KEY_B: a deployment without it is not refused, and no person can sign in"],
    ],
  ])("%s", (_, changes, expected) => {
    expect(said(changed(changes), "error")).toEqual([]);
    expect(said(changed(changes), "warning")).toEqual(expected);
  });

  test("not a first key that was published just now, nor one that took over from a compromised one", () => {
    const published = 'published = { a = "2026-11-27T09:59:00Z" }';
    const toml = changed({ GITHUB_CLIENT_ID: `SIGNING_KEYS = { signs = "a", ${published} }\nGITHUB_CLIENT_ID` });
    expect([...said(toml, "error"), ...said(toml, "warning")]).toEqual([]);
  });

  test("an unlimited device flow, where there is one", () => {
    const toml = changed({ [signInLine]: `${signInLine}\ndevice_flow = true`, DEVICE_LIMIT: "B" });
    expect(said(toml, "warning")).toContain(
      "ratelimits: DEVICE_LIMIT is not bound: nothing limits how often device codes are asked for",
    );
  });

  test("a name without its number, of applications and of teams that give groups, too", () => {
    const application = '\n[vars.CLIENT_ARGOCD]\nallow = ["org:globex"]\ngroups_from = ["team:globex/sre", "hooli"]\n';
    expect(check(template + application, "warning", now).map(({ location }) => location?.setting)).toEqual([
      "CLIENT_ARGOCD.allow[0]",
      "CLIENT_ARGOCD.groups_from[0]",
      "CLIENT_ARGOCD.groups_from[1]",
    ]);
  });

  test("personal tokens that an application's exchange takes, too", () => {
    const application = (more: string) =>
      `\n[vars.CLIENT_ARGOCD]\nallow = ["org:acme#1234"]\ntoken_kinds = ["classic"]\n${more}\n`;
    expect(said(template + application("exchange = true"), "warning")).toEqual([
      expect.stringContaining("personal tokens (classic) are also accepted by argocd"),
    ]);
    expect(said(template + application(""), "warning")).toEqual([]);
  });
});

describe("a hint", () => {
  test.each([
    ["names the setting of an application that is probably wanted", "redirect_uri = []", "did you mean redirect_uris?"],
    ["names what an application does not have", "sign_in = true", undefined],
  ])("%s", (_, line, hint) => {
    const [found] = check(`${template}\n[vars.CLIENT_ARGOCD]\nallow = ["org:acme#1234"]\n${line}\n`, "error", now);
    expect(found?.message).toContain("is no setting of a client");
    expect(found?.hint).toBe(hint);
  });

  test("names a variable of the sign-in that is misspelt", () => {
    const [found] = check(changed({ GITHUB_CLIENT_ID: 'ISUER_URL = "x"\nGITHUB_CLIENT_ID' }), "error", now);
    expect(found).toMatchObject({ hint: "did you mean ISSUER_URL?" });
  });
});

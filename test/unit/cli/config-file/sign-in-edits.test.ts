import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { hostnameOf, ownHostnamesOf, signInHostnameOf } from "../../../../src/cli/config-file/clusters.ts";
import { setCluster, setHostname } from "../../../../src/cli/config-file/edits.ts";
import { removeSignInSettings, setSignInSettings } from "../../../../src/cli/config-file/sign-in-edits.ts";
import { applyEdits } from "../../../../src/cli/config-file/toml-edits.ts";
import { configFile } from "../support/config-file.ts";

const shipped = readFileSync(new URL("../../../../wrangler.toml", import.meta.url), "utf8");
const secrets = ["OAUTH_CLIENT_SECRETS", "SIGNING_KEY_A"];
const wanted = { hostname: "login.acme.dev", githubClientId: "Iv23liAcmeClusters00", isAlone: false, secrets };

function turnOn(text: string): string {
  const file = configFile(text);
  return applyEdits(file, setSignInSettings(file, wanted));
}

function turnOff(text: string, kept?: string): string {
  const file = configFile(text);
  return applyEdits(file, removeSignInSettings(file, { hostname: wanted.hostname, kept, secrets, keepsIssuer: false }));
}

const settingsOf = (text: string) => configFile(text).settings;

describe("the file as it ships", () => {
  const file = configFile(shipped);
  const cluster = {
    variable: "CLUSTER_PRODUCTION",
    fingerprint: "a".repeat(64),
    allow: ["org:acme-inc"],
    tokenKinds: ["classic"],
    signIn: true,
  };

  test("gets route, settings and secrets' names beside all other changes, and only once", () => {
    const edits = [
      ...setHostname(file, "auth.acme.dev"),
      ...setCluster(file, cluster),
      ...setSignInSettings(file, wanted),
    ];
    const text = applyEdits(file, edits);
    const settings = settingsOf(text);
    expect(hostnameOf(settings)).toBe("auth.acme.dev");
    expect(signInHostnameOf(settings)).toBe("login.acme.dev");
    expect(ownHostnamesOf(settings)).toEqual(["auth.acme.dev", "login.acme.dev"]);
    expect(settings.vars).toMatchObject({
      GITHUB_CLIENT_ID: wanted.githubClientId,
      CLUSTER_PRODUCTION: { sign_in: true },
    });
    expect(settings.secrets.required).toEqual(["CACHE_SECRET", ...secrets]);
    expect(turnOn(text)).toBe(text);
  });

  test("comes back byte for byte once it is turned off, with every comment where it was", () => {
    const named = applyEdits(file, setHostname(file, "auth.acme.dev"));
    expect(turnOff(turnOn(named))).toBe(named);
  });
});

test("a list of routes in one line, and one over several, grow in their own form", () => {
  const inline = 'routes = [{ pattern = "auth.acme.dev", custom_domain = true }]\n[vars]\n';
  expect(turnOn(inline)).toContain(
    'routes = [{ pattern = "auth.acme.dev", custom_domain = true }, { pattern = "login.acme.dev", custom_domain = true }]',
  );
  const tall = 'routes = [\n  { pattern = "auth.acme.dev", custom_domain = true } # clusters\n]\n[vars]\n';
  expect(settingsOf(turnOn(tall)).routes).toHaveLength(2);
  expect(turnOn(tall)).toContain("# clusters");
  for (const text of [inline, tall])
    expect(ownHostnamesOf(settingsOf(turnOff(turnOn(text))))).toEqual(["auth.acme.dev"]);
});

test("required secrets over several lines, with and without a comma at the end, get one line each", () => {
  for (const end of [",", ""]) {
    const text = `[vars]\n[secrets]\nrequired = [\n  "CACHE_SECRET"${end} # made by setup\n]\n`;
    expect(settingsOf(turnOn(text)).secrets.required).toEqual(["CACHE_SECRET", ...secrets]);
    expect(turnOn(text)).toContain('\n  "OAUTH_CLIENT_SECRETS",\n  "SIGNING_KEY_A",\n]');
  }
});

test("a file without secrets or routes gets both", () => {
  const settings = settingsOf(turnOn("[vars]\n"));
  expect(settings.secrets.required).toEqual(secrets);
  expect(ownHostnamesOf(settings)).toEqual(["login.acme.dev"]);
});

test("values of the operator's that are there already stay as they are written", () => {
  const text = `[vars]\nISSUER_URL = 'https://login.acme.dev' # every token names it\n`;
  expect(turnOn(text)).toContain("ISSUER_URL = 'https://login.acme.dev' # every token names it");
});

test("turned off, the kept cluster has no sign_in, web applications stay, and required names stay that others need", () => {
  const text = turnOn(
    '[vars]\n[vars.CLUSTER_A]\nallow = ["anyone"]\nsign_in = true # people\n[vars.CLIENT_GRAFANA]\nallow = ["anyone"]\n[secrets]\nrequired = ["CACHE_SECRET"]\n',
  );
  const off = turnOff(text, "CLUSTER_A");
  expect(settingsOf(off).vars).toEqual({ CLUSTER_A: { allow: ["anyone"] }, CLIENT_GRAFANA: { allow: ["anyone"] } });
  expect(settingsOf(off).secrets.required).toEqual(["CACHE_SECRET"]);
});

test("in a cluster's inline table sign_in is turned off in its place", () => {
  const text = turnOn('[vars]\nCLUSTER_A = { allow = ["anyone"], sign_in = true }\n');
  expect(turnOff(text, "CLUSTER_A")).toContain('CLUSTER_A = { allow = ["anyone"], sign_in = false }');
});

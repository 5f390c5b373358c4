// The names of docs/identity.md at a real kube-apiserver: the ID token of every row, by an AuthenticationConfiguration
// as k8s/ has it, with the prefix of the row's policy.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeJwt } from "jose";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { authenticationConfiguration } from "../../src/node/sign-in-files.ts";
import { answerRow, settingsOf } from "../identity/answers.ts";
import type { PolicyTable } from "../identity/case.ts";
import { sections } from "../identity/cases.ts";
import { createDeployment } from "../identity/deployment.ts";
import { credentialIdKey, type User, userOf } from "../identity/kube-apiserver.ts";
import { type Scene, startScene } from "../identity/scene.ts";
import { freePort } from "../support/free-port.ts";
import { until } from "../support/until.ts";
import { makeFileAuthority } from "./support/certificates.ts";
import { type ControlPlane, startControlPlane } from "./support/control-plane.ts";
import { givesTokenId } from "./support/id-token-users.ts";
import { needs, structuredVersion } from "./support/needs.ts";
import { succeed } from "./support/roles.ts";

const title = "the names of docs/identity.md";

const prefixOf = ({ prefix = "github:" }: PolicyTable) => String(prefix);
const rows = sections.flatMap((section) => section.rows.map((row) => ({ section, row })));
const prefixes = new Set(rows.map(({ section, row }) => prefixOf({ ...section.policy, ...row.policy })));

/** How many tokens kubectl asks about at once. */
const tokensAtOnce = 20;
/** kube-apiserver keeps nothing about a token that it could not verify yet. */
const readyDeadlineMs = 40_000;

const userSchema = v.object({
  username: v.string(),
  uid: v.string(),
  groups: v.optional(v.array(v.string()), []),
  extra: v.record(v.string(), v.array(v.string())),
});
const statusSchema = v.object({ user: v.optional(userSchema) });

describe(title, needs("structured authentication"), () => {
  let folder: string;
  let scene: Scene;
  let controlPlane: ControlPlane;
  const servers: Server[] = [];
  /** An issuer has one prefix, so each prefix has an issuer. */
  const issuers = new Map<string, string>();
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "octogate-identity-"));
    scene = await startScene();
    const authority = await makeFileAuthority(folder);
    const certificate = await readFile(authority.certificate, "utf8");
    const { certificate: cert, key } = await authority.issue("localhost", "server");
    const serving = { cert: await readFile(cert), key: await readFile(key) };
    const trusted: unknown[] = [];
    for (const prefix of prefixes) {
      const port = await freePort();
      const issuerUrl = `https://localhost:${port}`;
      servers.push(await publishKeys(scene, issuerUrl, serving, port));
      issuers.set(prefix, issuerUrl);
      const host = { issuerUrl, authority: { certificate, file: authority.certificate } };
      trusted.push(...parse(authenticationConfiguration(host, "example", prefix, structuredVersion())).jwt);
    }
    const configuration = join(folder, "authentication.yaml");
    const head = parse(
      authenticationConfiguration(
        { issuerUrl: "https://unused.test", authority: null },
        "example",
        "",
        structuredVersion(),
      ),
    );
    // JSON is YAML.
    await writeFile(configuration, JSON.stringify({ ...head, jwt: trusted }));
    const flags = [`--authentication-config=${configuration}`];
    controlPlane = await startControlPlane("", { webhookFlags: () => flags });
  });
  afterAll(async () => {
    await controlPlane?.stop();
    for (const server of servers) server.close();
    await scene?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** @returns the users that kube-apiserver sees, null where a token shows none */
  async function review(idTokens: readonly string[]): Promise<(User | null)[]> {
    const head = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview" };
    const items = idTokens.map((token) => ({ ...head, spec: { token } }));
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    const aStatusEach = '--output=jsonpath={.status}{"\\n"}';
    const written = await succeed(controlPlane.admin, ["create", "--filename=-", aStatusEach], list);
    const statuses = written.trim().split("\n");
    return statuses.map((status) => {
      const { user } = v.parse(statusSchema, JSON.parse(status));
      if (user === undefined) return null;
      const { username, ...others } = user;
      return { user: username, ...others };
    });
  }

  test("are those that kube-apiserver gives to the owner of each row's ID token", { timeout: 120_000 }, async () => {
    const issuerOf = (policy: PolicyTable) => issuers.get(prefixOf(policy)) ?? "";
    const tokens: { readonly shows: string; readonly idToken: string; readonly expected: User }[] = [];
    for (const { section, row } of rows) {
      const { answers, policy } = await answerRow(scene, section, row, issuerOf);
      for (const answer of [answers.exchanged, answers.signedIn]) {
        if (answer?.kind !== "issued") continue;
        const { groups, extra, ...names } = userOf(answer.claims, prefixOf(policy));
        const { [credentialIdKey]: _tokenId, ...withoutTokenId } = extra;
        const expected = {
          ...names,
          groups: [...groups, "system:authenticated"],
          extra: givesTokenId() ? extra : withoutTokenId,
        };
        tokens.push({ shows: `${section.title}: ${row.shows}`, idToken: answer.idToken, expected });
      }
    }
    const isFirstOfItsIssuer = ({ idToken }: { readonly idToken: string }) =>
      tokens.find((other) => issuerIn(other.idToken) === issuerIn(idToken))?.idToken === idToken;
    const knows = async () => {
      const known = await review(tokens.filter(isFirstOfItsIssuer).map(({ idToken }) => idToken));
      return known.every((user) => user !== null);
    };
    await until(knows, readyDeadlineMs, "kube-apiserver knows the keys of each issuer");
    for (let start = 0; start < tokens.length; start += tokensAtOnce) {
      const some = tokens.slice(start, start + tokensAtOnce);
      const users = await review(some.map(({ idToken }) => idToken));
      const seen = some.map(({ shows }, index) => ({ shows, user: users[index] }));
      expect(seen).toEqual(some.map(({ shows, expected }) => ({ shows, user: expected })));
    }
    console.log(`${tokens.length} ID tokens of ${rows.length} rows were shown to kube-apiserver`);
  });
});

function issuerIn(idToken: string): unknown {
  return decodeJwt(idToken).iss;
}

/** What kube-apiserver reads of a sign-in hostname. */
async function publishKeys(scene: Scene, issuerUrl: string, serving: object, port: number): Promise<Server> {
  const anyCluster = { allow: ["anyone"], token_kinds: [], sign_in: true };
  const settings = settingsOf(scene, "own_token", issuerUrl);
  const deployment = createDeployment({ settings, clusters: { example: anyCluster } });
  const server = createServer(serving, async (request, response) => {
    const { status, body } = await deployment.fetch(`${issuerUrl}${request.url}`);
    response.writeHead(status, { "content-type": "application/json" }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return server;
}

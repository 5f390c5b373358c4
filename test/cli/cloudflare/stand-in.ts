// A stand-in for the few routes that the command uses at Cloudflare, with state, on 127.0.0.1.
// It can fail at any call: before it has an effect, or after it, as a lost answer does.
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { makePrivateKey } from "../../../src/cli/certificates/obtain.ts";
import { permissions } from "../../../src/cli/cloudflare/api.ts";
import { accountRoutes, type Upload, unsetSecrets, upload } from "./account-routes.ts";
import { type Answer, apiError, type Call, error } from "./answer.ts";
import { apiErrors } from "./errors.ts";
import type { Lateness } from "./lateness.ts";
import { violationsOfAnswer, violationsOfCall } from "./published/validate.ts";
import { type CloudflareState, newState, type Script } from "./state.ts";
import { addForeignCertificate, zoneRoutes } from "./zone-routes.ts";

/** What happens to a call in place of the usual. */
export type Interference =
  | { readonly kind: "answer"; readonly when: "before" | "after"; readonly answer: Answer }
  /** It takes effect, and no answer ever comes. */
  | { readonly kind: "hang" };

export interface CloudflareStandIn {
  /** For CLOUDFLARE_BASE_URL. */
  readonly url: string;
  readonly token: string;
  readonly state: CloudflareState;
  /** Every call so far that changes something: method and path. */
  readonly mutations: string[];
  readonly calls: string[];
  /** What of the calls and of the answers is not as Cloudflare publishes it: none, or the test fails. */
  readonly violations: string[];
  /** What was sent with each. */
  readonly bodies: string[];
  /** Asked about each call; null lets it pass. */
  interfere: (call: Call) => Interference | null;
  /** Told of each call once it took effect, before it is answered: what a process that is killed now leaves behind. */
  onEffect: (call: Call) => void;
  /** Heard before wrangler hears that its upload is there. */
  onUpload: (script: Script) => Promise<void>;
  /** A certificate that another product of the account uses, or that seems to be one of ours. */
  addForeignCertificate(name?: string, key?: string): Promise<void>;
  /** Ends what hangs. */
  dropConnections(): void;
  close(): Promise<void>;
}

const routes = [...zoneRoutes, ...accountRoutes];
const uploadPath = "/stand-in/upload";
const base = "/client/v4";

export async function startCloudflareStandIn(lateness: Lateness): Promise<CloudflareStandIn> {
  const state = await newState(lateness);
  const token = `stand-in-${state.accountId}`;
  const server = createServer((request, response) => {
    void answerRequest(request).then((answer) => {
      if (answer === null) return;
      response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
      response.end(JSON.stringify(answer.body));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A TCP listener's address is an object.
  const { port } = server.address() as AddressInfo;
  const standIn: CloudflareStandIn = {
    url: `http://127.0.0.1:${port}${base}`,
    token,
    state,
    mutations: [],
    calls: [],
    violations: [],
    bodies: [],
    interfere: () => null,
    onEffect: () => {},
    onUpload: async () => {},
    addForeignCertificate: (name = "another owner's", key = makePrivateKey()) =>
      addForeignCertificate(state, name, key),
    dropConnections: () => server.closeAllConnections(),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };

  async function answerRequest(request: IncomingMessage): Promise<Answer | null> {
    const url = new URL(request.url ?? "/", "http://stand-in");
    const body = await text(request);
    const call: Call = {
      method: request.method ?? "",
      path: url.pathname.slice(base.length),
      query: url.searchParams,
      // The command's own requests: what is not JSON fails the test here.
      body: body === "" ? {} : (JSON.parse(body) as Record<string, unknown>),
    };
    const line = `${call.method} ${call.path}`;
    standIn.calls.push(line);
    standIn.bodies.push(body);
    if (call.method !== "GET") standIn.mutations.push(line);
    // wrangler's upload has a path of the tests' own.
    const isPublished = call.path !== uploadPath;
    if (isPublished) standIn.violations.push(...violationsOfCall(call));
    if (request.headers.authorization !== `Bearer ${token}`) {
      const isVerification = call.path === "/user/tokens/verify";
      return apiError(isVerification ? apiErrors.unverifiedToken : apiErrors.unknownToken);
    }
    if (state.lateness.refusesNewToken()) return apiError(apiErrors.newToken);
    const interference = standIn.interfere(call);
    if (interference?.kind === "answer" && interference.when === "before") return interference.answer;
    const usual = await answerCall(call);
    standIn.onEffect(call);
    if (isPublished) standIn.violations.push(...violationsOfAnswer(call, usual));
    switch (interference?.kind) {
      case undefined:
        return usual;
      case "answer":
        return interference.answer;
      case "hang":
        return null;
    }
  }

  async function answerCall(call: Call): Promise<Answer> {
    if (call.path === uploadPath) {
      // It comes from our own stand-in for wrangler.
      const uploaded = call.body as unknown as Upload;
      const unset = unsetSecrets(state, uploaded);
      if (unset.length > 0) return { status: 400, body: unset };
      await standIn.onUpload(upload(state, uploaded));
      return { status: 200, body: {} };
    }
    for (const route of routes) {
      const match = route.method === call.method ? route.path.exec(call.path) : null;
      if (match === null) continue;
      const isForeign =
        (match.groups?.zone ?? state.zoneId) !== state.zoneId ||
        (match.groups?.account ?? state.accountId) !== state.accountId;
      if (isForeign) return apiError(apiErrors.noSuchRoute);
      if (route.permission !== null && !state.granted.has(route.permission)) {
        return apiError(route.permission === permissions.firewall ? apiErrors.rulesNotAllowed : apiErrors.notAllowed);
      }
      return route.answer(call, state, match);
    }
    throw new Error(`the stand-in for Cloudflare has no route for ${call.method} ${call.path}`);
  }

  return standIn;
}

/** A 500 that the SDK does not try again: it obeys this header. */
export const brokenOnce: Answer = { ...error(500, 10001, "internal error"), headers: { "x-should-retry": "false" } };

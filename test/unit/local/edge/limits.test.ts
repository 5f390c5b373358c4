// What one client may take of the edge: its memory is small, and other clients must get their answers.
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { afterEach, expect, it, vi } from "vitest";
import { authority, client, type EdgeAlone, startEdgeAlone } from "../../../support/edge-alone.ts";

let edge: EdgeAlone | null = null;
const sessions: ClientHttp2Session[] = [];
afterEach(async () => {
  for (const session of sessions.splice(0)) session.destroy();
  await edge?.close();
});

async function openSession({ port }: EdgeAlone): Promise<ClientHttp2Session> {
  const own = { cert: client.certificate, key: client.privateKey };
  const session = connect(`https://127.0.0.1:${port}`, { ca: authority.certificate, ...own });
  session.on("error", () => {});
  sessions.push(session);
  await once(session, "remoteSettings");
  return session;
}

function ask(session: ClientHttp2Session, headers: Readonly<Record<string, string>> = {}): ClientHttp2Stream {
  const stream = session.request({ ":path": "/readyz", ...headers });
  stream.on("error", () => {});
  return stream.resume();
}

async function statusOf(stream: ClientHttp2Stream): Promise<unknown> {
  const [headers]: { ":status"?: number }[] = await once(stream, "response");
  return headers?.[":status"];
}

/** Keeps all answers back but those of /healthz. */
async function startHoldingEdge() {
  const held: ServerResponse[] = [];
  edge = await startEdgeAlone();
  await edge.passToHttp((incoming, response) => {
    incoming.resume();
    if (incoming.url?.endsWith("/healthz")) response.end();
    else held.push(response);
  });
  return { edge, held };
}

it("takes a hundred requests at once on one connection of HTTP/2: the client's others wait", async () => {
  const { edge, held } = await startHoldingEdge();
  const session = await openSession(edge);
  expect(session.remoteSettings.maxConcurrentStreams).toBe(100);
  for (let index = 0; index < 150; index += 1) ask(session);
  await vi.waitFor(() => expect(held).toHaveLength(100), { timeout: 20_000 });
  for (const response of held.splice(0, 50)) response.end();
  await vi.waitFor(() => expect(held).toHaveLength(100), { timeout: 20_000 });
});

it("takes a thousand at once in all, and says so to one more; those that end make room", async () => {
  const { edge, held } = await startHoldingEdge();
  const full = await Promise.all(Array.from({ length: 10 }, () => openSession(edge)));
  for (const session of full) for (let index = 0; index < 100; index += 1) ask(session);
  await vi.waitFor(() => expect(held).toHaveLength(1000), { timeout: 20_000 });
  const refused = await edge.call({ path: "/authenticate", method: "POST", body: "{}" });
  expect(refused.status).toBe(503);
  expect(JSON.parse(refused.body)).toMatchObject({ kind: "Status", message: "too many requests at once" });
  for (const session of full) session.destroy();
  await vi.waitFor(async () => expect((await edge.call({ path: "/healthz" })).status).toBe(200), { timeout: 20_000 });
});

it("ends a request whose body never comes to its end", async () => {
  edge = await startEdgeAlone({ maxWaitMs: 200 });
  await edge.passToHttp((incoming, response) => {
    incoming.resume().on("end", () => response.end());
  });
  const session = await openSession(edge);
  const stream = session.request({ ":path": "/authenticate", ":method": "POST" });
  stream.on("error", () => {});
  stream.write("half of a");
  expect(await statusOf(stream)).toBe(503);
  expect(await statusOf(ask(session))).toBe(200);
});

it.each(["connect", "Connect"])(
  "opens no tunnel for the method %s, which Node would ask the Worker for",
  async (method) => {
    const { edge, held } = await startHoldingEdge();
    const session = await openSession(edge);
    expect(await statusOf(ask(session, { ":method": method }))).toBe(405);
    expect(held).toEqual([]);
  },
);

// Any text in the place of a value that the sign-in hostname gave out sealed: a byte more, less or other, two halves
// put together, another spelling. What is not exactly the value gives nothing.
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { holdForAnyInput, timeoutMs } from "../../support/any-input.ts";
import {
  challenge,
  eightHours,
  loopbackUri,
  type SignInApp,
  startSeconds,
  startSignIn,
  verifier,
} from "../worker/sign-in/support/app.ts";

const oneOf = fc.constantFrom;
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/** @param other a second value of the same kind */
type Change = (sealed: string, other: string) => string;

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(fc.nat(), oneOf(...alphabet)).map(
    ([index, put]): Change =>
      (sealed) => {
        const place = index % sealed.length;
        return sealed.slice(0, place) + put + sealed.slice(place + 1);
      },
  ),
  fc.nat().map(
    (index): Change =>
      (sealed) =>
        sealed.slice(0, index % sealed.length),
  ),
  fc.nat().map(
    (index): Change =>
      (sealed) =>
        sealed.slice(1 + (index % (sealed.length - 1))),
  ),
  fc.tuple(fc.nat(), fc.string({ unit: "binary", minLength: 1, maxLength: 4 })).map(
    ([index, put]): Change =>
      (sealed) => {
        const place = index % (sealed.length + 1);
        return sealed.slice(0, place) + put + sealed.slice(place);
      },
  ),
  fc.nat().map(
    (index): Change =>
      (sealed, other) => {
        const place = 1 + (index % (sealed.length - 1));
        return sealed.slice(0, place) + other.slice(place);
      },
  ),
  oneOf<Change>(
    (sealed) => `${sealed}=`,
    (sealed) => `${sealed}A`,
    (sealed) => ` ${sealed}`,
    (sealed) => sealed.toLowerCase(),
    (sealed) => Buffer.from(sealed, "base64url").toString("base64"),
    (sealed) => Buffer.from(sealed, "base64url").toString("hex"),
    (sealed) => sealed + sealed,
    () => "",
  ),
  fc.string({ unit: "binary", maxLength: 40 }).map(
    (text): Change =>
      () =>
        text,
  ),
);

const session = () => ({ tokenEndsAt: startSeconds + eightHours, isShared: false, needsSecret: false });

/** Each value at its place: how it is made, and what it would give if it were taken. */
interface Place {
  /** @param id random, for what is used once */
  seal(app: SignInApp, id: string): Promise<string>;
  /** @returns whether something was given for the text */
  present(app: SignInApp, text: string, id: string): Promise<boolean>;
}

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code";
const request = { redirectUri: loopbackUri, state: "s", nonce: "n", challenge };
const places: Readonly<Record<string, Place>> = {
  code: {
    seal: (app) => app.codeOf(),
    present: async (app, text) => (await app.redeem(text)).status === 200,
  },
  "refresh token": {
    seal: (app) => app.refreshTokenOf(),
    present: async (app, text) => (await app.refresh(text)).status === 200,
  },
  "access token": {
    seal: (app) =>
      app.sealer.seal(
        "access_token",
        "",
        { ...session(), client: "production", token: app.github.addToken() },
        startSeconds + 600,
      ),
    present: async (app, text) => (await app.post("/userinfo", { access_token: text })).status === 200,
  },
  "device code": {
    seal: (app) =>
      app.sealer.seal(
        "device_code",
        "production",
        { githubDeviceCode: randomBytes(20).toString("hex"), startedAt: startSeconds - 60, intervalSeconds: 5 },
        startSeconds + 600,
      ),
    present: async (app, text) => {
      app.github.tokenAnswer = { access_token: app.github.addToken(), expires_in: 28_800 };
      const { status } = await app.post("/token", {
        grant_type: deviceGrant,
        client_id: "production",
        device_code: text,
      });
      return status === 200;
    },
  },
  "button of our page": {
    seal: (app) =>
      app.sealer.seal(
        "consent",
        "",
        { ...request, ...session(), client: "production", browser: "this-browser", token: app.github.addToken() },
        startSeconds + 600,
      ),
    present: (app, text) =>
      leads(
        app,
        "/consent",
        { method: "POST", body: new URLSearchParams({ form: text, choice: "sign_in" }) },
        "__Host-browser=this-browser",
      ),
  },
  "session cookie": {
    seal: (app) =>
      app.sealer.seal(
        "session",
        "",
        { ...session(), login: "octocat", token: app.github.addToken() },
        startSeconds + eightHours,
      ),
    present: async (app, text) => {
      const query = new URLSearchParams({
        ...{ response_type: "code", client_id: "production", redirect_uri: loopbackUri, state: "s" },
        ...{ code_challenge: challenge, code_challenge_method: "S256" },
      });
      const response = await send(app, `/authorize?${query}`, {}, `__Host-session=${text}`);
      // Without a session the browser goes to GitHub.
      return (await response.text()).includes("<form");
    },
  },
  "transaction cookie": {
    seal: (app, id) =>
      app.sealer.seal(
        "transaction",
        "",
        { ...request, needsSecret: false, id, client: "production", githubVerifier: verifier },
        startSeconds + 600,
      ),
    present: async (app, text, id) => {
      app.github.tokenAnswer = { access_token: app.github.addToken(), expires_in: 28_800 };
      const cookie = `__Host-sign-in-${id}=${text}`;
      const response = await send(app, `/callback?code=x&state=${id}`, {}, cookie);
      return (await response.text()).includes("<form");
    },
  },
};

/** A text with other characters cannot stand in a header at all. */
const isCookieText = (text: string) => /^[\x20-\x7e]*$/.test(text);

function send(app: SignInApp, path: string, init: RequestInit, cookie: string): Promise<Response> {
  const headers = { cookie: isCookieText(cookie) ? cookie : "", "sec-fetch-site": "same-origin" };
  return app.send(path, { ...init, headers });
}

async function leads(app: SignInApp, path: string, init: RequestInit, cookie: string): Promise<boolean> {
  const response = await send(app, path, init, cookie);
  await response.text();
  return response.headers.get("location")?.includes("code=") === true;
}

const asked = fc.record({
  place: oneOf(...Object.keys(places)),
  changes: fc.oneof(
    { weight: 1, arbitrary: fc.constant<Change[]>([]) },
    { weight: 9, arbitrary: fc.array(change, { minLength: 1, maxLength: 2 }) },
  ),
});

test("a text is taken for what was given out only if it is that, letter for letter", {
  timeout: timeoutMs,
}, async () => {
  const counts = new Map<string, number>();
  let app = startSignIn();
  let asks = 0;
  await holdForAnyInput(
    "sealed values",
    fc.asyncProperty(asked, async ({ place: name, changes }) => {
      const place = places[name];
      if (place === undefined) throw new Error(name);
      asks += 1;
      // Codes end after a minute, and the stand-in for GitHub remembers every token.
      if (asks % 500 === 0) app = startSignIn();
      app.clock.nowMs += 60;
      const id = randomBytes(16).toString("base64url");
      const [sealed, other] = [await place.seal(app, id), await place.seal(app, id)];
      const text = changes.reduce((current, one) => (current.length < 2 ? current : one(current, other)), sealed);
      const isGiven = await place.present(app, text, id);
      expect({ place: name, isGiven }).toEqual({ place: name, isGiven: text === sealed || text === other });
      if (isGiven) counts.set(name, (counts.get(name) ?? 0) + 1);
      app.lines.splice(0);
      expect(app.errors.splice(0).filter((line) => line.includes("exception"))).toEqual([]);
      app.github.calls.splice(0);
    }),
    1_500,
  );
  expect([...counts.keys()].sort()).toEqual(Object.keys(places).sort());
});

import { describe, expect, test } from "vitest";
import { enterDeviceCode } from "../../../../support/github-browser.ts";
import { getUser, objectIn } from "../support.ts";
import { type Scene, scene } from "./scene.ts";

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

/** A program that has asked for codes, as one without the app's secret does. */
async function withDevice(signing: Scene) {
  const body = await objectIn(await askForCodes(signing));
  const device = { verificationUri: String(body.verification_uri), userCode: String(body.user_code) };
  const poll = async (parameters: Readonly<Record<string, string | null>> = {}) => {
    const secret = { client_secret: null };
    const asked = { grant_type: deviceGrant, device_code: String(body.device_code), ...secret, ...parameters };
    const response = await signing.requestToken(asked);
    expect(response.status).toBe(200);
    return objectIn(response);
  };
  return { body, device, poll };
}

function askForCodes({ standIn, app }: Scene, clientId = app.clientId): Promise<Response> {
  return fetch(`${standIn.webUrl}/login/device/code`, {
    method: "POST",
    headers: { accept: "application/json" },
    body: new URLSearchParams({ client_id: clientId }),
  });
}

async function submitCode({ newBrowser }: Scene, verificationUri: string, userCode: string) {
  const browser = newBrowser();
  const page = await browser.open(verificationUri);
  return browser.submit(page, "Continue", { user_code: userCode, person: "octo-reader" });
}

describe("a program", () => {
  test("gets its codes, and a person's token after the person let it in, without a secret", async () => {
    const signing = await scene();
    const { body, device, poll } = await withDevice(signing);
    expect(body).toEqual({
      device_code: expect.stringMatching(/^[0-9a-f]{40}$/),
      user_code: expect.stringMatching(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/),
      verification_uri: `${signing.standIn.webUrl}/login/device`,
      expires_in: 900,
      interval: 5,
    });
    expect(await poll()).toMatchObject({ error: "authorization_pending" });
    const browser = signing.newBrowser();
    const done = await enterDeviceCode(browser, device, "octo-reader");
    expect(done.text).toContain("Congratulations, you're all set!");
    // The person is signed in to GitHub there, and has let the app in.
    expect((await browser.open(signing.authorizeUrl())).kind).toBe("left");
    signing.clock.advanceSeconds(5);
    const token = await poll();
    expect(token).toMatchObject({ expires_in: 28_800, scope: "", token_type: "bearer" });
    const user = await objectIn(await getUser(signing.standIn, String(token.access_token)));
    expect(user).toMatchObject({ login: "octo-reader" });
    signing.clock.advanceSeconds(5);
    expect(await poll()).toMatchObject({ error: "incorrect_device_code" });
  });

  test("may refresh such a token without a secret, but not with a wrong one", async () => {
    const signing = await scene();
    const { device, poll } = await withDevice(signing);
    await enterDeviceCode(signing.newBrowser(), device, "octo-reader");
    const refresh = { grant_type: "refresh_token", refresh_token: String((await poll()).refresh_token) };
    const wrong = await signing.requestToken({ ...refresh, client_secret: "wrong" });
    expect(await objectIn(wrong)).toMatchObject({ error: "incorrect_client_credentials" });
    const refreshed = await objectIn(await signing.requestToken({ ...refresh, client_secret: null }));
    expect(refreshed).toHaveProperty("access_token");
    const next = { ...refresh, refresh_token: String(refreshed.refresh_token), client_secret: null };
    expect(await objectIn(await signing.requestToken(next))).toHaveProperty("access_token");
  });

  test("that polls too early has to wait five seconds more each time, even after the person let it in", async () => {
    const signing = await scene();
    const { device, poll } = await withDevice(signing);
    expect(await poll()).toMatchObject({ error: "authorization_pending" });
    signing.clock.advanceSeconds(4.9);
    expect(await poll()).toMatchObject({ error: "slow_down", interval: 10 });
    await enterDeviceCode(signing.newBrowser(), device, "octo-reader");
    // A program that goes on as before never gets out of it.
    for (const interval of [15, 20, 25]) {
      signing.clock.advanceSeconds(5);
      expect(await poll()).toMatchObject({ error: "slow_down", interval });
    }
    signing.clock.advanceSeconds(25);
    expect(await poll()).toHaveProperty("access_token");
  });

  test("keeps the longer interval once it has it", async () => {
    const { clock, ...signing } = await scene();
    const { poll } = await withDevice({ ...signing, clock });
    const errors: unknown[] = [];
    for (const seconds of [0, 1, 10, 9, 15]) {
      clock.advanceSeconds(seconds);
      errors.push((await poll()).error);
    }
    const pending = "authorization_pending";
    expect(errors).toEqual([pending, "slow_down", pending, "slow_down", pending]);
  });

  test("hears of an end after fifteen minutes, and of a person's no for as long", async () => {
    const signing = await scene();
    const late = await withDevice(signing);
    const denied = await withDevice(signing);
    const page = await enterDeviceCode(signing.newBrowser(), denied.device, "octo-reader", "Cancel");
    expect(page.text).toContain("can't use this code again");
    expect(await denied.poll()).toMatchObject({ error: "access_denied" });
    signing.clock.advanceSeconds(899);
    expect(await denied.poll()).toMatchObject({ error: "access_denied" });
    expect(await late.poll()).toMatchObject({ error: "authorization_pending" });
    signing.clock.advanceSeconds(1);
    expect(await late.poll()).toMatchObject({ error: "expired_token" });
  });

  test("of another app, or with a made-up code, is refused", async () => {
    const signing = await scene();
    const { poll } = await withDevice(signing);
    const other = signing.standIn.addApp({ deviceFlow: true });
    expect(await poll({ client_id: other.clientId })).toMatchObject({ error: "incorrect_device_code" });
    expect(await poll({ device_code: "made up" })).toMatchObject({ error: "incorrect_device_code" });
    expect(await poll({ device_code: null })).toMatchObject({ error: "incorrect_device_code" });
    expect(await poll({ client_id: "unknown" })).toMatchObject({ error: "incorrect_client_credentials" });
    expect(await poll({ grant_type: null })).toMatchObject({ error: "unsupported_grant_type" });
    expect(await poll()).toMatchObject({ error: "authorization_pending" });
  });

  test("of an unknown app is not found, and of an app without device flow is told so", async () => {
    const signing = await scene();
    const { poll } = await withDevice(signing);
    const unknown = await askForCodes(signing, "unknown");
    expect(unknown.status).toBe(404);
    expect(await objectIn(unknown)).toEqual({ error: "Not Found" });
    signing.app.deviceFlow = false;
    const disabled = await askForCodes(signing);
    expect(disabled.status).toBe(400);
    const description = "Device Flow must be explicitly enabled for this App";
    expect(await objectIn(disabled)).toMatchObject({ error: "device_flow_disabled", error_description: description });
    expect(await poll()).toMatchObject({ error: "device_flow_disabled" });
  });

  test("of a person without a verified e-mail address is told so", async () => {
    const signing = await scene();
    signing.standIn.addAccount({ login: "octo-new", hasVerifiedEmail: false });
    const { device, poll } = await withDevice(signing);
    await enterDeviceCode(signing.newBrowser(), device, "octo-new");
    expect(await poll()).toMatchObject({ error: "unverified_user_email" });
  });
});

describe("the page for codes", () => {
  test("takes a code in small letters and without its hyphen, and names the app", async () => {
    const signing = await scene();
    const { device } = await withDevice(signing);
    const typed = device.userCode.replace("-", " ").toLowerCase();
    const page = await submitCode(signing, device.verificationUri, typed);
    expect(page).toMatchObject({ kind: "page", status: 200, text: expect.stringContaining("sign in to Octogate") });
  });

  test("refuses a code that is wrong, has ended or was decided on", async () => {
    const signing = await scene();
    const { device } = await withDevice(signing);
    const decided = (await withDevice(signing)).device;
    await enterDeviceCode(signing.newBrowser(), decided, "octo-reader", "Cancel");
    const refused = { kind: "page", status: 422, text: expect.stringContaining("This code is wrong or has ended") };
    for (const userCode of ["AAAA-BBBB", "", decided.userCode]) {
      expect(await submitCode(signing, device.verificationUri, userCode)).toMatchObject(refused);
    }
    signing.clock.advanceSeconds(900);
    expect(await submitCode(signing, device.verificationUri, device.userCode)).toMatchObject(refused);
  });

  test("takes fifty codes an hour for an app, and then shows a page with 429", async () => {
    const signing = await scene({}, { enteredCodeLimit: 2 });
    const { device } = await withDevice(signing);
    const enter = () => submitCode(signing, device.verificationUri, device.userCode);
    expect(await enter()).toMatchObject({ status: 200 });
    expect(await enter()).toMatchObject({ status: 200 });
    expect(await enter()).toMatchObject({ status: 429, text: expect.stringContaining("secondary rate limit") });
    signing.clock.advanceSeconds(3600);
    const later = await withDevice(signing);
    expect(await submitCode(signing, later.device.verificationUri, later.device.userCode)).toMatchObject({
      status: 200,
    });
  });

  test("is not found by people outside of a private app's owner", async () => {
    const signing = await scene({ visibility: "private" });
    const { device, poll } = await withDevice(signing);
    expect(await submitCode(signing, device.verificationUri, device.userCode)).toMatchObject({ status: 404 });
    const confirmation = await fetch(`${device.verificationUri}/confirmation`, {
      method: "POST",
      body: new URLSearchParams({ user_code: device.userCode, person: "octo-reader", authorize: "1" }),
    });
    expect(confirmation.status).toBe(404);
    expect(await poll()).toMatchObject({ error: "authorization_pending" });
  });
});

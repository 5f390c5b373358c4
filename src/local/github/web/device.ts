// The device flow: a program asks for two codes, and a person enters the short one here and decides.
import { Hono } from "hono";
import type { StandInAccount } from "../accounts.ts";
import type { StandInContext, StandInEnv } from "../context.ts";
import { type DeviceCode, deviceCodeLifeSeconds } from "../device-codes.ts";
import { deviceConfirmationPage, deviceDeniedPage, deviceDonePage, devicePage } from "./pages.ts";
import { type Parameters, parametersOf } from "./parameters.ts";
import { choicesOfPeople, mayAuthorise, personNamed } from "./people.ts";
import { notFoundResponse, pageResponse, tokenError, tokenResponse, tooManyRequests } from "./responses.ts";
import { signedInAccounts, signIn } from "./session.ts";

export const deviceRoutes = new Hono<StandInEnv>();

const devicePath = "/login/device";

deviceRoutes.post(`${devicePath}/code`, async (c) => {
  const { client_id: clientId = null } = await parametersOf(c);
  const { apps, deviceCodes, webUrl } = c.get("github");
  const app = apps.byClientId(clientId);
  if (app === null) return tokenResponse(c, { error: "Not Found" }, 404);
  // Recorded with this status, unlike the errors of the token endpoint.
  if (!app.deviceFlow) return tokenError(c, "device_flow_disabled", { status: 400 });
  const { deviceCode, userCode, intervalSeconds } = deviceCodes.issue(app);
  return tokenResponse(c, {
    device_code: deviceCode,
    user_code: userCode,
    verification_uri: `${webUrl}${devicePath}`,
    expires_in: deviceCodeLifeSeconds,
    interval: intervalSeconds,
  });
});

deviceRoutes.get(devicePath, (c) => showDevicePage(c, {}, null));

deviceRoutes.post(devicePath, async (c) => {
  const form = await parametersOf(c);
  const decided = decisionIn(c, form);
  if (decided === null) return showDevicePage(c, form, "This code is wrong or has ended, or no person is chosen.");
  const { code, account } = decided;
  const { enteredCodes } = c.get("github").rateLimits.signInsOf(code.app);
  if (enteredCodes.isExhausted()) return tooManyRequests(c);
  enteredCodes.spend();
  signIn(c, account);
  if (!mayAuthorise(code.app, account)) return notFoundResponse(c);
  return pageResponse(c, deviceConfirmationPage(code.app.name, account.login, code.userCode));
});

deviceRoutes.post(`${devicePath}/confirmation`, async (c) => {
  const form = await parametersOf(c);
  const decided = decisionIn(c, form);
  if (decided === null) return showDevicePage(c, form, "This code has ended.");
  const { code, account } = decided;
  if (!mayAuthorise(code.app, account)) return notFoundResponse(c);
  if (form.authorize !== "1") {
    code.decision = { kind: "denied" };
    return pageResponse(c, deviceDeniedPage());
  }
  code.decision = { kind: "approved", account };
  c.get("github").authorisations.approve(code.app, account);
  return pageResponse(c, deviceDonePage());
});

/** @returns the code and the person that a form names, or null */
function decisionIn(c: StandInContext, form: Parameters): { code: DeviceCode; account: StandInAccount } | null {
  const github = c.get("github");
  const code = github.deviceCodes.byUserCode(form.user_code ?? "");
  const account = personNamed(github, form.person);
  return code === null || account === null ? null : { code, account };
}

function showDevicePage(c: StandInContext, form: Parameters, problem: string | null): Promise<Response> {
  const people = choicesOfPeople(c.get("github"));
  const chosen = form.person ?? signedInAccounts(c)[0]?.login ?? null;
  const content = devicePage({ people, chosen, userCode: form.user_code ?? "", problem });
  return pageResponse(c, content, problem === null ? 200 : 422);
}

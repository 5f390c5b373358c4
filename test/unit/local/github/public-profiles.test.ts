import { describe, expect, test } from "vitest";
import { get, objectIn, start } from "./support.ts";

async function populated() {
  const standIn = await start();
  const account = standIn.addAccount({ login: "Octo-Reader", id: 4711 });
  const organisation = standIn.addOrganisation({ login: "Acme", id: 1234 });
  return { standIn, account, organisation };
}

describe("what everyone may know of an account by its name", () => {
  test.each(["/users/octo-reader", "/users/OCTO-READER"])(
    "%s is found without case and without a token",
    async (path) => {
      const { standIn } = await populated();
      const response = await get(standIn, path, null);
      expect(response.status).toBe(200);
      expect(response.headers.get("x-ratelimit-limit")).toBe("60");
      expect(await objectIn(response)).toMatchObject({ id: 4711, login: "Octo-Reader", type: "User" });
    },
  );

  test("an organisation is found by both paths, a person by one", async () => {
    const { standIn } = await populated();
    const expected = { id: 1234, login: "Acme", type: "Organization" };
    expect(await objectIn(await get(standIn, "/users/acme", null))).toMatchObject(expected);
    expect(await objectIn(await get(standIn, "/orgs/acme", null))).toMatchObject(expected);
    expect((await get(standIn, "/orgs/octo-reader", null)).status).toBe(404);
  });

  test("a number leads to the account under its present name, in the same words", async () => {
    const { standIn, account, organisation } = await populated();
    account.login = "renamed";
    organisation.login = "Acme-Inc";
    for (const [id, login] of [
      [4711, "renamed"],
      [1234, "Acme-Inc"],
    ]) {
      const byName = await objectIn(await get(standIn, `/users/${login}`, null));
      expect(await objectIn(await get(standIn, `/user/${id}`, null))).toEqual(byName);
    }
    expect((await get(standIn, "/user/1", null)).status).toBe(404);
    standIn.findsOrganisationsById = false;
    expect((await get(standIn, "/user/1234", null)).status).toBe(404);
    expect((await get(standIn, "/user/4711", null)).status).toBe(200);
  });

  test("a managed user is shown to the enterprise alone, and a hidden account to itself", async () => {
    const { standIn, account, organisation } = await populated();
    const colleague = standIn.addAccount({ login: "colleague" });
    for (const member of [account, colleague]) standIn.addMember(organisation, member);
    const owners = [account, colleague, standIn.addAccount({ login: "outsider" })];
    const tokens = [...owners.map((owner) => standIn.issueToken(owner, { kind: "classic" })), null];
    const statuses = async (path: string) =>
      (await Promise.all(tokens.map((token) => get(standIn, path, token)))).map(({ status }) => status);
    account.visibility = "enterprise";
    expect(await statuses("/users/octo-reader")).toEqual([200, 200, 404, 404]);
    account.visibility = "hidden";
    expect(await statuses("/user/4711")).toEqual([200, 404, 404, 404]);
  });

  test("an account of the first years may begin with a dash", async () => {
    const { standIn } = await populated();
    standIn.addAccount({ login: "-Jerry-" });
    expect(await objectIn(await get(standIn, "/users/-jerry-", null))).toMatchObject({ login: "-Jerry-" });
  });

  test("a name that the account gave up is not found", async () => {
    const { standIn, account } = await populated();
    account.login = "renamed";
    expect((await get(standIn, "/users/octo-reader", null)).status).toBe(404);
    expect((await get(standIn, "/users/renamed", null)).status).toBe(200);
  });

  test("an unknown token is refused here, too, and a known one counts for its owner", async () => {
    const { standIn, account } = await populated();
    expect((await get(standIn, "/users/octo-reader", "ghp_unknown")).status).toBe(401);
    const token = standIn.issueToken(account, { kind: "classic" });
    const response = await get(standIn, "/orgs/acme", token);
    expect(response.status).toBe(200);
    expect(response.headers.get("x-ratelimit-limit")).toBe("5000");
  });
});

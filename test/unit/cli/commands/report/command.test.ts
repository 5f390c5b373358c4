import { describe, expect, test } from "vitest";
import type { AccessReport } from "../../../../../src/cli/commands/report/report.ts";
import type { Fault } from "../../../../../src/local/github/faults.ts";
import { openScene } from "./scene.ts";

const [only, logins] = [
  ({ clusters }: AccessReport) => {
    const [cluster, ...others] = clusters;
    if (cluster === undefined || others.length > 0) throw new Error("the report has not one cluster");
    return cluster;
  },
  (list: readonly { readonly login: string | null }[]) => list.map(({ login }) => login),
];

describe("octogate report", () => {
  test("lists who gets in, who is invited and who is kept out, each with the entries that say so", async () => {
    const { reportOf, olga } = await openScene();
    const report = await reportOf();
    const { people, invited, keptOut, ...cluster } = only(report);
    const acme = { entry: "org:acme#1234", pinned: true };
    expect(people).toEqual([
      {
        login: "ada",
        id: 2,
        username: "github:ada:2",
        groups: ["github:Acme", "github:Acme/platform", "github:Acme/storage"],
        entries: [acme],
        pinned: true,
        organisations: [{ login: "Acme", role: "member" }],
        grants: null,
      },
      expect.objectContaining({ login: "ben", groups: ["github:Acme"] }),
      expect.objectContaining({ login: "olga", organisations: [{ login: "Acme", role: "admin" }] }),
    ]);
    expect(invited).toMatchObject([{ login: "ines", id: 5, organisation: "Acme", role: "direct_member" }]);
    expect(keptOut).toMatchObject([
      { login: "mallory", id: 99, reason: "user_denied", denied: [{ entry: "user:mallory#99" }], entries: [acme] },
    ]);
    expect(cluster).toMatchObject({ name: "production", kind: "cluster", anyone: false, deployed: "not compared" });
    expect(report).toMatchObject({
      schema: "octogate.dev/access-report/v1",
      github: { source: { kind: "owner", login: "olga", id: olga.id } },
      organisations: [{ login: "Acme", id: 1234, members: 4, owners: 1, teams: 3, invitations: 1 }],
      deployed: "not compared",
    });
    expect(report.startedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  test("is the same with the installed App, which asks with Members: read alone", async () => {
    const { github, acme, writeTables, cluster, reportOf } = await openScene();
    const app = github.addApp({ appId: 800100 });
    github.installApp(app, acme);
    await writeTables(cluster('allow = ["org:acme#1234"]'), 'GITHUB_APP_ID = "800100"');
    const report = await reportOf([], { env: { GITHUB_APP_PRIVATE_KEY: app.privateKeyPem } });
    expect(report.github.source).toEqual({ kind: "app", appId: "800100" });
    expect(logins(only(report).people)).toEqual(["ada", "ben", "mallory", "olga"]);
    expect(only(report).tokens.at(-1)).toContain("The App reads memberships");
    expect(report.organisations).toMatchObject([{ members: 4, teams: 3, invitations: 1 }]);
  });

  test("finds a pinned organisation that was renamed with the App, too, without any person's token", async () => {
    const { github, acme, writeTables, cluster, reportOf } = await openScene();
    const app = github.addApp({ appId: 800100 });
    github.installApp(app, acme);
    acme.login = "acme-new";
    await writeTables(cluster('allow = ["org:acme#1234"]'), 'GITHUB_APP_ID = "800100"');
    const report = await reportOf([], { env: { GITHUB_APP_PRIVATE_KEY: app.privateKeyPem } });
    expect(only(report).people[0]).toMatchObject({ login: "ada", groups: expect.arrayContaining(["github:acme-new"]) });
    const asked = github.requests.find(({ path }) => path === "/user/1234");
    expect(asked?.headers).not.toHaveProperty("authorization");
  });

  test("asks about people alone with any token of a person", async () => {
    const { outsider, tokenOf, writeTables, cluster, reportOf } = await openScene();
    await writeTables(cluster('allow = ["user:ben#3"]'));
    const report = await reportOf([], { env: { GITHUB_TOKEN: tokenOf(outsider, []) } });
    expect(only(report).people).toMatchObject([{ login: "ben", username: "github:ben:3", groups: [] }]);
  });

  test("follows pins: a renamed organisation and account are the same, and one with their name is not", async () => {
    const { github, acme, ada, writeTables, cluster, reportOf } = await openScene();
    await writeTables(cluster('allow = ["team:acme/platform#55", "user:ben#3", "org:acme#1234"]'));
    acme.login = "acme-new";
    ada.login = "ada-new";
    github.addOrganisation({ login: "acme", id: 777 });
    const report = only(await reportOf());
    expect(report.people.find(({ id }) => id === 2)).toMatchObject({
      username: "github:ada-new:2",
      groups: expect.arrayContaining(["github:acme-new", "github:acme-new/platform"]),
      entries: [{ entry: "team:acme/platform#55" }, { entry: "org:acme#1234" }],
    });
    expect(report.nameWarnings).toContainEqual(expect.stringContaining("is called acme-new now"));
  });

  test("says which entries are not pinned, and whom they let in", async () => {
    const { writeTables, cluster, reportOf } = await openScene();
    await writeTables(cluster('allow = ["team:acme/Platform", "user:outsider"]'));
    const { people } = only(await reportOf());
    expect(people.map(({ login, pinned, entries }) => [login, pinned, entries])).toEqual([
      ["ada", false, [{ entry: "team:acme/Platform", pinned: false }]],
      ["outsider", false, [{ entry: "user:outsider", pinned: false }]],
    ]);
  });

  test("says of an entry whose account GitHub does not show that it admits none", async () => {
    const { github, writeTables, cluster, reportOf } = await openScene();
    github.addAccount({ login: "taken", id: 70 });
    await writeTables(cluster('allow = ["user:ben#3", "user:none", "user:gone#4040", "user:taken#4041"]'));
    const { people, notFound } = only(await reportOf());
    expect(logins(people)).toEqual(["ben"]);
    expect(notFound).toEqual([
      { entry: "user:none", why: expect.stringContaining("no account of this name") },
      { entry: "user:gone#4040", why: expect.stringContaining("number 4040") },
      { entry: "user:taken#4041", why: expect.stringContaining("number 4041") },
    ]);
  });

  test("lists no account that is not a person's, and names it where an entry matches", async () => {
    const { github, acme, writeTables, cluster, reportOf } = await openScene();
    const robot = github.addAccount({ login: "robot", id: 71, type: "Bot" });
    github.addMember(acme, robot);
    await writeTables(cluster('allow = ["org:acme#1234"]'));
    const { people, keptOut } = only(await reportOf());
    expect(logins(people)).not.toContain("robot");
    expect(keptOut).toMatchObject([{ login: "robot", reason: "not_a_person", denied: [] }]);
  });

  test("states anyone, and lists those whom something sets apart", async () => {
    const { writeTables, cluster, reportOf, run } = await openScene();
    await writeTables(cluster('allow = ["anyone", "user:outsider#6"]\ngroups_from = ["team:acme/platform#55"]'));
    const report = only(await reportOf());
    expect(report.anyone).toBe(true);
    expect(report.people.map(({ login, groups }) => [login, groups])).toEqual([
      ["ada", ["github:Acme/platform"]],
      ["outsider", []],
    ]);
    expect((await run()).stdout).toContain("every account at GitHub gets in");
  });

  test("gives an application names without a prefix, as its tokens have them", async () => {
    const { writeTables, reportOf } = await openScene();
    await writeTables(
      '[vars.CLIENT_ARGOCD]\nallow = ["org:acme#1234"]\nredirect_uris = ["https://argocd.acme.dev/cb"]',
    );
    const report = only(await reportOf());
    expect(report).toMatchObject({ name: "argocd", kind: "application" });
    expect(report.people[0]).toMatchObject({ username: "ada:2", groups: ["Acme", "Acme/platform", "Acme/storage"] });
    expect(report.tokens).toContain("Signing in by browser takes a token of GITHUB_CLIENT_ID.");
  });

  test("reports on some clusters alone, and reads an organisation once for all of them", async () => {
    const { github, writeTables, cluster, reportOf, run } = await openScene();
    await writeTables(`${cluster('allow = ["org:acme#1234"]')}\n${cluster('allow = ["org:acme"]', "STAGING")}`);
    expect((await reportOf()).clusters.map(({ name }) => name)).toEqual(["production", "staging"]);
    expect(github.requests.filter(({ path }) => path.includes("/members?role=all"))).toHaveLength(1);
    expect((await reportOf(["--cluster", "staging"])).clusters.map(({ name }) => name)).toEqual(["staging"]);
    expect((await run(["--cluster", "stagin"])).stderr).toContain("did you mean staging?");
    expect(await run(["--cluster", "zebra"])).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: expect.stringContaining("there are: production, staging"),
    });
  });

  test("asks for the members of the teams alone that a policy names, and of their child teams", async () => {
    const { github, writeTables, cluster, reportOf } = await openScene();
    await writeTables(cluster('allow = ["team:acme/platform#55"]\ngroups_from = []'));
    expect(logins(only(await reportOf()).people)).toEqual(["ada"]);
    const asked = github.requests.flatMap(({ path }) => /\/team\/(\d+)\/members/.exec(path)?.[1] ?? []);
    expect(asked).toEqual(["55", "56"]);
  });

  test("does not rely on it that GitHub lists the members of child teams", async () => {
    const { writeTables, cluster, reportOf } = await openScene();
    await writeTables(cluster('allow = ["team:acme/platform#55"]\ngroups_from = ["team:acme/platform#55"]'));
    const send: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (!String(input).endsWith("/team/55/members?per_page=100")) return response;
      const list: unknown = await response.json();
      return Response.json(Array.isArray(list) ? list.filter(({ inherited }) => !inherited) : list);
    };
    const { people } = only(await reportOf([], { fetch: send }));
    expect(people).toMatchObject([{ login: "ada", groups: ["github:Acme/platform"] }]);
  });

  test("says what the token has to be", async () => {
    const { writeTables, cluster, reportOf } = await openScene();
    const settings = 'allow = ["user:ben#3"]\nsign_in = true\nrequire_expiry = true\nscopes_at_most = ["read:org"]';
    await writeTables(cluster(settings));
    expect(only(await reportOf()).tokens).toEqual([
      "For a review, a token of the kind classic.",
      "Signing in by browser takes a token of GITHUB_CLIENT_ID.",
      "A classic or OAuth token with no scope beyond read:org.",
      "A token that ends.",
    ]);
  });
});

describe("there is no report, and a message in its place,", () => {
  type Scene = Awaited<ReturnType<typeof openScene>>;
  const fails = async (scene: Scene, message: string | RegExp, given: Parameters<Scene["run"]> = []) => {
    const { exitCode, stdout, stderr } = await scene.run(...given);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toMatch(message);
  };

  test("to a plain member's token, from which GitHub hides secret teams", async () => {
    const scene = await openScene();
    await fails(scene, /ben is no owner there \(member\)/, [[], { env: { GITHUB_TOKEN: scene.tokenOf(scene.ben) } }]);
  });

  test("to an outsider's token, and to a token that lacks the scope", async () => {
    const scene = await openScene();
    const { outsider, olga, tokenOf } = scene;
    await fails(scene, /no such thing to this credential/, [[], { env: { GITHUB_TOKEN: tokenOf(outsider) } }]);
    await fails(scene, /lacks the scope read:org/, [[], { env: { GITHUB_TOKEN: tokenOf(olga, ["repo"]) } }]);
  });

  test("where single sign-on hides the organisation from the token, with the address that opens it", async () => {
    const scene = await openScene();
    scene.github.restrictOrganisation(scene.acme, { sso: {} });
    await fails(
      scene,
      /single sign-on.*there is no report\n {2}→ authorise the token: https:\/\/github\.com\/orgs\/Acme\/sso/i,
    );
  });

  test("without any credential, and with one that GitHub refuses", async () => {
    const scene = await openScene();
    await fails(scene, /GITHUB_TOKEN: is not set/, [[], { env: {} }]);
    const token = scene.tokenOf();
    scene.github.revokeToken(token);
    await fails(scene, /GitHub refuses the token/, [[], { env: { GITHUB_TOKEN: token } }]);
  });

  test("where the App is not installed, lacks the permission, or is suspended", async () => {
    const scene = await openScene();
    const { github, acme, writeTables, cluster } = scene;
    const app = github.addApp({ appId: 800100 });
    await writeTables(cluster('allow = ["org:acme#1234"]'), 'GITHUB_APP_ID = "800100"');
    const withApp: Parameters<Scene["run"]> = [[], { env: { GITHUB_APP_PRIVATE_KEY: app.privateKeyPem } }];
    await fails(scene, /gives the App 800100 no token that shows members there/, withApp);
    const withoutMembers = github.installApp(app, acme, { permissions: { checks: "write" } });
    await fails(scene, /gives the App 800100 no token that shows members there/, withApp);
    github.uninstall(withoutMembers);
    github.suspendInstallation(github.installApp(app, acme));
    await fails(scene, /gives the App 800100 no token that shows members there/, withApp);
  });

  test("where an organisation of the policy is not found, or is another one than the pinned", async () => {
    const scene = await openScene();
    await scene.writeTables(scene.cluster('allow = ["user:ben#3"]\ndeny = ["org:elsewhere#4"]'));
    await fails(scene, /elsewhere#4: GitHub shows no such thing/);
    await scene.writeTables(scene.cluster('allow = ["org:acme#9999"]'));
    await fails(scene, /acme#9999: .*there is no report/);
  });

  const faults: readonly (readonly [string, Fault])[] = [
    ["GitHub's servers fail", { kind: "server_error", status: 502, body: "unicorn_html" }],
    ["a page breaks off", { kind: "truncated" }],
    ["a page is no list", { kind: "body", status: 200, body: "{}" }],
    ["a page has a member that can't be read", { kind: "body", status: 200, body: '[{"login":"a b","id":1}]' }],
    ["GitHub forbids it", { kind: "resource_not_accessible" }],
    ["an IP allow list forbids it", { kind: "ip_allow_list" }],
    ["GitHub redirects", { kind: "redirect", status: 301, location: "https://github.com/moved" }],
    ["the list is not there", { kind: "body", status: 404, body: '{"message":"Not Found"}' }],
  ];
  const lists = [
    /\/orgs\/acme\/members\?role=all/i,
    /\/orgs\/acme\/members\?role=admin/i,
    /\/orgs\/acme\/teams\?/i,
    /\/team\/56\/members/,
  ];
  test.each(faults.flatMap(([name, fault]) => lists.map((path) => [name, path, fault] as const)))(
    "where %s at %s",
    async (_, path, fault) => {
      const scene = await openScene();
      scene.github.setFault("everyone", fault, { path });
      await fails(scene, /there is no report/);
    },
  );

  test("where a policy is wrong", async () => {
    const scene = await openScene();
    await scene.writeTables(scene.cluster('allow = ["orgs:acme"]'));
    await fails(scene, /CLUSTER_PRODUCTION\.allow\[0\]/);
    expect(scene.github.requests).toEqual([]);
  });

  test("to a host that the configuration alone names", async () => {
    const scene = await openScene();
    await fails(scene, /is not sent to 127\.0\.0\.1:\d+, which the configuration alone names/, [
      ["--token-host", "other.test"],
    ]);
    await scene.writeTables(scene.cluster('allow = ["org:acme#1234"]'), 'GITHUB_APP_ID = "800100"');
    const { privateKeyPem } = scene.github.addApp({ appId: 800100 });
    const withApp = { env: { GITHUB_APP_PRIVATE_KEY: privateKeyPem } };
    await fails(scene, /GITHUB_APP_PRIVATE_KEY: is not sent to/, [["--token-host", "other.test"], withApp]);
    expect(scene.github.requests).toEqual([]);
  });
});

describe("a list that changes while it is read", () => {
  /** An organisation of 150 members, of which something happens behind the first page. */
  async function large(happens: (scene: Awaited<ReturnType<typeof openScene>>, times: number) => void) {
    const scene = await openScene('allow = ["org:acme#1234"]\ngroups_from = []');
    for (let count = 0; count < 150; count += 1) scene.add(`member-${count}`, 1000 + count);
    let times = 0;
    const send: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (/members\?role=all&per_page=100$/.test(String(input))) {
        times += 1;
        happens(scene, times);
      }
      return response;
    };
    return { ...scene, send };
  }

  test("is read again, so that the person who moved to the first page is not missing", async () => {
    const { reportOf, send } = await large(({ github, acme, ada }, times) => {
      if (times === 1) github.removeMember(acme, ada);
    });
    const { people } = only(await reportOf([], { fetch: send }));
    // Of olga, ben, mallory and 150 others.
    expect(people).toHaveLength(153);
    // The first of the second page, which was on the first page by the time that the second was read.
    expect(logins(people)).toContain("member-96");
    expect(logins(people)).not.toContain("ada");
  });

  test("gives no report where it changes each time", async () => {
    const { run, send } = await large(({ github, acme, add }, times) => {
      github.removeMember(acme, add(`passing-${times}`, 5000 + times));
      add(`new-${times}`, 6000 + times);
    });
    expect(await run([], { fetch: send })).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: expect.stringContaining("the members change while they are read: there is no report"),
    });
  });

  test("has a person in it who accepts an invitation meanwhile", async () => {
    const scene = await openScene();
    const send: typeof fetch = async (input, init) => {
      if (/invitations/.test(String(input))) scene.github.addMember(scene.acme, scene.ines);
      return fetch(input, init);
    };
    const { people, invited } = only(await scene.reportOf([], { fetch: send }));
    expect(logins(people)).toContain("ines");
    expect(invited).toEqual([]);
  });

  test("has a person in it who joined a team after the members were listed", async () => {
    const scene = await openScene();
    const send: typeof fetch = async (input, init) => {
      if (/\/team\/55\/members/.test(String(input))) {
        scene.github.addMember(scene.acme, scene.outsider);
        scene.github.addToTeam(scene.platform, scene.outsider);
      }
      return fetch(input, init);
    };
    const { people } = only(await scene.reportOf([], { fetch: send }));
    expect(people.find(({ login }) => login === "outsider")?.groups).toContain("github:Acme/platform");
  });

  test("gives no report where the organisation's name belongs to another one at the end", async () => {
    const scene = await openScene('allow = ["org:acme"]');
    const send: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (/\/team\/57\/members/.test(String(input))) {
        scene.acme.login = "acme-old";
        const other = scene.github.addOrganisation({ login: "acme", id: 777 });
        scene.github.addMember(other, scene.olga, { role: "admin" });
      }
      return response;
    };
    expect(await scene.run([], { fetch: send })).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: expect.stringContaining("the name belongs to another organisation by now: there is no report"),
    });
  });

  test("gives no report where a team has a member whom the organisation's list leaves out", async () => {
    const scene = await openScene();
    const send: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (!/members\?role=all/.test(String(input))) return response;
      const list: unknown = await response.json();
      return Response.json(Array.isArray(list) ? list.filter(({ login }) => login !== "ada") : list);
    };
    expect(await scene.run([], { fetch: send })).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: expect.stringContaining("GitHub does not list ada, who is a member"),
    });
  });
});

describe("invitations", () => {
  test("of addresses are named, since it is not known whose they are", async () => {
    const { github, acme, reportOf } = await openScene();
    github.inviteAddress(acme, "new@acme.example");
    expect(only(await reportOf()).invited).toMatchObject([
      { login: "ines", id: 5 },
      { login: null, id: null, email: "new@acme.example", organisation: "Acme" },
    ]);
  });

  test("are not named where another entry lets the person in already", async () => {
    const { writeTables, cluster, reportOf } = await openScene();
    await writeTables(cluster('allow = ["org:acme#1234", "user:ines#5"]'));
    const { people, invited } = only(await reportOf());
    expect(logins(people)).toContain("ines");
    expect(invited).toEqual([]);
  });

  test("are said to be unknown where GitHub has no list of them", async () => {
    const { github, reportOf, run } = await openScene();
    github.listsInvitations = false;
    expect((await reportOf()).organisations).toMatchObject([{ invitations: null }]);
    expect((await run()).stdout).toContain("GitHub shows this credential no list of invitations");
  });
});

describe("GitHub's limits", () => {
  /** Node's own clock is in every response of the stand-in, whatever clock a test gives it. */
  const dated =
    (now: () => number): typeof fetch =>
    async (input, init) => {
      const { status, headers, body } = await fetch(input, init);
      return new Response(body, {
        status,
        headers: { ...Object.fromEntries(headers), date: new Date(now()).toUTCString() },
      });
    };

  test("are waited for, with words, and the report is whole", async () => {
    let time = Date.parse("2026-11-27T10:00:00Z");
    const scene = await openScene(undefined, { userLimit: 6, now: () => new Date(time) });
    const changes = {
      now: () => time,
      fetch: dated(() => time),
      sleep: async (milliseconds: number) => {
        time += milliseconds;
      },
    };
    const { stdout, stderr } = await scene.run(["--wait", "180"], changes);
    expect(stdout).toContain("Cluster production: 3 people");
    expect(stderr).toMatch(/hourly limit for this credential is spent: going on at 11:00:0\d UTC/);
    // What is left was known before GitHub had to refuse anything.
    expect(scene.github.requests.every(({ status }) => status === 200)).toBe(true);
  });

  test("that last longer than the operator waits end the command, with the time to come back", async () => {
    const time = Date.parse("2026-11-27T10:00:00Z");
    const scene = await openScene(undefined, { userLimit: 6, now: () => new Date(time) });
    expect(await scene.run([], { now: () => time, fetch: dated(() => time) })).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: expect.stringMatching(/answers again at 11:00:0\d UTC: there is no report\n {2}→ .*--wait 61/),
    });
  });

  test("a secondary one is waited for as long as GitHub says", async () => {
    const scene = await openScene();
    const fault: Fault = { kind: "secondary_limit", status: 403, headers: "retry_after" };
    scene.github.setFault("everyone", fault, { path: /\/teams\?/, times: 2 });
    const { exitCode, stderr } = await scene.run();
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/GitHub answers no more requests for now: going on at/);
    expect(scene.slept).toHaveLength(2);
  });

  test("half of the App's quota is left to reviews", async () => {
    const time = Date.parse("2026-11-27T10:00:00Z");
    const scene = await openScene(undefined, { installationLimit: 10, now: () => new Date(time) });
    const app = scene.github.addApp({ appId: 800100 });
    scene.github.installApp(app, scene.acme);
    await scene.writeTables(scene.cluster('allow = ["org:acme#1234"]'), 'GITHUB_APP_ID = "800100"');
    const env = { GITHUB_APP_PRIVATE_KEY: app.privateKeyPem };
    const { exitCode, stderr } = await scene.run([], { env, now: () => time, fetch: dated(() => time) });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("the rest of the App's hourly quota is left to reviews");
    expect(scene.github.requests.filter(({ path }) => path.startsWith("/org")).length).toBeLessThan(8);
  });

  test("what fails for a moment is asked again", async () => {
    const scene = await openScene();
    const fault: Fault = { kind: "server_error", status: 502, body: "unicorn_html" };
    scene.github.setFault("everyone", fault, { path: /\/members/, times: 2 });
    expect((await scene.run()).exitCode).toBe(0);
    expect(scene.slept).toEqual([1000, 4000]);
  });
});

describe("--from", () => {
  test("prints a report in another form, as it was, without asking GitHub", async () => {
    const { github, write, run, reportOf } = await openScene();
    const json = (await run(["--format", "json"])).stdout;
    await write("report.json", json);
    const asked = github.requests.length;
    const again = await run(["--from", "report.json", "--format", "json"]);
    expect(JSON.parse(again.stdout)).toEqual(JSON.parse(json));
    expect((await run(["--from", "report.json", "--format", "csv"], { env: {} })).stdout).toContain('"github:ada:2"');
    expect((await reportOf(["--from", "report.json", "--since", "report.json"])).changes?.clusters).toHaveLength(1);
    expect(github.requests).toHaveLength(asked);
  });

  test("reads no other file, and takes no option that would ask", async () => {
    const { write, run } = await openScene();
    await write("report.json", "{}");
    expect(await run(["--from", "report.json"])).toMatchObject({ exitCode: 1, stdout: "" });
    expect(await run(["--from", "report.json", "--deployed"])).toMatchObject({ exitCode: 2, stdout: "" });
  });
});

// The rows of docs/identity.md about workflows: a run, a policy and the result.
import { admitted, refused, row, type Section, type TokenSpec, type WorkflowRun } from "./case.ts";

const deploy = "workflow:acme/shop/.github/workflows/deploy.yml@refs/heads/main#1234/9001";
const production = "environment:acme/shop/production#1234/9001";
const run = (changes: WorkflowRun = {}): TokenSpec => ({ kind: "workflow", run: changes });
const inProduction = run({ workflow: "release.yml", ref: "refs/heads/feature", environment: "production" });
const shop = "github:actions:Acme/shop";
const released = admitted(`${shop}:9001`, shop, `${shop}/environments/production`, `${shop}/workflows/release.yml`);
const deployed = admitted(`${shop}:9001`, shop, `${shop}/workflows/deploy.yml`);

export const workflowSections: readonly Section[] = [
  {
    title: "Workflows get in",
    text:
      "A job brings the token that GitHub Actions gives to it, made for the audience `ISSUER_URL/clusters/NAME`. " +
      "The workflow's groups are the repository, the file that the run began with, and the environment that the job names.",
    signsIn: false,
    policy: { allow: [deploy, production] },
    rows: [
      row("the file at the ref", "ada", run(), deployed),
      row("the environment, whatever file and branch", "ada", inProduction, released),
      row(
        "the environment in another case",
        "ada",
        run({ environment: "Production" }),
        admitted(`${shop}:9001`, shop, `${shop}/environments/Production`, `${shop}/workflows/deploy.yml`),
      ),
      row("another file", "ada", run({ workflow: "ci.yml" }), refused("workflow_not_allowed")),
      row("another branch", "ada", run({ ref: "refs/heads/feature" }), refused("workflow_not_allowed")),
      row("a tag with the branch's name", "ada", run({ ref: "refs/tags/main" }), refused("workflow_not_allowed")),
      row(
        "a branch with the ref in its name",
        "ada",
        run({ ref: "refs/heads/x@refs/heads/main" }),
        refused("workflow_not_allowed"),
      ),
      row(
        "another environment",
        "ada",
        run({ workflow: "ci.yml", environment: "staging" }),
        refused("workflow_not_allowed"),
      ),
      row(
        "a file of another repository, as an organisation's ruleset runs it",
        "ada",
        run({ workflowRepository: "Acme/rules" }),
        refused("workflow_not_allowed"),
      ),
      row(
        "a reusable workflow that has the entry's name",
        "ada",
        run({ workflow: "ci.yml", reusableWorkflow: "Acme/shop/.github/workflows/deploy.yml@refs/heads/main" }),
        refused("workflow_not_allowed"),
      ),
      row("a fork", "emil", run({ repository: "fork", environment: "production" }), refused("workflow_not_allowed")),
      row(
        "a pull request from a fork that runs on the base branch",
        "emil",
        run({ event: "pull_request_target" }),
        refused("workflow_event_not_allowed", "pull_request_target"),
      ),
      row("the same, where the policy lists the event", "emil", run({ event: "pull_request_target" }), deployed, {
        workflow_events: ["pull_request_target"],
      }),
      row("entries for people", "ada", run(), refused("workflow_not_allowed"), {
        allow: ["anyone"],
        token_kinds: ["classic"],
      }),
      row(
        "a person, where the policy has workflows alone",
        "ada",
        { kind: "classic" },
        refused("token_kind_not_allowed"),
      ),
    ],
  },
  {
    title: "Workflows stay out",
    text: "GitHub has to have signed the token, for this cluster and this time. `deny` wins over `allow`, and names the person who started a run, too.",
    signsIn: false,
    policy: { allow: [deploy, production] },
    rows: [
      row(
        "GitHub's own audience",
        "ada",
        run({ audience: "https://github.com/Acme" }),
        refused("workflow_audience", "/clusters/"),
      ),
      row("a token of six minutes ago", "ada", run({ ageSeconds: 361 }), refused("workflow_token_expired")),
      row("a token of tomorrow", "ada", run({ ageSeconds: -86_400 }), refused("workflow_token_early")),
      row("signed by another key", "ada", run({ isForged: true }), refused("workflow_token_forged")),
      row(
        "a number that is no text",
        "ada",
        run({ claims: { repository_id: 9001 } }),
        refused("workflow_claims_malformed"),
      ),
      row("a denied person started it", "ben", run(), refused("workflow_denied"), { deny: ["user:ben#102"] }),
      row("its repository is denied", "ada", run(), refused("workflow_denied"), {
        allow: [deploy, "environment:acme/web/production#1234/9002"],
        deny: ["repository:acme/shop#1234/9001"],
      }),
      row("another file evades a denied one", "ada", inProduction, released, {
        allow: [production],
        deny: [deploy],
      }),
    ],
  },
  {
    title: "Repositories get new names and owners",
    text: "The two numbers of an entry stand for the owner and the repository. Without them the name alone counts.",
    signsIn: false,
    policy: { allow: ["environment:acme/depot/production#1234/9004"] },
    rows: [
      row(
        "renamed, and the entry has its numbers",
        "ada",
        run({ repository: "warehouse", environment: "production" }),
        admitted(
          "github:actions:Acme/warehouse:9004",
          "github:actions:Acme/warehouse",
          "github:actions:Acme/warehouse/environments/production",
          "github:actions:Acme/warehouse/workflows/deploy.yml",
        ),
      ),
      row(
        "another repository has the name now",
        "ada",
        run({ repository: "depot", environment: "production" }),
        refused("repository_reassigned"),
      ),
      row(
        "the same, and the entry has no numbers",
        "ada",
        run({ repository: "depot", environment: "production" }),
        admitted(
          "github:actions:Acme/depot:9005",
          "github:actions:Acme/depot",
          "github:actions:Acme/depot/environments/production",
          "github:actions:Acme/depot/workflows/deploy.yml",
        ),
        { allow: ["environment:acme/depot/production"] },
      ),
      row(
        "the repository has another owner now",
        "finn",
        run({ repository: "sold", environment: "production" }),
        refused("repository_reassigned"),
        { allow: ["environment:acme/sold/production#1234/9006"] },
      ),
    ],
  },
  {
    title: "Names of workflows",
    text:
      "They begin with `actions:`, so that no person, organisation or team has them. `username` and `group` give their forms. " +
      "An environment whose name has other than printable ASCII gives no group, but an entry may name it.",
    signsIn: false,
    policy: { allow: [deploy], username: "id", group: "id" },
    rows: [
      row(
        "by numbers alone",
        "ada",
        run(),
        admitted("github:actions:9001", "github:actions:9001", "github:actions:9001/workflows/deploy.yml"),
      ),
      row(
        "by names and numbers",
        "ada",
        run(),
        admitted(`${shop}:9001`, `${shop}:9001`, `${shop}:9001/workflows/deploy.yml`),
        { username: "login:id", group: "slug:id" },
      ),
      row("by names alone", "ada", run(), admitted(shop, shop, `${shop}/workflows/deploy.yml`), {
        username: "login",
        group: "slug",
      }),
      row(
        "an environment with blanks and a slash",
        "ada",
        run({ environment: "prod / eu" }),
        admitted(shop, shop, `${shop}/environments/prod / eu`, `${shop}/workflows/deploy.yml`),
        { allow: ["environment:acme/shop/prod / eu#1234/9001"], username: "login", group: "slug" },
      ),
      row(
        "an environment with an umlaut",
        "ada",
        run({ environment: "für alle" }),
        admitted(shop, shop, `${shop}/workflows/deploy.yml`),
        { allow: ["environment:acme/shop/für alle#1234/9001"], username: "login", group: "slug" },
      ),
    ],
  },
];

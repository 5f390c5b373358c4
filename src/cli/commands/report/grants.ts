// What role bindings give to the people of a cluster, and which of them no person can meet: a name of an earlier login,
// of another form, without the prefix.

import { groupForms, usernameForms } from "../../../worker/config/cluster.ts";
import { keyOfOrganisation } from "../../../worker/config/organisations.ts";
import { claimOf, nameOf } from "../../../worker/policy/identity.ts";
import type { RoleBinding } from "./bindings.ts";
import type { People } from "./facts.ts";
import type { ReportedPolicy } from "./policies.ts";
import type { ClusterReport, Grant, Unmet } from "./report.ts";
import { canBe } from "./workflow-subjects.ts";

/** Kubernetes puts every person who has signed in into this group. */
const authenticated = "system:authenticated";

type Reported = Pick<ClusterReport, "people" | "keptOut" | "invited" | "workflows" | "anyone">;

/** @param file for the report */
export function grantsIn(
  bindings: readonly RoleBinding[],
  file: string,
  reported: ReportedPolicy,
  access: Reported,
  people: People,
): Pick<ClusterReport, "people" | "workflows" | "bindings"> {
  const bySubject = new Map<string, Grant[]>();
  for (const binding of bindings) {
    for (const { kind, name } of binding.subjects) {
      const subject = `${kind} ${name}`;
      const grants = bySubject.get(subject) ?? [];
      bySubject.set(subject, grants);
      const { role, namespace } = binding;
      grants.push({ role, namespace, binding: `${binding.kind}/${binding.name}`, subject });
    }
  }
  const met = new Set<string>();
  const grantsOf = (subjects: readonly string[]) => {
    for (const subject of subjects) met.add(subject);
    return subjects.flatMap((subject) => bySubject.get(subject) ?? []);
  };
  const peopleWithGrants = access.people.map((person) => {
    const subjects = [`User ${person.username}`, ...person.groups.map((group) => `Group ${group}`)];
    return { ...person, grants: grantsOf(subjects) };
  });
  const workflows = access.workflows.map((workflow) => {
    const subjects = [...bySubject.keys()].filter((subject) => canBe(workflow, subject));
    return { ...workflow, grants: grantsOf(subjects) };
  });
  const reasonOf = createReasons(reported, access, people);
  const unmet = [...bySubject].flatMap(([subject, grants]): Unmet[] => {
    if (met.has(subject)) return [];
    const why = reasonOf(subject);
    return why === null ? [] : grants.map((grant) => ({ ...grant, why }));
  });
  return {
    people: peopleWithGrants,
    workflows,
    bindings: { file, count: bindings.length, everyone: bySubject.get(`Group ${authenticated}`) ?? [], unmet },
  };
}

/** @returns why no person of the report is the subject; null where it is none of ours, or may be met */
function createReasons(reported: ReportedPolicy, access: Reported, people: People): (subject: string) => string | null {
  const { policy } = reported;
  const prefix = policy.addsPrefix ? policy.prefix : "";
  const users = userNames(reported, access, people);
  const groups = groupNames(reported, people);

  return (subject) => {
    const [, kind = "", name = ""] = /^(User|Group) (.*)$/s.exec(subject) ?? [];
    if (name.toLowerCase().startsWith("system:")) return null;
    const isUser = kind === "User";
    const names = isUser ? users : groups;
    const known = names.get(name.toLowerCase()) ?? names.get(`${prefix}${name}`.toLowerCase());
    if (known !== undefined) return `${known.why(name)}`;
    if (isUser) {
      const [, id] = /:(\d+)$/.exec(name) ?? [];
      const renamed = id === undefined ? undefined : users.get(`#${id}`);
      if (renamed !== undefined) return `an earlier login: the account is called ${renamed.name} here now`;
    }
    if (prefix === "" || !name.startsWith(prefix)) return null;
    if (name.startsWith(`${prefix}actions:`)) {
      return "no entry of allow for workflows has this name; a pinned repository that was renamed has another one than its entry";
    }
    if (isUser && access.anyone) return null;
    return isUser
      ? "no person of this report has this name"
      : "no organisation and no team of this policy gives this group";
  };
}

interface KnownName {
  /** As it is in this cluster. */
  readonly name: string;
  /** @param written as the binding has it */
  readonly why: (written: string) => string;
}

/** By each way in which a binding may write it, in lower case. */
type KnownNames = ReadonlyMap<string, KnownName>;

function userNames({ policy }: ReportedPolicy, access: Reported, people: People): KnownNames {
  const prefix = policy.addsPrefix ? policy.prefix : "";
  const names = new Map<string, KnownName>();
  const add = (account: { readonly login: string; readonly id: number }, state: string | null) => {
    const name = prefix + claimOf(policy, account);
    const known: KnownName = {
      name,
      why: (written) => (written === name && state !== null ? state : differenceOf(written, name, prefix)),
    };
    for (const form of usernameForms) {
      const key = (prefix + claimOf({ ...policy, username: form }, account)).toLowerCase();
      if (!names.has(key)) names.set(key, known);
    }
    names.set(`#${account.id}`, known);
  };
  for (const person of access.people) add(person, null);
  for (const account of access.keptOut) add(account, `kept out: ${account.reason}`);
  for (const { login, id } of access.invited) {
    if (login !== null && id !== null) add({ login, id }, "invited, and no member yet");
  }
  for (const { login, id } of membersOf(policy.organisations, people)) {
    if (!names.has(`#${id}`))
      add({ login, id }, "a member of an organisation of this policy, but no entry of allow matches");
  }
  return names;
}

function membersOf(organisations: ReportedPolicy["policy"]["organisations"], people: People) {
  return organisations.flatMap((reference) => [...(people.get(keyOfOrganisation(reference))?.members.values() ?? [])]);
}

function groupNames({ policy }: ReportedPolicy, people: People): KnownNames {
  const prefix = policy.addsPrefix ? policy.prefix : "";
  const names = new Map<string, KnownName>();
  const empty = "no person of this report is in this group";
  for (const reference of policy.organisations) {
    const organisation = people.get(keyOfOrganisation(reference));
    if (organisation === undefined) continue;
    const ownName = (form: (typeof groupForms)[number]) => prefix + nameOf(form, organisation.login, organisation.id);
    const add = (nameIn: (form: (typeof groupForms)[number]) => string) => {
      const name = nameIn(policy.group);
      const why: KnownName["why"] = (written) => (written === name ? empty : differenceOf(written, name, prefix));
      for (const form of groupForms) {
        const key = nameIn(form).toLowerCase();
        if (!names.has(key)) names.set(key, { name, why });
      }
    };
    add(ownName);
    for (const team of organisation.teams) add((form) => `${ownName(form)}/${nameOf(form, team.slug, team.id)}`);
  }
  return names;
}

function differenceOf(written: string, name: string, prefix: string): string {
  if (written.toLowerCase() === name.toLowerCase()) return `RBAC compares letter by letter: it is ${name} here`;
  const isWithoutPrefix = prefix !== "" && !written.toLowerCase().startsWith(prefix.toLowerCase());
  return isWithoutPrefix
    ? `without the prefix, it is another authenticator's: it is ${name} here`
    : `of another form: it is ${name} here`;
}

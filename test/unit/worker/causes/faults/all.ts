// All faults, by who can cause them.
import { byAColleague } from "./by-a-colleague.ts";
import { byAPartner } from "./by-a-partner.ts";
import { byAnOutsider } from "./by-an-outsider.ts";
import { byGitHub } from "./by-github.ts";
import { byTheOperator } from "./by-the-operator.ts";
import { byTheUser } from "./by-the-user.ts";
import type { CausedFault } from "./fault.ts";

export const faults: readonly CausedFault[] = [
  ...byGitHub,
  ...byTheUser,
  ...byAColleague,
  ...byAPartner,
  ...byAnOutsider,
  ...byTheOperator,
];

// Studies of `npm run simulate` in the order of docs/simulation.md.
import { assumptionsStudy } from "./assumptions.ts";
import { floodsStudy } from "./floods.ts";
import { gridStudy } from "./grid.ts";
import { lifetimesStudy } from "./lifetimes.ts";
import { outagesStudy } from "./outages.ts";
import { signInStudy } from "./sign-in.ts";
import { sizesStudy } from "./sizes.ts";
import { sourcesStudy } from "./sources.ts";
import type { Study } from "./study.ts";

const studies = {
  lifetimes: lifetimesStudy,
  outages: outagesStudy,
  floods: floodsStudy,
  sources: sourcesStudy,
  sizes: sizesStudy,
  "sign-in": signInStudy,
  assumptions: assumptionsStudy,
  grid: gridStudy,
} as const;

export type StudyName = keyof typeof studies;

export const studyNames = Object.keys(studies).filter((name): name is StudyName => name in studies);

export function studyOf(name: StudyName, people: number, seed: number): Study {
  return studies[name](people, seed);
}
